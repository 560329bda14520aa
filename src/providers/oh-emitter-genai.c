/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The semantic conventions for generative AI, 1.37 and later, and what came before: names of attributes that most
 * instrumentations share (OpenLLMetry, the SDKs' own). Their input tokens are the whole prompt. */
#include "config.h"
#include "oh-emitter-private.h"

#include "oh-provider.h"

#include <string.h>

static guint
genai_claims (const OhEmitted *span)
{
  static const char *const calls[] = { "chat", "text_completion", "generate_content" };
  g_autofree char *operation = oh_emitted_dup (span, "gen_ai.operation.name", NULL);
  g_autofree char *model = oh_emitted_dup (span, "gen_ai.request.model", "gen_ai.response.model", NULL);
  g_autofree char *kind = oh_emitted_dup (span, "llm.request.type", "traceloop.span.kind", NULL);

  for (guint i = 0; operation != NULL && i < G_N_ELEMENTS (calls); i++)
    if (g_str_equal (operation, calls[i]))
      return 50;
  /* Agents, tools and embeddings say what they are. */
  if (operation != NULL || model == NULL)
    return 0;
  if (kind != NULL)
    return g_str_equal (kind, "chat") || g_str_equal (kind, "completion") ? 50 : 0;
  return oh_emitted_get_int (span, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", NULL) >= 0 ? 40 : 0;
}

static void
genai_read_facts (const OhEmitted *span, OhFacts *facts)
{
  oh_emitted_read_genai (span, facts, TRUE);
}

/* gen_ai.prompt.N.role and .content, before 1.37. */
static void
describe_numbered (const OhEmitted *span, const char *prefix, GPtrArray *out)
{
  for (guint i = 0;; i++)
    {
      g_autofree char *role_name = g_strdup_printf ("gen_ai.%s.%u.role", prefix, i);
      g_autofree char *content_name = g_strdup_printf ("gen_ai.%s.%u.content", prefix, i);
      g_autofree char *role = oh_emitted_dup (span, role_name, NULL);
      g_autofree char *text = NULL;
      OhJson content = oh_emitted_get_json (span, content_name, &text);
      OhMessage *message;

      if (role == NULL && text == NULL)
        return;
      message = oh_message_new (role != NULL ? role : "assistant");
      if (oh_json_get_kind (content) == OH_JSON_ARRAY)
        oh_emitted_describe_parts (content, message->blocks);
      else if (text != NULL)
        oh_emitted_add_block (message->blocks, "text")->text = g_strdup (text);
      g_ptr_array_add (out, message);
    }
}

/* A member of an event that is JSON, also written as a string. @text: (out) (transfer full): holds it */
static OhJson
get_member (OhJson said, const char *name, char **text)
{
  OhJson value = oh_json_get (said, name), parsed;

  *text = oh_json_dup_string (value);
  return *text != NULL && oh_json_parse (*text, strlen (*text), &parsed, NULL) ? parsed : value;
}

/* @said: {"role", "content", "tool_calls", "id"}. (transfer full) */
static OhMessage *
make_message (OhJson said, const char *otherwise)
{
  g_autofree char *role = oh_json_dup_string (oh_json_get (said, "role"));
  g_autofree char *content_text = NULL, *calls_text = NULL;
  OhMessage *message = oh_message_new (role != NULL ? role : otherwise);
  OhJson content = get_member (said, "content", &content_text);

  if (strcmp (message->role, "tool") == 0)
    {
      OhBlock *block = oh_emitted_add_block (message->blocks, "tool_result");

      block->id = oh_json_dup_string (oh_json_get (said, "id"));
      block->text = content_text != NULL ? g_steal_pointer (&content_text) : oh_json_dup (content);
    }
  else if (oh_json_get_kind (content) == OH_JSON_ARRAY)
    oh_emitted_describe_parts (content, message->blocks);
  else if (content_text != NULL)
    oh_emitted_add_block (message->blocks, "text")->text = g_steal_pointer (&content_text);
  oh_emitted_add_calls (get_member (said, "tool_calls", &calls_text), message->blocks);
  return message;
}

static void
take_answer (OhReading *reading, GPtrArray *outputs)
{
  if (outputs->len > 0 && reading->answer == NULL)
    reading->answer = oh_message_ref (outputs->pdata[0]);
}

static void
describe_tools (OhJson definitions, GPtrArray *out)
{
  OhJsonIter iter;
  OhJson definition;

  oh_json_iter_init (&iter, definitions);
  while (oh_json_get_kind (definitions) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &definition))
    {
      OhTool *tool = oh_tool_new ();
      char *name = oh_json_dup_string (oh_json_get (definition, "name"));

      tool->name = name != NULL ? name : g_strdup ("");
      tool->description = oh_json_dup_string (oh_json_get (definition, "description"));
      tool->json = oh_json_dup (definition);
      g_ptr_array_add (out, tool);
    }
}

/* Attributes of a span, or of the event that has the same. */
static void
genai_describe (const OhEmitted *span, OhReading *reading)
{
  g_autofree char *system = NULL, *input = NULL, *output = NULL, *tools = NULL;
  g_autoptr (GPtrArray) outputs = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_message_unref);

  oh_emitted_describe_parts (oh_emitted_get_json (span, "gen_ai.system_instructions", &system), reading->system);
  oh_emitted_describe_messages (oh_emitted_get_json (span, "gen_ai.input.messages", &input), reading->messages);
  oh_emitted_describe_messages (oh_emitted_get_json (span, "gen_ai.output.messages", &output), outputs);
  if (reading->messages->len == 0)
    describe_numbered (span, "prompt", reading->messages);
  if (outputs->len == 0)
    describe_numbered (span, "completion", outputs);
  take_answer (reading, outputs);
  describe_tools (oh_emitted_get_json (span, "gen_ai.tool.definitions", &tools), reading->tools);
}

