/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-relay-private.h"
#include "oh-clock.h"
#include "oh-fetch-private.h"
#include "oh-json-scan.h"
#include "oh-loan-private.h"
#include "oh-peer-private.h"
#include "oh-request-private.h"
#include "oh-retelling-private.h"
#include "oh-target-private.h"
#include "oh-tunnel-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* What is read on of an answer that the program did not wait for, and how long. */
#define READ_ON_MAX (1024 * 1024)
#define READ_ON_MS 2000
/* How long the rest of a request is waited for that no server takes. */
#define AWAIT_REQUEST_MS 2000
/* Waiting so long is told of. */
#define PAUSE_NS (G_GINT64_CONSTANT (1000000000))
/* What is kept of a request that waits for the guard; more is left with the client. */
#define WAITING_MAX (64 * 1024 * 1024)
/* How often a client that closed its half is looked at: whether it is there still. */
#define HALF_LOOK_MS 50

struct _OhRelay
{
  gatomicrefcount refs; /* the gate's, and one until the END is committed */
  OhGate *gate;
  OhCore *core;
  OhHttpHead *head;
  OhRecorder *recorder;
  OhFetch *fetch;
  SoupServerMessage *message;
  OhLoan *loan;

  /* The request. */
  OhFraming framing;
  gboolean upgrade;         /* asks for another protocol */
  gboolean expects;         /* and waits for 100 Continue before it sends its body */
  gboolean request_paused;  /* the server is slower than the client */
  gboolean request_done;
  GSource *expect_clock;
  guint64 ticket;           /* waits for the guard's decision; 0: for nothing */
  gint64 waits_since;       /* monotonic ns */
  GByteArray *waiting;      /* its body, while it waits */
  OhRetelling *retelling;   /* the answer has been begun by us, for it waited long */
  GSource *ping_clock;      /* while it waits, and then until the server answers */

  /* The answer. */
  OhFraming answer_framing; /* towards the client */
  gboolean answer_begun;    /* bytes have been sent */
  GString *answer_head;     /* not given yet */
  GString *answer_trailers; /* lines behind the last chunk, or NULL */
  GByteArray *early;        /* of an answer that began before the request was whole: what the client has not taken */
  GSource *early_source;    /* waits for room for it */
  gboolean early_end;       /* all of that answer has been given */
  gboolean keep;
  gsize outstanding;        /* bytes libsoup has not written */
  GBytes *held;             /* the last bytes, until the END is committed */
  GSource *hold_clock;
  OhCapture *end;
  gboolean released;
  gboolean cut;             /* close once everything has been written */
  GSource *cut_source;
  gboolean over;            /* the gate is not ours any more */
  gboolean reset;           /* the server ended by a reset */
  gboolean doomed;          /* there is no answer: close once the request has been read */
  char *doom_code;
  char *doom_message;
  gboolean refused;         /* doomed by the guard: it is answered by us */
  GSource *half_clock;      /* the client has closed its half, and is looked at now and then */
  gboolean streams;         /* the answer is a stream of events */
  gboolean left;            /* the client has left, and the answer is read on for the record */
  gsize read_on;            /* bytes since */
};

static void lend (OhRelay *self, OhFraming framing, guint64 length);
static void client_gone (gpointer guest);
static const OhFetchEvents fetch_events;

static void
drop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static OhRelay *
relay_ref (OhRelay *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

static void
relay_unref (OhRelay *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->doom_code);
  g_free (self->doom_message);
  oh_http_head_free (self->head);
  oh_recorder_free (self->recorder);
  if (self->answer_head != NULL)
    g_string_free (self->answer_head, TRUE);
  if (self->answer_trailers != NULL)
    g_string_free (self->answer_trailers, TRUE);
  g_byte_array_unref (self->early);
  oh_retelling_free (self->retelling);
  g_clear_pointer (&self->held, g_bytes_unref);
  g_clear_pointer (&self->end, oh_capture_unref);
  oh_gate_unref (self->gate);
  g_free (self);
}

static gboolean
loan_is_clean (OhRelay *self)
{
  return self->loan != NULL && oh_loan_is_clean (self->loan);
}

/* It waits no longer. */
static void
stop_waiting (OhRelay *self)
{
  if (self->ticket == 0)
    return;
  g_hash_table_remove (self->core->waiting, &self->ticket);
  self->ticket = 0;
  g_clear_pointer (&self->waiting, g_byte_array_unref);
  if (self->retelling == NULL)
    drop_source (&self->ping_clock);
}

/* Takes the connection back from libsoup. Nothing is written by it. */
static void
take_back (OhRelay *self)
{
  SoupServerMessage *message = g_steal_pointer (&self->message);
  GIOStream *stream;

  g_clear_object (&self->loan);
  if (message == NULL)
    return;
  g_signal_handlers_disconnect_by_data (message, self);
  stream = soup_server_message_steal_connection (message);
  g_clear_object (&stream);
  g_object_unref (message);
}

/* The exchange has ended and the gate goes on without it. Drops the gate's reference. */
static void
leave (OhRelay *self)
{
  self->over = TRUE;
  if (self->ticket != 0)
    {
      self->core->guard->left (self->ticket, self->core->guard->data);
      stop_waiting (self);
    }
  drop_source (&self->ping_clock);
  drop_source (&self->expect_clock);
  drop_source (&self->hold_clock);
  drop_source (&self->cut_source);
  drop_source (&self->early_source);
  drop_source (&self->half_clock);
  g_clear_pointer (&self->fetch, oh_fetch_free);
  take_back (self);
  relay_unref (self);
}

