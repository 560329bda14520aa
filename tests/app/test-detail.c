/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the detail that are not widgets. */
#include "fixture.h"
#include "oh-body-view-form.h"
#include "oh-body-view-hex.h"
#include "oh-body-view-text.h"
#include "oh-conversation-model.h"
#include "oh-export.h"
#include "oh-body-view-pieces.h"
#include "oh-json-pretty.h"
#include "oh-json-tree.h"
#include "oh-markdown.h"
#include "oh-replay.h"
#include "oh-stream-view-model.h"
#include "oh-timing-view.h"

#include <string.h>

#define REQUEST                                                                                                        \
  "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"system\":\"Be brief.\",\"messages\":["                          \
  "{\"role\":\"user\",\"content\":\"Weather?\"},"                                                                      \
  "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"get_weather\",\"input\":" \
  "{}}]},"                                                                                                             \
  "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\",\"content\":\"Sunny\"}]}]}"
#define START                                                                                                          \
  "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"role\":\"assistant\","      \
  "\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n"                            \
  "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"                 \
  "{\"type\":\"text\",\"text\":\"\"}}\n\n"                                                                             \
  "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"                         \
  "{\"type\":\"text_delta\",\"text\":\"It is \"}}\n\n"
#define REST                                                                                                           \
  "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"                         \
  "{\"type\":\"text_delta\",\"text\":\"sunny.\"}}\n\n"                                                                 \
  "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"                                 \
  "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"                  \
  "\"usage\":{\"output_tokens\":7}}\n\n"                                                                               \
  "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"

static void
test_pretty (void)
{
  static const struct
  {
    const char *text;
    const char *pretty;
  } cases[] = {
    { "{\"a\":[1,2.50,{}],\"b\":\"x\\\"{,\"}",
      "{\n  \"a\": [\n    1,\n    2.50,\n    {}\n  ],\n  \"b\": \"x\\\"{,\"\n}" },
    { "  [ ]  ", "[]" },
    { "\"a\\\\\"", "\"a\\\\\"" },
    /* Half of a text, as it streams. */
    { "{\"a\":\"bc", "{\n  \"a\": \"bc" },
    { "{\"a\":[1,", "{\n  \"a\": [\n    1,\n    " },
    { "]}", "\n]\n}" },
    { "", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *pretty = oh_json_pretty (cases[i].text, -1);

      g_assert_cmpstr (pretty, ==, cases[i].pretty);
    }
}

static void
test_pretty_limit (void)
{
  g_autoptr (GString) text = g_string_new ("[");
  g_autoptr (GString) out = g_string_new ("before ");
  gsize used;

  for (int i = 0; i < 10000; i++)
    g_string_append (text, "1,");
  g_string_append (text, "1]");
  used = oh_json_append_pretty (out, text->str, text->len, 1000);
  g_assert_cmpuint (out->len, >=, 1000);
  g_assert_cmpuint (out->len, <, 1100);
  g_assert_cmpuint (used, <, text->len);
  g_assert_true (g_str_has_prefix (out->str, "before [\n  1,\n"));
}

static OhJsonNode *
child (GListModel *model, guint i)
{
  return g_list_model_get_item (model, i);
}

static void
assert_node (OhJsonNode *node, const char *name, const char *preview, const char *text)
{
  g_autofree char *node_name = oh_json_node_dup_name (node);
  g_autofree char *node_preview = oh_json_node_dup_preview (node);
  g_autofree char *node_text = oh_json_node_dup_text (node);

  g_assert_cmpstr (node_name, ==, name);
  g_assert_cmpstr (node_preview, ==, preview);
  g_assert_cmpstr (node_text, ==, text);
}

static void
test_tree (void)
{
  static const char json[] = "{\"model\":\"a\\nb\",\"n\\u00e9\":1.50,\"list\":[true,[],{\"x\":null}]}";
  g_autoptr (GBytes) bytes = g_bytes_new_static (json, strlen (json));
  g_autofree char *problem = NULL;
  g_autoptr (GListModel) top = oh_json_tree_new (bytes, &problem);
  g_autoptr (OhJsonNode) model = NULL;
  g_autoptr (OhJsonNode) number = NULL;
  g_autoptr (OhJsonNode) list = NULL;
  g_autoptr (OhJsonNode) empty = NULL;
  g_autoptr (OhJsonNode) object = NULL;
  g_autoptr (GListModel) elements = NULL;

  g_assert_null (problem);
  g_assert_cmpuint (g_list_model_get_n_items (top), ==, 3);
  model = child (top, 0);
  number = child (top, 1);
  list = child (top, 2);
  assert_node (model, "model", "\"a\\nb\"", "a\nb");
  g_assert_true (oh_json_node_is_string (model));
  g_assert_null (oh_json_node_get_children (model));
  assert_node (number, "né", "1.50", "1.50");
  elements = oh_json_node_get_children (list);
  g_assert_cmpuint (g_list_model_get_n_items (elements), ==, 3);
  empty = child (elements, 1);
  assert_node (empty, "1", "[]", "[]");
  g_assert_null (oh_json_node_get_children (empty));
  object = child (elements, 2);
  assert_node (object, "2", "{\"x\":null}", "{\n  \"x\": null\n}");
}

static void
count_new (GListModel *model, guint position, guint removed, guint added, guint *n)
{
  *n += added;
}

/* What has very many members is shown in ranges; what is long is looked into behind one's back. */
static void
test_tree_large (void)
{
  g_autoptr (GString) text = g_string_new ("{\"list\":[");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GListModel) top = NULL;
  g_autoptr (GListModel) ranges = NULL;
  g_autoptr (GListModel) elements = NULL;
  g_autoptr (OhJsonNode) list = NULL;
  g_autoptr (OhJsonNode) range = NULL;
  g_autoptr (OhJsonNode) element = NULL;
  g_autoptr (GBytes) same = NULL;
  guint n = 0;

  for (guint i = 0; i < 2500; i++)
    g_string_append_printf (text, "%s{\"n\":%u,\"text\":\"%0300u\"}", i > 0 ? "," : "", i, i);
  g_string_append (text, "],\"last\":1}");
  bytes = g_bytes_new (text->str, text->len);
  top = oh_json_tree_new (bytes, NULL);
  list = child (top, 0);
  g_assert_true (oh_json_node_is_large (list));
  ranges = oh_json_node_get_children (list);
  g_signal_connect (ranges, "items-changed", G_CALLBACK (count_new), &n);
  while (n == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpuint (g_list_model_get_n_items (ranges), ==, 3);
  range = child (ranges, 2);
  {
    g_autofree char *name = oh_json_node_dup_name (range);

    g_assert_cmpstr (name, ==, "2000 … 2499");
  }
  elements = oh_json_node_get_children (range);
  g_assert_cmpuint (g_list_model_get_n_items (elements), ==, 500);
  element = child (elements, 499);
  {
    g_autofree char *name = oh_json_node_dup_name (element);
    g_autofree char *said = oh_json_node_dup_text (element);

    g_assert_cmpstr (name, ==, "2499");
    g_assert_true (g_str_has_prefix (said, "{\n  \"n\": 2499,"));
  }
  same = oh_json_node_get_bytes (element);
  g_assert_true (g_str_has_prefix (g_bytes_get_data (same, NULL), "{\"n\":2499,"));
}

/* The beginning of a text: what is whole can be opened, what is cut can be seen. */
static void
test_tree_begun (void)
{
  static const char json[] = " {\"model\":\"a\",\"tools\":[1,2],\"list\":[{\"n\":1},{\"n";
  g_autoptr (GBytes) bytes = g_bytes_new_static (json, strlen (json));
  g_autoptr (GListModel) top = oh_json_tree_new_begun (bytes);
  g_autoptr (OhJsonNode) tools = NULL;
  g_autoptr (OhJsonNode) list = NULL;
  g_autoptr (GListModel) elements = NULL;
  g_autofree char *preview = NULL;

  g_assert_cmpuint (g_list_model_get_n_items (top), ==, 3);
  tools = child (top, 1);
  elements = oh_json_node_get_children (tools);
  g_assert_cmpuint (g_list_model_get_n_items (elements), ==, 2);
  list = child (top, 2);
  preview = oh_json_node_dup_preview (list);
  g_assert_cmpstr (preview, ==, "[ …");
  g_assert_null (oh_json_node_get_children (list));
}

static void
test_tree_problem (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("{\"a\":1", 6);
  g_autofree char *problem = NULL;

  g_assert_null (oh_json_tree_new (bytes, &problem));
  g_assert_nonnull (problem);
}

static void
test_tree_long (void)
{
  g_autoptr (GString) text = g_string_new ("[\"");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GListModel) top = NULL;
  g_autoptr (OhJsonNode) node = NULL;
  g_autofree char *preview = NULL;

  /* Two bytes a letter: the preview must not end inside one. */
  for (int i = 0; i < 1000; i++)
    g_string_append (text, "é");
  g_string_append (text, "\"]");
  bytes = g_bytes_new (text->str, text->len);
  top = oh_json_tree_new (bytes, NULL);
  node = child (top, 0);
  preview = oh_json_node_dup_preview (node);
  g_assert_true (g_utf8_validate (preview, -1, NULL));
  g_assert_null (strstr (preview, "\357\277\275"));
  g_assert_nonnull (strstr (preview, "…"));
  g_assert_cmpuint (strlen (preview), <, 300);
}

