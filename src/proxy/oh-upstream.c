/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-upstream-private.h"
#include "oh-ask-private.h"
#include "oh-resolver-private.h"
#include "oh-clock.h"
#include "oh-saying.h"
#include "oh-source.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* Servers close idle connections after a minute or more; leave before they do. */
#define IDLE_MAX_NS (50 * OH_NS_PER_S)
#define IDLE_PER_KEY_MAX 32
#define CONNECT_TIMEOUT_MS 30000
/* The same of a proxy behind which there is another one. */
#define NEXT_TIMEOUT_MS 10000
/* In a tunnel that nobody has spoken in, servers wait less long. */
#define TUNNEL_IDLE_NS (10 * OH_NS_PER_S)
/* How long a proxy that could not be reached is tried last. */
#define BAD_NS (5 * 60 * OH_NS_PER_S)

struct _OhUpstream
{
  GHashTable *idle; /* key → GQueue of OhLine, newest at the head */
  GHashTable *bad;  /* URI of a proxy → gint64*: until when (oh_clock_boot_ns()) it is tried last */
  GSource *sweep;
  guint16 own_port;
  guint connecting;
};

typedef struct
{
  OhUpstream *self;
  OhDestination destination; /* owns what it points to */
  GSocketConnectable *identity;
  GPtrArray *hops;           /* (element-type OhHop): which are tried; NULL: none between */
  guint next;                /* of these */
  OhHop *hop;                /* that is tried now (transfer none), or NULL */
  gboolean forwarded;        /* and it gets the request whole */
  gboolean reached;          /* and it could be reached */
  gboolean looped;           /* and it is ourselves */
  gconstpointer client;      /* of this try, to be known by */
  GSocketConnection *connection;
  GIOStream *stream;
  GBytes *refusal;           /* what a proxy said that wants a login, or NULL */
  gboolean refusal_keeps;    /* and that connection goes on */
  GCancellable *cancellable; /* of this try */
  GCancellable *outer;
  gulong outer_id;
  gboolean left;             /* nobody waits for it any more */
  GSource *deadline;
  gboolean timed_out;
  gint64 resolved;
  gint64 connected;
} Connect;

static void try_next (GTask *task);

OhDestination
oh_destination_copy (const OhDestination *from)
{
  OhDestination copy = *from;

  copy.host = g_strdup (from->host);
  copy.url = g_strdup (from->url);
  copy.login = g_strdup (from->login);
  copy.lane = g_strdup (from->lane);
  copy.agent = g_strdup (from->agent);
  copy.hops = from->hops != NULL ? oh_hops_ref (from->hops) : NULL;
  copy.trust = from->trust != NULL ? g_object_ref (from->trust) : NULL;
  return copy;
}

void
oh_destination_clear (OhDestination *copy)
{
  g_free ((char *) copy->host);
  g_free ((char *) copy->url);
  g_free ((char *) copy->login);
  g_free ((char *) copy->lane);
  g_free ((char *) copy->agent);
  g_clear_pointer (&copy->hops, oh_hops_unref);
  g_clear_object (&copy->trust);
}

static void
free_hop (gpointer hop)
{
  if (hop != NULL)
    oh_hop_unref (hop);
}

static gboolean
is_forwarded (const OhDestination *to, const OhHop *hop)
{
  return to->forwardable && hop != NULL && hop->forwards;
}

/* Of connections that end at the proxy. */
static char *
make_hop_key (const OhDestination *to, const OhHop *hop)
{
  return g_strdup_printf ("%s %s", hop->uri, to->lane != NULL ? to->lane : "");
}

static char *
make_key (const OhDestination *to, const OhHop *hop)
{
  g_autofree char *by = hop != NULL && hop->uri != NULL ? make_hop_key (to, hop) : g_strdup ("");

  if (is_forwarded (to, hop))
    return g_steal_pointer (&by);
  /* Nobody has said anything in there: the program may speak TLS, or not. */
  if (to->inquiry)
    return g_strdup_printf ("tunnel %u %s %s", to->port, to->host, by);
  return g_strdup_printf ("%s %u %s %s %s", to->tls ? "https" : "http", to->port, to->host, by,
                          to->tls ? oh_trust_get_id (to->trust) : "");
}

