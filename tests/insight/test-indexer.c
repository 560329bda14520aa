/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which texts of an exchange a search finds: those that are new in it. */
#include "config.h"
#include "oh-indexer.h"

#include "readings.h"

#define TOOLS "\"tools\":[{\"name\":\"get_weather\",\"description\":\"Asks the sky\",\"input_schema\":{}}],"
#define FIRST                                                                                                          \
  "{\"model\":\"claude-a\",\"system\":\"You are kind\"," TOOLS                                                         \
  "\"messages\":[{\"role\":\"user\",\"content\":\"How is the weather in Köln?\"}]"
#define SECOND                                                                                                         \
  "{\"model\":\"claude-a\",\"system\":\"You are kind\"," TOOLS                                                         \
  "\"messages\":[{\"role\":\"user\",\"content\":\"How is the weather in Köln?\"},"                                     \
  "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_01\",\"name\":\"get_weather\","          \
  "\"input\":{\"city\":\"K\\u00f6ln\"}}]},"                                                                            \
  "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_01\","                            \
  "\"content\":[{\"type\":\"text\",\"text\":\"SUNNY\"}]}]}]"
#define ANSWER                                                                                                         \
  "{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"model\":\"claude-a-1\",\"content\":["               \
  "{\"type\":\"thinking\",\"thinking\":\"Let me think\",\"signature\":\"c2lnbmF0dXJl\"},"                              \
  "{\"type\":\"tool_use\",\"id\":\"toolu_01\",\"name\":\"get_weather\",\"input\":{\"city\":\"K\"}},"                   \
  "{\"type\":\"server_tool_use\",\"id\":\"srv_1\",\"name\":\"web_search\",\"input\":{\"query\":\"rain\"}}]}"

static OhExchange *
new_exchange (void)
{
  OhExchange *exchange = oh_exchange_new ();

  exchange->id = 7;
  exchange->scheme = g_strdup ("https");
  exchange->host = g_strdup ("api.anthropic.com");
  exchange->port = 443;
  exchange->target = g_strdup ("/v1/messages?beta=true");
  exchange->request_headers =
    oh_headers_new_from_string ("Accept: text/boring\r\nX-Stainless-Lang: dull\r\nanthropic-beta: files-2025\r\n");
  exchange->response_headers = oh_headers_new_from_string ("request-id: req_9\r\ndate: Monday\r\n");
  return exchange;
}

static void
assert_has (const OhSearchable *searchable, guint side, const char *text)
{
  if (strstr (searchable->sides[side]->str, text) == NULL)
    g_error ("“%s” is not in “%s”", text, searchable->sides[side]->str);
}

static void
assert_lacks (const OhSearchable *searchable, const char *text)
{
  for (guint side = 0; side < 2; side++)
    if (strstr (searchable->sides[side]->str, text) != NULL)
      g_error ("“%s” is in “%s”", text, searchable->sides[side]->str);
}

static void
check_first (void)
{
  g_autoptr (OhExchange) exchange = new_exchange ();
  g_autoptr (OhReading) reading = read_exchange (FIRST "}", ANSWER);
  g_autoptr (OhSearchable) searchable = oh_indexer_read (exchange, reading, NULL, NULL);

  g_assert_cmpint (searchable->exchange_id, ==, 7);
  assert_has (searchable, 0, "https://api.anthropic.com/v1/messages?beta=true");
  assert_has (searchable, 0, "files-2025");
  assert_has (searchable, 0, "you are kind");
  assert_has (searchable, 0, "asks the sky");
  assert_has (searchable, 0, "how is the weather in köln?");
  assert_has (searchable, 1, "req_9");
  assert_has (searchable, 1, "msg_1");
  assert_has (searchable, 1, "claude-a-1");
  assert_has (searchable, 1, "let me think");
  assert_has (searchable, 1, "toolu_01");
  assert_has (searchable, 1, "{\"city\":\"k\"}");
  assert_has (searchable, 1, "\"rain\"");
  assert_lacks (searchable, "boring");
  assert_lacks (searchable, "dull");
  assert_lacks (searchable, "monday");
  assert_lacks (searchable, "c2ln");
  g_assert_cmpuint (searchable->tools->len, ==, 2);
  g_assert_cmpstr (searchable->tools->pdata[0], ==, "get_weather");
  g_assert_cmpstr (searchable->tools->pdata[1], ==, "web_search");
}

