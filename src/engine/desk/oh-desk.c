/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desk-private.h"
#include "oh-desktop-stores.h"
#include "oh-desktop-trust.h"
#include "oh-doors-private.h"
#include "oh-format.h"
#include "oh-hosts.h"
#include "oh-proxy-error.h"
#include "oh-desk-terminals-private.h"
#include "oh-token.h"

#include <glib/gi18n.h>
#include <string.h>

/* How often what stood before us is asked for again, and how soon after the network has changed. */
#define REFRESH_S 300
#define SETTLE_S 2
/* How long programs that have not noticed that it is off are still served. */
#define LINGER_S 60
/* How often ports are tried that are taken. */
#define DOORS_S 2
/* How often it is looked whether the authority is to be renewed. */
#define RENEW_S (6 * 60 * 60)

struct _OhDesk
{
  const OhDeskClass *class;
  GObject *owner;          /* (transfer none) */
  char *data_dir;
  OhProxy *proxy;
  OhDesktop *desktop;      /* NULL: off */
  char *token;             /* of who has the environment from us: the session, programs with settings of their own */
  OhTerminals *terminals;  /* that came, each with what it had; NULL: none could */
  char **hosts;            /* as they are matched */
  char *before_pac;        /* URL, or NULL */
  OhDoor *doors;           /* where instruments send by themselves; NULL: nobody listens there */
  guint doors_again;       /* while one of them is another's */
  gboolean open;           /* whatever the switch says */
  gboolean busy;           /* a task switches on */
  gboolean closing;
  GCancellable *taking;    /* of that task */
  GNetworkMonitor *monitor;
  GFileMonitor *programs;  /* once anybody may come */
  guint refresh;
  guint settle;
  guint linger;
  guint renew;
  char *news;              /* of the authority, and of what stands behind us */
};

/* ---- what stands behind us ----------------------------------------------------------------------------------------- */

/* Blocks. Any thread. @pac: (nullable): its URL. Returns: FALSE with an error if it cannot be used: it is asked for again, and
 * as long as it is not there it is not there for others either. */
