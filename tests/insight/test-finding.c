/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-clock.h"
#include "oh-finding.h"
#include "oh-repeat.h"
#include "oh-saying.h"
#include "readings.h"

typedef struct
{
  GPtrArray *exchanges;
  GPtrArray *readings;
  GPtrArray *attempts;
  GArray *calls;
} Trace;

static Trace *
trace_new (void)
{
  Trace *trace = g_new0 (Trace, 1);

  trace->exchanges = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_exchange_unref);
  trace->readings = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_reading_unref);
  trace->attempts = g_ptr_array_new_with_free_func (g_free);
  trace->calls = g_array_new (FALSE, TRUE, sizeof (OhFindingCall));
  return trace;
}

static void
trace_free (Trace *trace)
{
  g_ptr_array_unref (trace->exchanges);
  g_ptr_array_unref (trace->readings);
  g_ptr_array_unref (trace->attempts);
  g_array_unref (trace->calls);
  g_free (trace);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Trace, trace_free)

/* Adds a call that began @at_s seconds in, and returns its exchange to be changed. */
static OhExchange *
add (Trace *trace, gint64 at_s, gint64 parent, const char *request, const char *answer)
{
  OhExchange *exchange = oh_exchange_new ();
  OhReading *reading = read_exchange (request, answer);
  OhFindingCall call = { exchange, reading, NULL, parent };

  exchange->id = trace->calls->len + 1;
  exchange->started_ns = G_GINT64_CONSTANT (1795291200) * OH_NS_PER_S + at_s * OH_NS_PER_S;
  exchange->status = 200;
  exchange->outcome = OH_OUTCOME_FINISHED;
  exchange->ended_by = OH_PARTY_UPSTREAM;
  exchange->timings.response_head = 0;
  exchange->request_headers = oh_headers_new ();
  exchange->response_headers = oh_headers_new ();
  g_ptr_array_add (trace->exchanges, exchange);
  g_ptr_array_add (trace->readings, reading);
  g_array_append_val (trace->calls, call);
  return exchange;
}

static void
set_attempt (Trace *trace, gint64 call_id, guint number)
{
  OhAttempt *attempt = g_new0 (OhAttempt, 1);

  attempt->call_id = call_id;
  attempt->number = number;
  g_ptr_array_add (trace->attempts, attempt);
  g_array_index (trace->calls, OhFindingCall, trace->calls->len - 1).attempt = attempt;
}

/* The kinds that were found, in order, with their evidence: "cut-stream:1,2 limit-near:3". */
static void
assert_found (Trace *trace, const OhPriceTable *prices, const char *expected)
{
  g_autoptr (GPtrArray) findings =
    oh_finding_find ((const OhFindingCall *) (gpointer) trace->calls->data, trace->calls->len, prices);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < findings->len; i++)
    {
      const OhFinding *finding = g_ptr_array_index (findings, i);

      g_autofree char *said = oh_saying_tell (finding->saying);

      /* In words, with every argument in its place. */
      g_assert_true (g_str_has_suffix (said, ".") && strpbrk (said, "{}\x1f\x1e") == NULL);
      g_string_append_printf (found, "%s%s", i > 0 ? " " : "", finding->kind);
      g_assert_cmpuint (finding->evidence->len, >, 0);
      for (guint j = 0; j < finding->evidence->len; j++)
        g_string_append_printf (found, "%c%d", j > 0 ? ',' : ':', (int) g_array_index (finding->evidence, gint64, j));
    }
  g_assert_cmpstr (found->str, ==, expected);
}

#define ASK "{\"role\":\"user\",\"content\":\"go\"}"

