/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"
#include "oh-hosts.h"
#include "oh-proxy-error.h"

#include <glib/gi18n.h>
#include <string.h>

#define HOSTS_MAX 500u

GPtrArray *
oh_engine_collect_hosts (const char *const *environment, const char *const *more)
{
  GPtrArray *hosts = oh_launch_get_base_urls (environment, oh_providers_get_list (OH_PROVIDER_ADDRESSES), FALSE);

  for (const char *const *host = oh_providers_get_hosts (); *host != NULL; host++)
    g_ptr_array_add (hosts, g_strdup (*host));
  for (const char *const *host = more; host != NULL && *host != NULL; host++)
    g_ptr_array_add (hosts, g_ascii_strdown (*host, -1));
  g_ptr_array_add (hosts, NULL);
  return hosts;
}

static char *
get_hosts_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "overhear", "hosts", NULL);
}

static void
uncomment (char *line)
{
  line[strcspn (line, "#")] = '\0';
  g_strstrip (line);
}

/* @more: (out): there are, than are read */
static char **
read_hosts (gboolean *own, gboolean *more)
{
  g_autofree char *path = get_hosts_path ();
  g_autofree char *bytes = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GPtrArray) hosts = g_ptr_array_new_with_free_func (g_free);
  gsize length;

  *more = FALSE;
  *own = g_file_get_contents (path, &bytes, &length, NULL);
  if (!*own)
    return g_strdupv ((char **) oh_providers_get_hosts ());
  text = g_utf8_make_valid (bytes, (gssize) length);
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL && !*more; line++)
    {
      uncomment (*line);
      if (**line == '\0')
        continue;
      *more = hosts->len == HOSTS_MAX;
      if (!*more)
        g_ptr_array_add (hosts, g_strdup (*line));
    }
  g_ptr_array_add (hosts, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&hosts), FALSE);
}

char **
oh_engine_read_desktop_hosts (gboolean *own)
{
  gboolean found, more;
  char **hosts = read_hosts (&found, &more);

  if (own != NULL)
    *own = found;
  return hosts;
}

char **
oh_engine_find_desktop_hosts (char **problem)
{
  gboolean own, more;
  g_auto (GStrv) typed = read_hosts (&own, &more);
  g_autoptr (GStrvBuilder) hosts = g_strv_builder_new ();
  g_autoptr (GString) wrong = g_string_new (NULL);

  for (char **line = typed; *line != NULL; line++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *host = oh_host_parse (*line, &error);

      if (host != NULL)
        g_strv_builder_add (hosts, host);
      else if (wrong->len == 0)
        g_string_append_printf (wrong, _ ("A line of “~/.config/overhear/hosts” is left out: %s"), error->message);
    }
  if (more && wrong->len == 0)
    g_string_append_printf (wrong, _ ("“~/.config/overhear/hosts” has more than %u hosts; the rest is left out."), HOSTS_MAX);
  if (problem != NULL)
    *problem = wrong->len > 0 ? g_strdup (wrong->str) : NULL;
  return g_strv_builder_end (hosts);
}

/* Each line is a host, or says nothing. */
static gboolean
check_lines (const char *const *lines, GError **error)
{
  guint n = 0;

  for (; *lines != NULL; lines++)
    {
      g_autofree char *line = g_strdup (*lines);
      g_autofree char *host = NULL;

      uncomment (line);
      if (*line == '\0')
        continue;
      host = oh_host_parse (line, error);
      if (host == NULL)
        return FALSE;
      n++;
    }
  if (n > HOSTS_MAX)
    g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_HOST, _ ("These are more than %u hosts."), HOSTS_MAX);
  return n <= HOSTS_MAX;
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
  if (!check_lines (hosts, error))
    return FALSE;
  g_mkdir_with_parents (folder, 0700);
  text = g_strconcat ("# Hosts that Overhear reads while it listens to the whole desktop. Patterns may have *.\n", lines, "\n",
                      NULL);
  return g_file_set_contents (path, text, -1, error);
}
