/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-gate-private.h"
#include "oh-clock.h"
#include "oh-peer-private.h"
#include "oh-saying.h"
#include "oh-sniff-private.h"
#include "oh-source.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE (16 * 1024)
#define TLS_HANDSHAKE_BYTE 0x16
/* How HTTP/2 begins (RFC 9113, 3.4), which whoever takes it reads itself, and the head that stands for it. */
#define HTTP_2 "PRI * HTTP/2.0\r\n\r\n"
#define HTTP_2_HEAD "PRI * HTTP/1.1\r\n\r\n"
#define TLS_HEADER 5
/* Of our part of a handshake there is less before the certificate. */
#define CERTIFICATE_MIN 256
/* Who leaves so soon (us) after it was offered our certificate does so because of it. */
#define AT_ONCE (2 * G_USEC_PER_SEC)
/* TCP_CLOSE_WAIT of <netinet/tcp.h>, which cannot stand beside <linux/tcp.h>: the client has said goodbye. */
#define CLOSE_WAIT 8

static void look_at_pending (OhGate *self);
static void wait_for_input (OhGate *self);

OhGate *
oh_gate_ref (OhGate *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
oh_gate_unref (OhGate *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_object_unref (self->stream);
  g_object_unref (self->connection);
  g_object_unref (self->socket);
  g_object_unref (self->local);
  g_object_unref (self->remote);
  g_byte_array_unref (self->pending);
  oh_outbox_clear (&self->out);
  g_free (self->identity);
  g_free (self->claim);
  g_clear_pointer (&self->program, oh_program_unref);
  g_free (self->host);
  g_free (self->agent);
  if (self->lane != self->login)
    g_free (self->lane);
  g_free (self->login);
  g_free (self->who);
  oh_http_head_free (self->head);
  g_free (self);
}

/* Moving a source's ready time costs a system call, and this happens three times a request: the source is only moved
 * forward, and looks at the deadline when it wakes. */
static void
set_clock (OhGate *self, guint ms)
{
  self->deadline = ms > 0 ? g_get_monotonic_time () + (gint64) ms * 1000 : -1;
  if (self->deadline < 0 || (self->clock_at >= 0 && self->clock_at <= self->deadline))
    return;
  self->clock_at = self->deadline;
  g_source_set_ready_time (self->clock, self->clock_at);
}

/* What TCP knows of the connection. Returns: FALSE if that is less than we ask for. */
static gboolean
get_tcp_info (OhGate *self, struct tcp_info *info)
{
  socklen_t length = sizeof *info;

  return getsockopt (g_socket_get_fd (self->socket), IPPROTO_TCP, TCP_INFO, info, &length) == 0
         && length >= G_STRUCT_OFFSET (struct tcp_info, tcpi_bytes_received) + sizeof info->tcpi_bytes_received;
}

/* How many bytes have come from the client, read or not; -1 if that is not known. Its goodbye is none: TCP counts it. */
static gint64
count_received (OhGate *self)
{
  struct tcp_info info = { 0 };

  if (!get_tcp_info (self, &info))
    return -1;
  return (gint64) info.tcpi_bytes_received - (info.tcpi_state == CLOSE_WAIT);
}

/* Whether the program had our certificate and left at once, without a word. So do those of Node and GnuTLS that do not want it. */
static gboolean
left_at_once (OhGate *self)
{
  struct tcp_info info = { 0 };

  return g_get_monotonic_time () - self->offered < AT_ONCE
         && (self->secure || (get_tcp_info (self, &info) && info.tcpi_bytes_acked > strlen (OH_GATE_GRANTED) + CERTIFICATE_MIN));
}

/* Whether the program said that it does not want our certificate. In the handshake its alert may come in clear text where
 * GnuTLS expects it encrypted, and GIO has the same error for that as for a client that just goes; but whoever answers our
 * part of a handshake that fails has sent an alert. */
static gboolean
is_alert (OhGate *self, const GError *error)
{
  if (self->state == OH_GATE_HANDSHAKE)
    return self->hello_end > 0 && count_received (self) > self->hello_end;
  return error != NULL && error->domain == G_TLS_ERROR && error->code != G_TLS_ERROR_EOF;
}

static gboolean
is_alike (OhGate *self, OhGate *other)
{
  return other->run_id == self->run_id && g_strcmp0 (other->who, self->who) == 0 && g_strcmp0 (other->host, self->host) == 0;
}

static void offer_again (gpointer data);

/* What became of a trial is known: those that wait for it go on. */
static void
end_trial (OhGate *self)
{
  GHashTableIter iter;
  OhGate *other;

  self->silent = FALSE;
  if (self->core->aside == 0)
    return;
  g_hash_table_iter_init (&iter, self->core->gates);
  while (g_hash_table_iter_next (&iter, (gpointer *) &other, NULL))
    if (other->state == OH_GATE_ASIDE && is_alike (self, other))
      oh_alarm_set (&other->again, other->core->context, 0, offer_again, other);
}

/* The program does not accept our certificate, or left before it said anything.
 * @error: of the handshake or of reading what comes after it, or NULL */
static void
note_refused (OhGate *self, const GError *error)
{
  g_autofree char *message = NULL;
  OhFallback fallback;
  OhRecorder *recorder;
  g_autoptr (OhCapture) end = NULL;
  OhRefusal how;

  if (!self->silent)
    return;
  how = is_alert (self, error)  ? OH_REFUSAL_SAID
        : !left_at_once (self)  ? OH_REFUSAL_LEFT
        : self->secure          ? OH_REFUSAL_AT_ONCE
                                : OH_REFUSAL_UNANSWERED;
  /* Who has had the handshake to its end, and stays for a while, has no use for the connection. */
  fallback = self->secure && how == OH_REFUSAL_LEFT
                 ? OH_FALLBACK_UNUSED
                 : oh_admission_note_refused (self->core->admission, self->run_id, self->host, self->who, how);
  end_trial (self);
  if (fallback == OH_FALLBACK_UNUSED)
    return;
  message = g_strdup (how == OH_REFUSAL_SAID ? "certificate-refused" : "left-handshake");
  if (fallback == OH_FALLBACK_ONCE)
    oh_saying_add (&message, g_strdup ("next-unread"));
  else if (fallback == OH_FALLBACK_ALWAYS)
    oh_saying_add (&message, g_strdup (self->run_id == 0 ? "unread-until-trusted" : "unread-from-now"));
  if (self->run_id != 0)
    oh_saying_add (&message, oh_saying_new ("read-if-trusted", "host", self->host));
  recorder = oh_gate_record (self, OH_ROUTE_TUNNEL, "CONNECT", "https", self->host, self->port, "", NULL, NULL);
  end = oh_recorder_end (recorder, OH_OUTCOME_FAILED, OH_PARTY_CLIENT, "client-tls", message, NULL, NULL, NULL);
  oh_recorder_free (recorder);
}

/* Whether the client has gone, noticed or not. */
static gboolean
has_left (OhGate *self)
{
  struct pollfd fd = { .fd = g_socket_get_fd (self->socket), .events = POLLRDHUP };

  return poll (&fd, 1, 0) > 0;
}

void
oh_gate_close (OhGate *self, gboolean reset)
{
  if (self->state == OH_GATE_CLOSED)
    return;
  oh_gate_ref (self);
  if (self->silent && has_left (self))
    note_refused (self, NULL);
  if (self->silent)
    end_trial (self);
  self->core->aside -= self->state == OH_GATE_ASIDE;
  self->state = OH_GATE_CLOSED;
  if (self->guest != NULL)
    self->guest_class->stop (g_steal_pointer (&self->guest));
  /* Its dialog is over. */
  if (self->lane != self->login)
    oh_upstream_close_lane (self->core->upstream, self->lane);
  g_clear_pointer (&self->watch, oh_socket_watch_free);
  oh_source_drop (&self->clock);
  oh_alarm_clear (&self->again);
  oh_source_drop (&self->writing);
  if (reset)
    {
      struct linger linger = { .l_onoff = 1, .l_linger = 0 };

      setsockopt (g_socket_get_fd (self->socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
  if (self->busy)
    g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
  else
    g_socket_close (self->socket, NULL);
  g_hash_table_remove (self->core->gates, self);
  oh_gate_unref (self);
}

static gboolean
tell_broken (gpointer data)
{
  OhGate *self = data;

  oh_source_drop (&self->writing);
  if (self->state == OH_GATE_RELAY)
    self->guest_class->gone (self->guest);
  return G_SOURCE_REMOVE;
}

static gboolean room_came (GObject *stream, gpointer data);

/* Writes what fits, and waits for room for the rest. */
static void
flush (OhGate *self)
{
  GPollableOutputStream *out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream));
  const OhOutboxState state = oh_outbox_flush (&self->out, self->stream);

  if (state == OH_OUTBOX_BLOCKED && self->writing != NULL)
    return;
  oh_source_drop (&self->writing);
  if (state == OH_OUTBOX_EMPTY)
    return;
  if (state == OH_OUTBOX_BLOCKED)
    {
      self->writing = g_pollable_output_stream_create_source (out, NULL);
      g_source_set_callback (self->writing, G_SOURCE_FUNC (room_came), self, NULL);
    }
  else
    {
      /* Whoever writes is told when it is done with that. */
      self->broken = TRUE;
      oh_outbox_clear (&self->out);
      self->writing = g_idle_source_new ();
      g_source_set_priority (self->writing, G_PRIORITY_DEFAULT);
      g_source_set_callback (self->writing, tell_broken, self, NULL);
    }
  g_source_attach (self->writing, self->core->context);
}

static gboolean
room_came (GObject *stream, gpointer data)
{
  OhGate *self = data;

  flush (self);
  if (self->state == OH_GATE_RELAY && !self->broken)
    self->guest_class->written (self->guest);
  return G_SOURCE_CONTINUE;
}

gboolean
oh_gate_write (OhGate *self, GBytes *bytes)
{
  const gboolean waits = self->out.pending > 0;

  oh_outbox_push (&self->out, bytes);
  if (self->broken)
    oh_outbox_clear (&self->out);
  else if (!waits)
    flush (self);
  return !self->broken && self->out.pending == 0;
}

GBytes *
oh_gate_compose (guint status, const char *extra, const char *type, const char *body, gboolean with_body, gboolean close)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n%s%s\r\n",
                          status, soup_status_get_phrase (status), type, strlen (body),
                          extra != NULL ? extra : "", close ? "Connection: close\r\n" : "");
  if (with_body)
    g_string_append (text, body);
  return g_string_free_to_bytes (text);
}

