/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-items.h"

static gboolean
is_at (GListStore *store, guint position, gpointer item)
{
  g_autoptr (GObject) there = g_list_model_get_item (G_LIST_MODEL (store), position);

  return there == item;
}

void
oh_items_put (GListStore *store, GPtrArray *items)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (store));
  guint shorter = MIN (n, items->len);
  guint head = 0, tail = 0;

  while (head < shorter && is_at (store, head, items->pdata[head]))
    head++;
  while (head + tail < shorter && is_at (store, n - tail - 1, items->pdata[items->len - tail - 1]))
    tail++;
  if (n - head - tail > 0 || items->len - head - tail > 0)
    g_list_store_splice (store, head, n - head - tail, items->pdata + head, items->len - head - tail);
}

void
oh_follow (gpointer place, gpointer object, const char *signal, GCallback callback, gpointer self)
{
  gpointer *followed = place;

  if (object == *followed)
    return;
  if (*followed != NULL)
    g_signal_handlers_disconnect_by_func (*followed, callback, self);
  *followed = object;
  if (object != NULL)
    g_signal_connect_object (object, signal, callback, self, G_CONNECT_SWAPPED);
}
