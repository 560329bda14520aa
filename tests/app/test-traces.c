/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oh-changes-view-text.h"
#include "oh-span-pieces.h"
#include "oh-span-words.h"
#include "oh-waterfall-scale.h"

#include <math.h>
#include <string.h>

#define S OH_NS_PER_S
#define ORIGIN (1000 * S)

static OhTrace *
make_trace (gboolean running)
{
  OhTrace *trace = oh_trace_new ();

  trace->id = 1;
  trace->name = g_strdup ("a <trace>");
  trace->started_ns = ORIGIN;
  trace->ended_ns = ORIGIN + 4 * S;
  trace->running = running;
  trace->sums.calls = trace->sums.attempts = 1;
  return trace;
}

static OhSpan *
make_attempt (OhSpanKind kind, guint depth, gint64 id, gint64 call, guint attempt, guint attempts, guint status)
{
  g_autoptr (OhExchange) exchange = oh_exchange_new ();
  OhSpan *span = oh_span_new (kind);

  exchange->id = id;
  exchange->started_ns = ORIGIN + (gint64) attempt * S;
  exchange->timings = OH_TIMINGS_UNKNOWN;
  exchange->timings.connected = S / 10;
  exchange->timings.response_head = S / 2;
  exchange->timings.ended = 8 * S / 10;
  exchange->status = status;
  exchange->outcome = OH_OUTCOME_FINISHED;
  exchange->method = g_strdup ("POST");
  exchange->host = g_strdup ("api.example");
  exchange->target = g_strdup ("/v1/messages");
  exchange->place = oh_place_new ();
  exchange->place->call_id = call;
  exchange->place->attempt = attempt;
  exchange->place->attempts = attempts;
  exchange->place->waited_ns = attempt > 1 ? S / 5 : -1;
  exchange->place->asked_wait_ns = attempt > 1 ? 2 * S : -1;
  exchange->place->too_early = attempt > 1;
  exchange->place->cost = NAN;
  span->depth = depth;
  span->exchange_id = id;
  span->started_ns = exchange->started_ns;
  span->ended_ns = exchange->started_ns + exchange->timings.ended;
  span->is_error = status >= 400;
  span->exchange = oh_exchange_ref (exchange);
  return span;
}

static OhSpan *
make_tool (guint depth, gint64 asked_by, const char *id)
{
  OhSpan *span = oh_span_new (OH_SPAN_TOOL);

  span->depth = depth;
  span->exchange_id = asked_by;
  span->id = g_strdup (id);
  span->name = g_strdup ("tool");
  span->detail = g_strdup ("{\"a\":\n\"<b>\"}");
  span->started_ns = ORIGIN + S;
  span->ended_ns = ORIGIN + 2 * S;
  return span;
}

static GPtrArray *
make_spans (guint attempts, gboolean tool)
{
  GPtrArray *spans = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_span_unref);

  g_ptr_array_add (spans, oh_span_new (OH_SPAN_TRACE));
  if (tool)
    g_ptr_array_add (spans, make_tool (1, 10, "toolu_1"));
  g_ptr_array_add (spans, make_attempt (OH_SPAN_CALL, 1, 10 + attempts - 1, 10, attempts, attempts, 200));
  for (guint i = 1; attempts > 1 && i <= attempts; i++)
    g_ptr_array_add (spans, make_attempt (OH_SPAN_ATTEMPT, 2, 10 + i - 1, 10, i, attempts, i < attempts ? 529 : 200));
  return spans;
}

static OhSpanItem *
get_child (OhSpanItem *item, guint position)
{
  OhSpanItem *child = g_list_model_get_item (oh_span_item_get_children (item), position);

  g_assert_nonnull (child);
  g_object_unref (child);
  return child;
}

static void
count_changes (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  guint *sums = data;

  sums[0] += removed;
  sums[1] += added;
}

static void
count_call (guint *calls)
{
  (*calls)++;
}