static gboolean
load_script (OhProxy *proxy, const char *const *hosts, const char *pac, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree char *text = pac != NULL ? oh_proxy_load_pac (proxy, pac, cancellable, &problem) : NULL;

  oh_proxy_set_pac (proxy, hosts, text, TRUE);
  if (text != NULL)
    oh_proxy_set_script (proxy, 0, text);
  else if (pac != NULL)
    oh_proxy_set_chain (proxy, 0, NULL, NULL, NULL);
  if (problem == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

/* ---- on and off ---------------------------------------------------------------------------------------------------- */

typedef struct
{
  OhDesk *desk;
  OhProxy *proxy;
  char *data_dir;
  OhDesktopOptions options;
  char **environment;
  char **hosts;
  OhDesktopTrust *trust;
  OhStandingNews news; /* of its authority */
  char *problem;       /* with the hosts, as a sentence, or NULL */
  char **left;         /* stores that have the one before */
  gboolean taken;
  GCancellable *cancellable; /* (nullable) */
  char *before_pac;   /* (out) */
  char *behind;       /* (out) what stands behind us, as a sentence, or NULL */
} Switch;

static void
switch_free (gpointer data)
{
  Switch *self = data;

  g_free (self->data_dir);
  g_strfreev (self->environment);
  g_strfreev (self->hosts);
  /* What was refused has changed nothing. */
  if (self->trust != NULL && !self->taken)
    oh_desktop_trust_take_back (self->trust);
  oh_desktop_trust_free (self->trust);
  g_free (self->problem);
  g_strfreev (self->left);
  g_free (self->before_pac);
  g_free (self->behind);
  g_clear_object (&self->cancellable);
  g_object_unref (self->proxy);
  g_free (self);
}

/* (transfer full) (nullable) */
static char *
describe_behind (const OhDesktopBefore *before, const GError *problem)
{
  g_autofree char *shown = problem != NULL ? oh_format_address (before->pac) : NULL;

  if (problem != NULL)
    return g_strdup_printf (_ ("The proxy script that you had (%s) cannot be used now: %s. Until it can, what goes through "
                               "Overhear goes on directly, as everything does without the script."),
                            shown, problem->message);
  if (before->pac != NULL)
    return g_strdup (_ ("The proxy script that you had stays in use behind Overhear."));
  if (before->http != NULL || before->https != NULL)
    return g_strdup (_ ("The proxy that you had stays in use behind Overhear."));
  return NULL;
}

/* The port is ready before anybody is sent to it. */
static gboolean
prepare (const OhDesktopBefore *before, OhDesktopReady *ready, gpointer data, GError **error)
{
  Switch *self = data;
  g_autoptr (GError) problem = NULL;

  g_free (self->before_pac);
  self->before_pac = g_strdup (before->pac);
  self->desk->class->go_as_without_us (self->desk->owner);
  if (before->http != NULL || before->https != NULL)
    oh_proxy_set_chain (self->proxy, 0, before->http, before->https, before->no_proxy);
  load_script (self->proxy, (const char *const *) self->hosts, before->pac, self->cancellable, &problem);
  /* What does not come to us goes through it, too. */
  if (before->pac == NULL && (before->http != NULL || before->https != NULL))
    {
      g_autofree char *text = oh_proxy_write_script (self->proxy, before->http, before->https, before->no_proxy);

      oh_proxy_set_pac (self->proxy, (const char *const *) self->hosts, text, TRUE);
    }
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  self->behind = describe_behind (before, problem);
  ready->behind = g_strdup (self->behind);
  ready->version = oh_proxy_get_pac_version (self->proxy);
  oh_desktop_programs_apply (self->proxy);
  oh_proxy_set_deaf (self->proxy, FALSE);
  oh_proxy_set_open (self->proxy, TRUE);
  return TRUE;
}

/* For programs that have a proxy of their own by other ways than a terminal. */
static char **
adapt (const char *const *own, gpointer data, GError **error)
{
  const Switch *self = data;
  const OhDesktopStatus status = { .port = oh_proxy_get_port (self->proxy), .environment = self->environment };
  g_auto (GStrv) undone = oh_engine_undo_terminal (g_strdupv ((char **) own));

  return oh_engine_make_terminal_environment (&status, (const char *const *) undone, error);
}

/* Stores that trusted the one before trust this one, where nobody has to be asked. */
static char **
follow_authority (OhDesktopTrust *trust, OhStandingNews news)
{
  return news != OH_STANDING_KEPT && news != OH_STANDING_MADE ? oh_desktop_trust_follow (trust) : NULL;
}

static OhDesktop *
take (Switch *self, GError **error)
{
  const OhDesktopPlan plan = {
    .mode = self->options.mode,
    .port = oh_proxy_get_port (self->proxy),
    .who = self->options.who,
    .environment = (const char *const *) self->environment,
    .session = self->options.session,
    .claude = self->options.claude,
    .prepare = prepare,
    .adapt = adapt,
    .data = self,
    .cancellable = self->cancellable,
  };

  OhDesktop *desktop = oh_desktop_take (&plan, error);

  self->taken = desktop != NULL;
  if (self->taken)
    self->left = follow_authority (self->trust, self->news);
  return desktop;
}

static gboolean
on_lingered (gpointer data)
{
  OhDesk *self = data;

  self->linger = 0;
  oh_desk_set_open (self, self->open);
  return G_SOURCE_REMOVE;
}

/* Nobody is sent here any more. Connections that stand stay; whoever still comes passes through. */
static void
go_back (OhDesk *self)
{
  oh_proxy_set_deaf (self->proxy, !self->open);
  g_clear_handle_id (&self->refresh, g_source_remove);
  g_clear_handle_id (&self->settle, g_source_remove);
  g_clear_handle_id (&self->renew, g_source_remove);
  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  g_clear_object (&self->desktop);
  g_clear_pointer (&self->before_pac, g_free);
  oh_proxy_set_pac (self->proxy, NULL, NULL, FALSE);
  if (self->linger == 0)
    self->linger = g_timeout_add_seconds (LINGER_S, on_lingered, self);
}

static void
on_lost (OhDesk *self)
{
  go_back (self);
  self->class->tell (self->owner);
}

static void
refresh_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Switch *refresh = data;

  load_script (refresh->proxy, (const char *const *) refresh->hosts, refresh->before_pac, NULL, NULL);
}

static void
refresh_script (OhDesk *self)
{
  Switch *refresh = g_new0 (Switch, 1);
  g_autoptr (GTask) task = g_task_new (self->owner, NULL, NULL, NULL);

  refresh->proxy = g_object_ref (self->proxy);
  refresh->hosts = g_strdupv (self->hosts);
  refresh->before_pac = g_strdup (self->before_pac);
  g_task_set_task_data (task, refresh, switch_free);
  g_task_run_in_thread (task, refresh_in_thread);
}

static void
renew_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  OhDesktopTrust *trust = data;
  g_autoptr (GError) error = NULL;
  OhStandingNews news;
  g_auto (GStrv) left = NULL;

  if (oh_desktop_trust_ensure (trust, FALSE, &news, &error))
    left = follow_authority (trust, news);
  else
    g_warning ("%s", error->message);
}

