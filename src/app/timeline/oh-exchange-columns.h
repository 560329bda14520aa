/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the columns of a list of exchanges stand: shared by its header and all its rows, so that they line up. As the
 * room shrinks, the columns that matter least go first. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OH_COLUMN_STARTED,
  OH_COLUMN_STATUS,
  OH_COLUMN_REQUEST,
  OH_COLUMN_MODEL,
  OH_COLUMN_TOKENS,
  OH_COLUMN_COST,
  OH_COLUMN_TOOK,
  OH_COLUMN_ENDED,
  OH_COLUMN_PROGRAM,       /* where there is any to be told */
  OH_N_COLUMNS
} OhColumn;

#define OH_COLUMNS_ALL ((1u << OH_N_COLUMNS) - 1)
/* From left to right, unless a person wants it otherwise. */
extern const guint oh_exchange_columns_order[OH_N_COLUMNS];

typedef struct
{
  int x[OH_N_COLUMNS];
  int width[OH_N_COLUMNS]; /* 0: hidden */
  gboolean brief;          /* a request is shown without its host, the time without milliseconds */
} OhExchangeColumns;

/* Pure.
 * @width: pixels there are
 * @digit: pixels a digit takes
 * @order: the columns from left to right
 * @shown: a bit for each that there is to be, where there is room */
void oh_exchange_columns_compute (OhExchangeColumns *columns, int width, int digit, const guint *order, guint shown);

G_END_DECLS
