/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-grpc.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#define STREAMS_MAX 32
#define STREAM_WINDOW (1024 * 1024)
#define WINDOW (4 * 1024 * 1024)
#define HEADERS_MAX (16 * 1024)
/* Before each message: whether it is compressed, and its length. */
#define PREFIX 5

typedef struct
{
  gint32 id;
  char *method, *path, *type, *encoding, *authority, *token;
  gboolean from_page;
  GByteArray *bytes;
  gsize held;
  gboolean called;   /* the host has it */
  gboolean answered;
  GBytes *out;       /* the answer, with its prefix */
  gsize out_at;
  char *status;      /* … and what its trailers say */
} Stream;

struct _OhGrpc
{
  nghttp2_session *session;
  GHashTable *streams; /* gint id → Stream */
  gsize max;
  const OhGrpcHost *host;
  gpointer data;
};

static const struct
{
  const char *path;
  const char *by_http;
} methods[] = {
  { "/opentelemetry.proto.collector.trace.v1.TraceService/Export", "/v1/traces" },
  { "/opentelemetry.proto.collector.logs.v1.LogsService/Export", "/v1/logs" },
  { "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", "/v1/metrics" },
};

static void
drop_bytes (OhGrpc *self, Stream *stream)
{
  g_byte_array_set_size (stream->bytes, 0);
  if (stream->held > 0)
    self->host->give_room_back (&stream->held);
}

static void
stream_free (gpointer data)
{
  Stream *stream = data;

  g_free (stream->method);
  g_free (stream->path);
  g_free (stream->type);
  g_free (stream->encoding);
  g_free (stream->authority);
  g_free (stream->token);
  g_byte_array_unref (stream->bytes);
  g_clear_pointer (&stream->out, g_bytes_unref);
  g_free (stream->status);
  g_free (stream);
}

static Stream *
find (OhGrpc *self, gint32 id)
{
  return g_hash_table_lookup (self->streams, GINT_TO_POINTER (id));
}

/* --- answers --- */

static nghttp2_nv
make_field (const char *name, const char *value)
{
  return (nghttp2_nv) {
    .name = (guint8 *) name,
    .value = (guint8 *) value,
    .namelen = strlen (name),
    .valuelen = strlen (value),
  };
}

static ssize_t
give_data (nghttp2_session *session, int32_t id, uint8_t *out, size_t length, uint32_t *flags, nghttp2_data_source *source,
           void *data)
{
  Stream *stream = source->ptr;
  const gsize left = g_bytes_get_size (stream->out) - stream->out_at;
  const gsize n = MIN (left, length);

  memcpy (out, (const guint8 *) g_bytes_get_data (stream->out, NULL) + stream->out_at, n);
  stream->out_at += n;
  if (n == left)
    {
      const nghttp2_nv trailer = make_field ("grpc-status", stream->status);

      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer (session, id, &trailer, 1);
    }
  return (ssize_t) n;
}

static void
answer (OhGrpc *self, Stream *stream, OhGrpcStatus status, GBytes *body, const char *message)
{
  nghttp2_nv fields[5];
  gsize n = 0;

  if (stream->answered)
    return;
  stream->answered = TRUE;
  drop_bytes (self, stream);
  stream->status = g_strdup_printf ("%d", status);
  fields[n++] = make_field (":status", "200");
  fields[n++] = make_field ("content-type", "application/grpc");
  fields[n++] = make_field ("grpc-accept-encoding", "identity,gzip");
  if (status == OH_GRPC_OK)
    {
      const guint32 length = GUINT32_TO_BE ((guint32) g_bytes_get_size (body));
      GByteArray *out = g_byte_array_new ();
      const nghttp2_data_provider provider = { .source = { .ptr = stream }, .read_callback = give_data };

      g_byte_array_append (out, (const guint8 *) "", 1);
      g_byte_array_append (out, (const guint8 *) &length, sizeof length);
      g_byte_array_append (out, g_bytes_get_data (body, NULL), (guint) g_bytes_get_size (body));
      stream->out = g_byte_array_free_to_bytes (out);
      nghttp2_submit_response (self->session, stream->id, fields, n, &provider);
      return;
    }
  fields[n++] = make_field ("grpc-status", stream->status);
  if (message != NULL)
    fields[n++] = make_field ("grpc-message", message);
  nghttp2_submit_response (self->session, stream->id, fields, n, NULL);
}

