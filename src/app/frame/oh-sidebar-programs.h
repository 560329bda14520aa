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

/* What there is to show, and how much of it: on any thread. (transfer full) */
typedef struct _OhSidebarProgramsNews OhSidebarProgramsNews;
OhSidebarProgramsNews *oh_sidebar_programs_read (OhStoreReader *reader);
void oh_sidebar_programs_news_free (OhSidebarProgramsNews *news);
/* "Listening to the whole desktop", or what the rules leave of it. (transfer full) */
char *oh_sidebar_programs_describe (const OhSidebarProgramsNews *news);
/* @position: of the first row. Returns: how many rows there are */
guint oh_sidebar_programs_show (OhSidebarPrograms *self, const OhSidebarProgramsNews *news, int position);

G_END_DECLS