/* What a row stands for stays the same object, so that it neither folds nor loses the cursor. */
static void
test_rows_stay (void)
{
  g_autoptr (OhTrace) trace = make_trace (FALSE);
  g_autoptr (OhSpanItem) item = oh_span_item_new (1, trace, NULL);
  g_autoptr (GPtrArray) one = make_spans (1, FALSE);
  g_autoptr (GPtrArray) more = make_spans (3, TRUE);
  OhSpanItem *call;
  guint changes[2] = { 0, 0 };

  oh_span_item_set_spans (item, one);
  g_assert_cmpuint (g_list_model_get_n_items (oh_span_item_get_children (item)), ==, 1);
  call = get_child (item, 0);
  g_assert_cmpint (oh_span_item_get_exchange_id (call), ==, 10);
  g_assert_false (oh_span_item_has_children (call));

  g_signal_connect (oh_span_item_get_children (item), "items-changed", G_CALLBACK (count_changes), changes);
  oh_span_item_set_spans (item, more);
  g_assert_cmpuint (changes[0], ==, 0);
  g_assert_cmpuint (changes[1], ==, 1);
  g_assert_true (get_child (item, 1) == call);
  g_assert_cmpint (oh_span_item_get_exchange_id (call), ==, 12);
  g_assert_cmpuint (g_list_model_get_n_items (oh_span_item_get_children (call)), ==, 3);
  g_assert_null (oh_span_item_get_children (get_child (item, 0)));

  oh_span_item_set_spans (item, more);
  g_assert_cmpuint (changes[0] + changes[1], ==, 1);
  oh_span_item_set_spans (item, one);
  g_assert_true (get_child (item, 0) == call);
  g_assert_cmpuint (g_list_model_get_n_items (oh_span_item_get_children (call)), ==, 0);
}

static GPtrArray *
make_long (guint n)
{
  GPtrArray *spans = make_spans (1, FALSE);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *id = g_strdup_printf ("toolu_%u", i);

      g_ptr_array_add (spans, make_tool (1, 10, id));
    }
  return spans;
}

/* However many there are, no step brings more rows than a frame has time for; the trace says so once all are there. */
static void
test_slices (void)
{
  g_autoptr (OhTrace) trace = make_trace (FALSE);
  g_autoptr (OhSpanItem) item = oh_span_item_new (1, trace, NULL);
  g_autoptr (GPtrArray) spans = make_long (3000);
  GListModel *rows = oh_span_item_get_children (item);
  OhSpanFill *fill = oh_span_fill_new (item, spans);
  OhSpanItem *call;
  guint changed = 0, steps = 0, before = 0;
  gboolean done;

  g_signal_connect_swapped (item, "changed", G_CALLBACK (count_call), &changed);
  do
    {
      done = oh_span_fill_step (fill, 0);
      g_assert_cmpuint (g_list_model_get_n_items (rows) - before, <=, before < 200 ? 12 : 1000);
      before = g_list_model_get_n_items (rows);
      g_assert_cmpuint (changed, ==, done ? 1 : 0);
      steps++;
    }
  while (!done);
  oh_span_fill_free (fill);
  g_assert_cmpuint (before, ==, 3001);
  g_assert_cmpuint (steps, >, 50);

  /* What is given up on the way is not forgotten. */
  call = get_child (item, 0);
  for (guint n = 1; n < 60; n += 7)
    {
      fill = oh_span_fill_new (item, spans);
      for (guint i = 0; i < n; i++)
        oh_span_fill_step (fill, 0);
      oh_span_fill_free (fill);
      g_assert_true (get_child (item, 0) == call);
    }
  oh_span_item_set_spans (item, spans);
  g_assert_true (get_child (item, 0) == call);
  g_assert_cmpuint (g_list_model_get_n_items (rows), ==, 3001);
}

static void
assert_piece (GArray *pieces, guint i, OhPieceKind kind, gint64 from, gint64 to)
{
  const OhPiece *piece = &g_array_index (pieces, OhPiece, i);

  g_assert_cmpuint (i, <, pieces->len);
  g_assert_cmpint (piece->kind, ==, kind);
  g_assert_cmpint (piece->from, ==, from);
  g_assert_cmpint (piece->to, ==, to);
}

