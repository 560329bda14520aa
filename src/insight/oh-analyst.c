/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-analyst-private.h"

#include "oh-cache.h"
#include "oh-canon.h"
#include "oh-clock.h"
#include "oh-finding.h"
#include "oh-indexer.h"
#include "oh-label.h"
#include "oh-notices.h"
#include "oh-providers.h"
#include "oh-rate-limit.h"
#include "oh-repeat.h"
#include "oh-tool-span.h"

#include <math.h>
#include <string.h>

/* Trace keys that may not have been committed yet. */
#define KEYS_MAX 4096

struct _OhAnalyst
{
  OhStore *store;
  OhStoreReader *reader;
  OhPriceTable *prices;
  OhRetryTracker *retries;
  OhCacheTracker *caches;
  OhRecall *wire;
  OhRecall *spans;         /* that are calls */
  GHashTable *fuller;      /* set of "TRACE SPAN": calls of which records told */
  GHashTable *traces;      /* key → trace id, of this process */
  OhRepeatTracker *repeats;
  GHashTable *batches;     /* batch id → what its results have cost so far (double) */
  OhRun *run;              /* the run looked up last */
};

const OhRun *
oh_analyst_get_run (OhAnalyst *self, gint64 run_id)
{
  if (self->run == NULL || self->run->id != run_id)
    {
      g_clear_pointer (&self->run, oh_run_unref);
      if (run_id > 0)
        self->run = oh_store_reader_get_run (self->reader, run_id);
    }
  return self->run;
}

/* --- traces --- */

static gint64
find_trace (OhAnalyst *self, const char *key)
{
  gint64 *known = g_hash_table_lookup (self->traces, key);

  return known != NULL ? *known : oh_store_reader_find_trace (self->reader, key);
}

static void
remember_trace (OhAnalyst *self, const char *key, gint64 id)
{
  if (g_hash_table_size (self->traces) >= KEYS_MAX)
    g_hash_table_remove_all (self->traces);
  g_hash_table_replace (self->traces, g_strdup (key), g_memdup2 (&id, sizeof id));
}

gint64
oh_analyst_claim_trace (OhAnalyst *self, const char *key, gint64 id)
{
  const gint64 known = find_trace (self, key);

  remember_trace (self, key, known != 0 ? known : id);
  return known != 0 ? known : id;
}

/* "task:RUN:ID", or NULL. (transfer full) */
static char *
make_task_key (const OhExchange *exchange, const OhFacts *facts)
{
  return facts->task != NULL ? g_strdup_printf ("task:%" G_GINT64_FORMAT ":%s", exchange->run_id, facts->task) : NULL;
}

/* The trace of a call of the same run; 0: it has none, or one that the program named, which stays for what it names. */
static gint64
get_trace_of (OhAnalyst *self, gint64 id, gint64 run_id)
{
  g_autoptr (OhPlace) place = id != 0 ? oh_recall_get_place (self->wire, id) : NULL;
  g_autofree char *key = NULL;

  if (place == NULL || place->trace_id == 0 || oh_recall_get_run (self->wire, id) != run_id)
    return 0;
  key = g_strdup_printf ("call:%" G_GINT64_FORMAT, place->trace_id);
  return find_trace (self, key) == place->trace_id ? place->trace_id : 0;
}

/* The trace that @exchange belongs to by what it continues, or by the task it was made for. A sub-agent begins a
 * conversation of its own: it belongs where the tool was asked for that started it, else to who started it. 0: none. */
static gint64
find_earlier_trace (OhAnalyst *self, const OhPlace *place, const OhExchange *exchange, const OhReading *reading,
                    const char *task_key)
{
  gint64 other = place->call_id != exchange->id ? place->call_id : place->parent_id;
  gint64 trace_id = get_trace_of (self, other, exchange->run_id);
  const OhFacts *facts = reading->facts;
  gint64 *known = task_key != NULL ? g_hash_table_lookup (self->traces, task_key) : NULL;

  if (trace_id != 0 || known != NULL)
    return trace_id != 0 ? trace_id : *known;
  if (place->starter_id != NULL)
    trace_id = get_trace_of (self, place->starter_exchange, exchange->run_id);
  if (trace_id == 0 && facts->agent != NULL)
    trace_id = get_trace_of (self,
                             oh_speaker_index_find_last (self->wire->speakers, exchange->run_id, facts->session,
                                                         facts->parent_agent),
                             exchange->run_id);
  return trace_id;
}

