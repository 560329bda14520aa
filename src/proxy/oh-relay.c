/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-relay-private.h"
#include "oh-alarm-private.h"
#include "oh-answer-private.h"
#include "oh-clock.h"
#include "oh-errand-private.h"
#include "oh-fetch-private.h"
#include "oh-loan-private.h"
#include "oh-request-private.h"
#include "oh-waiting-stream-private.h"
#include "oh-saying.h"
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
  OhErrand *errand;
  OhFetch *fetch;
  OhLoan *loan;             /* NULL: the request is not read any more */

  /* The request. */
  OhFraming framing;
  gboolean upgrade;         /* asks for another protocol */
  gboolean expects;         /* and waits for 100 Continue before it sends its body */
  gboolean request_paused;  /* the server is slower than the client */
  gboolean request_done;
  OhAlarm expect_clock;
  guint64 ticket;           /* waits for the guard's decision; 0: for nothing */
  gint64 waits_since;       /* monotonic ns */
  GByteArray *waiting;      /* its body, while it waits */
  OhWaitingStream *retelling;   /* the answer has been begun by us, for it waited long */
  OhAlarm ping_clock;       /* while it waits, and then until the server answers */

  /* The answer. */
  OhAnswer answer;
  gboolean early_end;       /* all of that answer has been given */
  GBytes *held;             /* the last bytes, until the END is committed */
  OhAlarm hold_clock;
  OhCapture *end;
  gboolean released;
  gboolean cut;             /* close once everything has been written */
  OhAlarm patience;         /* with a request that nobody takes, or an answer that nobody awaits */
  OhAlarm last_turn;
  gboolean over;            /* the gate is not ours any more */
  gboolean reset;           /* the server ended by a reset */
  gboolean doomed;          /* there is no answer: close once the request has been read */
  char *doom_code;
  char *doom_message;
  gboolean refused;         /* doomed by the guard: it is answered by us */
  OhAlarm half_clock;       /* the client has closed its half, and is looked at now and then */
  gboolean streams;         /* the answer is a stream of events */
  gboolean left;            /* the client has left, and the answer is read on for the record */
  gsize read_on;            /* bytes since */
};

static void client_gone (gpointer guest);
static const OhFetchEvents fetch_events;

static void
set_alarm (OhRelay *self, OhAlarm *alarm, guint ms, OhAlarmFunc func)
{
  oh_alarm_set (alarm, self->core->context, ms, func, self);
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
  g_clear_pointer (&self->errand, oh_errand_free);
  oh_recorder_free (self->recorder);
  oh_answer_clear (&self->answer);
  oh_waiting_stream_free (self->retelling);
  g_clear_pointer (&self->held, g_bytes_unref);
  g_clear_pointer (&self->end, oh_capture_unref);
  oh_gate_unref (self->gate);
  g_free (self);
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
    oh_alarm_clear (&self->ping_clock);
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
  oh_alarm_clear (&self->ping_clock);
  oh_alarm_clear (&self->expect_clock);
  oh_alarm_clear (&self->hold_clock);
  oh_alarm_clear (&self->patience);
  oh_alarm_clear (&self->last_turn);
  oh_alarm_clear (&self->half_clock);
  g_clear_pointer (&self->fetch, oh_fetch_free);
  g_clear_pointer (&self->loan, oh_loan_free);
  relay_unref (self);
}

static void
end (OhRelay *self, OhOutcome outcome, OhParty party, const char *code, const char *message)
{
  g_autoptr (OhCapture) capture = oh_recorder_end (self->recorder, outcome, party, code, message, NULL, NULL, NULL);
}

/* @bytes: (transfer full) */
static void
send_bytes (OhRelay *self, GBytes *bytes)
{
  oh_gate_write (self->gate, bytes);
  if (self->gate->out.pending > OH_FETCH_HIGH && self->fetch != NULL)
    oh_fetch_pause (self->fetch);
}

static void
end_now (gpointer data)
{
  OhRelay *self = data;
  OhGate *gate = oh_gate_ref (self->gate);
  const gboolean keep = self->answer.keep;
  const gboolean had_body = self->framing != OH_FRAMING_NONE;

  if (self->cut)
    {
      oh_gate_dismiss (gate);
      oh_gate_close (gate, self->reset || self->answer.framing == OH_FRAMING_CLOSE);
    }
  leave (self);
  oh_gate_message_done (gate, keep, had_body);
  oh_gate_unref (gate);
}

/* The exchange is over once everything has been written. */
static void
end_when_written (OhRelay *self)
{
  if (self->gate->out.pending == 0 && !oh_alarm_is_set (&self->last_turn))
    set_alarm (self, &self->last_turn, 0, end_now);
}

