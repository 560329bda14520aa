/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a search is written: the entry, a star that keeps it in the sidebar, and the way through what was found. */
#pragma once
#include "oh-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_SEARCH_BOX (oh_search_box_get_type ())
G_DECLARE_FINAL_TYPE (OhSearchBox, oh_search_box, OH, SEARCH_BOX, GtkBox)

/* Signals:
 *   "changed": there is another text to search for.
 *   "step" (int): to the next match, 1, or the one before, -1.
 *   "down": from here to what was found. */

/* For values to offer. @engine: (nullable) */
void oh_search_box_set_engine (OhSearchBox *self, OhEngine *engine);
GtkSearchEntry *oh_search_box_get_entry (OhSearchBox *self);
const char *oh_search_box_get_text (OhSearchBox *self);
void oh_search_box_set_text (OhSearchBox *self, const char *text);
/* Filters stand under the entry; not without this. */
void oh_search_box_show_chips (OhSearchBox *self);
/* Puts the cursor there, with all of the text selected. */
void oh_search_box_edit (OhSearchBox *self);
/* Keeps the search in the sidebar, or no longer. */
void oh_search_box_toggle_saved (OhSearchBox *self);
/* What is said beside the entry.
 * @steppable: there are words to step through
 * @total: matches of the page that is open; -1: unknown, or none is open
 * @current: from 0; -1: none */
void oh_search_box_set_matches (OhSearchBox *self, gboolean steppable, int total, int current);

/* Whether a button leads to the console, by the action "search.show-in-console" of a widget around it. */
void oh_search_box_set_console (OhSearchBox *self, gboolean found);

G_END_DECLS
