/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line on which pieces lie side by side, each from one fraction of its width to another. The pieces are CSS nodes, so
 * a style sheet gives them colours and, in high contrast, borders. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_TIMING_TRACK (oh_timing_track_get_type ())
G_DECLARE_FINAL_TYPE (OhTimingTrack, oh_timing_track, OH, TIMING_TRACK, GtkWidget)

GtkWidget *oh_timing_track_new (void);
void oh_timing_track_clear (OhTimingTrack *self);
/* @from, @to: 0 to 1
 * @css_class: of the piece */
void oh_timing_track_add (OhTimingTrack *self, double from, double to, const char *css_class);

G_END_DECLS
