/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-span-phases.h"

typedef struct
{
  GWeakRef item;
  gint64 exchange_id;
} Wish;

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Wish *wish = data;
  g_autoptr (OhSpanItem) item = g_weak_ref_get (&wish->item);
  g_autoptr (GArray) phases = oh_engine_read_phases_finish (OH_ENGINE (source), result, NULL);

  if (item != NULL)
    oh_span_item_put_phases (item, wish->exchange_id, phases);
  g_weak_ref_clear (&wish->item);
  g_free (wish);
}

void
oh_span_phases_fetch (OhEngine *engine, OhSpanItem *item)
{
  GListModel *below;

  g_return_if_fail (OH_IS_ENGINE (engine));
  g_return_if_fail (OH_IS_SPAN_ITEM (item));

  if (oh_span_item_ask_for_phases (item))
    {
      Wish *wish = g_new0 (Wish, 1);

      g_weak_ref_init (&wish->item, item);
      wish->exchange_id = oh_span_item_get_exchange_id (item);
      oh_engine_read_phases_async (engine, wish->exchange_id, NULL, on_read, wish);
    }
  below = oh_span_item_get_kind (item) == OH_SPAN_CALL ? oh_span_item_get_children (item) : NULL;
  for (guint i = 0; below != NULL && i < g_list_model_get_n_items (below); i++)
    {
      g_autoptr (OhSpanItem) attempt = g_list_model_get_item (below, i);

      oh_span_phases_fetch (engine, attempt);
    }
}