static gboolean
is_bad (OhUpstream *self, const OhHop *hop)
{
  const gint64 *until = hop != NULL && hop->uri != NULL ? g_hash_table_lookup (self->bad, hop->uri) : NULL;

  return until != NULL && oh_clock_boot_ns () < *until;
}

/* In the order in which they are tried. (transfer full) */
static GPtrArray *
sort_hops (OhUpstream *self, const GPtrArray *list)
{
  GPtrArray *hops = g_ptr_array_new_with_free_func (free_hop);

  for (guint bad = 0; bad < 2; bad++)
    for (guint i = 0; i < list->len; i++)
      if (is_bad (self, list->pdata[i]) == (bad == 1))
        g_ptr_array_add (hops, list->pdata[i] != NULL ? oh_hop_ref (list->pdata[i]) : NULL);
  if (hops->len == 0)
    g_ptr_array_add (hops, NULL);
  return hops;
}

void
oh_upstream_tune_socket (GSocket *socket)
{
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_keepalive (socket, TRUE);
}

/* Returns: its stream (transfer full) */
static GIOStream *
unwrap (OhLine *line)
{
  GIOStream *stream = line->stream;

  oh_socket_watch_free (line->watch);
  g_object_unref (line->socket);
  g_clear_pointer (&line->forwarding, oh_hop_unref);
  g_free (line->key);
  g_free (line);
  return stream;
}

void
oh_line_close (OhLine *line)
{
  g_autoptr (GSocket) socket = NULL;

  if (line == NULL)
    return;
  socket = g_object_ref (line->socket);
  g_object_unref (unwrap (line));
  g_socket_close (socket, NULL);
}

static void
queue_free (gpointer data)
{
  g_queue_free_full (data, (GDestroyNotify) oh_line_close);
}

static gboolean
sweep (gpointer data)
{
  OhUpstream *self = data;
  GHashTableIter iter;
  gpointer value;
  gint64 now = oh_clock_boot_ns ();

  g_hash_table_iter_init (&iter, self->idle);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      GQueue *queue = value;
      OhLine *oldest;

      while ((oldest = g_queue_peek_tail (queue)) != NULL && now - oldest->idle_since > IDLE_MAX_NS)
        oh_line_close (g_queue_pop_tail (queue));
      if (g_queue_is_empty (queue))
        g_hash_table_iter_remove (&iter);
    }
  if (g_hash_table_size (self->idle) > 0)
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&self->sweep, g_source_unref);
  return G_SOURCE_REMOVE;
}

OhUpstream *
oh_upstream_new (guint16 own_port)
{
  OhUpstream *self = g_new0 (OhUpstream, 1);

  self->idle = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, queue_free);
  self->bad = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->own_port = own_port;
  oh_resolver_install ();
  return self;
}

void
oh_upstream_free (OhUpstream *self)
{
  if (self == NULL)
    return;
  oh_source_drop (&self->sweep);
  g_hash_table_unref (self->idle);
  g_hash_table_unref (self->bad);
  g_free (self);
}

guint
oh_upstream_get_connecting (OhUpstream *self)
{
  return self->connecting;
}

/* An idle connection is good while there is nothing to read on it; TLS session tickets are read on the way. Mostly the
 * socket alone can tell: no TLS record is read before it is asked for. */