static void
end (OhRelay *self, OhOutcome outcome, OhParty party, const char *code, const char *message)
{
  g_autoptr (OhCapture) capture = oh_recorder_end (self->recorder, outcome, party, code, message, NULL, NULL, NULL);
}

static void
give_to_libsoup (OhRelay *self, GBytes *rest)
{
  /* Its loan failed: the connection is being closed. */
  if (self->message == NULL)
    return;
  self->outstanding += g_bytes_get_size (rest);
  soup_message_body_append_bytes (soup_server_message_get_response_body (self->message), rest);
  soup_server_message_unpause (self->message);
  if (self->outstanding > OH_FETCH_HIGH && self->fetch != NULL)
    oh_fetch_pause (self->fetch);
}

static gboolean
send_early (GObject *stream, gpointer data)
{
  OhRelay *self = data;
  gsize written = oh_gate_write_some (self->gate, self->early->data, self->early->len);

  g_byte_array_remove_range (self->early, 0, written);
  if (self->early->len > 0)
    return G_SOURCE_CONTINUE;
  drop_source (&self->early_source);
  if (self->fetch != NULL)
    oh_fetch_resume (self->fetch);
  return G_SOURCE_REMOVE;
}

/* libsoup writes nothing before it has read the request: what the client does not take at once waits here. */
static void
keep_early (OhRelay *self, GBytes *rest)
{
  GOutputStream *out = g_io_stream_get_output_stream (self->gate->stream);

  g_byte_array_append (self->early, g_bytes_get_data (rest, NULL), g_bytes_get_size (rest));
  if (self->fetch != NULL)
    oh_fetch_pause (self->fetch);
  if (self->early_source != NULL)
    return;
  self->early_source = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (out), NULL);
  g_source_set_callback (self->early_source, G_SOURCE_FUNC (send_early), self, NULL);
  g_source_attach (self->early_source, self->core->context);
}

/* Writes at once, as far as the client takes it: libsoup would do so in the next turn of the loop. It is given the rest, and
 * what follows until that is written. */
static void
send_in_turn (OhRelay *self, GBytes *bytes)
{
  gsize size = g_bytes_get_size (bytes);
  gsize written = 0;
  g_autoptr (GBytes) rest = NULL;

  if (self->outstanding == 0 && self->early->len == 0)
    written = oh_gate_write_some (self->gate, g_bytes_get_data (bytes, NULL), size);
  if (written == size)
    return;
  rest = g_bytes_new_from_bytes (bytes, written, size - written);
  if (self->request_done)
    give_to_libsoup (self, rest);
  else
    keep_early (self, rest);
}

/* Bytes of the answer. */
static void
send_bytes (OhRelay *self, GBytes *bytes)
{
  send_in_turn (self, bytes);
  self->answer_begun = TRUE;
}

/* A head that comes before the answer's. */
static void
send_interim (OhRelay *self, const char *head, gsize length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (head, length);

  send_in_turn (self, bytes);
}

/* libsoup has read the request, and takes over what waited. */
static void
hand_over_early (OhRelay *self)
{
  g_autoptr (GBytes) rest = NULL;

  drop_source (&self->early_source);
  if (self->early->len == 0)
    return;
  rest = g_bytes_new (self->early->data, self->early->len);
  g_byte_array_set_size (self->early, 0);
  give_to_libsoup (self, rest);
}

/* The waiting head, @payload in its frame, and perhaps the last chunk, in one piece. */
static GBytes *
frame (OhRelay *self, GBytes *payload, gboolean last)
{
  gsize size = payload != NULL ? g_bytes_get_size (payload) : 0;
  GString *out = g_steal_pointer (&self->answer_head);

  if (out == NULL && self->answer_framing != OH_FRAMING_CHUNKED)
    return payload != NULL ? g_bytes_ref (payload) : g_bytes_new_static ("", 0);
  if (out == NULL)
    out = g_string_sized_new (size + 32);
  if (self->answer_framing == OH_FRAMING_CHUNKED && size > 0)
    g_string_append_printf (out, "%zx\r\n", size);
  if (size > 0)
    g_string_append_len (out, g_bytes_get_data (payload, NULL), size);
  if (self->answer_framing == OH_FRAMING_CHUNKED && size > 0)
    g_string_append (out, "\r\n");
  if (self->answer_framing == OH_FRAMING_CHUNKED && last)
    g_string_append_printf (out, "0\r\n%s\r\n", self->answer_trailers != NULL ? self->answer_trailers->str : "");
  return g_string_free_to_bytes (out);
}

static void
release (OhRelay *self)
{
  drop_source (&self->hold_clock);
  if (self->released || self->over)
    return;
  self->released = TRUE;
  if (g_bytes_get_size (self->held) > 0)
    send_bytes (self, self->held);
  if (self->message == NULL)
    return;
  soup_message_body_complete (soup_server_message_get_response_body (self->message));
  soup_server_message_unpause (self->message);
}

static void
committed (gpointer data)
{
  OhRelay *self = data;

  if (!self->released)
    self->core->store_late = FALSE;
  release (self);
  relay_unref (self);
}

static gboolean
hold_too_long (gpointer data)
{
  OhRelay *self = data;

  self->core->store_late = TRUE;
  if (self->end != NULL)
    oh_capture_release (self->end);
  release (self);
  return G_SOURCE_REMOVE;
}

