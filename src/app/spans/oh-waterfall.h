/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bar of one span, or, without a span, the axis over such bars. */
#pragma once
#include "oh-span-item.h"
#include "oh-waterfall-scale.h"

G_BEGIN_DECLS

#define OH_TYPE_WATERFALL (oh_waterfall_get_type ())
G_DECLARE_FINAL_TYPE (OhWaterfall, oh_waterfall, OH, WATERFALL, GtkWidget)

GtkWidget *oh_waterfall_new (OhWaterfallScale *scale);
GtkWidget *oh_waterfall_new_axis (OhWaterfallScale *scale);
/* The key to the bars' colours. */
GtkWidget *oh_waterfall_new_legend (void);
/* @item: (nullable) */
void oh_waterfall_set_item (OhWaterfall *self, OhSpanItem *item);

G_END_DECLS
