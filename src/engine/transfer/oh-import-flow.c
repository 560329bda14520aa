/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of flows as mitmproxy's "dump" and "save" write them: one typed netstring after another, as each flow ended. What a
 * field is called depends on the version:
 *   status     "code" up to 0.13, then "status_code"
 *   reason     "msg" up to 0.15, then "reason"
 *   version    "httpversion" up to 0.13, then "http_version"
 *   content    "body" in 0.14 and 0.15, else "content"; 0 or null where it was not kept
 *   connecting "tcp_setup_timestamp" of the request in 0.10, then "timestamp_tcp_setup" of the server's connection
 *   TLS        "ssl_setup_timestamp" likewise, "timestamp_ssl_setup" up to 5, then "timestamp_tls_setup"
 *   WebSockets a flow of their own up to 11, which names that of the handshake; then "websocket" of that flow */
#include "config.h"
#include "oh-import-private.h"

#include "oh-clock.h"

#include <math.h>
#include <string.h>

static void
append_headers (OhHeaders *headers, OhTnet list)
{
  const char *at = NULL;
  OhTnet field, part;

  while (oh_tnet_next (list, &at, &field))
    {
      g_autofree char *name = NULL;
      g_autofree char *value = NULL;
      const char *inside = NULL;

      if (oh_tnet_next (field, &inside, &part))
        name = oh_tnet_dup_string (part);
      if (oh_tnet_next (field, &inside, &part))
        value = oh_tnet_dup_string (part);
      oh_import_append_header (headers, name, value);
    }
}

/* Fields behind a body stand last, as those that we record. */
static OhHeaders *
read_headers (OhExchange *exchange, OhTnet message)
{
  OhHeaders *headers = oh_headers_new ();
  OhTnet trailers = oh_tnet_get (message, "trailers");

  append_headers (headers, oh_tnet_get (message, "headers"));
  if (trailers.type == ']' && trailers.length > 0)
    exchange->oddities |= OH_ODDITY_TRAILERS;
  append_headers (headers, trailers);
  return headers;
}

/* The first of these members that is there. */
static OhTnet
get_any (OhTnet dictionary, const char *const *names)
{
  OhTnet value = { 0, NULL, 0 };

  for (; *names != NULL && (value.type == 0 || value.type == '~'); names++)
    value = oh_tnet_get (dictionary, *names);
  return value;
}

static void
read_content (OhTransfer *transfer, OhSide side, OhTnet message)
{
  OhTnet content = get_any (message, (const char *const[]) { "content", "body", NULL });

  oh_import_set_body (transfer, side, content.type == ',' ? g_bytes_new (content.data, content.length) : NULL);
  if (content.type != ',')
    oh_import_set_gap (transfer, side, 0);
}

/* ns after @start, both in seconds of the wall clock; -1 where it is not known. */
static gint64
since (OhTnet at, double start)
{
  const double seconds = oh_tnet_get_real (at, -1) - start;

  return seconds >= 0 && seconds < 1e7 ? (gint64) llround (seconds * 1e6) * OH_NS_PER_US : -1;
}

static void
read_timings (OhExchange *exchange, OhTnet flow, OhTnet request, OhTnet response, double start)
{
  OhTnet server = oh_tnet_get (flow, "server_conn");
  OhTimings *to = &exchange->timings;

  to->connected = since (oh_tnet_get (server, "timestamp_tcp_setup"), start);
  to->secured = since (get_any (server, (const char *const[]) { "timestamp_tls_setup", "timestamp_ssl_setup", NULL }), start);
  if (to->connected < 0 && server.type != '}')
    {
      to->connected = since (oh_tnet_get (request, "tcp_setup_timestamp"), start);
      to->secured = since (oh_tnet_get (request, "ssl_setup_timestamp"), start);
    }
  to->reused = to->connected < 0;
  to->request_sent = since (oh_tnet_get (request, "timestamp_end"), start);
  to->response_head = since (oh_tnet_get (response, "timestamp_start"), start);
  to->first_byte = to->response_head;
  to->ended = since (oh_tnet_get (response, "timestamp_end"), start);
  if (to->ended < 0)
    to->ended = since (oh_tnet_get (oh_tnet_get (flow, "error"), "timestamp"), start);
  to->ended = MAX (to->ended, MAX (to->response_head, to->request_sent));
}

