/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The menu of what stands in a list: by the pointer's other button, by the keys that are for it, and by a long touch.
 * Where text is selected, those belong to the text. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What can be done with a row; what is done is done to what is selected, so the row may be selected first.
 * Returns: (transfer full), or NULL: nothing */
typedef GMenu *(*OhContextMenuMake) (GtkWidget *row, gpointer data);

/* @list: has rows of @type
 * @host: what the menu belongs to, with the actions around it: @list, or around it
 * @data: lives as long as @list */
void oh_context_menu_attach (GtkWidget *list, GtkWidget *host, GType type, OhContextMenuMake make, gpointer data);
/* The row of a list with a menu that is at a place in it. (transfer none), or NULL */
GtkWidget *oh_context_menu_find_row (GtkWidget *list, double x, double y);
/* Whether the menu of a list is open. */
gboolean oh_context_menu_is_open (GtkWidget *list);

/* @target: (nullable) (transfer floating) */
void oh_context_menu_add (GMenu *menu, const char *label, const char *action, GVariant *target);
/* The same, where it is there only while the action can be done. */
void oh_context_menu_add_possible (GMenu *menu, const char *label, const char *action, GVariant *target);
/* Unless it is empty. */
void oh_context_menu_add_section (GMenu *menu, GMenu *section);

G_END_DECLS
