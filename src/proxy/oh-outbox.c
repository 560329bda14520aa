/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-outbox-private.h"

#include <string.h>

/* What one TLS record holds: smaller pieces are sent together up to this. */
#define GATHER_MAX (16 * 1024)

void
oh_outbox_clear (OhOutbox *self)
{
  g_queue_clear_full (&self->pieces, (GDestroyNotify) g_bytes_unref);
  self->offset = 0;
  self->pending = 0;
}

void
oh_outbox_push (OhOutbox *self, GBytes *bytes)
{
  const gsize size = g_bytes_get_size (bytes);

  if (size == 0)
    {
      g_bytes_unref (bytes);
      return;
    }
  g_queue_push_tail (&self->pieces, bytes);
  self->pending += size;
}

void
oh_outbox_push_first (OhOutbox *self, GBytes *bytes)
{
  g_assert (self->offset == 0);
  self->pending += g_bytes_get_size (bytes);
  g_queue_push_head (&self->pieces, bytes);
}

/* What is to be written next. What was blocked stands first again, as TLS wants it. */
static const guint8 *
peek (OhOutbox *self, gsize *length)
{
  static guint8 gathered[GATHER_MAX]; /* all outboxes live on one thread */
  gsize size;
  const guint8 *bytes = g_bytes_get_data (self->pieces.head->data, &size);

  bytes += self->offset;
  size -= self->offset;
  *length = size;
  if (self->pieces.head->next == NULL || size >= GATHER_MAX)
    return bytes;
  memcpy (gathered, bytes, size);
  for (GList *link = self->pieces.head->next; link != NULL && *length < GATHER_MAX; link = link->next)
    {
      bytes = g_bytes_get_data (link->data, &size);
      size = MIN (size, GATHER_MAX - *length);
      memcpy (gathered + *length, bytes, size);
      *length += size;
    }
  return gathered;
}

static void
drop (OhOutbox *self, gsize n)
{
  self->pending -= n;
  while (n > 0)
    {
      const gsize rest = g_bytes_get_size (self->pieces.head->data) - self->offset;

      if (n < rest)
        {
          self->offset += n;
          return;
        }
      n -= rest;
      g_bytes_unref (g_queue_pop_head (&self->pieces));
      self->offset = 0;
    }
}

OhOutboxState
oh_outbox_flush (OhOutbox *self, GIOStream *stream)
{
  GPollableOutputStream *out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));

  while (self->pending > 0)
    {
      g_autoptr (GError) error = NULL;
      gsize length;
      const guint8 *bytes = peek (self, &length);
      const gssize n = g_pollable_output_stream_write_nonblocking (out, bytes, length, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return OH_OUTBOX_BLOCKED;
      if (n < 0)
        return OH_OUTBOX_BROKEN;
      drop (self, n);
    }
  return OH_OUTBOX_EMPTY;
}
