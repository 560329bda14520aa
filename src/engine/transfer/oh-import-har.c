/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-import-private.h"

#include "oh-clock.h"
#include "oh-decoder.h"

#include <math.h>
#include <string.h>

#define MARK_START "%3Credacted%20"
#define MARK_END "%3E"

gboolean
oh_import_set_url (OhExchange *exchange, const char *url)
{
  const char *authority, *path;
  g_autofree char *host = NULL;
  char *colon;

  /* Browsers call a WebSocket's handshake after it. */
  if (g_ascii_strncasecmp (url, "https://", 8) == 0 || g_ascii_strncasecmp (url, "wss://", 6) == 0)
    exchange->scheme = g_strdup ("https");
  else if (g_ascii_strncasecmp (url, "http://", 7) == 0 || g_ascii_strncasecmp (url, "ws://", 5) == 0)
    exchange->scheme = g_strdup ("http");
  else
    return FALSE;
  authority = strstr (url, "://") + 3;
  path = authority + strcspn (authority, "/?#");
  host = g_strndup (authority, (gsize) (path - authority));
  if (strchr (host, '@') != NULL)
    memmove (host, strrchr (host, '@') + 1, strlen (strrchr (host, '@') + 1) + 1);
  exchange->port = g_str_equal (exchange->scheme, "https") ? 443 : 80;
  colon = strrchr (host, ':');
  if (colon != NULL && strchr (colon, ']') == NULL)
    {
      exchange->port = (guint) g_ascii_strtoull (colon + 1, NULL, 10) & G_MAXUINT16;
      *colon = '\0';
    }
  if (*host == '[' && g_str_has_suffix (host, "]"))
    {
      memmove (host, host + 1, strlen (host));
      host[strlen (host) - 1] = '\0';
    }
  if (*host == '\0')
    return FALSE;
  exchange->host = g_steal_pointer (&host);
  exchange->target = *path == '/' ? g_strndup (path, strcspn (path, "#")) : g_strdup_printf ("/%.*s", (int) strcspn (path, "#"), path);
  return TRUE;
}

void
oh_import_set_body (OhTransfer *transfer, OhSide side, GBytes *bytes)
{
  const gint64 length = bytes != NULL ? (gint64) g_bytes_get_size (bytes) : 0;

  transfer->bodies[side] = bytes != NULL ? bytes : g_bytes_new_static ("", 0);
  if (side == OH_SIDE_REQUEST)
    transfer->exchange->request_length = MAX (transfer->exchange->request_length, length);
  else
    transfer->exchange->response_length = MAX (transfer->exchange->response_length, length);
}

void
oh_import_set_gap (OhTransfer *transfer, OhSide side, gint64 length)
{
  OhExchange *exchange = transfer->exchange;
  gint64 *known = side == OH_SIDE_REQUEST ? &exchange->request_length : &exchange->response_length;

  exchange->gaps |= side == OH_SIDE_REQUEST ? OH_GAP_REQUEST : OH_GAP_RESPONSE;
  *known = MAX (*known, MIN (length, OH_IMPORT_LENGTH_MAX));
}

char *
oh_import_dup_version (const char *said)
{
  if (said != NULL && g_ascii_strncasecmp (said, "http/", 5) == 0)
    said += 5;
  else if (said != NULL && g_ascii_tolower (*said) == 'h' && g_ascii_isdigit (said[1]))
    said++;
  if (said == NULL || !g_ascii_isdigit (*said))
    return NULL;
  /* HTTP/2 and 3 have no minor version, though many write one. */
  return *said == '1' ? g_strndup (said, strspn (said, "0123456789.")) : g_strndup (said, 1);
}

char *
oh_import_take_latin1 (char *text)
{
  g_autofree char *bytes = text != NULL ? g_convert (text, -1, "ISO-8859-1", "UTF-8", NULL, NULL, NULL) : NULL;

  if (bytes == NULL)
    return text;
  g_free (text);
  return g_steal_pointer (&bytes);
}

