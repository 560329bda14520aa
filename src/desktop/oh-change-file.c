/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-change-private.h"

#include <glib/gi18n.h>
#include <string.h>

#define FILE_MAX (4 * 1024 * 1024)

static gboolean
refuse_file (const char *path, GError **error)
{
  g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED,
               _ ("“%s” is not written as Overhear knows it, and stays as it is."), path);
  return FALSE;
}

gboolean
oh_change_plan_file (const char *backend, const OhFileFormat *format, const char *path, const char *const *pairs,
                     GPtrArray *changes, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GBytes) before = oh_file_read (path, &problem);
  g_autofree char *text = oh_change_text (before);
  g_autofree char *ours = g_strdup (text);
  OhChange *all;

  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (before != NULL && g_bytes_get_size (before) > FILE_MAX)
    {
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED, _ ("“%s” is larger than 4 MB."), path);
      return FALSE;
    }
  /* With a nul in it, it is no text. */
  if (before != NULL && strlen (text) < g_bytes_get_size (before))
    return refuse_file (path, error);
  all = oh_change_new (backend, path, "", before != NULL ? g_bytes_ref (before) : NULL, NULL);
  oh_file_stat (path, &all->stat);
  g_ptr_array_add (changes, all);
  for (; *pairs != NULL; pairs += 2)
    {
      g_autofree char *was = format->get (text, pairs[0]);
      char *next = format->set (ours, pairs[0], pairs[1]);

      if (next == NULL)
        return refuse_file (path, error);
      g_free (ours);
      ours = next;
      g_ptr_array_add (changes, oh_change_new (backend, path, pairs[0], oh_change_bytes (was), oh_change_bytes (pairs[1])));
    }
  all->ours = oh_change_bytes (ours);
  return TRUE;
}

gboolean
oh_change_apply_file (GPtrArray *changes, GError **error)
{
  const OhChange *all = changes->pdata[0];
  g_autoptr (GBytes) now = oh_file_read (all->where, NULL);

  if (!oh_change_same (now, all->before))
    {
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED, _ ("“%s” is being changed by another program just now."),
                   all->where);
      return FALSE;
    }
  return oh_file_replace (all->where, all->ours, NULL, error);
}

/* Our keys alone, in a text that somebody has written to since. (transfer full) (nullable): where there is none */
static char *
undo_keys (const OhFileFormat *format, GPtrArray *changes, const char *now, GPtrArray *kept)
{
  const OhChange *all = changes->pdata[0];
  g_autofree char *before = oh_change_text (all->before);
  g_autofree char *text = g_strdup (now);

  /* Whoever has removed it meant that. */
  for (guint i = 1; text != NULL && i < changes->len; i++)
    {
      const OhChange *change = changes->pdata[i];
      g_autofree char *was = oh_change_text (change->before);
      g_autofree char *ours = oh_change_text (change->ours);
      g_autofree char *is = format->get (text, change->key);
      char *next = NULL;

      if (g_strcmp0 (is, was) == 0)
        continue;
      if (g_strcmp0 (is, ours) == 0)
        next = format->set (text, change->key, was);
      if (next == NULL)
        g_ptr_array_add (kept, g_strdup_printf ("%s: %s", all->where, change->key));
      else
        {
          g_free (text);
          text = next;
        }
    }
  return text != NULL ? format->tidy (text, before) : NULL;
}

gboolean
oh_change_restore_file (const OhFileFormat *format, GPtrArray *changes, GPtrArray *kept, GError **error)
{
  const OhChange *all = changes->pdata[0];
  const gboolean torn = oh_file_clear_draft (all->where);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GBytes) now = oh_file_read (all->where, &problem);
  g_autofree char *text = NULL;
  g_autofree char *undone = NULL;
  g_autoptr (GBytes) mended = NULL;

  /* Somebody has put something else there. */
  if (g_error_matches (problem, G_FILE_ERROR, G_FILE_ERROR_ISDIR))
    {
      g_ptr_array_add (kept, g_strdup (all->where));
      return TRUE;
    }
  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  /* Where there was no file, its folder may still be left. */
  if (oh_change_same (now, all->before) && all->before != NULL)
    return TRUE;
  if (torn || oh_change_same (now, all->before) || oh_change_same (now, all->ours))
    return oh_file_replace (all->where, all->before, &all->stat, error);
  text = oh_change_text (now);
  undone = undo_keys (format, changes, text, kept);
  mended = oh_change_bytes (undone);
  return oh_change_same (now, mended) || oh_file_replace (all->where, mended, NULL, error);
}