static gboolean
is_quiet (OhLine *line)
{
  GPollableInputStream *in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (line->stream));
  g_autoptr (GError) error = NULL;
  char byte;

  if (recv (g_socket_get_fd (line->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN)
    return TRUE;
  return g_pollable_input_stream_read_nonblocking (in, &byte, 1, NULL, &error) < 0
         && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static void
idle_readable (guint events, gpointer data)
{
  OhLine *line = data;

  if (is_quiet (line))
    return;
  g_queue_remove (g_hash_table_lookup (line->pool->idle, line->key), line);
  oh_line_close (line);
}

/* Until the line's new owner says what it waits for, in this turn of the loop. */
static void
ignore_ready (guint events, gpointer data)
{
}

static OhLine *
take_idle_of (OhUpstream *self, const char *key, gint64 max_idle)
{
  GQueue *queue = g_hash_table_lookup (self->idle, key);
  OhLine *line;

  if (queue == NULL)
    return NULL;
  while ((line = g_queue_pop_head (queue)) != NULL)
    {
      gint64 idle = oh_clock_boot_ns () - line->idle_since;

      /* The first is the youngest. */
      if (idle >= max_idle && idle < IDLE_MAX_NS)
        {
          g_queue_push_head (queue, line);
          return NULL;
        }
      oh_socket_watch_set (line->watch, G_IO_IN, ignore_ready, NULL);
      if (idle < IDLE_MAX_NS && is_quiet (line))
        {
          line->reused = TRUE;
          return line;
        }
      oh_line_close (line);
    }
  return NULL;
}

/* By that proxy. @hop: (nullable) */
static OhLine *
take_idle (OhUpstream *self, const OhDestination *destination, const OhHop *hop, gint64 max_idle)
{
  g_autofree char *key = make_key (destination, hop);

  return take_idle_of (self, key, max_idle);
}

OhLine *
oh_upstream_take_idle (OhUpstream *self, const OhDestination *destination, gint64 max_idle)
{
  g_autoptr (GPtrArray) hops = NULL;

  if (destination->hops == NULL)
    return take_idle (self, destination, NULL, max_idle);
  if (destination->hops->script != NULL)
    return NULL;
  hops = sort_hops (self, destination->hops->list);
  return take_idle (self, destination, hops->pdata[0], max_idle);
}

void
oh_upstream_give_back (OhUpstream *self, OhLine *line)
{
  GQueue *queue = g_hash_table_lookup (self->idle, line->key);

  if (queue == NULL)
    {
      queue = g_queue_new ();
      g_hash_table_insert (self->idle, g_strdup (line->key), queue);
    }
  if (queue->length >= IDLE_PER_KEY_MAX)
    oh_line_close (g_queue_pop_tail (queue));
  line->idle_since = oh_clock_boot_ns ();
  oh_socket_watch_set (line->watch, G_IO_IN, idle_readable, line);
  g_queue_push_head (queue, line);
  if (self->sweep == NULL)
    {
      self->sweep = g_timeout_source_new_seconds (10);
      g_source_set_callback (self->sweep, sweep, self, NULL);
      g_source_attach (self->sweep, g_main_context_get_thread_default ());
    }
}

/* Keys have it as a word, a name and a number. */
static gboolean
is_of_lane (gpointer key, gpointer value, gpointer data)
{
  const char *lane = data;
  const char *found = strstr (key, lane);

  return found != NULL && !g_ascii_isdigit (found[strlen (lane)]);
}

void
oh_upstream_close_lane (OhUpstream *self, const char *lane)
{
  g_hash_table_foreach_remove (self->idle, is_of_lane, (gpointer) lane);
}

static void
connect_free (gpointer data)
{
  Connect *connect = data;

  connect->self->connecting--;
  if (connect->outer != NULL)
    g_cancellable_disconnect (connect->outer, connect->outer_id);
  oh_source_drop (&connect->deadline);
  g_clear_object (&connect->outer);
  g_clear_object (&connect->cancellable);
  g_clear_object (&connect->identity);
  g_clear_object (&connect->connection);
  g_clear_object (&connect->stream);
  g_clear_pointer (&connect->refusal, g_bytes_unref);
  g_clear_pointer (&connect->hops, g_ptr_array_unref);
  oh_destination_clear (&connect->destination);
  g_free (connect);
}

static void
cancel_inner (GCancellable *outer, gpointer data)
{
  Connect *connect = data;

  connect->left = TRUE;
  g_cancellable_cancel (connect->cancellable);
}

static gboolean
deadline_passed (gpointer data)
{
  Connect *connect = data;

  connect->timed_out = TRUE;
  g_cancellable_cancel (connect->cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
leads_to_ourselves (const Connect *connect, GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);

  return G_IS_INET_SOCKET_ADDRESS (remote)
         && g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (remote)) == connect->self->own_port
         && g_inet_address_get_is_loopback (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)));
}

