/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markdown on paper: each block as wide as the page, each line on one page, the title over it and its number below it. */
#pragma once
#include "oh-markdown.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What is to be run. Pages are made while it runs, one in a turn of the main loop.
 * @blocks: (element-type OhMarkdownBlock): as of oh_markdown_parse()
 * @title: stands over each page, and is the name of the print job. (transfer full) */
GtkPrintOperation *oh_markdown_print_new (GPtrArray *blocks, const char *title);

G_END_DECLS
