/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The benchmark's server: HTTP/1.1 over TLS on loopback, a thread a connection.
 *   POST /v1/messages   1.7 kB of JSON
 *   POST /stream        200 server-sent events, one each 5 ms, each carrying the time it was sent (CLOCK_MONOTONIC, ns)
 * bench-origin CERT KEY: prints its port. Ends when standard input does. */
#include "wire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priority;
static char *answer;

static gboolean
send_stream (Wire *wire)
{
  const char *head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

  if (!wire_write (wire, head, strlen (head)))
    return FALSE;
  for (guint i = 0; i < 200; i++)
    {
      char event[256], chunk[300];
      int length;

      length = g_snprintf (event, sizeof event,
                           "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                           "{\"type\":\"text_delta\",\"text\":\"%" G_GINT64_FORMAT "\"}}\n\n",
                           wire_now_ns ());
      length = g_snprintf (chunk, sizeof chunk, "%x\r\n%s\r\n", (guint) length, event);
      if (!wire_write (wire, chunk, (gsize) length))
        return FALSE;
      g_usleep (5000);
    }
  return wire_write (wire, "0\r\n\r\n", 5);
}

static gpointer
serve (gpointer data)
{
  Wire *wire = data;
  char *head;

  if (wire_start_server_tls (wire, credentials, priority))
    while ((head = wire_read_head (wire)) != NULL)
      {
        char *length = wire_get_header (head, "content-length");
        gboolean stream = g_str_has_prefix (head, "POST /stream ");
        gboolean ok = length == NULL || wire_skip (wire, (gsize) g_ascii_strtoull (length, NULL, 10));

        g_free (length);
        g_free (head);
        if (!ok || !(stream ? send_stream (wire) : wire_write (wire, answer, strlen (answer))))
          break;
      }
  wire_free (wire);
  return NULL;
}

static gpointer
accept_all (gpointer data)
{
  int listener = GPOINTER_TO_INT (data);

  for (;;)
    {
      int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);

      if (fd >= 0)
        g_thread_unref (g_thread_new ("connection", serve, wire_new (fd)));
    }
  return NULL;
}

/* The same port on ::1 and 127.0.0.1: peers differ in which of the two they try first. */
static guint16
listen_on_loopback (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  struct sockaddr_in6 address6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  socklen_t size = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int listener6 = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  bind (listener, (struct sockaddr *) &address, sizeof address);
  listen (listener, 1024);
  getsockname (listener, (struct sockaddr *) &address, &size);
  g_thread_unref (g_thread_new ("accept", accept_all, GINT_TO_POINTER (listener)));
  address6.sin6_port = address.sin_port;
  if (bind (listener6, (struct sockaddr *) &address6, sizeof address6) == 0 && listen (listener6, 1024) == 0)
    g_thread_unref (g_thread_new ("accept6", accept_all, GINT_TO_POINTER (listener6)));
  return ntohs (address.sin_port);
}

int
main (int argc, char **argv)
{
  GString *body = g_string_new ("{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
                                "\"claude-sonnet-4-5-20250929\",\"content\":[{\"type\":\"text\",\"text\":\"");

  if (argc != 3)
    {
      fprintf (stderr, "usage: bench-origin CERT KEY\n");
      return 2;
    }
  while (body->len < 1600)
    g_string_append (body, "The quick brown fox jumps over the lazy dog. ");
  g_string_append (body, "\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":420,"
                         "\"output_tokens\":350}}");
  answer = g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nrequest-id: req_bench\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            body->len, body->str);
  gnutls_certificate_allocate_credentials (&credentials);
  if (gnutls_certificate_set_x509_key_file (credentials, argv[1], argv[2], GNUTLS_X509_FMT_PEM) < 0)
    {
      fprintf (stderr, "bench-origin: cannot read %s and %s\n", argv[1], argv[2]);
      return 1;
    }
  gnutls_priority_init (&priority, NULL, NULL);
  printf ("%u\n", listen_on_loopback ());
  fflush (stdout);
  while (getchar () != EOF)
    ;
  return 0;
}
