/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-stream.h"

#include "oh-sim-exchange.h"
#include "oh-sim-json.h"

#include <string.h>

#define FIRST_EVENT_MS 350
#define FIRST_DELTA_MS 250
#define DELTA_MS 32
/* How much of a tool's input comes in one delta, in bytes. */
#define INPUT_PIECE 12

typedef struct
{
  GPtrArray *pieces;
  guint deltas;
} Telling;

char *
oh_sim_stream_format (const char *name, JsonObject *data)
{
  g_autofree char *text = oh_sim_json_object_text (data);

  return g_strdup_printf ("event: %s\ndata: %s\n\n", name, text);
}

static void
tell (Telling *telling, const char *name, JsonObject *data, guint delay_ms)
{
  oh_sim_pieces_add (telling->pieces, oh_sim_stream_format (name, data), delay_ms);
}

/* Deltas come padded with spaces on the real wire, before the last brace, by an amount that differs. */
static void
tell_delta (Telling *telling, guint index, JsonObject *delta)
{
  g_autoptr (JsonObject) data = oh_sim_json_new ("type", "content_block_delta", NULL);
  g_autofree char *text = NULL;
  guint padding = telling->deltas * 7 % 13;
  guint delay = telling->deltas == 0 ? FIRST_DELTA_MS : DELTA_MS + telling->deltas * 5 % 17;

  json_object_set_int_member (data, "index", index);
  json_object_set_object_member (data, "delta", delta);
  text = oh_sim_json_object_text (data);
  text[strlen (text) - 1] = '\0';
  oh_sim_pieces_add (telling->pieces,
                     g_strdup_printf ("event: content_block_delta\ndata: %s%*s}\n\n", text, (int) padding, ""), delay);
  telling->deltas++;
}

/* The end of the next one to three words, or of so many bytes where there are no spaces. Never inside a character. */
static const char *
find_piece_end (const char *text, guint turn)
{
  guint words = 1 + turn * 2 % 3;
  const char *at = text;

  while (*at != '\0' && words > 0 && at - text < 64)
    {
      at = g_utf8_next_char (at);
      if (*at == ' ' || *at == '\n')
        words--;
    }
  return at;
}

static void
tell_text (Telling *telling, guint index, const char *type, const char *member, const char *text)
{
  while (*text != '\0')
    {
      const char *end = find_piece_end (text, telling->deltas);
      g_autofree char *piece = g_strndup (text, (gsize) (end - text));

      tell_delta (telling, index, oh_sim_json_new ("type", type, member, piece, NULL));
      text = end;
    }
}

static void
tell_input (Telling *telling, guint index, JsonNode *input)
{
  g_autofree char *text = oh_sim_json_text (input);
  const char *at = text;

  tell_delta (telling, index, oh_sim_json_new ("type", "input_json_delta", "partial_json", "", NULL));
  if (strcmp (text, "{}") == 0)
    return;
  while (*at != '\0')
    {
      const char *end = at;
      g_autofree char *piece = NULL;

      while (*end != '\0' && end - at < INPUT_PIECE)
        end = g_utf8_next_char (end);
      piece = g_strndup (at, (gsize) (end - at));
      tell_delta (telling, index, oh_sim_json_new ("type", "input_json_delta", "partial_json", piece, NULL));
      at = end;
    }
}

static gboolean
has_input_deltas (const char *type)
{
  return g_strcmp0 (type, "tool_use") == 0 || g_strcmp0 (type, "server_tool_use") == 0 ||
         g_strcmp0 (type, "mcp_tool_use") == 0;
}

/* The block as content_block_start shows it: what comes in deltas is still empty. */
static JsonNode *
empty_block (JsonNode *block)
{
  JsonNode *start = oh_sim_json_copy (block);
  JsonObject *object = json_node_get_object (start);
  const char *type = oh_sim_json_string (object, "type");

  if (g_strcmp0 (type, "text") == 0)
    {
      json_object_set_string_member (object, "text", "");
      if (oh_sim_json_array (object, "citations") != NULL)
        json_object_set_array_member (object, "citations", json_array_new ());
    }
  else if (g_strcmp0 (type, "thinking") == 0)
    {
      json_object_set_string_member (object, "thinking", "");
      json_object_set_string_member (object, "signature", "");
    }
  else if (has_input_deltas (type))
    json_object_set_object_member (object, "input", json_object_new ());
  return start;
}