void
oh_import_append_header (OhHeaders *headers, const char *name, const char *value)
{
  g_autofree char *plain_name = NULL;
  g_auto (GStrv) lines = NULL;

  /* Browsers and HTTP/2's readers put ":authority" among them. */
  if (name == NULL || value == NULL || *name == ':' || *name == '\0')
    return;
  plain_name = g_strdelimit (g_strdup (name), "\r\n", ' ');
  if (g_ascii_strcasecmp (name, "set-cookie") == 0)
    lines = g_strsplit_set (value, "\r\n", -1);
  for (char **line = lines; line != NULL && *line != NULL; line++)
    if (**line != '\0')
      oh_headers_append (headers, plain_name, *line);
  if (lines == NULL)
    {
      g_autofree char *plain = g_strdelimit (g_strdup (value), "\r\n", ' ');

      oh_headers_append (headers, plain_name, plain);
    }
}

/* Whether a body is still in the encoding that its headers name: HAR's bodies come without, but some programs leave them
 * packed. */
static gboolean
is_packed (const OhHeaders *headers, GBytes *body)
{
  g_autofree char *encoding = oh_headers_dup_list (headers, "content-encoding");
  g_autoptr (OhDecoder) decoder = NULL;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree char *remark = NULL;
  gsize length = 0;
  const char *data = body != NULL ? g_bytes_get_data (body, &length) : NULL;

  if (encoding == NULL || length < 4)
    return FALSE;
  /* These also if they are cut. */
  if (memcmp (data, "\x1f\x8b", 2) == 0 || memcmp (data, "\x28\xb5\x2f\xfd", 4) == 0)
    return TRUE;
  decoder = oh_decoder_new (encoding, 0, NULL);
  if (decoder == NULL || !oh_decoder_feed (decoder, data, length, out, NULL) || !oh_decoder_end (decoder, out, NULL))
    return FALSE;
  remark = oh_decoder_dup_remark (decoder);
  return remark == NULL;
}

/* A name's value: text, a number, or several. */
static void
append_values (OhHeaders *headers, const char *name, OhJson value)
{
  g_autofree char *text = NULL;
  OhJsonIter iter;
  OhJson element;

  if (oh_json_get_kind (value) == OH_JSON_ARRAY)
    {
      oh_json_iter_init (&iter, value);
      while (oh_json_iter_next (&iter, NULL, &element))
        if (oh_json_get_kind (element) == OH_JSON_STRING)
          append_values (headers, name, element);
      return;
    }
  text = oh_json_get_kind (value) == OH_JSON_NUMBER ? oh_json_dup (value) : oh_json_dup_string (value);
  oh_import_append_header (headers, name, text);
}

/* Objects with "name" and "value", pairs, or one object with all of them. */
static void
append_headers (OhHeaders *headers, OhJson list)
{
  OhJsonIter iter;
  OhJson key, field;

  oh_json_iter_init (&iter, list);
  while (oh_json_iter_next (&iter, &key, &field))
    {
      g_autofree char *name = NULL;
      OhJson value = { NULL, 0 };
      OhJsonIter pair;
      OhJson part;

      if (oh_json_get_kind (list) == OH_JSON_OBJECT)
        {
          name = oh_json_dup_string (key);
          value = field;
        }
      else if (oh_json_get_kind (field) == OH_JSON_ARRAY)
        {
          oh_json_iter_init (&pair, field);
          if (oh_json_iter_next (&pair, NULL, &part))
            name = oh_json_dup_string (part);
          oh_json_iter_next (&pair, NULL, &value);
        }
      else
        {
          name = oh_json_dup_string (oh_json_get (field, "name"));
          value = oh_json_get (field, "value");
        }
      /* Of ours: what was no UTF-8. */
      if (oh_json_get_boolean (oh_json_get (field, "_latin1")))
        {
          g_autofree char *bytes = oh_import_take_latin1 (oh_json_dup_string (value));

          oh_import_append_header (headers, name, bytes);
        }
      else
        append_values (headers, name, value);
    }
}

/* A field that says how the body was packed would be wrong for one that is not any more. HTTP Toolkit keeps trailers.
 * @message: the request or the response. Returns: (transfer full) */
