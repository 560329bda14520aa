/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-told-event-private.h"

#include "oh-provider.h"

#include <string.h>

#define TITLE_LENGTH 200

static char *
get_text (OhJson value, const char *name)
{
  return oh_json_dup_string (oh_json_get (value, name));
}

/* --- for lists --- */

/* Claude Code's are of its spans' traces (oh-emitter-claude-code.c), and some of a tool. */
static void
read_log (OhJson data, OhFacts *facts)
{
  g_autofree char *message = get_text (data, "message"), *logger = get_text (data, "logger_name");

  if (logger != NULL && g_str_has_prefix (logger, "com.anthropic.claude_code."))
    {
      facts->scattered = TRUE;
      oh_facts_take (&facts->message_id, get_text (oh_json_get (data, "extra"), "tool_use_id"));
    }
  oh_facts_take (&facts->title, oh_excerpt (message != NULL ? message : "", TITLE_LENGTH));
}

static void
read_exception (OhJson data, OhFacts *facts)
{
  g_autofree char *value = get_text (data, "exc_value");
  g_autofree char *text = NULL;

  oh_facts_take (&facts->error_type, get_text (data, "exc_type"));
  text = g_strdup_printf ("%s: %s", facts->error_type != NULL ? facts->error_type : "", value != NULL ? value : "");
  oh_facts_take (&facts->title, oh_excerpt (text, TITLE_LENGTH));
  oh_facts_take (&facts->error_message, g_steal_pointer (&value));
}

static void
read_incoming (OhJson event, OhFacts *facts)
{
  OhJson meta = oh_json_get (event, "meta");

  oh_facts_take (&facts->error_type, get_text (meta, "exc_type"));
  oh_facts_take (&facts->error_message, get_text (meta, "exc_value"));
}

gboolean
oh_told_event_read (OhJson event, OhFacts *facts)
{
  static const char *const kinds[] = { "log", "exception", "incoming", "test" };
  OhJson kind = oh_json_get (event, "kind"), data = oh_json_get (event, "data");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (kinds) && !oh_json_is (kind, kinds[i]); i++)
    ;
  if (i == G_N_ELEMENTS (kinds))
    return FALSE;
  oh_facts_take (&facts->operation, g_strdup (kinds[i]));
  oh_facts_take (&facts->session, get_text (event, "session"));
  if (i == 0)
    read_log (data, facts);
  else if (i == 1)
    read_exception (data, facts);
  else if (i == 2)
    read_incoming (event, facts);
  return TRUE;
}

/* --- for people --- */

/* As it is, whatever is in it: between more backticks than it has in a row. */
static void
add_code (GString *out, const char *language, const char *text)
{
  guint run = 0, most = 2;
  g_autofree char *fence = NULL;

  for (const char *at = text; *at != '\0'; at++)
    {
      run = *at == '`' ? run + 1 : 0;
      most = MAX (most, run);
    }
  fence = g_strnfill (most + 1, '`');
  g_string_append_printf (out, "%s%s\n%s%s%s\n\n", fence, language, text, g_str_has_suffix (text, "\n") ? "" : "\n", fence);
}

static void
add_code_of (GString *out, const char *language, OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);
  g_autofree char *json = text == NULL && oh_json_get_kind (value) == OH_JSON_OBJECT ? oh_json_dup (value) : NULL;

  if (text != NULL && *text != '\0')
    add_code (out, language, text);
  else if (json != NULL)
    add_code (out, "json", json);
}

/* "path:12 main"; the first part is kept in @places, in front of those behind it. */
static void
add_place (GString *out, GPtrArray *places, OhJson data, const char *path_name, const char *function_name)
{
  g_autofree char *path = get_text (data, path_name);
  g_autofree char *function = get_text (data, function_name);
  g_autoptr (GString) place = g_string_new (path);

  if (path == NULL)
    return;
  g_string_append_printf (place, ":%" G_GINT64_FORMAT, oh_json_get_int (oh_json_get (data, "lineno"), 0));
  g_ptr_array_insert (places, 0, g_strdup (place->str));
  if (function != NULL)
    g_string_append_printf (place, " %s", function);
  add_code (out, "", place->str);
}

