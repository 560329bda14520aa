/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instruments sent, as it is, until it is taken apart (OH_CAPTURE_POST). Of the store's thread, unless it says otherwise. */
#pragma once
#include "oh-db-private.h"
#include "oh-order-private.h"

G_BEGIN_DECLS

typedef struct _OhPosts OhPosts;

/* @writer_id: whose posts these are */
OhPosts *oh_posts_new (OhDb *db, gint64 writer_id);
void oh_posts_free (OhPosts *self);
/* @order: a POST (transfer full) */
void oh_posts_absorb (OhPosts *self, OhOrder *order);
gboolean oh_posts_any (const OhPosts *self);

/* Within a transaction: so many of what is in a post are stored; -1: all, so that it goes. */
void oh_posts_take (OhPosts *self, gint64 id, gint64 told);
/* Within a transaction, behind that: those that wait. @change: (inout): the last of the store's changes */
void oh_posts_write (OhPosts *self, gint64 *change);
/* In a transaction of its own: those that nobody takes apart are ours from now on. Returns: whether there were any */
gboolean oh_posts_adopt (OhPosts *self);
/* Within a transaction: counts anew what is kept, where others than these have deleted some. */
void oh_posts_count (OhPosts *self);
/* The transaction failed, or was committed. */
void oh_posts_revert (OhPosts *self);
void oh_posts_keep (OhPosts *self);
/* Then who waits is told. Returns: what the orders counted, which are done with */
gsize oh_posts_settle (OhPosts *self);
/* Those that wait are lost. @lost: (inout): how many more. Returns: as above */
gsize oh_posts_give_up (OhPosts *self, guint *lost);

/* Bytes of those that are stored and not taken apart. Any thread. */
gsize oh_posts_get_kept (OhPosts *self);

G_END_DECLS