static OhHeaders *
read_headers (OhExchange *exchange, OhJson message, GBytes *body)
{
  g_autoptr (OhHeaders) all = oh_headers_new ();
  OhJson trailers = oh_json_get (message, "_trailers");
  OhHeaders *headers;

  append_headers (all, oh_json_get (message, "headers"));
  if (oh_json_get_kind (trailers) == OH_JSON_ARRAY)
    {
      exchange->oddities |= OH_ODDITY_TRAILERS;
      append_headers (all, trailers);
    }
  if (oh_headers_get_one (all, "content-encoding") == NULL || is_packed (all, body))
    return g_steal_pointer (&all);
  headers = oh_headers_new ();
  for (guint i = 0; i < oh_headers_get_length (all); i++)
    {
      const char *name, *value;

      oh_headers_get_nth (all, i, &name, &value);
      if (g_ascii_strcasecmp (name, "content-encoding") != 0)
        oh_headers_append (headers, name, value);
    }
  return headers;
}

static double
get_number (OhJson value, double fallback)
{
  char digits[64];

  if (oh_json_get_kind (value) != OH_JSON_NUMBER || value.length >= sizeof digits)
    return fallback;
  memcpy (digits, value.text, value.length);
  digits[value.length] = '\0';
  return g_ascii_strtod (digits, NULL);
}

/* "text", in base64 if "encoding" says so. (transfer full) (nullable) */
static GBytes *
read_text (OhJson content)
{
  OhJson text = oh_json_get (content, "text");
  GBytes *bytes;
  gsize length;

  if (oh_json_is (oh_json_get (content, "encoding"), "base64"))
    {
      g_autofree char *base64 = oh_json_dup_string (text);
      guchar *decoded;

      if (base64 == NULL)
        return NULL;
      g_strdelimit (base64, "-", '+');
      g_strdelimit (base64, "_", '/');
      decoded = g_base64_decode (base64, &length);
      return g_bytes_new_take (decoded, length);
    }
  bytes = oh_json_dup_bytes (text);
  if (bytes != NULL && g_bytes_get_size (bytes) > 3 && memcmp (g_bytes_get_data (bytes, &length), "\x1f\xc2\x8b", 3) == 0)
    {
      /* What is gzip was written as if each of its bytes were a character. */
      char *plain = g_convert (g_bytes_get_data (bytes, NULL), (gssize) length, "ISO-8859-1", "UTF-8", NULL, &length, NULL);

      if (plain != NULL)
        {
          g_bytes_unref (bytes);
          bytes = g_bytes_new_take (plain, length);
        }
    }
  return bytes;
}

static gboolean
says (OhJson object, const char *name, const char *word)
{
  g_autofree char *text = oh_json_dup_string (oh_json_get (object, name));

  return text != NULL && strcasestr (text, word) != NULL;
}

/* Whether less than all of a body is in the file. There is no field for that: Firefox and HTTP Toolkit tell it in a comment,
 * Chromium and others leave the text out, and what is kept may be far shorter than "size" says, or be in a file of its own.
 * @size: of the whole, once unpacked; less than 1: not known */
static gboolean
is_missing (OhJson content, GBytes *body, gint64 size, gboolean packed)
{
  static const char *const words[] = { "truncated", "discarded", "not included", "omitted", "too large" };
  const gsize length = body != NULL ? g_bytes_get_size (body) : 0;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (says (content, "comment", words[i]))
      return TRUE;
  if (oh_json_get (content, "_file").length > 0 || oh_json_get (content, "_sha1").length > 0)
    return length == 0;
  return length == 0 ? size > 0 : !packed && (gint64) length < size / 2;
}

static void
append_field (GString *stream, const char *name, OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);
  g_auto (GStrv) lines = text != NULL && *text != '\0' ? g_strsplit (text, "\n", -1) : NULL;

  for (char **line = lines; line != NULL && *line != NULL; line++)
    g_string_append_printf (stream, "%s: %s\n", name, *line);
}

