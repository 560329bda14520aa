/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A vertical list of widgets of any height, of which only those on screen (and a screen around them) exist. GtkListView
 * keeps 200 rows alive whatever their size; cards are too tall and too costly for that, and they grow while one reads:
 * this list holds what is being read in place while anything above it changes, and follows the end only from the end.
 */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_CARD_LIST (oh_card_list_get_type ())
G_DECLARE_FINAL_TYPE (OhCardList, oh_card_list, OH, CARD_LIST, GtkWidget)

/* Returns: a new widget for @item. (transfer floating) */
typedef GtkWidget *(*OhCardListCreate) (gpointer item, gpointer data);

/* @data must live as long as the list. */
void oh_card_list_set_create (OhCardList *self, OhCardListCreate create, gpointer data);
/* @model: (nullable). Starts at the top. */
void oh_card_list_set_model (OhCardList *self, GListModel *model);
/* Puts the top of an item at the top of the view, as far as the list goes. */
void oh_card_list_scroll_to (OhCardList *self, guint position);
/* Scrolls to the end and follows it. */
/* The same, with a place inside the item @offset pixels below its top a third down the view. */
void oh_card_list_show (OhCardList *self, guint position, int offset);
void oh_card_list_scroll_to_end (OhCardList *self);
/* The widget that stands for an item now, or NULL. (transfer none) */
GtkWidget *oh_card_list_get_child (OhCardList *self, guint position);

G_END_DECLS
