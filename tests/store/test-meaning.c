/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places, traces, spans, limits and notices: what is put comes back added up, in order, and goes with its exchanges. */
#include "fixture.h"
#include "oh-saying.h"
#include "oh-store-traces.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

/* An ended exchange of the Messages API, the @key-th of this store, @seconds after 2026-01-01. */
static const OhTraceQuery everything = { 0 };

static void
add_exchange (FixtureStore *f, gint64 key, gint64 seconds, guint status)
{
  OhExchange *begin = fixture_exchange (), *end;
  g_autoptr (OhFacts) facts = oh_facts_new ("anthropic");

  begin->started_ns = (1767225600 + seconds) * OH_NS_PER_S;
  end = oh_exchange_copy (begin);
  end->status = status;
  end->outcome = OH_OUTCOME_FINISHED;
  end->ended_by = OH_PARTY_UPSTREAM;
  end->timings.ended = 2 * OH_NS_PER_S;
  oh_sink_push (OH_SINK (f->store), oh_capture_new (OH_CAPTURE_BEGIN, (guint64) key, begin, NULL, 0));
  oh_sink_push (OH_SINK (f->store), oh_capture_new (OH_CAPTURE_END, (guint64) key, end, NULL, end->timings.ended));
  oh_store_flush (f->store);
  facts->model = g_strdup (key % 2 == 1 ? "claude-opus-4-5" : "claude-haiku-4-5");
  facts->operation = g_strdup ("messages");
  facts->title = g_strdup_printf ("Question %d", (int) key);
  facts->message_id = g_strdup_printf ("msg_%d", (int) key);
  facts->usage.input = 100;
  facts->usage.cache_read = 20;
  facts->usage.cache_write = 3;
  facts->usage.output = 40;
  facts->first_token_ns = key * 100 * OH_NS_PER_MS;
  oh_store_put_facts (f->store, key, facts);
}

static OhMeaning *
new_meaning (gint64 id, gint64 call, guint attempt, gint64 trace, double cost)
{
  OhMeaning *meaning = oh_meaning_new (id);

  meaning->place->call_id = call;
  meaning->place->attempt = attempt;
  meaning->place->trace_id = trace;
  meaning->place->cost = cost;
  return meaning;
}

static void
set_trace (OhMeaning *meaning, const char *key, const char *name, const char *session, const char *user)
{
  meaning->trace_key = g_strdup (key);
  meaning->trace = oh_trace_new ();
  meaning->trace->id = meaning->place->trace_id;
  meaning->trace->name = g_strdup (name);
  meaning->trace->session = g_strdup (session);
  meaning->trace->user = g_strdup (user);
  meaning->trace->started_ns = (1767225600 + meaning->exchange_id) * OH_NS_PER_S;
}

static void
put (FixtureStore *f, OhMeaning *meaning)
{
  oh_store_put_meaning (f->store, meaning);
  oh_meaning_unref (meaning);
  oh_store_flush (f->store);
}

static char *
draw (GPtrArray *spans)
{
  static const char *const kinds[] = { "trace", "custom", "call", "attempt", "tool" };
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < spans->len; i++)
    {
      const OhSpan *span = spans->pdata[i];

      g_string_append_printf (out, "%*s%s %s %d%s\n", (int) span->depth * 2, "", kinds[span->kind], span->name,
                              (int) span->exchange_id, span->is_error ? " error" : "");
    }
  return g_string_free (out, FALSE);
}

