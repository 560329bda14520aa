/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-outgoing-private.h"

#include "oh-feed.h"
#include "oh-json-write.h"
#include "oh-saying.h"

#include <string.h>

/* OTLP's numbers. */
#define KIND_INTERNAL 1
#define KIND_CLIENT 3
#define STATUS_ERROR 2

/* Hex digits of the ids. */
#define TRACE_DIGITS 32
#define SPAN_DIGITS 16

/* One trace under way. */
typedef struct
{
  const OhOutgoing *how;
  OhTrace *trace;
  GPtrArray *spans;  /* OhSpan, depth first */
  GPtrArray *parents; /* by depth: the id that stands there, or NULL */
  char *id;          /* of the trace, hex */
  gboolean told;     /* it is the program's own (traceparent): where its outermost span was not told of, it is elsewhere */
} Telling;

/* --- ids --- */

/* (transfer full) */
static char *
derive (guint digits, const char *format, ...) G_GNUC_PRINTF (2, 3);

static char *
derive (guint digits, const char *format, ...)
{
  g_autofree char *text = NULL;
  char *sum;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  sum[digits] = '\0';
  return sum;
}

static gboolean
is_id (const char *text, guint digits)
{
  return text != NULL && strlen (text) == digits && strspn (text, "0123456789abcdef") == digits &&
         strspn (text, "0") < digits;
}

/* The span that a program told of a call, or NULL. (transfer full) */
static char *
find_own_span (OhStoreReader *reader, const OhExchange *exchange)
{
  g_autoptr (GArray) accounts = NULL;

  if (is_id (exchange->place->own_span, SPAN_DIGITS))
    return g_strdup (exchange->place->own_span);
  accounts = oh_store_reader_get_accounts (reader, exchange->id);
  for (guint i = 0; i < accounts->len; i++)
    {
      g_autoptr (OhPlace) place = oh_store_reader_get_place (reader, g_array_index (accounts, gint64, i));

      if (place != NULL && is_id (place->own_span, SPAN_DIGITS))
        return g_strdup (place->own_span);
    }
  return NULL;
}

/* What it is known by to those below it; NULL: they stand below what is above it. (transfer full) */
static char *
get_id (const Telling *self, const OhSpan *span)
{
  const gboolean told = is_id (span->id, SPAN_DIGITS);
  char *id;

  switch (span->kind)
    {
    case OH_SPAN_TRACE:
      if (told || self->told)
        return told ? g_strdup (span->id) : NULL;
      return derive (SPAN_DIGITS, "%s trace", self->id);
    case OH_SPAN_CUSTOM:
      if (g_str_has_prefix (span->id, "event:"))
        return NULL;
      return told ? g_strdup (span->id) : derive (SPAN_DIGITS, "%s span %s", self->id, span->id);
    case OH_SPAN_CALL:
      id = find_own_span (self->how->reader, span->exchange);
      return id != NULL ? id : derive (SPAN_DIGITS, "%s call %" G_GINT64_FORMAT, self->id, span->exchange->place->call_id);
    case OH_SPAN_TOOL:
      return derive (SPAN_DIGITS, "%s tool %s %" G_GINT64_FORMAT, self->id, span->id, span->exchange_id);
    case OH_SPAN_ATTEMPT:
    default:
      return NULL;
    }
}

/* --- what is said of each --- */

static void
begin (GString *out, const Telling *self, const OhExchange *exchange)
{
  g_autoptr (OhRun) run = NULL;
  const char *service = "overhear";

  if (exchange != NULL && exchange->run_id > 0)
    run = oh_store_reader_get_run (self->how->reader, exchange->run_id);
  else if (exchange == NULL && self->trace->run_id > 0)
    run = oh_store_reader_get_run (self->how->reader, self->trace->run_id);
  if (run != NULL && run->name != NULL)
    service = run->name;
  else if (exchange != NULL && exchange->program != NULL && exchange->program->name != NULL)
    service = exchange->program->name;
  oh_json_write_open (out, NULL, '{');
  oh_json_write_open (out, "resource", '{');
  oh_json_write_text (out, "service.name", service);
  if (self->how->store != NULL)
    oh_json_write_text (out, "overhear.store", self->how->store);
  oh_json_write_close (out, '}');
  oh_json_write_open (out, "scope", '{');
  oh_json_write_text (out, "name", "overhear");
  oh_json_write_text (out, "version", OH_VERSION);
  oh_json_write_close (out, '}');
}

