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

#define SERVER_USE(id) "{\"type\":\"server_tool_use\",\"id\":\"" id "\",\"name\":\"code_execution\",\"input\":{}}"
#define SERVER_RESULT(id) "{\"type\":\"code_execution_tool_result\",\"tool_use_id\":\"" id "\",\"content\":{\"type\":\"x\"}}"

/* What the API runs may end in a later answer: after a pause, or after tools of the program that its code called. */
static void
test_later_answer (void)
{
  g_autoptr (OhReading) asked = read_exchange (REQUEST (ASK), ANSWER (SERVER_USE ("s1") "," USE ("t1", "Rome")));
  g_autoptr (OhReading) between = read_exchange (REQUEST (ASK), ANSWER (USE ("t2", "Oslo")));
  g_autoptr (OhReading) ended = read_exchange (REQUEST (ASK), ANSWER (SERVER_RESULT ("s1") "," SERVER_USE ("s2") "," SERVER_RESULT ("s2")));
  OhToolCall call = { 1, 0, 10, asked };
  OhToolCall later[] = { { 2, 20, 30, between }, { 3, 40, 50, ended } };
  g_autoptr (GPtrArray) spans = oh_tool_span_infer (&call, later, 2);
  g_autoptr (GHashTable) none = oh_tool_span_list_late_results (between->answer);
  g_autoptr (GHashTable) late = oh_tool_span_list_late_results (ended->answer);
  const OhToolSpan *span = g_ptr_array_index (spans, 0);

  g_assert_cmpuint (spans->len, ==, 2);
  g_assert_cmpint (span->answered_by, ==, 3);
  g_assert_cmpint (span->started_ns, ==, 10);
  g_assert_cmpint (span->ended_ns, ==, 50);
  g_assert_cmpuint (g_hash_table_size (none), ==, 0);
  g_assert_cmpuint (g_hash_table_size (late), ==, 1);
  g_assert_true (g_hash_table_contains (late, "s1"));
  /* While that answer still streams, nobody knows. */
  later[1].ended_ns = -1;
  g_clear_pointer (&spans, g_ptr_array_unref);
  spans = oh_tool_span_infer (&call, later, 2);
  g_assert_cmpint (((OhToolSpan *) g_ptr_array_index (spans, 0))->answered_by, ==, 0);
}

/* In a stream whose times are known a tool of the API's own takes from the end of the block that asks for it to the
 * beginning of its result. */
static void
test_server_times (void)
{
  static const struct
  {
    gint64 at_ns;
    const char *event;
  } events[] = {
    { 100, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"role\":\"assistant\",\"content\":[]}}\n\n" },
    { 200, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
           "\"server_tool_use\",\"id\":\"s1\",\"name\":\"web_search\",\"input\":{}}}\n\n" },
    { 300, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
           "\"input_json_delta\",\"partial_json\":\"{}\"}}\n\n" },
    { 400, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n" },
    { 900, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":"
           "\"web_search_tool_result\",\"tool_use_id\":\"s1\",\"content\":[]}}\n\n" },
    { 950, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n" },
    { 990, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n" },
  };
  g_autoptr (OhExchange) head = oh_exchange_new ();
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (GPtrArray) spans = NULL;
  const OhToolSpan *span;
  OhToolCall call = { 1, 5000, 6000, NULL };

  head->method = g_strdup ("POST");
  head->scheme = g_strdup ("https");
  head->host = g_strdup ("api.anthropic.com");
  head->port = 443;
  head->target = g_strdup ("/v1/messages");
  head->status = 200;
  head->request_headers = oh_headers_new ();
  head->response_headers = oh_headers_new_from_string ("content-type: text/event-stream\r\n");
  interpreter = oh_interpreter_new (head);
  oh_interpreter_feed_request (interpreter, REQUEST (ASK), strlen (REQUEST (ASK)));
  oh_interpreter_end_request (interpreter);
  oh_interpreter_set_response (interpreter, head);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    oh_interpreter_feed_response (interpreter, events[i].event, strlen (events[i].event), events[i].at_ns);
  oh_interpreter_end (interpreter, OH_OUTCOME_FINISHED);
  reading = oh_interpreter_get_reading (interpreter);
  call.reading = reading;
  spans = oh_tool_span_infer (&call, NULL, 0);
  g_assert_cmpuint (spans->len, ==, 1);
  span = g_ptr_array_index (spans, 0);
  g_assert_cmpint (span->started_ns, ==, 5400);
  g_assert_cmpint (span->ended_ns, ==, 5900);
}

/* A broken gateway's ids: the first result of an id is of the first that asked under it. */
static void
test_same_ids (void)
{
  g_autoptr (OhReading) asked = read_exchange (REQUEST (ASK), ANSWER (USE ("t", "Rome") "," USE ("t", "Oslo") "," USE ("t", "Nice")));
  g_autoptr (OhReading) brought = read_exchange (
    REQUEST (ASK "," MESSAGE ("assistant", USE ("t", "Rome") "," USE ("t", "Oslo")) "," MESSAGE ("user", RESULT ("t", "\"sun\"") "," RESULT ("t", "\"snow\""))),
    NULL);
  OhToolCall call = { 1, 0, 10, asked };
  OhToolCall later = { 2, 20, -1, brought };
  g_autoptr (GPtrArray) spans = oh_tool_span_infer (&call, &later, 1);
  g_autoptr (GHashTable) results = oh_tool_span_list_results (brought, 1);
  g_autoptr (GHashTable) none = oh_tool_span_list_results (brought, 3);

  g_assert_cmpuint (spans->len, ==, 3);
  g_assert_cmpstr (((OhToolSpan *) g_ptr_array_index (spans, 0))->result, ==, "sun");
  g_assert_cmpstr (((OhToolSpan *) g_ptr_array_index (spans, 1))->result, ==, "snow");
  g_assert_cmpint (((OhToolSpan *) g_ptr_array_index (spans, 2))->answered_by, ==, 0);
  g_assert_true (g_hash_table_contains (results, "t"));
  g_assert_cmpuint (g_hash_table_size (none), ==, 0);
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
    /* Messages of one role in a row are one turn. */
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a") "," USE ("t2", "b")) "," MESSAGE ("user", RESULT (
        "t1", "\"x\"")) "," MESSAGE ("user", RESULT ("t2", "\"y\""))),
      NULL, NULL },
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a")) "," MESSAGE ("assistant", USE ("t2", "b")) "," MESSAGE (
        "user", RESULT ("t1", "\"x\"") "," RESULT ("t2", "\"y\""))),
      NULL, NULL },
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a") "," USE ("t2", "b")) "," MESSAGE ("user", RESULT (
        "t1", "\"x\"")) "," MESSAGE ("user", RESULT ("t9", "\"y\""))),
      "t2", "t9" },
    { REQUEST (ASK "," MESSAGE ("assistant", USE ("t1", "a")) "," MESSAGE ("user", RESULT ("t1", "\"x\"")) "," MESSAGE (
        "assistant", USE ("t2", "b")) "," MESSAGE ("user", RESULT ("t1", "\"x\""))),
      "t2", "t1" },
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
  g_test_add_func ("/tool-span/later-answer", test_later_answer);
  g_test_add_func ("/tool-span/server-times", test_server_times);
  g_test_add_func ("/tool-span/same-ids", test_same_ids);
  g_test_add_func ("/tool-span/check", test_check);
  return g_test_run ();
}