static const OhMarkdownBlock *
block_at (GPtrArray *blocks, guint i)
{
  g_assert_cmpuint (i, <, blocks->len);
  return blocks->pdata[i];
}

static void
test_markdown (void)
{
  g_autoptr (GPtrArray) blocks =
      oh_markdown_parse ("# A *b*\n\nx **y** `<z>`\nline & 2\n\n```py\na < b\n\n c\n```\n\n---\n");

  g_assert_cmpuint (blocks->len, ==, 4);
  g_assert_cmpint (block_at (blocks, 0)->kind, ==, OH_MARKDOWN_KIND_HEADING);
  g_assert_cmpuint (block_at (blocks, 0)->level, ==, 1);
  g_assert_cmpstr (block_at (blocks, 0)->markup, ==, "A <i>b</i>");
  g_assert_cmpstr (block_at (blocks, 1)->markup, ==, "x <b>y</b> <tt>&lt;z&gt;</tt>\nline &amp; 2");
  g_assert_cmpint (block_at (blocks, 2)->kind, ==, OH_MARKDOWN_KIND_CODE);
  g_assert_cmpstr (block_at (blocks, 2)->text, ==, "a < b\n\n c");
  g_assert_cmpstr (block_at (blocks, 2)->language, ==, "py");
  g_assert_cmpint (block_at (blocks, 3)->kind, ==, OH_MARKDOWN_KIND_RULE);
}