/* The thread of TLS is done with the socket. */
static void
leave_socket (OhGate *self)
{
  self->busy = FALSE;
  if (self->state == OH_GATE_CLOSED)
    g_socket_close (self->socket, NULL);
}

static void
goodbye_said (GObject *source, GAsyncResult *result, gpointer data)
{
  OhGate *self = data;

  g_output_stream_close_finish (G_OUTPUT_STREAM (source), result, NULL);
  leave_socket (self);
  if (self->state == OH_GATE_LINGER)
    g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
  oh_gate_unref (self);
}

void
oh_gate_linger (OhGate *self)
{
  self->state = OH_GATE_LINGER;
  /* A goodbye where TLS is spoken, then the end of our direction. Closing at once would reset the connection, and the
   * reset would overtake the answer, if the client is still sending. */
  if (self->secure)
    {
      self->busy = TRUE;
      g_output_stream_close_async (g_io_stream_get_output_stream (self->stream), G_PRIORITY_DEFAULT, NULL, goodbye_said,
                                   oh_gate_ref (self));
    }
  else
    g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
  set_clock (self, self->core->clocks.linger);
  wait_for_input (self);
}

void
oh_gate_refuse (OhGate *self, guint status, const char *extra, const char *text)
{
  if (oh_gate_write (self, oh_gate_compose (status, extra, "text/plain; charset=utf-8", text, TRUE, TRUE)))
    oh_gate_linger (self);
  else
    oh_gate_close (self, FALSE);
}

