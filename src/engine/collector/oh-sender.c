/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sender-private.h"

#include "oh-clock.h"
#include "oh-folder-lock.h"
#include "oh-outgoing-private.h"
#include "oh-posting-private.h"

#include <glib/gstdio.h>

#define LOCK_FILE "collector.lock"
/* How often it is looked for what is due, however much is stored meanwhile; and whether another process that sends has ended. */
#define LOOK_US (G_USEC_PER_SEC / 2)
#define LOOK_OTHERS_US (2 * G_USEC_PER_SEC)
/* How long nothing is tried after a failure: twice as long each time. */
#define WAIT_MIN_S 1
#define WAIT_MAX_S 60
/* How long an end waits for what may go at once. */
#define FINISH_US (2 * G_USEC_PER_SEC)
/* Read at one time. */
#define EXCHANGES_AT_ONCE 256
#define BYTES_AT_ONCE (G_GINT64_CONSTANT (8) << 20)
#define TRACES_AT_ONCE 64
/* With more to capture than that a second it stands back. */
#define PACE_MAX 200

struct _OhSender
{
  OhStore *store;
  char *dir;
  char *mark;
  GThread *thread;
  GCancellable *cancellable;
  GMutex mutex;
  GCond cond;
  gboolean hurried;    /* locked */
  gboolean news;       /* locked: something was stored since it was looked */
  gboolean resting;    /* locked: news wake it */
  gint64 finish_us;    /* locked: until then it goes on; 0: there is no end yet */
  gboolean ended;      /* locked */

  /* Of the thread. */
  OhCollector collector;
  GStatBuf seen;       /* the file, as it was read */
  OhStoreReader *reader;
  OhPosting *posting;
  int lock;
  guint failures;
  gint64 wait_until_us;
};

/* --- who sends, and where --- */

/* Reads the file if it is another than before. */
static void
look_at_file (OhSender *self)
{
  g_autofree char *path = g_build_filename (self->dir, OH_COLLECTOR_FILE, NULL);
  GStatBuf now = { 0 };

  if (g_stat (path, &now) != 0)
    now = (GStatBuf) { 0 };
  if (now.st_ino == self->seen.st_ino && now.st_mtim.tv_sec == self->seen.st_mtim.tv_sec &&
      now.st_mtim.tv_nsec == self->seen.st_mtim.tv_nsec)
    return;
  self->seen = now;
  oh_collector_clear (&self->collector);
  oh_collector_read (self->dir, &self->collector);
  g_clear_pointer (&self->posting, oh_posting_free);
  self->failures = 0;
  self->wait_until_us = 0;
}

/* Whether this process is to send. */
static gboolean
is_on (OhSender *self)
{
  OhSending sending = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean marked;

  look_at_file (self);
  if (!self->collector.on || !oh_folder_lock_take (&self->lock, self->dir, LOCK_FILE))
    {
      oh_folder_lock_give (&self->lock);
      return FALSE;
    }
  if (self->reader == NULL)
    self->reader = oh_store_reader_new (self->dir, NULL);
  if (self->reader == NULL)
    return FALSE;
  marked = oh_store_reader_get_sending (self->reader, &sending);
  oh_sending_clear (&sending);
  if (!marked)
    return FALSE;
  if (self->posting == NULL)
    {
      self->posting = oh_posting_new (&self->collector, self->mark, &error);
      if (self->posting == NULL)
        oh_store_put_sending_problem (self->store, error->message, FALSE);
    }
  return self->posting != NULL;
}

/* --- sending --- */

/* What went into the posting, and is marked once that has arrived. */
static gboolean
post (OhSender *self, GArray *dues)
{
  g_autofree char *problem = NULL;
  gint64 wait_s = -1;
  guint lost = 0;
  const OhPosted posted = oh_posting_post (self->posting, &lost, &wait_s, &problem, self->cancellable);

  if (g_cancellable_is_cancelled (self->cancellable))
    {
      oh_posting_drop (self->posting);
      return FALSE;
    }
  if (posted == OH_POSTED_DONE)
    {
      oh_store_put_sent (self->store, (const OhDue *) (gpointer) dues->data, dues->len, lost);
      oh_store_put_sending_problem (self->store, problem, problem != NULL);
      oh_store_flush (self->store);
      g_array_set_size (dues, 0);
      self->failures = 0;
      return TRUE;
    }
  /* It is made anew next time: there may be more to say of it then. */
  oh_posting_drop (self->posting);
  oh_store_put_sending_problem (self->store, problem, FALSE);
  if (wait_s < 0)
    wait_s = posted == OH_POSTED_MISPLACED ? WAIT_MAX_S : MIN (WAIT_MIN_S << MIN (self->failures, 6), WAIT_MAX_S);
  self->failures++;
  self->wait_until_us = g_get_monotonic_time () + wait_s * G_USEC_PER_SEC;
  return FALSE;
}

/* Tells of one trace what is due of it. @dues: takes what goes of @found */
static void
tell (OhSender *self, GArray *found, gint64 trace_id, GArray *dues)
{
  g_autoptr (GHashTable) chosen = g_hash_table_new (g_int64_hash, g_int64_equal);
  OhOutgoing outgoing = { .reader = self->reader, .chosen = chosen, .live = TRUE, .thinking = self->collector.thinking,
                          .store = self->mark, .func = oh_posting_add, .data = self->posting };

  for (guint i = 0; i < found->len; i++)
    {
      OhDue *due = &g_array_index (found, OhDue, i);

      if (due->trace_id != trace_id)
        continue;
      if (due->exchange_id == 0)
        outgoing.closing = TRUE;
      else
        g_hash_table_add (chosen, &due->exchange_id);
      g_array_append_val (dues, *due);
    }
  oh_outgoing_tell (&outgoing, trace_id);
}

