/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-tool-span.h"

#include <string.h>

void
oh_tool_span_free (OhToolSpan *self)
{
  g_return_if_fail (self != NULL);
  g_free (self->id);
  g_free (self->name);
  g_free (self->input);
  g_free (self->result);
  g_free (self);
}

static gboolean
is_type (const OhBlock *block, const char *type)
{
  return strcmp (block->type, type) == 0;
}

/* A tool's work that the API did itself: the result stands in the same answer under another block type. */
static gboolean
is_server_use (const OhBlock *block)
{
  return is_type (block, "server_tool_use") || is_type (block, "mcp_tool_use");
}

static gboolean
is_result (const OhBlock *block)
{
  return g_str_has_suffix (block->type, "tool_result");
}

/* The result of that id, after @skip others of the same. */
static const OhBlock *
find_result (GPtrArray *blocks, const char *id, guint skip)
{
  for (guint i = 0; i < blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (blocks, i);

      if (is_result (block) && g_strcmp0 (block->id, id) == 0 && skip-- == 0)
        return block;
    }
  return NULL;
}

static void
append_texts (GString *text, GPtrArray *children)
{
  for (guint i = 0; children != NULL && i < children->len; i++)
    {
      const OhBlock *child = g_ptr_array_index (children, i);

      if (child->text == NULL)
        continue;
      if (text->len > 0)
        g_string_append_c (text, '\n');
      g_string_append (text, child->text);
    }
}

static char *
get_text (const OhBlock *result)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (result->text != NULL)
    return g_strdup (result->text);
  append_texts (text, result->children);
  return text->len > 0 ? g_strndup (text->str, text->len) : NULL;
}

static void
take_result (OhToolSpan *span, const OhBlock *result, gint64 exchange_id, gint64 at_ns)
{
  span->result = get_text (result);
  span->is_error = result->is_error;
  for (guint i = 0; result->children != NULL && i < result->children->len; i++)
    if (g_str_has_suffix (((OhBlock *) g_ptr_array_index (result->children, i))->type, "_error"))
      span->is_error = TRUE;
  span->answered_by = exchange_id;
  span->ended_ns = at_ns;
}

static void
find_in_requests (OhToolSpan *span, guint ordinal, const OhToolCall *later, guint n_later)
{
  for (guint i = 0; i < n_later && span->answered_by == 0; i++)
    {
      GPtrArray *messages = later[i].reading->messages;

      for (guint j = messages->len; j > 0 && span->answered_by == 0; j--)
        {
          const OhMessage *message = g_ptr_array_index (messages, j - 1);
          const OhBlock *result = find_result (message->blocks, span->id, ordinal);

          if (result != NULL && strcmp (message->role, "user") == 0)
            take_result (span, result, later[i].exchange_id, MAX (later[i].started_ns, span->started_ns));
        }
    }
}

/* @at_ns: of a block, from the call's start; -1: unknown */
static gint64
get_time (const OhToolCall *call, gint64 at_ns)
{
  return at_ns >= 0 ? call->started_ns + at_ns : call->ended_ns;
}

static void
find_in_answers (OhToolSpan *span, guint ordinal, const OhToolCall *calls, guint n_calls)
{
  for (guint i = 0; i < n_calls && span->answered_by == 0; i++)
    {
      const OhMessage *answer = calls[i].reading->answer;
      const OhBlock *result =
        answer != NULL && calls[i].ended_ns >= 0 ? find_result (answer->blocks, span->id, ordinal) : NULL;

      if (result != NULL)
        take_result (span, result, calls[i].exchange_id,
                     MAX (get_time (&calls[i], result->began_ns), span->started_ns));
    }
}

/* How many blocks before the one at @index ask for a tool under the same id. */
static guint
get_ordinal (GPtrArray *blocks, guint index)
{
  const OhBlock *block = g_ptr_array_index (blocks, index);
  guint n = 0;

  for (guint i = 0; i < index; i++)
    {
      const OhBlock *other = g_ptr_array_index (blocks, i);

      n += strcmp (other->type, block->type) == 0 && g_strcmp0 (other->id, block->id) == 0;
    }
  return n;
}

GPtrArray *
oh_tool_span_infer (const OhToolCall *call, const OhToolCall *later, guint n_later)
{
  GPtrArray *spans = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_tool_span_free);
  const OhMessage *answer;

  g_return_val_if_fail (call != NULL && call->reading != NULL && (later != NULL || n_later == 0), spans);
  answer = call->reading->answer;
  for (guint i = 0; answer != NULL && call->ended_ns >= 0 && i < answer->blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (answer->blocks, i);
      OhToolSpan *span;
      guint ordinal;

      if (!is_type (block, "tool_use") && !is_server_use (block))
        continue;
      span = g_new0 (OhToolSpan, 1);
      span->id = g_strdup (block->id);
      span->name = g_strdup (block->name != NULL ? block->name : "?");
      span->input = g_strdup (block->input);
      span->asked_by = call->exchange_id;
      span->by_server = is_server_use (block);
      span->started_ns = span->by_server ? get_time (call, block->ended_ns) : call->ended_ns;
      span->ended_ns = -1;
      g_ptr_array_add (spans, span);
      if (block->id == NULL)
        continue;
      ordinal = get_ordinal (answer->blocks, i);
      if (!span->by_server)
        {
          find_in_requests (span, ordinal, later, n_later);
          continue;
        }
      find_in_answers (span, ordinal, call, 1);
      find_in_answers (span, ordinal, later, n_later);
    }
  return spans;
}

