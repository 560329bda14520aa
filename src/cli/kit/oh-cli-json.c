/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli-assert.h"
#include "oh-desktop-programs.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void
add_sums (GString *out, const OhSums *sums)
{
  oh_json_write_int (out, "calls", sums->calls);
  oh_json_write_int (out, "attempts", sums->attempts);
  oh_json_write_int (out, "retried", sums->retried);
  oh_json_write_int (out, "failed", sums->failed);
  oh_json_write_int (out, "cut", sums->cut);
  oh_json_write_int (out, "input_tokens", sums->input_tokens);
  oh_json_write_int (out, "cache_read_tokens", sums->cache_read_tokens);
  oh_json_write_int (out, "cache_write_tokens", sums->cache_write_tokens);
  oh_json_write_int (out, "output_tokens", sums->output_tokens);
  oh_json_write_flag (out, "output_estimated", sums->estimated > 0);
  oh_json_write_real (out, "cost", sums->cost);
  oh_json_write_flag (out, "cost_approximate", sums->approximate > 0);
  oh_json_write_int (out, "unpriced_calls", sums->unpriced);
  oh_json_write_real (out, "saved_by_cache", sums->saved);
}

/* --- exchanges --- */

/* What the API answered instead, else what went wrong on the way; where it is both, the latter is "connection". */
static void
add_error (GString *out, const OhExchange *exchange, const OhFacts *facts)
{
  const gboolean answered = facts != NULL && (facts->error_type != NULL || facts->error_message != NULL);
  g_autofree char *said = oh_saying_tell (exchange->error);
  g_autofree char *code = oh_saying_get_code (exchange->error);

  if (!answered && exchange->error == NULL && exchange->error_code == NULL && exchange->status < 400)
    {
      oh_json_write_text (out, "error", NULL);
      return;
    }
  oh_json_write_open (out, "error", '{');
  oh_json_write_text (out, "type", answered ? facts->error_type : exchange->error_code);
  oh_json_write_text (out, "message", answered ? facts->error_message : said);
  if (answered && said != NULL)
    oh_json_write_text (out, "connection", said);
  if (code != NULL)
    oh_json_write_text (out, "code", code);
  oh_json_write_close (out, '}');
}

static void
add_program (GString *out, const OhProgram *program)
{
  if (program == NULL)
    {
      oh_json_write_text (out, "program", NULL);
      return;
    }
  oh_json_write_open (out, "program", '{');
  oh_json_write_text (out, "name", program->name);
  oh_json_write_int (out, "pid", program->pid);
  oh_json_write_text (out, "desktop", program->desktop);
  oh_json_write_text (out, "executable", program->executable);
  oh_json_write_text (out, "command", program->command);
  oh_json_write_close (out, '}');
}

/* Of what is read: null. */
static void
add_unread (GString *out, const OhExchange *exchange)
{
  const char *code;
  g_autofree char *why = oh_words_unread (exchange, &code);

  if (why == NULL)
    {
      oh_json_write_text (out, "unread", NULL);
      return;
    }
  oh_json_write_open (out, "unread", '{');
  oh_json_write_text (out, "code", code);
  oh_json_write_text (out, "message", why);
  oh_json_write_close (out, '}');
}

