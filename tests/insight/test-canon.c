/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-canon.h"

#include <string.h>

static void
test_same (void)
{
  static const char *const pairs[][2] = {
    { "{\"a\":1,\"b\":[true,null]}", " { \"b\" : [ true , null ] ,\n\"a\" : 1 } " },
    { "\"caf\xc3\xa9\"", "\"caf\\u00e9\"" },
    { "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\"" },
    { "\"a/b\"", "\"a\\/b\"" },
    { "1.0", "1" },
    { "1.50", "1.5" },
    { "1e2", "100.0" },
    { "{\"a\":null,\"b\":2}", "{\"b\":2}" },
    { "{}", "{ }" },
    { "[]", "[ ]" },
    { "{\"a\":{\"y\":1,\"x\":2}}", "{\"a\":{\"x\":2,\"y\":1}}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    g_assert_cmpuint (oh_canon_hash_json (pairs[i][0], OH_CANON_VALUE), ==,
                      oh_canon_hash_json (pairs[i][1], OH_CANON_VALUE));
}

static void
test_different (void)
{
  static const char *const all[] = {
    "{\"a\":1}", "{\"a\":2}", "{\"b\":1}", "{\"a\":\"1\"}", "[1]", "[[1]]", "[1,1]", "[11]", "\"\"", "\"null\"", "null",
    "true", "false", "{}", "[]", "[null]", "{\"a\":\"b\",\"c\":\"d\"}", "{\"a\":\"bc\",\"d\":\"\"}", "{\"ab\":\"c\"}",
    "{\"cache_control\":1}", "\"\\ud800\"", "\"\\ud801\"", "\"a\\u0000b\"", "\"a\"", "-1", "1", "9007199254740993",
    "9007199254740992", "{\"a\":1}x", "nul", "{\"a\":}", "[1,]", "\"open", "01x",
  };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      guint64 hash = oh_canon_hash_json (all[i], OH_CANON_VALUE);

      g_assert_true (g_hash_table_add (seen, g_memdup2 (&hash, sizeof hash)));
    }
}

