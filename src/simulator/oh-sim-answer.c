/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-answer.h"

#include "oh-sim-cache.h"
#include "oh-sim-json.h"
#include "oh-sim-knowledge.h"

#include <string.h>

#define PHRASE_START "[[sim:"
#define PHRASE_END "]]"
#define LONGEST_QUESTION 4096

/* What there is to know of the conversation. Messages of the role “system” may stand among the others, even last. */
typedef struct
{
  JsonObject *request;
  GString *question;  /* the text of the last user message */
  GString *earlier;   /* the text of the user messages before it */
  GPtrArray *results; /* the tool_result blocks of the last user message (unowned) */
  gboolean image;
  gboolean document;
  guint tool_turns; /* assistant messages that called tools */
} Conversation;

static void
replace_string (char **where, const char *value)
{
  g_free (*where);
  *where = g_strdup (value);
}

static void
append_text (GString *out, const char *text)
{
  if (out->len > 0)
    g_string_append_c (out, '\n');
  g_string_append (out, text);
}

/* The text of a content that may be a string or blocks. */
static void
collect_text (JsonObject *holder, GString *out)
{
  const char *plain = oh_sim_json_string (holder, "content");
  JsonArray *blocks = oh_sim_json_array (holder, "content");

  if (plain != NULL)
    append_text (out, plain);
  for (guint i = 0; i < oh_sim_json_length (blocks); i++)
    {
      const char *text = oh_sim_json_string (oh_sim_json_element_object (blocks, i), "text");

      if (text != NULL)
        append_text (out, text);
    }
}

static void
read_last_blocks (Conversation *talk, JsonObject *message)
{
  JsonArray *blocks = oh_sim_json_array (message, "content");

  for (guint i = 0; i < oh_sim_json_length (blocks); i++)
    {
      JsonObject *block = oh_sim_json_element_object (blocks, i);
      const char *type = oh_sim_json_string (block, "type");

      if (g_strcmp0 (type, "tool_result") == 0)
        g_ptr_array_add (talk->results, block);
      talk->image = talk->image || g_strcmp0 (type, "image") == 0;
      talk->document = talk->document || g_strcmp0 (type, "document") == 0;
    }
}

static gboolean
calls_tools (JsonObject *message)
{
  JsonArray *blocks = oh_sim_json_array (message, "content");

  for (guint i = 0; i < oh_sim_json_length (blocks); i++)
    if (g_strcmp0 (oh_sim_json_string (oh_sim_json_element_object (blocks, i), "type"), "tool_use") == 0)
      return TRUE;
  return FALSE;
}

/* The index after the last message that is not the system's. */
static guint
count_spoken (JsonArray *messages)
{
  guint length = oh_sim_json_length (messages);

  while (length > 0 &&
         g_strcmp0 (oh_sim_json_string (oh_sim_json_element_object (messages, length - 1), "role"), "system") == 0)
    length--;
  return length;
}

static void
conversation_read (Conversation *talk, JsonObject *request)
{
  JsonArray *messages = oh_sim_json_array (request, "messages");
  guint length = count_spoken (messages);

  talk->request = request;
  talk->question = g_string_new (NULL);
  talk->earlier = g_string_new (NULL);
  talk->results = g_ptr_array_new ();
  for (guint i = 0; i < length; i++)
    {
      JsonObject *message = oh_sim_json_element_object (messages, i);

      if (g_strcmp0 (oh_sim_json_string (message, "role"), "user") != 0)
        talk->tool_turns += calls_tools (message) ? 1 : 0;
      else if (i + 1 < length)
        collect_text (message, talk->earlier);
      else
        {
          collect_text (message, talk->question);
          read_last_blocks (talk, message);
        }
    }
}

static void
conversation_clear (Conversation *talk)
{
  g_string_free (talk->question, TRUE);
  g_string_free (talk->earlier, TRUE);
  g_ptr_array_unref (talk->results);
}

