/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-exchange-item.h"

struct _OhExchangeItem
{
  GObject parent_instance;

  gint64 id;
  OhExchange *exchange;
  gboolean loaded;        /* @exchange is what there is */
  GHashTable *living;
  OhExchangeItemLoad load; /* NULL once nobody reads rows any more */
  gpointer data;
};

G_DEFINE_FINAL_TYPE (OhExchangeItem, oh_exchange_item, G_TYPE_OBJECT)

static guint changed_signal;

static void
oh_exchange_item_finalize (GObject *object)
{
  OhExchangeItem *self = OH_EXCHANGE_ITEM (object);

  g_hash_table_remove (self->living, &self->id);
  g_clear_pointer (&self->living, g_hash_table_unref);
  g_clear_pointer (&self->exchange, oh_exchange_unref);
  G_OBJECT_CLASS (oh_exchange_item_parent_class)->finalize (object);
}

static void
oh_exchange_item_class_init (OhExchangeItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_exchange_item_finalize;
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
oh_exchange_item_init (OhExchangeItem *self)
{
}

OhExchangeItem *
oh_exchange_item_new (gint64 id, GHashTable *living, OhExchangeItemLoad load, gpointer data)
{
  OhExchangeItem *self = g_object_new (OH_TYPE_EXCHANGE_ITEM, NULL);

  self->id = id;
  self->load = load;
  self->data = data;
  self->living = g_hash_table_ref (living);
  g_hash_table_insert (living, &self->id, self);
  return self;
}

gint64
oh_exchange_item_get_id (OhExchangeItem *self)
{
  g_return_val_if_fail (OH_IS_EXCHANGE_ITEM (self), 0);

  return self->id;
}

gboolean
oh_exchange_item_is_loaded (OhExchangeItem *self)
{
  g_return_val_if_fail (OH_IS_EXCHANGE_ITEM (self), FALSE);

  return self->loaded;
}

OhExchange *
oh_exchange_item_get_exchange (OhExchangeItem *self)
{
  g_return_val_if_fail (OH_IS_EXCHANGE_ITEM (self), NULL);

  if (!self->loaded && self->load != NULL)
    self->load (self, self->data);
  return self->exchange;
}

void
oh_exchange_item_set_exchange (OhExchangeItem *self, OhExchange *exchange)
{
  gboolean first;

  g_return_if_fail (OH_IS_EXCHANGE_ITEM (self));

  first = !self->loaded;
  g_clear_pointer (&self->exchange, oh_exchange_unref);
  self->exchange = exchange == NULL ? NULL : oh_exchange_ref (exchange);
  self->loaded = TRUE;
  if (!first)
    g_signal_emit (self, changed_signal, 0);
}

void
oh_exchange_item_forsake (OhExchangeItem *self)
{
  g_return_if_fail (OH_IS_EXCHANGE_ITEM (self));

  self->load = NULL;
}
