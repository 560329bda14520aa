/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readings made the way the program makes them: from the bytes of a request and an answer. */
#pragma once
#include "oh-interpreter.h"

#include <string.h>

/* @request: JSON; @answer: (nullable): JSON, or a stream of events if it begins with "event:" */
static inline OhReading *
read_exchange (const char *request, const char *answer)
{
  g_autoptr (OhExchange) head = oh_exchange_new ();
  g_autoptr (OhInterpreter) interpreter = NULL;

  head->method = g_strdup ("POST");
  head->scheme = g_strdup ("https");
  head->host = g_strdup ("api.anthropic.com");
  head->port = 443;
  head->target = g_strdup ("/v1/messages");
  head->request_headers = oh_headers_new_from_string ("content-type: application/json\r\n");
  interpreter = oh_interpreter_new (head);
  oh_interpreter_feed_request (interpreter, request, strlen (request));
  oh_interpreter_end_request (interpreter);
  if (answer != NULL)
    {
      g_autoptr (OhExchange) answered = oh_exchange_copy (head);
      gboolean stream = g_str_has_prefix (answer, "event:");

      answered->status = strstr (answer, "\"type\":\"error\"") != NULL && !stream ? 400 : 200;
      answered->response_headers = oh_headers_new_from_string (stream ? "content-type: text/event-stream\r\n"
                                                                      : "content-type: application/json\r\n");
      oh_interpreter_set_response (interpreter, answered);
      oh_interpreter_feed_response (interpreter, answer, strlen (answer), 0);
      oh_interpreter_end (interpreter, OH_OUTCOME_FINISHED);
    }
  return oh_interpreter_get_reading (interpreter);
}
