/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows in another order than that in which they came. */
#include "fixture.h"

#include <math.h>
#include <string.h>

#define NEW_YEAR (1767225600 * OH_NS_PER_S)

/* @after_s: of New Year */
static void
put (FixtureStore *f, gint64 id, int after_s, guint status, const char *model, gint64 tokens, double cost, int took_ms)
{
  OhExchange *exchange = fixture_exchange ();
  g_autoptr (OhFacts) facts = oh_facts_new ("anthropic");
  g_autoptr (OhMeaning) meaning = oh_meaning_new (id);

  exchange->started_ns = NEW_YEAR + after_s * OH_NS_PER_S;
  exchange->status = status;
  exchange->outcome = status != 0 ? OH_OUTCOME_FINISHED : OH_OUTCOME_FAILED;
  exchange->ended_by = OH_PARTY_UPSTREAM;
  exchange->timings.ended = took_ms * OH_NS_PER_MS;
  fixture_push (f->store, OH_CAPTURE_BEGIN, (guint64) id, oh_exchange_ref (exchange), NULL, 0, 0);
  fixture_push (f->store, OH_CAPTURE_END, (guint64) id, exchange, NULL, 0, 0);
  oh_store_flush (f->store);
  facts->model = g_strdup (model);
  facts->usage.input = tokens;
  facts->stop_reason = g_strdup (id == 2 ? "tool_use" : "end_turn");
  oh_store_put_facts (f->store, id, facts);
  meaning->place->call_id = id;
  meaning->place->attempt = 1;
  meaning->place->trace_id = id < 3 ? 1 : id;
  meaning->place->cost = cost;
  meaning->trace_key = g_strdup_printf ("run:%d", id < 3 ? 1 : (int) id);
  meaning->trace = oh_trace_new ();
  meaning->trace->id = meaning->place->trace_id;
  meaning->trace->name = g_strdup ("the same");
  oh_store_put_meaning (f->store, meaning);
}

/* The fourth was imported: it started before all others. */
static void
seed (FixtureStore *f)
{
  put (f, 1, 10, 200, "claude-b", 500, 0.5, 30);
  put (f, 2, 20, 429, "claude-a", -1, NAN, 10);
  put (f, 3, 30, 0, NULL, 900, 0.1, 20);
  put (f, 4, 5, 200, "claude-b", 100, 0.1, 40);
  oh_store_flush (f->store);
}

/* @expected: the numbers, one after the other */
static void
assert_order (FixtureStore *f, OhSortBy by, gboolean descending, const char *expected)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GString) order = g_string_new (NULL);

  for (gint64 id = 1; id <= 4; id++)
    g_array_append_val (ids, id);
  oh_store_reader_sort (f->reader, ids, by, descending, NULL);
  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (order, "%d", (int) g_array_index (ids, gint64, i));
  g_assert_cmpstr (order->str, ==, expected);
}

static void
test_order (FixtureStore *f, gconstpointer data)
{
  seed (f);
  assert_order (f, OH_SORT_STARTED, FALSE, "4123");
  assert_order (f, OH_SORT_STARTED, TRUE, "3214");
  assert_order (f, OH_SORT_STATUS, FALSE, "4123");
  assert_order (f, OH_SORT_STATUS, TRUE, "3214");
  /* What is not known is last, whichever way. */
  assert_order (f, OH_SORT_MODEL, FALSE, "2413");
  assert_order (f, OH_SORT_MODEL, TRUE, "1423");
  assert_order (f, OH_SORT_TOKENS, FALSE, "4132");
  assert_order (f, OH_SORT_TOKENS, TRUE, "3142");
  assert_order (f, OH_SORT_COST, FALSE, "4312");
  assert_order (f, OH_SORT_COST, TRUE, "1342");
  assert_order (f, OH_SORT_TOOK, FALSE, "2314");
  assert_order (f, OH_SORT_ENDED, TRUE, "2314");
}

static void
test_started (FixtureStore *f, gconstpointer data)
{
  seed (f);
  g_assert_cmpint (oh_store_reader_get_started (f->reader, 4), ==, NEW_YEAR + 5 * OH_NS_PER_S);
  g_assert_cmpint (oh_store_reader_get_started (f->reader, 5), ==, 0);
}

static void
test_cancelled (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  seed (f);
  for (gint64 id = 1; id <= 4; id++)
    g_array_append_val (ids, id);
  g_cancellable_cancel (cancelled);
  oh_store_reader_sort (f->reader, ids, OH_SORT_STARTED, FALSE, cancelled);
  g_assert_cmpint (g_array_index (ids, gint64, 0), ==, 1);
  g_assert_cmpuint (ids->len, ==, 4);
}

/* Traces of one name are told apart by their numbers. */
static void
test_trace (FixtureStore *f, gconstpointer data)
{
  static const struct
  {
    const char *text;
    guint found;
  } cases[] = { { "trace:same", 4 }, { "trace=\"the same\"", 4 }, { "trace=1", 2 }, { "trace=3", 1 }, { "trace=33", 0 },
                { "trace:1", 0 },    { "not trace=1", 2 } };

  seed (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhSearch) search = oh_search_parse (cases[i].text, NEW_YEAR, NULL, NULL);
      g_autoptr (GArray) ids = NULL;

      g_assert_nonnull (search);
      ids = oh_store_reader_find (f->reader, &(OhQuery) { .search = search }, NULL);
      g_test_message ("%s", cases[i].text);
      g_assert_cmpuint (ids->len, ==, cases[i].found);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/sort/" name, FixtureStore, NULL, fixture_set_up, function, fixture_tear_down)
  ADD ("order", test_order);
  ADD ("started", test_started);
  ADD ("cancelled", test_cancelled);
  ADD ("trace", test_trace);
  return g_test_run ();
}
