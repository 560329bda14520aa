/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-interpreter.h"

#include "oh-aws-frames.h"
#include "oh-decoder.h"
#include "oh-fatal-read.h"
#include "oh-provider.h"
#include "oh-sse-parser.h"

#include <glib/gi18n.h>

#define BODY_MAX (256u * 1024 * 1024)
/* For facts a body is read in one piece, as JSON; no API takes or gives more in one. */
#define FACTS_BODY_MAX (64u * 1024 * 1024)
/* For meaning, what is kept of a body that facts do not need: enough to know it again. */
#define ASIDE_MAX (4u * 1024 * 1024)
/* White space before this tells nothing of what an answer is. */
#define START_MAX 4096

/* How the answer's bytes are cut. The content type says it, and where that is not true the first bytes do:
 *   WHOLE   one value, read at its end
 *   SSE     server-sent events
 *   AWS     AWS event stream frames */
typedef enum
{
  FRAMING_WHOLE,
  FRAMING_SSE,
  FRAMING_AWS,
} Framing;

/* What is asked for later, and so has to be kept. */
typedef enum
{
  FOR_FACTS,
  FOR_MEANING,
  FOR_READING,
} Purpose;

/* One of the two bodies on its way through its decoder. */
typedef struct
{
  OhDecoder *decoder;  /* NULL: too many encodings, or fatal to read: the bytes stay as they are */
  GByteArray *bytes;   /* decoded, as far as they are kept */
  GBytes *whole;       /* the same, once it is ended; then bytes is NULL */
  gboolean keep;
  gsize keep_max;
  gboolean overflowed; /* more came than is kept */
  gboolean failed;     /* decoding failed */
  gboolean ended;
} Body;

struct _OhInterpreter
{
  const OhProvider *provider;
  OhProviderTask task;
  Purpose purpose;
  Body request;
  Body response;
  Framing framing;
  gint64 at_ns;          /* when the newest of the answer came */
  GString *start;        /* the answer's first bytes while they may still tell another framing, else NULL */
  gboolean response_set;
  gboolean ended;
  gboolean fatal;        /* reading it ended an earlier process: its bytes are kept, and not looked at */
  OhOutcome outcome;
  OhSseParser *sse;
  OhAwsFrames *aws;
  GPtrArray *events;     /* owns; only grows, so readings borrow from it */
  OhReading *described;  /* the request's part of every reading, once there */
  OhFacts *snapshot;     /* the last one given out, while nothing changed */
};

static void
touch (OhInterpreter *self)
{
  g_clear_pointer (&self->snapshot, oh_facts_unref);
}

/* @wanted: facts need it; @cut: it is cut into events, which are all that facts and answers are made from */
static void
body_set_keep (OhInterpreter *self, Body *body, gboolean wanted, gboolean cut)
{
  body->keep = self->purpose == FOR_READING || (!cut && (wanted || self->purpose == FOR_MEANING));
  body->keep_max = self->purpose == FOR_READING ? BODY_MAX : wanted ? FACTS_BODY_MAX : ASIDE_MAX;
}

static void
body_init (OhInterpreter *self, Body *body, const OhHeaders *headers)
{
  g_autofree char *encoding = oh_headers_dup_list (headers, "content-encoding");
  g_autoptr (GError) error = NULL;

  body->bytes = g_byte_array_new ();
  if (self->fatal)
    return;
  body->decoder = oh_decoder_new (encoding, 0, &error);
  if (body->decoder == NULL)
    {
      body->failed = TRUE;
      oh_provider_task_add_problem (&self->task, g_strdup (error->message));
    }
}

static void
body_clear (Body *body)
{
  g_clear_pointer (&body->decoder, oh_decoder_free);
  g_clear_pointer (&body->bytes, g_byte_array_unref);
  g_clear_pointer (&body->whole, g_bytes_unref);
}

static void
body_fail (Body *body, OhProviderTask *task, const GError *error)
{
  if (body->failed)
    return;
  body->failed = TRUE;
  oh_provider_task_add_problem (task, g_strdup (error->message));
}

/* Keeps what may be kept of @bytes. */
static void
body_keep (Body *body, const guint8 *bytes, gsize length)
{
  gsize room = body->keep_max - body->bytes->len;

  if (!body->keep || length == 0)
    return;
  if (length > room)
    body->overflowed = TRUE;
  g_byte_array_append (body->bytes, bytes, (guint) MIN (length, room));
}

