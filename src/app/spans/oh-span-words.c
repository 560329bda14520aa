/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-span-words.h"

#include "oh-span-pieces.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DIM "<span alpha=\"65%%\">%s</span>"
/* More of a tool's input than that no row shows. */
#define DETAIL_MAX 200

/* ---- one exchange ---- */

static char *
say_tokens (const OhExchange *exchange)
{
  const OhFacts *facts = exchange->facts;
  gboolean estimated = FALSE;
  gint64 n = facts == NULL ? 0
                           : MAX (oh_facts_get_prompt (facts), 0) + MAX (oh_facts_get_output (facts, &estimated), 0);

  return n > 0 ? oh_format_tokens (n, estimated) : g_strdup ("");
}

static double
cost_of_exchange (const OhExchange *exchange)
{
  return exchange->place == NULL ? NAN : exchange->place->cost;
}

static gboolean
is_approximate (const OhExchange *exchange)
{
  return exchange->place != NULL && exchange->place->cost_approximate;
}

/* Of all attempts of a call; NAN where the last one's is unknown. */
static double
cost_of_call (OhSpanItem *item, gboolean *approximate)
{
  GListModel *attempts = oh_span_item_get_children (item);
  const OhSpan *span = oh_span_item_get_span (item);
  double cost = cost_of_exchange (span->exchange);

  *approximate = is_approximate (span->exchange);
  for (guint i = 0; attempts != NULL && i < g_list_model_get_n_items (attempts); i++)
    {
      g_autoptr (OhSpanItem) attempt = g_list_model_get_item (attempts, i);
      const OhSpan *its = oh_span_item_get_span (attempt);
      double more = its->exchange == NULL ? NAN : cost_of_exchange (its->exchange);

      if (its->exchange_id == span->exchange_id || isnan (more))
        continue;
      cost += more;
      *approximate = *approximate || is_approximate (its->exchange);
    }
  return cost;
}

/* The stop reason of a good answer, else the status. */
static void
put_pill (OhSpanWords *words, const OhExchange *exchange, gboolean attempt)
{
  g_autofree char *status = oh_words_status (exchange, &words->pill_kind);
  const OhFacts *facts = exchange->facts;

  if (words->pill_kind == OH_STATUS_BUSY && !attempt)
    words->pill = oh_words_ended (exchange);
  else if (words->pill_kind == OH_STATUS_GOOD && !attempt && facts != NULL && facts->stop_reason != NULL)
    words->pill = g_strdup (facts->stop_reason);
  else
    words->pill = g_steal_pointer (&status);
  words->pill_is_tool = g_strcmp0 (words->pill, "tool_use") == 0;
}

/* An attempt that cost nothing, or of which nothing is known, is told with its call. */
static void
put_cost (OhSpanWords *words, const OhExchange *exchange, double cost, gboolean approximate, gboolean attempt)
{
  if (attempt && !(cost > 0))
    words->cost = g_strdup ("");
  else if (!isnan (cost))
    words->cost = oh_format_cost (cost, approximate);
  else if (exchange->outcome == OH_OUTCOME_PENDING)
    words->cost = g_strdup ("");
  else
    words->cost = g_strdup (_ ("unknown"));
}

/* "after 0.6 s, server asked 2 s, too early" */
static char *
say_waits (const OhPlace *place)
{
  g_autofree char *waited = NULL;
  g_autofree char *asked = NULL;

  if (place == NULL || place->waited_ns < 0)
    return NULL;
  waited = oh_format_duration (place->waited_ns);
  if (place->asked_wait_ns < 0)
    return g_strdup_printf (_ ("after %s"), waited);
  asked = oh_format_duration (place->asked_wait_ns);
  if (place->too_early)
    return g_strdup_printf (_ ("after %s · server asked %s, too early"), waited, asked);
  return g_strdup_printf (_ ("after %s · server asked %s"), waited, asked);
}

static char *
join (char *first, char *second)
{
  g_autofree char *a = first;
  g_autofree char *b = second;

  if (a == NULL || b == NULL)
    return a != NULL ? g_steal_pointer (&a) : g_steal_pointer (&b);
  return g_strdup_printf ("%s · %s", a, b);
}

static char *
say_attempt_end (const OhExchange *exchange)
{
  if (exchange->facts != NULL && exchange->facts->error_type != NULL)
    return g_strdup (exchange->facts->error_type);
  if (exchange->outcome == OH_OUTCOME_FINISHED && exchange->status < 400)
    return exchange->facts != NULL ? g_strdup (exchange->facts->stop_reason) : NULL;
  return oh_words_ended (exchange);
}

/* ---- rows ---- */

static char *
escape (const char *text)
{
  return g_markup_escape_text (text != NULL ? text : "", -1);
}

