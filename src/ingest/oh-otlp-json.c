/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-otlp-private.h"

#include "oh-json-scan.h"
#include "oh-json-write.h"

#include <stdlib.h>
#include <string.h>

/* --- values --- */

/* 64-bit integers come as strings or as numbers. */
static gint64
read_int (OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);

  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : oh_json_get_int (value, 0);
}

/* Hex of either case. (transfer full) (nullable) */
static char *
read_id (OhJson value, gsize size)
{
  g_autofree char *text = oh_json_dup_string (value);
  guint8 bytes[16];

  g_assert (size <= sizeof bytes);
  if (text == NULL || strlen (text) != 2 * size || strspn (text, "0123456789abcdefABCDEF") != 2 * size)
    return NULL;
  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (text[2 * i]) << 4 | g_ascii_xdigit_value (text[2 * i + 1]));
  return oh_told_make_id (bytes, size, size);
}

static void
write_string (GString *out, const char *name, OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);

  if (name != NULL)
    oh_json_write_name (out, name);
  oh_json_quote (out, text != NULL ? text : "", -1);
}

static void write_value (GString *out, OhJson value, guint depth);

/* [{"key", "value"}] as an object. */
static void
write_pairs (GString *out, OhJson pairs, guint depth)
{
  gboolean first = TRUE;
  OhJsonIter iter;
  OhJson pair;

  g_string_append_c (out, '{');
  oh_json_iter_init (&iter, pairs);
  while (oh_json_get_kind (pairs) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &pair))
    {
      if (oh_json_get_kind (oh_json_get (pair, "key")) != OH_JSON_STRING)
        continue;
      if (!first)
        g_string_append_c (out, ',');
      first = FALSE;
      write_string (out, NULL, oh_json_get (pair, "key"));
      g_string_append_c (out, ':');
      write_value (out, oh_json_get (pair, "value"), depth);
    }
  g_string_append_c (out, '}');
}

static void
write_array (GString *out, OhJson values, guint depth)
{
  gboolean first = TRUE;
  OhJsonIter iter;
  OhJson value;

  g_string_append_c (out, '[');
  oh_json_iter_init (&iter, values);
  while (oh_json_get_kind (values) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &value))
    {
      if (!first)
        g_string_append_c (out, ',');
      first = FALSE;
      write_value (out, value, depth);
    }
  g_string_append_c (out, ']');
}

/* {"stringValue": …} and its like: the first member says what it is. */
static void
write_value (GString *out, OhJson value, guint depth)
{
  OhJson name = { 0 }, inner = { 0 };
  OhJsonIter iter;

  oh_json_iter_init (&iter, value);
  if (depth < OH_OTLP_DEPTH_MAX && oh_json_get_kind (value) == OH_JSON_OBJECT)
    oh_json_iter_next (&iter, &name, &inner);
  if (oh_json_is (name, "arrayValue"))
    write_array (out, oh_json_get (inner, "values"), depth + 1);
  else if (oh_json_is (name, "kvlistValue"))
    write_pairs (out, oh_json_get (inner, "values"), depth + 1);
  else if (oh_json_is (name, "intValue"))
    g_string_append_printf (out, "%" G_GINT64_FORMAT, read_int (inner));
  else if (oh_json_is (name, "boolValue"))
    g_string_append (out, oh_json_get_boolean (inner) ? "true" : "false");
  else if (oh_json_is (name, "doubleValue") && oh_json_get_kind (inner) == OH_JSON_NUMBER)
    g_string_append_len (out, inner.text, (gssize) inner.length);
  else if ((oh_json_is (name, "stringValue") || oh_json_is (name, "bytesValue")) &&
           oh_json_get_kind (inner) == OH_JSON_STRING)
    g_string_append_len (out, inner.text, (gssize) inner.length);
  else
    g_string_append (out, "null");
}

static void
write_attributes (GString *out, OhJson attributes)
{
  oh_json_write_name (out, "attributes");
  write_pairs (out, attributes, 0);
}

/* --- spans --- */

