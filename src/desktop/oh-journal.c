/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-journal-private.h"
#include "oh-paths.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL "desktop.journal"
#define LOCK "desktop.lock"
#define OWNER "desktop.owner"
#define LOGIN_FILE OH_APP_ID ".Restore.desktop"
/* Another one may wait for a bus that does not answer. */
#define LOCK_TRIES 1500
#define LOCK_US 10000
#define OWNER_TRIES 200

/* One for all of this user's programs, whatever their data folder: the settings are one, too. (transfer full) */
static char *
get_path (const char *name)
{
  const char *folder = g_get_user_state_dir ();

  /* A relative one would be another for each process, and is to be ignored (XDG Base Directory Specification). */
  if (!g_path_is_absolute (folder))
    return g_build_filename (g_get_home_dir (), ".local", "state", "overhear", name, NULL);
  return g_build_filename (folder, "overhear", name, NULL);
}

static char *
get_login_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "autostart", LOGIN_FILE, NULL);
}

void
oh_journal_free (OhJournal *self)
{
  g_free (self->token);
  g_free (self->who);
  g_strfreev (self->environment);
  g_free (self->behind);
  g_clear_pointer (&self->changes, g_ptr_array_unref);
  g_free (self);
}

static OhJournal *
refuse (const char *path, const char *why, GError **error)
{
  g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_JOURNAL,
               _ ("The record of the desktop’s former settings, “%s”, is damaged, so that they cannot be given back from it (%s). "
                  "“overhear desktop restore --force” puts it aside, and takes Overhear’s own script out of the settings."),
               path, why);
  return NULL;
}

static OhJournal *
parse (const char *text)
{
  g_autoptr (GVariant) all = oh_change_parse (G_VARIANT_TYPE_VARDICT, text, NULL);
  g_autoptr (GVariant) changes = NULL;
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (OhJournal) self = g_new0 (OhJournal, 1);
  g_autofree char *mode = NULL;
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  if (all == NULL)
    return NULL;
  g_variant_dict_init (&dict, all);
  changes = g_variant_dict_lookup_value (&dict, "changes", G_VARIANT_TYPE ("a(sssmaymay)"));
  if (changes == NULL || !g_variant_dict_lookup (&dict, "token", "s", &self->token)
      || !g_variant_dict_lookup (&dict, "who", "s", &self->who)
      || !g_variant_dict_lookup (&dict, "mode", "s", &mode) || !oh_desktop_mode_from_string (mode, &self->mode))
    return NULL;
  g_variant_dict_lookup (&dict, "pid", "i", &self->pid);
  g_variant_dict_lookup (&dict, "since", "x", &self->since_s);
  g_variant_dict_lookup (&dict, "port", "q", &self->port);
  g_variant_dict_lookup (&dict, "session", "b", &self->session);
  g_variant_dict_lookup (&dict, "claude", "b", &self->claude);
  g_variant_dict_lookup (&dict, "behind", "s", &self->behind);
  /* Text in earlier versions. */
  if (!g_variant_dict_lookup (&dict, "environment", "^aay", &self->environment)
      && !g_variant_dict_lookup (&dict, "environment", "^as", &self->environment))
    self->environment = g_new0 (char *, 1);
  self->changes = oh_changes_from_variant (changes);
  stats = g_variant_dict_lookup_value (&dict, "files", G_VARIANT_TYPE ("a(sxmay)"));
  if (stats != NULL)
    oh_changes_add_stats (self->changes, stats);
  return g_steal_pointer (&self);
}

OhJournal *
oh_journal_read (GError **error)
{
  g_autofree char *path = get_path (JOURNAL);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GBytes) bytes = oh_file_read (path, &problem);
  g_autofree char *text = oh_change_text (bytes);
  OhJournal *self;

  if (problem != NULL)
    return refuse (path, problem->message, error);
  if (bytes == NULL)
    return NULL;
  self = parse (text);
  if (self != NULL)
    return self;
  return refuse (path, g_bytes_get_size (bytes) == 0 ? _ ("it is empty") : _ ("it is not what Overhear has written"), error);
}

/* The port that it was on, of what can still be read; 0: none. */
static guint
find_port (const char *path)
{
  static const char name[] = "'port': <uint16 ";
  g_autoptr (GBytes) bytes = oh_file_read (path, NULL);
  g_autofree char *text = oh_change_text (bytes);
  const char *found = text != NULL ? strstr (text, name) : NULL;

  return found != NULL ? (guint) g_ascii_strtoull (found + strlen (name), NULL, 10) : 0;
}

