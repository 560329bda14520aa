/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labelled sequences: what goes over the wire, line by line in the order of time, and which call each request is of.
 *   T >ID CLIENT key=value …      a request at T ms; labels: call=, n=, asked= ms, waited= ms, rule=, early, lost, likely
 *   T <ID STATUS key=value …      its end; STATUS "gone": the client gave up; "down": no answer; "cut": a 200 cut off */
#include "config.h"
#include "oh-canon.h"
#include "oh-clock.h"
#include "oh-retry.h"

#include <stdlib.h>
#include <string.h>

typedef struct
{
  const char *name;
  const char *lines[16];
} Sequence;

static const Sequence sequences[] = {
  { "python: 429 with retry-after, then fine",
    { "0 >1 python count=0 call=1 n=1", "100 <1 429 after=2", "2120 >2 python count=1 call=1 n=2 asked=2000 waited=2020 rule=count",
      "3000 <2 200" } },
  { "python: 529 twice, backoff 0.5 s then 1 s",
    { "0 >1 python count=0 call=1 n=1", "50 <1 529", "500 >2 python count=1 call=1 n=2 asked=-1 waited=450 rule=count",
      "600 <2 529", "1500 >3 python count=2 call=1 n=3 waited=900 rule=count", "1600 <3 529" } },
  { "python: a wait of more than 60 s is not kept, so it comes too early",
    { "0 >1 python count=0 call=1 n=1", "100 <1 429 after=120",
      "580 >2 python count=1 call=1 n=2 asked=120000 waited=480 early rule=count", "700 <2 429 after=119",
      "1600 >3 python count=2 call=1 n=3 asked=119000 waited=900 early" } },
  { "typescript: the same wait is kept, there is no cap",
    { "0 >1 js count=0 call=1 n=1", "100 <1 429 after=120", "120110 >2 js count=1 call=1 n=2 asked=120000 waited=120010 rule=count" } },
  { "typescript: a wait of an hour is remembered for an hour",
    { "0 >1 js count=0 call=1 n=1", "100 <1 429 after=3600", "1800000 >9 js count=0 body=other call=9 n=1",
      "3600110 >2 js count=1 call=1 n=2 asked=3600000 waited=3600010" } },
  { "typescript: retry-after-ms beats retry-after",
    { "0 >1 js count=0 call=1 n=1", "100 <1 429 after=9 after-ms=1500", "1610 >2 js count=1 call=1 n=2 asked=1500 waited=1510" } },
  { "typescript: retry-after as a date",
    { "0 >1 js count=0 call=1 n=1", "1000 <1 503 date=Sat,_21_Nov_2026_20:00:11_GMT",
      "11002 >2 js count=1 call=1 n=2 asked=10000 waited=10002" } },
  { "typescript: x-should-retry true on a 400",
    { "0 >1 js count=0 call=1 n=1", "100 <1 400 should=true", "500 >2 js count=1 call=1 n=2 waited=400 rule=count" } },
  { "typescript: x-should-retry false ends a call; the next one only looks like a retry",
    { "0 >1 js count=0 call=1 n=1", "100 <1 429 should=false", "500 >2 js count=1 call=2 n=2 lost" } },
  { "php: x-should-retry false is not read",
    { "0 >1 php count=0 call=1 n=1", "100 <1 529 should=false", "110 >2 php count=1 call=1 n=2 waited=10 rule=count" } },
  { "ruby: the first retry is immediate",
    { "0 >1 ruby count=0 call=1 n=1", "100 <1 500", "101 >2 ruby count=1 call=1 n=2 asked=-1 waited=1 rule=count",
      "200 <2 500", "700 >3 ruby count=2 call=1 n=3 waited=500 rule=count" } },
  { "ruby: immediately, though it was asked to wait, is too early",
    { "0 >1 ruby count=0 call=1 n=1", "100 <1 429 after=3", "101 >2 ruby count=1 call=1 n=2 asked=3000 waited=1 early" } },
  { "go and java: uncapped waits",
    { "0 >1 go count=0 call=1 n=1", "0 >2 java count=0 call=2 n=1", "100 <1 429 after=90", "100 <2 429 after=90",
      "90101 >3 java count=1 call=2 n=2 waited=90001", "90102 >4 go count=1 call=1 n=2 waited=90002" } },
  { "c#: more than 60 s is not kept",
    { "0 >1 csharp count=0 call=1 n=1", "100 <1 429 after=61", "600 >2 csharp count=1 call=1 n=2 early waited=500" } },
  { "a timeout: the next attempt comes on a new connection",
    { "0 >1 python count=0 conn=1 call=1 n=1", "600000 <1 gone", "600480 >2 python count=1 conn=2 call=1 n=2 waited=480 rule=count" } },
  { "a timeout is never followed by an attempt on the same connection",
    { "0 >1 python count=0 conn=1 call=1 n=1", "600000 <1 gone", "600480 >2 python count=1 conn=1 call=2 n=2 lost" } },
  { "upstream is down",
    { "0 >1 js count=0 call=1 n=1", "30 <1 down", "500 >2 js count=1 call=1 n=2 waited=470", "530 <2 down",
      "1500 >3 js count=2 call=1 n=3 waited=970" } },
  { "a cut stream is not retried by an SDK; the same again is a new call",
    { "0 >1 python count=0 call=1 n=1", "900 <1 cut", "1400 >2 python count=0 call=2 n=1" } },
  { "best of three, all fine: three calls",
    { "0 >1 python count=0 call=1 n=1", "1 >2 python count=0 call=2 n=1", "2 >3 python count=0 call=3 n=1", "500 <1 200",
      "510 <2 200", "520 <3 200" } },
  { "best of two, the second is retried",
    { "0 >1 python count=0 call=1 n=1", "1 >2 python count=0 call=2 n=1", "500 <2 529", "600 <1 200",
      "960 >3 python count=1 call=2 n=2 rule=count" } },
  { "best of two, both fail with different waits: told apart by what each was asked",
    { "0 >1 python count=0 call=1 n=1", "1 >2 python count=0 call=2 n=1", "100 <1 429 after=5", "101 <2 429 after=1",
      "1110 >3 python count=1 call=2 n=2 likely", "5110 >4 python count=1 call=1 n=2" } },
  { "best of two, both fail alike: told apart by their connections",
    { "0 >1 js count=0 conn=1 call=1 n=1", "1 >2 js count=0 conn=2 call=2 n=1", "100 <1 529", "100 <2 529",
      "560 >3 js count=1 conn=2 call=2 n=2 likely", "570 >4 js count=1 conn=1 call=1 n=2" } },
  { "best of two, both fail alike, one connection for all: one each, never two of one call",
    { "0 >1 js count=0 call=1 n=1", "1 >2 js count=0 call=2 n=1", "100 <1 529", "100 <2 529",
      "560 >3 js count=1 call=1 n=2 likely", "570 >4 js count=1 call=2 n=2" } },
  { "another body is another call",
    { "0 >1 python count=0 body=a call=1 n=1", "100 <1 529", "600 >2 python count=1 body=b call=2 n=2 lost" } },
  { "another key is another call",
    { "0 >1 python count=0 key=a call=1 n=1", "100 <1 529", "600 >2 python count=1 key=b call=2 n=2 lost" } },
  { "another client is another call",
    { "0 >1 python count=0 call=1 n=1", "100 <1 529", "600 >2 js count=1 call=2 n=2 lost" } },
  { "another path is another call",
    { "0 >1 python count=0 path=/v1/messages call=1 n=1", "100 <1 529",
      "600 >2 python count=1 path=/v1/messages/count_tokens call=2 n=2 lost" } },
  { "another run is another call",
    { "0 >1 python count=0 run=1 call=1 n=1", "100 <1 529", "600 >2 python count=1 run=2 call=2 n=2 lost" } },
  { "a success is never followed by an attempt",
    { "0 >1 python count=0 call=1 n=1", "100 <1 200", "600 >2 python count=1 call=2 n=2 lost" } },
  { "a 404 is not retried",
    { "0 >1 python count=0 call=1 n=1", "100 <1 404", "600 >2 python count=1 call=2 n=2 lost" } },
  { "the count must be the next one",
    { "0 >1 python count=0 call=1 n=1", "100 <1 529", "600 >2 python count=2 call=2 n=3 lost" } },
  { "a program that tries again by itself makes new calls",
    { "0 >1 python count=0 call=1 n=1", "100 <1 529", "600 >2 python count=1 call=1 n=2", "700 <2 529",
      "5000 >3 python count=0 call=3 n=1" } },
  { "no SDK, no mark: never joined by time alone",
    { "0 >1 curl call=1 n=1", "100 <1 529", "1100 >2 curl call=2 n=1" } },
  { "what began before the failure does not follow it",
    { "0 >1 python count=0 call=1 n=1", "500 <1 529", "100 >2 python count=1 call=2 n=2 lost" } },
  { "python: counted, after a wait that python would not keep",
    { "0 >1 python count=0 call=1 n=1", "100 <1 429 after=120", "120200 >2 python count=1 call=1 n=2 likely" } },
  { "counted, but long after: the machine slept",
    { "0 >1 python count=0 call=1 n=1", "100 <1 529", "59000 >2 python count=1 call=1 n=2 rule=count likely" } },
  { "counted, after a night's sleep",
    { "0 >1 js count=0 call=1 n=1", "100 <1 down", "36000000 >2 js count=1 call=1 n=2 rule=count likely", "36000500 <2 down",
      "36001500 >3 js count=2 call=1 n=3" } },
  { "counted, and another that is in time goes first",
    { "0 >1 python count=0 call=1 n=1", "100 <1 529", "500000 >2 python count=0 call=2 n=1", "500100 <2 529",
      "500600 >3 python count=1 call=2 n=2 rule=count" } },
  { "counted, two days after",
    { "0 >1 python count=0 call=1 n=1", "100 <1 529", "172800000 >2 python count=1 call=2 n=2 lost" } },
  { "no SDK: the same again after the wait it was asked for",
    { "0 >1 curl call=1 n=1", "100 <1 429 after=2", "2150 >2 curl call=1 n=2 asked=2000 waited=2050 rule=asked likely",
      "2200 <2 429 after=20", "22210 >3 curl call=1 n=3 rule=asked likely" } },
  { "no SDK: before the wait was over", { "0 >1 curl call=1 n=1", "100 <1 429 after=9", "1100 >2 curl call=2 n=1" } },
  { "no SDK: long after the wait", { "0 >1 curl call=1 n=1", "100 <1 429 after=2", "60000 >2 curl call=2 n=1" } },
  { "no SDK: asked to wait, and something else sent",
    { "0 >1 curl body=a call=1 n=1", "100 <1 429 after=2", "2150 >2 curl body=b call=2 n=1" } },
  { "no SDK: a success asks nobody to wait", { "0 >1 curl call=1 n=1", "100 <1 200 after=2", "2150 >2 curl call=2 n=1" } },
  { "no SDK: nor does what nobody tries again", { "0 >1 curl call=1 n=1", "100 <1 400 after=2", "2150 >2 curl call=2 n=1" } },
  { "no SDK: another program", { "0 >1 curl call=1 n=1", "100 <1 429 after=2", "2150 >2 wget call=2 n=1" } },
  { "an SDK's own count goes before the asked wait: it gave up, and the program began anew",
    { "0 >1 python count=0 call=1 n=1", "100 <1 429 after=2", "2150 >2 python count=0 call=2 n=1" } },
  { "traceparent: certain, even for a client nobody knows",
    { "0 >1 curl tp=00-aa-bb-01 call=1 n=1", "100 <1 503", "900 >2 curl tp=00-aa-bb-01 call=1 n=2 rule=traceparent" } },
  { "traceparent tells parallel identical calls apart",
    { "0 >1 js count=0 tp=00-aa-b1-01 call=1 n=1", "1 >2 js count=0 tp=00-aa-b2-01 call=2 n=1", "100 <1 529", "100 <2 529",
      "560 >3 js count=1 tp=00-aa-b2-01 call=2 n=2 rule=traceparent", "570 >4 js count=1 tp=00-aa-b1-01 call=1 n=2 rule=traceparent" } },
  { "one traceparent by hand on all calls joins none of them",
    { "0 >1 python count=0 tp=00-aa-bb-01 body=a call=1 n=1", "100 <1 200", "200 >2 python count=0 tp=00-aa-bb-01 body=b call=2 n=1",
      "300 <2 529", "400 >3 python count=0 tp=00-aa-bb-01 body=b call=3 n=1" } },
  { "oauth: one 401, then a fresh token",
    { "0 >1 js count=0 bearer=old call=1 n=1", "100 <1 401", "600 >2 js count=1 bearer=new call=1 n=2 rule=count waited=500" } },
  { "an API key that is wrong is not retried",
    { "0 >1 js count=0 key=old call=1 n=1", "100 <1 401", "600 >2 js count=1 key=new call=2 n=2 lost" } },
  { "claude code: the count stays 0, the session joins",
    { "0 >1 claude count=0 session=s call=1 n=1", "100 <1 529", "640 >2 claude count=0 session=s call=1 n=2 rule=session waited=540",
      "700 <2 529", "1800 >3 claude count=0 session=s call=1 n=3 rule=session", "2000 <3 200" } },
  { "claude code: three times overloaded, then another model",
    { "0 >1 claude session=s model=opus call=1 n=1", "1 <1 529", "600 >2 claude session=s model=opus call=1 n=2", "601 <2 529",
      "1700 >3 claude session=s model=opus call=1 n=3", "1701 <3 529",
      "3800 >4 claude session=s model=sonnet body=m call=1 n=4 rule=session likely" } },
  { "claude code: another model after one failure is another call",
    { "0 >1 claude session=s model=opus call=1 n=1", "1 <1 529", "600 >2 claude session=s model=haiku body=m call=2 n=1" } },
  { "claude code: too long for the context, then fewer max_tokens",
    { "0 >1 claude session=s body=32k loose=p call=1 n=1", "100 <1 400",
      "200 >2 claude session=s body=20k loose=p call=1 n=2 rule=session likely" } },
  { "claude code: a 400 and the very same again are two calls",
    { "0 >1 claude session=s call=1 n=1", "100 <1 400", "200 >2 claude session=s call=2 n=1" } },
  { "claude code: the stream broke, the same prompt again without a stream",
    { "0 >1 claude session=s body=stream loose=p call=1 n=1", "9000 <1 cut",
      "9600 >2 claude session=s body=whole loose=p call=1 n=2 rule=session likely" } },
  { "claude code: retry-after is a floor",
    { "0 >1 claude session=s call=1 n=1", "100 <1 429 after=20", "20400 >2 claude session=s call=1 n=2 asked=20000 waited=20300" } },
  { "claude code: sub-agents of one session stay apart",
    { "0 >1 claude session=s agent=a call=1 n=1", "100 <1 529", "640 >2 claude session=s agent=b call=2 n=1" } },
  { "claude code: two sessions stay apart",
    { "0 >1 claude session=s call=1 n=1", "100 <1 529", "640 >2 claude session=t call=2 n=1" } },
  { "claude code: a finished probe and the same again are two calls",
    { "0 >1 claude session=s call=1 n=1", "100 <1 200", "640 >2 claude session=s call=2 n=1" } },
};

