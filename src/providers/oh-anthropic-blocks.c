/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-anthropic-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* Blocks inside blocks inside …: deeper ones are shown verbatim only. */
#define DEPTH_MAX 8
#define TITLE_MAX 80

/* The members that mean something to a block, whatever its type. */
typedef enum
{
  MEMBER_TYPE,
  MEMBER_TEXT,
  MEMBER_THINKING,
  MEMBER_ID,
  MEMBER_TOOL_USE_ID,
  MEMBER_NAME,
  MEMBER_TITLE,
  MEMBER_TOOL_NAME,
  MEMBER_MCP_SERVER_NAME,
  MEMBER_INPUT,
  MEMBER_CONTENT,
  MEMBER_SOURCE,
  MEMBER_URL,
  MEMBER_FILE_ID,
  MEMBER_SIGNATURE,
  MEMBER_IS_ERROR,
  MEMBER_ERROR_CODE,
  MEMBER_CACHE_CONTROL,
  MEMBER_STDOUT,
  MEMBER_STDERR,
  MEMBER_RETURN_CODE,
  MEMBER_FROM,
  MEMBER_TO,
  MEMBER_TOOL,
  MEMBER_TOOLS,
  MEMBER_TOOL_REFERENCES,
  N_MEMBERS,
} Member;

static const char *const member_names[N_MEMBERS] = {
  "type",      "text",      "thinking",   "id",            "tool_use_id", "name",   "title",       "tool_name",
  "mcp_server_name", "input", "content",  "source",        "url",         "file_id", "signature",  "is_error",
  "error_code", "cache_control", "stdout", "stderr",       "return_code", "from",   "to",          "tool",
  "tools",     "tool_references",
};

static OhBlock *read_block (OhJson json, guint depth);

static void
read_content (OhJson content, GPtrArray *blocks, guint depth)
{
  OhJsonIter iter;
  OhJson element;

  switch (oh_json_get_kind (content))
    {
    case OH_JSON_STRING:
      {
        OhBlock *block = oh_block_new ("text");

        block->text = oh_json_dup_string (content);
        block->json = oh_json_dup (content);
        block->complete = TRUE;
        g_ptr_array_add (blocks, block);
      }
      break;
    case OH_JSON_ARRAY:
      oh_json_iter_init (&iter, content);
      while (oh_json_iter_next (&iter, NULL, &element))
        g_ptr_array_add (blocks, read_block (element, depth));
      break;
    case OH_JSON_OBJECT:
      g_ptr_array_add (blocks, read_block (content, depth));
      break;
    default:
      break;
    }
}

static void
read_children (OhBlock *block, OhJson content, guint depth)
{
  if (depth >= DEPTH_MAX)
    return;
  if (block->children == NULL)
    block->children = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
  read_content (content, block->children, depth + 1);
}

static void
read_base64 (OhBlock *block, OhJson data)
{
  g_autofree char *unescaped = NULL;
  const char *text = data.text + 1;
  gsize length = data.length - 2;
  g_autofree guchar *bytes = NULL;
  gsize size;
  int state = 0;
  guint save = 0;

  if (memchr (text, '\\', length) != NULL)
    {
      text = unescaped = oh_json_dup_string (data);
      length = strlen (text);
    }
  bytes = g_malloc (length / 4 * 3 + 3);
  size = g_base64_decode_step (text, length, bytes, &state, &save);
  if (state != 0)
    block->problem = g_strdup (_("The data is not valid base64"));
  block->data = g_bytes_new_take (g_steal_pointer (&bytes), size);
}

