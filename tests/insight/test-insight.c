/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From captures in a real store to facts in its rows. */
#include "config.h"
#include "oh-insight.h"

#include "fixture.h"

#include <string.h>

#define EVENT(name, rest) "event: " name "\ndata: {\"type\":\"" name "\"" rest "}\n\n"

static const char request[] = "{\"model\":\"claude-a\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
static const char *const pieces[] = {
  EVENT ("message_start", ",\"message\":{\"id\":\"msg_1\",\"model\":\"claude-a-1\",\"usage\":{\"input_tokens\":3,"
                          "\"output_tokens\":1}}"),
  EVENT ("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"),
  EVENT ("content_block_delta", ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello you\"}"),
  EVENT ("content_block_stop", ",\"index\":0"),
  EVENT ("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":6}"),
  EVENT ("message_stop", ""),
};

typedef struct
{
  char *dir;
  OhStore *store;
  OhStoreReader *reader;
  OhInsight *insight;
} Fixture;

static void
start_insight (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->insight = oh_insight_new (fixture->store, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = fixture_make_dir ();
  fixture->store = fixture_open (fixture->dir);
  fixture->reader = fixture_read (fixture->dir);
  if (data == NULL)
    start_insight (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  oh_insight_stop (fixture->insight);
  g_object_unref (fixture->insight);
  oh_store_reader_free (fixture->reader);
  oh_store_close (fixture->store);
  g_object_unref (fixture->store);
  fixture_remove_dir (fixture->dir);
}

static OhExchange *
answered (const char *type, OhOutcome outcome)
{
  OhExchange *exchange = fixture_exchange ();

  exchange->status = 200;
  exchange->response_headers = oh_headers_new ();
  oh_headers_append (exchange->response_headers, "content-type", type);
  oh_headers_append (exchange->response_headers, "request-id", "req_1");
  exchange->timings.response_head = 100;
  exchange->outcome = outcome;
  exchange->ended_by = outcome != OH_OUTCOME_PENDING ? OH_PARTY_UPSTREAM : OH_PARTY_NONE;
  return exchange;
}

static void
push_request (Fixture *fixture, guint64 key, const char *body)
{
  fixture_begin (fixture->store, key);
  fixture_push (fixture->store, OH_CAPTURE_REQUEST_DATA, key, NULL, body, -1, 10);
  fixture_push (fixture->store, OH_CAPTURE_REQUEST_END, key, NULL, NULL, 0, 20);
  fixture_push (fixture->store, OH_CAPTURE_RESPONSE_HEAD, key, answered ("text/event-stream", OH_OUTCOME_PENDING), NULL, 0, 100);
}

/* @at_ns: each piece comes that much after the one before; whole µs, as the store keeps them */
static void
push_pieces (Fixture *fixture, guint64 key, guint from, guint to, gint64 at_ns)
{
  for (guint i = from; i < to; i++)
    fixture_push (fixture->store, OH_CAPTURE_RESPONSE_DATA, key, NULL, pieces[i], -1, at_ns * (i + 1));
}

static void
push_end (Fixture *fixture, guint64 key, OhOutcome outcome)
{
  fixture_push (fixture->store, OH_CAPTURE_END, key, answered ("text/event-stream", outcome), NULL, 0, 0);
}

/* Facts of the newest exchange, or NULL. (transfer full) */
static OhFacts *
read_facts (Fixture *fixture)
{
  const OhQuery newest = { .limit = 1 };
  g_autoptr (GArray) ids = oh_store_reader_find (fixture->reader, &newest, NULL);
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (fixture->reader, &g_array_index (ids, gint64, 0), ids->len);
  const OhExchange *row = rows->pdata[0];

  return row->facts != NULL ? oh_facts_ref (row->facts) : NULL;
}

static void
check_whole (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhFacts) facts = NULL;

  push_request (fixture, 1, request);
  push_pieces (fixture, 1, 0, G_N_ELEMENTS (pieces), OH_NS_PER_MS);
  push_end (fixture, 1, OH_OUTCOME_FINISHED);
  if (data != NULL)
    {
      /* Facts that nobody made at the time are made at the next start. */
      oh_store_flush (fixture->store);
      start_insight (fixture);
    }
  oh_insight_flush (fixture->insight);
  facts = read_facts (fixture);
  g_assert_cmpstr (facts->provider, ==, "anthropic");
  g_assert_cmpstr (facts->operation, ==, "messages");
  g_assert_cmpstr (facts->model, ==, "claude-a-1");
  g_assert_cmpstr (facts->title, ==, "Hi");
  g_assert_cmpstr (facts->stop_reason, ==, "end_turn");
  g_assert_cmpstr (facts->request_id, ==, "req_1");
  g_assert_cmpint (facts->usage.output, ==, 6);
  g_assert_cmpint (facts->first_token_ns, ==, 3 * OH_NS_PER_MS);
  g_assert_cmpint (facts->output_estimate, ==, -1);
  g_assert_true (facts->complete);
  /* And it is found by what was said. */
  {
    g_autoptr (OhSearch) search = oh_search_parse ("in:response \"hello you\"", 0, NULL, NULL);

    g_assert_cmpint (oh_store_reader_count (fixture->reader, &(OhQuery) { .search = search }), ==, 1);
  }
}

static void
check_live (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhFacts) begun = NULL;
  g_autoptr (OhFacts) streaming = NULL;
  g_autoptr (OhFacts) ended = NULL;

  push_request (fixture, 1, request);
  oh_insight_flush (fixture->insight);
  begun = read_facts (fixture);
  g_assert_cmpstr (begun->model, ==, "claude-a");
  g_assert_cmpstr (begun->title, ==, "Hi");
  g_assert_false (begun->complete);
  push_pieces (fixture, 1, 0, 3, OH_NS_PER_MS);
  oh_insight_flush (fixture->insight);
  streaming = read_facts (fixture);
  g_assert_cmpstr (streaming->model, ==, "claude-a-1");
  g_assert_cmpint (streaming->output_estimate, ==, 3);
  g_assert_cmpint (streaming->first_token_ns, ==, 3 * OH_NS_PER_MS);
  g_assert_false (streaming->complete);
  push_end (fixture, 1, OH_OUTCOME_CUT);
  oh_insight_flush (fixture->insight);
  ended = read_facts (fixture);
  g_assert_false (ended->complete);
  g_assert_cmpint (ended->output_estimate, ==, 3);
}

