/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation as a text to read: one heading a message. What is no conversation is its request and its answer. */
#include "config.h"
#include "oh-export-private.h"

#include "oh-clock.h"
#include "oh-feed.h"
#include "oh-json-pretty.h"
#include "oh-saying.h"

#include <glib/gi18n.h>
#include <string.h>

/* A fence longer than any run of backticks in the text. */
static void
append_fenced (GString *out, const char *language, const char *text)
{
  guint longest = 2, ticks = 0;
  g_autofree char *fence = NULL;

  for (const char *at = text; *at != '\0'; at++)
    {
      ticks = *at == '`' ? ticks + 1 : 0;
      longest = MAX (longest, ticks);
    }
  fence = g_strnfill (longest + 1, '`');
  g_string_append_printf (out, "%s%s\n%s%s%s\n\n", fence, language, text, g_str_has_suffix (text, "\n") ? "" : "\n", fence);
}

static void
append_json (GString *out, const char *json)
{
  g_autofree char *pretty = oh_json_pretty (json, -1);

  append_fenced (out, "json", pretty);
}

static void
append_quoted (GString *out, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    g_string_append_printf (out, **line != '\0' ? "> %s\n" : ">\n", *line);
  g_string_append_c (out, '\n');
}

static void
append_block (GString *out, const OhBlock *block)
{
  if (g_str_equal (block->type, "text") && block->text != NULL)
    g_string_append_printf (out, "%s\n\n", block->text);
  else if (g_str_equal (block->type, "thinking"))
    append_quoted (out, block->text != NULL && *block->text != '\0' ? block->text : _ ("Thinking that was not shown"));
  else if (block->input != NULL)
    {
      g_string_append_printf (out, _ ("**Tool call** `%s`"), block->name != NULL ? block->name : block->type);
      g_string_append (out, "\n\n");
      append_json (out, block->input);
    }
  else if (g_str_has_suffix (block->type, "tool_result"))
    {
      g_string_append (out, block->is_error ? _ ("**Tool failed**") : _ ("**Tool result**"));
      g_string_append (out, "\n\n");
      if (block->text != NULL)
        append_fenced (out, "", block->text);
    }
  else if (block->data != NULL || block->source != NULL)
    {
      g_string_append_printf (out, "*[%s: %s]*\n\n", block->type,
                              block->source != NULL ? block->source
                              : block->media_type != NULL ? block->media_type : "?");
    }
  else if (block->json != NULL)
    append_json (out, block->json);
  for (guint i = 0; block->children != NULL && i < block->children->len; i++)
    append_block (out, block->children->pdata[i]);
}

static void
append_message (GString *out, const OhMessage *message)
{
  if (g_strcmp0 (message->role, "assistant") == 0)
    g_string_append_printf (out, "## %s\n\n", _ ("Assistant"));
  else if (g_strcmp0 (message->role, "user") == 0)
    g_string_append_printf (out, "## %s\n\n", _ ("User"));
  else
    g_string_append_printf (out, "## %s\n\n", message->role != NULL ? message->role : "?");
  for (guint i = 0; i < message->blocks->len; i++)
    append_block (out, message->blocks->pdata[i]);
}

static void
append_body (GString *out, const char *title, GBytes *body)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);

  if (length == 0)
    return;
  g_string_append_printf (out, "## %s\n\n", title);
  if (g_utf8_validate_len (data, length, NULL))
    {
      g_autofree char *text = g_strndup (data, length);

      append_fenced (out, "", text);
    }
  else
    {
      g_autofree char *size = g_format_size (length);

      g_string_append_printf (out, "*[%s]*\n\n", size);
    }
}

static void
append_head (GString *out, const OhExchange *exchange, const OhFacts *facts)
{
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_local (exchange->started_ns / OH_NS_PER_S);
  g_autofree char *date = g_date_time_format (when, "%Y-%m-%d %H:%M:%S");
  g_autofree char *url = oh_exchange_get_url (exchange);
  g_autofree char *said = oh_saying_tell (exchange->error);

  g_string_append_printf (out, "# %s\n\n", facts->title != NULL ? facts->title : url);
  g_string_append_printf (out, "%s · %s %s", date, exchange->method != NULL ? exchange->method : "CONNECT", url);
  if (facts->model != NULL)
    g_string_append_printf (out, " · %s", facts->model);
  if (exchange->status != 0)
    g_string_append_printf (out, " · %u", exchange->status);
  g_string_append (out, "\n\n");
  if (said != NULL)
    append_quoted (out, said);
}

static void
add (FILE *file, OhStoreReader *reader, const OhTransfer *transfer, gboolean first)
{
  const OhExchange *exchange = transfer->exchange;
  g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (GString) out = g_string_new (first ? "" : "---\n\n");
  GBytes *request = transfer->bodies[OH_SIDE_REQUEST];
  GBytes *response = transfer->bodies[OH_SIDE_RESPONSE];

  if (request != NULL)
    oh_feed_bytes (interpreter, OH_SIDE_REQUEST, request, 0, NULL);
  oh_feed_records (reader, interpreter, exchange);
  oh_interpreter_end_request (interpreter);
  if (exchange->status != 0)
    oh_interpreter_set_response (interpreter, exchange);
  if (response != NULL)
    oh_feed_bytes (interpreter, OH_SIDE_RESPONSE, response, 0, NULL);
  if (exchange->outcome != OH_OUTCOME_PENDING)
    oh_interpreter_end (interpreter, exchange->outcome);
  reading = oh_interpreter_get_reading (interpreter);

  append_head (out, exchange, reading->facts);
  if (reading->system->len > 0)
    {
      g_string_append_printf (out, "## %s\n\n", _ ("System"));
      for (guint i = 0; i < reading->system->len; i++)
        append_block (out, reading->system->pdata[i]);
    }
  for (guint i = 0; i < reading->messages->len; i++)
    append_message (out, reading->messages->pdata[i]);
  if (reading->answer != NULL)
    append_message (out, reading->answer);
  if (reading->facts->error_message != NULL)
    append_quoted (out, reading->facts->error_message);
  if (reading->messages->len == 0 && reading->answer == NULL)
    {
      g_autoptr (GBytes) sent = oh_interpreter_get_request_body (interpreter, NULL);
      g_autoptr (GBytes) received = oh_interpreter_get_response_body (interpreter, NULL);

      append_body (out, _ ("Request"), sent);
      append_body (out, _ ("Response"), received);
    }
  fwrite (out->str, 1, out->len, file);
}

const OhExporter oh_exporter_markdown = {
  .name = "markdown",
  .suffix = ".md",
  .title = N_ ("Markdown, conversations (.md)"),
  .ends = TRUE,
  .add = add,
};

char *
oh_export_answer_to_markdown (const OhMessage *answer)
{
  GString *out = g_string_new (NULL);

  g_return_val_if_fail (answer != NULL, NULL);

  for (guint i = 0; i < answer->blocks->len; i++)
    append_block (out, answer->blocks->pdata[i]);
  if (g_str_has_suffix (out->str, "\n\n"))
    g_string_truncate (out, out->len - 1);
  return g_string_free (out, FALSE);
}
