/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-emitter-private.h"

#include "oh-anthropic-private.h"
#include "oh-provider.h"

#include <string.h>

static void
list_attributes (OhEmitted *span)
{
  OhJson name, value;
  OhJsonIter iter;

  if (oh_json_get_kind (span->attributes) != OH_JSON_OBJECT)
    return;
  oh_json_iter_init (&iter, span->attributes);
  while (oh_json_iter_next (&iter, &name, &value))
    {
      if (span->n_listed == OH_EMITTED_LISTED)
        {
          span->n_listed = 0;
          return;
        }
      span->names[span->n_listed] = name;
      span->values[span->n_listed++] = value;
    }
}

gboolean
oh_emitted_parse (const char *text, gsize length, OhEmitted *span)
{
  if (length == 0 || !oh_json_parse (text, length, &span->all, NULL))
    return FALSE;
  span->attributes = oh_json_get (span->all, "attributes");
  list_attributes (span);
  /* An event names the span that was current; its kind is a word. */
  return oh_json_get_kind (oh_json_get (span->all, "spanId")) == OH_JSON_STRING
         && oh_json_get_kind (oh_json_get (span->all, "kind")) != OH_JSON_STRING;
}

OhJson
oh_emitted_get (const OhEmitted *span, const char *name)
{
  if (span->n_listed == 0)
    return oh_json_get (span->attributes, name);
  for (guint i = span->n_listed; i > 0; i--)
    if (oh_json_is (span->names[i - 1], name))
      return span->values[i - 1];
  return (OhJson) { 0 };
}

char *
oh_emitted_dup (const OhEmitted *span, const char *first, ...)
{
  char *found = NULL;
  va_list names;

  va_start (names, first);
  for (const char *name = first; name != NULL && found == NULL; name = va_arg (names, const char *))
    {
      found = oh_json_dup_string (oh_emitted_get (span, name));
      if (found != NULL && *found == '\0')
        g_clear_pointer (&found, g_free);
    }
  va_end (names);
  return found;
}

gint64
oh_emitted_get_int (const OhEmitted *span, const char *first, ...)
{
  gint64 found = -1;
  va_list names;

  va_start (names, first);
  for (const char *name = first; name != NULL && found < 0; name = va_arg (names, const char *))
    found = oh_json_get_int (oh_emitted_get (span, name), -1);
  va_end (names);
  return found;
}

OhJson
oh_emitted_get_json (const OhEmitted *span, const char *name, char **text)
{
  OhJson value = oh_emitted_get (span, name);

  *text = oh_json_dup_string (value);
  if (*text != NULL && !oh_json_parse (*text, strlen (*text), &value, NULL))
    value = (OhJson) { 0 };
  return value;
}

/* A list of strings, also one written as a string, or one alone: its first. (transfer full) (nullable) */
static char *
dup_first (const OhEmitted *span, const char *name)
{
  g_autofree char *text = NULL;
  OhJson value = oh_emitted_get_json (span, name, &text), element = { 0 };
  OhJsonIter iter;

  if (oh_json_get_kind (value) != OH_JSON_ARRAY)
    return g_steal_pointer (&text);
  oh_json_iter_init (&iter, value);
  oh_json_iter_next (&iter, NULL, &element);
  return oh_json_dup_string (element);
}

void
oh_emitted_read_common (const OhEmitted *span, OhFacts *facts)
{
  char *title = oh_emitted_dup (span, "logfire.msg", NULL);

  if (oh_json_is (oh_emitted_get (span, "gen_ai.operation.name"), "execute_tool"))
    oh_facts_take (&facts->message_id, oh_emitted_dup (span, "gen_ai.tool.call.id", NULL));
  oh_facts_take (&facts->title, title != NULL ? title : oh_json_dup_string (oh_json_get (span->all, "name")));
  oh_facts_take (&facts->session, oh_emitted_dup (span, "session.id", "ai.telemetry.metadata.sessionId",
                                                   "langsmith.trace.session_id", "langsmith.metadata.session_id",
                                                   "langsmith.metadata.thread_id", "langsmith.metadata.conversation_id",
                                                   "gen_ai.conversation.id", NULL));
  oh_facts_take (&facts->user, oh_emitted_dup (span, "user.id", "enduser.id", "ai.telemetry.metadata.userId",
                                                "langsmith.metadata.user_id", NULL));
}

