/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can still be read of a damaged database. Rows are copied table by table; where a page cannot be read, the next row
 * behind it is looked for. What no longer fits together is made to: a body ends, marked, before the first part that is lost. */
#pragma once
#include "oh-db-private.h"

G_BEGIN_DECLS

typedef struct
{
  guint exchanges;  /* that were carried over */
  guint incomplete; /* of them, those that lost bytes */
  gboolean whole;   /* FALSE: there was not enough time for all of it */
} OhRecovered;

/* Makes a new database of what can be read of another. Blocks, a minute or so at most. Nobody else may have either open.
 * @from: the damaged one, which stays as it is
 * @to: where the new one is made; what is there is replaced
 * Returns: FALSE if nothing could be read, or there is no room for it; then there is nothing at @to */
gboolean oh_recover (const char *from, const char *to, OhRecovered *recovered);

G_END_DECLS
