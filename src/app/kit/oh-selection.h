/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is selected of a list: any number of rows, of which one is the cursor, the one that was chosen last. It keeps
 * positions only: to select a million rows makes none of them. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_SELECTION (oh_selection_get_type ())
G_DECLARE_FINAL_TYPE (OhSelection, oh_selection, OH, SELECTION, GObject)

/* A GtkSelectionModel. Property "cursor" (uint): GTK_INVALID_LIST_POSITION: nothing is selected. It moves with its row. */
OhSelection *oh_selection_new (void);
/* @model: (nullable) */
void oh_selection_set_model (OhSelection *self, GListModel *model);
guint oh_selection_get_cursor (OhSelection *self);
/* Whether the cursor is elsewhere because rows came and went: nobody chose that. */
gboolean oh_selection_is_changing (OhSelection *self);
/* Selects that row alone; GTK_INVALID_LIST_POSITION: none */
void oh_selection_set_cursor (OhSelection *self, guint position);

G_END_DECLS