static void
put_trace (OhSpanWords *words, const OhTrace *trace)
{
  g_autofree char *name = escape (trace->name != NULL ? trace->name : _ ("Unnamed"));
  g_autofree char *more = join (join (g_strdup (trace->session), g_strdup (trace->user)), oh_words_calls (trace->sums.calls));
  g_autofree char *dim = escape (more);
  const gint64 bad = oh_trace_count_failed (trace);

  words->lead = g_strdup_printf ("<b>%s</b>  " DIM, name, dim);
  words->lead_chars = (guint) g_utf8_strlen (name, -1) + 1;
  if (bad > 0)
    {
      g_autofree char *count = oh_format_count (bad);

      words->pill = g_strdup_printf (ngettext ("%s failed", "%s failed", (gulong) bad), count);
      words->pill_kind = OH_STATUS_BAD;
    }
  words->tokens = oh_words_tokens_of (&trace->sums);
  words->cost = oh_words_short_cost_of (&trace->sums, trace->running);
}

static void
put_call (OhSpanWords *words, OhSpanItem *item)
{
  const OhExchange *exchange = oh_span_item_get_span (item)->exchange;
  g_autofree char *operation = oh_words_operation (exchange);
  g_autofree char *model = oh_words_model (exchange);
  g_autofree char *name = escape (operation);
  g_autofree char *dim = escape (model);
  g_autofree char *boundary = oh_boundary_say (exchange->place);
  gboolean approximate;
  double cost = cost_of_call (item, &approximate);

  words->lead = *dim == '\0' ? g_strdup (name) : g_strdup_printf ("%s " DIM, name, dim);
  words->lead_chars = (guint) g_utf8_strlen (operation, -1) + 1;
  /* There is seldom room for both, and the name is that of most calls. */
  if (boundary != NULL)
    {
      g_autofree char *text = escape (boundary);
      g_autofree char *usual = g_steal_pointer (&words->lead);

      words->lead = g_strdup_printf ("%s " DIM, text, usual);
      words->lead_chars = (guint) g_utf8_strlen (boundary, -1);
    }
  put_pill (words, exchange, FALSE);
  if (exchange->place != NULL && exchange->place->attempts > 1)
    {
      g_autofree char *count = oh_format_count (exchange->place->attempts - 1);

      words->retried = exchange->place->attempts - 1;
      words->retries = g_strdup_printf (C_ ("attempts of a call", "%s retried"), count);
    }
  words->tokens = say_tokens (exchange);
  put_cost (words, exchange, cost, approximate, FALSE);
}

static void
put_attempt (OhSpanWords *words, const OhExchange *exchange)
{
  g_autofree char *trail = join (say_waits (exchange->place), say_attempt_end (exchange));
  const OhPlace *place = exchange->place;

  words->lead = g_strdup_printf (place != NULL && place->likely ? _ ("likely attempt %u") : _ ("attempt %u"),
                                 place != NULL ? place->attempt : 1);
  words->lead_chars = (guint) g_utf8_strlen (words->lead, -1);
  put_pill (words, exchange, TRUE);
  if (trail != NULL)
    {
      g_autofree char *text = escape (trail);

      words->trail = g_strdup_printf (DIM, text);
    }
  words->tokens = say_tokens (exchange);
  put_cost (words, exchange, cost_of_exchange (exchange), is_approximate (exchange), TRUE);
}

/* The start of a text on one line. */
static char *
shorten (const char *text)
{
  g_autofree char *start = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), DETAIL_MAX));

  g_strdelimit (start, "\n\r\t", ' ');
  return g_steal_pointer (&start);
}

static void
put_tool (OhSpanWords *words, const OhSpan *span)
{
  g_autofree char *name = escape (span->name);

  words->lead_chars = (guint) g_utf8_strlen (name, -1);
  words->lead = g_steal_pointer (&name);
  if (span->detail != NULL && *span->detail != '\0')
    {
      g_autofree char *start = shorten (span->detail);
      g_autofree char *detail = escape (start);

      words->trail = g_strdup_printf ("<tt>" DIM "</tt>", detail);
    }
  if (span->is_error)
    {
      words->pill = g_strdup (_ ("error"));
      words->pill_kind = OH_STATUS_BAD;
    }
  else if (span->result_exchange_id == 0)
    {
      words->pill = g_strdup (_ ("no result"));
      words->pill_kind = OH_STATUS_NEUTRAL;
    }
  words->tokens = g_strdup ("");
  words->cost = g_strdup ("");
}

static void
put_custom (OhSpanWords *words, const OhSpan *span)
{
  g_autofree char *name = escape (span->name != NULL ? span->name : _ ("Unnamed"));

  words->lead = g_strdup_printf ("<i>%s</i>", name);
  words->tokens = g_strdup ("");
  words->cost = g_strdup ("");
}

