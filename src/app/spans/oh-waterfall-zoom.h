/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How people zoom into a waterfall: they drag along the bars; a double click, Escape, or a button that appears, shows
 * all of it again. */
#pragma once
#include "oh-waterfall-scale.h"

G_BEGIN_DECLS

/* @around: holds the axis and all bars under it; also the keys of what is focused in it
 * @axis: the part of @around whose width the times have */
void oh_waterfall_zoom_attach (GtkWidget *around, GtkWidget *axis, OhWaterfallScale *scale);
/* The button. */
GtkWidget *oh_waterfall_zoom_new_button (OhWaterfallScale *scale);

G_END_DECLS
