/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of a list of exchanges: an id whose exchange is replaced by a newer one as it grows. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

#define OH_TYPE_EXCHANGE_ITEM (oh_exchange_item_get_type ())
G_DECLARE_FINAL_TYPE (OhExchangeItem, oh_exchange_item, OH, EXCHANGE_ITEM, GObject)

/* Signals: "changed": there is a newer exchange.
 * @living: (nullable) (element-type gint64 OhExchangeItem): a table with g_int64_hash() keys that knows the item, without
 *          owning it, for as long as it lives */
OhExchangeItem *oh_exchange_item_new (gint64 id, OhExchange *exchange, GHashTable *living);
gint64 oh_exchange_item_get_id (OhExchangeItem *self);
/* NULL where the row is gone from the store. (transfer none) */
OhExchange *oh_exchange_item_get_exchange (OhExchangeItem *self);
void oh_exchange_item_set_exchange (OhExchangeItem *self, OhExchange *exchange);

G_END_DECLS