static void
test_markdown_lists (void)
{
  g_autoptr (GPtrArray) blocks = oh_markdown_parse ("3. a\n4. b\n   - c\n\n     d\n- [x] e\n- [ ] f\n\n> q\n> > r\n");
  static const struct
  {
    const char *marker;
    const char *markup;
    guint depth;
    guint quotes;
  } expected[] = {
    { "3.", "a", 1, 0 }, { "4.", "b", 1, 0 }, { "◦", "c", 2, 0 },  { NULL, "d", 2, 0 },
    { "☑", "e", 1, 0 },  { "☐", "f", 1, 0 },  { NULL, "q", 0, 1 }, { NULL, "r", 0, 2 },
  };

  g_assert_cmpuint (blocks->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < blocks->len; i++)
    {
      g_assert_cmpstr (block_at (blocks, i)->marker, ==, expected[i].marker);
      g_assert_cmpstr (block_at (blocks, i)->markup, ==, expected[i].markup);
      g_assert_cmpuint (block_at (blocks, i)->depth, ==, expected[i].depth);
      g_assert_cmpuint (block_at (blocks, i)->quotes, ==, expected[i].quotes);
    }
}

static void
test_markdown_table (void)
{
  g_autoptr (GPtrArray) blocks = oh_markdown_parse ("| a | b |\n|:-:|--:|\n| *c* | d |\n| e | |\n");
  static const char *const cells[] = { "a", "b", "<i>c</i>", "d", "e", "" };

  g_assert_cmpuint (blocks->len, ==, 1);
  g_assert_cmpint (block_at (blocks, 0)->kind, ==, OH_MARKDOWN_KIND_TABLE);
  g_assert_cmpuint (block_at (blocks, 0)->columns, ==, 2);
  g_assert_cmpstr (block_at (blocks, 0)->alignments, ==, "cr");
  g_assert_cmpuint (block_at (blocks, 0)->cells->len, ==, G_N_ELEMENTS (cells));
  for (guint i = 0; i < G_N_ELEMENTS (cells); i++)
    g_assert_cmpstr (block_at (blocks, 0)->cells->pdata[i], ==, cells[i]);
}

/* An answer must not be able to make a link to a file, nor markup of its own. */
static void
test_markdown_links (void)
{
  g_autoptr (GPtrArray) blocks = oh_markdown_parse ("[a](https://e.org/?x=1&y=\"2) [b](file:///etc/passwd) "
                                                    "![c](https://e.org/c.png) <b>d</b> &copy;&#60; [e](javascript:x)");
  const char *markup = block_at (blocks, 0)->markup;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (strstr (markup, "<a href=\"https://e.org/?x=1&amp;y=&quot;2\""));
  g_assert_null (strstr (markup, "file:"));
  g_assert_null (strstr (markup, "javascript:"));
  g_assert_nonnull (strstr (markup, "&lt;b&gt;d&lt;/b&gt;"));
  g_assert_nonnull (strstr (markup, "©&lt;"));
  g_assert_null (strstr (markup, "<img"));
}

/* Whatever prefix of a text has arrived, its markup must be whole. */
static void
test_markdown_prefixes (void)
{
  static const char text[] = "# H *i* **b**\n\n1. a [l](https://e.org) `c`\n   * n ~~s~~\n\n> q\n\n```c\nint x;\n```\n"
                             "| a | b |\n|--|--|\n| é | ![i](http://e.org/i) |\n";
  guint longest = 0;

  for (gsize n = 0; n <= strlen (text); n++)
    {
      g_autofree char *prefix = g_strndup (text, n);
      g_autofree char *valid = g_utf8_make_valid (prefix, -1);
      g_autoptr (GPtrArray) blocks = oh_markdown_parse (valid);

      longest = MAX (longest, blocks->len);
      for (guint i = 0; i < blocks->len; i++)
        if (block_at (blocks, i)->markup)
          {
            g_autofree char *document = g_strdup_printf ("<x>%s</x>", block_at (blocks, i)->markup);
            GMarkupParser parser = { 0 };
            g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, NULL, NULL);

            g_assert_true (g_markup_parse_context_parse (context, document, -1, NULL));
            g_assert_true (g_markup_parse_context_end_parse (context, NULL));
          }
    }
  g_assert_cmpuint (longest, ==, 6);
}

static void
without_spaces (char *text)
{
  char *to = text;

  for (const char *from = text; *from; from++)
    if (*from != ' ' && *from != '\n')
      *to++ = *from;
  *to = '\0';
}

static void
test_break_lines (void)
{
  g_autoptr (GString) text = g_string_new ("short\n");
  g_autofree char *none = oh_markdown_break_lines ("a\n\nb\n");
  g_autofree char *broken = NULL;
  g_autofree char *longer = NULL;
  g_auto (GStrv) lines = NULL;
  g_autofree char *joined = NULL;
  g_autofree char *original = NULL;

  g_assert_null (none);
  for (int i = 0; i < 1000; i++)
    g_string_append (text, "éword ");
  for (int i = 0; i < 3000; i++)
    g_string_append (text, "é");
  g_string_append (text, "\nend");
  broken = oh_markdown_break_lines (text->str);
  g_assert_true (g_utf8_validate (broken, -1, NULL));
  lines = g_strsplit (broken, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), >, 6);
  for (guint i = 0; lines[i]; i++)
    g_assert_cmpuint (strlen (lines[i]), <=, 2000);
  /* Nothing is lost but the spaces that became breaks. */
  joined = g_strjoinv ("", lines);
  without_spaces (joined);
  original = g_strdup (text->str);
  without_spaces (original);
  g_assert_cmpstr (joined, ==, original);
  g_string_append (text, " and more");
  longer = oh_markdown_break_lines (text->str);
  g_assert_true (g_str_has_prefix (longer, broken));
}

