/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/). Members of our own begin with an underscore, as the
 * specification asks. */
#include "config.h"
#include "oh-export-private.h"

#include "oh-clock.h"
#include "oh-decoder.h"
#include "oh-json-scan.h"
#include "oh-saying.h"
#include "oh-sse-parser.h"

#include <glib/gi18n.h>
#include <string.h>

#define DECODED_MAX (G_GUINT64_CONSTANT (256) << 20)
/* A phase that begins at 0 is none to Chromium, and what follows it is drawn as waiting for a connection. */
#define BLOCKED_NS OH_NS_PER_US

/* Milliseconds with microseconds behind the point; -1 for what is not known, as HAR has it. */
static void
append_ms (GString *out, const char *name, gint64 ns)
{
  oh_json_write_name (out, name);
  if (ns >= 0)
    g_string_append_printf (out, "%" G_GINT64_FORMAT ".%03d", ns / OH_NS_PER_MS,
                            (int) (ns % OH_NS_PER_MS / OH_NS_PER_US));
  else
    g_string_append (out, "-1");
}

/* As RFC 3986 has it: what is no part of a URI, such as the mark of a secret that was replaced, becomes %XX. */
static void
append_url (GString *out, const char *url)
{
  g_autoptr (GString) escaped = g_string_new (NULL);

  for (const char *p = url; *p != '\0'; p++)
    if ((guchar) *p <= 0x20 || (guchar) *p >= 0x7F || strchr ("<>\"{}|\\^`", *p) != NULL)
      g_string_append_printf (escaped, "%%%02X", (guchar) *p);
    else
      g_string_append_c (escaped, *p);
  oh_json_write_text (out, "url", escaped->str);
}

static void
append_date (GString *out, gint64 wall_ns)
{
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_utc (wall_ns / OH_NS_PER_S);
  g_autofree char *seconds = g_date_time_format (when, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *text = g_strdup_printf ("%s.%06dZ", seconds, (int) (wall_ns % OH_NS_PER_S / OH_NS_PER_US));

  oh_json_write_text (out, "startedDateTime", text);
}

static void
append_headers (GString *out, const OhHeaders *headers)
{
  const guint n = headers != NULL ? oh_headers_get_length (headers) : 0;

  g_string_append (out, ",\"headers\":[");
  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      g_string_append (out, i > 0 ? ",{" : "{");
      oh_json_write_text (out, "name", name);
      oh_json_write_text (out, "value", value);
      /* It stands there as ISO 8859-1, a character for each byte. */
      if (!g_utf8_validate (value, -1, NULL))
        g_string_append (out, ",\"_latin1\":true");
      g_string_append_c (out, '}');
    }
  g_string_append (out, "]");
}

static void
append_query (GString *out, const char *target)
{
  const char *query = target != NULL ? strchr (target, '?') : NULL;
  g_auto (GStrv) pairs = query != NULL ? g_strsplit (query + 1, "&", -1) : NULL;
  gboolean first = TRUE;

  g_string_append (out, ",\"queryString\":[");
  for (char **pair = pairs; pair != NULL && *pair != NULL; pair++)
    {
      char *equals = strchr (*pair, '=');
      g_autofree char *name = g_uri_unescape_segment (*pair, equals, NULL);
      g_autofree char *value = equals != NULL ? g_uri_unescape_string (equals + 1, NULL) : g_strdup ("");

      if (**pair == '\0')
        continue;
      g_string_append (out, first ? "{" : ",{");
      oh_json_write_text (out, "name", name != NULL ? name : *pair);
      oh_json_write_text (out, "value", value != NULL ? value : equals + 1);
      g_string_append_c (out, '}');
      first = FALSE;
    }
  g_string_append_c (out, ']');
}