static gboolean
has_estimate (gpointer data)
{
  g_autoptr (OhFacts) facts = read_facts (data);

  return facts != NULL && facts->output_estimate == 3;
}

static gboolean
is_complete (gpointer data)
{
  g_autoptr (OhFacts) facts = read_facts (data);

  return facts != NULL && facts->complete;
}

/* By the store's signal alone: nobody asks for a flush. The second change comes sooner than facts may be put again. */
static void
check_unasked (Fixture *fixture, gconstpointer data)
{
  push_request (fixture, 1, request);
  push_pieces (fixture, 1, 0, 2, OH_NS_PER_MS);
  oh_store_flush (fixture->store);
  g_main_context_iteration (NULL, FALSE);
  push_pieces (fixture, 1, 2, 3, OH_NS_PER_MS);
  g_assert_true (fixture_wait (has_estimate, fixture, 5000));
  push_pieces (fixture, 1, 3, G_N_ELEMENTS (pieces), OH_NS_PER_MS);
  push_end (fixture, 1, OH_OUTCOME_FINISHED);
  g_assert_true (fixture_wait (is_complete, fixture, 5000));
}

static gboolean
never (gpointer data)
{
  return FALSE;
}

/* Putting facts is a change too, and must not lead to more of them. */
static void
check_rest (Fixture *fixture, gconstpointer data)
{
  gint64 change;

  push_request (fixture, 1, request);
  push_request (fixture, 2, request);
  push_end (fixture, 2, OH_OUTCOME_FINISHED);
  oh_insight_flush (fixture->insight);
  fixture_wait (never, NULL, 300);
  change = oh_store_reader_get_change (fixture->reader);
  fixture_wait (never, NULL, 500);
  g_assert_cmpint (oh_store_reader_get_change (fixture->reader), ==, change);
  push_end (fixture, 1, OH_OUTCOME_FINISHED);
}

