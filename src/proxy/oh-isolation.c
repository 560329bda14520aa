/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-isolation-private.h"
#include "oh-clock.h"
#include "oh-gate-private.h"
#include "oh-listener-private.h"
#include "oh-mirror-private.h"
#include "oh-names-private.h"
#include "oh-nat-private.h"
#include "oh-passage-private.h"
#include "oh-questions-private.h"
#include "oh-recorder-private.h"
#include "oh-router-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DNS_PORT 53

struct _OhIsolation
{
  OhCore *core;
  gint64 run_id;
  int device;
  int diag;
  int stop; /* an eventfd that ends the thread */
  GThread *thread;
  GMutex lock;
  OhNat *nat; /* locked */
  OhNames *names;
  OhQuestions *questions;
  OhMirror *mirror;
  OhListener *listeners[2];
  GHashTable *lines; /* make_key () → OhLine: made before its client was let in */
  gboolean stopped;
};

/* A connection that waits for what becomes of it, on its way to the proxy's thread and through it. */
typedef struct
{
  OhIsolation *self;
  guint8 version;
  guint port; /* as the table of connections has it */
  char *host;
  guint server_port;
} Attempt;

static gpointer
make_key (guint8 version, guint port)
{
  return GUINT_TO_POINTER ((guint) version << 16 | port);
}

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  g_free (attempt->host);
  g_free (attempt);
}

/* A packet that the network does not take is lost, as packets are. */
static void
send_packet (OhIsolation *self, const guint8 *data, gsize length)
{
  if (write (self->device, data, length) < 0)
    return;
}

static void
let_in (OhIsolation *self, guint8 version, guint port)
{
  guint8 room[OH_PACKET_SMALL];
  OhPacket packet;
  gboolean waits;

  g_mutex_lock (&self->lock);
  waits = oh_nat_end_wait (self->nat, version, port, room, &packet);
  if (waits)
    oh_nat_let_in (self->nat, port, &packet);
  g_mutex_unlock (&self->lock);
  if (waits)
    send_packet (self, packet.data, packet.length);
}

/* As the network would have refused it. @error: NULL: nobody listens there */
static void
refuse (OhIsolation *self, guint8 version, guint port, const GError *error)
{
  guint8 room[OH_PACKET_SMALL], answer[OH_PACKET_SMALL];
  OhPacket packet;
  gboolean waits;
  gsize length;

  g_mutex_lock (&self->lock);
  waits = oh_nat_end_wait (self->nat, version, port, room, &packet);
  g_mutex_unlock (&self->lock);
  /* Who waits in vain tries again by itself. */
  if (!waits || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE) || (error != NULL && error->domain == G_RESOLVER_ERROR))
    length = oh_packet_make_unreachable (&packet, FALSE, answer);
  else
    length = oh_packet_make_reset (&packet, answer);
  send_packet (self, answer, length);
}

static void
record_failure (OhIsolation *self, const Attempt *attempt, const GError *error)
{
  g_autoptr (OhSecrets) secrets = oh_admission_get_secrets (self->core->admission);
  OhExchange *exchange = oh_exchange_new ();
  g_autofree char *saying = NULL;
  const char *code = oh_upstream_explain (error, attempt->host, &saying);
  g_autoptr (OhCapture) end = NULL;
  OhRecorder *recorder;

  exchange->run_id = self->run_id;
  exchange->route = OH_ROUTE_BLIND;
  exchange->method = g_strdup ("CONNECT");
  exchange->scheme = g_strdup ("https");
  exchange->host = g_strdup (attempt->host);
  exchange->port = attempt->server_port;
  exchange->http_version = g_strdup ("1.1");
  recorder = oh_recorder_new (oh_core_get_sink (self->core), secrets, exchange, NULL, NULL, oh_clock_monotonic_ns ());
  end = oh_recorder_end (recorder, OH_OUTCOME_FAILED, OH_PARTY_UPSTREAM, code, saying, NULL, NULL, NULL);
  oh_recorder_free (recorder);
}

static void
attempt_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Attempt *attempt = data;
  OhIsolation *self = attempt->self;
  g_autoptr (GError) error = NULL;
  OhLine *line = oh_upstream_connect_finish (self->core->upstream, result, &error);

  if (self->stopped)
    oh_line_close (line);
  else if (line != NULL)
    {
      g_hash_table_replace (self->lines, make_key (attempt->version, attempt->port), line);
      let_in (self, attempt->version, attempt->port);
    }
  else
    {
      record_failure (self, attempt, error);
      refuse (self, attempt->version, attempt->port, error);
    }
  attempt_free (attempt);
}