OhRecorder *
oh_gate_record (OhGate *self,
                OhRoute route_taken,
                const char *method,
                const char *scheme,
                const char *host,
                guint port,
                const char *target,
                const OhHttpHead *head,
                const OhDetour *detour)
{
  OhExchange *exchange = oh_exchange_new ();
  g_autoptr (OhSecrets) secrets = oh_admission_get_secrets (self->core->admission);

  exchange->run_id = self->run_id;
  if (self->run_id == 0 && self->program != NULL)
    exchange->program = oh_program_ref (self->program);
  exchange->connection = self->id;
  exchange->route = route_taken;
  exchange->method = g_strdup (method);
  exchange->scheme = g_strdup (scheme);
  exchange->host = g_strdup (host);
  exchange->port = port;
  exchange->http_version = g_strdup_printf ("1.%u", head != NULL ? head->minor : 1);
  exchange->upstream = detour != NULL ? g_strdup (detour->url) : NULL;
  return oh_recorder_new (oh_gate_is_left_out (self) ? NULL : oh_core_get_sink (self->core), secrets, exchange, target, head,
                          self->head_began > 0 ? self->head_began : oh_clock_monotonic_ns ());
}

void
oh_gate_refuse_malformed (OhGate *self, guint status, const char *code, const char *problem, GByteArray *head)
{
  g_autofree char *said = oh_saying_tell (problem);
  g_autofree char *text = g_strdup_printf (_("Overhear, the proxy on this computer, refused this request: %s\n"), said);

  if (self->tunnelled)
    {
      OhRecorder *recorder = oh_gate_record (self, OH_ROUTE_TUNNEL, "", self->secure ? "https" : "http", self->host,
                                             self->port, "", NULL, NULL);
      g_autoptr (OhCapture) end = NULL;

      oh_recorder_broken_head (recorder, TRUE, head->data, head->len);
      end = oh_recorder_end (recorder, OH_OUTCOME_FAILED, OH_PARTY_US, code, problem, NULL, NULL, NULL);
      oh_recorder_free (recorder);
    }
  oh_gate_refuse (self, status, NULL, text);
}