static void
release (OhRelay *self)
{
  oh_alarm_clear (&self->hold_clock);
  if (self->released || self->over)
    return;
  self->released = TRUE;
  send_bytes (self, g_steal_pointer (&self->held));
  end_when_written (self);
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

static void
hold_too_long (gpointer data)
{
  OhRelay *self = data;

  self->core->store_late = TRUE;
  if (self->end != NULL)
    oh_capture_release (self->end);
  release (self);
}

/* Ends the exchange, and lets @last go once that is stored, or after a moment. @last: (transfer full) */
static void
complete (OhRelay *self, GBytes *last, OhOutcome outcome, OhParty party, const char *code, const char *message)
{
  self->held = last;
  if (oh_alarm_is_set (&self->half_clock))
    oh_recorder_note (self->recorder, OH_ODDITY_HALF_CLOSED);
  self->end = oh_recorder_end (self->recorder, outcome, party, code, message, self->core->context, committed,
                               relay_ref (self));
  if (self->released || self->over)
    return;
  set_alarm (self, &self->hold_clock, self->core->store_late ? self->core->clocks.hold_late : self->core->clocks.hold,
             hold_too_long);
}

/* The answer does not wait for the end of the request: what the client still sends is dropped behind it. */
static void
give_up_request (OhRelay *self)
{
  oh_alarm_clear (&self->expect_clock);
  if (self->request_done)
    return;
  self->request_done = TRUE;
  self->answer.keep = FALSE;
  if (self->fetch != NULL)
    oh_fetch_abandon_request (self->fetch);
  g_clear_pointer (&self->loan, oh_loan_free);
  oh_gate_watch_hangup (self->gate);
}

/* The client may send the body that it has announced. */
static void
continue_request (gpointer data)
{
  static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
  OhRelay *self = data;

  oh_alarm_clear (&self->expect_clock);
  if (!self->expects || self->request_done)
    return;
  self->expects = FALSE;
  send_bytes (self, g_bytes_new_static (go_on, strlen (go_on)));
}

/* The error of an API that cannot be reached, in the words such APIs use: "type" is "overhear_" and the code.
 * @extra: header lines, or NULL */
static void
answer_ourselves (OhRelay *self, guint status, OhParty party, const char *code, const char *message, const char *extra)
{
  g_autofree char *type = g_strdup_printf ("overhear_%s", code);
  g_autofree char *said = oh_saying_tell (message);
  g_autofree char *text = g_strdup_printf (self->refused ? _("Overhear, the debugging proxy on this computer, refused this "
                                                             "request: nothing of it was sent. %s")
                                                         : _("Overhear, the debugging proxy on this computer, could not "
                                                             "pass this request on. %s"),
                                           said);
  g_autofree char *body = oh_answer_compose_error (g_strdelimit (type, "-", '_'), text);

  if (self->retelling != NULL)
    {
      g_autoptr (GBytes) event = oh_waiting_stream_compose_error (body);

      oh_alarm_clear (&self->ping_clock);
      complete (self, oh_answer_frame (&self->answer, event, TRUE), OH_OUTCOME_FAILED, party, code, message);
      return;
    }
  give_up_request (self);
  complete (self,
            oh_gate_compose (status, extra, "application/json", body, strcmp (self->head->method, "HEAD") != 0,
                             !self->answer.keep),
            OH_OUTCOME_FAILED, party, code, message);
}

/* Closes the client's connection in the middle of the answer, after what there is of it. */
static void
cut_when_written (OhRelay *self)
{
  self->cut = TRUE;
  end_when_written (self);
}

/* Ends without an answer, as the server did, or with that of the guard. */
static void
doom (gpointer data)
{
  OhRelay *self = data;

  oh_alarm_clear (&self->patience);
  if (self->refused)
    {
      self->doomed = FALSE;
      answer_ourselves (self, 402, OH_PARTY_US, self->doom_code, self->doom_message,
                        "x-should-retry: false\r\n");
      return;
    }
  end (self, OH_OUTCOME_FAILED, OH_PARTY_UPSTREAM, self->doom_code, self->doom_message);
  cut_when_written (self);
}

/* The record is to have the request's body before the connection is closed. */
static void
await_request (OhRelay *self)
{
  set_alarm (self, &self->patience, AWAIT_REQUEST_MS, doom);
  if (self->request_paused && self->loan != NULL)
    oh_loan_resume (self->loan);
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

/* --- the request: the loan's events --- */

static void
loan_data (gpointer owner, GBytes *chunk)
{
  OhRelay *self = owner;

  /* It has waited long enough, or did not mean to wait. */
  self->expects = FALSE;
  oh_alarm_clear (&self->expect_clock);
  oh_recorder_request_data (self->recorder, chunk);
  if (self->fetch == NULL || self->left)
    return;
  if (self->waiting != NULL)
    g_byte_array_append (self->waiting, g_bytes_get_data (chunk, NULL), g_bytes_get_size (chunk));
  oh_fetch_write (self->fetch, self->framing == OH_FRAMING_CHUNKED ? oh_request_compose_chunk (chunk)
                                                                   : g_bytes_ref (chunk));
  /* Only while there is more: the end would be told late, and a quick answer would seem to have come before it. */
  if (oh_fetch_get_pending (self->fetch) > (self->ticket != 0 ? WAITING_MAX : OH_FETCH_HIGH) && self->loan != NULL
      && !oh_loan_is_clean (self->loan))
    {
      self->request_paused = TRUE;
      oh_loan_pause (self->loan);
    }
}

/* The last chunk, with the trailers that the client sent. */
static GBytes *
compose_request_end (OhRelay *self)
{
  const GString *lines = oh_loan_get_trailers (self->loan);
  g_autoptr (OhHttpHead) trailers = lines != NULL ? oh_http_head_parse_trailers (lines->str, lines->len) : NULL;

  if (trailers != NULL)
    oh_recorder_trailers (self->recorder, TRUE, trailers);
  return oh_request_compose_end (trailers);
}

static void
loan_whole (gpointer owner)
{
  OhRelay *self = relay_ref (owner);

  self->request_done = TRUE;
  oh_recorder_request_end (self->recorder);
  if (self->fetch != NULL)
    {
      if (self->framing == OH_FRAMING_CHUNKED)
        oh_fetch_write (self->fetch, compose_request_end (self));
      oh_fetch_finish_request (self->fetch);
    }
  if (self->doomed)
    doom (self);
  /* The client may have left behind its request. */
  else if (!self->over && !self->left)
    oh_gate_watch_hangup (self->gate);
  relay_unref (self);
}

static void
loan_failed (gpointer owner, OhLoanFailure failure)
{
  OhRelay *self = owner;

  if (failure == OH_LOAN_NOT_TAKEN)
    {
      end (self, OH_OUTCOME_FAILED, OH_PARTY_US, "loan", "loan");
      self->cut = TRUE;
      end_now (self);
      return;
    }
  if (failure == OH_LOAN_MALFORMED)
    end (self, OH_OUTCOME_FAILED, OH_PARTY_CLIENT, "bad-request", "request-chunks");
  client_gone (self);
}

static const OhLoanEvents loan_events = { loan_data, loan_whole, loan_failed };

/* --- the client --- */

static void
look_at_half (gpointer data)
{
  OhRelay *self = data;

  if (oh_gate_is_held (self->gate))
    set_alarm (self, &self->half_clock, HALF_LOOK_MS, look_at_half);
  else
    client_gone (self);
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
  if (self->over || self->left || oh_alarm_is_set (&self->half_clock) || !oh_gate_is_held (self->gate))
    return FALSE;
  set_alarm (self, &self->half_clock, HALF_LOOK_MS, look_at_half);
  return TRUE;
}

static void
read_on_long_enough (gpointer data)
{
  OhRelay *self = data;

  end (self, OH_OUTCOME_CUT, OH_PARTY_CLIENT, "client-gone", "client-gone");
  self->cut = TRUE;
  end_now (self);
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
      g_clear_pointer (&self->loan, oh_loan_free);
      oh_socket_watch_set (gate->watch, 0, NULL, NULL);
      oh_alarm_clear (&self->patience);
      set_alarm (self, &self->patience, READ_ON_MS, read_on_long_enough);
      oh_fetch_resume (self->fetch);
    }
  else if (!self->over && !self->left)
    {
      /* Whoever has the whole answer may spare itself the rest of its request. */
      if (self->early_end && gate->out.pending == 0)
        end (self, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM, NULL, NULL);
      else
        end (self, oh_recorder_has_response (self->recorder) ? OH_OUTCOME_CUT : OH_OUTCOME_FAILED, OH_PARTY_CLIENT,
             "client-gone", "client-gone");
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
       "stopped");
  leave (self);
}

static void
written (gpointer guest)
{
  OhRelay *self = relay_ref (guest);

  if (self->gate->out.pending < OH_FETCH_LOW && self->fetch != NULL)
    oh_fetch_resume (self->fetch);
  if (!self->over && (self->cut || self->released))
    end_when_written (self);
  relay_unref (self);
}

static const OhGuestClass guest_class = { client_half_closed, client_gone, written, stop };

/* --- the server's side: the fetch's events --- */

static void
fetch_connected (gpointer owner, const OhLine *line)
{
  OhRelay *self = owner;
  OhTimings *timings = oh_recorder_get_timings (self->recorder);

  self->answer.proxied = line->forwarding != NULL;
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

static void
fetch_informational (gpointer owner, const OhHttpHead *head)
{
  OhRelay *self = owner;

  if (head->status == 100)
    {
      continue_request (self);
      return;
    }
  oh_recorder_note (self->recorder, OH_ODDITY_INTERIM);
  if (self->head->minor == 0 || self->retelling != NULL)
    return;
  send_bytes (self, oh_answer_compose_interim (head, FALSE));
}

static void
fetch_head (gpointer owner, const OhHttpHead *head, OhFraming framing)
{
  OhRelay *self = owner;

  oh_recorder_response_head (self->recorder, head);
  if (self->retelling != NULL)
    {
      oh_alarm_clear (&self->ping_clock);
      if (!oh_waiting_stream_set_head (self->retelling, head))
        oh_recorder_note (self->recorder, OH_ODDITY_RETOLD);
      return;
    }
  self->streams = oh_http_head_get (head, "Content-Type") != NULL
                  && strcasestr (oh_http_head_get (head, "Content-Type"), "stream") != NULL;
  if (!self->request_done && self->expects)
    give_up_request (self);
  if (!self->request_done)
    {
      oh_recorder_note (self->recorder, OH_ODDITY_EARLY);
      /* The rest of the request may find nobody any more, and the next one could not follow it then. */
      if (framing == OH_FRAMING_CLOSE || !oh_http_head_keeps_alive (head))
        self->answer.keep = FALSE;
    }
  oh_answer_begin (&self->answer, head, framing);
}

static void
fetch_settled (gpointer owner)
{
  OhRelay *self = owner;

  if (self->answer.head != NULL && !self->left && !oh_recorder_has_ended (self->recorder))
    send_bytes (self, oh_answer_frame (&self->answer, NULL, FALSE));
}

static void
fetch_trailers (gpointer owner, const OhHttpHead *trailers)
{
  OhRelay *self = owner;

  if (self->retelling == NULL)
    oh_answer_set_trailers (&self->answer, trailers);
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

  if (self->left)
    return;
  send_bytes (self, oh_answer_frame (&self->answer, NULL, TRUE));
  self->early_end = TRUE;
}

static void
fetch_data (gpointer owner, GBytes *payload, gboolean last)
{
  OhRelay *self = owner;
  g_autoptr (GBytes) told = NULL;

  if (payload != NULL)
    oh_recorder_response_data (self->recorder, payload);
  if (self->retelling != NULL)
    {
      told = oh_waiting_stream_feed (self->retelling, payload, last);
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
          self->cut = TRUE;
          end_now (self);
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
      if (self->answer.framing == OH_FRAMING_CHUNKED && payload != NULL)
        {
          /* Only the frame that says "this was all" waits. */
          send_bytes (self, oh_answer_frame (&self->answer, payload, FALSE));
          payload = NULL;
        }
      complete (self, oh_answer_frame (&self->answer, payload, TRUE), OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM, NULL, NULL);
      return;
    }
  send_bytes (self, oh_answer_frame (&self->answer, payload, FALSE));
}

static GBytes *
fetch_compose (gpointer owner, const OhHop *forwarding)
{
  const OhRelay *self = owner;

  return oh_errand_compose (self->errand, self->head, self->framing, self->upgrade, forwarding);
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
  /* A server could have ended like this itself; who has to log in at its own proxy anew, does that by another connection. */
  if (!oh_recorder_has_response (self->recorder) && self->retelling == NULL
      && (g_str_equal (code, "upstream-closed") || g_str_equal (code, "upstream-refused")
          || (g_str_equal (code, "proxy-failed") && self->gate->tunnelled && self->gate->lane != NULL)))
    {
      doom_with (self, code, message);
      return;
    }
  if (!oh_recorder_has_response (self->recorder))
    {
      answer_ourselves (self, 502, OH_PARTY_UPSTREAM, code, message, NULL);
      return;
    }
  give_up_request (self);
  if (self->answer.head != NULL)
    send_bytes (self, oh_answer_frame (&self->answer, NULL, FALSE));
  end (self, OH_OUTCOME_CUT, OH_PARTY_UPSTREAM, code, message);
  cut_when_written (self);
}

static void
fetch_switched (gpointer owner, const OhHttpHead *head, OhLine *line, GBytes *leftover)
{
  OhRelay *self = owner;
  OhGate *gate = self->gate;
  OhRecorder *recorder;

  oh_recorder_response_head (self->recorder, head);
  oh_gate_ref (gate);
  recorder = g_steal_pointer (&self->recorder);
  oh_gate_dismiss (gate);
  leave (self);
  if (oh_gate_write (gate, oh_answer_compose_interim (head, TRUE)))
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
  oh_loan_resume (self->loan);
}

static const OhFetchEvents fetch_events = {
  .compose = fetch_compose,
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
static void
ping (gpointer data)
{
  OhRelay *self = data;
  g_autoptr (GBytes) event = g_bytes_new_static (OH_WAITING_STREAM_PING, strlen (OH_WAITING_STREAM_PING));

  if (self->request_done && self->retelling == NULL)
    {
      if (!oh_waiting_stream_is_asked_for (self->waiting->data, self->waiting->len))
        return;
      self->retelling = oh_waiting_stream_new ();
      self->streams = TRUE;
      oh_recorder_note (self->recorder, OH_ODDITY_PINGED);
      oh_answer_begin_events (&self->answer);
    }
  if (self->request_done)
    send_bytes (self, oh_answer_frame (&self->answer, event, FALSE));
  set_alarm (self, &self->ping_clock, self->core->clocks.ping, ping);
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
  if (verdict != OH_VERDICT_HOLD)
    {
      stop_waiting (self);
      return verdict;
    }
  self->waits_since = oh_clock_monotonic_ns ();
  self->waiting = g_byte_array_new ();
  set_alarm (self, &self->ping_clock, self->core->clocks.ping, ping);
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
  g_autofree char *said = oh_saying_tell (problem);
  g_autofree char *text = g_strdup_printf (_("Overhear, the proxy on this computer, refused this request: %s\n"), said);

  oh_recorder_free (recorder);
  oh_http_head_free (head);
  oh_gate_refuse (gate, 400, NULL, text);
}

void
oh_relay_start (OhGate *gate, OhHttpHead *head, OhRoute route, const char *scheme, const char *host, guint port,
                const char *target)
{
  g_autoptr (OhDetour) detour = oh_gate_find_detour (gate, host);
  const char *problem = NULL;
  const char *upgrade = oh_http_head_get (head, "Upgrade");
  OhFraming framing;
  guint64 length = 0;
  g_autofree char *why = NULL;
  OhVerdict verdict;
  OhRelay *self;

  if (!oh_http_head_get_request_framing (head, &framing, &length, &problem)
      || (oh_http_head_count (head, "Host") > 1 && (problem = "two-hosts")))
    {
      refuse (gate, head, route, scheme, host, port, target, problem);
      return;
    }
  self = g_new0 (OhRelay, 1);
  g_atomic_ref_count_init (&self->refs);
  self->gate = oh_gate_ref (gate);
  self->core = gate->core;
  self->head = head;
  self->framing = framing;
  self->answer.minor = head->minor;
  self->answer.keep = oh_http_head_keeps_alive (head);
  /* HTTP/2 in clear text would be unreadable; without the offer clients go on as before. */
  self->upgrade = upgrade != NULL && oh_http_head_has_token (head, "Connection", "Upgrade")
                  && g_ascii_strcasecmp (upgrade, "h2c") != 0;
  self->expects = framing != OH_FRAMING_NONE && oh_http_head_has_token (head, "Expect", "100-continue");
  self->recorder = oh_gate_record (gate, route, head->method, scheme, host, port, target, head, detour);
  oh_gate_admit (gate, OH_GATE_RELAY, &guest_class, self);
  verdict = ask_guard (self, &why);
  self->errand = oh_errand_new (gate, detour, route, scheme, host, port, target, self->upgrade);
  self->fetch = oh_fetch_new (self->core->upstream, &self->errand->destination, head->method, &fetch_events, self);
  oh_fetch_cork (self->fetch);
  if (verdict == OH_VERDICT_GO)
    oh_fetch_go (self->fetch, !gate->used);
  gate->used = TRUE;
  if (self->expects)
    set_alarm (self, &self->expect_clock, self->core->clocks.expect, continue_request);
  relay_ref (self);
  self->loan = oh_loan_new (gate->stream, gate->pending, gate->local, gate->remote, framing, length, &loan_events, self);
  oh_loan_begin (self->loan, self->core->lender);
  if (self->fetch != NULL)
    oh_fetch_uncork (self->fetch);
  if (verdict == OH_VERDICT_REFUSE && self->fetch != NULL)
    oh_relay_decide (self, verdict, why);
  relay_unref (self);
}