/* A tool loop of @n turns. @input, @result: made with the turn's number if they hold a %u */
static void
add_loop (Trace *trace, guint n, const char *input, const char *result)
{
  g_autoptr (GString) messages = g_string_new (ASK);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *in = g_strdup (input);
      g_autofree char *out = g_strdup (result);
      g_autofree char *request = g_strdup_printf ("{\"model\":\"claude-opus-5\",\"messages\":[%s]}", messages->str);
      g_autofree char *use = NULL;
      g_autofree char *answer = NULL;

      for (char *c = in; *c != '\0'; c++)
        if (*c == '#')
          *c = (char) ('0' + i);
      for (char *c = out; *c != '\0'; c++)
        if (*c == '#' || (*c == '!' && i == 5))
          *c = (char) ('0' + i);
      use = g_strdup_printf ("{\"type\":\"tool_use\",\"id\":\"t%u\",\"name\":\"look\",\"input\":%s}", i, in);
      answer =
          g_strdup_printf ("{\"type\":\"message\",\"role\":\"assistant\",\"id\":\"m%u\",\"stop_reason\":\"tool_use\","
                           "\"content\":[%s],\"usage\":{\"input_tokens\":10,\"output_tokens\":5}}",
                           i, use);
      add (trace, i, i, request, answer);
      g_string_append_printf (messages, ",{\"role\":\"assistant\",\"content\":[%s]},{\"role\":\"user\",\"content\":["
                                        "{\"type\":\"tool_result\",\"tool_use_id\":\"t%u\",\"content\":%s}]}",
                              use, i, out);
    }
}

static void
test_repeats (void)
{
  g_autoptr (Trace) same = trace_new ();
  g_autoptr (Trace) two = trace_new ();
  g_autoptr (Trace) inputs = trace_new ();
  g_autoptr (Trace) polling = trace_new ();
  g_autoptr (Trace) pending = trace_new ();
  g_autoptr (Trace) done = trace_new ();
  g_autoptr (Trace) pictures = trace_new ();
  g_autoptr (Trace) equal = trace_new ();
  g_autoptr (Trace) best = trace_new ();

  /* What the last one came to is not known yet. */
  add_loop (same, 4, "{\"a\":1}", "\"nothing\"");
  assert_found (same, NULL, "repeated-tool-call:1,2,3");
  add_loop (two, 3, "{\"a\":1}", "\"nothing\"");
  assert_found (two, NULL, "");
  add_loop (inputs, 6, "{\"a\":#}", "\"nothing\"");
  assert_found (inputs, NULL, "");
  /* The same question with another answer each time is polling. */
  add_loop (polling, 6, "{\"a\":1}", "\"state #\"");
  assert_found (polling, NULL, "");
  /* So is asking until it is. "!" is another one in the sixth turn. */
  add_loop (pending, 6, "{\"a\":1}", "\"pending!\"");
  assert_found (pending, NULL, "repeated-tool-call:1,2,3,4,5");
  add_loop (done, 7, "{\"a\":1}", "\"pending!\"");
  assert_found (done, NULL, "");
  /* Pictures are results too; marks for the cache are none. */
  add_loop (pictures, 6, "{\"a\":1}", "[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":"
                                     "\"image/png\",\"data\":\"aGVsbG8#\"}}]");
  assert_found (pictures, NULL, "");
  add_loop (equal, 4, "{\"a\":1}", "[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":"
                                  "\"image/png\",\"data\":\"aGVsbG8=\"}},{\"type\":\"text\",\"text\":\"x\"}]");
  assert_found (equal, NULL, "repeated-tool-call:1,2,3");
  /* Three at once that all want the same tool are no loop. */
  for (guint i = 0; i < 3; i++)
    add (best, 0, 0, "{\"model\":\"m\",\"messages\":[" ASK "]}",
         "{\"type\":\"message\",\"stop_reason\":\"tool_use\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
         "\"x\",\"input\":{}}]}");
  assert_found (best, NULL, "");
}

static void
test_max_tokens (void)
{
  g_autoptr (Trace) loop = trace_new ();
  g_autoptr (Trace) lone = trace_new ();
  static const char full[] = "{\"type\":\"message\",\"stop_reason\":\"max_tokens\",\"content\":[]}";

  add_loop (loop, 2, "{\"a\":#}", "\"x\"");
  add (loop, 9, 2, "{\"model\":\"m\",\"messages\":[" ASK "]}", full);
  assert_found (loop, NULL, "ended-by-max-tokens:3");
  add (lone, 0, 0, "{\"model\":\"m\",\"messages\":[" ASK "]}", full);
  assert_found (lone, NULL, "");
}

