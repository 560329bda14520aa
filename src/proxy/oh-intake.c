/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-intake-private.h"

#include "oh-clock.h"
#include "oh-http-body-private.h"
#include "oh-ingest.h"
#include "oh-json-scan.h"
#include "oh-json-write.h"
#include "oh-redactor-private.h"
#include "oh-saying.h"
#include "oh-secret-filter-private.h"
#include "oh-source.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <string.h>

#define PREFIX "/in/"
#define PROJECT_PREFIX "/otel/"
/* Clocks that are wrong: what is told of another time than this is taken to be now. */
#define EARLIEST_NS (G_GINT64_CONSTANT (946684800) * OH_NS_PER_S)
#define AHEAD_NS (G_GINT64_CONSTANT (86400) * OH_NS_PER_S)
/* What bodies may take in memory, all together. Another is told to come again. */
#define ROOM ((gsize) 2 * OH_INGEST_MAX)
/* What a list shows of a name; the span has all of it. */
#define NAME_LENGTH 400
/* How deep an event may nest; what is deeper is left out. */
#define EVENT_DEPTH 32
/* Bodies are taken apart beside the relay, not instead of it. */
#define WORKERS 2
/* How long a worker waits for a sink that is full, until what it has is a gap. */
#define PATIENCE_US (10 * G_USEC_PER_SEC)
#define PATIENCE_STEP_US (20 * 1000)

/* What a worker does with one body. */
typedef struct
{
  OhSink *sink;        /* NULL: nothing is recorded */
  OhSecrets *secrets;
  GMainContext *context;
  OhIntake *intake;    /* a reference */
  char *path;
  char *type;
  char *encoding;
  GBytes *body;        /* NULL: it has been taken apart */
  gsize held;          /* of the room */
  gint64 run_id;
  OhProgram *program;  /* without a run; or NULL */
  gint64 connection;
  OhCapture *last;     /* the END that is not pushed yet */
  OhIngestReply reply;
} Work;

struct _OhIntake
{
  gatomicrefcount refs;
  OhGate *gate;        /* NULL: the client is gone */
  OhHttpHead *head;
  char *path;
  OhHttpBody framing;
  GByteArray *bytes;
  gsize held;          /* of the room */
  Work *work;          /* done, and still to be answered */
  GSource *hold;
  gboolean taken;      /* all of the body is there, and a worker has it */
  gboolean committed;
};

static gsize room_taken; /* atomic */

/* Returns: FALSE if there is none. @held: (inout): what is taken already */
static gboolean
take_room (gsize *held, gsize more)
{
  *held += more;
  return g_atomic_pointer_add (&room_taken, more) + (gssize) more <= (gssize) ROOM;
}

static void
give_room_back (gsize *held)
{
  g_atomic_pointer_add (&room_taken, -(gssize) *held);
  *held = 0;
}

static void
work_free (Work *work)
{
  g_clear_object (&work->sink);
  oh_secrets_unref (work->secrets);
  g_clear_pointer (&work->program, oh_program_unref);
  g_main_context_unref (work->context);
  g_free (work->path);
  g_free (work->type);
  g_free (work->encoding);
  oh_ingest_reply_clear (&work->reply);
  g_free (work);
}

static void
drop_hold (OhIntake *self)
{
  oh_source_drop (&self->hold);
}

static void
unref (gpointer data)
{
  OhIntake *self = data;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  drop_hold (self);
  give_room_back (&self->held);
  g_clear_pointer (&self->work, work_free);
  oh_http_head_free (self->head);
  oh_http_body_clear (&self->framing);
  g_byte_array_unref (self->bytes);
  g_free (self->path);
  g_free (self);
}

