/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-passage-private.h"
#include "oh-sniff-private.h"
#include "oh-tunnel-private.h"

#include <errno.h>
#include <sys/socket.h>

typedef struct
{
  OhGate *gate; /* NULL: it has been closed while we connected */
  char *host;
  guint port;
  OhLine *line;
  OhUpstream *upstream;
  GCancellable *connecting; /* NULL: nothing is waited for */
  gssize seen;              /* of what the program says first */
} OhPassage;

static void
passage_free (OhPassage *self)
{
  oh_line_close (self->line);
  g_clear_object (&self->connecting);
  g_free (self->host);
  g_free (self);
}

static void
stop (gpointer guest)
{
  OhPassage *self = guest;

  self->gate = NULL;
  if (self->connecting != NULL)
    g_cancellable_cancel (self->connecting);
  else
    passage_free (self);
}

static const OhGuestClass guest_class = { .stop = stop };

/* So that a poll waits for more than has been seen. */
static void
wait_beyond (OhPassage *self, gssize seen)
{
  const int mark = (int) seen + 1;

  self->seen = seen;
  setsockopt (g_socket_get_fd (self->gate->socket), SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark);
}

/* The gate is somebody else's. */
static void
leave (OhPassage *self)
{
  if (self->seen > 0)
    wait_beyond (self, 0);
  oh_gate_dismiss (self->gate);
}

/* @host: as the record has it */
static void
pass_through (OhPassage *self, const char *host)
{
  if (self->line != NULL)
    oh_socket_watch_set (self->line->watch, 0, NULL, NULL);
  leave (self);
  oh_tunnel_open_passage (self->gate, host, self->port, g_steal_pointer (&self->line));
  passage_free (self);
}

static void
read_it (OhPassage *self, const char *host)
{
  leave (self);
  oh_gate_enter (self->gate, host, self->port, oh_tunnel_open_granted);
  passage_free (self);
}

static void
client_spoke (guint events, gpointer data)
{
  OhPassage *self = data;
  guint8 bytes[OH_SNIFF_MAX];
  g_autofree char *host = NULL;
  const gssize n = recv (g_socket_get_fd (self->gate->socket), bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
  OhSniff found;

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n < 0)
    {
      oh_gate_close (self->gate, FALSE);
      return;
    }
  found = oh_sniff (bytes, (gsize) n, &host);
  if (found == OH_SNIFF_MORE && n > self->seen)
    wait_beyond (self, n);
  else if (host != NULL && oh_core_reads (self->gate->core, self->gate->run_id, host))
    read_it (self, host);
  else
    /* Also where nothing more comes. */
    pass_through (self, host != NULL ? host : self->host);
}

static void
server_spoke (guint events, gpointer data)
{
  OhPassage *self = data;

  pass_through (self, self->host);
}

static void
listen_to_both (OhPassage *self)
{
  oh_socket_watch_set (self->gate->watch, G_IO_IN, client_spoke, self);
  oh_socket_watch_set (self->line->watch, G_IO_IN, server_spoke, self);
}

static void
connected (GObject *source, GAsyncResult *result, gpointer data)
{
  OhPassage *self = data;
  g_autoptr (GError) error = NULL;

  self->line = oh_upstream_connect_finish (self->upstream, result, &error);
  g_clear_object (&self->connecting);
  if (self->gate == NULL)
    passage_free (self);
  else if (self->line == NULL)
    oh_gate_close (self->gate, TRUE);
  else
    listen_to_both (self);
}

void
oh_passage_open (OhGate *gate, const char *host, guint port, gboolean named, OhLine *line)
{
  OhPassage *self = g_new0 (OhPassage, 1);
  const OhDestination destination = { .host = host, .port = port };

  *self = (OhPassage) { .gate = gate, .host = g_strdup (host), .port = port, .line = line, .upstream = gate->core->upstream };
  gate->direct = TRUE;
  oh_gate_admit (gate, OH_GATE_SNIFF, &guest_class, self);
  if (oh_core_reads (gate->core, gate->run_id, host))
    read_it (self, host);
  else if (named)
    pass_through (self, host);
  else if (line != NULL)
    listen_to_both (self);
  else
    {
      self->connecting = g_cancellable_new ();
      oh_upstream_connect_async (self->upstream, &destination, self->connecting, connected, self);
    }
}
