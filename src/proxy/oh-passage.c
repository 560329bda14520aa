/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-passage-private.h"
#include "oh-sniff-private.h"
#include "oh-tunnel-private.h"

#include <errno.h>
#include <sys/socket.h>

struct _OhPassage
{
  int diag;
  char *host;
  guint port;
  gboolean named;
  OhLine *line;
  GCancellable *connecting;
  gssize seen; /* of what the program says first */
};

OhPassage *
oh_passage_new (int diag, const char *host, guint port, gboolean named, OhLine *line)
{
  OhPassage *self = g_new0 (OhPassage, 1);

  *self = (OhPassage) { diag, g_strdup (host), port, named, line, g_cancellable_new (), 0 };
  return self;
}

void
oh_passage_free (OhPassage *self)
{
  g_clear_pointer (&self->line, oh_line_close);
  g_object_unref (self->connecting);
  g_free (self->host);
  g_free (self);
}

void
oh_passage_stop (OhPassage *self)
{
  g_cancellable_cancel (self->connecting);
  g_clear_pointer (&self->line, oh_line_close);
}

int
oh_passage_get_diag (OhPassage *self)
{
  return self->diag;
}

/* So that a poll waits for more than has been seen. */
static void
wait_beyond (OhGate *gate, gssize seen)
{
  const int mark = (int) seen + 1;

  gate->passage->seen = seen;
  setsockopt (g_socket_get_fd (gate->socket), SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark);
}

/* @host: as the record has it */
static void
pass_through (OhGate *gate, const char *host)
{
  OhPassage *self = gate->passage;

  if (self->seen > 0)
    wait_beyond (gate, 0);
  if (self->line != NULL)
    oh_socket_watch_set (self->line->watch, 0, NULL, NULL);
  oh_tunnel_open_passage (gate, host, self->port, g_steal_pointer (&self->line));
}

static void
read_it (OhGate *gate, const char *host)
{
  OhPassage *self = gate->passage;

  if (oh_gate_take_fallback (gate, host, NULL))
    {
      pass_through (gate, host);
      return;
    }
  if (self->seen > 0)
    wait_beyond (gate, 0);
  g_clear_pointer (&self->line, oh_line_close);
  oh_gate_enter (gate, host, self->port);
}

static void
client_spoke (guint events, gpointer data)
{
  OhGate *gate = data;
  OhPassage *self = gate->passage;
  guint8 bytes[OH_SNIFF_MAX];
  g_autofree char *host = NULL;
  const gssize n = recv (g_socket_get_fd (gate->socket), bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
  OhSniff found;

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n < 0)
    {
      oh_gate_close (gate, FALSE);
      return;
    }
  found = oh_sniff (bytes, (gsize) n, &host);
  if (found == OH_SNIFF_MORE && n > self->seen)
    wait_beyond (gate, n);
  else if (host != NULL && oh_core_reads (gate->core, gate->run_id, host))
    read_it (gate, host);
  else
    /* Also where nothing more comes. */
    pass_through (gate, host != NULL ? host : self->host);
}

static void
server_spoke (guint events, gpointer data)
{
  OhGate *gate = data;

  pass_through (gate, gate->passage->host);
}

static void
listen_to_both (OhGate *gate)
{
  oh_socket_watch_set (gate->watch, G_IO_IN, client_spoke, gate);
  oh_socket_watch_set (gate->passage->line->watch, G_IO_IN, server_spoke, gate);
}

static void
connected (GObject *source, GAsyncResult *result, gpointer data)
{
  OhGate *gate = data;
  g_autoptr (GError) error = NULL;
  OhLine *line = oh_upstream_connect_finish (gate->core->upstream, result, &error);

  if (gate->state != OH_GATE_SNIFF)
    oh_line_close (line);
  else if (line == NULL)
    oh_gate_close (gate, TRUE);
  else
    {
      gate->passage->line = line;
      listen_to_both (gate);
    }
  oh_gate_unref (gate);
}

void
oh_passage_begin (OhGate *gate)
{
  OhPassage *self = gate->passage;
  const OhDestination destination = { .host = self->host, .port = self->port };

  gate->direct = TRUE;
  gate->state = OH_GATE_SNIFF;
  if (oh_core_reads (gate->core, gate->run_id, self->host))
    read_it (gate, self->host);
  else if (self->named)
    pass_through (gate, self->host);
  else if (self->line != NULL)
    listen_to_both (gate);
  else
    oh_upstream_connect_async (gate->core->upstream, &destination, self->connecting, connected, oh_gate_ref (gate));
}
