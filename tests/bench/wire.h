/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocking sockets with or without TLS, for the benchmark's client and server: one thread a connection. */
#pragma once
#include <glib.h>
#include <gnutls/gnutls.h>

typedef struct
{
  int fd;
  gnutls_session_t tls; /* NULL: plain */
  char buffer[65536];
  gsize start, end;     /* bytes read but not used */
} Wire;

gint64 wire_now_ns (void);
Wire *wire_new (int fd);
void wire_free (Wire *wire);
/* Connects to loopback; exits on failure. */
Wire *wire_connect (guint16 port);
gboolean wire_start_client_tls (Wire *wire, gnutls_certificate_credentials_t credentials, const char *host);
gboolean wire_start_server_tls (Wire *wire, gnutls_certificate_credentials_t credentials,
                                gnutls_priority_t priority);
gboolean wire_write (Wire *wire, const char *data, gsize length);
/* Reads up to and including the blank line of a head. Returns: NULL at the end of the connection. (transfer full) */
char *wire_read_head (Wire *wire);
gboolean wire_skip (Wire *wire, gsize length);
/* One line without its CRLF or LF. (transfer full) (nullable) */
char *wire_read_line (Wire *wire);
/* The value of a header field in a head, or NULL. (transfer full) */
char *wire_get_header (const char *head, const char *name);
