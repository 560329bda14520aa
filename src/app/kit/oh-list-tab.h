/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tab leaves a list: GTK 4.8 would go through all of its rows. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Arrows go from row to row, Tab through what is in a row, and then on. @list: a GtkListView or its like */
void oh_list_tab_attach (GtkWidget *list);

G_END_DECLS
