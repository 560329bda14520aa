/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-smello-private.h"

#include "oh-clock.h"
#include "oh-json-scan.h"
#include "oh-json-write.h"

#include <string.h>

#define PREFIX "/api/capture/"
/* Its clock has whole seconds for HTTP: what was told so soon after ended when it was told. */
#define SOON_NS (5 * OH_NS_PER_S)

typedef struct
{
  const char *name; /* of the path */
  const char *kind; /* OhFacts.operation; NULL: an exchange of HTTP */
} Kind;

static const Kind kinds[] = {
  { "http", NULL }, { "http_incoming", "incoming" }, { "log", "log" }, { "exception", "exception" }, { "test", "test" },
};

static const Kind *
find_kind (const char *path)
{
  /* As clients before 0.9 say it. */
  if (g_strcmp0 (path, "/api/capture") == 0)
    return &kinds[0];
  for (guint i = 0; path != NULL && g_str_has_prefix (path, PREFIX) && i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (path + strlen (PREFIX), kinds[i].name) == 0)
      return &kinds[i];
  return NULL;
}

gboolean
oh_smello_knows (const char *path)
{
  return find_kind (path) != NULL;
}

/* --- times --- */

/* When it ended, in ns since 1970. */
static gint64
read_end (OhJson event)
{
  g_autofree char *text = oh_json_dup_string (oh_json_get (event, "timestamp"));
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) at = text != NULL ? g_date_time_new_from_iso8601 (text, utc) : NULL;
  const gint64 now_ns = oh_clock_wall_ns ();
  gint64 at_ns;

  if (at == NULL)
    return now_ns;
  /* Nanoseconds since 1970 end in 2262. */
  at_ns = CLAMP (g_date_time_to_unix (at), 0, G_MAXINT64 / OH_NS_PER_S - 1) * OH_NS_PER_S
          + g_date_time_get_microsecond (at) * OH_NS_PER_US;
  return strchr (text, '.') == NULL && now_ns - at_ns >= 0 && now_ns - at_ns < SOON_NS ? now_ns : at_ns;
}

static gint64
read_length (OhJson value)
{
  return CLAMP (oh_json_get_int (value, 0), 0, G_MAXINT32) * OH_NS_PER_MS;
}

/* --- what is told --- */

static char *
dup_or (OhJson value, const char *otherwise)
{
  char *text = oh_json_dup_string (value);

  if (text == NULL || *text == '\0')
    {
      g_free (text);
      text = g_strdup (otherwise);
    }
  return text;
}

/* The event as it is kept: what kind it is, its tags and its own members as they came. */
static GString *
write_event (const Kind *kind, OhJson event)
{
  static const char *const members[] = { "app",     "session",  "duration_ms", "data",     "request",
                                         "response", "error",    "meta",        "hierarchy" };
  GString *out = g_string_new (NULL);

  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "kind", kind->kind);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      OhJson value = oh_json_get (event, members[i]);

      if (value.length == 0)
        continue;
      oh_json_write_name (out, members[i]);
      g_string_append_len (out, value.text, (gssize) value.length);
    }
  oh_json_write_close (out, '}');
  return out;
}

static OhHeaders *
read_headers (OhJson object)
{
  OhHeaders *headers = oh_headers_new ();
  OhJson name, value;
  OhJsonIter iter;

  oh_json_iter_init (&iter, object);
  while (oh_json_get_kind (object) == OH_JSON_OBJECT && oh_json_iter_next (&iter, &name, &value))
    {
      g_autofree char *field = oh_json_dup_string (name);
      g_autofree char *text = oh_json_dup_string (value);

      /* What it gives of a body has no encoding any more. */
      if (field != NULL && text != NULL && g_ascii_strcasecmp (field, "content-encoding") != 0)
        oh_headers_append (headers, field, text);
    }
  return headers;
}

static GBytes *
read_body (OhJson message)
{
  char *text = oh_json_dup_string (oh_json_get (message, "body"));

  /* It keeps text only. */
  if (text != NULL && g_str_has_prefix (text, "[binary: "))
    g_clear_pointer (&text, g_free);
  return text != NULL ? g_bytes_new_take (text, strlen (text)) : NULL;
}

