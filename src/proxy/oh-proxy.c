/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-proxy-private.h"
#include "oh-gate-private.h"
#include "oh-clock.h"
#include "oh-isolation-private.h"
#include "oh-listener-private.h"
#include "oh-pac-private.h"
#include "oh-recorder-private.h"
#include "oh-relay-private.h"
#include "oh-router-private.h"
#include "oh-telling-private.h"

#include <glib/gi18n.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <inttypes.h>

#define KEY_SIZE 32

struct _OhProxy
{
  GObject parent;
  OhCore core;
  OhListener *listener;
  GMainLoop *loop;
  GThread *thread;
};

G_DEFINE_FINAL_TYPE (OhProxy, oh_proxy, G_TYPE_OBJECT)

static void
client_came (GSocketConnection *connection, gpointer data)
{
  oh_gate_open (data, connection, oh_router_take);
}

static void
close_doors (OhCore *core, gpointer unused)
{
  g_ptr_array_set_size (core->doors, 0);
}

static void
close_everything (OhProxy *self)
{
  OhCore *core = &self->core;
  g_autoptr (GList) gates = g_hash_table_get_keys (core->gates);

  g_clear_pointer (&self->listener, oh_listener_free);
  close_doors (core, NULL);
  for (guint i = 0; i < core->isolations->len; i++)
    oh_isolation_stop (core->isolations->pdata[i]);
  for (GList *link = gates; link != NULL; link = link->next)
    oh_gate_ref (link->data);
  for (GList *link = gates; link != NULL; link = link->next)
    {
      oh_gate_close (link->data, FALSE);
      oh_gate_unref (link->data);
    }
  oh_telling_forward_finish (core->forward, core->context);
  /* What was cancelled still has to say so. */
  while (oh_upstream_get_connecting (core->upstream) > 0 || core->identifying > 0)
    g_main_context_iteration (core->context, TRUE);
  while (g_main_context_iteration (core->context, FALSE))
    ;
  g_ptr_array_set_size (core->isolations, 0);
  g_clear_pointer (&core->lender, oh_lender_free);
  g_clear_pointer (&core->upstream, oh_upstream_free);
}

static gpointer
run_thread (gpointer data)
{
  OhProxy *self = data;
  OhCore *core = &self->core;

  g_main_context_push_thread_default (core->context);
  core->lender = oh_lender_new ();
  oh_listener_start (self->listener, core->context, client_came, core);
  g_main_loop_run (self->loop);
  close_everything (self);
  g_main_context_pop_thread_default (core->context);
  return NULL;
}

static GBytes *
make_key (void)
{
  guint8 key[KEY_SIZE];

  if (gnutls_rnd (GNUTLS_RND_KEY, key, sizeof key) < 0)
    g_error ("The kernel gave no random bytes");
  return g_bytes_new (key, sizeof key);
}

static void
oh_proxy_finalize (GObject *object)
{
  OhProxy *self = OH_PROXY (object);
  OhCore *core = &self->core;

  oh_proxy_stop (self);
  g_clear_pointer (&self->listener, oh_listener_free);
  g_clear_pointer (&core->upstream, oh_upstream_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&core->gates, g_hash_table_unref);
  g_clear_pointer (&core->doors, g_ptr_array_unref);
  g_clear_pointer (&core->isolations, g_ptr_array_unref);
  g_clear_pointer (&core->waiting, g_hash_table_unref);
  g_clear_pointer (&core->authority, oh_authority_free);
  g_clear_pointer (&core->standing, oh_standing_free);
  g_free (core->mark);
  g_clear_pointer (&core->admission, oh_admission_free);
  g_clear_pointer (&core->finder, oh_finder_free);
  g_clear_pointer (&core->forward, oh_telling_forward_free);
  g_clear_pointer (&core->context, g_main_context_unref);
  g_clear_pointer (&core->hosts, g_strfreev);
  g_clear_object (&core->sink);
  G_OBJECT_CLASS (oh_proxy_parent_class)->finalize (object);
}

