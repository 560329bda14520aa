/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-framed-private.h"
#include "oh-json-scan.h"
#include "oh-redactor-private.h"

#include <string.h>
#include <zlib.h>

#define PRELUDE 12u
#define FRAME_MIN 16u
/* Longer ones are not held until they are whole. */
#define FRAME_MAX (1024u * 1024)

/* One whose text has not come back yet. */
typedef struct
{
  GBytes *bytes;
  GBytes *text;  /* with the line end that was added */
  guint lines;
} Frame;

struct _OhFramed
{
  OhRedactor *redactor;
  GByteArray *pending; /* the begun frame */
  GQueue frames;       /* (element-type Frame) */
  GString *safe;       /* what came back of their texts */
  gboolean broken;     /* what comes is no frame */
};

static void
frame_free (Frame *frame)
{
  g_bytes_unref (frame->bytes);
  g_bytes_unref (frame->text);
  g_free (frame);
}

OhFramed *
oh_framed_new (OhRedactor *redactor)
{
  OhFramed *self = g_new0 (OhFramed, 1);

  self->redactor = redactor;
  self->pending = g_byte_array_new ();
  self->safe = g_string_new (NULL);
  g_queue_init (&self->frames);
  return self;
}

void
oh_framed_free (OhFramed *self)
{
  g_byte_array_unref (self->pending);
  g_queue_clear_full (&self->frames, (GDestroyNotify) frame_free);
  g_string_free (self->safe, TRUE);
  g_free (self);
}

static guint32
read_u32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

static void
write_u32 (guint8 *at, guint32 value)
{
  for (guint i = 0; i < 4; i++)
    at[i] = (guint8) (value >> (24 - 8 * i));
}

/* The payload of a whole frame, and where in it the value of "bytes" stands, if it has that. */
static OhJson
find_bytes (const guint8 *frame, gsize length, const char **payload, gsize *size)
{
  const guint32 headers = read_u32 (frame + 4);
  OhJson json;

  *payload = (const char *) frame + PRELUDE + headers;
  *size = length - FRAME_MIN - headers;
  if (oh_json_parse (*payload, *size, &json, NULL))
    json = oh_json_get (json, "bytes");
  else
    json = (OhJson) { NULL, 0 };
  return oh_json_get_kind (json) == OH_JSON_STRING ? json : (OhJson) { NULL, 0 };
}

/* What a frame says, and a line end. (transfer full) */
static GBytes *
dup_text (const guint8 *frame, gsize length)
{
  const char *payload;
  gsize size;
  const OhJson bytes = find_bytes (frame, length, &payload, &size);
  GByteArray *text = g_byte_array_new ();

  if (bytes.text != NULL)
    {
      g_autofree char *base64 = oh_json_dup_string (bytes);
      gsize inner_size;
      g_autofree guchar *inner = g_base64_decode (base64, &inner_size);

      g_byte_array_append (text, inner, (guint) inner_size);
    }
  else
    g_byte_array_append (text, (const guint8 *) payload, (guint) size);
  g_byte_array_append (text, (const guint8 *) "\n", 1);
  return g_byte_array_free_to_bytes (text);
}

/* The frame with another text. */
static void
append_anew (const guint8 *frame, gsize length, const char *text, gsize text_length, GByteArray *out)
{
  const guint32 headers = read_u32 (frame + 4);
  const guint start = out->len;
  const char *payload;
  gsize size;
  const OhJson bytes = find_bytes (frame, length, &payload, &size);
  guint8 word[4];

  g_byte_array_append (out, frame, PRELUDE + headers);
  if (bytes.text != NULL)
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *) text, text_length);
      const gsize before = (gsize) (bytes.text + 1 - payload);
      const gsize after = (gsize) (bytes.text + bytes.length - 1 - payload);

      g_byte_array_append (out, (const guint8 *) payload, (guint) before);
      g_byte_array_append (out, (const guint8 *) base64, (guint) strlen (base64));
      g_byte_array_append (out, (const guint8 *) payload + after, (guint) (size - after));
    }
  else
    g_byte_array_append (out, (const guint8 *) text, (guint) text_length);
  write_u32 (out->data + start, out->len - start + 4);
  write_u32 (out->data + start + 8, (guint32) crc32 (0, out->data + start, 8));
  write_u32 (word, (guint32) crc32 (0, out->data + start, out->len - start));
  g_byte_array_append (out, word, sizeof word);
}