/* "key=value" among @words; NULL without. */
static const char *
get (char **words, const char *key)
{
  gsize length = strlen (key);

  for (guint i = 0; words[i] != NULL; i++)
    if (strncmp (words[i], key, length) == 0 && words[i][length] == '=')
      return words[i] + length + 1;
  return NULL;
}

static guint64
hash_of (const char *text)
{
  return oh_canon_hash (text, strlen (text));
}

static void
add (OhHeaders *headers, const char *name, const char *value)
{
  if (value != NULL)
    oh_headers_append (headers, name, value);
}

static OhExchange *
make_request (char **words)
{
  static const char *const sdks[] = { "python", "js", "go", "java", "ruby", "php", "csharp", NULL };
  OhExchange *exchange = oh_exchange_new ();
  const char *client = words[2];
  const char *key = get (words, "key"), *bearer = get (words, "bearer"), *path = get (words, "path");
  g_autofree char *agent = g_strconcat (client, "/1.0", NULL);
  g_autofree char *marker = g_strdup_printf ("<redacted …wxyz %016" G_GINT64_MODIFIER "x>",
                                             hash_of (bearer != NULL ? bearer : key != NULL ? key : "key"));

  exchange->id = atoi (words[1] + 1);
  exchange->run_id = get (words, "run") != NULL ? atoi (get (words, "run")) : 1;
  exchange->connection = get (words, "conn") != NULL ? atoi (get (words, "conn")) : 0;
  exchange->started_ns = G_GINT64_CONSTANT (1795291200) * OH_NS_PER_S + atoi (words[0]) * OH_NS_PER_MS;
  exchange->method = g_strdup ("POST");
  exchange->scheme = g_strdup ("https");
  exchange->host = g_strdup ("api.anthropic.com");
  exchange->port = 443;
  exchange->target = g_strdup (path != NULL ? path : "/v1/messages");
  exchange->request_headers = oh_headers_new ();
  if (strcmp (client, "claude") == 0)
    add (exchange->request_headers, "user-agent", "claude-cli/2.1.112 (external, cli)");
  else
    add (exchange->request_headers, "user-agent", agent);
  if (g_strv_contains (sdks, client))
    add (exchange->request_headers, "X-Stainless-Lang", client);
  add (exchange->request_headers, "x-stainless-retry-count", get (words, "count"));
  add (exchange->request_headers, "traceparent", get (words, "tp"));
  add (exchange->request_headers, "x-claude-code-session-id", get (words, "session"));
  add (exchange->request_headers, "x-claude-code-agent-id", get (words, "agent"));
  add (exchange->request_headers, bearer != NULL ? "authorization" : "x-api-key", marker);
  return exchange;
}