static void
tell_block (Telling *telling, guint index, JsonNode *node)
{
  JsonObject *block = json_node_get_object (node);
  const char *type = oh_sim_json_string (block, "type");
  JsonArray *citations = oh_sim_json_array (block, "citations");
  g_autoptr (JsonObject) start = oh_sim_json_new ("type", "content_block_start", NULL);
  g_autoptr (JsonObject) stop = oh_sim_json_new ("type", "content_block_stop", NULL);
  g_autoptr (JsonObject) ping = oh_sim_json_new ("type", "ping", NULL);

  json_object_set_int_member (start, "index", index);
  json_object_set_member (start, "content_block", empty_block (node));
  tell (telling, "content_block_start", start, 0);
  if (index == 0)
    tell (telling, "ping", ping, 0);

  for (guint i = 0; i < oh_sim_json_length (citations); i++)
    {
      JsonObject *delta = oh_sim_json_new ("type", "citations_delta", NULL);

      json_object_set_member (delta, "citation", json_node_copy (json_array_get_element (citations, i)));
      tell_delta (telling, index, delta);
    }
  if (g_strcmp0 (type, "text") == 0 && oh_sim_json_string (block, "text") != NULL)
    tell_text (telling, index, "text_delta", "text", oh_sim_json_string (block, "text"));
  else if (g_strcmp0 (type, "thinking") == 0 && oh_sim_json_string (block, "thinking") != NULL)
    {
      tell_text (telling, index, "thinking_delta", "thinking", oh_sim_json_string (block, "thinking"));
      tell_delta (
          telling, index,
          oh_sim_json_new ("type", "signature_delta", "signature", oh_sim_json_string (block, "signature"), NULL));
    }
  else if (has_input_deltas (type) && oh_sim_json_has (block, "input"))
    tell_input (telling, index, json_object_get_member (block, "input"));

  json_object_set_int_member (stop, "index", index);
  tell (telling, "content_block_stop", stop, 0);
}

static void
tell_start (Telling *telling, JsonObject *message)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), message);
  g_autoptr (JsonObject) data = oh_sim_json_new ("type", "message_start", NULL);
  JsonNode *copy = oh_sim_json_copy (node);
  JsonObject *object = json_node_get_object (copy);
  JsonObject *usage = oh_sim_json_object (object, "usage");

  json_object_set_array_member (object, "content", json_array_new ());
  json_object_set_null_member (object, "stop_reason");
  json_object_set_null_member (object, "stop_sequence");
  if (usage != NULL)
    {
      json_object_set_int_member (usage, "output_tokens", MIN (2, oh_sim_json_int (usage, "output_tokens", 0)));
      json_object_remove_member (usage, "output_tokens_details");
    }
  json_object_set_member (data, "message", copy);
  tell (telling, "message_start", data, FIRST_EVENT_MS);
}

static void
copy_member (JsonObject *to, JsonObject *from, const char *name)
{
  JsonNode *node = json_object_get_member (from, name);

  if (node != NULL)
    json_object_set_member (to, name, json_node_copy (node));
}

static void
tell_end (Telling *telling, JsonObject *message)
{
  static const char *const DELTA[] = { "stop_reason", "stop_sequence", "stop_details", "container" };
  static const char *const USAGE[] = { "input_tokens",  "cache_creation_input_tokens", "cache_read_input_tokens",
                                       "output_tokens", "output_tokens_details",       "server_tool_use" };
  g_autoptr (JsonObject) data = oh_sim_json_new ("type", "message_delta", NULL);
  g_autoptr (JsonObject) stop = oh_sim_json_new ("type", "message_stop", NULL);
  JsonObject *delta = json_object_new ();
  JsonObject *usage = json_object_new ();
  JsonObject *whole = oh_sim_json_object (message, "usage");

  for (guint i = 0; i < G_N_ELEMENTS (DELTA); i++)
    copy_member (delta, message, DELTA[i]);
  for (guint i = 0; whole != NULL && i < G_N_ELEMENTS (USAGE); i++)
    copy_member (usage, whole, USAGE[i]);
  json_object_set_object_member (data, "delta", delta);
  json_object_set_object_member (data, "usage", usage);
  tell (telling, "message_delta", data, DELTA_MS);
  tell (telling, "message_stop", stop, 0);
}

GPtrArray *
oh_sim_stream_new (JsonObject *message)
{
  JsonArray *content = oh_sim_json_array (message, "content");
  Telling telling = { oh_sim_pieces_new (), 0 };

  tell_start (&telling, message);
  for (guint i = 0; i < oh_sim_json_length (content); i++)
    {
      JsonNode *node = json_array_get_element (content, i);

      if (JSON_NODE_HOLDS_OBJECT (node))
        tell_block (&telling, i, node);
    }
  tell_end (&telling, message);
  return telling.pieces;
}
