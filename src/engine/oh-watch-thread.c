/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-watch-thread-private.h"

static gpointer
run_thread (gpointer data)
{
  OhWatchThread *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  /* Queued updates hold references; they do nothing any more, but must be let go. */
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_main_context_pop_thread_default (self->context);
  g_clear_pointer (&self->reader, oh_store_reader_free);
  return NULL;
}

OhWatchThread *
oh_watch_thread_new (const char *data_dir)
{
  OhWatchThread *self = g_new0 (OhWatchThread, 1);

  g_atomic_ref_count_init (&self->references);
  self->data_dir = g_strdup (data_dir);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->thread = g_thread_new ("oh-watch", run_thread, self);
  return self;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

void
oh_watch_thread_stop (OhWatchThread *self)
{
  g_autoptr (GSource) source = NULL;

  if (self->thread == NULL)
    return;
  g_atomic_int_set (&self->stopped, TRUE);
  /* As a source, so that it cannot be missed by a loop that does not run yet. */
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, quit, self->loop, NULL);
  g_source_attach (source, self->context);
  g_thread_join (g_steal_pointer (&self->thread));
}

OhWatchThread *
oh_watch_thread_ref (OhWatchThread *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
oh_watch_thread_unref (OhWatchThread *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_assert (self->thread == NULL);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_free (self->data_dir);
  g_free (self);
}
