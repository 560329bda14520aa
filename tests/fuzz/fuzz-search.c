/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person types into the search entry, or saves: parsed, completed, coloured and looked for. */
#include "config.h"
#include "oh-search-words.h"

#include <string.h>

#define NOW_NS (G_GINT64_CONSTANT (1780000000) * 1000000000)

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* In order, but for what is wrong: it is laid over the others. */
static void
check_spans (GArray *spans, gsize length)
{
  gsize end = 0;

  for (guint i = 0; i < spans->len; i++)
    {
      const OhSearchSpan *span = &g_array_index (spans, OhSearchSpan, i);

      g_assert_true (span->end >= span->start && span->end <= length);
      if (span->kind == OH_SEARCH_SPAN_WRONG)
        continue;
      g_assert_cmpuint (span->start, >=, end);
      end = span->end;
    }
}

static void
complete (const char *text, gsize cursor)
{
  OhSearchFieldId field;
  g_autofree char *typed = NULL;
  gsize start = 0;
  g_autoptr (GPtrArray) words = oh_search_complete (text, cursor, &start);

  g_assert_cmpuint (start, <=, cursor);
  if (!oh_search_get_value_at (text, cursor, &field, &typed, &start))
    return;
  g_assert_cmpuint (start, <=, cursor);
  if (*typed != '\0' && field <= OH_SEARCH_PROVIDER)
    {
      /* What completing offers can be searched for. */
      g_autofree char *term = oh_search_format_term (field, typed);
      g_autoptr (GError) error = NULL;
      g_autoptr (OhSearch) search = oh_search_parse (term, NOW_NS, NULL, &error);

      g_assert_no_error (error);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_utf8_make_valid ((const char *) data, (gssize) MIN (size, strnlen ((const char *) data, size)));
  g_autoptr (GArray) spans = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSearch) search = oh_search_parse (text, NOW_NS, &spans, &error);
  g_autoptr (OhSearchWords) words = NULL;
  g_autoptr (GArray) matches = NULL;
  gsize length = strlen (text);

  g_assert_true ((search == NULL) == (error != NULL));
  g_assert_true (error == NULL || (error->domain == OH_SEARCH_ERROR && *error->message != '\0'));
  check_spans (spans, length);
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    if (at - text < 40)
      complete (text, (gsize) (at - text));
  complete (text, length);
  if (search == NULL)
    return 0;
  words = oh_search_words_new (search);
  matches = oh_search_words_find (words, OH_SEARCH_IN_REQUEST, (const char *) data, (gssize) size);
  for (guint i = 0; i < matches->len; i++)
    g_assert_true (g_array_index (matches, OhSearchMatch, i).start < g_array_index (matches, OhSearchMatch, i).end
                   && g_array_index (matches, OhSearchMatch, i).end <= size);
  return 0;
}
