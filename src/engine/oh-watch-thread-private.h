/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thread that reads and interprets for watches, with a reader of its own. */
#pragma once
#include "oh-store-reader.h"

G_BEGIN_DECLS

typedef struct _OhWatchThread OhWatchThread;

/* It owns the reader and everything in a job but what is said to be atomic. */
struct _OhWatchThread
{
  gatomicrefcount references;
  char *data_dir;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  OhStoreReader *reader;
  int stopped;             /* atomic */
};

OhWatchThread *oh_watch_thread_new (const char *data_dir);
/* Waits for what it is doing; it does nothing more for watches that are still there. */
void oh_watch_thread_stop (OhWatchThread *self);
OhWatchThread *oh_watch_thread_ref (OhWatchThread *self);
void oh_watch_thread_unref (OhWatchThread *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhWatchThread, oh_watch_thread_unref)

G_END_DECLS