static void
test_block (void)
{
  static const char *const pairs[][2] = {
    { "{\"type\":\"text\",\"text\":\"x\",\"cache_control\":{\"type\":\"ephemeral\"}}",
      "{\"text\":\"x\",\"type\":\"text\"}" },
    { "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"ok\"}",
      "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"ok\",\"cache_"
      "control\":{}}]}" },
    { "{\"role\":\"user\",\"content\":\"hi\"}",
      "{\"role\":\"user\",\"content\":[{\"text\":\"hi\",\"type\":\"text\"}]}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    for (OhCanonKind kind = OH_CANON_BLOCK; kind <= OH_CANON_PROMPT; kind++)
      g_assert_cmpuint (oh_canon_hash_json (pairs[i][0], kind), ==, oh_canon_hash_json (pairs[i][1], kind));
  /* What a tool was asked is its own: a member of that name inside the input counts. */
  g_assert_cmpuint (oh_canon_hash_json ("{\"type\":\"tool_use\",\"input\":{\"cache_control\":1}}", OH_CANON_BLOCK), !=,
                    oh_canon_hash_json ("{\"type\":\"tool_use\",\"input\":{}}", OH_CANON_BLOCK));
}

/* What the model reads as JSON is another prompt where its keys are in another order; what is around it is not. */
static void
test_order (void)
{
  static const char *const others[][2] = {
    { "{\"type\":\"tool_use\",\"input\":{\"a\":1,\"b\":{\"c\":1,\"d\":2}}}",
      "{\"type\":\"tool_use\",\"input\":{\"a\":1,\"b\":{\"d\":2,\"c\":1}}}" },
    { "{\"name\":\"t\",\"input_schema\":{\"a\":1,\"b\":[{\"c\":1,\"d\":2}]}}",
      "{\"name\":\"t\",\"input_schema\":{\"b\":[{\"c\":1,\"d\":2}],\"a\":1}}" },
    { "{\"type\":\"tool_result\",\"content\":[{\"type\":\"tool_use\",\"input\":{\"a\":1,\"b\":2}}]}",
      "{\"type\":\"tool_result\",\"content\":[{\"type\":\"tool_use\",\"input\":{\"b\":2,\"a\":1}}]}" },
    { "{\"type\":\"tool_use\",\"input\":{\"a\":null}}", "{\"type\":\"tool_use\",\"input\":{}}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_assert_cmpuint (oh_canon_hash_json (others[i][0], OH_CANON_PROMPT), !=,
                        oh_canon_hash_json (others[i][1], OH_CANON_PROMPT));
      g_assert_cmpuint (oh_canon_hash_json (others[i][0], OH_CANON_BLOCK), ==,
                        oh_canon_hash_json (others[i][1], OH_CANON_BLOCK));
    }
  g_assert_cmpuint (oh_canon_hash_json ("{\"name\":\"t\",\"input\":{ \"a\" : 1.0 },\"type\":\"tool_use\"}", OH_CANON_PROMPT), ==,
                    oh_canon_hash_json ("{\"type\":\"tool_use\",\"name\":\"t\",\"input\":{\"a\":1.0}}", OH_CANON_PROMPT));
}

static void
test_billing (void)
{
  static const struct
  {
    const char *text;
    const char *rest;
  } cases[] = { { "x-anthropic-billing-header: cch=1;", "" },
                { "x-anthropic-billing-header: cch=1;\nYou help.", "You help." },
                { "You send x-anthropic-billing-header: too", NULL },
                { "", NULL } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhBlock) block = oh_block_new ("text");

      block->text = g_strdup (cases[i].text);
      g_assert_cmpstr (oh_canon_get_behind_billing (block), ==, cases[i].rest);
    }
}

static void
test_fields (void)
{
  g_autoptr (OhBlock) streamed = oh_block_new ("tool_use");
  g_autoptr (OhBlock) whole = oh_block_new ("tool_use");
  g_autoptr (GString) a = g_string_new (NULL);
  g_autoptr (GString) b = g_string_new (NULL);

  streamed->id = g_strdup ("toolu_1");
  streamed->name = g_strdup ("add");
  streamed->input = g_strdup ("{\"b\": 2, \"a\": 1}");
  whole->json = g_strdup ("{\"type\":\"tool_use\",\"name\":\"add\",\"id\":\"toolu_1\",\"input\":{\"a\":1,\"b\":2}}");
  oh_canon_append_block (a, streamed, OH_CANON_BLOCK);
  oh_canon_append_block (b, whole, OH_CANON_BLOCK);
  g_assert_cmpuint (oh_canon_hash (a->str, a->len), ==, oh_canon_hash (b->str, b->len));
}

static void
test_deep (void)
{
  g_autofree char *deep = g_strnfill (1000000, '[');
  g_autofree char *fine = g_strconcat ("[[[[", "]]]]", NULL);
  g_autoptr (GString) out = g_string_new (NULL);

  g_assert_false (oh_canon_append (out, deep, -1, OH_CANON_VALUE));
  g_assert_cmpuint (out->len, ==, 1000001);
  g_assert_true (oh_canon_append (out, fine, -1, OH_CANON_VALUE));
}

/* Whatever is cut off at whatever place is not JSON, and never read past its end. */
static void
test_cut (void)
{
  static const char text[] = "{\"k\\u00e9y\":[1.5e3,\"\\ud83d\\ude00\\n\",{\"x\":null,\"y\":true}],\"content\":\"s\"}";

  for (gsize length = 0; length < sizeof text - 1; length++)
    {
      g_autofree char *exact = g_memdup2 (text, MAX (length, 1));
      g_autoptr (GString) out = g_string_new (NULL);

      g_assert_false (oh_canon_append (out, exact, (gssize) length, OH_CANON_BLOCK));
      g_assert_cmpuint (out->len, ==, length + 1);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/canon/same", test_same);
  g_test_add_func ("/canon/different", test_different);
  g_test_add_func ("/canon/block", test_block);
  g_test_add_func ("/canon/order", test_order);
  g_test_add_func ("/canon/billing", test_billing);
  g_test_add_func ("/canon/fields", test_fields);
  g_test_add_func ("/canon/deep", test_deep);
  g_test_add_func ("/canon/cut", test_cut);
  return g_test_run ();
}
