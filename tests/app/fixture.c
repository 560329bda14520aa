/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

#define PIECE 200

OhExchangeView *
fixture_view (const char *request, const char *response, const char *response_type, gssize received)
{
  OhExchangeView *view = g_atomic_rc_box_new0 (OhExchangeView);
  OhExchange *exchange = oh_exchange_new ();
  g_autoptr (OhInterpreter) interpreter = NULL;
  gsize length = received < 0 ? strlen (response) : (gsize) received;
  gint64 at_ns = 412 * OH_NS_PER_MS;

  exchange->id = 1;
  exchange->started_ns = G_GINT64_CONSTANT (1763700029114000000);
  exchange->route = OH_ROUTE_TUNNEL;
  exchange->method = g_strdup ("POST");
  exchange->scheme = g_strdup ("https");
  exchange->host = g_strdup ("api.anthropic.com");
  exchange->port = 443;
  exchange->target = g_strdup ("/v1/messages");
  exchange->http_version = g_strdup ("1.1");
  exchange->request_headers = oh_headers_new ();
  oh_headers_append (exchange->request_headers, "content-type", "application/json");
  oh_headers_append (exchange->request_headers, "x-api-key", "<redacted …DUCK 0011223344556677>");
  oh_headers_append (exchange->request_headers, "anthropic-version", "2023-06-01");
  oh_headers_append (exchange->request_headers, "accept-encoding", "gzip, deflate");
  exchange->response_headers = oh_headers_new ();
  oh_headers_append (exchange->response_headers, "content-type", response_type);
  oh_headers_append (exchange->response_headers, "request-id", "req_01DUCK");
  exchange->status = 200;
  exchange->reason = g_strdup ("OK");
  exchange->request_length = (gint64) strlen (request);
  exchange->response_length = (gint64) length;
  exchange->timings.resolved = 2 * OH_NS_PER_MS;
  exchange->timings.connected = 14 * OH_NS_PER_MS;
  exchange->timings.secured = 39 * OH_NS_PER_MS;
  exchange->timings.request_sent = 45 * OH_NS_PER_MS;
  exchange->timings.response_head = 400 * OH_NS_PER_MS;
  exchange->timings.first_byte = 410 * OH_NS_PER_MS;

  interpreter = oh_interpreter_new (exchange);
  oh_interpreter_feed_request (interpreter, request, strlen (request));
  oh_interpreter_end_request (interpreter);
  oh_interpreter_set_response (interpreter, exchange);
  for (gsize at = 0; at < length; at += PIECE, at_ns += 12 * OH_NS_PER_MS)
    oh_interpreter_feed_response (interpreter, response + at, MIN (PIECE, length - at), at_ns);
  if (received < 0)
    {
      exchange->outcome = OH_OUTCOME_FINISHED;
      exchange->ended_by = OH_PARTY_UPSTREAM;
      exchange->timings.ended = at_ns;
      oh_interpreter_end (interpreter, exchange->outcome);
    }
  view->exchange = exchange;
  view->reading = oh_interpreter_get_reading (interpreter);
  exchange->facts = oh_facts_ref (view->reading->facts);
  view->request_body = oh_interpreter_get_request_body (interpreter, &view->request_whole);
  view->response_body = oh_interpreter_get_response_body (interpreter, &view->response_whole);
  return view;
}
