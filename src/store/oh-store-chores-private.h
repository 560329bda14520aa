/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store's thread does between commits: one chore at a time, for an answer may wait for the next commit. */
#pragma once
#include "oh-store-writer-private.h"

G_BEGIN_DECLS

typedef struct _OhChores OhChores;

/* @dir: where other processes are looked for that write there */
OhChores *oh_chores_new (OhDb *db, OhWriter *writer, const char *dir);
void oh_chores_free (OhChores *self);
/* When one is due (monotonic): 0 while something is being swept. */
gint64 oh_chores_get_due (OhChores *self);
/* Something was deleted: it is swept up soon. */
void oh_chores_sweep_soon (OhChores *self);
/* Does the next one that is due. @idle: nothing else is to be done; @pace: calls that end in a second
 * Returns: whether it changed what others read */
gboolean oh_chores_do_one (OhChores *self, gboolean idle, guint pace);

G_END_DECLS