static void
write_head (GString *out, const Telling *self, const OhSpan *span, const char *id, const char *parent, const char *name,
            int kind, gint64 ended_ns)
{
  oh_json_write_text (out, "traceId", self->id);
  oh_json_write_text (out, "spanId", id);
  if (parent != NULL)
    oh_json_write_text (out, "parentSpanId", parent);
  oh_json_write_text (out, "name", name);
  oh_json_write_int (out, "kind", kind);
  oh_json_write_int (out, "startTimeUnixNano", span->started_ns);
  oh_json_write_int (out, "endTimeUnixNano", MAX (ended_ns, span->started_ns));
}

static void
write_status (GString *out, gboolean failed, const char *message)
{
  oh_json_write_open (out, "status", '{');
  oh_json_write_int (out, "code", failed ? STATUS_ERROR : 0);
  if (failed && message != NULL)
    oh_json_write_text (out, "message", message);
  oh_json_write_close (out, '}');
}

static void
write_known_text (GString *out, const char *name, const char *text)
{
  if (text != NULL && *text != '\0')
    oh_json_write_text (out, name, text);
}

static void
write_known_int (GString *out, const char *name, gint64 value)
{
  if (value >= 0)
    oh_json_write_int (out, name, value);
}

/* A double, also where it is a whole number. */
static void
write_double (GString *out, const char *name, double value)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  oh_json_write_name (out, name);
  g_string_append (out, g_ascii_formatd (digits, sizeof digits, "%.9e", value));
}

/* Whose it is. */
static void
write_owner (GString *out, const Telling *self)
{
  write_known_text (out, "session.id", self->trace->session);
  write_known_text (out, "user.id", self->trace->user);
}

/* Why it went wrong, by the conventions' rules: the API's word, the status, else ours; NULL: it did not. (transfer full) */
static char *
get_error_type (const OhExchange *exchange)
{
  if (exchange->facts != NULL && exchange->facts->error_type != NULL)
    return g_strdup (exchange->facts->error_type);
  if (exchange->status >= 400)
    return g_strdup_printf ("%u", exchange->status);
  if (exchange->outcome == OH_OUTCOME_FINISHED)
    return NULL;
  return g_strdup (exchange->error_code != NULL ? exchange->error_code : oh_outcome_to_string (exchange->outcome));
}

/* What the request asks for besides its messages. */
static void
write_parameters (GString *out, const OhReading *reading)
{
  static const struct
  {
    const char *name;
    const char *attribute;
    gboolean real;
  } known[] = {
    { "max_tokens", "gen_ai.request.max_tokens", FALSE },
    { "max_completion_tokens", "gen_ai.request.max_tokens", FALSE },
    { "temperature", "gen_ai.request.temperature", TRUE },
    { "top_p", "gen_ai.request.top_p", TRUE },
    { "top_k", "gen_ai.request.top_k", TRUE },
    { "stop_sequences", "gen_ai.request.stop_sequences", FALSE },
  };

  for (guint i = 0; i < reading->parameters->len; i++)
    {
      const OhParameter *parameter = reading->parameters->pdata[i];
      OhJson value;

      for (guint j = 0; j < G_N_ELEMENTS (known); j++)
        if (strcmp (parameter->name, known[j].name) == 0 &&
            oh_json_parse (parameter->value, strlen (parameter->value), &value, NULL) &&
            oh_json_get_kind (value) == (strcmp (known[j].name, "stop_sequences") == 0 ? OH_JSON_ARRAY : OH_JSON_NUMBER))
          {
            if (known[j].real)
              write_double (out, known[j].attribute, g_ascii_strtod (parameter->value, NULL));
            else
              {
                oh_json_write_name (out, known[j].attribute);
                g_string_append (out, parameter->value);
              }
          }
    }
}