static void
check_many (Fixture *fixture, gconstpointer data)
{
  const guint n = 3000;
  const OhQuery every = { 0 };
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  gint64 start = g_get_monotonic_time ();

  /* All at once go on, more than are read live. */
  for (guint i = 0; i < n; i++)
    push_request (fixture, i + 1, request);
  for (guint i = 0; i < n; i++)
    push_pieces (fixture, i + 1, 0, 3, OH_NS_PER_MS);
  oh_insight_flush (fixture->insight);
  for (guint i = 0; i < n; i++)
    {
      push_pieces (fixture, i + 1, 3, G_N_ELEMENTS (pieces), OH_NS_PER_MS);
      push_end (fixture, i + 1, OH_OUTCOME_FINISHED);
    }
  oh_insight_flush (fixture->insight);
  g_test_message ("%u exchanges a second, stored and understood",
                  (guint) (n * 1e6 / (double) (g_get_monotonic_time () - start)));
  ids = oh_store_reader_find (fixture->reader, &every, NULL);
  g_assert_cmpuint (ids->len, ==, n);
  rows = oh_store_reader_get_rows (fixture->reader, &g_array_index (ids, gint64, 0), n);
  for (guint i = 0; i < n; i++)
    {
      const OhExchange *row = rows->pdata[i];

      g_assert_nonnull (row->facts);
      g_assert_true (row->facts->complete);
      g_assert_cmpint (row->facts->usage.output, ==, 6);
      g_assert_cmpint (row->facts->first_token_ns, ==, 3 * OH_NS_PER_MS);
    }
}

/* What a dead process left unread, however much. */
static void
check_left_unread (Fixture *fixture, gconstpointer data)
{
  const guint n = 1500;
  g_autoptr (GArray) unread = NULL;
  g_autoptr (GArray) rest = NULL;

  for (guint i = 0; i < n; i++)
    {
      push_request (fixture, i + 1, request);
      push_end (fixture, i + 1, OH_OUTCOME_FINISHED);
    }
  oh_store_flush (fixture->store);
  unread = oh_store_reader_get_unread (fixture->reader, 1);
  g_assert_cmpuint (unread->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (g_array_index (unread, OhChange, i).id, ==, i + 1);
  start_insight (fixture);
  oh_insight_flush (fixture->insight);
  rest = oh_store_reader_get_unread (fixture->reader, n);
  g_assert_cmpuint (rest->len, ==, 0);
}

/* Nobody finds the facts of a call without its place: whoever is killed leaves both behind, or neither. */
static void
check_together (Fixture *fixture, gconstpointer data)
{
  const gint64 n = 600;

  for (gint64 i = 1; i <= n; i++)
    {
      push_request (fixture, (guint64) i, request);
      push_end (fixture, (guint64) i, OH_OUTCOME_FINISHED);
    }
  oh_store_flush (fixture->store);
  start_insight (fixture);
  for (gint64 id = 1; id <= n;)
    {
      g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (fixture->reader, &id, 1);
      const OhExchange *row = rows->pdata[0];

      g_assert_true (row == NULL || row->facts == NULL || row->place != NULL);
      id += row != NULL && row->place != NULL;
    }
}

/* Conversations go on after more others than are kept at hand: each still finds the call it continues. */
static void
check_backlog (Fixture *fixture, gconstpointer data)
{
  const guint n = 200;
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < 2 * n; i++)
    {
      const gint64 id = i + 1;
      g_autofree char *more = i < n ? g_strdup ("")
                                    : g_strdup (",{\"role\":\"assistant\",\"content\":\"Hello you\"},"
                                                "{\"role\":\"user\",\"content\":\"And then?\"}");
      g_autofree char *body = g_strdup_printf ("{\"model\":\"claude-a\",\"stream\":true,\"messages\":[{\"role\":"
                                               "\"user\",\"content\":\"Question %u\"}%s]}",
                                               i % n, more);

      push_request (fixture, i + 1, body);
      push_pieces (fixture, i + 1, 0, G_N_ELEMENTS (pieces), OH_NS_PER_MS);
      push_end (fixture, i + 1, OH_OUTCOME_FINISHED);
      g_array_append_val (ids, id);
    }
  oh_insight_flush (fixture->insight);
  rows = oh_store_reader_get_rows (fixture->reader, &g_array_index (ids, gint64, 0), ids->len);
  for (guint i = 0; i < 2 * n; i++)
    {
      const OhExchange *row = rows->pdata[i];

      g_assert_nonnull (row->place);
      g_assert_cmpint (row->place->parent_id, ==, i < n ? 0 : i + 1 - n);
      g_assert_cmpint (row->place->trace_id, ==, i % n + 1);
    }
}