void
oh_cli_json_exchange_members (GString *out, const OhExchange *exchange, const OhFacts *facts)
{
  const OhPlace *place = exchange->place;
  gboolean estimated = FALSE;
  const gint64 output = facts != NULL ? oh_facts_get_output (facts, &estimated) : -1;
  const gint64 input = facts != NULL ? oh_facts_get_prompt (facts) : -1;
  const gint64 cache_read = facts != NULL ? facts->usage.cache_read : -1;
  const gint64 cache_write = facts != NULL ? facts->usage.cache_write : -1;
  g_autofree char *url = oh_exchange_get_url (exchange);

  oh_json_write_int (out, "id", exchange->id);
  oh_json_write_time (out, "started", exchange->started_ns);
  oh_json_write_known (out, "run", exchange->run_id, exchange->run_id > 0);
  add_program (out, exchange->program);
  oh_json_write_known (out, "trace", place != NULL ? place->trace_id : 0, place != NULL && place->trace_id != 0);
  oh_json_write_known (out, "thread", place != NULL ? place->thread_id : 0, place != NULL && place->thread_id != 0);
  oh_json_write_text (out, "method", exchange->method);
  oh_json_write_text (out, "url", url);
  oh_json_write_known (out, "status", exchange->status, exchange->status > 0);
  oh_json_write_text (out, "outcome", oh_outcome_to_string (exchange->outcome));
  oh_json_write_text (out, "ended_by",
                      exchange->ended_by != OH_PARTY_NONE ? oh_party_to_string (exchange->ended_by) : NULL);
  add_unread (out, exchange);
  oh_json_write_known (out, "request_bytes", exchange->request_length, exchange->request_length >= 0);
  oh_json_write_known (out, "response_bytes", exchange->response_length, exchange->response_length >= 0);
  oh_json_write_text (out, "provider", facts != NULL ? facts->provider : NULL);
  oh_json_write_text (out, "model", facts != NULL ? facts->model : NULL);
  oh_json_write_text (out, "stop_reason", facts != NULL ? facts->stop_reason : NULL);
  oh_json_write_flag (out, "streamed", facts != NULL && facts->streamed);
  oh_json_write_known (out, "input_tokens", input, input >= 0);
  oh_json_write_known (out, "output_tokens", output, output >= 0);
  oh_json_write_flag (out, "output_estimated", estimated);
  oh_json_write_known (out, "cache_read_tokens", cache_read, cache_read >= 0);
  oh_json_write_known (out, "cache_write_tokens", cache_write, cache_write >= 0);
  oh_json_write_real (out, "cost", place != NULL ? place->cost : NAN);
  oh_json_write_flag (out, "cost_approximate", place != NULL && place->cost_approximate);
  oh_json_write_ms (out, "duration_ms", exchange->timings.ended);
  oh_json_write_ms (out, "ttft_ms", facts != NULL ? facts->first_token_ns : -1);
  add_error (out, exchange, facts);
}

void
oh_cli_json_row (GString *out, OhStoreReader *reader, const OhExchange *row)
{
  g_autoptr (OhCliView) view = row->facts == NULL ? oh_cli_view_new (reader, row->id) : NULL;

  oh_json_write_open (out, NULL, '{');
  oh_cli_json_exchange_members (out, row, view != NULL ? view->reading->facts : row->facts);
  oh_json_write_close (out, '}');
}

/* --- what they add up to --- */

void
oh_cli_json_trace (GString *out, const OhTrace *trace)
{
  oh_json_write_open (out, NULL, '{');
  oh_json_write_int (out, "id", trace->id);
  oh_json_write_text (out, "name", trace->name);
  oh_json_write_text (out, "session", trace->session);
  oh_json_write_text (out, "user", trace->user);
  oh_json_write_known (out, "run", trace->run_id, trace->run_id != 0);
  oh_json_write_time (out, "started", trace->started_ns);
  oh_json_write_known (out, "duration_ms", (trace->ended_ns - trace->started_ns) / OH_NS_PER_MS, !trace->running);
  oh_json_write_int (out, "failed_spans", trace->failed_spans);
  add_sums (out, &trace->sums);
  oh_json_write_close (out, '}');
}

static const char *
span_kind (OhSpanKind kind)
{
  static const char *const names[] = { "trace", "span", "call", "attempt", "tool" };

  return names[kind];
}