/* Input is the whole prompt, as everywhere (README.md). */
static void
write_usage (GString *out, const OhExchange *exchange, const OhFacts *facts)
{
  gboolean estimated;
  const gint64 output = oh_facts_get_output (facts, &estimated);

  write_known_int (out, "gen_ai.usage.input_tokens", oh_facts_get_prompt (facts));
  write_known_int (out, "gen_ai.usage.output_tokens", output);
  write_known_int (out, "gen_ai.usage.cache_read.input_tokens", facts->usage.cache_read);
  write_known_int (out, "gen_ai.usage.cache_creation.input_tokens", facts->usage.cache_write);
  write_known_int (out, "gen_ai.usage.reasoning.output_tokens", facts->usage.thinking);
  if (output >= 0 && estimated)
    oh_json_write_flag (out, "overhear.output_estimated", TRUE);
  if (exchange->place->cost >= 0)
    write_double (out, "gen_ai.usage.cost", exchange->place->cost);
}

/* JSON in a string, as the conventions have it on spans. */
static void
write_nested (GString *out, const char *name, GString *json)
{
  if (json->len > strlen ("[]"))
    oh_json_write_text (out, name, json->str);
  g_string_truncate (json, 0);
}

static void
write_messages (GString *out, const OhReading *reading, gboolean thinking)
{
  g_autoptr (GString) json = g_string_new (NULL);

  oh_outgoing_write_parts (json, NULL, reading->system, thinking);
  write_nested (out, "gen_ai.system_instructions", json);
  oh_outgoing_write_messages (json, reading->messages, thinking);
  write_nested (out, "gen_ai.input.messages", json);
  if (reading->answer != NULL)
    oh_outgoing_write_answer (json, reading->answer, reading->facts->stop_reason, thinking);
  write_nested (out, "gen_ai.output.messages", json);
  oh_json_write_open (json, NULL, '[');
  for (guint i = 0; i < reading->tools->len; i++)
    {
      const OhTool *tool = reading->tools->pdata[i];

      oh_json_write_name (json, NULL);
      g_string_append (json, tool->json);
    }
  oh_json_write_close (json, ']');
  write_nested (out, "gen_ai.tool.definitions", json);
}

static void
write_call_attributes (GString *out, const Telling *self, const OhExchange *exchange, const OhReading *reading)
{
  const OhFacts *facts = exchange->facts;
  g_autofree char *error = get_error_type (exchange);

  oh_json_write_open (out, "attributes", '{');
  oh_json_write_text (out, "gen_ai.operation.name",
                      oh_facts_get_operation (facts) == OH_OPERATION_COMPLETION ? "text_completion" : "chat");
  oh_json_write_text (out, "gen_ai.provider.name", facts->provider);
  write_known_text (out, "gen_ai.request.model", facts->requested_model != NULL ? facts->requested_model : facts->model);
  if (error == NULL || facts->message_id != NULL)
    write_known_text (out, "gen_ai.response.model", facts->model);
  write_known_text (out, "gen_ai.response.id", facts->message_id);
  if (facts->stop_reason != NULL)
    {
      oh_json_write_open (out, "gen_ai.response.finish_reasons", '[');
      oh_json_write_text (out, NULL, facts->stop_reason);
      oh_json_write_close (out, ']');
    }
  if (exchange->place->thread_id != 0)
    {
      g_autofree char *conversation = derive (TRACE_DIGITS, "%s conversation %" G_GINT64_FORMAT, self->id,
                                              exchange->place->thread_id);

      oh_json_write_text (out, "gen_ai.conversation.id", conversation);
    }
  write_owner (out, self);
  write_usage (out, exchange, facts);
  if (facts->streamed)
    oh_json_write_flag (out, "gen_ai.request.stream", TRUE);
  if (facts->first_token_ns >= 0)
    write_double (out, "gen_ai.response.time_to_first_chunk", (double) facts->first_token_ns / 1e9);
  write_known_text (out, "gen_ai.agent.id", facts->agent);
  write_known_text (out, "gen_ai.agent.name", facts->agent_kind);
  /* Not the method: what has http.request.method is taken for an HTTP span, and not for a call (SideSeat 1.0.13). */
  if (exchange->route != OH_ROUTE_TOLD)
    {
      write_known_text (out, "server.address", exchange->host);
      oh_json_write_int (out, "server.port", exchange->port);
    }
  if (exchange->status != 0)
    oh_json_write_int (out, "http.response.status_code", exchange->status);
  if (facts->request_id != NULL)
    {
      oh_json_write_open (out, "http.response.header.request-id", '[');
      oh_json_write_text (out, NULL, facts->request_id);
      oh_json_write_close (out, ']');
    }
  write_known_text (out, "error.type", error);
  write_parameters (out, reading);
  write_messages (out, reading, self->how->thinking);
  oh_json_write_close (out, '}');
}

