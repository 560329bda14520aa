/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-clock.h"
#include "oh-tool-span.h"
#include "readings.h"

#define ASK "{\"role\":\"user\",\"content\":\"weather?\"}"
#define USE(id, city) "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"weather\",\"input\":{\"city\":\"" city "\"}}"
#define RESULT(id, content) "{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":" content "}"
#define MESSAGE(role, blocks) "{\"role\":\"" role "\",\"content\":[" blocks "]}"
#define REQUEST(messages) "{\"model\":\"m\",\"messages\":[" messages "]}"
#define ANSWER(blocks) "{\"type\":\"message\",\"role\":\"assistant\",\"id\":\"m1\",\"content\":[" blocks "]}"

static void
test_parallel (void)
{
  g_autoptr (OhReading) asked = read_exchange (REQUEST (ASK), ANSWER ("{\"type\":\"text\",\"text\":\"let me see\"}," USE (
                                                 "t1", "Rome") "," USE ("t2", "Oslo") "," USE ("t3", "Nice")));
  g_autoptr (OhReading) brought = read_exchange (
    REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "Rome") "," USE ("t2", "Oslo")) "," MESSAGE (
      "user", RESULT ("t2", "\"snow\"") ",{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"is_error\":true,\"content\":["
                                        "{\"type\":\"text\",\"text\":\"no such\"},{\"type\":\"text\",\"text\":\"city\"}]}")),
    NULL);
  OhToolCall call = { 7, 0, 3 * OH_NS_PER_S, asked };
  OhToolCall later = { 9, 5 * OH_NS_PER_S, -1, brought };
  g_autoptr (GPtrArray) spans = oh_tool_span_infer (&call, &later, 1);
  const OhToolSpan *span;

  g_assert_cmpuint (spans->len, ==, 3);
  span = g_ptr_array_index (spans, 0);
  g_assert_cmpstr (span->id, ==, "t1");
  g_assert_cmpstr (span->name, ==, "weather");
  g_assert_cmpstr (span->input, ==, "{\"city\":\"Rome\"}");
  g_assert_cmpstr (span->result, ==, "no such\ncity");
  g_assert_true (span->is_error);
  g_assert_cmpint (span->asked_by, ==, 7);
  g_assert_cmpint (span->answered_by, ==, 9);
  g_assert_cmpint (span->started_ns, ==, 3 * OH_NS_PER_S);
  g_assert_cmpint (span->ended_ns, ==, 5 * OH_NS_PER_S);
  span = g_ptr_array_index (spans, 1);
  g_assert_cmpstr (span->result, ==, "snow");
  g_assert_false (span->is_error);
  span = g_ptr_array_index (spans, 2);
  g_assert_cmpint (span->answered_by, ==, 0);
  g_assert_cmpint (span->ended_ns, ==, -1);
  g_assert_null (span->result);
}

/* The first request that brings the result counts; later ones only repeat it. */
static void
test_first (void)
{
  g_autoptr (OhReading) asked = read_exchange (REQUEST (ASK), ANSWER (USE ("t1", "Rome")));
  g_autoptr (OhReading) other = read_exchange (REQUEST (ASK), NULL);
  g_autoptr (OhReading) first = read_exchange (
    REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "Rome")) "," MESSAGE ("user", RESULT ("t1", "\"sun\""))), NULL);
  OhToolCall call = { 1, 0, 10, asked };
  OhToolCall later[] = { { 2, 20, 30, other }, { 3, 40, 50, first }, { 4, 60, 70, first } };
  g_autoptr (GPtrArray) spans = oh_tool_span_infer (&call, later, 3);
  g_autoptr (GPtrArray) pending = NULL;

  g_assert_cmpint (((OhToolSpan *) g_ptr_array_index (spans, 0))->answered_by, ==, 3);
  /* While the answer still streams there is no end to count from. */
  call.ended_ns = -1;
  pending = oh_tool_span_infer (&call, later, 3);
  g_assert_cmpuint (pending->len, ==, 0);
}

static void
test_server (void)
{
  g_autoptr (OhReading) asked = read_exchange (
    REQUEST (ASK),
    ANSWER ("{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{\"query\":\"x\"}},"
            "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":{\"type\":"
            "\"web_search_tool_result_error\",\"error_code\":\"unavailable\"}}"));
  OhToolCall call = { 1, 0, 10, asked };
  g_autoptr (GPtrArray) spans = oh_tool_span_infer (&call, NULL, 0);
  const OhToolSpan *span = g_ptr_array_index (spans, 0);

  g_assert_cmpuint (spans->len, ==, 1);
  g_assert_true (span->by_server);
  g_assert_cmpint (span->answered_by, ==, 1);
  g_assert_cmpint (span->ended_ns, ==, span->started_ns);
  g_assert_true (span->is_error);
}

static void
test_check (void)
{
  static const struct
  {
    const char *request;
    const char *missing;
    const char *stray;
  } cases[] = {
    { REQUEST (ASK), NULL, NULL },
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a")) "," MESSAGE ("user", RESULT ("t1", "\"x\""))), NULL, NULL },
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a"))), NULL, NULL },
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a")) "," MESSAGE ("system", "") "," MESSAGE ("user", RESULT ("t1", "\"x\""))),
      NULL, NULL },
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a")) "," ASK), "t1", NULL },
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a") "," USE ("t2", "b")) "," MESSAGE ("user", RESULT (
                                                                                             "t1", "\"x\""))),
      "t2", NULL },
    { REQUEST (MESSAGE ("user", RESULT ("t9", "\"x\""))), NULL, "t9" },
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a")) "," ASK "," MESSAGE ("user", RESULT ("t1", "\"x\""))), "t1", "t1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhReading) reading = read_exchange (cases[i].request, NULL);
      g_autofree char *missing = NULL;
      g_autofree char *stray = NULL;
      gboolean right = oh_tool_span_check (reading->messages, &missing, &stray);

      g_assert_cmpstr (missing, ==, cases[i].missing);
      g_assert_cmpstr (stray, ==, cases[i].stray);
      g_assert_cmpint (right, ==, cases[i].missing == NULL && cases[i].stray == NULL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tool-span/parallel", test_parallel);
  g_test_add_func ("/tool-span/first", test_first);
  g_test_add_func ("/tool-span/server", test_server);
  g_test_add_func ("/tool-span/check", test_check);
  return g_test_run ();
}
