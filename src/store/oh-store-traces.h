/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What insight made of the exchanges, as panes and the command line read it. All on an OhStoreReader, with its rules. */
#pragma once
#include "oh-store-reader.h"
#include "oh-trace.h"

G_BEGIN_DECLS

/* Which traces or groups. All zero: every one. Strings may be NULL. */
typedef struct
{
  gint64 run_id;       /* 0: any */
  const char *session;
  const char *user;
  gint64 from_ns;      /* wall clock; 0: any */
  gint64 limit;        /* the newest that many; 0: all */
} OhTraceQuery;

/* For insight: what the results of a batch cost when they were fetched before. @before_id: exchange */
double oh_store_reader_get_batch_cost (OhStoreReader *self, const char *batch_id, gint64 before_id);
/* For insight: where an exchange stands, or NULL. (transfer full) */
OhPlace *oh_store_reader_get_place (OhStoreReader *self, gint64 exchange_id);
/* Calls whose request's messages hash to that (or do without their prefilled answer), newest first, at most 16. @spans: those that
 * were told; else those on the wire. (transfer full) (element-type OhThreadKey) */
GArray *oh_store_reader_find_thread_keys (OhStoreReader *self, guint64 hash, gboolean spans);
/* The exchange that was answered with this message id, or 0. */
gint64 oh_store_reader_find_message (OhStoreReader *self, const char *message_id);
/* The trace with this key, or 0. */
gint64 oh_store_reader_find_trace (OhStoreReader *self, const char *key);

/* … and the other way round. (transfer full) (nullable) */
char *oh_store_reader_get_trace_key (OhStoreReader *self, gint64 trace_id);

/* Ids, newest first. (transfer full) (element-type gint64) */
GArray *oh_store_reader_find_traces (OhStoreReader *self, const OhTraceQuery *query);
/* (transfer full) (element-type OhTrace) NULL elements where one is gone */
GPtrArray *oh_store_reader_get_traces (OhStoreReader *self, const gint64 *ids, guint n);
/* When it started, wall clock, or 0. What takes no longer the more is in it. */
gint64 oh_store_reader_get_trace_start (OhStoreReader *self, gint64 trace_id);
/* The exchange that stands for its first call, or 0. */
gint64 oh_store_reader_get_first_call (OhStoreReader *self, gint64 trace_id);
/* A log record that tells what was said in a call. */
typedef struct
{
  gint64 exchange_id;
  gint64 at_ns; /* wall clock */
} OhRecord;

/* Those that tell of the call that a span is, in order. (transfer full) (element-type OhRecord) */
GArray *oh_store_reader_get_records (OhStoreReader *self, gint64 span_id);
/* How many spans a run told of. */
gint64 oh_store_reader_count_spans (OhStoreReader *self, gint64 run_id);
/* Whether there were some before the span itself, which is not stored yet. */
gboolean oh_store_reader_has_early_records (OhStoreReader *self, gint64 span_id, const char *trace, const char *span);
/* The call that a span of these ids is, if nothing else stands for it; 0: none is known. */
gint64 oh_store_reader_find_span (OhStoreReader *self, const char *trace, const char *span);
/* The exchange on the wire that an instrument told of as @told (OH_ROUTE_TOLD): the first of its run with the same method,
 * address, status and length of the request that none was told of yet; 0: none. Time plays no part. */
gint64 oh_store_reader_find_twin (OhStoreReader *self, const OhExchange *told);
/* What instruments told of a call that was on the wire: ids. (transfer full) (element-type gint64) */
GArray *oh_store_reader_get_accounts (OhStoreReader *self, gint64 exchange_id);
/* The whole tree, depth first, the trace itself at the head. (transfer full) (element-type OhSpan) */
GPtrArray *oh_store_reader_get_spans (OhStoreReader *self, gint64 trace_id);

/* Sessions, last active first. (transfer full) (element-type OhGroup) */
GPtrArray *oh_store_reader_get_sessions (OhStoreReader *self, const OhTraceQuery *query);
/* Conversations, last active first. (transfer full) (element-type OhGroup) */
GPtrArray *oh_store_reader_get_threads (OhStoreReader *self, const OhTraceQuery *query);
/* Exchanges of a trace, of a conversation, of a session's traces, or of a call, by start. (transfer full) (element-type gint64) */
GArray *oh_store_reader_get_trace_exchanges (OhStoreReader *self, gint64 trace_id);
GArray *oh_store_reader_get_thread_exchanges (OhStoreReader *self, gint64 thread_id);
GArray *oh_store_reader_get_session_exchanges (OhStoreReader *self, const char *session);
GArray *oh_store_reader_get_call_exchanges (OhStoreReader *self, gint64 call_id);
/* Names of the users, most recent first. (transfer full) (element-type utf8) */
GPtrArray *oh_store_reader_get_users (OhStoreReader *self);

/* The newest sample of each bucket of each scope of each key. (transfer full) (element-type OhLimit) */
GPtrArray *oh_store_reader_get_limits (OhStoreReader *self);
/* Samples of one bucket since then, by time; at most 2,000, thinned evenly, but refusals (429) less. The newest is one.
 * @limit: one of its samples. (transfer full) (element-type OhLimit) */
GPtrArray *oh_store_reader_get_limit_history (OhStoreReader *self, const OhLimit *limit, gint64 since_ns);
/* Calls with several attempts, newest first: ids of the calls. (transfer full) (element-type gint64) */
GArray *oh_store_reader_get_retried (OhStoreReader *self, gint64 since_ns, guint limit);

/* Newest first. @trace_id: 0: all. (transfer full) (element-type OhNotice) */
GPtrArray *oh_store_reader_get_notices (OhStoreReader *self, gint64 trace_id, gboolean with_muted, guint limit);
/* Those that have the exchange as evidence. */
GPtrArray *oh_store_reader_get_notices_of (OhStoreReader *self, gint64 exchange_id);

/* Sums, percentiles and slices of a span of time. May take long over 1,000,000 exchanges: on a worker's reader.
 * @slice_ns: width of a slice: an hour or a day; 0: the days of the local time, which are not all as long, each beginning
 * with its first call. (transfer full) */
OhOverview *oh_store_reader_get_overview (OhStoreReader *self, gint64 from_ns, gint64 to_ns, gint64 slice_ns);
/* Sums of one run. */
OhSums oh_store_reader_get_run_sums (OhStoreReader *self, gint64 run_id);

G_END_DECLS
