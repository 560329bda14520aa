/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine.h"

#include <string.h>

#define HOSTS_MAX 500

static char *
get_hosts_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "overhear", "hosts", NULL);
}

char **
oh_engine_read_desktop_hosts (gboolean *own)
{
  g_autofree char *path = get_hosts_path ();
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GPtrArray) hosts = g_ptr_array_new_with_free_func (g_free);
  const gboolean found = g_file_get_contents (path, &text, NULL, NULL);

  if (own != NULL)
    *own = found;
  if (!found)
    return g_strdupv ((char **) oh_providers_get_hosts ());
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL && hosts->len < HOSTS_MAX; line++)
    {
      (*line)[strcspn (*line, "#")] = '\0';
      g_strstrip (*line);
      if (**line != '\0')
        g_ptr_array_add (hosts, g_strdup (*line));
    }
  g_ptr_array_add (hosts, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&hosts), FALSE);
}

gboolean
oh_engine_write_desktop_hosts (const char *const *hosts, GError **error)
{
  g_autofree char *path = get_hosts_path ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autofree char *lines = hosts != NULL ? g_strjoinv ("\n", (char **) hosts) : NULL;
  g_autofree char *text = NULL;

  if (hosts == NULL)
    return g_file_delete (file, NULL, NULL) || TRUE;
  g_mkdir_with_parents (folder, 0700);
  text = g_strconcat ("# Hosts that Overhear reads while it listens to the whole desktop. Patterns may have *.\n", lines, "\n",
                      NULL);
  return g_file_set_contents (path, text, -1, error);
}