/* The attempts of a call, which stand behind it in the tree, are its events. @at: index of the call */
static void
write_attempts (GString *out, const Telling *self, guint at)
{
  const guint depth = ((OhSpan *) self->spans->pdata[at])->depth + 1;

  oh_json_write_open (out, "events", '[');
  for (guint i = at + 1; i < self->spans->len && ((OhSpan *) self->spans->pdata[i])->depth >= depth; i++)
    {
      const OhSpan *span = self->spans->pdata[i];
      g_autofree char *error = NULL;

      if (span->kind != OH_SPAN_ATTEMPT || span->depth != depth)
        continue;
      error = get_error_type (span->exchange);
      oh_json_write_open (out, NULL, '{');
      oh_json_write_int (out, "timeUnixNano", span->started_ns);
      oh_json_write_text (out, "name", "gen_ai.request.attempt");
      oh_json_write_open (out, "attributes", '{');
      oh_json_write_int (out, "attempt", span->exchange->place->attempt);
      if (span->ended_ns != 0)
        oh_json_write_int (out, "duration_ms", (span->ended_ns - span->started_ns) / 1000000);
      if (span->exchange->status != 0)
        oh_json_write_int (out, "http.response.status_code", span->exchange->status);
      write_known_text (out, "error.type", error);
      write_known_text (out, "request_id", span->exchange->facts != NULL ? span->exchange->facts->request_id : NULL);
      oh_json_write_close (out, '}');
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

/* --- each kind --- */

static gboolean
is_chosen (const Telling *self, gint64 exchange_id)
{
  return self->how->chosen == NULL || g_hash_table_contains (self->how->chosen, &exchange_id);
}

/* @at: index of a call. Returns: whether it, or an attempt of it, is chosen */
static gboolean
is_call_chosen (const Telling *self, guint at)
{
  const OhSpan *call = self->spans->pdata[at];
  gboolean chosen = is_chosen (self, call->exchange_id);

  for (guint i = at + 1; !chosen && i < self->spans->len && ((OhSpan *) self->spans->pdata[i])->depth > call->depth; i++)
    {
      const OhSpan *span = self->spans->pdata[i];

      chosen = span->kind == OH_SPAN_ATTEMPT && span->depth == call->depth + 1 && is_chosen (self, span->exchange_id);
    }
  return chosen;
}

/* When what is below it has ended, if it has no end of its own. */
static gint64
get_end (const Telling *self, guint at)
{
  const OhSpan *span = self->spans->pdata[at];
  gint64 ended_ns = span->ended_ns;

  for (guint i = at + 1; i < self->spans->len && ((OhSpan *) self->spans->pdata[i])->depth > span->depth; i++)
    ended_ns = span->ended_ns != 0 ? ended_ns : MAX (ended_ns, ((OhSpan *) self->spans->pdata[i])->ended_ns);
  return ended_ns;
}

/* What we sent and got back by somebody else is not sent again. */
static gboolean
is_ours (const OhOutgoing *how, OhJson told)
{
  return how->store != NULL && oh_json_is (oh_json_get_path (told, "resource", "overhear.store", NULL), how->store);
}

static void
tell_call (const Telling *self, guint at, const char *id, const char *parent)
{
  const OhSpan *span = self->spans->pdata[at];
  g_autoptr (OhExchange) exchange = NULL;
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *name = NULL;
  g_autofree char *said = NULL;
  g_autofree char *error = NULL;

  if (span->ended_ns == 0 || !is_call_chosen (self, at))
    return;
  exchange = oh_store_reader_get_exchange (self->how->reader, span->exchange_id);
  if (exchange == NULL || exchange->facts == NULL || exchange->place == NULL)
    return;
  interpreter = oh_interpreter_new (exchange);
  oh_feed_all (self->how->reader, interpreter, exchange);
  if (exchange->route == OH_ROUTE_TOLD)
    {
      g_autoptr (GBytes) body = oh_interpreter_get_request_body (interpreter, NULL);
      gsize length;
      const char *text = g_bytes_get_data (body, &length);
      OhJson told;

      if (length > 0 && oh_json_parse (text, length, &told, NULL) && is_ours (self->how, told))
        return;
    }
  reading = oh_interpreter_get_reading (interpreter);
  error = get_error_type (exchange);
  said = oh_saying_tell (exchange->error);
  name = g_strjoin (" ", oh_facts_get_operation (exchange->facts) == OH_OPERATION_COMPLETION ? "text_completion" : "chat",
                    exchange->facts->requested_model != NULL ? exchange->facts->requested_model : exchange->facts->model, NULL);
  begin (out, self, exchange);
  write_head (out, self, span, id, parent != NULL || !self->told ? parent : exchange->place->span_id, name, KIND_CLIENT,
              span->ended_ns);
  write_call_attributes (out, self, exchange, reading);
  write_attempts (out, self, at);
  write_status (out, error != NULL, exchange->facts->error_message != NULL ? exchange->facts->error_message : said);
  oh_json_write_close (out, '}');
  self->how->func (out, self->how->data);
}

static void
tell_tool (const Telling *self, const OhSpan *span, const char *id, const char *parent)
{
  const gboolean answered = span->result_exchange_id != 0;
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GString) out = NULL;
  g_autofree char *name = NULL;

  if (!self->how->live ? !is_chosen (self, span->exchange_id)
                       : answered ? !is_chosen (self, span->result_exchange_id) : !self->how->closing)
    return;
  out = g_string_new (NULL);
  name = g_strdup_printf ("execute_tool %s", span->name != NULL ? span->name : "");
  rows = oh_store_reader_get_rows (self->how->reader, &span->exchange_id, 1);
  begin (out, self, rows->pdata[0]);
  write_head (out, self, span, id, parent, name, KIND_INTERNAL, span->ended_ns);
  oh_json_write_open (out, "attributes", '{');
  oh_json_write_text (out, "gen_ai.operation.name", "execute_tool");
  oh_json_write_text (out, "gen_ai.tool.name", span->name != NULL ? span->name : "");
  oh_json_write_text (out, "gen_ai.tool.call.id", span->id);
  oh_json_write_text (out, "gen_ai.tool.type", "function");
  write_known_text (out, "gen_ai.tool.call.arguments", span->detail);
  write_known_text (out, "gen_ai.tool.call.result", span->result);
  if (span->is_error)
    oh_json_write_text (out, "error.type", "tool_error");
  write_owner (out, self);
  oh_json_write_close (out, '}');
  write_status (out, span->is_error, NULL);
  oh_json_write_close (out, '}');
  self->how->func (out, self->how->data);
}

/* A span that the program told of, as it is. */
static void
tell_told (const Telling *self, gint64 exchange_id, const char *parent)
{
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GString) out = NULL;
  const char *text;
  gsize length;
  OhJson told;

  if (self->how->live && !is_chosen (self, exchange_id))
    return;
  body = oh_store_reader_read_body (self->how->reader, exchange_id, OH_SIDE_REQUEST, 0, -1, NULL);
  text = body != NULL ? g_bytes_get_data (body, &length) : NULL;
  if (text == NULL || !oh_json_parse (text, length, &told, NULL) || is_ours (self->how, told))
    return;
  out = g_string_sized_new (length + 256);
  oh_outgoing_write_told (out, told, parent, self->how);
  self->how->func (out, self->how->data);
}

