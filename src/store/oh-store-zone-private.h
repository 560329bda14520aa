/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zones: what is known of 64 exchanges with neighbouring numbers, so that a search that no index answers looks only into
 * those that can have something: which labels they have (a label is what few values are found of: host, model, status …),
 * between which numbers their tokens, costs and times lie, and which one or two characters their texts have. A zone says
 * what may be there, never what is.
 *
 * Zones are made by the store's thread when it has nothing better to do, and made again after something in them changed;
 * meanwhile a search looks at every exchange of theirs. Nothing depends on them but speed. */
#pragma once
#include "oh-db-private.h"
#include "oh-pack-private.h"

G_BEGIN_DECLS

#define OH_ZONE_BITS 6
#define OH_ZONE_SIZE (1 << OH_ZONE_BITS)

typedef enum
{
  OH_ZONE_STALE,   /* to be made again */
  OH_ZONE_MADE,
  OH_ZONE_BLOCKED, /* an exchange goes on; its end makes it stale */
} OhZoneState;

/* The same in SQL. */
#define OH_SQL_STALE "0"
#define OH_SQL_MADE "1"
G_STATIC_ASSERT (OH_ZONE_STALE == 0 && OH_ZONE_MADE == 1);

/* In a transaction: something that zones tell of has changed in an exchange. */
void oh_zone_spoil (OhDb *db, gint64 exchange_id);
/* Makes the next zone that is missing. Returns: whether there may be another one. */
gboolean oh_zone_make_next (OhDb *db, OhPacker *packer);
/* In a transaction: forgets what only deleted exchanges had. */
void oh_zone_forget_deleted (OhDb *db);
/* In a transaction: forgets everything. */
void oh_zone_clear (OhDb *db);

/* Functions of SQL for searches:
 *   overhear_any (labels, bits)     whether a zone has one of the labels whose bits are set
 *   overhear_maybe (grams, folded)  whether texts of a zone may have it; where @grams is NULL they may */
void oh_zone_add_functions (OhDb *db);

G_END_DECLS
