/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an instrument sends, as protobuf or as JSON, and what is read of the spans that it tells. */
#include "oh-ingest.h"
#include "oh-interpreter.h"
#include "oh-json-scan.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
read_told (const OhTold *told, gpointer unused)
{
  g_autoptr (OhExchange) exchange = told->exchange != NULL ? oh_exchange_copy (told->exchange) : oh_exchange_new ();
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (OhReading) reading = NULL;
  OhJson value;

  if (told->json == NULL)
    return;
  if (!oh_json_parse (told->json->str, told->json->len, &value, NULL))
    abort ();
  exchange->route = OH_ROUTE_TOLD;
  if (told->exchange == NULL)
    {
      exchange->method = g_strdup ("SPAN");
      exchange->scheme = g_strdup (told->method != NULL ? "event" : "otlp");
      exchange->host = g_strdup ("host");
      exchange->target = g_strdup ("/");
    }
  exchange->request_headers = oh_headers_new ();
  interpreter = oh_interpreter_new (exchange);
  oh_interpreter_feed_request (interpreter, told->json->str, told->json->len);
  oh_interpreter_end_request (interpreter);
  oh_interpreter_end (interpreter, OH_OUTCOME_FINISHED);
  reading = oh_interpreter_get_reading (interpreter);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const struct
  {
    const char *path, *type;
  } posts[] = { { "/v1/traces", "application/x-protobuf" }, { "/v1/traces", "application/json" },
                { "/v1/logs", "application/x-protobuf" }, { "/v1/logs", "application/json" },
                { "/api/capture/http", "application/json" }, { "/api/capture/http_incoming", "application/json" },
                { "/api/capture/log", "application/json" }, { "/api/capture/exception", "application/json" },
                { "/api/capture/test", "application/json" } };
  g_autoptr (GBytes) body = g_bytes_new (data, size);

  for (guint i = 0; i < G_N_ELEMENTS (posts); i++)
    {
      g_auto (OhIngestReply) reply = { 0 };

      oh_ingest_take (posts[i].path, posts[i].type, NULL, body, read_told, NULL, &reply);
      if (reply.body == NULL)
        abort ();
    }
  return 0;
}