/* A request and its answer: as it would have been seen on the wire. Returns: FALSE if it has no address. */
static gboolean
read_http (OhJson event, gboolean incoming, OhTold *told)
{
  OhJson request = oh_json_get (event, "request"), response = oh_json_get (event, "response");
  OhJson error = oh_json_get (event, "error");
  g_autofree char *url = oh_json_dup_string (oh_json_get (request, "url"));
  g_autofree char *method = dup_or (oh_json_get (request, "method"), "GET");
  g_autofree char *query = NULL, *scheme = NULL, *host = NULL, *path = NULL;
  OhExchange *exchange;
  int port = -1;

  if (url == NULL || !g_uri_split (url, G_URI_FLAGS_ENCODED, &scheme, NULL, &host, &port, &path, &query, NULL, NULL) ||
      host == NULL)
    return FALSE;
  exchange = told->exchange = oh_exchange_new ();
  exchange->method = g_strdup (method);
  exchange->scheme = incoming ? g_strdup ("incoming") : g_ascii_strdown (scheme != NULL ? scheme : "http", -1);
  exchange->host = g_ascii_strdown (host, -1);
  exchange->port = port > 0 ? (guint) port : strcmp (exchange->scheme, "https") == 0 ? 443 : 80;
  exchange->target = g_strconcat (*path != '\0' ? path : "/", query != NULL ? "?" : "", query, NULL);
  exchange->http_version = g_strdup ("");
  exchange->status = (guint) CLAMP (oh_json_get_int (oh_json_get (response, "status_code"), 0), 0, 999);
  exchange->request_length = MAX (oh_json_get_int (oh_json_get (request, "body_size"), 0), 0);
  told->error = oh_json_dup_string (oh_json_get (error, "message"));
  told->failed = exchange->status == 0;
  if (incoming)
    return TRUE;
  exchange->request_headers = read_headers (oh_json_get (request, "headers"));
  exchange->response_headers = exchange->status != 0 ? read_headers (oh_json_get (response, "headers")) : NULL;
  told->request = read_body (request);
  told->response = read_body (response);
  return TRUE;
}

static void
read_log (OhJson event, OhTold *told)
{
  OhJson data = oh_json_get (event, "data");
  g_autofree char *level = dup_or (oh_json_get (data, "level"), "INFO");

  told->method = g_ascii_strup (level, -1);
  told->service = dup_or (oh_json_get (data, "logger_name"), "root");
  told->name = oh_json_dup_string (oh_json_get (data, "message"));
}

static void
read_exception (OhJson event, OhTold *told)
{
  OhJson data = oh_json_get (event, "data");
  g_autofree char *type = dup_or (oh_json_get (data, "exc_type"), "Exception");
  g_autofree char *value = dup_or (oh_json_get (data, "exc_value"), "");

  told->method = g_strdup ("EXCEPTION");
  told->service = dup_or (oh_json_get (event, "app"), "program");
  told->name = g_strdup_printf (*value != '\0' ? "%s: %s" : "%s", type, value);
  told->failed = TRUE;
  told->error = g_strdup (told->name);
}

static void
read_test (OhJson event, OhTold *told)
{
  OhJson data = oh_json_get (event, "data");
  OhJson status = oh_json_get (data, "status");

  told->method = g_strdup ("TEST");
  told->service = dup_or (oh_json_get (data, "framework"), "test");
  told->name = oh_json_dup_string (oh_json_get (data, "test_id"));
  told->failed = oh_json_is (status, "failed") || oh_json_is (status, "error");
}

gboolean
oh_smello_read (const char *path, const char *text, gsize length, OhToldFunc func, gpointer func_data, char **problem)
{
  const Kind *kind = find_kind (path);
  g_auto (OhTold) told = { 0 };
  OhJson event;

  g_return_val_if_fail (kind != NULL, FALSE);
  if (!oh_json_parse (text, length, &event, problem))
    return FALSE;
  if (oh_json_get_kind (event) != OH_JSON_OBJECT)
    {
      *problem = g_strdup ("an object was expected");
      return FALSE;
    }
  told.ended_ns = read_end (event);
  told.started_ns = told.ended_ns - read_length (oh_json_get (event, "duration_ms"));
  if (kind->kind == NULL || strcmp (kind->kind, "incoming") == 0)
    {
      if (!read_http (event, kind->kind != NULL, &told))
        {
          *problem = g_strdup ("it has no request.url");
          return FALSE;
        }
    }
  else if (strcmp (kind->kind, "log") == 0)
    read_log (event, &told);
  else if (strcmp (kind->kind, "exception") == 0)
    read_exception (event, &told);
  else
    read_test (event, &told);
  if (kind->kind != NULL)
    told.json = write_event (kind, event);
  func (&told, func_data);
  return TRUE;
}