/* The body without its content-encoding; as it is where that cannot be undone. (transfer full) */
static GBytes *
decode (GBytes *body, const OhHeaders *headers)
{
  g_autofree char *encoding = oh_headers_dup_list (headers, "content-encoding");
  g_autoptr (OhDecoder) decoder = encoding != NULL ? oh_decoder_new (encoding, DECODED_MAX, NULL) : NULL;
  g_autoptr (GByteArray) out = g_byte_array_new ();

  if (decoder == NULL)
    return g_bytes_ref (body);
  oh_decoder_feed (decoder, g_bytes_get_data (body, NULL), g_bytes_get_size (body), out, NULL);
  if (!oh_decoder_end (decoder, out, NULL) && out->len == 0)
    return g_bytes_ref (body);
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}

/* "mimeType", "text" and, for bytes that are none, "encoding". The text of the file is Unicode whatever the charset was, and
 * Chromium knows an event stream only by its bare type.
 * @type: (nullable)
 * @unknown: the type without one */
static void
append_text (GString *out, GBytes *body, const char *type, const char *unknown)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  const gboolean text = length == 0 || g_utf8_validate_len (data, length, NULL);
  g_autofree char *bare = g_strndup (type != NULL ? type : unknown, strcspn (type != NULL ? type : unknown, ";"));

  oh_json_write_text (out, "mimeType", type == NULL || text ? g_strchomp (bare) : type);
  oh_json_write_name (out, "text");
  if (length == 0)
    g_string_append (out, "\"\"");
  else if (text)
    oh_json_quote (out, data, (gssize) length);
  else
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *) data, length);

      g_string_append_printf (out, "\"%s\",\"encoding\":\"base64\"", base64);
    }
}

static void
append_request (GString *out, const OhTransfer *transfer)
{
  const OhExchange *exchange = transfer->exchange;
  const char *type = oh_headers_get_one (exchange->request_headers, "content-type");
  g_autofree char *url = oh_exchange_get_url (exchange);
  g_autofree char *version = g_strdup_printf ("HTTP/%s", exchange->http_version != NULL ? exchange->http_version : "1.1");

  g_string_append (out, ",\"request\":{");
  oh_json_write_text (out, "method", exchange->method != NULL ? exchange->method : "CONNECT");
  append_url (out, url);
  oh_json_write_text (out, "httpVersion", version);
  g_string_append (out, ",\"cookies\":[]");
  append_headers (out, exchange->request_headers);
  append_query (out, exchange->target);
  if (exchange->request_length > 0)
    {
      g_string_append (out, ",\"postData\":{\"params\":[]");
      if (transfer->bodies[OH_SIDE_REQUEST] != NULL)
        {
          g_autoptr (GBytes) body = decode (transfer->bodies[OH_SIDE_REQUEST], exchange->request_headers);

          append_text (out, body, type, "application/octet-stream");
        }
      else
        {
          oh_json_write_text (out, "mimeType", type != NULL ? type : "application/octet-stream");
          g_string_append (out, ",\"text\":\"\",\"comment\":\"too large for this file\"");
        }
      g_string_append_c (out, '}');
    }
  g_string_append (out, ",\"headersSize\":-1");
  oh_json_write_int (out, "bodySize", exchange->request_length);
  g_string_append_c (out, '}');
}

static void
append_response (GString *out, const OhTransfer *transfer)
{
  const OhExchange *exchange = transfer->exchange;
  const char *type = oh_headers_get_one (exchange->response_headers, "content-type");
  const char *location = oh_headers_get_one (exchange->response_headers, "location");
  g_autofree char *version = g_strdup_printf ("HTTP/%s", exchange->http_version != NULL ? exchange->http_version : "1.1");
  g_autofree char *said = oh_saying_tell (exchange->error);
  g_autoptr (GBytes) body = NULL;

  /* Where there is no answer Chromium shows neither "_error" nor a comment. */
  if (exchange->status == 0 && said != NULL)
    {
      body = g_bytes_new (said, strlen (said));
      type = "text/plain";
    }
  else if (transfer->bodies[OH_SIDE_RESPONSE] != NULL)
    body = decode (transfer->bodies[OH_SIDE_RESPONSE], exchange->response_headers);
  g_string_append (out, ",\"response\":{");
  oh_json_write_int (out, "status", (gint64) exchange->status);
  oh_json_write_text (out, "statusText", exchange->reason != NULL ? exchange->reason : "");
  oh_json_write_text (out, "httpVersion", version);
  g_string_append (out, ",\"cookies\":[]");
  append_headers (out, exchange->response_headers);
  g_string_append (out, ",\"content\":{");
  oh_json_write_int (out, "size", body != NULL ? (gint64) g_bytes_get_size (body) : exchange->response_length);
  if (body != NULL)
    append_text (out, body, type, "x-unknown");
  else
    {
      oh_json_write_text (out, "mimeType", type != NULL ? type : "x-unknown");
      g_string_append (out, ",\"comment\":\"too large for this file\"");
    }
  g_string_append_c (out, '}');
  oh_json_write_text (out, "redirectURL", location != NULL ? location : "");
  g_string_append (out, ",\"headersSize\":-1");
  oh_json_write_int (out, "bodySize", exchange->status != 0 ? exchange->response_length : -1);
  oh_json_write_int (out, "_transferSize", exchange->response_length);
  if (said != NULL)
    oh_json_write_text (out, "_error", said);
  g_string_append_c (out, '}');
}

