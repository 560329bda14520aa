/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-search-terms.h"

#include "oh-search.h"

#include <string.h>

/* A condition, in bytes. */
typedef struct
{
  gsize start;
  gsize end;
} Term;

static gboolean
says (const char *text, const OhSearchSpan *span, const char *word)
{
  const gsize length = strlen (word);

  return span->end - span->start == length && g_ascii_strncasecmp (text + span->start, word, length) == 0;
}

static gboolean
is_of (const char *text, const OhSearchSpan *span, const char *const *fields)
{
  const gsize length = strspn (text + span->start, "abcdefghijklmnopqrstuvwxyz");

  for (; *fields != NULL; fields++)
    if (strlen (*fields) == length && strncmp (text + span->start, *fields, length) == 0)
      return TRUE;
  return FALSE;
}

/* @one_of_two: (out): an "or" stands outside of all parentheses. (transfer full) (element-type Term) */
static GArray *
find_terms (const char *text, const char *const *fields, gboolean *one_of_two)
{
  GArray *terms = g_array_new (FALSE, FALSE, sizeof (Term));
  g_autoptr (GArray) spans = NULL;
  g_autoptr (OhSearch) search = oh_search_parse (text, 0, &spans, NULL);
  gboolean negated = FALSE;
  guint depth = 0;

  *one_of_two = FALSE;
  for (guint i = 0; search != NULL && i < spans->len; i++)
    {
      const OhSearchSpan *span = &g_array_index (spans, OhSearchSpan, i);
      const OhSearchSpan *value = i + 1 < spans->len ? span + 1 : span;

      if (span->kind == OH_SEARCH_SPAN_KEYWORD && says (text, span, "("))
        depth++;
      else if (span->kind == OH_SEARCH_SPAN_KEYWORD && says (text, span, ")"))
        depth--;
      else if (span->kind == OH_SEARCH_SPAN_KEYWORD && depth == 0 && says (text, span, "or"))
        *one_of_two = TRUE;
      else if (span->kind == OH_SEARCH_SPAN_FIELD && depth == 0 && !negated && is_of (text, span, fields))
        g_array_append_val (terms, ((Term) { span->start, MAX (span->end, value->kind == OH_SEARCH_SPAN_VALUE ? value->end : 0) }));
      negated = span->kind == OH_SEARCH_SPAN_KEYWORD && says (text, span, "not");
    }
  if (*one_of_two)
    g_array_set_size (terms, 0);
  return terms;
}

char *
oh_search_find_term (const char *text, const char *const *fields)
{
  gboolean one_of_two;
  g_autoptr (GArray) terms = NULL;
  const Term *first;

  g_return_val_if_fail (text != NULL && fields != NULL, NULL);

  terms = find_terms (text, fields, &one_of_two);
  first = &g_array_index (terms, Term, 0);
  return terms->len > 0 ? g_strndup (text + first->start, first->end - first->start) : NULL;
}

/* Whether a word "and" ends there, which would have nothing to join. */
static void
strip_and (GString *text)
{
  g_strchomp (text->str);
  text->len = strlen (text->str);
  if (text->len >= 4 && g_ascii_strcasecmp (text->str + text->len - 4, " and") == 0)
    g_string_truncate (text, text->len - 4);
}

char *
oh_search_replace_term (const char *text, const char *const *fields, const char *term)
{
  g_autoptr (GString) kept = g_string_new (NULL);
  g_autoptr (GArray) terms = NULL;
  gboolean one_of_two;
  gsize at = 0;

  g_return_val_if_fail (text != NULL && fields != NULL, NULL);

  terms = find_terms (text, fields, &one_of_two);
  for (guint i = 0; i < terms->len; i++)
    {
      const Term *gone = &g_array_index (terms, Term, i);

      g_string_append_len (kept, text + at, (gssize) (gone->start - at));
      strip_and (kept);
      at = gone->end;
    }
  g_string_append (kept, text + at);
  g_strstrip (kept->str);
  kept->len = strlen (kept->str);
  if (terms->len > 0 && g_ascii_strncasecmp (kept->str, "and ", 4) == 0)
    g_string_erase (kept, 0, 4);
  if (term == NULL)
    return g_string_free (g_steal_pointer (&kept), FALSE);
  if (one_of_two)
    return g_strdup_printf ("(%s) %s", kept->str, term);
  return kept->len == 0 ? g_strdup (term) : g_strdup_printf ("%s %s", kept->str, term);
}
