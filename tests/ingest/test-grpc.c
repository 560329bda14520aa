/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client of nghttp2's against ours: what it is answered with, however its bytes are split. */
#include "oh-grpc.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#define EXPORT "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
#define LARGEST 20000000
/* Bytes of what is said of a message before it. */
#define PREFIX 5

/* Both ends of a connection. */
typedef struct
{
  nghttp2_session *client;
  OhGrpc *server;
  gsize step;          /* bytes that pass at once */
  GString *calls;      /* what the host was asked, a line each */
  gint32 last;         /* stream */
  gint gone;
  gboolean held_back;  /* the host answers later */
  gsize room;
  gsize taken;
  GByteArray *request;
  gsize sent;
  gsize cut;           /* where a frame ends; 0: nowhere */
  gboolean left_open;  /* the request does not end */
  GByteArray *answer;
  char *http, *status, *message;
  gboolean closed;
  gboolean sound;
} Wire;

static gsize *room_left;

static gboolean
take_room (gsize *held, gsize more)
{
  if (more > *room_left)
    return FALSE;
  *held += more;
  *room_left -= more;
  return TRUE;
}

static void
give_room_back (gsize *held)
{
  *room_left += *held;
  *held = 0;
}

static void
called (const OhGrpcCall *call, gpointer data)
{
  Wire *wire = data;
  g_autoptr (GBytes) body = g_bytes_new_static ("\x0a\x00", 2);

  wire->last = call->stream;
  g_string_append_printf (wire->calls, "%s %s %s %s %d %" G_GSIZE_FORMAT "\n", call->path,
                          call->encoding != NULL ? call->encoding : "-", call->token != NULL ? call->token : "-",
                          call->authority, call->from_page, g_bytes_get_size (call->message));
  if (!wire->held_back)
    oh_grpc_answer (wire->server, call->stream, OH_GRPC_OK, body, NULL);
}

static void
gone (gint32 stream, gpointer data)
{
  ((Wire *) data)->gone = stream;
}

static const OhGrpcHost host = { called, gone, take_room, give_room_back };

static ssize_t
give_request (nghttp2_session *session, int32_t id, uint8_t *out, size_t length, uint32_t *flags, nghttp2_data_source *source,
              void *data)
{
  Wire *wire = data;
  const gsize end = wire->sent < wire->cut ? wire->cut : wire->request->len;
  const gsize n = MIN (length, end - wire->sent);

  if (n == 0 && wire->left_open)
    return NGHTTP2_ERR_DEFERRED;
  if (n > 0)
    memcpy (out, wire->request->data + wire->sent, n);
  wire->sent += n;
  if (wire->sent == wire->request->len && !wire->left_open)
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t) n;
}

static int
on_header (nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length, const uint8_t *value,
           size_t value_length, uint8_t flags, void *data)
{
  Wire *wire = data;
  char **to = strcmp ((const char *) name, ":status") == 0      ? &wire->http
              : strcmp ((const char *) name, "grpc-status") == 0  ? &wire->status
              : strcmp ((const char *) name, "grpc-message") == 0 ? &wire->message
                                                                  : NULL;

  if (to != NULL)
    {
      g_assert_null (*to);
      *to = g_strndup ((const char *) value, value_length);
    }
  return 0;
}

static int
on_data (nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t length, void *data)
{
  g_byte_array_append (((Wire *) data)->answer, bytes, (guint) length);
  return 0;
}

static int
on_close (nghttp2_session *session, int32_t id, uint32_t code, void *data)
{
  ((Wire *) data)->closed = TRUE;
  return 0;
}

