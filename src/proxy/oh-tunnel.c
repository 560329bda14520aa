/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-tunnel-private.h"
#include "oh-outbox-private.h"
#include "oh-saying.h"
#include "oh-source.h"

#include <glib/gi18n.h>
#include <string.h>

#define BUFFER_SIZE (32 * 1024)

typedef struct _OhTunnel OhTunnel;

/* One direction. Either it waits for bytes of @from, or for room in @to. */
typedef struct
{
  OhTunnel *tunnel;
  GIOStream *from;
  GIOStream *to;
  OhParty sender;
  OhOutbox out;
  GSource *source;
  gboolean ended;
  gint64 count;
} Way;

struct _OhTunnel
{
  gatomicrefcount refs;
  OhGate *gate;
  OhRecorder *recorder;
  GCancellable *connecting;
  OhLine *line;
  Way up;
  Way down;
  OhParty first_to_end;
  gboolean over;
  gboolean unasked; /* nobody waits for a word on it */
};

static void step (Way *way);

static void
tunnel_unref (OhTunnel *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_object (&self->connecting);
  oh_recorder_free (self->recorder);
  oh_gate_unref (self->gate);
  g_free (self);
}

static void
stop_way (Way *way)
{
  oh_source_drop (&way->source);
  oh_outbox_clear (&way->out);
}

/* Ends the exchange and drops the gate's reference. */
static void
finish (OhTunnel *self, OhOutcome outcome, OhParty party, const char *code, const char *message)
{
  g_autoptr (OhCapture) end = NULL;

  self->over = TRUE;
  g_cancellable_cancel (self->connecting);
  oh_recorder_count (self->recorder, self->up.count, self->down.count);
  end = oh_recorder_end (self->recorder, outcome, party, code, message, NULL, NULL, NULL);
  stop_way (&self->up);
  stop_way (&self->down);
  g_clear_pointer (&self->line, oh_line_close);
  tunnel_unref (self);
}

static void
finish_and_close (OhTunnel *self, OhOutcome outcome, OhParty party, const char *code, const char *message)
{
  OhGate *gate = oh_gate_ref (self->gate);

  oh_gate_dismiss (gate);
  finish (self, outcome, party, code, message);
  oh_gate_close (gate, FALSE);
  oh_gate_unref (gate);
}

/* The socket of a stream that can end one direction, or NULL for TLS, which cannot, be it only on the way to a proxy. */
static GSocket *
get_plain_socket (GIOStream *stream)
{
  if (G_IS_TCP_WRAPPER_CONNECTION (stream))
    return NULL;
  return G_IS_SOCKET_CONNECTION (stream) ? g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)) : NULL;
}

static void
end_way (Way *way)
{
  OhTunnel *self = way->tunnel;
  Way *other = way == &self->up ? &self->down : &self->up;
  GSocket *socket = get_plain_socket (way->to);

  way->ended = TRUE;
  if (self->first_to_end == OH_PARTY_NONE)
    self->first_to_end = way->sender;
  if (other->ended || socket == NULL || get_plain_socket (way->from) == NULL)
    finish_and_close (self, OH_OUTCOME_FINISHED, self->first_to_end, NULL, NULL);
  else
    g_socket_shutdown (socket, FALSE, TRUE, NULL);
}

static void
break_way (Way *way, OhParty party)
{
  if (party == OH_PARTY_CLIENT)
    finish_and_close (way->tunnel, OH_OUTCOME_CUT, party, "client-gone", "tunnel-client-gone");
  else
    finish_and_close (way->tunnel, OH_OUTCOME_CUT, party, "upstream-cut", "tunnel-upstream-cut");
}

static gboolean
ready (GObject *stream, gpointer data)
{
  Way *way = data;

  oh_source_drop (&way->source);
  step (way);
  return G_SOURCE_REMOVE;
}

