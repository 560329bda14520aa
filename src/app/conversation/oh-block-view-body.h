/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A body that is no message of an LLM API, in a card of the conversation: a form's fields, or how much there is of what
 * other pages show better. */
#pragma once
#include "oh-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Whether the block is better shown like this than as text or JSON. */
gboolean oh_block_view_body_wants (const OhBlock *block);
/* @page: of the detail, where all of it is. Returns: (transfer floating) */
GtkWidget *oh_block_view_body_new (const OhBlock *block, const char *page);

G_END_DECLS