OhAuthority *
oh_gate_get_authority (OhGate *self)
{
  return oh_core_get_authority (self->core, self->run_id);
}

gboolean
oh_gate_is_of_this_user (OhGate *self)
{
  guint uid;

  return oh_peer_look_up (-1, self->remote, self->local, &uid, NULL) && uid == getuid ();
}

static gboolean
is_left_out (OhGate *self, gboolean for_good)
{
  return self->run_id == 0 && self->diag < 0 && oh_admission_leaves_out (self->core->admission, self->program, for_good);
}

gboolean
oh_gate_is_left_out (OhGate *self)
{
  return is_left_out (self, FALSE);
}

OhDetour *
oh_gate_find_detour (OhGate *self, const char *host)
{
  /* Whom nobody wants to hear goes where it would without us. */
  return is_left_out (self, TRUE) ? NULL : oh_admission_find_detour (self->core->admission, self->run_id, host);
}

void
oh_gate_rest (OhGate *self)
{
  set_clock (self, 0);
  oh_socket_watch_set (self->watch, 0, NULL, NULL);
}

void
oh_gate_idle (OhGate *self)
{
  set_clock (self, self->core->clocks.idle);
}

void
oh_gate_suspend (OhGate *self)
{
  self->state = OH_GATE_IDENTIFY;
  oh_gate_rest (self);
}

void
oh_gate_admit (OhGate *self, OhGateState state, const OhGuestClass *guest_class, gpointer guest)
{
  self->state = state;
  self->guest_class = guest_class;
  self->guest = guest;
  /* As it watched for the head: what it watches is changed (by a system call) only if there is something to read. */
  if (state == OH_GATE_RELAY || state == OH_GATE_INTAKE)
    wait_for_input (self);
  else
    oh_socket_watch_set (self->watch, 0, NULL, NULL);
  if (state == OH_GATE_INTAKE)
    set_clock (self, self->core->clocks.head);
}

void
oh_gate_dismiss (OhGate *self)
{
  self->guest = NULL;
}

void
oh_gate_grant (OhGate *self, const char *host, guint port, const char *agent, OhGateUnreadFunc unread)
{
  self->agent = g_strdup (agent);
  if (oh_gate_write (self, g_bytes_new_static (OH_GATE_GRANTED, strlen (OH_GATE_GRANTED))))
    oh_gate_enter (self, host, port, unread);
  else
    oh_gate_close (self, FALSE);
}

void
oh_gate_enter (OhGate *self, const char *host, guint port, OhGateUnreadFunc unread)
{
  self->tunnelled = TRUE;
  self->host = g_strdup (host);
  self->port = port;
  self->unread = unread;
  self->head_began = 0;
  self->state = OH_GATE_FIRST;
  set_clock (self, self->core->clocks.handshake);
  wait_for_input (self);
}

gboolean
oh_gate_is_held (OhGate *self)
{
  guint64 inode;

  return oh_peer_look_up (self->diag, self->remote, self->local, NULL, &inode) && inode != 0;
}

static void
skip_empty_lines (OhGate *self)
{
  guint n = 0;

  while (n < self->pending->len && (self->pending->data[n] == '\r' || self->pending->data[n] == '\n'))
    n++;
  if (n > 0)
    g_byte_array_remove_range (self->pending, 0, n);
}

