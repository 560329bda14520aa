/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"

#include "oh-proxy.h"

#include <glib/gi18n.h>
#include <string.h>

#define NAME_LENGTH 60

/* Programs that run another file: the run is named after that file. */
static gboolean
is_interpreter (const char *name)
{
  static const char *const names[] = { "node", "nodejs", "deno", "bun", "tsx", "ts-node", "ruby", "perl", "php", "java",
                                       "bash", "sh", "npx", "env", NULL };

  return g_str_has_prefix (name, "python") || g_strv_contains (names, name);
}

char *
oh_run_make_name (const char *const *argv)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autofree char *first = g_path_get_basename (argv[0]);
  g_autofree char *script = NULL;
  g_autofree char *joined = NULL;
  g_autofree char *name = NULL;
  g_autofree char *cut = NULL;
  const char *const *rest = argv + 1;

  if (is_interpreter (first) && argv[1] != NULL && *argv[1] != '-' && *argv[1] != '\0')
    {
      script = g_path_get_basename (argv[1]);
      rest++;
    }
  g_ptr_array_add (words, script != NULL ? script : first);
  for (; *rest != NULL; rest++)
    g_ptr_array_add (words, (char *) *rest);
  g_ptr_array_add (words, NULL);
  joined = g_strjoinv (" ", (char **) words->pdata);
  name = g_utf8_make_valid (joined, -1);
  g_strdelimit (name, "\n\r\t", ' ');
  if (g_utf8_strlen (name, -1) <= NAME_LENGTH)
    return g_steal_pointer (&name);
  cut = g_utf8_substring (name, 0, NAME_LENGTH - 1);
  return g_strconcat (cut, "…", NULL);
}

char *
oh_engine_describe_via (void)
{
  return g_strdup_printf ("%s=$OVERHEAR_VIA/%s", oh_providers_get_list (OH_PROVIDER_ADDRESSES)[0],
                          oh_providers_get_hosts ()[0]);
}

gboolean
oh_upstream_split (const char *line, char **host, char **url, GError **error)
{
  const char *equals = strchr (line, '=');

  if (equals == NULL || equals == line || equals[1] == '\0')
    {
      g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_UPSTREAM,
                   _ ("Where to send a host is said as HOST=URL, such as api.anthropic.com=http://127.0.0.1:8080."));
      return FALSE;
    }
  *host = *line == '[' && equals[-1] == ']' ? g_strndup (line + 1, equals - line - 2) : g_strndup (line, equals - line);
  *url = g_strdup (equals + 1);
  return TRUE;
}

char **
oh_engine_parse_command (const char *command, GError **error)
{
  return oh_launch_parse_command (command, error);
}

char *
oh_engine_quote_command (char **argv)
{
  GString *line = g_string_new (NULL);

  for (char **word = argv; word != NULL && *word != NULL; word++)
    {
      gboolean plain = **word != '\0' && strpbrk (*word, " \t\n'\"\\$`&|;<>()*?[]#~{}!") == NULL;
      g_autofree char *quoted = plain ? g_strdup (*word) : g_shell_quote (*word);

      g_string_append_printf (line, "%s%s", line->len > 0 ? " " : "", quoted);
    }
  return g_string_free (line, FALSE);
}
