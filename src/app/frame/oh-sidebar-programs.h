/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs in the sidebar: those that have made exchanges without a run, and those that the user has a rule for. */
#pragma once
#include "oh-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct _OhSidebarPrograms OhSidebarPrograms;

/* @list_box: (transfer none): where the rows go */
OhSidebarPrograms *oh_sidebar_programs_new (GtkListBox *list_box);
void oh_sidebar_programs_free (OhSidebarPrograms *self);
/* @reader: from where; @position: of the first row. Returns: how many rows there are */
guint oh_sidebar_programs_update (OhSidebarPrograms *self, OhStoreReader *reader, int position);

G_END_DECLS
