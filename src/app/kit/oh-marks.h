/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marks what a search found in widgets that show text: labels, inscriptions and text buffers. Every other attribute that
 * they have stays. */
#pragma once
#include "oh-search-words.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Marks every match in a text whose attributes are @list. @words: (nullable): none */
void oh_marks_add (PangoAttrList *list, const OhSearchWords *words, OhSearchSide side, const char *text);
/* Marks every match in the labels and inscriptions at and below @root, in the order of the tree, but not those of
 * buttons; marks that were there before go.
 * @words: (nullable): none
 * @current: the match that is being looked at, counted from 0; -1: none of these
 * @found: (out) (optional) (transfer none): the widget it is in, or NULL
 * Returns: how many there are */
guint oh_marks_set (GtkWidget *root, const OhSearchWords *words, OhSearchSide side, int current, GtkWidget **found);
/* How far below the top of @found, as oh_marks_set() gave it, the line with the current match is, in pixels. */
int oh_marks_get_current_y (GtkWidget *found);
/* Marks in all of a text buffer. */
guint oh_marks_set_buffer (GtkTextBuffer *buffer, const OhSearchWords *words, OhSearchSide side);
/* Makes a match of a marked buffer the current one.
 * @index: from 0; beyond the last one: the last one
 * @where: (out): where it begins
 * Returns: FALSE where there is none. */
gboolean oh_marks_set_buffer_current (GtkTextBuffer *buffer, const OhSearchWords *words, OhSearchSide side, guint index,
                                      GtkTextIter *where);
/* Scrolls so that the current match is seen, as soon as it has its place. @widget: as oh_marks_set() gave it */
void oh_marks_scroll_to (GtkScrolledWindow *scrolled, GtkWidget *widget);

G_END_DECLS
