/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LangSmith's exporter: the names of the conventions, with the kind of a run beside them, and messages as its runs have them, in
 * one attribute each. Input tokens are the whole prompt; what of it came from the cache is not told. */
#include "config.h"
#include "oh-emitter-private.h"

#include "oh-anthropic-private.h"
#include "oh-provider.h"

static guint
langsmith_claims (const OhEmitted *span)
{
  return oh_emitted_get (span, "langsmith.span.kind").text != NULL ? 95 : 0;
}

static gboolean
langsmith_is_call (const OhEmitted *span)
{
  return oh_json_is (oh_emitted_get (span, "langsmith.span.kind"), "llm");
}

static void
langsmith_read_facts (const OhEmitted *span, OhFacts *facts)
{
  oh_emitted_read_genai (span, facts, TRUE);
}

static void
langsmith_describe (const OhEmitted *span, OhReading *reading)
{
  g_autofree char *prompt = NULL, *completion = NULL;
  g_autoptr (GPtrArray) outputs = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_message_unref);
  OhJson input = oh_emitted_get_json (span, "gen_ai.prompt", &prompt);
  OhJson output = oh_emitted_get_json (span, "gen_ai.completion", &completion);
  OhJson messages = oh_json_get (input, "messages");

  /* Its wrapper of the Anthropic SDK tells the request as it went, but for the system prompt, which is a message. */
  if (oh_json_get (input, "max_tokens").text != NULL && messages.text != NULL)
    oh_anthropic_describe_request (input, reading);
  else
    oh_emitted_describe_messages (messages.text != NULL ? messages : input, reading->messages);
  messages = oh_json_get (output, "messages");
  if (messages.text != NULL || oh_json_get_kind (output) == OH_JSON_ARRAY)
    oh_emitted_describe_messages (messages.text != NULL ? messages : output, outputs);
  if (outputs->len > 0)
    reading->answer = oh_message_ref (outputs->pdata[0]);
  else if (oh_json_get (output, "content").text != NULL)
    {
      reading->answer = oh_message_new ("assistant");
      oh_emitted_describe_parts (oh_json_get (output, "content"), reading->answer->blocks);
    }
}

const OhEmitter oh_emitter_langsmith = {
  .id = "langsmith",
  .claims = langsmith_claims,
  .is_call = langsmith_is_call,
  .read_facts = langsmith_read_facts,
  .describe = langsmith_describe,
};
