/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenInference: attributes that are flattened lists (llm.input_messages.0.message.role). Input tokens are the whole prompt,
 * and the split is told. Facts: the specification's semantic_conventions.md. */
#include "config.h"
#include "oh-emitter-private.h"

#include "oh-anthropic-private.h"
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

static gboolean
has_block (const OhMessage *message, const char *id)
{
  for (guint i = 0; i < message->blocks->len; i++)
    if (g_strcmp0 (((OhBlock *) message->blocks->pdata[i])->id, id) == 0)
      return TRUE;
  return FALSE;
}

/* Of a use of a tool; many are told twice, among the contents, too. @member: ".id", ".function.name", ".function.arguments"
 * @value: (transfer full) (nullable) */
static void
describe_call (OhMessage *message, const char *member, gboolean among_contents, char *value)
{
  OhBlock *last = message->blocks->len > 0 ? message->blocks->pdata[message->blocks->len - 1] : NULL;
  const gboolean is_id = strcmp (member, ".id") == 0, is_name = strcmp (member, ".function.name") == 0;
  char **field = NULL;

  if (last != NULL && strcmp (last->type, "tool_use") == 0)
    field = is_id ? &last->id : is_name ? &last->name : &last->input;
  if (!is_id && !is_name && strcmp (member, ".function.arguments") != 0)
    g_free (value);
  else if (!is_id && field != NULL && *field == NULL)
    *field = value;
  else if (among_contents && (!is_id || has_block (message, value)))
    g_free (value);
  else
    {
      last = oh_emitted_add_block (message->blocks, "tool_use");
      field = is_id ? &last->id : is_name ? &last->name : &last->input;
      *field = value;
    }
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
  /* What follows is the result of that. */
  else if (strcmp (name, "message.tool_call_id") == 0)
    oh_emitted_add_block (message->blocks, "tool_result")->id = g_steal_pointer (&text);
  else if (content != NULL && strcmp (content, ".message_content.type") == 0 && g_strcmp0 (text, "reasoning") == 0)
    oh_emitted_add_block (message->blocks, "thinking");
  else if (content != NULL && strcmp (content, ".message_content.signature") == 0 && last != NULL && last->signature == NULL)
    last->signature = g_steal_pointer (&text);
  else if (strcmp (name, "message.content") == 0 || (content != NULL && strcmp (content, ".message_content.text") == 0))
    {
      if (last == NULL || last->text != NULL || strcmp (last->type, "tool_use") == 0)
        last = oh_emitted_add_block (message->blocks, "text");
      last->text = g_steal_pointer (&text);
    }
  else if (call != NULL)
    describe_call (message, call + strlen (".tool_call"), g_str_has_prefix (name, "message.contents."), g_steal_pointer (&text));
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

/* What the Anthropic SDK was asked and answered stands there as it was, and says more than the attributes. */
static gboolean
describe_whole (const OhEmitted *span, OhReading *reading)
{
  g_autofree char *input_text = NULL, *output_text = NULL;
  OhJson input = oh_emitted_get_json (span, "input.value", &input_text);
  OhJson output = oh_emitted_get_json (span, "output.value", &output_text);
  OhJson messages = oh_json_get (input, "messages"), first = { 0 };
  OhJsonIter iter;

  if (oh_json_get (input, "max_tokens").text == NULL || oh_json_get_kind (messages) != OH_JSON_ARRAY)
    return FALSE;
  oh_json_iter_init (&iter, messages);
  if (!oh_json_iter_next (&iter, NULL, &first) || oh_json_get_kind (oh_json_get (first, "role")) != OH_JSON_STRING ||
      !oh_json_is (oh_emitted_get (span, "llm.provider"), "anthropic"))
    return FALSE;
  oh_anthropic_describe_request (input, reading);
  if (oh_json_is (oh_json_get (output, "type"), "message"))
    {
      reading->answer = oh_message_new ("assistant");
      oh_anthropic_read_content (oh_json_get (output, "content"), reading->answer->blocks);
    }
  return TRUE;
}

static void
openinference_describe (const OhEmitted *span, OhReading *reading)
{
  g_autoptr (GPtrArray) outputs = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_message_unref);

  if (!describe_whole (span, reading))
    describe_list (span, "llm.input_messages.", reading->messages);
  describe_list (span, "llm.output_messages.", outputs);
  if (outputs->len > 0 && reading->answer == NULL)
    reading->answer = oh_message_ref (outputs->pdata[0]);
}

const OhEmitter oh_emitter_openinference = {
  .id = "openinference",
  .claims = openinference_claims,
  .read_facts = openinference_read_facts,
  .describe = openinference_describe,
};