/* Ends the exchange, and lets @last go once that is stored, or after a moment. @last: (transfer full) */
static void
complete (OhRelay *self, GBytes *last, OhOutcome outcome, OhParty party, const char *code, const char *message)
{
  self->held = last;
  /* Its loan failed. */
  if (oh_recorder_has_ended (self->recorder))
    return;
  if (self->half_clock != NULL)
    oh_recorder_note (self->recorder, OH_ODDITY_HALF_CLOSED);
  self->end = oh_recorder_end (self->recorder, outcome, party, code, message, self->core->context, committed,
                               relay_ref (self));
  if (self->released || self->over)
    return;
  self->hold_clock = g_timeout_source_new (self->core->store_late ? self->core->clocks.hold_late
                                                                   : self->core->clocks.hold);
  g_source_set_callback (self->hold_clock, hold_too_long, self, NULL);
  g_source_attach (self->hold_clock, self->core->context);
}

/* An answer before the end of the request: libsoup would read all of that first. The loan is ended and another one made
 * for a message without a body; what the client still sends is dropped afterwards. */
static void
give_up_request (OhRelay *self)
{
  drop_source (&self->expect_clock);
  if (self->request_done)
    return;
  self->request_done = TRUE;
  self->keep = FALSE;
  if (self->fetch != NULL)
    oh_fetch_abandon_request (self->fetch);
  take_back (self);
  lend (self, OH_FRAMING_NONE, 0);
  hand_over_early (self);
}