static void
connect_event (GSocketClient *client, GSocketClientEvent event, GSocketConnectable *address, GIOStream *stream,
               gpointer data)
{
  Connect *connect = g_task_get_task_data (data);

  /* A late attempt for another address may still tell its events. */
  if (client != connect->client)
    return;
  if (event == G_SOCKET_CLIENT_RESOLVED)
    connect->resolved = oh_clock_monotonic_ns ();
  else if (event == G_SOCKET_CLIENT_CONNECTED || event == G_SOCKET_CLIENT_PROXY_NEGOTIATED)
    connect->connected = oh_clock_monotonic_ns ();
  if (event != G_SOCKET_CLIENT_CONNECTED || connect->hop == NULL)
    return;
  connect->reached = TRUE;
  /* Before it is asked for a tunnel, which would come to us, and so on. */
  connect->looped = G_IS_SOCKET_CONNECTION (stream) && leads_to_ourselves (connect, G_SOCKET_CONNECTION (stream));
  if (connect->looped)
    g_cancellable_cancel (connect->cancellable);
}

static void
drop_task (gpointer data, GClosure *closure)
{
  g_object_unref (data);
}

/* What is wrong with the user's own proxy: a saying. */
static char *
describe_hop_failure (const Connect *connect, const GError *error)
{
  const char *proxy = connect->hop->name;
  const char *host = connect->destination.host;

  if (connect->hop->uri == NULL)
    return oh_saying_new ("hop-address", "proxy", proxy);
  if (connect->timed_out)
    return oh_saying_new ("hop-timeout", "proxy", proxy);
  if (error->domain == G_RESOLVER_ERROR)
    return oh_saying_new ("hop-unresolved", "proxy", proxy);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return oh_saying_new ("hop-refused", "proxy", proxy);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED))
    return oh_saying_new ("hop-credentials", "proxy", proxy);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED))
    return oh_saying_new ("hop-forbids", "proxy host", proxy, host);
  return oh_saying_new ("hop-failed", "proxy host reason", proxy, host, error->message);
}

/* Whether there may be another way to that host: the proxy cannot be reached, or reaches nobody. One that forbids it, or
 * wants to know who asks, is not gone around. */
static gboolean
may_go_on (const Connect *connect, const GError *error)
{
  return connect->connection == NULL && !connect->left
         && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED)
         && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH)
         && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED);
}

/* Tries what is next, if there is something. */
static gboolean
go_on (GTask *task, const GError *error)
{
  Connect *connect = g_task_get_task_data (task);

  /* What a script sends to us has nobody behind us. */
  if (connect->looped && connect->next == connect->hops->len && connect->destination.hops->script != NULL)
    g_ptr_array_add (connect->hops, NULL);
  if (!may_go_on (connect, error) || connect->next == connect->hops->len)
    return FALSE;
  if ((!connect->reached || connect->timed_out) && connect->hop != NULL && connect->hop->uri != NULL)
    {
      const gint64 until = oh_clock_boot_ns () + BAD_NS;

      g_hash_table_replace (connect->self->bad, g_strdup (connect->hop->uri), g_memdup2 (&until, sizeof until));
    }
  try_next (g_object_ref (task));
  return TRUE;
}

/* @error: (transfer full) */
static void
return_error (GTask *task, GError *error)
{
  Connect *connect = g_task_get_task_data (task);

  if (go_on (task, error))
    {
      g_error_free (error);
      return;
    }
  if (connect->hop != NULL && connect->connection == NULL && !connect->looped
      && (connect->timed_out || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)))
    {
      g_autofree char *saying = describe_hop_failure (connect, error);

      g_error_free (error);
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PROXY_FAILED, "%s", saying);
      return;
    }
  if (!connect->timed_out && !connect->looped)
    {
      g_task_return_error (task, error);
      return;
    }
  g_error_free (error);
  if (connect->looped)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_WOULD_RECURSE, "loop");
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "timeout");
}

