/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Overhear makes of streams, for tests/clients/test_streams.py: reads them from standard input, one JSON line each with
 * "data" in base64 and the "seed" of where they are cut, and writes one JSON line each. */
#include "config.h"
#include "fixture.h"

#include "oh-json-scan.h"

#include <stdio.h>

static void
append_string (GString *out, const char *name, const char *text)
{
  g_string_append_printf (out, ",\"%s\":", name);
  if (text != NULL)
    oh_json_quote (out, text, -1);
  else
    g_string_append (out, "null");
}

static void
append_count (GString *out, const char *name, gint64 count)
{
  g_string_append_printf (out, "%s\"%s\":", g_str_has_suffix (out->str, "{") ? "" : ",", name);
  if (count >= 0)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, count);
  else
    g_string_append (out, "null");
}

static void
write_reading (const OhReading *reading)
{
  const OhFacts *facts = reading->facts;
  g_autoptr (GString) out = g_string_new ("{\"blocks\":[");

  for (guint i = 0; reading->answer != NULL && i < reading->answer->blocks->len; i++)
    g_string_append_printf (out, "%s%s", i > 0 ? "," : "", ((const OhBlock *) reading->answer->blocks->pdata[i])->json);
  g_string_append (out, "],\"problems\":[");
  for (guint i = 0; i < reading->problems->len; i++)
    {
      g_string_append (out, i > 0 ? "," : "");
      oh_json_quote (out, reading->problems->pdata[i], -1);
    }
  g_string_append (out, "],\"usage\":{");
  append_count (out, "input_tokens", facts->usage.input);
  append_count (out, "output_tokens", facts->usage.output);
  append_count (out, "cache_read_input_tokens", facts->usage.cache_read);
  append_count (out, "cache_creation_input_tokens", facts->usage.cache_write);
  append_count (out, "thinking_tokens", facts->usage.thinking);
  append_count (out, "web_search_requests", facts->usage.web_search);
  append_count (out, "web_fetch_requests", facts->usage.web_fetch);
  g_string_append_printf (out, "},\"complete\":%s", facts->complete ? "true" : "false");
  append_string (out, "id", facts->message_id);
  append_string (out, "model", facts->model);
  append_string (out, "stop_reason", facts->stop_reason);
  g_string_append (out, ",\"error\":{\"from\":\"stream\"");
  append_string (out, "type", facts->error_type);
  append_string (out, "message", facts->error_message);
  /* A block may have come in several lines. */
  printf ("%s}}\n", g_strdelimit (out->str, "\n", ' '));
}

static void
read_line (const char *line)
{
  static const gsize sizes[] = { 1, 7, 100, 5000 };
  g_autoptr (OhExchange) exchange = make_messages (200, "text/event-stream; charset=utf-8");
  g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
  g_autoptr (OhReading) reading = NULL;
  g_autofree char *base64 = NULL;
  g_autofree guchar *data = NULL;
  g_autoptr (GRand) rand = NULL;
  gsize length, size;
  OhJson json;

  g_assert_true (oh_json_parse (line, strlen (line), &json, NULL));
  base64 = oh_json_dup_string (oh_json_get (json, "data"));
  rand = g_rand_new_with_seed ((guint32) oh_json_get_int (oh_json_get (json, "seed"), 0));
  data = g_base64_decode (base64, &length);
  oh_interpreter_end_request (interpreter);
  oh_interpreter_set_response (interpreter, exchange);
  for (gsize at = 0; at < length; at += size)
    {
      size = sizes[g_rand_int_range (rand, 0, G_N_ELEMENTS (sizes))];
      size = MIN (length - at, size);
      oh_interpreter_feed_response (interpreter, data + at, size, 1000);
    }
  oh_interpreter_end (interpreter, OH_OUTCOME_FINISHED);
  reading = oh_interpreter_get_reading (interpreter);
  write_reading (reading);
}

int
main (void)
{
  g_autofree char *line = NULL;
  size_t room = 0;

  while (getline (&line, &room, stdin) > 0)
    read_line (line);
  return 0;
}
