/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A block of text behind its indentation and marker. A horizontal GtkBox would do, but asks a wrapping label for its
 * height at a hundred widths before it settles: a second for a long answer. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_MARKDOWN_ROW (oh_markdown_row_get_type ())
G_DECLARE_FINAL_TYPE (OhMarkdownRow, oh_markdown_row, OH, MARKDOWN_ROW, GtkWidget)

/* @marker: (nullable): stands at the end of the indentation
 * @indent: pixels */
GtkWidget *oh_markdown_row_new (const char *marker, int indent, GtkWidget *content);
GtkWidget *oh_markdown_row_get_content (OhMarkdownRow *self);

G_END_DECLS
