/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-otlp-private.h"

#include "oh-json-scan.h"
#include "oh-json-write.h"
#include "otlp.pb-c.h"

#include <math.h>

typedef ProtobufCBinaryData Bytes;
typedef Oh__Otlp__AnyValue Value;
typedef Oh__Otlp__KeyValue KeyValue;
typedef Oh__Otlp__Span Span;

#define WIRE_VARINT 0
#define WIRE_64 1
#define WIRE_LENGTH 2
#define WIRE_32 5

/* --- what is above a span: it may be many, so that it is walked, not unpacked --- */

static gboolean
read_varint (const guint8 **at, const guint8 *end, guint64 *value)
{
  *value = 0;
  for (guint shift = 0; shift < 64 && *at < end; shift += 7)
    {
      const guint8 byte = *(*at)++;

      *value |= (guint64) (byte & 0x7f) << shift;
      if (byte < 0x80)
        return TRUE;
    }
  return FALSE;
}

/* The next field of a message. Returns: FALSE at its end, or where it is none: then @at is not @end.
 * @value: (out): of a field that has a length, else empty */
static gboolean
next_field (const guint8 **at, const guint8 *end, guint *number, Bytes *value)
{
  const guint8 *field = *at;
  guint64 tag, size = 0;

  *value = (Bytes) { 0 };
  if (field >= end || !read_varint (&field, end, &tag) || tag >> 3 == 0 || tag >> 3 > G_MAXUINT)
    return FALSE;
  *number = (guint) (tag >> 3);
  switch (tag & 7)
    {
    case WIRE_VARINT:
      if (!read_varint (&field, end, &size))
        return FALSE;
      size = 0;
      break;
    case WIRE_LENGTH:
      if (!read_varint (&field, end, &size) || size > (guint64) (end - field))
        return FALSE;
      *value = (Bytes) { .len = (gsize) size, .data = (guint8 *) field };
      break;
    case WIRE_64:
      size = 8;
      break;
    case WIRE_32:
      size = 4;
      break;
    default:
      return FALSE;
    }
  if (size > (guint64) (end - field))
    return FALSE;
  *at = field + size;
  return TRUE;
}

/* The last field of that number, which is the one that counts; empty where there is none. */
static Bytes
find_field (Bytes message, guint wanted)
{
  const guint8 *at = message.data, *end = message.data + message.len;
  Bytes found = { 0 }, value;
  guint number;

  while (next_field (&at, end, &number, &value))
    if (number == wanted)
      found = value;
  return found;
}

/* --- a span as JSON --- */

static void
write_bytes (GString *out, const char *name, Bytes text)
{
  if (name != NULL)
    oh_json_write_name (out, name);
  oh_json_quote (out, text.len > 0 ? (const char *) text.data : "", (gssize) text.len);
}

static void
write_id (GString *out, const char *name, Bytes id, gsize size)
{
  g_autofree char *hex = oh_told_make_id (id.data, id.len, size);

  if (hex != NULL)
    oh_json_write_text (out, name, hex);
}

static void write_value (GString *out, const Value *value, guint depth);

/* As an object. */
static void
write_pairs (GString *out, KeyValue *const *pairs, gsize n, guint depth)
{
  g_string_append_c (out, '{');
  for (gsize i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      write_bytes (out, NULL, pairs[i]->key);
      g_string_append_c (out, ':');
      write_value (out, pairs[i]->value, depth);
    }
  g_string_append_c (out, '}');
}

/* @pairs: a message of key-value pairs, packed */
static void
write_packed_pairs (GString *out, Bytes pairs, guint depth)
{
  Oh__Otlp__Attributes *list = oh__otlp__attributes__unpack (NULL, pairs.len, pairs.data);

  if (list != NULL)
    write_pairs (out, list->attributes, list->n_attributes, depth);
  else
    g_string_append (out, "{}");
  oh__otlp__attributes__free_unpacked (list, NULL);
}

static void
write_array (GString *out, Bytes array, guint depth)
{
  Oh__Otlp__Values *list = oh__otlp__values__unpack (NULL, array.len, array.data);

  g_string_append_c (out, '[');
  for (gsize i = 0; list != NULL && i < list->n_values; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      write_value (out, list->values[i], depth);
    }
  g_string_append_c (out, ']');
  oh__otlp__values__free_unpacked (list, NULL);
}

static void
write_double (GString *out, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (out, isfinite (value) ? g_ascii_dtostr (text, sizeof text, value) : "null");
}