/* What a shell makes of it, asked from a shell: "curl" is a function that prints its arguments and its input. */
static void
test_curl (void)
{
  g_autoptr (OhExchangeView) view = fixture_view ("{\"a\":\"it's $HOME\"}", START REST, "text/event-stream", -1);
  g_autofree char *command = oh_replay_to_curl (&(OhReplay){ view->exchange, view->exchange->facts, view->request_body });
  g_autofree char *script = g_strdup_printf ("curl () { printf '[%%s]' \"$@\"; }\n%s", command);
  const char *argv[] = { "/bin/sh", "-c", script, NULL };
  const char *environment[] = { "ANTHROPIC_API_KEY=sk-test", "HOME=/nowhere", NULL };
  g_autofree char *output = NULL;
  int status;

  g_assert_null (strstr (command, "redacted"));
  g_assert_true (
      g_spawn_sync (NULL, (char **) argv, (char **) environment, 0, NULL, NULL, &output, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpstr (output, ==,
                   "[https://api.anthropic.com/v1/messages][--compressed][--no-buffer][-H]"
                   "[content-type: application/json][-H][x-api-key: sk-test][-H][anthropic-version: 2023-06-01]"
                   "[--data-binary][{\"a\":\"it's $HOME\"}]");
}

static void
test_curl_bodies (void)
{
  g_autoptr (OhExchangeView) view = fixture_view ("{}", START, "text/event-stream", -1);
  g_autofree char *large_text = g_strnfill (200000, 'x');
  g_autoptr (GBytes) large = g_bytes_new (large_text, 200000);
  g_autoptr (GBytes) binary = g_bytes_new_static ("a\0b", 3);
  g_autoptr (GBytes) at = g_bytes_new_static ("@/etc/passwd", 12);
  g_autofree char *for_large = oh_replay_to_curl (&(OhReplay){ view->exchange, view->exchange->facts, large });
  g_autofree char *for_binary = oh_replay_to_curl (&(OhReplay){ view->exchange, view->exchange->facts, binary });
  g_autofree char *for_at = oh_replay_to_curl (&(OhReplay){ view->exchange, view->exchange->facts, at });
  g_autofree char *for_none = oh_replay_to_curl (&(OhReplay){ view->exchange, view->exchange->facts, NULL });

  g_assert_true (g_str_has_prefix (for_large, "printf %s 'xxx"));
  g_assert_nonnull (strstr (for_large, "--data-binary @-\n"));
  g_assert_nonnull (strstr (for_binary, "--data-binary @request-body.bin\n"));
  g_assert_nonnull (strstr (for_at, "--data-raw '@/etc/passwd'\n"));
  g_assert_nonnull (strstr (for_none, " -X 'POST'"));
  g_assert_null (strstr (for_none, "--data"));
}

/* Who knows whose API it is gives its key; anybody else gets none. */
static void
test_send_again (void)
{
  g_autoptr (OhExchange) exchange = oh_exchange_new ();
  g_autoptr (OhFacts) known = oh_facts_new ("openai");
  g_autoptr (OhFacts) unknown = oh_facts_new ("http");
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"model\":\"a\", \"n\":1}", 20);
  g_autofree char *problem = NULL;
  g_autofree char *other_problem = NULL;
  g_autoptr (GString) sent = NULL;
  g_autoptr (GString) refused = NULL;

  exchange->id = 7;
  exchange->method = g_strdup ("POST");
  exchange->scheme = g_strdup ("https");
  exchange->host = g_strdup ("api.example.com");
  exchange->port = 443;
  exchange->target = g_strdup ("/v1/chat/completions");
  exchange->timings.request_sent = 1;
  exchange->request_headers =
    oh_headers_new_from_string ("authorization: Bearer <redacted …cret 0123456789abcdef>\r\nx-kind: a\r\n");
  g_setenv ("OPENAI_API_KEY", "sk-mine", TRUE);
  sent = oh_replay_write (&(OhReplay){ exchange, known, body }, &(OhReplayChanges){ .model = (char *) "b" },
                          "http://127.0.0.1:1/via/run", &problem);
  refused = oh_replay_write (&(OhReplay){ exchange, unknown, body }, &(OhReplayChanges){ 0 }, NULL, &other_problem);
  g_unsetenv ("OPENAI_API_KEY");
  g_assert_null (problem);
  g_assert_cmpstr (sent->str, ==,
                   "POST /via/run/api.example.com:443/v1/chat/completions HTTP/1.1\r\nHost: api.example.com\r\n"
                   "authorization: Bearer sk-mine\r\nx-kind: a\r\noverhear-resend: 7\r\nContent-Length: 20\r\n"
                   "Connection: close\r\n\r\n{\"model\":\"b\", \"n\":1}");
  g_assert_null (refused);
  g_assert_nonnull (strstr (other_problem, "authorization"));
  g_assert_null (strstr (other_problem, "OPENAI"));
}

static void
test_copy_markdown (void)
{
  g_autoptr (OhMessage) message = oh_message_new ("assistant");
  OhBlock *thinking = oh_block_new ("thinking");
  OhBlock *text = oh_block_new ("text");
  OhBlock *tool = oh_block_new ("tool_use");
  g_autofree char *markdown = NULL;

  thinking->text = g_strdup ("a\n\nb");
  text->text = g_strdup ("**c**");
  tool->name = g_strdup ("t");
  tool->id = g_strdup ("toolu_1");
  tool->input = g_strdup ("{\"x\":\"```\"}");
  g_ptr_array_add (message->blocks, thinking);
  g_ptr_array_add (message->blocks, text);
  g_ptr_array_add (message->blocks, tool);
  markdown = oh_export_answer_to_markdown (message);
  g_assert_cmpstr (markdown, ==, "> a\n>\n> b\n\n**c**\n\n**Tool call** `t`\n\n````json\n{\n  \"x\": \"```\"\n}\n````\n");
}

static void
assert_field (GPtrArray *fields, guint i, const char *name, const char *value)
{
  const OhFormField *field = fields->pdata[i];

  g_assert_cmpstr (field->name, ==, name);
  g_assert_cmpstr (field->value, ==, value);
}

static void
test_form (void)
{
  static const char urlencoded[] = "a=b+c&d%3D=%C3%A9%2&e&&f=1=2";
  static const char multipart[] =
      "preamble\r\n--xY\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser\r\ndata\r\n"
      "--xY\r\nContent-Disposition: form-data; filename=\"a.pdf\"; name=\"file\"\r\n"
      "Content-Type: application/pdf\r\n\r\n%PDF\r\n--xY--\r\n";
  g_autoptr (GBytes) first = g_bytes_new_static (urlencoded, strlen (urlencoded));
  g_autoptr (GBytes) second = g_bytes_new_static (multipart, strlen (multipart));
  g_autoptr (GPtrArray) pairs = oh_form_parse (first, "application/x-www-form-urlencoded; charset=utf-8");
  g_autoptr (GPtrArray) parts = oh_form_parse (second, "multipart/form-data; boundary=xY");

  g_assert_cmpuint (pairs->len, ==, 4);
  assert_field (pairs, 0, "a", "b c");
  assert_field (pairs, 1, "d=", "é%2");
  assert_field (pairs, 2, "e", "");
  assert_field (pairs, 3, "f", "1=2");
  g_assert_cmpuint (parts->len, ==, 2);
  assert_field (parts, 0, "purpose", "user\r\ndata");
  g_assert_cmpstr (((OhFormField *) parts->pdata[1])->name, ==, "file");
  g_assert_nonnull (strstr (((OhFormField *) parts->pdata[1])->value, "a.pdf"));
  g_assert_null (oh_form_parse (first, "text/plain"));
  g_assert_null (oh_form_parse (second, "multipart/form-data"));
}

static void
test_hex (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("0123456789abcdef\0\377A", 19);
  g_autofree char *first = oh_body_view_hex_row (bytes, 0);
  g_autofree char *second = oh_body_view_hex_row (bytes, 1);

  g_assert_cmpstr (first, ==, "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef");
  g_assert_cmpstr (second, ==, "00000010  00 ff 41                                          ..A");
}

static void
test_cut (void)
{
  gsize left_out;
  guint cut_lines;
  g_autofree char *whole = oh_body_view_text_cut ("a\nb\0c\n", 6, 100, 10, &left_out, &cut_lines);
  g_autofree char *lines = NULL;
  g_autofree char *end = NULL;

  g_assert_cmpstr (whole, ==, "a\nb␀c\n");
  g_assert_cmpuint (left_out + cut_lines, ==, 0);
  lines = oh_body_view_text_cut ("ééé\nx", 8, 100, 3, &left_out, &cut_lines);
  g_assert_true (g_str_has_prefix (lines, "é "));
  g_assert_true (g_str_has_suffix (lines, "\nx"));
  g_assert_cmpuint (cut_lines, ==, 1);
  end = oh_body_view_text_cut ("ééé", 6, 5, 100, &left_out, &cut_lines);
  g_assert_cmpstr (end, ==, "éé");
  g_assert_cmpuint (left_out, ==, 2);
}

static GBytes *
make_rows (guint size, const char *row)
{
  GString *text = g_string_new ("{\"rows\":[");

  for (guint i = 0; text->len < size; i++)
    g_string_append_printf (text, "%s{\"n\":%u,\"text\":\"%s\"}", i ? ", " : "", i, row);
  g_string_append (text, "],\"last\":\"Rüben\"}");
  return g_string_free_to_bytes (text);
}

/* The pieces of a body laid out one after the other are the body laid out, and the beginning of a piece is laid out as in
 * the piece. */
static void
test_pieces (void)
{
  g_autofree char *long_row = g_strnfill (700000, '\\');
  const char *const rows[] = { "r\\\"{[", "ü, \\\\", long_row };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) body = make_rows (1000000, rows[i]);
      gsize length;
      const char *data = g_bytes_get_data (body, &length);
      g_autofree char *whole = oh_json_pretty (data, (gssize) length);
      g_autoptr (GString) joined = g_string_new (NULL);
      OhBodyPlace place = { 0 }, next;
      gboolean more = TRUE;
      guint n_broken = 0;

      for (guint n = 0; more; n++)
        {
          g_autofree char *text = NULL;
          g_autofree char *start = NULL;
          gboolean broken;
          gsize until;

          more = oh_body_pieces_next (body, TRUE, &place, &next);
          g_assert_cmpuint (next.offset, >, place.offset);
          text = oh_body_pieces_lay_out (body, TRUE, &place, next.offset, &broken);
          n_broken += broken;
          until = place.offset + (next.offset - place.offset) / 2;
          while ((data[until] & 0xC0) == 0x80)
            until++;
          start = oh_body_pieces_lay_out (body, TRUE, &place, until, NULL);
          g_assert_true (g_str_has_prefix (text, g_strchomp (start)));
          /* What a piece begins with is at the end of the one before. */
          if (n > 0 && !place.in_string)
            g_string_truncate (joined, joined->len - 2 * place.depth);
          g_string_append (joined, text);
          place = next;
        }
      g_assert_cmpuint (place.offset, ==, length);
      if (i < 2)
        g_assert_cmpstr (joined->str, ==, whole);
      else
        g_assert_cmpuint (joined->len, >, strlen (whole));
      g_assert_true (i < 2 ? n_broken == 0 : n_broken > 2);
    }
}

