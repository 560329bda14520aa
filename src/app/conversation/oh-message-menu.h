/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done with a message, for the cards of a list: copying it, going to its call. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @list: has OhConversationCards
 * @host: around it, with the actions "exchange.open" and "exchange.select" (int64) around that */
void oh_message_menu_attach (GtkWidget *list, GtkWidget *host);

G_END_DECLS