/* HAR's phases follow one another; connect includes ssl. */
static void
append_timings (GString *out, const OhTimings *timings)
{
  const gboolean fresh = !timings->reused;
  gint64 ready = BLOCKED_NS, sent, head;

  g_string_append (out, ",\"timings\":{");
  append_ms (out, "blocked", ready);
  if (fresh && timings->resolved >= ready)
    {
      append_ms (out, "dns", timings->resolved - ready);
      ready = timings->resolved;
    }
  else
    g_string_append (out, ",\"dns\":-1");
  if (fresh && timings->connected >= ready)
    {
      const gint64 end = MAX (timings->connected, timings->secured);

      append_ms (out, "connect", end - ready);
      append_ms (out, "ssl", timings->secured >= timings->connected ? timings->secured - timings->connected : -1);
      ready = end;
    }
  else
    g_string_append (out, ",\"connect\":-1,\"ssl\":-1");
  sent = MAX (timings->request_sent, ready);
  head = MAX (timings->response_head, sent);
  append_ms (out, "send", sent - ready);
  append_ms (out, "wait", head - sent);
  append_ms (out, "receive", MAX (timings->ended - head, 0));
  g_string_append_c (out, '}');
}

typedef struct
{
  GString *out;
  gint64 started_ns;
} Events;

static void
append_event (OhStreamEvent *event, gpointer data)
{
  Events *events = data;
  const gint64 us = (events->started_ns + MAX (event->at_ns, 0)) / OH_NS_PER_US;

  /* A browser does not tell of these. */
  if (!event->unterminated && *event->data != '\0')
    {
      g_string_append_printf (events->out, "%s{\"time\":%" G_GINT64_FORMAT ".%06d",
                              events->out->str[events->out->len - 1] == '[' ? "" : ",", us / G_USEC_PER_SEC,
                              (int) (us % G_USEC_PER_SEC));
      oh_json_write_text (events->out, "eventName", event->name != NULL ? event->name : "message");
      oh_json_write_text (events->out, "eventId", "");
      oh_json_write_text (events->out, "data", event->data);
      g_string_append_c (events->out, '}');
    }
  oh_stream_event_free (event);
}