static char *
get_string (OhTnet dictionary, const char *name)
{
  return oh_tnet_dup_string (oh_tnet_get (dictionary, name));
}

/* What the request was sent to. Where mitmproxy was transparent, "host" is an address, and the request says the name.
 * (transfer full) (nullable) */
static char *
read_host (OhTnet request, const OhHeaders *headers)
{
  g_autofree char *host = get_string (request, "host");
  g_autofree char *authority = get_string (request, "authority");
  const char *said = authority != NULL && *authority != '\0' ? authority : oh_headers_get_one (headers, "host");
  const char *colon;

  if (host == NULL || said == NULL || *said == '\0' || *said == '[' || !g_hostname_is_ip_address (host))
    return g_steal_pointer (&host);
  colon = strrchr (said, ':');
  return colon != NULL ? g_strndup (said, (gsize) (colon - said)) : g_strdup (said);
}

/* (transfer full) */
static char *
read_version (OhTnet message)
{
  g_autofree char *said = get_string (message, "http_version");
  OhTnet pair = oh_tnet_get (message, "httpversion");
  OhTnet major, minor;
  const char *at = NULL;

  if (said == NULL && oh_tnet_next (pair, &at, &major) && oh_tnet_next (pair, &at, &minor))
    said = g_strdup_printf ("%d.%d", (int) oh_tnet_get_int (major, 1), (int) oh_tnet_get_int (minor, 1));
  return oh_import_dup_version (said);
}

/* [type, from the client, content, time, …] each; type 2 is binary. */
static void
read_messages (OhTransfer *transfer, OhTnet list, double start)
{
  OhTimings *timings = &transfer->exchange->timings;
  GString *stream = g_string_new (NULL);
  GArray *arrivals = g_array_new (FALSE, FALSE, sizeof (OhArrival));
  const char *at = NULL;
  OhTnet message;

  while (oh_tnet_next (list, &at, &message))
    {
      OhTnet parts[4] = { 0 };
      const char *inside = NULL;
      gboolean binary;
      g_autofree char *data = NULL;

      for (guint i = 0; i < G_N_ELEMENTS (parts) && oh_tnet_next (message, &inside, &parts[i]); i++)
        ;
      binary = oh_tnet_get_int (parts[0], 1) == 2 && parts[2].type == ',';
      data = binary ? g_base64_encode ((const guchar *) parts[2].data, parts[2].length) : oh_tnet_dup_string (parts[2]);
      oh_import_append_message (stream, arrivals, oh_tnet_is_true (parts[1]), binary, data != NULL ? data : "",
                                since (parts[3], start));
    }
  oh_import_set_body (transfer, OH_SIDE_RESPONSE, g_string_free_to_bytes (stream));
  transfer->arrivals[OH_SIDE_RESPONSE] = arrivals;
  if (arrivals->len > 0)
    timings->ended = MAX (timings->ended, g_array_index (arrivals, OhArrival, arrivals->len - 1).at_ns);
}

static double
read_start (OhTnet flow)
{
  return oh_tnet_get_real (oh_tnet_get (oh_tnet_get (flow, "request"), "timestamp_start"), 0);
}

