/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oh-ingest.h"
#include "oh-json-scan.h"
#include "oh-otlp-batch.h"

#include <gio/gio.h>

#include <string.h>

/* What was told, a line each. */
static void
note (const OhTold *told, gpointer data)
{
  GString *lines = data;
  OhJson value;

  g_assert_true (oh_json_parse (told->json->str, told->json->len, &value, NULL));
  g_string_append_printf (lines, "%s %s %s %s\n", told->name, told->service, told->error != NULL ? told->error : "-",
                          told->json->str);
}

static guint
take_at (const char *path, const char *type, const char *encoding, const void *data, gsize length, GString *lines, char **said)
{
  g_autoptr (GBytes) body = g_bytes_new (data, length);
  g_auto (OhIngestReply) reply = { 0 };

  oh_ingest_take (path, type, encoding, body, note, lines, &reply);
  g_assert_nonnull (reply.body);
  if (reply.status == 200)
    g_assert_cmpint (strncmp (reply.type, type, strlen (reply.type)), ==, 0);
  else
    g_assert_cmpstr (reply.type, ==, "text/plain; charset=utf-8");
  if (said != NULL)
    *said = g_strndup (g_bytes_get_data (reply.body, NULL), g_bytes_get_size (reply.body));
  return reply.status;
}

static guint
take (const char *type, const char *encoding, const void *data, gsize length, GString *lines, char **said)
{
  return take_at ("/v1/traces", type, encoding, data, length, lines, said);
}

/* A span whose name is a template is called by its message. */
static void
test_message (void)
{
  static const char json[] =
    "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"30313233343536373839616263646566\","
    "\"spanId\":\"3031323334353637\",\"name\":\"Message with {model!r}\",\"attributes\":["
    "{\"key\":\"other\",\"value\":{\"stringValue\":\"\\\"logfire.msg\\\":\\\"no\\\"\"}},"
    "{\"key\":\"logfire.msg\",\"value\":{\"stringValue\":\"Message with \\\"sonnet\\\"\"}}]}]}]}]}";
  g_autoptr (GString) lines = g_string_new (NULL);

  g_assert_cmpint (take ("application/json", NULL, json, strlen (json), lines, NULL), ==, 200);
  g_assert_true (g_str_has_prefix (lines->str, "Message with \"sonnet\" "));
  g_assert_nonnull (strstr (lines->str, "\"name\": \"Message with {model!r}\""));
}

/* A log record in both forms: the same event. */
static void
test_logs (void)
{
  /* resource_logs { resource { service.name: app }, scope_logs { scope: lib, log_records { … } } } */
  static const guint8 packed[] = "\x0a\x6b\x0a\x17\x0a\x15\x0a\x0cservice.name\x12\x05\x0a\x03" "app"
                                 "\x12\x50\x0a\x05\x0a\x03lib\x12\x47"
                                 "\x09\x00\x10\x00\x00\x00\x00\x00\x00" "\x10\x0d" "\x2a\x06\x0a\x04" "cold"
                                 "\x32\x0d\x0a\x04" "code\x12\x05\x0a\x03" "one"
                                 "\x4a\x10" "0123456789abcdef" "\x52\x08" "01234567" "\x62\x07" "my.name";
  static const char json[] =
    "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"app\"}}]},"
    "\"scopeLogs\":[{\"scope\":{\"name\":\"lib\"},\"logRecords\":[{\"timeUnixNano\":\"4096\",\"severityNumber\":13,"
    "\"body\":{\"stringValue\":\"cold\"},\"attributes\":[{\"key\":\"code\",\"value\":{\"stringValue\":\"one\"}}],"
    "\"traceId\":\"30313233343536373839616263646566\",\"spanId\":\"3031323334353637\",\"eventName\":\"my.name\"}]}]}]}";
  static const char want[] =
    "cold app - {\"kind\": \"log\", \"event\": \"my.name\", \"traceId\": \"30313233343536373839616263646566\", \"spanId\": \"3031323334353637\", "
    "\"data\": {\"level\": \"WARN\", \"logger_name\": \"lib\", \"message\": \"cold\", \"extra\": {\"code\": \"one\"}}, "
    "\"resource\": {\"service.name\":\"app\"}}\n";
  g_autoptr (GString) told = g_string_new (NULL);
  g_autoptr (GString) same = g_string_new (NULL);

  g_assert_cmpuint (take_at ("/v1/logs", "application/x-protobuf", NULL, packed, sizeof packed - 1, told, NULL), ==, 200);
  g_assert_cmpuint (take_at ("/v1/logs", "application/json", NULL, json, strlen (json), same, NULL), ==, 200);
  g_assert_cmpstr (told->str, ==, want);
  g_assert_cmpstr (same->str, ==, want);
  /* Cut anywhere it is refused, and whatever is told of it is whole. */
  for (gsize length = 1; length < sizeof packed - 1; length++)
    {
      g_string_truncate (told, 0);
      g_assert_cmpuint (take_at ("/v1/logs", "application/x-protobuf", NULL, packed, length, told, NULL), ==, 400);
    }
}