static void
write_events (GString *out, OhJson events)
{
  OhJsonIter iter;
  OhJson event;

  oh_json_write_open (out, "events", '[');
  oh_json_iter_init (&iter, events);
  while (oh_json_get_kind (events) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &event))
    {
      oh_json_write_open (out, NULL, '{');
      oh_json_write_int (out, "timeUnixNano", read_int (oh_json_get (event, "timeUnixNano")));
      write_string (out, "name", oh_json_get (event, "name"));
      write_attributes (out, oh_json_get (event, "attributes"));
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

static void
write_links (GString *out, OhJson links)
{
  OhJsonIter iter;
  OhJson link;

  oh_json_write_open (out, "links", '[');
  oh_json_iter_init (&iter, links);
  while (oh_json_get_kind (links) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &link))
    {
      g_autofree char *trace_id = read_id (oh_json_get (link, "traceId"), 16);
      g_autofree char *span_id = read_id (oh_json_get (link, "spanId"), 8);

      oh_json_write_open (out, NULL, '{');
      if (trace_id != NULL)
        oh_json_write_text (out, "traceId", trace_id);
      if (span_id != NULL)
        oh_json_write_text (out, "spanId", span_id);
      write_attributes (out, oh_json_get (link, "attributes"));
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

/* What is common to the spans of a scope. */
typedef struct
{
  char *service;
  char *scope;
  char *resource; /* JSON */
  GString *head;  /* the members before the span's own */
} Around;

static void
tell_span (const Around *around, OhJson span, OhToldFunc func, gpointer func_data, OhOtlpCount *count)
{
  OhJson status = oh_json_get (span, "status");
  g_autofree char *parent = read_id (oh_json_get (span, "parentSpanId"), 8);
  g_auto (OhTold) told = { 0 };
  GString *out;

  told.trace_id = read_id (oh_json_get (span, "traceId"), 16);
  told.span_id = read_id (oh_json_get (span, "spanId"), 8);
  if (told.trace_id == NULL || told.span_id == NULL)
    {
      oh_otlp_reject (count, "a span has no valid trace id and span id: in JSON these are hex");
      return;
    }
  told.name = oh_json_dup_string (oh_json_get (span, "name"));
  told.service = g_strdup (around->service);
  told.started_ns = read_int (oh_json_get (span, "startTimeUnixNano"));
  told.ended_ns = read_int (oh_json_get (span, "endTimeUnixNano"));
  told.failed = oh_json_get_int (oh_json_get (status, "code"), 0) == 2;
  told.error = told.failed ? oh_json_dup_string (oh_json_get (status, "message")) : NULL;
  told.json = out = g_string_new_len (around->head->str, (gssize) around->head->len);
  oh_json_write_text (out, "traceId", told.trace_id);
  oh_json_write_text (out, "spanId", told.span_id);
  if (parent != NULL)
    oh_json_write_text (out, "parentSpanId", parent);
  write_string (out, "name", oh_json_get (span, "name"));
  oh_json_write_int (out, "kind", oh_json_get_int (oh_json_get (span, "kind"), 0));
  oh_json_write_int (out, "startTimeUnixNano", told.started_ns);
  oh_json_write_int (out, "endTimeUnixNano", told.ended_ns);
  write_attributes (out, oh_json_get (span, "attributes"));
  write_events (out, oh_json_get (span, "events"));
  write_links (out, oh_json_get (span, "links"));
  oh_json_write_open (out, "status", '{');
  oh_json_write_int (out, "code", oh_json_get_int (oh_json_get (status, "code"), 0));
  if (told.error != NULL)
    oh_json_write_text (out, "message", told.error);
  oh_json_write_close (out, '}');
  oh_json_write_close (out, '}');
  count->taken++;
  oh_told_take_message (&told);
  func (&told, func_data);
}

static void
tell_log (const Around *around, OhJson record, OhToldFunc func, gpointer func_data, OhOtlpCount *count)
{
  g_auto (OhOtlpLog) log = {
    .time_ns = read_int (oh_json_get (record, "timeUnixNano")),
    .number = oh_json_get_int (oh_json_get (record, "severityNumber"), 0),
    .severity = oh_json_dup_string (oh_json_get (record, "severityText")),
    .name = oh_json_dup_string (oh_json_get (record, "eventName")),
    .scope = g_strdup (around->scope),
    .service = g_strdup (around->service),
    .trace_id = read_id (oh_json_get (record, "traceId"), 16),
    .span_id = read_id (oh_json_get (record, "spanId"), 8),
    .attributes = g_string_new (NULL),
    .body = g_string_new (NULL),
  };

  if (log.time_ns == 0)
    log.time_ns = read_int (oh_json_get (record, "observedTimeUnixNano"));
  write_pairs (log.attributes, oh_json_get (record, "attributes"), 0);
  write_value (log.body, oh_json_get (record, "body"), 0);
  count->taken++;
  oh_otlp_log_tell (&log, around->resource, func, func_data);
}

static char *
find_service (OhJson resource)
{
  OhJson attributes = oh_json_get (resource, "attributes");
  OhJsonIter iter;
  OhJson pair;

  oh_json_iter_init (&iter, attributes);
  while (oh_json_get_kind (attributes) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &pair))
    if (oh_json_is (oh_json_get (pair, "key"), "service.name"))
      return oh_json_dup_string (oh_json_get_path (pair, "value", "stringValue", NULL));
  return NULL;
}

/* What the levels above spans, and above log records, are called. */
static const struct
{
  const char *resources, *scopes, *items;
  void (*tell) (const Around *around, OhJson item, OhToldFunc func, gpointer func_data, OhOtlpCount *count);
} signals[] = {
  [OH_OTLP_TRACES] = { "resourceSpans", "scopeSpans", "spans", tell_span },
  [OH_OTLP_LOGS] = { "resourceLogs", "scopeLogs", "logRecords", tell_log },
};

static void
read_scope (OhOtlpSignal signal, OhJson resource, OhJson scoped, OhToldFunc func, gpointer func_data, OhOtlpCount *count)
{
  OhJson scope = oh_json_get (scoped, "scope"), items = oh_json_get (scoped, signals[signal].items), item;
  g_autoptr (GString) attributes = g_string_new (NULL);
  Around around = { find_service (resource), oh_json_dup_string (oh_json_get (scope, "name")), NULL, g_string_new (NULL) };
  OhJsonIter iter;

  write_pairs (attributes, oh_json_get (resource, "attributes"), 0);
  around.resource = attributes->str;
  oh_json_write_open (around.head, NULL, '{');
  oh_json_write_name (around.head, "resource");
  g_string_append (around.head, around.resource);
  oh_json_write_open (around.head, "scope", '{');
  write_string (around.head, "name", oh_json_get (scope, "name"));
  write_string (around.head, "version", oh_json_get (scope, "version"));
  oh_json_write_close (around.head, '}');
  oh_json_iter_init (&iter, items);
  while (oh_json_get_kind (items) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &item))
    signals[signal].tell (&around, item, func, func_data, count);
  g_free (around.service);
  g_free (around.scope);
  g_string_free (around.head, TRUE);
}

gboolean
oh_otlp_read_json (OhOtlpSignal signal, const char *text, gsize length, OhToldFunc func, gpointer func_data,
                   OhOtlpCount *count, char **problem)
{
  OhJson request, resources, resource, scopes, scope;
  OhJsonIter outer, inner;

  if (!oh_json_parse (text, length, &request, problem))
    return FALSE;
  if (oh_json_get_kind (request) != OH_JSON_OBJECT)
    {
      *problem = g_strdup ("an object was expected");
      return FALSE;
    }
  resources = oh_json_get (request, signals[signal].resources);
  oh_json_iter_init (&outer, resources);
  while (oh_json_get_kind (resources) == OH_JSON_ARRAY && oh_json_iter_next (&outer, NULL, &resource))
    {
      scopes = oh_json_get (resource, signals[signal].scopes);
      oh_json_iter_init (&inner, scopes);
      while (oh_json_get_kind (scopes) == OH_JSON_ARRAY && oh_json_iter_next (&inner, NULL, &scope))
        read_scope (signal, oh_json_get (resource, "resource"), scope, func, func_data, count);
    }
  return TRUE;
}
