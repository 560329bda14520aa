/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lazy GListModel of traces (OhSpanItem), in the order they started: it holds ids only; a trace is read when asked
 * for, its spans when it is opened. All but the rows that are shown is read on workers. */
#pragma once
#include "oh-span-item.h"

G_BEGIN_DECLS

#define OH_TYPE_TRACES_MODEL (oh_traces_model_get_type ())
G_DECLARE_FINAL_TYPE (OhTracesModel, oh_traces_model, OH, TRACES_MODEL, GObject)

/* What traces can be put in order by: where it is the same, and where it is not known, by when they started. */
typedef enum
{
  OH_TRACE_SORT_STARTED,
  OH_TRACE_SORT_NAME,
  OH_TRACE_SORT_TOOK,
  OH_TRACE_SORT_TOKENS,
  OH_TRACE_SORT_COST,
} OhTraceSort;

/* Empty until a query is set.
 * @reader: the main thread's; must outlive the model
 * @data_dir: where a worker opens a reader of its own
 * Signals:
 *   "loaded": a query's traces are all there.
 *   "updated" (gboolean): what changed was taken in; whether that was so much that it had better not be asked for again
 *                         at once.
 *   "refreshed" (OhSpanItem): the spans of an opened trace were read anew. */
OhTracesModel *oh_traces_model_new (OhStoreReader *reader, const char *data_dir);

/* Shows other traces. The rows stay what they were until they have been found.
 * @run_id: 0: any
 * @text: (nullable): a search (oh-search.h); a word alone finds traces by name, session and user, too */
void oh_traces_model_set_query (OhTracesModel *self, gint64 run_id, const char *text);
/* Another order, from now on; one by anything but time is made anew, on a worker, whenever something changed. */
void oh_traces_model_set_sort (OhTracesModel *self, OhTraceSort by, gboolean descending);
/* The store changed: takes in what did, and says "updated" then. */
void oh_traces_model_update (OhTracesModel *self);
/* Reads everything anew. */
void oh_traces_model_reload (OhTracesModel *self);
/* Reads the spans of a trace, says "refreshed" then, and from then on keeps them up to date. */
void oh_traces_model_open (OhTracesModel *self, OhSpanItem *trace);
/* It was folded: its spans need not be kept up to date any more. */
void oh_traces_model_close (OhTracesModel *self, OhSpanItem *trace);

gboolean oh_traces_model_is_loading (OhTracesModel *self);
/* A trace that somebody holds, or NULL. (transfer none) */
OhSpanItem *oh_traces_model_lookup (OhTracesModel *self, gint64 trace_id);
/* GTK_INVALID_LIST_POSITION where it is not in the list. */
guint oh_traces_model_find (OhTracesModel *self, gint64 trace_id);

G_END_DECLS
