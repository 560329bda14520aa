/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-capture.h"

#include "oh-value.h"

typedef struct
{
  OhCapture public;
  GMainContext *context;
  OhCommittedFunc func;
  gpointer func_data;
  gint told;
  gint released;
} Capture;

typedef struct
{
  OhCommittedFunc func;
  gpointer data;
} Notice;

/* What one source will tell in one context. A commit ends many exchanges: a source, and a wake-up, for each of them would
 * cost more than what is done with it. */
typedef struct
{
  GMainContext *context; /* not owned: it owns the source that owns this */
  GArray *notices;       /* Notice */
} Delivery;

static GMutex lock;            /* guards what follows */
static GHashTable *deliveries; /* context → Delivery that still takes more */

static void
close_delivery (Delivery *delivery)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (g_hash_table_lookup (deliveries, delivery->context) == delivery)
    g_hash_table_remove (deliveries, delivery->context);
}

static gboolean
deliver (gpointer data)
{
  Delivery *delivery = data;

  close_delivery (delivery);
  for (guint i = 0; i < delivery->notices->len; i++)
    {
      const Notice *notice = &g_array_index (delivery->notices, Notice, i);

      notice->func (notice->data);
    }
  return G_SOURCE_REMOVE;
}

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  close_delivery (delivery);
  g_array_unref (delivery->notices);
  g_free (delivery);
}

OhCapture *
oh_capture_new (OhCaptureKind kind, guint64 key, OhExchange *exchange, GBytes *data, gint64 at_ns)
{
  Capture *self = g_atomic_rc_box_new0 (Capture);

  self->public.kind = kind;
  self->public.key = key;
  self->public.exchange = exchange;
  self->public.data = data;
  self->public.at_ns = at_ns;
  return &self->public;
}

static void
capture_clear (gpointer data)
{
  Capture *self = data;

  oh_capture_committed (&self->public);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->public.exchange, oh_exchange_unref);
  g_clear_pointer (&self->public.data, g_bytes_unref);
}

OH_DEFINE_VALUE (OhCapture, oh_capture, capture_clear)

void
oh_capture_set_committed (OhCapture *capture, GMainContext *context, OhCommittedFunc func, gpointer data)
{
  Capture *self = (Capture *) capture;

  g_return_if_fail (self != NULL && self->func == NULL && func != NULL);
  self->context = context != NULL ? g_main_context_ref (context) : g_main_context_ref (g_main_context_default ());
  self->func = func;
  self->func_data = data;
}

gboolean
oh_capture_is_awaited (OhCapture *capture)
{
  g_return_val_if_fail (capture != NULL, FALSE);
  return ((Capture *) capture)->func != NULL;
}

void
oh_capture_committed (OhCapture *capture)
{
  Capture *self = (Capture *) capture;
  Delivery *delivery;
  GSource *source = NULL;
  Notice notice;

  g_return_if_fail (self != NULL);
  if (self->func == NULL || !g_atomic_int_compare_and_exchange (&self->told, 0, 1))
    return;
  notice = (Notice) { self->func, self->func_data };
  g_mutex_lock (&lock);
  if (deliveries == NULL)
    deliveries = g_hash_table_new (NULL, NULL);
  delivery = g_hash_table_lookup (deliveries, self->context);
  if (delivery == NULL)
    {
      delivery = g_new (Delivery, 1);
      delivery->context = self->context;
      delivery->notices = g_array_new (FALSE, FALSE, sizeof (Notice));
      g_hash_table_insert (deliveries, self->context, delivery);
      source = g_idle_source_new ();
      g_source_set_priority (source, G_PRIORITY_DEFAULT);
      g_source_set_callback (source, deliver, delivery, delivery_free);
    }
  g_array_append_val (delivery->notices, notice);
  g_mutex_unlock (&lock);
  if (source == NULL)
    return;
  g_source_attach (source, self->context);
  g_source_unref (source);
}

void
oh_capture_release (OhCapture *capture)
{
  g_return_if_fail (capture != NULL);
  g_atomic_int_set (&((Capture *) capture)->released, 1);
}

gboolean
oh_capture_is_released (OhCapture *capture)
{
  g_return_val_if_fail (capture != NULL, FALSE);
  return g_atomic_int_get (&((Capture *) capture)->released) != 0;
}
