/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-items.h"

static gboolean
is_at (GListStore *store, guint position, gpointer item)
{
  g_autoptr (GObject) there = g_list_model_get_item (G_LIST_MODEL (store), position);

  return there == item;
}

gboolean
oh_items_put_some (GListStore *store, GPtrArray *items, guint most)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (store));
  guint shorter = MIN (n, items->len);
  guint head = 0, tail = 0, removed, added;

  while (head < shorter && is_at (store, head, items->pdata[head]))
    head++;
  while (head + tail < shorter && is_at (store, n - tail - 1, items->pdata[items->len - tail - 1]))
    tail++;
  removed = n - head - tail;
  added = removed > 0 ? items->len - head - tail : MIN (items->len - head - tail, most);
  if (removed > 0 || added > 0)
    g_list_store_splice (store, head, removed, items->pdata + head, added);
  return head + added + tail == items->len;
}

void
oh_items_put (GListStore *store, GPtrArray *items)
{
  oh_items_put_some (store, items, G_MAXUINT);
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