static char *
load (const char *name, gsize *length)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, name, NULL);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, length, NULL));
  return text;
}

/* The SDK's own encoding, and the same by the rules of OTLP's JSON. */
static void
test_forms (void)
{
  gsize pb_length, json_length;
  g_autofree char *pb = load ("traces.pb", &pb_length);
  g_autofree char *json = load ("traces.json", &json_length);
  g_autoptr (GString) told = g_string_new (NULL);
  g_autoptr (GString) same = g_string_new (NULL);

  g_assert_cmpuint (take ("application/x-protobuf", NULL, pb, pb_length, told, NULL), ==, 200);
  g_assert_cmpuint (take ("application/json; charset=utf-8", NULL, json, json_length, same, NULL), ==, 200);
  g_assert_cmpstr (told->str, ==, same->str);
  g_assert_true (g_str_has_prefix (told->str, "inner trips it broke {"));
  g_assert_nonnull (strstr (told->str, "\"big\":4611686018427387904"));
  g_assert_nonnull (strstr (told->str, "\"list\":[\"a\",\"b\"]"));
  g_assert_nonnull (strstr (told->str, "\nouter trips - {"));
}

/* Cut anywhere: refused, or the rest is told; never more than whole spans. */
static void
test_cut (void)
{
  gsize length;
  g_autofree char *pb = load ("traces.pb", &length);

  for (gsize cut = 1; cut < length; cut++)
    {
      g_autoptr (GString) lines = g_string_new (NULL);
      g_autofree char *said = NULL;

      g_assert_cmpuint (take ("application/x-protobuf", NULL, pb, cut, lines, &said), ==, 400);
      g_assert_true (g_str_has_prefix (said, "Overhear: this is no OTLP: "));
    }
}

static gboolean
note_text (const char *text, gsize length, gboolean name, gpointer data)
{
  g_string_append_len (data, text, (gssize) length);
  g_string_append_c (data, name ? '*' : ' ');
  return TRUE;
}

static gboolean
is_never_plain (const char *text, gsize length, gboolean name, gpointer data)
{
  return FALSE;
}

/* What is put off is told later: all of it, whatever the bytes are. */
static gboolean
check_deferred (const char *bytes, gsize length)
{
  g_autoptr (GBytes) body = g_bytes_new_static (bytes, length);
  g_autoptr (GString) texts = g_string_new (NULL), lines = g_string_new (NULL);
  g_auto (OhIngestReply) reply = { 0 };
  g_autoptr (GBytes) put_off = oh_ingest_defer ("/v1/traces", "application/x-protobuf", NULL, body, note_text, texts, &reply);
  g_autofree char *said = NULL;

  if (put_off == NULL)
    return FALSE;
  g_assert_true (g_bytes_equal (put_off, body));
  g_assert_cmpuint (reply.status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (reply.body), ==, 0);
  g_assert_cmpuint (take ("application/x-protobuf", NULL, bytes, length, lines, &said), ==, 200);
  /* Nothing is rejected. */
  g_assert_cmpstr (said, ==, "");
  g_assert_cmpuint (lines->len, >, 0);
  return TRUE;
}

