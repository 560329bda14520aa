/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of a message: Markdown as one widget a block, or plain. A text that grows keeps the widgets of what was there,
 * so that selections, sizes and the place one is reading stay. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_MARKDOWN_VIEW (oh_markdown_view_get_type ())
G_DECLARE_FINAL_TYPE (OhMarkdownView, oh_markdown_view, OH, MARKDOWN_VIEW, GtkBox)

GtkWidget *oh_markdown_view_new (void);
/* @text: valid UTF-8
 * @plain: as it was written
 * @final: the text is not growing */
void oh_markdown_view_set_text (OhMarkdownView *self, const char *text, gboolean plain, gboolean final);

G_END_DECLS
