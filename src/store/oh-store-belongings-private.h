/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hangs on an exchange and goes with it: one list of tables that everything walks that deletes. A test holds it
 * against the schema. */
#pragma once
#include "oh-db-private.h"

G_BEGIN_DECLS

/* Deletes an exchange and what hangs on it. Inside a transaction. Left for the sweep: its text and what the index has of
 * it, which cost too much here, and its parts. */
void oh_belongings_delete (OhDb *db, gint64 exchange_id);
/* The same for all exchanges of a run (0: of all runs) that have ended and are not pinned. */
void oh_belongings_clear (OhDb *db, gint64 run_id);
/* Deletes what hangs on exchanges that are gone. Looks at every row. Inside a transaction. */
void oh_belongings_sweep (OhDb *db);
/* Of that only which tools they offered. */
void oh_belongings_sweep_tools (OhDb *db);

/* For the test: the n-th table and the column that names the exchange. Returns: FALSE behind the last. */
gboolean oh_belongings_get (guint n, const char **table, const char **column);

/* A trace without an exchange is gone. */
void oh_belongings_forget_empty_trace (OhDb *db, gint64 trace_id);

G_END_DECLS
