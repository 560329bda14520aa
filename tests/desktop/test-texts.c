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
    { "[G]\r\nK=old\r\n", "K=old", "[G]\r\nK=new\r\n" },
    { "[X]\r\n", NULL, "[X]\r\n[G]\r\nK=new\r\n" },
    { "[G]\r\nL=1\r\n\r\n[H]\r\n", NULL, "[G]\r\nL=1\r\nK=new\r\n\r\n[H]\r\n" },
    /* The last of several is the one that counts. */
    { "[G]\nK=1\nK=2\n[H]\n[G]\nK=3\nL=1\n", "K=3", "[G]\nK=1\nK=2\n[H]\n[G]\nK=new\nL=1\n" },
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

static void
test_locked (void)
{
  static const struct
  {
    const char *text;
    gboolean locked;
  } cases[] = {
    { "", FALSE },
    { "[$i]\n[G]\nK=1\n", TRUE },
    { "# so\n\n[$i]\n", TRUE },
    { "[G][$i]\nL=1\n", TRUE },
    { " [G][$i]\n", TRUE },
    { "[G]\nK[$i]=1\n", TRUE },
    { "[G]\nK[$ei]=1\n", TRUE },
    { "[G]\nK[$e]=1\nKi=[$i]\n", FALSE },
    { "[H][$i]\n[G]\nL[$i]=1\nK=[$i]\n", FALSE },
    { "[H]\nK[$i]=1\n[$i]\n[G]\nK=1\n", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (oh_ini_is_locked (cases[i].text, "G", "K"), ==, cases[i].locked);
}

/* What is undone key by key, since somebody has written to the file, leaves nothing of ours. */
static void
test_tidy (void)
{
  static const struct
  {
    const char *before;
    const char *text;
    const char *tidy;
  } ini[] = {
    { NULL, "[G]\n", "" },
    { "[X]\n", "[X]\n[G]\n\n[Y]\n", "[X]\n\n[Y]\n" },
    { "[G]\n", "[X]\n[G]\n", "[X]\n[G]\n" },
    { "", "[G]\nL=1\n", "[G]\nL=1\n" },
    { "", "[G]\n[H]\n[G]\nL=1\n", "[G]\n[H]\n[G]\nL=1\n" },
  }, json[] = {
    { NULL, "{\"env\": {}}", "{}" },
    { "{\"a\": 1}", "{\n  \"a\": 2,\n  \"env\": { }\n}\n", "{\n  \"a\": 2\n}\n" },
    { "{\"env\": {}}", "{\"env\": {}, \"a\": 1}", "{\"env\": {}, \"a\": 1}" },
    { "{}", "{\"env\": {\"A\": 1}}", "{\"env\": {\"A\": 1}}" },
    { "{}", "nonsense", "nonsense" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ini); i++)
    {
      g_autofree char *tidy = oh_ini_tidy (ini[i].text, "G", ini[i].before);

      g_assert_cmpstr (tidy, ==, ini[i].tidy);
    }
  for (guint i = 0; i < G_N_ELEMENTS (json); i++)
    {
      g_autofree char *tidy = oh_json_env_tidy (json[i].text, json[i].before);

      g_assert_cmpstr (tidy, ==, json[i].tidy);
    }
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
      g_autofree char *was = NULL;
      g_autofree char *back = NULL;
      g_autofree char *tidy = NULL;

      for (int n = g_test_rand_int_range (0, 24); n > 0; n--)
        g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
      ini = oh_ini_set (text->str, "G", "K", "K=new");
      ini_again = oh_ini_set (ini, "G", "K", "K=new");
      g_assert_cmpstr (ini, ==, ini_again);
      was = oh_ini_get (text->str, "G", "K");
      back = oh_ini_set (ini, "G", "K", was);
      if (was != NULL)
        g_assert_cmpstr (back, ==, text->str);
      tidy = oh_ini_tidy (back, "G", text->str);
      if (strstr (text->str, "[G]") == NULL)
        g_assert_true (g_str_has_prefix (tidy, text->str) && strlen (tidy) <= text->len + 2);
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
  g_test_add_func ("/desktop/locked", test_locked);
  g_test_add_func ("/desktop/tidy", test_tidy);
  g_test_add_func ("/desktop/noise", test_noise);
  return g_test_run ();
}
