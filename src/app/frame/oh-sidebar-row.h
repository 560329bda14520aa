/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of the sidebar: a pane, a saved search, a program or a run. */
#pragma once
#include "oh-desktop-programs.h"
#include "oh-engine.h"
#include "oh-panes.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_SIDEBAR_ROW (oh_sidebar_row_get_type ())
G_DECLARE_FINAL_TYPE (OhSidebarRow, oh_sidebar_row, OH, SIDEBAR_ROW, GtkListBoxRow)

GtkWidget *oh_sidebar_row_new_for_pane (const OhPaneInfo *pane);
GtkWidget *oh_sidebar_row_new_for_search (const char *name, const char *text);
GtkWidget *oh_sidebar_row_new_for_program (const char *name);
GtkWidget *oh_sidebar_row_new_for_run (gint64 run_id);
/* NULL for all other rows. */
const OhPaneInfo *oh_sidebar_row_get_pane (OhSidebarRow *self);
/* 0 for all other rows. */
gint64 oh_sidebar_row_get_run_id (OhSidebarRow *self);
/* Whether it is a program's. */
gboolean oh_sidebar_row_is_program (OhSidebarRow *self);
/* What is searched for: of the row of a search or a program, else NULL. */
const char *oh_sidebar_row_get_search (OhSidebarRow *self);
/* What can be done with it; empty for a pane. (transfer full) */
GMenu *oh_sidebar_row_make_menu (OhSidebarRow *self);
/* The name in the row. */
const char *oh_sidebar_row_get_title (OhSidebarRow *self);
/* What stands at the end of a pane's row. */
void oh_sidebar_row_set_count (OhSidebarRow *self, gint64 count);
/* The same in words; @note: (nullable) */
void oh_sidebar_row_set_note (OhSidebarRow *self, const char *note);
void oh_sidebar_row_set_run (OhSidebarRow *self, const OhRun *run);
/* @called: (nullable): what it is called by that rule */
void oh_sidebar_row_set_program (OhSidebarRow *self, gint64 count, OhProgramRule rule, const char *called);
/* @desktop: (nullable): the id of its desktop file */
void oh_sidebar_row_set_desktop (OhSidebarRow *self, const char *desktop);

G_END_DECLS
