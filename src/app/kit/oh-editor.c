/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-editor.h"

#include <glib/gi18n.h>
#include <string.h>

/* How editors are told a line, by the names of their programs: what stands before the file, with the line for "%u"; or, where there
 * is "%s", both in one. From their manual pages. */
static const struct
{
  const char *program;
  const char *words[2];
} lines[] = {
  { "gnome-text-editor", { "+%u" } },
  { "gedit", { "+%u" } },
  { "pluma", { "+%u" } },
  { "xed", { "+%u" } },
  { "mousepad", { "--line=%u" } },
  { "kate", { "--line", "%u" } },
  { "kwrite", { "--line", "%u" } },
  { "geany", { "--line=%u" } },
  { "gvim", { "+%u" } },
  { "emacs", { "+%u" } },
  { "code", { "--goto", "%s:%u" } },
  { "codium", { "--goto", "%s:%u" } },
  { "zed", { "%s:%u" } },
  { "subl", { "%s:%u" } },
};

char *
oh_editor_find (const char *place, guint *line)
{
  const char *colon = strrchr (place, ':');
  g_autofree char *path = colon != NULL ? g_strndup (place, (gsize) (colon - place)) : NULL;

  if (path == NULL || !g_path_is_absolute (path) || !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return NULL;
  if (line != NULL)
    *line = (guint) MIN (g_ascii_strtoull (colon + 1, NULL, 10), G_MAXINT);
  return g_steal_pointer (&path);
}

/* The command for an editor that is known. Returns: (transfer full) (nullable) */
static char **
make_command (const char *program, const char *path, guint line)
{
  g_autofree char *name = g_path_get_basename (program);
  g_autofree char *number = g_strdup_printf ("%u", line);
  g_autoptr (GStrvBuilder) command = g_strv_builder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      gboolean has_path = FALSE;

      if (!g_str_equal (name, lines[i].program))
        continue;
      g_strv_builder_add (command, program);
      for (guint j = 0; j < G_N_ELEMENTS (lines[i].words) && lines[i].words[j] != NULL; j++)
        {
          g_autoptr (GString) word = g_string_new (lines[i].words[j]);

          g_string_replace (word, "%u", number, 1);
          has_path = has_path || strstr (word->str, "%s") != NULL;
          g_string_replace (word, "%s", path, 1);
          g_strv_builder_add (command, word->str);
        }
      if (!has_path)
        g_strv_builder_add (command, path);
      return g_strv_builder_end (command);
    }
  return NULL;
}

gboolean
oh_editor_open (const char *place, GError **error)
{
  g_autoptr (GAppInfo) editor = g_app_info_get_default_for_type ("text/plain", FALSE);
  guint line = 0;
  g_autofree char *path = oh_editor_find (place, &line);
  g_auto (GStrv) command = NULL;
  g_autoptr (GFile) file = NULL;
  GList files = { 0 };

  if (path == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("There is no file for “%s” on this computer."), place);
      return FALSE;
    }
  if (editor == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _ ("This desktop has no program for plain text. Choose one in its settings, then try again."));
      return FALSE;
    }
  command = line > 0 ? make_command (g_app_info_get_executable (editor), path, line) : NULL;
  if (command != NULL)
    return g_spawn_async (NULL, command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, error);
  file = g_file_new_for_path (path);
  files.data = file;
  return g_app_info_launch (editor, &files, NULL, error);
}
