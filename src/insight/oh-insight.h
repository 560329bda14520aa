/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Understands exchanges as they change: reads their bytes from the store, asks the providers, puts facts back. A thread
 * of its own. */
#pragma once
#include "oh-price.h"
#include "oh-store.h"

G_BEGIN_DECLS

#define OH_TYPE_INSIGHT (oh_insight_get_type ())
G_DECLARE_FINAL_TYPE (OhInsight, oh_insight, OH, INSIGHT, GObject)

/* Our table of prices, and the user's own prices.json in @data_dir on top; warns of what cannot be used.
 * (transfer full) (nullable) */
OhPriceTable *oh_insight_load_prices (const char *data_dir);
/* @store: watched through its "changed" signal */
OhInsight *oh_insight_new (OhStore *store, GError **error);
/* Blocks until the facts of every exchange that changed before are stored. */
void oh_insight_flush (OhInsight *self);
/* Reads every exchange again from its stored bytes, oldest first, and replaces what was understood: after a reader or the
 * prices were improved. Goes on in the background, behind what is captured meanwhile; asking again begins anew. */
void oh_insight_reread (OhInsight *self);
/* Leaves the rest as it was understood before. */
void oh_insight_stop_reread (OhInsight *self);
/* @done, @total: (out) (optional): exchanges. Returns: whether it goes on. */
gboolean oh_insight_get_reread (OhInsight *self, gint64 *done, gint64 *total);
void oh_insight_stop (OhInsight *self);

G_END_DECLS