/* Each bit of it turned, and cut anywhere. */
static void
test_deferred (void)
{
  gsize length;
  g_autofree char *pb = load ("traces.pb", &length);
  g_autoptr (GBytes) body = g_bytes_new_static (pb, length);
  g_autoptr (GString) texts = g_string_new (NULL);
  g_auto (OhIngestReply) reply = { 0 };
  g_autoptr (GBytes) put_off = NULL;
  guint sound = 0;

  g_assert_true (check_deferred (pb, length));
  for (gsize cut = 0; cut < length; cut++)
    g_assert_false (check_deferred (pb, cut));
  for (gsize bit = 0; bit < 8 * length; bit++)
    {
      pb[bit / 8] ^= (char) (1 << bit % 8);
      sound += check_deferred (pb, length);
      pb[bit / 8] ^= (char) (1 << bit % 8);
    }
  g_assert_cmpuint (sound, >, length);
  put_off = oh_ingest_defer ("/v1/traces", "application/x-protobuf", NULL, body, note_text, texts, &reply);
  g_assert_nonnull (put_off);
  g_assert_nonnull (strstr (texts->str, "trips*"));
  g_assert_nonnull (strstr (texts->str, "broke*"));
  g_assert_nonnull (strstr (texts->str, "inner*"));
  g_assert_null (oh_ingest_defer ("/v1/traces", "application/x-protobuf", NULL, body, is_never_plain, NULL, &reply));
  g_assert_null (oh_ingest_defer ("/v1/traces", "application/json", NULL, body, note_text, texts, &reply));
  g_assert_null (oh_ingest_defer ("/v1/logs", "application/x-protobuf", NULL, body, note_text, texts, &reply));
}

static void
test_refused (void)
{
  static const char rejected[] = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"00\"},"
                                 "{\"traceId\":\"ABABABABABABABABABABABABABABABAB\",\"spanId\":\"0102030405060708\"}]}]}]}";
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autofree char *said = NULL;
  g_autoptr (GString) deep = g_string_new (NULL);

  g_assert_cmpuint (take ("application/json", NULL, rejected, strlen (rejected), lines, &said), ==, 200);
  g_assert_nonnull (strstr (said, "\"rejectedSpans\":\"1\""));
  g_assert_nonnull (strstr (lines->str, "\"traceId\": \"abababab"));
  g_assert_cmpuint (take ("application/json", NULL, "{", 1, lines, NULL), ==, 400);
  g_assert_cmpuint (take ("application/json", NULL, "{}", 2, lines, NULL), ==, 200);
  g_assert_cmpuint (take ("application/x-protobuf", NULL, "", 0, lines, NULL), ==, 200);
  g_assert_cmpuint (take ("text/html", NULL, "", 0, lines, NULL), ==, 415);
  /* gzip of nothing but its magic. */
  g_assert_cmpuint (take ("application/json", "gzip", "\x1f\x8b\x08", 3, lines, NULL), ==, 400);

  /* Values that nest without end are cut off, and nothing overflows. */
  g_string_append (deep, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"abababababababababababababababab\","
                         "\"spanId\":\"0102030405060708\",\"attributes\":[{\"key\":\"deep\",\"value\":");
  for (guint i = 0; i < 100000; i++)
    g_string_append (deep, "{\"arrayValue\":{\"values\":[");
  for (guint i = 0; i < 100000; i++)
    g_string_append (deep, "]}}");
  g_string_append (deep, "}]}]}]}]}");
  g_string_truncate (lines, 0);
  g_assert_cmpuint (take ("application/json", NULL, deep->str, deep->len, lines, NULL), ==, 200);
  g_assert_nonnull (strstr (lines->str, "[[[[[[[[null]]]]]]]]"));
}

/* 64 MiB and a byte, told in a few thousand. */
static void
test_too_large (void)
{
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1));
  g_autofree char *zeros = g_malloc0 (OH_INGEST_MAX + 1);
  const gsize size = 1 << 20;
  g_autofree char *packed = g_malloc (size);
  g_autoptr (GString) lines = g_string_new (NULL);
  gsize read = 0, written = 0;
  gsize total = 0, at = 0;
  GConverterResult result;

  do
    {
      result = g_converter_convert (compressor, zeros + at, OH_INGEST_MAX + 1 - at, packed + total, size - total,
                                    G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
      at += read;
      total += written;
    }
  while (result == G_CONVERTER_CONVERTED);
  g_assert_cmpint (result, ==, G_CONVERTER_FINISHED);
  g_assert_cmpuint (take ("application/json", "gzip", packed, total, lines, NULL), ==, 413);
  g_assert_cmpuint (take ("application/json", NULL, zeros, OH_INGEST_MAX + 1, lines, NULL), ==, 413);
  g_assert_cmpuint (lines->len, ==, 0);
}