static void
oh_proxy_class_init (OhProxyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_proxy_finalize;
}

static void
oh_proxy_init (OhProxy *self)
{
  OhCore *core = &self->core;
  g_autoptr (GBytes) key = make_key ();
  g_autoptr (OhSecrets) secrets = oh_secrets_new (key);

  core->context = g_main_context_new ();
  core->capturing = TRUE;
  core->admission = oh_admission_new ();
  core->finder = oh_finder_new ();
  core->forward = oh_telling_forward_new ();
  core->gates = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) oh_gate_unref, NULL);
  core->doors = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_listener_free);
  core->isolations = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_isolation_free);
  core->waiting = g_hash_table_new (g_int64_hash, g_int64_equal);
  core->clocks = OH_CLOCKS_DEFAULT;
  oh_admission_set_secrets (core->admission, secrets);
  self->loop = g_main_loop_new (core->context, FALSE);
}

OhProxy *
oh_proxy_new (guint16 port, const char *const *hosts, OhSink *sink, GError **error)
{
  g_autoptr (OhProxy) self = NULL;

  g_return_val_if_fail (hosts != NULL, NULL);
  g_return_val_if_fail (OH_IS_SINK (sink), NULL);
  self = g_object_new (OH_TYPE_PROXY, NULL);
  self->core.hosts = g_strdupv ((char **) hosts);
  self->core.sink = g_object_ref (sink);
  self->core.authority = oh_authority_new (error);
  if (self->core.authority == NULL)
    return NULL;
  self->listener = oh_listener_new (port, error);
  if (self->listener == NULL)
    return NULL;
  self->core.port = oh_listener_get_port (self->listener);
  self->core.upstream = oh_upstream_new (self->core.port);
  self->thread = g_thread_new ("proxy", run_thread, self);
  return g_steal_pointer (&self);
}

void
oh_proxy_stop (OhProxy *self)
{
  g_autoptr (GSource) quit = NULL;

  g_return_if_fail (OH_IS_PROXY (self));
  if (self->thread == NULL)
    return;
  /* From within the loop, which may not have begun to run yet. */
  quit = g_idle_source_new ();
  g_source_set_priority (quit, G_PRIORITY_HIGH);
  g_source_set_callback (quit, G_SOURCE_FUNC (g_main_loop_quit), self->loop, NULL);
  g_source_attach (quit, self->core.context);
  g_thread_join (g_steal_pointer (&self->thread));
}

guint16
oh_proxy_get_port (OhProxy *self)
{
  g_return_val_if_fail (OH_IS_PROXY (self), 0);
  return self->core.port;
}

const char *
oh_proxy_get_authority_pem (OhProxy *self)
{
  g_return_val_if_fail (OH_IS_PROXY (self), NULL);
  return oh_authority_get_pem (self->core.authority);
}

char *
oh_proxy_make_authority_pem (OhProxy *self, const char *const *hosts, GError **error)
{
  g_return_val_if_fail (OH_IS_PROXY (self), NULL);
  g_return_val_if_fail (hosts != NULL, NULL);
  return oh_authority_make_pem (self->core.authority, hosts, error);
}

typedef struct
{
  OhCore *core;
  OhStanding *standing;
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  oh_standing_free (change->standing);
  g_free (change);
}

static gboolean
change_standing (gpointer data)
{
  Change *change = data;

  oh_standing_free (change->core->standing);
  change->core->standing = g_steal_pointer (&change->standing);
  return G_SOURCE_REMOVE;
}