/* The events of a stream and when each came, as Chromium writes and reads them. */
static void
append_events (GString *out, const OhTransfer *transfer)
{
  const OhExchange *exchange = transfer->exchange;
  const char *type = oh_headers_get_one (exchange->response_headers, "content-type");
  GBytes *body = transfer->bodies[OH_SIDE_RESPONSE];
  const GArray *arrivals = transfer->arrivals[OH_SIDE_RESPONSE];
  g_autofree char *encoding = oh_headers_dup_list (exchange->response_headers, "content-encoding");
  Events events = { out, exchange->started_ns };
  g_autoptr (OhSseParser) parser = NULL;
  g_autoptr (OhDecoder) decoder = NULL;
  g_autoptr (GByteArray) rest = g_byte_array_new ();
  gsize length, offset = 0;
  const guint8 *data;

  if (type == NULL || g_ascii_strncasecmp (type, "text/event-stream", strlen ("text/event-stream")) != 0 || body == NULL)
    return;
  decoder = oh_decoder_new (encoding, DECODED_MAX, NULL);
  if (decoder == NULL)
    return;
  g_string_append (out, ",\"_eventSourceMessages\":[");
  parser = oh_sse_parser_new (append_event, &events);
  data = g_bytes_get_data (body, &length);
  for (guint i = 0; offset < length; i++)
    {
      const gboolean known = arrivals != NULL && i < arrivals->len;
      const gboolean last = arrivals == NULL || i + 1 >= arrivals->len;
      const gsize end = last ? length : MIN ((gsize) g_array_index (arrivals, OhArrival, i + 1).offset, length);
      g_autoptr (GByteArray) decoded = g_byte_array_new ();

      if (!oh_decoder_feed (decoder, data + offset, end - offset, decoded, NULL) && decoded->len == 0)
        break;
      oh_sse_parser_feed (parser, (const char *) decoded->data, decoded->len,
                          known ? g_array_index (arrivals, OhArrival, i).at_ns : -1);
      offset = end;
    }
  oh_decoder_end (decoder, rest, NULL);
  oh_sse_parser_feed (parser, (const char *) rest->data, rest->len, exchange->timings.ended);
  g_string_append_c (out, ']');
}

static void
append_extras (GString *out, const OhTransfer *transfer)
{
  const OhExchange *exchange = transfer->exchange;
  const GArray *arrivals = transfer->arrivals[OH_SIDE_RESPONSE];
  g_autofree char *said = oh_saying_tell (exchange->error);
  g_autofree char *code = oh_saying_get_code (exchange->error);

  g_string_append (out, ",\"_overhear\":{");
  oh_json_write_int (out, "id", exchange->id);
  oh_json_write_text (out, "outcome", oh_outcome_to_string (exchange->outcome));
  oh_json_write_text (out, "ended_by", oh_party_to_string (exchange->ended_by));
  oh_json_write_text (out, "error_code", exchange->error_code);
  oh_json_write_text (out, "error", said);
  oh_json_write_text (out, "error_saying", code);
  oh_json_write_int (out, "gaps", exchange->gaps);
  g_string_append (out, ",\"arrivals\":[");
  for (guint i = 0; arrivals != NULL && i < arrivals->len; i++)
    {
      const OhArrival *arrival = &g_array_index (arrivals, OhArrival, i);

      g_string_append_printf (out, "%s[%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT "]", i > 0 ? "," : "", arrival->offset,
                              arrival->at_ns);
    }
  g_string_append (out, "]}");
}

static void
begin (FILE *file, OhStoreReader *reader, GArray *ids)
{
  fputs ("{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"Overhear\",\"version\":\"" OH_VERSION "\"},\"pages\":[],"
         "\"entries\":[\n",
         file);
}

static void
add (FILE *file, OhStoreReader *reader, const OhTransfer *transfer, gboolean first)
{
  const OhExchange *exchange = transfer->exchange;
  g_autoptr (GString) out = g_string_new (first ? "{" : ",\n{");

  append_date (out, exchange->started_ns);
  append_ms (out, "time", MAX (exchange->timings.ended, 0));
  append_request (out, transfer);
  append_response (out, transfer);
  g_string_append (out, ",\"cache\":{}");
  append_timings (out, &exchange->timings);
  /* As Chromium writes and reads them: "connection" is the server's port. */
  g_string_append_printf (out, ",\"connection\":\"%u\",\"_connectionId\":\"%" G_GINT64_FORMAT
                          "\",\"_resourceType\":\"fetch\"", exchange->port, exchange->connection);
  append_events (out, transfer);
  append_extras (out, transfer);
  g_string_append_c (out, '}');
  fwrite (out->str, 1, out->len, file);
}

static void
end (FILE *file)
{
  fputs ("\n]}}\n", file);
}

const OhExporter oh_exporter_har = {
  .name = "har",
  .suffix = ".har",
  .title = N_ ("HTTP Archive (.har)"),
  .begin = begin,
  .add = add,
  .end = end,
};