/* A trace with a custom span around a retried call, a tool between two calls, and a plain call. */
static void
test_tree (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GPtrArray) spans = NULL;
  g_autoptr (GPtrArray) traces = NULL;
  g_autofree char *drawn = NULL;
  OhMeaning *meaning;
  OhSpan *span;
  const OhTrace *trace;
  const gint64 one = 1;

  for (gint64 id = 1; id <= 4; id++)
    add_exchange (f, id, id, id == 1 ? 529 : 200);
  meaning = new_meaning (1, 1, 1, 1, 0);
  set_trace (meaning, "span:aaaa", "trip", "s1", "u1");
  meaning->place->span_id = g_strdup ("bbbb");
  span = oh_span_new (OH_SPAN_CUSTOM);
  span->id = g_strdup ("bbbb");
  span->parent_id = g_strdup ("aaaa");
  span->name = g_strdup ("plan");
  span->started_ns = 1767225600 * OH_NS_PER_S;
  g_ptr_array_add (meaning->spans, span);
  put (f, meaning);
  meaning = new_meaning (2, 1, 2, 1, 0.25);
  meaning->place->span_id = g_strdup ("bbbb");
  put (f, meaning);
  meaning = new_meaning (3, 3, 1, 1, 0.5);
  span = oh_span_new (OH_SPAN_TOOL);
  span->id = g_strdup ("toolu_1");
  span->name = g_strdup ("get_weather");
  span->detail = g_strdup ("{\"location\":\"Paris\"}");
  span->exchange_id = 2;
  span->result_exchange_id = 3;
  span->result = g_strdup ("Sunny");
  span->started_ns = (1767225600 + 2) * OH_NS_PER_S + 1;
  span->ended_ns = (1767225600 + 3) * OH_NS_PER_S;
  g_ptr_array_add (meaning->spans, span);
  put (f, meaning);
  put (f, new_meaning (4, 4, 1, 1, NAN));

  spans = oh_store_reader_get_spans (f->reader, 1);
  drawn = draw (spans);
  g_assert_cmpstr (drawn, ==,
                   "trace trip 0\n"
                   "  custom plan 0\n"
                   "    call claude-haiku-4-5 2\n"
                   "      attempt claude-opus-4-5 1 error\n"
                   "      attempt claude-haiku-4-5 2\n"
                   "    tool get_weather 2\n"
                   "  call claude-opus-4-5 3\n"
                   "  call claude-haiku-4-5 4\n");
  span = spans->pdata[5];
  g_assert_cmpstr (span->detail, ==, "{\"location\":\"Paris\"}");
  g_assert_cmpstr (span->result, ==, "Sunny");
  g_assert_cmpint (((OhSpan *) spans->pdata[2])->started_ns, ==, (1767225600 + 1) * OH_NS_PER_S);

  traces = oh_store_reader_get_traces (f->reader, &one, 1);
  trace = traces->pdata[0];
  g_assert_cmpstr (trace->session, ==, "s1");
  g_assert_cmpint (trace->sums.calls, ==, 3);
  g_assert_cmpint (trace->sums.attempts, ==, 4);
  g_assert_cmpint (trace->sums.retried, ==, 1);
  g_assert_cmpint (trace->sums.failed, ==, 0);
  g_assert_cmpint (trace->sums.input_tokens, ==, 4 * 123);
  g_assert_cmpfloat_with_epsilon (trace->sums.cost, 0.75, 1e-9);
  g_assert_cmpint (trace->sums.unpriced, ==, 1);
  g_assert_false (trace->running);
  {
    g_autoptr (OhExchange) retried = oh_store_reader_get_exchange (f->reader, 1);
    g_autoptr (GArray) calls = oh_store_reader_get_retried (f->reader, 0, 0);

    g_assert_cmpuint (retried->place->attempts, ==, 2);
    g_assert_cmpuint (calls->len, ==, 1);
    g_assert_cmpint (g_array_index (calls, gint64, 0), ==, 1);
  }
}

