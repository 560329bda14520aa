/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store's thread does: takes orders into memory (which cannot fail), then writes everything that is due in one
 * transaction (which can, and is then tried again with nothing lost). One thread. */
#pragma once
#include "oh-body-private.h"
#include "oh-order-private.h"
#include "oh-store-posts-private.h"
#include "oh-store-texts-private.h"

G_BEGIN_DECLS

typedef struct _OhWriter OhWriter;

/* Called by oh_writer_settle() for each order that someone waits for. */
typedef void (*OhOrderFunc) (OhOrder *order, gint64 result, gpointer data);

/* @awaited: atomic: whether somebody waits for an order that is not here yet: what can wait leaves off soon */
OhWriter *oh_writer_new (OhDb *db, gint64 writer_id, const gint *awaited, OhOrderFunc done, gpointer data);
void oh_writer_free (OhWriter *self);
OhPartWriter *oh_writer_get_part_writer (OhWriter *self);
OhPosts *oh_writer_get_posts (OhWriter *self);
OhTexts *oh_writer_get_texts (OhWriter *self);
/* @order: (transfer full) */
void oh_writer_absorb (OhWriter *self, OhOrder *order);
/* Writes what is due at @now_ns (everything if @all), and then of what insight says as much as those may wait who wait for
 * a commit. Returns: FALSE if the transaction failed: db->error. Everything
 * is as before then. */
gboolean oh_writer_commit (OhWriter *self, gint64 now_ns, gboolean all);
/* After a commit: lets go of what it wrote and tells those who wait for it. */
void oh_writer_settle (OhWriter *self);
/* When the next commit is due (monotonic), G_MAXINT64 if there is nothing to write. */
gint64 oh_writer_get_due (OhWriter *self);
/* Makes what searches skip by, a little at a time. @idle: there is nothing else to do; @pace: oh_store_get_pace()
 * Returns: FALSE if it is not the time. */
gboolean oh_writer_make_zones (OhWriter *self, gboolean idle, guint pace);
/* When that should be called next (monotonic). */
gint64 oh_writer_get_zones_due (OhWriter *self);
/* Bytes of orders that have been committed or given up since the last call. */
gsize oh_writer_take_released (OhWriter *self);
/* Gives up everything that is not committed. Returns: how many exchanges lost something. */
guint oh_writer_give_up (OhWriter *self);
/* Whether the last commit changed what readers see. */
gboolean oh_writer_has_changed (OhWriter *self);

G_END_DECLS
