/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One content block of a message, whatever its type. A block that grows is set again and changes in place. */
#pragma once
#include "oh-conversation-model.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_BLOCK_VIEW (oh_block_view_get_type ())
G_DECLARE_FINAL_TYPE (OhBlockView, oh_block_view, OH, BLOCK_VIEW, GtkBox)

/* @item: whose block it is
 * @path: unique among the blocks of the item */
GtkWidget *oh_block_view_new (OhConversationItem *item, const char *path);
/* @block: the same one, grown, or another of the same type. (transfer none)
 * @titled: whether a result says by itself what it is the result of */
void oh_block_view_set_block (OhBlockView *self, OhBlock *block, gboolean titled);
/* Whether set_block() may be called with it. */
gboolean oh_block_view_fits (OhBlockView *self, const OhBlock *block);

G_END_DECLS
