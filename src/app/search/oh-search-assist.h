/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Helps a person write a search (oh-search.h) in an entry: colours it as it is understood, says in a label below what is
 * wrong with it, and offers what could stand at the cursor. */
#pragma once
#include "oh-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Lives as long as the entry.
 * @entry: a GtkSearchEntry; @complaint: hidden while all is well */
void oh_search_assist_attach (GtkSearchEntry *entry, GtkLabel *complaint);
/* Whose values are offered after "model:" and its like. @engine: (nullable) */
void oh_search_assist_set_engine (GtkSearchEntry *entry, OhEngine *engine);

G_END_DECLS
