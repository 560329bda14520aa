/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-telling-private.h"

#include "oh-clock.h"
#include "oh-json-scan.h"
#include "oh-json-write.h"
#include "oh-redactor-private.h"
#include "oh-saying.h"
#include "oh-secret-filter-private.h"
#include "oh-source.h"

#include <string.h>

/* Clocks that are wrong: what is told of another time than this is taken to be now. */
#define EARLIEST_NS (G_GINT64_CONSTANT (946684800) * OH_NS_PER_S)
#define AHEAD_NS (G_GINT64_CONSTANT (86400) * OH_NS_PER_S)
/* What bodies may take in memory, all together. Another is told to come again. */
#define ROOM ((gsize) 2 * OH_INGEST_MAX)
/* What a list shows of a name; the span has all of it. */
#define NAME_LENGTH 400
/* Names of one post that are known to have no secret. */
#define PLAIN_MAX 64
/* How deep an event may nest; what is deeper is left out. */
#define EVENT_DEPTH 32
/* Bodies are taken apart beside the relay, not instead of it. */
#define WORKERS 2
/* How long a worker waits for a sink that is full, until what it has is a gap. Nobody but the sender of so much waits with it: what
 * is queued may be a single transaction, which took 10 s on a computer that had much else to do. */
#define PATIENCE_US (300 * G_USEC_PER_SEC)
#define PATIENCE_STEP_US (2 * 1000)
/* A post that is larger is taken at once. */
#define KEPT_MAX ((gsize) 4 << 20)
/* So much of a kept post is stored in one transaction: an answer may wait for that. */
#define AT_ONCE 64
#define SEEN_MAX 256
/* What is pushed of a body at one time: far less than a sink has room for. */
#define PIECE ((gsize) 1 << 20)

/* Makes exchanges of what is told. */
typedef struct
{
  OhSink *sink;        /* NULL: nothing is recorded */
  OhSecrets *secrets;
  gint64 run_id;
  OhProgram *program;  /* without a run; or NULL */
  gint64 connection;
  OhCapture *last;     /* the END that is not pushed yet */
  GHashTable *plain;   /* set of texts without a secret: the spans of a post have few names */

  /* Of a post that was kept: */
  const OhCapture *post; /* or NULL */
  gint64 told;           /* so much of it so far */
  OhProxyRestFunc rest;
  gpointer rest_data;
  gboolean stopped;
} Teller;

struct _OhTelling
{
  gatomicrefcount refs;
  GMainContext *context;
  guint hold_ms;

  Teller teller;
  char *path;
  char *type;
  char *encoding;
  GBytes *body;        /* NULL: it has been taken apart */
  gsize held;          /* of the room */
  OhIngestReply reply;

  /* On the proxy's thread. */
  OhTellingFunc done;  /* NULL: nobody waits */
  gpointer data;
  GSource *hold;
  gboolean worked;
  gboolean committed;
};

static gsize room_taken; /* atomic */

gboolean
oh_telling_take_room (gsize *held, gsize more)
{
  *held += more;
  return g_atomic_pointer_add (&room_taken, more) + (gssize) more <= (gssize) ROOM;
}

void
oh_telling_give_room_back (gsize *held)
{
  g_atomic_pointer_add (&room_taken, -(gssize) *held);
  *held = 0;
}

static void
teller_init (Teller *self, OhSink *sink, OhSecrets *secrets, gint64 run_id, OhProgram *program, gint64 connection)
{
  *self = (Teller) {
    .sink = sink != NULL ? g_object_ref (sink) : NULL,
    .secrets = secrets,
    .run_id = run_id,
    .program = program != NULL ? oh_program_ref (program) : NULL,
    .connection = connection,
    .plain = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };
}

static void
teller_clear (Teller *self)
{
  g_clear_object (&self->sink);
  oh_secrets_unref (self->secrets);
  g_clear_pointer (&self->program, oh_program_unref);
  g_hash_table_unref (self->plain);
}