/* What the program says wins; then an attempt goes where its call is, a turn where its conversation is in this run. */
static void
place_in_trace (OhAnalyst *self, OhMeaning *meaning, const OhExchange *exchange, const OhReading *reading,
                const OhLabel *label)
{
  const OhFacts *facts = reading->facts;
  g_autofree char *task_key = make_task_key (exchange, facts);
  g_autofree char *key = NULL;
  gint64 trace_id;

  if (label->trace_key != NULL)
    {
      trace_id = oh_analyst_claim_trace (self, label->trace_key, exchange->id);
      oh_label_name_trace (meaning, exchange, trace_id, label->trace_key,
                             label->trace_name != NULL ? label->trace_name : trace_id == exchange->id ? facts->title : NULL,
                             label);
      return;
    }
  if (!oh_facts_is_billed (facts))
    return;
  trace_id = find_earlier_trace (self, meaning->place, exchange, reading, task_key);
  if (trace_id == 0 || oh_speaker_index_is_elsewhere (self->wire->speakers, trace_id, label->session))
    trace_id = exchange->id;
  oh_speaker_index_set_session (self->wire->speakers, trace_id, label->session);
  key = g_strdup_printf ("call:%" G_GINT64_FORMAT, trace_id);
  oh_label_name_trace (meaning, exchange, trace_id, key, trace_id == exchange->id ? facts->title : NULL, label);
  remember_trace (self, key, trace_id);
  if (task_key != NULL)
    remember_trace (self, task_key, trace_id);
}

/* --- tools --- */

/* The tools that the answer of @exchange asks for. */
static void
add_asked_tools (OhMeaning *meaning, const OhExchange *exchange, const OhReading *reading)
{
  OhToolCall call = oh_tool_call_make (exchange, reading);
  g_autoptr (GPtrArray) spans = oh_tool_span_infer (&call, NULL, 0);

  for (guint i = 0; i < spans->len; i++)
    oh_tool_span_put (meaning, spans->pdata[i]);
}

/* The tools whose results @exchange brings, asked for by the call that it continues or one before that.
 * @results: (transfer full): their ids */
static void
add_brought_tools (OhAnalyst *self, OhMeaning *meaning, const OhExchange *exchange, const OhReading *reading,
                   GHashTable *results)
{
  g_autoptr (GHashTable) wanted = results;
  OhToolCall later = oh_tool_call_make (exchange, reading);
  gint64 id = meaning->place->parent_id;

  for (guint n = 0; id != 0 && n < OH_RECALL_ASKERS_MAX && g_hash_table_size (wanted) > 0; n++)
    {
      g_autoptr (OhReading) asker_reading = oh_recall_get_reading (self->wire, id);
      g_autoptr (OhExchange) asker = oh_store_reader_get_exchange (self->reader, id);
      g_autoptr (OhPlace) place = oh_recall_get_place (self->wire, id);
      g_autoptr (GPtrArray) spans = NULL;
      OhToolCall call;

      if (asker_reading == NULL || asker == NULL)
        return;
      call = oh_tool_call_make (asker, asker_reading);
      spans = oh_tool_span_infer (&call, &later, 1);
      for (guint i = 0; i < spans->len; i++)
        {
          const OhToolSpan *tool = spans->pdata[i];

          if (tool->answered_by != exchange->id || tool->id == NULL || !g_hash_table_contains (wanted, tool->id))
            continue;
          oh_tool_span_put (meaning, tool);
          oh_starter_index_end (self->wire->starters, id, tool->id);
        }
      for (guint i = 0; i < spans->len; i++)
        if (((OhToolSpan *) spans->pdata[i])->answered_by == exchange->id)
          g_hash_table_remove (wanted, ((OhToolSpan *) spans->pdata[i])->id);
      id = place != NULL ? place->parent_id : 0;
    }
}

/* --- what the answer says --- */