/* Where an image's or a document's content comes from. */
static void
read_source (OhBlock *block, OhJson source, guint depth)
{
  OhJson type, data, content;

  if (oh_json_get_kind (source) == OH_JSON_STRING)
    {
      oh_facts_take (&block->source, oh_json_dup_string (source));
      return;
    }
  if (oh_json_get_kind (source) != OH_JSON_OBJECT)
    return;
  type = oh_json_get (source, "type");
  data = oh_json_get (source, "data");
  oh_facts_take (&block->media_type, oh_json_dup_string (oh_json_get (source, "media_type")));
  if (oh_json_is (type, "text"))
    oh_facts_take (&block->text, oh_json_dup_string (data));
  else if (oh_json_get_kind (data) == OH_JSON_STRING)
    read_base64 (block, data);
  oh_facts_take (&block->source, oh_json_dup_string (oh_json_get (source, "url")));
  oh_facts_take (&block->source, oh_json_dup_string (oh_json_get (source, "file_id")));
  content = oh_json_get (source, "content");
  if (oh_json_get_kind (content) == OH_JSON_STRING)
    oh_facts_take (&block->text, oh_json_dup_string (content));
  else if (content.length > 0)
    read_children (block, content, depth);
}

static void
read_output (OhBlock *block, const OhJson *members)
{
  GString *text;

  if (oh_json_get_kind (members[MEMBER_STDOUT]) != OH_JSON_STRING &&
      oh_json_get_kind (members[MEMBER_STDERR]) != OH_JSON_STRING)
    return;
  text = g_string_new (NULL);
  oh_json_append_string (members[MEMBER_STDOUT], text);
  oh_json_append_string (members[MEMBER_STDERR], text);
  oh_facts_take (&block->text, g_string_free (text, FALSE));
  block->is_error = oh_json_get_int (members[MEMBER_RETURN_CODE], 0) != 0;
}

/* fallback: another model took over. */
static void
read_fallback (OhBlock *block, const OhJson *members)
{
  g_autofree char *from = oh_json_dup_string (oh_json_get (members[MEMBER_FROM], "model"));
  g_autofree char *to = oh_json_dup_string (oh_json_get (members[MEMBER_TO], "model"));

  block->text = g_strdup_printf ("%s → %s", from != NULL ? from : "?", to != NULL ? to : "?");
}

static void
read_inner_content (OhBlock *block, OhJson content, guint depth)
{
  switch (oh_json_get_kind (content))
    {
    case OH_JSON_STRING:
      oh_facts_take (&block->text, oh_json_dup_string (content));
      break;
    case OH_JSON_ARRAY:
    case OH_JSON_OBJECT:
      read_children (block, content, depth);
      /* A server tool that failed has one error object where its results would be. */
      if (oh_json_get_kind (content) == OH_JSON_OBJECT && block->children != NULL && block->children->len > 0)
        block->is_error |= ((OhBlock *) block->children->pdata[0])->is_error;
      break;
    case OH_JSON_NULL:
      if (strcmp (block->type, "compaction") == 0)
        block->problem = g_strdup (_("The conversation could not be compacted"));
      break;
    default:
      break;
    }
}

