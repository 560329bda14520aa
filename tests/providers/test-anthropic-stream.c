/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streamed answers: every delta, every edge case of the wire, and the same result however the bytes are cut. */
#include "config.h"
#include "fixture.h"
#include "oh-assembled.h"
#include "oh-json-scan.h"

#define START \
  "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":" \
  "\"assistant\",\"content\":[],\"model\":\"claude-a\",\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{" \
  "\"input_tokens\":11,\"cache_creation_input_tokens\":30,\"cache_read_input_tokens\":5,\"cache_creation\":{" \
  "\"ephemeral_5m_input_tokens\":10,\"ephemeral_1h_input_tokens\":20},\"output_tokens\":1,\"service_tier\":" \
  "\"standard\"}}}\n\n"
#define EVENT(name, rest) "event: " name "\ndata: {\"type\":\"" name "\"" rest "}\n\n"
#define BEGIN(index, block) EVENT ("content_block_start", ",\"index\":" #index ",\"content_block\":" block)
#define DELTA(index, delta) EVENT ("content_block_delta", ",\"index\":" #index ",\"delta\":" delta)
#define STOP(index) EVENT ("content_block_stop", ",\"index\":" #index)
#define TEXT(index, text) DELTA (index, "{\"type\":\"text_delta\",\"text\":\"" text "\"}")
#define END(reason) \
  EVENT ("message_delta", ",\"delta\":{\"stop_reason\":\"" reason "\",\"stop_sequence\":null},\"usage\":{" \
                          "\"output_tokens\":6}") \
  EVENT ("message_stop", "")

static const char basic[] = START BEGIN (0, "{\"type\":\"text\",\"text\":\"\"}")
  "event: ping\ndata: {\"type\": \"ping\"}\n\n" TEXT (0, "Hello") TEXT (0, " wörld 😀") STOP (0) END ("end_turn");