static void
put (const OhTold *told, gpointer data)
{
  OhJson span;

  g_assert_true (oh_json_parse (told->json->str, told->json->len, &span, NULL));
  g_assert_true (oh_otlp_batch_add (data, span));
}

/* What was read is written in both forms, and read again it is the same; so is a value of each kind. */
static void
test_written (void)
{
  static const char every[] =
    "{\"resource\":{\"service.name\":\"app\"},\"scope\":{\"name\":\"lib\",\"version\":\"1\"},"
    "\"traceId\":\"000102030405060708090a0b0c0d0e0f\",\"spanId\":\"0001020304050607\",\"parentSpanId\":\"0701020304050607\","
    "\"name\":\"all\",\"kind\":3,\"startTimeUnixNano\":5,\"endTimeUnixNano\":9223372036854775807,"
    "\"attributes\":{\"text\":\"\\u0000 \\u00e9\\\"\",\"int\":-9007199254740993,\"double\":2.5,\"yes\":true,"
    "\"list\":[1,\"a\",[2]],\"object\":{\"deep\":{\"er\":0.5}},\"none\":null,\"empty\":[]},"
    "\"events\":[{\"timeUnixNano\":7,\"name\":\"e\",\"attributes\":{\"n\":1}}],"
    "\"links\":[{\"traceId\":\"000102030405060708090a0b0c0d0e0f\",\"spanId\":\"0801020304050607\",\"attributes\":{}}],"
    "\"status\":{\"code\":2,\"message\":\"no\"}}";
  g_autoptr (OhOtlpBatch) batch = oh_otlp_batch_new ();
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GString) json = g_string_new (NULL);
  g_autoptr (GString) from_packed = g_string_new (NULL);
  g_autoptr (GString) from_json = g_string_new (NULL);
  g_autoptr (GString) before = g_string_new (NULL);
  g_autofree char *text = NULL;
  g_auto (OhIngestReply) reply = { 0 };
  g_autoptr (GBytes) body = NULL;
  gsize length, n;
  const guint8 *data;
  OhJson span;

  text = load ("traces.json", &length);
  body = g_bytes_new (text, length);
  g_assert_cmpuint (take ("application/json", NULL, text, length, before, NULL), ==, 200);
  oh_ingest_take ("/v1/traces", "application/json", NULL, body, put, batch, &reply);
  g_assert_cmpuint (oh_otlp_batch_get_length (batch), >, 1);
  g_assert_true (oh_json_parse (every, strlen (every), &span, NULL));
  g_assert_true (oh_otlp_batch_add (batch, span));
  g_assert_false (oh_otlp_batch_add (batch, (OhJson) { 0 }));
  packed = oh_otlp_batch_to_protobuf (batch);
  oh_otlp_batch_write_json (batch, json);
  data = g_bytes_get_data (packed, &n);
  g_assert_cmpuint (take ("application/x-protobuf", NULL, data, n, from_packed, NULL), ==, 200);
  g_assert_cmpuint (take ("application/json", NULL, json->str, json->len, from_json, NULL), ==, 200);
  g_assert_cmpstr (from_packed->str, ==, from_json->str);
  g_assert_true (g_str_has_prefix (from_packed->str, before->str));
  for (guint i = 0; i < 2; i++)
    {
      const char *same = strstr (i == 0 ? from_packed->str : from_json->str, "all app no ");

      g_assert_nonnull (same);
      g_assert_nonnull (strstr (same, "\"int\":-9007199254740993,\"double\":2.5,\"yes\":true,\"list\":[1,\"a\",[2]],"
                                      "\"object\":{\"deep\":{\"er\":0.5}},\"empty\":[]}"));
      g_assert_nonnull (strstr (same, "\"endTimeUnixNano\": 9223372036854775807"));
      g_assert_null (strstr (same, "none"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/otlp/forms", test_forms);
  g_test_add_func ("/otlp/message", test_message);
  g_test_add_func ("/otlp/logs", test_logs);
  g_test_add_func ("/otlp/cut", test_cut);
  g_test_add_func ("/otlp/deferred", test_deferred);
  g_test_add_func ("/otlp/refused", test_refused);
  g_test_add_func ("/otlp/written", test_written);
  g_test_add_func ("/otlp/too-large", test_too_large);
  return g_test_run ();
}
