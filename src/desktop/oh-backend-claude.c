/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Claude Code gives to its programs: the object env of its settings. */
#include "config.h"
#include "oh-change-private.h"

#include <glib/gi18n.h>
#include <string.h>

static const OhFileFormat json_env = { oh_json_env_get, oh_json_env_set, oh_json_env_tidy };

/* As JSON. (transfer full) */
static char *
quote (const char *text)
{
  GString *out = g_string_new ("\"");

  for (; *text != '\0'; text++)
    if (*text == '"' || *text == '\\')
      g_string_append_printf (out, "\\%c", *text);
    else if ((guchar) *text < 0x20)
      g_string_append_printf (out, "\\u%04x", (guchar) *text);
    else
      g_string_append_c (out, *text);
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

/* A string of JSON, as it is written. (transfer full) (nullable): it is none */
static char *
unquote (const char *text)
{
  static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  g_autoptr (GString) out = g_string_new (NULL);

  if (*text++ != '"')
    return NULL;
  for (; *text != '"' && *text != '\0'; text++)
    {
      const char *known;

      if (*text != '\\')
        {
          g_string_append_c (out, *text);
          continue;
        }
      text++;
      known = *text != '\0' ? strchr (escapes, *text) : NULL;
      if (known != NULL)
        g_string_append_c (out, meant[known - escapes]);
      else if (*text == 'u' && strlen (text) > 4)
        {
          g_autofree char *digits = g_strndup (text + 1, 4);

          g_string_append_unichar (out, (gunichar) g_ascii_strtoull (digits, NULL, 16));
          text += 4;
        }
      else
        return NULL;
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* What the file gives to its programs of what we would. (transfer full) */
static char **
read_claude (const char *path, const OhDesktopPlan *plan)
{
  g_autoptr (GBytes) bytes = oh_file_read (path, NULL);
  g_autofree char *text = oh_change_text (bytes);
  char **own = g_new0 (char *, 1);

  for (const char *const *line = plan->environment; *line != NULL; line++)
    {
      g_autofree char *name = g_strndup (*line, strcspn (*line, "="));
      g_autofree char *member = oh_json_env_get (text, name);
      g_autofree char *value = member != NULL ? unquote (member) : NULL;

      if (value != NULL)
        own = g_environ_setenv (own, name, value, TRUE);
    }
  return own;
}

/* Its background agents and other daemons inherit no shell: its own settings are the only way to them. */
static gboolean
plan_claude (const OhDesktopPlan *plan, const char *url, GPtrArray *changes, GError **error)
{
  static const struct
  {
    const char *name;
    gboolean always; /* else where the file has it: it would come before the other one */
  } wanted[] = { { "HTTPS_PROXY", TRUE }, { "https_proxy", FALSE }, { "NO_PROXY", TRUE }, { "no_proxy", FALSE },
                 { "NODE_EXTRA_CA_CERTS", TRUE } };
  const char *folder = g_getenv ("CLAUDE_CONFIG_DIR");
  g_autofree char *path = folder != NULL && *folder != '\0'
                              ? g_build_filename (folder, "settings.json", NULL)
                              : g_build_filename (g_get_home_dir (), ".claude", "settings.json", NULL);
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  g_autoptr (GPtrArray) pairs = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) own = NULL;
  g_auto (GStrv) given = NULL;

  if (!plan->claude || plan->environment == NULL)
    return TRUE;
  own = read_claude (whole, plan);
  given = oh_change_adapt (plan, own, error);
  if (given == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      const char *value = g_environ_getenv (given, wanted[i].name);

      if (value == NULL || (!wanted[i].always && g_environ_getenv (own, wanted[i].name) == NULL))
        continue;
      g_ptr_array_add (pairs, g_strdup (wanted[i].name));
      g_ptr_array_add (pairs, quote (value));
    }
  g_ptr_array_add (pairs, NULL);
  return oh_change_plan_file (oh_backend_claude.name, &json_env, whole, (const char *const *) pairs->pdata, changes, error);
}

static gboolean
restore_claude (GPtrArray *changes, GPtrArray *kept, GError **error)
{
  return oh_change_restore_file (&json_env, changes, kept, error);
}

const OhBackend oh_backend_claude = {
  .name = "claude",
  .words = N_ ("Claude Code's own settings"),
  .plan = plan_claude,
  .apply = oh_change_apply_file,
  .restore = restore_claude,
};
