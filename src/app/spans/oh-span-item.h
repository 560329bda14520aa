/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of the tree of traces: a trace, or a span below one. Rows stay the same objects while what they show is read
 * anew, so that what is unfolded and selected stays. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

#define OH_TYPE_SPAN_ITEM (oh_span_item_get_type ())
G_DECLARE_FINAL_TYPE (OhSpanItem, oh_span_item, OH, SPAN_ITEM, GObject)

/* Signals: "changed": there is something newer to show.
 * @trace: (nullable) where it is gone from the store
 * @living: (nullable) (element-type gint64 OhSpanItem): a table with g_int64_hash() keys that knows the item, without
 *          owning it, for as long as it lives */
OhSpanItem *oh_span_item_new (gint64 trace_id, OhTrace *trace, GHashTable *living);

OhSpanKind oh_span_item_get_kind (OhSpanItem *self);
gint64 oh_span_item_get_trace_id (OhSpanItem *self);
/* Only of a trace, else NULL. (transfer none) */
OhTrace *oh_span_item_get_trace (OhSpanItem *self);
void oh_span_item_set_trace (OhSpanItem *self, OhTrace *trace);
/* Of everything but a trace, else NULL. (transfer none) */
OhSpan *oh_span_item_get_span (OhSpanItem *self);
/* What the detail shows of it; 0: nothing. */
gint64 oh_span_item_get_exchange_id (OhSpanItem *self);
/* Of a streamed answer: what came when, as it was put last; or NULL. (transfer none) (element-type OhPhase) */
GArray *oh_span_item_get_phases (OhSpanItem *self);
/* Whether there are phases to be read that were not put yet, and have not been asked for. Asking counts. */
gboolean oh_span_item_ask_for_phases (OhSpanItem *self);
/* Of the exchange that it showed when they were asked for. @phases: (nullable) */
void oh_span_item_put_phases (OhSpanItem *self, gint64 exchange_id, GArray *phases);
/* When the trace around it started, wall clock. */
gint64 oh_span_item_get_origin_ns (OhSpanItem *self);
/* Whether it still goes on. */
gboolean oh_span_item_is_running (OhSpanItem *self);

/* What stands below it; NULL for what never has anything below. (transfer none) (element-type OhSpanItem) */
GListModel *oh_span_item_get_children (OhSpanItem *self);
/* Whether a row below it would be of use. A trace is told by its sums, so that it need not be read for that. */
gboolean oh_span_item_has_children (OhSpanItem *self);
/* Only of a trace: puts the spans below it, keeping the items of those that were there.
 * @spans: (element-type OhSpan) as oh_store_reader_get_spans() gives them */
void oh_span_item_set_spans (OhSpanItem *self, GPtrArray *spans);

/* The same bit by bit, for as many as there may be. One at a time for each trace. */
typedef struct _OhSpanFill OhSpanFill;
OhSpanFill *oh_span_fill_new (OhSpanItem *trace, GPtrArray *spans);
/* Goes on with it, for less than a frame. @until_us: on the monotonic clock: about when to stop; G_MAXINT64: not before all
 * is done. Returns: whether all is done; then each item has said that it changed, the trace last. */
gboolean oh_span_fill_step (OhSpanFill *self, gint64 until_us);
/* Before all is done: nothing is lost, and the next one does what this one has left. */
void oh_span_fill_free (OhSpanFill *self);

/* The user folded it: it is not to be unfolded unasked. */
gboolean oh_span_item_get_folded (OhSpanItem *self);
void oh_span_item_set_folded (OhSpanItem *self, gboolean folded);

G_END_DECLS