/* Whoever signs looks at the file each time. */
static gboolean
on_renew (gpointer data)
{
  OhDesk *self = data;
  OhDesktopTrust *trust = oh_desktop_trust_new (self->data_dir, (const char *const *) self->hosts, NULL);
  g_autoptr (GTask) task = g_task_new (self->owner, NULL, NULL, NULL);

  g_task_set_task_data (task, trust, (GDestroyNotify) oh_desktop_trust_free);
  g_task_run_in_thread (task, renew_in_thread);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_refresh (gpointer data)
{
  refresh_script (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_settled (gpointer data)
{
  OhDesk *self = data;

  self->settle = 0;
  refresh_script (self);
  return G_SOURCE_REMOVE;
}

/* A VPN has come or gone: the script may be another one now, or be there again. */
static void
on_network_changed (OhDesk *self)
{
  g_clear_handle_id (&self->settle, g_source_remove);
  self->settle = g_timeout_add_seconds (SETTLE_S, on_settled, self);
}

static void
follow_programs (OhDesk *self)
{
  if (self->programs == NULL)
    self->programs = oh_desktop_programs_follow (self->proxy);
  oh_desktop_programs_apply (self->proxy);
}

/* (transfer full) (nullable) */
static char *
tell_news (const Switch *switched, OhDesktop *desktop)
{
  g_autofree char *authority = oh_desktop_trust_tell (switched->news, (const char *const *) switched->left);
  const char *const sentences[] = { authority, switched->behind, switched->problem, oh_desktop_get_notes (desktop) };
  g_autoptr (GString) news = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (sentences); i++)
    if (sentences[i] != NULL)
      g_string_append_printf (news, "%s%s", news->len > 0 ? " " : "", sentences[i]);
  return news->len > 0 ? g_string_free (g_steal_pointer (&news), FALSE) : NULL;
}

/* @switched: what was done; @desktop: (transfer full) */
static void
settle_in (OhDesk *self, Switch *switched, OhDesktop *desktop)
{
  self->desktop = desktop;
  follow_programs (self);
  g_clear_handle_id (&self->linger, g_source_remove);
  self->before_pac = g_steal_pointer (&switched->before_pac);
  g_strfreev (self->hosts);
  self->hosts = g_steal_pointer (&switched->hosts);
  g_signal_connect_swapped (desktop, "lost", G_CALLBACK (on_lost), self);
  g_free (self->news);
  self->news = tell_news (switched, desktop);
  self->renew = g_timeout_add_seconds (RENEW_S, on_renew, self);
  if (self->before_pac != NULL)
    {
      self->refresh = g_timeout_add_seconds (REFRESH_S, on_refresh, self);
      self->monitor = g_object_ref (g_network_monitor_get_default ());
      g_signal_connect_swapped (self->monitor, "network-changed", G_CALLBACK (on_network_changed), self);
    }
  /* Last, since it may be lost already. */
  oh_desktop_attend (desktop);
  self->class->tell (self->owner);
}

/* (transfer full) */
static char **
make_environment (OhDesk *self, const char *const *hosts, GError **error)
{
  g_auto (GStrv) all = self->class->make_environment (self->owner, self->token, hosts, error);

  return all != NULL ? oh_terminal_choose (all) : NULL;
}

/* As they are used. @problem: (out): what is left out of the user's file. Returns: NULL where one is no host, or there is none.
 * (transfer full) */
static char **
find_hosts (const OhDesktopOptions *options, char **problem, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  char **hosts;

  if (options->hosts == NULL)
    hosts = oh_engine_find_desktop_hosts (problem);
  else
    {
      for (const char *const *typed = options->hosts; *typed != NULL; typed++)
        {
          g_autofree char *host = oh_host_parse (*typed, error);

          if (host == NULL)
            return NULL;
          g_strv_builder_add (builder, host);
        }
      hosts = g_strv_builder_end (builder);
    }
  if (*hosts != NULL)
    return hosts;
  g_strfreev (hosts);
  g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_HOST, "%s %s",
               _ ("No host is to be read: “~/.config/overhear/hosts” names none."), *problem != NULL ? *problem : "");
  return NULL;
}

/* @options: what has to be done of it on the main thread, and at once. Returns: NULL with an error, and nothing is done. */
static Switch *
switch_new (OhDesk *self, const OhDesktopOptions *options, GError **error)
{
  g_autofree char *problem = NULL;
  g_auto (GStrv) wanted = find_hosts (options, &problem, error);
  Switch *made;

  if (wanted == NULL)
    return NULL;
  made = g_new0 (Switch, 1);
  made->desk = self;
  made->proxy = g_object_ref (self->proxy);
  made->data_dir = g_strdup (self->data_dir);
  made->options = *options;
  made->options.hosts = NULL;
  made->problem = g_steal_pointer (&problem);
  made->hosts = oh_proxy_set_reads (self->proxy, 0, (const char *const *) wanted);
  oh_proxy_allow (self->proxy, self->token, 0);
  return made;
}

/* The authority is made when the desktop is first listened to. It waits for the disk, and for others who make one. */
static gboolean
make_authority (Switch *self, GError **error)
{
  self->trust = oh_desktop_trust_new (self->data_dir, (const char *const *) self->hosts, error);
  return self->trust != NULL && oh_desktop_trust_ensure (self->trust, FALSE, &self->news, error);
}

/* From now on the authority that is kept signs for programs without a run. On the main thread. */
static gboolean
keep_authority (OhDesk *self, Switch *made, GError **error)
{
  oh_proxy_set_standing (self->proxy, made->data_dir);
  oh_desktop_stores_attach (self->proxy, made->trust->data_dir);
  self->class->set_kept_authority (self->owner, made->trust->subject.pem);
  made->environment = make_environment (self, (const char *const *) made->hosts, error);
  if (made->environment == NULL)
    return FALSE;
  oh_terminals_free (self->terminals);
  self->terminals = oh_terminals_new (self->proxy, (const char *const *) made->environment);
  return TRUE;
}

static void
take_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  OhDesktop *desktop = take (data, &error);

  if (desktop != NULL)
    g_task_return_pointer (task, desktop, g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
make_authority_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (make_authority (data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* @data: (transfer full): the task of the whole */
static void
authority_made (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Switch *made = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_error (task, error);
  else if (made->desk->closing)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s", _ ("Overhear ends."));
  else if (!keep_authority (made->desk, made, &error))
    g_task_return_error (task, error);
  else
    g_task_run_in_thread (task, take_in_thread);
}

/* Where the port is open, a person may send the desktop here by hand: a Flatpak cannot. */
static void
serve_by_hand (OhDesk *self, gboolean open)
{
  g_auto (GStrv) wanted = open ? oh_engine_find_desktop_hosts (NULL) : NULL;
  g_auto (GStrv) hosts = oh_proxy_set_reads (self->proxy, 0, (const char *const *) wanted);

  oh_proxy_set_pac (self->proxy, open ? (const char *const *) hosts : NULL, NULL, FALSE);
}

OhDesk *
oh_desk_new (const char *data_dir, OhProxy *proxy, const OhDeskClass *class, GObject *owner)
{
  OhDesk *self = g_new0 (OhDesk, 1);

  self->class = class;
  self->owner = owner;
  self->data_dir = g_strdup (data_dir);
  self->proxy = proxy;
  self->token = oh_token_new ();
  return self;
}

void
oh_desk_free (OhDesk *self)
{
  if (self == NULL)
    return;
  self->closing = TRUE;
  g_cancellable_cancel (self->taking);
  while (self->busy)
    g_main_context_iteration (NULL, TRUE);
  if (self->desktop != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->desktop, self);
      oh_desktop_release (self->desktop, NULL, NULL);
    }
  go_back (self);
  oh_desk_stop_listening (self);
  g_clear_handle_id (&self->linger, g_source_remove);
  g_clear_object (&self->programs);
  g_strfreev (self->hosts);
  g_free (self->data_dir);
  oh_terminals_free (self->terminals);
  g_free (self->token);
  g_free (self->news);
  g_free (self);
}

void
oh_desk_set_open (OhDesk *self, gboolean open)
{
  self->open = open;
  if (open)
    {
      oh_proxy_set_deaf (self->proxy, FALSE);
      follow_programs (self);
    }
  oh_proxy_set_open (self->proxy, open || self->desktop != NULL);
  if (self->desktop == NULL)
    serve_by_hand (self, open);
}

void
oh_desk_take_async (OhDesk *self, const OhDesktopOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
                    gpointer data)
{
  GTask *task = g_task_new (self->owner, NULL, callback, data);
  g_autoptr (GTask) first = NULL;
  GError *error = NULL;
  Switch *made;

  g_return_if_fail (options != NULL && options->who != NULL);
  g_return_if_fail (self->desktop == NULL && !self->busy);
  self->busy = TRUE;
  self->taking = cancellable != NULL ? g_object_ref (cancellable) : g_cancellable_new ();
  made = switch_new (self, options, &error);
  if (made == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  made->cancellable = g_object_ref (self->taking);
  first = g_task_new (self->owner, NULL, authority_made, task);
  g_task_set_task_data (task, made, switch_free);
  g_task_set_task_data (first, g_task_get_task_data (task), NULL);
  g_task_run_in_thread (first, make_authority_in_thread);
}

gboolean
oh_desk_take_finish (OhDesk *self, GAsyncResult *result, GError **error)
{
  OhDesktop *desktop = g_task_propagate_pointer (G_TASK (result), error);

  self->busy = FALSE;
  g_clear_object (&self->taking);
  if (desktop != NULL)
    settle_in (self, g_task_get_task_data (G_TASK (result)), desktop);
  else
    oh_desk_set_open (self, self->open);
  return desktop != NULL;
}

gboolean
oh_desk_release (OhDesk *self, char ***kept, GError **error)
{
  gboolean fine = TRUE;

  if (kept != NULL)
    *kept = NULL;
  if (self->desktop == NULL)
    return TRUE;
  g_signal_handlers_disconnect_by_data (self->desktop, self);
  fine = oh_desktop_release (self->desktop, kept, error);
  go_back (self);
  self->class->tell (self->owner);
  return fine;
}

gboolean
oh_desk_is_on (const OhDesk *self)
{
  return self->desktop != NULL;
}

const char *
oh_desk_get_news (const OhDesk *self)
{
  return self->news;
}

static gboolean
are_open (const OhDoor *doors)
{
  for (guint i = 0; i < OH_N_DOORS; i++)
    if (doors[i].port == 0)
      return FALSE;
  return TRUE;
}

/* The kernel tells nobody that a port is free. */
static gboolean
try_doors_again (gpointer data)
{
  OhDesk *self = data;

  if (oh_doors_try_again (self->proxy, self->doors))
    self->class->tell (self->owner);
  if (!are_open (self->doors))
    return G_SOURCE_CONTINUE;
  self->doors_again = 0;
  return G_SOURCE_REMOVE;
}

void
oh_desk_listen (OhDesk *self, const guint16 *ports)
{
  oh_desk_stop_listening (self);
  follow_programs (self);
  self->doors = oh_doors_open (self->proxy, ports);
  if (!are_open (self->doors))
    self->doors_again = g_timeout_add_seconds (DOORS_S, try_doors_again, self);
}

void
oh_desk_stop_listening (OhDesk *self)
{
  g_clear_handle_id (&self->doors_again, g_source_remove);
  oh_doors_close (self->proxy, g_steal_pointer (&self->doors));
}

const OhDoor *
oh_desk_get_doors (const OhDesk *self)
{
  return self->doors;
}

OhProxy *
oh_desk_get_proxy (const OhDesk *self)
{
  return self->proxy;
}
