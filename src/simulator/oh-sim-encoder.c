/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-encoder.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#define BROTLI_QUALITY 4

struct _OhSimEncoder
{
  z_stream *zlib;
  BrotliEncoderState *brotli;
  ZSTD_CStream *zstd;
};

const char *
oh_sim_encoder_choose (const char *accept_encoding)
{
  static const char *const PREFERENCE[] = { "gzip", "br", "zstd", "deflate" };
  g_auto (GStrv) accepted = g_strsplit (accept_encoding != NULL ? accept_encoding : "", ",", -1);

  for (guint i = 0; i < G_N_ELEMENTS (PREFERENCE); i++)
    for (char **one = accepted; *one != NULL; one++)
      {
        g_auto (GStrv) halves = g_strsplit (*one, ";", 2);

        if (halves[0] != NULL && g_ascii_strcasecmp (g_strstrip (halves[0]), PREFERENCE[i]) == 0 &&
            (halves[1] == NULL || strstr (halves[1], "q=0") == NULL || strstr (halves[1], "q=0.") != NULL))
          return PREFERENCE[i];
      }
  return NULL;
}

OhSimEncoder *
oh_sim_encoder_new (const char *encoding)
{
  g_autoptr (OhSimEncoder) self = g_new0 (OhSimEncoder, 1);
  gboolean gzip = g_strcmp0 (encoding, "gzip") == 0;

  if (gzip || g_strcmp0 (encoding, "deflate") == 0)
    {
      self->zlib = g_new0 (z_stream, 1);
      if (deflateInit2 (self->zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip ? 15 + 16 : 15, 8, Z_DEFAULT_STRATEGY) !=
          Z_OK)
        g_error ("zlib cannot start");
    }
  else if (g_strcmp0 (encoding, "br") == 0)
    {
      self->brotli = BrotliEncoderCreateInstance (NULL, NULL, NULL);
      BrotliEncoderSetParameter (self->brotli, BROTLI_PARAM_QUALITY, BROTLI_QUALITY);
    }
  else if (g_strcmp0 (encoding, "zstd") == 0)
    self->zstd = ZSTD_createCStream ();
  else
    return NULL;
  return g_steal_pointer (&self);
}

void
oh_sim_encoder_free (OhSimEncoder *self)
{
  if (self->zlib != NULL)
    deflateEnd (self->zlib);
  g_free (self->zlib);
  g_clear_pointer (&self->brotli, BrotliEncoderDestroyInstance);
  ZSTD_freeCStream (self->zstd);
  g_free (self);
}

static void
push_zlib (OhSimEncoder *self, const guint8 *data, gsize size, gboolean last, GByteArray *out)
{
  guint8 buffer[16384];

  self->zlib->next_in = (guint8 *) data;
  self->zlib->avail_in = (uInt) size;
  do
    {
      self->zlib->next_out = buffer;
      self->zlib->avail_out = sizeof buffer;
      deflate (self->zlib, last ? Z_FINISH : Z_SYNC_FLUSH);
      g_byte_array_append (out, buffer, (guint) (sizeof buffer - self->zlib->avail_out));
    }
  while (self->zlib->avail_out == 0);
}

static void
push_brotli (OhSimEncoder *self, const guint8 *data, gsize size, gboolean last, GByteArray *out)
{
  guint8 buffer[16384];

  do
    {
      guint8 *next_out = buffer;
      gsize room = sizeof buffer;

      BrotliEncoderCompressStream (self->brotli, last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH, &size, &data,
                                   &room, &next_out, NULL);
      g_byte_array_append (out, buffer, (guint) (sizeof buffer - room));
    }
  while (size > 0 || BrotliEncoderHasMoreOutput (self->brotli));
}

static void
push_zstd (OhSimEncoder *self, const guint8 *data, gsize size, gboolean last, GByteArray *out)
{
  guint8 buffer[16384];
  ZSTD_inBuffer in = { data, size, 0 };
  gsize left;

  do
    {
      ZSTD_outBuffer room = { buffer, sizeof buffer, 0 };

      left = ZSTD_compressStream2 (self->zstd, &room, &in, last ? ZSTD_e_end : ZSTD_e_flush);
      g_byte_array_append (out, buffer, (guint) room.pos);
    }
  while (left != 0 && !ZSTD_isError (left));
}

GBytes *
oh_sim_encoder_push (OhSimEncoder *self, GBytes *bytes, gboolean last)
{
  GByteArray *out = g_byte_array_new ();
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (self->zlib != NULL)
    push_zlib (self, data, size, last, out);
  else if (self->brotli != NULL)
    push_brotli (self, data, size, last, out);
  else
    push_zstd (self, data, size, last, out);
  return g_byte_array_free_to_bytes (out);
}
