/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-splice-private.h"

#include <brotli/decode.h>
#include <string.h>
#include <zlib.h>

/* The least window that a zstd frame may have; no block is longer. */
#define ZSTD_BLOCK 1024u
#define STORED_MAX 65535u
#define UNCOMPRESSED_MAX 65536u
/* What is kept of a body to see whether one can go on. */
#define BROTLI_MAX (1024u * 1024)

typedef enum
{
  GZIP,
  DEFLATE,
  BROTLI,
  ZSTD,
} Coding;

struct _OhSplice
{
  Coding coding;
  gboolean wrapped;    /* DEFLATE: in the form of zlib */
  guint32 crc;
  guint32 adler;
  guint32 length;      /* of the text, as gzip counts it */
  gsize found;         /* bytes so far */
  gsize passed;
  gboolean astray;     /* not behind a flush */
  gboolean impossible;
  GByteArray *bytes;   /* BROTLI: all that have passed */
};

OhSplice *
oh_splice_new (const char *encoding)
{
  static const struct
  {
    const char *name;
    Coding coding;
  } codings[] = { { "gzip", GZIP }, { "x-gzip", GZIP }, { "deflate", DEFLATE }, { "br", BROTLI }, { "zstd", ZSTD } };

  for (guint i = 0; i < G_N_ELEMENTS (codings); i++)
    if (g_ascii_strcasecmp (encoding, codings[i].name) == 0)
      {
        OhSplice *self = g_new0 (OhSplice, 1);

        self->coding = codings[i].coding;
        self->crc = (guint32) crc32 (0, NULL, 0);
        self->adler = (guint32) adler32 (0, NULL, 0);
        self->bytes = self->coding == BROTLI ? g_byte_array_new () : NULL;
        return self;
      }
  return NULL;
}

void
oh_splice_free (OhSplice *self)
{
  g_clear_pointer (&self->bytes, g_byte_array_unref);
  g_free (self);
}

/* The bytes before a zstd frame's first block; 0: not all are there. */
static gsize
measure_zstd_head (OhSplice *self, const guint8 *data, gsize length)
{
  static const guint8 magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
  static const guint ids[] = { 0, 1, 2, 4 };
  gsize size;

  if (length < 5)
    return 0;
  size = 5 + (data[4] & 0x20 ? 0 : 1) + ids[data[4] & 3] + (data[4] >> 6 ? 1u << (data[4] >> 6) : data[4] & 0x20 ? 1 : 0);
  /* A checksum at its end would be another one; and a size that it gave at its head. */
  self->impossible |= memcmp (data, magic, sizeof magic) != 0 || (data[4] & 4) != 0 || data[4] >> 6 != 0 || (data[4] & 0x20) != 0;
  return length >= size ? size : 0;
}

static gsize
find_zstd (OhSplice *self, const guint8 *data, gsize length)
{
  gsize at = 0;
  gsize found = 0;

  if (self->found == 0 && (at = measure_zstd_head (self, data, length)) == 0)
    return 0;
  while (at + 3 <= length)
    {
      const guint32 head = data[at] | data[at + 1] << 8 | (guint32) data[at + 2] << 16;
      const gsize size = (head >> 1 & 3) == 1 ? 1 : head >> 3;

      if (at + 3 + size > length)
        break;
      at += 3 + size;
      found = at;
    }
  return found;
}

gsize
oh_splice_find (OhSplice *self, const guint8 *data, gsize length)
{
  static const guint8 flush[] = { 0, 0, 0xff, 0xff };
  const guint8 *at;
  gsize found = 0;

  switch (self->coding)
    {
    case GZIP:
    case DEFLATE:
      at = memmem (data, length, flush, sizeof flush);
      found = at != NULL ? (gsize) (at + sizeof flush - data) : 0;
      if (self->found == 0 && found > 2)
        self->wrapped = (data[0] & 15) == 8 && (data[0] << 8 | data[1]) % 31 == 0;
      break;
    case BROTLI:
      /* It is seen when it is needed. */
      found = length;
      break;
    case ZSTD:
      found = find_zstd (self, data, length);
      break;
    }
  self->found += found;
  return found;
}

