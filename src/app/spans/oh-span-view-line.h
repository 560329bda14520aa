/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line of the timeline of a trace: what it is and how long it took, over its bar. */
#pragma once
#include "oh-search-words.h"
#include "oh-span-item.h"
#include "oh-waterfall-scale.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_SPAN_VIEW_LINE (oh_span_view_line_get_type ())
G_DECLARE_FINAL_TYPE (OhSpanViewLine, oh_span_view_line, OH, SPAN_VIEW_LINE, GtkBox)

GtkWidget *oh_span_view_line_new (OhWaterfallScale *scale);
/* @item: (nullable) */
void oh_span_view_line_set_item (OhSpanViewLine *self, OhSpanItem *item);
/* Marks what is searched for. @words: (nullable) */
void oh_span_view_line_set_words (OhSpanViewLine *self, OhSearchWords *words);

G_END_DECLS