static void
test_tool_results (void)
{
  g_autoptr (Trace) trace = trace_new ();
  g_autoptr (Trace) server = trace_new ();
  static const char request[] =
    "{\"model\":\"m\",\"messages\":[" ASK ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\","
    "\"name\":\"x\",\"input\":{}}]}," ASK "]}";
  OhExchange *refused;

  refused = add (trace, 0, 0, request,
                 "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"no\"}}");
  refused->status = 400;
  add (trace, 1, 0, request, NULL);
  add (trace, 2, 0, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
                    "\"tool_use_id\":\"t9\",\"content\":\"x\"}]}]}", NULL);
  assert_found (trace, NULL, "tool-result-missing:1 tool-result-misplaced:3");
  /* The message that asked is on the server. */
  add (server, 0, 0,
       "{\"model\":\"m\",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"m1\"},\"messages\":["
       "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t9\",\"content\":\"x\"}]}]}",
       NULL);
  assert_found (server, NULL, "");
}

static void
add_growing (Trace *trace, guint n, guint step, guint output)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *answer =
          g_strdup_printf ("{\"type\":\"message\",\"stop_reason\":\"end_turn\",\"content\":[],\"usage\":"
                           "{\"input_tokens\":10,\"cache_read_input_tokens\":%u,\"output_tokens\":%u}}",
                           i * step, output);

      add (trace, i, i, "{\"model\":\"m\",\"messages\":[" ASK "]}", answer);
    }
}

static void
test_growth (void)
{
  g_autoptr (Trace) fast = trace_new ();
  g_autoptr (Trace) talkative = trace_new ();
  g_autoptr (Trace) brief = trace_new ();
  g_autoptr (Trace) small = trace_new ();

  add_growing (fast, 6, 25000, 100);
  assert_found (fast, NULL, "input-outgrows-answers:1,6");
  add_growing (talkative, 6, 25000, 5000);
  assert_found (talkative, NULL, "");
  add_growing (brief, 5, 30000, 100);
  assert_found (brief, NULL, "");
  add_growing (small, 6, 10000, 10);
  assert_found (small, NULL, "");
}

