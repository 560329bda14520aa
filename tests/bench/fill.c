/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fills a data directory with small exchanges of one run, a second apart, the last one now: `bench-fill FOLDER NUMBER`. */
#include "fixture.h"
#include "oh-facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const models[] = { "claude-sonnet-4-5-20250929", "claude-opus-4-1-20250805",
                                      "claude-haiku-4-5-20251001" };

static void
add (OhStore *store, guint64 key, gint64 run_id, gint64 started_ns)
{
  g_autofree char *request = g_strdup_printf ("{\"model\":\"%s\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\","
                                              "\"content\":\"Say %" G_GUINT64_FORMAT "\"}]}",
                                              models[key % G_N_ELEMENTS (models)], key);
  g_autofree char *response =
    g_strdup_printf ("{\"id\":\"msg_%" G_GUINT64_FORMAT "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"%s\","
                     "\"content\":[{\"type\":\"text\",\"text\":\"%" G_GUINT64_FORMAT "\"}],\"stop_reason\":\"end_turn\","
                     "\"usage\":{\"input_tokens\":12,\"output_tokens\":5}}",
                     key, models[key % G_N_ELEMENTS (models)], key);
  OhExchange *begin = fixture_exchange ();
  OhExchange *end;

  begin->run_id = run_id;
  begin->started_ns = started_ns;
  end = oh_exchange_copy (begin);
  end->status = key % 50 == 0 ? 429 : 200;
  end->outcome = OH_OUTCOME_FINISHED;
  end->ended_by = OH_PARTY_UPSTREAM;
  end->request_length = (gint64) strlen (request);
  end->response_length = (gint64) strlen (response);
  end->timings.request_sent = OH_NS_PER_MS;
  end->timings.response_head = 300 * OH_NS_PER_MS;
  end->timings.ended = (400 + (gint64) (key % 700)) * OH_NS_PER_MS;
  end->response_headers = oh_headers_new ();
  oh_headers_append (end->response_headers, "Content-Type", "application/json");
  fixture_push (store, OH_CAPTURE_BEGIN, key, begin, NULL, 0, 0);
  fixture_push (store, OH_CAPTURE_REQUEST_DATA, key, NULL, request, -1, OH_NS_PER_MS);
  fixture_push (store, OH_CAPTURE_REQUEST_END, key, NULL, NULL, 0, OH_NS_PER_MS);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, key, NULL, response, -1, 300 * OH_NS_PER_MS);
  oh_sink_push (OH_SINK (store), oh_capture_new (OH_CAPTURE_END, key, end, NULL, end->timings.ended));
}

/* What insight would say of it, so that rows are as they are after a real run. */
static void
add_facts (OhStore *store, gint64 id, guint64 key)
{
  g_autoptr (OhFacts) facts = oh_facts_new ("anthropic");

  facts->operation = g_strdup ("messages");
  facts->model = g_strdup (models[key % G_N_ELEMENTS (models)]);
  facts->stop_reason = g_strdup ("end_turn");
  facts->complete = TRUE;
  facts->usage.input = 12;
  facts->usage.output = 5;
  oh_store_put_facts (store, id, facts);
}

int
main (int argc, char **argv)
{
  const guint n = argc == 3 ? (guint) atoi (argv[2]) : 0;
  const gint64 now = oh_clock_wall_ns ();
  g_autoptr (OhStore) store = NULL;
  g_autoptr (OhRun) run = oh_run_new ();
  gint64 run_id;

  if (n == 0)
    {
      fprintf (stderr, "usage: bench-fill FOLDER NUMBER\n");
      return 2;
    }
  store = fixture_open (argv[1]);
  run->name = g_strdup ("bench-fill");
  run->started_ns = now - n * OH_NS_PER_S;
  run->ended_ns = now;
  run->exit_status = 0;
  run_id = oh_store_add_run (store, run);
  for (guint i = 0; i < n; i++)
    {
      add (store, i + 1, run_id, now - (gint64) (n - i) * OH_NS_PER_S);
      /* A new store counts from 1. */
      add_facts (store, i + 1, i + 1);
      if (i % 4000 == 3999)
        oh_store_flush (store);
    }
  oh_store_close (store);
  return 0;
}