OhSpanWords *
oh_span_words_new (OhSpanItem *item)
{
  OhSpanWords *words = g_new0 (OhSpanWords, 1);
  const OhSpan *span = oh_span_item_get_span (item);

  words->pill_kind = OH_STATUS_NEUTRAL;
  switch (oh_span_item_get_kind (item))
    {
    case OH_SPAN_TRACE:
      if (oh_span_item_get_trace (item) != NULL)
        put_trace (words, oh_span_item_get_trace (item));
      break;
    case OH_SPAN_CALL:
      put_call (words, item);
      break;
    case OH_SPAN_ATTEMPT:
      put_attempt (words, span->exchange);
      break;
    case OH_SPAN_TOOL:
      put_tool (words, span);
      break;
    case OH_SPAN_CUSTOM:
    default:
      put_custom (words, span);
    }
  return words;
}

void
oh_span_words_free (OhSpanWords *self)
{
  g_free (self->lead);
  g_free (self->pill);
  g_free (self->retries);
  g_free (self->trail);
  g_free (self->tokens);
  g_free (self->cost);
  g_free (self);
}

/* ---- sentences ---- */

/* A macro, so that the compiler sees the formats. */
#define say_more(sentence, format, words)                                                                             \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    const char *say_words = (words);                                                                                  \
                                                                                                                      \
    if (say_words != NULL && *say_words != '\0')                                                                      \
      g_string_append_printf (sentence, format, say_words);                                                           \
  }                                                                                                                   \
  G_STMT_END

static void
say_length (GString *sentence, OhSpanItem *item)
{
  g_autofree char *pieces = oh_span_describe_pieces (item, oh_clock_wall_ns ());

  say_more (sentence, ". %s", pieces);
}

static void
say_trace (GString *sentence, OhSpanItem *item, const OhTrace *trace)
{
  g_autofree char *calls = oh_words_calls (trace->sums.calls);
  g_autofree char *tokens = oh_words_tokens_of (&trace->sums);
  g_autofree char *cost = oh_words_cost_of (&trace->sums, trace->running);
  const gint64 bad = oh_trace_count_failed (trace);
  g_autofree char *failed = oh_format_count (bad);
  g_autofree char *retried = oh_format_count (trace->sums.retried);

  g_string_append_printf (sentence, _ ("Trace %s"), trace->name != NULL ? trace->name : _ ("Unnamed"));
  say_more (sentence, _ (", session %s"), trace->session);
  say_more (sentence, _ (", user %s"), trace->user);
  say_more (sentence, ", %s", calls);
  if (trace->sums.retried > 0)
    g_string_append_printf (sentence, _ (", %s retried"), retried);
  if (bad > 0)
    g_string_append_printf (sentence, _ (", %s failed"), failed);
  if (trace->running)
    g_string_append (sentence, _ (", running"));
  say_more (sentence, _ (", %s tokens"), tokens);
  say_more (sentence, _ (", cost %s"), cost);
  say_length (sentence, item);
}

char *
oh_span_words_say (OhSpanItem *item)
{
  const OhSpan *span = oh_span_item_get_span (item);
  g_autoptr (OhSpanWords) words = oh_span_words_new (item);
  GString *sentence = g_string_new (NULL);
  g_autofree char *text = NULL;

  switch (oh_span_item_get_kind (item))
    {
    case OH_SPAN_TRACE:
      if (oh_span_item_get_trace (item) != NULL)
        say_trace (sentence, item, oh_span_item_get_trace (item));
      break;

    case OH_SPAN_CALL:
    case OH_SPAN_ATTEMPT:
      if (span->kind == OH_SPAN_ATTEMPT)
        g_string_append_printf (sentence, _ ("Attempt %u: "),
                                span->exchange->place != NULL ? span->exchange->place->attempt : 1);
      else
        g_string_append (sentence, _ ("Call: "));
      text = oh_words_exchange (span->exchange);
      g_string_append (sentence, text);
      say_more (sentence, ", %s", words->retries);
      say_more (sentence, _ (", cost %s"), words->cost);
      g_free (text);
      text = span->kind == OH_SPAN_CALL ? oh_boundary_say (span->exchange->place) : NULL;
      say_more (sentence, ", %s", text);
      g_free (text);
      text = span->kind == OH_SPAN_ATTEMPT ? say_waits (span->exchange->place) : NULL;
      say_more (sentence, ", %s", text);
      say_length (sentence, item);
      break;

    case OH_SPAN_TOOL:
      g_string_append_printf (sentence, _ ("Tool %s"), span->name != NULL ? span->name : "");
      if (span->detail != NULL)
        text = shorten (span->detail);
      say_more (sentence, _ (", input %s"), text);
      say_more (sentence, ", %s", words->pill);
      say_length (sentence, item);
      break;

    case OH_SPAN_CUSTOM:
    default:
      g_string_append_printf (sentence, _ ("Span %s"), span->name != NULL ? span->name : _ ("Unnamed"));
      say_length (sentence, item);
    }
  return g_string_free (sentence, FALSE);
}
