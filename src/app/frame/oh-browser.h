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

/* Signals: "changed": what is chosen or selected, or how it is summed up, changed. */

/* Its parts, in the order in which F6 goes round them. */
enum
{
  OH_BROWSER_SIDEBAR,
  OH_BROWSER_LIST,
  OH_BROWSER_DETAIL,
  OH_BROWSER_CONSOLE,
  OH_BROWSER_N_REGIONS
};

/* The widget that is one of these, shown or not. (transfer none) */
GtkWidget *oh_browser_get_region (OhBrowser *self, guint region);

/* What the keys and buttons of the frame around it do with it: "search" and "sidebar" (both with a state), "find",
 * "clear-search", "save-search" (kept in the sidebar, or no longer), "step-match" (int32: 1: to the next match, of the
 * exchange that is open, then of the next one; -1: the one before), "move" (int32: rows), "newest", "back" (to the list),
 * "open-detail" (in a window), "show" (a pane's name and an int64, as oh_browser_show_pane()), "detail" (string: an action of
 * the detail), "narrow" (string: one more condition), "search-for" (string: nothing else, in the first pane), "compare" (two
 * int64: the second call is shown against the first). (transfer none) */
GActionGroup *oh_browser_get_actions (OhBrowser *self);

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
/* The name of the pane that is shown. */
const char *oh_browser_get_pane (OhBrowser *self);
/* The run that is chosen; 0: all. */
gint64 oh_browser_get_run (OhBrowser *self);
/* The exchange under the cursor; 0: none. */
gint64 oh_browser_get_selected (OhBrowser *self);
/* Remembers an exchange, or with 0 what is selected, so that another call can be compared with it. Returns: whether anything is */
gboolean oh_browser_mark (OhBrowser *self, gint64 exchange_id);
/* Whether the detail stands where the list was. */
gboolean oh_browser_covers_list (OhBrowser *self);
/* One line about what is chosen. (transfer full) */
char *oh_browser_dup_summary (OhBrowser *self);

/* Returns: FALSE where there is no console to show. */
gboolean oh_browser_toggle_console (OhBrowser *self);
/* Puts the cursor on the newest exchange that a model answered. */
void oh_browser_select_newest_answer (OhBrowser *self);
/* Keeps the sizes of the columns for the next time. */
void oh_browser_keep_sizes (OhBrowser *self);

G_END_DECLS
