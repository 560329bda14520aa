/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenInference: attributes that are flattened lists (llm.input_messages.0.message.role). Input tokens are the whole prompt,
 * and the split is told. Facts: the specification's semantic_conventions.md. */
#include "config.h"
#include "oh-emitter-private.h"

#include "oh-provider.h"

#include <string.h>

#define INDEX_MAX 100000

static guint
openinference_claims (const OhEmitted *span)
{
  return oh_json_is (oh_emitted_get (span, "openinference.span.kind"), "LLM") ? 90 : 0;
}

static void
openinference_read_facts (const OhEmitted *span, OhFacts *facts)
{
  const gint64 input = oh_emitted_get_int (span, "llm.token_count.prompt", NULL);
  const gint64 read = oh_emitted_get_int (span, "llm.token_count.prompt_details.cache_read", NULL);
  const gint64 write = oh_emitted_get_int (span, "llm.token_count.prompt_details.cache_write", NULL);
  g_autofree char *output = NULL;
  OhJson answer = oh_emitted_get_json (span, "output.value", &output);

  oh_facts_take (&facts->provider, oh_emitted_name_provider (oh_emitted_dup (span, "llm.provider", "llm.system", NULL)));
  oh_facts_take (&facts->model, oh_emitted_dup (span, "llm.model_name", NULL));
  oh_facts_take (&facts->requested_model, oh_emitted_dup (span, "llm.request.model_name", "llm.model_name", NULL));
  oh_facts_take (&facts->message_id, oh_json_dup_string (oh_json_get (answer, "id")));
  oh_facts_take (&facts->stop_reason, oh_json_dup_string (oh_json_get (answer, "stop_reason")));
  facts->usage.cache_read = read;
  facts->usage.cache_write = write;
  facts->usage.input = input >= 0 ? MAX (input - MAX (read, 0) - MAX (write, 0), 0) : -1;
  facts->usage.output = oh_emitted_get_int (span, "llm.token_count.completion", NULL);
}

/* Puts what an attribute says of a message into its place. @name: behind the index: "message.role" */
static void
describe_attribute (OhMessage *message, const char *name, OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);
  OhBlock *last = message->blocks->len > 0 ? message->blocks->pdata[message->blocks->len - 1] : NULL;
  const char *content = strstr (name, ".message_content.");
  const char *call = strstr (name, ".tool_call.");

  if (strcmp (name, "message.role") == 0 && text != NULL)
    {
      g_free (message->role);
      message->role = g_steal_pointer (&text);
    }
  else if (strcmp (name, "message.content") == 0)
    oh_emitted_add_block (message->blocks, "text")->text = g_steal_pointer (&text);
  else if (content != NULL && strcmp (content, ".message_content.text") == 0)
    oh_emitted_add_block (message->blocks, "text")->text = g_steal_pointer (&text);
  else if (call != NULL && strcmp (call, ".tool_call.id") == 0)
    oh_emitted_add_block (message->blocks, "tool_use")->id = g_steal_pointer (&text);
  else if (call != NULL && strcmp (call, ".tool_call.function.name") == 0)
    {
      if (last == NULL || strcmp (last->type, "tool_use") != 0 || last->name != NULL)
        last = oh_emitted_add_block (message->blocks, "tool_use");
      last->name = g_steal_pointer (&text);
    }
  else if (call != NULL && strcmp (call, ".tool_call.function.arguments") == 0)
    {
      if (last == NULL || strcmp (last->type, "tool_use") != 0 || last->input != NULL)
        last = oh_emitted_add_block (message->blocks, "tool_use");
      last->input = g_steal_pointer (&text);
    }
}

/* The messages under a prefix; their attributes come in order, or nearly. */
static void
describe_list (const OhEmitted *span, const char *prefix, GPtrArray *out)
{
  OhJsonIter iter;
  OhJson key, value;

  oh_json_iter_init (&iter, span->attributes);
  while (oh_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = oh_json_dup_string (key);
      guint64 index;
      char *rest;

      if (name == NULL || !g_str_has_prefix (name, prefix))
        continue;
      index = g_ascii_strtoull (name + strlen (prefix), &rest, 10);
      if (*rest != '.' || index > MIN (INDEX_MAX, out->len))
        continue;
      if (index == out->len)
        g_ptr_array_add (out, oh_message_new ("user"));
      describe_attribute (out->pdata[index], rest + 1, value);
    }
}

static void
openinference_describe (const OhEmitted *span, OhReading *reading)
{
  g_autoptr (GPtrArray) outputs = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_message_unref);

  describe_list (span, "llm.input_messages.", reading->messages);
  describe_list (span, "llm.output_messages.", outputs);
  if (outputs->len > 0)
    reading->answer = oh_message_ref (outputs->pdata[0]);
}

const OhEmitter oh_emitter_openinference = {
  .id = "openinference",
  .claims = openinference_claims,
  .read_facts = openinference_read_facts,
  .describe = openinference_describe,
};
