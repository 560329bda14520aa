/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-server.h"

#include "oh-sim-json.h"
#include "oh-sim-messages.h"
#include "oh-sim-resources.h"

#include <string.h>

#define FIRST_VERSION "2023-06-01"
#define NEWER_VERSION "2026-10-21"

struct _OhSimServer
{
  GObject parent_instance;

  OhSimWorld *world;
  SoupServer *http;
  SoupServer *https;
  OhSimMessages *messages;
  OhSimResources *resources;
};

G_DEFINE_FINAL_TYPE (OhSimServer, oh_sim_server, G_TYPE_OBJECT)

static const char *
find_key (SoupMessageHeaders *headers)
{
  const char *key = soup_message_headers_get_one (headers, "x-api-key");
  const char *authorization = soup_message_headers_get_one (headers, "Authorization");

  if (key == NULL && authorization != NULL && g_ascii_strncasecmp (authorization, "Bearer ", 7) == 0)
    key = authorization + 7;
  return key != NULL && *key != '\0' ? key : NULL;
}

/* Reads who asks, or answers with what is missing. */
static gboolean
identify (OhSimExchange *exchange, OhSimCaller *caller)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (oh_sim_exchange_get_message (exchange));
  g_autofree char *text = NULL;

  caller->key = find_key (headers);
  caller->version = soup_message_headers_get_one (headers, "anthropic-version");
  caller->newer = g_strcmp0 (caller->version, NEWER_VERSION) >= 0;
  if (caller->key == NULL)
    {
      oh_sim_exchange_send_error (exchange, 401, NULL, "x-api-key header is required");
      return FALSE;
    }
  if (g_str_has_prefix (caller->key, "sk-ant-invalid"))
    {
      oh_sim_exchange_send_error (exchange, 401, NULL, "invalid x-api-key");
      return FALSE;
    }
  if (caller->version == NULL)
    {
      oh_sim_exchange_send_error (exchange, 400, NULL, "anthropic-version: header is required");
      return FALSE;
    }
  if (strcmp (caller->version, FIRST_VERSION) != 0 && strcmp (caller->version, NEWER_VERSION) != 0)
    {
      text = g_strdup_printf ("anthropic-version: \"%s\" is not a valid version", caller->version);
      oh_sim_exchange_send_error (exchange, 400, NULL, text);
      return FALSE;
    }
  return TRUE;
}

static void
read_steering_header (OhSimExchange *exchange)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (oh_sim_exchange_get_message (exchange));
  const char *text = soup_message_headers_get_one (headers, "x-sim");
  g_autoptr (JsonNode) node = text != NULL ? oh_sim_json_parse (text, -1, NULL) : NULL;

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    oh_sim_exchange_set_steering (exchange, json_node_get_object (node));
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
  OhSimServer *self = OH_SIM_SERVER (data);
  OhSimExchange *exchange = oh_sim_exchange_new (self->world, message);
  gboolean post = strcmp (soup_server_message_get_method (message), "POST") == 0;
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  OhSimCaller caller;

  read_steering_header (exchange);
  if (!g_str_has_prefix (path, "/v1/"))
    {
      oh_sim_exchange_send_error (exchange, 404, NULL, "Not Found");
      return;
    }
  if (!identify (exchange, &caller))
    return;
  if (post && strcmp (path, "/v1/messages") == 0)
    oh_sim_messages_create (self->messages, exchange, &caller);
  else if (post && strcmp (path, "/v1/messages/count_tokens") == 0)
    oh_sim_messages_count (self->messages, exchange, &caller);
  else if (strcmp (path, "/v1/messages") == 0)
    oh_sim_exchange_send_error (exchange, 405, NULL, "Method Not Allowed");
  else if (!oh_sim_resources_handle (self->resources, exchange, &caller, parts + 2))
    oh_sim_exchange_send_error (exchange, 404, NULL, "Not Found");
}

static void
oh_sim_server_finalize (GObject *object)
{
  OhSimServer *self = OH_SIM_SERVER (object);

  g_clear_object (&self->http);
  g_clear_object (&self->https);
  oh_sim_resources_free (self->resources);
  oh_sim_messages_free (self->messages);
  G_OBJECT_CLASS (oh_sim_server_parent_class)->finalize (object);
}

static void
oh_sim_server_class_init (OhSimServerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_sim_server_finalize;
}

static void
oh_sim_server_init (OhSimServer *self)
{
}

static SoupServer *
make_server (OhSimServer *self, GTlsCertificate *certificate)
{
  SoupServer *server = soup_server_new ("tls-certificate", certificate, "server-header", "overhear-simulator", NULL);

  soup_server_add_handler (server, NULL, on_request, self, NULL);
  return server;
}

OhSimServer *
oh_sim_server_new (OhSimWorld *world, GTlsCertificate *certificate)
{
  OhSimServer *self = g_object_new (OH_TYPE_SIM_SERVER, NULL);

  self->world = world;
  self->messages = oh_sim_messages_new (world);
  self->resources = oh_sim_resources_new (world, self->messages);
  self->http = make_server (self, NULL);
  if (certificate != NULL)
    self->https = make_server (self, certificate);
  return self;
}

gboolean
oh_sim_server_listen (OhSimServer *self, guint16 port, guint16 tls_port, GError **error)
{
  g_return_val_if_fail (OH_IS_SIM_SERVER (self), FALSE);

  return soup_server_listen_local (self->http, port, SOUP_SERVER_LISTEN_IPV4_ONLY, error) &&
         (self->https == NULL ||
          soup_server_listen_local (self->https, tls_port, SOUP_SERVER_LISTEN_IPV4_ONLY | SOUP_SERVER_LISTEN_HTTPS,
                                    error));
}

static guint16
port_of (SoupServer *server)
{
  GSList *uris = server != NULL ? soup_server_get_uris (server) : NULL;
  guint16 port = uris != NULL ? (guint16) g_uri_get_port (uris->data) : 0;

  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return port;
}

guint16
oh_sim_server_get_port (OhSimServer *self)
{
  g_return_val_if_fail (OH_IS_SIM_SERVER (self), 0);

  return port_of (self->http);
}

guint16
oh_sim_server_get_tls_port (OhSimServer *self)
{
  g_return_val_if_fail (OH_IS_SIM_SERVER (self), 0);

  return port_of (self->https);
}
