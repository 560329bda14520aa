/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in the detail's place for a row of the traces that is no exchange: a trace or a span of the program's own
 * with the timeline of what is in it, a tool with its input, result and time. */
#pragma once
#include "oh-search-words.h"
#include "oh-span-item.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_SPAN_VIEW (oh_span_view_get_type ())
G_DECLARE_FINAL_TYPE (OhSpanView, oh_span_view, OH, SPAN_VIEW, AdwBin)

/* Signals: "chosen" (OhSpanItem): a line of the timeline was.
 * It is an OhMatchable; lines of a timeline are marked, but not stepped through.
 * A link to an exchange is the action "exchange.select" (int64) of a widget around it. */
GtkWidget *oh_span_view_new (void);
/* Both (nullable) together. The spans below a trace are to be there, or to come: it is followed.
 * @trace: the trace @item is, or is in */
void oh_span_view_set_item (OhSpanView *self, OhEngine *engine, OhSpanItem *trace, OhSpanItem *item);
/* (transfer none) or NULL. */
OhSpanItem *oh_span_view_get_item (OhSpanView *self);
/* Marks what is searched for. @words: (nullable) */
void oh_span_view_set_words (OhSpanView *self, OhSearchWords *words);
/* Shows the times of now. */
void oh_span_view_tick (OhSpanView *self);

G_END_DECLS
