/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cause.h"
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

/* What databases and files of before codes say of a failure. */
static void
test_recognize (void)
{
  static const struct
  {
    const char *words;
    const char *code;
  } cases[] = {
    { "The program went away before it had the whole answer.", "client-gone" },
    { "api.example.com refused the connection.", "upstream-refused" },
    { "Your own proxy, proxy.example:3128, refused the connection.", "hop-refused" },
    { "Your own proxy, p:1, made no connection to a.example: Bad request.", "hop-failed" },
    { "The certificate of a.example was refused: it has expired.", "tls-expired" },
    { "No secure connection to a.example: Error performing TLS handshake: no. Not at all.", "tls-handshake" },
    { "a.example answered with something that is not HTTP: The status line is malformed.", "upstream-bad-answer" },
    { "The program did not accept Overhear’s certificate. Its next connection to this host passes through unread.",
      "certificate-refused" },
    { "“my agent” goes around Overhear: it does not use the proxy of its environment. Its base URL can be "
      "$OVERHEAR_VIA/HOST, a variable that each run has. The host is one of these, which share an address: a, b.",
      "around-proxy" },
    { "The budget of run 7 is used up: 50 of 50 calls. “overhear budget 7” shows and raises it.", "budget" },
    { "net::ERR_ABORTED", OH_SAYING_WORDS },
    { "my house refused the connection.", OH_SAYING_WORDS },
    { " refused the connection.", OH_SAYING_WORDS },
    { "client-gone", OH_SAYING_WORDS },
    { "repeat\x1ftimes 3", OH_SAYING_WORDS },
    { "", OH_SAYING_WORDS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *saying = oh_saying_recognize (cases[i].words);
      g_autofree char *code = oh_saying_get_code (saying);
      g_autofree char *told = oh_saying_tell (saying);
      g_autofree char *plain = g_strdup (cases[i].words);

      g_assert_cmpstr (code, ==, cases[i].code);
      g_assert_cmpstr (told, ==, g_strdelimit (plain, "\x1e\x1f", ' '));
    }
}

/* What differs in its numbers only is about the same. */
static void
test_cause (void)
{
  gint64 near, nearer, other, none;
  g_autofree char *one = oh_saying_new ("limit-near", "limit used#", "tokens-4", (gint64) 91);
  g_autofree char *two = oh_saying_new ("limit-near", "limit used#", "tokens-4", (gint64) 97);
  g_autofree char *three = oh_saying_new ("limit-near", "limit used#", "tokens-5", (gint64) 91);
  g_autofree char *first = oh_cause_new (one, &near);
  g_autofree char *second = oh_cause_new (two, &nearer);
  g_autofree char *third = oh_cause_new (three, &other);

  g_assert_cmpstr (first, ==, second);
  g_assert_cmpstr (first, !=, third);
  g_assert_cmpint (near, ==, 91);
  g_assert_cmpint (nearer, ==, 97);
  g_assert_null (oh_cause_new (NULL, &none));
  g_assert_cmpint (none, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/saying/words", test_words);
  g_test_add_func ("/saying/odd", test_odd);
  g_test_add_func ("/saying/recognize", test_recognize);
  g_test_add_func ("/saying/cause", test_cause);
  return g_test_run ();
}
