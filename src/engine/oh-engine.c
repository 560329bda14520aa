/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"
#include "oh-backlog-private.h"
#include "oh-core-dump.h"
#include "oh-desk-private.h"
#include "oh-doors-private.h"
#include "oh-guard-private.h"
#include "oh-watch-thread-private.h"
#include "oh-insight.h"
#include "oh-keeping-private.h"
#include "oh-proxy.h"
#include "oh-redact.h"
#include "oh-sender-private.h"
#include "oh-saying.h"
#include "oh-store-watch.h"
#include "oh-token.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#define CHANGE_US 16000      /* at most one "changed" per frame */
#define STOP_US 4000000      /* how long a shutdown waits for children: SIGKILL comes after 3 s */
#define SETTLE_US 1000000    /* how long a flush waits for the exchanges of a run that has ended */
#define SETTLE_STEP_US 5000

struct _OhEngine
{
  GObject parent;

  char *origin;
  char *runtime_dir;
  char *trust_hosts;         /* for which the newest authority's certificate vouches */
  char *trust_pem;           /* that certificate */
  char *kept_pem;            /* the certificate of the authority that is kept, while that is in use */
  char *trust_dir;           /* what a program needs to find it: runtime_dir, or in it for further lists of hosts */
  guint trust_dirs;
  int runtime_lock;
  GPtrArray *hosts;          /* patterns of the hosts whose TLS is read, NULL-terminated */
  OhStore *store;
  OhStoreReader *reader;
  OhInsight *insight;
  OhProxy *proxy;
  OhGuard *guard;
  OhKeeping *keeping;
  OhSender *sender;
  OhBacklog *backlog;
  OhDesk *desk;
  OhWatchThread *watch_thread;
  GHashTable *runs;          /* gint64* id → OhLiveRun */
  GPtrArray *upstream_hosts; /* those sent elsewhere for every run */
  GSubprocess *simulator;
  guint16 simulator_port;
  gboolean capturing;
  gboolean rereading;        /* everything is being understood anew */
  gboolean down;             /* shut down */
  OhStoreWatch *watch;       /* of other processes' changes */
  guint emission;            /* source of a "changed" that waits for its frame */
  gint64 emitted_us;
  gint64 seen_change;
};

G_DEFINE_FINAL_TYPE (OhEngine, oh_engine, G_TYPE_OBJECT)

enum
{
  PROP_TROUBLE = 1,
  PROP_DESKTOP,
  N_PROPERTIES,
};

enum
{
  SIGNAL_CHANGED,
  SIGNAL_OUTDATED,
  SIGNAL_BUDGET,
  SIGNAL_EXPIRED,
  SIGNAL_EXITED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];
static const OhDeskClass desk_class;

static gboolean
emit_changed (gpointer data)
{
  OhEngine *self = data;

  self->emission = 0;
  self->emitted_us = g_get_monotonic_time ();
  self->seen_change = oh_store_reader_get_change (self->reader);
  oh_guard_look (self->guard);
  oh_sender_notice (self->sender);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  return G_SOURCE_REMOVE;
}

static void
queue_changed (OhEngine *self)
{
  gint64 wait_us = self->emitted_us + CHANGE_US - g_get_monotonic_time ();

  if (self->emission == 0)
    self->emission = g_timeout_add (wait_us > 0 ? (guint) ((wait_us + 999) / 1000) : 0, emit_changed, self);
}

static gboolean
look (gpointer data)
{
  OhEngine *self = data;

  if (self->emission == 0 && oh_store_reader_get_change (self->reader) != self->seen_change)
    queue_changed (self);
  if (self->rereading && !oh_engine_get_reread (self, NULL, NULL))
    {
      self->rereading = FALSE;
      g_signal_emit (self, signals[SIGNAL_OUTDATED], 0);
    }
  return self->rereading;
}

static void
on_trouble (OhEngine *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TROUBLE]);
}

static void
on_run_exited (OhEngine *self, OhLiveRun *run)
{
  g_signal_emit (self, signals[SIGNAL_EXITED], 0, oh_live_run_get_id (run));
}

static void
on_budget_news (gint64 run_id, OhBudgetNews news, const char *sentence, gpointer data)
{
  g_signal_emit (data, signals[SIGNAL_BUDGET], 0, run_id, (guint) news, sentence);
}