/* An answer that thinks at 0.5 s, writes at 0.6 s and asks for a tool at 0.7 s. */
static void
test_phases_of (OhSpanItem *attempt)
{
  static const OhPhase phases[] = {
    { OH_PHASE_THINKING, 2 * S / 10 },
    { OH_PHASE_TEXT, 6 * S / 10 },
    { OH_PHASE_TOOL_INPUT, 7 * S / 10 },
  };
  g_autoptr (GArray) array = g_array_new (FALSE, FALSE, sizeof (OhPhase));
  g_autoptr (GArray) pieces = NULL;
  g_autofree char *words = NULL;

  g_array_append_vals (array, phases, G_N_ELEMENTS (phases));
  oh_span_item_put_phases (attempt, 999, array);
  g_assert_null (oh_span_item_get_phases (attempt));
  oh_span_item_put_phases (attempt, oh_span_item_get_exchange_id (attempt), array);
  pieces = oh_span_get_pieces (attempt, ORIGIN + 9 * S);
  g_assert_cmpuint (pieces->len, ==, 5);
  assert_piece (pieces, 2, OH_PIECE_THINKING, 2 * S + S / 2, 2 * S + 6 * S / 10);
  assert_piece (pieces, 3, OH_PIECE_TEXT, 2 * S + 6 * S / 10, 2 * S + 7 * S / 10);
  assert_piece (pieces, 4, OH_PIECE_TOOL_INPUT, 2 * S + 7 * S / 10, 2 * S + 8 * S / 10);
  words = oh_span_describe_pieces (attempt, ORIGIN + 9 * S);
  g_assert_cmpstr (words, ==,
                   "At 2.0 s: connected for 100 ms, waited 400 ms for the first token, thought for 100 ms, wrote text "
                   "for 100 ms, wrote the input of tools for 100 ms");
}

static void
test_pieces (void)
{
  g_autoptr (OhTrace) trace = make_trace (TRUE);
  g_autoptr (OhSpanItem) item = oh_span_item_new (1, trace, NULL);
  g_autoptr (GPtrArray) spans = make_spans (2, FALSE);
  g_autoptr (GArray) call = NULL;
  g_autoptr (GArray) whole = NULL;
  g_autofree char *words = NULL;

  oh_span_item_set_spans (item, spans);
  call = oh_span_get_pieces (get_child (item, 0), ORIGIN + 9 * S);
  g_assert_cmpuint (call->len, ==, 5);
  assert_piece (call, 0, OH_PIECE_FAILED, S, S + 8 * S / 10);
  assert_piece (call, 1, OH_PIECE_PAUSE, S + 8 * S / 10, 2 * S);
  assert_piece (call, 2, OH_PIECE_CONNECT, 2 * S, 2 * S + S / 10);
  assert_piece (call, 3, OH_PIECE_WAIT, 2 * S + S / 10, 2 * S + S / 2);
  assert_piece (call, 4, OH_PIECE_STREAM, 2 * S + S / 2, 2 * S + 8 * S / 10);
  words = oh_span_describe_pieces (get_child (item, 0), ORIGIN + 9 * S);
  g_assert_cmpstr (words, ==,
                   "At 1.0 s: failed after 800 ms, paused 200 ms before the next attempt, connected for 100 ms, "
                   "waited 400 ms for the first token, received for 300 ms");
  test_phases_of (get_child (get_child (item, 0), 1));
  /* What runs grows with the clock. */
  whole = oh_span_get_pieces (item, ORIGIN + 9 * S);
  assert_piece (whole, 0, OH_PIECE_TRACE, 0, 9 * S);
}

static void
test_words (void)
{
  g_autoptr (OhTrace) trace = make_trace (FALSE);
  g_autoptr (OhSpanItem) item = oh_span_item_new (1, trace, NULL);
  g_autoptr (GPtrArray) spans = make_spans (2, TRUE);
  g_autoptr (OhSpanWords) head = oh_span_words_new (item);
  g_autoptr (OhSpanWords) tool = NULL;
  g_autoptr (OhSpanWords) call = NULL;
  g_autoptr (OhSpanWords) attempt = NULL;

  oh_span_item_set_spans (item, spans);
  g_assert_true (g_str_has_prefix (head->lead, "<b>a &lt;trace&gt;</b>"));
  tool = oh_span_words_new (get_child (item, 0));
  g_assert_nonnull (strstr (tool->trail, "{&quot;a&quot;: &quot;&lt;b&gt;&quot;}"));
  call = oh_span_words_new (get_child (item, 1));
  g_assert_cmpstr (call->retries, ==, "1 retried");
  g_assert_cmpstr (call->cost, ==, "unknown");
  attempt = oh_span_words_new (get_child (get_child (item, 1), 1));
  g_assert_cmpstr (attempt->lead, ==, "attempt 2");
  g_assert_nonnull (strstr (attempt->trail, "after 200 ms · server asked 2.0 s, too early"));
}

