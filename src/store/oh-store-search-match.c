/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a search asks the index of trigrams: the rarest trigrams of each word that must be there. */
#include "config.h"
#include "oh-searchable.h"
#include "oh-store-search-private.h"

#include <string.h>

/* A trigram index knows nothing of shorter words. */
#define GRAM 3
/* So many trigrams of a word are weighed … */
#define GRAMS_MAX 16
/* … and so many are asked for. Each further one is one more list to read, and hardly leaves fewer candidates … */
#define GRAMS_ASKED 6
/* … and least of all one that is so many times as frequent as the rarest. */
#define TOO_FREQUENT 16

typedef struct
{
  const char *text;
  gsize length;
  gint64 weight;
} Gram;

/* How long the list of a trigram is, in pages. FTS5 keeps beside each segment which term is the first one of which page
 * ("search_idx"; a page's number is doubled, and terms have a "0" before them). */
static gint64
weigh (OhDb *db, const Gram *gram)
{
  g_autofree char *term = g_strdup_printf ("0%.*s", (int) gram->length, gram->text);

  return oh_db_get_int (db,
                        "WITH RECURSIVE segment (id) AS (SELECT min (segid) FROM search_idx UNION ALL SELECT"
                        " (SELECT min (segid) FROM search_idx WHERE segid > segment.id) FROM segment"
                        " WHERE segment.id IS NOT NULL)"
                        " SELECT coalesce (sum ((SELECT pgno FROM search_idx WHERE segid = segment.id AND term > ?1"
                        " ORDER BY term LIMIT 1) / 2 - (SELECT pgno FROM search_idx WHERE segid = segment.id"
                        " AND term <= ?1 ORDER BY term DESC LIMIT 1) / 2), 0) FROM segment WHERE id IS NOT NULL",
                        0, "b", term, strlen (term));
}

static int
compare_weights (gconstpointer a, gconstpointer b)
{
  const Gram *x = a, *y = b;

  return (x->weight > y->weight) - (x->weight < y->weight);
}

/* Some of the trigrams of a word, all of which must be there. Returns: FALSE if it is too short. */
static gboolean
match_word (const char *text, OhDb *db, GString *out)
{
  g_autofree char *folded = oh_searchable_fold (text);
  glong length = g_utf8_strlen (folded, -1);
  glong all = length - GRAM + 1;
  glong n = MIN (all, GRAMS_MAX);
  Gram grams[GRAMS_MAX] = { 0 };

  if (all <= 0)
    return FALSE;
  for (glong i = 0; i < n; i++)
    {
      grams[i].text = g_utf8_offset_to_pointer (folded, n == 1 ? 0 : i * (all - 1) / (n - 1));
      grams[i].length = (gsize) (g_utf8_offset_to_pointer (grams[i].text, GRAM) - grams[i].text);
      if (n > 2)
        grams[i].weight = weigh (db, &grams[i]);
    }
  qsort (grams, (size_t) n, sizeof *grams, compare_weights);
  for (glong i = 0; i < n && i < GRAMS_ASKED; i++)
    {
      if (i > 0 && grams[i].weight > TOO_FREQUENT * (grams[0].weight + 1))
        break;
      g_string_append (out, i > 0 ? " AND \"" : "(\"");
      for (const char *c = grams[i].text; c < grams[i].text + grams[i].length; c++)
        {
          if (*c == '"')
            g_string_append_c (out, '"');
          g_string_append_c (out, *c);
        }
      g_string_append_c (out, '"');
    }
  g_string_append_c (out, ')');
  return TRUE;
}

/* Returns: FALSE if the index cannot tell. */
static gboolean
match (const OhSearch *search, OhDb *db, GString *out)
{
  gsize before = out->len;
  guint n = 0;

  switch (search->kind)
    {
    case OH_SEARCH_TEXT:
      return search->side != OH_SEARCH_IN_CONSOLE && match_word (search->text, db, out);
    case OH_SEARCH_AND:
    case OH_SEARCH_OR:
      g_string_append_c (out, '(');
      for (guint i = 0; i < search->children->len; i++)
        {
          gsize here = out->len;

          if (n > 0)
            g_string_append (out, search->kind == OH_SEARCH_AND ? " AND " : " OR ");
          if (match (search->children->pdata[i], db, out))
            n++;
          else if (search->kind == OH_SEARCH_OR)
            n = 0;
          else
            g_string_truncate (out, here);
          if (n == 0 && search->kind == OH_SEARCH_OR)
            break;
        }
      if (n == 0)
        {
          g_string_truncate (out, before);
          return FALSE;
        }
      g_string_append_c (out, ')');
      return TRUE;
    case OH_SEARCH_EVERYTHING:
    case OH_SEARCH_NOT:
    case OH_SEARCH_FIELD:
    default:
      return FALSE;
    }
}

char *
oh_search_sql_format_match (const OhSearch *search, OhSearcher *searcher)
{
  GString *out = g_string_new (NULL);
  gboolean found = match (search, oh_searcher_get_db (searcher), out);

  return g_string_free (out, !found);
}
