/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-otlp-batch.h"

#include "oh-json-write.h"
#include "oh-otlp-private.h"
#include "otlp.pb-c.h"

#include <math.h>
#include <string.h>

typedef ProtobufCBinaryData Bytes;
typedef Oh__Otlp__AnyValue Value;
typedef Oh__Otlp__KeyValue KeyValue;
typedef Oh__Otlp__Span Span;
typedef Oh__Otlp__ScopeSpans ScopeSpans;
typedef Oh__Otlp__ResourceSpans ResourceSpans;

/* What protobuf-c frees: all of it is from g_malloc(), which is malloc(). Lists grow by powers of two. */
struct _OhOtlpBatch
{
  Oh__Otlp__TracesRequest request;
  char *around; /* resource and scope of the last span, as they were written: one that has the same goes there, too */
  guint length;
  gsize size;
};

/* Puts a pointer at the end of a list of protobuf-c's. */
static gpointer
append (gpointer list, size_t *n, gpointer element)
{
  gpointer *grown = list;

  if ((*n & (*n - 1)) == 0)
    grown = g_renew (gpointer, grown, MAX (2 * *n, 1));
  grown[(*n)++] = element;
  return grown;
}

#define APPEND(owner, list, element) ((owner)->list = append ((owner)->list, &(owner)->n_##list, (element)))

/* --- from JSON --- */

static Bytes
take_text (OhJson value)
{
  GString *text = g_string_new (NULL);

  oh_json_append_string (value, text);
  return (Bytes) { .len = text->len, .data = (guint8 *) g_string_free (text, FALSE) };
}

static Bytes
copy_text (const char *text)
{
  return (Bytes) { .len = strlen (text), .data = (guint8 *) g_strdup (text) };
}

/* Hex of a whole id. Returns: empty where it is none */
static Bytes
take_id (OhJson value, gsize size)
{
  g_autofree char *text = oh_json_dup_string (value);
  guint8 *bytes;

  if (text == NULL || strlen (text) != 2 * size || strspn (text, "0123456789abcdef") != 2 * size)
    return (Bytes) { 0 };
  bytes = g_malloc (size);
  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (text[2 * i]) << 4 | g_ascii_xdigit_value (text[2 * i + 1]));
  return (Bytes) { .len = size, .data = bytes };
}

static guint64
take_time (OhJson value)
{
  return (guint64) MAX (oh_json_get_int (value, 0), 0);
}

static Bytes
pack (const ProtobufCMessage *message)
{
  const gsize size = protobuf_c_message_get_packed_size (message);
  Bytes packed = { .len = size, .data = g_malloc (MAX (size, 1)) };

  protobuf_c_message_pack (message, packed.data);
  return packed;
}

static KeyValue **take_pairs (OhJson object, guint depth, size_t *n);

/* Returns: NULL for null, and for what is too deep. */
static Value *
take_value (OhJson json, guint depth)
{
  const OhJsonKind kind = oh_json_get_kind (json);
  Value *value;
  OhJsonIter iter;
  OhJson element;

  if (kind == OH_JSON_NONE || kind == OH_JSON_NULL || depth >= OH_OTLP_DEPTH_MAX)
    return NULL;
  value = g_new (Value, 1);
  oh__otlp__any_value__init (value);
  switch (kind)
    {
    case OH_JSON_BOOLEAN:
      value->value_case = OH__OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
      value->bool_value = oh_json_get_boolean (json);
      break;
    case OH_JSON_NUMBER:
      if (strcspn (json.text, ".eE") < json.length)
        {
          g_autofree char *text = g_strndup (json.text, json.length);

          value->value_case = OH__OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE;
          value->double_value = g_ascii_strtod (text, NULL);
        }
      else
        {
          value->value_case = OH__OTLP__ANY_VALUE__VALUE_INT_VALUE;
          value->int_value = oh_json_get_int (json, 0);
        }
      break;
    case OH_JSON_ARRAY:
      {
        Oh__Otlp__Values list = OH__OTLP__VALUES__INIT;

        oh_json_iter_init (&iter, json);
        while (oh_json_iter_next (&iter, NULL, &element))
          {
            Value *one = take_value (element, depth + 1);

            if (one != NULL)
              APPEND (&list, values, one);
          }
        value->value_case = OH__OTLP__ANY_VALUE__VALUE_ARRAY_VALUE;
        value->array_value = pack (&list.base);
        for (gsize i = 0; i < list.n_values; i++)
          oh__otlp__any_value__free_unpacked (list.values[i], NULL);
        g_free (list.values);
      }
      break;
    case OH_JSON_OBJECT:
      {
        Oh__Otlp__Attributes list = OH__OTLP__ATTRIBUTES__INIT;

        list.attributes = take_pairs (json, depth + 1, &list.n_attributes);
        value->value_case = OH__OTLP__ANY_VALUE__VALUE_KVLIST_VALUE;
        value->kvlist_value = pack (&list.base);
        for (gsize i = 0; i < list.n_attributes; i++)
          oh__otlp__key_value__free_unpacked (list.attributes[i], NULL);
        g_free (list.attributes);
      }
      break;
    default:
      value->value_case = OH__OTLP__ANY_VALUE__VALUE_STRING_VALUE;
      value->string_value = take_text (json);
      break;
    }
  return value;
}

