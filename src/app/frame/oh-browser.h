/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything under the header bar while all is well: sidebar, pane over console, detail. It arranges them by the room
 * there is. */
#pragma once
#include "oh-engine.h"
#include "oh-responsive-bin.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_BROWSER (oh_browser_get_type ())
G_DECLARE_FINAL_TYPE (OhBrowser, oh_browser, OH, BROWSER, AdwBin)

/* Properties: "searching", "sidebar-shown", both read and written.
 * Signals: "changed": what is chosen or selected, or how it is summed up, changed. */

/* @engine: (nullable) */
void oh_browser_set_engine (OhBrowser *self, OhEngine *engine);
void oh_browser_set_room (OhBrowser *self, OhRoom room);
/* The store changed. */
void oh_browser_update (OhBrowser *self);
/* What was read before may be gone or mean something else. */
void oh_browser_read_anew (OhBrowser *self);

/* Chooses a run that was just launched; its console is there from its first output on. */
void oh_browser_show_new_run (OhBrowser *self, gint64 run_id);
/* Goes to a pane, and to an exchange in it (0: to none). Without a pane of that name the exchange gets a window. */
void oh_browser_show_pane (OhBrowser *self, const char *name, gint64 exchange_id);
/* Goes to a call, a run or a trace that is there; no search hides it any more. */
void oh_browser_show_link (OhBrowser *self, OhLinkKind kind, gint64 id);
/* What stands beside a pane's name in the sidebar; @note: (nullable) */
void oh_browser_set_pane_note (OhBrowser *self, const char *name, const char *note);
/* The run that is chosen; 0: all. */
gint64 oh_browser_get_run (OhBrowser *self);
/* The exchange under the cursor; 0: none. */
gint64 oh_browser_get_selected (OhBrowser *self);
/* Whether the detail stands where the list was. */
gboolean oh_browser_covers_list (OhBrowser *self);
/* One line about what is chosen. (transfer full) */
char *oh_browser_dup_summary (OhBrowser *self);

void oh_browser_find (OhBrowser *self);
void oh_browser_clear_search (OhBrowser *self);
/* Goes to the next match, 1, or the one before, -1: of the exchange that is open, then of the next one; from the last
 * to the first. */
void oh_browser_step_match (OhBrowser *self, int direction);
/* Keeps the search in the sidebar, or no longer. */
void oh_browser_toggle_saved_search (OhBrowser *self);
/* Returns: FALSE where there is no console to show. */
gboolean oh_browser_toggle_console (OhBrowser *self);
void oh_browser_move (OhBrowser *self, int rows);
void oh_browser_go_to_newest (OhBrowser *self);
void oh_browser_go_back (OhBrowser *self);
void oh_browser_open_selected (OhBrowser *self);
/* Puts the cursor on the newest exchange that a model answered. */
void oh_browser_select_newest_answer (OhBrowser *self);
/* Keeps the sizes of the columns for the next time. */
void oh_browser_keep_sizes (OhBrowser *self);

G_END_DECLS
