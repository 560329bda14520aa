/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings files: what is changed in one place and changed back is as it was, byte for byte. */
#include "config.h"
#include "oh-change-private.h"

#include <string.h>

static void
test_ini (void)
{
  static const struct
  {
    const char *text;
    const char *was;
    const char *set;
  } cases[] = {
    { NULL, NULL, "[G]\nK=new\n" },
    { "", NULL, "[G]\nK=new\n" },
    { "[G]\n", NULL, "[G]\nK=new\n" },
    { "[G]\nK=old\nL=1\n", "K=old", "[G]\nK=new\nL=1\n" },
    { "[G]\nK[$e]=old\n[H]\nK=other\n", "K[$e]=old", "[G]\nK=new\n[H]\nK=other\n" },
    { "[G][sub]\nK=x\n[G]\nL=1\n\n[H]\n", NULL, "[G][sub]\nK=x\n[G]\nL=1\nK=new\n\n[H]\n" },
    { "[G]\nKK=x\nK = old \nno end", "K = old ", "[G]\nKK=x\nK=new\nno end" },
    { "[G]\nK=old", "K=old", "[G]\nK=new" },
    { "x=1", NULL, "x=1\n[G]\nK=new\n" },
    { "[G]\r\nK=old\r\n", "K=old\r", "[G]\r\nK=new\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *was = oh_ini_get (cases[i].text, "G", "K");
      g_autofree char *set = oh_ini_set (cases[i].text, "G", "K", "K=new");
      g_autofree char *now = oh_ini_get (set, "G", "K");
      g_autofree char *back = oh_ini_set (set, "G", "K", was);

      g_assert_cmpstr (was, ==, cases[i].was);
      g_assert_cmpstr (set, ==, cases[i].set);
      g_assert_cmpstr (now, ==, "K=new");
      if (was != NULL)
        g_assert_cmpstr (back, ==, cases[i].text);
    }
}

static void
test_json (void)
{
  static const struct
  {
    const char *text;
    const char *was;
    const char *set;
  } cases[] = {
    { NULL, NULL, "{\n  \"env\": {\n    \"K\": \"new\"\n  }\n}\n" },
    { "{}", NULL, "{\"env\": { \"K\": \"new\" }}" },
    { "{\n  \"a\": 1\n}\n", NULL, "{\n  \"env\": { \"K\": \"new\" },\n  \"a\": 1\n}\n" },
    { "{ \"env\": { \"K\": \"old\", \"L\": [1, {\"K\": \"}\"}] } }", "\"old\"",
      "{ \"env\": { \"K\": \"new\", \"L\": [1, {\"K\": \"}\"}] } }" },
    { "{ \"env\": { \"L\": \"a\\\"b\" } }", NULL, "{ \"env\": { \"K\": \"new\", \"L\": \"a\\\"b\" } }" },
    { "{\"x\": {\"env\": {\"K\": 1}}, \"env\": {}}", NULL, "{\"x\": {\"env\": {\"K\": 1}}, \"env\": {\"K\": \"new\"}}" },
  };
  static const char *const wrong[] = { "[]", "{", "{\"env\": 1}", "{\"env\": {\"K\" 1}}", "nonsense", "{} x", "{\"a\": }",
                                       "{\"env\": {\"K\": \"old}}", "{\"a\": \"\\", "{\"a\":1,}" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *was = oh_json_env_get (cases[i].text, "K");
      g_autofree char *set = oh_json_env_set (cases[i].text, "K", "\"new\"");
      g_autofree char *now = oh_json_env_get (set, "K");
      g_autofree char *back = oh_json_env_set (set, "K", was);
      g_autofree char *gone = oh_json_env_get (back, "K");

      g_assert_cmpstr (was, ==, cases[i].was);
      g_assert_cmpstr (set, ==, cases[i].set);
      g_assert_cmpstr (now, ==, "\"new\"");
      g_assert_cmpstr (gone, ==, cases[i].was);
      if (was != NULL)
        g_assert_cmpstr (back, ==, cases[i].text);
    }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_null (oh_json_env_set (wrong[i], "K", "\"new\""));
}

/* Files of any bytes: nothing is read past their end, and a second change changes nothing. */
static void
test_noise (void)
{
  static const char *const pieces[] = { "{", "}", "[", "]", "\"", "\\", "env", "K", ":", ",", "=", "\n", "[G]", " ", "1", "$e",
                                        "\"env\"", "\"K\"", "{\"env\":{", "\r", "\303" };

  for (guint round = 0; round < 20000; round++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autofree char *ini = NULL;
      g_autofree char *ini_again = NULL;
      g_autofree char *json = NULL;
      g_autofree char *json_again = NULL;
      g_autofree char *value = NULL;

      for (int n = g_test_rand_int_range (0, 24); n > 0; n--)
        g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
      ini = oh_ini_set (text->str, "G", "K", "K=new");
      ini_again = oh_ini_set (ini, "G", "K", "K=new");
      g_assert_cmpstr (ini, ==, ini_again);
      json = oh_json_env_set (text->str, "K", "\"new\"");
      if (json == NULL)
        continue;
      value = oh_json_env_get (json, "K");
      json_again = oh_json_env_set (json, "K", "\"new\"");
      g_assert_cmpstr (value, ==, "\"new\"");
      g_assert_cmpstr (json, ==, json_again);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/desktop/ini", test_ini);
  g_test_add_func ("/desktop/json", test_json);
  g_test_add_func ("/desktop/noise", test_noise);
  return g_test_run ();
}
