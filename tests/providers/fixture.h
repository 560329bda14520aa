/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges to interpret, and readings as text to compare. */
#pragma once
#include "oh-interpreter.h"

#include <string.h>
#include <zlib.h>

/* Names and values of header fields, NULL-terminated. */
static inline OhHeaders *
make_headers (const char *const *fields)
{
  OhHeaders *headers = oh_headers_new ();

  for (; fields != NULL && fields[0] != NULL; fields += 2)
    oh_headers_append (headers, fields[0], fields[1]);
  return headers;
}

#define FIELDS(...) ((const char *const[]) { __VA_ARGS__, NULL })

static inline OhExchange *
make_exchange (const char *method, const char *host, const char *target, const char *const *fields)
{
  OhExchange *exchange = oh_exchange_new ();

  exchange->method = g_strdup (method);
  exchange->scheme = g_strdup ("https");
  exchange->host = g_strdup (host);
  exchange->port = 443;
  exchange->target = g_strdup (target);
  exchange->request_headers = make_headers (fields);
  return exchange;
}

static inline void
answer (OhExchange *exchange, guint status, const char *const *fields)
{
  exchange->status = status;
  exchange->response_headers = make_headers (fields);
}

static inline OhExchange *
make_messages (guint status, const char *type)
{
  OhExchange *exchange = make_exchange ("POST", "api.anthropic.com", "/v1/messages",
                                        FIELDS ("content-type", "application/json", "anthropic-version", "2023-06-01"));

  answer (exchange, status, FIELDS ("content-type", type, "request-id", "req_1"));
  return exchange;
}

/* An interpreter that has been given everything; the answer in two pieces, cut at @split. */
static inline OhInterpreter *
interpret (const OhExchange *exchange, const char *request, const char *response, gssize length, gsize split,
           OhOutcome outcome)
{
  OhInterpreter *interpreter = oh_interpreter_new (exchange);
  gsize size = length < 0 ? strlen (response) : (gsize) length;

  if (request != NULL)
    oh_interpreter_feed_request (interpreter, request, strlen (request));
  oh_interpreter_end_request (interpreter);
  oh_interpreter_set_response (interpreter, exchange);
  oh_interpreter_feed_response (interpreter, response, split, 1000);
  oh_interpreter_feed_response (interpreter, response + split, size - split, 1000);
  oh_interpreter_end (interpreter, outcome);
  return interpreter;
}

static inline OhReading *
read_all (const OhExchange *exchange, const char *request, const char *response)
{
  g_autoptr (OhInterpreter) interpreter = interpret (exchange, request, response, -1, 0, OH_OUTCOME_FINISHED);

  return oh_interpreter_get_reading (interpreter);
}

static inline void
dump_blocks (GString *out, GPtrArray *blocks, guint depth)
{
  for (guint i = 0; blocks != NULL && i < blocks->len; i++)
    {
      const OhBlock *block = blocks->pdata[i];

      g_string_append_printf (out, "%*s%s", (int) depth * 2, "", block->type);
      if (block->id != NULL)
        g_string_append_printf (out, " #%s", block->id);
      if (block->name != NULL)
        g_string_append_printf (out, " name=%s", block->name);
      if (block->text != NULL)
        g_string_append_printf (out, " text=%s", block->text);
      if (block->input != NULL)
        g_string_append_printf (out, " input=%s", block->input);
      if (block->media_type != NULL)
        g_string_append_printf (out, " media=%s", block->media_type);
      if (block->source != NULL)
        g_string_append_printf (out, " source=%s", block->source);
      if (block->data != NULL)
        g_string_append_printf (out, " data=%" G_GSIZE_FORMAT, g_bytes_get_size (block->data));
      if (block->signature != NULL)
        g_string_append_printf (out, " signature=%s", block->signature);
      if (block->cached)
        g_string_append_printf (out, " cached=%s", block->cache_ttl);
      if (block->is_error)
        g_string_append (out, " error");
      if (!block->complete)
        g_string_append (out, " incomplete");
      if (block->problem != NULL)
        g_string_append_printf (out, " problem=%s", block->problem);
      g_string_append_c (out, '\n');
      dump_blocks (out, block->children, depth + 1);
    }
}

/* (transfer full) */
static inline char *
dump_answer (const OhReading *reading)
{
  GString *out = g_string_new (NULL);

  if (reading->answer != NULL)
    dump_blocks (out, reading->answer->blocks, 0);
  return g_string_free (out, FALSE);
}

static inline char *
dump_problems (const OhReading *reading)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < reading->problems->len; i++)
    g_string_append_printf (out, "%s\n", (char *) reading->problems->pdata[i]);
  return g_string_free (out, FALSE);
}