/* An object's members. */
static KeyValue **
take_pairs (OhJson object, guint depth, size_t *n)
{
  KeyValue **pairs = NULL;
  OhJson key, value;
  OhJsonIter iter;

  *n = 0;
  oh_json_iter_init (&iter, object);
  while (oh_json_get_kind (object) == OH_JSON_OBJECT && oh_json_iter_next (&iter, &key, &value))
    {
      Value *taken = take_value (value, depth);
      KeyValue *pair;

      if (taken == NULL)
        continue;
      pair = g_new (KeyValue, 1);
      oh__otlp__key_value__init (pair);
      pair->key = take_text (key);
      pair->value = taken;
      pairs = append (pairs, n, pair);
    }
  return pairs;
}

static void
take_events (Span *span, OhJson events)
{
  OhJsonIter iter;
  OhJson json;

  oh_json_iter_init (&iter, events);
  while (oh_json_get_kind (events) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &json))
    {
      Oh__Otlp__Event *event = g_new (Oh__Otlp__Event, 1);

      oh__otlp__event__init (event);
      event->time_unix_nano = take_time (oh_json_get (json, "timeUnixNano"));
      event->name = take_text (oh_json_get (json, "name"));
      event->attributes = take_pairs (oh_json_get (json, "attributes"), 0, &event->n_attributes);
      APPEND (span, events, event);
    }
}

static void
take_links (Span *span, OhJson links)
{
  OhJsonIter iter;
  OhJson json;

  oh_json_iter_init (&iter, links);
  while (oh_json_get_kind (links) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &json))
    {
      Oh__Otlp__Link *link = g_new (Oh__Otlp__Link, 1);

      oh__otlp__link__init (link);
      link->trace_id = take_id (oh_json_get (json, "traceId"), 16);
      link->span_id = take_id (oh_json_get (json, "spanId"), 8);
      link->attributes = take_pairs (oh_json_get (json, "attributes"), 0, &link->n_attributes);
      APPEND (span, links, link);
    }
}

static Span *
take_span (OhJson json)
{
  Span *span = g_new (Span, 1);
  OhJson status = oh_json_get (json, "status");

  oh__otlp__span__init (span);
  span->trace_id = take_id (oh_json_get (json, "traceId"), 16);
  span->span_id = take_id (oh_json_get (json, "spanId"), 8);
  span->parent_span_id = take_id (oh_json_get (json, "parentSpanId"), 8);
  span->name = take_text (oh_json_get (json, "name"));
  span->kind = (gint32) oh_json_get_int (oh_json_get (json, "kind"), 0);
  span->start_time_unix_nano = take_time (oh_json_get (json, "startTimeUnixNano"));
  span->end_time_unix_nano = take_time (oh_json_get (json, "endTimeUnixNano"));
  span->attributes = take_pairs (oh_json_get (json, "attributes"), 0, &span->n_attributes);
  take_events (span, oh_json_get (json, "events"));
  take_links (span, oh_json_get (json, "links"));
  if (oh_json_get_int (oh_json_get (status, "code"), 0) != 0)
    {
      span->status = g_new (Oh__Otlp__Status, 1);
      oh__otlp__status__init (span->status);
      span->status->code = (gint32) oh_json_get_int (oh_json_get (status, "code"), 0);
      span->status->message = take_text (oh_json_get (status, "message"));
    }
  return span;
}

/* What spans of this resource and scope go into. */
static ScopeSpans *
find_scope (OhOtlpBatch *self, OhJson json)
{
  OhJson resource = oh_json_get (json, "resource"), scope = oh_json_get (json, "scope");
  g_autofree char *around = g_strdup_printf ("%.*s %.*s", (int) resource.length, resource.length > 0 ? resource.text : "",
                                             (int) scope.length, scope.length > 0 ? scope.text : "");
  g_autofree char *version = oh_json_dup_string (oh_json_get (scope, "version"));
  ResourceSpans *spans;
  ScopeSpans *scoped;

  if (g_strcmp0 (around, self->around) == 0)
    return self->request.resource_spans[self->request.n_resource_spans - 1]->scope_spans[0];
  g_free (self->around);
  self->around = g_steal_pointer (&around);
  scoped = g_new (ScopeSpans, 1);
  oh__otlp__scope_spans__init (scoped);
  scoped->scope = g_new (Oh__Otlp__Scope, 1);
  oh__otlp__scope__init (scoped->scope);
  scoped->scope->name = take_text (oh_json_get (scope, "name"));
  scoped->scope->version = copy_text (version != NULL ? version : "");
  spans = g_new (ResourceSpans, 1);
  oh__otlp__resource_spans__init (spans);
  spans->resource = g_new (Oh__Otlp__Attributes, 1);
  oh__otlp__attributes__init (spans->resource);
  spans->resource->attributes = take_pairs (resource, 0, &spans->resource->n_attributes);
  APPEND (spans, scope_spans, scoped);
  APPEND (&self->request, resource_spans, spans);
  return scoped;
}

