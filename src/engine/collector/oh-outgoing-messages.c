/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages and their parts in the form of the conventions, and what a program told in its own. */
#include "config.h"
#include "oh-outgoing-private.h"

#include "oh-json-write.h"

#include <string.h>

static void
write_raw (GString *out, const char *name, OhJson value)
{
  oh_json_write_name (out, name);
  g_string_append_len (out, value.text, (gssize) value.length);
}

/* What a tool is asked with: JSON as it is, any other text as a string. */
static void
write_input (GString *out, const char *name, const char *input)
{
  OhJson json;

  if (*input == '\0')
    {
      oh_json_write_open (out, name, '{');
      oh_json_write_close (out, '}');
    }
  else if (oh_json_parse (input, strlen (input), &json, NULL))
    write_raw (out, name, json);
  else
    oh_json_write_text (out, name, input);
}

static const char *
get_modality (const char *media_type)
{
  static const char *const modalities[] = { "image", "audio", "video" };

  for (guint i = 0; media_type != NULL && i < G_N_ELEMENTS (modalities); i++)
    if (g_str_has_prefix (media_type, modalities[i]))
      return modalities[i];
  return "document";
}

/* An image, a document. */
static void
write_file (GString *out, const OhBlock *block)
{
  if (block->data != NULL)
    {
      gsize length;
      const guchar *bytes = g_bytes_get_data (block->data, &length);
      g_autofree char *base64 = g_base64_encode (bytes, length);

      oh_json_write_text (out, "type", "blob");
      oh_json_write_text (out, "modality", get_modality (block->media_type));
      if (block->media_type != NULL)
        oh_json_write_text (out, "mime_type", block->media_type);
      oh_json_write_text (out, "content", base64);
      return;
    }
  oh_json_write_text (out, "type", strstr (block->source, "://") != NULL ? "uri" : "file");
  oh_json_write_text (out, "modality", get_modality (block->media_type != NULL ? block->media_type : block->type));
  oh_json_write_text (out, strstr (block->source, "://") != NULL ? "uri" : "file_id", block->source);
}

/* A call of a tool, of the program's or of the server's. */
static void
write_tool_call (GString *out, const OhBlock *block)
{
  const gboolean own = strcmp (block->type, "tool_use") == 0;

  oh_json_write_text (out, "type", own ? "tool_call" : "server_tool_call");
  if (block->id != NULL)
    oh_json_write_text (out, "id", block->id);
  oh_json_write_text (out, "name", block->name != NULL ? block->name : "");
  if (!own)
    {
      oh_json_write_open (out, "server_tool_call", '{');
      oh_json_write_text (out, "type", block->type);
    }
  write_input (out, "arguments", block->input);
  if (!own)
    oh_json_write_close (out, '}');
}

static void
write_result (GString *out, const OhBlock *block, gboolean thinking)
{
  const gboolean own = strcmp (block->type, "tool_result") == 0;
  OhJson json;

  oh_json_write_text (out, "type", own ? "tool_call_response" : "server_tool_call_response");
  if (block->id != NULL)
    oh_json_write_text (out, "id", block->id);
  if (!own && block->json != NULL && oh_json_parse (block->json, strlen (block->json), &json, NULL))
    write_raw (out, "server_tool_call_response", json);
  else if (block->children != NULL && block->text == NULL)
    oh_outgoing_write_parts (out, "response", block->children, thinking);
  else
    oh_json_write_text (out, "response", block->text != NULL ? block->text : "");
}

static void
write_part (GString *out, const OhBlock *block, gboolean thinking)
{
  const gboolean thought = strstr (block->type, "thinking") != NULL;
  OhJson json;

  if (thought && (!thinking || block->text == NULL || *block->text == '\0'))
    return;
  if (!thought && strcmp (block->type, "text") != 0 && block->input == NULL && block->data == NULL && block->source == NULL &&
      !g_str_has_suffix (block->type, "tool_result") && block->json != NULL &&
      oh_json_parse (block->json, strlen (block->json), &json, NULL) && oh_json_get_kind (json) == OH_JSON_OBJECT)
    {
      write_raw (out, NULL, json);
      return;
    }
  oh_json_write_open (out, NULL, '{');
  if (block->input != NULL)
    write_tool_call (out, block);
  else if (g_str_has_suffix (block->type, "tool_result"))
    write_result (out, block, thinking);
  else if (block->data != NULL || block->source != NULL)
    write_file (out, block);
  else
    {
      oh_json_write_text (out, "type", thought ? "reasoning" : block->type);
      oh_json_write_text (out, "content", block->text != NULL ? block->text : "");
    }
  oh_json_write_close (out, '}');
}

