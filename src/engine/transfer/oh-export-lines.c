/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON Lines with everything the store has of an exchange. The first line says what the file is, then come runs, then
 * exchanges; times are ns as in OhExchange. Bodies are the bytes of the wire: text in "body", others in "body_base64". A target,
 * a reason and fields that are not UTF-8 stand there as ISO 8859-1, a character for each byte; "target_latin1" and "reason_latin1" are true
 * then, and "headers_latin1" has the places of the fields. */
#include "config.h"
#include "oh-export-private.h"

#include "oh-json-scan.h"
#include "oh-saying.h"

#include <glib/gi18n.h>

/* A multiple of three bytes, so that each piece's base64 can be put behind the one before. */
#define PIECE (G_GINT64_CONSTANT (3) << 18)

static void
append_known (GString *out, const char *name, gint64 value)
{
  if (value >= 0)
    oh_json_write_int (out, name, value);
}

static void
append_text (GString *out, const char *name, const char *value)
{
  if (value != NULL)
    oh_json_write_text (out, name, value);
}

/* What was stored as a saying: its words, and their code. */
static void
append_said (GString *out, const char *saying)
{
  g_autofree char *said = oh_saying_tell (saying);
  g_autofree char *code = oh_saying_get_code (saying);

  append_text (out, "error", said);
  append_text (out, "error_saying", code);
}

/* The text, and whether each of its characters stands for a byte. */
static void
append_wire_text (GString *out, const char *name, const char *value)
{
  g_autofree char *latin1 = g_strconcat (name, "_latin1", NULL);

  append_text (out, name, value);
  if (value != NULL && !g_utf8_validate (value, -1, NULL))
    oh_json_write_flag (out, latin1, TRUE);
}

static void
append_headers (GString *out, const OhHeaders *headers)
{
  g_autoptr (GString) latin1 = g_string_new (NULL);

  oh_json_write_name (out, "headers");
  g_string_append_c (out, '[');
  for (guint i = 0; i < oh_headers_get_length (headers); i++)
    {
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      g_string_append (out, i > 0 ? ",[" : "[");
      oh_json_quote (out, name, -1);
      g_string_append_c (out, ',');
      oh_json_quote (out, value, -1);
      g_string_append_c (out, ']');
      if (!g_utf8_validate (name, -1, NULL) || !g_utf8_validate (value, -1, NULL))
        g_string_append_printf (latin1, "%s%u", latin1->len > 0 ? "," : "", i);
    }
  g_string_append_c (out, ']');
  if (latin1->len > 0)
    {
      oh_json_write_name (out, "headers_latin1");
      g_string_append_printf (out, "[%s]", latin1->str);
    }
}

static void
append_bytes (GString *out, const char *name, GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  if (length == 0 || g_utf8_validate_len (data, length, NULL))
    {
      oh_json_write_name (out, name);
      oh_json_quote (out, length > 0 ? data : "", (gssize) length);
    }
  else
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *) data, length);
      g_autofree char *encoded_name = g_strconcat (name, "_base64", NULL);

      oh_json_write_name (out, encoded_name);
      g_string_append_printf (out, "\"%s\"", base64);
    }
}

/* A body that is not read whole goes into the file by pieces. */
static void
write_large (FILE *file, GString *out, OhStoreReader *reader, gint64 id, OhSide side, gint64 length)
{
  oh_json_write_name (out, "body_base64");
  g_string_append_c (out, '"');
  fwrite (out->str, 1, out->len, file);
  g_string_truncate (out, 0);
  for (gint64 offset = 0; offset < length; offset += PIECE)
    {
      g_autoptr (GBytes) bytes = oh_store_reader_read_body (reader, id, side, offset, PIECE, NULL);
      g_autofree char *base64 = NULL;

      if (bytes == NULL || g_bytes_get_size (bytes) == 0)
        break;
      base64 = g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      fputs (base64, file);
    }
  g_string_append_c (out, '"');
}

