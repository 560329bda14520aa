/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that may be long: cut, with a button that shows the rest in place or, if it is very long, in a window. */
#pragma once
#include "oh-conversation-model.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_BLOCK_VIEW_TEXT (oh_block_view_text_get_type ())
G_DECLARE_FINAL_TYPE (OhBlockViewText, oh_block_view_text, OH, BLOCK_VIEW_TEXT, GtkBox)

/* @item, @path: where it is remembered that the user wants the whole text */
GtkWidget *oh_block_view_text_new (OhConversationItem *item, const char *path);
/* @text: valid UTF-8
 * @plain: as it was written, not as Markdown
 * @final: the text is not growing */
void oh_block_view_text_set (OhBlockViewText *self, const char *text, gboolean plain, gboolean final);

G_END_DECLS
