/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of traces, over a real store. */
#include "fixture.h"
#include "oh-span-item.h"
#include "oh-traces-model.h"

#define TRACES 300
/* A list view asks for so many at once. */
#define SHOWN 200

static GThread *main_thread;
static guint asked; /* statements that the main thread ran */

static int
count_statement (unsigned int what, void *data, void *statement, void *sql)
{
  if (g_thread_self () == main_thread)
    asked++;
  return 0;
}

static int
watch (sqlite3 *handle, char **error, const struct sqlite3_api_routines *routines)
{
  return sqlite3_trace_v2 (handle, SQLITE_TRACE_STMT, count_statement, NULL);
}

static void
add_trace (FixtureStore *f, gint64 id)
{
  OhExchange *begin = fixture_exchange (), *end;
  OhMeaning *meaning = oh_meaning_new (id);

  begin->started_ns += id * OH_NS_PER_MS;
  end = oh_exchange_copy (begin);
  end->status = 200;
  end->outcome = OH_OUTCOME_FINISHED;
  end->timings.ended = OH_NS_PER_MS;
  meaning->place->call_id = meaning->place->trace_id = id;
  meaning->place->attempt = 1;
  meaning->trace_key = g_strdup_printf ("own:%" G_GINT64_FORMAT, id);
  meaning->trace = oh_trace_new ();
  meaning->trace->id = id;
  meaning->trace->started_ns = begin->started_ns;
  fixture_push (f->store, OH_CAPTURE_BEGIN, (guint64) id, begin, NULL, 0, 0);
  oh_sink_push (OH_SINK (f->store), oh_capture_new (OH_CAPTURE_END, (guint64) id, end, NULL, end->timings.ended));
  oh_store_flush (f->store);
  oh_store_put_meaning (f->store, meaning);
  oh_meaning_unref (meaning);
}

static void
set_true (gboolean *done)
{
  *done = TRUE;
}

static void
load (OhTracesModel *model)
{
  gboolean done = FALSE;
  gulong handler = g_signal_connect_swapped (model, "loaded", G_CALLBACK (set_true), &done);

  oh_traces_model_set_query (model, 0, NULL);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  g_signal_handler_disconnect (model, handler);
}

/* What stands at the end, where the newest are, is shown without a question to the store on the main thread; what is scrolled
 * to after that is read when it is. */
static void
test_ready (FixtureStore *f, gconstpointer data)
{
  g_autoptr (OhTracesModel) model = oh_traces_model_new (f->reader, f->dir);

  for (gint64 id = 1; id <= TRACES; id++)
    add_trace (f, id);
  oh_store_flush (f->store);
  load (model);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (model)), ==, TRACES);
  asked = 0;
  for (guint i = TRACES - SHOWN; i < TRACES; i++)
    {
      g_autoptr (OhSpanItem) item = g_list_model_get_item (G_LIST_MODEL (model), i);

      g_assert_cmpint (oh_span_item_get_trace (item)->id, ==, i + 1);
    }
  g_assert_cmpuint (asked, ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (OhSpanItem) item = g_list_model_get_item (G_LIST_MODEL (model), i);

      g_assert_cmpint (oh_span_item_get_trace (item)->id, ==, i + 1);
    }
  g_assert_cmpuint (asked, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  main_thread = g_thread_self ();
  sqlite3_auto_extension ((void (*) (void)) watch);
  g_test_add ("/traces-model/ready", FixtureStore, NULL, fixture_set_up, test_ready, fixture_tear_down);
  return g_test_run ();
}
