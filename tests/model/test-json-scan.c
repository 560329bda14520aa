/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-json-scan.h"

#include <string.h>

static OhJson
parse (const char *text)
{
  OhJson value;

  g_assert_true (oh_json_parse (text, strlen (text), &value, NULL));
  return value;
}

static void
check_sound (void)
{
  static const char *const texts[] = {
    "{}", "[]", "0", "-0", "-1.5e+10", "1E2", "\"\"", "true", "false", "null", " [1 , 2,\t{\"a\" : [ ] }]\r\n",
    "{\"a\":1,\"a\":2}", "\"\\u0041\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\\\\\"\"", "[[[[]]],{}]", "\"\xff\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *problem = NULL;
      OhJson value;

      if (!oh_json_parse (texts[i], strlen (texts[i]), &value, &problem))
        g_error ("%s: %s", texts[i], problem);
    }
}

static void
check_unsound (void)
{
  static const struct
  {
    const char *text;
    const char *problem;
  } texts[] = {
    { "", "it is empty" },
    { "  ", "it ends too early, at byte 2" },
    { "{", "it ends too early, at byte 1" },
    { "{\"a\":1", "it ends too early, at byte 6" },
    { "\"abc", "it ends too early, at byte 4" },
    { "\"abc\\", "it ends too early, at byte 5" },
    { "\"\\u12", "it ends too early, at byte 5" },
    { "tru", "it ends too early, at byte 3" },
    { "<html>", "“<” is out of place at byte 0" },
    { "{\"a\" 1}", "“1” is out of place at byte 5" },
    { "{\"a\":1,}", "“}” is out of place at byte 7" },
    { "{a:1}", "“a” is out of place at byte 1" },
    { "[1,]", "“]” is out of place at byte 3" },
    { "[1 2]", "“2” is out of place at byte 3" },
    { "[1}", "“}” is out of place at byte 2" },
    { "{\"a\":1]", "“]” is out of place at byte 6" },
    { "1 2", "“2” is out of place at byte 2" },
    { "01", "“1” is out of place at byte 1" },
    { "1.", "it ends too early, at byte 2" },
    { "-", "it ends too early, at byte 1" },
    { "NaN", "“N” is out of place at byte 0" },
    { "\"a\nb\"", "byte 0x0a is out of place at byte 2" },
    { "\"\\x\"", "“x” is out of place at byte 2" },
    { "]", "“]” is out of place at byte 0" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *problem = NULL;
      OhJson value;

      g_assert_false (oh_json_parse (texts[i].text, strlen (texts[i].text), &value, &problem));
      g_assert_cmpstr (problem, ==, texts[i].problem);
      g_assert_cmpint (oh_json_get_kind (value), ==, OH_JSON_NONE);
    }
  {
    OhJson value;

    g_assert_false (oh_json_parse ("\"a\0b\"", 5, &value, NULL));
  }
}

static void
check_walk (void)
{
  OhJson value = parse (" {\"a\" : [1, \"}\\\"]\" , {\"b\":null}] ,\"c\":{}, \"a\\u0064\":true} ");
  OhJson key, member;
  OhJsonIter iter;
  g_autofree char *list = oh_json_dup (oh_json_get (value, "a"));
  static const char *const elements[] = { "1", "\"}\\\"]\"", "{\"b\":null}" };
  guint n = 0;

  g_assert_cmpstr (list, ==, "[1, \"}\\\"]\" , {\"b\":null}]");
  oh_json_iter_init (&iter, oh_json_get (value, "a"));
  while (oh_json_iter_next (&iter, &key, &member))
    {
      g_autofree char *text = oh_json_dup (member);

      g_assert_cmpstr (text, ==, elements[n++]);
      g_assert_cmpint (oh_json_get_kind (key), ==, OH_JSON_NONE);
    }
  g_assert_cmpuint (n, ==, 3);
  g_assert_true (oh_json_get_boolean (oh_json_get (value, "ad")));
  g_assert_cmpint (oh_json_get_kind (oh_json_get (value, "c")), ==, OH_JSON_OBJECT);
  g_assert_cmpint (oh_json_get_kind (oh_json_get (value, "b")), ==, OH_JSON_NONE);
  g_assert_cmpint (oh_json_get_kind (oh_json_get_path (value, "c", "x", "y", NULL)), ==, OH_JSON_NONE);
}

static void
check_last_wins (void)
{
  g_assert_cmpint (oh_json_get_int (oh_json_get (parse ("{\"a\":1,\"b\":5,\"a\":2}"), "a"), -1), ==, 2);
}

static void
check_strings (void)
{
  static const struct
  {
    const char *json;
    const char *text;
  } strings[] = {
    { "\"\"", "" },
    { "\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "a\"\\/\b\f\n\r\tz" },
    { "\"\\u00e9\\u20ac\\ud83d\\ude00\"", "é€😀" },
    { "\"\\ud83d\"", "\xef\xbf\xbd" },
    { "\"\\ud83dx\\ude00\"", "\xef\xbf\xbdx\xef\xbf\xbd" },
    { "\"\\ud83d\\n\"", "\xef\xbf\xbd\n" },
    { "\"a\\u0000b\"", "a\xef\xbf\xbd" "b" },
    { "\"a\xff" "b\"", "a\xef\xbf\xbd" "b" },
    { "\"日本\"", "日本" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    {
      g_autofree char *text = oh_json_dup_string (parse (strings[i].json));

      g_assert_cmpstr (text, ==, strings[i].text);
      g_assert_true (oh_json_is (parse (strings[i].json), text) ||
                     strstr (strings[i].text, "\xef\xbf\xbd") != NULL);
    }
  g_assert_null (oh_json_dup_string (parse ("1")));
  g_assert_false (oh_json_is (parse ("\"ab\""), "a"));
  g_assert_false (oh_json_is (parse ("\"a\\nb\""), "a\\nb"));
}

static void
check_quote (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *back = NULL;
  const char *text = "\"quote\" \\ \n\r\t\x01 é 日本";

  oh_json_quote (out, text, -1);
  back = oh_json_dup_string (parse (out->str));
  g_assert_cmpstr (back, ==, text);
}

static void
check_numbers (void)
{
  g_assert_cmpint (oh_json_get_int (parse ("-12"), 0), ==, -12);
  g_assert_cmpint (oh_json_get_int (parse ("12.9"), 0), ==, 12);
  g_assert_cmpint (oh_json_get_int (parse ("1e3"), 0), ==, 1000);
  g_assert_cmpint (oh_json_get_int (parse ("1e300"), 0), ==, G_MAXINT64);
  g_assert_cmpint (oh_json_get_int (parse ("99999999999999999999"), 0), ==, G_MAXINT64);
  g_assert_cmpint (oh_json_get_int (parse ("\"12\""), 7), ==, 7);
  g_assert_cmpint (oh_json_get_int (parse ("null"), 7), ==, 7);
}

/* Nesting as deep as the text is long, and walked all the same. */
static void
check_depth (void)
{
  gsize depth = 8 << 20;
  g_autofree char *text = g_malloc (2 * depth);
  g_autofree char *problem = NULL;
  OhJson value, element;
  OhJsonIter iter;

  memset (text, '[', depth);
  memset (text + depth, ']', depth);
  g_assert_true (oh_json_parse (text, 2 * depth, &value, NULL));
  oh_json_iter_init (&iter, value);
  g_assert_true (oh_json_iter_next (&iter, NULL, &element));
  g_assert_cmpuint (element.length, ==, 2 * depth - 2);
  g_assert_false (oh_json_iter_next (&iter, NULL, &element));
  g_assert_false (oh_json_parse (text, 2 * depth - 1, &value, &problem));
}

/* Whatever the bytes are, walking ends and stays inside. */
static void
check_unchecked (void)
{
  static const char alphabet[] = "{}[]\",:\\ntf1 \x80";
  char text[24];

  for (guint round = 0; round < 200000; round++)
    {
      OhJson stack[4] = { { text, sizeof text } };
      OhJsonIter iter;
      OhJson key;

      for (guint i = 0; i < sizeof text; i++)
        text[i] = alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)];
      text[0] = "{["[round % 2];
      for (guint depth = 0; depth < 3; depth++)
        {
          oh_json_iter_init (&iter, stack[depth]);
          while (oh_json_iter_next (&iter, &key, &stack[depth + 1]))
            {
              g_assert_true (stack[depth + 1].text >= text);
              g_assert_true (stack[depth + 1].text + stack[depth + 1].length <= text + sizeof text);
            }
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-scan/sound", check_sound);
  g_test_add_func ("/json-scan/unsound", check_unsound);
  g_test_add_func ("/json-scan/walk", check_walk);
  g_test_add_func ("/json-scan/last-wins", check_last_wins);
  g_test_add_func ("/json-scan/strings", check_strings);
  g_test_add_func ("/json-scan/quote", check_quote);
  g_test_add_func ("/json-scan/numbers", check_numbers);
  g_test_add_func ("/json-scan/depth", check_depth);
  g_test_add_func ("/json-scan/unchecked", check_unchecked);
  return g_test_run ();
}