/* A batch is billed once, however often its results are fetched, and however much of them each time. */
static void
charge_batch (OhAnalyst *self, OhPlace *place, const OhExchange *exchange, const OhFacts *facts)
{
  double *charged = g_hash_table_lookup (self->batches, facts->message_id);
  double share;

  if (isnan (place->cost))
    return;
  if (charged == NULL)
    {
      if (g_hash_table_size (self->batches) >= KEYS_MAX)
        g_hash_table_remove_all (self->batches);
      charged = g_new0 (double, 1);
      *charged = oh_store_reader_get_batch_cost (self->reader, facts->message_id, exchange->id);
      g_hash_table_insert (self->batches, g_strdup (facts->message_id), charged);
    }
  share = place->cost > 0 ? MAX (place->cost - *charged, 0) / place->cost : 0;
  *charged = MAX (*charged, place->cost);
  oh_place_scale_cost (place, share);
}

void
oh_analyst_add_cost (OhAnalyst *self, OhPlace *place, const OhExchange *exchange, const OhReading *reading)
{
  g_autoptr (OhFacts) facts = NULL;
  OhCost cost, without;

  if (self->prices == NULL)
    return;
  /* What failed is not billed, whatever its body says; counting tokens is free. */
  if (exchange->status >= 400 || oh_exchange_is_refused (exchange) || oh_facts_get_operation (reading->facts) == OH_OPERATION_COUNT)
    {
      place->cost = place->cost_input = place->cost_cache_read = place->cost_cache_write = place->cost_output = 0;
      return;
    }
  facts = oh_cache_split_write (reading);
  oh_price_table_cost (self->prices, facts, exchange->started_ns, &cost);
  place->cost = cost.total;
  place->cost_input = cost.input;
  place->cost_cache_read = cost.cache_read;
  place->cost_cache_write = cost.cache_write_5m + cost.cache_write_1h;
  place->cost_output = cost.output;
  place->cost_tools = cost.tools;
  place->cost_approximate = (cost.flags & OH_COST_APPROXIMATE) != 0;
  g_free (place->price_as_of);
  place->price_as_of = g_strdup (cost.as_of);
  if (oh_facts_get_operation (facts) == OH_OPERATION_BATCH && facts->message_id != NULL)
    charge_batch (self, place, exchange, facts);
  else if (facts->usage.cache_read > 0 || facts->usage.cache_write > 0)
    {
      oh_price_table_cost_uncached (self->prices, facts, exchange->started_ns, &without);
      place->saved = without.total - cost.total;
    }
}

static void
add_cache (OhAnalyst *self, OhPlace *place, const OhExchange *exchange, const OhReading *reading)
{
  OhCacheVerdict verdict;
  g_autoptr (OhReading) before = NULL;

  oh_cache_tracker_add (self->caches, exchange, reading, place->parent_id, &verdict);
  if (verdict.state == OH_CACHE_UNKNOWN)
    return;
  g_free (place->cache_verdict);
  g_free (place->cache_reason);
  place->cache_verdict = g_strdup (oh_cache_state_to_string (verdict.state));
  place->cache_reason = NULL;
  if (verdict.state != OH_CACHE_MISS && verdict.state != OH_CACHE_PARTIAL)
    return;
  if (verdict.has_place && verdict.against != 0)
    before = oh_recall_get_reading (self->wire, verdict.against);
  place->cache_reason = oh_cache_describe (&verdict, before, reading);
}