gboolean
oh_journal_put_aside (guint *port, char **where, GError **error)
{
  g_autofree char *path = get_path (JOURNAL);
  g_autofree char *login = get_login_path ();
  g_autofree char *aside = g_strdup_printf ("%s.%" G_GINT64_FORMAT, path, g_get_real_time () / G_USEC_PER_SEC);

  *port = find_port (path);
  if (g_rename (path, aside) != 0)
    {
      const int code = errno;

      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_JOURNAL, _ ("“%s” cannot be put aside: %s"), path,
                   g_strerror (code));
      return FALSE;
    }
  oh_file_replace (login, NULL, NULL, NULL);
  *where = g_steal_pointer (&aside);
  return TRUE;
}

/* Where even the watchdog has ended, as in a power cut. */
static gboolean
install_login (GError **error)
{
  g_autofree char *path = get_login_path ();
  g_autofree char *watchdog = oh_paths_find_helper ("desktop", "overhear-watchdog");
  g_autofree char *text = g_strdup_printf ("[Desktop Entry]\n"
                                           "Type=Application\n"
                                           "Name=Overhear\n"
                                           "Comment=Gives the desktop's proxy settings back\n"
                                           "Exec=\"%s\" --restore\n"
                                           "NoDisplay=true\n"
                                           "X-GNOME-Autostart-Phase=EarlyInitialization\n",
                                           watchdog);
  g_autoptr (GBytes) bytes = oh_change_bytes (text);

  return oh_file_replace (path, bytes, NULL, error);
}

gboolean
oh_journal_write (const OhJournal *self, GError **error)
{
  g_autofree char *path = get_path (JOURNAL);
  g_autoptr (GVariant) all = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&dict, "token", "s", self->token);
  g_variant_dict_insert (&dict, "who", "s", self->who);
  g_variant_dict_insert (&dict, "pid", "i", self->pid);
  g_variant_dict_insert (&dict, "since", "x", self->since_s);
  g_variant_dict_insert (&dict, "mode", "s", oh_desktop_mode_to_string (self->mode));
  g_variant_dict_insert (&dict, "port", "q", self->port);
  g_variant_dict_insert (&dict, "session", "b", self->session);
  g_variant_dict_insert (&dict, "claude", "b", self->claude);
  g_variant_dict_insert (&dict, "environment", "^aay", self->environment);
  if (self->behind != NULL)
    g_variant_dict_insert_value (&dict, "behind", g_variant_new_take_string (g_utf8_make_valid (self->behind, -1)));
  g_variant_dict_insert_value (&dict, "changes", oh_changes_to_variant (self->changes));
  g_variant_dict_insert_value (&dict, "files", oh_changes_stats_to_variant (self->changes));
  all = g_variant_ref_sink (g_variant_dict_end (&dict));
  text = g_variant_print (all, TRUE);
  bytes = oh_change_bytes (text);
  if (!oh_file_replace (path, bytes, NULL, error))
    return FALSE;
  if (install_login (error))
    return TRUE;
  /* Nothing has been changed yet. */
  oh_file_replace (path, NULL, NULL, NULL);
  return FALSE;
}

gboolean
oh_journal_undo (const OhJournal *self, GPtrArray *kept, GError **error)
{
  g_autofree char *path = get_path (JOURNAL);
  g_autofree char *login = get_login_path ();

  if (!oh_changes_restore (self->changes, kept, error))
    return FALSE;
  /* One that stays finds nothing to do. */
  oh_file_replace (login, NULL, NULL, NULL);
  return oh_file_replace (path, NULL, NULL, error);
}

guint64
oh_journal_get_inode (void)
{
  g_autofree char *path = get_path (JOURNAL);
  struct stat st;

  return stat (path, &st) == 0 ? st.st_ino : 0;
}

/* A folder that is not there yet would be looked for again and again. */
GFileMonitor *
oh_journal_watch (void)
{
  g_autofree char *path = get_path (JOURNAL);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  g_mkdir_with_parents (folder, 0700);
  return g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
}

/* Returns: a descriptor, -1 if another one has it; -1 with @error. */
static int
take (const char *name, guint tries, GError **error)
{
  g_autofree char *path = get_path (name);
  g_autofree char *folder = g_path_get_dirname (path);
  int fd, code;

  g_mkdir_with_parents (folder, 0700);
  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  while (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      if (--tries > 0)
        {
          g_usleep (LOCK_US);
          continue;
        }
      close (fd);
      return -1;
    }
  code = errno;
  if (fd < 0)
    g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_JOURNAL, _ ("“%s” cannot be opened: %s"), path,
                 g_strerror (code));
  return fd;
}

int
oh_journal_lock (GError **error)
{
  g_autoptr (GError) problem = NULL;
  const int fd = take (LOCK, LOCK_TRIES, &problem);

  if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  else if (fd < 0)
    g_set_error_literal (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED,
                         _ ("Another Overhear is changing the desktop's settings just now, and does not get done."));
  return fd;
}

int
oh_journal_lock_owner (GError **error)
{
  return take (OWNER, 1, error);
}

int
oh_journal_await_owner (void)
{
  return take (OWNER, OWNER_TRIES, NULL);
}