static void
test_costs (void)
{
  OhSums sums = { .calls = 2, .cost = 0.0214 };
  g_autofree char *known = oh_words_cost_of (&sums, FALSE);
  g_autofree char *partly = NULL;
  g_autofree char *unknown = NULL;

  sums.unpriced = 1;
  partly = oh_words_cost_of (&sums, FALSE);
  sums.unpriced = 2;
  sums.cost = 0;
  unknown = oh_words_cost_of (&sums, FALSE);
  g_assert_cmpstr (known, ==, "$0.0214");
  g_assert_cmpstr (partly, ==, "$0.0214 + 1 unknown");
  g_assert_cmpstr (unknown, ==, "unknown");
}

static void
test_scale (void)
{
  g_autoptr (OhWaterfallScale) scale = oh_waterfall_scale_new ();
  g_autofree char *seconds = oh_waterfall_scale_format_tick (4 * S, 2 * S);
  g_autofree char *tenths = oh_waterfall_scale_format_tick (S / 5, S / 5);
  g_autofree char *minutes = oh_waterfall_scale_format_tick (120 * S, 60 * S);

  g_assert_cmpint (oh_waterfall_scale_get_step (10 * S, 5), ==, 2 * S);
  g_assert_cmpint (oh_waterfall_scale_get_step (11 * S, 5), ==, 5 * S);
  g_assert_cmpint (oh_waterfall_scale_get_step (100 * S, 4), ==, 60 * S);
  g_assert_cmpint (oh_waterfall_scale_get_step (7 * OH_NS_PER_MS, 7), ==, OH_NS_PER_MS);
  for (gint64 span = 1; span < G_MAXINT64 / 16; span *= 3)
    for (guint n = 1; n < 20; n++)
      g_assert_cmpint (oh_waterfall_scale_get_step (span, n), >=, span / n);
  g_assert_cmpstr (seconds, ==, "4 s");
  g_assert_cmpstr (tenths, ==, "0.2 s");
  g_assert_cmpstr (minutes, ==, "2 min");

  oh_waterfall_scale_set_length (scale, 10 * S);
  g_assert_cmpfloat (oh_waterfall_scale_get_x (scale, 5 * S, 100), ==, 50);
  oh_waterfall_scale_zoom (scale, 0.6, 0.2);
  g_assert_cmpint (oh_waterfall_scale_get_from (scale), ==, 2 * S);
  g_assert_cmpint (oh_waterfall_scale_get_to (scale), ==, 6 * S);
  oh_waterfall_scale_zoom (scale, 0.5, 1);
  g_assert_cmpint (oh_waterfall_scale_get_from (scale), ==, 4 * S);
  /* A longer trace does not move what is zoomed into. */
  oh_waterfall_scale_set_length (scale, 60 * S);
  g_assert_cmpint (oh_waterfall_scale_get_to (scale), ==, 6 * S);
  oh_waterfall_scale_reset (scale);
  g_assert_false (oh_waterfall_scale_is_zoomed (scale));
  g_assert_cmpint (oh_waterfall_scale_get_to (scale), ==, 60 * S);
}

static void
test_changes (void)
{
  OhTextDiff *diff = oh_text_diff_new ();
  g_autofree char *markup = NULL;
  g_autofree char *words = NULL;

  oh_text_diff_add (diff, OH_DIFF_SAME, g_strnfill (500, 'x'));
  oh_text_diff_add (diff, OH_DIFF_REMOVED, g_strdup ("a<b"));
  oh_text_diff_add (diff, OH_DIFF_ADDED, g_strdup ("c"));
  oh_text_diff_add (diff, OH_DIFF_SAME, g_strdup (" end"));
  markup = oh_changes_markup (diff, FALSE);
  words = oh_changes_say (diff);
  oh_text_diff_free (diff);
  g_assert_nonnull (strstr (markup, "[…]"));
  g_assert_nonnull (strstr (markup, "a&lt;b</span>"));
  g_assert_true (g_str_has_suffix (markup, "</span> end"));
  g_assert_true (pango_parse_markup (markup, -1, 0, NULL, NULL, NULL, NULL));
  g_assert_cmpuint (strlen (markup), <, 600);
  g_assert_cmpstr (words, ==, "removed “a<b”, added “c”");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/traces/rows-stay", test_rows_stay);
  g_test_add_func ("/traces/slices", test_slices);
  g_test_add_func ("/traces/pieces", test_pieces);
  g_test_add_func ("/traces/words", test_words);
  g_test_add_func ("/traces/costs", test_costs);
  g_test_add_func ("/traces/scale", test_scale);
  g_test_add_func ("/traces/changes", test_changes);
  return g_test_run ();
}