static void
wait_for (Way *way, GSource *source)
{
  way->source = source;
  g_source_set_callback (source, G_SOURCE_FUNC (ready), way, NULL);
  g_source_attach (source, way->tunnel->gate->core->context);
}

/* Moves what can be moved without waiting, one buffer at most. */
static void
step (Way *way)
{
  GPollableInputStream *in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (way->from));
  GPollableOutputStream *out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (way->to));
  OhParty receiver = way->sender == OH_PARTY_CLIENT ? OH_PARTY_UPSTREAM : OH_PARTY_CLIENT;
  OhOutboxState state;
  gsize before;

  if (way->out.pending == 0)
    {
      guint8 bytes[BUFFER_SIZE];
      g_autoptr (GError) error = NULL;
      gssize n = g_pollable_input_stream_read_nonblocking (in, bytes, sizeof bytes, NULL, &error);

      if (n == 0 || g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF))
        {
          end_way (way);
          return;
        }
      if (n < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          break_way (way, way->sender);
          return;
        }
      if (n > 0)
        oh_outbox_push (&way->out, g_bytes_new (bytes, n));
    }
  before = way->out.pending;
  state = oh_outbox_flush (&way->out, way->to);
  way->count += before - way->out.pending;
  if (state == OH_OUTBOX_BLOCKED)
    wait_for (way, g_pollable_output_stream_create_source (out, NULL));
  else if (state == OH_OUTBOX_BROKEN)
    break_way (way, receiver);
  else
    wait_for (way, g_pollable_input_stream_create_source (in, NULL));
}

static void
stop (gpointer guest)
{
  finish (guest, OH_OUTCOME_CUT, OH_PARTY_US, "stopped", "tunnel-stopped");
}

static const OhGuestClass guest_class = { .stop = stop };

static OhTunnel *
tunnel_new (OhGate *gate, OhRecorder *recorder)
{
  OhTunnel *self = g_new0 (OhTunnel, 1);

  g_atomic_ref_count_init (&self->refs);
  self->gate = oh_gate_ref (gate);
  self->recorder = recorder;
  self->connecting = g_cancellable_new ();
  oh_gate_admit (gate, OH_GATE_TUNNEL, &guest_class, self);
  return self;
}

/* @leftover: what the server has sent already */
static void
run (OhTunnel *self, OhLine *line, GBytes *leftover)
{
  GByteArray *pending = self->gate->pending;

  self->line = line;
  self->up = (Way) { .tunnel = self, .from = self->gate->stream, .to = line->stream, .sender = OH_PARTY_CLIENT };
  self->down = (Way) { .tunnel = self, .from = line->stream, .to = self->gate->stream, .sender = OH_PARTY_UPSTREAM };
  oh_outbox_push (&self->up.out, g_bytes_new (pending->data, pending->len));
  if (leftover != NULL)
    oh_outbox_push (&self->down.out, g_bytes_ref (leftover));
  g_atomic_ref_count_inc (&self->refs);
  step (&self->up);
  if (!self->over)
    step (&self->down);
  tunnel_unref (self);
}

void
oh_tunnel_open_upgraded (OhGate *gate, OhLine *line, GBytes *leftover, OhRecorder *recorder)
{
  run (tunnel_new (gate, recorder), line, leftover);
  g_bytes_unref (leftover);
}

