/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of a list of exchanges: an id whose exchange is replaced by a newer one as it grows. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

#define OH_TYPE_EXCHANGE_ITEM (oh_exchange_item_get_type ())
G_DECLARE_FINAL_TYPE (OhExchangeItem, oh_exchange_item, OH, EXCHANGE_ITEM, GObject)

/* Reads the row of an item that is asked for it: calls oh_exchange_item_set_exchange(), of this one at least. */
typedef void (*OhExchangeItemLoad) (OhExchangeItem *item, gpointer data);

/* Signals: "changed": there is a newer exchange.
 * @living: (element-type gint64 OhExchangeItem): a table with g_int64_hash() keys that knows the item, without owning it,
 *          for as long as it lives */
OhExchangeItem *oh_exchange_item_new (gint64 id, GHashTable *living, OhExchangeItemLoad load, gpointer data);
gint64 oh_exchange_item_get_id (OhExchangeItem *self);
/* NULL where the row is gone from the store. (transfer none) */
OhExchange *oh_exchange_item_get_exchange (OhExchangeItem *self);
/* @exchange: (nullable) */
void oh_exchange_item_set_exchange (OhExchangeItem *self, OhExchange *exchange);
/* Whether its row was read already. */
gboolean oh_exchange_item_is_loaded (OhExchangeItem *self);
/* Nobody reads rows any more. */
void oh_exchange_item_forsake (OhExchangeItem *self);

G_END_DECLS