/* Thinking, text with citations, a tool call, a server tool and its result, interleaved pings. */
static const char rich[] = START
  BEGIN (0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
  DELTA (0, "{\"type\":\"thinking_delta\",\"thinking\":\"Let me \",\"estimated_tokens\":2}")
  DELTA (0, "{\"type\":\"thinking_delta\",\"thinking\":\"see.\"}")
  DELTA (0, "{\"type\":\"signature_delta\",\"signature\":\"first\"}")
  DELTA (0, "{\"type\":\"signature_delta\",\"signature\":\"sig==\"}") STOP (0)
  BEGIN (1, "{\"type\":\"redacted_thinking\",\"data\":\"opaque\"}") STOP (1)
  BEGIN (2, "{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{}}")
  DELTA (2, "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}")
  DELTA (2, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"query\\\": \\\"a\"}")
  DELTA (2, "{\"type\":\"input_json_delta\",\"partial_json\":\"b\\\"}\"}") STOP (2)
  BEGIN (3, "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":[{\"type\":"
            "\"web_search_result\",\"url\":\"u\",\"title\":\"t\"}]}") STOP (3)
  BEGIN (4, "{\"type\":\"text\",\"text\":\"\",\"citations\":[]}") TEXT (4, "It \\\"is\\\"\\n")
  DELTA (4, "{\"type\":\"citations_delta\",\"citation\":{\"type\":\"char_location\",\"n\":1}}")
  DELTA (4, "{\"type\":\"citations_delta\",\"citation\":{\"type\":\"char_location\",\"n\":2}}") TEXT (4, "so.") STOP (4)
  BEGIN (5, "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"now\",\"input\":{}}") STOP (5)
  BEGIN (6, "{\"type\":\"tool_use\",\"id\":\"toolu_2\",\"name\":\"later\",\"input\":{}}")
  DELTA (6, "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}") STOP (6)
  EVENT ("message_delta",
         ",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":89,"
         "\"input_tokens\":12,\"cache_creation_input_tokens\":null,\"cache_read_input_tokens\":6,\"server_tool_use\":{"
         "\"web_search_requests\":1},\"output_tokens_details\":{\"thinking_tokens\":7}}")
  EVENT ("message_delta", ",\"delta\":{\"stop_reason\":null},\"usage\":{\"output_tokens\":90}")
  EVENT ("message_stop", "");

static OhReading *
read_stream (const char *stream, OhOutcome outcome)
{
  g_autoptr (OhExchange) exchange = make_messages (200, "text/event-stream; charset=utf-8");
  g_autoptr (OhInterpreter) interpreter =
    interpret (exchange, "{\"model\":\"claude-asked\",\"stream\":true,\"messages\":[]}", stream, -1, 0, outcome);

  return oh_interpreter_get_reading (interpreter);
}

static void
check_basic (void)
{
  g_autoptr (OhReading) reading = read_stream (basic, OH_OUTCOME_FINISHED);
  g_autoptr (GString) facts = g_string_new (NULL);
  const OhBlock *block = reading->answer->blocks->pdata[0];

  assert_answer (reading, "text text=Hello wörld 😀\n");
  g_assert_cmpstr (block->json, ==, "{\"type\":\"text\",\"text\":\"Hello wörld 😀\"}");
  assert_problems (reading, "");
  dump_facts (facts, reading->facts);
  g_assert_cmpstr (facts->str, ==,
                   "anthropic messages model=claude-a asked=claude-asked stop=end_turn id=msg_1 request=req_1 "
                   "error=(null)/(null) title=(null) tier=standard speed=(null) geo=(null) streamed=1 complete=1 in=11 out=6 "
                   "read=5 write=30 5m=10 1h=20 thinking=-1 search=-1 fetch=-1 estimate=-1 first=1000 messages=0 "
                   "tools=0\n");
  g_assert_cmpuint (reading->events->len, ==, 8);
}

static void
check_rich (void)
{
  g_autoptr (OhReading) reading = read_stream (rich, OH_OUTCOME_FINISHED);
  const OhUsage *usage = &reading->facts->usage;
  const OhBlock *block;

  assert_answer (reading, "thinking text=Let me see. signature=sig==\n"
                          "redacted_thinking\n"
                          "server_tool_use #srvtoolu_1 name=web_search input={\"query\": \"ab\"}\n"
                          "web_search_tool_result #srvtoolu_1\n  web_search_result name=t source=u\n"
                          "text text=It \"is\"\nso.\n"
                          "tool_use #toolu_1 name=now input={}\n"
                          "tool_use #toolu_2 name=later input={}\n");
  assert_problems (reading, "");
  block = reading->answer->blocks->pdata[0];
  g_assert_cmpstr (block->json, ==, "{\"type\":\"thinking\",\"thinking\":\"Let me see.\",\"signature\":\"sig==\"}");
  block = reading->answer->blocks->pdata[2];
  g_assert_cmpstr (block->json, ==,
                   "{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{\"query\": "
                   "\"ab\"}}");
  block = reading->answer->blocks->pdata[4];
  g_assert_cmpstr (block->json, ==,
                   "{\"type\":\"text\",\"text\":\"It \\\"is\\\"\\nso.\",\"citations\":[{\"type\":\"char_location\",\"n\":1},"
                   "{\"type\":\"char_location\",\"n\":2}]}");
  g_assert_cmpstr (reading->facts->stop_reason, ==, "tool_use");
  g_assert_cmpuint (reading->facts->tool_use_count, ==, 2);
  /* Later counts replace earlier ones and are never added; null changes nothing. */
  g_assert_cmpint (usage->input, ==, 12);
  g_assert_cmpint (usage->output, ==, 90);
  g_assert_cmpint (usage->cache_read, ==, 6);
  g_assert_cmpint (usage->cache_write, ==, 30);
  g_assert_cmpint (usage->thinking, ==, 7);
  g_assert_cmpint (usage->web_search, ==, 1);
}

/* As the API would have sent it in one piece: later counts replace earlier ones, what nothing was said of stays. */
static void
check_assembled (void)
{
  static const char stream[] =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"role\":\"assistant\",\"content\":[],"
    "\"stop_reason\":null,\"odd\":{\"n\":1.50},\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n"
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
    "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}}\n\n"
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
    "\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1}\"}}\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},"
    "\"usage\":{\"input_tokens\":null,\"output_tokens\":9}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  g_autoptr (OhReading) reading = read_stream (stream, OH_OUTCOME_FINISHED);
  g_autoptr (OhReading) whole = read_stream (rich, OH_OUTCOME_FINISHED);
  g_autofree char *answer = oh_assembled_dup_answer (reading);
  g_autofree char *rich_answer = oh_assembled_dup_answer (whole);
  OhJson json;

  g_assert_cmpstr (answer, ==,
                   "{\"id\": \"msg_1\", \"role\": \"assistant\", \"content\": [{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\","
                   "\"input\":{\"a\":1}}], \"stop_reason\": \"tool_use\", \"odd\": {\"n\":1.50}, "
                   "\"usage\": {\"input_tokens\": 3, \"output_tokens\": 9}}");
  g_assert_true (oh_json_parse (rich_answer, strlen (rich_answer), &json, NULL));
  g_assert_true (oh_json_is (oh_json_get (json, "stop_reason"), "tool_use"));
  g_assert_cmpint (oh_json_get_int (oh_json_get_path (json, "usage", "output_tokens", NULL), 0), ==, 90);
}

static void
check_summaries (void)
{
  g_autoptr (OhReading) reading = read_stream (basic, OH_OUTCOME_FINISHED);
  g_autoptr (GString) said = g_string_new (NULL);

  for (guint i = 0; i < reading->events->len; i++)
    {
      const OhStreamEvent *event = reading->events->pdata[i];

      g_assert_cmpint (event->at_ns, ==, 1000);
      g_string_append_printf (said, "%s: %s\n", event->name, event->summary);
    }
  g_assert_cmpstr (said->str, ==,
                   "message_start: claude-a · input 46 · cache read 5 · cache write 30\ncontent_block_start: text\n"
                   "ping: {\"type\": \"ping\"}\ncontent_block_delta: Hello\ncontent_block_delta: wörld 😀\n"
                   "content_block_stop: text\nmessage_delta: end_turn · output 6\nmessage_stop: {\"type\":\"message_stop\"}\n");
}

typedef struct
{
  const char *name;
  const char *stream;
  OhOutcome outcome;
  const char *answer;
  const char *problems;
  gboolean complete;
  const char *error;
} Edge;

#define HI BEGIN (0, "{\"type\":\"text\",\"text\":\"\"}") TEXT (0, "Hi")
#define TOOL BEGIN (0, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}")
#define HEADLESS "The stream does not begin with message_start\n"
#define ENDED_EARLY "The stream ended before the message did; what came of it is shown\n"

static const Edge edges[] = {
  { "unterminated-stop",
    START HI STOP (0) "event: message_stop\ndata: {\"type\":\"message_stop\"}", OH_OUTCOME_FINISHED, "text text=Hi\n", "",
    TRUE, NULL },
  { "no-message-stop", START HI STOP (0), OH_OUTCOME_FINISHED, "text text=Hi\n", ENDED_EARLY, FALSE, NULL },
  { "cut-in-block", START HI, OH_OUTCOME_CUT, "text text=Hi incomplete\n", "", FALSE, NULL },
  { "cut-after-stop", START HI STOP (0) END ("end_turn"), OH_OUTCOME_CUT, "text text=Hi\n", "", TRUE, NULL },
  { "cut-in-event", START HI "event: content_block_del", OH_OUTCOME_CUT, "text text=Hi incomplete\n", "", FALSE,
    NULL },
  { "nothing", "", OH_OUTCOME_FINISHED, "", ENDED_EARLY, FALSE, NULL },
  { "error",
    START HI EVENT ("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"request_id\":\"req_e\""),
    OH_OUTCOME_FINISHED, "text text=Hi incomplete\n", "", FALSE, "overloaded_error/Overloaded/req_e" },
  { "error-then-stop",
    START EVENT ("error", ",\"error\":{\"type\":\"api_error\",\"message\":\"x\"}") EVENT ("message_stop", ""),
    OH_OUTCOME_FINISHED, "", "", FALSE, "api_error/x/req_1" },
  { "error-not-json", "event: error\ndata: oh no\n\n", OH_OUTCOME_FINISHED, "", "", FALSE, "error/oh no/req_1" },
  { "error-without-name", "data: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"x\"}}\n\n",
    OH_OUTCOME_FINISHED, "", "", FALSE, "api_error/x/req_1" },
  { "no-names",
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n"
    "data: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"message_stop\"}\n\n",
    OH_OUTCOME_FINISHED, "text text=Hi\n", HEADLESS, TRUE, NULL },
  { "no-types",
    "event: content_block_start\ndata: {\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
    "event: content_block_delta\ndata: {\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n"
    "event: content_block_stop\ndata: {\"index\":0}\n\nevent: message_stop\ndata: {}\n\n",
    OH_OUTCOME_FINISHED, "text text=Hi\n", HEADLESS, TRUE, NULL },
  { "before-message-start", HI STOP (0) START END ("end_turn"), OH_OUTCOME_FINISHED, "text text=Hi\n", HEADLESS, TRUE, NULL },
  { "second-message-start", START HI STOP (0) START END ("end_turn"), OH_OUTCOME_FINISHED, "text text=Hi\n",
    "The stream holds a second message_start; it is left out\n", TRUE, NULL },
  { "unknown-event", START EVENT ("message_mood", ",\"mood\":1") HI STOP (0) END ("end_turn"), OH_OUTCOME_FINISHED,
    "text text=Hi\n", "", TRUE, NULL },
  { "unknown-delta", START HI DELTA (0, "{\"type\":\"mood_delta\",\"mood\":1}") STOP (0) END ("end_turn"),
    OH_OUTCOME_FINISHED, "text text=Hi\n", "", TRUE, NULL },
  { "unknown-block", START BEGIN (0, "{\"type\":\"hologram\",\"beams\":[1, 2]}") STOP (0) END ("end_turn"),
    OH_OUTCOME_FINISHED, "hologram\n", "", TRUE, NULL },
  { "interleaved",
    START BEGIN (0, "{\"type\":\"text\",\"text\":\"\"}") BEGIN (2, "{\"type\":\"text\",\"text\":\"\"}") TEXT (0, "a")
      TEXT (2, "1") TEXT (0, "b") TEXT (2, "2") STOP (2) TEXT (0, "c") STOP (0) END ("end_turn"),
    OH_OUTCOME_FINISHED, "text text=abc\ntext text=12\n", "The stream begins block 2 where block 1 is due\n", TRUE, NULL },
  { "index-gap",
    START BEGIN (1, "{\"type\":\"text\",\"text\":\"a\"}") STOP (1) BEGIN (2, "{\"type\":\"text\",\"text\":\"b\"}") STOP (2)
      END ("end_turn"),
    OH_OUTCOME_FINISHED, "text text=a\ntext text=b\n", "The stream begins block 1 where block 0 is due\n", TRUE, NULL },
  { "index-twice", START HI STOP (0) HI STOP (0) END ("end_turn"), OH_OUTCOME_FINISHED, "text text=Hi\ntext text=Hi\n",
    "The stream begins block 0 a second time\n", TRUE, NULL },
  { "only-stop", EVENT ("message_stop", ""), OH_OUTCOME_FINISHED, "", HEADLESS, TRUE, NULL },
  { "ping-before-start", EVENT ("ping", "") START HI STOP (0) END ("end_turn"), OH_OUTCOME_FINISHED, "text text=Hi\n", "",
    TRUE, NULL },
  { "cut-in-data", START HI "event: content_block_delta\ndata: {\"type\":\"content_bl", OH_OUTCOME_FINISHED,
    "text text=Hi incomplete\n", ENDED_EARLY, FALSE, NULL },
  { "cut-in-data-by-client", START HI "event: content_block_delta\ndata: {\"type\":\"content_bl", OH_OUTCOME_CUT,
    "text text=Hi incomplete\n", "", FALSE, NULL },
  { "whole-input-and-empty-delta",
    START BEGIN (0, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{\"city\":\"Oslo\"}}")
      DELTA (0, "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}") STOP (0) END ("tool_use"),
    OH_OUTCOME_FINISHED, "tool_use #t name=n input={\"city\":\"Oslo\"}\n", "", TRUE, NULL },
  { "nul", START HI TEXT (0, "\\u0000 \\u2028") STOP (0) END ("end_turn"), OH_OUTCOME_FINISHED,
    "text text=Hi\357\277\275 \342\200\250\n", "Block 0 of the answer holds a NUL, \\u0000\n", TRUE, NULL },
  { "half-a-character", START HI TEXT (0, "\\uD83D") TEXT (0, "?") STOP (0) END ("end_turn"), OH_OUTCOME_FINISHED,
    "text text=Hi\357\277\275?\n", "Block 0 of the answer holds half of a character, \\uD83D\n", TRUE, NULL },
  { "two-halves", START HI TEXT (0, "\\ud83d") TEXT (0, "\\ude00") STOP (0) END ("end_turn"), OH_OUTCOME_FINISHED,
    "text text=Hi😀\n", "", TRUE, NULL },

  { "delta-without-start", START TEXT (3, "x") STOP (3) END ("end_turn"), OH_OUTCOME_FINISHED, "text text=x\n",
    "The stream continues block 3, which it did not begin\n", TRUE, NULL },
  { "delta-after-stop", START HI STOP (0) TEXT (0, "more") STOP (0) END ("end_turn"), OH_OUTCOME_FINISHED,
    "text text=Hi\ntext text=more\n", "The stream continues block 0, which it had ended\n", TRUE, NULL },
  { "start-twice", START HI BEGIN (0, "{\"type\":\"text\",\"text\":\"\"}") TEXT (0, "Ho") STOP (0) END ("end_turn"),
    OH_OUTCOME_FINISHED, "text text=Hi incomplete\ntext text=Ho\n", "The stream begins block 0 again before it ended\n", TRUE,
    NULL },
  { "stop-without-start", START STOP (4) END ("end_turn"), OH_OUTCOME_FINISHED, "",
    "The stream ends block 4, which it did not begin\n", TRUE, NULL },
  { "not-json", START "event: content_block_delta\ndata: {\"type\":\n\n" HI STOP (0) END ("end_turn"), OH_OUTCOME_FINISHED,
    "text text=Hi\n", "The data of an event is not valid JSON: it ends too early, at byte 8\n", TRUE, NULL },
  { "padded", START "event: message_stop\ndata: {\"type\":\"message_stop\"      }      \n\n", OH_OUTCOME_FINISHED, "", "",
    TRUE, NULL },
  { "partial-input",
    START TOOL DELTA (0, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\": \\\"Par\"}") STOP (0)
      END ("max_tokens"),
    OH_OUTCOME_FINISHED,
    "tool_use #t name=n input={\"city\": \"Par problem=The input is not valid JSON: it ends too early, at byte 13\n", "", TRUE,
    NULL },
  { "partial-input-cut",
    START TOOL DELTA (0, "{\"type\":\"input_json_delta\",\"partial_json\":\"[1\"}"), OH_OUTCOME_CUT,
    "tool_use #t name=n input=[1 incomplete problem=The input is not valid JSON: it ends too early, at byte 2\n", "",
    FALSE, NULL },
  { "whole-input-at-start",
    START BEGIN (0, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{\"a\":1}}") STOP (0) END ("tool_use"),
    OH_OUTCOME_FINISHED, "tool_use #t name=n input={\"a\":1}\n", "", TRUE, NULL },
  { "mcp-input",
    START BEGIN (0, "{\"type\":\"mcp_tool_use\",\"id\":\"t\",\"name\":\"n\",\"server_name\":\"s\",\"input\":{}}")
      DELTA (0, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1}\"}") STOP (0) END ("tool_use"),
    OH_OUTCOME_FINISHED, "mcp_tool_use #t name=n input={\"a\":1}\n", "", TRUE, NULL },
  { "compaction",
    START BEGIN (0, "{\"type\":\"compaction\",\"content\":null}")
      DELTA (0, "{\"type\":\"compaction_delta\",\"content\":\"x\",\"encrypted_content\":null}")
        DELTA (0, "{\"type\":\"compaction_delta\",\"content\":\"So far\",\"encrypted_content\":\"e\"}") STOP (0)
          END ("compaction"),
    OH_OUTCOME_FINISHED, "compaction text=So far\n", "", TRUE, NULL },
  { "compaction-failed",
    START BEGIN (0, "{\"type\":\"compaction\",\"content\":\"\"}")
      DELTA (0, "{\"type\":\"compaction_delta\",\"content\":null}") STOP (0) END ("compaction"),
    OH_OUTCOME_FINISHED, "compaction problem=The conversation could not be compacted\n", "", TRUE, NULL },
  { "crlf-and-comments",
    ": keep-alive\r\n\r\nevent: content_block_start\r\nid: 1\r\ndata: {\"type\":\"content_block_start\",\"index\":0,\r\n"
    "data: \"content_block\":{\"type\":\"text\",\"text\":\"split\"}}\r\n\r\nevent: content_block_stop\r\n"
    "data: {\"type\":\"content_block_stop\",\"index\":0}\r\n\r\nevent: message_stop\r\ndata: {\"type\":\"message_stop\"}\r\n\r\n",
    OH_OUTCOME_FINISHED, "text text=split\n", HEADLESS, TRUE, NULL },
  { "garbage", "\x01\x02<html>\ndata: <b>\n\n\xff\xfe\n\nevent: what\n\n", OH_OUTCOME_FINISHED, "",
    "The data of an event is not valid JSON: “<” is out of place at byte 0\n" ENDED_EARLY, FALSE, NULL },
  { "odd-types",
    "data: []\n\ndata: {\"type\":7}\n\ndata: null\n\n" EVENT ("content_block_start", ",\"index\":\"x\",\"content_block\":7")
      EVENT ("content_block_delta", ",\"index\":{},\"delta\":[]") EVENT ("message_delta", ",\"delta\":7,\"usage\":[]")
        EVENT ("message_stop", ""),
    OH_OUTCOME_FINISHED, "unknown incomplete\n", HEADLESS, TRUE, NULL },
};

static void
check_edge (gconstpointer data)
{
  const Edge *edge = data;
  g_autoptr (OhReading) reading = read_stream (edge->stream, edge->outcome);

  assert_answer (reading, edge->answer);
  assert_problems (reading, edge->problems);
  g_assert_cmpint (reading->facts->complete, ==, edge->complete);
  g_assert_true (reading->facts->output_estimate == -1 || reading->facts->output_estimate > reading->facts->usage.output);
  if (edge->error != NULL)
    {
      g_autofree char *error = g_strdup_printf ("%s/%s/%s", reading->facts->error_type, reading->facts->error_message,
                                                reading->facts->request_id);

      g_assert_cmpstr (error, ==, edge->error);
    }
  else
    g_assert_null (reading->facts->error_type);
}

/* What stood in the deltas stands in the block, to the last escape. */
static void
check_verbatim (void)
{
  static const char stream[] =
    START BEGIN (0, "{\"type\":\"text\",\"text\":\"\\u0001\"}") TEXT (0, "a\\u0000b\\u2028c") TEXT (0, "\\ud83d \\/ \\\"")
      STOP (0) END ("end_turn");
  g_autoptr (OhReading) reading = read_stream (stream, OH_OUTCOME_FINISHED);
  const OhBlock *block = reading->answer->blocks->pdata[0];

  g_assert_cmpstr (block->json, ==,
                   "{\"type\":\"text\",\"text\":\"\\u0001a\\u0000b\\u2028c\\ud83d \\/ \\\"\"}");
  g_assert_cmpstr (block->text, ==, "\001a\357\277\275b\342\200\250c\357\277\275 / \"");
}

static void
check_refusal (void)
{
  static const char stream[] =
    START EVENT ("message_delta", ",\"delta\":{\"stop_reason\":\"refusal\",\"stop_details\":{\"type\":\"refusal\",\"category\":"
                                  "\"cyber\",\"explanation\":\"No zebras.\"}},\"usage\":{\"output_tokens\":0}")
      EVENT ("message_stop", "");
  g_autoptr (OhReading) reading = read_stream (stream, OH_OUTCOME_FINISHED);
  g_autofree char *stop = oh_facts_describe_stop (reading->facts);

  g_assert_cmpstr (stop, ==, "refusal · cyber: No zebras.");
  assert_problems (reading, "");
}

/* Cut anywhere, in two pieces or byte by byte: the same reading. */
static void
check_splits (gconstpointer data)
{
  const char *stream = data;
  gsize length = strlen (stream);
  g_autoptr (OhExchange) exchange = make_messages (200, "text/event-stream");
  g_autoptr (OhInterpreter) whole = interpret (exchange, NULL, stream, -1, 0, OH_OUTCOME_FINISHED);
  g_autoptr (OhReading) whole_reading = oh_interpreter_get_reading (whole);
  g_autofree char *expected = dump_reading (whole_reading);
  g_autoptr (OhInterpreter) bytewise = oh_interpreter_new (exchange);

  for (gsize split = 1; split < length; split++)
    {
      g_autoptr (OhInterpreter) interpreter = interpret (exchange, NULL, stream, -1, split, OH_OUTCOME_FINISHED);
      g_autoptr (OhReading) reading = oh_interpreter_get_reading (interpreter);
      g_autofree char *said = dump_reading (reading);

      g_assert_cmpstr (said, ==, expected);
    }
  oh_interpreter_set_response (bytewise, exchange);
  for (gsize at = 0; at < length; at++)
    {
      g_autoptr (OhFacts) facts = NULL;
      g_autoptr (OhReading) reading = NULL;

      oh_interpreter_feed_response (bytewise, stream + at, 1, 1000);
      facts = oh_interpreter_get_facts (bytewise);
      g_assert_false (facts->complete);
      reading = oh_interpreter_get_reading (bytewise);
    }
  oh_interpreter_end (bytewise, OH_OUTCOME_FINISHED);
  {
    g_autoptr (OhReading) reading = oh_interpreter_get_reading (bytewise);
    g_autofree char *said = dump_reading (reading);

    g_assert_cmpstr (said, ==, expected);
  }
}

/* Under gzip, flushed after each event as servers do: the same reading, and each event as soon as its bytes are there. */
static void
check_gzip (void)
{
  g_autoptr (OhExchange) plain = make_messages (200, "text/event-stream");
  g_autoptr (OhExchange) exchange = make_messages (200, "text/event-stream");
  g_autoptr (OhInterpreter) whole = interpret (plain, NULL, rich, -1, 0, OH_OUTCOME_FINISHED);
  g_autoptr (OhReading) whole_reading = oh_interpreter_get_reading (whole);
  g_autofree char *expected = dump_reading (whole_reading);
  g_autoptr (OhInterpreter) live = oh_interpreter_new (exchange);
  g_autoptr (GByteArray) zipped = g_byte_array_new ();
  const char *at = rich;
  z_stream stream = { 0 };
  guint n_events = 0;

  oh_headers_append (exchange->response_headers, "content-encoding", "gzip");
  oh_interpreter_set_response (live, exchange);
  g_assert_cmpint (deflateInit2 (&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), ==, Z_OK);
  while (*at != '\0')
    {
      const char *end = strstr (at, "\n\n") + 2;
      guint8 piece[4096];
      g_autoptr (OhReading) reading = NULL;

      stream.next_in = (Bytef *) at;
      stream.avail_in = (uInt) (end - at);
      stream.next_out = piece;
      stream.avail_out = sizeof piece;
      deflate (&stream, *end != '\0' ? Z_SYNC_FLUSH : Z_FINISH);
      g_byte_array_append (zipped, piece, (guint) sizeof piece - stream.avail_out);
      oh_interpreter_feed_response (live, piece, sizeof piece - stream.avail_out, 1000);
      reading = oh_interpreter_get_reading (live);
      g_assert_cmpuint (reading->events->len, ==, ++n_events);
      at = end;
    }
  deflateEnd (&stream);
  for (gsize split = 0; split <= zipped->len; split++)
    {
      g_autoptr (OhInterpreter) interpreter = interpret (exchange, NULL, (const char *) zipped->data, (gssize) zipped->len,
                                                         split, OH_OUTCOME_FINISHED);
      g_autoptr (OhReading) reading = oh_interpreter_get_reading (interpreter);
      g_autofree char *said = dump_reading (reading);

      g_assert_cmpstr (said, ==, expected);
    }
}

/* What the API did not come to count stays estimated; what it counted is that, however the stream ends. */
static void
check_estimate (void)
{
  static const char delta[] =
    EVENT ("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":6}");
  static const char error[] = EVENT ("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}");
  static const char stop[] = EVENT ("message_stop", "");
  const struct
  {
    const char *end;
    OhOutcome outcome;
    gint64 output;
    gboolean estimated;
  } ends[] = {
    { "", OH_OUTCOME_CUT, 11, TRUE },         { "", OH_OUTCOME_FINISHED, 11, TRUE },
    { error, OH_OUTCOME_FINISHED, 11, TRUE }, { stop, OH_OUTCOME_FINISHED, 11, TRUE },
    { delta, OH_OUTCOME_CUT, 6, FALSE },      { delta, OH_OUTCOME_FINISHED, 6, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *stream = g_strconcat (START HI TEXT (0, " there, how is the weather in Oslo today?"), ends[i].end, NULL);
      g_autoptr (OhReading) reading = read_stream (stream, ends[i].outcome);
      gboolean estimated;

      g_assert_cmpint (oh_facts_get_output (reading->facts, &estimated), ==, ends[i].output);
      g_assert_cmpint (estimated, ==, ends[i].estimated);
      g_assert_cmpint (oh_facts_get_prompt (reading->facts), ==, 46);
    }
}

/* What is on the screen while it streams. */
static void
check_live (void)
{
  static const char *const pieces[] = {
    START, BEGIN (0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"),
    DELTA (0, "{\"type\":\"thinking_delta\",\"thinking\":\"Hm, twelve..\"}"), STOP (0),
    BEGIN (1, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}"),
    DELTA (1, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\"\"}"),
  };
  static const gint64 estimates[] = { 0, 0, 3, 3, 3, 5 };
  g_autoptr (OhExchange) exchange = make_messages (200, "text/event-stream");
  g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
  g_autoptr (OhReading) early = NULL;
  g_autoptr (OhReading) late = NULL;

  oh_interpreter_end_request (interpreter);
  oh_interpreter_set_response (interpreter, exchange);
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autoptr (OhFacts) facts = NULL;

      oh_interpreter_feed_response (interpreter, pieces[i], strlen (pieces[i]), 100 * (i + 1));
      facts = oh_interpreter_get_facts (interpreter);
      g_assert_cmpint (facts->output_estimate, ==, estimates[i]);
      g_assert_cmpint (facts->first_token_ns, ==, i < 2 ? -1 : 300);
      if (i == 2)
        early = oh_interpreter_get_reading (interpreter);
    }
  late = oh_interpreter_get_reading (interpreter);
  assert_answer (early, "thinking text=Hm, twelve.. incomplete\n");
  assert_answer (late, "thinking text=Hm, twelve.. signature=\ntool_use #t name=n input={\"a\" incomplete\n");
  g_assert_null (((OhBlock *) late->answer->blocks->pdata[1])->json);
  g_assert_cmpuint (early->events->len, ==, 3);
  g_assert_cmpuint (late->events->len, ==, 6);
  g_assert_cmpuint (early->facts->phases->len, ==, 1);
  g_assert_cmpuint (late->facts->phases->len, ==, 2);
  g_assert_cmpint (g_array_index (late->facts->phases, OhPhase, 1).from_ns, ==, 500);
  /* Shared, and alive when the interpreter is gone. */
  g_assert_true (early->events->pdata[0] == late->events->pdata[0]);
  g_clear_pointer (&interpreter, oh_interpreter_free);
  g_clear_pointer (&late, oh_reading_unref);
  g_assert_cmpstr (((OhStreamEvent *) early->events->pdata[2])->summary, ==, "Hm, twelve..");
}

/* What an answer was made of at a time: the same for those who only want facts. */
static void
check_phases (void)
{
  static const char *const pieces[] = {
    START,
    BEGIN (0, "{\"type\":\"thinking\",\"thinking\":\"\"}"), STOP (0),
    BEGIN (1, "{\"type\":\"redacted_thinking\",\"data\":\"opaque\"}") STOP (1),
    BEGIN (2, "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}"), STOP (2),
    BEGIN (3, "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"s\",\"content\":[]}"), STOP (3),
    BEGIN (4, "{\"type\":\"text\",\"text\":\"\"}"), TEXT (4, "so."), STOP (4),
    BEGIN (5, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"now\",\"input\":{}}"), STOP (5),
  };
  static const OhPhase expected[] = {
    { OH_PHASE_THINKING, 200 }, { OH_PHASE_TOOL_INPUT, 500 }, { OH_PHASE_SERVER_TOOL, 600 },
    { OH_PHASE_TEXT, 900 },     { OH_PHASE_TOOL_INPUT, 1200 },
  };

  for (guint turn = 0; turn < 2; turn++)
    {
      g_autoptr (OhExchange) exchange = make_messages (200, "text/event-stream");
      g_autoptr (OhInterpreter) interpreter =
        turn == 0 ? oh_interpreter_new (exchange) : oh_interpreter_new_for_facts (exchange);
      g_autoptr (OhFacts) facts = NULL;

      oh_interpreter_end_request (interpreter);
      oh_interpreter_set_response (interpreter, exchange);
      for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
        oh_interpreter_feed_response (interpreter, pieces[i], strlen (pieces[i]), 100 * (i + 1));
      facts = oh_interpreter_get_facts (interpreter);
      g_assert_cmpuint (facts->phases->len, ==, G_N_ELEMENTS (expected));
      for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
        {
          g_assert_cmpint (g_array_index (facts->phases, OhPhase, i).kind, ==, expected[i].kind);
          g_assert_cmpint (g_array_index (facts->phases, OhPhase, i).from_ns, ==, expected[i].from_ns);
        }
    }
}

static void
check_fallback (void)
{
  g_autoptr (OhReading) reading = read_stream (
    START BEGIN (0, "{\"type\":\"fallback\",\"from\":{\"model\":\"claude-a\"},\"to\":{\"model\":\"claude-b\"}}") STOP (0)
      BEGIN (1, "{\"type\":\"text\",\"text\":\"\"}") TEXT (1, "Hi") STOP (1) END ("end_turn"),
    OH_OUTCOME_FINISHED);

  g_assert_cmpstr (reading->facts->model, ==, "claude-b");
  assert_answer (reading, "fallback text=claude-a → claude-b\ntext text=Hi\n");
}

static void
check_completion (void)
{
  g_autoptr (OhExchange) exchange = make_exchange ("POST", "api.anthropic.com", "/v1/complete", NULL);
  g_autoptr (OhReading) reading = NULL;

  answer (exchange, 200, FIELDS ("content-type", "text/event-stream"));
  reading = read_all (
    exchange, "{\"prompt\":\"x\",\"model\":\"claude-2\"}",
    "event: completion\ndata: {\"type\":\"completion\",\"completion\":\" He\",\"stop_reason\":null,\"model\":\"claude-2.1\"}\n\n"
    "event: ping\ndata: {}\n\n"
    "event: completion\ndata: {\"type\":\"completion\",\"completion\":\"llo\",\"stop_reason\":\"stop_sequence\"}\n\n");
  assert_answer (reading, "text text= Hello\n");
  g_assert_cmpstr (reading->facts->stop_reason, ==, "stop_sequence");
  g_assert_cmpstr (reading->facts->model, ==, "claude-2.1");
  g_assert_true (reading->facts->complete);
}

/* Other vocabularies are listed, not accumulated. */
static void
check_agents (void)
{
  g_autoptr (OhExchange) exchange = make_exchange ("GET", "api.anthropic.com", "/v1/sessions/s/events/stream", NULL);
  g_autoptr (OhReading) reading = NULL;

  answer (exchange, 200, FIELDS ("content-type", "text/event-stream"));
  reading = read_all (exchange, NULL, "event: agent.message\ndata: {\"type\":\"agent.message\"}\n\n");
  g_assert_cmpstr (reading->facts->operation, ==, "sessions");
  g_assert_true (reading->facts->complete);
  g_assert_true (reading->facts->streamed);
  g_assert_cmpuint (reading->events->len, ==, 1);
  assert_problems (reading, "");
}

/* An error before the stream begins is no stream, whatever was asked for. */
static void
check_error_instead (void)
{
  g_autoptr (OhExchange) exchange = make_messages (529, "application/json");
  g_autoptr (OhReading) reading =
    read_all (exchange, "{\"stream\":true}",
              "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}");

  g_assert_false (reading->facts->streamed);
  g_assert_cmpstr (reading->facts->error_type, ==, "overloaded_error");
  assert_problems (reading, "");
}

static OhExchange *
make_bedrock (void)
{
  OhExchange *exchange = make_exchange ("POST", "bedrock-runtime.eu-west-1.amazonaws.com",
                                        "/model/anthropic.claude-opus-5/invoke-with-response-stream", NULL);

  answer (exchange, 200, FIELDS ("content-type", "application/vnd.amazon.eventstream", "x-amzn-requestid", "uuid"));
  return exchange;
}

static void
check_bedrock (void)
{
  g_autoptr (OhExchange) exchange = make_bedrock ();
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  g_autofree char *expected = NULL;

  put_frame (frames, "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude-a\",\"usage\":{"
                     "\"input_tokens\":3,\"output_tokens\":1}}}", NULL);
  put_frame (frames, "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
             NULL);
  put_frame (frames, "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}",
             NULL);
  put_frame (frames, "{\"type\":\"content_block_stop\",\"index\":0}", NULL);
  put_frame (frames, "{\"type\":\"message_stop\",\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":3}}", NULL);
  for (gsize split = 0; split <= frames->len; split++)
    {
      g_autoptr (OhInterpreter) interpreter = interpret (exchange, NULL, (const char *) frames->data,
                                                         (gssize) frames->len, split, OH_OUTCOME_FINISHED);
      g_autoptr (OhReading) reading = oh_interpreter_get_reading (interpreter);
      g_autofree char *said = dump_reading (reading);

      if (expected == NULL)
        {
          expected = g_steal_pointer (&said);
          assert_answer (reading, "text text=Hi\n");
          assert_problems (reading, "");
          g_assert_true (reading->facts->complete);
          g_assert_true (reading->facts->streamed);
          g_assert_cmpstr (reading->facts->request_id, ==, "uuid");
          g_assert_cmpstr (((OhStreamEvent *) reading->events->pdata[2])->name, ==, "content_block_delta");
        }
      else
        g_assert_cmpstr (said, ==, expected);
    }
}

static void
check_bedrock_broken (void)
{
  g_autoptr (OhExchange) exchange = make_bedrock ();
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  gsize first;

  put_frame (frames, "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}",
             NULL);
  first = frames->len;
  put_frame (frames, "{\"message\":\"Too many\"}", "throttlingException");
  {
    g_autoptr (OhInterpreter) interpreter = interpret (exchange, NULL, (const char *) frames->data, (gssize) frames->len, 0,
                                                       OH_OUTCOME_FINISHED);
    g_autoptr (OhReading) reading = oh_interpreter_get_reading (interpreter);

    g_assert_cmpstr (reading->facts->error_type, ==, "throttlingException");
    g_assert_cmpstr (reading->facts->error_message, ==, "Too many");
    g_assert_false (reading->facts->complete);
  }
  frames->data[first + 20] ^= 1;
  {
    g_autoptr (OhInterpreter) interpreter = interpret (exchange, NULL, (const char *) frames->data, (gssize) frames->len, 0,
                                                       OH_OUTCOME_FINISHED);
    g_autoptr (OhReading) reading = oh_interpreter_get_reading (interpreter);
    g_autofree char *expected = g_strdup_printf (HEADLESS "The event stream is damaged at byte %d\n" ENDED_EARLY, (int) first);

    assert_problems (reading, expected);
    assert_answer (reading, "text text=a incomplete\n");
  }
  {
    g_autoptr (OhInterpreter) interpreter = interpret (exchange, NULL, (const char *) frames->data, (gssize) first - 1, 0,
                                                       OH_OUTCOME_CUT);
    g_autoptr (OhReading) reading = oh_interpreter_get_reading (interpreter);

    assert_problems (reading, "The event stream ends inside a frame, at byte 0\n");
  }
}

/* 200,000 events with a look at each hundredth: the time grows with the stream, not with its square. */
static void
check_linear (void)
{
  g_autoptr (OhExchange) exchange = make_messages (200, "text/event-stream");
  double seconds[2];

  for (guint round = 0; round < 2; round++)
    {
      guint n = round == 0 ? 20000 : 200000;
      g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
      static const char begin[] = START BEGIN (0, "{\"type\":\"text\",\"text\":\"\"}");
      static const char delta[] = TEXT (0, "twelve chars");
      gint64 start = g_get_monotonic_time ();

      oh_interpreter_set_response (interpreter, exchange);
      oh_interpreter_feed_response (interpreter, begin, strlen (begin), 1);
      for (guint i = 0; i < n; i++)
        {
          oh_interpreter_feed_response (interpreter, delta, strlen (delta), 2);
          if (i % 100 == 0)
            {
              g_autoptr (OhFacts) facts = oh_interpreter_get_facts (interpreter);

              g_assert_cmpint (facts->output_estimate, ==, 3 * (i + 1));
            }
        }
      seconds[round] = (double) (g_get_monotonic_time () - start) / 1e6;
    }
  g_test_message ("20,000 events: %.3f s; 200,000: %.3f s", seconds[0], seconds[1]);
  g_assert_cmpfloat (seconds[1], <, 40 * MAX (seconds[0], 0.01));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/anthropic-stream/basic", check_basic);
  g_test_add_func ("/anthropic-stream/rich", check_rich);
  g_test_add_func ("/anthropic-stream/assembled", check_assembled);
  g_test_add_func ("/anthropic-stream/summaries", check_summaries);
  for (guint i = 0; i < G_N_ELEMENTS (edges); i++)
    {
      g_autofree char *name = g_strconcat ("/anthropic-stream/edge/", edges[i].name, NULL);
      g_autofree char *splits = g_strconcat ("/anthropic-stream/split/", edges[i].name, NULL);

      g_test_add_data_func (name, &edges[i], check_edge);
      g_test_add_data_func (splits, edges[i].stream, check_splits);
    }
  g_test_add_data_func ("/anthropic-stream/split/basic", basic, check_splits);
  g_test_add_data_func ("/anthropic-stream/split/rich", rich, check_splits);
  g_test_add_func ("/anthropic-stream/gzip", check_gzip);
  g_test_add_func ("/anthropic-stream/estimate", check_estimate);
  g_test_add_func ("/anthropic-stream/live", check_live);
  g_test_add_func ("/anthropic-stream/phases", check_phases);
  g_test_add_func ("/anthropic-stream/fallback", check_fallback);
  g_test_add_func ("/anthropic-stream/completion", check_completion);
  g_test_add_func ("/anthropic-stream/agents", check_agents);
  g_test_add_func ("/anthropic-stream/error-instead", check_error_instead);
  g_test_add_func ("/anthropic-stream/bedrock", check_bedrock);
  g_test_add_func ("/anthropic-stream/bedrock-broken", check_bedrock_broken);
  g_test_add_func ("/anthropic-stream/linear", check_linear);
  g_test_add_func ("/anthropic-stream/verbatim", check_verbatim);
  g_test_add_func ("/anthropic-stream/refusal", check_refusal);
  return g_test_run ();
}