/* What stands between @before and the next quote. (transfer full) (nullable) */
static char *
dup_quoted (const char *text, const char *before)
{
  const char *start = text != NULL ? strstr (text, before) : NULL;
  const char *end = start != NULL ? strchr (start + strlen (before), '\'') : NULL;

  return end != NULL ? g_strndup (start + strlen (before), (gsize) (end - start) - strlen (before)) : NULL;
}

/* The Anthropic SDK for Python has the whole answer in its exceptions' text, as Python writes it. */
static void
read_exception (const char *text, OhFacts *facts)
{
  oh_facts_take (&facts->request_id, dup_quoted (text, "'request_id': '"));
  oh_facts_take (&facts->error_type, dup_quoted (text, "'error': {'type': '"));
}

void
oh_emitted_read_failure (const OhEmitted *span, OhFacts *facts)
{
  OhJson status = oh_json_get (span->all, "status"), event;
  g_autofree char *message = oh_json_dup_string (oh_json_get (status, "message"));
  char *type = oh_emitted_dup (span, "error.type", NULL);
  OhJsonIter iter;

  if (oh_json_get_int (oh_json_get (status, "code"), 0) != 2)
    {
      g_free (type);
      return;
    }
  /* Else it is the name of a class, or what the network said, and the call may have cost something. */
  if (type != NULL && g_str_has_suffix (type, "_error"))
    oh_facts_take (&facts->error_type, g_steal_pointer (&type));
  g_free (type);
  read_exception (message, facts);
  oh_json_iter_init (&iter, oh_json_get (span->all, "events"));
  while (oh_json_iter_next (&iter, NULL, &event))
    {
      g_autofree char *text = oh_json_dup_string (oh_json_get_path (event, "attributes", "exception.message", NULL));

      read_exception (text, facts);
    }
}

char *
oh_emitted_name_provider (char *text)
{
  /* Clouds serve Claude's API too. */
  static const char *const known[] = { "anthropic", "openai" };

  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (known); i++)
    if (g_ascii_strncasecmp (text, known[i], strlen (known[i])) == 0)
      {
        g_free (text);
        return g_strdup (known[i]);
      }
  return text;
}

