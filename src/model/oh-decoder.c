/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-decoder.h"

#include <brotli/decode.h>
#include <glib/gi18n.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/* More codings than this on one body is an attack, not a body; each may ask for a window of 16 MiB. */
#define CODINGS_MAX 4
/* Beyond what always may come out, no more than so many times what went in: repeated text reaches 100 where it is long,
 * a bomb 1,000 and more. */
#define ALWAYS_MAX (16 * 1024 * 1024)
#define RATIO_MAX 128
#define PIECE 16384
/* RFC 9659: a zstd window of a content-encoding is at most 8 MiB. */
#define ZSTD_WINDOW_LOG_MAX 23

typedef enum
{
  CODING_GZIP,
  CODING_DEFLATE,
  CODING_BR,
  CODING_ZSTD,
} Coding;

typedef struct
{
  Coding coding;
  gboolean begun;  /* a byte came in */
  gboolean ended;  /* the coding's own end was seen; more may follow only where it allows it */
  gboolean inflating;
  z_stream inflate;
  guint8 head[2];  /* deflate: what tells zlib from raw */
  guint head_length;
  BrotliDecoderState *br;
  ZSTD_DCtx *zstd;
  guint8 *piece;   /* PIECE bytes */
} Stage;

struct _OhDecoder
{
  GPtrArray *stages; /* in the order to undo them */
  guint64 limit;
  guint64 fed;
  guint64 produced[CODINGS_MAX + 1]; /* what reached each stage, and what came out: a layer in between may be the bomb */
  GByteArray *out;   /* borrowed for the length of a feed */
  GError *error;     /* the first one; it stays */
};

G_DEFINE_QUARK (oh-decoder-error-quark, oh_decoder_error)

static const char *const coding_names[] = { "gzip", "deflate", "br", "zstd" };

static gboolean push (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error);

static void
stage_free (gpointer data)
{
  Stage *stage = data;

  if (stage->inflating)
    inflateEnd (&stage->inflate);
  g_clear_pointer (&stage->br, BrotliDecoderDestroyInstance);
  g_clear_pointer (&stage->zstd, ZSTD_freeDCtx);
  g_free (stage->piece);
  g_free (stage);
}

