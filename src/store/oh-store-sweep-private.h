/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deleting, and giving back the space of parts that nothing needs any more. */
#pragma once
#include "oh-body-private.h"

G_BEGIN_DECLS

/* Deletes exchanges that have ended and are not pinned, of a run or (0) of all, and the runs that are empty and over
 * then. In a transaction. */
void oh_sweep_clear (OhPartWriter *writer, gint64 run_id);

G_END_DECLS
