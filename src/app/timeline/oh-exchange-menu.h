/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The menu of a row of exchanges: what can be done with it. By the pointer's other button, by the keys that are for it, and
 * by a long touch. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @host: what the menu belongs to; lives as long as the list
 * @list: has rows of OhExchangeRow */
void oh_exchange_menu_attach (GtkWidget *host, GtkWidget *list);

G_END_DECLS