void
oh_emitted_read_genai (const OhEmitted *span, OhFacts *facts, gboolean inclusive)
{
  /* “partial” is told before an answer is over (Logfire, of Claude's Agent SDK): what was asked is whole, what was answered is
   * not. */
  const gint64 input = oh_emitted_get_int (span, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens",
                                           "gen_ai.usage.partial.input_tokens", NULL);
  const gint64 read = oh_emitted_get_int (span, "gen_ai.usage.cache_read.input_tokens",
                                          "gen_ai.usage.cache_read_input_tokens",
                                          "gen_ai.usage.partial.cache_read.input_tokens", NULL);
  const gint64 write = oh_emitted_get_int (span, "gen_ai.usage.cache_creation.input_tokens",
                                           "gen_ai.usage.cache_creation_input_tokens",
                                           "gen_ai.usage.cache_write.input_tokens",
                                           "gen_ai.usage.partial.cache_creation.input_tokens", NULL);

  oh_facts_take (&facts->provider,
                 oh_emitted_name_provider (oh_emitted_dup (span, "gen_ai.provider.name", "gen_ai.system", NULL)));
  oh_facts_take (&facts->requested_model, oh_emitted_dup (span, "gen_ai.request.model", NULL));
  oh_facts_take (&facts->model, oh_emitted_dup (span, "gen_ai.response.model", "gen_ai.request.model", NULL));
  oh_facts_take (&facts->message_id, oh_emitted_dup (span, "gen_ai.response.id", NULL));
  oh_facts_take (&facts->request_id, oh_emitted_dup (span, "anthropic.request.id", NULL));
  oh_facts_take (&facts->stop_reason, dup_first (span, "gen_ai.response.finish_reasons"));
  oh_facts_take (&facts->stop_reason, oh_emitted_dup (span, "anthropic.message.stop_reason", NULL));
  facts->usage.cache_read = read;
  facts->usage.cache_write = write;
  facts->usage.input = input >= 0 && inclusive ? MAX (input - MAX (read, 0) - MAX (write, 0), 0) : input;
  facts->usage.output = oh_emitted_get_int (span, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", NULL);
  facts->usage.thinking = oh_emitted_get_int (span, "gen_ai.usage.reasoning.output_tokens", NULL);
}

OhBlock *
oh_emitted_add_block (GPtrArray *blocks, const char *type)
{
  OhBlock *block = oh_block_new (type);

  block->complete = TRUE;
  g_ptr_array_add (blocks, block);
  return block;
}

/* A value as text: a string says itself, anything else is its JSON. */
static char *
dup_value (OhJson value)
{
  char *text = oh_json_dup_string (value);

  return text != NULL ? text : oh_json_dup (value);
}

static void
describe_part (OhJson part, GPtrArray *blocks)
{
  g_autofree char *type = oh_json_dup_string (oh_json_get (part, "type"));
  OhJson content = oh_json_get (part, "content");
  OhBlock *block;

  if (g_strcmp0 (type, "reasoning") == 0 || g_strcmp0 (type, "thinking") == 0)
    {
      block = oh_emitted_add_block (blocks, "thinking");
      block->text = oh_json_dup_string (content.text != NULL ? content : oh_json_get (part, "thinking"));
      block->signature = oh_json_dup_string (oh_json_get (part, "signature"));
    }
  else if (g_strcmp0 (type, "tool_call") == 0)
    {
      block = oh_emitted_add_block (blocks, "tool_use");
      block->id = oh_json_dup_string (oh_json_get (part, "id"));
      block->name = oh_json_dup_string (oh_json_get (part, "name"));
      block->input = dup_value (oh_json_get (part, "arguments"));
    }
  else if (g_strcmp0 (type, "tool_call_response") == 0)
    {
      /* The schema says “response”, its examples “result”. */
      OhJson response = oh_json_get (part, "response");

      block = oh_emitted_add_block (blocks, "tool_result");
      block->id = oh_json_dup_string (oh_json_get (part, "id"));
      block->text = dup_value (response.text != NULL ? response : oh_json_get (part, "result"));
    }
  else if (g_strcmp0 (type, "blob") == 0)
    {
      g_autofree char *base64 = oh_json_dup_string (content);
      gsize length = 0;
      guchar *bytes = base64 != NULL ? g_base64_decode (base64, &length) : NULL;

      block = oh_emitted_add_block (blocks, "image");
      block->media_type = oh_json_dup_string (oh_json_get (part, "mime_type"));
      if (block->media_type == NULL)
        block->media_type = oh_json_dup_string (oh_json_get (part, "media_type"));
      block->data = bytes != NULL ? g_bytes_new_take (bytes, length) : NULL;
    }
  else if (oh_json_get_kind (content) == OH_JSON_STRING && g_strcmp0 (type, "tool_result") != 0)
    {
      block = oh_emitted_add_block (blocks, type != NULL ? type : "unknown");
      block->text = oh_json_dup_string (content);
    }
  else
    {
      /* Many pass on the blocks of the API as they are. */
      g_ptr_array_add (blocks, oh_anthropic_read_block (part));
      return;
    }
  block->json = oh_json_dup (part);
}

void
oh_emitted_add_calls (OhJson calls, GPtrArray *blocks)
{
  OhJsonIter iter;
  OhJson call;

  oh_json_iter_init (&iter, calls);
  while (oh_json_get_kind (calls) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &call))
    {
      OhJson arguments = oh_json_get_path (call, "function", "arguments", NULL);
      OhBlock *block = oh_emitted_add_block (blocks, "tool_use");

      block->id = oh_json_dup_string (oh_json_get (call, "id"));
      block->name = oh_json_dup_string (oh_json_get_path (call, "function", "name", NULL));
      block->input = arguments.text != NULL ? dup_value (arguments) : NULL;
      block->json = oh_json_dup (call);
    }
}

void
oh_emitted_describe_parts (OhJson parts, GPtrArray *blocks)
{
  char *text = oh_json_dup_string (parts);
  OhJsonIter iter;
  OhJson part;

  if (text != NULL)
    {
      oh_emitted_add_block (blocks, "text")->text = text;
      return;
    }
  oh_json_iter_init (&iter, parts);
  while (oh_json_get_kind (parts) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &part))
    describe_part (part, blocks);
}

void
oh_emitted_describe_messages (OhJson messages, GPtrArray *out)
{
  OhJsonIter iter;
  OhJson json;

  oh_json_iter_init (&iter, messages);
  while (oh_json_get_kind (messages) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &json))
    {
      g_autofree char *role = oh_json_dup_string (oh_json_get (json, "role"));
      OhMessage *message = oh_message_new (role != NULL ? role : "unknown");
      OhJson parts = oh_json_get (json, "parts");

      oh_emitted_describe_parts (parts.text != NULL ? parts : oh_json_get (json, "content"), message->blocks);
      g_ptr_array_add (out, message);
    }
}
