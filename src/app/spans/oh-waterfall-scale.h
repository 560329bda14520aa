/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which times the waterfall shows: shared by its axis and all its bars. Times are ns since the start of a trace, the
 * same for every trace. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_WATERFALL_SCALE (oh_waterfall_scale_get_type ())
G_DECLARE_FINAL_TYPE (OhWaterfallScale, oh_waterfall_scale, OH, WATERFALL_SCALE, GObject)

/* Signals: "changed": draw anew. */
OhWaterfallScale *oh_waterfall_scale_new (void);
/* How long the longest trace is, which is shown as a whole unless it is zoomed into. */
void oh_waterfall_scale_set_length (OhWaterfallScale *self, gint64 length_ns);
gint64 oh_waterfall_scale_get_from (OhWaterfallScale *self);
gint64 oh_waterfall_scale_get_to (OhWaterfallScale *self);

/* @from, @to: shares of what is shown now, in any order */
void oh_waterfall_scale_zoom (OhWaterfallScale *self, double from, double to);
void oh_waterfall_scale_reset (OhWaterfallScale *self);
gboolean oh_waterfall_scale_is_zoomed (OhWaterfallScale *self);

/* What is about to be zoomed into, as shares of what is shown; equal: nothing. */
void oh_waterfall_scale_set_band (OhWaterfallScale *self, double from, double to);
/* Draws the band over a width. */
void oh_waterfall_scale_snapshot_band (OhWaterfallScale *self, GtkSnapshot *snapshot, int width, int height);

/* Where a time stands in a width; may lie outside. */
double oh_waterfall_scale_get_x (OhWaterfallScale *self, gint64 ns, int width);
/* Between two ticks of an axis, ns. Pure.
 * @span: ns there are
 * @n: at most so many ticks */
gint64 oh_waterfall_scale_get_step (gint64 span, guint n);
/* A tick in words: "4 s", "0.2 s", "2 min". (transfer full) */
char *oh_waterfall_scale_format_tick (gint64 ns, gint64 step);

G_END_DECLS
