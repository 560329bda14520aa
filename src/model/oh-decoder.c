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
/* RFC 8878 §3.1.1: the longest header of a zstd frame, with its magic number. */
#define ZSTD_HEADER_MAX 18
/* After so many bytes it is known whether a body is what its label says: no encoded body is all text for that long. */
#define TRIAL_MAX 64

typedef enum
{
  CODING_GZIP,
  CODING_DEFLATE,
  CODING_BR,
  CODING_ZSTD,
} Coding;

/* Labels lie: a gateway unpacks a body and keeps the field, or passes on one that it never packed.
 *   TRIED   too little came to know; what came is held, and what came out of it
 *   CODED   it is what the label says
 *   PLAIN   it is not: it goes through as it is
 *   BEHIND  the coding has ended, and what follows is none of it: left out */
typedef enum
{
  STATE_TRIED,
  STATE_CODED,
  STATE_PLAIN,
  STATE_BEHIND,
} State;

typedef struct
{
  Coding coding;
  State state;
  GByteArray *held;  /* while it is tried, what came in */
  GByteArray *trial; /* and what came out */
  gboolean begun;  /* a byte came in */
  gboolean ended;  /* the coding's own end was seen; more may follow only where it allows it */
  gboolean inflating;
  z_stream inflate;
  guint8 head[2];  /* deflate: what tells zlib from raw */
  guint head_length; /* and how much of it came; zstd: bytes of this frame so far, up to ZSTD_HEADER_MAX */
  BrotliDecoderState *br;
  ZSTD_DCtx *zstd;
  guint8 *piece;   /* PIECE bytes */
} Stage;

struct _OhDecoder
{
  GPtrArray *stages; /* in the order to undo them */
  GString *unknown;  /* codings that nobody knows, with commas between them; or NULL */
  guint64 limit;
  guint64 fed;
  guint64 produced[CODINGS_MAX + 1]; /* what reached each stage, and what came out: a layer in between may be the bomb */
  GByteArray *out;   /* borrowed for the length of a feed */
  GError *error;     /* the first one; it stays */
};

G_DEFINE_QUARK (oh-decoder-error-quark, oh_decoder_error)

static const char *const coding_names[] = { "gzip", "deflate", "br", "zstd" };

static gboolean push (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error);
static gboolean undo (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error);

static void
stage_free (gpointer data)
{
  Stage *stage = data;

  if (stage->inflating)
    inflateEnd (&stage->inflate);
  g_clear_pointer (&stage->br, BrotliDecoderDestroyInstance);
  g_clear_pointer (&stage->zstd, ZSTD_freeDCtx);
  g_clear_pointer (&stage->held, g_byte_array_unref);
  g_clear_pointer (&stage->trial, g_byte_array_unref);
  g_free (stage->piece);
  g_free (stage);
}

