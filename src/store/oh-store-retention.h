/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Letting go of what is old. Nothing here deletes by itself: the engine finds what is beyond the limits, and then gives it
 * to oh_store_delete(). */
#pragma once
#include "oh-store-reader.h"

G_BEGIN_DECLS

/* Exchanges that have ended and are not pinned, the oldest first: those older than @max_age_ns, and as many as it takes
 * until the others fit into @max_bytes of database. Looks at every row: on a worker's reader.
 * @max_bytes, @max_age_ns: 0: no limit
 * @now_ns: wall clock
 * @limit: at most that many
 * (transfer full) (element-type gint64) */
GArray *oh_store_reader_find_expired (OhStoreReader *self, gint64 max_bytes, gint64 max_age_ns, gint64 now_ns,
                                      guint limit);
/* What the database takes, without what is free inside it, in bytes. */
gint64 oh_store_reader_get_size (OhStoreReader *self);

G_END_DECLS