static JsonObject *
find_phrase (const char *text)
{
  const char *start = strstr (text, PHRASE_START);
  const char *end = start != NULL ? strstr (start, "}" PHRASE_END) : NULL;
  g_autoptr (JsonNode) node = NULL;

  if (end == NULL)
    return NULL;
  start += strlen (PHRASE_START);
  node = oh_sim_json_parse (start, end + 1 - start, NULL);
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : NULL;
}

JsonObject *
oh_sim_answer_find_steering (JsonObject *request)
{
  JsonArray *messages = oh_sim_json_array (request, "messages");
  guint length = count_spoken (messages);

  for (guint i = length; i > 0; i--)
    {
      JsonObject *message = oh_sim_json_element_object (messages, i - 1);
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (JsonObject) steering = NULL;

      if (g_strcmp0 (oh_sim_json_string (message, "role"), "user") != 0)
        continue;
      collect_text (message, text);
      steering = find_phrase (text->str);
      if (steering != NULL && (i == length || oh_sim_json_bool (steering, "sticky")))
        return g_steal_pointer (&steering);
    }
  return NULL;
}

/* The question without its steering phrase. */
static char *
plain_question (const char *question)
{
  const char *start = strstr (question, PHRASE_START);
  const char *end = start != NULL ? strstr (start, "}" PHRASE_END) : NULL;
  g_autofree char *head = NULL;

  if (end == NULL)
    return g_strdup (question);
  head = g_strndup (question, (gsize) (start - question));
  return g_strstrip (g_strconcat (head, end + strlen ("}" PHRASE_END), NULL));
}

static void
add_block (OhSimAnswer *self, JsonObject *block)
{
  json_array_add_object_element (self->content, block);
}

static void
add_text (OhSimAnswer *self, const char *text)
{
  add_block (self, oh_sim_json_new ("type", "text", "text", text, NULL));
}

static void
add_thinking (OhSimAnswer *self, const char *thinking)
{
  g_autofree char *signature = oh_sim_ids_signature (thinking);

  add_block (self, oh_sim_json_new ("type", "thinking", "thinking", thinking, "signature", signature, NULL));
}

static void
add_tool_use (OhSimAnswer *self, OhSimIds *ids, const char *name, JsonObject *input)
{
  g_autofree char *id = oh_sim_ids_next (ids, "toolu_01");
  JsonObject *block = oh_sim_json_new ("type", "tool_use", "id", id, "name", name, NULL);

  json_object_set_object_member (block, "input", input);
  add_block (self, block);
}

/* The tool to call: the one that tool_choice names, one that the question is about, or any if one must be called. */
static JsonObject *
choose_tool (const Conversation *talk, const char *question)
{
  JsonArray *tools = oh_sim_json_array (talk->request, "tools");
  JsonObject *choice = oh_sim_json_object (talk->request, "tool_choice");
  const char *type = oh_sim_json_string (choice, "type");
  g_autofree char *lower = g_utf8_strdown (question, -1);

  if (g_strcmp0 (type, "none") == 0)
    return NULL;
  for (guint i = 0; i < oh_sim_json_length (tools); i++)
    {
      JsonObject *tool = oh_sim_json_element_object (tools, i);
      const char *name = oh_sim_json_string (tool, "name");

      if (name == NULL || oh_sim_json_object (tool, "input_schema") == NULL)
        continue;
      if (g_strcmp0 (type, "any") == 0 ||
          (g_strcmp0 (type, "tool") == 0 && g_strcmp0 (name, oh_sim_json_string (choice, "name")) == 0) ||
          strstr (lower, name) != NULL || (strstr (name, "weather") != NULL && strstr (lower, "weather") != NULL))
        return tool;
    }
  return NULL;
}