static void
unref (gpointer data)
{
  OhTelling *self = data;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_assert (self->hold == NULL);
  oh_telling_give_room_back (&self->held);
  teller_clear (&self->teller);
  g_main_context_unref (self->context);
  g_free (self->path);
  g_free (self->type);
  g_free (self->encoding);
  g_clear_pointer (&self->body, g_bytes_unref);
  oh_ingest_reply_clear (&self->reply);
  g_free (self);
}

static OhTelling *
ref (OhTelling *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/* --- on a worker: what is told becomes exchanges --- */

/* Before anything is pushed: what a sink that is full has dropped of a body, it does not take later. */
static void
wait_for_room (Teller *self)
{
  const gint64 until = g_get_monotonic_time () + PATIENCE_US;

  while (!oh_sink_has_room (self->sink) && g_get_monotonic_time () < until)
    g_usleep (PATIENCE_STEP_US);
}

/* @data: (nullable) */
static void
push_data (Teller *self, guint64 key, OhCaptureKind kind, GBytes *data, OhExchange *exchange)
{
  const gsize length = data != NULL ? g_bytes_get_size (data) : 0;

  for (gsize at = 0; at < length; at += PIECE)
    {
      wait_for_room (self);
      if (!oh_sink_push (self->sink, oh_capture_new (kind, key, NULL, g_bytes_new_from_bytes (data, at, MIN (PIECE, length - at)), 0)))
        {
          exchange->gaps |= kind == OH_CAPTURE_REQUEST_DATA ? OH_GAP_REQUEST : OH_GAP_RESPONSE;
          return;
        }
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
filter (Teller *self, OhSecrets *secrets, const char *text)
{
  char *safe;

  if (g_hash_table_contains (self->plain, text))
    return oh_secrets_replace_all (secrets, g_strdup (text));
  safe = oh_secrets_replace_all (secrets, oh_secret_filter_text (secrets, text));
  if (strcmp (safe, text) == 0 && g_hash_table_size (self->plain) < PLAIN_MAX)
    g_hash_table_add (self->plain, g_strdup (text));
  return safe;
}

/* As a list shows it. (transfer full) */
static char *
name (Teller *self, OhSecrets *secrets, const char *prefix, const char *text)
{
  g_autofree char *whole = g_strconcat (prefix, text, NULL);
  g_autofree char *safe = filter (self, secrets, whole);

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

/* Pushes the END that is left. */
static void
push_last (Teller *self, gboolean all)
{
  if (all)
    self->last->post_told = -1;
  oh_sink_push (self->sink, g_steal_pointer (&self->last));
}

static void
note_commit (gpointer data)
{
  *(gboolean *) data = TRUE;
}

/* Pushes the END that is left, and waits until it is stored. On the thread of the context. */
static void
settle_last (Teller *self, gboolean all)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  gboolean stored = FALSE;

  oh_capture_set_committed (self->last, context, note_commit, &stored);
  push_last (self, all);
  while (!stored)
    g_main_context_iteration (context, TRUE);
}

/* Whether that is to be told: of a post that was kept some may be stored already, and it is not told all at once. */
static gboolean
is_next (Teller *self)
{
  if (self->post == NULL)
    return TRUE;
  if (self->last != NULL && self->told % AT_ONCE == 0)
    {
      settle_last (self, FALSE);
      self->stopped = !self->rest (self->rest_data);
    }
  return !self->stopped && ++self->told > self->post->post_told;
}

static void
record (const OhTold *told, gpointer data)
{
  Teller *self = data;
  guint64 key;
  g_autoptr (OhSecrets) secrets = NULL;
  g_autoptr (GBytes) request = NULL, response = NULL;
  OhExchange *exchange;
  gint64 length_ns;

  if (self->sink == NULL || !is_next (self))
    return;
  key = oh_recorder_next_key ();
  secrets = oh_secrets_new_remembering (self->secrets);
  exchange = make_exchange (told);
  exchange->run_id = self->run_id;
  exchange->program = self->program != NULL ? oh_program_ref (self->program) : NULL;
  exchange->connection = self->connection;
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
      exchange->host = name (self, secrets, "", told->service != NULL ? told->service : "unknown");
      exchange->target = name (self, secrets, "/", told->name != NULL ? told->name : "");
    }
  wait_for_room (self);
  if (self->last != NULL)
    push_last (self, FALSE);
  oh_sink_push (self->sink, oh_capture_new (OH_CAPTURE_BEGIN, key, oh_exchange_copy (exchange), NULL, 0));
  push_data (self, key, OH_CAPTURE_REQUEST_DATA, request, exchange);
  oh_sink_push (self->sink, oh_capture_new (OH_CAPTURE_REQUEST_END, key, NULL, NULL, 0));
  if (exchange->status != 0)
    {
      exchange->response_length = response != NULL ? (gint64) g_bytes_get_size (response) : 0;
      oh_sink_push (self->sink, oh_capture_new (OH_CAPTURE_RESPONSE_HEAD, key, oh_exchange_copy (exchange), NULL, length_ns));
      push_data (self, key, OH_CAPTURE_RESPONSE_DATA, response, exchange);
    }
  exchange->timings.ended = length_ns;
  exchange->outcome = told->failed ? OH_OUTCOME_FAILED : OH_OUTCOME_FINISHED;
  exchange->ended_by = OH_PARTY_CLIENT;
  if (told->failed)
    {
      g_autofree char *words = told->error != NULL ? filter (self, secrets, told->error) : NULL;

      exchange->error_code = g_strdup ("told");
      exchange->error = words != NULL ? oh_saying_new (OH_SAYING_WORDS, "words", words) : oh_saying_new ("program-failed", "");
    }
  self->last = oh_capture_new (OH_CAPTURE_END, key, exchange, NULL, length_ns);
  self->last->post_id = self->post != NULL ? self->post->post_id : 0;
  self->last->post_told = self->told;
}

/* --- on the proxy's thread --- */

/* Once it has been taken apart, and is stored or takes too long to be. */
static void
tell_done (OhTelling *self)
{
  OhTellingFunc done = self->done;

  if (done == NULL || !self->worked || (!self->committed && self->hold != NULL))
    return;
  oh_source_drop (&self->hold);
  self->done = NULL;
  done (&self->reply, self->data);
  unref (self);
}

static void
committed (gpointer data)
{
  OhTelling *self = data;

  self->committed = TRUE;
  tell_done (self);
  unref (self);
}

static gboolean
hold_over (gpointer data)
{
  OhTelling *self = data;

  oh_source_drop (&self->hold);
  tell_done (self);
  return G_SOURCE_REMOVE;
}

static gboolean
worked (gpointer data)
{
  OhTelling *self = data;

  self->worked = TRUE;
  if (self->done != NULL)
    {
      self->hold = g_timeout_source_new (self->hold_ms);
      g_source_set_callback (self->hold, hold_over, self, NULL);
      g_source_attach (self->hold, self->context);
      tell_done (self);
    }
  unref (self);
  return G_SOURCE_REMOVE;
}

/* Texts of a post that were seen to be plain: most of them come again in the next span. */
typedef struct
{
  OhSecrets *secrets;
  struct
  {
    const char *text;
    gsize length;
    gboolean name;
  } seen[SEEN_MAX];
} Plain;

static gboolean
is_plain (const char *text, gsize length, gboolean name, gpointer data)
{
  Plain *self = data;
  guint at;

  if (length == 0)
    return TRUE;
  at = ((guint) length * 31 + (guchar) text[0] + (guchar) text[length / 2] * 7u + (guchar) text[length - 1] * 13u) % SEEN_MAX;
  if (self->seen[at].length == length && self->seen[at].name >= name && memcmp (self->seen[at].text, text, length) == 0)
    return TRUE;
  if (!oh_secret_filter_is_plain (self->secrets, text, length, name))
    return FALSE;
  self->seen[at].text = text;
  self->seen[at].length = length;
  self->seen[at].name = name;
  return TRUE;
}

/* Has it stored as it is, to be taken apart when there is time. Returns: FALSE if that cannot be */
static gboolean
keep (OhTelling *self)
{
  g_autoptr (OhSecrets) secrets = NULL;
  Plain plain = { 0 };
  OhExchange *exchange;
  OhCapture *post;
  GBytes *body;

  if (self->teller.sink == NULL || g_bytes_get_size (self->body) > KEPT_MAX || !oh_sink_has_room (self->teller.sink) ||
      !oh_sink_keeps_posts (self->teller.sink, g_bytes_get_size (self->body)))
    return FALSE;
  plain.secrets = secrets = oh_secrets_new_remembering (self->teller.secrets);
  body = oh_ingest_defer (self->path, self->type, self->encoding, self->body, is_plain, &plain, &self->reply);
  if (body == NULL)
    return FALSE;
  exchange = oh_exchange_new ();
  exchange->target = g_strdup (self->path);
  exchange->run_id = self->teller.run_id;
  exchange->program = self->teller.program != NULL ? oh_program_ref (self->teller.program) : NULL;
  exchange->connection = self->teller.connection;
  post = oh_capture_new (OH_CAPTURE_POST, 0, exchange, body, 0);
  oh_capture_set_committed (post, self->context, committed, ref (self));
  oh_sink_push (self->teller.sink, post);
  return TRUE;
}

static void
work_in_thread (gpointer data, gpointer unused)
{
  OhTelling *self = data;

  if (!keep (self))
    {
      oh_ingest_take (self->path, self->type, self->encoding, self->body, record, &self->teller, &self->reply);
      if (self->teller.last == NULL)
        g_main_context_invoke (self->context, (GSourceFunc) (void *) committed, ref (self));
      else
        {
          oh_capture_set_committed (self->teller.last, self->context, committed, ref (self));
          push_last (&self->teller, TRUE);
        }
    }
  g_clear_pointer (&self->body, g_bytes_unref);
  oh_telling_give_room_back (&self->held);
  g_main_context_invoke (self->context, worked, self);
}

OhTelling *
oh_telling_new (OhGate *gate, const char *path, const char *type, const char *encoding, GBytes *body, gsize *held,
                OhTellingFunc done, gpointer data)
{
  static GThreadPool *pool;
  OhCore *core = gate->core;
  OhSink *sink = gate->run_id == 0 && oh_admission_leaves_out (core->admission, gate->program, TRUE) ? NULL : oh_core_get_sink (core);
  OhTelling *self = g_new0 (OhTelling, 1);

  g_atomic_ref_count_init (&self->refs);
  self->context = g_main_context_ref (core->context);
  self->hold_ms = core->clocks.hold;
  teller_init (&self->teller, sink, oh_admission_get_secrets (core->admission), gate->run_id,
               gate->run_id == 0 ? gate->program : NULL, gate->id);
  self->path = g_strdup (path);
  self->type = g_strdup (type);
  self->encoding = g_strdup (encoding);
  self->body = body;
  self->held = *held;
  *held = 0;
  self->done = done;
  self->data = data;
  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, g_thread_pool_new (work_in_thread, NULL, WORKERS, FALSE, NULL));
  g_thread_pool_push (pool, ref (self), NULL);
  return self;
}

void
oh_telling_cancel (OhTelling *self)
{
  if (self == NULL)
    return;
  self->done = NULL;
  oh_source_drop (&self->hold);
  unref (self);
}

gboolean
oh_telling_take_post (OhSink *sink, OhSecrets *secrets, const OhCapture *post, OhProxyRestFunc rest, gpointer data)
{
  g_auto (OhIngestReply) reply = { 0 };
  Teller teller;
  gboolean done;

  teller_init (&teller, sink, secrets, post->exchange->run_id, post->exchange->program, post->exchange->connection);
  teller.post = post;
  teller.rest = rest;
  teller.rest_data = data;
  oh_ingest_take (post->exchange->target, "application/x-protobuf", NULL, post->data, record, &teller, &reply);
  if (teller.last != NULL)
    settle_last (&teller, !teller.stopped);
  done = !teller.stopped;
  teller_clear (&teller);
  return done;
}
