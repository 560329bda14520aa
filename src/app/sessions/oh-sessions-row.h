/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One session, conversation or branch in a list, on two lines and in columns; or the heading over such rows. */
#pragma once
#include "oh-column-set.h"
#include "oh-sessions-item.h"
#include "oh-sessions-load.h"

G_BEGIN_DECLS

#define OH_TYPE_SESSIONS_ROW (oh_sessions_row_get_type ())
G_DECLARE_FINAL_TYPE (OhSessionsRow, oh_sessions_row, OH, SESSIONS_ROW, OhCellRow)

GtkWidget *oh_sessions_row_new (void);
GtkWidget *oh_sessions_row_new_heading (void);
/* Which columns all of them have. (transfer none) */
OhColumnSet *oh_sessions_row_get_columns (void);
/* What the columns say that rows are put in order by. @descending: (out) */
OhSessionsSort oh_sessions_row_get_sort (gboolean *descending);
/* @item: (nullable) */
void oh_sessions_row_set_item (OhSessionsRow *self, OhSessionsItem *item);
/* (transfer none) or NULL. */
OhSessionsItem *oh_sessions_row_get_item (OhSessionsRow *self);

G_END_DECLS
