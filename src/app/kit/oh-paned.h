/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What GtkPaned lacks: it keeps no shares, and (4.8) takes the clicks where its handle last stood, also while one
 * of its children, and with it the handle, is hidden: whatever is there then cannot be clicked. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Lets a paned that has both its children take clicks only while both are visible. */
void oh_paned_mend (GtkPaned *paned);
/* Keeps the first child's share of the room in a setting of that name, while both are there. */
void oh_paned_keep_share (GtkPaned *paned, const char *key);
/* Gives it that share, as soon as the paned has a size. @key: static */
void oh_paned_restore_share (GtkPaned *paned, const char *key);

G_END_DECLS
