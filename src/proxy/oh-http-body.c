/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-http-body-private.h"

#include <string.h>

#define OVERHEAD_MAX (16 * 1024)

enum
{
  PAYLOAD,
  SIZE,
  EXTENSION,
  SIZE_END,
  CHUNK,
  CHUNK_END,
  TRAILER,
};

void
oh_http_body_init (OhHttpBody *self, OhFraming framing, guint64 length)
{
  *self = (OhHttpBody) { .framing = framing };
  self->state = framing == OH_FRAMING_CHUNKED ? SIZE : PAYLOAD;
  if (framing == OH_FRAMING_LENGTH)
    self->left = length;
  else if (framing == OH_FRAMING_CLOSE)
    self->left = G_MAXUINT64;
  self->done = framing == OH_FRAMING_NONE || (framing == OH_FRAMING_LENGTH && length == 0);
}

void
oh_http_body_clear (OhHttpBody *self)
{
  if (self->trailers != NULL)
    g_string_free (g_steal_pointer (&self->trailers), TRUE);
}

/* One byte outside the payload. Returns: FALSE if it may not stand there. */
static gboolean
feed_frame (OhHttpBody *self, guint8 byte)
{
  switch (self->state)
    {
    case SIZE:
      if (g_ascii_isxdigit (byte))
        {
          /* Zeros may lead. */
          if (self->left >> 52 != 0 || self->digits++ == OVERHEAD_MAX)
            return FALSE;
          self->left = self->left * 16 + g_ascii_xdigit_value (byte);
          return TRUE;
        }
      if (self->digits == 0)
        return FALSE;
      if (byte == '\n')
        {
          self->state = self->left > 0 ? CHUNK : TRAILER;
          return TRUE;
        }
      if (byte != '\r' && byte != ';' && byte != ' ' && byte != '\t')
        return FALSE;
      self->state = byte == '\r' ? SIZE_END : EXTENSION;
      return TRUE;
    case EXTENSION:
      if (byte == '\n')
        self->state = self->left > 0 ? CHUNK : TRAILER;
      else if (byte == '\r')
        self->state = SIZE_END;
      return ++self->overhead < OVERHEAD_MAX;
    case SIZE_END:
      self->state = self->left > 0 ? CHUNK : TRAILER;
      return byte == '\n';
    case CHUNK_END:
      if (byte == '\r' && self->digits > 0)
        {
          self->digits = 0;
          return TRUE;
        }
      self->state = SIZE;
      self->digits = 0;
      return byte == '\n';
    case TRAILER:
      if (byte == '\n' && self->line == 0)
        {
          self->done = TRUE;
          return TRUE;
        }
      if (byte != '\r' && byte != '\n')
        self->line++;
      if (self->line > 0)
        {
          if (self->trailers == NULL)
            self->trailers = g_string_new (NULL);
          g_string_append_c (self->trailers, byte);
        }
      if (byte == '\n')
        self->line = 0;
      return ++self->overhead < OVERHEAD_MAX;
    default:
      g_return_val_if_reached (FALSE);
    }
}

gboolean
oh_http_body_feed (OhHttpBody *self,
                   const guint8 *data,
                   gsize length,
                   guint8 *out,
                   gsize *out_length,
                   gsize *consumed)
{
  gsize at = 0;

  *out_length = 0;
  while (at < length && !self->done)
    {
      if (self->state == PAYLOAD || self->state == CHUNK)
        {
          gsize run = MIN (length - at, self->left);

          if (out != NULL)
            memmove (out + *out_length, data + at, run);
          *out_length += run;
          at += run;
          if (self->framing != OH_FRAMING_CLOSE)
            self->left -= run;
          if (self->left == 0 && self->state == PAYLOAD)
            self->done = TRUE;
          else if (self->left == 0)
            {
              self->state = CHUNK_END;
              self->digits = 1;
              self->overhead = 0;
            }
        }
      else if (!feed_frame (self, data[at++]))
        {
          *consumed = at;
          return FALSE;
        }
    }
  *consumed = at;
  return TRUE;
}

gboolean
oh_http_body_finish (OhHttpBody *self)
{
  if (self->framing == OH_FRAMING_CLOSE)
    self->done = TRUE;
  return self->done;
}
