/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-fetch-private.h"
#include "oh-outbox-private.h"
#include "oh-saying.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Heads of answers: generous, for nobody else on the way limits them. */
#define RESPONSE_HEAD_MAX (1024 * 1024)
/* A request up to this size can be sent again when a pooled connection turns out to have been closed before. */
#define RESEND_MAX (1024 * 1024)
#define READ_SIZE (64 * 1024)
/* Servers close what was idle for 5 s or more; a shorter time is safe for those that pooled nothing themselves. */
#define FRESH_IDLE_NS (2 * G_GINT64_CONSTANT (1000000000))
/* Reads in a row before other connections get their turn. */
#define READS_MAX 4

struct _OhFetch
{
  gatomicrefcount refs;
  OhUpstream *upstream;
  const OhFetchEvents *events;
  gpointer owner;
  OhDestination destination; /* owns what it points to */
  char *method;

  GCancellable *connecting;
  OhLine *line;
  gboolean blocked;  /* waits for room in the socket */
  gboolean corked;

  OhOutbox out;
  GQueue kept;     /* GBytes of the request so far, behind its head, while it may be sent again */
  gsize kept_size;
  gboolean resendable;
  gint64 confirmed; /* what the server had confirmed of a pooled connection before this request; -1: unknown */
  gboolean request_done;
  gboolean request_abandoned;
  gboolean early;  /* the answer is whole, and the request still goes out */
  gboolean write_failed;

  GByteArray *in;  /* read, not understood yet */
  OhHttpBody body;
  gboolean have_head;
  gboolean keep_alive;
  gboolean answered;
  gboolean paused;
  gboolean done;
};

static void connect_line (OhFetch *self);
static void update_watch (OhFetch *self);

static OhFetch *
fetch_ref (OhFetch *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

static void
fetch_unref (OhFetch *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  oh_outbox_clear (&self->out);
  g_queue_clear_full (&self->kept, (GDestroyNotify) g_bytes_unref);
  g_byte_array_unref (self->in);
  oh_http_body_clear (&self->body);
  g_object_unref (self->connecting);
  oh_destination_clear (&self->destination);
  g_free (self->method);
  g_free (self);
}

static void
drop_line (OhFetch *self)
{
  self->blocked = FALSE;
  g_clear_pointer (&self->line, oh_line_close);
}

static void
stop_keeping (OhFetch *self)
{
  self->resendable = FALSE;
  g_queue_clear_full (&self->kept, (GDestroyNotify) g_bytes_unref);
}

static void
fail (OhFetch *self, const char *code, const char *message, gboolean reset)
{
  self->done = TRUE;
  drop_line (self);
  if (!self->have_head && self->in->len > 0)
    self->events->broken (self->owner, self->in->data, self->in->len);
  self->events->failed (self->owner, code, message, reset);
}

/* How many bytes of ours the other side's kernel has confirmed, or -1. */
static gint64
get_confirmed (OhLine *line)
{
  struct tcp_info info = { 0 };
  socklen_t length = sizeof info;

  if (getsockopt (g_socket_get_fd (line->socket), IPPROTO_TCP, TCP_INFO, &info, &length) != 0
      || length < G_STRUCT_OFFSET (struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked)
    return -1;
  return info.tcpi_bytes_acked;
}

/* Whether the server cannot have seen any of the request: it had closed the pooled connection before, for its goodbye,
 * which confirms all that had come, confirms nothing of it. A reset says nothing of the kind (writing may have been told of
 * it; reading then finds an end like any other), and what was perhaps processed is never sent twice (RFC 9110, section
 * 9.2.2). */
static gboolean
was_never_seen (OhFetch *self, const GError *error)
{
  return !self->answered && !self->write_failed && self->line->reused && self->resendable && self->confirmed >= 0
         && (error == NULL || g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF))
         && get_confirmed (self->line) == self->confirmed;
}

/* The connection broke. @error: NULL at its end */
static void
broken (OhFetch *self, const GError *error)
{
  g_autofree char *message = NULL;

  gboolean reset = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);

  if (was_never_seen (self, error))
    {
      /* The program would not have used that connection. */
      self->events->resent (self->owner);
      drop_line (self);
      oh_outbox_clear (&self->out);
      for (GList *link = self->kept.head; link != NULL; link = link->next)
        oh_outbox_push (&self->out, g_bytes_ref (link->data));
      self->write_failed = FALSE;
      stop_keeping (self);
      self->destination.max_idle = 0;
      connect_line (self);
      return;
    }
  /* An answer that only the end of the connection delimits may lack TLS's goodbye and still be whole. */
  if (self->have_head && self->body.framing == OH_FRAMING_CLOSE
      && (error == NULL || g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF)))
    {
      oh_http_body_finish (&self->body);
      self->done = TRUE;
      drop_line (self);
      self->events->data (self->owner, NULL, TRUE);
      return;
    }
  if (self->have_head)
    {
      message = oh_saying_new ("upstream-cut", "host", self->destination.host);
      fail (self, "upstream-cut", message, reset);
    }
  else
    {
      message = oh_saying_new ("upstream-closed", "host", self->destination.host);
      fail (self, "upstream-closed", message, reset);
    }
}