static void
look_at_pending (OhGate *self)
{
  g_autoptr (GByteArray) bytes = NULL;
  OhHttpHead *head;
  const char *problem = NULL;
  gsize length;

  skip_empty_lines (self);
  if (self->pending->len == 0)
    {
      self->head_began = 0;
      set_clock (self, self->core->clocks.idle);
      wait_for_input (self);
      return;
    }
  if (self->silent)
    {
      oh_admission_note_accepted (self->core->admission, self->run_id, self->host, self->who);
      end_trial (self);
    }
  if (self->head_began == 0)
    {
      self->head_began = oh_clock_monotonic_ns ();
      set_clock (self, self->core->clocks.head);
    }
  if (!self->tunnelled && self->pending->data[0] == TLS_HANDSHAKE_BYTE)
    {
      oh_gate_close (self, FALSE);
      return;
    }
  length = oh_http_head_find_end ((const char *) self->pending->data, self->pending->len);
  if (length > OH_HTTP_HEAD_MAX || (length == 0 && self->pending->len > OH_HTTP_HEAD_MAX))
    {
      oh_gate_refuse_malformed (self, 431, "head-too-large", "head-too-large", self->pending);
      return;
    }
  if (length == 0)
    {
      wait_for_input (self);
      return;
    }
  if (!self->tunnelled && length == strlen (HTTP_2) && memcmp (self->pending->data, HTTP_2, length) == 0)
    {
      set_clock (self, 0);
      self->wanted (self, oh_http_head_parse_request (HTTP_2_HEAD, strlen (HTTP_2_HEAD), &problem));
      return;
    }
  head = oh_http_head_parse_request ((const char *) self->pending->data, length, &problem);
  if (head == NULL)
    {
      bytes = g_byte_array_sized_new ((guint) length);
      g_byte_array_append (bytes, self->pending->data, (guint) length);
    }
  g_byte_array_remove_range (self->pending, 0, length);
  set_clock (self, 0);
  if (head == NULL)
    oh_gate_refuse_malformed (self, 400, "bad-request", problem, bytes);
  else
    self->wanted (self, head);
}

static void
handshake_done (GObject *source, GAsyncResult *result, gpointer data)
{
  OhGate *self = data;
  g_autoptr (GError) error = NULL;
  gboolean done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error);

  leave_socket (self);
  if (self->state == OH_GATE_HANDSHAKE && done)
    {
      self->state = OH_GATE_HEAD;
      self->secure = TRUE;
      self->offered = g_get_monotonic_time ();
      look_at_pending (self);
    }
  else if (self->state == OH_GATE_HANDSHAKE)
    {
      note_refused (self, error);
      oh_gate_close (self, FALSE);
    }
  oh_gate_unref (self);
}

static void
begin_handshake (OhGate *self)
{
  /* Nothing else can be relayed; every client falls back to it. */
  static const char *const protocols[] = { "http/1.1", NULL };
  g_autoptr (GError) error = NULL;
  OhAuthority *authority = oh_gate_get_authority (self);
  GTlsCertificate *leaf = authority != NULL ? oh_authority_get_leaf (authority, self->host, &error) : NULL;
  GIOStream *tls = NULL;

  /* The database must be given at construction: GIO would parse the system's whole list for this connection first. */
  if (leaf != NULL)
    tls = g_initable_new (g_tls_backend_get_server_connection_type (g_tls_backend_get_default ()), NULL, &error,
                          "base-io-stream", self->connection,
                          "certificate", leaf,
                          "database", NULL,
                          "advertised-protocols", protocols,
                          NULL);
  if (tls == NULL)
    {
      g_warning ("No TLS for %s: %s", self->host, error != NULL ? error->message : "the authority has been removed");
      oh_gate_close (self, FALSE);
      return;
    }
  g_object_unref (self->stream);
  self->stream = tls;
  self->state = OH_GATE_HANDSHAKE;
  self->silent = TRUE;
  self->offered = g_get_monotonic_time ();
  self->busy = TRUE;
  oh_socket_watch_set (self->watch, 0, NULL, NULL);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL, handshake_done,
                                    oh_gate_ref (self));
}

