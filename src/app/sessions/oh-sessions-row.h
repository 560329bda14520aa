/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One session, conversation or branch in a list, on two lines. */
#pragma once
#include "oh-search-words.h"
#include "oh-sessions-item.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_SESSIONS_ROW (oh_sessions_row_get_type ())
G_DECLARE_FINAL_TYPE (OhSessionsRow, oh_sessions_row, OH, SESSIONS_ROW, GtkBox)

GtkWidget *oh_sessions_row_new (void);
/* @item: (nullable) */
void oh_sessions_row_set_item (OhSessionsRow *self, OhSessionsItem *item);
/* (transfer none) or NULL. */
OhSessionsItem *oh_sessions_row_get_item (OhSessionsRow *self);
/* Marks what is searched for. @words: (nullable) */
void oh_sessions_row_set_words (OhSessionsRow *self, OhSearchWords *words);

G_END_DECLS