static OhIntake *
ref (OhIntake *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/* --- on a worker: what is told becomes exchanges --- */

/* @data: (nullable) */
static void
push_data (Work *work, guint64 key, OhCaptureKind kind, GBytes *data, OhExchange *exchange)
{
  const gint64 until = g_get_monotonic_time () + PATIENCE_US;

  if (data == NULL || g_bytes_get_size (data) == 0)
    return;
  while (!oh_sink_push (work->sink, oh_capture_new (kind, key, NULL, g_bytes_ref (data), 0)))
    {
      if (g_get_monotonic_time () > until)
        {
          exchange->gaps |= kind == OH_CAPTURE_REQUEST_DATA ? OH_GAP_REQUEST : OH_GAP_RESPONSE;
          return;
        }
      g_usleep (PATIENCE_STEP_US);
    }
}

/* @told: wall clock. @length_ns: (out): how long it took, as far as that can be */
static gint64
find_start (const OhTold *told, gint64 *length_ns)
{
  const gint64 now_ns = oh_clock_wall_ns ();

  *length_ns = told->started_ns > 0 && told->ended_ns > told->started_ns ? told->ended_ns - told->started_ns : 0;
  if (told->started_ns >= EARLIEST_NS && told->started_ns <= now_ns + AHEAD_NS)
    return told->started_ns;
  *length_ns = *length_ns < AHEAD_NS ? *length_ns : 0;
  return now_ns - *length_ns;
}

/* Without secrets: also those that were found in the bodies. (transfer full) */
static char *
filter (OhSecrets *secrets, const char *text)
{
  return oh_secrets_replace_all (secrets, oh_secret_filter_text (secrets, text));
}

/* As a list shows it. (transfer full) */
static char *
name (OhSecrets *secrets, const char *prefix, const char *text)
{
  g_autofree char *whole = g_strconcat (prefix, text, NULL);
  g_autofree char *safe = filter (secrets, whole);

  return g_utf8_strlen (safe, -1) <= NAME_LENGTH ? g_steal_pointer (&safe) : g_utf8_substring (safe, 0, NAME_LENGTH);
}

/* What people wrote (log records, tracebacks) is no body of an API: each text in it is looked at by itself. */
static void
write_filtered (GString *out, OhJson value, OhSecrets *secrets, guint depth)
{
  const OhJsonKind kind = oh_json_get_kind (value);
  g_autofree char *text = oh_json_dup_string (value);
  g_autofree char *safe = text != NULL ? oh_secret_filter_text (secrets, text) : NULL;
  gboolean first = TRUE;
  OhJson member, element;
  OhJsonIter iter;

  if (depth > EVENT_DEPTH)
    g_string_append (out, "null");
  else if (safe != NULL)
    oh_json_quote (out, safe, -1);
  else if (kind != OH_JSON_OBJECT && kind != OH_JSON_ARRAY)
    g_string_append_len (out, value.text, (gssize) value.length);
  else
    {
      g_string_append_c (out, kind == OH_JSON_OBJECT ? '{' : '[');
      oh_json_iter_init (&iter, value);
      while (oh_json_iter_next (&iter, &member, &element))
        {
          if (!first)
            g_string_append_c (out, ',');
          first = FALSE;
          if (kind == OH_JSON_OBJECT)
            g_string_append_printf (out, "%.*s:", (int) member.length, member.text);
          write_filtered (out, element, secrets, depth + 1);
        }
      g_string_append_c (out, kind == OH_JSON_OBJECT ? '}' : ']');
    }
}

/* (transfer full) */
static GBytes *
filter_event (OhSecrets *secrets, const GString *json)
{
  GString *out = g_string_sized_new (json->len);
  OhJson value;

  if (oh_json_parse (json->str, json->len, &value, NULL))
    write_filtered (out, value, secrets, 0);
  return g_string_free_to_bytes (out);
}

/* What it is in the store, without names and bodies. (transfer full) */
static OhExchange *
make_exchange (const OhTold *told)
{
  OhExchange *exchange;

  if (told->exchange != NULL)
    exchange = oh_exchange_copy (told->exchange);
  else
    {
      exchange = oh_exchange_new ();
      exchange->method = g_strdup (told->method != NULL ? told->method : "SPAN");
      exchange->scheme = g_strdup (told->method != NULL ? "event" : "otlp");
      exchange->http_version = g_strdup ("");
    }
  exchange->route = OH_ROUTE_TOLD;
  if (exchange->request_headers == NULL)
    {
      exchange->request_headers = oh_headers_new ();
      oh_headers_append (exchange->request_headers, "content-type", "application/json");
    }
  if (exchange->status != 0 && exchange->response_headers == NULL)
    exchange->response_headers = oh_headers_new ();
  return exchange;
}

static void
record (const OhTold *told, gpointer data)
{
  Work *work = data;
  const guint64 key = oh_recorder_next_key ();
  g_autoptr (OhSecrets) secrets = NULL;
  g_autoptr (GBytes) request = NULL, response = NULL;
  OhExchange *exchange;
  gint64 length_ns;

  if (work->sink == NULL)
    return;
  secrets = oh_secrets_new_remembering (work->secrets);
  exchange = make_exchange (told);
  exchange->run_id = work->run_id;
  exchange->program = work->program != NULL ? oh_program_ref (work->program) : NULL;
  exchange->connection = work->connection;
  exchange->started_ns = find_start (told, &length_ns);
  if (told->json != NULL)
    request = told->method != NULL ? filter_event (secrets, told->json) : g_bytes_new (told->json->str, told->json->len);
  else
    {
      request = told->request != NULL ? g_bytes_ref (told->request) : NULL;
      response = told->response != NULL ? g_bytes_ref (told->response) : NULL;
    }
  if (request != NULL)
    exchange->request_length = (gint64) g_bytes_get_size (request);
  oh_redact_exchange_with (secrets, exchange, &request, &response);
  if (told->exchange == NULL)
    {
      g_free (exchange->target);
      exchange->host = name (secrets, "", told->service != NULL ? told->service : "unknown");
      exchange->target = name (secrets, "/", told->name != NULL ? told->name : "");
    }
  oh_sink_push (work->sink, oh_capture_new (OH_CAPTURE_BEGIN, key, oh_exchange_copy (exchange), NULL, 0));
  push_data (work, key, OH_CAPTURE_REQUEST_DATA, request, exchange);
  oh_sink_push (work->sink, oh_capture_new (OH_CAPTURE_REQUEST_END, key, NULL, NULL, 0));
  if (exchange->status != 0)
    {
      exchange->response_length = response != NULL ? (gint64) g_bytes_get_size (response) : 0;
      oh_sink_push (work->sink, oh_capture_new (OH_CAPTURE_RESPONSE_HEAD, key, oh_exchange_copy (exchange), NULL, length_ns));
      push_data (work, key, OH_CAPTURE_RESPONSE_DATA, response, exchange);
    }
  exchange->timings.ended = length_ns;
  exchange->outcome = told->failed ? OH_OUTCOME_FAILED : OH_OUTCOME_FINISHED;
  exchange->ended_by = OH_PARTY_CLIENT;
  if (told->failed)
    {
      g_autofree char *words = told->error != NULL ? filter (secrets, told->error) : NULL;

      exchange->error_code = g_strdup ("told");
      exchange->error = words != NULL ? oh_saying_new (OH_SAYING_WORDS, "words", words) : oh_saying_new ("program-failed", "");
    }
  if (work->last != NULL)
    oh_sink_push (work->sink, g_steal_pointer (&work->last));
  work->last = oh_capture_new (OH_CAPTURE_END, key, exchange, NULL, length_ns);
}

static void answer (OhIntake *self);

static void
committed (gpointer data)
{
  OhIntake *self = data;

  self->committed = TRUE;
  answer (self);
  unref (self);
}

static gboolean worked (gpointer data);

static void
work_in_thread (gpointer data, gpointer unused)
{
  Work *work = data;

  oh_ingest_take (work->path, work->type, work->encoding, work->body, record, work, &work->reply);
  g_clear_pointer (&work->body, g_bytes_unref);
  give_room_back (&work->held);
  if (work->last == NULL)
    g_main_context_invoke (work->context, (GSourceFunc) (void *) committed, ref (work->intake));
  else
    {
      oh_capture_set_committed (work->last, work->context, committed, ref (work->intake));
      oh_sink_push (work->sink, g_steal_pointer (&work->last));
    }
  g_main_context_invoke (work->context, worked, work);
}

static void
work_beside (Work *work)
{
  static GThreadPool *pool;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, g_thread_pool_new (work_in_thread, NULL, WORKERS, FALSE, NULL));
  g_thread_pool_push (pool, work, NULL);
}