/* Of what was made by that try. @stream, @key, @forwarding: (transfer full) (nullable) */
static OhLine *
line_new (const Connect *connect, GIOStream *stream, char *key, OhHop *forwarding)
{
  OhLine *line = g_new0 (OhLine, 1);

  line->pool = connect->self;
  line->stream = stream;
  line->socket = g_object_ref (g_socket_connection_get_socket (connect->connection));
  line->watch = oh_socket_watch_new (line->socket);
  line->key = key;
  line->forwarding = forwarding;
  return line;
}

static void
return_line (GTask *task, gint64 secured)
{
  Connect *connect = g_task_get_task_data (task);
  OhLine *line = line_new (connect,
                           connect->stream != NULL ? g_steal_pointer (&connect->stream)
                                                   : G_IO_STREAM (g_object_ref (connect->connection)),
                           make_key (&connect->destination, connect->hop),
                           connect->forwarded ? oh_hop_ref (connect->hop) : NULL);

  if (connect->hop != NULL)
    g_hash_table_remove (connect->self->bad, connect->hop->uri);
  line->resolved = connect->resolved;
  line->connected = connect->connected;
  line->secured = secured;
  g_task_return_pointer (task, line, (GDestroyNotify) oh_line_close);
}

/* What is wrong with a certificate: the code of a saying. */
static const char *
describe_flags (GTlsCertificateFlags flags)
{
  if (flags & G_TLS_CERTIFICATE_EXPIRED)
    return "tls-expired";
  if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return "tls-not-yet";
  if (flags & G_TLS_CERTIFICATE_REVOKED)
    return "tls-revoked";
  if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return "tls-other-host";
  if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return "tls-unknown";
  if (flags & G_TLS_CERTIFICATE_INSECURE)
    return "tls-insecure";
  return "tls-refused";
}

static void
handshake_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (GError) error = NULL;
  GTlsConnection *tls = G_TLS_CONNECTION (source);
  Connect *connect = g_task_get_task_data (task);
  GTlsCertificateFlags flags = 0;

  if (!g_tls_connection_handshake_finish (tls, result, &error))
    flags = g_tls_connection_get_peer_certificate_errors (tls);
  else
    /* A session that GIO resumes is not verified again, though it may have begun for a run that trusts others. */
    flags = g_tls_database_verify_chain (G_TLS_DATABASE (connect->destination.trust),
                                         g_tls_connection_get_peer_certificate (tls),
                                         G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER, connect->identity, NULL,
                                         G_TLS_DATABASE_VERIFY_NONE, NULL, &error);
  if (error == NULL && flags == 0)
    return_line (task, oh_clock_monotonic_ns ());
  else if (error == NULL || g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    g_task_return_new_error (task, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "%s", describe_flags (flags));
  else
    {
      /* Whatever went wrong here went wrong in TLS, and is named so; a clock or a cancellation stays what it is. */
      if (error->domain != G_TLS_ERROR && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        {
          g_autoptr (GError) other = g_steal_pointer (&error);

          error = g_error_new_literal (G_TLS_ERROR, G_TLS_ERROR_HANDSHAKE, other->message);
        }
      return_error (task, g_steal_pointer (&error));
    }
}

/* There is a way to the server. @task: (transfer full) */
static void
secure (GTask *owned)
{
  static const char *const protocols[] = { "http/1.1", NULL };
  g_autoptr (GTask) task = owned;
  Connect *connect = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!connect->destination.tls || connect->destination.inquiry)
    {
      return_line (task, 0);
      return;
    }
  connect->stream = g_initable_new (g_tls_backend_get_client_connection_type (g_tls_backend_get_default ()),
                                    NULL, &error,
                                    "base-io-stream", connect->connection,
                                    "server-identity", connect->identity,
                                    "database", connect->destination.trust,
                                    "advertised-protocols", protocols,
                                    "require-close-notify", TRUE,
                                    NULL);
  if (connect->stream == NULL)
    {
      return_error (task, g_steal_pointer (&error));
      return;
    }
  g_tls_connection_handshake_async (G_TLS_CONNECTION (connect->stream), G_PRIORITY_DEFAULT, connect->cancellable,
                                    handshake_done, g_steal_pointer (&task));
}