static void
test_groups (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GPtrArray) sessions = NULL;
  g_autoptr (GPtrArray) threads = NULL;
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GPtrArray) users = NULL;
  const OhTraceQuery mine = { .user = "u2" };
  const OhGroup *group;

  for (gint64 id = 1; id <= 4; id++)
    {
      OhMeaning *meaning = new_meaning (id, id, 1, id < 3 ? 1 : id, 0.1);
      g_autofree char *key = g_strdup_printf ("k%d", (int) meaning->place->trace_id);

      add_exchange (f, id, id, 200);
      set_trace (meaning, key, NULL, id < 4 ? "sess-abc" : NULL, id == 3 ? "u2" : "u1");
      /* 1 → 2 and 1 → 3: one conversation with two ends. */
      meaning->place->thread_id = id < 4 ? 1 : 0;
      meaning->place->parent_id = id == 2 || id == 3 ? 1 : 0;
      put (f, meaning);
    }
  sessions = oh_store_reader_get_sessions (f->reader, &everything);
  g_assert_cmpuint (sessions->len, ==, 1);
  group = sessions->pdata[0];
  g_assert_cmpstr (group->name, ==, "sess-abc");
  g_assert_cmpint (group->traces, ==, 2);
  g_assert_cmpint (group->sums.calls, ==, 3);
  ids = oh_store_reader_get_session_exchanges (f->reader, "sess-abc");
  g_assert_cmpuint (ids->len, ==, 3);
  threads = oh_store_reader_get_threads (f->reader, &everything);
  g_assert_cmpuint (threads->len, ==, 1);
  group = threads->pdata[0];
  g_assert_cmpstr (group->name, ==, "Question 1");
  g_assert_cmpint (group->branches, ==, 2);
  users = oh_store_reader_get_users (f->reader);
  g_assert_cmpuint (users->len, ==, 2);
  g_clear_pointer (&ids, g_array_unref);
  ids = oh_store_reader_find_traces (f->reader, &mine);
  g_assert_cmpuint (ids->len, ==, 1);
  g_assert_cmpint (g_array_index (ids, gint64, 0), ==, 3);
  g_assert_cmpint (oh_store_reader_find_trace (f->reader, "k3"), ==, 3);
  g_assert_cmpint (oh_store_reader_find_message (f->reader, "msg_2"), ==, 2);
}

static void
test_thread_keys (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GArray) found = NULL;
  g_autoptr (GArray) by_short = NULL;
  g_autoptr (GArray) none = NULL;
  OhMeaning *meaning = new_meaning (1, 1, 1, 0, 0);

  add_exchange (f, 1, 1, 200);
  meaning->thread_hash = G_MAXUINT64 - 4;
  meaning->thread_short_hash = 77;
  meaning->thread_answer = 5;
  meaning->thread_length = 3;
  put (f, meaning);
  found = oh_store_reader_find_thread_keys (f->reader, G_MAXUINT64 - 4, FALSE);
  by_short = oh_store_reader_find_thread_keys (f->reader, 77, FALSE);
  none = oh_store_reader_find_thread_keys (f->reader, 5, FALSE);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_cmpuint (by_short->len, ==, 1);
  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (g_array_index (found, OhThreadKey, 0).hash, ==, G_MAXUINT64 - 4);
  g_assert_cmpuint (g_array_index (found, OhThreadKey, 0).answer, ==, 5);
  g_assert_cmpuint (g_array_index (found, OhThreadKey, 0).length, ==, 3);
  g_assert_cmpint (g_array_index (found, OhThreadKey, 0).exchange_id, ==, 1);
}

static void
add_limit (OhMeaning *meaning, const char *bucket, double remaining, guint status)
{
  OhLimit *limit = oh_limit_new ();

  limit->bucket = g_strdup (bucket);
  limit->key_hash = g_strdup ("00112233");
  limit->limit = 50;
  limit->remaining = remaining;
  limit->at_ns = (1767225600 + meaning->exchange_id) * OH_NS_PER_S;
  limit->http_status = status;
  g_ptr_array_add (meaning->limits, limit);
}

