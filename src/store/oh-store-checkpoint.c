/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-checkpoint-private.h"

/* The log can only begin anew when all of it has been moved into the database, and while captures come fast it grows as
 * it is moved. SQLite, besides, syncs the database only at that end, when there is much to sync. So the thread moves
 * and syncs until little is left, and the writer moves that between two commits. */

/* The thread is woken whenever the log has grown by so many pages of 4 KiB … */
#define WAKE_PAGES 2000
/* … and asks the writer to end it when it is so long, and so little is left … */
#define END_PAGES 12000
#define REST_PAGES 400
/* … or, when it grows as fast as it is moved, with all that is left. */
#define LONG_PAGES 131072
#define PASSES 4
/* How often the writer ends a log that some reader keeps from beginning anew, before the thread has moved more. */
#define TRIES 4

struct _OhCheckpointer
{
  OhDb *db;
  char *path;
  GThread *thread;
  GMutex lock; /* guards what follows */
  GCond wake;
  int pages; /* in the log, at the last commit */
  int seen;  /* of them, when the thread last began */
  gboolean stop;
  gint tries; /* atomic: how often the writer may still end the log */
};

/* By SQLite's own descriptor: to close another one would drop the locks of this process. */
static gboolean
sync_database (OhDb *db)
{
  sqlite3_file *file = NULL;

  return sqlite3_file_control (db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
         file->pMethods->xSync (file, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

/* Pages that commits have put into the log so far. SQLite tells the thread only how many there were when it began. */
static int
count_pages (OhCheckpointer *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->pages;
}

/* Returns: whether the writer should end the log. Where it fails (a full disk, a lock, a reader that still needs it)
 * the log keeps everything, and a later commit asks again. */
static gboolean
move (OhCheckpointer *self, OhDb *db)
{
  int moved = 0;

  /* A connection that has read nothing does not know that there is a log: its checkpoints do nothing, and succeed. */
  oh_db_get_int (db, "PRAGMA schema_version", 0, "");
  oh_db_forget_error (db);
  for (guint pass = 0; pass < PASSES; pass++)
    {
      if (sqlite3_wal_checkpoint_v2 (db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, &moved) != SQLITE_OK ||
          count_pages (self) < END_PAGES || !sync_database (db))
        return FALSE;
      if (pass > 0 && count_pages (self) - moved <= REST_PAGES)
        return TRUE;
    }
  return count_pages (self) >= LONG_PAGES;
}

/* With the lock. */
static gboolean
is_wanted (const OhCheckpointer *self)
{
  return self->pages >= WAKE_PAGES && (self->pages >= self->seen + WAKE_PAGES || self->pages < self->seen);
}

static gpointer
work (gpointer data)
{
  OhCheckpointer *self = data;
  g_autoptr (OhDb) db = oh_db_open (self->path);

  g_mutex_lock (&self->lock);
  while (!self->stop)
    {
      if (!is_wanted (self))
        {
          g_cond_wait (&self->wake, &self->lock);
          continue;
        }
      self->seen = self->pages;
      g_mutex_unlock (&self->lock);
      if (move (self, db))
        g_atomic_int_set (&self->tries, TRIES);
      g_mutex_lock (&self->lock);
    }
  g_mutex_unlock (&self->lock);
  return NULL;
}

static int
committed (gpointer data, sqlite3 *handle, const char *name, int pages)
{
  OhCheckpointer *self = data;

  g_mutex_lock (&self->lock);
  if (pages < self->pages)
    g_atomic_int_set (&self->tries, 0);
  self->pages = pages;
  if (is_wanted (self))
    g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
  return SQLITE_OK;
}

void
oh_checkpointer_end_log (OhCheckpointer *self)
{
  int log = 0, moved = 0;

  if (g_atomic_int_get (&self->tries) == 0)
    return;
  /* A reader may still need what is left, or be in the way of a new beginning: then the next commits try again. */
  sqlite3_wal_checkpoint_v2 (self->db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &log, &moved);
  if (moved == log)
    g_atomic_int_add (&self->tries, -1);
  else if (log - moved > REST_PAGES)
    g_atomic_int_set (&self->tries, 0);
}

OhCheckpointer *
oh_checkpointer_new (OhDb *db, const char *path)
{
  OhCheckpointer *self = g_new0 (OhCheckpointer, 1);

  self->db = db;
  self->path = g_strdup (path);
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  sqlite3_wal_hook (db->handle, committed, self);
  self->thread = g_thread_new ("oh-checkpoint", work, self);
  return self;
}

void
oh_checkpointer_free (OhCheckpointer *self)
{
  g_mutex_lock (&self->lock);
  self->stop = TRUE;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  sqlite3_wal_hook (self->db->handle, NULL, NULL);
  sqlite3_wal_checkpoint_v2 (self->db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_free (self->path);
  g_free (self);
}
