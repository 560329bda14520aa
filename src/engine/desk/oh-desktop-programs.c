/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desktop-programs.h"
#include "oh-desk-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define GROUP "Programs"
#define ONLY "Only"
#define EXCLUDED "Exclude"

/* (transfer full) */
static char *
get_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "overhear", "programs", NULL);
}

/* Without the empty ones that an editor may leave. (transfer full) */
static char **
read_list (GKeyFile *file, const char *key)
{
  g_auto (GStrv) names = g_key_file_get_string_list (file, GROUP, key, NULL, NULL);
  g_autoptr (GStrvBuilder) kept = g_strv_builder_new ();

  for (char **name = names; name != NULL && *name != NULL; name++)
    if (*g_strstrip (*name) != '\0')
      g_strv_builder_add (kept, *name);
  return g_strv_builder_end (kept);
}

static gboolean
is_same (const char *a, const char *b)
{
  g_autofree char *first = g_utf8_casefold (a, -1);
  g_autofree char *second = g_utf8_casefold (b, -1);

  return g_str_equal (first, second);
}

/* The list without a name, or with it at its end. */
static void
write_list (GKeyFile *file, const char *key, char **names, const char *without, const char *with)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  for (; *names != NULL; names++)
    if (!is_same (*names, without))
      g_ptr_array_add (list, *names);
  if (with != NULL)
    g_ptr_array_add (list, (char *) with);
  if (list->len > 0)
    g_key_file_set_string_list (file, GROUP, key, (const char *const *) list->pdata, list->len);
}

static OhDesktopPrograms *
take_lists (GKeyFile *file)
{
  OhDesktopPrograms *self = g_new (OhDesktopPrograms, 1);

  *self = (OhDesktopPrograms) { read_list (file, ONLY), read_list (file, EXCLUDED) };
  return self;
}

OhDesktopPrograms *
oh_desktop_programs_read (void)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = get_path ();

  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
  return take_lists (file);
}

/* One change after the other, of whichever process. Returns: a descriptor to close, or -1 where there are no locks */
static int
take_lock (const char *path)
{
  g_autofree char *lock_path = g_strconcat (path, ".lock", NULL);
  const int lock = open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  while (lock >= 0 && flock (lock, LOCK_EX) != 0 && errno == EINTR)
    ;
  return lock;
}

void
oh_desktop_programs_free (OhDesktopPrograms *self)
{
  if (self == NULL)
    return;
  g_strfreev (self->only);
  g_strfreev (self->excluded);
  g_free (self);
}

OhProgramRule
oh_desktop_programs_find_rule (const OhDesktopPrograms *self, const OhProgram *program, const char **name)
{
  g_return_val_if_fail (self != NULL && program != NULL && name != NULL, OH_PROGRAM_INCLUDED);
  for (char **each = self->excluded; *each != NULL; each++)
    if (oh_program_is_called (program, *name = *each))
      return OH_PROGRAM_EXCLUDED;
  for (char **each = self->only; *each != NULL; each++)
    if (oh_program_is_called (program, *name = *each))
      return OH_PROGRAM_ONLY;
  *name = NULL;
  return OH_PROGRAM_INCLUDED;
}

/* Under the lock. */
static gboolean
change_rule (const char *path, const char *name, OhProgramRule rule, GError **error)
{
  g_autoptr (OhDesktopPrograms) now = NULL;
  g_autoptr (GKeyFile) old = g_key_file_new ();
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) problem = NULL;
  static char *none[] = { NULL };

  /* What an editor has left there, and is not understood, is not thrown away; without a name all is meant to go. */
  if (name != NULL && !g_key_file_load_from_file (old, path, G_KEY_FILE_NONE, &problem)
      && !g_error_matches (problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                   _ ("“%s” cannot be read (%s). “overhear desktop include” begins it anew."), path, problem->message);
      return FALSE;
    }
  if (name != NULL)
    {
      now = take_lists (old);
      write_list (file, ONLY, rule == OH_PROGRAM_ONLY ? none : now->only, name, rule == OH_PROGRAM_ONLY ? name : NULL);
      write_list (file, EXCLUDED, now->excluded, name, rule == OH_PROGRAM_EXCLUDED ? name : NULL);
    }
  return g_key_file_save_to_file (file, path, error);
}

gboolean
oh_desktop_programs_set_rule (const char *name, OhProgramRule rule, GError **error)
{
  g_autofree char *path = get_path ();
  g_autofree char *folder = g_path_get_dirname (path);
  gboolean done;
  int lock;

  g_return_val_if_fail (name != NULL || rule == OH_PROGRAM_INCLUDED, FALSE);

  g_mkdir_with_parents (folder, 0700);
  lock = take_lock (path);
  done = change_rule (path, name, rule, error);
  if (lock >= 0)
    close (lock);
  return done;
}

void
oh_desktop_programs_apply (OhProxy *proxy)
{
  g_autoptr (OhDesktopPrograms) now = oh_desktop_programs_read ();

  oh_proxy_set_programs (proxy, (const char *const *) now->only, (const char *const *) now->excluded);
}

GFileMonitor *
oh_desktop_programs_monitor (void)
{
  g_autofree char *path = get_path ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  /* What is not there is looked for now and then only. */
  g_mkdir_with_parents (folder, 0700);
  return g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
}

GFileMonitor *
oh_desktop_programs_follow (OhProxy *proxy)
{
  GFileMonitor *monitor = oh_desktop_programs_monitor ();

  if (monitor != NULL)
    g_signal_connect_object (monitor, "changed", G_CALLBACK (oh_desktop_programs_apply), proxy, G_CONNECT_SWAPPED);
  return monitor;
}