static void
test_cuts (void)
{
  g_autoptr (Trace) trace = trace_new ();
  static const char request[] = "{\"model\":\"m\",\"stream\":true,\"messages\":[" ASK "]}";
  static const char start[] =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"content\":[]}}\n\n";
  g_autofree char *failed = g_strconcat (
      start, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n",
      NULL);
  g_autofree char *whole = g_strconcat (start, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", NULL);
  OhExchange *exchange;

  exchange = add (trace, 0, 0, request, start);
  exchange->outcome = OH_OUTCOME_CUT;
  exchange = add (trace, 1, 0, request, start);
  exchange->outcome = OH_OUTCOME_CUT;
  exchange->ended_by = OH_PARTY_CLIENT;
  add (trace, 2, 0, request, start);
  add (trace, 3, 0, request, failed);
  add (trace, 4, 0, request, whole);
  exchange = add (trace, 5, 0, request, whole);
  exchange->outcome = OH_OUTCOME_CUT;
  assert_found (trace, NULL, "cut-stream:1,3,4");
}

static void
test_storm (void)
{
  g_autoptr (Trace) one = trace_new ();
  g_autoptr (Trace) usual = trace_new ();
  g_autoptr (Trace) many = trace_new ();
  g_autoptr (Trace) slow = trace_new ();

  for (guint i = 1; i <= 5; i++)
    {
      add (one, i, 0, "{\"model\":\"m\",\"messages\":[" ASK "]}", NULL)->status = 529;
      set_attempt (one, 1, i);
    }
  assert_found (one, NULL, "retry-storm:1,2,3,4,5");
  for (guint i = 1; i <= 3; i++)
    {
      add (usual, i, 0, "{\"model\":\"m\",\"messages\":[" ASK "]}", NULL)->status = 529;
      set_attempt (usual, 1, i);
    }
  assert_found (usual, NULL, "");
  for (guint i = 0; i < 10; i++)
    add (many, 100 + i, 0, "{\"model\":\"m\",\"messages\":[" ASK "]}", NULL)->status = 429;
  assert_found (many, NULL, "retry-storm:1,2,3,4,5,6,7,8,9,10");
  for (guint i = 0; i < 20; i++)
    add (slow, i * 10, 0, "{\"model\":\"m\",\"messages\":[" ASK "]}", NULL)->status = 429;
  assert_found (slow, NULL, "");
}

static void
add_limit (Trace *trace, gint64 at_s, const char *headers)
{
  OhExchange *exchange = add (trace, at_s, 0, "{\"model\":\"m\",\"messages\":[" ASK "]}", NULL);

  oh_headers_unref (exchange->response_headers);
  exchange->response_headers = oh_headers_new_from_string (headers);
}

static void
test_limits (void)
{
  g_autoptr (Trace) near = trace_new ();
  g_autoptr (Trace) far = trace_new ();
  g_autoptr (Trace) recovered = trace_new ();
  g_autoptr (Trace) soon = trace_new ();
  g_autoptr (Trace) warned = trace_new ();

  add_limit (near, 0, "anthropic-ratelimit-requests-limit: 100\r\nanthropic-ratelimit-requests-remaining: 9\r\n"
                      "anthropic-ratelimit-tokens-limit: 100\r\nanthropic-ratelimit-tokens-remaining: 3\r\n");
  assert_found (near, NULL, "limit-near:1");
  add_limit (far, 0, "anthropic-ratelimit-requests-limit: 100\r\nanthropic-ratelimit-requests-remaining: 50\r\n");
  assert_found (far, NULL, "");
  add_limit (recovered, 0, "anthropic-ratelimit-requests-limit: 100\r\nanthropic-ratelimit-requests-remaining: 3\r\n");
  add_limit (recovered, 60,
             "anthropic-ratelimit-requests-limit: 100\r\nanthropic-ratelimit-requests-remaining: 90\r\n");
  assert_found (recovered, NULL, "");
  add_limit (soon, 0, "anthropic-ratelimit-requests-limit: 100\r\nanthropic-ratelimit-requests-remaining: 60\r\n");
  add_limit (soon, 10, "anthropic-ratelimit-requests-limit: 100\r\nanthropic-ratelimit-requests-remaining: 50\r\n");
  add_limit (soon, 20, "anthropic-ratelimit-requests-limit: 100\r\nanthropic-ratelimit-requests-remaining: 40\r\n");
  assert_found (soon, NULL, "limit-near:3");
  add_limit (warned, 0, "anthropic-ratelimit-unified-status: allowed_warning\r\n");
  assert_found (warned, NULL, "limit-near:1");
}

static void
test_retirement (void)
{
  static const char *const texts[] = {
    "{\"retirements\":[{\"models\":[\"claude-old\"],\"retires\":\"2026-11-01\",\"as_of\":\"2026-10-01\"},"
    "{\"models\":[\"claude-going\"],\"retires\":\"2026-12-24\"},{\"models\":[\"claude-later\"],\"retires\":\"2027-12-"
    "24\"}]}",
    NULL
  };
  g_autoptr (OhPriceTable) prices = oh_price_table_new (texts, NULL);
  g_autoptr (Trace) trace = trace_new ();
  static const char *const models[] = { "claude-new", "claude-later", "claude-going", "claude-old", "claude-old" };

  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autofree char *request = g_strdup_printf ("{\"model\":\"%s\",\"messages\":[" ASK "]}", models[i]);

      add (trace, i, 0, request, NULL);
    }
  assert_found (trace, prices, "model-retires:3,4");
  assert_found (trace, NULL, "");
}

static void
test_nothing (void)
{
  g_autoptr (Trace) empty = trace_new ();
  g_autoptr (Trace) bare = trace_new ();

  assert_found (empty, NULL, "");
  add (bare, 0, 1, "not JSON", NULL);
  g_array_index (bare->calls, OhFindingCall, 0).reading = NULL;
  assert_found (bare, NULL, "");
}

