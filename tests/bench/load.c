/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The benchmark's client. Prints one JSON object.
 *   bench-load MODE HOST PORT CA [CONNECTIONS] [SECONDS]
 * With BENCH_CALLS=N keepalive ends after so many calls on each connection, however long they take.
 * MODE: keepalive (requests on warm tunnels), tunnels (a new tunnel for each request), stream (events on a warm tunnel).
 * With HTTPS_PROXY=http://[user:password@]127.0.0.1:PORT it goes through that proxy, else it connects directly. */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *host;
static guint16 port;
static guint16 proxy_port;
static char *proxy_authorization;
static gnutls_certificate_credentials_t credentials;
static gint64 deadline;
static guint calls; /* 0: until the deadline */

typedef struct
{
  GArray *delays; /* gint64 ns */
  gint64 first;   /* sum of the delays of first events, ns */
  guint streams;
} Result;

static void
parse_proxy (const char *url)
{
  const char *rest = g_str_has_prefix (url, "http://") ? url + 7 : url;
  const char *at = strrchr (rest, '@');
  const char *colon;

  if (at != NULL)
    {
      char *user = g_strndup (rest, (gsize) (at - rest));
      char *encoded = g_base64_encode ((const guchar *) user, strlen (user));

      proxy_authorization = g_strdup_printf ("Proxy-Authorization: Basic %s\r\n", encoded);
      g_free (encoded);
      g_free (user);
      rest = at + 1;
    }
  colon = strrchr (rest, ':');
  proxy_port = (guint16) atoi (colon + 1);
}

static Wire *
open_tunnel (void)
{
  Wire *wire = wire_connect (proxy_port != 0 ? proxy_port : port);

  if (proxy_port != 0)
    {
      char *connect = g_strdup_printf ("CONNECT %s:%u HTTP/1.1\r\nHost: %s:%u\r\n%s\r\n", host, port, host, port,
                                       proxy_authorization != NULL ? proxy_authorization : "");
      char *head;

      if (!wire_write (wire, connect, strlen (connect)) || (head = wire_read_head (wire)) == NULL ||
          strstr (head, " 200") == NULL)
        {
          fprintf (stderr, "the proxy refused CONNECT\n");
          exit (1);
        }
      g_free (connect);
      g_free (head);
    }
  if (!wire_start_client_tls (wire, credentials, host))
    exit (1);
  return wire;
}

static void
ask (Wire *wire, const char *path)
{
  static const char body[] = "{\"model\":\"claude-sonnet-4-5-20250929\",\"max_tokens\":1024,\"messages\":[{\"role\":"
                             "\"user\",\"content\":\"What is the speed of light?\"}]}";
  char *request = g_strdup_printf ("POST %s HTTP/1.1\r\nHost: %s:%u\r\nx-api-key: sk-ant-bench-0123456789\r\n"
                                   "anthropic-version: 2023-06-01\r\nContent-Type: application/json\r\n"
                                   "Content-Length: %zu\r\n\r\n%s",
                                   path, host, port, sizeof body - 1, body);

  if (!wire_write (wire, request, strlen (request)))
    {
      fprintf (stderr, "write failed\n");
      exit (1);
    }
  g_free (request);
}

static char *
read_answer_head (Wire *wire)
{
  char *head = wire_read_head (wire);

  if (head == NULL || !g_str_has_prefix (head, "HTTP/1.1 200"))
    {
      fprintf (stderr, "no 200: %s\n", head != NULL ? head : "connection closed");
      exit (1);
    }
  return head;
}

static void
read_body (Wire *wire, const char *head)
{
  char *length = wire_get_header (head, "content-length");

  if (length != NULL)
    {
      if (!wire_skip (wire, (gsize) g_ascii_strtoull (length, NULL, 10)))
        exit (1);
      g_free (length);
      return;
    }
  for (;;)
    {
      char *line = wire_read_line (wire);
      gsize n = line != NULL ? (gsize) g_ascii_strtoull (line, NULL, 16) : 0;

      if (line == NULL || !wire_skip (wire, n + 2))
        exit (1);
      g_free (line);
      if (n == 0)
        return;
    }
}

static void
exchange (Wire *wire)
{
  char *head;

  ask (wire, "/v1/messages");
  head = read_answer_head (wire);
  read_body (wire, head);
  g_free (head);
}