static void
give_event (OhStreamEvent *event, gpointer data)
{
  OhInterpreter *self = data;

  if (self->provider->read_event != NULL)
    self->provider->read_event (&self->task, event);
  if (self->purpose != FOR_READING)
    {
      oh_stream_event_free (event);
      return;
    }
  if (event->name == NULL)
    event->name = g_strdup ("message");
  if (event->summary == NULL)
    event->summary = oh_excerpt (event->data, 120);
  g_ptr_array_add (self->events, event);
}

static gboolean
wants (const OhInterpreter *self, gboolean (*asked) (const OhProviderTask *task))
{
  return asked != NULL && asked (&self->task);
}

static void
set_framing (OhInterpreter *self, Framing framing)
{
  self->framing = framing;
  g_clear_pointer (&self->sse, oh_sse_parser_free);
  g_clear_pointer (&self->aws, oh_aws_frames_free);
  if (framing == FRAMING_SSE)
    self->sse = oh_sse_parser_new (give_event, self);
  else if (framing == FRAMING_AWS)
    self->aws = oh_aws_frames_new (give_event, self);
  self->task.facts->streamed = framing != FRAMING_WHOLE;
  body_set_keep (self, &self->response, wants (self, self->provider->wants_response), framing != FRAMING_WHOLE);
}

/* Whether the first bytes are those of an event stream; @maybe: (out): they could still become some */
static gboolean
begins_events (const char *start, gsize length, gboolean *maybe)
{
  static const char *const fields[] = { "event:", "data:", "id:", "retry:", ":" };

  *maybe = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      const gsize size = strlen (fields[i]);

      if (strncmp (start, fields[i], MIN (length, size)) != 0)
        continue;
      if (length >= size)
        return TRUE;
      *maybe = TRUE;
    }
  return FALSE;
}

/* Looks at the first bytes until they say what the answer is. Returns: whether they do. */
static gboolean
find_framing (OhInterpreter *self)
{
  static const char bom[] = "\xef\xbb\xbf";
  const char *start = self->start->str;
  const char *end = start + self->start->len;
  gboolean events, maybe;

  if (g_str_has_prefix (start, bom))
    start += strlen (bom);
  while (start < end && g_ascii_isspace (*start))
    start++;
  if (start == end || g_str_has_prefix (bom, start))
    return FALSE;
  events = begins_events (start, (gsize) (end - start), &maybe);
  if (maybe)
    return FALSE;
  if (self->framing == FRAMING_SSE && !events && (strchr ("{[<", *start) != NULL || self->task.exchange->status >= 400))
    {
      oh_provider_task_add_remark (&self->task, g_strdup (_("The answer is called an event stream, but is none")));
      set_framing (self, FRAMING_WHOLE);
    }
  else if (self->framing == FRAMING_WHOLE && events && wants (self, self->provider->wants_events))
    {
      oh_provider_task_add_remark (
        &self->task, g_strdup (_("The answer is an event stream, but its content type says something else")));
      set_framing (self, FRAMING_SSE);
    }
  return TRUE;
}

static void
take (OhInterpreter *self, const guint8 *bytes, gsize length, gint64 at_ns)
{
  body_keep (&self->response, bytes, length);
  if (self->sse != NULL)
    oh_sse_parser_feed (self->sse, (const char *) bytes, length, at_ns);
  if (self->aws != NULL)
    oh_aws_frames_feed (self->aws, bytes, length, at_ns);
}

/* The framing is as sure as it will be. */
static void
take_start (OhInterpreter *self, gint64 at_ns)
{
  GString *start = g_steal_pointer (&self->start);

  if (start == NULL)
    return;
  take (self, (const guint8 *) start->str, start->len, at_ns);
  g_string_free (start, TRUE);
}

static void
consume (OhInterpreter *self, const guint8 *bytes, gsize length, gint64 at_ns)
{
  const gsize held = self->start != NULL ? MIN (length, START_MAX - self->start->len) : 0;

  if (length == 0)
    return;
  if (self->start != NULL)
    {
      g_string_append_len (self->start, (const char *) bytes, (gssize) held);
      if (!find_framing (self) && self->start->len < START_MAX)
        return;
      take_start (self, at_ns);
    }
  take (self, bytes + held, length - held, at_ns);
}