void
oh_proxy_set_standing (OhProxy *self, const char *data_dir)
{
  g_autoptr (GSource) idle = NULL;
  Change *change;

  g_return_if_fail (OH_IS_PROXY (self));

  change = g_new0 (Change, 1);
  change->core = &self->core;
  change->standing = data_dir != NULL ? oh_standing_new (data_dir) : NULL;
  /* Before any client that comes from now on. */
  idle = g_idle_source_new ();
  g_source_set_priority (idle, G_PRIORITY_HIGH);
  g_source_set_callback (idle, change_standing, change, change_free);
  g_source_attach (idle, self->core.context);
}

void
oh_proxy_set_trusting (OhProxy *self, OhProxyTrustingFunc func, gpointer data)
{
  g_return_if_fail (OH_IS_PROXY (self));
  oh_admission_set_trusting (self->core.admission, func, data);
}

void
oh_proxy_forget_refusals (OhProxy *self)
{
  g_return_if_fail (OH_IS_PROXY (self));
  oh_admission_forget_refusals (self->core.admission);
}

void
oh_proxy_set_identify (OhProxy *self, OhProxyIdentifyFunc func, gpointer data)
{
  g_return_if_fail (OH_IS_PROXY (self));
  oh_admission_set_identify (self->core.admission, func, data);
}

void
oh_proxy_set_introduce (OhProxy *self, OhProxyIntroduceFunc func, gpointer data)
{
  g_return_if_fail (OH_IS_PROXY (self));
  oh_admission_set_introduce (self->core.admission, func, data);
}

void
oh_proxy_set_redaction_key (OhProxy *self, GBytes *key)
{
  g_autoptr (OhSecrets) secrets = NULL;

  g_return_if_fail (OH_IS_PROXY (self));
  g_return_if_fail (key != NULL && g_bytes_get_size (key) >= 16);
  secrets = oh_secrets_new (key);
  oh_admission_set_secrets (self->core.admission, secrets);
}

void
oh_proxy_set_mark (OhProxy *self, const char *mark)
{
  g_return_if_fail (OH_IS_PROXY (self) && self->core.mark == NULL);
  self->core.mark = g_strdup (mark);
}

gboolean
oh_proxy_take_post (OhProxy *self, const OhCapture *post, OhProxyRestFunc rest, gpointer data)
{
  g_return_val_if_fail (OH_IS_PROXY (self) && post != NULL && rest != NULL, FALSE);
  return oh_telling_take_post (self->core.sink, oh_admission_get_secrets (self->core.admission), post, rest, data);
}

void
oh_proxy_allow (OhProxy *self, const char *token, gint64 run_id)
{
  g_return_if_fail (OH_IS_PROXY (self));
  g_return_if_fail (token != NULL && *token != '\0');
  oh_admission_allow (self->core.admission, token, run_id);
}

void
oh_proxy_disallow (OhProxy *self, const char *token)
{
  g_return_if_fail (OH_IS_PROXY (self));
  g_return_if_fail (token != NULL);
  oh_admission_disallow (self->core.admission, token);
}

void
oh_proxy_set_open (OhProxy *self, gboolean open)
{
  g_return_if_fail (OH_IS_PROXY (self));
  oh_admission_set_open (self->core.admission, open);
}

void
oh_proxy_set_programs (OhProxy *self, const char *const *only, const char *const *excluded)
{
  g_return_if_fail (OH_IS_PROXY (self));
  g_return_if_fail (only != NULL && excluded != NULL);
  oh_admission_set_programs (self->core.admission, only, excluded);
}

void
oh_proxy_set_capturing (OhProxy *self, gboolean capturing)
{
  g_return_if_fail (OH_IS_PROXY (self));
  g_atomic_int_set (&self->core.capturing, capturing);
}

gboolean
oh_proxy_set_upstream (OhProxy *self, gint64 run_id, const char *host, const char *url, GError **error)
{
  g_return_val_if_fail (OH_IS_PROXY (self), FALSE);
  g_return_val_if_fail (host != NULL, FALSE);
  return oh_admission_set_detour (self->core.admission, run_id, host, url, error);
}