static void
add_limits (OhMeaning *meaning, const OhExchange *exchange, const OhFacts *facts)
{
  gint64 at_ns = exchange->started_ns + MAX (exchange->timings.response_head, 0);
  g_autoptr (GPtrArray) limits = oh_rate_limit_parse (exchange->response_headers, at_ns);

  for (guint i = 0; i < limits->len; i++)
    {
      const OhRateLimit *told = limits->pdata[i];
      OhLimit *limit = oh_limit_new ();

      limit->exchange_id = exchange->id;
      limit->at_ns = at_ns;
      limit->key_hash = g_strdup (meaning->place->key_hash);
      limit->key_tail = oh_rate_limit_get_key_name (exchange->request_headers);
      limit->organization = g_strdup (meaning->place->organization);
      limit->scope = g_strdup (oh_rate_limit_get_scope (facts, told->bucket));
      limit->bucket = g_strdup (told->bucket);
      limit->limit = told->limit >= 0 ? (double) told->limit : NAN;
      limit->remaining = told->remaining >= 0 ? (double) told->remaining : NAN;
      limit->utilization = told->utilization;
      limit->reset_ns = MAX (told->reset_ns, 0);
      limit->status = g_strdup (told->status);
      limit->http_status = exchange->status;
      limit->retry_after_ns = oh_retry_get_asked (exchange->response_headers, at_ns);
      g_ptr_array_add (meaning->limits, limit);
    }
}

/* What the trace's calls that are at hand show together, and what the run's do. */
static void
add_notices (OhAnalyst *self, OhMeaning *meaning, const OhRecent *last, gint64 at_ns)
{
  g_autoptr (GArray) calls = g_array_new (FALSE, TRUE, sizeof (OhFindingCall));
  g_autoptr (GPtrArray) findings = NULL;
  g_autoptr (GPtrArray) repeated = NULL;
  gint64 trace_id = meaning->place->trace_id;

  for (GList *l = self->wire->recents.tail; l != NULL; l = l->prev)
    {
      const OhRecent *recent = l->data;
      const OhFindingCall call = { recent->exchange, recent->reading, &recent->attempt,
                                   recent->meaning->place->parent_id };

      if (recent->meaning->place->trace_id == trace_id && (trace_id != 0 || recent->id == meaning->exchange_id))
        g_array_append_val (calls, call);
    }
  findings = oh_finding_find ((const OhFindingCall *) calls->data, calls->len, self->prices);
  oh_notices_put (meaning, findings, trace_id, at_ns);
  /* A conversation of one call has nothing to withdraw. */
  if (trace_id != 0 && calls->len > 1)
    oh_notices_withdraw (meaning, findings, g_array_index (calls, OhFindingCall, 0).exchange->id);
  repeated = oh_repeat_tracker_add (self->repeats, last->exchange, last->reading->facts, &last->attempt, last->body_hash,
                                    trace_id);
  oh_notices_put (meaning, repeated, trace_id, at_ns);
}

/* --- public --- */

OhAnalyst *
oh_analyst_new (OhStore *store, OhStoreReader *reader, OhPriceTable *prices)
{
  OhAnalyst *self = g_new0 (OhAnalyst, 1);

  self->store = store;
  self->reader = reader;
  self->prices = prices;
  self->retries = oh_retry_tracker_new ();
  self->caches = oh_cache_tracker_new ();
  self->wire = oh_recall_new (reader, FALSE);
  self->spans = oh_recall_new (reader, TRUE);
  self->fuller = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->traces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->repeats = oh_repeat_tracker_new ();
  self->batches = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
oh_analyst_free (OhAnalyst *self)
{
  g_clear_pointer (&self->prices, oh_price_table_free);
  oh_retry_tracker_free (self->retries);
  oh_repeat_tracker_free (self->repeats);
  oh_cache_tracker_free (self->caches);
  oh_recall_free (self->wire);
  oh_recall_free (self->spans);
  g_hash_table_unref (self->fuller);
  g_hash_table_unref (self->traces);
  g_hash_table_unref (self->batches);
  g_clear_pointer (&self->run, oh_run_unref);
  g_free (self);
}

OhStoreReader *
oh_analyst_get_reader (OhAnalyst *self)
{
  return self->reader;
}

OhRecall *
oh_analyst_get_spans (OhAnalyst *self)
{
  return self->spans;
}

void
oh_analyst_add_fuller (OhAnalyst *self, const char *trace, const char *span)
{
  g_hash_table_add (self->fuller, g_strconcat (trace, " ", span, NULL));
}

GArray *
oh_analyst_take_fuller (OhAnalyst *self)
{
  GArray *ids;
  GHashTableIter iter;
  gpointer key;

  if (g_hash_table_size (self->fuller) == 0)
    return NULL;
  oh_store_flush (self->store);
  ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_hash_table_iter_init (&iter, self->fuller);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_auto (GStrv) names = g_strsplit (key, " ", 2);
      const gint64 id = oh_store_reader_find_span (self->reader, names[0], names[1]);

      if (id != 0)
        g_array_append_val (ids, id);
    }
  g_hash_table_remove_all (self->fuller);
  return ids;
}

