/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A short table under a heading: rows of one height whose columns line up, the least important of which go as the room
 * shrinks. Rows are known by an id, so that they stay themselves when the table is filled anew. */
#pragma once
#include "oh-cell-row.h"

#include <adwaita.h>

G_BEGIN_DECLS

typedef struct
{
  const char *title;       /* untranslated */
  double digits;           /* width, in digits of the font */
  float xalign;
  gboolean expands;        /* takes what is left; one of them */
  guint leaves;            /* 0: stays; else those with the lowest number go first */
} OhOverviewColumn;

#define OH_TYPE_SHORT_TABLE (oh_short_table_get_type ())
G_DECLARE_FINAL_TYPE (OhShortTable, oh_short_table, OH, SHORT_TABLE, AdwBin)

/* Signals: "activated" (gint64 id) */

/* Once, before rows.
 * @columns: lives as long as the program
 * @name: the list's accessible name
 * @nothing: stands there while there are no rows */
void oh_short_table_set_columns (OhShortTable *self, const OhOverviewColumn *columns, guint n, const char *name,
                                    const char *nothing);
/* To fill it: begin, add each row and set its cells, end. Rows that were not added again are gone then. */
void oh_short_table_begin (OhShortTable *self);
void oh_short_table_add_row (OhShortTable *self, gint64 id, const char *sentence);
/* Of the row that was added last.
 * @style: (nullable): a style class */
void oh_short_table_set_text (OhShortTable *self, guint column, const char *text, const char *style);
void oh_short_table_set_widget (OhShortTable *self, guint column, GtkWidget *widget);
void oh_short_table_set_tooltip (OhShortTable *self, const char *text);
void oh_short_table_end (OhShortTable *self);

G_END_DECLS
