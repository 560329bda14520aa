/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done for each exchange and each span takes as long in a store of a million as in an empty one: no statement goes
 * through a table, or makes an index for itself. */
#include "fixture.h"
#include "oh-saying.h"
#include "oh-store-traces.h"
#include "oh-trace.h"

#include <string.h>

#define CALLS 200
/* A few rows are no table. */
#define STEPS 20

static GMutex lock;
static GHashTable *slow; /* of SQL */

/* On the thread that ran the statement. */
static int
profile (unsigned int what, void *data, void *statement, void *took)
{
  const char *sql = sqlite3_sql (statement);
  const int indexes = sqlite3_stmt_status (statement, SQLITE_STMTSTATUS_AUTOINDEX, 1);
  const int steps = sqlite3_stmt_status (statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);

  if (sql != NULL && (indexes > 0 || steps > STEPS))
    {
      g_mutex_lock (&lock);
      g_hash_table_add (slow, g_strdup (sql));
      g_mutex_unlock (&lock);
    }
  return 0;
}

static int
watch (sqlite3 *handle, char **error, const struct sqlite3_api_routines *routines)
{
  return sqlite3_trace_v2 (handle, SQLITE_TRACE_PROFILE, profile, NULL);
}

/* A call of the Messages API by a route, with the trace, the span and the request's id. */
static void
add (FixtureStore *f, gint64 key, OhRoute route, gint64 trace, gint64 number)
{
  OhExchange *begin = fixture_exchange (), *end;
  g_autoptr (OhFacts) facts = oh_facts_new ("anthropic");
  OhMeaning *meaning = oh_meaning_new (key);
  const gint64 started_ns = begin->started_ns;

  begin->route = route;
  if (route == OH_ROUTE_TOLD)
    {
      g_free (begin->scheme);
      begin->scheme = g_strdup ("otlp");
    }
  begin->run_id = 1;
  end = oh_exchange_copy (begin);
  end->status = 200;
  end->outcome = OH_OUTCOME_FINISHED;
  end->timings.ended = 2 * OH_NS_PER_S;
  oh_sink_push (OH_SINK (f->store), oh_capture_new (OH_CAPTURE_BEGIN, (guint64) key, begin, NULL, 0));
  oh_sink_push (OH_SINK (f->store), oh_capture_new (OH_CAPTURE_END, (guint64) key, end, NULL, end->timings.ended));
  oh_store_flush (f->store);
  facts->model = g_strdup ("claude-opus-4-5");
  facts->operation = g_strdup ("messages");
  facts->message_id = g_strdup_printf ("msg_%" G_GINT64_FORMAT, number);
  facts->usage.input = 100;
  oh_store_put_facts (f->store, key, facts);
  meaning->place->call_id = key;
  meaning->place->attempt = 1;
  meaning->place->trace_id = trace;
  meaning->place->thread_id = key % 2 == 1 ? 1 : 2;
  meaning->place->parent_id = MAX (key - 2, 0);
  meaning->thread_hash = (guint64) number;
  meaning->trace_key = g_strdup_printf ("w3c:%032" G_GINT64_MODIFIER "x", trace);
  meaning->trace = oh_trace_new ();
  meaning->trace->id = trace;
  meaning->trace->started_ns = started_ns;
  meaning->place->span_id = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", number);
  if (route == OH_ROUTE_TOLD)
    {
      meaning->told_trace = g_strdup (meaning->trace_key + strlen ("w3c:"));
      meaning->told_call = TRUE;
      meaning->place->own_span = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", CALLS + number);
    }
  if (trace == key)
    {
      OhNotice *notice = oh_notice_new ("repeated-tool-call");

      notice->trace_id = trace;
      notice->saying = oh_saying_new ("repeat", "times#", key);
      notice->at_ns = started_ns;
      g_array_append_val (notice->exchange_ids, key);
      g_ptr_array_add (meaning->notices, notice);
    }
  oh_store_put_meaning (f->store, meaning);
  oh_meaning_unref (meaning);
  oh_store_flush (f->store);
}

/* @data: whether the spans come first */
static void
test_told (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GArray) keys = NULL, thread = NULL;
  g_autoptr (GPtrArray) newest = NULL, of_trace = NULL;
  GHashTableIter iter;
  gpointer sql;
  guint n = 0;

  for (gint64 i = 0; i < CALLS; i++)
    {
      const gint64 first = 2 * i + 1;

      add (f, first, data != NULL ? OH_ROUTE_TOLD : OH_ROUTE_TUNNEL, first, i + 1);
      add (f, first + 1, data != NULL ? OH_ROUTE_TUNNEL : OH_ROUTE_TOLD, first, i + 1);
      /* While there is little, all of it is a few rows. */
      if (i == 0)
        g_hash_table_remove_all (slow);
    }
  keys = oh_store_reader_find_thread_keys (f->reader, CALLS / 2, TRUE);
  thread = oh_store_reader_get_thread_exchanges (f->reader, data != NULL ? 2 : 1);
  newest = oh_store_reader_get_notices (f->reader, 0, FALSE, STEPS / 2);
  of_trace = oh_store_reader_get_notices (f->reader, CALLS + 1, TRUE, 0);
  g_assert_cmpuint (newest->len, ==, STEPS / 2);
  g_assert_cmpuint (of_trace->len, ==, 1);
  g_assert_cmpint (keys->len, ==, 1);
  /* All of it is one conversation, of what was on the wire. */
  g_assert_cmpint (thread->len, ==, CALLS);
  g_mutex_lock (&lock);
  g_hash_table_iter_init (&iter, slow);
  for (; g_hash_table_iter_next (&iter, &sql, NULL); n++)
    g_test_message ("goes through a table: %s", (const char *) sql);
  g_mutex_unlock (&lock);
  g_assert_cmpuint (n, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  slow = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sqlite3_auto_extension ((void (*) (void)) watch);
  g_test_add ("/plans/told-after", FixtureStore, NULL, fixture_set_up, test_told, fixture_tear_down);
  g_test_add ("/plans/told-before", FixtureStore, GINT_TO_POINTER (1), fixture_set_up, test_told, fixture_tear_down);
  return g_test_run ();
}
