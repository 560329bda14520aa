/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

#include "oh-clock.h"

#include <glib/gi18n.h>

/* Columns of a terminal that the first bytes of a text take. */
static gsize
get_width (const char *text, gsize length)
{
  gsize width = 0;

  for (const char *at = text; at < text + length; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
    }
  return width;
}

/* Options may stand anywhere before a "--", which is no word itself. */
static char *
join_words (char **words)
{
  g_autoptr (GPtrArray) kept = g_ptr_array_new ();
  gboolean dashes = FALSE;

  for (; *words != NULL; words++)
    {
      if (!dashes && g_str_equal (*words, "--"))
        dashes = TRUE;
      else
        g_ptr_array_add (kept, *words);
    }
  g_ptr_array_add (kept, NULL);
  return g_strjoinv (" ", (char **) kept->pdata);
}

/* The sentence, and the search with its wrong part underlined. */
static void
complain_of_search (const char *text, const GArray *spans, const GError *error)
{
  oh_cli_complain (error->message);
  for (guint i = 0; i < spans->len; i++)
    {
      const OhSearchSpan *span = &g_array_index (spans, OhSearchSpan, i);
      g_autofree char *line = NULL;
      g_autofree char *before = NULL;
      g_autofree char *mark = NULL;

      if (span->kind != OH_SEARCH_SPAN_WRONG)
        continue;
      line = g_strdelimit (g_strdup (text), "\t\r\n", ' ');
      before = g_strnfill (get_width (line, span->start), ' ');
      mark = g_strnfill (MAX (get_width (line + span->start, span->end - span->start), 1), '^');
      g_printerr ("  %s\n  %s%s\n", line, before, mark);
      return;
    }
}

OhSearch *
oh_cli_parse_search (char **words)
{
  g_autofree char *text = join_words (words);
  g_autoptr (GArray) spans = NULL;
  g_autoptr (GError) error = NULL;
  OhSearch *search;

  if (!g_utf8_validate (text, -1, NULL))
    {
      oh_cli_complain (_ ("The search is not valid UTF-8."));
      return NULL;
    }
  search = oh_search_parse (text, oh_clock_wall_ns (), &spans, &error);
  if (search == NULL)
    complain_of_search (text, spans, error);
  return search;
}