/* @messages: of a WebSocket, if it began with this flow. (transfer full) (nullable) */
static OhTransfer *
read_flow (OhTnet flow, OhTnet messages)
{
  OhTnet request = oh_tnet_get (flow, "request");
  OhTnet response = oh_tnet_get (flow, "response");
  g_autoptr (OhExchange) exchange = oh_exchange_new ();
  const double start = read_start (flow);
  const gboolean answered = response.type == '}';
  OhTransfer *transfer;
  gint64 status;

  exchange->method = get_string (request, "method");
  exchange->scheme = get_string (request, "scheme");
  exchange->request_headers = read_headers (exchange, request);
  exchange->host = read_host (request, exchange->request_headers);
  exchange->target = get_string (request, "path");
  exchange->port = (guint) oh_tnet_get_int (oh_tnet_get (request, "port"), 0) & G_MAXUINT16;
  if (exchange->method == NULL || exchange->host == NULL || *exchange->host == '\0' || exchange->scheme == NULL ||
      exchange->target == NULL)
    return NULL;
  exchange->http_version = read_version (request);
  if (exchange->http_version == NULL)
    exchange->http_version = g_strdup ("1.1");
  exchange->started_ns = start > 0 && start < 9e9 ? (gint64) llround (start * 1e6) * OH_NS_PER_US : 0;
  exchange->route = OH_ROUTE_TUNNEL;
  exchange->error = get_string (oh_tnet_get (flow, "error"), "msg");
  if (answered)
    {
      status = oh_tnet_get_int (get_any (response, (const char *const[]) { "status_code", "code", NULL }), 0);
      exchange->status = status > 0 && status < 1000 ? (guint) status : 0;
      exchange->reason = oh_tnet_dup_string (get_any (response, (const char *const[]) { "reason", "msg", NULL }));
      exchange->response_headers = read_headers (exchange, response);
    }
  if (exchange->error != NULL)
    exchange->outcome = exchange->status == 0 ? OH_OUTCOME_FAILED : OH_OUTCOME_CUT;
  else
    exchange->outcome = exchange->status == 0 ? OH_OUTCOME_PENDING : OH_OUTCOME_FINISHED;
  exchange->ended_by = OH_PARTY_UPSTREAM;
  read_timings (exchange, flow, request, response, start);
  transfer = oh_transfer_new (exchange);
  read_content (transfer, OH_SIDE_REQUEST, request);
  if (answered && messages.type == ']')
    read_messages (transfer, messages, start);
  else if (answered)
    read_content (transfer, OH_SIDE_RESPONSE, response);
  else
    oh_import_set_body (transfer, OH_SIDE_RESPONSE, NULL);
  return transfer;
}

typedef struct
{
  OhTnet flow;
  double start;
} Found;

static gint
compare_starts (gconstpointer a, gconstpointer b)
{
  const double first = ((const Found *) a)->start, second = ((const Found *) b)->start;

  return (first > second) - (first < second);
}

gboolean
oh_import_flows (const char *data, gsize length, OhImportFunc func, gpointer user_data)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Found));
  /* Those of their own: the handshake's id → OhTnet of the messages. */
  g_autoptr (GHashTable) sockets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  const char *at = data, *end = data + length;
  gboolean more = TRUE;
  guint lone;
  OhTnet flow;

  if (!oh_tnet_read (&at, end, &flow) || flow.type != '}')
    return FALSE;
  do
    {
      g_autofree char *handshake = get_string (oh_tnet_get (flow, "metadata"), "websocket_handshake");
      OhTnet messages = oh_tnet_get (flow, "messages");
      Found entry = { flow, read_start (flow) };

      if (handshake != NULL && messages.type == ']')
        g_hash_table_replace (sockets, g_steal_pointer (&handshake), g_memdup2 (&messages, sizeof messages));
      else
        g_array_append_val (found, entry);
    }
  while (oh_tnet_read (&at, end, &flow));
  g_array_sort (found, compare_starts);
  for (guint i = 0; i < found->len && more; i++)
    {
      g_autofree char *id = get_string (g_array_index (found, Found, i).flow, "id");
      const OhTnet *own = id != NULL ? g_hash_table_lookup (sockets, id) : NULL;
      OhTnet messages;

      flow = g_array_index (found, Found, i).flow;
      messages = oh_tnet_get (oh_tnet_get (flow, "websocket"), "messages");
      if (own != NULL)
        {
          messages = *own;
          g_hash_table_remove (sockets, id);
        }
      more = func (read_flow (flow, messages), FALSE, (gsize) (end - data) / found->len * (i + 1), user_data);
    }
  /* Without their handshake, and the rest of a file that was cut. */
  lone = g_hash_table_size (sockets) + (at < end ? 1 : 0);
  while (more && lone-- > 0)
    more = func (NULL, FALSE, length, user_data);
  return TRUE;
}
