/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges that go together, by a name that passes through a menu: "run:7", "trace:42", "thread:5", "session:…",
 * "calls:1,2,3". Who is in it is asked when something is done with it. */
#pragma once
#include "oh-store-traces.h"

G_BEGIN_DECLS

/* (transfer full) */
char *oh_part_name_run (gint64 run_id);
char *oh_part_name_trace (gint64 trace_id);
char *oh_part_name_thread (gint64 thread_id);
char *oh_part_name_session (const char *session);
char *oh_part_name_exchanges (const gint64 *ids, guint n);

/* Ids in the order they started; none where the name is none. (transfer full) (element-type gint64) */
GArray *oh_part_find (OhStoreReader *reader, const char *name);

G_END_DECLS