/* --- on the proxy's thread --- */

/* Once it has been taken apart, and is stored or takes too long to be. */
static void
answer (OhIntake *self)
{
  OhGate *gate = self->gate;
  g_autoptr (GString) head = NULL;
  gboolean keep;
  gsize length;
  const char *body;

  if (gate == NULL || self->work == NULL || (!self->committed && self->hold != NULL))
    return;
  drop_hold (self);
  keep = oh_http_head_keeps_alive (self->head);
  body = g_bytes_get_data (self->work->reply.body, &length);
  head = g_string_new (NULL);
  g_string_append_printf (head, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n%s\r\n",
                          self->work->reply.status, soup_status_get_phrase (self->work->reply.status),
                          self->work->reply.type, length, keep ? "" : "Connection: close\r\n");
  g_string_append_len (head, body, (gssize) length);
  oh_gate_dismiss (gate);
  self->gate = NULL;
  if (oh_gate_write (gate, g_string_free_to_bytes (g_steal_pointer (&head))))
    oh_gate_message_done (gate, keep, FALSE);
  else
    oh_gate_close (gate, FALSE);
  unref (self);
}

static gboolean
hold_over (gpointer data)
{
  OhIntake *self = data;

  drop_hold (self);
  answer (self);
  return G_SOURCE_REMOVE;
}

