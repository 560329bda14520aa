/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The AI SDK (Vercel): a call is the inner span of each operation (ai.generateText.doGenerate, ai.streamText.doStream); the
 * outer one sums several up. With Anthropic's models its input tokens are without what the cache has, unless they come with a
 * split; with others they are the whole prompt. Facts: the AI SDK's documentation (telemetry). */
#include "config.h"
#include "oh-emitter-private.h"

#include "oh-provider.h"

#include <string.h>

static guint
vercel_claims (const OhEmitted *span)
{
  return oh_emitted_get (span, "ai.operationId").text != NULL ? 95 : 0;
}

static gboolean
vercel_is_call (const OhEmitted *span)
{
  g_autofree char *operation = oh_emitted_dup (span, "ai.operationId", NULL);

  return operation != NULL && !g_str_has_prefix (operation, "ai.embed") &&
         (g_str_has_suffix (operation, ".doGenerate") || g_str_has_suffix (operation, ".doStream"));
}

static void
vercel_read_facts (const OhEmitted *span, OhFacts *facts)
{
  const gint64 input = oh_emitted_get_int (span, "ai.usage.inputTokens", "ai.usage.promptTokens", NULL);
  const gint64 fresh = oh_emitted_get_int (span, "ai.usage.inputTokenDetails.noCacheTokens", NULL);
  const gint64 read = oh_emitted_get_int (span, "ai.usage.inputTokenDetails.cacheReadTokens",
                                          "ai.usage.cachedInputTokens", NULL);

  oh_emitted_read_genai (span, facts, TRUE);
  oh_facts_take (&facts->provider, oh_emitted_name_provider (oh_emitted_dup (span, "ai.model.provider", NULL)));
  oh_facts_take (&facts->requested_model, oh_emitted_dup (span, "ai.model.id", NULL));
  oh_facts_take (&facts->model, oh_emitted_dup (span, "ai.response.model", "ai.model.id", NULL));
  oh_facts_take (&facts->message_id, oh_emitted_dup (span, "ai.response.id", NULL));
  oh_facts_take (&facts->stop_reason, oh_emitted_dup (span, "ai.response.finishReason", NULL));
  if (input < 0)
    return;
  facts->usage.cache_read = read;
  facts->usage.cache_write = oh_emitted_get_int (span, "ai.usage.inputTokenDetails.cacheWriteTokens", NULL);
  if (fresh >= 0)
    facts->usage.input = fresh;
  else if (strcmp (facts->provider, "anthropic") == 0)
    facts->usage.input = input;
  else
    facts->usage.input = MAX (input - MAX (read, 0), 0);
  facts->usage.output = oh_emitted_get_int (span, "ai.usage.outputTokens", "ai.usage.completionTokens", NULL);
  facts->usage.thinking = oh_emitted_get_int (span, "ai.usage.reasoningTokens", NULL);
}

/* {"toolCallId", "toolName", "input"} of either version. */
static void
add_call (OhJson call, GPtrArray *blocks)
{
  OhJson input = oh_json_get (call, "input");
  OhBlock *block = oh_emitted_add_block (blocks, "tool_use");

  if (input.text == NULL)
    input = oh_json_get (call, "args");
  block->id = oh_json_dup_string (oh_json_get (call, "toolCallId"));
  block->name = oh_json_dup_string (oh_json_get (call, "toolName"));
  block->input = oh_json_dup_string (input);
  if (block->input == NULL)
    block->input = oh_json_dup (input);
  block->json = oh_json_dup (call);
}

static void
describe_part (OhJson part, GPtrArray *blocks)
{
  OhJson output = oh_json_get (part, "output");
  OhBlock *block;

  if (oh_json_is (oh_json_get (part, "type"), "tool-call"))
    add_call (part, blocks);
  else if (oh_json_is (oh_json_get (part, "type"), "tool-result"))
    {
      if (output.text == NULL)
        output = oh_json_get (part, "result");
      block = oh_emitted_add_block (blocks, "tool_result");
      block->id = oh_json_dup_string (oh_json_get (part, "toolCallId"));
      /* Since its version 5: {"type": "text", "value"}. */
      if (oh_json_get (output, "value").text != NULL)
        output = oh_json_get (output, "value");
      block->text = oh_json_dup_string (output);
      if (block->text == NULL)
        block->text = oh_json_dup (output);
      block->json = oh_json_dup (part);
    }
  else
    {
      const gboolean thinking = oh_json_is (oh_json_get (part, "type"), "reasoning");
      g_autofree char *type = thinking ? g_strdup ("thinking") : oh_json_dup_string (oh_json_get (part, "type"));

      block = oh_emitted_add_block (blocks, type != NULL ? type : "unknown");
      block->text = oh_json_dup_string (oh_json_get (part, "text"));
      block->json = oh_json_dup (part);
    }
}

static void
describe_messages (OhJson messages, GPtrArray *out)
{
  OhJsonIter iter, parts;
  OhJson json, part;

  oh_json_iter_init (&iter, messages);
  while (oh_json_get_kind (messages) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &json))
    {
      g_autofree char *role = oh_json_dup_string (oh_json_get (json, "role"));
      OhMessage *message = oh_message_new (role != NULL ? role : "unknown");
      OhJson content = oh_json_get (json, "content");
      char *text = oh_json_dup_string (content);

      if (text != NULL)
        oh_emitted_add_block (message->blocks, "text")->text = text;
      oh_json_iter_init (&parts, content);
      while (oh_json_get_kind (content) == OH_JSON_ARRAY && oh_json_iter_next (&parts, NULL, &part))
        describe_part (part, message->blocks);
      g_ptr_array_add (out, message);
    }
}

static void
vercel_describe (const OhEmitted *span, OhReading *reading)
{
  g_autofree char *input = NULL, *calls_text = NULL;
  char *text = oh_emitted_dup (span, "ai.response.text", "ai.response.object", NULL);
  OhJson calls = oh_emitted_get_json (span, "ai.response.toolCalls", &calls_text), call;
  OhJsonIter iter;

  describe_messages (oh_emitted_get_json (span, "ai.prompt.messages", &input), reading->messages);
  if (text == NULL && calls.text == NULL)
    return;
  reading->answer = oh_message_new ("assistant");
  if (text != NULL)
    oh_emitted_add_block (reading->answer->blocks, "text")->text = text;
  oh_json_iter_init (&iter, calls);
  while (oh_json_get_kind (calls) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &call))
    add_call (call, reading->answer->blocks);
}

const OhEmitter oh_emitter_vercel = {
  .id = "vercel",
  .claims = vercel_claims,
  .is_call = vercel_is_call,
  .read_facts = vercel_read_facts,
  .describe = vercel_describe,
};