/* A bomb may come out of a few bytes: decodes in steps and hands on each. */
static void
decode (OhInterpreter *self, Body *body, const guint8 *data, gsize length, gint64 at_ns)
{
  g_autoptr (GByteArray) out = NULL;

  if (body->decoder == NULL)
    {
      body_keep (body, data, length);
      return;
    }
  if (body->failed)
    return;
  out = g_byte_array_new ();
  while (length > 0 && !body->failed && !(body->overflowed && self->framing == FRAMING_WHOLE))
    {
      g_autoptr (GError) error = NULL;
      gsize step = MIN (length, 4096);
      gboolean sound = oh_decoder_feed (body->decoder, data, step, out, &error);

      if (body == &self->request)
        body_keep (body, out->data, out->len);
      else
        consume (self, out->data, out->len, at_ns);
      g_byte_array_set_size (out, 0);
      if (!sound)
        body_fail (body, &self->task, error);
      data += step;
      length -= step;
    }
}

/* Takes what the decoder held back. */
static void
end_decoding (OhInterpreter *self, Body *body)
{
  g_autoptr (GByteArray) rest = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  char *remark;

  if (body->decoder == NULL || body->failed || body->overflowed)
    return;
  if (!oh_decoder_end (body->decoder, rest, &error))
    body_fail (body, &self->task, error);
  if (body == &self->request)
    body_keep (body, rest->data, rest->len);
  else
    consume (self, rest->data, rest->len, self->at_ns);
  remark = oh_decoder_dup_remark (body->decoder);
  if (remark != NULL)
    oh_provider_task_add_remark (&self->task, remark);
}

static void
body_end (Body *body)
{
  body->ended = TRUE;
  body->whole = g_byte_array_free_to_bytes (g_steal_pointer (&body->bytes));
}

static GBytes *
body_get (const Body *body, gboolean *complete)
{
  if (complete != NULL)
    *complete = body->ended && !body->failed && !body->overflowed;
  if (body->whole != NULL)
    return g_bytes_ref (body->whole);
  return body->bytes != NULL ? g_bytes_new (body->bytes->data, body->bytes->len) : g_bytes_new (NULL, 0);
}

static OhInterpreter *
interpreter_new (const OhExchange *head, Purpose purpose)
{
  OhInterpreter *self = g_new0 (OhInterpreter, 1);

  self->fatal = oh_fatal_read_contains (head->id);
  self->provider = self->fatal ? &oh_provider_http : oh_providers_choose (head);
  self->task.exchange = oh_exchange_copy (head);
  self->task.facts = oh_facts_new (self->provider->id);
  self->task.problems = g_ptr_array_new_with_free_func (g_free);
  self->task.facts_only = purpose == FOR_FACTS;
  self->purpose = purpose;
  self->events = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_stream_event_free);
  if (self->provider->begin != NULL)
    self->provider->begin (&self->task);
  body_init (self, &self->request, head->request_headers);
  body_set_keep (self, &self->request, wants (self, self->provider->wants_request), FALSE);
  if (self->fatal)
    oh_provider_task_add_problem (&self->task, g_strdup (_("Overhear crashed while it read this exchange, so it is not read "
                                                           "again. Its bytes are there as they came")));
  return self;
}

OhInterpreter *
oh_interpreter_new (const OhExchange *head)
{
  g_return_val_if_fail (head != NULL, NULL);
  return interpreter_new (head, FOR_READING);
}

OhInterpreter *
oh_interpreter_new_for_facts (const OhExchange *head)
{
  g_return_val_if_fail (head != NULL, NULL);
  return interpreter_new (head, FOR_FACTS);
}

OhInterpreter *
oh_interpreter_new_for_meaning (const OhExchange *head)
{
  g_return_val_if_fail (head != NULL, NULL);
  return interpreter_new (head, FOR_MEANING);
}