/* No gRPC at all: answered as HTTP does. */
static void
refuse (OhGrpc *self, Stream *stream, const char *status)
{
  const nghttp2_nv field = make_field (":status", status);

  stream->answered = TRUE;
  drop_bytes (self, stream);
  nghttp2_submit_response (self->session, stream->id, &field, 1, NULL);
}

/* --- calls --- */

static const char *
find_path (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (g_strcmp0 (path, methods[i].path) == 0)
      return methods[i].by_http;
  return NULL;
}

/* Its fields are there: who asks for anything else is told at once. */
static void
check_head (OhGrpc *self, Stream *stream)
{
  if (g_strcmp0 (stream->method, "POST") != 0)
    refuse (self, stream, "405");
  else if (stream->type == NULL || !g_str_has_prefix (stream->type, "application/grpc"))
    refuse (self, stream, "415");
  else if (find_path (stream->path) == NULL)
    answer (self, stream, OH_GRPC_UNIMPLEMENTED, NULL, "Overhear: only OTLP's Export is answered here.");
}

/* What the message's prefix says of its bytes. */
static gsize
get_length (const Stream *stream)
{
  guint32 length;

  memcpy (&length, stream->bytes->data + 1, sizeof length);
  return GUINT32_FROM_BE (length);
}

/* What cannot become one message any more is not waited for. */
static void
check_prefix (OhGrpc *self, Stream *stream)
{
  if (stream->bytes->len < PREFIX)
    return;
  if (get_length (stream) > self->max)
    answer (self, stream, OH_GRPC_RESOURCE_EXHAUSTED, NULL, "Overhear: the message is too large.");
  else if (stream->bytes->data[0] > 1 || stream->bytes->len - PREFIX > get_length (stream))
    answer (self, stream, OH_GRPC_INTERNAL, NULL, "Overhear: this is not one message.");
}

/* All of the request is there. */
static void
finish (OhGrpc *self, Stream *stream)
{
  const gboolean encoded = stream->bytes->len >= PREFIX && stream->bytes->data[0] == 1;
  g_autoptr (GBytes) message = NULL;

  if (stream->answered || stream->called)
    return;
  if (stream->bytes->len < PREFIX || stream->bytes->len - PREFIX != get_length (stream))
    answer (self, stream, OH_GRPC_INTERNAL, NULL, "Overhear: this is not one message.");
  else if (encoded && (stream->encoding == NULL || strcmp (stream->encoding, "identity") == 0))
    answer (self, stream, OH_GRPC_INTERNAL, NULL, "Overhear: the message is compressed, and grpc-encoding does not say how.");
  else if (encoded && strcmp (stream->encoding, "gzip") != 0)
    answer (self, stream, OH_GRPC_UNIMPLEMENTED, NULL, "Overhear: messages are taken as they are, or with gzip.");
  else
    {
      stream->called = TRUE;
      message = g_bytes_new (stream->bytes->data + PREFIX, stream->bytes->len - PREFIX);
      g_byte_array_set_size (stream->bytes, 0);
      self->host->called (&(OhGrpcCall){ .stream = stream->id,
                                         .path = find_path (stream->path),
                                         .encoding = encoded ? stream->encoding : NULL,
                                         .authority = stream->authority,
                                         .token = stream->token,
                                         .from_page = stream->from_page,
                                         .message = message,
                                         .held = &stream->held },
                          self->data);
    }
}

static int
on_begin_headers (nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
  OhGrpc *self = data;
  Stream *stream;

  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
    return 0;
  stream = g_new0 (Stream, 1);
  stream->id = frame->hd.stream_id;
  stream->bytes = g_byte_array_new ();
  g_hash_table_replace (self->streams, GINT_TO_POINTER (stream->id), stream);
  return 0;
}