static void
note_found (GObject *source, GAsyncResult *result, gpointer data)
{
  *(OhBodyFound **) data = oh_body_pieces_search_finish (result);
}

static void
test_pieces_search (void)
{
  g_autoptr (GBytes) body = make_rows (10000000, "rüben und RÜBEN");
  g_autoptr (OhSearchWords) words = oh_search_words_new_phrase ("Rüben");
  g_autoptr (OhBodyFound) found = NULL;
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  const OhSearchMatch *last;

  oh_body_pieces_search_async (body, TRUE, words, OH_SEARCH_ANYWHERE, NULL, note_found, &found);
  while (!found)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (found->matches->len, ==, oh_search_words_count (words, OH_SEARCH_ANYWHERE, data, (gssize) length));
  g_assert_cmpuint (found->matches->len, >, 100000);
  last = &g_array_index (found->matches, OhSearchMatch, found->matches->len - 1);
  g_assert_cmpmem (data + last->start, last->end - last->start, "Rüben", strlen ("Rüben"));
  g_assert_cmpuint (found->places->len, >, 10);
  for (guint i = 0; i + 1 < found->places->len; i++)
    {
      const OhBodyPlace *place = &g_array_index (found->places, OhBodyPlace, i);

      g_assert_cmpuint (oh_body_pieces_find (found->places, place->offset), ==, i);
      g_assert_cmpuint (oh_body_pieces_find (found->places, place[1].offset - 1), ==, i);
    }
}

