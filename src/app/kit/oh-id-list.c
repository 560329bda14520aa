/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-id-list.h"

/* Ids that follow each other, upwards or downwards, as far as the next span begins. */
typedef struct
{
  gint64 first;
  guint position; /* of the first */
  int step;       /* 1 or -1; of one alone: 0 */
} Span;

struct _OhIdList
{
  GArray *spans;  /* Span */
  guint length;
  gboolean grows; /* each id is greater than the one before it */
};

static Span *
get_span (const OhIdList *self, guint i)
{
  return &g_array_index (self->spans, Span, i);
}

static guint
get_end (const OhIdList *self, guint i)
{
  return i + 1 < self->spans->len ? get_span (self, i + 1)->position : self->length;
}

static guint
find_span (const OhIdList *self, guint position)
{
  guint low = 0, high = self->spans->len;

  while (high - low > 1)
    {
      guint middle = low + (high - low) / 2;

      if (get_span (self, middle)->position <= position)
        low = middle;
      else
        high = middle;
    }
  return low;
}

static gint64
get_in_span (const Span *span, guint position)
{
  return span->first + (gint64) span->step * (position - span->position);
}

static gint64
get_last (const OhIdList *self, guint i)
{
  return get_in_span (get_span (self, i), get_end (self, i) - 1);
}

/* After another change than at the end. */
static void
look_whether_it_grows (OhIdList *self)
{
  self->grows = TRUE;
  for (guint i = 0; self->grows && i < self->spans->len; i++)
    self->grows = get_span (self, i)->step >= 0 && (i == 0 || get_last (self, i - 1) < get_span (self, i)->first);
}

/* Spans from @i on stand so much further on. */
static void
shift (OhIdList *self, guint i, int by)
{
  for (; i < self->spans->len; i++)
    get_span (self, i)->position += (guint) by;
}

/* Makes a span begin at @position. Returns: which one it is */
static guint
split (OhIdList *self, guint position)
{
  guint i = find_span (self, position);
  Span rest = *get_span (self, i);

  if (rest.position == position)
    return i;
  rest.first = get_in_span (&rest, position);
  rest.position = position;
  g_array_insert_val (self->spans, i + 1, rest);
  return i + 1;
}

OhIdList *
oh_id_list_new (void)
{
  OhIdList *self = g_new0 (OhIdList, 1);

  self->spans = g_array_new (FALSE, FALSE, sizeof (Span));
  self->grows = TRUE;
  return self;
}

void
oh_id_list_free (OhIdList *self)
{
  g_array_unref (self->spans);
  g_free (self);
}

OhIdList *
oh_id_list_copy (const OhIdList *self)
{
  OhIdList *copy = g_new0 (OhIdList, 1);

  copy->spans = g_array_copy (self->spans);
  copy->length = self->length;
  copy->grows = self->grows;
  return copy;
}

guint
oh_id_list_get_length (const OhIdList *self)
{
  return self->length;
}

gint64
oh_id_list_get (const OhIdList *self, guint position)
{
  g_return_val_if_fail (position < self->length, 0);

  return get_in_span (get_span (self, find_span (self, position)), position);
}

void
oh_id_list_append (OhIdList *self, gint64 id)
{
  Span *last = self->spans->len > 0 ? get_span (self, self->spans->len - 1) : NULL;
  gint64 step = last != NULL ? id - get_in_span (last, self->length - 1) : 0;

  if ((step == 1 || step == -1) && (last->step == step || last->step == 0))
    last->step = (int) step;
  else
    g_array_append_val (self->spans, ((Span) { id, self->length, 0 }));
  self->grows = self->grows && (self->length == 0 || step > 0);
  self->length++;
}

void
oh_id_list_insert (OhIdList *self, guint position, gint64 id)
{
  Span alone = { id, position, 0 };
  guint i;

  g_return_if_fail (position <= self->length);

  if (position == self->length)
    {
      oh_id_list_append (self, id);
      return;
    }
  i = split (self, position);
  g_array_insert_val (self->spans, i, alone);
  self->length++;
  shift (self, i + 1, 1);
  look_whether_it_grows (self);
}

void
oh_id_list_remove (OhIdList *self, guint position)
{
  guint i;

  g_return_if_fail (position < self->length);

  i = split (self, position);
  if (get_end (self, i) > position + 1)
    split (self, position + 1);
  g_array_remove_index (self->spans, i);
  self->length--;
  shift (self, i, -1);
  look_whether_it_grows (self);
}

void
oh_id_list_prepend (OhIdList *self, const OhIdList *other, guint n)
{
  guint last;

  g_return_if_fail (n <= other->length);

  if (n == 0)
    return;
  shift (self, 0, (int) n);
  last = find_span (other, n - 1);
  g_array_prepend_vals (self->spans, other->spans->data, last + 1);
  self->length += n;
  look_whether_it_grows (self);
}

void
oh_id_list_reverse (OhIdList *self)
{
  GArray *turned = g_array_sized_new (FALSE, FALSE, sizeof (Span), self->spans->len);

  for (guint i = self->spans->len; i > 0; i--)
    {
      const Span *span = get_span (self, i - 1);
      guint end = get_end (self, i - 1);

      g_array_append_val (turned, ((Span) { get_in_span (span, end - 1), self->length - end, -span->step }));
    }
  g_array_unref (self->spans);
  self->spans = turned;
  look_whether_it_grows (self);
}

void
oh_id_list_take (OhIdList *self, OhIdList *other, guint *position, guint *removed, guint *added)
{
  guint shorter = MIN (self->length, other->length);
  guint head = 0, tail = 0;

  while (head < shorter && oh_id_list_get (self, head) == oh_id_list_get (other, head))
    head++;
  while (head + tail < shorter
         && oh_id_list_get (self, self->length - tail - 1) == oh_id_list_get (other, other->length - tail - 1))
    tail++;
  *position = head;
  *removed = self->length - head - tail;
  *added = other->length - head - tail;
  g_array_unref (self->spans);
  *self = *other;
  g_free (other);
}

guint
oh_id_list_find (const OhIdList *self, gint64 id)
{
  guint low = 0, high = self->spans->len;

  while (self->grows && high - low > 1)
    {
      guint middle = low + (high - low) / 2;

      if (get_span (self, middle)->first <= id)
        low = middle;
      else
        high = middle;
    }
  /* What is looked for is among the newest, nearly always. */
  for (guint i = high; i > low; i--)
    {
      const Span *span = get_span (self, i - 1);
      gint64 away = span->step == 0 ? id - span->first : (id - span->first) * span->step;

      if (away >= 0 && away < get_end (self, i - 1) - span->position)
        return span->position + (guint) away;
    }
  return OH_ID_LIST_NOWHERE;
}
