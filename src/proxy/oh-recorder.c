/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-recorder-private.h"
#include "oh-clock.h"
#include "oh-body-redactor-private.h"
#include "oh-secret-filter-private.h"
#include "oh-secret-name-private.h"

#include <string.h>

/* So much of what is no head is kept. */
#define BROKEN_MAX (64 * 1024)

/* How a body is recorded. */
typedef enum
{
  PLAIN,
  REDACTED,
  WITHHELD, /* it may carry secrets that cannot be seen */
} Care;

typedef struct
{
  Care care;
  OhBodyRedactor *redactor;
  OhCaptureKind kind;
  OhGap gap;
  gint64 *length;
} Body;

struct _OhRecorder
{
  OhSink *sink;
  OhSecrets *secrets;
  OhExchange *exchange;
  guint64 key;
  gint64 started;
  gboolean token_path;
  gboolean ended;
  Body request;
  Body response;
};

guint64
oh_recorder_next_key (void)
{
  static gsize last;

  return (guint64) g_atomic_pointer_add (&last, 1) + 1;
}

static void
push (OhRecorder *self, OhCaptureKind kind, OhExchange *exchange, GBytes *data)
{
  OhCapture *capture = oh_capture_new (kind, self->key, exchange, data, oh_recorder_now (self));

  if (oh_sink_push (self->sink, capture))
    return;
  if (kind == OH_CAPTURE_REQUEST_DATA)
    self->exchange->gaps |= OH_GAP_REQUEST;
  else if (kind == OH_CAPTURE_RESPONSE_DATA)
    self->exchange->gaps |= OH_GAP_RESPONSE;
}

/* Decides from its head how a body is recorded. */
static void
prepare_body (OhRecorder *self, Body *body, const OhHttpHead *head)
{
  gboolean withheld;

  body->redactor = oh_body_redactor_new (self->secrets, self->token_path, oh_http_head_get (head, "Content-Type"),
                                             oh_http_head_get (head, "Content-Encoding"), &withheld);
  body->care = withheld ? WITHHELD : body->redactor != NULL ? REDACTED : PLAIN;
}

OhRecorder *
oh_recorder_new (OhSink *sink,
                 OhSecrets *secrets,
                 OhExchange *exchange,
                 const char *target,
                 const OhHttpHead *head,
                 gint64 started_ns)
{
  OhRecorder *self = g_new0 (OhRecorder, 1);

  self->secrets = oh_secrets_new_remembering (secrets);
  self->exchange = exchange;
  self->key = oh_recorder_next_key ();
  self->started = started_ns;
  self->request = (Body) { .kind = OH_CAPTURE_REQUEST_DATA, .gap = OH_GAP_REQUEST,
                           .length = &exchange->request_length };
  self->response = (Body) { .kind = OH_CAPTURE_RESPONSE_DATA, .gap = OH_GAP_RESPONSE,
                            .length = &exchange->response_length };
  exchange->started_ns = oh_clock_wall_ns () - (oh_clock_monotonic_ns () - started_ns);
  exchange->target = target != NULL ? oh_secret_filter_target (self->secrets, target) : g_strdup ("");
  if (sink == NULL)
    return self;
  self->sink = g_object_ref (sink);
  if (exchange->upstream != NULL)
    {
      g_autofree char *upstream = exchange->upstream;

      exchange->upstream = oh_secret_filter_target (self->secrets, upstream);
    }
  if (head != NULL)
    {
      self->token_path = target != NULL && oh_secret_name_is_token_path (target);
      exchange->request_headers = oh_secret_filter_fields (self->secrets, head);
      exchange->target = oh_secrets_replace_all (self->secrets, exchange->target);
      prepare_body (self, &self->request, head);
    }
  push (self, OH_CAPTURE_BEGIN, oh_exchange_copy (exchange), NULL);
  return self;
}

void
oh_recorder_free (OhRecorder *self)
{
  if (self == NULL)
    return;
  oh_body_redactor_free (self->request.redactor);
  oh_body_redactor_free (self->response.redactor);
  oh_exchange_unref (self->exchange);
  oh_secrets_unref (self->secrets);
  g_clear_object (&self->sink);
  g_free (self);
}

gint64
oh_recorder_now (OhRecorder *self)
{
  return oh_clock_monotonic_ns () - self->started;
}

gint64
oh_recorder_since (OhRecorder *self, gint64 monotonic_ns)
{
  return monotonic_ns >= self->started ? monotonic_ns - self->started : -1;
}

const OhExchange *
oh_recorder_get_exchange (OhRecorder *self)
{
  return self->exchange;
}

const char *
oh_recorder_get_host (OhRecorder *self)
{
  return self->exchange->host;
}

OhTimings *
oh_recorder_get_timings (OhRecorder *self)
{
  return &self->exchange->timings;
}

void
oh_recorder_count (OhRecorder *self, gint64 request_bytes, gint64 response_bytes)
{
  self->exchange->request_length += request_bytes;
  self->exchange->response_length += response_bytes;
}

/* A body with a hole would read as something that was never sent: after the first lost piece nothing more is kept. */
static void
push_data (OhRecorder *self, Body *body, GBytes *data)
{
  if (g_bytes_get_size (data) > 0 && (self->exchange->gaps & body->gap) == 0)
    push (self, body->kind, NULL, g_bytes_ref (data));
}