static gpointer
run_keepalive (gpointer data)
{
  Result *result = data;
  Wire *wire = open_tunnel ();

  while (calls > 0 ? result->delays->len < calls : wire_now_ns () < deadline)
    {
      gint64 start = wire_now_ns (), took;

      exchange (wire);
      took = wire_now_ns () - start;
      g_array_append_val (result->delays, took);
    }
  wire_free (wire);
  return NULL;
}

static gpointer
run_tunnels (gpointer data)
{
  Result *result = data;

  while (wire_now_ns () < deadline)
    {
      gint64 start = wire_now_ns (), took;
      Wire *wire = open_tunnel ();

      exchange (wire);
      wire_free (wire);
      took = wire_now_ns () - start;
      g_array_append_val (result->delays, took);
    }
  return NULL;
}

/* Reads the chunks of one stream line by line; the text of each event is the time it was sent. */
static gpointer
run_stream (gpointer data)
{
  Result *result = data;
  Wire *wire = open_tunnel ();

  exchange (wire);
  while (wire_now_ns () < deadline)
    {
      gboolean first = TRUE;
      char *line;

      ask (wire, "/stream");
      g_free (read_answer_head (wire));
      while ((line = wire_read_line (wire)) != NULL && strcmp (line, "0") != 0)
        {
          const char *text = strstr (line, "\"text\":\"");

          if (text != NULL)
            {
              gint64 delay = wire_now_ns () - g_ascii_strtoll (text + 8, NULL, 10);

              if (first)
                {
                  result->first += delay;
                  result->streams++;
                }
              first = FALSE;
              g_array_append_val (result->delays, delay);
            }
          g_free (line);
        }
      g_free (line);
      g_free (wire_read_line (wire));
    }
  wire_free (wire);
  return NULL;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

int
main (int argc, char **argv)
{
  const char *proxy = g_getenv ("HTTPS_PROXY");
  guint connections = argc > 5 ? (guint) atoi (argv[5]) : 16;
  double seconds = argc > 6 ? g_ascii_strtod (argv[6], NULL) : 5;
  GThreadFunc run;
  GPtrArray *threads = g_ptr_array_new ();
  GArray *all = g_array_new (FALSE, FALSE, sizeof (gint64));
  Result *results;
  gint64 start, first = 0, took;
  guint streams = 0;

  if (argc < 5)
    {
      fprintf (stderr, "usage: bench-load keepalive|tunnels|stream HOST PORT CA [CONNECTIONS] [SECONDS]\n");
      return 2;
    }
  run = g_str_equal (argv[1], "keepalive") ? run_keepalive : g_str_equal (argv[1], "tunnels") ? run_tunnels : run_stream;
  calls = g_getenv ("BENCH_CALLS") != NULL ? (guint) atoi (g_getenv ("BENCH_CALLS")) : 0;
  host = argv[2];
  port = (guint16) atoi (argv[3]);
  if (proxy != NULL && *proxy != '\0')
    parse_proxy (proxy);
  gnutls_certificate_allocate_credentials (&credentials);
  if (gnutls_certificate_set_x509_trust_file (credentials, argv[4], GNUTLS_X509_FMT_PEM) <= 0)
    {
      fprintf (stderr, "no certificates in %s\n", argv[4]);
      return 1;
    }
  start = wire_now_ns ();
  deadline = start + (gint64) (seconds * 1e9);
  results = g_new0 (Result, connections);
  for (guint i = 0; i < connections; i++)
    {
      results[i].delays = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_ptr_array_add (threads, g_thread_new ("load", run, &results[i]));
    }
  for (guint i = 0; i < connections; i++)
    {
      g_thread_join (threads->pdata[i]);
      g_array_append_vals (all, results[i].delays->data, results[i].delays->len);
      first += results[i].first;
      streams += results[i].streams;
    }
  took = wire_now_ns () - start;
  g_array_sort (all, compare);
  if (all->len == 0)
    return 1;
  printf ("{\"count\": %u, \"per_second\": %.1f, \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.4f,"
          " \"first_ms\": %.4f}\n",
          all->len, all->len / (took / 1e9), g_array_index (all, gint64, all->len / 2) / 1e6,
          g_array_index (all, gint64, (gsize) (all->len * 0.99)) / 1e6,
          g_array_index (all, gint64, all->len - 1) / 1e6, streams > 0 ? first / 1e6 / streams : 0);
  return 0;
}