static void
fail_malformed (OhFetch *self, const char *problem)
{
  g_autofree char *message = oh_saying_new ("upstream-bad-answer", "host", self->destination.host);

  oh_saying_add (&message, g_strdup (problem));
  fail (self, "upstream-bad-answer", message, FALSE);
}

/* The answer is whole, and so is the request. */
static void
finish (OhFetch *self, GBytes *payload)
{
  self->done = TRUE;
  if (self->keep_alive && self->request_done && self->out.pending == 0 && !self->write_failed)
    oh_upstream_give_back (self->upstream, g_steal_pointer (&self->line));
  else
    drop_line (self);
  self->events->data (self->owner, payload, TRUE);
}

/* Passes on what is in @data, which may be changed. */
static void
deliver (OhFetch *self, guint8 *data, gsize length)
{
  g_autoptr (GBytes) payload = NULL;
  gsize payload_length;
  gsize consumed;
  gboolean fine = oh_http_body_feed (&self->body, data, length, data, &payload_length, &consumed);

  if (payload_length > 0)
    payload = g_bytes_new (data, payload_length);
  if (!self->body.done)
    {
      if (payload != NULL)
        self->events->data (self->owner, payload, FALSE);
      if (!fine && !self->done)
        fail_malformed (self, "answer-chunks");
      return;
    }
  if (self->body.trailers != NULL)
    {
      g_autoptr (OhHttpHead) trailers = oh_http_head_parse_trailers (self->body.trailers->str, self->body.trailers->len);

      if (trailers != NULL && trailers->fields->len > 0)
        self->events->trailers (self->owner, trailers);
    }
  self->keep_alive = self->keep_alive && consumed == length;
  if (!self->request_done && !self->request_abandoned)
    {
      self->early = TRUE;
      if (payload != NULL)
        self->events->data (self->owner, payload, FALSE);
      if (!self->done)
        self->events->early_end (self->owner);
      return;
    }
  finish (self, payload);
}

/* After an early end: the request has been sent, or nobody takes it. */
static void
finish_early (OhFetch *self)
{
  if (self->early && !self->done && self->request_done && self->out.pending == 0)
    finish (self, NULL);
}

static void
deliver_buffered (OhFetch *self)
{
  g_autoptr (GByteArray) rest = g_steal_pointer (&self->in);

  self->in = g_byte_array_new ();
  deliver (self, rest->data, rest->len);
}

static void
switch_protocols (OhFetch *self, const OhHttpHead *head, gsize head_length)
{
  GBytes *leftover = g_bytes_new (self->in->data + head_length, self->in->len - head_length);

  self->done = TRUE;
  oh_socket_watch_set (self->line->watch, 0, NULL, NULL);
  self->events->switched (self->owner, head, g_steal_pointer (&self->line), leftover);
}