/* An input that satisfies the tool's schema: @value for the first text, something plausible for the rest. */
static JsonObject *
make_input (JsonObject *tool, const char *value)
{
  JsonObject *schema = oh_sim_json_object (tool, "input_schema");
  JsonObject *properties = oh_sim_json_object (schema, "properties");
  JsonArray *required = oh_sim_json_array (schema, "required");
  JsonObject *input = json_object_new ();

  for (guint i = 0; i < oh_sim_json_length (required); i++)
    {
      const char *name = oh_sim_json_element_string (required, i);
      JsonObject *property = name != NULL ? oh_sim_json_object (properties, name) : NULL;
      const char *type = oh_sim_json_string (property, "type");
      JsonArray *choices = oh_sim_json_array (property, "enum");

      if (name == NULL)
        continue;
      if (oh_sim_json_length (choices) > 0)
        json_object_set_member (input, name, json_node_copy (json_array_get_element (choices, 0)));
      else if (g_strcmp0 (type, "integer") == 0 || g_strcmp0 (type, "number") == 0)
        json_object_set_int_member (input, name, 1);
      else if (g_strcmp0 (type, "boolean") == 0)
        json_object_set_boolean_member (input, name, TRUE);
      else
        json_object_set_string_member (input, name, value);
    }
  return input;
}

static void
call_tool (OhSimAnswer *self, OhSimIds *ids, const Conversation *talk, JsonObject *tool, const char *question)
{
  gboolean alone = oh_sim_json_bool (oh_sim_json_object (talk->request, "tool_choice"), "disable_parallel_tool_use");
  g_auto (GStrv) cities = oh_sim_knowledge_find_cities (question);
  guint n_cities = alone ? MIN (1, g_strv_length (cities)) : g_strv_length (cities);
  g_autoptr (GString) text = g_string_new (n_cities > 0 ? "I'll look that up for " : "I'll use a tool for that");

  for (guint i = 0; i < n_cities; i++)
    g_string_append_printf (text, "%s%s", i == 0 ? "" : i + 1 == n_cities ? " and " : ", ", cities[i]);
  g_string_append_c (text, '.');
  add_text (self, text->str);
  for (guint i = 0; i < MAX (1, n_cities); i++)
    add_tool_use (self, ids, oh_sim_json_string (tool, "name"), make_input (tool, n_cities > 0 ? cities[i] : question));
}

/* The first text of the tool_use input that a result answers: which city it was about. */
static const char *
subject_of_result (JsonObject *request, const char *id)
{
  JsonArray *messages = oh_sim_json_array (request, "messages");

  for (guint i = 0; i < oh_sim_json_length (messages); i++)
    {
      JsonArray *blocks = oh_sim_json_array (oh_sim_json_element_object (messages, i), "content");

      for (guint j = 0; j < oh_sim_json_length (blocks); j++)
        {
          JsonObject *block = oh_sim_json_element_object (blocks, j);
          JsonObject *input = oh_sim_json_object (block, "input");
          g_autoptr (GList) names = input != NULL ? json_object_get_members (input) : NULL;

          if (names != NULL && g_strcmp0 (oh_sim_json_string (block, "id"), id) == 0)
            return oh_sim_json_string (input, names->data);
        }
    }
  return NULL;
}

static OhSimThought *
tell_results (const Conversation *talk)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < talk->results->len; i++)
    {
      JsonObject *result = g_ptr_array_index (talk->results, i);
      const char *subject = subject_of_result (talk->request, oh_sim_json_string (result, "tool_use_id"));
      g_autoptr (GString) said = g_string_new (NULL);

      collect_text (result, said);
      if (oh_sim_json_bool (result, "is_error"))
        g_string_append_printf (text, "%sI could not find out about %s: %s.", i > 0 ? "\n" : "",
                                subject != NULL ? subject : "that", said->str);
      else if (talk->results->len == 1)
        g_string_append_printf (text, "Here is what I found for %s: %s.", subject != NULL ? subject : "you", said->str);
      else
        g_string_append_printf (text, "%s- **%s**: %s", i > 0 ? "\n" : "Here is what I found:\n\n",
                                subject != NULL ? subject : "Result", said->str);
    }
  return oh_sim_thought_new (text->str, "The tool has answered, so I can tell the user now.");
}

