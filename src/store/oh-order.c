/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-order-private.h"

OhOrder *
oh_order_new (OhOrderKind kind, gsize size)
{
  OhOrder *self = g_new0 (OhOrder, 1);

  self->kind = kind;
  self->size = size + sizeof *self;
  return self;
}

void
oh_order_free (OhOrder *self)
{
  g_clear_pointer (&self->capture, oh_capture_unref);
  g_clear_pointer (&self->facts, oh_facts_unref);
  g_clear_pointer (&self->meaning, oh_meaning_unref);
  g_clear_pointer (&self->searchable, oh_searchable_free);
  g_clear_pointer (&self->run, oh_run_unref);
  g_clear_pointer (&self->data, g_bytes_unref);
  g_clear_pointer (&self->waiter, oh_waiter_unref);
  g_free (self);
}

gboolean
oh_order_is_deletion (const OhOrder *self)
{
  return self->kind == OH_ORDER_CLEAR || self->kind == OH_ORDER_DELETE;
}

gboolean
oh_order_is_insight (const OhOrder *self)
{
  return self->kind == OH_ORDER_FACTS || self->kind == OH_ORDER_MEANING || self->kind == OH_ORDER_SEARCHABLE;
}

/* Of what is told, many end at once, and only the last of a post is awaited. */
static gboolean
is_urgent_end (OhCapture *capture)
{
  return capture->kind == OH_CAPTURE_END && (capture->exchange->route != OH_ROUTE_TOLD || oh_capture_is_awaited (capture));
}

gboolean
oh_order_is_urgent (const OhOrder *self)
{
  return self->kind == OH_ORDER_BARRIER || self->kind == OH_ORDER_ADD_RUN ||
         (self->kind == OH_ORDER_CAPTURE && (is_urgent_end (self->capture) || self->capture->kind == OH_CAPTURE_POST));
}

OhWaiter *
oh_waiter_new (void)
{
  OhWaiter *self = g_new0 (OhWaiter, 1);

  g_atomic_ref_count_init (&self->refs);
  return self;
}

OhWaiter *
oh_waiter_ref (OhWaiter *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
oh_waiter_unref (OhWaiter *self)
{
  if (g_atomic_ref_count_dec (&self->refs))
    g_free (self);
}