static inline void
dump_facts (GString *out, const OhFacts *facts)
{
  const OhUsage *usage = &facts->usage;

  g_string_append_printf (
    out,
    "%s %s model=%s asked=%s stop=%s id=%s request=%s error=%s/%s title=%s tier=%s speed=%s geo=%s streamed=%d complete=%d "
    "in=%d out=%d read=%d write=%d 5m=%d 1h=%d thinking=%d search=%d fetch=%d estimate=%d first=%d messages=%u tools=%u\n",
    facts->provider, facts->operation, facts->model, facts->requested_model, facts->stop_reason, facts->message_id,
    facts->request_id, facts->error_type, facts->error_message, facts->title, facts->service_tier, facts->speed,
    facts->inference_geo, facts->streamed, facts->complete, (int) usage->input, (int) usage->output,
    (int) usage->cache_read, (int) usage->cache_write, (int) usage->cache_write_5m, (int) usage->cache_write_1h,
    (int) usage->thinking, (int) usage->web_search, (int) usage->web_fetch, (int) facts->output_estimate,
    (int) facts->first_token_ns, facts->message_count, facts->tool_use_count);
}

static inline void
dump_events (GString *out, GPtrArray *events)
{
  for (guint i = 0; i < events->len; i++)
    {
      const OhStreamEvent *event = events->pdata[i];

      g_string_append_printf (out, "%s|%s|%s|%d+%d%s\n", event->name, event->data, event->summary, (int) event->offset,
                              (int) event->length, event->unterminated ? " unterminated" : "");
    }
}

/* Everything a reading says. (transfer full) */
static inline char *
dump_reading (const OhReading *reading)
{
  GString *out = g_string_new (NULL);
  g_autofree char *blocks = dump_answer (reading);
  g_autofree char *problems = dump_problems (reading);

  dump_facts (out, reading->facts);
  for (guint i = 0; i < reading->parameters->len; i++)
    {
      const OhParameter *parameter = reading->parameters->pdata[i];

      g_string_append_printf (out, "%s=%s\n", parameter->name, parameter->value);
    }
  dump_blocks (out, reading->system, 0);
  for (guint i = 0; i < reading->messages->len; i++)
    {
      const OhMessage *message = reading->messages->pdata[i];

      g_string_append_printf (out, "%s:\n", message->role);
      dump_blocks (out, message->blocks, 1);
    }
  g_string_append_printf (out, "answer:\n%sproblems:\n%s", blocks, problems);
  if (reading->answer != NULL)
    for (guint i = 0; i < reading->answer->blocks->len; i++)
      g_string_append_printf (out, "%s\n", ((OhBlock *) reading->answer->blocks->pdata[i])->json);
  dump_events (out, reading->events);
  return g_string_free (out, FALSE);
}

#define assert_answer(reading, expected) \
  G_STMT_START \
  { \
    g_autofree char *said_ = dump_answer (reading); \
    g_assert_cmpstr (said_, ==, expected); \
  } \
  G_STMT_END

#define assert_problems(reading, expected) \
  G_STMT_START \
  { \
    g_autofree char *said_ = dump_problems (reading); \
    g_assert_cmpstr (said_, ==, expected); \
  } \
  G_STMT_END

static inline void
put_u32 (GByteArray *out, guint32 value)
{
  guint8 bytes[4] = { (guint8) (value >> 24), (guint8) (value >> 16), (guint8) (value >> 8), (guint8) value };

  g_byte_array_append (out, bytes, 4);
}

static inline void
put_header (GByteArray *out, const char *name, const char *value)
{
  guint8 length = (guint8) strlen (name);
  guint8 head[3] = { 7, (guint8) (strlen (value) >> 8), (guint8) strlen (value) };

  g_byte_array_append (out, &length, 1);
  g_byte_array_append (out, (const guint8 *) name, length);
  g_byte_array_append (out, head, 3);
  g_byte_array_append (out, (const guint8 *) value, (guint) strlen (value));
}

/* Appends an AWS event stream frame. @exception: NULL for an event: then @json is wrapped as Bedrock does. */
static inline void
put_frame (GByteArray *out, const char *json, const char *exception)
{
  g_autoptr (GByteArray) headers = g_byte_array_new ();
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_autofree char *base64 = g_base64_encode ((const guchar *) json, strlen (json));
  g_autofree char *payload = exception != NULL ? g_strdup (json) : g_strdup_printf ("{\"bytes\":\"%s\"}", base64);

  if (exception != NULL)
    put_header (headers, ":exception-type", exception);
  else
    put_header (headers, ":event-type", "chunk");
  put_header (headers, ":content-type", "application/json");
  put_header (headers, ":message-type", exception != NULL ? "exception" : "event");
  put_u32 (frame, (guint32) (12 + headers->len + strlen (payload) + 4));
  put_u32 (frame, headers->len);
  put_u32 (frame, (guint32) crc32 (0, frame->data, 8));
  g_byte_array_append (frame, headers->data, headers->len);
  g_byte_array_append (frame, (const guint8 *) payload, (guint) strlen (payload));
  put_u32 (frame, (guint32) crc32 (0, frame->data, frame->len));
  g_byte_array_append (out, frame->data, frame->len);
}
