/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desktop.h"
#include "oh-journal-private.h"
#include "oh-probe-private.h"
#include "oh-paths.h"
#include "oh-token.h"

#include <glib/gi18n.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#define FLATPAK "/.flatpak-info"
/* The watchdog tries again while the session is in trouble. */
#define RETRIES 50
#define RETRY_US 200000
/* Another one may be slow; this is asked of who stands in the settings only. */
#define PROBE_S 3

struct _OhDesktop
{
  GObject parent;
  char *token;
  guint16 port;
  int owner_lock;
  guint64 inode;         /* of the journal as we wrote it */
  GSubprocess *watchdog;
  GCancellable *waiting; /* for the watchdog's end */
  GFileMonitor *monitor; /* of the journal */
  char *notes;           /* or NULL */
};

G_DEFINE_FINAL_TYPE (OhDesktop, oh_desktop, G_TYPE_OBJECT)

enum
{
  SIGNAL_LOST,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void watch_watchdog (OhDesktop *self);

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* Waits until it says that it is there. */
static gboolean
start_watchdog (OhDesktop *self, GError **error)
{
  g_autofree char *path = oh_paths_find_helper ("desktop", "overhear-watchdog");
  g_autoptr (GError) problem = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *port = g_strdup_printf ("%u", self->port);
  char ready;

  process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &problem, path,
      self->token, port, NULL);
  if (process != NULL && g_input_stream_read (g_subprocess_get_stdout_pipe (process), &ready, 1, NULL, &problem) == 1)
    {
      g_set_object (&self->watchdog, process);
      return TRUE;
    }
  g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_WATCHDOG,
               _ ("The process that gives the settings back if Overhear dies (“%s”) cannot be started: %s"), path,
               problem != NULL ? problem->message : _ ("it ended at once"));
  return FALSE;
}

/* No longer the owner. The watchdog ends by itself, with nothing to do. */
static void
let_go (OhDesktop *self)
{
  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  g_cancellable_cancel (self->waiting);
  g_clear_object (&self->waiting);
  if (self->watchdog != NULL)
    g_output_stream_close (g_subprocess_get_stdin_pipe (self->watchdog), NULL, NULL);
  g_clear_object (&self->watchdog);
  close_fd (&self->owner_lock);
}

static void
lose (OhDesktop *self)
{
  g_autoptr (OhDesktop) owned = g_object_ref (self);

  /* Whoever has switched off waits for our lock. */
  g_signal_emit (self, signals[SIGNAL_LOST], 0);
  let_go (self);
}

static void
watchdog_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  OhDesktop *self = data;
  g_autoptr (GError) error = NULL;

  if (!g_subprocess_wait_finish (G_SUBPROCESS (source), result, &error))
    return;
  if (start_watchdog (self, &error))
    {
      watch_watchdog (self);
      return;
    }
  g_warning ("%s", error->message);
  oh_desktop_release (self, NULL, NULL);
  lose (self);
}

static void
watch_watchdog (OhDesktop *self)
{
  g_subprocess_wait_async (self->watchdog, self->waiting, watchdog_ended, self);
}

static void
on_journal_changed (OhDesktop *self)
{
  if (oh_journal_get_inode () != self->inode)
    lose (self);
}

static gboolean
is_real (const OhChange *change)
{
  return strcmp (change->backend, oh_backend_settings.name) == 0 || strcmp (change->backend, oh_backend_kde.name) == 0;
}

static gboolean
is_any_real (GPtrArray *changes)
{
  gboolean any = FALSE;

  for (guint i = 0; i < changes->len; i++)
    any = any || is_real (changes->pdata[i]);
  return any;
}