static void
blind_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  OhTunnel *self = data;
  g_autoptr (GError) error = NULL;
  OhLine *line = oh_upstream_connect_finish (self->gate->core->upstream, result, &error);

  if (self->over)
    g_clear_pointer (&line, oh_line_close);
  else if (line == NULL)
    {
      OhGate *gate = oh_gate_ref (self->gate);
      gboolean keep;
      GBytes *refusal = oh_upstream_get_refusal (result, &keep);
      g_autofree char *saying = NULL;
      const char *code = oh_upstream_explain (error, oh_recorder_get_host (self->recorder), &saying);
      g_autofree char *said = oh_saying_tell (saying);
      g_autofree char *text = g_strdup_printf (_("Overhear, the debugging proxy on this computer, could not open this "
                                                 "tunnel. %s\n"),
                                               said);

      oh_gate_dismiss (gate);
      finish (self, OH_OUTCOME_FAILED, OH_PARTY_UPSTREAM, code, saying);
      if (self->unasked)
        oh_gate_close (gate, TRUE);
      else if (refusal != NULL)
        oh_gate_pass_answer (gate, g_bytes_ref (refusal), keep && gate->pending->len == 0);
      else
        oh_gate_refuse (gate, 502, NULL, text);
      oh_gate_unref (gate);
    }
  else if (!self->unasked && !oh_gate_write (self->gate, g_bytes_new_static (OH_GATE_GRANTED, strlen (OH_GATE_GRANTED))))
    {
      oh_line_close (line);
      break_way (&self->up, OH_PARTY_CLIENT);
    }
  else
    {
      OhTimings *timings = oh_recorder_get_timings (self->recorder);

      timings->resolved = oh_recorder_since (self->recorder, line->resolved);
      timings->connected = oh_recorder_since (self->recorder, line->connected);
      run (self, line, NULL);
    }
  tunnel_unref (self);
}

static void
connect_blind (OhTunnel *self, const char *host, guint port, const char *agent)
{
  OhGate *gate = self->gate;
  g_autoptr (OhHops) hops = NULL;
  g_autofree char *url = oh_chain_make_url (TRUE, host, port, "/");
  /* A run is sent elsewhere with all that it says. Who did not ask for anything of that reaches the host that it means. */
  g_autoptr (OhDetour) detour
      = gate->run_id != 0 ? oh_admission_find_detour (gate->core->admission, gate->run_id, host) : NULL;
  OhDestination destination = { .host = detour != NULL ? detour->host : host,
                                .port = detour != NULL ? detour->port : port };

  if (detour == NULL && !gate->direct)
    hops = oh_admission_find_hops (gate->core->admission, gate->place != 0 ? gate->place : gate->run_id, TRUE, host, port);
  destination.hops = hops;
  destination.url = url;
  destination.login = gate->login;
  destination.lane = gate->lane;
  destination.agent = agent != NULL ? agent : gate->agent;
  self->up.tunnel = self;
  g_atomic_ref_count_inc (&self->refs);
  oh_upstream_connect_async (gate->core->upstream, &destination, self->connecting, blind_connected, self);
}

void
oh_tunnel_open_blind (OhGate *gate, const char *host, guint port, const OhHttpHead *head, OhOddity why)
{
  OhRecorder *recorder = oh_gate_record (gate, OH_ROUTE_BLIND, "CONNECT", "https", host, port, NULL, head, NULL);

  oh_recorder_note (recorder, why);
  connect_blind (tunnel_new (gate, recorder), host, port, oh_http_head_get (head, "User-Agent"));
}

void
oh_tunnel_open_passage (OhGate *gate, const char *host, guint port, OhLine *line)
{
  OhTunnel *self = tunnel_new (gate, oh_gate_record (gate, OH_ROUTE_BLIND, "CONNECT", "https", host, port, NULL, NULL, NULL));

  self->unasked = TRUE;
  if (line != NULL)
    run (self, line, NULL);
  else
    connect_blind (self, host, port, NULL);
}

void
oh_tunnel_open_granted (OhGate *gate)
{
  OhRecorder *recorder = oh_gate_record (gate, OH_ROUTE_BLIND, "CONNECT", "https", gate->host, gate->port, NULL, NULL, NULL);
  OhTunnel *self = tunnel_new (gate, recorder);

  oh_recorder_note (recorder, OH_ODDITY_CERTIFICATE_REFUSED);
  self->unasked = TRUE;
  connect_blind (self, gate->host, gate->port, NULL);
}
