/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deleting what the user asked to delete, after a while in which it can be taken back. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Says so, waits, and deletes unless the user objects. A window that is closed waits no longer; a program that is quit
 * deletes nothing.
 * @run_id: 0: all
 * @ids: (nullable) (element-type gint64): only these exchanges, whatever @run_id says
 * @words: what will be deleted, a sentence */
void oh_deletion_begin (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine, gint64 run_id,
                        GArray *ids, const char *words);

G_END_DECLS