/* A body larger than what is read at once, cut anywhere. */
static void
check_large (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) body = g_string_new ("{\"messages\":[{\"role\":\"user\",\"content\":\"");
  g_autoptr (OhFacts) facts = NULL;

  for (guint i = 0; i < 300000; i++)
    g_string_append (body, "words ");
  g_string_append (body, "\"}],\"model\":\"claude-large\"}");
  push_request (fixture, 1, body->str);
  push_pieces (fixture, 1, 1, G_N_ELEMENTS (pieces), OH_NS_PER_MS);
  push_end (fixture, 1, OH_OUTCOME_FINISHED);
  oh_insight_flush (fixture->insight);
  facts = read_facts (fixture);
  g_assert_cmpstr (facts->model, ==, "claude-large");
  g_assert_true (g_str_has_prefix (facts->title, "words words"));
  g_assert_true (facts->complete);
}

/* More and larger requests go on at once than are kept at hand: what their answers say is put all the same. */
static void
check_waiting (Fixture *fixture, gconstpointer data)
{
  const guint n = 70;
  const OhQuery every = { 0 };
  g_autoptr (GString) body = g_string_new ("{\"model\":\"claude-a\",\"messages\":[{\"role\":\"user\",\"content\":\"");
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  for (guint i = 0; i < 35000; i++)
    g_string_append (body, "words ");
  g_string_append (body, "\"}]}");
  for (guint i = 0; i < n; i++)
    push_request (fixture, i + 1, body->str);
  oh_insight_flush (fixture->insight);
  for (guint i = 0; i < n; i++)
    {
      OhExchange *end = answered ("text/event-stream", OH_OUTCOME_FINISHED);

      oh_headers_append (end->response_headers, "anthropic-organization-id", "org-1");
      push_pieces (fixture, i + 1, 0, G_N_ELEMENTS (pieces), OH_NS_PER_MS);
      fixture_push (fixture->store, OH_CAPTURE_END, i + 1, end, NULL, 0, 0);
    }
  oh_insight_flush (fixture->insight);
  ids = oh_store_reader_find (fixture->reader, &every, NULL);
  rows = oh_store_reader_get_rows (fixture->reader, &g_array_index (ids, gint64, 0), ids->len);
  g_assert_cmpuint (rows->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      const OhExchange *row = rows->pdata[i];

      g_assert_nonnull (row->place);
      g_assert_cmpstr (row->place->organization, ==, "org-1");
    }
}

static OhExchange *
elsewhere (OhExchange *exchange)
{
  g_free (exchange->host);
  exchange->host = g_strdup ("example.com");
  g_free (exchange->target);
  exchange->target = g_strdup ("/");
  oh_headers_unref (exchange->request_headers);
  exchange->request_headers = oh_headers_new ();
  return exchange;
}

