/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index of texts: an FTS5 table of trigrams without contents, which finds candidates, and beside it each text, which
 * decides. Written by the store's thread. */
#pragma once
#include "oh-db-private.h"
#include "oh-pack-private.h"
#include "oh-searchable.h"

G_BEGIN_DECLS

/* In a transaction. Does nothing where the exchange is gone or has its texts already. @change: the number of this change
 * Returns: whether anything was written. */
gboolean oh_search_index_write (OhDb *db, OhPacker *packer, const OhSearchable *searchable, gint64 change);
/* Merges a few pages of the index's segments, of which each transaction makes one, and gives the space back.
 * Returns: whether there may be more to do. */
gboolean oh_search_index_tidy (OhDb *db);
/* In a transaction: takes out what deleted exchanges left, of the next few after *@cursor.
 * Returns: FALSE when there is no more. */
gboolean oh_search_index_sweep (OhDb *db, OhPacker *packer, gint64 *cursor);
/* In a transaction: empties the index if there are no exchanges at all. */
void oh_search_index_clear (OhDb *db);

G_END_DECLS