/* --- as JSON --- */

static void
write_text (GString *out, const char *name, Bytes text)
{
  if (name != NULL)
    oh_json_write_name (out, name);
  oh_json_quote (out, text.len > 0 ? (const char *) text.data : "", (gssize) text.len);
}

static void
write_hex (GString *out, const char *name, Bytes id)
{
  if (id.len == 0)
    return;
  oh_json_write_name (out, name);
  g_string_append_c (out, '"');
  for (gsize i = 0; i < id.len; i++)
    g_string_append_printf (out, "%02x", id.data[i]);
  g_string_append_c (out, '"');
}

static void
write_long (GString *out, const char *name, guint64 value)
{
  oh_json_write_name (out, name);
  g_string_append_printf (out, "\"%" G_GUINT64_FORMAT "\"", value);
}

static void write_value (GString *out, const char *name, const Value *value);

static void
write_pairs (GString *out, const char *name, KeyValue *const *pairs, gsize n)
{
  oh_json_write_open (out, name, '[');
  for (gsize i = 0; i < n; i++)
    {
      oh_json_write_open (out, NULL, '{');
      write_text (out, "key", pairs[i]->key);
      write_value (out, "value", pairs[i]->value);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
}

static void
write_double (GString *out, double value)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  oh_json_write_name (out, "doubleValue");
  g_string_append (out, isfinite (value) ? g_ascii_dtostr (digits, sizeof digits, value) : "0");
}

static void
write_value (GString *out, const char *name, const Value *value)
{
  oh_json_write_open (out, name, '{');
  if (value->value_case == OH__OTLP__ANY_VALUE__VALUE_STRING_VALUE)
    write_text (out, "stringValue", value->string_value);
  else if (value->value_case == OH__OTLP__ANY_VALUE__VALUE_BOOL_VALUE)
    oh_json_write_flag (out, "boolValue", value->bool_value);
  else if (value->value_case == OH__OTLP__ANY_VALUE__VALUE_INT_VALUE)
    {
      oh_json_write_name (out, "intValue");
      g_string_append_printf (out, "\"%" G_GINT64_FORMAT "\"", (gint64) value->int_value);
    }
  else if (value->value_case == OH__OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE)
    write_double (out, value->double_value);
  else if (value->value_case == OH__OTLP__ANY_VALUE__VALUE_ARRAY_VALUE)
    {
      Oh__Otlp__Values *list = oh__otlp__values__unpack (NULL, value->array_value.len, value->array_value.data);

      oh_json_write_open (out, "arrayValue", '{');
      oh_json_write_open (out, "values", '[');
      for (gsize i = 0; i < list->n_values; i++)
        write_value (out, NULL, list->values[i]);
      oh_json_write_close (out, ']');
      oh_json_write_close (out, '}');
      oh__otlp__values__free_unpacked (list, NULL);
    }
  else
    {
      Oh__Otlp__Attributes *list =
          oh__otlp__attributes__unpack (NULL, value->kvlist_value.len, value->kvlist_value.data);

      oh_json_write_open (out, "kvlistValue", '{');
      write_pairs (out, "values", list->attributes, list->n_attributes);
      oh_json_write_close (out, '}');
      oh__otlp__attributes__free_unpacked (list, NULL);
    }
  oh_json_write_close (out, '}');
}

