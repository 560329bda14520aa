/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-clock.h"
#include "oh-search.h"
#include "oh-search-terms.h"

#include <string.h>

/* 2026-11-21 12:00:00 UTC; the test runs with TZ=UTC. */
#define NOW (G_GINT64_CONSTANT (1795262400) * OH_NS_PER_S)

static const char *const operators[] = { ":", "=", "<", "<=", ">", ">=" };

/* A tree as text: (and text(a) not(is:0)). */
static void
dump (const OhSearch *search, GString *out)
{
  static const char *const sides[] = { "", "@request", "@response", "@console" };

  switch (search->kind)
    {
    case OH_SEARCH_EVERYTHING:
      g_string_append (out, "everything");
      return;
    case OH_SEARCH_TEXT:
      g_string_append_printf (out, "[%s]%s", search->text, sides[search->side]);
      return;
    case OH_SEARCH_FIELD:
      if (search->text != NULL)
        g_string_append_printf (out, "%u%s[%s]", search->field, operators[search->operator], search->text);
      else
        g_string_append_printf (out, "%u%s%.17g", search->field, operators[search->operator], search->number);
      return;
    case OH_SEARCH_AND:
    case OH_SEARCH_OR:
    case OH_SEARCH_NOT:
    default:
      g_string_append (out, search->kind == OH_SEARCH_AND ? "(and" : search->kind == OH_SEARCH_OR ? "(or" : "(not");
      for (guint i = 0; i < search->children->len; i++)
        {
          g_string_append_c (out, ' ');
          dump (search->children->pdata[i], out);
        }
      g_string_append_c (out, ')');
    }
}

static void
assert_parses (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSearch) search = oh_search_parse (text, NOW, NULL, &error);
  g_autoptr (GString) out = g_string_new (NULL);

  g_assert_no_error (error);
  dump (search, out);
  g_assert_cmpstr (out->str, ==, expected);
}

static void
test_trees (void)
{
  g_autofree char *status = g_strdup_printf ("(or %u:429 %u>=500)", OH_SEARCH_STATUS, OH_SEARCH_STATUS);
  g_autofree char *mixed = g_strdup_printf ("(and %u:[sonnet] (not %u:%d) [paris])", OH_SEARCH_MODEL, OH_SEARCH_IS,
                                            OH_SEARCH_IS_ERROR);
  g_autofree char *pinned = g_strdup_printf ("%u:%d", OH_SEARCH_IS, OH_SEARCH_IS_PINNED);
  g_autofree char *tokens = g_strdup_printf ("%u>10000", OH_SEARCH_TOKENS);
  g_autofree char *cost = g_strdup_printf ("%u>0.050000000000000003", OH_SEARCH_COST);
  g_autofree char *duration = g_strdup_printf ("(and %u>2000000000 %u>500000000)", OH_SEARCH_DURATION, OH_SEARCH_TTFT);
  g_autofree char *tool = g_strdup_printf ("%u:[a b]", OH_SEARCH_TOOL);

  assert_parses ("", "everything");
  assert_parses ("  ", "everything");
  assert_parses ("paris", "[paris]");
  assert_parses ("hello world", "(and [hello] [world])");
  assert_parses ("hello and world", "(and [hello] [world])");
  assert_parses ("a or b c", "(or [a] (and [b] [c]))");
  assert_parses ("(a or b) c", "(and (or [a] [b]) [c])");
  assert_parses ("not not a", "(not (not [a]))");
  assert_parses ("\"not a\"", "[not a]");
  assert_parses ("\"say \\\"hi\\\"\"", "[say \"hi\"]");
  assert_parses ("toolu_01DUCK", "[toolu_01DUCK]");
  assert_parses ("https://example.org/x", "[https://example.org/x]");
  assert_parses ("12:30", "[12:30]");
  assert_parses ("Error: refused", "(and [Error:] [refused])");
  assert_parses ("東京 مرحبا", "(and [東京] [مرحبا])");
  assert_parses ("in:request paris", "[paris]@request");
  assert_parses ("paris (rome or bonn) in:response", "(and [paris]@response (or [rome]@response [bonn]@response))");
  assert_parses ("in:console traceback", "[traceback]@console");
  assert_parses ("status:429 or status>=500", status);
  assert_parses ("model:sonnet not is:error paris", mixed);
  assert_parses ("pinned", pinned);
  assert_parses ("tokens>10k", tokens);
  assert_parses ("cost>$0.05", cost);
  assert_parses ("duration>2s ttft>500ms", duration);
  assert_parses ("tool:\"a b\"", tool);
}

static void
assert_time (const char *text, gint64 seconds)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSearch) search = oh_search_parse (text, NOW, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (search->field, ==, OH_SEARCH_AFTER);
  g_assert_cmpint ((gint64) (search->number / 1e9), ==, seconds);
}