static void
check_other (Fixture *fixture, gconstpointer data)
{
  OhExchange *end = elsewhere (answered ("text/html", OH_OUTCOME_FINISHED));
  g_autoptr (OhFacts) facts = NULL;

  fixture_push (fixture->store, OH_CAPTURE_BEGIN, 1, elsewhere (fixture_exchange ()), NULL, 0, 0);
  fixture_push (fixture->store, OH_CAPTURE_RESPONSE_HEAD, 1, oh_exchange_ref (end), NULL, 0, 1);
  fixture_push (fixture->store, OH_CAPTURE_RESPONSE_DATA, 1, NULL, "<html>", -1, 2);
  fixture_push (fixture->store, OH_CAPTURE_END, 1, end, NULL, 0, 0);
  oh_insight_flush (fixture->insight);
  facts = read_facts (fixture);
  g_assert_cmpstr (facts->provider, ==, "http");
  g_assert_true (facts->complete);
}

static void
check_left (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    guint pieces;
    gboolean error;
    OhParty party;
    OhOutcome outcome;
  } cases[] = {
    { 6, FALSE, OH_PARTY_CLIENT, OH_OUTCOME_FINISHED },
    { 5, FALSE, OH_PARTY_CLIENT, OH_OUTCOME_CUT },
    { 3, TRUE, OH_PARTY_CLIENT, OH_OUTCOME_FINISHED },
    { 6, FALSE, OH_PARTY_UPSTREAM, OH_OUTCOME_CUT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const OhQuery newest = { .limit = 1 };
      OhExchange *end = answered ("text/event-stream", OH_OUTCOME_CUT);
      g_autoptr (GArray) ids = NULL;
      g_autoptr (OhExchange) exchange = NULL;

      end->ended_by = cases[i].party;
      end->error_code = g_strdup ("client-gone");
      push_request (fixture, i + 1, request);
      push_pieces (fixture, i + 1, 0, cases[i].pieces, OH_NS_PER_MS);
      if (cases[i].error)
        fixture_push (fixture->store, OH_CAPTURE_RESPONSE_DATA, i + 1, NULL,
                      EVENT ("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}"), -1,
                      OH_NS_PER_S);
      fixture_push (fixture->store, OH_CAPTURE_END, i + 1, end, NULL, 0, 0);
      oh_insight_flush (fixture->insight);
      ids = oh_store_reader_find (fixture->reader, &newest, NULL);
      exchange = oh_store_reader_get_exchange (fixture->reader, g_array_index (ids, gint64, 0));
      g_assert_cmpint (exchange->outcome, ==, cases[i].outcome);
      g_assert_cmpint (exchange->ended_by, ==, cases[i].party);
      g_assert_cmpstr (exchange->error_code, ==, cases[i].outcome == OH_OUTCOME_CUT ? "client-gone" : NULL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/insight/whole", Fixture, NULL, set_up, check_whole, tear_down);
  g_test_add ("/insight/catch-up", Fixture, "later", set_up, check_whole, tear_down);
  /* Who closes once the answer is over has cut nothing. */
  g_test_add ("/insight/left", Fixture, NULL, set_up, check_left, tear_down);
  g_test_add ("/insight/live", Fixture, NULL, set_up, check_live, tear_down);
  g_test_add ("/insight/unasked", Fixture, NULL, set_up, check_unasked, tear_down);
  g_test_add ("/insight/rest", Fixture, NULL, set_up, check_rest, tear_down);
  g_test_add ("/insight/many", Fixture, NULL, set_up, check_many, tear_down);
  g_test_add ("/insight/left-unread", Fixture, "later", set_up, check_left_unread, tear_down);
  g_test_add ("/insight/together", Fixture, "later", set_up, check_together, tear_down);
  g_test_add ("/insight/backlog", Fixture, NULL, set_up, check_backlog, tear_down);
  g_test_add ("/insight/large", Fixture, NULL, set_up, check_large, tear_down);
  g_test_add ("/insight/waiting", Fixture, NULL, set_up, check_waiting, tear_down);
  g_test_add ("/insight/other", Fixture, NULL, set_up, check_other, tear_down);
  return g_test_run ();
}
