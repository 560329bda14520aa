/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-listener-private.h"
#include "oh-proxy-error.h"
#include "oh-source.h"

#include <glib/gi18n.h>
#include <unistd.h>

#define BACKLOG 1024
/* Accepts in a row before others get their turn. */
#define ACCEPTS_MAX 16
/* After a failed accept: no free descriptor, most likely. */
#define RETRY_MS 100
/* Ephemeral ports that IPv4 gave and IPv6 does not have. */
#define TRIES 16

typedef struct
{
  OhListener *listener;
  GSocket *socket;
  GSource *source;
  GSource *retry;
} Door;

struct _OhListener
{
  Door doors[2];
  guint n_doors;
  guint16 port;
  GMainContext *context;
  OhListenerFunc func;
  gpointer data;
};

static void open_door (Door *door);

static gboolean
retry (gpointer data)
{
  Door *door = data;

  oh_source_drop (&door->retry);
  open_door (door);
  return G_SOURCE_REMOVE;
}

static gboolean
knocked (GSocket *socket, GIOCondition condition, gpointer data)
{
  Door *door = data;
  OhListener *self = door->listener;

  for (int i = 0; i < ACCEPTS_MAX; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSocket) client = g_socket_accept (socket, NULL, &error);
      g_autoptr (GSocketConnection) connection = NULL;

      if (client == NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return G_SOURCE_CONTINUE;
      if (client == NULL)
        {
          oh_source_drop (&door->source);
          door->retry = g_timeout_source_new (RETRY_MS);
          g_source_set_callback (door->retry, retry, door, NULL);
          g_source_attach (door->retry, self->context);
          return G_SOURCE_REMOVE;
        }
      connection = g_socket_connection_factory_create_connection (client);
      self->func (connection, self->data);
    }
  return G_SOURCE_CONTINUE;
}

static void
open_door (Door *door)
{
  door->source = g_socket_create_source (door->socket, G_IO_IN, NULL);
  g_source_set_callback (door->source, G_SOURCE_FUNC (knocked), door, NULL);
  g_source_attach (door->source, door->listener->context);
}

static GSocket *
listen_on (GSocketFamily family, guint16 port, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new (family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (family);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, port);

  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

/* Returns: FALSE with G_IO_ERROR. */
static gboolean
listen_on_both (OhListener *self, guint16 port, GError **error)
{
  g_autoptr (GError) second = NULL;
  g_autoptr (GSocket) v4 = listen_on (G_SOCKET_FAMILY_IPV4, port, error);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) v6 = NULL;

  if (v4 == NULL)
    return FALSE;
  address = g_socket_get_local_address (v4, error);
  if (address == NULL)
    return FALSE;
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  v6 = listen_on (G_SOCKET_FAMILY_IPV6, self->port, &second);
  if (v6 == NULL && g_error_matches (second, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    {
      g_propagate_error (error, g_steal_pointer (&second));
      return FALSE;
    }
  self->doors[self->n_doors++] = (Door) { .listener = self, .socket = g_steal_pointer (&v4) };
  if (v6 != NULL)
    self->doors[self->n_doors++] = (Door) { .listener = self, .socket = g_steal_pointer (&v6) };
  return TRUE;
}

OhListener *
oh_listener_new (guint16 port, GError **error)
{
  OhListener *self = g_new0 (OhListener, 1);
  g_autoptr (GError) problem = NULL;

  for (int i = 0; i < (port == 0 ? TRIES : 1); i++)
    {
      g_clear_error (&problem);
      if (listen_on_both (self, port, &problem))
        return self;
    }
  g_free (self);
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_PORT_TAKEN,
                 _("Port %u is taken by another program. Choose another one, or none to let Overhear choose."), port);
  else if (port == 0)
    g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_LISTEN,
                 _("Cannot listen on this computer itself: %s. Its loopback interface (lo) has to be up, and to have 127.0.0.1."),
                 problem->message);
  else
    g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_LISTEN, _("Cannot listen on port %u: %s"), port,
                 problem->message);
  return NULL;
}

OhListener *
oh_listener_new_from_fd (int fd)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);
  OhListener *self;

  if (socket == NULL)
    {
      close (fd);
      return NULL;
    }
  g_socket_set_blocking (socket, FALSE);
  self = g_new0 (OhListener, 1);
  self->doors[self->n_doors++] = (Door) { .listener = self, .socket = g_steal_pointer (&socket) };
  return self;
}

void
oh_listener_free (OhListener *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->n_doors; i++)
    {
      oh_source_drop (&self->doors[i].source);
      oh_source_drop (&self->doors[i].retry);
      g_socket_close (self->doors[i].socket, NULL);
      g_object_unref (self->doors[i].socket);
    }
  g_free (self);
}

guint16
oh_listener_get_port (OhListener *self)
{
  return self->port;
}

void
oh_listener_start (OhListener *self, GMainContext *context, OhListenerFunc func, gpointer data)
{
  self->context = context;
  self->func = func;
  self->data = data;
  for (guint i = 0; i < self->n_doors; i++)
    open_door (&self->doors[i]);
}
