/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One exchange in a list, on one line of fixed height; or, without an item, the heading over such lines. */
#pragma once
#include "oh-column-set.h"
#include "oh-exchange-item.h"

G_BEGIN_DECLS

#define OH_TYPE_EXCHANGE_ROW (oh_exchange_row_get_type ())
G_DECLARE_FINAL_TYPE (OhExchangeRow, oh_exchange_row, OH, EXCHANGE_ROW, OhCellRow)

GtkWidget *oh_exchange_row_new (void);
GtkWidget *oh_exchange_row_new_heading (void);
/* Which columns all of them have, by OhColumn. (transfer none) */
OhColumnSet *oh_exchange_row_get_columns (void);
/* Other exchanges are listed from now on: who made them is told again once there is one to be told. */
void oh_exchange_row_forget_programs (void);
/* @item: (nullable). Its row is not read before oh_exchange_row_show(): a list view has many more rows than it shows. */
void oh_exchange_row_set_item (OhExchangeRow *self, OhExchangeItem *item);
void oh_exchange_row_show (OhExchangeRow *self);
/* (transfer none) (nullable) */
OhExchangeItem *oh_exchange_row_get_item (OhExchangeRow *self);
/* Makes what showing it needs first, ahead of time. Returns: FALSE if that was done before. */
gboolean oh_exchange_row_prepare (OhExchangeRow *self);
/* How attempts of one call that stand below each other are held together. */
typedef enum
{
  OH_BRACKET_NONE,
  OH_BRACKET_FIRST,
  OH_BRACKET_MIDDLE,
  OH_BRACKET_LAST,
} OhBracket;
void oh_exchange_row_set_bracket (OhExchangeRow *self, OhBracket bracket);
/* Where what is searched for stands in the exchange, instead of what is new in it.
 * @excerpt: (nullable). @words: (nullable): to be marked in it */
void oh_exchange_row_set_excerpt (OhExchangeRow *self, const char *excerpt, OhSearchWords *words);
/* Whether the exchange still goes on, so that its times run. */
gboolean oh_exchange_row_is_busy (OhExchangeRow *self);
/* Shows the times of now. */
void oh_exchange_row_tick (OhExchangeRow *self);

G_END_DECLS
