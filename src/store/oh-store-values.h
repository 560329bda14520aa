/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values that a field of a search has in the store: what an entry offers after "model:". */
#pragma once
#include "oh-store-reader.h"

G_BEGIN_DECLS

/* Among the newest exchanges (runs, traces), those that occur most first; for runs, sessions and users the newest first.
 * Looks at a bounded number of rows, but belongs on a worker's reader.
 * @field: a field whose value is a text
 * (transfer full) (element-type utf8); empty for other fields */
GPtrArray *oh_store_reader_get_values (OhStoreReader *self, OhSearchFieldId field, guint limit);

G_END_DECLS
