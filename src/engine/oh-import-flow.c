/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of flows as mitmproxy's "dump" and "save" write them: one typed netstring after another. */
#include "config.h"
#include "oh-import-private.h"

#include "oh-clock.h"

#include <math.h>
#include <string.h>

static OhHeaders *
read_headers (OhTnet list)
{
  OhHeaders *headers = oh_headers_new ();
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
  return headers;
}

static GBytes *
read_content (OhTnet message)
{
  OhTnet content = oh_tnet_get (message, "content");

  return content.type == ',' ? g_bytes_new (content.data, content.length) : NULL;
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
  to->secured = since (oh_tnet_get (server, "timestamp_tls_setup"), start);
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

/* (transfer full) (nullable) */
static OhTransfer *
read_flow (OhTnet flow)
{
  OhTnet request = oh_tnet_get (flow, "request");
  OhTnet response = oh_tnet_get (flow, "response");
  g_autoptr (OhExchange) exchange = oh_exchange_new ();
  const double start = oh_tnet_get_real (oh_tnet_get (request, "timestamp_start"), 0);
  g_autofree char *version = get_string (request, "http_version");
  const gboolean answered = response.type == '}';
  OhTransfer *transfer;
  gint64 status;

  exchange->method = get_string (request, "method");
  exchange->scheme = get_string (request, "scheme");
  exchange->request_headers = read_headers (oh_tnet_get (request, "headers"));
  exchange->host = read_host (request, exchange->request_headers);
  exchange->target = get_string (request, "path");
  exchange->port = (guint) oh_tnet_get_int (oh_tnet_get (request, "port"), 0) & G_MAXUINT16;
  if (exchange->method == NULL || exchange->host == NULL || *exchange->host == '\0' || exchange->scheme == NULL ||
      exchange->target == NULL)
    return NULL;
  exchange->http_version = g_strdup (version != NULL && g_str_has_prefix (version, "HTTP/") ? version + 5 : "1.1");
  exchange->started_ns = start > 0 && start < 9e9 ? (gint64) llround (start * 1e6) * OH_NS_PER_US : 0;
  exchange->route = OH_ROUTE_TUNNEL;
  exchange->error = get_string (oh_tnet_get (flow, "error"), "msg");
  if (answered)
    {
      status = oh_tnet_get_int (oh_tnet_get (response, "status_code"), 0);
      /* mitmproxy 0.10 and 0.11 */
      if (status == 0)
        status = oh_tnet_get_int (oh_tnet_get (response, "code"), 0);
      exchange->status = status > 0 && status < 1000 ? (guint) status : 0;
      exchange->reason = get_string (response, "reason");
      exchange->response_headers = read_headers (oh_tnet_get (response, "headers"));
    }
  exchange->outcome = exchange->status == 0 ? OH_OUTCOME_FAILED
                      : exchange->error != NULL ? OH_OUTCOME_CUT
                                                : OH_OUTCOME_FINISHED;
  exchange->ended_by = OH_PARTY_UPSTREAM;
  if (oh_tnet_get (request, "content").type == '~')
    exchange->gaps |= OH_GAP_REQUEST;
  if (answered && oh_tnet_get (response, "content").type == '~')
    exchange->gaps |= OH_GAP_RESPONSE;
  read_timings (exchange, flow, request, response, start);
  transfer = oh_transfer_new (exchange);
  oh_import_set_body (transfer, OH_SIDE_REQUEST, read_content (request));
  oh_import_set_body (transfer, OH_SIDE_RESPONSE, answered ? read_content (response) : NULL);
  return transfer;
}

gboolean
oh_import_flows (const char *data, gsize length, OhImportFunc func, gpointer user_data)
{
  const char *at = data, *end = data + length;
  OhTnet flow;

  if (!oh_tnet_read (&at, end, &flow) || flow.type != '}')
    return FALSE;
  do
    if (!func (read_flow (flow), FALSE, (gsize) (at - data), user_data))
      return TRUE;
  while (oh_tnet_read (&at, end, &flow));
  /* The rest of a file that was cut. */
  if (at < end)
    func (NULL, FALSE, length, user_data);
  return TRUE;
}
