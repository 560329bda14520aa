/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-pac-private.h"
#include "oh-proxy.h"
#include "oh-target-private.h"

#include <libsoup/soup.h>
#include <string.h>

#define LOAD_S 4
#define PAC_MAX (1024 * 1024) /* as Chromium has it */

char *
oh_pac_compose (guint16 port, const char *const *hosts, const char *before)
{
  GString *out = g_string_new ("// Overhear: the hosts below are read by it; all else goes as without it.\n");

  /* A function of that name within shadows ours. */
  if (before != NULL)
    g_string_append_printf (out,
                            "var overhearBefore = (function () {\n"
                            "var FindProxyForURL;\n"
                            "%s\n"
                            "return FindProxyForURL;\n"
                            "})();\n",
                            before);
  g_string_append (out, "var overhearHosts = [");
  for (; *hosts != NULL; hosts++)
    g_string_append_printf (out, "\"%s\"%s", *hosts, hosts[1] != NULL ? ", " : "");
  g_string_append_printf (out,
                          "];\n"
                          "function FindProxyForURL(url, host) {\n"
                          "  var rest = %s;\n"
                          "  var name = host.toLowerCase();\n"
                          "  if (!/^(https?|wss?):/i.test(url)) return rest;\n"
                          "  if (name.charAt(name.length - 1) == \".\") name = name.substring(0, name.length - 1);\n"
                          "  for (var i = 0; i < overhearHosts.length; i++)\n"
                          "    if (shExpMatch(name, overhearHosts[i])) return \"PROXY 127.0.0.1:%u; \" + rest;\n"
                          "  return rest;\n"
                          "}\n",
                          before != NULL ? "(overhearBefore ? overhearBefore(url, host) : null) || \"DIRECT\"" : "\"DIRECT\"",
                          port);
  return g_string_free (out, FALSE);
}

gboolean
oh_pac_is_our_name (const char *host)
{
  g_autofree char *name = NULL;
  g_autoptr (GInetAddress) address = NULL;
  guint port;

  if (host == NULL || !oh_target_parse_authority (host, strlen (host), 80, &name, &port))
    return FALSE;
  address = g_inet_address_new_from_string (name);
  return strcmp (name, "localhost") == 0 || (address != NULL && g_inet_address_get_is_loopback (address));
}

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

char *
oh_proxy_load_pac (const char *url, GError **error)
{
  g_autoptr (SoupSession) session = NULL;
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GFile) file = NULL;
  g_autofree char *buffer = NULL;
  gsize length = 0;

  g_return_val_if_fail (url != NULL, NULL);
  if (g_ascii_strncasecmp (url, "data:", 5) == 0)
    return load_data (url);
  buffer = g_malloc (PAC_MAX + 1);
  if (g_ascii_strncasecmp (url, "http", 4) == 0)
    {
      session = soup_session_new_with_options ("timeout", LOAD_S, "proxy-resolver", NULL, NULL);
      message = soup_message_new (SOUP_METHOD_GET, url);
      stream = message != NULL ? soup_session_send (session, message, NULL, error) : NULL;
      if (stream != NULL && soup_message_get_status (message) != SOUP_STATUS_OK)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, soup_message_get_reason_phrase (message));
          return NULL;
        }
    }
  else
    {
      file = *url == '/' ? g_file_new_for_path (url) : g_file_new_for_uri (url);
      stream = G_INPUT_STREAM (g_file_read (file, NULL, error));
    }
  if (stream == NULL || !g_input_stream_read_all (stream, buffer, PAC_MAX, &length, NULL, error))
    {
      if (error != NULL && *error == NULL)
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, url);
      return NULL;
    }
  buffer[length] = '\0';
  return g_steal_pointer (&buffer);
}