static void
set_answer (OhExchange *exchange, char **words)
{
  gint64 now = G_GINT64_CONSTANT (1795291200) * OH_NS_PER_S + atoi (words[0]) * OH_NS_PER_MS;
  const char *status = words[2];
  g_autofree char *date = g_strdup (get (words, "date"));

  exchange->timings.ended = now - exchange->started_ns;
  exchange->response_headers = oh_headers_new ();
  exchange->ended_by = OH_PARTY_UPSTREAM;
  exchange->outcome = OH_OUTCOME_FINISHED;
  if (strcmp (status, "gone") == 0)
    {
      exchange->outcome = OH_OUTCOME_FAILED;
      exchange->ended_by = OH_PARTY_CLIENT;
    }
  else if (strcmp (status, "down") == 0)
    exchange->outcome = OH_OUTCOME_FAILED;
  else if (strcmp (status, "cut") == 0)
    {
      exchange->status = 200;
      exchange->outcome = OH_OUTCOME_CUT;
    }
  else
    exchange->status = (guint) atoi (status);
  add (exchange->response_headers, "retry-after", get (words, "after"));
  if (date != NULL)
    add (exchange->response_headers, "retry-after", g_strdelimit (date, "_", ' '));
  add (exchange->response_headers, "Retry-After-Ms", get (words, "after-ms"));
  add (exchange->response_headers, "x-should-retry", get (words, "should"));
}

