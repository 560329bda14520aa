/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

#include "oh-json-scan.h"

#include <glib/gi18n.h>
#include <string.h>

static void
append_headers (GString *out, const OhHeaders *headers)
{
  const guint n = headers != NULL ? oh_headers_get_length (headers) : 0;

  g_string_append (out, "\"headers\": [");
  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      g_string_append (out, i > 0 ? ", [" : "[");
      oh_json_quote (out, name, -1);
      g_string_append (out, ", ");
      oh_json_quote (out, value, -1);
      g_string_append_c (out, ']');
    }
  g_string_append_c (out, ']');
}

/* Text as text; bytes that are none as base64, because JSON knows only text. */
static void
append_body (GString *out, GBytes *body)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);

  if (g_utf8_validate_len (data != NULL ? data : "", length, NULL))
    {
      g_string_append (out, ", \"body\": ");
      oh_json_quote (out, data != NULL ? data : "", length);
    }
  else
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *) data, length);

      g_string_append_printf (out, ", \"body\": null, \"body_base64\": \"%s\"", base64);
    }
}

static void
append_block (GString *out, const OhBlock *block)
{
  if (block->json != NULL && *block->json == '{')
    {
      g_string_append (out, block->json);
      return;
    }
  /* The content was a string instead of blocks, or still streaming when the exchange was read or cut. */
  g_string_append (out, "{\"type\": ");
  oh_json_quote (out, block->type, -1);
  if (block->text != NULL)
    {
      g_string_append (out, g_str_equal (block->type, "thinking") ? ", \"thinking\": " : ", \"text\": ");
      oh_json_quote (out, block->text, -1);
    }
  if (block->id != NULL)
    {
      g_string_append (out, ", \"id\": ");
      oh_json_quote (out, block->id, -1);
    }
  if (block->name != NULL)
    {
      g_string_append (out, ", \"name\": ");
      oh_json_quote (out, block->name, -1);
    }
  if (block->input != NULL)
    {
      g_string_append (out, ", \"partial_input\": ");
      oh_json_quote (out, block->input, -1);
    }
  g_string_append_c (out, '}');
}

static void
append_message (GString *out, const OhMessage *message)
{
  g_string_append (out, "{\"role\": ");
  oh_json_quote (out, message->role, -1);
  g_string_append (out, ", \"content\": [");
  for (guint i = 0; i < message->blocks->len; i++)
    {
      g_string_append (out, i > 0 ? ", " : "");
      append_block (out, message->blocks->pdata[i]);
    }
  g_string_append (out, "]}");
}

/* The conversation: what was sent, then the answer. */
static void
append_messages (GString *out, const OhReading *reading)
{
  g_string_append (out, ", \"messages\": [");
  for (guint i = 0; i < reading->messages->len; i++)
    {
      g_string_append (out, i > 0 ? ", " : "");
      append_message (out, reading->messages->pdata[i]);
    }
  if (reading->answer != NULL)
    {
      g_string_append (out, reading->messages->len > 0 ? ", " : "");
      append_message (out, reading->answer);
    }
  g_string_append_c (out, ']');
}

static void
append_events (GString *out, const OhReading *reading)
{
  g_string_append (out, ", \"events\": [");
  for (guint i = 0; i < reading->events->len; i++)
    {
      const OhStreamEvent *event = reading->events->pdata[i];

      g_string_append (out, i > 0 ? ", {\"event\": " : "{\"event\": ");
      oh_json_quote (out, event->name, -1);
      g_string_append (out, ", \"data\": ");
      oh_json_quote (out, event->data, -1);
      if (event->at_ns >= 0)
        g_string_append_printf (out, ", \"at_ms\": %" G_GINT64_FORMAT ".%03d}", event->at_ns / OH_NS_PER_MS,
                                (int) (event->at_ns % OH_NS_PER_MS / OH_NS_PER_US));
      else
        g_string_append (out, ", \"at_ms\": null}");
    }
  g_string_append_c (out, ']');
}

/* What is wrong with what was said, in sentences: a stream without its end, a body that cannot be read. */
static void
append_problems (GString *out, const OhReading *reading)
{
  g_string_append (out, ", \"problems\": [");
  for (guint i = 0; i < reading->problems->len; i++)
    {
      g_string_append (out, i > 0 ? ", " : "");
      oh_json_quote (out, reading->problems->pdata[i], -1);
    }
  g_string_append_c (out, ']');
}

/* What was unusual on the wire, by name. */
static void
append_oddities (GString *out, const OhExchange *exchange)
{
  g_autoptr (GPtrArray) names = oh_oddities_get_names (exchange->oddities);

  g_string_append (out, ", \"oddities\": [");
  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (out, "%s\"%s\"", i > 0 ? ", " : "", (const char *) names->pdata[i]);
  g_string_append_c (out, ']');
}

static void
print_json (const OhCliView *view)
{
  g_autoptr (GString) out = g_string_new ("{");

  oh_cli_append_summary (out, view->exchange, view->reading->facts);
  g_string_append (out, ", \"request\": {");
  append_headers (out, view->exchange->request_headers);
  append_body (out, view->request_body);
  g_string_append (out, "}, \"response\": ");
  if (view->exchange->status == 0)
    g_string_append (out, "null");
  else
    {
      g_string_append_c (out, '{');
      append_headers (out, view->exchange->response_headers);
      append_body (out, view->response_body);
      g_string_append_c (out, '}');
    }
  append_messages (out, view->reading);
  append_events (out, view->reading);
  append_problems (out, view->reading);
  append_oddities (out, view->exchange);
  g_print ("%s}\n", out->str);
}

int
oh_cli_show (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("As one JSON object"), NULL },
    { NULL },
  };
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (OhCliView) view = NULL;
  g_autoptr (GError) error = NULL;
  const char *word = NULL;
  guint64 id = 0;
  int status;

  if (!oh_cli_parse (_ ("show [OPTION…] ID"), _ ("Shows one exchange in full. “overhear list” has the IDs."), entries, &argc,
                     &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc > 1)
    word = argv[1];
  /* Options may also follow the ID. */
  if (argc == 3 && g_str_equal (argv[2], "--json"))
    json = TRUE;
  else if (argc != 2)
    word = NULL;
  if (word == NULL || !g_ascii_string_to_unsigned (word, 10, 1, G_MAXINT64, &id, NULL))
    {
      oh_cli_complain (_ ("“show” needs the ID of one exchange, a number of “overhear list”."));
      return OH_CLI_USAGE;
    }
  if (oh_cli_has_store ())
    {
      reader = oh_cli_open_store ();
      if (reader == NULL)
        return OH_CLI_TROUBLE;
      view = oh_cli_view_new (reader, (gint64) id);
    }
  if (view == NULL)
    {
      g_printerr (_ ("overhear: There is no exchange %s. “overhear list” has the IDs.\n"), word);
      return OH_CLI_TROUBLE;
    }
  if (json)
    print_json (view);
  else
    oh_cli_print_view (view);
  if (oh_store_reader_is_sound (reader, &error))
    return 0;
  oh_cli_complain (error->message);
  return OH_CLI_TROUBLE;
}