static void
test_times (void)
{
  gint64 now = NOW / OH_NS_PER_S;

  assert_time ("after:2h", now - 7200);
  assert_time ("after:3d", now - 3 * 86400);
  assert_time ("after:30min", now - 1800);
  assert_time ("after:today", now - 12 * 3600);
  assert_time ("after:yesterday", now - 36 * 3600);
  assert_time ("after:2026-11-21", now - 12 * 3600);
  assert_time ("after:2026-11-21T11:40", now - 1200);
  assert_time ("after:11:40", now - 1200);
  assert_time ("after:2026-11-21T11:40:30Z", now - 1170);
}

static void
assert_wrong (const char *text, int code, const char *where, guint start, guint end)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) spans = NULL;
  const OhSearchSpan *wrong = NULL;

  g_assert_null (oh_search_parse (text, NOW, &spans, &error));
  g_assert_error (error, OH_SEARCH_ERROR, code);
  g_assert_nonnull (strstr (error->message, where));
  for (guint i = 0; i < spans->len; i++)
    if (g_array_index (spans, OhSearchSpan, i).kind == OH_SEARCH_SPAN_WRONG)
      wrong = &g_array_index (spans, OhSearchSpan, i);
  if (end == start)
    return;
  g_assert_nonnull (wrong);
  g_assert_cmpuint (wrong->start, ==, start);
  g_assert_cmpuint (wrong->end, ==, end);
}

static void
test_wrong (void)
{
  assert_wrong ("status:abc", OH_SEARCH_ERROR_VALUE, "character 8", 7, 10);
  assert_wrong ("colour:red", OH_SEARCH_ERROR_FIELD, "“colour”", 0, 6);
  assert_wrong ("é \"open", OH_SEARCH_ERROR_SYNTAX, "character 3", 3, 8);
  assert_wrong ("(a", OH_SEARCH_ERROR_SYNTAX, "character 1", 0, 1);
  assert_wrong ("a)", OH_SEARCH_ERROR_SYNTAX, "closes nothing", 1, 2);
  assert_wrong ("a or", OH_SEARCH_ERROR_SYNTAX, "missing", 0, 0);
  assert_wrong ("or a", OH_SEARCH_ERROR_SYNTAX, "missing", 0, 2);
  assert_wrong ("a and", OH_SEARCH_ERROR_SYNTAX, "missing", 0, 0);
  assert_wrong ("not", OH_SEARCH_ERROR_SYNTAX, "missing", 0, 0);
  assert_wrong ("in:nowhere a", OH_SEARCH_ERROR_VALUE, "request, response or console", 3, 10);
  assert_wrong ("in:request", OH_SEARCH_ERROR_SYNTAX, "what to look for", 0, 0);
  assert_wrong ("is:odd", OH_SEARCH_ERROR_VALUE, "retried", 3, 6);
  assert_wrong ("model>5", OH_SEARCH_ERROR_VALUE, "compared", 0, 7);
  assert_wrong ("duration>fast", OH_SEARCH_ERROR_VALUE, "2s", 9, 13);
  assert_wrong ("after:noon", OH_SEARCH_ERROR_VALUE, "today", 6, 10);
  assert_wrong ("model:", OH_SEARCH_ERROR_VALUE, "a text", 0, 0);
}

static void
test_spans (void)
{
  static const OhSearchSpan expected[] = {
    { 0, 6, OH_SEARCH_SPAN_FIELD },    { 6, 12, OH_SEARCH_SPAN_VALUE },  { 13, 16, OH_SEARCH_SPAN_KEYWORD },
    { 17, 18, OH_SEARCH_SPAN_KEYWORD }, { 18, 23, OH_SEARCH_SPAN_TEXT }, { 23, 24, OH_SEARCH_SPAN_KEYWORD },
  };
  g_autoptr (GArray) spans = NULL;
  g_autoptr (OhSearch) search = oh_search_parse ("model:sonnet not (paris)", NOW, &spans, NULL);

  g_assert_nonnull (search);
  g_assert_cmpuint (spans->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < spans->len; i++)
    {
      const OhSearchSpan *span = &g_array_index (spans, OhSearchSpan, i);

      g_assert_cmpuint (span->start, ==, expected[i].start);
      g_assert_cmpuint (span->end, ==, expected[i].end);
      g_assert_cmpint (span->kind, ==, expected[i].kind);
    }
}

static void
test_complete (void)
{
  g_autoptr (GPtrArray) found = NULL;
  gsize start;

  found = oh_search_complete ("paris is:st", 11, &start);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_cmpstr (found->pdata[0], ==, "is:streaming");
  g_assert_cmpuint (start, ==, 6);
  g_clear_pointer (&found, g_ptr_array_unref);
  found = oh_search_complete ("s", 1, &start);
  g_assert_cmpuint (found->len, ==, 3); /* session: stop: status: */
  g_clear_pointer (&found, g_ptr_array_unref);
  found = oh_search_complete ("", 0, &start);
  g_assert_cmpuint (found->len, ==, 0);
}