static void
understand (OhFetch *self)
{
  while (!self->have_head && !self->done && !self->paused)
    {
      gsize head_length = oh_http_head_find_end ((const char *) self->in->data, self->in->len);
      g_autoptr (OhHttpHead) head = NULL;
      const char *problem = NULL;
      OhFraming framing;
      guint64 length = 0;

      if (head_length == 0)
        {
          if (self->in->len > RESPONSE_HEAD_MAX)
            fail_malformed (self, "answer-endless-head");
          return;
        }
      head = oh_http_head_parse_response ((const char *) self->in->data, head_length, &problem);
      if (head == NULL || !oh_http_head_get_response_framing (head, self->method, &framing, &length, &problem))
        {
          fail_malformed (self, problem);
          return;
        }
      if (head->status == 101)
        {
          switch_protocols (self, head, head_length);
          return;
        }
      g_byte_array_remove_range (self->in, 0, head_length);
      if (head->status < 200)
        {
          self->events->informational (self->owner, head);
          continue;
        }
      self->have_head = TRUE;
      self->keep_alive = oh_http_head_keeps_alive (head) && framing != OH_FRAMING_CLOSE;
      oh_http_body_init (&self->body, framing, length);
      self->events->head (self->owner, head, framing);
    }
  if (self->have_head && !self->done && !self->paused && !self->early && (self->in->len > 0 || self->body.done))
    deliver_buffered (self);
}

static void
read_some (OhFetch *self)
{
  static guint8 scratch[READ_SIZE]; /* all fetches live on one thread */

  for (int i = 0; i < READS_MAX && !self->done && !self->paused && self->line != NULL; i++)
    {
      GInputStream *in = g_io_stream_get_input_stream (self->line->stream);
      g_autoptr (GError) error = NULL;
      gssize n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (in), scratch, sizeof scratch, NULL,
                                                           &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      if (self->early)
        {
          /* Nothing more is expected but the end. */
          self->keep_alive = FALSE;
          if (n <= 0)
            finish (self, NULL);
          continue;
        }
      if (n <= 0)
        {
          broken (self, error);
          break;
        }
      self->answered = TRUE;
      if (self->resendable)
        stop_keeping (self);
      if (self->have_head && self->in->len == 0)
        deliver (self, scratch, n);
      else
        {
          g_byte_array_append (self->in, scratch, n);
          understand (self);
        }
      /* A short read emptied the socket; the next look costs a system call for nothing. */
      if (n < 16 * 1024)
        break;
    }
  if (self->have_head && !self->done && !self->early)
    self->events->settled (self->owner);
}

/* Writes what it can, and remembers whether something is left that waits for the socket. */
static void
flush (OhFetch *self)
{
  const OhOutboxState state = oh_outbox_flush (&self->out, self->line->stream);

  self->blocked = state == OH_OUTBOX_BLOCKED;
  if (state != OH_OUTBOX_BROKEN)
    return;
  /* Perhaps an answer is on its way that says why; reading will find it, or the end. */
  self->write_failed = TRUE;
  oh_outbox_clear (&self->out);
}

static void
flush_and_tell (OhFetch *self)
{
  gboolean was_full = self->out.pending >= OH_FETCH_LOW;

  flush (self);
  if (was_full && self->out.pending < OH_FETCH_LOW)
    self->events->drained (self->owner);
  finish_early (self);
}

static void
line_ready (guint events, gpointer data)
{
  OhFetch *self = fetch_ref (data);

  if ((events & ~(guint) G_IO_IN) != 0 && self->blocked)
    flush_and_tell (self);
  if ((events & ~(guint) G_IO_OUT) != 0 && !self->done && !self->paused)
    read_some (self);
  update_watch (self);
  fetch_unref (self);
}

static void
update_watch (OhFetch *self)
{
  if (self->done || self->line == NULL)
    return;
  oh_socket_watch_set (self->line->watch, (self->paused ? 0 : G_IO_IN) | (self->blocked ? G_IO_OUT : 0), line_ready,
                       self);
}

/* @line: (transfer full) */
static void
use_line (OhFetch *self, OhLine *line)
{
  self->line = line;
  if (line->reused)
    {
      self->confirmed = get_confirmed (line);
      self->resendable = self->out.pending <= RESEND_MAX;
      for (GList *link = self->out.pieces.head; self->resendable && link != NULL; link = link->next)
        g_queue_push_tail (&self->kept, g_bytes_ref (link->data));
      self->kept_size = self->resendable ? self->out.pending : 0;
    }
  oh_outbox_push_first (&self->out, self->events->compose (self->owner, line->forwarding));
  self->events->connected (self->owner, line);
}

