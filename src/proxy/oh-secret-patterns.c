/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-secret-patterns-private.h"
#include "oh-proxy-error.h"
#include "oh-redact.h"

#include <glib/gi18n.h>

/* Set before anything is captured; an older list is not freed, for another thread may be reading it. */
static GPtrArray *patterns; /* (element-type GRegex) */

static GRegex *
compile (const char *path, guint number, const char *line, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GRegex) regex = g_regex_new (line, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, &problem);

  if (regex == NULL)
    {
      g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_PATTERN, _ ("%s, line %u, is no regular expression: %s"), path, number,
                   problem->message);
      return NULL;
    }
  if (g_regex_match (regex, "", 0, NULL))
    {
      g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_PATTERN, _ ("%s, line %u, matches everything."), path, number);
      return NULL;
    }
  return g_steal_pointer (&regex);
}

gboolean
oh_redact_load_patterns (const char *path, GError **error)
{
  g_autoptr (GPtrArray) loaded = g_ptr_array_new_with_free_func ((GDestroyNotify) g_regex_unref);
  g_autofree char *text = NULL;
  g_autoptr (GError) problem = NULL;
  g_auto (GStrv) lines = NULL;

  /* A folder that we may not look into is none of this user's. */
  if (g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_get_contents (path, &text, NULL, &problem))
    {
      g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_PATTERN, "%s", problem->message);
      return FALSE;
    }
  lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);
      GRegex *regex;

      if (*line == '\0' || *line == '#')
        continue;
      regex = compile (path, i + 1, line, error);
      if (regex == NULL)
        return FALSE;
      g_ptr_array_add (loaded, regex);
    }
  g_atomic_pointer_set (&patterns, loaded->len > 0 ? g_steal_pointer (&loaded) : NULL);
  return TRUE;
}

gboolean
oh_secret_patterns_any (void)
{
  return g_atomic_pointer_get (&patterns) != NULL;
}

gboolean
oh_secret_patterns_find (const char *data, gsize length, gsize from, gsize *start, gsize *end)
{
  const GPtrArray *list = g_atomic_pointer_get (&patterns);
  gboolean found = FALSE;

  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      g_autoptr (GMatchInfo) match = NULL;
      int first, last;

      if (!g_regex_match_full (list->pdata[i], data, (gssize) length, (int) from, 0, &match, NULL))
        continue;
      /* Of an expression with a group, that is the secret. */
      if (!g_match_info_fetch_pos (match, 1, &first, &last) || first < 0)
        g_match_info_fetch_pos (match, 0, &first, &last);
      if (last > first && (!found || (gsize) first < *start))
        {
          found = TRUE;
          *start = (gsize) first;
          *end = (gsize) last;
        }
    }
  return found;
}