static void
note (OhSplice *self, const void *text, gsize length)
{
  self->crc = (guint32) crc32 (self->crc, text, (uInt) length);
  self->adler = (guint32) adler32 (self->adler, text, (uInt) length);
  self->length += (guint32) length;
}

void
oh_splice_pass (OhSplice *self, const guint8 *data, gsize length, const void *text, gsize text_length, gboolean found)
{
  self->passed += length;
  self->astray = !found;
  /* One has lost count of its blocks. */
  self->impossible |= self->coding == ZSTD && !found;
  if (self->coding == BROTLI && self->bytes->len + length <= BROTLI_MAX)
    g_byte_array_append (self->bytes, data, (guint) length);
  else if (self->coding == BROTLI)
    self->impossible = TRUE;
  note (self, text, text_length);
}

/* Whether the end of a body may stand here. */
static gboolean
can_brotli_end (OhSplice *self)
{
  BrotliDecoderState *decoder = BrotliDecoderCreateInstance (NULL, NULL, NULL);
  static const guint8 end = 3;
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  const guint8 *next = self->bytes->data;
  gsize left = self->bytes->len;

  for (guint step = 0; step < 2; step++)
    {
      do
        {
          guint8 room[16384];
          guint8 *out = room;
          gsize free_room = sizeof room;

          result = BrotliDecoderDecompressStream (decoder, &left, &next, &free_room, &out, NULL);
        }
      while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
      if (step > 0 || result != BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
        break;
      next = &end;
      left = 1;
    }
  BrotliDecoderDestroyInstance (decoder);
  return result == BROTLI_DECODER_RESULT_SUCCESS && next == &end + 1;
}

gboolean
oh_splice_can (OhSplice *self)
{
  if (self->passed == 0)
    return TRUE;
  return !self->astray && !self->impossible && (self->coding != BROTLI || can_brotli_end (self));
}

static void
append_number (GByteArray *out, guint64 value, guint bytes)
{
  for (guint i = 0; i < bytes; i++)
    {
      const guint8 byte = (guint8) (value >> (8 * i));

      g_byte_array_append (out, &byte, 1);
    }
}

/* Nothing of the body has passed. */
static void
append_head (OhSplice *self, GByteArray *out)
{
  static const guint8 heads[][10] = {
    [GZIP] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff },
    [DEFLATE] = { 0x78, 1 },
    [BROTLI] = { 0x0c },
    [ZSTD] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 0x38 },
  };
  static const guint lengths[] = { [GZIP] = 10, [DEFLATE] = 2, [BROTLI] = 1, [ZSTD] = 6 };

  self->wrapped = TRUE;
  self->passed = lengths[self->coding];
  g_byte_array_append (out, heads[self->coding], lengths[self->coding]);
}

void
oh_splice_append (OhSplice *self, const void *text, gsize length, GByteArray *out)
{
  const gsize most = self->coding == ZSTD ? ZSTD_BLOCK : self->coding == BROTLI ? UNCOMPRESSED_MAX : STORED_MAX;

  if (self->passed == 0)
    append_head (self, out);
  note (self, text, length);
  for (gsize at = 0; at < length; at += most)
    {
      const guint32 size = (guint32) MIN (most, length - at);

      if (self->coding == ZSTD)
        append_number (out, size << 3, 3);
      else if (self->coding == BROTLI)
        append_number (out, (size - 1) << 3 | 1u << 19, 3);
      else
        append_number (out, (guint64) (guint16) ~size << 24 | size << 8, 5);
      g_byte_array_append (out, (const guint8 *) text + at, size);
    }
}

void
oh_splice_end (OhSplice *self, GByteArray *out)
{
  switch (self->coding)
    {
    case ZSTD:
      append_number (out, 1, 3);
      break;
    case BROTLI:
      append_number (out, 3, 1);
      break;
    case GZIP:
    case DEFLATE:
      append_number (out, (guint64) 0xffff << 24 | 1, 5);
      if (self->coding == GZIP)
        append_number (out, (guint64) self->length << 32 | self->crc, 8);
      else if (self->wrapped)
        append_number (out, GUINT32_SWAP_LE_BE (self->adler), 4);
      break;
    }
}
