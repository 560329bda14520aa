/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves what has been written ahead (overhear.db-wal) into the database, on a thread and a connection of its own: the
 * disk's slow "sync" then never stands between the end of an answer and its commit. */
#pragma once
#include "oh-db-private.h"

G_BEGIN_DECLS

typedef struct _OhCheckpointer OhCheckpointer;

/* @db: the writer's connection, which from now on leaves checkpoints to us */
OhCheckpointer *oh_checkpointer_new (OhDb *db, const char *path);
/* The writer's share: moves what little the thread cannot, so that the log begins anew with the next commit. Called
 * between commits, when nobody waits for the one before; mostly it has nothing to do. */
void oh_checkpointer_end_log (OhCheckpointer *self);
/* Stops the thread, then checkpoints everything. Blocks. */
void oh_checkpointer_free (OhCheckpointer *self);

G_END_DECLS