static int
on_header (nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length, const uint8_t *value,
           size_t value_length, uint8_t flags, void *data)
{
  Stream *stream = find (data, frame->hd.stream_id);
  struct
  {
    const char *name;
    char **value;
  } wanted[] = {
    { ":method", stream != NULL ? &stream->method : NULL },
    { ":path", stream != NULL ? &stream->path : NULL },
    { ":authority", stream != NULL ? &stream->authority : NULL },
    { "content-type", stream != NULL ? &stream->type : NULL },
    { "grpc-encoding", stream != NULL ? &stream->encoding : NULL },
    { "overhear-token", stream != NULL ? &stream->token : NULL },
  };

  for (guint i = 0; stream != NULL && i < G_N_ELEMENTS (wanted); i++)
    if (strlen (wanted[i].name) == name_length && memcmp (wanted[i].name, name, name_length) == 0 && *wanted[i].value == NULL)
      *wanted[i].value = g_strndup ((const char *) value, value_length);
  if (stream != NULL && name_length == strlen ("origin") && memcmp (name, "origin", name_length) == 0)
    stream->from_page = TRUE;
  return 0;
}

static int
on_data (nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t length, void *data)
{
  OhGrpc *self = data;
  Stream *stream = find (self, id);

  if (stream == NULL || stream->answered || stream->called)
    return 0;
  if (!self->host->take_room (&stream->held, length))
    {
      answer (self, stream, OH_GRPC_UNAVAILABLE, NULL, "Overhear: too much comes in at once.");
      return 0;
    }
  g_byte_array_append (stream->bytes, bytes, (guint) length);
  check_prefix (self, stream);
  return 0;
}

static int
on_frame (nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
  OhGrpc *self = data;
  Stream *stream;

  if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS)
    return 0;
  stream = find (self, frame->hd.stream_id);
  if (stream != NULL && frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
    check_head (self, stream);
  if (stream != NULL && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
    finish (self, stream);
  return 0;
}

static int
on_stream_close (nghttp2_session *session, int32_t id, uint32_t code, void *data)
{
  OhGrpc *self = data;
  Stream *stream = find (self, id);

  if (stream == NULL)
    return 0;
  drop_bytes (self, stream);
  if (stream->called && !stream->answered)
    self->host->gone (id, self->data);
  g_hash_table_remove (self->streams, GINT_TO_POINTER (id));
  return 0;
}

OhGrpc *
oh_grpc_new (gsize max, const OhGrpcHost *host, gpointer data)
{
  const nghttp2_settings_entry settings[] = {
    { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX },
    { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
    { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADERS_MAX },
  };
  OhGrpc *self = g_new0 (OhGrpc, 1);
  nghttp2_session_callbacks *callbacks;

  self->streams = g_hash_table_new_full (NULL, NULL, NULL, stream_free);
  self->max = max;
  self->host = host;
  self->data = data;
  nghttp2_session_callbacks_new (&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback (callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback (callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback (callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback (callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback (callbacks, on_stream_close);
  nghttp2_session_server_new (&self->session, callbacks, self);
  nghttp2_session_callbacks_del (callbacks);
  nghttp2_submit_settings (self->session, NGHTTP2_FLAG_NONE, settings, G_N_ELEMENTS (settings));
  nghttp2_session_set_local_window_size (self->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
  return self;
}

void
oh_grpc_free (OhGrpc *self)
{
  GHashTableIter iter;
  gpointer stream;

  if (self == NULL)
    return;
  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, NULL, &stream))
    drop_bytes (self, stream);
  nghttp2_session_del (self->session);
  g_hash_table_unref (self->streams);
  g_free (self);
}

gboolean
oh_grpc_feed (OhGrpc *self, const guint8 *data, gsize length)
{
  const ssize_t n = nghttp2_session_mem_recv (self->session, data, length);

  return n == (ssize_t) length;
}

gboolean
oh_grpc_is_over (OhGrpc *self)
{
  return !nghttp2_session_want_read (self->session) && !nghttp2_session_want_write (self->session);
}

GBytes *
oh_grpc_take_output (OhGrpc *self)
{
  GByteArray *out = g_byte_array_new ();
  const uint8_t *bytes;
  ssize_t n;

  while ((n = nghttp2_session_mem_send (self->session, &bytes)) > 0)
    g_byte_array_append (out, bytes, (guint) n);
  return g_byte_array_free_to_bytes (out);
}

void
oh_grpc_answer (OhGrpc *self, gint32 id, OhGrpcStatus status, GBytes *body, const char *message)
{
  Stream *stream = find (self, id);

  g_return_if_fail (status != OH_GRPC_OK || body != NULL);
  if (stream != NULL)
    answer (self, stream, status, body, message);
}

gboolean
oh_grpc_is_busy (OhGrpc *self)
{
  return g_hash_table_size (self->streams) > 0;
}