/* Passes on the frames whose texts have come back. */
static void
pass_on (OhFramed *self, GBytes *safe, GByteArray *out)
{
  const Frame *frame;
  gsize used = 0;

  if (safe != NULL)
    g_string_append_len (self->safe, g_bytes_get_data (safe, NULL), (gssize) g_bytes_get_size (safe));
  while ((frame = g_queue_peek_head (&self->frames)) != NULL)
    {
      gsize length, text_length;
      const guint8 *bytes = g_bytes_get_data (frame->bytes, &length);
      const char *text = g_bytes_get_data (frame->text, &text_length);
      const char *from = self->safe->str + used;
      const char *end = from;

      for (guint i = 0; i < frame->lines && end != NULL; i++)
        {
          end = memchr (end, '\n', self->safe->str + self->safe->len - end);
          end = end != NULL ? end + 1 : NULL;
        }
      if (end == NULL)
        break;
      if ((gsize) (end - from) == text_length && memcmp (from, text, text_length) == 0)
        g_byte_array_append (out, bytes, (guint) length);
      else
        append_anew (bytes, length, from, (gsize) (end - from) - 1, out);
      used = (gsize) (end - self->safe->str);
      frame_free (g_queue_pop_head (&self->frames));
    }
  g_string_erase (self->safe, 0, (gssize) used);
}

static void
take_frame (OhFramed *self, const guint8 *bytes, gsize length, GByteArray *out)
{
  Frame *frame = g_new0 (Frame, 1);
  g_autoptr (GBytes) safe = NULL;
  gsize text_length;
  const char *text;

  frame->bytes = g_bytes_new (bytes, length);
  frame->text = dup_text (bytes, length);
  text = g_bytes_get_data (frame->text, &text_length);
  for (gsize i = 0; i < text_length; i++)
    frame->lines += text[i] == '\n';
  g_queue_push_tail (&self->frames, frame);
  safe = oh_redactor_feed (self->redactor, frame->text);
  pass_on (self, safe, out);
}

/* Whether a frame may begin so. @length: (out): of the whole frame */
static gboolean
is_frame (const guint8 *at, gsize *length)
{
  *length = read_u32 (at);
  return read_u32 (at + 8) == (guint32) crc32 (0, at, 8) && *length >= FRAME_MIN && *length <= FRAME_MAX
         && read_u32 (at + 4) <= *length - FRAME_MIN;
}

/* No frame: all that comes is, from the frames on that are held, of no form. */
static void
give_up (OhFramed *self, GByteArray *out)
{
  g_autoptr (GBytes) rest = oh_redactor_finish (self->redactor);
  g_autoptr (GBytes) safe = NULL;
  GBytes *left;

  pass_on (self, rest, out);
  self->broken = TRUE;
  oh_redactor_look_for_known (self->redactor);
  left = g_byte_array_free_to_bytes (self->pending);
  self->pending = g_byte_array_new ();
  safe = oh_redactor_feed (self->redactor, left);
  g_bytes_unref (left);
  g_byte_array_append (out, g_bytes_get_data (safe, NULL), (guint) g_bytes_get_size (safe));
}

GBytes *
oh_framed_feed (OhFramed *self, GBytes *data)
{
  GByteArray *out;
  gsize used = 0;

  if (self->broken)
    return oh_redactor_feed (self->redactor, data);
  out = g_byte_array_new ();
  g_byte_array_append (self->pending, g_bytes_get_data (data, NULL), (guint) g_bytes_get_size (data));
  while (!self->broken && self->pending->len - used >= PRELUDE)
    {
      gsize length;

      if (!is_frame (self->pending->data + used, &length))
        self->broken = TRUE;
      else if (self->pending->len - used < length)
        break;
      else
        {
          take_frame (self, self->pending->data + used, length, out);
          used += length;
        }
    }
  if (used > 0)
    g_byte_array_remove_range (self->pending, 0, (guint) used);
  if (self->broken)
    give_up (self, out);
  return g_byte_array_free_to_bytes (out);
}

GBytes *
oh_framed_finish (OhFramed *self)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GBytes) rest = NULL;

  if (!self->broken)
    give_up (self, out);
  rest = oh_redactor_finish (self->redactor);
  if (rest != NULL)
    g_byte_array_append (out, g_bytes_get_data (rest, NULL), (guint) g_bytes_get_size (rest));
  return g_byte_array_free_to_bytes (out);
}
