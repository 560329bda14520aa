/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps a list with its newest rows until somebody scrolls up; then, once there are newer ones, it is the button that
 * leads to them. */
#pragma once
#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_TAIL (oh_tail_get_type ())
G_DECLARE_FINAL_TYPE (OhTail, oh_tail, OH, TAIL, AdwBin)

/* @list_view: in @scrolled, with the model that it keeps; both live as long as this */
void oh_tail_attach (OhTail *self, GtkListView *list_view, GtkScrolledWindow *scrolled);
/* Goes to the newest rows and stays with them. */
void oh_tail_follow (OhTail *self);
/* Rows came or went. */
void oh_tail_update (OhTail *self);
/* Stays with a row of a tree that was folded or unfolded, rather than with the newest. */
void oh_tail_stay_with (OhTail *self, GtkTreeListRow *row);
/* Stays where it is. */
void oh_tail_stay (OhTail *self);
/* Whether the newest rows are elsewhere than at the end, so that nothing is followed and nobody is led there. */
void oh_tail_set_resting (OhTail *self, gboolean resting);
void oh_tail_scroll_to (OhTail *self, guint position);

G_END_DECLS