static void
record_data (OhRecorder *self, Body *body, GBytes *payload)
{
  gboolean first = *body->length == 0;

  if (self->ended)
    return;
  *body->length += g_bytes_get_size (payload);
  if (self->sink == NULL)
    return;
  if (body->care == REDACTED)
    {
      g_autoptr (GBytes) safe = oh_body_redactor_feed (body->redactor, payload);

      push_data (self, body, safe);
      if (oh_body_redactor_withholds (body->redactor))
        self->exchange->gaps |= body->gap;
    }
  else if (body->care == PLAIN)
    push_data (self, body, payload);
  else if (first)
    {
      /* Untranslated: it stands in the store in place of bytes. */
      static const char notice[] = "<withheld: a body that carries credentials and cannot be read>";
      g_autoptr (GBytes) data = g_bytes_new_static (notice, sizeof notice - 1);

      push_data (self, body, data);
      self->exchange->gaps |= body->gap;
    }
}

static void
finish_body (OhRecorder *self, Body *body)
{
  g_autoptr (GBytes) rest = NULL;

  if (self->sink == NULL || body->redactor == NULL)
    return;
  rest = oh_body_redactor_finish (body->redactor);
  if (rest != NULL)
    push_data (self, body, rest);
  if (oh_body_redactor_withholds (body->redactor))
    self->exchange->gaps |= body->gap;
  g_clear_pointer (&body->redactor, oh_body_redactor_free);
  body->care = PLAIN;
}

void
oh_recorder_request_data (OhRecorder *self, GBytes *payload)
{
  record_data (self, &self->request, payload);
}

void
oh_recorder_request_end (OhRecorder *self)
{
  if (self->ended)
    return;
  self->exchange->timings.request_sent = oh_recorder_now (self);
  if (self->sink == NULL)
    return;
  finish_body (self, &self->request);
  push (self, OH_CAPTURE_REQUEST_END, NULL, NULL);
}

void
oh_recorder_response_head (OhRecorder *self, const OhHttpHead *head)
{
  OhExchange *exchange = self->exchange;

  if (self->ended)
    return;
  exchange->status = head->status;
  exchange->oddities |= head->oddities;
  exchange->timings.response_head = oh_recorder_now (self);
  if (self->sink == NULL)
    return;
  exchange->response_headers = oh_secret_filter_fields (self->secrets, head);
  exchange->reason = head->reason != NULL ? oh_secrets_replace_all (self->secrets, g_strdup (head->reason)) : NULL;
  prepare_body (self, &self->response, head);
  push (self, OH_CAPTURE_RESPONSE_HEAD, oh_exchange_copy (exchange), NULL);
}

void
oh_recorder_response_data (OhRecorder *self, GBytes *payload)
{
  if (self->exchange->timings.first_byte < 0)
    self->exchange->timings.first_byte = oh_recorder_now (self);
  record_data (self, &self->response, payload);
}

void
oh_recorder_note (OhRecorder *self, OhOddity oddity)
{
  if (!self->ended)
    self->exchange->oddities |= oddity;
}

void
oh_recorder_broken_head (OhRecorder *self, gboolean request, const void *data, gsize length)
{
  Body *body = request ? &self->request : &self->response;
  g_autoptr (GBytes) safe = NULL;

  if (self->ended || self->sink == NULL)
    return;
  *body->length += (gint64) length;
  /* So that it is read as an answer, without fields and a status. */
  if (!request && self->exchange->response_headers == NULL)
    self->exchange->response_headers = oh_headers_new ();
  safe = oh_secret_filter_head (self->secrets, data, MIN (length, BROKEN_MAX));
  push_data (self, body, safe);
  if (length > BROKEN_MAX)
    self->exchange->gaps |= body->gap;
}

void
oh_recorder_trailers (OhRecorder *self, gboolean request, const OhHttpHead *trailers)
{
  OhHeaders **headers = request ? &self->exchange->request_headers : &self->exchange->response_headers;
  g_autoptr (OhHeaders) before = NULL;
  g_autoptr (OhHeaders) added = NULL;

  if (self->ended || self->sink == NULL || *headers == NULL)
    return;
  oh_recorder_note (self, OH_ODDITY_TRAILERS);
  before = g_steal_pointer (headers);
  added = oh_secret_filter_fields (self->secrets, trailers);
  *headers = oh_headers_new ();
  for (guint i = 0; i < oh_headers_get_length (before) + oh_headers_get_length (added); i++)
    {
      const guint old = oh_headers_get_length (before);
      const char *name;
      const char *value;

      oh_headers_get_nth (i < old ? before : added, i < old ? i : i - old, &name, &value);
      oh_headers_append (*headers, name, value);
    }
}

gboolean
oh_recorder_has_response (OhRecorder *self)
{
  return self->exchange->status != 0;
}

gboolean
oh_recorder_has_ended (OhRecorder *self)
{
  return self->ended;
}

OhCapture *
oh_recorder_end (OhRecorder *self,
                 OhOutcome outcome,
                 OhParty party,
                 const char *code,
                 const char *message,
                 GMainContext *context,
                 OhCommittedFunc committed,
                 gpointer data)
{
  OhExchange *exchange = self->exchange;
  OhCapture *capture;

  if (self->ended)
    return NULL;
  finish_body (self, &self->request);
  finish_body (self, &self->response);
  self->ended = TRUE;
  exchange->timings.ended = oh_recorder_now (self);
  exchange->outcome = outcome;
  exchange->ended_by = party;
  exchange->error_code = g_strdup (code);
  exchange->error = g_strdup (message);
  if (self->sink == NULL)
    {
      if (committed != NULL)
        committed (data);
      return NULL;
    }
  capture = oh_capture_new (OH_CAPTURE_END, self->key, oh_exchange_ref (exchange), NULL, exchange->timings.ended);
  if (committed != NULL)
    oh_capture_set_committed (capture, context, committed, data);
  oh_sink_push (self->sink, oh_capture_ref (capture));
  return capture;
}
