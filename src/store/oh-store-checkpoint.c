/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-checkpoint-private.h"

/* Pages of 4 KiB in the log at which the thread is woken … */
#define WAKE_PAGES 1000
/* … and at which the writer lends a hand, since the log can only begin anew when all of it has been moved. */
#define HELP_PAGES 65536

struct _OhCheckpointer
{
  OhDb *db;
  char *path;
  GThread *thread;
  GMutex lock; /* guards what follows */
  GCond wake;
  gboolean wanted;
  gboolean stop;
};

static gpointer
work (gpointer data)
{
  OhCheckpointer *self = data;
  g_autoptr (OhDb) db = oh_db_open (self->path);

  g_mutex_lock (&self->lock);
  while (!self->stop)
    {
      if (!self->wanted)
        {
          g_cond_wait (&self->wake, &self->lock);
          continue;
        }
      self->wanted = FALSE;
      g_mutex_unlock (&self->lock);
      /* Where it fails (a full disk, a lock) the log keeps everything, and the next commit asks again. */
      sqlite3_wal_checkpoint_v2 (db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
      g_mutex_lock (&self->lock);
    }
  g_mutex_unlock (&self->lock);
  return NULL;
}

static int
committed (gpointer data, sqlite3 *handle, const char *name, int pages)
{
  OhCheckpointer *self = data;

  if (pages >= WAKE_PAGES)
    {
      g_mutex_lock (&self->lock);
      self->wanted = TRUE;
      g_cond_signal (&self->wake);
      g_mutex_unlock (&self->lock);
    }
  if (pages >= HELP_PAGES)
    sqlite3_wal_checkpoint_v2 (handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  return SQLITE_OK;
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
