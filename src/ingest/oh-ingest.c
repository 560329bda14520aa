/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-ingest.h"

#include "oh-decoder.h"
#include "oh-json-scan.h"
#include "oh-otlp-private.h"
#include "oh-smello-private.h"
#include "otlp.pb-c.h"

#include <string.h>

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"
#define PROTOBUF "application/x-protobuf"

/* Untranslated: it is the program that reads it. */
static void
refuse (OhIngestReply *reply, guint status, const char *text)
{
  g_autofree char *line = g_strdup_printf ("Overhear: %s\n", text);

  reply->status = status;
  reply->type = TEXT;
  reply->body = g_bytes_new (line, strlen (line));
}

/* Undoes the content-encoding. (transfer full) (nullable): NULL with @reply */
static GBytes *
decode (const char *encoding, GBytes *body, OhIngestReply *reply)
{
  g_autoptr (GByteArray) out = NULL;
  g_autoptr (OhDecoder) decoder = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (body, &length);

  if (encoding == NULL || *encoding == '\0')
    return g_bytes_ref (body);
  decoder = oh_decoder_new (encoding, OH_INGEST_MAX, &error);
  out = g_byte_array_new ();
  if (decoder != NULL && oh_decoder_feed (decoder, data, length, out, &error) && oh_decoder_end (decoder, out, &error))
    return g_byte_array_free_to_bytes (g_steal_pointer (&out));
  if (g_error_matches (error, OH_DECODER_ERROR, OH_DECODER_ERROR_TOO_LARGE))
    refuse (reply, 413, "the body is larger than 64 MiB once its content-encoding is undone.");
  else
    {
      g_autofree char *text = g_strdup_printf ("the body is not what its Content-Encoding (%s) says.", encoding);

      refuse (reply, 400, text);
    }
  return NULL;
}

/* What OTLP has an address for. */
typedef enum
{
  SIGNAL_NONE = -1,
  SIGNAL_TRACES = OH_OTLP_TRACES,
  SIGNAL_LOGS = OH_OTLP_LOGS,
  SIGNAL_METRICS,
} Signal;

