/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-upstream-private.h"
#include "oh-saying.h"

const char *
oh_upstream_explain (const GError *error, const char *host, char **saying)
{
  const char *code = "upstream-failed";

  if (error->domain == G_RESOLVER_ERROR)
    code = "upstream-unresolved";
  else if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    {
      *saying = oh_saying_new (error->message, "host", host);
      return "tls-verify";
    }
  else if (error->domain == G_TLS_ERROR)
    code = "tls-handshake";
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    code = "upstream-refused";
  /* While the connection was being made. */
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)
           || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED))
    code = "upstream-closed";
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    code = "upstream-timeout";
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE)
           || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE))
    code = "upstream-unreachable";
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_RECURSE))
    code = "loop";
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_FAILED))
    {
      *saying = g_strdup (error->message);
      return "proxy-failed";
    }
  *saying = oh_saying_new (code, "host reason", host, error->message);
  return code;
}