/* The client may send the body that it has announced. */
static void
continue_request (OhRelay *self)
{
  drop_source (&self->expect_clock);
  if (!self->expects || self->request_done)
    return;
  self->expects = FALSE;
  send_interim (self, "HTTP/1.1 100 Continue\r\n\r\n", strlen ("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* The error of an API that cannot be reached, in the words such APIs use: "type" is "overhear_" and the code.
 * @extra: header lines, or NULL */
static void
answer_ourselves (OhRelay *self, guint status, OhParty party, const char *code, const char *message, const char *extra)
{
  g_autofree char *type = g_strdup_printf ("overhear_%s", code);
  g_autofree char *text = g_strdup_printf (self->refused ? _("Overhear, the debugging proxy on this computer, refused this "
                                                             "request: nothing of it was sent. %s")
                                                         : _("Overhear, the debugging proxy on this computer, could not "
                                                             "pass this request on. %s"),
                                           message);
  g_autoptr (GString) body = g_string_new ("{\"type\":\"error\",\"error\":{\"type\":");

  g_strdelimit (type, "-", '_');
  if (self->retelling != NULL)
    {
      g_autoptr (GBytes) event = oh_retelling_compose_error (type, text);

      drop_source (&self->ping_clock);
      complete (self, frame (self, event, TRUE), OH_OUTCOME_FAILED, party, code, message);
      return;
    }
  oh_json_quote (body, type, -1);
  g_string_append (body, ",\"message\":");
  oh_json_quote (body, text, -1);
  g_string_append (body, "}}\n");
  give_up_request (self);
  complete (self,
            oh_gate_compose (status, extra, "application/json", body->str, strcmp (self->head->method, "HEAD") != 0,
                             !self->keep),
            OH_OUTCOME_FAILED, party, code, message);
}

static gboolean
cut_now (gpointer data)
{
  OhRelay *self = data;
  OhGate *gate = oh_gate_ref (self->gate);

  oh_gate_dismiss (gate);
  oh_gate_close (gate, self->reset || self->answer_framing == OH_FRAMING_CLOSE);
  leave (self);
  oh_gate_unref (gate);
  return G_SOURCE_REMOVE;
}

/* Closes the client's connection in the middle of the answer, after what there is of it. */
static void
cut_when_written (OhRelay *self)
{
  self->cut = TRUE;
  if (self->outstanding > 0 || self->cut_source != NULL)
    return;
  self->cut_source = g_idle_source_new ();
  g_source_set_priority (self->cut_source, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->cut_source, cut_now, self, NULL);
  g_source_attach (self->cut_source, self->core->context);
}

/* Ends without an answer, as the server did, or with that of the guard. */
static void
doom (OhRelay *self)
{
  drop_source (&self->cut_source);
  if (self->refused)
    {
      self->doomed = FALSE;
      answer_ourselves (self, SOUP_STATUS_PAYMENT_REQUIRED, OH_PARTY_US, self->doom_code, self->doom_message,
                        "x-should-retry: false\r\n");
      return;
    }
  end (self, OH_OUTCOME_FAILED, OH_PARTY_UPSTREAM, self->doom_code, self->doom_message);
  cut_when_written (self);
}

static gboolean
awaited_long_enough (gpointer data)
{
  doom (data);
  return G_SOURCE_REMOVE;
}

/* The record is to have the request's body before the connection is closed. */
static void
await_request (OhRelay *self)
{
  self->cut_source = g_timeout_source_new (AWAIT_REQUEST_MS);
  g_source_set_callback (self->cut_source, awaited_long_enough, self, NULL);
  g_source_attach (self->cut_source, self->core->context);
  if (self->request_paused && self->message != NULL)
    soup_server_message_unpause (self->message);
}

/* There will be no answer of a server. */
static void
doom_with (OhRelay *self, const char *code, const char *message)
{
  self->doomed = TRUE;
  self->doom_code = g_strdup (code);
  self->doom_message = g_strdup (message);
  if (self->request_done || self->expects)
    doom (self);
  else
    await_request (self);
}

/* --- the client's side: libsoup's signals --- */

static void
got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer data)
{
  OhRelay *self = data;

  /* It has waited long enough, or did not mean to wait. */
  self->expects = FALSE;
  drop_source (&self->expect_clock);
  oh_recorder_request_data (self->recorder, chunk);
  if (self->fetch == NULL || self->left)
    return;
  if (self->waiting != NULL)
    g_byte_array_append (self->waiting, g_bytes_get_data (chunk, NULL), g_bytes_get_size (chunk));
  if (self->framing == OH_FRAMING_CHUNKED)
    {
      GString *framed = g_string_sized_new (g_bytes_get_size (chunk) + 16);

      g_string_append_printf (framed, "%zx\r\n", g_bytes_get_size (chunk));
      g_string_append_len (framed, g_bytes_get_data (chunk, NULL), g_bytes_get_size (chunk));
      g_string_append (framed, "\r\n");
      oh_fetch_write (self->fetch, g_string_free_to_bytes (framed));
    }
  else
    oh_fetch_write (self->fetch, g_bytes_ref (chunk));
  /* Only while there is more: the end would be told late, and a quick answer would seem to have come before it. */
  if (oh_fetch_get_pending (self->fetch) > (self->ticket != 0 ? WAITING_MAX : OH_FETCH_HIGH) && !loan_is_clean (self))
    {
      self->request_paused = TRUE;
      soup_server_message_pause (message);
    }
}

static void
append_fields (GString *out, const OhHttpHead *fields)
{
  for (guint i = 0; i < fields->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (fields->fields, OhHttpField, i);

      oh_request_append_field (out, field->name, field->value);
    }
}

/* The last chunk, with the trailers that the client sent. */
static GBytes *
compose_request_end (OhRelay *self)
{
  const GString *trailers = oh_loan_get_trailers (self->loan);
  GString *out = g_string_new ("0\r\n");

  if (trailers != NULL)
    {
      g_autoptr (OhHttpHead) fields = oh_http_head_parse_trailers (trailers->str, trailers->len);

      if (fields != NULL)
        {
          append_fields (out, fields);
          oh_recorder_trailers (self->recorder, TRUE, fields);
        }
    }
  g_string_append (out, "\r\n");
  return g_string_free_to_bytes (out);
}

static void
got_body (SoupServerMessage *message, gpointer data)
{
  OhRelay *self = relay_ref (data);

  if (!self->request_done)
    {
      self->request_done = TRUE;
      oh_recorder_request_end (self->recorder);
      if (self->fetch != NULL)
        {
          if (self->framing == OH_FRAMING_CHUNKED)
            oh_fetch_write (self->fetch, compose_request_end (self));
          hand_over_early (self);
          oh_fetch_finish_request (self->fetch);
          if (self->fetch != NULL && self->outstanding == 0)
            oh_fetch_resume (self->fetch);
        }
    }
  if (self->doomed)
    {
      doom (self);
      relay_unref (self);
      return;
    }
  /* The client may have left behind its request. */
  if (!self->over && !self->left)
    oh_gate_watch_hangup (self->gate);
  /* Until there is something of an answer. */
  if (self->message != NULL && !self->answer_begun && self->outstanding == 0)
    soup_server_message_pause (message);
  relay_unref (self);
}

static void
wrote_body_data (SoupServerMessage *message, guint size, gpointer data)
{
  OhRelay *self = data;

  self->outstanding -= MIN (size, self->outstanding);
  if (self->outstanding < OH_FETCH_LOW && self->fetch != NULL && self->request_done)
    oh_fetch_resume (self->fetch);
  if (self->cut && self->outstanding == 0)
    cut_when_written (self);
}

static void
wrote_body (SoupServerMessage *message, gpointer data)
{
  OhRelay *self = data;
  OhGate *gate = oh_gate_ref (self->gate);
  gboolean keep = self->keep && loan_is_clean (self);
  gboolean had_body = self->framing != OH_FRAMING_NONE;

  leave (self);
  oh_gate_message_done (gate, keep, had_body);
  oh_gate_unref (gate);
}

/* Only told when something went wrong: a message that is done has been taken back. This one cannot be any more. */
static void
finished (SoupServerMessage *message, gpointer data)
{
  OhRelay *self = data;

  g_signal_handlers_disconnect_by_data (message, self);
  g_clear_object (&self->message);
  if (self->loan != NULL && oh_loan_is_malformed (self->loan))
    end (self, OH_OUTCOME_FAILED, OH_PARTY_CLIENT, "bad-request", _("The chunks of the request are malformed."));
  client_gone (self);
}

void
oh_relay_message_began (SoupServer *server,
                        SoupServerMessage *message,
                        const char *path,
                        GHashTable *query,
                        gpointer data)
{
  OhCore *core = data;
  OhRelay *self = g_steal_pointer (&core->lending);

  g_assert (self != NULL);
  self->message = g_object_ref (message);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (message), FALSE);
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message), SOUP_ENCODING_EOF);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  g_signal_connect (message, "got-chunk", G_CALLBACK (got_chunk), self);
  g_signal_connect (message, "got-body", G_CALLBACK (got_body), self);
  g_signal_connect (message, "wrote-body-data", G_CALLBACK (wrote_body_data), self);
  g_signal_connect (message, "wrote-body", G_CALLBACK (wrote_body), self);
  g_signal_connect (message, "finished", G_CALLBACK (finished), self);
}