static Stage *
stage_new (Coding coding)
{
  Stage *stage = g_new0 (Stage, 1);

  stage->coding = coding;
  if (coding == CODING_BR)
    stage->br = BrotliDecoderCreateInstance (NULL, NULL, NULL);
  if (coding == CODING_ZSTD)
    {
      stage->zstd = ZSTD_createDCtx ();
      ZSTD_DCtx_setParameter (stage->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    }
  return stage;
}

static gboolean
fail_corrupt (const Stage *stage, const char *detail, GError **error)
{
  g_set_error (error, OH_DECODER_ERROR, OH_DECODER_ERROR_CORRUPT, _("The body is not sound %s data: %s"),
               coding_names[stage->coding], detail);
  return FALSE;
}

static gboolean
begin_inflate (Stage *stage, int window_bits, GError **error)
{
  if (inflateInit2 (&stage->inflate, window_bits) != Z_OK)
    return fail_corrupt (stage, "zlib", error);
  stage->inflating = TRUE;
  return TRUE;
}

static gboolean
push_inflate (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error)
{
  Stage *stage = self->stages->pdata[i];

  while (length > 0)
    {
      uInt chunk = (uInt) MIN (length, G_MAXINT);
      int result;

      if (stage->ended)
        {
          /* RFC 1952 §2.2: a gzip file may be several members one after the other. */
          if (stage->coding != CODING_GZIP)
            return fail_corrupt (stage, _("bytes follow its end"), error);
          inflateReset (&stage->inflate);
          stage->ended = FALSE;
        }
      stage->inflate.next_in = (Bytef *) data;
      stage->inflate.avail_in = chunk;
      do
        {
          gsize made;

          stage->inflate.next_out = stage->piece;
          stage->inflate.avail_out = PIECE;
          result = inflate (&stage->inflate, Z_NO_FLUSH);
          made = PIECE - stage->inflate.avail_out;
          if (made > 0 && !push (self, i + 1, stage->piece, made, error))
            return FALSE;
          if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return fail_corrupt (stage, stage->inflate.msg != NULL ? stage->inflate.msg : "zlib", error);
        }
      while (result == Z_OK && (stage->inflate.avail_in > 0 || stage->inflate.avail_out == 0));
      data += chunk - stage->inflate.avail_in;
      length -= chunk - stage->inflate.avail_in;
      if (result == Z_STREAM_END)
        stage->ended = TRUE;
      else if (stage->inflate.avail_in > 0)
        return fail_corrupt (stage, "zlib", error);
    }
  return TRUE;
}

/* "deflate" is zlib by RFC 9110, and raw by what some servers send. The first two bytes tell: a zlib header is a multiple
 * of 31, and its first byte, read as raw deflate, would begin a stored block with odd padding, which nobody writes. */
static gboolean
push_deflate (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error)
{
  Stage *stage = self->stages->pdata[i];

  if (!stage->inflating)
    {
      gboolean zlib;

      while (stage->head_length < 2 && length > 0)
        {
          stage->head[stage->head_length++] = *data++;
          length--;
        }
      if (stage->head_length < 2)
        return TRUE;
      zlib = (stage->head[0] & 0x0f) == 8 && (stage->head[0] * 256 + stage->head[1]) % 31 == 0;
      if (!begin_inflate (stage, zlib ? 15 : -15, error) || !push_inflate (self, i, stage->head, 2, error))
        return FALSE;
    }
  return push_inflate (self, i, data, length, error);
}

static gboolean
push_br (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error)
{
  Stage *stage = self->stages->pdata[i];
  BrotliDecoderResult result;

  if (length > 0 && stage->ended)
    return fail_corrupt (stage, _("bytes follow its end"), error);
  do
    {
      guint8 *next = stage->piece;
      gsize room = PIECE;

      result = BrotliDecoderDecompressStream (stage->br, &length, &data, &room, &next, NULL);
      if (room < PIECE && !push (self, i + 1, stage->piece, PIECE - room, error))
        return FALSE;
      if (result == BROTLI_DECODER_RESULT_ERROR)
        return fail_corrupt (stage, BrotliDecoderErrorString (BrotliDecoderGetErrorCode (stage->br)), error);
    }
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
  stage->ended = result == BROTLI_DECODER_RESULT_SUCCESS;
  if (stage->ended && length > 0)
    return fail_corrupt (stage, _("bytes follow its end"), error);
  return TRUE;
}

static gboolean
push_zstd (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error)
{
  Stage *stage = self->stages->pdata[i];
  ZSTD_inBuffer in = { data, length, 0 };

  for (;;)
    {
      ZSTD_outBuffer out = { stage->piece, PIECE, 0 };
      gsize before = in.pos;
      gsize result = ZSTD_decompressStream (stage->zstd, &out, &in);

      if (out.pos > 0 && !push (self, i + 1, stage->piece, out.pos, error))
        return FALSE;
      if (ZSTD_isError (result))
        return fail_corrupt (stage, ZSTD_getErrorName (result), error);
      /* At the end of a frame another may follow (RFC 8878 §3). */
      if (in.pos > before || out.pos > 0)
        stage->ended = result == 0;
      if (in.pos == in.size && out.pos < out.size)
        return TRUE;
    }
}

static gboolean
push (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error)
{
  guint64 most = MIN (i == self->stages->len ? self->limit : G_MAXUINT64, MAX (ALWAYS_MAX, self->fed * RATIO_MAX));
  gsize taken = (gsize) MIN ((guint64) length, most - self->produced[i]);
  Stage *stage;

  self->produced[i] += taken;
  if (i == self->stages->len)
    g_byte_array_append (self->out, data, (guint) taken);
  if (taken < length)
    {
      g_autofree char *size = g_format_size (most);

      g_set_error (error, OH_DECODER_ERROR, OH_DECODER_ERROR_TOO_LARGE,
                   _("The body is too large to decode: more than %s comes out of it; the rest is not read"), size);
      return FALSE;
    }
  if (length == 0 || i == self->stages->len)
    return TRUE;
  stage = self->stages->pdata[i];
  stage->begun = TRUE;
  if (stage->piece == NULL)
    stage->piece = g_malloc (PIECE);
  switch (stage->coding)
    {
    case CODING_GZIP:
      if (!stage->inflating && !begin_inflate (stage, 15 + 16, error))
        return FALSE;
      return push_inflate (self, i, data, length, error);
    case CODING_DEFLATE:
      return push_deflate (self, i, data, length, error);
    case CODING_BR:
      return push_br (self, i, data, length, error);
    case CODING_ZSTD:
      return push_zstd (self, i, data, length, error);
    default:
      g_assert_not_reached ();
    }
}

static gboolean
add_coding (OhDecoder *self, const char *name, GError **error)
{
  static const struct
  {
    const char *name;
    Coding coding;
  } known[] = {
    { "gzip", CODING_GZIP }, { "x-gzip", CODING_GZIP }, { "deflate", CODING_DEFLATE },
    { "br", CODING_BR },     { "zstd", CODING_ZSTD },
  };

  if (*name == '\0' || g_ascii_strcasecmp (name, "identity") == 0)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (known) && self->stages->len < CODINGS_MAX; i++)
    if (g_ascii_strcasecmp (name, known[i].name) == 0)
      {
        g_ptr_array_insert (self->stages, 0, stage_new (known[i].coding));
        return TRUE;
      }
  g_set_error (error, OH_DECODER_ERROR, OH_DECODER_ERROR_UNSUPPORTED,
               self->stages->len == CODINGS_MAX ? _("The body has too many content-encodings, the last is “%s”")
                                                : _("The content-encoding “%s” is not known"),
               name);
  return FALSE;
}