static void
connect_done (GObject *source, GAsyncResult *result, gpointer data)
{
  OhFetch *self = data;
  g_autoptr (GError) error = NULL;
  OhLine *line = oh_upstream_connect_finish (self->upstream, result, &error);

  if (self->done)
    g_clear_pointer (&line, oh_line_close);
  else if (line != NULL)
    {
      use_line (self, line);
      if (!self->done && !self->corked)
        flush_and_tell (self);
      update_watch (self);
    }
  else
    {
      g_autofree char *saying = NULL;
      const char *code = oh_upstream_explain (error, self->destination.host, &saying);

      fail (self, code, saying,
            g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)
              || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED));
    }
  fetch_unref (self);
}

static void
connect_line (OhFetch *self)
{
  oh_upstream_connect_async (self->upstream, &self->destination, self->connecting, connect_done, fetch_ref (self));
}

static void
flush_unless_held (OhFetch *self)
{
  if (self->line == NULL || self->blocked || self->corked || self->done)
    return;
  fetch_ref (self);
  flush_and_tell (self);
  if (self->blocked)
    update_watch (self);
  fetch_unref (self);
}

OhFetch *
oh_fetch_new (OhUpstream *upstream,
              const OhDestination *destination,
              const char *method,
              const OhFetchEvents *events,
              gpointer owner)
{
  OhFetch *self = g_new0 (OhFetch, 1);

  g_atomic_ref_count_init (&self->refs);
  self->upstream = upstream;
  self->events = events;
  self->owner = owner;
  self->destination = oh_destination_copy (destination);
  self->method = g_strdup (method);
  self->connecting = g_cancellable_new ();
  self->in = g_byte_array_new ();
  self->confirmed = -1;
  return self;
}

void
oh_fetch_go (OhFetch *self, gboolean fresh)
{
  OhLine *line;

  self->destination.max_idle = fresh ? FRESH_IDLE_NS : G_MAXINT64;
  line = oh_upstream_take_idle (self->upstream, &self->destination, self->destination.max_idle);
  if (line == NULL)
    {
      connect_line (self);
      return;
    }
  use_line (self, line);
  update_watch (self);
  flush_unless_held (self);
}

void
oh_fetch_free (OhFetch *self)
{
  if (self == NULL)
    return;
  self->done = TRUE;
  g_cancellable_cancel (self->connecting);
  drop_line (self);
  fetch_unref (self);
}

void
oh_fetch_write (OhFetch *self, GBytes *data)
{
  gsize size = g_bytes_get_size (data);

  if (self->done || size == 0)
    {
      g_bytes_unref (data);
      return;
    }
  if (self->resendable && self->kept_size + size <= RESEND_MAX)
    {
      g_queue_push_tail (&self->kept, g_bytes_ref (data));
      self->kept_size += size;
    }
  else if (self->resendable)
    stop_keeping (self);
  if (self->write_failed)
    {
      g_bytes_unref (data);
      return;
    }
  oh_outbox_push (&self->out, data);
  flush_unless_held (self);
}

void
oh_fetch_cork (OhFetch *self)
{
  self->corked = TRUE;
}

void
oh_fetch_uncork (OhFetch *self)
{
  self->corked = FALSE;
  flush_unless_held (self);
}

void
oh_fetch_finish_request (OhFetch *self)
{
  fetch_ref (self);
  self->request_done = TRUE;
  finish_early (self);
  fetch_unref (self);
}

void
oh_fetch_abandon_request (OhFetch *self)
{
  self->request_abandoned = TRUE;
}

gsize
oh_fetch_get_pending (OhFetch *self)
{
  return self->out.pending;
}

void
oh_fetch_pause (OhFetch *self)
{
  self->paused = TRUE;
  update_watch (self);
}

void
oh_fetch_resume (OhFetch *self)
{
  if (!self->paused)
    return;
  self->paused = FALSE;
  fetch_ref (self);
  if (!self->early)
    understand (self);
  if (self->have_head && !self->done)
    self->events->settled (self->owner);
  update_watch (self);
  fetch_unref (self);
}