/* What lies between a call and the one before it; an empty list for most. */
static void
add_boundaries (GString *out, const OhExchange *exchange)
{
  const OhPlace *place = exchange->place;

  oh_json_write_open (out, "boundaries", '[');
  for (guint kind = 1; kind <= OH_BOUNDARY_ASIDE; kind <<= 1)
    {
      if (!(place->boundaries & kind))
        continue;
      oh_json_write_open (out, NULL, '{');
      oh_json_write_text (out, "kind", oh_boundary_get_name ((OhBoundary) kind));
      if (kind == OH_BOUNDARY_COMPACTED)
        {
          oh_json_write_int (out, "messages_before", place->messages_before);
          oh_json_write_int (out, "messages_after", place->messages_after);
        }
      else if (kind == OH_BOUNDARY_MODEL)
        {
          oh_json_write_text (out, "from", place->model_before);
          oh_json_write_text (out, "to", exchange->facts != NULL ? exchange->facts->requested_model : NULL);
        }
      else if (kind == OH_BOUNDARY_REWOUND)
        {
          oh_json_write_known (out, "to_exchange", place->parent_id, place->parent_id != place->dropped_id);
          oh_json_write_int (out, "last_dropped", place->dropped_id);
          oh_json_write_int (out, "dropped_calls", place->dropped);
        }
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
  oh_json_write_known (out, "superseded_by", place->superseded_by, place->superseded_by != 0);
}

static void
add_call (GString *out, const OhExchange *exchange)
{
  const OhFacts *facts = exchange->facts;
  const OhPlace *place = exchange->place;
  g_autofree char *reason = oh_saying_tell (place->cache_reason);
  g_autofree char *code = oh_saying_get_code (place->cache_reason);

  oh_json_write_known (out, "status", exchange->status, exchange->status != 0);
  oh_json_write_text (out, "stop_reason", facts != NULL ? facts->stop_reason : NULL);
  oh_json_write_int (out, "attempt", place->attempt);
  oh_json_write_int (out, "attempts", place->attempts);
  if (place->likely)
    oh_json_write_flag (out, "likely", TRUE);
  oh_json_write_known (out, "asked_wait_ms", place->asked_wait_ns / OH_NS_PER_MS, place->asked_wait_ns >= 0);
  oh_json_write_known (out, "waited_ms", place->waited_ns / OH_NS_PER_MS, place->waited_ns >= 0);
  oh_json_write_known (out, "continues", place->parent_id, place->parent_id != 0);
  oh_json_write_known (out, "thread", place->thread_id, place->thread_id != 0);
  oh_json_write_text (out, "started_by", place->starter_id);
  oh_json_write_known (out, "started_by_exchange", place->starter_exchange, place->starter_id != NULL);
  add_boundaries (out, exchange);
  oh_json_write_real (out, "cost", place->cost);
  oh_json_write_flag (out, "cost_approximate", place->cost_approximate);
  oh_json_write_text (out, "cache", place->cache_verdict);
  oh_json_write_text (out, "cache_reason", reason);
  oh_json_write_text (out, "cache_reason_code", code);
}

void
oh_cli_json_span (GString *out, const OhSpan *span, GPtrArray *notices)
{
  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "kind", span_kind (span->kind));
  oh_json_write_int (out, "depth", span->depth);
  oh_json_write_text (out, "name", span->name);
  oh_json_write_known (out, "exchange", span->exchange_id, span->exchange_id != 0);
  oh_json_write_time (out, "started", span->started_ns);
  oh_json_write_known (out, "duration_ms", (span->ended_ns - span->started_ns) / OH_NS_PER_MS, span->ended_ns != 0);
  oh_json_write_flag (out, "error", span->is_error);
  if (span->kind == OH_SPAN_TOOL)
    {
      oh_json_write_text (out, "id", span->id);
      oh_json_write_text (out, "input", span->detail);
      oh_json_write_text (out, "result", span->result);
      oh_json_write_known (out, "result_exchange", span->result_exchange_id, span->result_exchange_id != 0);
      oh_json_write_known (out, "started_exchange", span->started_exchange, span->started_exchange != 0);
    }
  if (span->exchange != NULL)
    add_call (out, span->exchange);
  if (notices != NULL)
    {
      oh_json_write_open (out, "findings", '[');
      for (guint i = 0; i < notices->len; i++)
        oh_cli_json_notice (out, notices->pdata[i]);
      oh_json_write_close (out, ']');
    }
  oh_json_write_close (out, '}');
}

void
oh_cli_json_group (GString *out, const OhGroup *group, gboolean thread)
{
  oh_json_write_open (out, NULL, '{');
  if (thread)
    oh_json_write_int (out, "id", group->id);
  oh_json_write_text (out, "name", group->name);
  oh_json_write_text (out, "users", group->users);
  oh_json_write_int (out, "traces", group->traces);
  if (thread)
    oh_json_write_int (out, "branches", group->branches);
  oh_json_write_int (out, "compacted", group->compacted);
  oh_json_write_int (out, "model_changes", group->model_changes);
  oh_json_write_int (out, "rewound", group->rewinds);
  oh_json_write_int (out, "replies_edited", group->edits);
  oh_json_write_time (out, "first", group->first_ns);
  oh_json_write_time (out, "last", group->last_ns);
  add_sums (out, &group->sums);
  oh_json_write_close (out, '}');
}

void
oh_cli_json_limit (GString *out, const OhLimit *limit)
{
  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "key", limit->key_hash);
  oh_json_write_text (out, "key_tail", limit->key_tail);
  oh_json_write_text (out, "organization", limit->organization);
  oh_json_write_text (out, "scope", *limit->scope != '\0' ? limit->scope : NULL);
  oh_json_write_text (out, "bucket", limit->bucket);
  oh_json_write_real (out, "limit", limit->limit);
  oh_json_write_real (out, "remaining", limit->remaining);
  oh_json_write_real (out, "utilization", limit->utilization);
  oh_json_write_time (out, "reset", limit->reset_ns);
  oh_json_write_text (out, "status", limit->status);
  oh_json_write_time (out, "as_of", limit->at_ns);
  oh_json_write_int (out, "exchange", limit->exchange_id);
  oh_json_write_close (out, '}');
}