/* @name, @said: of an event; before 1.37 there is one for each message, and one for each answer */
static void
describe_event (OhJson name, OhJson said, OhReading *reading)
{
  static const struct
  {
    const char *name;
    const char *role;
  } kinds[] = { { "gen_ai.system.message", "system" },
                { "gen_ai.user.message", "user" },
                { "gen_ai.assistant.message", "assistant" },
                { "gen_ai.tool.message", "tool" } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (oh_json_is (name, kinds[i].name))
      g_ptr_array_add (reading->messages, make_message (said, kinds[i].role));
  if (oh_json_is (name, "gen_ai.choice") && reading->answer == NULL)
    {
      g_autofree char *text = NULL;
      OhJson message = get_member (said, "message", &text);

      reading->answer = make_message (oh_json_get_kind (message) == OH_JSON_OBJECT ? message : said, "assistant");
    }
  if (oh_json_is (name, "gen_ai.client.inference.operation.details") && reading->messages->len == 0)
    {
      const OhEmitted details = { .all = said, .attributes = said };

      genai_describe (&details, reading);
    }
}

/* What a record says is its body, be it written as a string; else its attributes. @text: (out) (transfer full): holds it */
static OhJson
get_said (OhJson record, char **text)
{
  OhJson data = oh_json_get (record, "data"), extra = oh_json_get (data, "extra"), body = oh_json_get (extra, "body");

  *text = NULL;
  if (oh_json_get (extra, "gen_ai.input.messages").text != NULL)
    return extra;
  if (oh_json_get_kind (body) != OH_JSON_OBJECT)
    body = get_member (data, "message", text);
  return oh_json_get_kind (body) == OH_JSON_OBJECT ? body : extra;
}

/* @from: keeps nothing of what @to has room for */
static void
move_if_empty (GPtrArray *from, GPtrArray *to)
{
  if (to->len == 0)
    g_ptr_array_extend_and_steal (to, g_ptr_array_ref (from));
}

void
oh_emitted_describe_events (const OhEmitted *span, OhReading *reading)
{
  g_autoptr (OhReading) told = oh_reading_new (oh_facts_new ("told"));
  OhJson events = oh_json_get (span->all, "events"), event;
  OhJsonIter iter;

  oh_json_iter_init (&iter, events);
  while (oh_json_get_kind (events) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &event))
    describe_event (oh_json_get (event, "name"), oh_json_get (event, "attributes"), told);
  for (guint i = 0; span->records != NULL && i < span->records->len; i++)
    {
      const OhJson record = g_array_index (span->records, OhJson, i);
      g_autofree char *text = NULL;

      describe_event (oh_json_get (record, "event"), get_said (record, &text), told);
    }
  move_if_empty (told->system, reading->system);
  move_if_empty (told->tools, reading->tools);
  move_if_empty (told->messages, reading->messages);
  if (reading->answer == NULL && told->answer != NULL)
    reading->answer = oh_message_ref (told->answer);
}

gboolean
oh_providers_is_record_of_call (const char *name)
{
  return name != NULL && g_str_has_prefix (name, "gen_ai.") &&
         (g_str_has_suffix (name, ".message") || strcmp (name, "gen_ai.choice") == 0 ||
          strcmp (name, "gen_ai.client.inference.operation.details") == 0);
}

const OhEmitter oh_emitter_genai = {
  .id = "genai",
  .claims = genai_claims,
  .read_facts = genai_read_facts,
  .describe = genai_describe,
};