static gboolean
begin_attempt (gpointer data)
{
  Attempt *attempt = data;
  const OhDestination destination = { .host = attempt->host, .port = attempt->server_port };

  if (attempt->self->stopped)
    attempt_free (attempt);
  else
    oh_upstream_connect_async (attempt->self->core->upstream, &destination, NULL, attempt_connected, attempt);
  return G_SOURCE_REMOVE;
}

/* ---- the thread of the packets ---- */

/* What is meant by an address of the program's. Returns: FALSE for a name that is known no more.
 * @host: (out) (transfer full) */
static gboolean
name_host (OhIsolation *self, const OhEnd *server, char **host, gboolean *named)
{
  *named = oh_names_find (self->names, server, host);
  if (!*named)
    *host = oh_end_print_address (server);
  return *host != NULL;
}

static void
decide (OhIsolation *self, const OhPacket *packet, guint port)
{
  g_autofree char *host = NULL;
  gboolean named;
  Attempt *attempt;

  if (packet->to.port == DNS_PORT)
    let_in (self, packet->to.version, port);
  else if (!name_host (self, &packet->to, &host, &named))
    refuse (self, packet->to.version, port, NULL);
  else if (oh_core_reads (self->core, self->run_id, host))
    /* Whoever reads it connects, and has a way to say that it cannot. */
    let_in (self, packet->to.version, port);
  else
    {
      attempt = g_new (Attempt, 1);
      *attempt = (Attempt) { self, packet->to.version, port, g_steal_pointer (&host), packet->to.port };
      g_main_context_invoke (self->core->context, begin_attempt, attempt);
    }
}

static void
take_tcp (OhIsolation *self, OhPacket *packet)
{
  guint8 answer[OH_PACKET_SMALL];
  OhNatVerdict verdict;
  guint port;

  g_mutex_lock (&self->lock);
  verdict = oh_nat_take (self->nat, packet, g_get_monotonic_time (), &port);
  g_mutex_unlock (&self->lock);
  switch (verdict)
    {
    case OH_NAT_PASS:
      send_packet (self, packet->data, packet->length);
      break;
    case OH_NAT_RESET:
      send_packet (self, answer, oh_packet_make_reset (packet, answer));
      break;
    case OH_NAT_ASK:
      decide (self, packet, port);
      break;
    case OH_NAT_DROP:
      break;
    }
}

/* QUIC and the like are told that nobody listens, so that their clients fall back to what can be read. */
static void
take_udp (OhIsolation *self, OhPacket *packet)
{
  guint8 answer[OH_PACKET_SMALL];

  if (packet->to.port == DNS_PORT)
    oh_questions_take_packet (self->questions, packet);
  else
    send_packet (self, answer, oh_packet_make_unreachable (packet, TRUE, answer));
}

static gpointer
run_thread (gpointer data)
{
  OhIsolation *self = data;
  g_autofree guint8 *bytes = g_malloc (OH_PACKET_MAX);

  for (;;)
    {
      const ssize_t n = read (self->device, bytes, OH_PACKET_MAX);
      OhPacket packet;

      if (n < 0 && errno == EAGAIN)
        {
          struct pollfd fds[] = { { .fd = self->device, .events = POLLIN }, { .fd = self->stop, .events = POLLIN } };

          if (poll (fds, G_N_ELEMENTS (fds), -1) > 0 && fds[1].revents != 0)
            return NULL;
        }
      else if (n < 0 && errno != EINTR)
        return NULL;
      else if (n > 0 && oh_packet_read (&packet, bytes, (gsize) n))
        {
          if (packet.protocol == IPPROTO_TCP)
            take_tcp (self, &packet);
          else
            take_udp (self, &packet);
        }
    }
}

/* ---- what comes to the listeners ---- */

static GSocketAddress *
make_address (const OhEnd *end)
{
  g_autoptr (GInetAddress) address
      = g_inet_address_new_from_bytes (end->address, end->version == 6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4);

  return g_inet_socket_address_new (address, end->port);
}

static void
open_passage (OhIsolation *self,
              GSocketConnection *connection,
              GSocketAddress *local,
              GSocketAddress *remote,
              const char *host,
              guint port,
              gboolean named,
              OhLine *line)
{
  OhGate *gate = oh_gate_add (self->core, connection, local, remote, oh_router_take);

  gate->run_id = self->run_id;
  gate->diag = self->diag;
  oh_passage_open (gate, host, port, named, line);
}