/* "time", in seconds since 1970, as ns after the start; -1 if it is not known. Doubles know it to a microsecond. */
static gint64
get_time (OhJson event, gint64 started_ns)
{
  const double seconds = get_number (oh_json_get (event, "time"), -1);

  return seconds > 0 && seconds < 9e9 ? MAX (-1, (gint64) llround (seconds * 1e6) * OH_NS_PER_US - started_ns) : -1;
}

/* Chrome keeps what an EventSource received not as a body but event by event, with the time of each. Made a stream again.
 * @arrivals: when each came; those of unknown time came with the one before.
 * Returns: (transfer full) (nullable) */
static GBytes *
read_events (OhJson list, gint64 started_ns, GArray *arrivals)
{
  GString *stream = g_string_new (NULL);
  gint64 last_ns = 0;
  OhJsonIter iter;
  OhJson key, event;

  oh_json_iter_init (&iter, list);
  while (oh_json_iter_next (&iter, &key, &event))
    {
      OhArrival arrival = { (gint64) stream->len, MAX (last_ns, get_time (event, started_ns)) };
      OhJson name = oh_json_get (event, "eventName");

      last_ns = arrival.at_ns;
      g_array_append_val (arrivals, arrival);
      if (!oh_json_is (name, "message"))
        append_field (stream, "event", name);
      append_field (stream, "id", oh_json_get (event, "eventId"));
      append_field (stream, "data", oh_json_get (event, "data"));
      g_string_append_c (stream, '\n');
    }
  if (stream->len > 0)
    return g_string_free_to_bytes (stream);
  g_string_free (stream, TRUE);
  return NULL;
}

/* (transfer full) */
static char *
encode_word (OhJson param, const char *name)
{
  g_autofree char *text = oh_json_dup_string (oh_json_get (param, name));

  return g_uri_escape_string (text != NULL ? text : "", NULL, FALSE);
}

/* A form that is only told field by field, as it would have been sent. (transfer full) (nullable) */
static GBytes *
read_params (OhJson params)
{
  GString *form = g_string_new (NULL);
  OhJsonIter iter;
  OhJson param;

  oh_json_iter_init (&iter, params);
  while (oh_json_iter_next (&iter, NULL, &param))
    {
      g_autofree char *name = encode_word (param, "name");
      g_autofree char *value = encode_word (param, "value");

      g_string_append_printf (form, "%s%s=%s", form->len > 0 ? "&" : "", name, value);
    }
  if (form->len > 0)
    return g_string_free_to_bytes (form);
  g_string_free (form, TRUE);
  return NULL;
}

/* The request's body: its text; HTTP Toolkit has bytes elsewhere. (transfer full) (nullable) */
static GBytes *
read_question (OhJson request)
{
  OhJson post = oh_json_get (request, "postData");
  GBytes *body = read_text (post);

  if (body == NULL)
    body = read_text (oh_json_get (request, "_content"));
  if ((body == NULL || g_bytes_get_size (body) == 0) && says (post, "mimeType", "x-www-form-urlencoded"))
    {
      g_clear_pointer (&body, g_bytes_unref);
      body = read_params (oh_json_get (post, "params"));
    }
  return body;
}

static void
read_request (OhTransfer *transfer, OhJson request)
{
  OhExchange *exchange = transfer->exchange;
  OhJson post = oh_json_get (request, "postData");
  GBytes *body = read_question (request);
  const gint64 size = oh_json_get_int (oh_json_get (request, "bodySize"), -1);

  exchange->request_headers = read_headers (exchange, request, body);
  oh_import_set_body (transfer, OH_SIDE_REQUEST, body);
  if (is_missing (post, body, size, FALSE) || (body == NULL && says (request, "_requestBodyStatus", "discarded")))
    oh_import_set_gap (transfer, OH_SIDE_REQUEST, size);
}

