/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GtkPaned (4.8) takes the clicks where its handle last stood, also while one of its children, and with it the handle,
 * is hidden: whatever is there then cannot be clicked. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Lets a paned that has both its children take clicks only while both are visible. */
void oh_paned_mend (GtkPaned *paned);

G_END_DECLS
