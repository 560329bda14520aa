/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The corpus: one file a span, what a real instrumentation told (“span”, and “records” of its log), and what is to be read of it (“expect”). */
#include "oh-interpreter.h"
#include "oh-json-scan.h"

#include <string.h>

static const char *folder;

static OhReading *
read_span (OhJson span, OhJson records)
{
  OhJsonIter iter;
  OhJson record;
  g_autoptr (OhExchange) exchange = oh_exchange_new ();
  g_autoptr (OhInterpreter) interpreter = NULL;

  exchange->route = OH_ROUTE_TOLD;
  exchange->method = g_strdup ("SPAN");
  exchange->host = g_strdup ("api.openai.com");
  exchange->target = g_strdup ("/v1/chat/completions");
  exchange->request_headers = oh_headers_new ();
  interpreter = oh_interpreter_new (exchange);
  oh_interpreter_feed_request (interpreter, span.text, span.length);
  oh_json_iter_init (&iter, records);
  while (oh_json_get_kind (records) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &record))
    {
      g_autoptr (GBytes) bytes = g_bytes_new (record.text, record.length);

      oh_interpreter_add_record (interpreter, bytes);
    }
  oh_interpreter_end_request (interpreter);
  oh_interpreter_end (interpreter, OH_OUTCOME_FINISHED);
  return oh_interpreter_get_reading (interpreter);
}

/* "role: type text, type text" a message. */
static void
print_message (GString *out, const OhMessage *message)
{
  g_string_append_printf (out, "%s%s:", out->len > 0 ? " | " : "", message->role);
  for (guint i = 0; i < message->blocks->len; i++)
    {
      const OhBlock *block = message->blocks->pdata[i];
      const char *words[] = { block->type, block->id, block->name, block->input, block->text, block->media_type };

      g_string_append (out, i > 0 ? "," : "");
      for (guint j = 0; j < G_N_ELEMENTS (words); j++)
        if (words[j] != NULL)
          g_string_append_printf (out, " %s", words[j]);
    }
}

static char *
get_value (const OhReading *reading, const char *name)
{
  const OhFacts *facts = reading->facts;
  const struct
  {
    const char *name;
    const char *text;
  } texts[] = { { "provider", facts->provider },       { "operation", facts->operation },
                { "model", facts->model },             { "requested_model", facts->requested_model },
                { "message_id", facts->message_id },   { "stop_reason", facts->stop_reason },
                { "session", facts->session },         { "user", facts->user },
                { "title", facts->title },             { "request_id", facts->request_id },
                { "error", facts->error_type } };
  const struct
  {
    const char *name;
    gint64 number;
  } numbers[] = { { "input", facts->usage.input },           { "output", facts->usage.output },
                  { "cache_read", facts->usage.cache_read }, { "cache_write", facts->usage.cache_write },
                  { "tools", reading->tools->len },          { "system", reading->system->len } };
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (strcmp (texts[i].name, name) == 0)
      return g_strdup (texts[i].text);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (strcmp (numbers[i].name, name) == 0)
      return g_strdup_printf ("%" G_GINT64_FORMAT, numbers[i].number);
  if (strcmp (name, "messages") == 0)
    for (guint i = 0; i < reading->messages->len; i++)
      print_message (out, reading->messages->pdata[i]);
  else if (strcmp (name, "answer") == 0 && reading->answer != NULL)
    print_message (out, reading->answer);
  else if (strcmp (name, "answer") != 0)
    g_error ("The corpus expects “%s”, which is nothing", name);
  return g_strdup (out->str);
}

static void
test_file (gconstpointer data)
{
  g_autofree char *path = g_build_filename (folder, data, NULL);
  g_autofree char *text = NULL;
  g_autoptr (OhReading) reading = NULL;
  OhJsonIter iter;
  OhJson all, key, value;
  gsize length;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  g_assert_true (oh_json_parse (text, length, &all, NULL));
  reading = read_span (oh_json_get (all, "span"), oh_json_get (all, "records"));
  oh_json_iter_init (&iter, oh_json_get (all, "expect"));
  while (oh_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = oh_json_dup_string (key);
      g_autofree char *wanted = oh_json_get_kind (value) == OH_JSON_STRING ? oh_json_dup_string (value)
                                : oh_json_get_kind (value) == OH_JSON_NULL ? NULL
                                                                           : oh_json_dup (value);
      g_autofree char *got = get_value (reading, name);

      g_test_message ("%s", name);
      g_assert_cmpstr (got, ==, wanted);
    }
}

/* However many attributes there are; of those of one name the last counts. */
static void
test_many_attributes (void)
{
  static const guint others[] = { 0, 60, 63, 64, 500 };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (GString) text = g_string_new ("{\"spanId\":\"0123456789abcdef\",\"kind\":3,\"name\":\"chat\",\"attributes\":{"
                                               "\"gen_ai.request.model\":\"first\"");
      g_autoptr (OhReading) reading = NULL;
      OhJson span;

      for (guint n = 0; n < others[i]; n++)
        g_string_append_printf (text, ",\"other.%u\":%u", n, n);
      g_string_append (text, ",\"gen_ai.operation.name\":\"chat\",\"gen_ai.request.model\":\"claude-last\"}}");
      g_assert_true (oh_json_parse (text->str, text->len, &span, NULL));
      reading = read_span (span, (OhJson) { 0 });
      g_assert_cmpstr (reading->facts->operation, ==, "messages");
      g_assert_cmpstr (reading->facts->requested_model, ==, "claude-last");
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;
  guint n = 0;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  folder = argv[1];
  dir = g_dir_open (folder, 0, NULL);
  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *test = g_strconcat ("/emitters/", name, NULL);

      g_test_add_data_func_full (test, g_strdup (name), test_file, g_free);
      n++;
    }
  g_assert_cmpuint (n, >, 5);
  g_test_add_func ("/emitters/many-attributes", test_many_attributes);
  return g_test_run ();
}
