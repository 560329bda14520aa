/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

gint64
wire_now_ns (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (gint64) ts.tv_sec * 1000000000 + ts.tv_nsec;
}

Wire *
wire_new (int fd)
{
  Wire *wire = g_new (Wire, 1);
  int on = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  wire->fd = fd;
  wire->tls = NULL;
  wire->start = wire->end = 0;
  return wire;
}

void
wire_free (Wire *wire)
{
  if (wire->tls != NULL)
    {
      gnutls_bye (wire->tls, GNUTLS_SHUT_WR);
      gnutls_deinit (wire->tls);
    }
  close (wire->fd);
  g_free (wire);
}

Wire *
wire_connect (guint16 port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (port) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (connect (fd, (struct sockaddr *) &address, sizeof address) != 0)
    {
      fprintf (stderr, "connect to port %u: %s\n", port, g_strerror (errno));
      exit (1);
    }
  return wire_new (fd);
}

static gboolean
handshake (Wire *wire)
{
  int status;

  gnutls_transport_set_int (wire->tls, wire->fd);
  do
    status = gnutls_handshake (wire->tls);
  while (status < 0 && !gnutls_error_is_fatal (status));
  if (status < 0)
    fprintf (stderr, "handshake: %s\n", gnutls_strerror (status));
  return status >= 0;
}

gboolean
wire_start_client_tls (Wire *wire, gnutls_certificate_credentials_t credentials, const char *host)
{
  gnutls_init (&wire->tls, GNUTLS_CLIENT);
  gnutls_set_default_priority (wire->tls);
  gnutls_credentials_set (wire->tls, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_server_name_set (wire->tls, GNUTLS_NAME_DNS, host, strlen (host));
  gnutls_session_set_verify_cert (wire->tls, host, 0);
  return handshake (wire);
}

gboolean
wire_start_server_tls (Wire *wire, gnutls_certificate_credentials_t credentials, gnutls_priority_t priority)
{
  gnutls_init (&wire->tls, GNUTLS_SERVER);
  gnutls_priority_set (wire->tls, priority);
  gnutls_credentials_set (wire->tls, GNUTLS_CRD_CERTIFICATE, credentials);
  return handshake (wire);
}

gboolean
wire_write (Wire *wire, const char *data, gsize length)
{
  while (length > 0)
    {
      gssize n;

      if (wire->tls != NULL)
        n = gnutls_record_send (wire->tls, data, length);
      else
        n = send (wire->fd, data, length, MSG_NOSIGNAL);
      if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
        continue;
      if (n <= 0)
        return FALSE;
      data += n;
      length -= (gsize) n;
    }
  return TRUE;
}

static gboolean
fill (Wire *wire)
{
  gssize n;

  if (wire->start > 0)
    {
      memmove (wire->buffer, wire->buffer + wire->start, wire->end - wire->start);
      wire->end -= wire->start;
      wire->start = 0;
    }
  do
    {
      if (wire->tls != NULL)
        n = gnutls_record_recv (wire->tls, wire->buffer + wire->end, sizeof wire->buffer - wire->end);
      else
        n = recv (wire->fd, wire->buffer + wire->end, sizeof wire->buffer - wire->end, 0);
    }
  while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
  if (n <= 0)
    return FALSE;
  wire->end += (gsize) n;
  return TRUE;
}

char *
wire_read_head (Wire *wire)
{
  for (;;)
    {
      char *blank = memmem (wire->buffer + wire->start, wire->end - wire->start, "\r\n\r\n", 4);

      if (blank != NULL)
        {
          gsize length = (gsize) (blank + 4 - (wire->buffer + wire->start));
          char *head = g_strndup (wire->buffer + wire->start, length);

          wire->start += length;
          return head;
        }
      if (!fill (wire))
        return NULL;
    }
}

gboolean
wire_skip (Wire *wire, gsize length)
{
  for (;;)
    {
      gsize have = MIN (length, wire->end - wire->start);

      wire->start += have;
      length -= have;
      if (length == 0)
        return TRUE;
      if (!fill (wire))
        return FALSE;
    }
}

char *
wire_read_line (Wire *wire)
{
  for (;;)
    {
      char *newline = memchr (wire->buffer + wire->start, '\n', wire->end - wire->start);

      if (newline != NULL)
        {
          gsize length = (gsize) (newline - (wire->buffer + wire->start));
          char *line = g_strndup (wire->buffer + wire->start, length);

          wire->start += length + 1;
          if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
          return line;
        }
      if (!fill (wire))
        return NULL;
    }
}

char *
wire_get_header (const char *head, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 1; lines[i] != NULL; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_strstrip (g_strdup (lines[i] + length + 1));
  return NULL;
}
