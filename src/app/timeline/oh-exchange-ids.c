/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-exchange-ids.h"

/* So few spans are looked at one by one. */
#define FEW 256
/* Among more, so far from where an id belongs it may be. */
#define NEAR 32

/* Ids that follow each other, upwards or downwards, as far as the next span begins. */
typedef struct
{
  gint64 first;
  guint position; /* of the first */
  int step;       /* 1 or -1; of one alone: 0 */
} Span;

struct _OhExchangeIds
{
  GArray *spans;  /* Span */
  guint length;
};

static Span *
get_span (const OhExchangeIds *self, guint i)
{
  return &g_array_index (self->spans, Span, i);
}

static guint
get_end (const OhExchangeIds *self, guint i)
{
  return i + 1 < self->spans->len ? get_span (self, i + 1)->position : self->length;
}

static guint
find_span (const OhExchangeIds *self, guint position)
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

OhExchangeIds *
oh_exchange_ids_new (void)
{
  OhExchangeIds *self = g_new0 (OhExchangeIds, 1);

  self->spans = g_array_new (FALSE, FALSE, sizeof (Span));
  return self;
}

void
oh_exchange_ids_free (OhExchangeIds *self)
{
  g_array_unref (self->spans);
  g_free (self);
}

OhExchangeIds *
oh_exchange_ids_copy (const OhExchangeIds *self)
{
  OhExchangeIds *copy = g_new0 (OhExchangeIds, 1);

  copy->spans = g_array_copy (self->spans);
  copy->length = self->length;
  return copy;
}

guint
oh_exchange_ids_get_length (const OhExchangeIds *self)
{
  return self->length;
}

gint64
oh_exchange_ids_get (const OhExchangeIds *self, guint position)
{
  g_return_val_if_fail (position < self->length, 0);

  return get_in_span (get_span (self, find_span (self, position)), position);
}

void
oh_exchange_ids_append (OhExchangeIds *self, gint64 id)
{
  Span *last = self->spans->len > 0 ? get_span (self, self->spans->len - 1) : NULL;
  gint64 step = last != NULL ? id - get_in_span (last, self->length - 1) : 0;

  if ((step == 1 || step == -1) && (last->step == step || last->step == 0))
    last->step = (int) step;
  else
    g_array_append_val (self->spans, ((Span) { id, self->length, 0 }));
  self->length++;
}

void
oh_exchange_ids_insert (OhExchangeIds *self, guint position, gint64 id)
{
  Span alone = { id, position, 0 };
  guint i;

  g_return_if_fail (position <= self->length);

  if (position == self->length)
    {
      oh_exchange_ids_append (self, id);
      return;
    }
  i = find_span (self, position);
  if (get_span (self, i)->position < position)
    {
      Span rest = *get_span (self, i);

      rest.first = get_in_span (&rest, position);
      rest.position = position;
      g_array_insert_val (self->spans, ++i, rest);
    }
  g_array_insert_val (self->spans, i, alone);
  self->length++;
  for (i++; i < self->spans->len; i++)
    get_span (self, i)->position++;
}

void
oh_exchange_ids_prepend (OhExchangeIds *self, const OhExchangeIds *other, guint n)
{
  guint last;

  g_return_if_fail (n <= other->length);

  if (n == 0)
    return;
  for (guint i = 0; i < self->spans->len; i++)
    get_span (self, i)->position += n;
  last = find_span (other, n - 1);
  g_array_prepend_vals (self->spans, other->spans->data, last + 1);
  self->length += n;
}

void
oh_exchange_ids_reverse (OhExchangeIds *self)
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
}

/* @from, @to: positions */
static guint
look_at (const OhExchangeIds *self, guint from, guint to, gint64 id)
{
  for (; from < to; from++)
    if (oh_exchange_ids_get (self, from) == id)
      return from;
  return OH_EXCHANGE_IDS_NOWHERE;
}

static guint
look_through_spans (const OhExchangeIds *self, gint64 id)
{
  for (guint i = 0; i < self->spans->len; i++)
    {
      const Span *span = get_span (self, i);
      gint64 away = span->step == 0 ? id - span->first : (id - span->first) * span->step;

      if (away >= 0 && away < get_end (self, i) - span->position)
        return span->position + (guint) away;
    }
  return OH_EXCHANGE_IDS_NOWHERE;
}

guint
oh_exchange_ids_find (const OhExchangeIds *self, gint64 id)
{
  guint low = 0, high = self->length, position;

  if (self->spans->len <= FEW)
    return look_through_spans (self, id);
  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (oh_exchange_ids_get (self, middle) < id)
        low = middle + 1;
      else
        high = middle;
    }
  position = look_at (self, low, MIN (self->length, low + NEAR), id);
  return position != OH_EXCHANGE_IDS_NOWHERE ? position : look_at (self, low > NEAR ? low - NEAR : 0, low, id);
}
