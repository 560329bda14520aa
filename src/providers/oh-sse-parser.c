/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sse-parser.h"

#include <string.h>

/* One event may not hold more than this; what goes beyond is left out of it. */
#define EVENT_MAX (64u * 1024 * 1024)

struct _OhSseParser
{
  OhSseFunc func;
  gpointer func_data;
  GString *line;     /* the begun line, when it lies across two feeds */
  GString *data;     /* data lines so far */
  char *name;
  gboolean has_data;
  gboolean after_first_line;
  gboolean held_cr;  /* the last byte was a CR that ended a line; an LF may belong to it */
  gboolean bare;     /* the last line ended with a CR alone: so does this one, and nothing waits for an LF */
  gboolean skip_lf;  /* the last byte was such a CR; an LF still belongs to it */
  gint64 held_at_ns;
  gint64 position;   /* in the body, of the next byte to come */
  gint64 start;      /* of the event's first byte */
  gint64 at_ns;      /* arrival of the newest byte */
};

/* Bytes as a C string that is valid UTF-8. */
static char *
make_text (const char *bytes, gsize length)
{
  if (g_utf8_validate_len (bytes, length, NULL))
    return g_strndup (bytes, length);
  return g_utf8_make_valid (bytes, (gssize) length);
}

/* @end: position after the event's last byte */
static void
give_event (OhSseParser *self, gint64 end, gint64 at_ns, gboolean unterminated)
{
  OhStreamEvent *event;

  if (!self->has_data && self->name == NULL)
    return;
  event = oh_stream_event_new ();
  event->name = g_steal_pointer (&self->name);
  event->data = make_text (self->data->str, self->data->len);
  event->at_ns = at_ns;
  event->offset = self->start;
  event->length = end - self->start;
  event->unterminated = unterminated;
  g_string_truncate (self->data, 0);
  self->has_data = FALSE;
  self->func (event, self->func_data);
}

static void
take_field (OhSseParser *self, const char *line, gsize length)
{
  const char *colon = memchr (line, ':', length);
  gsize name_length = colon != NULL ? (gsize) (colon - line) : length;
  const char *value = colon != NULL ? colon + 1 : line + length;
  gsize value_length = (gsize) (line + length - value);

  if (value_length > 0 && *value == ' ')
    {
      value++;
      value_length--;
    }
  if (name_length == 4 && memcmp (line, "data", 4) == 0)
    {
      if (self->has_data)
        g_string_append_c (self->data, '\n');
      self->has_data = TRUE;
      if (self->data->len + value_length <= EVENT_MAX)
        g_string_append_len (self->data, value, (gssize) value_length);
    }
  else if (name_length == 5 && memcmp (line, "event", 5) == 0)
    {
      g_free (self->name);
      self->name = value_length > 0 ? make_text (value, value_length) : NULL;
    }
}

/* A whole line, without its end. @end: position after the line's end */
static void
take_line (OhSseParser *self, const char *line, gsize length, gint64 end, gint64 at_ns)
{
  if (!self->after_first_line)
    {
      self->after_first_line = TRUE;
      if (length >= 3 && memcmp (line, "\xef\xbb\xbf", 3) == 0)
        {
          line += 3;
          length -= 3;
        }
    }
  if (length > 0)
    take_field (self, line, length);
  else
    give_event (self, end, at_ns, FALSE);
  if (!self->has_data && self->name == NULL)
    self->start = end;
}

/* Ends the line whose last piece is given, joining it to what came before. */
static void
end_line (OhSseParser *self, const char *piece, gsize length, gint64 end, gint64 at_ns)
{
  if (self->line->len == 0)
    {
      take_line (self, piece, length, end, at_ns);
      return;
    }
  if (self->line->len + length <= EVENT_MAX)
    g_string_append_len (self->line, piece, (gssize) length);
  take_line (self, self->line->str, self->line->len, end, at_ns);
  g_string_truncate (self->line, 0);
}

/* The LF of a line that had ended with its CR. @end: position after it */
static void
skip_lf (OhSseParser *self, gint64 end)
{
  self->bare = FALSE;
  if (!self->has_data && self->name == NULL)
    self->start = end;
}

OhSseParser *
oh_sse_parser_new (OhSseFunc func, gpointer data)
{
  OhSseParser *self = g_new0 (OhSseParser, 1);

  g_return_val_if_fail (func != NULL, NULL);
  self->func = func;
  self->func_data = data;
  self->line = g_string_new (NULL);
  self->data = g_string_new (NULL);
  self->at_ns = -1;
  return self;
}

void
oh_sse_parser_free (OhSseParser *self)
{
  if (self == NULL)
    return;
  g_string_free (self->line, TRUE);
  g_string_free (self->data, TRUE);
  g_free (self->name);
  g_free (self);
}

void
oh_sse_parser_feed (OhSseParser *self, const char *bytes, gsize length, gint64 at_ns)
{
  const char *at = bytes;
  const char *end;
  /* The next LF and CR at or after `at`; each byte is looked at once for each. */
  const char *lf = NULL;
  const char *cr = NULL;

  g_return_if_fail (self != NULL && (bytes != NULL || length == 0));
  if (length == 0)
    return;
  end = bytes + length;
  if (self->held_cr)
    {
      gboolean pair = *at == '\n';

      self->held_cr = FALSE;
      self->bare = !pair;
      end_line (self, "", 0, self->position + (pair ? 1 : 0), pair ? at_ns : self->held_at_ns);
      at += pair ? 1 : 0;
    }
  else if (self->skip_lf && *at == '\n')
    {
      skip_lf (self, self->position + 1);
      at++;
    }
  self->skip_lf = FALSE;
  self->at_ns = at_ns;
  while (at < end)
    {
      const char *stop;
      gboolean pair;

      if (lf == NULL || lf < at)
        {
          lf = memchr (at, '\n', (gsize) (end - at));
          lf = lf != NULL ? lf : end;
        }
      if (cr == NULL || cr < at)
        {
          cr = memchr (at, '\r', (gsize) (end - at));
          cr = cr != NULL ? cr : end;
        }
      stop = MIN (lf, cr);
      if (stop == end || (stop == cr && stop + 1 == end && !self->bare))
        {
          if (self->line->len + (gsize) (stop - at) <= EVENT_MAX)
            g_string_append_len (self->line, at, stop - at);
          self->held_cr = stop < end;
          self->held_at_ns = at_ns;
          break;
        }
      pair = stop == cr && stop + 1 < end && stop[1] == '\n';
      if (stop == cr && self->bare)
        {
          end_line (self, at, (gsize) (stop - at), self->position + (stop - bytes) + 1, at_ns);
          self->skip_lf = stop + 1 == end;
          if (pair)
            skip_lf (self, self->position + (stop - bytes) + 2);
        }
      else
        {
          self->bare = stop == cr && !pair;
          end_line (self, at, (gsize) (stop - at), self->position + (stop - bytes) + (pair ? 2 : 1), at_ns);
        }
      at = stop + (pair ? 2 : 1);
    }
  self->position += (gint64) length;
}

void
oh_sse_parser_end (OhSseParser *self)
{
  g_return_if_fail (self != NULL);
  if (self->held_cr)
    {
      self->held_cr = FALSE;
      end_line (self, "", 0, self->position, self->held_at_ns);
    }
  if (self->line->len > 0)
    end_line (self, "", 0, self->position, self->at_ns);
  give_event (self, self->position, self->at_ns, TRUE);
}