static void
wire_open (Wire *wire, gsize step)
{
  nghttp2_session_callbacks *callbacks;

  *wire = (Wire) { .step = step, .room = G_MAXSIZE / 2, .sound = TRUE };
  room_left = &wire->room;
  wire->calls = g_string_new (NULL);
  wire->request = g_byte_array_new ();
  wire->answer = g_byte_array_new ();
  wire->server = oh_grpc_new (LARGEST, &host, wire);
  nghttp2_session_callbacks_new (&callbacks);
  nghttp2_session_callbacks_set_on_header_callback (callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback (callbacks, on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback (callbacks, on_close);
  nghttp2_session_client_new (&wire->client, callbacks, wire);
  nghttp2_session_callbacks_del (callbacks);
  nghttp2_submit_settings (wire->client, NGHTTP2_FLAG_NONE, NULL, 0);
}

static void
wire_close (Wire *wire)
{
  oh_grpc_free (wire->server);
  nghttp2_session_del (wire->client);
  /* Nothing of the room was kept. */
  g_assert_cmpuint (wire->room, ==, G_MAXSIZE / 2 - wire->taken);
  g_string_free (wire->calls, TRUE);
  g_byte_array_unref (wire->request);
  g_byte_array_unref (wire->answer);
  g_free (wire->http);
  g_free (wire->status);
  g_free (wire->message);
}

/* Until neither has anything to say. */
static void
pump (Wire *wire)
{
  gboolean any = TRUE;

  while (any)
    {
      const uint8_t *bytes;
      ssize_t n = nghttp2_session_mem_send (wire->client, &bytes);
      g_autoptr (GBytes) back = NULL;
      gsize length;

      any = n > 0;
      for (gsize at = 0; n > 0 && at < (gsize) n; at += wire->step)
        wire->sound = oh_grpc_feed (wire->server, bytes + at, MIN (wire->step, (gsize) n - at)) && wire->sound;
      back = oh_grpc_take_output (wire->server);
      bytes = g_bytes_get_data (back, &length);
      any = any || length > 0;
      if (length > 0)
        g_assert_cmpint (nghttp2_session_mem_recv (wire->client, bytes, length), ==, length);
    }
}

/* @message: with its prefix; @fields: more of them, name and value in turn, NULL-terminated */
static void
post (Wire *wire, const char *method, const char *path, const char *type, const void *message, gsize length,
      const char *const *fields)
{
  const nghttp2_data_provider provider = { .read_callback = give_request };
  const char *const first[] = { ":method", method, ":scheme", "http", ":path", path, ":authority", "localhost:4317",
                                "content-type", type, "te", "trailers" };
  nghttp2_nv all[16];
  gsize n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (first) + 8; i += 2)
    {
      const char *const *field = i < G_N_ELEMENTS (first) ? first + i : fields + i - G_N_ELEMENTS (first);

      if (field[0] == NULL)
        break;
      all[n++] = (nghttp2_nv) { (uint8_t *) field[0], (uint8_t *) field[1], strlen (field[0]), strlen (field[1]), 0 };
    }
  g_byte_array_append (wire->request, message, (guint) length);
  g_assert_cmpint (nghttp2_submit_request (wire->client, NULL, all, n, &provider, NULL), >, 0);
  pump (wire);
}

static const char *const nothing[] = { NULL };

static void
test_export (void)
{
  static const char *const fields[] = { "overhear-token", "abc", "grpc-encoding", "gzip", "origin", "https://page.example", NULL };

  for (gsize step = 1; step < 2000; step *= 3)
    {
      Wire wire;

      wire_open (&wire, step);
      post (&wire, "POST", EXPORT, "application/grpc", "\0\0\0\0\3abc", 8, nothing);
      g_assert_cmpstr (wire.calls->str, ==, "/v1/traces - - localhost:4317 0 3\n");
      g_assert_cmpstr (wire.http, ==, "200");
      g_assert_cmpstr (wire.status, ==, "0");
      g_assert_cmpmem (wire.answer->data, wire.answer->len, "\0\0\0\0\2\x0a\0", 7);
      g_assert_true (wire.closed && wire.sound && !oh_grpc_is_busy (wire.server));
      wire_close (&wire);
      wire_open (&wire, step);
      post (&wire, "POST", "/opentelemetry.proto.collector.logs.v1.LogsService/Export", "application/grpc+proto",
            "\1\0\0\0\3abc", 8, fields);
      g_assert_cmpstr (wire.calls->str, ==, "/v1/logs gzip abc localhost:4317 1 3\n");
      g_assert_cmpstr (wire.status, ==, "0");
      wire_close (&wire);
    }
}

static void
test_refused (void)
{
  static const char *const zstd[] = { "grpc-encoding", "zstd", NULL };
  static const struct
  {
    const char *method, *path, *type, *message;
    gsize length;
    const char *const *fields;
    const char *http, *status;
  } rows[] = {
    { "GET", EXPORT, "application/grpc", "\0\0\0\0\0", 5, nothing, "405", NULL },
    { "POST", EXPORT, "application/json", "{}", 2, nothing, "415", NULL },
    { "POST", "/a.Service/Call", "application/grpc", "\0\0\0\0\0", 5, nothing, "200", "12" },
    { "POST", EXPORT, "application/grpc", "", 0, nothing, "200", "13" },
    { "POST", EXPORT, "application/grpc", "\0\0\0\0", 4, nothing, "200", "13" },
    { "POST", EXPORT, "application/grpc", "\0\0\0\0\4abc", 8, nothing, "200", "13" },
    { "POST", EXPORT, "application/grpc", "\0\0\0\0\1a\0\0\0\0\1b", 12, nothing, "200", "13" },
    { "POST", EXPORT, "application/grpc", "\2\0\0\0\1a", 6, nothing, "200", "13" },
    { "POST", EXPORT, "application/grpc", "\1\0\0\0\1a", 6, nothing, "200", "13" },
    { "POST", EXPORT, "application/grpc", "\1\0\0\0\1a", 6, zstd, "200", "12" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Wire wire;

      wire_open (&wire, 7);
      post (&wire, rows[i].method, rows[i].path, rows[i].type, rows[i].message, rows[i].length, rows[i].fields);
      g_assert_cmpstr (wire.http, ==, rows[i].http);
      g_assert_cmpstr (wire.status, ==, rows[i].status);
      g_assert_true (rows[i].status == NULL || wire.message != NULL);
      g_assert_true (wire.closed && wire.calls->len == 0);
      wire_close (&wire);
    }
}

static void
test_bounds (void)
{
  g_autofree guint8 *large = g_malloc0 (LARGEST + 100);
  Wire wire;

  /* More than any window, in one message. */
  memcpy (large, "\0\0\x7a\x12\0", 5);
  wire_open (&wire, 100000);
  post (&wire, "POST", EXPORT, "application/grpc", large, 5 + 0x7a1200, nothing);
  g_assert_cmpstr (wire.calls->str, ==, "/v1/traces - - localhost:4317 0 8000000\n");
  g_assert_cmpstr (wire.status, ==, "0");
  wire_close (&wire);
  wire_open (&wire, 100000);
  memcpy (large, "\0\1\x31\x2d\x5f", 5);
  post (&wire, "POST", EXPORT, "application/grpc", large, LARGEST + 100, nothing);
  g_assert_cmpstr (wire.status, ==, "8");
  wire_close (&wire);
  wire_open (&wire, 100000);
  wire.taken = wire.room - 1000;
  wire.room = 1000;
  post (&wire, "POST", EXPORT, "application/grpc", large, 5000, nothing);
  g_assert_cmpstr (wire.status, ==, "14");
  wire_close (&wire);
}

/* What is said of a message, against what there is of it, wherever its bytes and frames are split: each is answered, and rightly. */
static void
test_lengths (void)
{
  static const guint32 said[] = { 0, 1, 2, 3, 4, 5, 8, 9, 255, 256, 65536, LARGEST, LARGEST + 1, 0x04000001, 0x7fffffff, 0xffffffff };
  static const char *const encodings[][3] = { { NULL }, { "grpc-encoding", "identity" }, { "grpc-encoding", "gzip" } };

  for (guint i = 0; i < G_N_ELEMENTS (said) * 5 * 3 * G_N_ELEMENTS (encodings); i++)
    {
      const guint32 length = said[i % G_N_ELEMENTS (said)];
      const guint there = i / G_N_ELEMENTS (said) % 5, flag = i / G_N_ELEMENTS (said) / 5 % 3;
      const guint encoding = i / G_N_ELEMENTS (said) / 5 / 3;
      const guint8 message[] = { flag, length >> 24, length >> 16, length >> 8, length, 'a', 'b', 'c', 'd' };
      const char *const status = length > LARGEST ? "8" : flag > 1 || length != there || (flag == 1 && encoding < 2) ? "13" : "0";

      for (guint cut = 0; cut < PREFIX + there; cut++)
        for (guint step = 1; step < 200; step = step * 7 + 1)
          {
            Wire wire;

            wire_open (&wire, step);
            wire.cut = cut;
            post (&wire, "POST", EXPORT, "application/grpc", message, PREFIX + there, encodings[encoding]);
            g_assert_cmpstr (wire.status, ==, status);
            g_assert_true (wire.closed && wire.sound && !oh_grpc_is_busy (wire.server));
            g_assert_cmpint (wire.calls->len > 0, ==, *status == '0');
            wire_close (&wire);
          }
      /* Of a request that does not end: only what may yet become one message is waited for. */
      if (length > LARGEST || flag > 1 || there > length)
        {
          Wire wire;

          wire_open (&wire, 100);
          wire.left_open = TRUE;
          post (&wire, "POST", EXPORT, "application/grpc", message, PREFIX + there, encodings[encoding]);
          g_assert_cmpstr (wire.status, ==, length > LARGEST ? "8" : "13");
          g_assert_cmpuint (wire.calls->len, ==, 0);
          wire_close (&wire);
        }
    }
}

/* A client that no longer waits; what does not speak HTTP/2. */
static void
test_left (void)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("", 0);
  g_autoptr (OhGrpc) other = NULL;
  Wire wire;

  wire_open (&wire, 100);
  wire.held_back = TRUE;
  post (&wire, "POST", EXPORT, "application/grpc", "\0\0\0\0\0", 5, nothing);
  g_assert_true (oh_grpc_is_busy (wire.server) && !wire.closed);
  nghttp2_submit_rst_stream (wire.client, NGHTTP2_FLAG_NONE, wire.last, NGHTTP2_CANCEL);
  pump (&wire);
  g_assert_cmpint (wire.gone, ==, wire.last);
  oh_grpc_answer (wire.server, wire.last, OH_GRPC_OK, body, NULL);
  pump (&wire);
  g_assert_null (wire.status);
  wire_close (&wire);
  other = oh_grpc_new (LARGEST, &host, &wire);
  g_assert_false (oh_grpc_feed (other, (const guint8 *) "GET / HTTP/1.1\r\n\r\n0123456789", 28));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/grpc/export", test_export);
  g_test_add_func ("/grpc/refused", test_refused);
  g_test_add_func ("/grpc/bounds", test_bounds);
  g_test_add_func ("/grpc/lengths", test_lengths);
  g_test_add_func ("/grpc/left", test_left);
  return g_test_run ();
}