/* @version: (nullable): of the script */
static gboolean
plan_changes (const OhDesktopPlan *plan, const char *version, GPtrArray *changes, GPtrArray *notes, GError **error)
{
  g_autofree char *plain = g_strdup_printf ("http://127.0.0.1:%u/proxy.pac", plan->port);
  g_autofree char *url = version != NULL ? g_strconcat (plain, "?", version, NULL) : g_strdup (plain);
  gboolean any;

  /* The settings in there are its own, and nobody else's. */
  if (g_file_test (FLATPAK, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED,
                   _ ("A Flatpak cannot change the desktop's settings. Do it by hand: open the port in Overhear's preferences, and "
                      "in the desktop's network settings choose an automatic proxy with the URL %s; programs go on directly where "
                      "Overhear is not running. Or install Overhear from a package."), plain);
      return FALSE;
    }
  if (!oh_changes_plan (plan, url, changes, notes, error))
    return FALSE;
  any = is_any_real (changes);
  if (!any && notes->len > 0)
    g_set_error_literal (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED, notes->pdata[0]);
  else if (!any)
    g_set_error_literal (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED,
                         _ ("This session has no proxy settings that Overhear knows: those of GNOME and its like (GSettings, with "
                            "dconf) or of KDE. “overhear run” captures a program all the same."));
  return any;
}

/* By whatever name: where a connection would end, at a loopback address. */
static gboolean
is_this_computer (const char *host)
{
  struct addrinfo *found = NULL;
  gboolean is = FALSE;

  if (getaddrinfo (host, NULL, NULL, &found) != 0)
    return FALSE;
  for (const struct addrinfo *entry = found; entry != NULL && !is; entry = entry->ai_next)
    {
      g_autoptr (GSocketAddress) address = g_socket_address_new_from_native (entry->ai_addr, entry->ai_addrlen);
      GInetAddress *inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));

      is = g_inet_address_get_is_loopback (inet) || g_inet_address_get_is_any (inet);
    }
  freeaddrinfo (found);
  return is;
}

/* Who had been sent to our port by hand has nobody behind us. @address: (inout) */
static void
forget_ourselves (char **address, guint16 port)
{
  g_autoptr (GUri) uri = *address != NULL ? g_uri_parse (*address, G_URI_FLAGS_NONE, NULL) : NULL;

  if (uri != NULL && g_uri_get_host (uri) != NULL && g_uri_get_port (uri) == port && is_this_computer (g_uri_get_host (uri)))
    g_clear_pointer (address, g_free);
}

/* One whose records are elsewhere holds no lock of ours; each would give back what the other had set. Where it says nothing it is
 * the script's name that tells: the switch alone puts a version behind it. */
static gboolean
check_alone (const OhDesktopBefore *before, guint16 own_port, GError **error)
{
  const char *const addresses[] = { before->pac, before->http, before->https };
  int asked = own_port;
  int port = 0;

  for (guint i = 0; i < G_N_ELEMENTS (addresses) && port == 0; i++)
    {
      g_autoptr (GUri) uri = addresses[i] != NULL ? g_uri_parse (addresses[i], G_URI_FLAGS_NONE, NULL) : NULL;
      OhProbe found;

      if (uri == NULL || g_uri_get_port (uri) <= 0 || g_uri_get_port (uri) == asked
          || g_strcmp0 (g_uri_get_host (uri), "127.0.0.1") != 0)
        continue;
      asked = g_uri_get_port (uri);
      found = oh_probe ((guint16) asked, PROBE_S);
      if (found == OH_PROBE_OVERHEAR
          || (found == OH_PROBE_SILENT && oh_change_is_our_script (addresses[i], 0) && g_uri_get_query (uri) != NULL))
        port = asked;
    }
  if (port == 0)
    return TRUE;
  g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_OWNED,
               _ ("Another Overhear listens to the desktop already, on port %d, and has its record elsewhere: by another "
                  "XDG_STATE_HOME. Switch it off there."),
               port);
  return FALSE;
}

/* What nobody can read any more is put aside, and what it may have left in the settings taken out. Under the lock.
 * Returns: what was done, as a sentence (transfer full); NULL with an error. */
