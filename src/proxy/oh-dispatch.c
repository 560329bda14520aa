/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-dispatch.h"

#include "oh-clock.h"

#include <libsoup/soup.h>
#include <string.h>

#define TIMEOUT_S 30
#define REPLY_MAX (64 * 1024)
/* A server that says later is asked then all the same. */
#define RETRY_MAX_S 3600

struct _OhDispatch
{
  SoupSession *session;
  char **fields;
};

/* (transfer full) */
static GProxyResolver *
make_resolver (const char *proxy, const char *no_proxy)
{
  g_auto (GStrv) hosts = g_strsplit_set (no_proxy != NULL ? no_proxy : "", ", ", -1);
  g_autofree char *url = proxy == NULL || *proxy == '\0' ? g_strdup ("direct://")
                         : strstr (proxy, "://") != NULL ? g_strdup (proxy) : g_strconcat ("http://", proxy, NULL);

  for (char **host = hosts; *host != NULL; host++)
    if (strcmp (*host, "*") == 0)
      return g_simple_proxy_resolver_new ("direct://", NULL);
  return g_simple_proxy_resolver_new (url, hosts);
}

OhDispatch *
oh_dispatch_new (const char *const *fields, const char *proxy, const char *no_proxy)
{
  OhDispatch *self = g_new0 (OhDispatch, 1);
  g_autoptr (GProxyResolver) resolver = make_resolver (proxy, no_proxy);

  g_return_val_if_fail (fields != NULL, NULL);
  self->fields = g_strdupv ((char **) fields);
  self->session = soup_session_new_with_options ("timeout", TIMEOUT_S, "proxy-resolver", resolver, "user-agent",
                                                 "Overhear/" OH_VERSION, NULL);
  return self;
}

void
oh_dispatch_free (OhDispatch *self)
{
  soup_session_abort (self->session);
  g_object_unref (self->session);
  g_strfreev (self->fields);
  g_free (self);
}

/* (transfer full) */
static GBytes *
pack (GBytes *body)
{
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) stream = g_converter_output_stream_new (memory, compressor);

  g_output_stream_write_all (stream, g_bytes_get_data (body, NULL), g_bytes_get_size (body), NULL, NULL, NULL);
  g_output_stream_close (stream, NULL, NULL);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

/* Seconds, or a date. */
static gint64
read_retry_after (SoupMessageHeaders *headers)
{
  const char *text = soup_message_headers_get_one (headers, "retry-after");
  g_autoptr (GDateTime) date = NULL;

  if (text == NULL)
    return -1;
  if (g_ascii_isdigit (*text))
    return MIN (g_ascii_strtoll (text, NULL, 10), RETRY_MAX_S);
  date = soup_date_time_new_from_http_string (text);
  return date != NULL ? CLAMP (g_date_time_to_unix (date) - oh_clock_wall_ns () / OH_NS_PER_S, 0, RETRY_MAX_S) : -1;
}

gboolean
oh_dispatch_post (OhDispatch *self, const char *url, const char *type, GBytes *body, gboolean packed, OhDispatchReply *reply,
                  GCancellable *cancellable, GError **error)
{
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GBytes) sent = NULL;
  char *text = NULL;
  gsize length = 0;

  g_return_val_if_fail (self != NULL && url != NULL && body != NULL && reply != NULL, FALSE);

  *reply = (OhDispatchReply) { .retry_after_s = -1 };
  message = soup_message_new ("POST", url);
  if (message == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s", url);
      return FALSE;
    }
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  sent = packed ? pack (body) : g_bytes_ref (body);
  soup_message_set_request_body_from_bytes (message, type, sent);
  if (packed)
    soup_message_headers_replace (soup_message_get_request_headers (message), "Content-Encoding", "gzip");
  for (char **field = self->fields; *field != NULL; field++)
    {
      const char *colon = strchr (*field, ':');
      g_autofree char *name = colon != NULL ? g_strstrip (g_strndup (*field, (gsize) (colon - *field))) : NULL;

      if (name != NULL)
        soup_message_headers_replace (soup_message_get_request_headers (message), name,
                                      colon + 1 + strspn (colon + 1, " \t"));
    }
  stream = soup_session_send (self->session, message, cancellable, error);
  if (stream == NULL)
    return FALSE;
  text = g_malloc (REPLY_MAX);
  /* What it says besides its status is worth having, and no more: a connection that dies there has taken it all. */
  g_input_stream_read_all (stream, text, REPLY_MAX, &length, cancellable, NULL);
  reply->body = g_bytes_new_take (text, length);
  reply->status = soup_message_get_status (message);
  reply->reason = g_strdup (soup_message_get_reason_phrase (message));
  reply->retry_after_s = read_retry_after (soup_message_get_response_headers (message));
  return TRUE;
}

void
oh_dispatch_reply_clear (OhDispatchReply *reply)
{
  g_free (reply->reason);
  g_clear_pointer (&reply->body, g_bytes_unref);
}
