/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON Lines of oh-export-lines.c. */
#include "config.h"
#include "oh-import-private.h"

#include <string.h>

static char *
get_string (OhJson object, const char *name)
{
  return oh_json_dup_string (oh_json_get (object, name));
}

static gint64
get_int (OhJson object, const char *name, gint64 fallback)
{
  return oh_json_get_int (oh_json_get (object, name), fallback);
}

static char *
get_wire_text (OhJson object, const char *name)
{
  g_autofree char *latin1 = g_strconcat (name, "_latin1", NULL);
  char *text = get_string (object, name);

  return oh_json_get_boolean (oh_json_get (object, latin1)) ? oh_import_take_latin1 (text) : text;
}

static gboolean
has_number (OhJson list, gint64 number)
{
  OhJsonIter iter;
  OhJson value;

  oh_json_iter_init (&iter, list);
  while (oh_json_iter_next (&iter, NULL, &value))
    if (oh_json_get_int (value, -1) == number)
      return TRUE;
  return FALSE;
}

/* (transfer full) */
static OhHeaders *
read_headers (OhJson side)
{
  const OhJson list = oh_json_get (side, "headers");
  const OhJson latin1 = oh_json_get (side, "headers_latin1");
  gint64 place = 0;
  OhHeaders *headers = oh_headers_new ();
  OhJsonIter iter;
  OhJson key, field;

  oh_json_iter_init (&iter, list);
  while (oh_json_iter_next (&iter, &key, &field))
    {
      g_autofree char *name = NULL;
      g_autofree char *value = NULL;
      OhJsonIter pair;
      OhJson part;

      oh_json_iter_init (&pair, field);
      if (oh_json_iter_next (&pair, &key, &part))
        name = oh_json_dup_string (part);
      if (oh_json_iter_next (&pair, &key, &part))
        value = oh_json_dup_string (part);
      if (has_number (latin1, place++))
        {
          name = oh_import_take_latin1 (g_steal_pointer (&name));
          value = oh_import_take_latin1 (g_steal_pointer (&value));
        }
      if (name != NULL && value != NULL)
        oh_headers_append (headers, name, value);
    }
  return headers;
}

/* (transfer full) (nullable) */
static GArray *
read_arrivals (OhJson list)
{
  GArray *arrivals;
  OhJsonIter iter;
  OhJson key, pair;

  if (oh_json_get_kind (list) != OH_JSON_ARRAY)
    return NULL;
  arrivals = g_array_new (FALSE, FALSE, sizeof (OhArrival));
  oh_json_iter_init (&iter, list);
  while (oh_json_iter_next (&iter, &key, &pair))
    {
      OhArrival arrival = { 0, 0 };
      OhJsonIter numbers;
      OhJson number;

      oh_json_iter_init (&numbers, pair);
      if (oh_json_iter_next (&numbers, &key, &number))
        arrival.offset = oh_json_get_int (number, 0);
      if (oh_json_iter_next (&numbers, &key, &number))
        arrival.at_ns = oh_json_get_int (number, 0);
      g_array_append_val (arrivals, arrival);
    }
  return arrivals;
}

static void
read_side (OhTransfer *transfer, OhSide side, OhJson object)
{
  OhJson text = oh_json_get (object, "body");
  g_autofree char *base64 = get_string (object, "body_base64");
  const gint64 length = MIN (get_int (object, "length", 0), OH_IMPORT_LENGTH_MAX);
  GBytes *bytes = NULL;

  transfer->arrivals[side] = read_arrivals (oh_json_get (object, "arrivals"));
  if (base64 != NULL)
    {
      gsize size;
      guchar *decoded = g_base64_decode (base64, &size);

      bytes = g_bytes_new_take (decoded, size);
    }
  else if (oh_json_get_kind (text) == OH_JSON_STRING)
    {
      GString *string = g_string_new (NULL);

      oh_json_append_string (text, string);
      bytes = g_string_free_to_bytes (string);
    }
  oh_import_set_body (transfer, side, bytes);
  /* More went over the wire than was kept. */
  if (side == OH_SIDE_REQUEST)
    transfer->exchange->request_length = MAX (transfer->exchange->request_length, length);
  else
    transfer->exchange->response_length = MAX (transfer->exchange->response_length, length);
}

static guint
read_name (OhJson line, const char *member, const char *(*to_string) (guint value), guint last)
{
  OhJson value = oh_json_get (line, member);

  for (guint i = 0; i <= last; i++)
    if (oh_json_is (value, to_string (i)))
      return i;
  return 0;
}

static const char *
route_name (guint value)
{
  return oh_route_to_string ((OhRoute) value);
}

static const char *
outcome_name (guint value)
{
  return oh_outcome_to_string ((OhOutcome) value);
}

static const char *
party_name (guint value)
{
  return oh_party_to_string ((OhParty) value);
}