/* Whether a connection of its kind is just finding out if our certificate is accepted. */
static gboolean
is_tried (OhGate *self)
{
  GHashTableIter iter;
  OhGate *other;

  g_hash_table_iter_init (&iter, self->core->gates);
  while (g_hash_table_iter_next (&iter, (gpointer *) &other, NULL))
    if (other->silent && is_alike (self, other))
      return TRUE;
  return FALSE;
}

static void trial_takes_long (gpointer data);

/* Of several connections at once of a program that we do not know, one finds out whether it accepts our certificate: if not,
 * only that one fails. @patient: it may wait for that */
static void
offer (OhGate *self, gboolean patient)
{
  const OhOffer offered = oh_admission_take_offer (self->core->admission, self->run_id, self->host, self->who);

  if (offered == OH_OFFER_UNREAD)
    {
      oh_gate_rest (self);
      self->unread (self);
    }
  else if (offered == OH_OFFER_TRIAL && patient && is_tried (self))
    {
      if (self->state != OH_GATE_ASIDE)
        self->core->aside++;
      self->state = OH_GATE_ASIDE;
      oh_socket_watch_set (self->watch, 0, NULL, NULL);
      oh_alarm_set (&self->again, self->core->context, self->core->clocks.trial, trial_takes_long, self);
    }
  else
    begin_handshake (self);
}

static void
leave_aside (OhGate *self, gboolean patient)
{
  self->core->aside--;
  self->state = OH_GATE_FIRST;
  offer (self, patient);
}

static void
offer_again (gpointer data)
{
  leave_aside (data, TRUE);
}

static void
trial_takes_long (gpointer data)
{
  leave_aside (data, FALSE);
}

/* A poll waits for more than @seen bytes. */
static void
wait_beyond (OhGate *self, gssize seen)
{
  const int mark = (int) seen + 1;

  self->seen = seen;
  setsockopt (g_socket_get_fd (self->socket), SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark);
}