/* What a run's calls show, one after the other: "S" an answer, "F" a failure of the same request, "." half an hour,
 * "=" one that overlaps with the one before, "w" and "r" a call of its own that writes to or reads from the cache. */
static char *
repeat (const char *calls)
{
  g_autoptr (OhRepeatTracker) tracker = oh_repeat_tracker_new ();
  g_autoptr (OhFacts) facts = oh_facts_new ("anthropic");
  GString *told = g_string_new (NULL);
  gint64 at_s = 1795291200;

  facts->operation = g_strdup ("messages");
  for (guint i = 0; calls[i] != '\0'; i++)
    {
      g_autoptr (OhExchange) exchange = oh_exchange_new ();
      g_autoptr (GPtrArray) findings = NULL;
      const OhAttempt attempt = { .call_id = i + 1, .number = 1 };
      const gboolean own = strchr ("wr", calls[i]) != NULL;

      at_s += calls[i] == '.' ? 1800 : calls[i] == '=' ? 0 : 3;
      if (calls[i] == '.')
        continue;
      exchange->id = i + 1;
      exchange->run_id = 1;
      exchange->started_ns = at_s * OH_NS_PER_S;
      exchange->timings.ended = OH_NS_PER_S;
      exchange->outcome = OH_OUTCOME_FINISHED;
      exchange->status = calls[i] == 'F' ? 529 : 200;
      facts->usage.cache_write = calls[i] == 'w' ? 100 : 0;
      facts->usage.cache_read = calls[i] == 'r' ? 100 : 0;
      findings = oh_repeat_tracker_add (tracker, exchange, facts, &attempt, own ? 1000 + i : 7, 100 + i);
      for (guint j = 0; findings != NULL && j < findings->len; j++)
        {
          const OhFinding *finding = findings->pdata[j];

          g_string_append_printf (told, "%u %s%s of %d by %u\n", i + 1, finding->kind,
                                  finding->saying == NULL ? " withdrawn" : "", (int) finding->trace_id,
                                  finding->evidence->len);
        }
    }
  return g_string_free (told, FALSE);
}

static void
test_run (void)
{
  static const struct
  {
    const char *calls;
    const char *told;
  } runs[] = {
    { "FFFF", "" },
    { "FFFFF", "5 retry-storm of 100 by 5\n" },
    { "FFFFFF", "5 retry-storm of 100 by 5\n6 retry-storm of 100 by 1\n" },
    { "FFFSFFFF", "" },
    { "FFFF.FFFF", "" },
    { "FFF=F=F", "7 retry-storm of 100 by 5\n" },
    { "SSSSSSSSSSSSSSSSSSS", "" },
    { "SSSSSSSSSSSSSSSSSSSSS", "20 repeat of 100 by 20\n21 repeat of 100 by 1\n" },
    { "SSSSSSSSSSSSSSS.SSSSSSSSSSSSSSS", "" },
    { "S===========================", "" },
    { "wwwwwww", "" },
    { "wwwwwwwwr", "8 cache-never-read of 100 by 8\n9 cache-never-read withdrawn of 100 by 8\n" },
    { "rwwwwwwww", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      g_autofree char *told = repeat (runs[i].calls);

      g_assert_cmpstr (told, ==, runs[i].told);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/finding/repeats", test_repeats);
  g_test_add_func ("/finding/max-tokens", test_max_tokens);
  g_test_add_func ("/finding/tool-results", test_tool_results);
  g_test_add_func ("/finding/growth", test_growth);
  g_test_add_func ("/finding/cuts", test_cuts);
  g_test_add_func ("/finding/storm", test_storm);
  g_test_add_func ("/finding/limits", test_limits);
  g_test_add_func ("/finding/retirement", test_retirement);
  g_test_add_func ("/finding/run", test_run);
  g_test_add_func ("/finding/nothing", test_nothing);
  return g_test_run ();
}
