/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli.h"

#include "oh-json-scan.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

static void
add_headers (GString *out, const OhHeaders *headers)
{
  const guint n = headers != NULL ? oh_headers_get_length (headers) : 0;

  oh_json_write_open (out, "headers", '[');
  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      oh_json_write_open (out, NULL, '[');
      oh_json_quote (out, name, -1);
      g_string_append (out, ", ");
      oh_json_quote (out, value, -1);
      oh_json_write_close (out, ']');
    }
  oh_json_write_close (out, ']');
}

/* Text as text; bytes that are none as base64, because JSON knows only text. */
static void
add_body (GString *out, GBytes *body)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);

  if (g_utf8_validate_len (data != NULL ? data : "", length, NULL))
    {
      oh_json_write_name (out, "body");
      oh_json_quote (out, data != NULL ? data : "", length);
    }
  else
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *) data, length);

      oh_json_write_text (out, "body", NULL);
      oh_json_write_text (out, "body_base64", base64);
    }
}

/* The conversation: what was sent, then the answer. */
static void
add_messages (GString *out, const OhReading *reading)
{
  oh_json_write_open (out, "messages", '[');
  for (guint i = 0; i < reading->messages->len; i++)
    oh_assembled_add_message (out, reading->messages->pdata[i]);
  if (reading->answer != NULL)
    oh_assembled_add_message (out, reading->answer);
  oh_json_write_close (out, ']');
}

static void
add_events (GString *out, const OhReading *reading)
{
  oh_json_write_open (out, "events", '[');
  for (guint i = 0; i < reading->events->len; i++)
    {
      const OhStreamEvent *event = reading->events->pdata[i];

      oh_json_write_open (out, NULL, '{');
      oh_json_write_text (out, "event", event->name);
      oh_json_write_text (out, "data", event->data);
      oh_json_write_ms (out, "at_ms", event->at_ns);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

/* @texts: (element-type utf8) */
static void
add_texts (GString *out, const char *name, GPtrArray *texts)
{
  oh_json_write_open (out, name, '[');
  for (guint i = 0; i < texts->len; i++)
    {
      g_string_append (out, i > 0 ? ", " : "");
      oh_json_quote (out, texts->pdata[i], -1);
    }
  oh_json_write_close (out, ']');
}

/* What instruments told of the same call. */
static void
add_accounts (GString *out, const OhCliView *view)
{
  oh_json_write_open (out, "accounts", '[');
  for (guint i = 0; i < view->accounts->len; i++)
    {
      const OhExchange *account = view->accounts->pdata[i];
      const OhFacts *facts = account != NULL ? account->facts : NULL;

      if (facts == NULL)
        continue;
      oh_json_write_open (out, NULL, '{');
      oh_json_write_int (out, "id", account->id);
      oh_json_write_text (out, "service", account->host);
      oh_json_write_text (out, "name", account->target + 1);
      oh_json_write_text (out, "model", facts->model);
      oh_json_write_known (out, "input_tokens", oh_facts_get_prompt (facts), oh_facts_get_prompt (facts) >= 0);
      oh_json_write_known (out, "output_tokens", facts->usage.output, facts->usage.output >= 0);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

void
oh_cli_json_view (GString *out, const OhCliView *view)
{
  g_autoptr (GPtrArray) oddities = oh_oddities_get_names (view->exchange->oddities);
  const OhHeaders *headers = view->exchange->request_headers;
  const char *resent = headers != NULL ? oh_headers_get_one (headers, "overhear-resend") : NULL;
  gint64 resend_of = 0;

  if (resent != NULL && !oh_cli_parse_id (resent, &resend_of))
    resend_of = 0;
  oh_json_write_open (out, NULL, '{');
  oh_cli_json_exchange_members (out, view->exchange, view->reading->facts);
  oh_json_write_known (out, "resend_of", resend_of, resend_of != 0);
  add_accounts (out, view);
  oh_json_write_open (out, "request", '{');
  add_headers (out, view->exchange->request_headers);
  add_body (out, view->request_body);
  oh_json_write_close (out, '}');
  /* What was no answer may have a body all the same. */
  if (view->exchange->status == 0 && g_bytes_get_size (view->response_body) == 0)
    oh_json_write_text (out, "response", NULL);
  else
    {
      oh_json_write_open (out, "response", '{');
      add_headers (out, view->exchange->response_headers);
      add_body (out, view->response_body);
      oh_json_write_close (out, '}');
    }
  add_messages (out, view->reading);
  add_events (out, view->reading);
  /* What is wrong with what was said, in sentences: a stream without its end, a body that cannot be read. */
  add_texts (out, "problems", view->reading->problems);
  /* What was unusual on the wire, by name. */
  add_texts (out, "oddities", oddities);
  oh_json_write_close (out, '}');
}

/* For other programs: exact, whatever it is. */
static void
print_answer (const OhCliView *view)
{
  g_autofree char *assembled = oh_assembled_dup_answer (view->reading);

  if (assembled != NULL)
    puts (assembled);
  else
    fwrite (g_bytes_get_data (view->response_body, NULL), 1, g_bytes_get_size (view->response_body), stdout);
}

int
oh_cli_show (int argc, char **argv)
{
  gboolean json = FALSE, answer = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("As one JSON object"), NULL },
    { "answer", 0, 0, G_OPTION_ARG_NONE, &answer, N_ ("Only the answer’s body; a stream put together, as JSON"), NULL },
    { NULL },
  };
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (OhCliView) view = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) out = NULL;
  gint64 id = 0;
  int status;

  if (!oh_cli_parse_mixed (_ ("show [OPTION…] ID"), _ ("Shows one exchange in full. “overhear list” has the IDs."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc != 2 || !oh_cli_parse_id (argv[1], &id))
    {
      oh_cli_complain (_ ("“show” needs the ID of one exchange, a number of “overhear list”."));
      return OH_CLI_USAGE;
    }
  if (oh_cli_has_store ())
    {
      reader = oh_cli_open_store ();
      if (reader == NULL)
        return OH_CLI_TROUBLE;
      view = oh_cli_view_new (reader, id);
    }
  if (view == NULL)
    {
      g_printerr (_ ("overhear: There is no exchange %s. “overhear list” has the IDs.\n"), argv[1]);
      return OH_CLI_TROUBLE;
    }
  if (json && answer)
    {
      oh_cli_complain (_ ("--json and --answer exclude each other: the answer is a part of what --json prints."));
      return OH_CLI_USAGE;
    }
  if (answer)
    print_answer (view);
  else if (json)
    {
      out = g_string_new (NULL);
      oh_cli_json_view (out, view);
      oh_cli_json_print (out);
    }
  else
    oh_cli_print_view (view);
  if (oh_store_reader_is_sound (reader, &error))
    return 0;
  oh_cli_complain (error->message);
  return OH_CLI_TROUBLE;
}
