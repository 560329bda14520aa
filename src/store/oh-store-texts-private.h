/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts that wait to be found by searches. They are indexed apart from captures, for nobody waits for them, and many at once,
 * for each transaction makes a segment of the index; and the segments are merged, some at a time. One thread. */
#pragma once
#include "oh-db-private.h"
#include "oh-order-private.h"
#include "oh-pack-private.h"

G_BEGIN_DECLS

/* Whether a transaction of what nobody waits for has lasted long enough. @begun_ns: since when (monotonic); @awaited: somebody
 * waits for it, or for the next one */
gboolean oh_step_is_over (gint64 begun_ns, gboolean awaited);

typedef struct _OhTexts OhTexts;

/* @awaited: atomic: whether somebody waits for another transaction */
OhTexts *oh_texts_new (OhDb *db, OhPacker *packer, const gint *awaited);
void oh_texts_free (OhTexts *self);
/* @order: (transfer full): SEARCHABLE */
void oh_texts_add (OhTexts *self, OhOrder *order);
/* Indexes some, at least one, in a transaction of its own.
 * @all: all are wanted, and soon
 * Returns: FALSE if there were none, or it failed (then they are kept for later). */
gboolean oh_texts_index (OhTexts *self, gboolean all);
/* When that should be called next (monotonic), G_MAXINT64 if there is nothing to index. */
gint64 oh_texts_get_index_due (OhTexts *self);
/* Puts the index in order, some milliseconds' work. @all: however long it takes
 * Returns: whether there is more to do. */
gboolean oh_texts_tidy (OhTexts *self, gboolean all);
/* When that should be called next (monotonic), G_MAXINT64 if there is nothing to do. */
gint64 oh_texts_get_tidy_due (OhTexts *self);
/* Bytes of orders that have been indexed since the last call. */
gsize oh_texts_take_released (OhTexts *self);

G_END_DECLS