static void
check_next (void)
{
  g_autoptr (OhExchange) exchange = new_exchange ();
  g_autoptr (OhReading) parent = read_exchange (FIRST "}", ANSWER);
  g_autoptr (OhReading) reading = read_exchange (SECOND "}", NULL);
  g_autoptr (OhPlace) place = oh_place_new ();
  g_autoptr (OhSearchable) searchable = NULL;
  g_autoptr (OhSearchable) alone = NULL;

  place->parent_id = 6;
  place->new_from = 2;
  searchable = oh_indexer_read (exchange, reading, place, parent);
  assert_has (searchable, 0, "sunny");
  assert_has (searchable, 0, "toolu_01");
  assert_lacks (searchable, "köln");
  assert_lacks (searchable, "kind");
  assert_lacks (searchable, "sky");
  g_assert_cmpuint (searchable->tools->len, ==, 0);
  /* Without knowing the parent, its system prompt and tools are new. */
  alone = oh_indexer_read (exchange, reading, place, NULL);
  assert_has (alone, 0, "kind");
  assert_has (alone, 0, "sky");
  assert_lacks (alone, "köln");
}

static GBytes *
bytes (const char *text, gssize length)
{
  return g_bytes_new (text, length < 0 ? strlen (text) : (gsize) length);
}

static void
check_plain (void)
{
  g_autoptr (OhExchange) exchange = new_exchange ();
  g_autoptr (GBytes) text = bytes ("Hello W\xc3\xb6rld, cut in a char \xe5\xa4", -1);
  g_autoptr (GBytes) binary = bytes ("PNG\0\1\2\3needle\4\5\6", 14);
  g_autoptr (GString) long_text = g_string_new (NULL);
  g_autoptr (GBytes) too_long = NULL;
  g_autoptr (OhSearchable) searchable = NULL;
  g_autoptr (OhSearchable) longer = NULL;

  searchable = oh_indexer_read_plain (exchange, NULL, text, binary);
  assert_has (searchable, 0, "hello wörld, cut in a char ");
  assert_has (searchable, 0, "/v1/messages");
  assert_lacks (searchable, "needle");
  while (long_text->len < OH_INDEXER_BODY_MAX)
    g_string_append (long_text, "0123456789");
  g_string_append (long_text, "beyond");
  too_long = bytes (long_text->str, -1);
  longer = oh_indexer_read_plain (exchange, NULL, NULL, too_long);
  g_assert_cmpuint (longer->sides[1]->len, >=, OH_INDEXER_BODY_MAX);
  assert_lacks (longer, "beyond");
}

static void
check_encoded (void)
{
  static const guint8 gzipped[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xcb, 0x4b, 0x4d, 0x4d, 0xc9, 0x49, 5, 0, 5, 0xe2, 0x58, 0x65, 6, 0, 0, 0 };
  g_autoptr (OhExchange) exchange = new_exchange ();
  g_autoptr (GBytes) body = g_bytes_new_static (gzipped, sizeof gzipped);
  g_autoptr (OhSearchable) searchable = NULL;

  oh_headers_append (exchange->response_headers, "Content-Encoding", "gzip");
  searchable = oh_indexer_read_plain (exchange, NULL, NULL, body);
  assert_has (searchable, 1, "needle");
}

/* What a refusal says of itself; an ordinary end is nothing to look for. */
static void
check_refusal (void)
{
  g_autoptr (OhExchange) exchange = new_exchange ();
  g_autoptr (OhReading) refused = read_exchange (
    FIRST "}", "{\"type\":\"message\",\"content\":[],\"stop_reason\":\"refusal\",\"stop_details\":{\"type\":\"refusal\","
               "\"category\":\"cyber\",\"explanation\":\"Declined because of zebras.\"}}");
  g_autoptr (OhReading) usual = read_exchange (FIRST "}", "{\"type\":\"message\",\"content\":[],\"stop_reason\":\"end_turn\"}");
  g_autoptr (OhSearchable) found = oh_indexer_read (exchange, refused, NULL, NULL);
  g_autoptr (OhSearchable) plain = oh_indexer_read (exchange, usual, NULL, NULL);

  assert_has (found, 1, "zebras");
  assert_has (found, 1, "cyber");
  assert_has (found, 1, "refusal");
  assert_lacks (plain, "end_turn");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/indexer/first", check_first);
  g_test_add_func ("/indexer/next", check_next);
  g_test_add_func ("/indexer/plain", check_plain);
  g_test_add_func ("/indexer/encoded", check_encoded);
  g_test_add_func ("/indexer/refusal", check_refusal);
  return g_test_run ();
}
