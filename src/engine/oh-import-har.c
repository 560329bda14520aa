/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-import-private.h"

#include "oh-clock.h"

#include <string.h>

#define MARK_START "%3Credacted%20"
#define MARK_END "%3E"

gboolean
oh_import_set_url (OhExchange *exchange, const char *url)
{
  const char *authority, *path;
  g_autofree char *host = NULL;
  char *colon;

  if (g_str_has_prefix (url, "https://"))
    exchange->scheme = g_strdup ("https");
  else if (g_str_has_prefix (url, "http://"))
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
    transfer->exchange->request_length = length;
  else
    transfer->exchange->response_length = length;
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

/* HAR's bodies come without their content-encoding, so that field would be wrong; some programs leave them packed.
 * @body: (nullable). Returns: (transfer full) */
static OhHeaders *
read_headers (OhJson list, GBytes *body)
{
  OhHeaders *headers = oh_headers_new ();
  gsize length = 0;
  const char *data = body != NULL ? g_bytes_get_data (body, &length) : NULL;
  const gboolean packed = (length >= 2 && memcmp (data, "\x1f\x8b", 2) == 0) ||
                          (length >= 4 && memcmp (data, "\x28\xb5\x2f\xfd", 4) == 0);
  OhJsonIter iter;
  OhJson key, field;

  oh_json_iter_init (&iter, list);
  while (oh_json_iter_next (&iter, &key, &field))
    {
      g_autofree char *name = NULL;
      g_autofree char *value = NULL;
      OhJsonIter pair;
      OhJson part;

      if (oh_json_get_kind (list) == OH_JSON_OBJECT)
        {
          name = oh_json_dup_string (key);
          value = oh_json_dup_string (field);
        }
      else if (oh_json_get_kind (field) == OH_JSON_ARRAY)
        {
          oh_json_iter_init (&pair, field);
          if (oh_json_iter_next (&pair, &key, &part))
            name = oh_json_dup_string (part);
          if (oh_json_iter_next (&pair, &key, &part))
            value = oh_json_dup_string (part);
        }
      else
        {
          name = oh_json_dup_string (oh_json_get (field, "name"));
          value = oh_json_dup_string (oh_json_get (field, "value"));
        }
      if (packed || name == NULL || g_ascii_strcasecmp (name, "content-encoding") != 0)
        oh_import_append_header (headers, name, value);
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

  if (oh_json_is (oh_json_get (content, "encoding"), "base64"))
    {
      g_autofree char *base64 = oh_json_dup_string (text);
      gsize length;
      guchar *bytes = base64 != NULL ? g_base64_decode (base64, &length) : NULL;

      return bytes != NULL ? g_bytes_new_take (bytes, length) : NULL;
    }
  return oh_json_dup_bytes (text);
}

static void
append_field (GString *stream, const char *name, OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);
  g_auto (GStrv) lines = text != NULL && *text != '\0' ? g_strsplit (text, "\n", -1) : NULL;

  for (char **line = lines; line != NULL && *line != NULL; line++)
    g_string_append_printf (stream, "%s: %s\n", name, *line);
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
      const double at_ns = get_number (oh_json_get (event, "time"), -1) * (double) OH_NS_PER_S - (double) started_ns;
      OhArrival arrival = { (gint64) stream->len, at_ns > 0 && at_ns < 1e18 ? MAX (last_ns, (gint64) at_ns) : last_ns };
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

/* The answer's body: its text, else its events. */
static GBytes *
read_answer (OhJson entry, OhTransfer *transfer)
{
  GBytes *body = read_text (oh_json_get_path (entry, "response", "content", NULL));
  g_autoptr (GArray) arrivals = g_array_new (FALSE, FALSE, sizeof (OhArrival));

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
  if (oh_json_is (oh_json_get (extras, "ended_by"), "client"))
    exchange->ended_by = OH_PARTY_CLIENT;
  else if (oh_json_is (oh_json_get (extras, "ended_by"), "us"))
    exchange->ended_by = OH_PARTY_US;
  exchange->error_code = oh_json_dup_string (oh_json_get (extras, "error_code"));
  if (exchange->error == NULL)
    exchange->error = oh_json_dup_string (oh_json_get (extras, "error"));
  exchange->gaps = (OhGap) (oh_json_get_int (oh_json_get (extras, "gaps"), 0) & (OH_GAP_REQUEST | OH_GAP_RESPONSE | OH_GAP_LATE));
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

/* (transfer full) (nullable) */
static OhTransfer *
read_entry (OhJson entry)
{
  OhJson request = oh_json_get (entry, "request");
  OhJson response = oh_json_get (entry, "response");
  g_autoptr (OhExchange) exchange = oh_exchange_new ();
  g_autofree char *url = dup_url (request);
  g_autofree char *date = oh_json_dup_string (oh_json_get (entry, "startedDateTime"));
  g_autofree char *version = oh_json_dup_string (oh_json_get (request, "httpVersion"));
  /* Chromium's, and ours, "connection" is the server's port. */
  OhJson id = oh_json_get (entry, "_connectionId");
  g_autofree char *connection = oh_json_dup_string (oh_json_get_kind (id) == OH_JSON_STRING ? id : oh_json_get (entry, "connection"));
  g_autoptr (GDateTime) when = NULL;
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  GBytes *body;
  OhTransfer *transfer;
  const gint64 status = oh_json_get_int (oh_json_get (response, "status"), 0);

  if (url == NULL || !oh_import_set_url (exchange, url))
    return NULL;
  exchange->method = oh_json_dup_string (oh_json_get (request, "method"));
  if (exchange->method == NULL)
    return NULL;
  /* GLib knows only the capital Z. */
  if (date != NULL)
    g_strdelimit (date, "z", 'Z');
  when = date != NULL ? g_date_time_new_from_iso8601 (date, utc) : NULL;
  /* Years before 1970 are none of ours, nor what nanoseconds cannot say. */
  if (when != NULL && oh_clock_from_date_time (when) > 0 && oh_clock_from_date_time (when) < G_MAXINT64)
    exchange->started_ns = oh_clock_from_date_time (when);
  exchange->route = OH_ROUTE_TUNNEL;
  exchange->connection = connection != NULL ? g_ascii_strtoll (connection, NULL, 10) : 0;
  exchange->http_version =
    g_strdup (version != NULL && g_ascii_strncasecmp (version, "http/", 5) == 0 && version[5] != '\0' ? version + 5 : "1.1");
  transfer = oh_transfer_new (exchange);
  body = read_text (oh_json_get (request, "postData"));
  exchange->request_headers = read_headers (oh_json_get (request, "headers"), body);
  oh_import_set_body (transfer, OH_SIDE_REQUEST, body);
  exchange->status = status > 0 && status < 1000 ? (guint) status : 0;
  body = exchange->status != 0 ? read_answer (entry, transfer) : NULL;
  if (exchange->status != 0)
    {
      exchange->response_headers = read_headers (oh_json_get (response, "headers"), body);
      exchange->reason = oh_json_dup_string (oh_json_get (response, "statusText"));
    }
  oh_import_set_body (transfer, OH_SIDE_RESPONSE, body);
  exchange->outcome = exchange->status != 0 ? OH_OUTCOME_FINISHED : OH_OUTCOME_FAILED;
  exchange->ended_by = OH_PARTY_UPSTREAM;
  exchange->error = oh_json_dup_string (oh_json_get (response, "_error"));
  read_timings (exchange, entry, transfer->arrivals[OH_SIDE_RESPONSE]);
  read_extras (transfer, oh_json_get (entry, "_overhear"));
  return transfer;
}

gboolean
oh_import_har (const char *data, gsize length, OhImportFunc func, gpointer user_data)
{
  OhJson root, entries, key, entry;
  OhJsonIter iter;
  gboolean ours;

  if (length == 0 || !oh_json_parse (data, length, &root, NULL))
    return FALSE;
  entries = oh_json_get_path (root, "log", "entries", NULL);
  if (oh_json_get_kind (entries) != OH_JSON_ARRAY)
    return FALSE;
  ours = oh_json_is (oh_json_get_path (root, "log", "creator", "name", NULL), "Overhear");
  oh_json_iter_init (&iter, entries);
  while (oh_json_iter_next (&iter, &key, &entry))
    if (!func (read_entry (entry), ours, (gsize) (entry.text - data), user_data))
      break;
  return TRUE;
}