static void
on_expired (guint n, gpointer data)
{
  g_signal_emit (data, signals[SIGNAL_EXPIRED], 0, n);
}

static void
delete_expired (const gint64 *ids, guint n, gpointer data)
{
  oh_engine_delete (data, ids, n);
}

/* Called on the proxy's worker. */
static char *
identify (gint64 pid, gpointer data)
{
  return oh_launch_read_token (pid);
}

/* A run's connections go where and as they would without us: through the user's own proxies, and with trust in what its
 * environment trusts beyond the system's roots (a company's authority, a test server's). @run_id: 0: of whoever uses the
 * open port */
static void
go_as_without_us (OhEngine *self, const OhLaunchSpec *launch, gint64 run_id)
{
  g_auto (GStrv) environment = g_get_environ ();
  const char *const *base = (const char *const *) environment;
  g_autofree char *pem = oh_launch_get_own_trust (base, launch);
  g_auto (OhLaunchOwnProxies) proxies = { 0 };

  /* A file without certificates is the client's to complain of. */
  if (*pem != '\0')
    oh_proxy_set_trust (self->proxy, run_id, pem, NULL);
  oh_launch_get_own_proxies (base, launch, &proxies);
  oh_proxy_set_chain (self->proxy, run_id, proxies.http, proxies.https, proxies.no_proxy);
}

static void
leave_open_port_alone (GObject *owner)
{
  go_as_without_us (OH_ENGINE (owner), &(const OhLaunchSpec){ 0 }, 0);
}

static OhLaunchProxy
describe_proxy (OhEngine *self, const char *token, gint64 run_id)
{
  return (OhLaunchProxy) {
    .port = oh_proxy_get_port (self->proxy),
    .token = token,
    .run_id = run_id,
    .hosts = (const char *const *) self->hosts->pdata,
    .addresses = oh_providers_get_list (OH_PROVIDER_ADDRESSES),
    .header_lines = oh_providers_get_list (OH_PROVIDER_HEADER_LINES),
    .authority_pem = oh_proxy_get_authority_pem (self->proxy),
    .runtime_dir = self->runtime_dir,
    .instruments = !oh_door_is_anothers (self->proxy, FALSE),
    .smello = !oh_door_is_anothers (self->proxy, TRUE),
  };
}

/* A window opens also where only reading is possible, and says so; a run that would not be captured does not begin. */
static OhStore *
open_store (OhEngine *self, const char *data_dir, GError **error)
{
  g_autoptr (GError) problem = NULL;
  OhStore *store = oh_store_open (data_dir, &problem);
  OhStoreReader *reader;

  if (store != NULL)
    return store;
  reader = g_str_equal (self->origin, "window") && g_error_matches (problem, OH_STORE_ERROR, OH_STORE_ERROR_UNWRITABLE)
             ? oh_store_reader_new (data_dir, NULL) : NULL;
  if (reader != NULL)
    {
      g_autofree char *why = g_strdup_printf (_("Nothing new is stored; what is there can be read. %s"), problem->message);

      oh_store_reader_free (reader);
      return oh_store_new_closed (data_dir, why);
    }
  g_propagate_error (error, g_steal_pointer (&problem));
  return NULL;
}