static void
assert_label (char **words, const char *line, const OhAttempt *attempt)
{
  static const char *const rules[] = { "first", "traceparent", "count", "session", "asked" };
  const char *const *flags = (const char *const *) words;
  const char *value;

  g_test_message ("%s -> call=%d n=%u asked=%.0f waited=%.0f rule=%s", line, (int) attempt->call_id, attempt->number,
                  (double) attempt->asked_ns / 1e6, (double) attempt->waited_ns / 1e6, rules[attempt->rule]);
  g_assert_cmpint (attempt->call_id, ==, atoi (get (words, "call")));
  g_assert_cmpuint (attempt->number, ==, (guint) atoi (get (words, "n")));
  value = get (words, "asked");
  if (value != NULL)
    g_assert_cmpint (attempt->asked_ns, ==, atoi (value) < 0 ? -1 : atoi (value) * OH_NS_PER_MS);
  value = get (words, "waited");
  if (value != NULL)
    g_assert_cmpint (attempt->waited_ns, ==, atoi (value) * OH_NS_PER_MS);
  value = get (words, "rule");
  if (value != NULL)
    g_assert_cmpstr (rules[attempt->rule], ==, value);
  g_assert_cmpint (attempt->too_early, ==, g_strv_contains (flags, "early"));
  if (g_strv_contains (flags, "lost"))
    g_assert_cmpint (attempt->certainty, ==, OH_CERTAINTY_NONE);
  else if (g_strv_contains (flags, "likely"))
    g_assert_cmpint (attempt->certainty, ==, OH_CERTAINTY_LIKELY);
  else
    g_assert_cmpint (attempt->certainty, ==, OH_CERTAINTY_CERTAIN);
}