static void
test_limits (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GPtrArray) now = NULL;
  g_autoptr (GPtrArray) history = NULL;

  for (gint64 id = 1; id <= 3; id++)
    {
      OhMeaning *meaning = new_meaning (id, id, 1, 0, 0);

      add_exchange (f, id, id, id == 3 ? 429 : 200);
      add_limit (meaning, "requests", 50 - (double) id, id == 3 ? 429 : 200);
      add_limit (meaning, "input-tokens", NAN, 200);
      put (f, meaning);
    }
  now = oh_store_reader_get_limits (f->reader);
  g_assert_cmpuint (now->len, ==, 2);
  g_assert_cmpstr (((OhLimit *) now->pdata[1])->bucket, ==, "requests");
  g_assert_cmpfloat (((OhLimit *) now->pdata[1])->remaining, ==, 47);
  g_assert_true (isnan (((OhLimit *) now->pdata[0])->remaining));
  history = oh_store_reader_get_limit_history (f->reader, now->pdata[1], 0);
  g_assert_cmpuint (history->len, ==, 3);
  g_assert_cmpuint (((OhLimit *) history->pdata[2])->http_status, ==, 429);
}

/* Of very many samples the newest of each bucket are found, and a history has its newest one, thinned or not. */
static void
test_many_limits (FixtureStore *f, gconstpointer data)
{
  static const char *const buckets[] = { "k0:a/m/input", "k0:a/m/tokens", "k0:a/n/input", "k0:a/n/tokens",
                                         "k0:b/m/input", "k0:b/m/tokens", "k0:b/n/input", "k0:b/n/tokens",
                                         "k2:a/m/input", "k2:a/m/tokens", "k2:a/n/input", "k2:a/n/tokens",
                                         "k2:b/m/input", "k2:b/m/tokens", "k2:b/n/input", "k2:b/n/tokens" };
  const guint counts[] = { 1, 1999, 2000, 2001, 4500, 20000 };
  sqlite3 *db = fixture_raw_open (f->dir);
  g_autoptr (GPtrArray) now = NULL;

  fixture_raw_run (db, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                       "INSERT INTO rate_limit (exchange_id, bucket, at_ns, key_hash, organization, remaining, reset_ns,"
                       " http_status, scope) SELECT i, bucket, i * 1000, 'k' || (i / 4 % 2 * 2), char (97 + i % 2), i, 0,"
                       " iif (i % 100 = 3, 429, 200), char (109 + i / 2 % 2) FROM n, (SELECT 'tokens' AS bucket UNION SELECT 'input')");
  now = oh_store_reader_get_limits (f->reader);
  g_assert_cmpuint (now->len, ==, G_N_ELEMENTS (buckets));
  for (guint i = 0; i < now->len; i++)
    {
      const OhLimit *limit = now->pdata[i];
      g_autofree char *name = g_strdup_printf ("%s:%s/%s/%s", limit->key_hash, limit->organization, limit->scope,
                                               limit->bucket);

      g_assert_cmpstr (name, ==, buckets[i]);
      g_assert_cmpfloat (limit->remaining, >, 20000 - 8);
    }

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autofree char *samples = g_strdup_printf (
          "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
          "INSERT INTO rate_limit (exchange_id, bucket, at_ns, key_hash, organization, remaining, reset_ns, http_status)"
          " SELECT 100000 * %u + i, 'b%u', i, 'k9', '', i, 0, iif (i %% 4 = 0, 429, 200) FROM n", counts[i], i + 1, i);
      g_autoptr (OhLimit) limit = oh_limit_new ();
      g_autoptr (GPtrArray) history = NULL;
      guint refused = 0;

      fixture_raw_run (db, samples);
      limit->key_hash = g_strdup ("k9");
      limit->bucket = g_strdup_printf ("b%u", i);
      history = oh_store_reader_get_limit_history (f->reader, limit, 0);
      g_assert_cmpuint (history->len, <=, 2000);
      g_assert_cmpuint (history->len, >=, MIN (counts[i], 1000));
      g_assert_cmpfloat (((OhLimit *) history->pdata[history->len - 1])->remaining, ==, counts[i]);
      /* From one end to the other. */
      g_assert_cmpfloat (((OhLimit *) history->pdata[0])->remaining, <=, 1 + counts[i] / 400.0);
      for (guint n = 0; n < history->len; n++)
        {
          refused += ((OhLimit *) history->pdata[n])->http_status == 429;
          g_assert_true (n == 0 ||
                         ((OhLimit *) history->pdata[n])->at_ns > ((OhLimit *) history->pdata[n - 1])->at_ns);
        }
      g_assert_cmpuint (refused, >=, MIN (counts[i] / 4, 500));
    }
  sqlite3_close (db);
}

