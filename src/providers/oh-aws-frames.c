/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-aws-frames.h"

#include "oh-json-scan.h"

#include <glib/gi18n.h>
#include <string.h>
#include <zlib.h>

/* AWS allows 16 MiB of payload and 128 KiB of headers. */
#define FRAME_MAX (17u * 1024 * 1024)
#define FRAME_MIN 16u
#define PRELUDE 12u

struct _OhAwsFrames
{
  OhAwsFunc func;
  gpointer func_data;
  GByteArray *pending; /* the begun frame */
  gint64 position;     /* in the body, of the first pending byte */
  char *problem;       /* the first one; nothing is read after it */
};

static guint32
read_u32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

static char *
make_text (const guint8 *bytes, gsize length)
{
  const char *text = (const char *) bytes;

  return g_utf8_validate_len (text, length, NULL) ? g_strndup (text, length) : g_utf8_make_valid (text, (gssize) length);
}

/* Bytes of a header's value, or -1 for a type nobody knows. @at: the type byte; @left: bytes from there */
static gssize
value_size (const guint8 *at, gsize left)
{
  static const guint8 fixed[] = { 0, 0, 1, 2, 4, 8, 0, 0, 8, 16 };

  if (*at == 6 || *at == 7)
    return left < 3 ? -1 : 2 + (at[1] << 8 | at[2]);
  return *at < G_N_ELEMENTS (fixed) ? fixed[*at] : -1;
}

/* The value of a header of type string, or NULL. (transfer full) */
static char *
find_header (const guint8 *at, gsize left, const char *name)
{
  while (left > 2)
    {
      gsize name_length = at[0];
      const guint8 *type = at + 1 + name_length;
      gssize size;

      if (left < name_length + 2)
        return NULL;
      left -= name_length + 1;
      size = value_size (type, left);
      if (size < 0 || left < (gsize) size + 1)
        return NULL;
      if (*type == 7 && name_length == strlen (name) && memcmp (at + 1, name, name_length) == 0)
        return make_text (type + 3, (gsize) size - 2);
      at = type + 1 + size;
      left -= (gsize) size + 1;
    }
  return NULL;
}

static void
give_frame (OhAwsFrames *self, const guint8 *frame, gsize length, gint64 at_ns)
{
  gsize headers_length = read_u32 (frame + 4);
  const guint8 *payload = frame + PRELUDE + headers_length;
  gsize payload_length = length - PRELUDE - 4 - headers_length;
  OhStreamEvent *event = oh_stream_event_new ();
  OhJson json;

  event->at_ns = at_ns;
  event->offset = self->position;
  event->length = (gint64) length;
  event->name = find_header (frame + PRELUDE, headers_length, ":exception-type");
  if (event->name == NULL)
    {
      OhJson bytes = { NULL, 0 };

      if (oh_json_parse ((const char *) payload, payload_length, &json, NULL))
        bytes = oh_json_get (json, "bytes");
      if (oh_json_get_kind (bytes) == OH_JSON_STRING)
        {
          g_autofree char *base64 = oh_json_dup_string (bytes);
          gsize inner_length;
          g_autofree guint8 *inner = g_base64_decode (base64, &inner_length);

          event->data = make_text (inner, inner_length);
        }
      else
        event->name = find_header (frame + PRELUDE, headers_length, ":event-type");
    }
  if (event->data == NULL)
    event->data = make_text (payload, payload_length);
  self->func (event, self->func_data);
}

/* Returns the length of the first whole frame, or 0 if there is none (yet). */
static gsize
take_frame (OhAwsFrames *self, const guint8 *at, gsize left, gint64 at_ns)
{
  gsize length;

  if (left < PRELUDE)
    return 0;
  length = read_u32 (at);
  if (read_u32 (at + 8) != crc32 (0, at, 8) || length < FRAME_MIN || length > FRAME_MAX ||
      read_u32 (at + 4) > length - FRAME_MIN)
    {
      self->problem = g_strdup_printf (_("The event stream is damaged at byte %lld"), (long long) self->position);
      return 0;
    }
  if (left < length)
    return 0;
  if (read_u32 (at + length - 4) != crc32 (0, at, (uInt) length - 4))
    {
      self->problem = g_strdup_printf (_("The event stream is damaged at byte %lld"), (long long) self->position);
      return 0;
    }
  give_frame (self, at, length, at_ns);
  return length;
}

OhAwsFrames *
oh_aws_frames_new (OhAwsFunc func, gpointer data)
{
  OhAwsFrames *self = g_new0 (OhAwsFrames, 1);

  g_return_val_if_fail (func != NULL, NULL);
  self->func = func;
  self->func_data = data;
  self->pending = g_byte_array_new ();
  return self;
}

void
oh_aws_frames_free (OhAwsFrames *self)
{
  if (self == NULL)
    return;
  g_byte_array_unref (self->pending);
  g_free (self->problem);
  g_free (self);
}

void
oh_aws_frames_feed (OhAwsFrames *self, const guint8 *bytes, gsize length, gint64 at_ns)
{
  gsize used = 0;
  gsize frame;

  g_return_if_fail (self != NULL && (bytes != NULL || length == 0));
  if (self->problem != NULL || length == 0)
    return;
  g_byte_array_append (self->pending, bytes, (guint) length);
  while (self->problem == NULL &&
         (frame = take_frame (self, self->pending->data + used, self->pending->len - used, at_ns)) > 0)
    {
      used += frame;
      self->position += (gint64) frame;
    }
  if (used > 0)
    g_byte_array_remove_range (self->pending, 0, (guint) used);
}

char *
oh_aws_frames_end (OhAwsFrames *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  if (self->problem == NULL && self->pending->len > 0)
    self->problem = g_strdup_printf (_("The event stream ends inside a frame, at byte %lld"),
                                     (long long) self->position);
  return g_strdup (self->problem);
}
