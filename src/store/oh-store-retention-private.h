/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include "oh-body-private.h"
#include "oh-store-retention.h"

G_BEGIN_DECLS

/* Deletes those of the exchanges that have ended and are not pinned, what was learnt of them, and runs that are over and
 * empty then. In a transaction; the parts go with the next sweep. @change: the number of this change */
void oh_retention_delete (OhPartWriter *writer, const gint64 *ids, guint n, gint64 change);

G_END_DECLS