static void
lend (OhRelay *self, OhFraming framing, guint64 length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) none = NULL;
  GByteArray *pending = self->gate->pending;

  /* Whatever an abandoned request still sends is nobody's. */
  if (self->request_done)
    pending = none = g_byte_array_new ();
  self->loan = oh_loan_new (self->gate->stream, pending, framing, length);
  self->core->lending = self;
  if (!soup_server_accept_iostream (self->core->server, G_IO_STREAM (self->loan), self->gate->local,
                                    self->gate->remote, &error))
    {
      self->core->lending = NULL;
      g_clear_object (&self->loan);
      g_clear_pointer (&self->fetch, oh_fetch_free);
      end (self, OH_OUTCOME_FAILED, OH_PARTY_US, "loan", error->message);
      cut_when_written (self);
    }
}

/* Whether a process on this machine still holds the client's end of the connection. */
static gboolean
is_held (OhRelay *self)
{
  guint64 inode = 0;

  return oh_peer_look_up (self->gate->remote, self->gate->local, NULL, &inode) && inode != 0;
}

static gboolean
look_at_half (gpointer data)
{
  OhRelay *self = data;

  if (is_held (self))
    return G_SOURCE_CONTINUE;
  client_gone (self);
  return G_SOURCE_REMOVE;
}

static gboolean
client_half_closed (gpointer guest)
{
  OhRelay *self = guest;

  /* What it sent before is still to be read; that ends by itself. */
  if (!self->over && !self->request_done)
    {
      continue_request (self);
      return TRUE;
    }
  if (self->over || self->left || !self->request_done || self->half_clock != NULL || !is_held (self))
    return FALSE;
  self->half_clock = g_timeout_source_new (HALF_LOOK_MS);
  g_source_set_callback (self->half_clock, look_at_half, self, NULL);
  g_source_attach (self->half_clock, self->core->context);
  return TRUE;
}

static gboolean
read_on_long_enough (gpointer data)
{
  OhRelay *self = data;

  end (self, OH_OUTCOME_CUT, OH_PARTY_CLIENT, "client-gone", _("The program went away before it had the whole answer."));
  return cut_now (self);
}

/* A stream goes on, and costs, as long as it is read. What else has begun is whole on the server's side. */
static gboolean
may_read_on (OhRelay *self)
{
  return self->fetch != NULL && self->request_done && oh_recorder_has_response (self->recorder) && !self->streams
         && !self->left;
}

static void
client_gone (gpointer guest)
{
  OhRelay *self = guest;
  OhGate *gate = oh_gate_ref (self->gate);

  if (!self->over && may_read_on (self))
    {
      self->left = TRUE;
      oh_recorder_note (self->recorder, OH_ODDITY_NOT_AWAITED);
      take_back (self);
      oh_socket_watch_set (gate->watch, 0, NULL, NULL);
      drop_source (&self->cut_source);
      self->cut_source = g_timeout_source_new (READ_ON_MS);
      g_source_set_callback (self->cut_source, read_on_long_enough, self, NULL);
      g_source_attach (self->cut_source, self->core->context);
      oh_fetch_resume (self->fetch);
    }
  else if (!self->over && !self->left)
    {
      /* Whoever has the whole answer may spare itself the rest of its request. */
      if (self->early_end && self->early->len == 0)
        end (self, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM, NULL, NULL);
      else
        end (self, oh_recorder_has_response (self->recorder) ? OH_OUTCOME_CUT : OH_OUTCOME_FAILED, OH_PARTY_CLIENT,
             "client-gone", _("The program went away before it had the whole answer."));
      oh_gate_dismiss (gate);
      leave (self);
      oh_gate_close (gate, FALSE);
    }
  oh_gate_unref (gate);
}

static void
stop (gpointer guest)
{
  OhRelay *self = guest;

  end (self, oh_recorder_has_response (self->recorder) ? OH_OUTCOME_CUT : OH_OUTCOME_FAILED, OH_PARTY_US, "stopped",
       _("Overhear stopped before the answer was whole."));
  leave (self);
}

static const OhGuestClass guest_class = { client_half_closed, client_gone, stop };

/* --- the server's side: the fetch's events --- */

static void
fetch_connected (gpointer owner, const OhLine *line)
{
  OhRelay *self = owner;
  OhTimings *timings = oh_recorder_get_timings (self->recorder);

  timings->reused = line->reused;
  timings->resolved = oh_recorder_since (self->recorder, line->resolved);
  timings->connected = oh_recorder_since (self->recorder, line->connected);
  timings->secured = oh_recorder_since (self->recorder, line->secured);
}

static void
fetch_resent (gpointer owner)
{
  OhRelay *self = owner;

  oh_recorder_note (self->recorder, OH_ODDITY_RESENT);
}

static gboolean
expected_long_enough (gpointer data)
{
  continue_request (data);
  return G_SOURCE_REMOVE;
}

static GString *
begin_head (const OhHttpHead *head)
{
  GString *out = g_string_sized_new (1024);

  g_string_append_printf (out, "HTTP/1.1 %u %s\r\n", head->status, head->reason);
  return out;
}

