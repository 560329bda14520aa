/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-analyst-private.h"

#include "oh-canon.h"
#include "oh-json-scan.h"
#include "oh-providers.h"

#include <string.h>

/* More than anybody tries. */
#define ATTEMPTS_MAX 1000

/* What of a resource tells who speaks; the first also of those whose process is known. */
static const char *const speaking[] = { "service.name", "service.instance.id", "process.pid", "host.name" };

/* One that counts the whole prompt and does not say what of it came from the cache or went there: it cost no more than
 * this. */
static gboolean
is_upper_bound (const OhFacts *facts)
{
  return facts->usage.input >= 0 && facts->usage.cache_read < 0 && facts->usage.cache_write < 0;
}

/* The run that a span is of, or what stands for the program that told it, and the service that it told of: two that say the same
 * without a run do not go on from each other. A collector passes on what many tell. */
static gint64
get_speaker (const OhExchange *exchange, OhJson span)
{
  const OhProgram *program = exchange->program;
  g_autoptr (GString) name = g_string_new (NULL);
  OhJson resource = oh_json_get (span, "resource");

  if (exchange->run_id != 0)
    return exchange->run_id;
  if (program != NULL)
    g_string_append_printf (name, "%" G_GINT64_FORMAT " %s", program->pid, program->command != NULL ? program->command : program->name);
  for (guint i = 0; i < (program != NULL ? 1 : G_N_ELEMENTS (speaking)); i++)
    {
      g_autofree char *value = oh_json_dup (oh_json_get (resource, speaking[i]));

      g_string_append_printf (name, "\xff%s", value != NULL ? value : "");
    }
  return (gint64) (oh_canon_hash (name->str, name->len) | G_GUINT64_CONSTANT (1) << 63);
}

/* In which conversation of spans it stands. Those that were told of too early are told again, behind it. */
static void
place_span (OhAnalyst *self, OhMeaning *meaning, const OhExchange *exchange, const OhReading *reading, const OhLabel *label,
            gint64 speaker)
{
  OhRecall *spans = oh_analyst_get_spans (self);
  OhThreadRow *row = oh_thread_row_new (reading, exchange->id, speaker, exchange->started_ns);
  OhRecent *recent = oh_recall_find (spans, exchange->id);

  if (recent != NULL)
    oh_recall_drop (spans, recent);
  if (row == NULL)
    return;
  recent = g_new0 (OhRecent, 1);
  recent->id = exchange->id;
  recent->row = row;
  row->voice = oh_speaker_hash_voice (reading, NULL, label->session, label->user);
  row->trace = oh_canon_hash (label->trace_key, strlen (label->trace_key));
  meaning->thread_answer = row->answer;
  recent->shared = oh_recall_place (spans, meaning, exchange, reading, row);
  oh_speaker_index_add (spans->speakers, exchange->id, exchange->run_id, reading, row->voice, meaning->place->parent_id != 0);
  oh_reply_index_add (spans->replies, exchange->id, speaker, row->voice, reading);
  recent->exchange = oh_exchange_copy (exchange);
  recent->reading = oh_reading_ref ((OhReading *) reading);
  recent->meaning = oh_meaning_ref (meaning);
  recent->prefixes = oh_thread_hash_prefixes (reading->messages, speaker);
  recent->answered = TRUE;
  oh_recall_add (spans, recent);
}

/* Which attempt a span tells of: Claude Code says it of its call, HTTP clients of a request that is sent again. */
static guint
read_attempt (OhJson span, gboolean call)
{
  const gint64 attempt =
    call ? oh_json_get_int (oh_json_get_path (span, "attributes", "attempt", NULL), 1)
         : 1 + oh_json_get_int (oh_json_get_path (span, "attributes", "http.request.resend_count", NULL), 0);

  return (guint) CLAMP (attempt, 1, ATTEMPTS_MAX);
}

static void
tell_again (OhAnalyst *self, gint64 id)
{
  const OhRecent *recent = oh_recall_find (oh_analyst_get_spans (self), id);
  g_autoptr (OhExchange) exchange = oh_exchange_copy (recent->exchange);
  g_autoptr (OhReading) reading = oh_reading_ref (recent->reading);
  g_autoptr (GBytes) body = oh_store_reader_read_body (oh_analyst_get_reader (self), id, OH_SIDE_REQUEST, 0, -1, NULL);

  if (body != NULL)
    oh_analyst_tell (self, exchange, reading, body);
}

/* What was taken for one with the call around it is known not to be once that has a second call right inside of it, and is put
 * anew (oh-store-told.c). */
static void
put_first_inside (OhAnalyst *self, const OhMeaning *second)
{
  const OhMeaning *first = NULL;
  gboolean around = FALSE;
  guint n = 0;

  for (GList *l = oh_analyst_get_spans (self)->recents.head; l != NULL; l = l->next)
    {
      const OhMeaning *meaning = ((const OhRecent *) l->data)->meaning;

      if (g_strcmp0 (meaning->told_trace, second->told_trace) != 0)
        continue;
      around |= g_strcmp0 (meaning->place->own_span, second->place->span_id) == 0;
      if (g_strcmp0 (meaning->place->span_id, second->place->span_id) == 0 && meaning->exchange_id < second->exchange_id)
        {
          first = meaning;
          n++;
        }
    }
  if (around && n == 1)
    oh_store_put_meaning (oh_analyst_get_store (self), (OhMeaning *) first);
}