char *
oh_proxy_add_read (OhProxy *self, gint64 run_id, const char *host, GError **error)
{
  g_return_val_if_fail (OH_IS_PROXY (self), NULL);
  g_return_val_if_fail (host != NULL, NULL);
  return oh_admission_add_read (self->core.admission, run_id, host, error);
}

char **
oh_proxy_set_reads (OhProxy *self, gint64 run_id, const char *const *hosts)
{
  g_return_val_if_fail (OH_IS_PROXY (self), NULL);
  return oh_admission_set_reads (self->core.admission, run_id, hosts);
}

void
oh_proxy_set_pac (OhProxy *self, const char *const *hosts, const char *before, gboolean switched)
{
  g_return_if_fail (OH_IS_PROXY (self));
  oh_admission_set_pac (self->core.admission, hosts != NULL ? oh_pac_compose (self->core.port, hosts, before, switched) : NULL);
}

char *
oh_proxy_get_pac_version (OhProxy *self)
{
  g_autofree char *pac = NULL;
  g_autofree char *sum = NULL;

  g_return_val_if_fail (OH_IS_PROXY (self), NULL);
  pac = oh_admission_get_pac (self->core.admission);
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, pac != NULL ? pac : "", -1);
  return g_strndup (sum, 8);
}

void
oh_proxy_set_deaf (OhProxy *self, gboolean deaf)
{
  g_return_if_fail (OH_IS_PROXY (self));
  oh_admission_set_deaf (self->core.admission, deaf);
}

void
oh_proxy_set_chain (OhProxy *self, gint64 run_id, const char *http, const char *https, const char *no_proxy)
{
  g_return_if_fail (OH_IS_PROXY (self));
  oh_admission_set_chain (self->core.admission, run_id, oh_chain_new (http, https, no_proxy));
}

char *
oh_proxy_write_script (OhProxy *self, const char *http, const char *https, const char *no_proxy)
{
  g_return_val_if_fail (OH_IS_PROXY (self), NULL);
  return oh_chain_write_script (http, https, no_proxy, self->core.port);
}

void
oh_proxy_set_script (OhProxy *self, gint64 run_id, const char *text)
{
  g_return_if_fail (OH_IS_PROXY (self));
  g_return_if_fail (text != NULL);
  oh_admission_set_chain (self->core.admission, run_id, oh_chain_new_script (text));
}

gboolean
oh_proxy_set_trust (OhProxy *self, gint64 run_id, const char *pem, GError **error)
{
  g_return_val_if_fail (OH_IS_PROXY (self), FALSE);
  g_return_val_if_fail (pem != NULL, FALSE);
  return oh_admission_set_trust (self->core.admission, run_id, pem, error);
}

void
oh_proxy_set_clocks (OhProxy *self, OhClocks clocks)
{
  self->core.clocks = clocks;
}

void
oh_proxy_set_fallback (OhProxy *self, gint64 run_id, gboolean fallback)
{
  g_return_if_fail (OH_IS_PROXY (self));
  oh_admission_set_fallback (self->core.admission, run_id, fallback);
}

void
oh_proxy_set_guard (OhProxy *self, const OhProxyGuard *guard)
{
  g_return_if_fail (OH_IS_PROXY (self));
  g_return_if_fail (guard != NULL);
  g_atomic_pointer_set (&self->core.guard, guard);
}

/* Something that is done on the proxy's thread while the caller waits. */
typedef struct
{
  void (*func) (OhCore *core, gpointer data);
  OhCore *core;
  gpointer data;
  GMutex lock;
  GCond changed;
  gboolean done; /* locked */
} Errand;

static gboolean
run_errand (gpointer data)
{
  Errand *errand = data;

  errand->func (errand->core, errand->data);
  g_mutex_lock (&errand->lock);
  errand->done = TRUE;
  g_cond_signal (&errand->changed);
  g_mutex_unlock (&errand->lock);
  return G_SOURCE_REMOVE;
}