OhDecoder *
oh_decoder_new (const char *encoding, guint64 limit, GError **error)
{
  g_autoptr (OhDecoder) self = g_new0 (OhDecoder, 1);
  g_auto (GStrv) names = g_strsplit (encoding != NULL ? encoding : "", ",", -1);

  self->stages = g_ptr_array_new_with_free_func (stage_free);
  for (guint i = 0; names[i] != NULL; i++)
    if (!add_coding (self, g_strstrip (names[i]), error))
      return NULL;
  self->limit = limit != 0 ? limit : self->stages->len > 0 ? OH_DECODER_MAX : G_MAXUINT64;
  return g_steal_pointer (&self);
}

void
oh_decoder_free (OhDecoder *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->stages);
  g_clear_error (&self->error);
  g_free (self);
}

gboolean
oh_decoder_feed (OhDecoder *self, const void *data, gsize length, GByteArray *out, GError **error)
{
  g_return_val_if_fail (self != NULL && out != NULL && (data != NULL || length == 0), FALSE);
  if (self->error == NULL)
    {
      self->out = out;
      self->fed += length;
      push (self, 0, data, length, &self->error);
      self->out = NULL;
    }
  if (self->error != NULL && error != NULL)
    *error = g_error_copy (self->error);
  return self->error == NULL;
}

gboolean
oh_decoder_end (OhDecoder *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  for (guint i = 0; i < self->stages->len && self->error == NULL; i++)
    {
      Stage *stage = self->stages->pdata[i];

      /* No byte at all is how HEAD, 204 and 304 look, whatever their fields say. */
      if (stage->begun && !stage->ended)
        g_set_error (&self->error, OH_DECODER_ERROR, OH_DECODER_ERROR_TRUNCATED,
                     _("The body ends inside its %s data; what came before is shown"), coding_names[stage->coding]);
    }
  if (self->error != NULL && error != NULL)
    *error = g_error_copy (self->error);
  return self->error == NULL;
}