static Signal
find_signal (const char *path)
{
  static const char *const paths[] = { "/v1/traces", "/v1/logs", "/v1/metrics" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    if (g_strcmp0 (path, paths[i]) == 0)
      return (Signal) i;
  return SIGNAL_NONE;
}

/* An ExportTraceServiceResponse or its like: empty, or with a partial_success. */
static GBytes *
make_response (Signal signal, gboolean json, const OhOtlpCount *count)
{
  Oh__Otlp__PartialSuccess partial = OH__OTLP__PARTIAL_SUCCESS__INIT;
  Oh__Otlp__ExportResponse response = OH__OTLP__EXPORT_RESPONSE__INIT;
  guint8 *packed;
  gsize size;

  if (json && count->rejected == 0)
    return g_bytes_new_static ("{}", 2);
  if (json)
    {
      g_autofree char *text = g_strdup_printf ("{\"partialSuccess\":{\"%s\":\"%" G_GUINT64_FORMAT
                                               "\",\"errorMessage\":\"%s\"}}",
                                               signal == SIGNAL_LOGS ? "rejectedLogRecords" : "rejectedSpans",
                                               count->rejected, count->why);

      return g_bytes_new (text, strlen (text));
    }
  if (count->rejected > 0)
    {
      partial.rejected = (gint64) count->rejected;
      partial.error_message = (ProtobufCBinaryData) { .len = strlen (count->why), .data = (guint8 *) count->why };
      response.partial_success = &partial;
    }
  size = oh__otlp__export_response__get_packed_size (&response);
  packed = g_malloc (MAX (size, 1));
  oh__otlp__export_response__pack (&response, packed);
  return g_bytes_new_take (packed, size);
}

gboolean
oh_ingest_knows (const char *path)
{
  return find_signal (path) != SIGNAL_NONE || oh_smello_knows (path);
}

/* One event of Smello's client. */
static void
take_event (const char *path, GBytes *body, OhToldFunc func, gpointer data, OhIngestReply *reply)
{
  static const char done[] = "{\"status\":\"ok\"}";
  g_autofree char *problem = NULL, *text = NULL;
  gsize length;
  const char *bytes = g_bytes_get_data (body, &length);

  if (!oh_smello_read (path, bytes, length, func, data, &problem))
    {
      text = g_strdup_printf ("this is no event: %s.", problem);
      refuse (reply, 400, text);
      return;
    }
  reply->status = 201;
  reply->type = JSON;
  reply->body = g_bytes_new_static (done, strlen (done));
}

static gboolean
is_type (const char *content_type, const char *type)
{
  const gsize length = content_type != NULL ? strcspn (content_type, "; \t") : 0;

  return length == strlen (type) && g_ascii_strncasecmp (content_type, type, length) == 0;
}

GBytes *
oh_ingest_defer (const char *path, const char *content_type, const char *content_encoding, GBytes *body,
                 OhOtlpPlainFunc plain, gpointer data, OhIngestReply *reply)
{
  g_autoptr (GBytes) decoded = NULL;
  OhOtlpCount count = { 0 };
  gsize length;
  const guint8 *bytes;

  *reply = (OhIngestReply) { 0 };
  if (find_signal (path) != SIGNAL_TRACES || !is_type (content_type, PROTOBUF) || g_bytes_get_size (body) > OH_INGEST_MAX)
    return NULL;
  decoded = decode (content_encoding, body, reply);
  oh_ingest_reply_clear (reply);
  if (decoded == NULL)
    return NULL;
  bytes = g_bytes_get_data (decoded, &length);
  if (!oh_otlp_is_plain (bytes, length, plain, data))
    return NULL;
  reply->status = 200;
  reply->type = PROTOBUF;
  reply->body = make_response (SIGNAL_TRACES, FALSE, &count);
  return g_steal_pointer (&decoded);
}

void
oh_ingest_take (const char *path, const char *content_type, const char *content_encoding, GBytes *body,
                OhToldFunc func, gpointer data, OhIngestReply *reply)
{
  const gboolean json = is_type (content_type, JSON);
  const gboolean protobuf = is_type (content_type, PROTOBUF);
  const Signal signal = find_signal (path);
  g_autoptr (GBytes) decoded = NULL;
  g_autofree char *problem = NULL;
  OhOtlpCount count = { 0 };
  const void *bytes;
  gboolean sound;
  gsize length;

  g_return_if_fail (oh_ingest_knows (path) && body != NULL && func != NULL && reply != NULL);
  *reply = (OhIngestReply) { 0 };
  if (!json && !protobuf && signal != SIGNAL_NONE)
    {
      refuse (reply, 415, "OTLP is taken as application/x-protobuf or application/json.");
      return;
    }
  if (g_bytes_get_size (body) > OH_INGEST_MAX)
    {
      refuse (reply, 413, "the body is larger than 64 MiB.");
      return;
    }
  /* Sums over time of what spans and records say one by one, which is what is kept. */
  if (signal == SIGNAL_METRICS)
    {
      reply->status = 200;
      reply->type = json ? JSON : PROTOBUF;
      reply->body = make_response (signal, json, &count);
      return;
    }
  decoded = decode (content_encoding, body, reply);
  if (decoded == NULL)
    return;
  if (signal == SIGNAL_NONE)
    {
      take_event (path, decoded, func, data, reply);
      return;
    }
  bytes = g_bytes_get_data (decoded, &length);
  if (json)
    sound = oh_otlp_read_json ((OhOtlpSignal) signal, bytes, length, func, data, &count, &problem);
  else
    sound = oh_otlp_read_protobuf ((OhOtlpSignal) signal, bytes, length, func, data, &count, &problem);
  if (!sound)
    {
      g_autofree char *text = g_strdup_printf ("this is no OTLP: %s.", problem);

      refuse (reply, 400, text);
      return;
    }
  reply->status = 200;
  reply->type = json ? JSON : PROTOBUF;
  reply->body = make_response (signal, json, &count);
}

void
oh_ingest_reply_clear (OhIngestReply *reply)
{
  g_clear_pointer (&reply->body, g_bytes_unref);
}