static gboolean
start (OhEngine *self, const char *data_dir, guint16 port, GError **error)
{
  g_autoptr (GBytes) key = oh_engine_read_redaction_key (data_dir);
  g_auto (GStrv) environment = g_get_environ ();

  oh_launch_raise_limits ();
  self->store = oh_engine_load_patterns (error) ? open_store (self, data_dir, error) : NULL;
  if (self->store == NULL)
    return FALSE;
  g_signal_connect_object (self->store, "changed", G_CALLBACK (queue_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->store, "notify::trouble", G_CALLBACK (on_trouble), self, G_CONNECT_SWAPPED);
  self->reader = oh_store_reader_new (data_dir, error);
  self->insight = self->reader != NULL ? oh_insight_new (self->store, error) : NULL;
  if (self->insight == NULL)
    return FALSE;
  self->hosts = oh_engine_collect_hosts ((const char *const *) environment, NULL);
  self->proxy = oh_proxy_new (port, (const char *const *) self->hosts->pdata, OH_SINK (self->store), error);
  if (self->proxy == NULL)
    return FALSE;
  self->guard = oh_guard_new (self->store, self->insight, self->proxy, on_budget_news, self);
  oh_proxy_set_redaction_key (self->proxy, key);
  oh_proxy_set_identify (self->proxy, identify, NULL);
  leave_open_port_alone (G_OBJECT (self));
  self->desk = oh_desk_new (data_dir, self->proxy, &desk_class, G_OBJECT (self));
  self->runtime_dir = oh_runtime_open (data_dir, &self->runtime_lock, error);
  if (self->runtime_dir == NULL)
    return FALSE;
  self->keeping = oh_keeping_new (
      data_dir,
      &(OhKeepingHands){ g_str_equal (self->origin, "window") ? on_expired : NULL, delete_expired }, self);
  self->sender = oh_sender_new (self->store, self->proxy);
  self->watch_thread = oh_watch_thread_new (data_dir);
  self->seen_change = oh_store_reader_get_change (self->reader);
  self->watch = oh_store_watch_new (data_dir, look, self);
  self->backlog = oh_backlog_new (self->store, self->insight, self->proxy, error);
  return self->backlog != NULL;
}

static void
oh_engine_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  if (property_id == PROP_TROUBLE)
    g_value_take_string (value, oh_engine_dup_trouble (OH_ENGINE (object)));
  else
    g_value_set_boolean (value, OH_ENGINE (object)->desk != NULL && oh_desk_is_on (OH_ENGINE (object)->desk));
}

static void
oh_engine_dispose (GObject *object)
{
  OhEngine *self = OH_ENGINE (object);

  oh_engine_shutdown (self, FALSE);
  g_hash_table_remove_all (self->runs);

  G_OBJECT_CLASS (oh_engine_parent_class)->dispose (object);
}

static void
oh_engine_finalize (GObject *object)
{
  OhEngine *self = OH_ENGINE (object);

  g_free (self->origin);
  g_free (self->trust_hosts);
  g_free (self->trust_pem);
  g_free (self->kept_pem);
  g_free (self->trust_dir);
  g_clear_pointer (&self->hosts, g_ptr_array_unref);
  g_hash_table_unref (self->runs);
  g_ptr_array_unref (self->upstream_hosts);
  g_clear_pointer (&self->watch_thread, oh_watch_thread_unref);
  g_clear_pointer (&self->reader, oh_store_reader_free);
  g_clear_pointer (&self->guard, oh_guard_free);
  g_clear_object (&self->insight);
  g_clear_object (&self->proxy);
  g_clear_object (&self->store);

  G_OBJECT_CLASS (oh_engine_parent_class)->finalize (object);
}

