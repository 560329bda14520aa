/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte says how the rest is cut. If it is odd, the rest is put into a sound frame, headers and all, because no
 * mutation finds checksums; otherwise it is fed as it is. */
#include "config.h"
#include "oh-aws-frames.h"

#include <zlib.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
put_u32 (GByteArray *out, guint32 value)
{
  guint8 bytes[4] = { (guint8) (value >> 24), (guint8) (value >> 16), (guint8) (value >> 8), (guint8) value };

  g_byte_array_append (out, bytes, 4);
}

static GByteArray *
seal (const guint8 *data, gsize size)
{
  GByteArray *frame = g_byte_array_new ();
  guint32 headers = size > 0 ? MIN (data[0], (guint32) size - 1) : 0;

  put_u32 (frame, (guint32) (12 + (size > 0 ? size - 1 : 0) + 4));
  put_u32 (frame, headers);
  put_u32 (frame, (guint32) crc32 (0, frame->data, 8));
  if (size > 1)
    g_byte_array_append (frame, data + 1, (guint) size - 1);
  put_u32 (frame, (guint32) crc32 (0, frame->data, frame->len));
  return frame;
}

static void
collect (OhStreamEvent *event, gpointer out)
{
  g_assert_true (g_utf8_validate (event->data, -1, NULL));
  g_string_append_printf (out, "%s|%s|%d+%d\n", event->name, event->data, (int) event->offset, (int) event->length);
  oh_stream_event_free (event);
}

static char *
parse (const guint8 *bytes, gsize size, gsize step)
{
  GString *out = g_string_new (NULL);
  g_autoptr (OhAwsFrames) frames = oh_aws_frames_new (collect, out);
  g_autofree char *problem = NULL;

  for (gsize at = 0; at < size; at += step)
    oh_aws_frames_feed (frames, bytes + at, MIN (step, size - at), 0);
  problem = oh_aws_frames_end (frames);
  g_string_append_printf (out, "%s", problem);
  return g_string_free (out, FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GByteArray) frame = NULL;
  g_autofree char *whole = NULL;
  g_autofree char *cut = NULL;
  gsize step;

  if (size == 0)
    return 0;
  step = data[0] % 16 + 1;
  if (data[0] % 2 == 1)
    {
      frame = seal (data + 1, size - 1);
      data = frame->data;
      size = frame->len;
    }
  whole = parse (data, size, size);
  cut = parse (data, size, step);
  g_assert_cmpstr (whole, ==, cut);
  return 0;
}
