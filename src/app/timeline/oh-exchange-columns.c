/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-exchange-columns.h"

/* In digits of the font, so that larger text gets wider columns. */
#define GAP 1.1
#define NEWS_WITH_HOST 30
#define ENDED_MAX 30

typedef struct
{
  double full;
  double brief;
} Width;

static const Width widths_of[OH_N_COLUMNS] = {
  [OH_COLUMN_STARTED] = { 10.5, 7.4 },
  [OH_COLUMN_STATUS] = { 6.2, 5.8 },
  [OH_COLUMN_REQUEST] = { 18, 13 },
  [OH_COLUMN_MODEL] = { 11, 8.6 },
  [OH_COLUMN_TOKENS] = { 12, 10.8 },
  [OH_COLUMN_COST] = { 7.5, 6.6 },
  [OH_COLUMN_TOOK] = { 7, 6.8 },
  [OH_COLUMN_ENDED] = { 12, 7 },
  [OH_COLUMN_PROGRAM] = { 14, 10 },
};

const guint oh_exchange_columns_order[OH_N_COLUMNS] = { OH_COLUMN_STARTED, OH_COLUMN_STATUS, OH_COLUMN_REQUEST,
                                                        OH_COLUMN_PROGRAM, OH_COLUMN_MODEL,  OH_COLUMN_TOKENS,
                                                        OH_COLUMN_COST,    OH_COLUMN_TOOK,   OH_COLUMN_ENDED };

/* The first to go stands first, and with how much of what is new it may stay. */
static const struct
{
  OhColumn column;
  double news;
} dispensable[] = {
  { OH_COLUMN_ENDED, 18 },   { OH_COLUMN_TOOK, 18 },    { OH_COLUMN_COST, 13 },  { OH_COLUMN_TOKENS, 13 },
  { OH_COLUMN_PROGRAM, 13 }, { OH_COLUMN_STARTED, 13 }, { OH_COLUMN_MODEL, 13 },
};

static double
sum (const double *widths)
{
  double total = -GAP;

  for (guint i = 0; i < OH_N_COLUMNS; i++)
    if (widths[i] > 0)
      total += widths[i] + GAP;
  return total;
}

static void
choose (double *widths, gboolean brief, guint shown)
{
  for (guint i = 0; i < OH_N_COLUMNS; i++)
    if (i != OH_COLUMN_REQUEST && (shown & 1u << i) == 0)
      widths[i] = 0;
    else
      widths[i] = brief ? widths_of[i].brief : widths_of[i].full;
}

void
oh_exchange_columns_compute (OhExchangeColumns *columns, int width, int digit, const guint *order, guint shown)
{
  double widths[OH_N_COLUMNS];
  double room = (double) width / MAX (digit, 1);
  double spare;
  double x = 0;

  choose (widths, FALSE, shown);
  columns->brief = sum (widths) + NEWS_WITH_HOST - widths[OH_COLUMN_REQUEST] > room;
  choose (widths, columns->brief, shown);
  for (gsize i = 0; i < G_N_ELEMENTS (dispensable); i++)
    if (sum (widths) + dispensable[i].news - widths[OH_COLUMN_REQUEST] > room)
      widths[dispensable[i].column] = 0;

  spare = room - sum (widths);
  if (spare > 0)
    {
      double ended = widths[OH_COLUMN_ENDED] > 0 ? MIN (spare / 4, ENDED_MAX - widths[OH_COLUMN_ENDED]) : 0;

      widths[OH_COLUMN_ENDED] += ended;
      widths[OH_COLUMN_REQUEST] += spare - ended;
    }
  else
    widths[OH_COLUMN_REQUEST] = MAX (widths[OH_COLUMN_REQUEST] + spare, 1);

  for (guint i = 0; i < OH_N_COLUMNS; i++)
    {
      const guint column = order[i];

      columns->x[column] = (int) (x * digit);
      columns->width[column] = (int) (widths[column] * digit);
      if (widths[column] > 0)
        x += widths[column] + GAP;
    }
}