static Stage *
stage_new (Coding coding)
{
  Stage *stage = g_new0 (Stage, 1);

  stage->coding = coding;
  stage->held = g_byte_array_new ();
  stage->trial = g_byte_array_new ();
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

/* Hands on what was held: as it came if @state is PLAIN, undone otherwise. */
static gboolean
settle (OhDecoder *self, guint i, State state, GError **error)
{
  Stage *stage = self->stages->pdata[i];
  g_autoptr (GByteArray) held = g_steal_pointer (&stage->held);
  g_autoptr (GByteArray) trial = g_steal_pointer (&stage->trial);
  const GByteArray *out = state == STATE_PLAIN ? held : trial;

  stage->state = state;
  return push (self, i + 1, out->data, out->len, error);
}

/* What came out of a stage. */
static gboolean
give (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error)
{
  Stage *stage = self->stages->pdata[i];

  if (stage->state == STATE_TRIED && stage->trial->len <= PIECE)
    {
      g_byte_array_append (stage->trial, data, (guint) length);
      return TRUE;
    }
  return (stage->state != STATE_TRIED || settle (self, i, STATE_CODED, error)) && push (self, i + 1, data, length, error);
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
          if (stage->coding != CODING_GZIP || *data != 0x1f)
            {
              stage->state = STATE_BEHIND;
              return TRUE;
            }
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
          if (made > 0 && !give (self, i, stage->piece, made, error))
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
    {
      stage->state = STATE_BEHIND;
      return TRUE;
    }
  do
    {
      guint8 *next = stage->piece;
      gsize room = PIECE;

      result = BrotliDecoderDecompressStream (stage->br, &length, &data, &room, &next, NULL);
      if (room < PIECE && !give (self, i, stage->piece, PIECE - room, error))
        return FALSE;
      if (result == BROTLI_DECODER_RESULT_ERROR)
        return fail_corrupt (stage, BrotliDecoderErrorString (BrotliDecoderGetErrorCode (stage->br)), error);
    }
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
  stage->ended = result == BROTLI_DECODER_RESULT_SUCCESS;
  if (stage->ended && length > 0)
    stage->state = STATE_BEHIND;
  return TRUE;
}

static gboolean
push_zstd (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error)
{
  Stage *stage = self->stages->pdata[i];
  ZSTD_inBuffer in = { data, 0, 0 };

  for (;;)
    {
      ZSTD_outBuffer out = { stage->piece, PIECE, 0 };
      gsize before = in.pos;
      gsize result;

      /* At the end of a frame another may follow (RFC 8878 §3), or one to be skipped. */
      if (stage->ended && in.pos < length)
        {
          if (data[in.pos] != 0x28 && (data[in.pos] & 0xf0) != 0x50)
            {
              stage->state = STATE_BEHIND;
              return TRUE;
            }
          stage->head_length = 0;
        }
      /* One by one: zstd 1.5 takes what it gets along with the header's last byte for the frame's beginning when it looks
       * whether the frame is whole, and so may find a frame in the middle of another. */
      in.size = stage->head_length < ZSTD_HEADER_MAX ? MIN (length, in.pos + 1) : length;
      result = ZSTD_decompressStream (stage->zstd, &out, &in);
      if (out.pos > 0 && !give (self, i, stage->piece, out.pos, error))
        return FALSE;
      if (ZSTD_isError (result))
        return fail_corrupt (stage, ZSTD_getErrorName (result), error);
      stage->head_length = (guint) MIN (stage->head_length + in.pos - before, ZSTD_HEADER_MAX);
      if (in.pos > before || out.pos > 0)
        stage->ended = result == 0;
      if (in.pos == length && out.pos < out.size)
        return TRUE;
    }
}

static gboolean
undo (OhDecoder *self, guint i, const guint8 *data, gsize length, GError **error)
{
  Stage *stage = self->stages->pdata[i];

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

/* @whole: its last character is not cut */
static gboolean
is_text (const GByteArray *bytes, gboolean whole)
{
  const char *end;

  for (guint i = 0; i < bytes->len; i++)
    if (g_ascii_iscntrl (bytes->data[i]) && !g_ascii_isspace (bytes->data[i]))
      return FALSE;
  return g_utf8_validate_len ((const char *) bytes->data, bytes->len, &end) ||
         (!whole && g_utf8_get_char_validated (end, (gssize) (bytes->data + bytes->len - (const guint8 *) end)) == (gunichar) -2);
}

/* How many of the first bytes a coding is known by were seen; -1: others were. */
static int
match_magic (const Stage *stage)
{
  static const guint8 gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd }, skipped[] = { 0x50, 0x2a, 0x4d, 0x18 };
  const GByteArray *held = stage->held;
  const guint8 *magic = stage->coding == CODING_GZIP ? gzip : (held->data[0] & 0xf0) == 0x50 ? skipped : zstd;
  const guint length = stage->coding == CODING_GZIP ? sizeof gzip : sizeof zstd;

  for (guint i = 0; i < MIN (held->len, length); i++)
    if (held->data[i] != magic[i] && !(i == 0 && magic == skipped))
      return -1;
  return (int) MIN (held->len, length);
}

/* One byte more of a body that may not be what its label says. gzip and zstd begin with bytes of their own, of the others
 * that is known which fails, or is text. One by one, so that it is the same however they come. */
static gboolean
try_byte (OhDecoder *self, guint i, guint8 byte, GError **error)
{
  Stage *stage = self->stages->pdata[i];
  const gboolean marked = stage->coding == CODING_GZIP || stage->coding == CODING_ZSTD;
  const int needed = stage->coding == CODING_GZIP ? 2 : 4;
  g_autoptr (GError) trouble = NULL;
  gboolean sound;

  g_byte_array_append (stage->held, &byte, 1);
  if (marked)
    {
      const int seen = match_magic (stage);

      if (seen < 0)
        return settle (self, i, STATE_PLAIN, error);
      if (seen < needed)
        return TRUE;
      {
        g_autoptr (GByteArray) held = g_byte_array_ref (stage->held);

        return settle (self, i, STATE_CODED, error) && undo (self, i, held->data, held->len, error);
      }
    }
  sound = undo (self, i, &byte, 1, &trouble);
  if (stage->state == STATE_CODED && !sound)
    g_propagate_error (error, g_steal_pointer (&trouble));
  if (stage->state == STATE_CODED)
    return sound;
  if (!sound || stage->state == STATE_BEHIND)
    return settle (self, i, sound && !is_text (stage->held, FALSE) ? STATE_BEHIND : STATE_PLAIN, error);
  if ((stage->trial->len > 0 || stage->held->len == TRIAL_MAX) && !is_text (stage->held, FALSE))
    return settle (self, i, STATE_CODED, error);
  return stage->held->len < TRIAL_MAX || settle (self, i, STATE_PLAIN, error);
}

/* Nothing more comes. */
static gboolean
end_trial (OhDecoder *self, guint i, GError **error)
{
  Stage *stage = self->stages->pdata[i];

  if (stage->state != STATE_TRIED || !stage->begun)
    return TRUE;
  return settle (self, i, stage->ended || !is_text (stage->held, TRUE) ? STATE_CODED : STATE_PLAIN, error);
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
  for (; stage->state == STATE_TRIED && length > 0; data++, length--)
    if (!try_byte (self, i, *data, error))
      return FALSE;
  if (length == 0 || stage->state == STATE_BEHIND)
    return TRUE;
  return stage->state == STATE_PLAIN ? push (self, i + 1, data, length, error) : undo (self, i, data, length, error);
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
  if (self->stages->len == CODINGS_MAX)
    {
      g_set_error (error, OH_DECODER_ERROR, OH_DECODER_ERROR_UNSUPPORTED,
                   _("The body has too many content-encodings, the last is “%s”"), name);
      return FALSE;
    }
  if (self->unknown == NULL)
    self->unknown = g_string_new (NULL);
  g_string_append_printf (self->unknown, "%s%s", self->unknown->len > 0 ? ", " : "", name);
  return TRUE;
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
  if (self->unknown != NULL)
    g_string_free (self->unknown, TRUE);
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
oh_decoder_end (OhDecoder *self, GByteArray *out, GError **error)
{
  g_return_val_if_fail (self != NULL && out != NULL, FALSE);
  self->out = out;
  for (guint i = 0; i < self->stages->len && self->error == NULL; i++)
    {
      Stage *stage = self->stages->pdata[i];

      /* No byte at all is how HEAD, 204 and 304 look, whatever their fields say. */
      if (end_trial (self, i, &self->error) && stage->begun && stage->state == STATE_CODED && !stage->ended)
        g_set_error (&self->error, OH_DECODER_ERROR, OH_DECODER_ERROR_TRUNCATED,
                     _("The body ends inside its %s data; what came before is shown"), coding_names[stage->coding]);
    }
  self->out = NULL;
  if (self->error != NULL && error != NULL)
    *error = g_error_copy (self->error);
  return self->error == NULL;
}

char *
oh_decoder_dup_remark (const OhDecoder *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  if (self->unknown != NULL)
    return g_strdup_printf (_("There is no content-encoding “%s”; the body is taken as it is"), self->unknown->str);
  for (guint i = 0; i < self->stages->len; i++)
    {
      const Stage *stage = self->stages->pdata[i];

      if (stage->state == STATE_PLAIN)
        return g_strdup_printf (_("The content-encoding says “%s”, but the body is not; it is taken as it is"),
                                coding_names[stage->coding]);
      if (stage->state == STATE_BEHIND)
        return g_strdup_printf (_("Bytes follow the end of the body’s %s data; they are left out"),
                                coding_names[stage->coding]);
    }
  return NULL;
}
