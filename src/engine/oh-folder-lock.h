/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of the processes that have a data folder open, one at a time does a job: whoever holds the lock of that. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* @lock: (inout): its descriptor, or -1. Does not wait. @name: of its file in @dir. Returns: whether it is held. */
gboolean oh_folder_lock_take (int *lock, const char *dir, const char *name);
/* @lock: (inout): what was not taken is not given */
void oh_folder_lock_give (int *lock);

G_END_DECLS
