/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte chooses the shape of the exchange, the second how the answer is cut; the rest is request and answer,
 * divided by the first NUL. Whole or cut, for people or for facts only, the facts must be the same. */
#include "config.h"
#include "oh-interpreter.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static const char *const targets[] = { "/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches",
                                       "/v1/messages/batches/b/results", "/v1/complete", "/v1/files", "/other?a=b&c", "/v1/chat/completions" };
static const char *const types[] = { "text/event-stream", "application/json", "application/vnd.amazon.eventstream",
                                     "multipart/form-data; boundary=x", "application/x-www-form-urlencoded" };

static OhExchange *
make_exchange (guint8 shape)
{
  OhExchange *exchange = oh_exchange_new ();
  const char *type = types[shape / 8 % G_N_ELEMENTS (types)];

  exchange->method = g_strdup ("POST");
  exchange->host = g_strdup (shape % 8 == 6   ? "example.com"
                             : shape % 8 == 7 ? "api.openai.com"
                                              : "api.anthropic.com");
  exchange->target = g_strdup (targets[shape % 8 % G_N_ELEMENTS (targets)]);
  exchange->status = shape >= 200 ? 500 : 200;
  exchange->request_headers = oh_headers_new ();
  exchange->response_headers = oh_headers_new ();
  oh_headers_append (exchange->request_headers, "content-type", shape % 8 == 6 ? type : "application/json");
  oh_headers_append (exchange->response_headers, "content-type", type);
  return exchange;
}

static OhInterpreter *
interpret (const OhExchange *exchange, const guint8 *data, gsize size, gsize step, gboolean facts_only)
{
  OhInterpreter *interpreter = facts_only ? oh_interpreter_new_for_facts (exchange) : oh_interpreter_new (exchange);
  const guint8 *nul = memchr (data, 0, size);
  gsize sent = nul != NULL ? (gsize) (nul - data) : 0;

  oh_interpreter_feed_request (interpreter, data, sent);
  oh_interpreter_end_request (interpreter);
  oh_interpreter_set_response (interpreter, exchange);
  for (gsize at = nul != NULL ? sent + 1 : 0; at < size; at += step)
    {
      oh_interpreter_feed_response (interpreter, data + at, MIN (step, size - at), 7);
      if (!facts_only && step > 8)
        oh_reading_unref (oh_interpreter_get_reading (interpreter));
    }
  oh_interpreter_end (interpreter, OH_OUTCOME_FINISHED);
  return interpreter;
}

static void
check_blocks (GPtrArray *blocks)
{
  for (guint i = 0; blocks != NULL && i < blocks->len; i++)
    {
      const OhBlock *block = blocks->pdata[i];

      g_assert_nonnull (block->type);
      g_assert_true (block->text == NULL || g_utf8_validate (block->text, -1, NULL));
      g_assert_true (block->input == NULL || g_utf8_validate (block->input, -1, NULL));
      g_assert_true (block->json == NULL || g_utf8_validate (block->json, -1, NULL));
      check_blocks (block->children);
    }
}

static char *
describe (const OhFacts *facts)
{
  const OhUsage *usage = &facts->usage;

  return g_strdup_printf ("%s|%s|%s|%s|%s|%s|%s|%s|%d|%d|%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT
                          "|%" G_GINT64_FORMAT "|%u|%u",
                          facts->operation, facts->model, facts->stop_reason, facts->message_id, facts->request_id,
                          facts->error_type, facts->error_message, facts->title, facts->streamed, facts->complete,
                          usage->input, usage->output, usage->cache_write, facts->first_token_ns, facts->message_count,
                          facts->tool_use_count);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (OhExchange) exchange = NULL;
  g_autoptr (OhInterpreter) whole = NULL;
  g_autoptr (OhInterpreter) cut = NULL;
  g_autoptr (OhInterpreter) lean = NULL;
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (OhFacts) cut_facts = NULL;
  g_autoptr (OhFacts) lean_facts = NULL;
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;
  g_autofree char *three = NULL;

  if (size < 2)
    return 0;
  exchange = make_exchange (data[0]);
  whole = interpret (exchange, data + 2, size - 2, size, FALSE);
  cut = interpret (exchange, data + 2, size - 2, data[1] % 16 + 1, FALSE);
  lean = interpret (exchange, data + 2, size - 2, size, TRUE);
  reading = oh_interpreter_get_reading (whole);
  for (guint i = 0; i < reading->messages->len; i++)
    check_blocks (((OhMessage *) reading->messages->pdata[i])->blocks);
  check_blocks (reading->system);
  if (reading->answer != NULL)
    check_blocks (reading->answer->blocks);
  for (guint i = 0; i < reading->events->len; i++)
    g_assert_nonnull (((OhStreamEvent *) reading->events->pdata[i])->summary);
  cut_facts = oh_interpreter_get_facts (cut);
  lean_facts = oh_interpreter_get_facts (lean);
  one = describe (reading->facts);
  two = describe (cut_facts);
  three = describe (lean_facts);
  g_assert_cmpstr (one, ==, two);
  g_assert_cmpstr (one, ==, three);
  return 0;
}