static OhBlock *
read_block (OhJson json, guint depth)
{
  OhJson members[N_MEMBERS] = { 0 };
  g_autofree char *type = NULL;
  OhJsonIter iter;
  OhJson key, value;
  OhBlock *block;

  if (oh_json_get_kind (json) == OH_JSON_OBJECT)
    {
      oh_json_iter_init (&iter, json);
      while (oh_json_iter_next (&iter, &key, &value))
        for (guint i = 0; i < N_MEMBERS; i++)
          if (oh_json_is (key, member_names[i]))
            {
              members[i] = value;
              break;
            }
    }
  type = oh_json_dup_string (members[MEMBER_TYPE]);
  block = oh_block_new (type != NULL ? type : "unknown");
  block->json = oh_json_dup (json);
  block->complete = TRUE;
  block->text = oh_json_dup_string (members[MEMBER_TEXT]);
  oh_facts_take (&block->text, oh_json_dup_string (members[MEMBER_THINKING]));
  oh_facts_take (&block->text, oh_json_dup_string (members[MEMBER_ERROR_CODE]));
  block->id = oh_json_dup_string (members[MEMBER_ID]);
  oh_facts_take (&block->id, oh_json_dup_string (members[MEMBER_TOOL_USE_ID]));
  block->name = oh_json_dup_string (members[MEMBER_MCP_SERVER_NAME]);
  oh_facts_take (&block->name, oh_json_dup_string (members[MEMBER_TITLE]));
  oh_facts_take (&block->name, oh_json_dup_string (members[MEMBER_TOOL_NAME]));
  oh_facts_take (&block->name, oh_json_dup_string (members[MEMBER_NAME]));
  block->input = oh_json_dup (members[MEMBER_INPUT]);
  block->signature = oh_json_dup_string (members[MEMBER_SIGNATURE]);
  block->source = oh_json_dup_string (members[MEMBER_URL]);
  oh_facts_take (&block->source, oh_json_dup_string (members[MEMBER_FILE_ID]));
  block->is_error = oh_json_get_boolean (members[MEMBER_IS_ERROR]) || g_str_has_suffix (block->type, "_error");
  if (oh_json_get_kind (members[MEMBER_CACHE_CONTROL]) == OH_JSON_OBJECT)
    {
      block->cached = TRUE;
      block->cache_ttl = oh_json_dup_string (oh_json_get (members[MEMBER_CACHE_CONTROL], "ttl"));
      if (block->cache_ttl == NULL)
        block->cache_ttl = g_strdup ("5m");
    }
  read_output (block, members);
  read_source (block, members[MEMBER_SOURCE], depth);
  read_inner_content (block, members[MEMBER_CONTENT], depth);
  if (members[MEMBER_TOOL_REFERENCES].length > 0)
    read_children (block, members[MEMBER_TOOL_REFERENCES], depth);
  if (members[MEMBER_TOOLS].length > 0)
    read_children (block, members[MEMBER_TOOLS], depth);
  if (members[MEMBER_TOOL].length > 0)
    read_children (block, members[MEMBER_TOOL], depth);
  if (strcmp (block->type, "fallback") == 0 && block->text == NULL)
    read_fallback (block, members);
  return block;
}

OhBlock *
oh_anthropic_read_block (OhJson json)
{
  return read_block (json, 0);
}

void
oh_anthropic_read_content (OhJson content, GPtrArray *blocks)
{
  read_content (content, blocks, 0);
}

static void
read_tools (OhJson tools, GPtrArray *to)
{
  OhJsonIter iter;
  OhJson json;

  oh_json_iter_init (&iter, tools);
  while (oh_json_iter_next (&iter, NULL, &json))
    {
      OhTool *tool = oh_tool_new ();

      tool->name = oh_json_dup_string (oh_json_get (json, "name"));
      if (tool->name == NULL)
        tool->name = oh_json_dup_string (oh_json_get (json, "mcp_server_name"));
      if (tool->name == NULL)
        tool->name = oh_json_dup_string (oh_json_get (json, "type"));
      if (tool->name == NULL)
        tool->name = g_strdup ("?");
      tool->description = oh_json_dup_string (oh_json_get (json, "description"));
      tool->json = oh_json_dup (json);
      tool->cached = oh_json_get_kind (oh_json_get (json, "cache_control")) == OH_JSON_OBJECT;
      g_ptr_array_add (to, tool);
    }
}

static void
read_messages (OhJson messages, GPtrArray *to)
{
  OhJsonIter iter, members;
  OhJson json, key, value;

  oh_json_iter_init (&iter, messages);
  while (oh_json_iter_next (&iter, NULL, &json))
    {
      g_autofree char *role = NULL;
      OhJson content = { NULL, 0 };
      OhMessage *message;

      oh_json_iter_init (&members, json);
      while (oh_json_iter_next (&members, &key, &value))
        {
          if (oh_json_is (key, "role"))
            oh_facts_take (&role, oh_json_dup_string (value));
          else if (oh_json_is (key, "content"))
            content = value;
        }
      message = oh_message_new (role != NULL ? role : "unknown");
      oh_anthropic_read_content (content, message->blocks);
      g_ptr_array_add (to, message);
    }
}