static char *
filler (gsize size)
{
  static const char SENTENCE[] = "The quick brown fox jumps over the lazy dog. ";
  GString *text = g_string_sized_new (size + sizeof SENTENCE);

  while (text->len < size)
    g_string_append (text, SENTENCE);
  g_string_truncate (text, size);
  return g_string_free (text, FALSE);
}

static gboolean
wants_thinking (JsonObject *request, JsonObject *steering)
{
  const char *type = oh_sim_json_string (oh_sim_json_object (request, "thinking"), "type");

  return g_strcmp0 (type, "enabled") == 0 || g_strcmp0 (type, "adaptive") == 0 ||
         oh_sim_json_has (steering, "thinking");
}

static void
add_steered_tools (OhSimAnswer *self, OhSimIds *ids, JsonArray *tools)
{
  for (guint i = 0; i < oh_sim_json_length (tools); i++)
    {
      JsonObject *tool = oh_sim_json_element_object (tools, i);
      JsonObject *input = oh_sim_json_object (tool, "input");
      const char *name = oh_sim_json_string (tool, "name");

      add_tool_use (self, ids, name != NULL ? name : "tool",
                    input != NULL ? json_object_ref (input) : json_object_new ());
    }
}

/* The end of a long text, from a character on: a pasted book is not read for its keywords. */
static const char *
tail_of (const char *text)
{
  gsize length = strlen (text);
  const char *tail = length > LONGEST_QUESTION ? text + length - LONGEST_QUESTION : text;

  while ((*tail & 0xC0) == 0x80)
    tail++;
  return tail;
}

static void
compose (OhSimAnswer *self, const Conversation *talk, JsonObject *steering, OhSimIds *ids)
{
  g_autofree char *question = plain_question (tail_of (talk->question->str));
  const char *earlier = tail_of (talk->earlier->str);
  gint64 tool_rounds = oh_sim_json_int (steering, "tool_rounds", 1);
  gint64 size = oh_sim_json_int (steering, "size", 0);
  const char *steered_thinking = oh_sim_json_string (steering, "thinking");
  JsonArray *steered_tools = oh_sim_json_array (steering, "tools");
  g_autoptr (OhSimThought) thought = NULL;
  JsonObject *tool = NULL;

  if (oh_sim_json_has (steering, "tool_rounds") && talk->tool_turns >= tool_rounds)
    steered_tools = NULL;
  if (talk->results->len == 0)
    tool = choose_tool (talk, question);
  else if (talk->tool_turns < tool_rounds)
    tool = choose_tool (talk, earlier);

  if (talk->results->len > 0)
    thought = tell_results (talk);
  else
    thought = oh_sim_knowledge_ask (talk->image      ? "what is in the image?"
                                    : talk->document ? "what is in the document?"
                                                     : question,
                                    earlier);

  if (wants_thinking (talk->request, steering))
    add_thinking (self, steered_thinking != NULL ? steered_thinking
                        : tool != NULL           ? "I cannot know this by myself; there is a tool for it."
                                                 : thought->thinking);
  if (steered_tools != NULL)
    add_steered_tools (self, ids, steered_tools);
  else if (tool != NULL)
    call_tool (self, ids, talk, tool, talk->results->len > 0 ? earlier : question);
  else if (size > 0)
    {
      g_autofree char *text = filler ((gsize) size);

      add_text (self, text);
    }
  else
    add_text (self,
              oh_sim_json_string (steering, "text") != NULL ? oh_sim_json_string (steering, "text") : thought->text);
  self->stop_reason = g_strdup (tool != NULL || steered_tools != NULL ? "tool_use" : "end_turn");
}