GHashTable *
oh_tool_span_list_results (const OhReading *reading, guint from)
{
  GHashTable *ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_return_val_if_fail (reading != NULL, ids);
  for (guint i = from; i < reading->messages->len; i++)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, i);

      for (guint j = 0; strcmp (message->role, "user") == 0 && j < message->blocks->len; j++)
        {
          const OhBlock *block = g_ptr_array_index (message->blocks, j);

          if (is_type (block, "tool_result") && block->id != NULL)
            g_hash_table_add (ids, g_strdup (block->id));
        }
    }
  return ids;
}

GHashTable *
oh_tool_span_list_late_results (const OhMessage *answer)
{
  GHashTable *ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_return_val_if_fail (answer != NULL, ids);
  for (guint i = answer->blocks->len; i > 0; i--)
    {
      const OhBlock *block = g_ptr_array_index (answer->blocks, i - 1);

      if (is_result (block) && block->id != NULL)
        g_hash_table_add (ids, g_strdup (block->id));
      else if (is_server_use (block) && block->id != NULL)
        g_hash_table_remove (ids, block->id);
    }
  return ids;
}

static gboolean
has_use (const OhMessage *message, const char *id)
{
  for (guint i = 0; i < message->blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (message->blocks, i);

      if (is_type (block, "tool_use") && g_strcmp0 (block->id, id) == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_role (const OhMessage *message, const char *role)
{
  return strcmp (message->role, role) == 0;
}

/* To the API messages of one role in a row are one turn, so results may go on in the next of them. */
static gboolean
ends_in_result (const OhMessage *message)
{
  return message->blocks->len > 0 && is_type (g_ptr_array_index (message->blocks, message->blocks->len - 1), "tool_result");
}

/* Whether the turn behind the assistant's message at @i has that result, or there is none yet. The operator's messages
 * may stand anywhere. */
static gboolean
is_answered (GPtrArray *messages, guint i, const char *id)
{
  gboolean begun = FALSE;

  while (++i < messages->len)
    {
      const OhMessage *message = g_ptr_array_index (messages, i);

      if (is_role (message, "system") || (is_role (message, "assistant") && !begun))
        continue;
      if (is_role (message, "assistant"))
        return FALSE;
      if (find_result (message->blocks, id, 0) != NULL)
        return TRUE;
      if (!ends_in_result (message))
        return FALSE;
      begun = TRUE;
    }
  return !begun;
}

/* Whether the turn before the user's message at @i asks for that result. */
static gboolean
is_asked (GPtrArray *messages, guint i, const char *id)
{
  gboolean begun = FALSE;

  while (i-- > 0)
    {
      const OhMessage *message = g_ptr_array_index (messages, i);

      if (is_role (message, "system"))
        continue;
      if (has_use (message, id))
        return TRUE;
      if (is_role (message, "assistant"))
        begun = TRUE;
      else if (begun || !ends_in_result (message))
        return FALSE;
    }
  return FALSE;
}

static char *
find_missing (GPtrArray *messages)
{
  for (guint i = 0; i < messages->len; i++)
    {
      const OhMessage *message = g_ptr_array_index (messages, i);

      for (guint j = 0; is_role (message, "assistant") && j < message->blocks->len; j++)
        {
          const OhBlock *block = g_ptr_array_index (message->blocks, j);

          if (is_type (block, "tool_use") && block->id != NULL && !is_answered (messages, i, block->id))
            return g_strdup (block->id);
        }
    }
  return NULL;
}

static char *
find_stray (GPtrArray *messages)
{
  for (guint i = 0; i < messages->len; i++)
    {
      const OhMessage *message = g_ptr_array_index (messages, i);

      for (guint j = 0; is_role (message, "user") && j < message->blocks->len; j++)
        {
          const OhBlock *block = g_ptr_array_index (message->blocks, j);

          if (is_type (block, "tool_result") && !is_asked (messages, i, block->id))
            return g_strdup (block->id != NULL ? block->id : "?");
        }
    }
  return NULL;
}

gboolean
oh_tool_span_check (GPtrArray *messages, char **missing, char **stray)
{
  g_autofree char *first_missing = NULL;
  g_autofree char *first_stray = NULL;
  gboolean right;

  g_return_val_if_fail (messages != NULL, TRUE);
  first_missing = find_missing (messages);
  first_stray = find_stray (messages);
  right = first_missing == NULL && first_stray == NULL;
  if (missing != NULL)
    *missing = g_steal_pointer (&first_missing);
  if (stray != NULL)
    *stray = g_steal_pointer (&first_stray);
  return right;
}

void
oh_tool_span_put (OhMeaning *meaning, const OhToolSpan *tool)
{
  OhSpan *span;

  g_return_if_fail (meaning != NULL && tool != NULL);
  if (tool->id == NULL)
    return;
  span = oh_span_new (OH_SPAN_TOOL);
  span->id = g_strdup (tool->id);
  span->name = g_strdup (tool->name);
  span->detail = g_strdup (tool->input);
  span->result = g_strdup (tool->result);
  span->exchange_id = tool->asked_by;
  span->result_exchange_id = tool->answered_by;
  span->started_ns = tool->started_ns;
  span->ended_ns = MAX (tool->ended_ns, 0);
  span->is_error = tool->is_error;
  g_ptr_array_add (meaning->spans, span);
}

OhToolCall
oh_tool_call_make (const OhExchange *exchange, const OhReading *reading)
{
  return (OhToolCall) { .exchange_id = exchange->id,
                        .started_ns = exchange->started_ns,
                        .ended_ns = exchange->timings.ended >= 0 ? exchange->started_ns + exchange->timings.ended : -1,
                        .reading = reading };
}
