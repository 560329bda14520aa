/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events of a stream as a list; items are made when asked for. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

#define OH_TYPE_STREAM_ITEM (oh_stream_item_get_type ())
G_DECLARE_FINAL_TYPE (OhStreamItem, oh_stream_item, OH, STREAM_ITEM, GObject)

/* (transfer none) */
const OhStreamEvent *oh_stream_item_get_event (OhStreamItem *self);
/* Nanoseconds since the event before (for the first one: since the request); -1 unknown. */
gint64 oh_stream_item_get_gap (OhStreamItem *self);

#define OH_TYPE_STREAM_MODEL (oh_stream_model_get_type ())
G_DECLARE_FINAL_TYPE (OhStreamModel, oh_stream_model, OH, STREAM_MODEL, GObject)

OhStreamModel *oh_stream_model_new (void);
/* @reading: (nullable)
 * @grown: it is the reading before, with perhaps more events */
void oh_stream_model_set_reading (OhStreamModel *self, OhReading *reading, gboolean grown);

/* Only events whose name or data contain each of the words, in any case, are in the list; of a long stream, more and more
 * of them, between frames.
 * @words: as a person types them; empty: all */
void oh_stream_model_set_filter (OhStreamModel *self, const char *words);
/* Returns: where the event of that number in the stream is in the list; GTK_INVALID_LIST_POSITION if it is not */
guint oh_stream_model_find (OhStreamModel *self, guint index);

/* A gap that a reader's eye should stop at: a second, and ten times what is usual in this stream.
 * @events: (element-type OhStreamEvent). Returns: nanoseconds */
gint64 oh_stream_model_long_gap (GPtrArray *events);

G_END_DECLS