static void
add_lines (GString *code, OhJson lines, gint64 first, const char *mark)
{
  OhJsonIter iter;
  OhJson line;

  oh_json_iter_init (&iter, lines);
  while (oh_json_get_kind (lines) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &line))
    {
      g_autofree char *text = oh_json_dup_string (line);

      g_string_append_printf (code, "%s %5" G_GINT64_FORMAT "  %s\n", mark, first++, text != NULL ? text : "");
    }
}

static guint
count (OhJson lines)
{
  guint n = 0;
  OhJsonIter iter;
  OhJson line;

  oh_json_iter_init (&iter, lines);
  while (oh_json_get_kind (lines) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &line))
    n++;
  return n;
}

/* One of a traceback: where it is, and the lines around it. */
static void
add_frame (GString *out, GPtrArray *places, OhJson frame)
{
  const gint64 at = oh_json_get_int (oh_json_get (frame, "lineno"), 0);
  g_autofree char *line = get_text (frame, "context_line");
  g_autoptr (GString) code = g_string_new (NULL);

  add_place (out, places, frame, "filename", "function");
  add_lines (code, oh_json_get (frame, "pre_context"), at - count (oh_json_get (frame, "pre_context")), " ");
  if (line != NULL)
    g_string_append_printf (code, "> %5" G_GINT64_FORMAT "  %s\n", at, line);
  add_lines (code, oh_json_get (frame, "post_context"), at + 1, " ");
  if (code->len > 0)
    add_code (out, "python", code->str);
}

static void
describe_exception (GString *out, GPtrArray *places, OhJson data)
{
  OhJson frames = oh_json_get (data, "frames"), frame;
  g_autofree char *type = get_text (data, "exc_type");
  g_autofree char *value = get_text (data, "exc_value");
  g_autofree char *head = g_strdup_printf ("%s: %s", type != NULL ? type : "", value != NULL ? value : "");
  OhJsonIter iter;

  add_code (out, "", head);
  oh_json_iter_init (&iter, frames);
  while (oh_json_get_kind (frames) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &frame))
    add_frame (out, places, frame);
  if (count (frames) == 0)
    add_code_of (out, "", oh_json_get (data, "traceback_text"));
}

static void
describe_log (GString *out, GPtrArray *places, OhJson data)
{
  add_code_of (out, "", oh_json_get (data, "message"));
  add_place (out, places, data, "pathname", "func_name");
  add_code_of (out, "", oh_json_get (data, "exc_text"));
  add_code_of (out, "json", oh_json_get (data, "extra"));
}

/* @text, @places: (transfer full) */
static void
add_message (GPtrArray *messages, const char *role, GString *text, GPtrArray *places)
{
  OhMessage *message = oh_message_new (role);
  OhBlock *block = oh_block_new ("text");

  block->complete = TRUE;
  block->text = g_string_free (text, FALSE);
  g_ptr_array_add (places, NULL);
  block->places = (char **) g_ptr_array_free (places, FALSE);
  g_ptr_array_add (message->blocks, block);
  g_ptr_array_add (messages, message);
}

void
oh_told_event_describe (OhJson event, GPtrArray *messages)
{
  OhJson kind = oh_json_get (event, "kind"), data = oh_json_get (event, "data");
  GString *out = g_string_new (NULL);
  GPtrArray *places = g_ptr_array_new ();

  if (oh_json_is (kind, "log"))
    {
      g_autofree char *level = get_text (data, "level");

      describe_log (out, places, data);
      add_message (messages, level != NULL ? level : "log", out, places);
    }
  else if (oh_json_is (kind, "exception"))
    {
      describe_exception (out, places, data);
      add_message (messages, "exception", out, places);
    }
  else if (oh_json_is (kind, "incoming"))
    {
      GString *answer = g_string_new (NULL);

      add_code_of (out, "", oh_json_get_path (event, "request", "body", NULL));
      add_code_of (answer, "", oh_json_get_path (event, "response", "body", NULL));
      add_message (messages, "request", out, places);
      add_message (messages, "response", answer, g_ptr_array_new ());
    }
  else
    {
      add_code_of (out, "json", data);
      add_message (messages, "test", out, places);
    }
}