static void
do_there (OhProxy *self, void (*func) (OhCore *core, gpointer data), gpointer data)
{
  g_autoptr (GSource) idle = g_idle_source_new ();
  Errand errand = { .func = func, .core = &self->core, .data = data };

  g_assert (self->thread != NULL);
  g_mutex_init (&errand.lock);
  g_cond_init (&errand.changed);
  g_source_set_priority (idle, G_PRIORITY_HIGH);
  g_source_set_callback (idle, run_errand, &errand, NULL);
  g_source_attach (idle, self->core.context);
  g_mutex_lock (&errand.lock);
  while (!errand.done)
    g_cond_wait (&errand.changed, &errand.lock);
  g_mutex_unlock (&errand.lock);
  g_mutex_clear (&errand.lock);
  g_cond_clear (&errand.changed);
}

typedef struct
{
  gint64 run_id;
  const OhNsNetwork *network;
} Isolate;

static void
serve_network (OhCore *core, gpointer data)
{
  const Isolate *isolate = data;

  g_ptr_array_add (core->isolations, oh_isolation_new (core, isolate->run_id, isolate->network));
}

void
oh_proxy_isolate (OhProxy *self, gint64 run_id, const OhNsNetwork *network)
{
  Isolate isolate = { run_id, network };

  g_return_if_fail (OH_IS_PROXY (self) && self->thread != NULL);
  g_return_if_fail (network != NULL);
  do_there (self, serve_network, &isolate);
}

gboolean
oh_proxy_set_copy (OhProxy *self, gint64 run_id, const char *path, const char *url)
{
  g_return_val_if_fail (OH_IS_PROXY (self) && path != NULL && url != NULL, FALSE);
  return oh_telling_forward_set (self->core.forward, run_id, path, url);
}

OhForwardCount
oh_proxy_count_copies (OhProxy *self, gint64 run_id)
{
  g_return_val_if_fail (OH_IS_PROXY (self), (OhForwardCount){ 0 });
  return oh_telling_forward_count (self->core.forward, run_id);
}

static void
instrument_came (GSocketConnection *connection, gpointer data)
{
  oh_gate_open (data, connection, oh_router_take_told);
}

static void
open_door (OhCore *core, gpointer data)
{
  oh_listener_start (data, core->context, instrument_came, core);
  g_ptr_array_add (core->doors, data);
}

OhProgram *
oh_proxy_find_listener (OhProxy *self, guint16 port, gboolean *taken)
{
  g_autoptr (GArray) holders = NULL;
  g_autoptr (OhSecrets) secrets = NULL;

  g_return_val_if_fail (OH_IS_PROXY (self) && taken != NULL, NULL);
  holders = oh_finder_find_listeners (self->core.finder, port, taken);
  secrets = oh_admission_get_secrets (self->core.admission);
  return holders->len > 0 ? oh_finder_describe (self->core.finder, g_array_index (holders, gint64, 0), secrets) : NULL;
}

guint16
oh_proxy_open_door (OhProxy *self, guint16 port, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (OhProgram) program = NULL;
  OhListener *listener;
  gboolean taken;

  g_return_val_if_fail (OH_IS_PROXY (self) && self->thread != NULL, 0);
  listener = oh_listener_new (port, &problem);
  if (listener != NULL)
    {
      do_there (self, open_door, listener);
      return oh_listener_get_port (listener);
    }
  program = oh_proxy_find_listener (self, port, &taken);
  if (program != NULL)
    g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_PORT_TAKEN,
                 _ ("Port %u is taken by “%s” (process %" PRId64 ")."), port, program->name, program->pid);
  else if (taken)
    g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_PORT_TAKEN, _ ("Port %u is taken by a program of another user."), port);
  else
    g_propagate_error (error, g_steal_pointer (&problem));
  return 0;
}