/* The trace itself, or a span that the program opened by our own means. */
static void
tell_frame (const Telling *self, guint at, const char *id, const char *parent)
{
  const OhSpan *span = self->spans->pdata[at];
  g_autoptr (GString) out = NULL;
  const gint64 ended_ns = get_end (self, at);

  if ((self->how->live && !self->how->closing) || ended_ns == 0)
    return;
  out = g_string_new (NULL);
  begin (out, self, NULL);
  write_head (out, self, span, id, parent, span->name != NULL ? span->name : "trace", KIND_INTERNAL, ended_ns);
  oh_json_write_open (out, "attributes", '{');
  write_owner (out, self);
  oh_json_write_close (out, '}');
  write_status (out, FALSE, NULL);
  oh_json_write_close (out, '}');
  self->how->func (out, self->how->data);
}

static void
tell_span (const Telling *self, guint at, const char *id, const char *parent)
{
  const OhSpan *span = self->spans->pdata[at];

  switch (span->kind)
    {
    case OH_SPAN_TRACE:
    case OH_SPAN_CUSTOM:
      if (span->exchange_id != 0)
        tell_told (self, span->exchange_id, parent);
      else
        tell_frame (self, at, id, parent);
      break;
    case OH_SPAN_CALL:
      tell_call (self, at, id, parent);
      break;
    case OH_SPAN_TOOL:
      tell_tool (self, span, id, parent);
      break;
    case OH_SPAN_ATTEMPT:
    default:
      break;
    }
}