void
oh_anthropic_describe_parameters (OhJson request, OhReading *reading)
{
  static const char *const elsewhere[] = { "messages", "system", "tools", "prompt", "requests" };
  OhJsonIter iter;
  OhJson key, value;

  if (oh_json_get_kind (request) != OH_JSON_OBJECT)
    return;
  oh_json_iter_init (&iter, request);
  while (oh_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = oh_json_dup_string (key);
      g_autofree char *text = NULL;
      gboolean shown = FALSE;

      for (guint i = 0; i < G_N_ELEMENTS (elsewhere) && !shown; i++)
        shown = strcmp (name, elsewhere[i]) == 0;
      if (shown)
        continue;
      text = oh_json_dup (value);
      g_ptr_array_add (reading->parameters, oh_parameter_new (name, text));
    }
}

void
oh_anthropic_describe_request (OhJson request, OhReading *reading)
{
  oh_anthropic_describe_parameters (request, reading);
  oh_anthropic_read_content (oh_json_get (request, "system"), reading->system);
  read_tools (oh_json_get (request, "tools"), reading->tools);
  read_messages (oh_json_get (request, "messages"), reading->messages);
}

/* Text that agents put into a user's message on their own. */
static gboolean
is_reminder (const char *text)
{
  while (g_ascii_isspace (*text))
    text++;
  return g_str_has_prefix (text, "<system-reminder>") || g_str_has_prefix (text, "x-anthropic-billing-header") ||
         *text == '\0';
}

static char *
title_of (OhJson string)
{
  g_autofree char *text = oh_json_dup_string (string);

  return text != NULL && !is_reminder (text) ? oh_excerpt (text, TITLE_MAX) : NULL;
}

char *
oh_anthropic_find_title (OhJson messages)
{
  g_autoptr (GArray) contents = g_array_new (FALSE, FALSE, sizeof (OhJson));
  char *title = NULL;
  OhJsonIter iter;
  OhJson message;

  oh_json_iter_init (&iter, messages);
  while (oh_json_iter_next (&iter, NULL, &message))
    if (oh_json_is (oh_json_get (message, "role"), "user"))
      {
        OhJson content = oh_json_get (message, "content");

        g_array_append_val (contents, content);
      }
  for (guint i = contents->len; i > 0 && title == NULL; i--)
    {
      OhJson content = g_array_index (contents, OhJson, i - 1);
      OhJson block;

      title = title_of (content);
      if (oh_json_get_kind (content) != OH_JSON_ARRAY)
        continue;
      oh_json_iter_init (&iter, content);
      while (title == NULL && oh_json_iter_next (&iter, NULL, &block))
        if (oh_json_is (oh_json_get (block, "type"), "text"))
          title = title_of (oh_json_get (block, "text"));
    }
  return title;
}

/* (transfer full) (nullable) */
static char *
find_tool_name (OhJson asked, OhJson id)
{
  g_autofree char *wanted = oh_json_dup_string (id);
  OhJsonIter iter;
  OhJson block;

  oh_json_iter_init (&iter, asked);
  while (wanted != NULL && oh_json_iter_next (&iter, NULL, &block))
    if (oh_json_is (oh_json_get (block, "id"), wanted))
      return oh_json_dup_string (oh_json_get (block, "name"));
  return NULL;
}

/* A result is a string, or a list of blocks. (transfer full) (nullable) */
static char *
find_first_text (OhJson content)
{
  char *text = oh_json_dup_string (content);
  OhJsonIter iter;
  OhJson block;

  oh_json_iter_init (&iter, content);
  while (text == NULL && oh_json_iter_next (&iter, NULL, &block))
    text = oh_json_dup_string (oh_json_get (block, "text"));
  return text;
}

