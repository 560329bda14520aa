/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters under the search entry, that write the search for the person: a button each for status, model, run, provider and
 * kind. The text is the truth: a chip is pressed if the text has its condition, whoever wrote that. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_SEARCH_CHIPS (oh_search_chips_get_type ())
G_DECLARE_FINAL_TYPE (OhSearchChips, oh_search_chips, OH, SEARCH_CHIPS, GtkWidget)

/* @entry: lives as long */
void oh_search_chips_attach (OhSearchChips *self, GtkEditable *entry);
/* Where the values come from. @data_dir: (nullable) */
void oh_search_chips_set_data_dir (OhSearchChips *self, const char *data_dir);

G_END_DECLS