static void
test_long_gap (void)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_stream_event_free);
  gint64 at = 0;

  for (int i = 0; i < 101; i++)
    {
      OhStreamEvent *event = oh_stream_event_new ();

      event->at_ns = at;
      at += 20 * OH_NS_PER_MS;
      g_ptr_array_add (events, event);
    }
  g_assert_cmpint (oh_stream_model_long_gap (events), ==, OH_NS_PER_S);
  for (guint i = 0; i < events->len; i++)
    ((OhStreamEvent *) events->pdata[i])->at_ns *= 20;
  g_assert_cmpint (oh_stream_model_long_gap (events), ==, 4 * OH_NS_PER_S);
}

static void
test_phases (void)
{
  g_autoptr (OhExchangeView) view = fixture_view (REQUEST, START REST, "text/event-stream", -1);
  OhTimingPhase phases[6];
  guint n = oh_timing_view_get_phases (view->exchange, 448 * OH_NS_PER_MS, 0, phases);

  g_assert_cmpuint (n, ==, 6);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (phases[i].from, ==, i == 0 ? 0 : phases[i - 1].to);
  g_assert_cmpint (phases[4].to, ==, 448 * OH_NS_PER_MS);
  g_assert_cmpint (phases[5].to, ==, view->exchange->timings.ended);

  view->exchange->timings.reused = TRUE;
  n = oh_timing_view_get_phases (view->exchange, -1, 0, phases);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpint (phases[0].from, ==, 0);
  g_assert_cmpint (phases[1].to, ==, view->exchange->timings.response_head);
}

static void
test_describe (void)
{
  g_autoptr (OhExchangeView) view = fixture_view (REQUEST, START, "text/event-stream", -1);
  g_autofree char *early = oh_timing_view_describe (view->exchange, view->reading->facts);
  g_autofree char *cut = NULL;

  g_assert_cmpstr (early, ==, "The server closed the stream in good order, but before its last event.");
  view->exchange->outcome = OH_OUTCOME_CUT;
  cut = oh_timing_view_describe (view->exchange, view->reading->facts);
  g_assert_cmpstr (cut, ==, "The server closed the stream before its last event.");
}

typedef struct
{
  guint position;
  guint removed;
  guint added;
  guint times;
} Change;

static void
note_change (GListModel *model, guint position, guint removed, guint added, Change *change)
{
  *change = (Change){ position, removed, added, change->times + 1 };
}

static void
count_change (OhConversationItem *item, guint *n)
{
  (*n)++;
}

/* A growing answer changes its card; it does not make a new one. */
static void
test_conversation (void)
{
  g_autoptr (OhConversationModel) model = oh_conversation_model_new ();
  g_autoptr (OhExchangeView) waiting = fixture_view (REQUEST, "", "text/event-stream", 0);
  g_autoptr (OhExchangeView) begun = fixture_view (REQUEST, START REST, "text/event-stream", strlen (START));
  g_autoptr (OhExchangeView) done = fixture_view (REQUEST, START REST, "text/event-stream", -1);
  g_autoptr (OhConversationItem) result = NULL;
  g_autoptr (OhConversationItem) answer = NULL;
  Change change = { 0 };
  guint changed = 0;
  guint n;

  g_signal_connect (model, "items-changed", G_CALLBACK (note_change), &change);
  oh_conversation_model_set_view (model, waiting);
  n = g_list_model_get_n_items (G_LIST_MODEL (model));
  g_assert_cmpuint (n, ==, 5); /* parameters, system, three messages */
  result = g_list_model_get_item (G_LIST_MODEL (model), 4);
  g_assert_cmpint (oh_conversation_item_get_kind (result), ==, OH_CARD_MESSAGE);
  g_assert_cmpstr (oh_conversation_item_get_tool_name (result, "toolu_1"), ==, "get_weather");
  g_assert_null (oh_conversation_item_get_tool_name (result, "toolu_2"));

  oh_conversation_model_set_view (model, begun);
  g_assert_cmpuint (change.position, ==, n);
  g_assert_cmpuint (change.removed, ==, 0);
  g_assert_cmpuint (change.added, ==, 1);
  g_assert_cmpuint (change.times, ==, 2);
  answer = g_list_model_get_item (G_LIST_MODEL (model), n);
  g_assert_cmpstr (((OhBlock *) oh_conversation_item_get_message (answer)->blocks->pdata[0])->text, ==, "It is ");
  g_signal_connect (answer, "changed", G_CALLBACK (count_change), &changed);

  oh_conversation_model_set_view (model, done);
  g_assert_cmpuint (change.times, ==, 2);
  g_assert_cmpuint (changed, ==, 1);
  g_assert_cmpstr (((OhBlock *) oh_conversation_item_get_message (answer)->blocks->pdata[0])->text, ==, "It is sunny.");

  oh_conversation_item_set_open (answer, "0/thinking", TRUE);
  g_assert_true (oh_conversation_item_get_open (answer, "0/thinking", FALSE));
  g_assert_true (oh_conversation_item_get_open (answer, "1/thinking", TRUE));
  oh_conversation_model_set_view (model, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (model)), ==, 0);
}

