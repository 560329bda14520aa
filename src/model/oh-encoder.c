/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-encoder.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

/* Fast and small: there may be many at once, and the store packs what it keeps once more. */
#define LEVEL 1
#define WINDOW 16
#define ZLIB_WINDOW 13
#define ZLIB_MEMORY 6
#define GZIP 16
#define ROOM (16 * 1024)

struct _OhEncoder
{
  gboolean zlib;
  z_stream stream;
  BrotliEncoderState *brotli;
  ZSTD_CStream *zstd;
};

OhEncoder *
oh_encoder_new (const char *encoding)
{
  const gboolean gzip = g_ascii_strcasecmp (encoding, "gzip") == 0 || g_ascii_strcasecmp (encoding, "x-gzip") == 0;
  g_autoptr (OhEncoder) self = g_new0 (OhEncoder, 1);

  if (gzip || g_ascii_strcasecmp (encoding, "deflate") == 0)
    {
      self->zlib = deflateInit2 (&self->stream, LEVEL, Z_DEFLATED, gzip ? ZLIB_WINDOW + GZIP : ZLIB_WINDOW, ZLIB_MEMORY,
                                 Z_DEFAULT_STRATEGY) == Z_OK;
    }
  else if (g_ascii_strcasecmp (encoding, "br") == 0)
    {
      self->brotli = BrotliEncoderCreateInstance (NULL, NULL, NULL);
      if (self->brotli != NULL)
        {
          BrotliEncoderSetParameter (self->brotli, BROTLI_PARAM_QUALITY, LEVEL);
          BrotliEncoderSetParameter (self->brotli, BROTLI_PARAM_LGWIN, WINDOW);
        }
    }
  else if (g_ascii_strcasecmp (encoding, "zstd") == 0)
    {
      self->zstd = ZSTD_createCStream ();
      if (self->zstd != NULL)
        {
          ZSTD_CCtx_setParameter (self->zstd, ZSTD_c_compressionLevel, LEVEL);
          ZSTD_CCtx_setParameter (self->zstd, ZSTD_c_windowLog, WINDOW);
        }
    }
  return self->zlib || self->brotli != NULL || self->zstd != NULL ? g_steal_pointer (&self) : NULL;
}

void
oh_encoder_free (OhEncoder *self)
{
  if (self->zlib)
    deflateEnd (&self->stream);
  g_clear_pointer (&self->brotli, BrotliEncoderDestroyInstance);
  g_clear_pointer (&self->zstd, ZSTD_freeCStream);
  g_free (self);
}

static gboolean
feed_zlib (OhEncoder *self, const void *data, gsize length, gboolean ended, GByteArray *out)
{
  int result;

  self->stream.next_in = (Bytef *) data;
  self->stream.avail_in = (uInt) length;
  do
    {
      guint8 room[ROOM];

      self->stream.next_out = room;
      self->stream.avail_out = sizeof room;
      result = deflate (&self->stream, ended ? Z_FINISH : Z_SYNC_FLUSH);
      g_byte_array_append (out, room, (guint) (sizeof room - self->stream.avail_out));
    }
  while (result == Z_OK && self->stream.avail_out == 0);
  return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

static gboolean
feed_brotli (OhEncoder *self, const void *data, gsize length, gboolean ended, GByteArray *out)
{
  const BrotliEncoderOperation operation = ended ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH;
  const guint8 *next = data;

  do
    {
      guint8 room[ROOM];
      guint8 *at = room;
      gsize left = sizeof room;

      if (!BrotliEncoderCompressStream (self->brotli, operation, &length, &next, &left, &at, NULL))
        return FALSE;
      g_byte_array_append (out, room, (guint) (sizeof room - left));
    }
  while (length > 0 || BrotliEncoderHasMoreOutput (self->brotli));
  return TRUE;
}

static gboolean
feed_zstd (OhEncoder *self, const void *data, gsize length, gboolean ended, GByteArray *out)
{
  ZSTD_inBuffer in = { data, length, 0 };
  gsize left;

  do
    {
      guint8 room[ROOM];
      ZSTD_outBuffer to = { room, sizeof room, 0 };

      left = ZSTD_compressStream2 (self->zstd, &to, &in, ended ? ZSTD_e_end : ZSTD_e_flush);
      if (ZSTD_isError (left))
        return FALSE;
      g_byte_array_append (out, room, (guint) to.pos);
    }
  while (left > 0 || in.pos < in.size);
  return TRUE;
}

gboolean
oh_encoder_feed (OhEncoder *self, const void *data, gsize length, gboolean ended, GByteArray *out)
{
  return self->zlib ? feed_zlib (self, data, length, ended, out)
         : self->brotli != NULL ? feed_brotli (self, data, length, ended, out)
                                : feed_zstd (self, data, length, ended, out);
}

GBytes *
oh_encoder_pack (const char *encoding, GBytes *text)
{
  g_autoptr (OhEncoder) encoder = oh_encoder_new (encoding);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  if (encoder == NULL || !oh_encoder_feed (encoder, g_bytes_get_data (text, NULL), g_bytes_get_size (text), TRUE, out))
    return NULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}
