/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logfire's instrumentation of the Anthropic SDK (scope “logfire.anthropic”), which SideSeat's SDK turns on too: the request
 * as the SDK had it, of the answer its last text and the tools it asks for. Tokens are those of the conventions, whole
 * prompts; their split is in a member that has the API's own usage. A streamed answer has a log span of its own behind it:
 * where that names the answer (since 5.0 or so) it tells of the whole call, and the call's own span of no more than the request. Facts: logfire/_internal/integrations/llm_providers/anthropic.py. */
#include "config.h"
#include "oh-emitter-private.h"

#include "oh-anthropic-private.h"

#include <string.h>

static guint
logfire_claims (const OhEmitted *span)
{
  if (!oh_json_is (oh_json_get_path (span->all, "scope", "name", NULL), "logfire.anthropic"))
    return 0;
  return oh_emitted_get (span, "request_data").text != NULL ? 100 : 0;
}

static gboolean
logfire_is_call (const OhEmitted *span)
{
  return !oh_json_is (oh_emitted_get (span, "logfire.span_type"), "log") ||
         oh_emitted_get (span, "gen_ai.response.id").text != NULL;
}

/* The usage as the API gave it, wherever this version has it. */
static OhJson
find_usage (const OhEmitted *span, char **text, char **response_text)
{
  OhJson usage = oh_emitted_get_json (span, "gen_ai.usage.raw", text);
  OhJson response = oh_emitted_get_json (span, "response_data", response_text);

  return oh_json_get_kind (usage) == OH_JSON_OBJECT ? usage : oh_json_get (response, "usage");
}

static void
logfire_read_facts (const OhEmitted *span, OhFacts *facts)
{
  g_autofree char *text = NULL, *response_text = NULL, *request_text = NULL;
  OhJson usage = find_usage (span, &text, &response_text);
  OhJson request = oh_emitted_get_json (span, "request_data", &request_text);

  oh_emitted_read_genai (span, facts, TRUE);
  if (oh_json_get_kind (usage) == OH_JSON_OBJECT)
    oh_anthropic_read_usage (usage, facts);
  oh_facts_take (&facts->provider, g_strdup ("anthropic"));
  oh_facts_take (&facts->requested_model, oh_json_dup_string (oh_json_get (request, "model")));
  oh_facts_take (&facts->title, oh_anthropic_find_title (oh_json_get (request, "messages")));
}

/* Their arguments are {"input": …}: the block without its name. */
static void
add_tool_calls (OhJson calls, GPtrArray *blocks)
{
  const guint from = blocks->len;

  oh_emitted_add_calls (calls, blocks);
  for (guint i = from; i < blocks->len; i++)
    {
      OhBlock *block = blocks->pdata[i];
      g_autofree char *arguments = g_strdup (block->input);
      OhJson value = { 0 };

      if (arguments == NULL || !oh_json_parse (arguments, strlen (arguments), &value, NULL) ||
          oh_json_get (value, "input").text == NULL)
        continue;
      g_free (block->input);
      block->input = oh_json_dup (oh_json_get (value, "input"));
    }
}

static void
logfire_describe (const OhEmitted *span, OhReading *reading)
{
  g_autofree char *request_text = NULL, *response_text = NULL, *output_text = NULL;
  OhJson request = oh_emitted_get_json (span, "request_data", &request_text);
  OhJson message = oh_json_get (oh_emitted_get_json (span, "response_data", &response_text), "message");
  OhJson output = oh_emitted_get_json (span, "gen_ai.output.messages", &output_text);
  g_autoptr (GPtrArray) outputs = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_message_unref);

  /* Its version 1 has them in the request, the later ones where the conventions have them. */
  if (oh_json_get (request, "messages").text == NULL)
    {
      oh_emitter_genai.describe (span, reading);
      return;
    }
  oh_anthropic_describe_request (request, reading);
  oh_emitted_describe_messages (output, outputs);
  if (outputs->len > 0)
    reading->answer = oh_message_ref (outputs->pdata[0]);
  else if (oh_json_get_kind (message) == OH_JSON_OBJECT)
    {
      reading->answer = oh_message_new ("assistant");
      oh_anthropic_read_content (oh_json_get (message, "content"), reading->answer->blocks);
      add_tool_calls (oh_json_get (message, "tool_calls"), reading->answer->blocks);
    }
}

const OhEmitter oh_emitter_logfire = {
  .id = "logfire",
  .claims = logfire_claims,
  .is_call = logfire_is_call,
  .read_facts = logfire_read_facts,
  .describe = logfire_describe,
};
