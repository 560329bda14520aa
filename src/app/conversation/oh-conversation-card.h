/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One card of a conversation: a heading that says whose it is, and its blocks. */
#pragma once
#include "oh-conversation-model.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_CONVERSATION_CARD (oh_conversation_card_get_type ())
G_DECLARE_FINAL_TYPE (OhConversationCard, oh_conversation_card, OH, CONVERSATION_CARD, GtkBox)

GtkWidget *oh_conversation_card_new (OhConversationItem *item);
/* (transfer none) */
OhConversationItem *oh_conversation_card_get_item (OhConversationCard *self);
/* The widget with the match that is looked at, if it is in this card; or NULL. */
GtkWidget *oh_conversation_card_get_current (OhConversationCard *self);

G_END_DECLS
