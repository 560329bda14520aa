/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-socket-watch-private.h"

struct _OhSocketWatch
{
  GSource source;
  int fd;
  gpointer tag; /* NULL while silent: poll() would tell of hang-ups unasked, again and again */
  guint events;
  OhSocketWatchFunc func;
  gpointer data;
};

static gboolean
watch_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  OhSocketWatch *self = (OhSocketWatch *) source;
  guint events = self->tag != NULL ? g_source_query_unix_fd (source, self->tag) : 0;

  if (events != 0)
    self->func (events, self->data);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs watch_funcs = { .dispatch = watch_dispatch };

OhSocketWatch *
oh_socket_watch_new (GSocket *socket)
{
  OhSocketWatch *self = (OhSocketWatch *) g_source_new (&watch_funcs, sizeof (OhSocketWatch));

  self->fd = g_socket_get_fd (socket);
  /* Nothing here runs a loop in a loop. Else GLib takes the descriptor out of the poll before each call and puts it back
   * after it, and wakes itself up with a system call for either. */
  g_source_set_can_recurse (&self->source, TRUE);
  g_source_attach (&self->source, g_main_context_get_thread_default ());
  return self;
}

void
oh_socket_watch_free (OhSocketWatch *self)
{
  if (self == NULL)
    return;
  self->tag = NULL;
  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

void
oh_socket_watch_set (OhSocketWatch *self, guint events, OhSocketWatchFunc func, gpointer data)
{
  self->func = func;
  self->data = data;
  if (events == self->events)
    return;
  self->events = events;
  if (events == 0)
    g_source_remove_unix_fd (&self->source, g_steal_pointer (&self->tag));
  else if (self->tag == NULL)
    self->tag = g_source_add_unix_fd (&self->source, self->fd, (GIOCondition) events);
  else
    g_source_modify_unix_fd (&self->source, self->tag, (GIOCondition) events);
}