static void
asked (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Connect *connect = g_task_get_task_data (task);
  const OhDestination *to = &connect->destination;
  g_autoptr (GError) error = NULL;
  gboolean again;

  if (oh_ask_finish (result, &connect->refusal, &again, &error))
    {
      connect->connected = oh_clock_monotonic_ns ();
      secure (g_steal_pointer (&task));
      return;
    }
  connect->refusal_keeps = again;
  /* A login may be of this connection: the next question goes by it, too. */
  if (again && to->lane != NULL)
    oh_upstream_give_back (connect->self, line_new (connect, G_IO_STREAM (g_object_ref (connect->connection)),
                                                    make_hop_key (to, connect->hop), oh_hop_ref (connect->hop)));
  g_clear_object (&connect->connection);
  return_error (task, g_steal_pointer (&error));
}

/* The proxy for a tunnel. @task: (transfer full) */
static void
ask (GTask *task)
{
  const Connect *connect = g_task_get_task_data (task);
  const OhDestination *to = &connect->destination;

  oh_ask_async (G_IO_STREAM (connect->connection), to->host, to->port,
                to->login != NULL ? to->login : connect->hop->credentials, to->agent, connect->cancellable, asked, task);
}

static gboolean
is_asked (const Connect *connect)
{
  return connect->hop != NULL && connect->hop->forwards && !connect->forwarded;
}

static void
tcp_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Connect *connect = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  connect->connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (connect->connection == NULL)
    {
      return_error (task, g_steal_pointer (&error));
      return;
    }
  if (connect->looped)
    {
      g_clear_object (&connect->connection);
      return_error (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_WOULD_RECURSE, "loop"));
      return;
    }
  if (leads_to_ourselves (connect, connect->connection))
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_WOULD_RECURSE, "loop");
      return;
    }
  oh_upstream_tune_socket (g_socket_connection_get_socket (connect->connection));
  if (is_asked (connect))
    ask (g_steal_pointer (&task));
  else
    secure (g_steal_pointer (&task));
}

/* Where the socket is to lead, so that @hop makes the rest of the way. (transfer full) */
static GSocketConnectable *
make_address (const Connect *connect)
{
  const OhDestination *to = &connect->destination;
  g_autofree char *bracketed = NULL;

  if (connect->hop != NULL && connect->hop->forwards)
    return g_network_address_new (connect->hop->host, (guint16) connect->hop->port);
  if (connect->hop == NULL || !g_str_has_prefix (connect->hop->uri, "http") || strchr (to->host, ':') == NULL)
    return g_object_ref (connect->identity);
  /* GIO puts into its CONNECT what it is given. */
  bracketed = g_strdup_printf ("[%s]", to->host);
  return g_network_address_new (bracketed, (guint16) to->port);
}

/* A try of its own, with a clock of its own. */
static void
begin_try (Connect *connect, guint ms)
{
  oh_source_drop (&connect->deadline);
  g_clear_object (&connect->cancellable);
  connect->cancellable = g_cancellable_new ();
  g_clear_pointer (&connect->refusal, g_bytes_unref);
  connect->timed_out = connect->reached = connect->looped = FALSE;
  connect->deadline = g_timeout_source_new (ms);
  g_source_set_callback (connect->deadline, deadline_passed, connect, NULL);
  g_source_attach (connect->deadline, g_main_context_get_thread_default ());
}