void
oh_import_append_message (GString *stream, GArray *arrivals, gboolean sent, gboolean binary, const char *data, gint64 at_ns)
{
  const gint64 before = arrivals->len > 0 ? g_array_index (arrivals, OhArrival, arrivals->len - 1).at_ns : 0;
  OhArrival arrival = { (gint64) stream->len, MAX (before, at_ns) };

  g_array_append_val (arrivals, arrival);
  g_string_append_printf (stream, "event: %s%s\n", sent ? "send" : "receive", binary ? " base64" : "");
  while (data != NULL)
    {
      const gsize length = strcspn (data, "\r\n");

      g_string_append_printf (stream, "data: %.*s\n", (int) length, data);
      data += length;
      data = *data == '\0' ? NULL : data + (g_str_has_prefix (data, "\r\n") ? 2 : 1);
    }
  g_string_append_c (stream, '\n');
}

/* Chromium's form, which others took over; "time" in seconds since 1970. (transfer full) (nullable) */
static GBytes *
read_messages (OhJson list, OhTransfer *transfer)
{
  GString *stream = g_string_new (NULL);
  g_autoptr (GArray) arrivals = g_array_new (FALSE, FALSE, sizeof (OhArrival));
  OhJsonIter iter;
  OhJson message;

  oh_json_iter_init (&iter, list);
  while (oh_json_iter_next (&iter, NULL, &message))
    {
      g_autofree char *data = oh_json_dup_string (oh_json_get (message, "data"));

      oh_import_append_message (stream, arrivals, oh_json_is (oh_json_get (message, "type"), "send"),
                                oh_json_get_int (oh_json_get (message, "opcode"), 1) == 2, data != NULL ? data : "",
                                get_time (message, transfer->exchange->started_ns));
    }
  if (stream->len == 0)
    {
      g_string_free (stream, TRUE);
      return NULL;
    }
  transfer->arrivals[OH_SIDE_RESPONSE] = g_steal_pointer (&arrivals);
  return g_string_free_to_bytes (stream);
}

/* The answer's body: a WebSocket's messages, its text, else its events. */
static GBytes *
read_answer (OhJson entry, OhTransfer *transfer)
{
  OhJson content = oh_json_get_path (entry, "response", "content", NULL);
  GBytes *body = read_messages (oh_json_get (entry, "_webSocketMessages"), transfer);
  g_autoptr (GArray) arrivals = g_array_new (FALSE, FALSE, sizeof (OhArrival));

  if (body == NULL)
    body = read_text (content);
  if (body != NULL && g_bytes_get_size (body) > 0)
    return body;
  g_clear_pointer (&body, g_bytes_unref);
  body = read_events (oh_json_get (entry, "_eventSourceMessages"), transfer->exchange->started_ns, arrivals);
  if (body != NULL)
    transfer->arrivals[OH_SIDE_RESPONSE] = g_steal_pointer (&arrivals);
  return body;
}

/* A phase's length in ns; 0 where it did not happen. */
static gint64
get_phase (OhJson timings, const char *name)
{
  const double ms = get_number (oh_json_get (timings, name), -1);

  return ms > 0 && ms < 1e12 ? (gint64) (ms * (double) OH_NS_PER_MS) : 0;
}

/* @arrivals: (nullable): of the answer, more exact than the phases */
static void
read_timings (OhExchange *exchange, OhJson entry, const GArray *arrivals)
{
  OhJson timings = oh_json_get (entry, "timings");
  OhTimings *to = &exchange->timings;
  gint64 at = get_phase (timings, "blocked") + get_phase (timings, "dns");

  to->reused = get_phase (timings, "connect") == 0;
  if (get_phase (timings, "dns") > 0)
    to->resolved = at;
  if (!to->reused)
    {
      at += get_phase (timings, "connect");
      to->connected = at - get_phase (timings, "ssl");
      if (get_phase (timings, "ssl") > 0)
        to->secured = at;
    }
  at += get_phase (timings, "send");
  to->request_sent = at;
  if (exchange->status != 0)
    {
      at += get_phase (timings, "wait");
      to->response_head = at;
      to->first_byte = at;
      at += get_phase (timings, "receive");
    }
  to->ended = MAX (at, get_phase (entry, "time"));
  if (arrivals != NULL)
    {
      to->first_byte = g_array_index (arrivals, OhArrival, 0).at_ns;
      to->response_head = MIN (to->response_head, to->first_byte);
      to->ended = MAX (to->ended, g_array_index (arrivals, OhArrival, arrivals->len - 1).at_ns);
    }
}