static void
test_notices (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GPtrArray) notices = NULL;
  g_autoptr (GPtrArray) of_second = NULL;
  g_autofree char *said = NULL;
  gint64 id;

  for (gint64 key = 1; key <= 2; key++)
    {
      OhMeaning *meaning = new_meaning (key, key, 1, 1, 0);
      OhNotice *notice = oh_notice_new ("repeated-tool-call");

      add_exchange (f, key, key, 200);
      notice->trace_id = 1;
      notice->saying = oh_saying_new ("repeat", "times#", key);
      notice->severity = 1;
      g_array_append_val (notice->exchange_ids, key);
      g_ptr_array_add (meaning->notices, notice);
      put (f, meaning);
    }
  notices = oh_store_reader_get_notices (f->reader, 0, FALSE, 0);
  g_assert_cmpuint (notices->len, ==, 1);
  said = oh_saying_tell (((OhNotice *) notices->pdata[0])->saying);
  g_assert_cmpstr (said, ==, "The same request was sent and answered 2 times.");
  g_assert_cmpuint (((OhNotice *) notices->pdata[0])->exchange_ids->len, ==, 2);
  of_second = oh_store_reader_get_notices_of (f->reader, 2);
  g_assert_cmpuint (of_second->len, ==, 1);
  id = ((OhNotice *) notices->pdata[0])->id;
  oh_store_set_muted (f->store, id, TRUE);
  oh_store_flush (f->store);
  g_clear_pointer (&notices, g_ptr_array_unref);
  notices = oh_store_reader_get_notices (f->reader, 1, FALSE, 0);
  g_assert_cmpuint (notices->len, ==, 0);
  g_clear_pointer (&notices, g_ptr_array_unref);
  notices = oh_store_reader_get_notices (f->reader, 1, TRUE, 0);
  g_assert_true (((OhNotice *) notices->pdata[0])->muted);
}

static void
test_overview (FixtureStore *f, gconstpointer data)
{
  OhOverview *overview;
  const gint64 midnight = 1767225600 * OH_NS_PER_S;

  for (gint64 id = 1; id <= 4; id++)
    {
      add_exchange (f, id, id * 1800, 200);
      put (f, new_meaning (id, id, 1, 0, 0.5));
    }
  overview = oh_store_reader_get_overview (f->reader, midnight, midnight + 2 * 3600 * OH_NS_PER_S,
                                           3600 * OH_NS_PER_S);
  g_assert_cmpint (overview->sums.calls, ==, 3);
  g_assert_cmpint (overview->ttft_p50_ns, ==, 200 * OH_NS_PER_MS);
  g_assert_cmpint (overview->ttft_p95_ns, ==, 300 * OH_NS_PER_MS);
  g_assert_cmpint (overview->duration_p50_ns, ==, 2 * OH_NS_PER_S);
  g_assert_cmpuint (overview->slices->len, ==, 3);
  g_assert_cmpint (g_array_index (overview->slices, OhSlice, 0).start_ns, ==, midnight);
  g_assert_cmpstr (g_array_index (overview->slices, OhSlice, 1).model, ==, "claude-haiku-4-5");
  oh_overview_free (overview);
  overview = oh_store_reader_get_overview (f->reader, 0, midnight, 3600 * OH_NS_PER_S);
  g_assert_cmpint (overview->sums.calls, ==, 0);
  g_assert_cmpint (overview->ttft_p50_ns, ==, -1);
  oh_overview_free (overview);
}