static void
peek_first (OhGate *self)
{
  const int fd = g_socket_get_fd (self->socket);
  guint8 bytes[OH_SNIFF_MAX];
  const gssize n = recv (fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
  guint32 shape;
  int waiting = 0;

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    wait_for_input (self);
  else if (n <= 0)
    oh_gate_close (self, FALSE);
  else if (bytes[0] != TLS_HANDSHAKE_BYTE)
    {
      /* Some clients (undici) tunnel plain HTTP too. */
      self->state = OH_GATE_HEAD;
      look_at_pending (self);
    }
  else if (oh_sniff_shape (bytes, (gsize) n, &shape) == OH_SNIFF_MORE && n > self->seen)
    wait_beyond (self, n);
  else
    {
      if (self->seen > 0)
        wait_beyond (self, 0);
      if (n >= TLS_HEADER && ioctl (fd, FIONREAD, &waiting) == 0)
        self->hello_end = count_received (self) - waiting + TLS_HEADER + (bytes[3] << 8) + bytes[4];
      self->who = g_strdup_printf ("%08x %s %.100s", shape, self->program != NULL ? self->program->identity : "",
                                   self->agent != NULL ? self->agent : "");
      offer (self, TRUE);
    }
}

/* Reads what there is. Returns: -1 at the end, 0 if there is nothing yet. */
static gssize
read_client (OhGate *self, guint8 *buffer, gsize size)
{
  GInputStream *in = g_io_stream_get_input_stream (self->stream);
  g_autoptr (GError) error = NULL;
  gssize n;

  if (self->state == OH_GATE_LINGER)
    n = g_socket_receive_with_blocking (self->socket, (char *) buffer, size, FALSE, NULL, &error);
  else
    n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (in), buffer, size, NULL, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return 0;
  if (n <= 0)
    note_refused (self, error);
  return n > 0 ? n : -1;
}

static void
client_ready (guint events, gpointer data)
{
  OhGate *self = oh_gate_ref (data);
  guint8 buffer[READ_SIZE];
  gssize n = 0;

  if (self->state == OH_GATE_RELAY && events == G_IO_IN)
    oh_socket_watch_set (self->watch, POLLRDHUP, client_ready, self);
  else if (self->state == OH_GATE_RELAY && events == POLLRDHUP && self->guest_class->half_closed (self->guest))
    oh_socket_watch_set (self->watch, G_IO_HUP | G_IO_ERR, client_ready, self);
  else if (self->state == OH_GATE_RELAY)
    self->guest_class->gone (self->guest);
  else if (self->state == OH_GATE_FIRST)
    peek_first (self);
  else
    n = read_client (self, buffer, sizeof buffer);
  if (n < 0)
    oh_gate_close (self, FALSE);
  else if (n > 0 && self->state == OH_GATE_LINGER)
    set_clock (self, self->core->clocks.linger);
  else if (n > 0)
    {
      g_byte_array_append (self->pending, buffer, n);
      if (self->state == OH_GATE_INTAKE)
        {
          set_clock (self, self->core->clocks.head);
          self->guest_class->came (self->guest);
        }
      else
        look_at_pending (self);
    }
  oh_gate_unref (self);
}

static void
wait_for_input (OhGate *self)
{
  if (self->watch != NULL)
    oh_socket_watch_set (self->watch, G_IO_IN, client_ready, self);
}

void
oh_gate_watch_hangup (OhGate *self)
{
  oh_socket_watch_set (self->watch, G_IO_IN, client_ready, self);
}

static gboolean
clock_struck (gpointer data)
{
  OhGate *self = data;

  self->clock_at = self->deadline > g_get_monotonic_time () ? self->deadline : -1;
  g_source_set_ready_time (self->clock, self->clock_at);
  if (self->deadline < 0 || self->clock_at >= 0)
    return G_SOURCE_CONTINUE;
  if (self->state == OH_GATE_HEAD && self->head_began > 0)
    oh_gate_refuse_malformed (self, 408, "head-timeout", "head-timeout", self->pending);
  else
    oh_gate_close (self, FALSE);
  return G_SOURCE_CONTINUE;
}

static gboolean
clock_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

OhGate *
oh_gate_add (OhCore *core,
             GSocketConnection *connection,
             GSocketAddress *local,
             GSocketAddress *remote,
             OhGateWantedFunc wanted)
{
  static GSourceFuncs clock_funcs = { .dispatch = clock_dispatch };
  OhGate *self = g_new0 (OhGate, 1);

  g_atomic_ref_count_init (&self->refs);
  self->core = core;
  self->wanted = wanted;
  self->id = ++core->last_connection;
  self->connection = g_object_ref (connection);
  self->socket = g_object_ref (g_socket_connection_get_socket (connection));
  self->stream = G_IO_STREAM (g_object_ref (connection));
  self->local = g_object_ref (local);
  self->remote = g_object_ref (remote);
  self->pending = g_byte_array_new ();
  self->clock = g_source_new (&clock_funcs, sizeof (GSource));
  self->clock_at = -1;
  self->diag = -1;
  g_source_set_callback (self->clock, clock_struck, self, NULL);
  g_source_attach (self->clock, core->context);
  self->watch = oh_socket_watch_new (self->socket);
  g_hash_table_add (core->gates, self);
  oh_upstream_tune_socket (self->socket);
  return self;
}

void
oh_gate_begin (OhGate *self)
{
  look_at_pending (self);
}

void
oh_gate_open (OhCore *core, GSocketConnection *connection, OhGateWantedFunc wanted)
{
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);

  /* Gone before it was looked at. */
  if (local != NULL && remote != NULL)
    look_at_pending (oh_gate_add (core, connection, local, remote, wanted));
}

static void
look_again (gpointer data)
{
  look_at_pending (data);
}

void
oh_gate_message_done (OhGate *self, gboolean keep, gboolean had_body)
{
  guint8 buffer[READ_SIZE];
  gssize n;

  if (self->state == OH_GATE_CLOSED)
    return;
  self->guest = NULL;
  if (!keep)
    {
      oh_gate_linger (self);
      return;
    }
  self->state = OH_GATE_HEAD;
  self->head_began = 0;
  /* What libsoup left of a TLS record does not show on the socket. */
  if (self->secure && had_body && (n = read_client (self, buffer, sizeof buffer)) > 0)
    g_byte_array_append (self->pending, buffer, n);
  if (self->pending->len == 0)
    {
      look_at_pending (self);
      return;
    }
  /* A pipelined request waits for libsoup to leave this turn of the loop. The end behind it is not to be seen before it. */
  oh_socket_watch_set (self->watch, 0, NULL, NULL);
  oh_alarm_set (&self->again, self->core->context, 0, look_again, self);
}

void
oh_gate_pass_answer (OhGate *self, GBytes *answer, gboolean keep)
{
  if (oh_gate_write (self, answer))
    oh_gate_message_done (self, keep, FALSE);
  else
    oh_gate_close (self, FALSE);
}