/* Cuts the text of @block after @tokens tokens, at a character. */
static void
cut_text (JsonObject *block, const char *member, gint64 tokens)
{
  const char *text = oh_sim_json_string (block, member);
  gint64 bytes = tokens * 4;
  g_autofree char *head = NULL;
  const char *end;

  if (text == NULL || (gint64) strlen (text) <= bytes)
    return;
  head = g_strndup (text, (gsize) bytes);
  if (!g_utf8_validate (head, -1, &end))
    head[end - head] = '\0';
  json_object_set_string_member (block, member, head);
}

/* Ends the answer where max_tokens or a stop sequence says so, and counts it. */
static void
limit (OhSimAnswer *self, JsonObject *request)
{
  gint64 left = oh_sim_json_int (request, "max_tokens", G_MAXINT64);
  JsonArray *sequences = oh_sim_json_array (request, "stop_sequences");
  g_autoptr (JsonArray) kept = json_array_new ();

  for (guint i = 0; i < json_array_get_length (self->content); i++)
    {
      JsonObject *block = json_array_get_object_element (self->content, i);
      gboolean thinking = g_strcmp0 (oh_sim_json_string (block, "type"), "thinking") == 0;
      const char *member = thinking ? "thinking" : "text";
      gint64 tokens;

      for (guint s = 0; !thinking && s < oh_sim_json_length (sequences); s++)
        {
          const char *sequence = oh_sim_json_element_string (sequences, s);
          const char *text = oh_sim_json_string (block, "text");
          const char *at = text != NULL && sequence != NULL && *sequence != '\0' ? strstr (text, sequence) : NULL;

          if (at != NULL)
            {
              g_autofree char *head = g_strndup (text, (gsize) (at - text));

              replace_string (&self->stop_sequence, sequence);
              json_object_set_string_member (block, "text", head);
            }
        }
      tokens = MAX (1, oh_sim_cache_count_block (block));
      if (tokens > left)
        {
          if (left > 0 && oh_sim_json_has (block, member))
            {
              cut_text (block, member, left);
              json_array_add_object_element (kept, json_object_ref (block));
              self->output_tokens += left;
              self->thinking_tokens += thinking ? left : 0;
            }
          replace_string (&self->stop_reason, "max_tokens");
          g_clear_pointer (&self->stop_sequence, g_free);
          break;
        }
      json_array_add_object_element (kept, json_object_ref (block));
      self->output_tokens += tokens;
      self->thinking_tokens += thinking ? tokens : 0;
      left -= tokens;
      if (self->stop_sequence != NULL)
        {
          replace_string (&self->stop_reason, "stop_sequence");
          break;
        }
    }
  json_array_unref (self->content);
  self->content = g_steal_pointer (&kept);
}

OhSimAnswer *
oh_sim_answer_new (JsonObject *request, JsonObject *steering, OhSimIds *ids)
{
  OhSimAnswer *self = g_new0 (OhSimAnswer, 1);
  JsonArray *blocks = oh_sim_json_array (steering, "blocks");

  if (blocks != NULL)
    {
      self->content = json_array_ref (blocks);
      self->stop_reason = g_strdup ("end_turn");
      for (guint i = 0; i < oh_sim_json_length (blocks); i++)
        {
          JsonObject *block = oh_sim_json_element_object (blocks, i);

          if (block != NULL)
            self->output_tokens += oh_sim_cache_count_block (block);
        }
    }
  else
    {
      Conversation talk = { 0 };

      self->content = json_array_new ();
      conversation_read (&talk, request);
      compose (self, &talk, steering, ids);
      conversation_clear (&talk);
      limit (self, request);
    }
  if (oh_sim_json_string (steering, "stop_reason") != NULL)
    replace_string (&self->stop_reason, oh_sim_json_string (steering, "stop_reason"));
  return self;
}

void
oh_sim_answer_free (OhSimAnswer *self)
{
  json_array_unref (self->content);
  g_free (self->stop_reason);
  g_free (self->stop_sequence);
  g_free (self);
}