/* By a connection that it has been asked by before: a tunnel that an inquiry got, or one on which the next question goes. */
static gboolean
go_on_with_former (GTask *task)
{
  Connect *connect = g_task_get_task_data (task);
  OhDestination tunnel = connect->destination;
  OhLine *line = NULL;
  const gboolean asked_for = is_asked (connect) && !tunnel.inquiry;
  void (*next) (GTask *) = secure;

  tunnel.inquiry = TRUE;
  if (asked_for)
    line = take_idle (connect->self, &tunnel, connect->hop, TUNNEL_IDLE_NS);
  if (line == NULL && is_asked (connect) && tunnel.lane != NULL)
    {
      g_autofree char *key = make_hop_key (&tunnel, connect->hop);

      line = take_idle_of (connect->self, key, G_MAXINT64);
      next = ask;
    }
  if (line == NULL)
    return FALSE;
  connect->connection = G_SOCKET_CONNECTION (unwrap (line));
  connect->reached = TRUE;
  next (task);
  return TRUE;
}

/* @task: (transfer full) */
static void
try_next (GTask *task)
{
  Connect *connect = g_task_get_task_data (task);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address = NULL;

  connect->hop = connect->hops->pdata[connect->next++];
  connect->forwarded = is_forwarded (&connect->destination, connect->hop);
  if (connect->destination.inquiry && !is_asked (connect))
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "nobody to ask");
      g_object_unref (task);
      return;
    }
  begin_try (connect, connect->next < connect->hops->len ? NEXT_TIMEOUT_MS : CONNECT_TIMEOUT_MS);
  if (connect->hop != NULL && connect->hop->uri == NULL)
    {
      return_error (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PROXY_FAILED, "no address"));
      g_object_unref (task);
      return;
    }
  if (go_on_with_former (task))
    return;
  connect->client = client;
  /* Not the system's proxy: that may be Overhear itself. */
  g_socket_client_set_enable_proxy (client, connect->hop != NULL && !connect->hop->forwards);
  if (connect->hop != NULL)
    {
      g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (connect->hop->uri, NULL);

      g_socket_client_set_proxy_resolver (client, resolver);
    }
  address = make_address (connect);
  g_signal_connect_data (client, "event", G_CALLBACK (connect_event), g_object_ref (task), drop_task, 0);
  g_socket_client_connect_async (client, address, connect->cancellable, tcp_done, task);
}

static void
script_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Connect *connect = g_task_get_task_data (task);
  g_autofree char *said = oh_script_ask_finish (result);
  g_autoptr (GPtrArray) list = oh_hops_parse (said);
  OhLine *line;

  if (connect->left)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "left");
      return;
    }
  connect->hops = sort_hops (connect->self, list);
  line = take_idle (connect->self, &connect->destination, connect->hops->pdata[0], connect->destination.max_idle);
  if (line != NULL)
    g_task_return_pointer (task, line, (GDestroyNotify) oh_line_close);
  else
    try_next (g_steal_pointer (&task));
}

void
oh_upstream_connect_async (OhUpstream *self,
                           const OhDestination *destination,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer data)
{
  static GPtrArray nobody = { 0 };
  OhHops *hops = destination->hops;
  GTask *task = g_task_new (NULL, NULL, callback, data);
  Connect *connect = g_new0 (Connect, 1);

  g_task_set_source_tag (task, oh_upstream_connect_async);
  connect->self = self;
  self->connecting++;
  connect->destination = oh_destination_copy (destination);
  connect->identity = g_network_address_new (destination->host, (guint16) destination->port);
  g_task_set_task_data (task, connect, connect_free);
  if (cancellable != NULL)
    {
      connect->outer = g_object_ref (cancellable);
      connect->outer_id = g_cancellable_connect (cancellable, G_CALLBACK (cancel_inner), connect, NULL);
    }
  if (hops != NULL && hops->script != NULL)
    {
      oh_script_ask_async (hops->script, destination->url, destination->host, NULL, script_answered, task);
      return;
    }
  connect->hops = sort_hops (self, hops != NULL ? hops->list : &nobody);
  try_next (task);
}

OhLine *
oh_upstream_connect_finish (OhUpstream *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

GBytes *
oh_upstream_get_refusal (GAsyncResult *result, gboolean *keep)
{
  const Connect *connect = g_task_get_task_data (G_TASK (result));

  *keep = connect->refusal_keeps;
  return connect->refusal;
}
