/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-span-pieces.h"

#include <glib/gi18n.h>

static void
add_piece (GArray *pieces, OhPieceKind kind, gint64 from, gint64 to)
{
  OhPiece piece = { kind, from, to };

  if (to > from || pieces->len == 0)
    g_array_append_val (pieces, piece);
}

static gint64
get_exchange_end (const OhExchange *exchange, gint64 now_ns)
{
  if (exchange->timings.ended >= 0)
    return exchange->started_ns + exchange->timings.ended;
  return exchange->outcome == OH_OUTCOME_PENDING ? MAX (now_ns, exchange->started_ns) : exchange->started_ns;
}

static OhPieceKind
get_phase_kind (OhPhaseKind kind)
{
  static const OhPieceKind kinds[] = {
    [OH_PHASE_THINKING] = OH_PIECE_THINKING,
    [OH_PHASE_TEXT] = OH_PIECE_TEXT,
    [OH_PHASE_TOOL_INPUT] = OH_PIECE_TOOL_INPUT,
    [OH_PHASE_SERVER_TOOL] = OH_PIECE_SERVER_TOOL,
  };

  return kinds[kind];
}

/* Adds an answer that came from @first to @length, ns after @start. */
static void
add_answer (GArray *pieces, GArray *phases, gint64 start, gint64 first, gint64 length)
{
  if (phases == NULL || phases->len == 0)
    add_piece (pieces, OH_PIECE_STREAM, start + first, start + length);
  for (guint i = 0; phases != NULL && i < phases->len; i++)
    {
      const OhPhase *phase = &g_array_index (phases, OhPhase, i);
      gint64 from = i == 0 ? first : CLAMP (phase->from_ns, first, length);
      gint64 to = i + 1 < phases->len ? CLAMP (phase[1].from_ns, first, length) : length;

      add_piece (pieces, get_phase_kind (phase->kind), start + from, start + to);
    }
}

/* Adds one attempt. */
static void
add_attempt (GArray *pieces, OhSpanItem *item, gint64 now_ns)
{
  const OhExchange *exchange = oh_span_item_get_span (item)->exchange;
  gboolean is_error = oh_span_item_get_span (item)->is_error;
  gint64 origin_ns = oh_span_item_get_origin_ns (item);
  const OhTimings *timings = &exchange->timings;
  gint64 start = exchange->started_ns - origin_ns;
  gint64 length = get_exchange_end (exchange, now_ns) - exchange->started_ns;
  gint64 connected = timings->reused ? 0 : MAX (MAX (timings->resolved, timings->connected), timings->secured);
  gint64 first = exchange->facts != NULL ? exchange->facts->first_token_ns : -1;

  if (first < 0 && exchange->status > 0)
    first = timings->first_byte >= 0 ? timings->first_byte : timings->response_head;
  if (is_error && (exchange->status == 0 || exchange->status >= 400))
    {
      add_piece (pieces, OH_PIECE_FAILED, start, start + length);
      return;
    }
  connected = CLAMP (connected, 0, length);
  first = first < 0 ? length : CLAMP (first, connected, length);
  if (connected > 0)
    add_piece (pieces, OH_PIECE_CONNECT, start, start + connected);
  if (first > connected)
    add_piece (pieces, OH_PIECE_WAIT, start + connected, start + first);
  if (is_error)
    add_piece (pieces, OH_PIECE_FAILED, start + first, start + length);
  else
    add_answer (pieces, oh_span_item_get_phases (item), start, first, length);
}

static void
add_call (GArray *pieces, OhSpanItem *item, gint64 now_ns)
{
  GListModel *attempts = oh_span_item_get_children (item);
  const OhSpan *span = oh_span_item_get_span (item);
  gint64 origin_ns = oh_span_item_get_origin_ns (item);
  guint n = attempts == NULL ? 0 : g_list_model_get_n_items (attempts);

  if (n == 0 && span->exchange != NULL)
    add_attempt (pieces, item, now_ns);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhSpanItem) attempt = g_list_model_get_item (attempts, i);
      const OhSpan *its = oh_span_item_get_span (attempt);

      if (its->exchange == NULL)
        continue;
      if (pieces->len > 0)
        {
          gint64 before = g_array_index (pieces, OhPiece, pieces->len - 1).to;

          add_piece (pieces, OH_PIECE_PAUSE, before, its->exchange->started_ns - origin_ns);
        }
      add_attempt (pieces, attempt, now_ns);
    }
}

gint64
oh_span_get_end_ns (OhSpanItem *item, gint64 now_ns)
{
  const OhTrace *trace = oh_span_item_get_trace (item);
  const OhSpan *span = oh_span_item_get_span (item);

  if (trace != NULL)
    return trace->running ? MAX (now_ns, trace->ended_ns) : MAX (trace->ended_ns, trace->started_ns);
  if (span == NULL)
    return 0;
  if (span->exchange != NULL)
    return get_exchange_end (span->exchange, now_ns);
  return span->ended_ns;
}