static void
test_clear (FixtureStore *f, gconstpointer data)
{
  OhMeaning *meaning = new_meaning (1, 1, 1, 1, 0);
  g_autoptr (GArray) traces = NULL;
  g_autoptr (GPtrArray) limits = NULL;
  g_autoptr (OhPlace) place = NULL;

  add_exchange (f, 1, 1, 200);
  set_trace (meaning, "k", "n", "s", "u");
  add_limit (meaning, "requests", 1, 200);
  put (f, meaning);
  oh_store_clear (f->store, 0);
  oh_store_flush (f->store);
  traces = oh_store_reader_find_traces (f->reader, &everything);
  limits = oh_store_reader_get_limits (f->reader);
  place = oh_store_reader_get_place (f->reader, 1);
  g_assert_cmpuint (traces->len, ==, 0);
  g_assert_cmpuint (limits->len, ==, 0);
  g_assert_null (place);
  /* Late meaning of an exchange that is gone changes nothing. */
  put (f, new_meaning (1, 1, 1, 1, 0));
  g_clear_pointer (&place, oh_place_unref);
  g_assert_null (oh_store_reader_get_place (f->reader, 1));
}

static gint64
count_spans (FixtureStore *f, const char *results)
{
  g_autoptr (GPtrArray) spans = oh_store_reader_get_spans (f->reader, 1);
  gint64 n = 0;

  for (guint i = 0; i < spans->len; i++)
    {
      const OhSpan *span = spans->pdata[i];

      if (span->kind == OH_SPAN_TOOL)
        {
          g_assert_cmpstr (span->result, ==, results);
          n++;
        }
    }
  return n;
}

/* A tool goes with the call that asked for it, what it brought with the one that brought it. */
static void
test_spans_go (FixtureStore *f, gconstpointer data)
{
  const gboolean all = GPOINTER_TO_INT (data) != 0;
  OhMeaning *meaning = new_meaning (1, 1, 1, 1, 0);
  OhSpan *span = oh_span_new (OH_SPAN_TOOL);
  const gint64 ids[] = { 2, 1 };

  for (gint64 id = 1; id <= 3; id++)
    add_exchange (f, id, id, 200);
  set_trace (meaning, "k", "n", "s", "u");
  span->id = g_strdup ("toolu_1");
  span->name = g_strdup ("get_weather");
  span->exchange_id = 1;
  span->result_exchange_id = 2;
  span->result = g_strdup ("Sunny");
  g_ptr_array_add (meaning->spans, span);
  put (f, meaning);
  put (f, new_meaning (2, 2, 1, 1, 0));
  put (f, new_meaning (3, 3, 1, 1, 0));
  g_assert_cmpint (count_spans (f, "Sunny"), ==, 1);
  if (all)
    {
      oh_store_set_pinned (f->store, 1, TRUE);
      oh_store_set_pinned (f->store, 3, TRUE);
      oh_store_clear (f->store, 0);
    }
  else
    oh_store_delete (f->store, &ids[0], 1);
  oh_store_flush (f->store);
  g_assert_cmpint (count_spans (f, NULL), ==, 1);
  if (all)
    {
      oh_store_set_pinned (f->store, 1, FALSE);
      oh_store_clear (f->store, 0);
    }
  else
    oh_store_delete (f->store, &ids[1], 1);
  oh_store_flush (f->store);
  g_assert_cmpint (count_spans (f, NULL), ==, 0);
}

static OhSpan *
new_tool (const char *id, gint64 asked_by, gint64 answered_by, gint64 seconds)
{
  OhSpan *span = oh_span_new (OH_SPAN_TOOL);

  span->id = g_strdup (id);
  span->name = g_strdup ("get");
  span->exchange_id = asked_by;
  span->result_exchange_id = answered_by;
  span->result = answered_by != 0 ? g_strdup_printf ("of %d", (int) answered_by) : NULL;
  span->started_ns = 1767225600 * OH_NS_PER_S;
  span->ended_ns = answered_by != 0 ? (1767225600 + seconds) * OH_NS_PER_S : 0;
  return span;
}