void
oh_proxy_close_doors (OhProxy *self)
{
  g_return_if_fail (OH_IS_PROXY (self));
  if (self->thread != NULL)
    do_there (self, close_doors, NULL);
}

typedef struct
{
  OhCore *core;
  guint64 ticket;
  OhVerdict verdict;
  char *why;
} Decision;

static void
decision_free (gpointer data)
{
  Decision *decision = data;

  g_free (decision->why);
  g_free (decision);
}

static gboolean
carry_out (gpointer data)
{
  const Decision *decision = data;
  OhRelay *relay = g_hash_table_lookup (decision->core->waiting, &decision->ticket);

  if (relay != NULL)
    oh_relay_decide (relay, decision->verdict, decision->why);
  return G_SOURCE_REMOVE;
}

void
oh_proxy_decide (OhProxy *self, guint64 ticket, OhVerdict verdict, const char *why)
{
  g_autoptr (GSource) idle = NULL;
  Decision *decision;

  g_return_if_fail (OH_IS_PROXY (self));
  g_return_if_fail (verdict != OH_VERDICT_HOLD);

  decision = g_new (Decision, 1);
  *decision = (Decision) { &self->core, ticket, verdict, g_strdup (why) };
  idle = g_idle_source_new ();
  g_source_set_priority (idle, G_PRIORITY_DEFAULT);
  g_source_set_callback (idle, carry_out, decision, decision_free);
  g_source_attach (idle, self->core.context);
}

typedef struct
{
  OhCore *core;
  OhExchange *exchange;
  char **hosts;
  char *message;
} Around;

static void
around_free (gpointer data)
{
  Around *around = data;

  g_clear_pointer (&around->exchange, oh_exchange_unref);
  g_strfreev (around->hosts);
  g_free (around->message);
  g_free (around);
}

static gboolean
record_around (gpointer data)
{
  Around *around = data;
  OhAdmission *admission = around->core->admission;
  g_autoptr (OhSecrets) secrets = oh_admission_get_secrets (admission);
  g_autoptr (OhCapture) end = NULL;
  OhRecorder *recorder;
  gboolean news = TRUE;

  for (char **host = around->hosts; *host != NULL; host++)
    news = oh_admission_note_around (admission, around->exchange->run_id, *host) && news;
  if (!news)
    return G_SOURCE_REMOVE;
  recorder = oh_recorder_new (oh_core_get_sink (around->core), secrets, g_steal_pointer (&around->exchange), "", NULL,
                              oh_clock_monotonic_ns ());
  end = oh_recorder_end (recorder, OH_OUTCOME_FAILED, OH_PARTY_CLIENT, "around", around->message, NULL, NULL, NULL);
  oh_recorder_free (recorder);
  return G_SOURCE_REMOVE;
}

void
oh_proxy_note_around (
    OhProxy *self, gint64 run_id, const char *const *hosts, const char *host, guint port, const char *message)
{
  g_autoptr (GSource) idle = NULL;
  Around *around;

  g_return_if_fail (OH_IS_PROXY (self));
  g_return_if_fail (hosts != NULL && host != NULL && message != NULL);

  around = g_new0 (Around, 1);
  around->core = &self->core;
  around->hosts = g_strdupv ((char **) hosts);
  around->message = g_strdup (message);
  around->exchange = oh_exchange_new ();
  around->exchange->run_id = run_id;
  around->exchange->route = OH_ROUTE_TUNNEL;
  around->exchange->method = g_strdup ("CONNECT");
  around->exchange->scheme = g_strdup ("https");
  around->exchange->host = g_strdup (host);
  around->exchange->port = port;
  around->exchange->http_version = g_strdup ("1.1");
  /* Behind what clients have told before they connected. */
  idle = g_idle_source_new ();
  g_source_set_priority (idle, G_PRIORITY_LOW);
  g_source_set_callback (idle, record_around, around, around_free);
  g_source_attach (idle, self->core.context);
}
