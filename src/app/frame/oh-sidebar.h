/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The left column: the panes, the searches that were saved, and the runs with how they fare. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_SIDEBAR (oh_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (OhSidebar, oh_sidebar, OH, SIDEBAR, AdwBin)

/* Signals:
 *   "pane-chosen" (const char *name)
 *   "run-chosen" (gint64 run)
 *   "search-chosen" (const char *text) */
void oh_sidebar_set_engine (OhSidebar *self, OhEngine *engine);
/* The store changed. */
void oh_sidebar_update (OhSidebar *self);
/* What stands beside a pane's name; @note: (nullable) */
void oh_sidebar_set_pane_note (OhSidebar *self, const char *name, const char *note);
/* What is shown, whatever led there: its row is the one that is selected. @run_id: 0: all runs. @text: what is searched for;
 * (nullable) */
void oh_sidebar_show (OhSidebar *self, const char *pane, gint64 run_id, const char *text);
/* Whether a row stands for that search: one that was saved, or a program's. @text: (nullable) */
gboolean oh_sidebar_has_search (OhSidebar *self, const char *text);
/* Emits the signal if that was not chosen before. */
void oh_sidebar_choose_pane (OhSidebar *self, const char *name);

G_END_DECLS