/* The nearest id above, or NULL. */
static const char *
find_parent (const Telling *self, guint depth)
{
  for (guint i = MIN (depth, self->parents->len); i > 0; i--)
    if (self->parents->pdata[i - 1] != NULL)
      return self->parents->pdata[i - 1];
  return NULL;
}

void
oh_outgoing_tell (const OhOutgoing *how, gint64 trace_id)
{
  Telling self = { .how = how };
  g_autoptr (GPtrArray) traces = NULL;
  g_autoptr (GPtrArray) spans = NULL;
  g_autoptr (GPtrArray) parents = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *key = NULL;
  g_autofree char *id = NULL;

  g_return_if_fail (how != NULL && how->reader != NULL && how->func != NULL);

  traces = oh_store_reader_get_traces (how->reader, &trace_id, 1);
  key = oh_store_reader_get_trace_key (how->reader, trace_id);
  if (traces->pdata[0] == NULL || key == NULL)
    return;
  self.trace = traces->pdata[0];
  self.told = g_str_has_prefix (key, "w3c:") && is_id (key + strlen ("w3c:"), TRACE_DIGITS);
  self.id = id = self.told ? g_strdup (key + strlen ("w3c:"))
                           : derive (TRACE_DIGITS, "overhear %" G_GINT64_FORMAT " %s", self.trace->started_ns, key);
  self.spans = spans = oh_store_reader_get_spans (how->reader, trace_id);
  self.parents = parents;
  for (guint i = 0; i < spans->len; i++)
    {
      const OhSpan *span = spans->pdata[i];
      char *own = get_id (&self, span);
      const char *parent;

      g_ptr_array_set_size (parents, (int) span->depth);
      parent = find_parent (&self, span->depth);
      g_ptr_array_add (parents, own);
      if (own != NULL)
        tell_span (&self, i, own, parent);
    }
}