/* A custom span tells of its end only by what stands below it. */
static gint64
get_last_below (OhSpanItem *item, gint64 now_ns)
{
  GListModel *children = oh_span_item_get_children (item);
  guint n = children == NULL ? 0 : g_list_model_get_n_items (children);
  gint64 last = oh_span_get_end_ns (item, now_ns);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhSpanItem) child = g_list_model_get_item (children, i);

      last = MAX (last, get_last_below (child, now_ns));
    }
  return last;
}

GArray *
oh_span_get_pieces (OhSpanItem *item, gint64 now_ns)
{
  GArray *pieces = g_array_new (FALSE, FALSE, sizeof (OhPiece));
  const OhTrace *trace = oh_span_item_get_trace (item);
  const OhSpan *span = oh_span_item_get_span (item);
  gint64 origin_ns = oh_span_item_get_origin_ns (item);

  switch (oh_span_item_get_kind (item))
    {
    case OH_SPAN_TRACE:
      if (trace != NULL)
        add_piece (pieces, trace->sums.failed > 0 && trace->sums.failed == trace->sums.calls ? OH_PIECE_FAILED
                                                                                             : OH_PIECE_TRACE,
                   0, oh_span_get_end_ns (item, now_ns) - origin_ns);
      break;

    case OH_SPAN_CUSTOM:
      add_piece (pieces, span->is_error ? OH_PIECE_FAILED : OH_PIECE_CUSTOM, span->started_ns - origin_ns,
                 MAX (get_last_below (item, now_ns), span->started_ns) - origin_ns);
      break;

    case OH_SPAN_CALL:
      add_call (pieces, item, now_ns);
      break;

    case OH_SPAN_ATTEMPT:
      add_attempt (pieces, item, now_ns);
      break;

    case OH_SPAN_TOOL:
    default:
      add_piece (pieces, span->is_error ? OH_PIECE_FAILED : OH_PIECE_TOOL, span->started_ns - origin_ns,
                 MAX (span->ended_ns, span->started_ns) - origin_ns);
    }
  return pieces;
}

const char *
oh_span_get_piece_name (OhPieceKind kind)
{
  switch (kind)
    {
    case OH_PIECE_CONNECT:
      return _ ("Connect");
    case OH_PIECE_WAIT:
      return _ ("Wait");
    case OH_PIECE_STREAM:
      return _ ("Answer");
    case OH_PIECE_THINKING:
      return _ ("Thinking");
    case OH_PIECE_TEXT:
      return _ ("Text");
    case OH_PIECE_TOOL_INPUT:
      return _ ("Tool input");
    case OH_PIECE_SERVER_TOOL:
      return _ ("Server’s tool");
    case OH_PIECE_TOOL:
      return _ ("Tool");
    case OH_PIECE_FAILED:
      return _ ("Failed");
    case OH_PIECE_PAUSE:
      return _ ("Pause");
    case OH_PIECE_CUSTOM:
      return _ ("Span");
    case OH_PIECE_TRACE:
    case OH_N_PIECES:
    default:
      return _ ("Trace");
    }
}

static char *
describe_piece (const OhPiece *piece)
{
  g_autofree char *length = oh_format_duration (piece->to - piece->from);

  switch (piece->kind)
    {
    case OH_PIECE_CONNECT:
      return g_strdup_printf (_ ("connected for %s"), length);
    case OH_PIECE_WAIT:
      return g_strdup_printf (_ ("waited %s for the first token"), length);
    case OH_PIECE_STREAM:
      return g_strdup_printf (_ ("received for %s"), length);
    case OH_PIECE_THINKING:
      return g_strdup_printf (_ ("thought for %s"), length);
    case OH_PIECE_TEXT:
      return g_strdup_printf (_ ("wrote text for %s"), length);
    case OH_PIECE_TOOL_INPUT:
      return g_strdup_printf (_ ("wrote the input of tools for %s"), length);
    case OH_PIECE_SERVER_TOOL:
      return g_strdup_printf (_ ("the server’s tool took %s"), length);
    case OH_PIECE_TOOL:
      return g_strdup_printf (_ ("the tool took %s"), length);
    case OH_PIECE_FAILED:
      return g_strdup_printf (_ ("failed after %s"), length);
    case OH_PIECE_PAUSE:
      return g_strdup_printf (_ ("paused %s before the next attempt"), length);
    case OH_PIECE_TRACE:
    case OH_PIECE_CUSTOM:
    case OH_N_PIECES:
    default:
      return g_strdup_printf (_ ("took %s"), length);
    }
}

char *
oh_span_describe_pieces (OhSpanItem *item, gint64 now_ns)
{
  g_autoptr (GArray) pieces = oh_span_get_pieces (item, now_ns);
  GString *words;

  if (pieces->len == 0)
    return NULL;
  words = g_string_new (NULL);
  {
    gint64 at_ns = g_array_index (pieces, OhPiece, 0).from;
    g_autofree char *at = oh_format_duration (MAX (at_ns, 0));

    g_string_append_printf (words, _ ("At %s: "), at);
  }
  for (guint i = 0; i < pieces->len; i++)
    {
      g_autofree char *piece = describe_piece (&g_array_index (pieces, OhPiece, i));

      if (i > 0)
        g_string_append (words, ", ");
      g_string_append (words, piece);
    }
  return g_string_free (words, FALSE);
}
