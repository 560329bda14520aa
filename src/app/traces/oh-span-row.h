/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row of the tree of traces, on one line of fixed height; or the heading over such lines. */
#pragma once
#include "oh-column-set.h"
#include "oh-span-item.h"
#include "oh-traces-model.h"
#include "oh-waterfall-scale.h"

G_BEGIN_DECLS

#define OH_TYPE_SPAN_ROW (oh_span_row_get_type ())
G_DECLARE_FINAL_TYPE (OhSpanRow, oh_span_row, OH, SPAN_ROW, OhCellRow)

/* Signals: "toggled": its arrow was clicked. */
GtkWidget *oh_span_row_new (OhWaterfallScale *scale);
GtkWidget *oh_span_row_new_heading (OhWaterfallScale *scale);
/* Which columns all of them have. (transfer none) */
OhColumnSet *oh_span_row_get_columns (void);
/* What the columns say that traces are put in order by. @descending: (out) */
OhTraceSort oh_span_row_get_sort (gboolean *descending);
/* @tree_row: (nullable) whose item is an OhSpanItem */
void oh_span_row_set_row (OhSpanRow *self, GtkTreeListRow *tree_row);
/* (transfer none) or NULL. */
GtkTreeListRow *oh_span_row_get_row (OhSpanRow *self);
/* (transfer none) or NULL. */
OhSpanItem *oh_span_row_get_item (OhSpanRow *self);
/* The bar, or the axis. (transfer none) */
GtkWidget *oh_span_row_get_bar (OhSpanRow *self);
/* Shows the times of now. */
void oh_span_row_tick (OhSpanRow *self);

G_END_DECLS