static void
write_side (FILE *file, GString *out, OhStoreReader *reader, const OhTransfer *transfer, OhSide side)
{
  const OhExchange *exchange = transfer->exchange;
  const GArray *arrivals = transfer->arrivals[side];
  const gint64 length = side == OH_SIDE_REQUEST ? exchange->request_length : exchange->response_length;

  oh_json_write_int (out, "length", length);
  if (arrivals != NULL)
    {
      oh_json_write_name (out, "arrivals");
      g_string_append_c (out, '[');
      for (guint i = 0; i < arrivals->len; i++)
        {
          const OhArrival *arrival = &g_array_index (arrivals, OhArrival, i);

          g_string_append_printf (out, "%s[%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT "]", i > 0 ? "," : "",
                                  arrival->offset, arrival->at_ns);
        }
      g_string_append_c (out, ']');
    }
  if (transfer->bodies[side] != NULL)
    append_bytes (out, "body", transfer->bodies[side]);
  else
    write_large (file, out, reader, exchange->id, side, length);
}

static void
append_timings (GString *out, const OhTimings *timings)
{
  oh_json_write_name (out, "timings");
  g_string_append_c (out, '{');
  append_known (out, "resolved_ns", timings->resolved);
  append_known (out, "connected_ns", timings->connected);
  append_known (out, "secured_ns", timings->secured);
  append_known (out, "request_sent_ns", timings->request_sent);
  append_known (out, "response_head_ns", timings->response_head);
  append_known (out, "first_byte_ns", timings->first_byte);
  append_known (out, "ended_ns", timings->ended);
  oh_json_write_flag (out, "reused", timings->reused);
  g_string_append_c (out, '}');
}

static void
append_facts (GString *out, const OhFacts *facts)
{
  gboolean estimated;

  oh_json_write_name (out, "facts");
  g_string_append_c (out, '{');
  append_text (out, "provider", facts->provider);
  append_text (out, "operation", facts->operation);
  append_text (out, "model", facts->model);
  append_text (out, "requested_model", facts->requested_model);
  append_text (out, "stop_reason", facts->stop_reason);
  append_text (out, "message_id", facts->message_id);
  append_text (out, "request_id", facts->request_id);
  append_text (out, "error_type", facts->error_type);
  append_text (out, "error_message", facts->error_message);
  append_text (out, "title", facts->title);
  append_text (out, "service_tier", facts->service_tier);
  oh_json_write_flag (out, "streamed", facts->streamed);
  oh_json_write_flag (out, "complete", facts->complete);
  append_known (out, "input_tokens", oh_facts_get_prompt (facts));
  append_known (out, "output_tokens", oh_facts_get_output (facts, &estimated));
  oh_json_write_flag (out, "output_estimated", estimated);
  append_known (out, "cache_read_tokens", facts->usage.cache_read);
  append_known (out, "cache_write_tokens", facts->usage.cache_write);
  append_known (out, "cache_write_5m_tokens", facts->usage.cache_write_5m);
  append_known (out, "cache_write_1h_tokens", facts->usage.cache_write_1h);
  append_known (out, "thinking_tokens", facts->usage.thinking);
  append_known (out, "web_searches", facts->usage.web_search);
  append_known (out, "web_fetches", facts->usage.web_fetch);
  append_known (out, "first_token_ns", facts->first_token_ns);
  g_string_append_c (out, '}');
}

static void
add_run (FILE *file, OhStoreReader *reader, const OhRun *run)
{
  g_autoptr (GString) out = g_string_new ("{\"type\":\"run\"");
  g_autoptr (GBytes) console = oh_store_reader_read_console (reader, run->id, 0);

  oh_json_write_int (out, "id", run->id);
  append_text (out, "name", run->name);
  oh_json_write_name (out, "argv");
  g_string_append_c (out, '[');
  for (char **word = run->argv; word != NULL && *word != NULL; word++)
    {
      g_autofree char *text = g_utf8_make_valid (*word, -1);

      if (word != run->argv)
        g_string_append_c (out, ',');
      oh_json_quote (out, text, -1);
    }
  g_string_append_c (out, ']');
  append_text (out, "cwd", run->cwd);
  append_text (out, "origin", run->origin);
  append_text (out, "trace", run->trace);
  append_text (out, "session", run->session);
  append_text (out, "user", run->user);
  oh_json_write_int (out, "started_ns", run->started_ns);
  append_known (out, "ended_ns", run->ended_ns > 0 ? run->ended_ns : -1);
  append_known (out, "exit_status", run->exit_status);
  append_known (out, "signal", run->term_signal > 0 ? run->term_signal : -1);
  append_said (out, run->error);
  if (console != NULL && g_bytes_get_size (console) > 0)
    append_bytes (out, "console", console);
  g_string_append (out, "}\n");
  fwrite (out->str, 1, out->len, file);
}