static void
client_came (GSocketConnection *connection, gpointer data)
{
  OhIsolation *self = data;
  g_autoptr (GSocketAddress) from = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GSocketAddress) remote = NULL;
  g_autofree char *host = NULL;
  const OhNatFlow *found;
  OhNatFlow flow;
  OhLine *line = NULL;
  gboolean named;
  guint8 version;
  guint port;

  if (from == NULL)
    return;
  version = g_socket_address_get_family (from) == G_SOCKET_FAMILY_IPV6 ? 6 : 4;
  port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (from));
  g_mutex_lock (&self->lock);
  found = oh_nat_find (self->nat, version, port);
  if (found != NULL)
    flow = *found;
  g_mutex_unlock (&self->lock);
  if (found == NULL)
    return;
  if (flow.server.port == DNS_PORT)
    {
      oh_questions_take_connection (self->questions, connection);
      return;
    }
  if (!name_host (self, &flow.server, &host, &named))
    return;
  g_hash_table_steal_extended (self->lines, make_key (version, port), NULL, (gpointer *) &line);
  local = make_address (&flow.server);
  remote = make_address (&flow.client);
  open_passage (self, connection, local, remote, host, flow.server.port, named, line);
}

/* A service of this computer's loopback. */
static void
mirrored (GSocketConnection *connection, gpointer data)
{
  OhIsolation *self = data;
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autofree char *host = NULL;
  guint port;

  if (local == NULL || remote == NULL)
    return;
  port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local));
  host = g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)));
  if (port == self->core->port)
    {
      OhGate *gate = oh_gate_add (self->core, connection, local, remote, oh_router_take);

      gate->run_id = self->run_id;
      gate->diag = self->diag;
      oh_gate_begin (gate);
    }
  else
    open_passage (self, connection, local, remote, host, port, FALSE, NULL);
}

static void
answer_packet (const guint8 *data, gsize length, gpointer data_of_ours)
{
  send_packet (data_of_ours, data, length);
}

static OhListener *
serve (OhIsolation *self, int fd, OhListenerFunc func)
{
  OhListener *listener = fd >= 0 ? oh_listener_new_from_fd (fd) : NULL;

  if (listener != NULL)
    oh_listener_start (listener, self->core->context, func, self);
  return listener;
}

OhIsolation *
oh_isolation_new (OhCore *core, gint64 run_id, const OhNsNetwork *network)
{
  OhIsolation *self = g_new0 (OhIsolation, 1);

  self->core = core;
  self->run_id = run_id;
  self->device = network->files[OH_NS_FILE_DEVICE];
  self->diag = network->files[OH_NS_FILE_DIAG];
  self->stop = eventfd (0, EFD_CLOEXEC);
  g_mutex_init (&self->lock);
  self->nat = oh_nat_new (network->port4, network->port6);
  self->names = oh_names_new ();
  self->lines = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) oh_line_close);
  self->questions = oh_questions_new (core, run_id, self->names, network->files[OH_NS_FILE_DNS_UDP],
                                      network->files[OH_NS_FILE_DNS_TCP], answer_packet, self);
  self->listeners[0] = serve (self, network->files[OH_NS_FILE_LISTEN4], client_came);
  self->listeners[1] = serve (self, network->files[OH_NS_FILE_LISTEN6], client_came);
  self->mirror = oh_mirror_new (core->context, network->spares4, network->spares6, mirrored, self);
  g_unix_set_fd_nonblocking (self->device, TRUE, NULL);
  self->thread = g_thread_new ("isolation", run_thread, self);
  return self;
}

void
oh_isolation_stop (OhIsolation *self)
{
  const guint64 one = 1;

  if (self->stopped)
    return;
  self->stopped = TRUE;
  if (write (self->stop, &one, sizeof one) == sizeof one)
    g_thread_join (self->thread);
  g_clear_pointer (&self->listeners[0], oh_listener_free);
  g_clear_pointer (&self->listeners[1], oh_listener_free);
  g_clear_pointer (&self->mirror, oh_mirror_free);
  oh_questions_stop (self->questions);
  g_hash_table_remove_all (self->lines);
}

void
oh_isolation_free (OhIsolation *self)
{
  oh_isolation_stop (self);
  oh_questions_unref (self->questions);
  g_hash_table_unref (self->lines);
  oh_nat_free (self->nat);
  oh_names_free (self->names);
  close (self->device);
  close (self->diag);
  close (self->stop);
  g_mutex_clear (&self->lock);
  g_free (self);
}