/* Returns: whether something was sent: there may be more. */
static gboolean
send_some (OhSender *self)
{
  const gint64 now_ns = oh_clock_wall_ns ();
  g_autoptr (GArray) found = oh_store_reader_find_due (self->reader, now_ns, EXCHANGES_AT_ONCE, BYTES_AT_ONCE);
  g_autoptr (GArray) dues = g_array_new (FALSE, FALSE, sizeof (OhDue));
  g_autoptr (GHashTable) told = g_hash_table_new (g_int64_hash, g_int64_equal);

  if (found->len == 0)
    {
      g_array_unref (found);
      found = oh_store_reader_find_quiet (self->reader, now_ns, TRACES_AT_ONCE);
    }
  for (guint i = 0; i < found->len; i++)
    {
      OhDue *due = &g_array_index (found, OhDue, i);

      if (!g_hash_table_add (told, &due->trace_id))
        continue;
      tell (self, found, due->trace_id, dues);
      if (oh_posting_get_size (self->posting) >= OH_POSTING_SIZE && !post (self, dues))
        return FALSE;
    }
  return dues->len > 0 ? post (self, dues) : found->len > 0;
}

/* Also where nothing can be marked: it would be sent again and again. */
static gboolean
stands_back (OhSender *self)
{
  g_autofree char *trouble = oh_store_dup_trouble (self->store);

  return trouble != NULL || g_get_monotonic_time () < self->wait_until_us || oh_store_is_behind (self->store) ||
         oh_store_get_pace (self->store) > PACE_MAX;
}

/* When it is to be looked again although nothing new was stored: something will be due, can be tried again, or may be ours
 * to send. Returns: monotonic; -1: never */
static gint64
find_next_look (OhSender *self, gboolean on)
{
  const gint64 now = g_get_monotonic_time ();

  if (!on)
    return self->collector.on ? now + LOOK_OTHERS_US : -1;
  return oh_store_reader_has_waiting (self->reader) ? MAX (now + LOOK_US, self->wait_until_us) : -1;
}

/* Returns: whether it goes on. */
static gboolean
wait_for_work (OhSender *self, gint64 next_look)
{
  const gint64 soonest = g_get_monotonic_time () + LOOK_US;
  gboolean goes_on;

  g_mutex_lock (&self->mutex);
  while (!self->hurried && self->finish_us == 0 && g_cond_wait_until (&self->cond, &self->mutex, soonest))
    continue;
  self->resting = TRUE;
  while (!self->hurried && !self->news && self->finish_us == 0)
    if (next_look < 0)
      g_cond_wait (&self->cond, &self->mutex);
    else if (!g_cond_wait_until (&self->cond, &self->mutex, next_look))
      break;
  self->resting = self->news = self->hurried = FALSE;
  goes_on = self->finish_us == 0;
  g_mutex_unlock (&self->mutex);
  return goes_on;
}

static gboolean
may_finish (OhSender *self)
{
  gboolean may;

  g_mutex_lock (&self->mutex);
  may = self->finish_us == 0 || g_get_monotonic_time () < self->finish_us;
  g_mutex_unlock (&self->mutex);
  return may;
}

static gpointer
run (gpointer data)
{
  OhSender *self = data;
  gboolean goes_on = TRUE;

  while (goes_on)
    {
      const gboolean on = is_on (self);

      while (on && may_finish (self) && !stands_back (self) && send_some (self))
        continue;
      goes_on = wait_for_work (self, find_next_look (self, on));
    }
  /* What the end of a run has made due. */
  while (is_on (self) && may_finish (self) && !stands_back (self) && send_some (self))
    continue;
  g_clear_pointer (&self->posting, oh_posting_free);
  g_clear_pointer (&self->reader, oh_store_reader_free);
  oh_folder_lock_give (&self->lock);
  g_mutex_lock (&self->mutex);
  self->ended = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
  return NULL;
}

OhSender *
oh_sender_new (OhStore *store, OhProxy *proxy)
{
  OhSender *self;

  g_return_val_if_fail (OH_IS_STORE (store), NULL);

  self = g_new0 (OhSender, 1);
  self->store = g_object_ref (store);
  self->dir = g_strdup (oh_store_get_dir (store));
  self->mark = oh_collector_make_mark (self->dir);
  oh_proxy_set_mark (proxy, self->mark);
  self->cancellable = g_cancellable_new ();
  self->lock = -1;
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->thread = g_thread_new ("sender", run, self);
  return self;
}

void
oh_sender_hurry (OhSender *self)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->mutex);
  self->hurried = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

void
oh_sender_notice (OhSender *self)
{
  if (self == NULL)
    return;
  g_mutex_lock (&self->mutex);
  self->news = TRUE;
  if (self->resting)
    g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

void
oh_sender_finish (OhSender *self)
{
  g_return_if_fail (self != NULL);

  if (self->thread == NULL)
    return;
  g_mutex_lock (&self->mutex);
  self->finish_us = g_get_monotonic_time () + FINISH_US;
  g_cond_broadcast (&self->cond);
  while (!self->ended && g_cond_wait_until (&self->cond, &self->mutex, self->finish_us))
    continue;
  g_mutex_unlock (&self->mutex);
  /* A collector that does not answer is waited for no longer. */
  g_cancellable_cancel (self->cancellable);
  g_thread_join (g_steal_pointer (&self->thread));
}

void
oh_sender_free (OhSender *self)
{
  if (self == NULL)
    return;
  oh_sender_finish (self);
  oh_collector_clear (&self->collector);
  g_object_unref (self->cancellable);
  g_object_unref (self->store);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_free (self->dir);
  g_free (self->mark);
  g_free (self);
}