void
oh_analyst_tell (OhAnalyst *self, const OhExchange *exchange, const OhReading *reading, GBytes *body)
{
  g_autoptr (OhMeaning) meaning = oh_meaning_new (exchange->id);
  g_autoptr (OhLabel) label = NULL;
  g_autofree char *parent = NULL;
  OhPlace *place = meaning->place;
  const OhFacts *facts = reading->facts;
  const OhRecent *recent;
  gint64 trace_id, early, last = 0;
  const char *text;
  gsize length;
  OhJson span;

  g_return_if_fail (exchange->route == OH_ROUTE_TOLD);
  text = g_bytes_get_data (body, &length);
  if (length == 0 || !oh_json_parse (text, length, &span, NULL))
    return;
  meaning->told_trace = oh_json_dup_string (oh_json_get (span, "traceId"));
  place->own_span = oh_json_dup_string (oh_json_get (span, "spanId"));
  parent = oh_json_dup_string (oh_json_get (span, "parentSpanId"));
  if (meaning->told_trace == NULL || place->own_span == NULL)
    return;
  meaning->client_request = oh_json_dup_string (oh_json_get_path (span, "attributes", "client_request_id", NULL));
  meaning->told_call = oh_facts_is_turn (facts);
  label = oh_label_new_told (facts, oh_analyst_get_run (self, exchange->run_id), meaning->told_trace, parent);
  place->call_id = exchange->id;
  place->attempt = read_attempt (span, meaning->told_call);
  place->span_id = g_strdup (parent);
  trace_id = oh_analyst_claim_trace (self, label->trace_key, exchange->id);
  oh_label_name_trace (meaning, exchange, trace_id, label->trace_key, label->trace_name, label);
  if (meaning->told_call)
    {
      oh_analyst_add_cost (self, place, exchange, reading);
      place->cost_approximate |= is_upper_bound (facts);
      place_span (self, meaning, exchange, reading, label, get_speaker (exchange, span));
      if (oh_store_reader_has_early_records (oh_analyst_get_reader (self), exchange->id, meaning->told_trace, place->own_span))
        oh_analyst_add_fuller (self, meaning->told_trace, place->own_span);
    }
  oh_store_put_meaning (oh_analyst_get_store (self), meaning);
  if (meaning->told_call && place->span_id != NULL)
    put_first_inside (self, meaning);
  oh_analyst_index (self, exchange, reading, place);
  recent = meaning->told_call ? oh_recall_find (oh_analyst_get_spans (self), exchange->id) : NULL;
  while (recent != NULL && (early = oh_recall_find_early (oh_analyst_get_spans (self), recent->row)) != 0 && early != last)
    {
      tell_again (self, early);
      last = early;
      recent = oh_recall_find (oh_analyst_get_spans (self), exchange->id);
    }
}

/* A record that was written while a span was current stands below that; a request that came in below the one that sent it. */
static void
place_event (OhAnalyst *self, const OhExchange *exchange, const OhReading *reading, GBytes *body, OhMeaning *meaning)
{
  g_autoptr (OhLabel) label = NULL;
  g_autofree char *trace = NULL, *traceparent = NULL, *name = NULL;
  gsize length;
  const char *text = g_bytes_get_data (body, &length);
  OhJson event;

  if (length == 0 || !oh_json_parse (text, length, &event, NULL))
    return;
  trace = oh_json_dup_string (oh_json_get (event, "traceId"));
  traceparent = oh_json_dup_string (oh_json_get_path (event, "request", "headers", "traceparent", NULL));
  if (trace != NULL)
    meaning->place->span_id = oh_json_dup_string (oh_json_get (event, "spanId"));
  else
    trace = oh_label_read_traceparent (traceparent, &meaning->place->span_id);
  if (trace == NULL)
    return;
  name = oh_json_dup_string (oh_json_get (event, "event"));
  if (meaning->place->span_id != NULL && oh_providers_is_record_of_call (name))
    {
      meaning->told_trace = g_strdup (trace);
      oh_analyst_add_fuller (self, trace, meaning->place->span_id);
    }
  label = oh_label_new_told (reading->facts, oh_analyst_get_run (self, exchange->run_id), trace, meaning->place->span_id);
  oh_label_name_trace (meaning, exchange, oh_analyst_claim_trace (self, label->trace_key, exchange->id), label->trace_key, NULL,
                       label);
}

gboolean
oh_analyst_tell_event (OhAnalyst *self, const OhExchange *exchange, const OhReading *reading, GBytes *body)
{
  g_autoptr (OhMeaning) meaning = oh_meaning_new (exchange->id);
  const gboolean on_wire = oh_exchange_is_told_whole (exchange);

  g_return_val_if_fail (exchange->route == OH_ROUTE_TOLD, FALSE);
  meaning->place->call_id = exchange->id;
  meaning->place->attempt = 1;
  if (on_wire)
    meaning->told_twin = oh_store_reader_find_twin (oh_analyst_get_reader (self), exchange);
  else
    place_event (self, exchange, reading, body, meaning);
  meaning->told_event = meaning->told_twin == 0;
  oh_store_put_meaning (oh_analyst_get_store (self), meaning);
  if (!on_wire)
    oh_analyst_index (self, exchange, reading, NULL);
  return meaning->told_twin != 0 || !on_wire;
}