static gboolean
worked (gpointer data)
{
  Work *work = data;
  OhIntake *self = work->intake;

  self->work = work;
  if (self->gate != NULL)
    {
      self->hold = g_timeout_source_new (self->gate->core->clocks.hold);
      g_source_set_callback (self->hold, hold_over, self, NULL);
      g_source_attach (self->hold, self->gate->core->context);
      answer (self);
    }
  unref (self);
  return G_SOURCE_REMOVE;
}

static void
take (OhIntake *self)
{
  OhGate *gate = self->gate;
  OhCore *core = gate->core;
  OhSink *sink = oh_gate_is_left_out (gate) ? NULL : oh_core_get_sink (core);
  Work *work = g_new0 (Work, 1);

  self->taken = TRUE;
  /* A client that sends on has it read once it has been answered. */
  oh_gate_rest (gate);
  work->sink = sink != NULL ? g_object_ref (sink) : NULL;
  work->secrets = oh_admission_get_secrets (core->admission);
  work->context = g_main_context_ref (core->context);
  work->intake = ref (self);
  work->path = g_strdup (self->path);
  work->type = g_strdup (oh_http_head_get (self->head, "Content-Type"));
  work->encoding = g_strdup (oh_http_head_get (self->head, "Content-Encoding"));
  work->body = g_byte_array_free_to_bytes (g_steal_pointer (&self->bytes));
  work->held = self->held;
  self->held = 0;
  self->bytes = g_byte_array_new ();
  work->run_id = gate->run_id;
  work->program = gate->run_id == 0 && gate->program != NULL ? oh_program_ref (gate->program) : NULL;
  work->connection = gate->id;
  work_beside (work);
}

static void
refuse (OhIntake *self, guint status, const char *extra, const char *text)
{
  OhGate *gate = self->gate;

  oh_gate_dismiss (gate);
  self->gate = NULL;
  unref (self);
  oh_gate_refuse (gate, status, extra, text);
}