static void
test_sequence (gconstpointer data)
{
  const Sequence *sequence = data;
  g_autoptr (OhRetryTracker) tracker = oh_retry_tracker_new ();
  g_autoptr (GHashTable) open = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) oh_exchange_unref);

  for (guint i = 0; sequence->lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (sequence->lines[i], " ", -1);
      gpointer id = GINT_TO_POINTER (atoi (words[1] + 1));

      if (words[1][0] == '>')
        {
          OhExchange *exchange = make_request (words);
          const char *body = get (words, "body"), *loose = get (words, "loose");
          OhAttempt attempt;

          oh_retry_tracker_request (tracker, exchange, hash_of (body != NULL ? body : "body"),
                                    hash_of (loose != NULL ? loose : "prompt"), get (words, "model"), &attempt);
          assert_label (words, sequence->lines[i], &attempt);
          g_hash_table_insert (open, id, exchange);
        }
      else
        {
          OhExchange *exchange = g_hash_table_lookup (open, id);

          set_answer (exchange, words);
          oh_retry_tracker_answer (tracker, exchange);
        }
    }
}

static void
test_memory (void)
{
  g_autoptr (OhRetryTracker) tracker = oh_retry_tracker_new ();

  for (guint i = 1; i <= 20000; i++)
    {
      g_autofree char *line = g_strdup_printf ("%u >%u python count=0", i * 100, i);
      g_auto (GStrv) words = g_strsplit (line, " ", -1);
      g_auto (GStrv) end = g_strsplit (i % 2 ? "0 <1 529" : "0 <1 200", " ", -1);
      g_autoptr (OhExchange) exchange = make_request (words);
      OhAttempt attempt;

      oh_retry_tracker_request (tracker, exchange, i, i, NULL, &attempt);
      set_answer (exchange, end);
      exchange->timings.ended = 10;
      oh_retry_tracker_answer (tracker, exchange);
      /* Ten minutes of one failure every 200 ms, and some older ones. */
      g_assert_cmpuint (oh_retry_tracker_get_size (tracker), <=, 3001 + 256);
    }
  g_assert_cmpuint (oh_retry_tracker_get_size (tracker), >=, 2999 + 256);
}

