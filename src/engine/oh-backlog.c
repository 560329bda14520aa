/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-backlog-private.h"

#include <sys/resource.h>

/* It stands behind what people wait for, as insight does. */
#define NICE 10
/* So many exchanges may wait to be understood: more are not made meanwhile, for so long. */
#define UNREAD_MAX 256
#define UNREAD_PATIENCE_US (G_USEC_PER_SEC)
#define UNREAD_STEP_US (2 * 1000)
/* While so many calls end in a second, each part is followed by a pause of so many times what it took. */
#define PACE_CALM 10
#define PAUSES 3
#define PAUSE_MAX_US (100 * 1000)

struct _OhBacklog
{
  OhStore *store;
  OhInsight *insight;
  OhProxy *proxy;
  OhStoreReader *reader;
  GThread *thread;
  gulong changed_handler;
  gint64 since;      /* when the part that is being taken was begun (monotonic, µs) */
  gboolean left;     /* … of what another process has left */

  GMutex lock;       /* guards what follows */
  GCond work;
  GCond progress;
  gboolean changed;
  guint64 asked;     /* flushes */
  guint64 done;
  gboolean stopping;
};

/* Between two parts. What another process has left waits while somebody waits for ours. */
static gboolean
rest (gpointer data)
{
  OhBacklog *self = data;
  const gint64 now = g_get_monotonic_time (), until = now + UNREAD_PATIENCE_US;
  const gint64 pause = MIN ((now - self->since) * PAUSES, PAUSE_MAX_US);
  gboolean go_on, hurry;

  for (;;)
    {
      g_mutex_lock (&self->lock);
      hurry = self->asked != self->done;
      go_on = !self->stopping && !(hurry && self->left);
      g_mutex_unlock (&self->lock);
      if (!go_on || g_get_monotonic_time () >= until || !oh_store_reader_lags (self->reader, UNREAD_MAX))
        break;
      /* Who waits for a flush may be who would tell insight of what is new. */
      if (hurry)
        oh_insight_flush (self->insight);
      else
        g_usleep (UNREAD_STEP_US);
    }
  if (go_on && !hurry && oh_store_get_pace (self->store) >= PACE_CALM)
    g_usleep ((gulong) pause);
  self->since = g_get_monotonic_time ();
  return go_on;
}

/* The next post behind @after, ours before those that were left. Returns: NULL if there is none. (transfer full) */
static OhCapture *
find_next (OhBacklog *self, gint64 after)
{
  const gint64 writer_id = oh_store_get_writer_id (self->store);
  OhCapture *post = NULL;
  guint64 asked;

  g_mutex_lock (&self->lock);
  asked = self->asked;
  self->changed = FALSE;
  g_mutex_unlock (&self->lock);
  self->left = FALSE;
  if (oh_store_has_posts (self->store))
    post = oh_store_reader_get_post (self->reader, writer_id, after);
  if (post != NULL)
    return post;
  g_mutex_lock (&self->lock);
  self->done = asked;
  g_cond_broadcast (&self->progress);
  g_mutex_unlock (&self->lock);
  self->left = TRUE;
  return oh_store_has_posts (self->store) ? oh_store_reader_get_post (self->reader, OH_STORE_LEFT (writer_id), after) : NULL;
}

static gpointer
work (gpointer data)
{
  OhBacklog *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  gboolean go_on = TRUE;
  gint64 taken = 0, none_before = 0;

  setpriority (PRIO_PROCESS, 0, NICE);
  g_main_context_push_thread_default (context);
  while (go_on)
    {
      g_autoptr (OhCapture) post = find_next (self, none_before);

      self->since = g_get_monotonic_time ();
      /* It goes with the last of what is in it, so that it comes again only if nothing is, or it was broken off. */
      if (post != NULL && post->post_id == taken)
        none_before = taken;
      else if (post != NULL)
        taken = oh_proxy_take_post (self->proxy, post, rest, self) && rest (self) ? post->post_id : 0;
      g_mutex_lock (&self->lock);
      while (post == NULL && !self->changed && !self->stopping && self->asked == self->done)
        g_cond_wait (&self->work, &self->lock);
      go_on = !self->stopping;
      g_mutex_unlock (&self->lock);
    }
  g_main_context_pop_thread_default (context);
  g_mutex_lock (&self->lock);
  self->done = G_MAXUINT64;
  g_cond_broadcast (&self->progress);
  g_mutex_unlock (&self->lock);
  return NULL;
}

static void
on_changed (OhStore *store, OhBacklog *self)
{
  if (!oh_store_has_posts (store))
    return;
  g_mutex_lock (&self->lock);
  self->changed = TRUE;
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
}

OhBacklog *
oh_backlog_new (OhStore *store, OhInsight *insight, OhProxy *proxy, GError **error)
{
  OhStoreReader *reader = oh_store_reader_new (oh_store_get_dir (store), error);
  OhBacklog *self;

  if (reader == NULL)
    return NULL;
  self = g_new0 (OhBacklog, 1);
  self->store = g_object_ref (store);
  self->insight = g_object_ref (insight);
  self->proxy = g_object_ref (proxy);
  self->reader = reader;
  g_mutex_init (&self->lock);
  g_cond_init (&self->work);
  g_cond_init (&self->progress);
  oh_store_keep_posts (store);
  self->changed_handler = g_signal_connect (store, "changed", G_CALLBACK (on_changed), self);
  self->thread = g_thread_new ("backlog", work, self);
  return self;
}

void
oh_backlog_flush (OhBacklog *self)
{
  guint64 mine;

  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  mine = ++self->asked;
  g_cond_signal (&self->work);
  while (self->done < mine)
    g_cond_wait (&self->progress, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
oh_backlog_free (OhBacklog *self)
{
  if (self == NULL)
    return;
  g_clear_signal_handler (&self->changed_handler, self->store);
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  oh_store_reader_free (self->reader);
  g_object_unref (self->store);
  g_object_unref (self->insight);
  g_object_unref (self->proxy);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->work);
  g_cond_clear (&self->progress);
  g_free (self);
}