/* The first result counts, however often others are told, and each use of an id is a span of its own. */
static void
test_tools (FixtureStore *f, gconstpointer data)
{
  static const struct
  {
    gint64 asked_by;
    const char *result;
  } right[] = { { 1, "of 2" }, { 1, NULL }, { 2, "of 3" } };
  g_autoptr (GPtrArray) spans = NULL;
  OhMeaning *meaning;
  guint n = 0;

  for (gint64 id = 1; id <= 3; id++)
    add_exchange (f, id, id, 200);
  meaning = new_meaning (1, 1, 1, 1, 0);
  set_trace (meaning, "call:1", "trip", NULL, NULL);
  g_ptr_array_add (meaning->spans, new_tool ("t", 1, 0, 0));
  g_ptr_array_add (meaning->spans, new_tool ("t", 1, 0, 0));
  put (f, meaning);
  meaning = new_meaning (3, 3, 1, 1, 0);
  g_ptr_array_add (meaning->spans, new_tool ("t", 1, 3, 9));
  g_ptr_array_add (meaning->spans, new_tool ("t", 2, 3, 9));
  put (f, meaning);
  meaning = new_meaning (2, 2, 1, 1, 0);
  g_ptr_array_add (meaning->spans, new_tool ("t", 1, 2, 1));
  g_ptr_array_add (meaning->spans, new_tool ("t", 2, 0, 0));
  put (f, meaning);
  spans = oh_store_reader_get_spans (f->reader, 1);
  for (guint i = 0; i < spans->len; i++)
    {
      const OhSpan *span = spans->pdata[i];

      if (span->kind != OH_SPAN_TOOL)
        continue;
      g_assert_cmpuint (n, <, G_N_ELEMENTS (right));
      g_assert_cmpstr (span->id, ==, "t");
      g_assert_cmpint (span->exchange_id, ==, right[n].asked_by);
      g_assert_cmpstr (span->result, ==, right[n].result);
      if (n == 0)
        g_assert_cmpint (span->ended_ns - span->started_ns, ==, OH_NS_PER_S);
      n++;
    }
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (right));
}

/* What is read again may belong elsewhere: the trace that it leaves goes with the last one. */
static void
test_moved (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GArray) before = NULL;
  g_autoptr (GArray) between = NULL;
  g_autoptr (GArray) after = NULL;
  OhMeaning *meaning;

  for (gint64 id = 1; id <= 3; id++)
    {
      add_exchange (f, id, id, 200);
      meaning = new_meaning (id, id, 1, MIN (id, 2), 0);
      set_trace (meaning, id == 1 ? "call:1" : "call:2", "trip", NULL, NULL);
      g_ptr_array_add (meaning->spans, new_tool ("t", id, 0, 0));
      put (f, meaning);
    }
  before = oh_store_reader_find_traces (f->reader, &everything);
  g_assert_cmpuint (before->len, ==, 2);
  put (f, new_meaning (2, 2, 1, 1, 0));
  between = oh_store_reader_find_traces (f->reader, &everything);
  g_assert_cmpuint (between->len, ==, 2);
  put (f, new_meaning (3, 3, 1, 1, 0));
  after = oh_store_reader_find_traces (f->reader, &everything);
  g_assert_cmpuint (after->len, ==, 1);
  g_assert_cmpint (g_array_index (after, gint64, 0), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add ("/meaning/" #name, FixtureStore, NULL, fixture_set_up, test_##name, fixture_tear_down)
  ADD (tools);
  ADD (moved);
  ADD (tree);
  g_test_add ("/meaning/spans-go/one", FixtureStore, GINT_TO_POINTER (0), fixture_set_up, test_spans_go, fixture_tear_down);
  g_test_add ("/meaning/spans-go/all", FixtureStore, GINT_TO_POINTER (1), fixture_set_up, test_spans_go, fixture_tear_down);
  ADD (groups);
  ADD (thread_keys);
  ADD (limits);
  ADD (many_limits);
  ADD (notices);
  ADD (overview);
  ADD (clear);
  return g_test_run ();
}