void
oh_interpreter_free (OhInterpreter *self)
{
  if (self == NULL)
    return;
  if (self->provider->finish != NULL)
    self->provider->finish (&self->task);
  oh_exchange_unref (self->task.exchange);
  oh_facts_unref (self->task.facts);
  g_ptr_array_unref (self->task.problems);
  g_clear_pointer (&self->task.records, g_ptr_array_unref);
  body_clear (&self->request);
  body_clear (&self->response);
  g_clear_pointer (&self->sse, oh_sse_parser_free);
  g_clear_pointer (&self->aws, oh_aws_frames_free);
  if (self->start != NULL)
    g_string_free (self->start, TRUE);
  g_ptr_array_unref (self->events);
  g_clear_pointer (&self->described, oh_reading_unref);
  touch (self);
  g_free (self);
}

gboolean
oh_interpreter_wants_request (OhInterpreter *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->request.keep && !self->request.ended && !self->request.overflowed;
}

gboolean
oh_interpreter_wants_response (OhInterpreter *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->response_set && !self->ended &&
         (self->sse != NULL || self->aws != NULL || (self->response.keep && !self->response.overflowed));
}

void
oh_interpreter_feed_request (OhInterpreter *self, const void *data, gsize length)
{
  gint64 outer;

  g_return_if_fail (self != NULL && (data != NULL || length == 0));
  if (self->request.ended || !self->request.keep)
    return;
  outer = oh_fatal_read_enter (self->task.exchange->id);
  decode (self, &self->request, data, length, -1);
  oh_fatal_read_enter (outer);
}

void
oh_interpreter_add_record (OhInterpreter *self, GBytes *record)
{
  g_return_if_fail (self != NULL && record != NULL);
  if (self->request.ended)
    return;
  if (self->task.records == NULL)
    self->task.records = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (self->task.records, g_bytes_ref (record));
}

void
oh_interpreter_end_request (OhInterpreter *self)
{
  const char *text;
  gsize length;
  gint64 outer;

  g_return_if_fail (self != NULL);
  if (self->request.ended)
    return;
  outer = oh_fatal_read_enter (self->task.exchange->id);
  touch (self);
  end_decoding (self, &self->request);
  body_end (&self->request);
  text = g_bytes_get_data (self->request.whole, &length);
  if (self->request.overflowed)
    oh_provider_task_add_problem (&self->task, g_strdup (_("The request body is too large to be understood as a whole")));
  else if (self->request.keep && self->request.decoder != NULL && self->provider->read_request != NULL)
    self->provider->read_request (&self->task, text, length);
  if (self->task.facts_only)
    {
      g_clear_pointer (&self->request.whole, g_bytes_unref);
      self->request.whole = g_bytes_new (NULL, 0);
    }
  oh_fatal_read_enter (outer);
}

void
oh_interpreter_set_response (OhInterpreter *self, const OhExchange *exchange)
{
  OhExchange *head;
  const char *type;

  g_return_if_fail (self != NULL && exchange != NULL);
  if (self->response_set || self->ended)
    return;
  touch (self);
  self->response_set = TRUE;
  head = self->task.exchange;
  head->status = exchange->status;
  g_clear_pointer (&head->response_headers, oh_headers_unref);
  if (exchange->response_headers != NULL)
    head->response_headers = oh_headers_ref (exchange->response_headers);
  type = oh_headers_get_one (head->response_headers, "content-type");
  body_init (self, &self->response, head->response_headers);
  if (self->fatal)
    set_framing (self, FRAMING_WHOLE);
  /* What is kept of a WebSocket are messages that an import found, event by event. */
  else if (oh_media_type_is (type, "text/event-stream", NULL) || head->status == 101)
    set_framing (self, FRAMING_SSE);
  else if (oh_media_type_is (type, "application/vnd.amazon.eventstream", NULL))
    set_framing (self, FRAMING_AWS);
  else
    set_framing (self, FRAMING_WHOLE);
  if (self->framing != FRAMING_AWS && !self->fatal)
    self->start = g_string_new (NULL);
}

void
oh_interpreter_feed_response (OhInterpreter *self, const void *data, gsize length, gint64 at_ns)
{
  gint64 outer;

  g_return_if_fail (self != NULL && (data != NULL || length == 0));
  if (self->ended || !self->response_set || length == 0)
    return;
  outer = oh_fatal_read_enter (self->task.exchange->id);
  touch (self);
  self->at_ns = at_ns;
  decode (self, &self->response, data, length, at_ns);
  oh_fatal_read_enter (outer);
}