void
oh_anthropic_find_results (OhJson messages, OhFacts *facts)
{
  OhJson asked = { 0 }, last = { 0 };
  OhJsonIter iter;
  OhJson message, block;

  g_clear_pointer (&facts->tool_result, g_free);
  oh_json_iter_init (&iter, messages);
  while (oh_json_iter_next (&iter, NULL, &message))
    {
      if (oh_json_is (oh_json_get (message, "role"), "user"))
        last = oh_json_get (message, "content");
      else
        asked = oh_json_get (message, "content");
    }
  if (oh_json_get_kind (last) != OH_JSON_ARRAY)
    return;
  oh_json_iter_init (&iter, last);
  while (oh_json_iter_next (&iter, NULL, &block))
    {
      g_autofree char *title = oh_json_is (oh_json_get (block, "type"), "text") ? title_of (oh_json_get (block, "text")) : NULL;
      g_autofree char *name = NULL;
      g_autofree char *text = NULL;

      if (title != NULL)
        {
          g_clear_pointer (&facts->tool_result, g_free);
          return;
        }
      if (!oh_json_is (oh_json_get (block, "type"), "tool_result"))
        continue;
      name = find_tool_name (asked, oh_json_get (block, "tool_use_id"));
      text = find_first_text (oh_json_get (block, "content"));
      oh_facts_add_result (facts, name, text);
    }
}

static void
take_count (gint64 *to, OhJson from)
{
  gint64 count = oh_json_get_int (from, -1);

  if (count >= 0)
    *to = count;
}

/* One member of a usage object. */
static void
read_count (OhUsage *to, OhJson key, OhJson value)
{
  if (oh_json_is (key, "input_tokens"))
    take_count (&to->input, value);
  else if (oh_json_is (key, "output_tokens"))
    take_count (&to->output, value);
  else if (oh_json_is (key, "cache_read_input_tokens"))
    take_count (&to->cache_read, value);
  else if (oh_json_is (key, "cache_creation_input_tokens"))
    take_count (&to->cache_write, value);
  else if (oh_json_is (key, "cache_creation"))
    {
      take_count (&to->cache_write_5m, oh_json_get (value, "ephemeral_5m_input_tokens"));
      take_count (&to->cache_write_1h, oh_json_get (value, "ephemeral_1h_input_tokens"));
    }
  else if (oh_json_is (key, "output_tokens_details"))
    take_count (&to->thinking, oh_json_get (value, "thinking_tokens"));
  else if (oh_json_is (key, "server_tool_use"))
    {
      take_count (&to->web_search, oh_json_get (value, "web_search_requests"));
      take_count (&to->web_fetch, oh_json_get (value, "web_fetch_requests"));
    }
}

static void
iteration_clear (gpointer data)
{
  OhIteration *iteration = data;

  g_free (iteration->type);
  g_free (iteration->model);
  g_free (iteration->inference_geo);
}

/* (transfer full) (element-type OhIteration) */
static GArray *
read_iterations (OhJson array)
{
  GArray *iterations = g_array_new (FALSE, FALSE, sizeof (OhIteration));
  OhJsonIter iter, members;
  OhJson entry, key, value;

  g_array_set_clear_func (iterations, iteration_clear);
  oh_json_iter_init (&iter, array);
  while (oh_json_iter_next (&iter, NULL, &entry))
    {
      OhIteration iteration = { .usage = OH_USAGE_UNKNOWN };

      iteration.type = oh_json_dup_string (oh_json_get (entry, "type"));
      iteration.model = oh_json_dup_string (oh_json_get (entry, "model"));
      oh_json_iter_init (&members, entry);
      while (oh_json_iter_next (&members, &key, &value))
        read_count (&iteration.usage, key, value);
      oh_usage_doubt (&iteration.usage);
      g_array_append_val (iterations, iteration);
    }
  return iterations;
}

void
oh_anthropic_read_usage (OhJson usage, OhFacts *facts)
{
  OhUsage *to = &facts->usage;
  OhJsonIter iter;
  OhJson key, value;

  oh_json_iter_init (&iter, usage);
  while (oh_json_iter_next (&iter, &key, &value))
    {
      read_count (to, key, value);
      if (oh_json_is (key, "service_tier"))
        oh_facts_take (&facts->service_tier, oh_json_dup_string (value));
      else if (oh_json_is (key, "speed"))
        oh_facts_take (&facts->speed, oh_json_dup_string (value));
      else if (oh_json_is (key, "inference_geo"))
        oh_facts_take (&facts->inference_geo, oh_json_dup_string (value));
      else if (oh_json_is (key, "iterations") && oh_json_get_kind (value) == OH_JSON_ARRAY)
        {
          g_clear_pointer (&facts->iterations, g_array_unref);
          facts->iterations = read_iterations (value);
        }
    }
  if (to->cache_write < 0 && (to->cache_write_5m >= 0 || to->cache_write_1h >= 0))
    to->cache_write = MAX (to->cache_write_5m, 0) + MAX (to->cache_write_1h, 0);
}