void
oh_outgoing_write_parts (GString *out, const char *name, GPtrArray *blocks, gboolean thinking)
{
  oh_json_write_open (out, name, '[');
  for (guint i = 0; i < blocks->len; i++)
    write_part (out, blocks->pdata[i], thinking);
  oh_json_write_close (out, ']');
}

/* One that brings nothing but results of tools is the tools'. */
static const char *
get_role (const OhMessage *message)
{
  for (guint i = 0; i < message->blocks->len; i++)
    if (strcmp (((OhBlock *) message->blocks->pdata[i])->type, "tool_result") != 0)
      return message->role;
  return message->blocks->len > 0 ? "tool" : message->role;
}

static void
write_message (GString *out, const OhMessage *message, const char *finish_reason, gboolean thinking)
{
  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "role", get_role (message));
  oh_outgoing_write_parts (out, "parts", message->blocks, thinking);
  if (finish_reason != NULL)
    oh_json_write_text (out, "finish_reason", finish_reason);
  oh_json_write_close (out, '}');
}

void
oh_outgoing_write_messages (GString *out, GPtrArray *messages, gboolean thinking)
{
  oh_json_write_open (out, NULL, '[');
  for (guint i = 0; i < messages->len; i++)
    write_message (out, messages->pdata[i], NULL, thinking);
  oh_json_write_close (out, ']');
}

void
oh_outgoing_write_answer (GString *out, const OhMessage *answer, const char *finish_reason, gboolean thinking)
{
  oh_json_write_open (out, NULL, '[');
  write_message (out, answer, finish_reason, thinking);
  oh_json_write_close (out, ']');
}

/* --- what a program told --- */

/* Whether a value may hold what was thought: each instrumentation has its own names, so that this rather says so too often.
 * Numbers are counts. */
static gboolean
is_thought (const char *name, OhJson value)
{
  static const char *const words[] = { "thinking", "reasoning" };

  if (oh_json_get_kind (value) == OH_JSON_NUMBER || oh_json_get_kind (value) == OH_JSON_BOOLEAN)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *quoted = g_strconcat ("\"", words[i], NULL);

      if (strstr (name, words[i]) != NULL || g_strstr_len (value.text, (gssize) value.length, quoted) != NULL)
        return TRUE;
    }
  return FALSE;
}

static void
write_attributes (GString *out, OhJson attributes, gboolean thinking)
{
  OhJsonIter iter;
  OhJson key, value;

  oh_json_write_open (out, "attributes", '{');
  oh_json_iter_init (&iter, attributes);
  while (oh_json_get_kind (attributes) == OH_JSON_OBJECT && oh_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = oh_json_dup_string (key);

      if (name != NULL && (thinking || !is_thought (name, value)))
        write_raw (out, name, value);
    }
  oh_json_write_close (out, '}');
}

static void
write_events (GString *out, OhJson events, gboolean thinking)
{
  OhJsonIter iter;
  OhJson event;

  oh_json_write_open (out, "events", '[');
  oh_json_iter_init (&iter, events);
  while (oh_json_get_kind (events) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &event))
    {
      g_autofree char *name = oh_json_dup_string (oh_json_get (event, "name"));

      oh_json_write_open (out, NULL, '{');
      oh_json_write_int (out, "timeUnixNano", oh_json_get_int (oh_json_get (event, "timeUnixNano"), 0));
      oh_json_write_text (out, "name", name != NULL ? name : "");
      write_attributes (out, oh_json_get (event, "attributes"), thinking);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

void
oh_outgoing_write_told (GString *out, OhJson told, const char *parent, const OhOutgoing *how)
{
  static const char *const same[] = { "scope", "traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano",
                                      "links", "status" };
  OhJson resource = oh_json_get (told, "resource"), key, value;
  g_autofree char *own_parent = oh_json_dup_string (oh_json_get (told, "parentSpanId"));
  OhJsonIter iter;

  oh_json_write_open (out, NULL, '{');
  oh_json_write_open (out, "resource", '{');
  if (how->store != NULL)
    oh_json_write_text (out, "overhear.store", how->store);
  oh_json_iter_init (&iter, resource);
  while (oh_json_get_kind (resource) == OH_JSON_OBJECT && oh_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = oh_json_dup_string (key);

      if (g_strcmp0 (name, "overhear.store") != 0)
        write_raw (out, name, value);
    }
  oh_json_write_close (out, '}');
  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    if (oh_json_get (told, same[i]).text != NULL)
      write_raw (out, same[i], oh_json_get (told, same[i]));
  if (parent != NULL || own_parent != NULL)
    oh_json_write_text (out, "parentSpanId", parent != NULL ? parent : own_parent);
  write_attributes (out, oh_json_get (told, "attributes"), how->thinking);
  write_events (out, oh_json_get (told, "events"), how->thinking);
  oh_json_write_close (out, '}');
}
