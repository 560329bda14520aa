/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-search-words.h"

#include <string.h>

static OhSearchWords *
words_of (const char *text)
{
  g_autoptr (OhSearch) search = oh_search_parse (text, 0, NULL, NULL);

  g_assert_nonnull (search);
  return oh_search_words_new (search);
}

/* Every match in brackets. */
static char *
mark (const char *query, OhSearchSide side, const char *text)
{
  g_autoptr (OhSearchWords) words = words_of (query);
  g_autoptr (GArray) matches = oh_search_words_find (words, side, text, -1);
  GString *out = g_string_new (NULL);
  gsize at = 0;

  for (guint i = 0; i < matches->len; i++)
    {
      const OhSearchMatch *match = &g_array_index (matches, OhSearchMatch, i);

      g_assert_cmpuint (match->start, >=, at);
      g_assert_cmpuint (match->end, >, match->start);
      g_string_append_len (out, text + at, (gssize) (match->start - at));
      g_string_append_c (out, '[');
      g_string_append_len (out, text + match->start, (gssize) (match->end - match->start));
      g_string_append_c (out, ']');
      at = match->end;
    }
  g_string_append (out, text + at);
  return g_string_free (out, FALSE);
}

static void
assert_marks (const char *query, const char *text, const char *expected)
{
  g_autofree char *marked = mark (query, OH_SEARCH_ANYWHERE, text);

  g_assert_cmpstr (marked, ==, expected);
}

static void
test_matches (void)
{
  assert_marks ("paris", "Paris, paris and PARIS", "[Paris], [paris] and [PARIS]");
  assert_marks ("aa", "aaaaa", "[aa][aa]a");
  assert_marks ("\"in the\" in", "rain in the inn", "ra[in] [in the] [in]n");
  assert_marks ("toolu_01", "a\ntoolu_01A9\n", "a\n[toolu_01]A9\n");
  assert_marks ("x", "", "");
  /* Neither what is not wanted nor a field is a word. */
  assert_marks ("paris not rome model:rome (or5 or oslo)", "rome, oslo, or5, paris", "rome, [oslo], [or5], [paris]");
}

static void
test_unicode (void)
{
  assert_marks ("STRASSE", "Straße 3", "[Straße] 3");
  assert_marks ("s", "Straße", "[S]tra[ß]e");
  assert_marks ("café", "CAFÉ, cafe\xcc\x81, cafe", "[CAFÉ], [cafe\xcc\x81], cafe");
  assert_marks ("東京", "今日は東京です、東京", "今日は[東京]です、[東京]");
  assert_marks ("שלום", "אמר שלום לך", "אמר [שלום] לך");
  assert_marks ("plain", "é plain é", "é [plain] é");
  assert_marks ("ok", "\xff\xfe ok \xc3", "\xff\xfe [ok] \xc3");
}

static void
test_sides (void)
{
  g_autofree char *request = mark ("in:request paris", OH_SEARCH_IN_REQUEST, "paris");
  g_autofree char *response = mark ("in:request paris", OH_SEARCH_IN_RESPONSE, "paris");
  g_autofree char *either = mark ("paris", OH_SEARCH_IN_RESPONSE, "paris");

  g_assert_cmpstr (request, ==, "[paris]");
  g_assert_cmpstr (response, ==, "paris");
  g_assert_cmpstr (either, ==, "[paris]");
}

static void
test_nothing (void)
{
  g_autoptr (OhSearchWords) a = words_of ("paris model:x");
  g_autoptr (OhSearchWords) b = words_of ("Paris status:200");
  g_autoptr (OhSearchWords) c = words_of ("paris in:request");

  g_assert_null (words_of (""));
  g_assert_null (words_of ("status:200 not paris is:error"));
  g_assert_null (oh_search_words_new (NULL));
  g_assert_cmpuint (oh_search_words_count (NULL, OH_SEARCH_ANYWHERE, "paris", -1), ==, 0);
  g_assert_true (oh_search_words_equal (a, b));
  g_assert_false (oh_search_words_equal (a, c));
  g_assert_false (oh_search_words_equal (a, NULL));
}

/* Long lines are looked through in pieces: a match at every place is found once. */
static void
test_console (void)
{
  g_autoptr (OhSearch) search = oh_search_parse ("in:console (Traceback or \"a.b\") not tea", 0, NULL, NULL);
  g_autoptr (OhSearch) other = oh_search_parse ("rome in:request", 0, NULL, NULL);
  g_autoptr (OhSearchWords) words = oh_search_words_new_of_console (search);
  g_autofree char *pattern = oh_search_words_dup_pattern (words);

  g_assert_cmpstr (pattern, ==, "traceback|a\\.b");
  g_assert_cmpuint (oh_search_words_count (words, OH_SEARCH_ANYWHERE, "TRACEBACK of a.b, tea", -1), ==, 2);
  g_assert_null (oh_search_words_new (search));
  g_assert_null (oh_search_words_new_of_console (other));
}

static void
test_long (void)
{
  static const char *const fillers[] = { "x", "é", "東" };
  g_autoptr (OhSearchWords) words = words_of ("needle nadel");

  for (guint f = 0; f < G_N_ELEMENTS (fillers); f++)
    for (gsize at = 65536 - 20; at < 65536 + 120; at += 9)
      {
        g_autoptr (GString) text = g_string_new (NULL);
        g_autoptr (GArray) matches = NULL;

        while (text->len < at)
          g_string_append (text, fillers[f]);
        g_string_append (text, "NeedleNADEL");
        g_string_append (text, "é tail");
        matches = oh_search_words_find (words, OH_SEARCH_ANYWHERE, text->str, (gssize) text->len);
        g_assert_cmpuint (matches->len, ==, 2);
        g_assert_cmpmem (text->str + g_array_index (matches, OhSearchMatch, 0).start, 6, "Needle", 6);
        g_assert_cmpmem (text->str + g_array_index (matches, OhSearchMatch, 1).start, 5, "NADEL", 5);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/search-words/matches", test_matches);
  g_test_add_func ("/search-words/unicode", test_unicode);
  g_test_add_func ("/search-words/sides", test_sides);
  g_test_add_func ("/search-words/nothing", test_nothing);
  g_test_add_func ("/search-words/console", test_console);
  g_test_add_func ("/search-words/long", test_long);
  return g_test_run ();
}