static void
add_count (gint64 *to, gint64 count)
{
  if (count >= 0)
    *to = MAX (*to, 0) + count;
}

void
oh_anthropic_add_result (OhJson message, OhFacts *facts)
{
  g_autoptr (OhFacts) said = oh_facts_new (facts->provider);
  OhUsage *to = &facts->usage;
  const OhUsage *from = &said->usage;
  gboolean first = facts->iterations == NULL;
  guint n;

  oh_anthropic_read_message (message, said);
  if (first)
    {
      facts->iterations = g_array_new (FALSE, FALSE, sizeof (OhIteration));
      g_array_set_clear_func (facts->iterations, iteration_clear);
      oh_facts_take (&facts->model, g_strdup (said->model));
    }
  else if (g_strcmp0 (facts->model, said->model) != 0)
    g_clear_pointer (&facts->model, g_free);
  add_count (&to->input, from->input);
  add_count (&to->output, from->output);
  add_count (&to->cache_read, from->cache_read);
  add_count (&to->cache_write, from->cache_write);
  add_count (&to->cache_write_5m, from->cache_write_5m);
  add_count (&to->cache_write_1h, from->cache_write_1h);
  add_count (&to->thinking, from->thinking);
  add_count (&to->web_search, from->web_search);
  add_count (&to->web_fetch, from->web_fetch);
  n = said->iterations != NULL ? said->iterations->len : 0;
  for (guint i = 0; i < MAX (n, 1); i++)
    {
      const OhIteration *turn = n > 1 ? &g_array_index (said->iterations, OhIteration, i) : NULL;
      OhIteration iteration = { g_strdup (turn != NULL ? turn->type : "batch_result"),
                                g_strdup (turn != NULL && turn->model != NULL ? turn->model : said->model),
                                turn != NULL ? turn->usage : *from, g_strdup (said->inference_geo) };

      /* What was refused before any output is not billed. */
      if (g_strcmp0 (said->stop_reason, "refusal") == 0 && from->output == 0)
        iteration.usage = (OhUsage) { 0 };
      g_array_append_val (facts->iterations, iteration);
    }
}

void
oh_anthropic_read_stop (OhJson holder, OhFacts *facts)
{
  OhJson details = oh_json_get (holder, "stop_details");

  oh_facts_take (&facts->stop_reason, oh_json_dup_string (oh_json_get (holder, "stop_reason")));
  oh_facts_take (&facts->stop_category, oh_json_dup_string (oh_json_get (details, "category")));
  oh_facts_take (&facts->stop_explanation, oh_json_dup_string (oh_json_get (details, "explanation")));
}

void
oh_anthropic_read_message (OhJson message, OhFacts *facts)
{
  OhJsonIter iter;
  OhJson key, value;

  oh_json_iter_init (&iter, message);
  while (oh_json_iter_next (&iter, &key, &value))
    {
      if (oh_json_is (key, "id"))
        oh_facts_take (&facts->message_id, oh_json_dup_string (value));
      else if (oh_json_is (key, "model"))
        oh_facts_take (&facts->model, oh_json_dup_string (value));
      else if (oh_json_is (key, "usage"))
        oh_anthropic_read_usage (value, facts);
      else if (oh_json_is (key, "diagnostics"))
        {
          OhJson reason = oh_json_get (value, "cache_miss_reason");

          oh_facts_take (&facts->cache_miss_reason, oh_json_dup_string (oh_json_get (reason, "type")));
          facts->cache_missed_tokens =
            oh_json_get_int (oh_json_get (reason, "cache_missed_input_tokens"), facts->cache_missed_tokens);
        }
    }
  oh_anthropic_read_stop (message, facts);
}