static void
fetch_informational (gpointer owner, const OhHttpHead *head)
{
  OhRelay *self = owner;
  g_autoptr (GString) out = NULL;

  if (head->status == 100)
    {
      continue_request (self);
      return;
    }
  oh_recorder_note (self->recorder, OH_ODDITY_INTERIM);
  if (self->head->minor == 0 || self->retelling != NULL)
    return;
  out = begin_head (head);
  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);

      if (!oh_http_head_is_hop_by_hop (head, field->name))
        oh_request_append_field (out, field->name, field->value);
    }
  g_string_append (out, "\r\n");
  send_interim (self, out->str, out->len);
}

/* What of a head is for this connection alone. @out: (transfer full) */
static void
end_head (OhRelay *self, GString *out)
{
  if (self->answer_framing == OH_FRAMING_CLOSE)
    self->keep = FALSE;
  if (self->answer_framing == OH_FRAMING_CHUNKED)
    oh_request_append_field (out, "Transfer-Encoding", "chunked");
  if (!self->keep || (self->request_done && !loan_is_clean (self)))
    oh_request_append_field (out, "Connection", "close");
  else if (self->head->minor == 0)
    oh_request_append_field (out, "Connection", "keep-alive");
  g_string_append (out, "\r\n");
  self->answer_head = out;
}

static void
fetch_head (gpointer owner, const OhHttpHead *head, OhFraming framing)
{
  OhRelay *self = owner;
  GString *out;

  oh_recorder_response_head (self->recorder, head);
  if (self->retelling != NULL)
    {
      drop_source (&self->ping_clock);
      if (!oh_retelling_set_head (self->retelling, head))
        oh_recorder_note (self->recorder, OH_ODDITY_RETOLD);
      return;
    }
  out = begin_head (head);
  self->streams = oh_http_head_get (head, "Content-Type") != NULL
                  && strcasestr (oh_http_head_get (head, "Content-Type"), "stream") != NULL;
  if (!self->request_done && self->expects)
    give_up_request (self);
  if (!self->request_done)
    {
      oh_recorder_note (self->recorder, OH_ODDITY_EARLY);
      /* The rest of the request may find nobody any more, and the next one could not follow it then. */
      if (framing == OH_FRAMING_CLOSE || !oh_http_head_keeps_alive (head))
        self->keep = FALSE;
    }
  if (framing == OH_FRAMING_CHUNKED || framing == OH_FRAMING_CLOSE)
    self->answer_framing = self->head->minor >= 1 ? OH_FRAMING_CHUNKED : OH_FRAMING_CLOSE;
  else
    self->answer_framing = framing;
  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);

      if (oh_http_head_is_hop_by_hop (head, field->name)
          || (framing == OH_FRAMING_CHUNKED && g_ascii_strcasecmp (field->name, "Content-Length") == 0))
        continue;
      oh_request_append_field (out, field->name, field->value);
    }
  end_head (self, out);
}

static void
fetch_settled (gpointer owner)
{
  OhRelay *self = owner;
  g_autoptr (GBytes) head = NULL;

  if (self->answer_head == NULL || self->left || oh_recorder_has_ended (self->recorder))
    return;
  head = frame (self, NULL, FALSE);
  send_bytes (self, head);
}

static void
fetch_trailers (gpointer owner, const OhHttpHead *trailers)
{
  OhRelay *self = owner;

  if (self->retelling == NULL)
    {
      self->answer_trailers = g_string_new (NULL);
      append_fields (self->answer_trailers, trailers);
    }
  oh_recorder_trailers (self->recorder, FALSE, trailers);
}

static void
fetch_broken (gpointer owner, const guint8 *data, gsize length)
{
  OhRelay *self = owner;

  oh_recorder_broken_head (self->recorder, FALSE, data, length);
}

/* Nothing of it waits for the record: that ends with the request. */
static void
fetch_early_end (gpointer owner)
{
  OhRelay *self = owner;
  g_autoptr (GBytes) framed = NULL;

  if (self->left)
    return;
  framed = frame (self, NULL, TRUE);
  send_bytes (self, framed);
  self->early_end = TRUE;
}

static void
fetch_data (gpointer owner, GBytes *payload, gboolean last)
{
  OhRelay *self = owner;
  g_autoptr (GBytes) told = NULL;
  g_autoptr (GBytes) framed = NULL;

  if (payload != NULL)
    oh_recorder_response_data (self->recorder, payload);
  if (self->retelling != NULL)
    {
      told = oh_retelling_feed (self->retelling, payload, last);
      payload = g_bytes_get_size (told) > 0 ? told : NULL;
      if (payload == NULL && !last)
        return;
    }
  if (self->left)
    {
      self->read_on += payload != NULL ? g_bytes_get_size (payload) : 0;
      if (last)
        {
          end (self, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM, NULL, NULL);
          cut_now (self);
        }
      else if (self->read_on > READ_ON_MAX)
        read_on_long_enough (self);
      return;
    }
  if (last)
    {
      g_clear_pointer (&self->fetch, oh_fetch_free);
      if (self->early_end)
        {
          /* The server has ended the connection: nobody takes the rest. */
          give_up_request (self);
          complete (self, g_bytes_new_static ("", 0), OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM, NULL, NULL);
          return;
        }
      if (self->answer_framing == OH_FRAMING_CHUNKED && payload != NULL)
        {
          /* Only the frame that says "this was all" waits. */
          framed = frame (self, payload, FALSE);
          send_bytes (self, framed);
          payload = NULL;
        }
      complete (self, frame (self, payload, TRUE), OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM, NULL, NULL);
      return;
    }
  framed = frame (self, payload, FALSE);
  send_bytes (self, framed);
}

