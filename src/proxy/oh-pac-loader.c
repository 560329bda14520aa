/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of the proxy script that the user had. */
#include "config.h"
#include "oh-format.h"
#include "oh-proxy.h"
#include "oh-script-private.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <string.h>

#define LOAD_S 5
#define LOOK_US 20000
#define PAC_MAX (1024 * 1024) /* as Chromium has it */

static char *
load_data (const char *url)
{
  const char *comma = strchr (url, ',');
  g_autofree char *head = comma != NULL ? g_strndup (url, comma - url) : NULL;
  g_autofree char *body = comma != NULL ? g_uri_unescape_string (comma + 1, NULL) : NULL;
  gsize length;
  guchar *decoded;
  char *text;

  if (body == NULL || !g_str_has_suffix (head, ";base64"))
    return g_steal_pointer (&body);
  decoded = g_base64_decode (body, &length);
  text = g_strndup ((const char *) decoded, length);
  g_free (decoded);
  return text;
}

/* For all of loading: a server may go on sending a byte now and then. */
typedef struct
{
  GCancellable *outer; /* (nullable) */
  GCancellable *inner;
  gboolean done;       /* atomic */
  gboolean late;       /* once it has been joined */
} Limit;

static gpointer
limit_time (gpointer data)
{
  Limit *limit = data;
  const gint64 deadline = g_get_monotonic_time () + LOAD_S * G_USEC_PER_SEC;

  while (!g_atomic_int_get (&limit->done) && !limit->late && !g_cancellable_is_cancelled (limit->outer))
    {
      g_usleep (LOOK_US);
      limit->late = g_get_monotonic_time () >= deadline;
    }
  if (!g_atomic_int_get (&limit->done))
    g_cancellable_cancel (limit->inner);
  return NULL;
}

/* @ours: (out): it is what we give ourselves */
static GInputStream *
open_http (const char *url, guint16 own_port, gboolean *ours, GCancellable *cancellable, GError **error)
{
  g_autoptr (SoupSession) session = soup_session_new_with_options ("timeout", LOAD_S, "proxy-resolver", NULL, NULL);
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, url);
  g_autoptr (GInputStream) stream = NULL;
  GSocketAddress *remote;

  if (message == NULL)
    {
      g_autofree char *shown = oh_format_address (url);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _ ("“%s” is no address."), shown);
      return NULL;
    }
  stream = soup_session_send (session, message, cancellable, error);
  if (stream == NULL)
    return NULL;
  remote = soup_message_get_remote_address (message);
  *ours = G_IS_INET_SOCKET_ADDRESS (remote)
          && g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (remote)) == own_port
          && g_inet_address_get_is_loopback (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)));
  if (*ours || soup_message_get_status (message) == SOUP_STATUS_OK)
    return g_steal_pointer (&stream);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("the server answers %u %s"), soup_message_get_status (message),
               soup_message_get_reason_phrase (message));
  return NULL;
}

static GInputStream *
open_file (const char *url, GCancellable *cancellable, GError **error)
{
  g_autoptr (GFile) file = *url == '/' ? g_file_new_for_path (url) : g_file_new_for_uri (url);
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_TYPE, G_FILE_QUERY_INFO_NONE, cancellable, error);

  if (info == NULL)
    return NULL;
  /* A pipe would be waited for. */
  if (g_file_info_get_file_type (info) == G_FILE_TYPE_REGULAR)
    return G_INPUT_STREAM (g_file_read (file, cancellable, error));
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, _ ("it is no file"));
  return NULL;
}

static char *
read_text (GInputStream *stream, GCancellable *cancellable, GError **error)
{
  g_autofree char *buffer = g_malloc (PAC_MAX + 1);
  const char *begin = buffer;
  gsize length = 0;

  if (!g_input_stream_read_all (stream, buffer, PAC_MAX + 1, &length, cancellable, error))
    return NULL;
  if (length > PAC_MAX)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE, _ ("it is larger than 1 MiB"));
      return NULL;
    }
  buffer[length] = '\0';
  if (g_str_has_prefix (begin, "\xEF\xBB\xBF"))
    begin += 3;
  /* As browsers take it where nothing is said. */
  return g_utf8_validate (begin, -1, NULL) ? g_strdup (begin)
                                           : g_convert (begin, -1, "UTF-8", "ISO-8859-1", NULL, NULL, error);
}

static char *
load (const char *url, guint16 own_port, GCancellable *cancellable, GError **error)
{
  g_autoptr (GInputStream) stream = NULL;
  gboolean ours = FALSE;

  if (g_ascii_strncasecmp (url, "data:", 5) == 0)
    return load_data (url);
  stream = g_ascii_strncasecmp (url, "http", 4) == 0 ? open_http (url, own_port, &ours, cancellable, error)
                                                     : open_file (url, cancellable, error);
  return stream != NULL && !ours ? read_text (stream, cancellable, error) : NULL;
}

char *
oh_proxy_load_pac (OhProxy *self, const char *url, GCancellable *cancellable, GError **error)
{
  g_autoptr (GCancellable) inner = g_cancellable_new ();
  g_autoptr (GError) problem = NULL;
  Limit limit = { .outer = cancellable, .inner = inner };
  g_autofree char *text = NULL;
  g_autofree char *wrong = NULL;
  GThread *thread;

  g_return_val_if_fail (OH_IS_PROXY (self) && url != NULL, NULL);
  thread = g_thread_new ("oh-pac", limit_time, &limit);
  text = load (url, oh_proxy_get_port (self), inner, &problem);
  g_atomic_int_set (&limit.done, TRUE);
  g_thread_join (thread);
  wrong = text != NULL ? oh_script_check (text) : NULL;
  if (wrong != NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, wrong);
  else if (problem != NULL && limit.late)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, _ ("it does not come within %d s"), LOAD_S);
  else if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  else
    return g_steal_pointer (&text);
  return NULL;
}
