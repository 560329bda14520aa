/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-saying.h"

static void
assert_told (char *saying, const char *expected)
{
  g_autofree char *taken = saying;
  g_autofree char *told = oh_saying_tell (taken);

  g_assert_cmpstr (told, ==, expected);
}

static void
test_words (void)
{
  char *saying = NULL;

  assert_told (NULL, NULL);
  assert_told (oh_saying_new ("repeat", "times#", (gint64) 1), "The same request was sent and answered 1 time.");
  assert_told (oh_saying_new ("repeat", "times#", (gint64) 3), "The same request was sent and answered 3 times.");
  assert_told (oh_saying_new ("cache-never-read", "times# tokens#", (gint64) 3, (gint64) 345),
               "The cache was written 3 times (345 tokens) and never read.");
  assert_told (oh_saying_new ("cache-expired", "age#", G_GINT64_CONSTANT (409000000000)),
               "The cached prompt had expired: it was last used 6 min 49 s before.");
  oh_saying_add (&saying, NULL);
  g_assert_null (saying);
  oh_saying_add (&saying, oh_saying_new ("cache-system", ""));
  oh_saying_add (&saying, oh_saying_new ("differs-system-at", "part# character#", (gint64) 2, (gint64) 7));
  assert_told (saying, "The system prompt changed. The first difference is in part 2 of the system prompt, at character 7.");
}

/* Nothing that an argument holds is taken for a code, a name or a placeholder, and nothing unknown is lost. */
static void
test_odd (void)
{
  g_autofree char *odd = oh_saying_new ("limit-warned", "limit", "a\x1f" "b\x1e" "c {limit}");
  g_autofree char *code = oh_saying_get_code (odd);

  g_assert_cmpstr (code, ==, "limit-warned");
  g_assert_null (oh_saying_get_code (NULL));
  assert_told (g_steal_pointer (&odd), "The API warns of the rate limit “a b c {limit}”.");
  assert_told (oh_saying_new (OH_SAYING_WORDS, "words", "50 % of {words}"), "50 % of {words}");
  assert_told (oh_saying_new ("limit-warned", "limit", NULL), "The API warns of the rate limit “”.");
  /* One that lacks what it should have, one that is not known, and none at all. */
  assert_told (g_strdup ("limit-near\x1f" "used 91"), "The rate limit “{limit}” is used to 91 %.");
  assert_told (g_strdup ("repeat"), "The same request was sent and answered {times} time.");
  assert_told (g_strdup ("of-the-future"), "of-the-future");
  assert_told (g_strdup (""), "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/saying/words", test_words);
  g_test_add_func ("/saying/odd", test_odd);
  return g_test_run ();
}