/* What a HAR of ours says beyond the format. */
static void
read_extras (OhTransfer *transfer, OhJson extras)
{
  OhExchange *exchange = transfer->exchange;
  g_autoptr (GArray) arrivals = g_array_new (FALSE, FALSE, sizeof (OhArrival));
  const gint64 length = exchange->response_length;
  OhJsonIter iter;
  OhJson key, pair;

  if (oh_json_is (oh_json_get (extras, "outcome"), "cut"))
    exchange->outcome = OH_OUTCOME_CUT;
  else if (oh_json_is (oh_json_get (extras, "outcome"), "finished"))
    exchange->outcome = OH_OUTCOME_FINISHED;
  if (oh_json_is (oh_json_get (extras, "ended_by"), "client"))
    exchange->ended_by = OH_PARTY_CLIENT;
  else if (oh_json_is (oh_json_get (extras, "ended_by"), "us"))
    exchange->ended_by = OH_PARTY_US;
  exchange->error_code = oh_json_dup_string (oh_json_get (extras, "error_code"));
  if (exchange->error == NULL)
    exchange->error = oh_json_dup_string (oh_json_get (extras, "error"));
  exchange->gaps |= (OhGap) (oh_json_get_int (oh_json_get (extras, "gaps"), 0) & (OH_GAP_REQUEST | OH_GAP_RESPONSE | OH_GAP_LATE));
  oh_json_iter_init (&iter, oh_json_get (extras, "arrivals"));
  while (oh_json_iter_next (&iter, &key, &pair))
    {
      OhArrival arrival = { -1, -1 };
      OhJsonIter members;
      OhJson number;

      oh_json_iter_init (&members, pair);
      if (oh_json_iter_next (&members, &key, &number))
        arrival.offset = oh_json_get_int (number, -1);
      if (oh_json_iter_next (&members, &key, &number))
        arrival.at_ns = oh_json_get_int (number, -1);
      /* They count the wire's bytes, which are not these where a content-encoding was undone. */
      if (arrival.offset < 0 || arrival.offset >= MAX (length, 1) || arrival.at_ns < 0)
        return;
      g_array_append_val (arrivals, arrival);
    }
  if (arrivals->len > 0)
    transfer->arrivals[OH_SIDE_RESPONSE] = g_steal_pointer (&arrivals);
}

/* A mark of a replaced secret stands in our own URLs as %XX, for it is no part of a URI: here it becomes the mark again.
 * (transfer full) */
static char *
dup_url (OhJson request)
{
  g_autofree char *url = oh_json_dup_string (oh_json_get (request, "url"));
  g_autoptr (GString) plain = g_string_new (NULL);
  const char *from = url;
  const char *mark;

  while (from != NULL && (mark = strstr (from, MARK_START)) != NULL)
    {
      const char *end = strstr (mark, MARK_END);
      g_autofree char *said = end != NULL ? g_uri_unescape_segment (mark, end + strlen (MARK_END), NULL) : NULL;

      if (said == NULL)
        break;
      g_string_append_len (plain, from, mark - from);
      g_string_append (plain, said);
      from = end + strlen (MARK_END);
    }
  return url != NULL ? g_string_free (g_string_append (g_steal_pointer (&plain), from), FALSE) : NULL;
}

/* ns since 1970, 0 if it is not told. Times without a zone are taken for UTC. */
static gint64
read_start (OhJson entry)
{
  g_autofree char *date = oh_json_dup_string (oh_json_get (entry, "startedDateTime"));
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) when = NULL;

  /* GLib knows only the capital Z. */
  if (date != NULL)
    when = g_date_time_new_from_iso8601 (g_strdelimit (date, "z", 'Z'), utc);
  /* Years before 1970 are none of ours, nor what nanoseconds cannot say. */
  return when != NULL && oh_clock_from_date_time (when) < G_MAXINT64 ? MAX (oh_clock_from_date_time (when), 0) : 0;
}

