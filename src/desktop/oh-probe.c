/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-probe-private.h"

#include <gio/gio.h>
#include <string.h>

/* The script's first line (proxy/oh-pac.c). */
#define MARK "// Overhear listens to the desktop"
#define REQUEST "GET /proxy.pac HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
#define ANSWER_MAX 4096

OhProbe
oh_probe (guint16 port, guint seconds)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  char answer[ANSWER_MAX + 1] = "";
  gsize length = 0;

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, seconds);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, &error);
  if (connection != NULL
      && g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), REQUEST, strlen (REQUEST), NULL,
                                    NULL, &error))
    g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (connection)), answer, ANSWER_MAX, &length, NULL, &error);
  if (length == 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return OH_PROBE_SILENT;
  if (connection == NULL)
    return OH_PROBE_NOBODY;
  return strstr (answer, MARK) != NULL ? OH_PROBE_OVERHEAR : OH_PROBE_ANOTHER;
}
