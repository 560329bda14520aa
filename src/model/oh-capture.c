/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-capture.h"

typedef struct
{
  OhCapture public;
  GMainContext *context;
  OhCommittedFunc func;
  gpointer func_data;
  gint told;
  gint released;
} Capture;

G_DEFINE_BOXED_TYPE (OhCapture, oh_capture, oh_capture_ref, oh_capture_unref)

typedef struct
{
  OhCommittedFunc func;
  gpointer data;
} Notice;

static gboolean
deliver_notice (gpointer data)
{
  Notice *notice = data;

  notice->func (notice->data);
  return G_SOURCE_REMOVE;
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

OhCapture *
oh_capture_ref (OhCapture *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return g_atomic_rc_box_acquire (self);
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

void
oh_capture_unref (OhCapture *self)
{
  g_return_if_fail (self != NULL);
  g_atomic_rc_box_release_full (self, capture_clear);
}

void
oh_capture_set_committed (OhCapture *capture, GMainContext *context, OhCommittedFunc func, gpointer data)
{
  Capture *self = (Capture *) capture;

  g_return_if_fail (self != NULL && self->func == NULL && func != NULL);
  self->context = context != NULL ? g_main_context_ref (context) : g_main_context_ref (g_main_context_default ());
  self->func = func;
  self->func_data = data;
}

void
oh_capture_committed (OhCapture *capture)
{
  Capture *self = (Capture *) capture;
  Notice *notice;
  GSource *source;

  g_return_if_fail (self != NULL);
  if (self->func == NULL || !g_atomic_int_compare_and_exchange (&self->told, 0, 1))
    return;
  notice = g_new (Notice, 1);
  notice->func = self->func;
  notice->data = self->func_data;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, deliver_notice, notice, g_free);
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