/* Chromium, Safari and mitmproxy; Playwright. (transfer full) (nullable) */
static char *
read_trouble (OhJson response)
{
  static const char *const names[] = { "_error", "_failureText", "_errorMessage" };
  char *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names) && (text == NULL || *text == '\0'); i++)
    {
      g_free (text);
      text = oh_json_dup_string (oh_json_get (response, names[i]));
    }
  if (text != NULL && *text == '\0')
    g_clear_pointer (&text, g_free);
  return text;
}

static void
read_response (OhTransfer *transfer, OhJson entry)
{
  OhExchange *exchange = transfer->exchange;
  OhJson response = oh_json_get (entry, "response");
  OhJson content = oh_json_get (response, "content");
  GBytes *body = read_answer (entry, transfer);
  const gint64 size = oh_json_get_int (oh_json_get (content, "size"), -1);
  const gboolean bodiless = g_str_equal (exchange->method, "HEAD") || exchange->status == 304;
  gboolean packed;

  exchange->response_headers = read_headers (exchange, response, body);
  exchange->reason = oh_json_dup_string (oh_json_get (response, "statusText"));
  packed = oh_headers_get_one (exchange->response_headers, "content-encoding") != NULL;
  oh_import_set_body (transfer, OH_SIDE_RESPONSE, body);
  if (!bodiless && transfer->arrivals[OH_SIDE_RESPONSE] == NULL && is_missing (content, body, size, packed))
    oh_import_set_gap (transfer, OH_SIDE_RESPONSE, size);
}

/* (transfer full) (nullable) */
static OhTransfer *
read_entry (OhJson entry)
{
  OhJson request = oh_json_get (entry, "request");
  OhJson response = oh_json_get (entry, "response");
  g_autoptr (OhExchange) exchange = oh_exchange_new ();
  g_autofree char *url = dup_url (request);
  g_autofree char *version = oh_json_dup_string (oh_json_get (request, "httpVersion"));
  g_autofree char *answered = oh_json_dup_string (oh_json_get (response, "httpVersion"));
  /* Chromium's, and ours, "connection" is the server's port. */
  OhJson id = oh_json_get (entry, "_connectionId");
  g_autofree char *connection = oh_json_dup_string (oh_json_get_kind (id) == OH_JSON_STRING ? id : oh_json_get (entry, "connection"));
  OhTransfer *transfer;
  const gint64 status = oh_json_get_int (oh_json_get (response, "status"), 0);
  /* Who says "_error" has none yet, and HTTP Toolkit no time. */
  const gboolean pending = oh_json_get_kind (oh_json_get (response, "_error")) == OH_JSON_NULL || get_phase (entry, "time") == 0;

  if (url == NULL || !oh_import_set_url (exchange, url))
    return NULL;
  exchange->method = oh_json_dup_string (oh_json_get (request, "method"));
  if (exchange->method == NULL)
    return NULL;
  exchange->started_ns = read_start (entry);
  exchange->route = OH_ROUTE_TUNNEL;
  exchange->connection = connection != NULL ? g_ascii_strtoll (connection, NULL, 10) : 0;
  exchange->http_version = oh_import_dup_version (version);
  if (exchange->http_version == NULL)
    exchange->http_version = oh_import_dup_version (answered);
  if (exchange->http_version == NULL)
    exchange->http_version = g_strdup ("1.1");
  transfer = oh_transfer_new (exchange);
  exchange->status = status > 0 && status < 1000 ? (guint) status : 0;
  exchange->error = read_trouble (response);
  read_request (transfer, request);
  if (exchange->status != 0)
    read_response (transfer, entry);
  else
    oh_import_set_body (transfer, OH_SIDE_RESPONSE, NULL);
  if (exchange->error != NULL)
    exchange->outcome = exchange->status != 0 ? OH_OUTCOME_CUT : OH_OUTCOME_FAILED;
  else if (exchange->status != 0)
    exchange->outcome = OH_OUTCOME_FINISHED;
  else
    exchange->outcome = pending ? OH_OUTCOME_PENDING : OH_OUTCOME_FAILED;
  exchange->ended_by =
    exchange->error != NULL && strstr (exchange->error, "ABORTED") != NULL ? OH_PARTY_CLIENT : OH_PARTY_UPSTREAM;
  read_timings (exchange, entry, transfer->arrivals[OH_SIDE_RESPONSE]);
  read_extras (transfer, oh_json_get (entry, "_overhear"));
  return transfer;
}