static void
test_stream_model (void)
{
  g_autoptr (OhStreamModel) model = oh_stream_model_new ();
  g_autoptr (OhExchangeView) begun = fixture_view (REQUEST, START REST, "text/event-stream", strlen (START));
  g_autoptr (OhExchangeView) done = fixture_view (REQUEST, START REST, "text/event-stream", -1);
  g_autoptr (OhStreamItem) last = NULL;
  Change change = { 0 };

  oh_stream_model_set_reading (model, begun->reading, FALSE);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (model)), ==, 3);
  g_signal_connect (model, "items-changed", G_CALLBACK (note_change), &change);
  oh_stream_model_set_reading (model, done->reading, TRUE);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (model)), ==, 7);
  g_assert_cmpuint (change.position, >=, 2);
  last = g_list_model_get_item (G_LIST_MODEL (model), 6);
  g_assert_cmpstr (oh_stream_item_get_event (last)->name, ==, "message_stop");
  g_assert_cmpint (oh_stream_item_get_gap (last), >=, 0);
}

/* The request again, as a call that continues another one. */
static OhExchangeView *
continuing_view (gssize received, guint new_from)
{
  OhExchangeView *view = fixture_view (REQUEST, START REST, "text/event-stream", received);
  OhPlace *place = oh_place_new ();

  place->parent_id = 6;
  place->new_from = new_from;
  view->exchange->place = place;
  return view;
}

static OhCardKind
kind_at (OhConversationModel *model, guint position)
{
  g_autoptr (OhConversationItem) item = g_list_model_get_item (G_LIST_MODEL (model), position);

  return oh_conversation_item_get_kind (item);
}

static guint
index_at (OhConversationModel *model, guint position)
{
  g_autoptr (OhConversationItem) item = g_list_model_get_item (G_LIST_MODEL (model), position);

  g_assert_cmpint (oh_conversation_item_get_kind (item), ==, OH_CARD_MESSAGE);
  return oh_conversation_item_get_index (item);
}

static void
test_fold (void)
{
  g_autoptr (OhConversationModel) model = oh_conversation_model_new ();
  g_autoptr (OhExchangeView) unplaced = fixture_view (REQUEST, START REST, "text/event-stream", strlen (START));
  g_autoptr (OhExchangeView) placed = continuing_view ((gssize) strlen (START), 2);
  g_autoptr (OhExchangeView) done = continuing_view (-1, 2);
  g_autoptr (OhConversationItem) fold = NULL;
  g_autoptr (OhConversationItem) asked = NULL;
  g_autoptr (OhConversationItem) result = NULL;
  Change change = { 0 };
  guint changed = 0;
  gboolean unfolded;
  gint64 call_id;

  oh_conversation_model_set_folding (model, TRUE);
  oh_conversation_model_set_view (model, unplaced);
  g_assert_cmpuint (oh_conversation_model_get_n_folded (model), ==, 0);
  result = g_list_model_get_item (G_LIST_MODEL (model), 4);
  g_assert_false (oh_conversation_item_is_new (result));
  g_signal_connect (result, "changed", G_CALLBACK (count_change), &changed);
  g_signal_connect (model, "items-changed", G_CALLBACK (note_change), &change);

  /* Where the call stands becomes known: the first of its messages folds, the answer before the new one stays. */
  oh_conversation_model_set_view (model, placed);
  g_assert_cmpuint (oh_conversation_model_get_n_folded (model), ==, 1);
  g_assert_cmpuint (change.position, ==, 2);
  g_assert_cmpuint (change.removed, ==, 3);
  g_assert_cmpuint (change.added, ==, 3);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (model)), ==, 6);
  g_assert_cmpint (kind_at (model, 2), ==, OH_CARD_FOLD);
  g_assert_cmpuint (index_at (model, 3), ==, 1);
  g_assert_cmpuint (index_at (model, 4), ==, 2);
  g_assert_cmpint (kind_at (model, 5), ==, OH_CARD_ANSWER);
  g_assert_true (oh_conversation_item_is_new (result));
  g_assert_cmpuint (changed, ==, 1);
  asked = g_list_model_get_item (G_LIST_MODEL (model), 3);
  g_assert_false (oh_conversation_item_is_new (asked));
  g_assert_cmpint (oh_conversation_item_get_answered_call (asked), ==, 6);
  g_assert_cmpint (oh_conversation_item_get_answered_call (result), ==, 0);

  fold = g_list_model_get_item (G_LIST_MODEL (model), 2);
  g_assert_cmpuint (oh_conversation_item_get_fold (fold, &call_id, &unfolded), ==, 1);
  g_assert_cmpint (call_id, ==, 6);
  g_assert_false (unfolded);

  oh_conversation_model_set_unfolded (model, TRUE);
  g_assert_cmpuint (change.position, ==, 3);
  g_assert_cmpuint (change.removed, ==, 0);
  g_assert_cmpuint (change.added, ==, 1);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (index_at (model, 3 + i), ==, i);
  oh_conversation_item_get_fold (fold, &call_id, &unfolded);
  g_assert_true (unfolded);

  /* What the user unfolded stays so while the answer grows, and not for another exchange. */
  oh_conversation_model_set_view (model, done);
  g_assert_true (oh_conversation_model_get_unfolded (model));
  g_assert_cmpint (kind_at (model, 6), ==, OH_CARD_ANSWER);
  oh_conversation_model_set_unfolded (model, FALSE);
  g_assert_cmpuint (change.position, ==, 3);
  g_assert_cmpuint (change.removed, ==, 1);
  g_assert_cmpuint (index_at (model, 3), ==, 1);
}

