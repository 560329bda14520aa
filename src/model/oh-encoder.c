/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-encoder.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

/* Fast: the store packs what it keeps once more. */
#define LEVEL 1
#define GZIP_WINDOW (MAX_WBITS + 16)

static gsize
pack_zlib (const void *data, gsize size, guint8 *out, gsize room, int window)
{
  z_stream stream = { .next_in = (Bytef *) data, .avail_in = (uInt) size, .next_out = out, .avail_out = (uInt) room };
  gsize length = 0;

  if (deflateInit2 (&stream, LEVEL, Z_DEFLATED, window, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
    return 0;
  if (deflate (&stream, Z_FINISH) == Z_STREAM_END)
    length = stream.total_out;
  deflateEnd (&stream);
  return length;
}

GBytes *
oh_encoder_pack (const char *encoding, GBytes *text)
{
  gsize size;
  const void *data = g_bytes_get_data (text, &size);
  const gboolean gzip = g_ascii_strcasecmp (encoding, "gzip") == 0 || g_ascii_strcasecmp (encoding, "x-gzip") == 0;
  /* Each grows what it cannot pack by less than this. */
  gsize length = size + size / 64 + 1024;
  g_autofree guint8 *out = g_malloc (length);

  if (gzip || g_ascii_strcasecmp (encoding, "deflate") == 0)
    length = pack_zlib (data, size, out, length, gzip ? GZIP_WINDOW : MAX_WBITS);
  else if (g_ascii_strcasecmp (encoding, "br") == 0)
    {
      if (!BrotliEncoderCompress (LEVEL, BROTLI_DEFAULT_WINDOW, BROTLI_DEFAULT_MODE, size, data, &length, out))
        return NULL;
    }
  else if (g_ascii_strcasecmp (encoding, "zstd") == 0)
    {
      length = ZSTD_compress (out, length, data, size, LEVEL);
      if (ZSTD_isError (length))
        return NULL;
    }
  else
    return NULL;
  return length > 0 ? g_bytes_new_take (g_steal_pointer (&out), length) : NULL;
}