/* @value: (nullable) */
static void
write_value (GString *out, const Value *value, guint depth)
{
  g_autofree char *base64 = NULL;

  switch (value != NULL && depth < OH_OTLP_DEPTH_MAX ? value->value_case : OH__OTLP__ANY_VALUE__VALUE__NOT_SET)
    {
    case OH__OTLP__ANY_VALUE__VALUE_STRING_VALUE:
      write_bytes (out, NULL, value->string_value);
      break;
    case OH__OTLP__ANY_VALUE__VALUE_BOOL_VALUE:
      g_string_append (out, value->bool_value ? "true" : "false");
      break;
    case OH__OTLP__ANY_VALUE__VALUE_INT_VALUE:
      g_string_append_printf (out, "%" G_GINT64_FORMAT, (gint64) value->int_value);
      break;
    case OH__OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE:
      write_double (out, value->double_value);
      break;
    case OH__OTLP__ANY_VALUE__VALUE_ARRAY_VALUE:
      write_array (out, value->array_value, depth + 1);
      break;
    case OH__OTLP__ANY_VALUE__VALUE_KVLIST_VALUE:
      write_packed_pairs (out, value->kvlist_value, depth + 1);
      break;
    case OH__OTLP__ANY_VALUE__VALUE_BYTES_VALUE:
      base64 = g_base64_encode (value->bytes_value.data, value->bytes_value.len);
      oh_json_quote (out, base64, -1);
      break;
    default:
      g_string_append (out, "null");
      break;
    }
}

static void
write_attributes (GString *out, KeyValue *const *attributes, gsize n)
{
  oh_json_write_name (out, "attributes");
  write_pairs (out, attributes, n, 0);
}

static void
write_scope (GString *out, Bytes packed)
{
  Oh__Otlp__Scope *scope = oh__otlp__scope__unpack (NULL, packed.len, packed.data);

  oh_json_write_open (out, "scope", '{');
  if (scope != NULL)
    {
      write_bytes (out, "name", scope->name);
      write_bytes (out, "version", scope->version);
    }
  oh_json_write_close (out, '}');
  oh__otlp__scope__free_unpacked (scope, NULL);
}

