/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places, traces, spans, limits and notices as rows. */
#pragma once
#include "oh-db-private.h"
#include "oh-pack-private.h"
#include "oh-store-reader.h"
#include "oh-trace.h"

G_BEGIN_DECLS

/* Replaces what was known of the exchange and stamps its row with @change (0: it exists, and is stamped already). Inside a
 * transaction.
 * Returns: FALSE if the exchange is gone; nothing is written then. */
gboolean oh_meaning_write (OhDb *db, OhPacker *packer, const OhMeaning *meaning, gint64 change);
/* (transfer full) (nullable) */
OhPlace *oh_meaning_read_place (OhDb *db, gint64 exchange_id);

/* The reader's connection, its last error forgotten. (transfer none) */
OhDb *oh_store_reader_get_db (OhStoreReader *self);
OhPacker *oh_store_reader_get_packer (OhStoreReader *self);

G_END_DECLS
