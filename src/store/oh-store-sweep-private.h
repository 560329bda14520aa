/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deleting, and giving back the space of parts that nothing needs any more: little by little, while others read and
 * write. */
#pragma once
#include "oh-body-private.h"

G_BEGIN_DECLS

/* Deletes exchanges that have ended and are not pinned, of a run or (0) of all, and the runs that are over and empty
 * then. In a transaction. @change: the number of this change */
void oh_sweep_clear (OhPartWriter *writer, gint64 run_id, gint64 change);

typedef struct _OhSweep OhSweep;

/* Returns: NULL if nothing has been deleted since the last sweep. */
OhSweep *oh_sweep_new (OhPartWriter *writer);
void oh_sweep_free (OhSweep *self);
/* Does some milliseconds' work. Returns: FALSE when there is no more, or in error (then a new sweep may try again). */
gboolean oh_sweep_step (OhSweep *self);

G_END_DECLS