/* Whether a server could have ended like this itself. */
static gboolean
can_be_imitated (const char *code)
{
  return g_str_equal (code, "upstream-closed") || g_str_equal (code, "upstream-refused");
}

static void
fetch_failed (gpointer owner, const char *code, const char *message, gboolean reset)
{
  OhRelay *self = owner;

  g_clear_pointer (&self->fetch, oh_fetch_free);
  self->reset = reset;
  if (self->left)
    {
      read_on_long_enough (self);
      return;
    }
  if (!oh_recorder_has_response (self->recorder) && can_be_imitated (code) && self->retelling == NULL)
    {
      doom_with (self, code, message);
      return;
    }
  if (!oh_recorder_has_response (self->recorder))
    {
      answer_ourselves (self, SOUP_STATUS_BAD_GATEWAY, OH_PARTY_UPSTREAM, code, message, NULL);
      return;
    }
  give_up_request (self);
  if (self->answer_head != NULL)
    {
      g_autoptr (GBytes) head = frame (self, NULL, FALSE);

      send_bytes (self, head);
    }
  end (self, OH_OUTCOME_CUT, OH_PARTY_UPSTREAM, code, message);
  cut_when_written (self);
}

static void
fetch_switched (gpointer owner, const OhHttpHead *head, OhLine *line, GBytes *leftover)
{
  OhRelay *self = owner;
  OhGate *gate = self->gate;
  const gboolean behind = self->outstanding > 0 || self->early->len > 0;
  g_autoptr (GString) out = begin_head (head);
  OhRecorder *recorder;

  append_fields (out, head);
  g_string_append (out, "\r\n");
  oh_recorder_response_head (self->recorder, head);
  oh_gate_ref (gate);
  recorder = g_steal_pointer (&self->recorder);
  oh_gate_dismiss (gate);
  leave (self);
  if (!behind && oh_gate_write_now (gate, out->str, out->len))
    oh_tunnel_open_upgraded (gate, line, leftover, recorder);
  else
    {
      oh_line_close (line);
      g_bytes_unref (leftover);
      oh_recorder_free (recorder);
      oh_gate_close (gate, FALSE);
    }
  oh_gate_unref (gate);
}

static void
fetch_drained (gpointer owner)
{
  OhRelay *self = owner;

  if (!self->request_paused || self->request_done || self->left)
    return;
  self->request_paused = FALSE;
  soup_server_message_unpause (self->message);
}

static const OhFetchEvents fetch_events = {
  .connected = fetch_connected,
  .resent = fetch_resent,
  .informational = fetch_informational,
  .head = fetch_head,
  .settled = fetch_settled,
  .trailers = fetch_trailers,
  .early_end = fetch_early_end,
  .data = fetch_data,
  .broken = fetch_broken,
  .failed = fetch_failed,
  .switched = fetch_switched,
  .drained = fetch_drained,
};

/* --- the guard --- */

/* The program of a stream hears of us now and then while it waits; others just wait. */
static gboolean
ping (gpointer data)
{
  OhRelay *self = data;
  g_autoptr (GBytes) event = g_bytes_new_static (OH_RETELLING_PING, strlen (OH_RETELLING_PING));
  g_autoptr (GBytes) framed = NULL;

  if (!self->request_done)
    return G_SOURCE_CONTINUE;
  if (self->retelling == NULL && !oh_retelling_is_asked_for (self->waiting->data, self->waiting->len))
    {
      drop_source (&self->ping_clock);
      return G_SOURCE_REMOVE;
    }
  if (self->retelling == NULL)
    {
      self->retelling = oh_retelling_new ();
      self->streams = TRUE;
      self->answer_framing = self->head->minor >= 1 ? OH_FRAMING_CHUNKED : OH_FRAMING_CLOSE;
      oh_recorder_note (self->recorder, OH_ODDITY_PINGED);
      end_head (self, g_string_new ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                                    "Cache-Control: no-cache\r\n"));
    }
  framed = frame (self, event, FALSE);
  send_bytes (self, framed);
  return G_SOURCE_CONTINUE;
}

static void
begin_to_wait (OhRelay *self)
{
  self->waits_since = oh_clock_monotonic_ns ();
  self->waiting = g_byte_array_new ();
  self->ping_clock = g_timeout_source_new (self->core->clocks.ping);
  g_source_set_callback (self->ping_clock, ping, self, NULL);
  g_source_attach (self->ping_clock, self->core->context);
}

void
oh_relay_decide (OhRelay *self, OhVerdict verdict, const char *why)
{
  relay_ref (self);
  if (self->ticket != 0 && oh_clock_monotonic_ns () - self->waits_since > PAUSE_NS)
    oh_recorder_note (self->recorder, OH_ODDITY_PAUSED);
  stop_waiting (self);
  if (verdict == OH_VERDICT_REFUSE)
    {
      g_clear_pointer (&self->fetch, oh_fetch_free);
      self->refused = TRUE;
      doom_with (self, "budget", why);
    }
  else
    oh_fetch_go (self->fetch, FALSE);
  relay_unref (self);
}

/* Returns: what becomes of it. @why: (out) (transfer full): if it is refused */
static OhVerdict
ask_guard (OhRelay *self, char **why)
{
  const OhProxyGuard *guard = g_atomic_pointer_get (&self->core->guard);
  OhVerdict verdict;

  if (guard == NULL)
    return OH_VERDICT_GO;
  self->ticket = ++self->core->last_ticket;
  g_hash_table_insert (self->core->waiting, &self->ticket, self);
  verdict = guard->ask (self->gate->run_id, oh_recorder_get_exchange (self->recorder), self->ticket, why, guard->data);
  if (verdict == OH_VERDICT_HOLD)
    begin_to_wait (self);
  else
    stop_waiting (self);
  return verdict;
}