static OhReading *
make_reading (const char *model, const char *max_tokens, const char *billing, const char *text)
{
  OhReading *reading = oh_reading_new (oh_facts_new ("anthropic"));
  OhMessage *message = oh_message_new ("user");
  OhBlock *block = oh_block_new ("text"), *system = oh_block_new ("text");

  block->text = g_strdup (text);
  system->text = g_strdup (billing);
  g_ptr_array_add (message->blocks, block);
  g_ptr_array_add (reading->messages, message);
  g_ptr_array_add (reading->system, system);
  g_ptr_array_add (reading->parameters, oh_parameter_new ("model", model));
  g_ptr_array_add (reading->parameters, oh_parameter_new ("max_tokens", max_tokens));
  return reading;
}

static void
test_loose_hash (void)
{
  g_autoptr (OhReading) a = make_reading ("\"m1\"", "32000", "x-anthropic-billing-header: cc_version=1;", "hi");
  g_autoptr (OhReading) same = make_reading ("\"m2\"", "20000", "x-anthropic-billing-header: cc_version=2;", "hi");
  g_autoptr (OhReading) text = make_reading ("\"m1\"", "32000", "x-anthropic-billing-header: cc_version=1;", "ho");
  g_autoptr (OhReading) system = make_reading ("\"m1\"", "32000", "You are another", "hi");

  g_assert_cmpuint (oh_retry_loose_hash (a), ==, oh_retry_loose_hash (same));
  g_assert_cmpuint (oh_retry_loose_hash (a), !=, oh_retry_loose_hash (text));
  g_assert_cmpuint (oh_retry_loose_hash (a), !=, oh_retry_loose_hash (system));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (sequences); i++)
    {
      g_autofree char *path = g_strdup_printf ("/retry/%02u %s", i + 1, sequences[i].name);

      g_strdelimit (path + strlen ("/retry/"), "/", '|');
      g_test_add_data_func (path, &sequences[i], test_sequence);
    }
  g_test_add_func ("/retry/memory", test_memory);
  g_test_add_func ("/retry/loose-hash", test_loose_hash);
  return g_test_run ();
}
