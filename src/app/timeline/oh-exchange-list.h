/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lazy GListModel of exchanges: it holds ids only, and makes rows in get_item() from paged read-only queries. Rows are
 * in the order they started; new ones are appended, changed ones change in place. In another order they are put in order
 * anew, on a worker, whenever something changed. */
#pragma once
#include "oh-exchange-item.h"

#include "oh-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_EXCHANGE_LIST (oh_exchange_list_get_type ())
G_DECLARE_FINAL_TYPE (OhExchangeList, oh_exchange_list, OH, EXCHANGE_LIST, GObject)

/* Empty until a query is set.
 * @reader: the main thread's; must outlive the list
 * @data_dir: where a worker opens a reader of its own
 * Signals: "loaded": a query's rows are all there. */
OhExchangeList *oh_exchange_list_new (OhStoreReader *reader, const char *data_dir);

/* Shows other rows. Those of a run, or all, are there at once (the newest of them; older ones follow); a search is made
 * on a worker, and the rows stay what they were until it is done.
 * @run_id: 0: any
 * @text: (nullable): a search (oh-search.h); a wrong one counts as none */
void oh_exchange_list_set_query (OhExchangeList *self, gint64 run_id, const char *text);
/* Another order, from now on. */
void oh_exchange_list_set_sort (OhExchangeList *self, OhSortBy by, gboolean descending);
/* The store changed: takes in what did. */
void oh_exchange_list_update (OhExchangeList *self);
/* Reads everything anew. */
void oh_exchange_list_reload (OhExchangeList *self);

gboolean oh_exchange_list_is_loading (OhExchangeList *self);
/* 0 beyond the end. */
gint64 oh_exchange_list_get_id (OhExchangeList *self, guint position);
/* GTK_INVALID_LIST_POSITION where it is not in the list. */
guint oh_exchange_list_find (OhExchangeList *self, gint64 id);

G_END_DECLS
