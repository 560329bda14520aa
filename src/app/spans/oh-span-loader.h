/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings a trace what stands below it: reads it on a worker, and puts it piece by piece within the time that a frame has. */
#pragma once
#include "oh-span-item.h"

G_BEGIN_DECLS

#define OH_TYPE_SPAN_LOADER (oh_span_loader_get_type ())
G_DECLARE_FINAL_TYPE (OhSpanLoader, oh_span_loader, OH, SPAN_LOADER, GObject)

/* Where there is more to do, one frame after the other takes a slice of it. */
#define OH_SPAN_FRAME_MS 16
#define OH_SPAN_SLICE_US 4000

/* Signals: "loaded": all that was there when it was asked for is in its place. */
OhSpanLoader *oh_span_loader_new (const char *data_dir, OhSpanItem *trace);
/* (transfer none) */
OhSpanItem *oh_span_loader_get_trace (OhSpanLoader *self);
/* What is there may be out of date: reads it, and, where it is being read, once more afterwards. What takes long is read
 * less often. */
void oh_span_loader_request (OhSpanLoader *self);
/* Gives up what is under way, and the loader. */
void oh_span_loader_drop (OhSpanLoader *self);

G_END_DECLS