/* --- the beginning --- */

static void
refuse (OhGate *gate, OhHttpHead *head, OhRoute route, const char *scheme, const char *host, guint port,
        const char *target, const char *problem)
{
  OhRecorder *recorder = oh_gate_record (gate, route, head->method, scheme, host, port, target, head, NULL);
  g_autoptr (OhCapture) capture = oh_recorder_end (recorder, OH_OUTCOME_FAILED, OH_PARTY_US, "bad-request", problem,
                                                   NULL, NULL, NULL);
  g_autofree char *text = g_strdup_printf (_("Overhear, the proxy on this computer, refused this request: %s\n"),
                                           problem);

  oh_recorder_free (recorder);
  oh_http_head_free (head);
  oh_gate_refuse (gate, 400, NULL, text);
}

void
oh_relay_start (OhGate *gate,
                OhHttpHead *head,
                OhRoute route,
                const char *scheme,
                const char *host,
                guint port,
                const char *target)
{
  g_autoptr (OhDetour) detour = oh_admission_find_detour (gate->core->admission, gate->run_id, host);
  g_autofree char *authority = NULL;
  g_autofree char *fallback_authority = NULL;
  g_autofree char *written = NULL;
  OhDestination destination = { .tls = strcmp (scheme, "https") == 0, .host = host, .port = port };
  const char *problem = NULL;
  const char *upgrade = oh_http_head_get (head, "Upgrade");
  g_autoptr (OhHop) hop = NULL;
  g_autoptr (OhTrust) trust = NULL;
  OhFraming framing;
  guint64 length = 0;
  g_autofree char *why = NULL;
  OhVerdict verdict;
  OhRelay *self;

  if (!oh_http_head_get_request_framing (head, &framing, &length, &problem)
      || (oh_http_head_count (head, "Host") > 1 && (problem = _("It has more than one Host."))))
    {
      refuse (gate, head, route, scheme, host, port, target, problem);
      return;
    }
  self = g_new0 (OhRelay, 1);
  g_atomic_ref_count_init (&self->refs);
  self->gate = oh_gate_ref (gate);
  self->core = gate->core;
  self->head = head;
  self->early = g_byte_array_new ();
  self->framing = framing;
  self->keep = oh_http_head_keeps_alive (head);
  /* HTTP/2 in clear text would be unreadable; without the offer clients go on as before. */
  self->upgrade = upgrade != NULL && oh_http_head_has_token (head, "Connection", "Upgrade")
                  && g_ascii_strcasecmp (upgrade, "h2c") != 0;
  self->expects = framing != OH_FRAMING_NONE && oh_http_head_has_token (head, "Expect", "100-continue");
  self->recorder = oh_gate_record (gate, route, head->method, scheme, host, port, target, head, detour);
  oh_gate_admit (gate, OH_GATE_RELAY, &guest_class, self);
  verdict = ask_guard (self, &why);

  fallback_authority = oh_target_format_authority (host, port, destination.tls ? 443 : 80);
  if (detour != NULL)
    {
      authority = oh_target_format_authority (detour->host, detour->port, detour->tls ? 443 : 80);
      written = g_strconcat (detour->prefix, target, NULL);
      destination = (OhDestination) { .tls = detour->tls, .host = detour->host, .port = detour->port };
    }
  else if (route == OH_ROUTE_VIA)
    authority = g_strdup (fallback_authority);
  if (!gate->direct)
    hop = oh_admission_find_hop (gate->core->admission, gate->run_id, destination.tls, destination.host,
                                 destination.port);
  destination.hop = hop;
  trust = oh_admission_find_trust (gate->core->admission, gate->run_id);
  destination.trust = trust;
  destination.forwarded = hop != NULL && hop->forwards && !destination.tls && !self->upgrade && *target == '/';
  if (destination.forwarded)
    {
      g_autofree char *path = written != NULL ? g_steal_pointer (&written) : g_strdup (target);

      written = g_strconcat ("http://", authority != NULL ? authority : fallback_authority, path, NULL);
    }
  self->fetch = oh_fetch_new (self->core->upstream, &destination, head->method, &fetch_events, self);
  if (verdict == OH_VERDICT_GO)
    oh_fetch_go (self->fetch, !gate->used);
  gate->used = TRUE;
  oh_fetch_cork (self->fetch);
  oh_fetch_write (self->fetch, oh_request_compose (self->head, self->framing, self->upgrade, written != NULL ? written : target, authority, fallback_authority,
                                                destination.forwarded ? hop : NULL));
  if (self->expects)
    {
      self->expect_clock = g_timeout_source_new (self->core->clocks.expect);
      g_source_set_callback (self->expect_clock, expected_long_enough, self, NULL);
      g_source_attach (self->expect_clock, self->core->context);
    }
  /* libsoup reads at once what there is of the body. */
  relay_ref (self);
  lend (self, framing, length);
  if (self->fetch != NULL)
    oh_fetch_uncork (self->fetch);
  if (verdict == OH_VERDICT_REFUSE && self->fetch != NULL)
    oh_relay_decide (self, verdict, why);
  relay_unref (self);
}