static void
oh_engine_class_init (OhEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = oh_engine_get_property;
  object_class->dispose = oh_engine_dispose;
  object_class->finalize = oh_engine_finalize;

  properties[PROP_TROUBLE] = g_param_spec_string ("trouble", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_DESKTOP] = g_param_spec_boolean ("desktop", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", OH_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                          0);
  signals[SIGNAL_OUTDATED] = g_signal_new ("outdated", OH_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
  signals[SIGNAL_BUDGET] = g_signal_new ("budget", OH_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                         G_TYPE_INT64, G_TYPE_UINT, G_TYPE_STRING);
  signals[SIGNAL_EXPIRED] = g_signal_new ("expired", OH_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[SIGNAL_EXITED] = g_signal_new ("exited", OH_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                         G_TYPE_INT64);
}

static void
oh_engine_init (OhEngine *self)
{
  self->runs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  self->upstream_hosts = g_ptr_array_new_with_free_func (g_free);
  self->capturing = TRUE;
}

OhEngine *
oh_engine_new (const char *data_dir, const char *origin, guint16 port, GError **error)
{
  g_autoptr (OhEngine) self = NULL;
  g_autofree char *dir = NULL;

  g_return_val_if_fail (origin != NULL, NULL);

  dir = data_dir != NULL ? g_strdup (data_dir) : oh_paths_get_data_dir (error);
  if (dir == NULL)
    return NULL;
  oh_core_dump_leave_out_memory ();
  oh_fatal_read_open (dir);
  self = g_object_new (OH_TYPE_ENGINE, NULL);
  self->origin = g_strdup (origin);
  if (!start (self, dir, port, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* Where the run's program is to go through the proxy, be it read there or not. A host that a base URL names is one only at
 * that port: it may be this computer. (transfer full) */
static GPtrArray *
collect_places (OhEngine *self, const OhRunSpec *spec)
{
  g_auto (GStrv) environment = g_get_environ ();
  const OhLaunchSpec launch = { .environment = (char **) spec->environment };
  g_auto (GStrv) merged = oh_launch_merge_environment ((const char *const *) environment, &launch);
  GPtrArray *places = oh_launch_get_base_urls ((const char *const *) merged, oh_providers_get_list (OH_PROVIDER_ADDRESSES), TRUE);

  for (const char *const *host = oh_providers_get_hosts (); *host != NULL; host++)
    g_ptr_array_add (places, g_strdup (*host));
  for (const char *const *host = spec->reads; host != NULL && *host != NULL; host++)
    g_ptr_array_add (places, g_strdup (*host));
  g_ptr_array_add (places, NULL);
  return places;
}

static gboolean
any_running (OhEngine *self)
{
  GHashTableIter iter;
  gpointer run;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    if (oh_live_run_is_running (run))
      return TRUE;
  return FALSE;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
stop_runs (OhEngine *self)
{
  const gint64 deadline = g_get_monotonic_time () + STOP_US;
  GHashTableIter iter;
  gpointer run;
  guint tick;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    if (oh_live_run_is_running (run))
      oh_live_run_stop (run);
  tick = g_timeout_add (50, on_tick, NULL);
  while (any_running (self) && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

void
oh_engine_shutdown (OhEngine *self, gboolean stop_children)
{
  GHashTableIter iter;
  gpointer run;

  g_return_if_fail (OH_IS_ENGINE (self));

  if (self->down)
    return;
  self->down = TRUE;
  g_clear_pointer (&self->watch, oh_store_watch_free);
  g_clear_pointer (&self->keeping, oh_keeping_free);
  /* It is there until it is: what it was about to do ends first. */
  oh_desk_free (self->desk);
  self->desk = NULL;
  if (stop_children)
    stop_runs (self);
  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    oh_live_run_stop_looking (run);
  if (self->simulator != NULL)
    g_output_stream_close (g_subprocess_get_stdin_pipe (self->simulator), NULL, NULL);
  g_clear_object (&self->simulator);
  if (self->proxy != NULL)
    oh_proxy_stop (self->proxy);
  oh_backlog_free (g_steal_pointer (&self->backlog));
  if (self->guard != NULL)
    oh_guard_stop (self->guard);
  if (self->store != NULL)
    oh_store_flush (self->store);
  if (self->watch_thread != NULL)
    oh_watch_thread_stop (self->watch_thread);
  if (self->insight != NULL)
    {
      oh_insight_flush (self->insight);
      oh_insight_stop (self->insight);
    }
  oh_sender_free (g_steal_pointer (&self->sender));
  if (self->store != NULL)
    oh_store_close (self->store);
  g_clear_handle_id (&self->emission, g_source_remove);
  if (self->runtime_dir != NULL)
    oh_runtime_close (self->runtime_dir, self->runtime_lock);
  g_clear_pointer (&self->runtime_dir, g_free);
}

/* The connections of a program that has ended close now; what hung on them ends in the next moments. */
static void
settle (OhEngine *self)
{
  const gint64 deadline = g_get_monotonic_time () + SETTLE_US;
  GHashTableIter iter;
  gpointer id, run;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, &id, &run))
    while (!oh_live_run_is_running (run) && oh_store_reader_has_open (self->reader, *(const gint64 *) id)
           && g_get_monotonic_time () < deadline)
      {
        g_usleep (SETTLE_STEP_US);
        oh_store_flush (self->store);
      }
}

void
oh_engine_flush (OhEngine *self)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_store_flush (self->store);
  settle (self);
  oh_backlog_flush (self->backlog);
  oh_insight_flush (self->insight);
  oh_guard_flush (self->guard);
  oh_store_flush (self->store);
}

OhStoreReader *
oh_engine_get_reader (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return self->reader;
}

const char *
oh_engine_get_data_dir (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return oh_store_get_dir (self->store);
}

OhStore *
oh_engine_get_store (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return self->store;
}

guint16
oh_engine_get_port (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), 0);
  return oh_proxy_get_port (self->proxy);
}

const char *
oh_engine_get_notice (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return oh_store_get_notice (self->store);
}

char *
oh_engine_dup_trouble (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return oh_store_dup_trouble (self->store);
}

OhSender *
oh_engine_get_sender (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return self->sender;
}

OhWatchThread *
oh_engine_get_watch_thread (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return self->watch_thread;
}

void
oh_engine_set_capturing (OhEngine *self, gboolean capturing)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  self->capturing = capturing;
  oh_proxy_set_capturing (self->proxy, capturing);
}

gboolean
oh_engine_get_capturing (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), FALSE);
  return self->capturing;
}

void
oh_engine_set_open (OhEngine *self, gboolean open)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_desk_set_open (self->desk, open);
}

