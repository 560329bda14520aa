/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LD_PRELOAD: libsoup takes no connection the $NO_LOAN-th time it is given one. */
#include <dlfcn.h>
#include <libsoup/soup.h>
#include <stdlib.h>

gboolean
soup_server_accept_iostream (SoupServer *server, GIOStream *stream, GSocketAddress *local, GSocketAddress *remote,
                             GError **error)
{
  static gboolean (*real) (SoupServer *, GIOStream *, GSocketAddress *, GSocketAddress *, GError **);
  static int times;

  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "soup_server_accept_iostream");
  if (++times != atoi (getenv ("NO_LOAN")))
    return real (server, stream, local, remote, error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no loan");
  return FALSE;
}