void
oh_cli_json_slice (GString *out, const OhSlice *slice)
{
  g_autoptr (GDateTime) day = g_date_time_new_from_unix_local (slice->start_ns / OH_NS_PER_S);
  g_autofree char *date = g_date_time_format (day, "%Y-%m-%d");
  g_autofree char *offset = g_date_time_format (day, "%:z");

  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "day", date);
  oh_json_write_text (out, "utc_offset", offset);
  oh_json_write_text (out, "model", *slice->model != '\0' ? slice->model : NULL);
  add_sums (out, &slice->sums);
  oh_json_write_close (out, '}');
}

void
oh_cli_json_notice (GString *out, const OhNotice *notice)
{
  static const char *const severities[] = { "note", "warning", "error" };
  g_autofree char *said = oh_saying_tell (notice->saying);

  oh_json_write_open (out, NULL, '{');
  oh_json_write_int (out, "id", notice->id);
  oh_json_write_text (out, "kind", notice->kind);
  oh_json_write_text (out, "severity", severities[MIN (notice->severity, G_N_ELEMENTS (severities) - 1)]);
  oh_json_write_text (out, "text", said);
  oh_json_write_known (out, "trace", notice->trace_id, notice->trace_id != 0);
  oh_json_write_time (out, "at", notice->at_ns);
  oh_json_write_open (out, "exchanges", '[');
  for (guint i = 0; notice->exchange_ids != NULL && i < notice->exchange_ids->len; i++)
    g_string_append_printf (out, "%s%" PRId64, i > 0 ? ", " : "", g_array_index (notice->exchange_ids, gint64, i));
  oh_json_write_close (out, ']');
  oh_json_write_close (out, '}');
}

