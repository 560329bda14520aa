/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of any size to read, highlighted, with find. What no text view could lay out in time is left out, and said, or shown
 * piece by piece. */
#pragma once
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_BODY_VIEW_TEXT (oh_body_view_text_get_type ())
G_DECLARE_FINAL_TYPE (OhBodyViewText, oh_body_view_text, OH, BODY_VIEW_TEXT, GtkBox)

GtkWidget *oh_body_view_text_new (void);
/* @text: need not be valid UTF-8
 * @length: -1: NUL-terminated
 * @language: a GtkSourceView language id, or NULL */
void oh_body_view_text_set (OhBodyViewText *self, const char *text, gssize length, const char *language);
/* The same for a body, all of it: one that is too long for one text in pieces, of which one is shown, and find goes through
 * all of them.
 * @json: lay it out as such */
void oh_body_view_text_set_body (OhBodyViewText *self, GBytes *body, gboolean json, const char *language);
/* Marks what is searched for in the window, in this text and those after it. @words: (nullable) */
void oh_body_view_text_set_words (OhBodyViewText *self, OhSearchWords *words, OhSearchSide side);
/* Goes to a match, from 0; beyond the last one: to the last one. Returns: FALSE where there is none. */
gboolean oh_body_view_text_show_match (OhBodyViewText *self, guint nth);
/* Opens the find bar. */
void oh_body_view_text_find (OhBodyViewText *self);

/* What is shown of a text: the first @limit bytes, and of each line the first @line_limit, as valid UTF-8. (transfer
 * full)
 * @left_out: (out): how many bytes are missing at the end
 * @cut_lines: (out): how many lines were cut */
char *oh_body_view_text_cut (
    const char *text, gsize length, gsize limit, gsize line_limit, gsize *left_out, guint *cut_lines);

G_END_DECLS