OhDesk *
oh_engine_get_desk (OhEngine *self)
{
  return self->desk;
}

/* @hosts: takes the names of those set */
static gboolean
set_upstreams (OhEngine *self, gint64 run_id, const char *const *lines, GPtrArray *hosts, GError **error)
{
  for (; lines != NULL && *lines != NULL; lines++)
    {
      g_autofree char *host = NULL;
      g_autofree char *url = NULL;

      if (!oh_upstream_split (*lines, &host, &url, error)
          || !oh_proxy_set_upstream (self->proxy, run_id, host, url, error))
        return FALSE;
      g_ptr_array_add (hosts, g_steal_pointer (&host));
    }
  return TRUE;
}

gboolean
oh_engine_set_upstreams (OhEngine *self, const char *const *upstreams, GError **error)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), FALSE);

  for (guint i = 0; i < self->upstream_hosts->len; i++)
    oh_proxy_set_upstream (self->proxy, 0, self->upstream_hosts->pdata[i], NULL, NULL);
  g_ptr_array_set_size (self->upstream_hosts, 0);
  return set_upstreams (self, 0, upstreams, self->upstream_hosts, error);
}

static OhRun *
describe_run (OhEngine *self, const OhRunSpec *spec, OhRedactor **console)
{
  OhRun *run = oh_run_new ();
  g_autoptr (GBytes) key = oh_engine_read_redaction_key (oh_engine_get_data_dir (self));
  g_auto (GStrv) environment = g_get_environ ();

  for (const char *const *line = spec->environment; line != NULL && *line != NULL; line++)
    {
      const char *equals = strchr (*line, '=');
      g_autofree char *variable = equals != NULL ? g_strndup (*line, equals - *line) : NULL;

      if (variable != NULL)
        environment = g_environ_setenv (environment, variable, equals + 1, TRUE);
    }

  run->name = spec->name != NULL && *spec->name != '\0' ? g_strdup (spec->name) : NULL;
  run->argv = oh_redact_argv (key, spec->argv, (const char *const *) environment, &run->name, console);
  if (run->name == NULL)
    run->name = oh_run_make_name ((const char *const *) run->argv);
  run->cwd = g_canonicalize_filename (spec->cwd != NULL ? spec->cwd : ".", NULL);
  run->origin = g_strdup (self->origin);
  run->trace = oh_redact_text (key, spec->trace);
  run->session = oh_redact_text (key, spec->session);
  run->user = oh_redact_text (key, spec->user);
  run->isolated = spec->isolate;
  run->started_ns = oh_clock_wall_ns ();
  return run;
}