/* Runs come before the exchanges that belong to them. */
static void
begin (FILE *file, OhStoreReader *reader, GArray *ids)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  fputs ("{\"type\":\"overhear\",\"format\":1,\"version\":\"" OH_VERSION "\"}\n", file);
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (reader, &g_array_index (ids, gint64, i), 1);
      const OhExchange *row = rows->pdata[0];
      g_autoptr (OhRun) run = NULL;

      if (row == NULL || row->run_id <= 0 || !g_hash_table_add (seen, g_memdup2 (&row->run_id, sizeof row->run_id)))
        continue;
      run = oh_store_reader_get_run (reader, row->run_id);
      if (run != NULL)
        add_run (file, reader, run);
    }
}

static void
append_program (GString *out, const OhProgram *program)
{
  g_string_append (out, ",\"program\":{");
  oh_json_write_text (out, "name", program->name);
  append_text (out, "desktop", program->desktop);
  append_text (out, "executable", program->executable);
  append_text (out, "command", program->command);
  oh_json_write_int (out, "pid", program->pid);
  oh_json_write_int (out, "started_ns", program->started_ns);
  g_string_append_c (out, '}');
}

static void
add (FILE *file, OhStoreReader *reader, const OhTransfer *transfer, gboolean first)
{
  const OhExchange *exchange = transfer->exchange;
  g_autoptr (GString) out = g_string_new ("{\"type\":\"exchange\"");

  oh_json_write_int (out, "id", exchange->id);
  append_known (out, "run", exchange->run_id > 0 ? exchange->run_id : -1);
  if (exchange->program != NULL)
    append_program (out, exchange->program);
  oh_json_write_int (out, "connection", exchange->connection);
  oh_json_write_int (out, "started_ns", exchange->started_ns);
  oh_json_write_text (out, "route", oh_route_to_string (exchange->route));
  append_text (out, "method", exchange->method);
  append_text (out, "scheme", exchange->scheme);
  append_text (out, "host", exchange->host);
  oh_json_write_int (out, "port", exchange->port);
  append_wire_text (out, "target", exchange->target);
  append_text (out, "http_version", exchange->http_version);
  append_text (out, "upstream", exchange->upstream);
  oh_json_write_text (out, "outcome", oh_outcome_to_string (exchange->outcome));
  oh_json_write_text (out, "ended_by", oh_party_to_string (exchange->ended_by));
  append_text (out, "error_code", exchange->error_code);
  append_said (out, exchange->error);
  oh_json_write_int (out, "gaps", exchange->gaps);
  oh_json_write_flag (out, "pinned", exchange->pinned);
  append_timings (out, &exchange->timings);
  if (exchange->facts != NULL)
    append_facts (out, exchange->facts);
  g_string_append (out, ",\"request\":{");
  if (exchange->request_headers != NULL)
    append_headers (out, exchange->request_headers);
  write_side (file, out, reader, transfer, OH_SIDE_REQUEST);
  g_string_append_c (out, '}');
  /* What was no answer may have a body all the same. */
  if (exchange->status != 0 || oh_transfer_has_bytes (transfer, OH_SIDE_RESPONSE))
    {
      g_string_append (out, ",\"response\":{");
      oh_json_write_int (out, "status", (gint64) exchange->status);
      append_wire_text (out, "reason", exchange->reason);
      if (exchange->response_headers != NULL)
        append_headers (out, exchange->response_headers);
      write_side (file, out, reader, transfer, OH_SIDE_RESPONSE);
      g_string_append_c (out, '}');
    }
  g_string_append (out, "}\n");
  fwrite (out->str, 1, out->len, file);
}

const OhExporter oh_exporter_lines = {
  .name = "jsonl",
  .suffix = ".jsonl",
  .title = N_ ("JSON Lines, everything (.jsonl)"),
  .begin = begin,
  .add = add,
};
