/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-span-loader.h"

/* Of what is long to read, this many times as long goes by until it is read again. */
#define REST 4

struct _OhSpanLoader
{
  GObject parent_instance;

  char *data_dir;
  OhSpanItem *trace;
  gboolean wanted;
  gint64 started_us;     /* when the last one was asked for; 0: none yet */
  gint64 took_us;        /* until the last one was all there */
  guint source;          /* the next read, or the next piece */
  GCancellable *reading;
  OhSpanFill *fill;      /* while it is being put */
};

G_DEFINE_FINAL_TYPE (OhSpanLoader, oh_span_loader, G_TYPE_OBJECT)

static guint loaded_signal;

static void start (OhSpanLoader *self);

static gboolean
start_later (gpointer data)
{
  OhSpanLoader *self = data;

  self->source = 0;
  start (self);
  return G_SOURCE_REMOVE;
}

static void
queue (OhSpanLoader *self)
{
  gint64 wait_us;

  if (!self->wanted || self->reading != NULL || self->source != 0)
    return;
  wait_us = self->started_us == 0 ? 0 : self->started_us + (1 + REST) * self->took_us - g_get_monotonic_time ();
  if (wait_us <= 0)
    start (self);
  else
    self->source = g_timeout_add ((guint) (wait_us / 1000) + 1, start_later, self);
}

/* ---- putting ---- */

/* Returns: whether there is more to do. */
static gboolean
put_some (OhSpanLoader *self)
{
  if (!oh_span_fill_step (self->fill, g_get_monotonic_time () + OH_SPAN_SLICE_US))
    return TRUE;
  g_clear_pointer (&self->fill, oh_span_fill_free);
  self->took_us = g_get_monotonic_time () - self->started_us;
  return FALSE;
}

static void
finish (OhSpanLoader *self)
{
  g_autoptr (OhSpanLoader) keep = g_object_ref (self);

  g_signal_emit (self, loaded_signal, 0);
  queue (self);
}

static gboolean
put_more (gpointer data)
{
  OhSpanLoader *self = data;

  if (put_some (self))
    return G_SOURCE_CONTINUE;
  self->source = 0;
  finish (self);
  return G_SOURCE_REMOVE;
}

/* ---- reading ---- */

static void
read_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  OhSpanLoader *self = source;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (self->data_dir, &error);

  if (reader == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, oh_store_reader_get_spans (reader, oh_span_item_get_trace_id (self->trace)),
                           (GDestroyNotify) g_ptr_array_unref);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  OhSpanLoader *self = OH_SPAN_LOADER (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) spans = g_task_propagate_pointer (G_TASK (result), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->reading);
  if (spans == NULL)
    {
      self->took_us = g_get_monotonic_time () - self->started_us;
      /* As when its tables are just being made. */
      self->wanted = self->wanted || g_error_matches (error, OH_STORE_ERROR, OH_STORE_ERROR_BUSY);
      if (!self->wanted)
        g_warning ("A trace could not be read: %s", error->message);
      queue (self);
      return;
    }
  self->fill = oh_span_fill_new (self->trace, spans);
  if (put_some (self))
    self->source = g_timeout_add_full (G_PRIORITY_DEFAULT_IDLE, OH_SPAN_FRAME_MS, put_more, self, NULL);
  else
    finish (self);
}

static void
start (OhSpanLoader *self)
{
  g_autoptr (GTask) task = NULL;

  self->wanted = FALSE;
  self->started_us = g_get_monotonic_time ();
  self->reading = g_cancellable_new ();
  task = g_task_new (self, self->reading, on_read, NULL);
  g_task_set_source_tag (task, start);
  g_task_run_in_thread (task, read_on_worker);
}

/* ---- */

static void
oh_span_loader_finalize (GObject *object)
{
  OhSpanLoader *self = OH_SPAN_LOADER (object);

  g_free (self->data_dir);
  g_clear_object (&self->trace);
  G_OBJECT_CLASS (oh_span_loader_parent_class)->finalize (object);
}

/* The worker holds the loader for as long as it reads: what it needs stays until the end. */
static void
oh_span_loader_dispose (GObject *object)
{
  OhSpanLoader *self = OH_SPAN_LOADER (object);

  self->wanted = FALSE;
  g_clear_handle_id (&self->source, g_source_remove);
  g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  g_clear_pointer (&self->fill, oh_span_fill_free);
  G_OBJECT_CLASS (oh_span_loader_parent_class)->dispose (object);
}

static void
oh_span_loader_class_init (OhSpanLoaderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_span_loader_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_span_loader_finalize;
  loaded_signal = g_signal_new ("loaded", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 0);
}

static void
oh_span_loader_init (OhSpanLoader *self)
{
}

OhSpanLoader *
oh_span_loader_new (const char *data_dir, OhSpanItem *trace)
{
  OhSpanLoader *self;

  g_return_val_if_fail (data_dir != NULL, NULL);
  g_return_val_if_fail (OH_IS_SPAN_ITEM (trace), NULL);

  self = g_object_new (OH_TYPE_SPAN_LOADER, NULL);
  self->data_dir = g_strdup (data_dir);
  self->trace = g_object_ref (trace);
  return self;
}

OhSpanItem *
oh_span_loader_get_trace (OhSpanLoader *self)
{
  g_return_val_if_fail (OH_IS_SPAN_LOADER (self), NULL);

  return self->trace;
}

void
oh_span_loader_request (OhSpanLoader *self)
{
  g_return_if_fail (OH_IS_SPAN_LOADER (self));

  self->wanted = TRUE;
  queue (self);
}

void
oh_span_loader_drop (OhSpanLoader *self)
{
  g_return_if_fail (OH_IS_SPAN_LOADER (self));

  g_object_run_dispose (G_OBJECT (self));
  g_object_unref (self);
}
