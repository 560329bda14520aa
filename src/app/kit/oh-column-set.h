/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which columns of a list a person wants to see, in which order, and by which one its rows are sorted. Kept in the settings
 * as NAME-columns and NAME-sort. Its heading has the menu and the keys for all of it.
 *
 * Signal: "changed" */
#pragma once
#include "oh-cell-row.h"

G_BEGIN_DECLS

/* Columns in one list at most, with what is no column and rows are sorted by. */
#define OH_COLUMN_SET_MAX 12

typedef enum
{
  OH_COLUMN_IS_LASTING = 1 << 0,  /* cannot be left out */
  OH_COLUMN_IS_FIXED = 1 << 1,    /* nor moved */
  OH_COLUMN_IS_UNSORTED = 1 << 2, /* rows are not sorted by it */
  OH_COLUMN_IS_KEY = 1 << 3,      /* is no column: rows are sorted by it */
} OhColumnFlags;

typedef struct
{
  const char *id;    /* in the settings: never translated */
  const char *title; /* translated when it is shown */
  guint flags;       /* OhColumnFlags */
} OhColumnInfo;

#define OH_TYPE_COLUMN_SET (oh_column_set_get_type ())
G_DECLARE_FINAL_TYPE (OhColumnSet, oh_column_set, OH, COLUMN_SET, GObject)

/* @infos: by the number of the column, which is that of its cell, as far as it is one; must outlive it
 * @order: their numbers as they stand from the beginning of a row, as long as nobody moved them; rows are sorted by the first,
 *   unless something else was chosen */
OhColumnSet *oh_column_set_new (const char *name, const OhColumnInfo *infos, const guint *order, guint n);
/* The column that stands there, also if it is left out. */
guint oh_column_set_get_nth (OhColumnSet *self, guint position);
gboolean oh_column_set_shows (OhColumnSet *self, guint column);
/* @descending: (out) (optional). Returns: the column that rows are sorted by */
guint oh_column_set_get_sort (OhColumnSet *self, gboolean *descending);
/* Whether rows are sorted as they are where nobody chose anything. */
gboolean oh_column_set_is_plain (OhColumnSet *self);
/* What stands over a column: with an arrow where rows are sorted by it. (transfer full) */
char *oh_column_set_dup_title (OhColumnSet *self, guint column);

/* Lets the headings be pressed (to sort), dragged (to move), and reached by keys; with a menu.
 * @pane: what the list is in; it gets the actions
 * @heading: its cells are the columns */
void oh_column_set_attach (OhColumnSet *self, GtkWidget *pane, OhCellRow *heading);
/* (transfer none), or NULL where a pane has no columns. */
OhColumnSet *oh_column_set_find (GtkWidget *pane);
/* Opens the menu over the headings. */
void oh_column_set_open_menu (OhColumnSet *self);

G_END_DECLS