typedef struct
{
  OhJson entry;
  gint64 started_ns;
} Found;

static gint
compare_starts (gconstpointer a, gconstpointer b)
{
  const gint64 first = ((const Found *) a)->started_ns, second = ((const Found *) b)->started_ns;

  return (first > second) - (first < second);
}

/* @last_ns: (inout): the newest time so far */
static void
add_entry (GArray *found, OhJson entry, gint64 *last_ns)
{
  const gint64 started_ns = read_start (entry);

  /* What has no time stays behind what it follows. */
  if (started_ns > 0)
    *last_ns = started_ns;
  g_array_append_vals (found, &(Found) { entry, *last_ns }, 1);
}

/* Behind the object that begins at @at, or NULL if it does not end. */
static const char *
skip_object (const char *at, const char *end)
{
  gboolean quoted = FALSE;
  guint depth = 0;

  for (; at < end; at++)
    {
      if (quoted && *at == '\\')
        at++;
      else if (*at == '"')
        quoted = !quoted;
      else if (!quoted && *at == '{')
        depth++;
      else if (!quoted && *at == '}' && --depth == 0)
        return at + 1;
    }
  return NULL;
}

static const char *
skip_space (const char *at, const char *end)
{
  while (at < end && (g_ascii_isspace (*at) || *at == ','))
    at++;
  return at;
}

/* Of a file that is no JSON as a whole, for it was cut or holds a NaN: the entries that are. Returns: how many are not. */
static guint
find_sound (const char *data, gsize length, GArray *found)
{
  static const char name[] = "\"entries\"";
  const char *end = data + length;
  const char *at = memmem (data, length, name, strlen (name));
  gint64 last_ns = 0;
  guint broken = 0;

  if (*skip_space (data, end - 1) != '{' || at == NULL)
    return 0;
  at += strlen (name);
  while (at < end && (g_ascii_isspace (*at) || *at == ':' || *at == '['))
    at++;
  while (at < end && *at == '{')
    {
      const char *stop = skip_object (at, end);
      OhJson entry;

      if (stop != NULL && oh_json_parse (at, (gsize) (stop - at), &entry, NULL))
        add_entry (found, entry, &last_ns);
      else
        broken++;
      at = stop != NULL ? skip_space (stop, end) : end;
    }
  return broken;
}

gboolean
oh_import_har (const char *data, gsize length, OhImportFunc func, gpointer user_data)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Found));
  OhJson root, entries, key, entry;
  OhJsonIter iter;
  gboolean ours = FALSE, more = TRUE;
  gint64 last_ns = 0;
  guint broken = 0;

  if (length == 0)
    return FALSE;
  if (oh_json_parse (data, length, &root, NULL))
    {
      entries = oh_json_get_path (root, "log", "entries", NULL);
      if (oh_json_get_kind (entries) != OH_JSON_ARRAY)
        return FALSE;
      ours = oh_json_is (oh_json_get_path (root, "log", "creator", "name", NULL), "Overhear");
      oh_json_iter_init (&iter, entries);
      while (oh_json_iter_next (&iter, &key, &entry))
        add_entry (found, entry, &last_ns);
    }
  else
    {
      broken = find_sound (data, length, found);
      if (found->len == 0)
        return FALSE;
    }
  /* Which call continues which is found out in the order of time, and not every program writes in it. */
  g_array_sort (found, compare_starts);
  for (guint i = 0; i < found->len && more; i++)
    more = func (read_entry (g_array_index (found, Found, i).entry), ours, length / found->len * (i + 1), user_data);
  while (more && broken-- > 0)
    more = func (NULL, FALSE, length, user_data);
  return TRUE;
}
