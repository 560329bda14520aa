/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells when to look at a store that other processes write, without waking while nobody does. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhStoreWatch OhStoreWatch;

/* Returns: whether to be called again, written or not */
typedef gboolean (*OhStoreWatchFunc) (gpointer data);

/* @look: called in the default main context every 100 ms while any process writes, ourselves too, and for ten seconds after:
 *   what is written can be read only once it is on the disk, which takes as long as the disk does */
OhStoreWatch *oh_store_watch_new (const char *data_dir, OhStoreWatchFunc look, gpointer data);
/* As if something had been written. */
void oh_store_watch_wake (OhStoreWatch *self);
void oh_store_watch_free (OhStoreWatch *self);

G_END_DECLS
