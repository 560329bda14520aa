/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-slow-loader.h"

/* What takes long is done less often, so that most of the time is left to others. */
#define REST 4

struct _OhSlowLoader
{
  GObject parent_instance;

  GtkWidget *widget;          /* not owned: it owns us */
  const OhOverviewLoad *load;
  guint interval_ms;
  char *data_dir;
  gboolean wanted;
  gint64 started_us;          /* the last one, on the monotonic clock; 0: none yet */
  gint64 took_us;             /* the last one */
  guint source;
  GCancellable *under_way;
};

/* What the worker gets. */
typedef struct
{
  const OhOverviewLoad *load;
  char *data_dir;
  gpointer question;
} Job;

static void start (OhSlowLoader *self);

G_DEFINE_FINAL_TYPE (OhSlowLoader, oh_slow_loader, G_TYPE_OBJECT)

static void
job_free (Job *job)
{
  job->load->free_question (job->question);
  g_free (job->data_dir);
  g_free (job);
}

static void
run_job (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (job->data_dir, &error);

  if (reader == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, job->load->load (reader, job->question), job->load->free_answer);
}

static gboolean
start_later (gpointer data)
{
  OhSlowLoader *self = data;

  self->source = 0;
  start (self);
  return G_SOURCE_REMOVE;
}

static void
queue (OhSlowLoader *self)
{
  gint64 pause_ms = MAX (self->interval_ms, (1 + REST) * self->took_us / 1000);
  gint64 wait_ms;

  if (!self->wanted || self->under_way != NULL || self->source != 0 || self->data_dir == NULL
      || !gtk_widget_get_mapped (self->widget))
    return;
  wait_ms = self->started_us == 0 ? 0 : pause_ms - (g_get_monotonic_time () - self->started_us) / 1000;
  if (wait_ms <= 0)
    start (self);
  else
    self->source = g_timeout_add ((guint) wait_ms, start_later, self);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  OhSlowLoader *self = OH_SLOW_LOADER (source);
  g_autoptr (GError) error = NULL;
  gpointer answer = g_task_propagate_pointer (G_TASK (result), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->under_way);
  self->took_us = g_get_monotonic_time () - self->started_us;
  /* As when its tables are just being made. */
  if (g_error_matches (error, OH_STORE_ERROR, OH_STORE_ERROR_BUSY))
    self->wanted = TRUE;
  else if (error != NULL)
    g_warning ("What was captured could not be summed up: %s", error->message);
  else
    self->load->show (self->widget, answer);
  queue (self);
}

static void
start (OhSlowLoader *self)
{
  g_autoptr (GTask) task = NULL;
  Job *job;

  if (self->data_dir == NULL || self->under_way != NULL)
    return;
  self->wanted = FALSE;
  self->started_us = g_get_monotonic_time ();
  self->under_way = g_cancellable_new ();
  job = g_new0 (Job, 1);
  job->load = self->load;
  job->data_dir = g_strdup (self->data_dir);
  job->question = self->load->ask (self->widget);
  task = g_task_new (self, self->under_way, on_loaded, NULL);
  g_task_set_source_tag (task, start);
  g_task_set_task_data (task, job, (GDestroyNotify) job_free);
  g_task_run_in_thread (task, run_job);
}

static void
drop (OhSlowLoader *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  g_cancellable_cancel (self->under_way);
  g_clear_object (&self->under_way);
}

static void
oh_slow_loader_dispose (GObject *object)
{
  OhSlowLoader *self = OH_SLOW_LOADER (object);

  drop (self);
  g_clear_pointer (&self->data_dir, g_free);
  G_OBJECT_CLASS (oh_slow_loader_parent_class)->dispose (object);
}

static void
oh_slow_loader_class_init (OhSlowLoaderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_slow_loader_dispose;
}

static void
oh_slow_loader_init (OhSlowLoader *self)
{
}

OhSlowLoader *
oh_slow_loader_new (GtkWidget *widget, const OhOverviewLoad *load, guint interval_ms)
{
  OhSlowLoader *self;

  g_return_val_if_fail (GTK_IS_WIDGET (widget), NULL);
  g_return_val_if_fail (load != NULL, NULL);

  self = g_object_new (OH_TYPE_SLOW_LOADER, NULL);
  self->widget = widget;
  self->load = load;
  self->interval_ms = interval_ms;
  g_signal_connect_object (widget, "map", G_CALLBACK (queue), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  return self;
}

void
oh_slow_loader_set_data_dir (OhSlowLoader *self, const char *data_dir)
{
  g_return_if_fail (OH_IS_SLOW_LOADER (self));

  drop (self);
  g_free (self->data_dir);
  self->data_dir = g_strdup (data_dir);
  self->started_us = 0;
  oh_slow_loader_request (self);
}

void
oh_slow_loader_request (OhSlowLoader *self)
{
  g_return_if_fail (OH_IS_SLOW_LOADER (self));

  self->wanted = TRUE;
  queue (self);
}

void
oh_slow_loader_restart (OhSlowLoader *self)
{
  g_return_if_fail (OH_IS_SLOW_LOADER (self));

  drop (self);
  self->started_us = 0;
  oh_slow_loader_request (self);
}