void
oh_interpreter_end (OhInterpreter *self, OhOutcome outcome)
{
  OhFacts *facts = self->task.facts;
  gint64 outer;

  g_return_if_fail (self != NULL);
  if (self->ended)
    return;
  outer = oh_fatal_read_enter (self->task.exchange->id);
  oh_interpreter_end_request (self);
  touch (self);
  self->ended = TRUE;
  self->outcome = outcome;
  if (self->response_set)
    {
      const char *text;
      gsize length;

      end_decoding (self, &self->response);
      take_start (self, self->at_ns);
      if (self->sse != NULL)
        oh_sse_parser_end (self->sse);
      if (self->aws != NULL)
        {
          char *problem = oh_aws_frames_end (self->aws);

          if (problem != NULL)
            oh_provider_task_add_problem (&self->task, problem);
        }
      body_end (&self->response);
      text = g_bytes_get_data (self->response.whole, &length);
      facts->complete = outcome == OH_OUTCOME_FINISHED && !self->response.failed;
      if (self->framing == FRAMING_WHOLE && self->response.overflowed)
        oh_provider_task_add_problem (&self->task, g_strdup (_("The answer is too large to be understood as a whole")));
      else if (self->framing == FRAMING_WHOLE && self->response.keep && self->response.decoder != NULL &&
               self->provider->read_response != NULL)
        self->provider->read_response (&self->task, text, length);
    }
  if (self->provider->end != NULL)
    self->provider->end (&self->task, outcome);
  oh_fatal_read_enter (outer);
}

OhFacts *
oh_interpreter_get_facts (OhInterpreter *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  if (self->snapshot == NULL)
    {
      self->snapshot = oh_facts_copy (self->task.facts);
      oh_usage_doubt (&self->snapshot->usage);
    }
  return oh_facts_ref (self->snapshot);
}

static void
share (GPtrArray **to, GPtrArray *from)
{
  g_ptr_array_unref (*to);
  *to = g_ptr_array_ref (from);
}

OhReading *
oh_interpreter_get_reading (OhInterpreter *self)
{
  OhReading *reading;
  gint64 outer;

  g_return_val_if_fail (self != NULL, NULL);
  outer = oh_fatal_read_enter (self->task.exchange->id);
  if (self->described == NULL && self->request.ended && !self->task.facts_only)
    {
      gsize length;
      const char *text = g_bytes_get_data (self->request.whole, &length);

      self->described = oh_reading_new (oh_facts_copy (self->task.facts));
      if (!self->request.overflowed && self->request.decoder != NULL && self->provider->describe_request != NULL)
        self->provider->describe_request (&self->task, text, length, self->described);
    }
  reading = oh_reading_new (oh_interpreter_get_facts (self));
  if (self->described != NULL)
    {
      share (&reading->parameters, self->described->parameters);
      share (&reading->system, self->described->system);
      share (&reading->tools, self->described->tools);
      share (&reading->messages, self->described->messages);
    }
  if (self->provider->get_answer != NULL && !self->task.facts_only)
    reading->answer = self->provider->get_answer (&self->task);
  g_ptr_array_unref (reading->events);
  reading->events = g_ptr_array_sized_new (self->events->len);
  g_ptr_array_set_size (reading->events, (int) self->events->len);
  if (self->events->len > 0)
    memcpy (reading->events->pdata, self->events->pdata, self->events->len * sizeof (gpointer));
  reading->events_owner = g_ptr_array_ref (self->events);
  for (guint i = 0; i < self->task.problems->len; i++)
    g_ptr_array_add (reading->problems, g_strdup (self->task.problems->pdata[i]));
  oh_fatal_read_enter (outer);
  return reading;
}

GBytes *
oh_interpreter_get_request_body (OhInterpreter *self, gboolean *complete)
{
  g_return_val_if_fail (self != NULL, NULL);
  return body_get (&self->request, complete);
}

GBytes *
oh_interpreter_get_response_body (OhInterpreter *self, gboolean *complete)
{
  GBytes *bytes;

  g_return_val_if_fail (self != NULL, NULL);
  bytes = body_get (&self->response, complete);
  if (complete != NULL && self->outcome != OH_OUTCOME_FINISHED)
    *complete = FALSE;
  return bytes;
}