static char *
give_up (GError **error)
{
  g_autofree char *where = NULL;
  guint port;

  if (!oh_journal_put_aside (&port, &where, error))
    return NULL;
  oh_changes_disarm (port);
  return g_strdup_printf (_ ("The record of the desktop’s former settings was damaged, and is now “%s”. If Overhear’s own script was still "
                             "in the settings, it is out of them; if programs find no network, look into the desktop’s proxy settings."),
                          where);
}

/* What is left of an owner that is gone. Under the lock. */
static gboolean
clear_way (GPtrArray *notes, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (OhJournal) old = oh_journal_read (&problem);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
  char *done;

  if (old == NULL && problem == NULL)
    return TRUE;
  if (old != NULL)
    {
      if (oh_journal_undo (old, kept, error))
        return TRUE;
      g_prefix_error (error, "%s ", _ ("What the desktop had before Overhear was last on cannot be given back; “overhear desktop "
                                       "restore --force” leaves it so."));
      return FALSE;
    }
  done = give_up (error);
  if (done == NULL)
    return FALSE;
  g_ptr_array_add (notes, done);
  return TRUE;
}

/* Under the lock. */
static gboolean
change_all (OhDesktop *self, const OhDesktopPlan *plan, GError **error)
{
  g_auto (OhDesktopBefore) before = { 0 };
  g_auto (OhDesktopReady) ready = { 0 };
  g_autoptr (OhJournal) journal = g_new0 (OhJournal, 1);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  guint planned;

  if (!clear_way (notes, error))
    return FALSE;
  if (oh_kde_is_in_use ())
    oh_kde_read_before (&before);
  else
    oh_settings_read_before (&before);
  if (!check_alone (&before, plan->port, error))
    return FALSE;
  forget_ourselves (&before.pac, plan->port);
  forget_ourselves (&before.http, plan->port);
  forget_ourselves (&before.https, plan->port);
  if (plan->prepare != NULL && !plan->prepare (&before, &ready, plan->data, error))
    return FALSE;
  *journal = (OhJournal) {
    .token = g_strdup (self->token),
    .who = g_strdup (plan->who),
    .pid = (int) getpid (),
    .since_s = g_get_real_time () / G_USEC_PER_SEC,
    .mode = plan->mode,
    .port = plan->port,
    .session = plan->session,
    .claude = plan->claude,
    .environment = plan->environment != NULL ? g_strdupv ((char **) plan->environment) : g_new0 (char *, 1),
    .behind = g_strdup (ready.behind),
    .changes = oh_changes_make (),
  };
  if (!plan_changes (plan, ready.version, journal->changes, notes, error) || !start_watchdog (self, error)
      || !oh_journal_write (journal, error))
    return FALSE;
  planned = journal->changes->len;
  /* What turned out to be left as it is is not in the journal either. */
  if (!oh_changes_apply (journal->changes, notes, error)
      || (journal->changes->len < planned && !oh_journal_write (journal, error)))
    {
      oh_journal_undo (journal, kept, NULL);
      return FALSE;
    }
  g_ptr_array_add (notes, NULL);
  self->notes = notes->len > 1 ? g_strjoinv (" ", (char **) notes->pdata) : NULL;
  self->inode = oh_journal_get_inode ();
  return TRUE;
}

static void
oh_desktop_finalize (GObject *object)
{
  OhDesktop *self = OH_DESKTOP (object);

  oh_desktop_release (self, NULL, NULL);
  g_free (self->token);
  g_free (self->notes);

  G_OBJECT_CLASS (oh_desktop_parent_class)->finalize (object);
}