static void
add_assertions (GString *out, GPtrArray *assertions)
{
  oh_json_write_open (out, "assertions", '[');
  for (guint i = 0; i < assertions->len; i++)
    {
      const OhCliAssertion *assertion = assertions->pdata[i];

      oh_json_write_open (out, NULL, '{');
      oh_json_write_text (out, "text", assertion->text);
      oh_json_write_flag (out, "holds", assertion->holds);
      oh_json_write_text (out, "found", assertion->found);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

void
oh_cli_json_budget (GString *out, const char *name, const OhBudget *budget)
{
  const double *limits = budget->limits;

  oh_json_write_open (out, name, '{');
  oh_json_write_known (out, "max_calls", (gint64) limits[OH_BUDGET_CALLS], limits[OH_BUDGET_CALLS] > 0);
  oh_json_write_known (out, "max_tokens", (gint64) limits[OH_BUDGET_TOKENS], limits[OH_BUDGET_TOKENS] > 0);
  oh_json_write_real (out, "max_cost", limits[OH_BUDGET_COST] > 0 ? limits[OH_BUDGET_COST] : NAN);
  oh_json_write_text (out, "over", oh_over_to_string (budget->over));
  oh_json_write_int (out, "spent_calls", (gint64) budget->spent[OH_BUDGET_CALLS]);
  oh_json_write_int (out, "spent_tokens", (gint64) budget->spent[OH_BUDGET_TOKENS]);
  oh_json_write_real (out, "spent_cost", budget->spent[OH_BUDGET_COST]);
  oh_json_write_flag (out, "spent_estimated", budget->estimated);
  oh_json_write_int (out, "unpriced_calls", budget->unpriced);
  oh_json_write_int (out, "refused_calls", budget->refused);
  oh_json_write_int (out, "waiting_calls", budget->waiting);
  oh_json_write_flag (out, "exceeded", oh_budget_is_exceeded (budget));
  oh_json_write_close (out, '}');
}

void
oh_cli_json_run (GString *out, OhStoreReader *reader, const OhRun *run, GPtrArray *assertions, GPtrArray *traces)
{
  const OhSums sums = oh_store_reader_get_run_sums (reader, run->id);
  g_autofree char *note = oh_engine_explain_silence (reader, run);
  g_autofree char *said = oh_saying_tell (run->error);
  const gboolean ended = run->ended_ns != 0;
  OhBudget budget = { 0 };

  oh_json_write_open (out, NULL, '{');
  oh_json_write_int (out, "id", run->id);
  oh_json_write_text (out, "name", run->name);
  oh_json_write_open (out, "command", '[');
  for (guint i = 0; run->argv != NULL && run->argv[i] != NULL; i++)
    oh_json_write_text (out, NULL, run->argv[i]);
  oh_json_write_close (out, ']');
  oh_json_write_text (out, "folder", run->cwd);
  oh_json_write_text (out, "origin", run->origin);
  oh_json_write_text (out, "trace", run->trace);
  oh_json_write_text (out, "session", run->session);
  oh_json_write_text (out, "user", run->user);
  oh_json_write_flag (out, "isolated", run->isolated);
  oh_json_write_known (out, "pid", run->pid, run->pid != 0);
  oh_json_write_time (out, "started", run->started_ns);
  oh_json_write_known (out, "duration_ms", (run->ended_ns - run->started_ns) / OH_NS_PER_MS, ended);
  oh_json_write_known (out, "exit_status", run->exit_status, ended && run->exit_status >= 0);
  oh_json_write_known (out, "signal", run->term_signal, run->term_signal != 0);
  oh_json_write_text (out, "error", said);
  oh_json_write_text (out, "note", note);
  oh_json_write_int (out, "exchanges", run->exchanges);
  add_sums (out, &sums);
  if (oh_store_reader_get_budget (reader, run->id, &budget))
    oh_cli_json_budget (out, "budget", &budget);
  else
    oh_json_write_text (out, "budget", NULL);
  if (assertions != NULL)
    add_assertions (out, assertions);
  if (traces != NULL)
    {
      oh_json_write_open (out, "traces", '[');
      for (guint i = 0; i < traces->len; i++)
        oh_cli_json_trace (out, traces->pdata[i]);
      oh_json_write_close (out, ']');
    }
  oh_json_write_close (out, '}');
}

void
oh_cli_json_checks (GString *out, GPtrArray *diagnoses)
{
  oh_json_write_open (out, NULL, '[');
  for (guint i = 0; i < diagnoses->len; i++)
    {
      const OhDiagnosis *diagnosis = diagnoses->pdata[i];
      g_autofree char *sentence = oh_diagnosis_dup_sentence (diagnosis);

      oh_json_write_open (out, NULL, '{');
      oh_json_write_text (out, "code", oh_diagnosis_get_code (diagnosis));
      oh_json_write_text (out, "severity", oh_grade_to_string (oh_diagnosis_get_grade (diagnosis)));
      oh_json_write_text (out, "sentence", sentence);
      oh_json_write_text (out, "remedy", oh_diagnosis_get_remedy (diagnosis));
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

void
oh_cli_json_doctor (GString *out, int captured, const char *checks, const char *run)
{
  oh_json_write_open (out, NULL, '{');
  if (captured < 0)
    oh_json_write_text (out, "captured", NULL);
  else
    oh_json_write_flag (out, "captured", captured);
  oh_json_write_name (out, "checks");
  g_string_append (out, checks);
  oh_json_write_name (out, "run");
  g_string_append (out, run != NULL ? run : "null");
  oh_json_write_close (out, '}');
}

static void
add_strings (GString *out, const char *name, char **strings)
{
  oh_json_write_open (out, name, '[');
  for (; strings != NULL && *strings != NULL; strings++)
    oh_json_write_text (out, NULL, *strings);
  oh_json_write_close (out, ']');
}

void
oh_cli_json_desktop (GString *out, const OhDesktopStatus *status, char **kept)
{
  g_autoptr (OhDesktopPrograms) programs = oh_desktop_programs_read ();

  oh_json_write_open (out, NULL, '{');
  oh_json_write_flag (out, "on", status->on);
  oh_json_write_flag (out, "abandoned", status->abandoned);
  oh_json_write_text (out, "mode", status->on ? oh_desktop_mode_to_string (status->mode) : NULL);
  oh_json_write_text (out, "owner", status->who);
  oh_json_write_known (out, "pid", status->pid, status->on);
  oh_json_write_known (out, "port", status->port, status->on);
  oh_json_write_time (out, "since", status->since_s * G_GINT64_CONSTANT (1000000000));
  oh_json_write_text (out, "behind", status->behind);
  add_strings (out, "places", status->places);
  add_strings (out, "kept", kept);
  add_strings (out, "only", programs->only);
  add_strings (out, "excluded", programs->excluded);
  oh_json_write_close (out, '}');
}

void
oh_cli_json_listening (GString *out, const OhDoor *doors)
{
  oh_json_write_open (out, NULL, '{');
  oh_json_write_open (out, "ports", '[');
  for (guint i = 0; i < OH_N_DOORS; i++)
    {
      oh_json_write_open (out, NULL, '{');
      oh_json_write_text (out, "for", oh_door_get_name (i));
      oh_json_write_known (out, "port", doors[i].port, doors[i].port != 0);
      oh_json_write_text (out, "problem", doors[i].problem);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
  oh_json_write_close (out, '}');
}

void
oh_cli_json_print (GString *out)
{
  g_print ("%s\n", out->str);
  g_string_truncate (out, 0);
}