/* Has the program trust us for its hosts only. @proxy: (inout) */
static gboolean
prepare_trust (OhEngine *self, OhLaunchProxy *proxy, GError **error)
{
  g_autofree char *hosts = g_strjoinv (" ", (char **) proxy->hosts);
  g_autofree char *own = NULL;

  if (g_strcmp0 (self->trust_hosts, hosts) != 0)
    {
      g_clear_pointer (&self->trust_hosts, g_free);
      g_clear_pointer (&self->trust_pem, g_free);
      g_free (self->trust_dir);
      self->trust_dir = self->trust_dirs == 0 ? g_strdup (self->runtime_dir)
                                              : g_strdup_printf ("%s/%u", self->runtime_dir, self->trust_dirs);
      own = oh_proxy_make_authority_pem (self->proxy, proxy->hosts, error);
      if (own == NULL)
        return FALSE;
      self->trust_pem = g_strconcat (own, self->kept_pem, NULL);
      if (self->trust_dirs++ > 0 && g_mkdir (self->trust_dir, 0700) != 0)
        {
          g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), _ ("“%s” could not be made: %s"),
                       self->trust_dir, g_strerror (errno));
          return FALSE;
        }
      proxy->authority_pem = self->trust_pem;
      proxy->runtime_dir = self->trust_dir;
      if (!oh_launch_prepare (proxy, error))
        return FALSE;
      self->trust_hosts = g_steal_pointer (&hosts);
    }
  proxy->authority_pem = self->trust_pem;
  proxy->runtime_dir = self->trust_dir;
  return TRUE;
}

static void
set_kept_authority (GObject *owner, const char *pem)
{
  OhEngine *self = OH_ENGINE (owner);

  if (g_strcmp0 (self->kept_pem, pem) == 0)
    return;
  g_free (self->kept_pem);
  self->kept_pem = g_strdup (pem);
  g_clear_pointer (&self->trust_hosts, g_free);
}

static char **
make_environment (GObject *owner, const char *token, const char *const *hosts, GError **error)
{
  OhEngine *self = OH_ENGINE (owner);
  static const char *const none[] = { NULL };
  const OhLaunchSpec nothing = { 0 };
  OhLaunchProxy proxy = describe_proxy (self, token, 0);

  proxy.hosts = hosts;
  return prepare_trust (self, &proxy, error) ? oh_launch_make_environment (none, &proxy, &nothing) : NULL;
}

static void
tell_desktop (GObject *owner)
{
  g_object_notify_by_pspec (owner, properties[PROP_DESKTOP]);
}

static const OhDeskClass desk_class = { make_environment, leave_open_port_alone, set_kept_authority, tell_desktop };

typedef struct
{
  OhProxy *proxy;
  gint64 run_id;
} Serving;

static void
serve (const OhNsNetwork *network, gpointer data)
{
  const Serving *serving = data;

  oh_proxy_isolate (serving->proxy, serving->run_id, network);
}

/* The run's token stays good until the engine ends: a program may leave children behind that go on talking. */
static OhChild *
start_child (OhEngine *self, const OhRunSpec *spec, gint64 run_id, GError **error)
{
  g_autofree char *token = oh_token_new ();
  g_autoptr (GPtrArray) own = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) hosts = g_ptr_array_new ();
  OhLaunchProxy proxy = describe_proxy (self, token, run_id);
  Serving serving = { self->proxy, run_id };
  const OhLaunchSpec launch = {
    .argv = (char **) spec->argv,
    .cwd = (char *) spec->cwd,
    .environment = (char **) spec->environment,
    .trace = (char *) spec->trace,
    .session = (char *) spec->session,
    .user = (char *) spec->user,
    .insist = spec->insist,
    .serve = spec->isolate ? serve : NULL,
    .serve_data = &serving,
  };
  OhChild *child;

  if (!set_upstreams (self, run_id, spec->upstreams, own, error))
    return NULL;
  for (const char *const *host = spec->reads; host != NULL && *host != NULL; host++)
    {
      char *pattern = oh_proxy_add_read (self->proxy, run_id, *host, error);

      if (pattern == NULL)
        return NULL;
      g_ptr_array_add (own, pattern);
    }
  /* These are read like the known ones, and may not be gone around either. */
  g_ptr_array_extend (hosts, own, NULL, NULL);
  g_ptr_array_extend (hosts, self->upstream_hosts, NULL, NULL);
  g_ptr_array_extend (hosts, self->hosts, NULL, NULL);
  proxy.hosts = (const char *const *) hosts->pdata;
  if (!prepare_trust (self, &proxy, error))
    return NULL;
  go_as_without_us (self, &launch, run_id);
  oh_doors_set_copies (self->proxy, run_id, &launch);
  if (spec->no_fallback)
    oh_proxy_set_fallback (self->proxy, run_id, FALSE);
  if (spec->budget != NULL && oh_budget_has_limits (spec->budget))
    oh_guard_add (self->guard, run_id, spec->budget);
  oh_proxy_allow (self->proxy, token, run_id);
  child = oh_child_spawn (&launch, &proxy, spec->terminal, error);
  if (child == NULL)
    oh_proxy_disallow (self->proxy, token);
  return child;
}

