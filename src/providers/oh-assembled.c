/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-assembled.h"

#include "oh-json-scan.h"
#include "oh-json-write.h"

#include <string.h>

/* As it was sent, but on one line: outside of strings a line break is white space, inside of them it cannot stand. */
static void
add_verbatim (GString *out, const char *json, gsize length)
{
  const gsize from = out->len;

  g_string_append_len (out, json, (gssize) length);
  for (gsize i = from; i < out->len; i++)
    if (out->str[i] == '\n' || out->str[i] == '\r')
      out->str[i] = ' ';
}

static void
add_block (GString *out, const OhBlock *block)
{
  oh_json_write_open (out, NULL, '{');
  if (block->json != NULL && *block->json == '{')
    {
      g_string_truncate (out, out->len - 1);
      add_verbatim (out, block->json, strlen (block->json));
      return;
    }
  /* The content was a string instead of blocks, or still streaming when the exchange was read or cut. */
  oh_json_write_text (out, "type", block->type);
  if (block->text != NULL)
    oh_json_write_text (out, g_str_equal (block->type, "thinking") ? "thinking" : "text", block->text);
  if (block->id != NULL)
    oh_json_write_text (out, "id", block->id);
  if (block->name != NULL)
    oh_json_write_text (out, "name", block->name);
  if (block->input != NULL)
    oh_json_write_text (out, "partial_input", block->input);
  oh_json_write_close (out, '}');
}

static void
add_content (GString *out, const OhMessage *message)
{
  oh_json_write_open (out, "content", '[');
  for (guint i = 0; i < message->blocks->len; i++)
    add_block (out, message->blocks->pdata[i]);
  oh_json_write_close (out, ']');
}

void
oh_assembled_add_message (GString *out, const OhMessage *message)
{
  g_return_if_fail (out != NULL && message != NULL);

  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "role", message->role);
  add_content (out, message);
  oh_json_write_close (out, '}');
}

/* What was said last of each member, in the order in which they were first said. */
typedef struct
{
  GPtrArray *names;  /* (element-type utf8) */
  GPtrArray *values; /* (element-type utf8) JSON */
} Members;

static void
take (Members *members, OhJson object)
{
  OhJson key, value;
  OhJsonIter iter;

  oh_json_iter_init (&iter, object);
  while (oh_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = oh_json_dup_string (key);
      guint at;

      if (key.length == 0 || name == NULL)
        continue;
      /* A null of a delta only says that it has nothing to say, as the SDKs take it. */
      if (g_ptr_array_find_with_equal_func (members->names, name, g_str_equal, NULL) && oh_json_get_kind (value) == OH_JSON_NULL)
        continue;
      if (!g_ptr_array_find_with_equal_func (members->names, name, g_str_equal, &at))
        {
          at = members->names->len;
          g_ptr_array_add (members->names, g_steal_pointer (&name));
          g_ptr_array_add (members->values, NULL);
        }
      g_free (members->values->pdata[at]);
      members->values->pdata[at] = oh_json_dup (value);
    }
}

static void
clear (Members *members)
{
  g_ptr_array_unref (members->names);
  g_ptr_array_unref (members->values);
}

static Members
start (void)
{
  return (Members) { g_ptr_array_new_with_free_func (g_free), g_ptr_array_new_with_free_func (g_free) };
}

/* @usage: stands instead of “usage”; (nullable). @answer: its content instead of “content”; (nullable) */
static void
add_members (GString *out, const Members *members, const Members *usage, const OhMessage *answer)
{
  for (guint i = 0; i < members->names->len; i++)
    {
      const char *name = members->names->pdata[i];
      const char *value = members->values->pdata[i];

      if (usage != NULL && g_str_equal (name, "usage"))
        {
          oh_json_write_open (out, name, '{');
          add_members (out, usage, NULL, NULL);
          oh_json_write_close (out, '}');
        }
      else if (answer != NULL && g_str_equal (name, "content"))
        add_content (out, answer);
      else
        {
          oh_json_write_name (out, name);
          add_verbatim (out, value, strlen (value));
        }
    }
}

/* What stands around the content of a message of the Messages API: its start, and what the deltas changed of that.
 * Returns: whether there is any. */
static gboolean
gather (const OhReading *reading, Members *members, Members *usage)
{
  gboolean begun = FALSE;

  for (guint i = 0; i < reading->events->len; i++)
    {
      const OhStreamEvent *event = reading->events->pdata[i];
      OhJson json, message;

      /* Most are neither, and need no second reading. */
      if (!g_str_equal (event->name, "message_start") && !g_str_equal (event->name, "message_delta"))
        continue;
      if (!oh_json_parse (event->data, strlen (event->data), &json, NULL))
        continue;
      message = oh_json_get (json, "message");
      if (!begun && message.length > 0)
        {
          begun = TRUE;
          take (members, message);
          take (usage, oh_json_get (message, "usage"));
        }
      else if (begun && message.length == 0)
        {
          take (members, oh_json_get (json, "delta"));
          take (usage, oh_json_get (json, "usage"));
        }
    }
  return begun;
}

char *
oh_assembled_dup_answer (const OhReading *reading)
{
  Members members, usage;
  GString *out;

  g_return_val_if_fail (reading != NULL, NULL);

  if (reading->events->len == 0 || reading->answer == NULL)
    return NULL;
  members = start ();
  usage = start ();
  out = g_string_new (NULL);
  oh_json_write_open (out, NULL, '{');
  if (gather (reading, &members, &usage))
    add_members (out, &members, &usage, reading->answer);
  else
    {
      oh_json_write_text (out, "model", reading->facts->model);
      oh_json_write_text (out, "role", reading->answer->role);
      add_content (out, reading->answer);
      oh_json_write_text (out, "stop_reason", reading->facts->stop_reason);
    }
  oh_json_write_close (out, '}');
  clear (&members);
  clear (&usage);
  return g_string_free (out, FALSE);
}
