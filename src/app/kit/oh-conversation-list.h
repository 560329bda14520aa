/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A vertical list of widgets of any height, of which only those on screen (and a screen around them) exist. GtkListView
 * keeps 200 rows alive whatever their size; cards are too tall and too costly for that, and they grow while one reads:
 * this list holds what is being read in place while anything above it changes, and follows the end only from the end.
 */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_CONVERSATION_LIST (oh_conversation_list_get_type ())
G_DECLARE_FINAL_TYPE (OhConversationList, oh_conversation_list, OH, CONVERSATION_LIST, GtkWidget)

/* Returns: a new widget for @item. (transfer floating) */
typedef GtkWidget *(*OhConversationListCreate) (gpointer item, gpointer data);

/* @data must live as long as the list. */
void oh_conversation_list_set_create (OhConversationList *self, OhConversationListCreate create, gpointer data);
/* @model: (nullable). Starts at the top. */
void oh_conversation_list_set_model (OhConversationList *self, GListModel *model);
/* Puts the top of an item at the top of the view, as far as the list goes. */
void oh_conversation_list_scroll_to (OhConversationList *self, guint position);
/* Scrolls to the end and follows it. */
/* The same, with a place inside the item @offset pixels below its top a third down the view. */
void oh_conversation_list_show (OhConversationList *self, guint position, int offset);
void oh_conversation_list_scroll_to_end (OhConversationList *self);
/* The widget that stands for an item now, or NULL. (transfer none) */
GtkWidget *oh_conversation_list_get_child (OhConversationList *self, guint position);

G_END_DECLS