OhStore *
oh_analyst_get_store (OhAnalyst *self)
{
  return self->store;
}

gboolean
oh_analyst_wants (const OhExchange *exchange, const OhFacts *facts)
{
  return exchange->route != OH_ROUTE_BLIND && oh_facts_is_understood (facts) &&
         exchange->request_length <= OH_RECALL_REQUEST_MAX;
}

void
oh_analyst_request (OhAnalyst *self, const OhExchange *exchange, OhReading *reading, GBytes *body)
{
  g_autoptr (OhMeaning) meaning = oh_meaning_new (exchange->id);
  g_autoptr (OhLabel) label = oh_label_new (exchange, reading->facts, oh_analyst_get_run (self, exchange->run_id));
  OhPlace *place = meaning->place;
  const OhFacts *facts = reading->facts;
  OhRecent *recent = g_new0 (OhRecent, 1);
  OhAttempt attempt;

  g_return_if_fail (exchange->request_headers != NULL);

  recent->body_hash = oh_canon_hash (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  oh_retry_tracker_request (self->retries, exchange, recent->body_hash,
                            oh_providers_find_program (exchange->request_headers) != NULL ? oh_retry_loose_hash (reading) : 0,
                            facts->requested_model, &attempt);
  place->call_id = attempt.call_id;
  place->attempt = attempt.number;
  place->asked_wait_ns = attempt.asked_ns;
  place->waited_ns = attempt.waited_ns;
  place->too_early = attempt.too_early;
  place->likely = attempt.certainty == OH_CERTAINTY_LIKELY;
  place->key_hash = oh_rate_limit_get_key (exchange->request_headers);
  place->span_id = g_strdup (label->span_id);
  meaning->client_request = g_strdup (oh_headers_get_one (exchange->request_headers, "x-client-request-id"));

  recent->id = exchange->id;
  recent->attempt = attempt;
  recent->row = oh_thread_row_new (reading, exchange->id, exchange->run_id, exchange->started_ns);
  if (recent->row != NULL)
    {
      recent->row->voice = oh_speaker_hash_voice (reading, place->key_hash, label->session, label->user);
      recent->row->trace = label->trace_key != NULL ? oh_canon_hash (label->trace_key, strlen (label->trace_key)) : 0;
      oh_recall_place (self->wire, meaning, exchange, reading, recent->row);
    }
  place_in_trace (self, meaning, exchange, reading, label);
  if (recent->row != NULL)
    oh_speaker_index_add (self->wire->speakers, exchange->id, exchange->run_id, reading, recent->row->voice,
                          place->parent_id != 0);
  for (guint i = 0; i < label->spans->len; i++)
    g_ptr_array_add (meaning->spans, oh_span_ref (label->spans->pdata[i]));
  if (place->parent_id != 0)
    add_brought_tools (self, meaning, exchange, reading, oh_tool_span_list_results (reading, place->new_from));

  recent->exchange = oh_exchange_copy (exchange);
  recent->reading = oh_reading_ref (reading);
  recent->meaning = oh_meaning_ref (meaning);
  recent->told = exchange->outcome == OH_OUTCOME_PENDING;
  oh_recall_add (self->wire, recent);
  if (recent->told)
    oh_store_put_meaning (self->store, meaning);
}

/* A copy of what was said at the request, to be completed. @told: its trace and spans are stored already */
static OhMeaning *
continue_meaning (const OhMeaning *before, gboolean told)
{
  OhMeaning *meaning = oh_meaning_new (before->exchange_id);
  OhPlace *place = meaning->place;
  const OhPlace *old = before->place;

  place->call_id = old->call_id;
  place->attempt = old->attempt;
  place->asked_wait_ns = old->asked_wait_ns;
  place->waited_ns = old->waited_ns;
  place->too_early = old->too_early;
  place->likely = old->likely;
  place->thread_id = old->thread_id;
  place->parent_id = old->parent_id;
  place->new_from = old->new_from;
  place->trace_id = old->trace_id;
  place->span_id = g_strdup (old->span_id);
  place->key_hash = g_strdup (old->key_hash);
  oh_place_copy_boundary (place, old);
  meaning->client_request = g_strdup (before->client_request);
  meaning->thread_hash = before->thread_hash;
  meaning->thread_short_hash = before->thread_short_hash;
  meaning->thread_length = before->thread_length;
  if (told)
    return meaning;
  meaning->trace = before->trace != NULL ? oh_trace_ref (before->trace) : NULL;
  meaning->trace_key = g_strdup (before->trace_key);
  for (guint i = 0; i < before->spans->len; i++)
    if (((OhSpan *) before->spans->pdata[i])->kind != OH_SPAN_CUSTOM)
      g_ptr_array_add (meaning->spans, oh_span_ref (before->spans->pdata[i]));
  return meaning;
}

void
oh_analyst_index (OhAnalyst *self, const OhExchange *exchange, const OhReading *reading, const OhPlace *place)
{
  OhRecall *recall = oh_exchange_is_span (exchange) ? self->spans : self->wire;
  const OhRecent *parent = place != NULL && place->parent_id != 0 ? oh_recall_find (recall, place->parent_id) : NULL;

  if (oh_indexer_has_texts (reading))
    oh_store_put_searchable (self->store,
                             oh_indexer_read (exchange, reading, place, parent != NULL ? parent->reading : NULL));
}

void
oh_analyst_answer (OhAnalyst *self, const OhExchange *exchange, OhReading *reading)
{
  OhRecent *recent = oh_recall_find (self->wire, exchange->id);
  g_autoptr (OhMeaning) meaning = NULL;

  if (recent == NULL)
    {
      g_autoptr (OhPlace) place = oh_recall_get_place (self->wire, exchange->id);

      oh_analyst_index (self, exchange, reading, place);
      return;
    }
  meaning = continue_meaning (recent->meaning, recent->told);
  oh_retry_tracker_answer (self->retries, exchange);
  meaning->place->organization = g_strdup (oh_rate_limit_get_organization (exchange->response_headers));
  oh_analyst_add_cost (self, meaning->place, exchange, reading);
  add_cache (self, meaning->place, exchange, reading);
  add_limits (meaning, exchange, reading->facts);
  for (guint i = 0; i < recent->meaning->spans->len; i++)
    {
      OhSpan *span = recent->meaning->spans->pdata[i];

      /* The program's own spans last until the last call in them has ended. */
      if (span->kind == OH_SPAN_CUSTOM)
        g_ptr_array_add (meaning->spans, oh_label_end_span (span, exchange->started_ns + MAX (exchange->timings.ended, 0)));
    }
  if (reading->answer != NULL)
    {
      meaning->thread_answer = oh_thread_hash_answer (reading->answer);
      if (recent->row != NULL)
        oh_reply_index_add (self->wire->replies, exchange->id, exchange->run_id, recent->row->voice, reading);
      oh_starter_index_ask (self->wire->starters, exchange->id, exchange->run_id, reading);
      add_asked_tools (meaning, exchange, reading);
      add_brought_tools (self, meaning, exchange, reading, oh_tool_span_list_late_results (reading->answer));
    }
  else
    {
      oh_starter_index_release (self->wire->starters, exchange->id);
    }
  if (recent->row != NULL)
    recent->row->answer = meaning->thread_answer;
  self->wire->recent_bytes += exchange->request_length - recent->exchange->request_length;
  recent->answered = TRUE;
  oh_exchange_unref (recent->exchange);
  recent->exchange = oh_exchange_copy (exchange);
  oh_reading_unref (recent->reading);
  recent->reading = oh_reading_ref (reading);
  oh_meaning_unref (recent->meaning);
  recent->meaning = oh_meaning_ref (meaning);
  add_notices (self, meaning, recent, exchange->started_ns + MAX (exchange->timings.ended, 0));
  oh_store_put_meaning (self->store, meaning);
  oh_analyst_index (self, exchange, reading, meaning->place);
}