static void
came (gpointer guest)
{
  OhIntake *self = guest;
  OhGate *gate = self->gate;
  g_autofree guint8 *out = g_malloc (gate->pending->len + 1);
  gsize length = 0, consumed = 0;

  if (self->taken)
    return;
  if (!oh_http_body_feed (&self->framing, gate->pending->data, gate->pending->len, out, &length, &consumed))
    {
      refuse (self, 400, NULL, "Overhear: the body's chunks are malformed.\n");
      return;
    }
  g_byte_array_append (self->bytes, out, (guint) length);
  g_byte_array_remove_range (gate->pending, 0, (guint) consumed);
  if (!take_room (&self->held, length))
    refuse (self, 503, "Retry-After: 1\r\n", "Overhear: too much comes in at once.\n");
  else if (self->bytes->len > OH_INGEST_MAX)
    refuse (self, 413, NULL, "Overhear: the body is larger than 64 MiB.\n");
  else if (self->framing.done)
    take (self);
}

static void
stop (gpointer guest)
{
  OhIntake *self = guest;

  self->gate = NULL;
  drop_hold (self);
  unref (self);
}

static const OhGuestClass guest_class = { .came = came, .stop = stop };

gboolean
oh_intake_wants (const char *target)
{
  return g_str_has_prefix (target, PREFIX);
}

/* Where SideSeat's SDK sends: /otel/PROJECT/v1/traces. Returns: where what follows begins */
static const char *
skip_project (const char *path)
{
  const char *project = g_str_has_prefix (path, PROJECT_PREFIX) ? path + strlen (PROJECT_PREFIX) : NULL;
  const char *rest = project != NULL ? strchr (project, '/') : NULL;

  return rest != NULL ? rest : path;
}

void
oh_intake_start_at (OhGate *gate, OhHttpHead *head, const char *target)
{
  g_autoptr (OhHttpHead) owned = head;
  const char *from = skip_project (target);
  g_autofree char *path = g_strndup (from, strcspn (from, "?"));
  static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
  const char *problem = NULL;
  OhFraming framing;
  guint64 length = 0;
  OhIntake *self;

  if (!oh_ingest_knows (path))
    oh_gate_refuse (gate, 404, NULL, "Overhear: nothing is taken at this address.\n");
  else if (strcmp (head->method, "POST") != 0)
    oh_gate_refuse (gate, 405, "Allow: POST\r\n", "Overhear: only POST is taken here.\n");
  else if (!oh_http_head_get_request_framing (head, &framing, &length, &problem))
    oh_gate_refuse (gate, 400, NULL, problem);
  else if (framing == OH_FRAMING_LENGTH && length > OH_INGEST_MAX)
    oh_gate_refuse (gate, 413, NULL, "Overhear: the body is larger than 64 MiB.\n");
  else
    {
      self = g_new0 (OhIntake, 1);
      g_atomic_ref_count_init (&self->refs);
      self->gate = gate;
      self->head = g_steal_pointer (&owned);
      self->path = g_steal_pointer (&path);
      self->bytes = g_byte_array_new ();
      oh_http_body_init (&self->framing, framing, length);
      oh_gate_admit (gate, OH_GATE_INTAKE, &guest_class, self);
      if (oh_http_head_has_token (self->head, "Expect", "100-continue"))
        oh_gate_write (gate, g_bytes_new_static (go_on, strlen (go_on)));
      came (self);
    }
}

void
oh_intake_start (OhGate *gate, OhHttpHead *head, const char *target)
{
  const char *token = target + strlen (PREFIX);
  const gsize length = strcspn (token, "/?");
  g_autofree char *name = g_strndup (token, length);

  g_assert (oh_intake_wants (target));
  if (oh_admission_find_run (gate->core->admission, *name != '\0' ? name : NULL, &gate->run_id))
    oh_intake_start_at (gate, head, token + length);
  else
    {
      oh_http_head_free (head);
      oh_gate_refuse (gate, 403, NULL,
                      _("This is Overhear, a debugging proxy on this computer. The token in this address belongs to no "
                        "program that it started, or to one that has ended.\n"));
    }
}
