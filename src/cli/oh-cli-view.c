/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

#include "oh-json-scan.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#define PIECE (1024 * 1024)

static void
feed (OhStoreReader *reader, OhInterpreter *interpreter, gint64 id, OhSide side)
{
  g_autoptr (GArray) arrivals = oh_store_reader_get_arrivals (reader, id, side);
  gint64 fed = 0;
  guint i = 0;

  for (;;)
    {
      const gint64 end = i + 1 < arrivals->len ? g_array_index (arrivals, OhArrival, i + 1).offset : G_MAXINT64;
      const gint64 at_ns = i < arrivals->len ? g_array_index (arrivals, OhArrival, i).at_ns : -1;
      g_autoptr (GBytes) bytes = oh_store_reader_read_body (reader, id, side, fed, MIN (PIECE, end - fed), NULL);
      gsize length = 0;
      const void *data = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;

      if (length == 0)
        return;
      if (side == OH_SIDE_REQUEST)
        oh_interpreter_feed_request (interpreter, data, length);
      else
        oh_interpreter_feed_response (interpreter, data, length, at_ns);
      fed += (gint64) length;
      while (i + 1 < arrivals->len && g_array_index (arrivals, OhArrival, i + 1).offset <= fed)
        i++;
    }
}

OhCliView *
oh_cli_view_new (OhStoreReader *reader, gint64 id)
{
  g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);
  g_autoptr (OhInterpreter) interpreter = NULL;
  OhCliView *self;

  if (exchange == NULL)
    return NULL;
  interpreter = oh_interpreter_new (exchange);
  feed (reader, interpreter, id, OH_SIDE_REQUEST);
  oh_interpreter_end_request (interpreter);
  if (exchange->response_headers != NULL)
    {
      oh_interpreter_set_response (interpreter, exchange);
      feed (reader, interpreter, id, OH_SIDE_RESPONSE);
    }
  if (exchange->outcome != OH_OUTCOME_PENDING)
    oh_interpreter_end (interpreter, exchange->outcome);

  self = g_new0 (OhCliView, 1);
  self->exchange = g_steal_pointer (&exchange);
  self->reading = oh_interpreter_get_reading (interpreter);
  self->request_body = oh_interpreter_get_request_body (interpreter, NULL);
  self->response_body = oh_interpreter_get_response_body (interpreter, NULL);
  return self;
}

void
oh_cli_view_free (OhCliView *self)
{
  g_clear_pointer (&self->exchange, oh_exchange_unref);
  g_clear_pointer (&self->reading, oh_reading_unref);
  g_clear_pointer (&self->request_body, g_bytes_unref);
  g_clear_pointer (&self->response_body, g_bytes_unref);
  g_free (self);
}

static void
append_name (GString *out, const char *name)
{
  g_string_append_printf (out, "%s\"%s\": ", out->len > 1 ? ", " : "", name);
}

static void
append_string (GString *out, const char *name, const char *value)
{
  append_name (out, name);
  if (value != NULL)
    oh_json_quote (out, value, -1);
  else
    g_string_append (out, "null");
}

static void
append_count (GString *out, const char *name, gint64 value)
{
  append_name (out, name);
  if (value >= 0)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, value);
  else
    g_string_append (out, "null");
}

static void
append_flag (GString *out, const char *name, gboolean value)
{
  append_name (out, name);
  g_string_append (out, value ? "true" : "false");
}

/* US dollars; null where they are not known. */
static void
append_cost (GString *out, double dollars)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  append_name (out, "cost");
  g_string_append (out, isnan (dollars) ? "null" : g_ascii_dtostr (digits, sizeof digits, dollars));
}

/* Milliseconds with microseconds behind the point, whatever the user's language writes there. */
static void
append_ms (GString *out, const char *name, gint64 ns)
{
  append_name (out, name);
  if (ns >= 0)
    g_string_append_printf (out, "%" G_GINT64_FORMAT ".%03d", ns / OH_NS_PER_MS,
                            (int) (ns % OH_NS_PER_MS / OH_NS_PER_US));
  else
    g_string_append (out, "null");
}

static void
append_started (GString *out, gint64 wall_ns)
{
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_utc (wall_ns / OH_NS_PER_S);
  g_autofree char *seconds = g_date_time_format (when, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *text = g_strdup_printf ("%s.%06dZ", seconds, (int) (wall_ns % OH_NS_PER_S / OH_NS_PER_US));

  append_string (out, "started", text);
}

/* What the API answered instead, else what went wrong on the way; where it is both, the latter is "connection". */
static void
append_error (GString *out, const OhExchange *exchange, const OhFacts *facts)
{
  const gboolean answered = facts != NULL && (facts->error_type != NULL || facts->error_message != NULL);
  g_autoptr (GString) error = g_string_new ("{");

  append_name (out, "error");
  if (!answered && exchange->error == NULL && exchange->error_code == NULL && exchange->status < 400)
    {
      g_string_append (out, "null");
      return;
    }
  append_string (error, "type", answered ? facts->error_type : exchange->error_code);
  append_string (error, "message", answered ? facts->error_message : exchange->error);
  if (answered && exchange->error != NULL)
    append_string (error, "connection", exchange->error);
  g_string_append_printf (out, "%s}", error->str);
}

void
oh_cli_append_summary (GString *out, const OhExchange *exchange, const OhFacts *facts)
{
  const OhPlace *place = exchange->place;
  gboolean estimated = FALSE;
  const gint64 output = facts != NULL ? oh_facts_get_output (facts, &estimated) : -1;
  g_autofree char *url = oh_exchange_get_url (exchange);

  append_count (out, "id", exchange->id);
  append_started (out, exchange->started_ns);
  append_count (out, "run", exchange->run_id > 0 ? exchange->run_id : -1);
  append_string (out, "method", exchange->method);
  append_string (out, "url", url);
  append_count (out, "status", exchange->status > 0 ? (gint64) exchange->status : -1);
  append_string (out, "outcome", oh_outcome_to_string (exchange->outcome));
  append_string (out, "ended_by", exchange->ended_by != OH_PARTY_NONE ? oh_party_to_string (exchange->ended_by) : NULL);
  append_count (out, "request_bytes", exchange->request_length);
  append_count (out, "response_bytes", exchange->response_length);
  append_string (out, "provider", facts != NULL ? facts->provider : NULL);
  append_string (out, "model", facts != NULL ? facts->model : NULL);
  append_string (out, "stop_reason", facts != NULL ? facts->stop_reason : NULL);
  append_flag (out, "streamed", facts != NULL && facts->streamed);
  append_count (out, "input_tokens", facts != NULL ? oh_facts_get_prompt (facts) : -1);
  append_count (out, "output_tokens", output);
  append_flag (out, "output_estimated", estimated);
  append_count (out, "cache_read_tokens", facts != NULL ? facts->usage.cache_read : -1);
  append_count (out, "cache_write_tokens", facts != NULL ? facts->usage.cache_write : -1);
  append_cost (out, place != NULL ? place->cost : NAN);
  append_flag (out, "cost_approximate", place != NULL && place->cost_approximate);
  append_ms (out, "duration_ms", exchange->timings.ended);
  append_ms (out, "ttft_ms", facts != NULL ? facts->first_token_ns : -1);
  append_error (out, exchange, facts);
}