static void
assert_value_at (const char *text, const char *expected, gsize expected_start)
{
  g_autofree char *typed = NULL;
  OhSearchFieldId field;
  gsize start;
  gboolean found = oh_search_get_value_at (text, strlen (text), &field, &typed, &start);

  g_assert_cmpint (found, ==, expected != NULL);
  if (expected == NULL)
    return;
  g_assert_cmpstr (typed, ==, expected);
  g_assert_cmpuint (start, ==, expected_start);
  g_assert_cmpint (field, ==, OH_SEARCH_RUN);
}

static void
test_values (void)
{
  static const char *const values[] = { "plain", "two words", "a \"quote\" and a \\", "(x)", "", "é", "a:b" };

  assert_value_at ("run:", "", 0);
  assert_value_at ("a (run:my", "my", 3);
  assert_value_at ("is:error run:\"my sc", "my sc", 9);
  assert_value_at ("\"x\" run=my", "my", 4);
  assert_value_at ("run", NULL, 0);
  assert_value_at ("run:x ", NULL, 0);
  assert_value_at ("run:\"x\"", NULL, 0);
  assert_value_at ("\"run:x", NULL, 0);
  assert_value_at ("status:4", NULL, 0);
  assert_value_at ("nonsense:4", NULL, 0);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *term = oh_search_format_term (OH_SEARCH_RUN, values[i]);
      g_autoptr (OhSearch) search = oh_search_parse (term, NOW, NULL, NULL);

      /* An empty value is none. */
      g_assert_true ((search != NULL) == (*values[i] != '\0'));
      if (search != NULL)
        g_assert_cmpstr (search->text, ==, values[i]);
    }
}

/* Whatever is typed gives a tree or an error with a message, never a crash. */
static void
test_anything (void)
{
  static const char *const pieces[] = { "(", ")", "\"", "not ", "or ", "and ", "model:", "status>=", "in:request ", "a",
                                        " ",  "é",  "is:", "\\", "5",    "after:", ":",    "=",      "東",         "<" };
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (OhSearch) search = NULL;
      g_autoptr (GArray) spans = NULL;

      for (gint n = g_rand_int_range (rand, 0, 12); n > 0; n--)
        g_string_append (text, pieces[g_rand_int_range (rand, 0, G_N_ELEMENTS (pieces))]);
      search = oh_search_parse (text->str, NOW, &spans, &error);
      g_assert_true ((search == NULL) == (error != NULL));
      for (guint j = 0; j < spans->len; j++)
        g_assert_cmpuint (g_array_index (spans, OhSearchSpan, j).end, <=, text->len);
    }
  {
    g_autofree char *deep = g_strnfill (100000, '(');
    g_autoptr (GError) error = NULL;

    g_assert_null (oh_search_parse (deep, NOW, NULL, &error));
    g_assert_error (error, OH_SEARCH_ERROR, OH_SEARCH_ERROR_SYNTAX);
  }
}

/* As chips write a search: what is found, and what stands there without it and with another one in its place. */
static void
test_terms (void)
{
  static const struct
  {
    const char *text;
    const char *found;
    const char *without;
    const char *with;
  } cases[] = {
    { "", NULL, "", "model:x" },
    { "hello", NULL, "hello", "hello model:x" },
    { "model:sonnet", "model:sonnet", "", "model:x" },
    { "hello model:\"a b\" there", "model:\"a b\"", "hello there", "hello there model:x" },
    { "model:a and model=b", "model:a", "", "model:x" },
    { "hello and model:a", "model:a", "hello", "hello model:x" },
    { "model:a and hello", "model:a", "hello", "hello model:x" },
    { "not model:a", NULL, "not model:a", "not model:a model:x" },
    { "(model:a)", NULL, "(model:a)", "(model:a) model:x" },
    { "model:a or hello", NULL, "model:a or hello", "(model:a or hello) model:x" },
    { "(a or b) model:c", "model:c", "(a or b)", "(a or b) model:x" },
    { "\"model:a\"", NULL, "\"model:a\"", "\"model:a\" model:x" },
    { "models:a", NULL, "models:a", "models:a model:x" },
    { "status>=500 model:a", "model:a", "status>=500", "status>=500 model:x" },
  };
  static const char *const fields[] = { "model", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *found = oh_search_find_term (cases[i].text, fields);
      g_autofree char *without = oh_search_replace_term (cases[i].text, fields, NULL);
      g_autofree char *with = oh_search_replace_term (cases[i].text, fields, "model:x");

      g_assert_cmpstr (found, ==, cases[i].found);
      g_assert_cmpstr (without, ==, cases[i].without);
      g_assert_cmpstr (with, ==, cases[i].with);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/search/trees", test_trees);
  g_test_add_func ("/search/times", test_times);
  g_test_add_func ("/search/wrong", test_wrong);
  g_test_add_func ("/search/spans", test_spans);
  g_test_add_func ("/search/complete", test_complete);
  g_test_add_func ("/search/values", test_values);
  g_test_add_func ("/search/anything", test_anything);
  g_test_add_func ("/search/terms", test_terms);
  return g_test_run ();
}