static void
write_events (GString *out, const Span *span)
{
  oh_json_write_open (out, "events", '[');
  for (gsize i = 0; i < span->n_events; i++)
    {
      const Oh__Otlp__Event *event = span->events[i];

      oh_json_write_open (out, NULL, '{');
      oh_json_write_int (out, "timeUnixNano", (gint64) MIN (event->time_unix_nano, G_MAXINT64));
      write_bytes (out, "name", event->name);
      write_attributes (out, event->attributes, event->n_attributes);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

static void
write_links (GString *out, const Span *span)
{
  oh_json_write_open (out, "links", '[');
  for (gsize i = 0; i < span->n_links; i++)
    {
      const Oh__Otlp__Link *link = span->links[i];

      oh_json_write_open (out, NULL, '{');
      write_id (out, "traceId", link->trace_id, 16);
      write_id (out, "spanId", link->span_id, 8);
      write_attributes (out, link->attributes, link->n_attributes);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

static char *
dup_text (Bytes text)
{
  return text.len > 0 ? g_utf8_make_valid ((const char *) text.data, (gssize) text.len) : NULL;
}

static char *
find_service (Bytes resource)
{
  Oh__Otlp__Attributes *list = oh__otlp__attributes__unpack (NULL, resource.len, resource.data);
  static const char name[] = "service.name";
  char *service = NULL;

  for (gsize i = 0; list != NULL && i < list->n_attributes && service == NULL; i++)
    {
      const KeyValue *pair = list->attributes[i];

      if (pair->key.len == sizeof name - 1 && memcmp (pair->key.data, name, sizeof name - 1) == 0 &&
          pair->value != NULL && pair->value->value_case == OH__OTLP__ANY_VALUE__VALUE_STRING_VALUE)
        service = dup_text (pair->value->string_value);
    }
  oh__otlp__attributes__free_unpacked (list, NULL);
  return service;
}

static void
tell_span (Bytes resource, Bytes scope, Bytes packed, OhToldFunc func, gpointer func_data, OhOtlpCount *count)
{
  g_auto (OhTold) told = { 0 };
  Span *span = oh__otlp__span__unpack (NULL, packed.len, packed.data);
  GString *out;

  if (span == NULL)
    {
      oh_otlp_reject (count, "a span is not a valid message");
      return;
    }
  told.trace_id = oh_told_make_id (span->trace_id.data, span->trace_id.len, 16);
  told.span_id = oh_told_make_id (span->span_id.data, span->span_id.len, 8);
  if (told.trace_id == NULL || told.span_id == NULL)
    {
      oh_otlp_reject (count, "a span has no valid trace id and span id");
      oh__otlp__span__free_unpacked (span, NULL);
      return;
    }
  told.name = dup_text (span->name);
  told.service = find_service (resource);
  told.started_ns = (gint64) MIN (span->start_time_unix_nano, G_MAXINT64);
  told.ended_ns = (gint64) MIN (span->end_time_unix_nano, G_MAXINT64);
  told.failed = span->status != NULL && span->status->code == 2;
  told.error = told.failed ? dup_text (span->status->message) : NULL;
  told.json = out = g_string_sized_new (packed.len + 512);
  oh_json_write_open (out, NULL, '{');
  oh_json_write_name (out, "resource");
  write_packed_pairs (out, resource, 0);
  write_scope (out, scope);
  oh_json_write_text (out, "traceId", told.trace_id);
  oh_json_write_text (out, "spanId", told.span_id);
  write_id (out, "parentSpanId", span->parent_span_id, 8);
  write_bytes (out, "name", span->name);
  oh_json_write_int (out, "kind", span->kind);
  oh_json_write_int (out, "startTimeUnixNano", told.started_ns);
  oh_json_write_int (out, "endTimeUnixNano", told.ended_ns);
  write_attributes (out, span->attributes, span->n_attributes);
  write_events (out, span);
  write_links (out, span);
  oh_json_write_open (out, "status", '{');
  oh_json_write_int (out, "code", span->status != NULL ? span->status->code : 0);
  if (span->status != NULL && span->status->message.len > 0)
    write_bytes (out, "message", span->status->message);
  oh_json_write_close (out, '}');
  oh_json_write_close (out, '}');
  oh__otlp__span__free_unpacked (span, NULL);
  count->taken++;
  oh_told_take_message (&told);
  func (&told, func_data);
}

static void
tell_log (Bytes resource, Bytes scope, Bytes packed, OhToldFunc func, gpointer func_data, OhOtlpCount *count)
{
  Oh__Otlp__LogRecord *record = oh__otlp__log_record__unpack (NULL, packed.len, packed.data);
  Oh__Otlp__Scope *logger = oh__otlp__scope__unpack (NULL, scope.len, scope.data);
  g_autoptr (GString) around = g_string_new (NULL);
  g_auto (OhOtlpLog) log = { 0 };

  if (record != NULL)
    {
      const guint64 time = record->time_unix_nano != 0 ? record->time_unix_nano : record->observed_time_unix_nano;

      log = (OhOtlpLog) {
        .time_ns = (gint64) MIN (time, G_MAXINT64),
        .number = record->severity_number,
        .severity = dup_text (record->severity_text),
        .name = dup_text (record->event_name),
        .scope = logger != NULL ? dup_text (logger->name) : NULL,
        .service = find_service (resource),
        .trace_id = oh_told_make_id (record->trace_id.data, record->trace_id.len, 16),
        .span_id = oh_told_make_id (record->span_id.data, record->span_id.len, 8),
        .attributes = g_string_new (NULL),
        .body = g_string_new (NULL),
      };
      write_pairs (log.attributes, record->attributes, record->n_attributes, 0);
      write_value (log.body, record->body, 0);
      write_packed_pairs (around, resource, 0);
      count->taken++;
      oh_otlp_log_tell (&log, around->str, func, func_data);
    }
  else
    oh_otlp_reject (count, "a log record is not a valid message");
  oh__otlp__log_record__free_unpacked (record, NULL);
  oh__otlp__scope__free_unpacked (logger, NULL);
}

typedef void (*TellFunc) (Bytes resource, Bytes scope, Bytes packed, OhToldFunc func, gpointer func_data, OhOtlpCount *count);

static gboolean
read_scope (TellFunc tell_one, Bytes resource, Bytes message, OhToldFunc func, gpointer func_data, OhOtlpCount *count)
{
  const guint8 *at = message.data, *end = message.data + message.len;
  const Bytes scope = find_field (message, 1);
  guint number;
  Bytes value;

  while (next_field (&at, end, &number, &value))
    if (number == 2)
      tell_one (resource, scope, value, func, func_data, count);
  return at == end;
}

static gboolean
read_resource (TellFunc tell_one, Bytes message, OhToldFunc func, gpointer func_data, OhOtlpCount *count)
{
  const guint8 *at = message.data, *end = message.data + message.len;
  const Bytes resource = find_field (message, 1);
  gboolean sound = TRUE;
  guint number;
  Bytes value;

  while (next_field (&at, end, &number, &value))
    if (number == 2)
      sound = read_scope (tell_one, resource, value, func, func_data, count) && sound;
  return sound && at == end;
}

gboolean
oh_otlp_read_protobuf (OhOtlpSignal signal, const guint8 *data, gsize length, OhToldFunc func, gpointer func_data,
                       OhOtlpCount *count, char **problem)
{
  const guint8 *at = data, *end = data + length;
  gboolean sound = TRUE;
  guint number;
  Bytes value;

  while (next_field (&at, end, &number, &value))
    if (number == 1)
      sound = read_resource (signal == OH_OTLP_LOGS ? tell_log : tell_span, value, func, func_data, count) && sound;
  if (sound && at == end)
    return TRUE;
  if (at != end)
    *problem = g_strdup_printf ("not a valid protobuf message from byte %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " on",
                                (gsize) (at - data), length);
  else
    *problem = g_strdup ("a part of the protobuf message is not valid");
  return FALSE;
}