OhLiveRun *
oh_engine_launch (OhEngine *self, const OhRunSpec *spec, GError **error)
{
  g_autoptr (OhRun) run = NULL;
  g_autoptr (OhChild) child = NULL;
  g_autoptr (OhLiveRun) live = NULL;
  g_autoptr (OhRedactor) console = NULL;
  g_autoptr (GPtrArray) places = NULL;
  g_autoptr (GError) local = NULL;
  gint64 *id;

  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  g_return_val_if_fail (spec != NULL && spec->argv != NULL && spec->argv[0] != NULL, NULL);

  run = describe_run (self, spec, &console);
  run->id = oh_store_add_run (self->store, run);
  child = start_child (self, spec, run->id, &local);
  if (child == NULL)
    {
      run->ended_ns = oh_clock_wall_ns ();
      run->error = oh_saying_recognize (local->message);
      oh_store_update_run (self->store, run);
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  run->pid = oh_child_get_pid (child);
  oh_store_update_run (self->store, run);
  id = g_new (gint64, 1);
  *id = run->id;
  live = oh_live_run_new (self->store, g_steal_pointer (&run), g_steal_pointer (&child), g_steal_pointer (&console));
  if (!spec->isolate)
    {
      places = collect_places (self, spec);
      oh_live_run_look_out (live, self->proxy, (const char *const *) places->pdata);
    }
  g_hash_table_insert (self->runs, id, g_object_ref (live));
  g_signal_connect_object (live, "exited", G_CALLBACK (on_run_exited), self, G_CONNECT_SWAPPED);
  return g_steal_pointer (&live);
}

guint16
oh_engine_ensure_simulator (OhEngine *self, GError **error)
{
  if (self->simulator != NULL && g_subprocess_get_identifier (self->simulator) == NULL)
    g_clear_object (&self->simulator);
  if (self->simulator == NULL)
    self->simulator = oh_simulator_start (&self->simulator_port, error);
  return self->simulator != NULL ? self->simulator_port : 0;
}

OhLiveRun *
oh_engine_get_live_run (OhEngine *self, gint64 run_id)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return g_hash_table_lookup (self->runs, &run_id);
}

void
oh_engine_set_pinned (OhEngine *self, gint64 exchange_id, gboolean pinned)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_store_set_pinned (self->store, exchange_id, pinned);
}

void
oh_engine_set_muted (OhEngine *self, gint64 notice_id, gboolean muted)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_store_set_muted (self->store, notice_id, muted);
}

void
oh_engine_clear (OhEngine *self, gint64 run_id)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_store_clear (self->store, run_id);
  g_signal_emit (self, signals[SIGNAL_OUTDATED], 0);
}

void
oh_engine_reread (OhEngine *self)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_insight_reread (self->insight);
  self->rereading = TRUE;
  oh_store_watch_wake (self->watch);
}

void
oh_engine_stop_reread (OhEngine *self)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_insight_stop_reread (self->insight);
}

gboolean
oh_engine_get_reread (OhEngine *self, gint64 *done, gint64 *total)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), FALSE);
  return oh_insight_get_reread (self->insight, done, total);
}

void
oh_engine_delete (OhEngine *self, const gint64 *ids, guint n)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_store_delete (self->store, ids, n);
  g_signal_emit (self, signals[SIGNAL_OUTDATED], 0);
}

void
oh_engine_set_budget (OhEngine *self, gint64 run_id, const OhBudget *budget)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  g_return_if_fail (budget != NULL);
  oh_store_limit_run (self->store, run_id, budget);
}

void
oh_engine_set_limits (OhEngine *self, gint64 max_bytes, gint64 max_age_ns)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  if (self->keeping != NULL)
    oh_keeping_set_limits (self->keeping, max_bytes, max_age_ns);
}

void
oh_engine_settle_expired (OhEngine *self, gboolean keep)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  if (self->keeping != NULL)
    oh_keeping_settle (self->keeping, keep);
}