/* (transfer full) (nullable) */
static OhProgram *
read_program (OhJson object)
{
  g_autofree char *name = get_string (object, "name");
  OhProgram *program;

  if (name == NULL)
    return NULL;
  program = oh_program_new ();
  program->name = g_steal_pointer (&name);
  program->desktop = get_string (object, "desktop");
  program->executable = get_string (object, "executable");
  program->command = get_string (object, "command");
  program->pid = get_int (object, "pid", 0);
  program->started_ns = get_int (object, "started_ns", 0);
  return program;
}

/* (transfer full) (nullable) */
static OhTransfer *
read_exchange (OhJson line)
{
  g_autoptr (OhExchange) exchange = oh_exchange_new ();
  OhJson timings = oh_json_get (line, "timings");
  OhJson request = oh_json_get (line, "request");
  OhJson response = oh_json_get (line, "response");
  OhTransfer *transfer;

  exchange->connection = get_int (line, "connection", 0);
  exchange->started_ns = get_int (line, "started_ns", 0);
  exchange->route = (OhRoute) read_name (line, "route", route_name, OH_ROUTE_TOLD);
  exchange->method = get_string (line, "method");
  exchange->scheme = get_string (line, "scheme");
  exchange->host = get_string (line, "host");
  exchange->port = (guint) get_int (line, "port", 0) & G_MAXUINT16;
  exchange->target = get_wire_text (line, "target");
  exchange->http_version = get_string (line, "http_version");
  exchange->upstream = get_string (line, "upstream");
  exchange->program = read_program (oh_json_get (line, "program"));
  exchange->outcome = (OhOutcome) read_name (line, "outcome", outcome_name, OH_OUTCOME_CUT);
  exchange->ended_by = (OhParty) read_name (line, "ended_by", party_name, OH_PARTY_US);
  exchange->error_code = get_string (line, "error_code");
  exchange->error = get_string (line, "error");
  exchange->gaps = (OhGap) (get_int (line, "gaps", 0) & (OH_GAP_REQUEST | OH_GAP_RESPONSE | OH_GAP_LATE));
  exchange->timings.resolved = get_int (timings, "resolved_ns", -1);
  exchange->timings.connected = get_int (timings, "connected_ns", -1);
  exchange->timings.secured = get_int (timings, "secured_ns", -1);
  exchange->timings.request_sent = get_int (timings, "request_sent_ns", -1);
  exchange->timings.response_head = get_int (timings, "response_head_ns", -1);
  exchange->timings.first_byte = get_int (timings, "first_byte_ns", -1);
  exchange->timings.ended = get_int (timings, "ended_ns", -1);
  exchange->timings.reused = oh_json_get_boolean (oh_json_get (timings, "reused"));
  if (exchange->host == NULL)
    return NULL;
  exchange->request_headers = read_headers (request);
  if (oh_json_get_kind (response) == OH_JSON_OBJECT)
    {
      const gint64 status = get_int (response, "status", 0);

      exchange->status = status > 0 && status < 1000 ? (guint) status : 0;
      exchange->reason = get_wire_text (response, "reason");
      exchange->response_headers = read_headers (response);
    }
  transfer = oh_transfer_new (exchange);
  read_side (transfer, OH_SIDE_REQUEST, request);
  read_side (transfer, OH_SIDE_RESPONSE, response);
  return transfer;
}

static gboolean
is_blank (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isspace (text[i]))
      return FALSE;
  return TRUE;
}

typedef struct
{
  OhJson line;
  gint64 started_ns;
} Found;

static gint
compare_starts (gconstpointer a, gconstpointer b)
{
  const gint64 first = ((const Found *) a)->started_ns, second = ((const Found *) b)->started_ns;

  return (first > second) - (first < second);
}

gboolean
oh_import_lines (const char *data, gsize length, OhImportFunc func, gpointer user_data)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Found));
  const char *end = data + length;
  gboolean first = TRUE, more = TRUE;
  gint64 last_ns = 0;
  guint broken = 0;

  for (const char *at = data; at < end;)
    {
      const char *newline = memchr (at, '\n', (gsize) (end - at));
      const gsize size = (gsize) ((newline != NULL ? newline : end) - at);
      const gboolean blank = is_blank (at, size);
      Found entry;
      const gboolean sound = !blank && oh_json_parse (at, size, &entry.line, NULL);

      at += size + 1;
      if (blank)
        continue;
      if (first && !(sound && oh_json_is (oh_json_get (entry.line, "type"), "overhear")))
        return FALSE;
      first = FALSE;
      if (!sound)
        broken++;
      else if (oh_json_is (oh_json_get (entry.line, "type"), "exchange"))
        {
          /* What says no time stays behind what it follows. */
          last_ns = entry.started_ns = get_int (entry.line, "started_ns", last_ns);
          g_array_append_val (found, entry);
        }
    }
  /* Which call continues which is found out in the order of time; a file has the order in which its calls were named. */
  g_array_sort (found, compare_starts);
  for (guint i = 0; i < found->len && more; i++)
    more = func (read_exchange (g_array_index (found, Found, i).line), TRUE, length / found->len * (i + 1), user_data);
  while (more && broken-- > 0)
    more = func (NULL, TRUE, length, user_data);
  return !first;
}