/* The messages before those of a first look come above them: what is on screen stays, and knows its new number. */
static void
test_first_look (void)
{
  g_autoptr (OhConversationModel) model = oh_conversation_model_new ();
  g_autoptr (OhExchangeView) first = continuing_view (-1, 2);
  g_autoptr (OhExchangeView) whole = continuing_view (-1, 2);
  g_autoptr (OhConversationItem) last = NULL;
  Change change = { 0 };

  oh_conversation_model_set_folding (model, TRUE);
  first->partial = TRUE;
  first->request_whole = FALSE;
  first->skipped = 2;
  g_ptr_array_remove_range (first->reading->messages, 0, 2);
  g_assert_true (oh_conversation_model_set_view (model, first));
  g_assert_cmpint (kind_at (model, 2), ==, OH_CARD_READING);
  last = g_list_model_get_item (G_LIST_MODEL (model), 3);
  g_assert_true (oh_conversation_item_is_new (last));
  g_signal_connect (model, "items-changed", G_CALLBACK (note_change), &change);
  g_assert_false (oh_conversation_model_set_view (model, whole));
  g_assert_cmpuint (change.times, ==, 1);
  g_assert_cmpuint (change.position, ==, 2);
  g_assert_cmpuint (change.removed, ==, 1);
  g_assert_cmpuint (change.added, ==, 2); /* the fold, and the answer before the new message */
  g_assert_cmpint (kind_at (model, 2), ==, OH_CARD_FOLD);
  g_assert_cmpuint (index_at (model, 3), ==, 1);
  g_assert_cmpuint (index_at (model, 4), ==, 2);
  g_assert_cmpuint (oh_conversation_item_get_index (last), ==, 2);
  g_assert_true (oh_conversation_item_is_new (last));
  g_assert_cmpint (kind_at (model, 5), ==, OH_CARD_ANSWER);
}

/* Something is always left to read. */
static void
test_fold_all (void)
{
  g_autoptr (OhConversationModel) model = oh_conversation_model_new ();
  g_autoptr (OhExchangeView) view = continuing_view (-1, 3);

  oh_conversation_model_set_folding (model, TRUE);
  oh_conversation_model_set_view (model, view);
  g_assert_cmpuint (oh_conversation_model_get_n_folded (model), ==, 2);
  g_assert_cmpuint (index_at (model, 3), ==, 2);
  oh_conversation_model_set_folding (model, FALSE);
  g_assert_cmpuint (oh_conversation_model_get_n_folded (model), ==, 0);
  g_assert_cmpuint (index_at (model, 2), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/pretty", test_pretty);
  g_test_add_func ("/json/pretty-limit", test_pretty_limit);
  g_test_add_func ("/json/tree", test_tree);
  g_test_add_func ("/json/tree-large", test_tree_large);
  g_test_add_func ("/json/tree-begun", test_tree_begun);
  g_test_add_func ("/json/tree-problem", test_tree_problem);
  g_test_add_func ("/json/tree-long", test_tree_long);
  g_test_add_func ("/markdown/blocks", test_markdown);
  g_test_add_func ("/markdown/lists", test_markdown_lists);
  g_test_add_func ("/markdown/table", test_markdown_table);
  g_test_add_func ("/markdown/links", test_markdown_links);
  g_test_add_func ("/markdown/prefixes", test_markdown_prefixes);
  g_test_add_func ("/markdown/break-lines", test_break_lines);
  g_test_add_func ("/copy/curl", test_curl);
  g_test_add_func ("/copy/curl-bodies", test_curl_bodies);
  g_test_add_func ("/copy/send-again", test_send_again);
  g_test_add_func ("/copy/markdown", test_copy_markdown);
  g_test_add_func ("/body/form", test_form);
  g_test_add_func ("/body/hex", test_hex);
  g_test_add_func ("/body/cut", test_cut);
  g_test_add_func ("/body/pieces", test_pieces);
  g_test_add_func ("/body/pieces-search", test_pieces_search);
  g_test_add_func ("/stream/long-gap", test_long_gap);
  g_test_add_func ("/stream/model", test_stream_model);
  g_test_add_func ("/timing/phases", test_phases);
  g_test_add_func ("/timing/describe", test_describe);
  g_test_add_func ("/conversation/model", test_conversation);
  g_test_add_func ("/conversation/fold", test_fold);
  g_test_add_func ("/conversation/fold-all", test_fold_all);
  g_test_add_func ("/conversation/first-look", test_first_look);
  return g_test_run ();
}