static void
write_span (GString *out, const Span *span)
{
  oh_json_write_open (out, NULL, '{');
  write_hex (out, "traceId", span->trace_id);
  write_hex (out, "spanId", span->span_id);
  write_hex (out, "parentSpanId", span->parent_span_id);
  write_text (out, "name", span->name);
  oh_json_write_int (out, "kind", span->kind);
  write_long (out, "startTimeUnixNano", span->start_time_unix_nano);
  write_long (out, "endTimeUnixNano", span->end_time_unix_nano);
  write_pairs (out, "attributes", span->attributes, span->n_attributes);
  oh_json_write_open (out, "events", '[');
  for (gsize i = 0; i < span->n_events; i++)
    {
      oh_json_write_open (out, NULL, '{');
      write_long (out, "timeUnixNano", span->events[i]->time_unix_nano);
      write_text (out, "name", span->events[i]->name);
      write_pairs (out, "attributes", span->events[i]->attributes, span->events[i]->n_attributes);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
  oh_json_write_open (out, "links", '[');
  for (gsize i = 0; i < span->n_links; i++)
    {
      oh_json_write_open (out, NULL, '{');
      write_hex (out, "traceId", span->links[i]->trace_id);
      write_hex (out, "spanId", span->links[i]->span_id);
      write_pairs (out, "attributes", span->links[i]->attributes, span->links[i]->n_attributes);
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
  oh_json_write_open (out, "status", '{');
  if (span->status != NULL)
    {
      oh_json_write_int (out, "code", span->status->code);
      if (span->status->message.len > 0)
        write_text (out, "message", span->status->message);
    }
  oh_json_write_close (out, '}');
  oh_json_write_close (out, '}');
}

/* --- */

OhOtlpBatch *
oh_otlp_batch_new (void)
{
  OhOtlpBatch *self = g_new0 (OhOtlpBatch, 1);

  oh__otlp__traces_request__init (&self->request);
  return self;
}

void
oh_otlp_batch_free (OhOtlpBatch *self)
{
  for (gsize i = 0; i < self->request.n_resource_spans; i++)
    oh__otlp__resource_spans__free_unpacked (self->request.resource_spans[i], NULL);
  g_free (self->request.resource_spans);
  g_free (self->around);
  g_free (self);
}

gboolean
oh_otlp_batch_add (OhOtlpBatch *self, OhJson json)
{
  Span *span;
  ScopeSpans *scoped;

  g_return_val_if_fail (self != NULL, FALSE);

  span = take_span (json);
  if (span->trace_id.len == 0 || span->span_id.len == 0)
    {
      oh__otlp__span__free_unpacked (span, NULL);
      return FALSE;
    }
  scoped = find_scope (self, json);
  APPEND (scoped, spans, span);
  self->length++;
  self->size += json.length;
  return TRUE;
}

guint
oh_otlp_batch_get_length (const OhOtlpBatch *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->length;
}

gsize
oh_otlp_batch_get_size (const OhOtlpBatch *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->size;
}

GBytes *
oh_otlp_batch_to_protobuf (const OhOtlpBatch *self)
{
  Bytes packed;

  g_return_val_if_fail (self != NULL, NULL);
  packed = pack (&self->request.base);
  return g_bytes_new_take (packed.data, packed.len);
}

void
oh_otlp_batch_write_json (const OhOtlpBatch *self, GString *out)
{
  g_return_if_fail (self != NULL && out != NULL);

  oh_json_write_open (out, NULL, '{');
  oh_json_write_open (out, "resourceSpans", '[');
  for (gsize i = 0; i < self->request.n_resource_spans; i++)
    {
      const ResourceSpans *spans = self->request.resource_spans[i];
      const ScopeSpans *scoped = spans->scope_spans[0];

      oh_json_write_open (out, NULL, '{');
      oh_json_write_open (out, "resource", '{');
      write_pairs (out, "attributes", spans->resource->attributes, spans->resource->n_attributes);
      oh_json_write_close (out, '}');
      oh_json_write_open (out, "scopeSpans", '[');
      oh_json_write_open (out, NULL, '{');
      oh_json_write_open (out, "scope", '{');
      write_text (out, "name", scoped->scope->name);
      write_text (out, "version", scoped->scope->version);
      oh_json_write_close (out, '}');
      oh_json_write_open (out, "spans", '[');
      for (gsize j = 0; j < scoped->n_spans; j++)
        write_span (out, scoped->spans[j]);
      oh_json_write_close (out, ']');
      oh_json_write_close (out, '}');
      oh_json_write_close (out, ']');
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, ']');
  oh_json_write_close (out, '}');
}

guint
oh_otlp_read_rejected (const guint8 *data, gsize length, char **why)
{
  Oh__Otlp__ExportResponse *response = length > 0 ? oh__otlp__export_response__unpack (NULL, length, data) : NULL;
  const Oh__Otlp__PartialSuccess *partial = response != NULL ? response->partial_success : NULL;
  guint rejected = 0;

  *why = NULL;
  if (partial != NULL && partial->rejected > 0)
    {
      rejected = (guint) MIN (partial->rejected, G_MAXUINT);
      if (partial->error_message.len > 0)
        *why = g_utf8_make_valid ((const char *) partial->error_message.data, (gssize) partial->error_message.len);
    }
  oh__otlp__export_response__free_unpacked (response, NULL);
  return rejected;
}