static void
oh_desktop_class_init (OhDesktopClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_desktop_finalize;
  signals[SIGNAL_LOST] = g_signal_new ("lost", OH_TYPE_DESKTOP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
oh_desktop_init (OhDesktop *self)
{
  self->owner_lock = -1;
  self->token = oh_token_new ();
}

void
oh_desktop_before_clear (OhDesktopBefore *before)
{
  g_clear_pointer (&before->pac, g_free);
  g_clear_pointer (&before->http, g_free);
  g_clear_pointer (&before->https, g_free);
  g_clear_pointer (&before->no_proxy, g_free);
}

void
oh_desktop_ready_clear (OhDesktopReady *ready)
{
  g_clear_pointer (&ready->version, g_free);
  g_clear_pointer (&ready->behind, g_free);
}

gboolean
oh_desktop_is_on (void)
{
  return oh_journal_get_inode () != 0;
}

GFileMonitor *
oh_desktop_watch (void)
{
  return oh_journal_watch ();
}

OhDesktopStatus *
oh_desktop_read_status (GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (OhJournal) journal = oh_journal_read (&problem);
  g_autoptr (OhDesktopStatus) self = g_new0 (OhDesktopStatus, 1);
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (g_free);
  int owner;

  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }
  self->on = journal != NULL;
  if (journal == NULL)
    return g_steal_pointer (&self);
  owner = oh_journal_lock_owner (NULL);
  self->abandoned = owner >= 0;
  close_fd (&owner);
  self->pid = journal->pid;
  self->who = g_steal_pointer (&journal->who);
  self->since_s = journal->since_s;
  self->mode = journal->mode;
  self->port = journal->port;
  self->session = journal->session;
  self->claude = journal->claude;
  self->environment = g_steal_pointer (&journal->environment);
  self->behind = g_steal_pointer (&journal->behind);
  for (guint i = 0; oh_backends[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) own = oh_changes_of (journal->changes, oh_backends[i]);

      if (own->len > 0)
        g_ptr_array_add (places, g_strdup (_ (oh_backends[i]->words)));
    }
  g_ptr_array_add (places, NULL);
  self->places = (char **) g_ptr_array_free (g_steal_pointer (&places), FALSE);
  return g_steal_pointer (&self);
}

void
oh_desktop_status_free (OhDesktopStatus *self)
{
  if (self == NULL)
    return;
  g_free (self->who);
  g_strfreev (self->environment);
  g_free (self->behind);
  g_strfreev (self->places);
  g_free (self);
}

/* @token: (nullable): only if it is of that one
 * @force: what cannot be given back is left as it is
 * @note: (out) (nullable): what else there is to say */
static gboolean
restore (const char *token, gboolean force, char ***kept, char **note, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (OhJournal) journal = NULL;
  g_autoptr (GError) problem = NULL;
  int lock = oh_journal_lock (&problem);
  gboolean done = FALSE;
  guint port;

  *note = NULL;
  if (lock >= 0)
    journal = oh_journal_read (&problem);
  if (journal != NULL && (token == NULL || strcmp (journal->token, token) == 0))
    done = oh_journal_undo (journal, names, &problem);
  if (force && lock >= 0 && problem != NULL)
    {
      g_autofree char *where = NULL;
      g_autofree char *why = g_strdup (problem->message);

      g_clear_error (&problem);
      if (journal == NULL)
        *note = give_up (&problem);
      else if (oh_journal_put_aside (&port, &where, &problem))
        *note = g_strdup_printf (_ ("Not all could be given back: %s The record of what was there before is now “%s”."), why, where);
      done = *note != NULL;
    }
  close_fd (&lock);
  if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  g_ptr_array_add (names, NULL);
  if (kept != NULL)
    *kept = (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
  return done;
}

gboolean
oh_desktop_restore (gboolean force, char ***kept, char **note, GError **error)
{
  g_autofree char *said = NULL;
  const gboolean done = restore (NULL, force, kept, &said, error);
  int owner = done ? oh_journal_await_owner () : -1;

  close_fd (&owner);
  if (note != NULL)
    *note = g_steal_pointer (&said);
  return done;
}

gboolean
oh_desktop_restore_abandoned (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;
  gboolean done;
  int owner;

  if (oh_journal_get_inode () == 0)
    return FALSE;
  owner = oh_journal_lock_owner (NULL);
  if (owner < 0)
    return FALSE;
  done = restore (NULL, FALSE, NULL, &note, &error);
  /* Nobody else will come who could read it. */
  if (g_error_matches (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_JOURNAL))
    {
      g_clear_error (&error);
      done = restore (NULL, TRUE, NULL, &note, &error);
    }
  close_fd (&owner);
  if (note != NULL)
    g_printerr ("%s: %s\n", g_get_prgname (), note);
  if (error != NULL)
    g_warning ("%s", error->message);
  return done;
}

void
oh_desktop_restore_of (const char *token)
{
  g_return_if_fail (token != NULL);
  for (guint i = 0; i < RETRIES; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *note = NULL;

      if (restore (token, FALSE, NULL, &note, &error) || error == NULL)
        return;
      g_usleep (RETRY_US);
    }
}

/* Waits for another that ceases or begins, which takes a moment. Returns: -1 with an error if it has it on, or takes long */
static int
lock_owner (GCancellable *cancellable, GError **error)
{
  for (guint tries = 0;; tries++)
    {
      g_autoptr (GError) problem = NULL;
      const int lock = oh_journal_lock_owner (&problem);
      g_autoptr (OhDesktopStatus) status = lock < 0 && problem == NULL ? oh_desktop_read_status (NULL) : NULL;

      if (lock >= 0)
        return lock;
      if (problem != NULL)
        g_propagate_error (error, g_steal_pointer (&problem));
      else if (status != NULL && status->on)
        g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_OWNED,
                     _ ("Another Overhear listens to the desktop already: process %d (%s)."), status->pid, status->who);
      else if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return -1;
      else if (tries == RETRIES)
        g_set_error_literal (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_OWNED,
                             _ ("Another Overhear is just beginning or ceasing to listen to the desktop."));
      else
        {
          g_usleep (RETRY_US);
          continue;
        }
      return -1;
    }
}

OhDesktop *
oh_desktop_take (const OhDesktopPlan *plan, GError **error)
{
  g_autoptr (OhDesktop) self = NULL;
  gboolean done = FALSE;
  int lock;

  g_return_val_if_fail (plan != NULL && plan->who != NULL, NULL);

  self = g_object_new (OH_TYPE_DESKTOP, NULL);
  self->port = plan->port;
  self->owner_lock = lock_owner (plan->cancellable, error);
  if (self->owner_lock < 0)
    return NULL;
  lock = oh_journal_lock (error);
  if (lock >= 0)
    done = change_all (self, plan, error);
  close_fd (&lock);
  return done ? g_steal_pointer (&self) : NULL;
}

void
oh_desktop_attend (OhDesktop *self)
{
  g_return_if_fail (OH_IS_DESKTOP (self));
  g_return_if_fail (self->waiting == NULL && self->watchdog != NULL);
  self->waiting = g_cancellable_new ();
  self->monitor = oh_journal_watch ();
  if (self->monitor != NULL)
    g_signal_connect_swapped (self->monitor, "changed", G_CALLBACK (on_journal_changed), self);
  watch_watchdog (self);
  on_journal_changed (self); /* it may have happened since it was taken */
}

gboolean
oh_desktop_release (OhDesktop *self, char ***kept, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree char *note = NULL;

  g_return_val_if_fail (OH_IS_DESKTOP (self), FALSE);
  if (kept != NULL)
    *kept = NULL;
  if (self->owner_lock < 0)
    return TRUE;
  restore (self->token, FALSE, kept, &note, &problem);
  let_go (self);
  if (problem == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

const char *
oh_desktop_get_notes (OhDesktop *self)
{
  g_return_val_if_fail (OH_IS_DESKTOP (self), NULL);
  return self->notes;
}
