/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-exchange-columns.h"

#include <string.h>

/* In digits of the font, so that larger text gets wider columns. */
#define GAP 1.5
#define REQUEST_MIN 16
#define REQUEST_WITH_HOST 30
#define ENDED_MAX 30

static const double full[OH_N_COLUMNS] = {
  [OH_COLUMN_STARTED] = 12.5,
  [OH_COLUMN_STATUS] = 6,
  [OH_COLUMN_REQUEST] = REQUEST_MIN,
  [OH_COLUMN_MODEL] = 12,
  [OH_COLUMN_TOKENS] = 12.5,
  [OH_COLUMN_COST] = 8,
  [OH_COLUMN_TOOK] = 6.5,
  [OH_COLUMN_ENDED] = 12,
};

/* The first to go stands first. */
static const OhColumn dispensable[] = { OH_COLUMN_MODEL, OH_COLUMN_STARTED, OH_COLUMN_COST, OH_COLUMN_TOKENS,
                                        OH_COLUMN_TOOK };

static double
sum (const double *widths)
{
  double total = -GAP;

  for (guint i = 0; i < OH_N_COLUMNS; i++)
    if (widths[i] > 0)
      total += widths[i] + GAP;
  return total;
}

void
oh_exchange_columns_compute (OhExchangeColumns *columns, int width, int digit)
{
  double widths[OH_N_COLUMNS];
  double room = (double) width / MAX (digit, 1);
  double spare;
  double x = 0;

  memcpy (widths, full, sizeof widths);
  columns->brief = sum (widths) + REQUEST_WITH_HOST - REQUEST_MIN > room;
  if (columns->brief)
    widths[OH_COLUMN_STARTED] = 8.5;
  for (gsize i = 0; i < G_N_ELEMENTS (dispensable) && sum (widths) > room; i++)
    widths[dispensable[i]] = 0;

  spare = room - sum (widths);
  if (spare > 0)
    {
      double ended = MIN (spare / 4, ENDED_MAX - widths[OH_COLUMN_ENDED]);

      widths[OH_COLUMN_ENDED] += ended;
      widths[OH_COLUMN_REQUEST] += spare - ended;
    }
  else
    widths[OH_COLUMN_REQUEST] = MAX (widths[OH_COLUMN_REQUEST] + spare, 1);

  for (guint i = 0; i < OH_N_COLUMNS; i++)
    {
      columns->x[i] = (int) (x * digit);
      columns->width[i] = (int) (widths[i] * digit);
      if (widths[i] > 0)
        x += widths[i] + GAP;
    }
}
