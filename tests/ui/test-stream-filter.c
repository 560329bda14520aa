/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which events of a stream are in the list, by words. */
#include "oh-stream-view-model.h"

#include <gtk/gtk.h>
#include <time.h>

#define MANY 100000

static OhReading *
new_reading (guint n)
{
  OhReading *reading = oh_reading_new (oh_facts_new ("test"));

  for (guint i = 0; i < n; i++)
    {
      OhStreamEvent *event = oh_stream_event_new ();

      event->name = g_strdup (i % 10 == 0 ? "ping" : "content_block_delta");
      event->data = g_strdup_printf ("{\"type\":\"x\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"word %u Größe\"}}", i);
      event->summary = g_strdup ("");
      g_ptr_array_add (reading->events, event);
    }
  return reading;
}

static guint
count (OhStreamModel *model, const char *words)
{
  oh_stream_model_set_filter (model, words);
  return g_list_model_get_n_items (G_LIST_MODEL (model));
}

static void
check_words (void)
{
  g_autoptr (OhStreamModel) model = oh_stream_model_new ();
  g_autoptr (OhReading) reading = new_reading (100);
  g_autoptr (OhStreamItem) item = NULL;

  oh_stream_model_set_reading (model, reading, FALSE);
  g_assert_cmpuint (count (model, "PING"), ==, 10);
  item = g_list_model_get_item (G_LIST_MODEL (model), 1);
  g_assert_true (oh_stream_item_get_event (item) == reading->events->pdata[10]);
  g_assert_cmpuint (oh_stream_model_find (model, 10), ==, 1);
  g_assert_cmpuint (oh_stream_model_find (model, 11), ==, GTK_INVALID_LIST_POSITION);
  g_assert_cmpuint (count (model, " ping  \"word "), ==, 10);
  g_assert_cmpuint (count (model, "GRÖSSE"), ==, 100);
  g_assert_cmpuint (count (model, "nothing"), ==, 0);
  g_assert_cmpuint (count (model, ""), ==, 100);
}

static void
on_changed (GListModel *model, guint position, guint removed, guint added, guint *from)
{
  *from = position;
}

/* What streams in goes through the filter, too, and what was in the list stays there. */
static void
check_growing (void)
{
  g_autoptr (OhStreamModel) model = oh_stream_model_new ();
  g_autoptr (OhReading) half = new_reading (51);
  g_autoptr (OhReading) whole = new_reading (100);
  guint from = 0;

  oh_stream_model_set_reading (model, half, FALSE);
  g_assert_cmpuint (count (model, "ping"), ==, 6);
  g_signal_connect (model, "items-changed", G_CALLBACK (on_changed), &from);
  oh_stream_model_set_reading (model, whole, TRUE);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (model)), ==, 10);
  g_assert_cmpuint (from, ==, 5);
  oh_stream_model_set_reading (model, NULL, FALSE);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (model)), ==, 0);
}

/* In slices: however many there are, no turn of the main loop looks at all of them; and what is typed on meanwhile is what
 * counts. The bound is generous, for slow computers and sanitizers: what is quadratic is far above it. */
static void
check_many (void)
{
  guint turns = 0;
  g_autoptr (OhStreamModel) model = oh_stream_model_new ();
  g_autoptr (OhReading) reading = new_reading (MANY);
  double best = G_MAXDOUBLE;

  oh_stream_model_set_reading (model, reading, FALSE);
  for (guint i = 0; i < 5; i++)
    {
      const clock_t begun = clock ();

      oh_stream_model_set_filter (model, "delta");
      oh_stream_model_set_filter (model, "word 9999");
      while (g_main_context_iteration (NULL, FALSE))
        turns++;
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (model)), ==, 19);
      best = MIN (best, 1000.0 * (double) (clock () - begun) / CLOCKS_PER_SEC);
    }
  g_test_message ("%d events in %.1f ms of CPU, in %u turns of five", MANY, best, turns);
  g_assert_cmpuint (turns, >, 0);
  /* One that was not come to yet is come to when it is asked for. */
  oh_stream_model_set_filter (model, "word 99990");
  g_assert_cmpuint (oh_stream_model_find (model, 99990), ==, 0);
  g_assert_cmpfloat (best, <, 200);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stream-filter/words", check_words);
  g_test_add_func ("/stream-filter/growing", check_growing);
  g_test_add_func ("/stream-filter/many", check_many);
  return g_test_run ();
}
