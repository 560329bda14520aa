/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What exchanges add up to: calls, threads, traces, sessions, limits, findings. Made by insight from facts and readings,
 * kept by the store, shown by panes; can always be made again from the stored bytes. Values are filled once, then
 * immutable. Dollars are NAN and counts -1 where unknown. */
#pragma once
#include "oh-exchange.h"
#include "oh-place.h"

G_BEGIN_DECLS

typedef enum
{
  OH_SPAN_TRACE,
  OH_SPAN_CUSTOM,  /* the program's own: with overhear.span(…) */
  OH_SPAN_CALL,
  OH_SPAN_ATTEMPT, /* only under calls with several */
  OH_SPAN_TOOL,    /* between a tool_use and the request that brings its result */
} OhSpanKind;

/* A node of a trace's tree. */
typedef struct _OhSpan OhSpan;

struct _OhSpan
{
  OhSpanKind kind;
  guint depth;             /* the trace: 0 */
  char *id;                /* CUSTOM: as the program sent it; TOOL: the tool_use id; else NULL */
  char *parent_id;         /* CUSTOM: the id of the span around it, or NULL */
  gint64 exchange_id;      /* CALL (its last attempt), ATTEMPT, TOOL (the one that asked for it); else 0 */
  gint64 result_exchange_id; /* TOOL: the one that brought the result; 0: never */
  char *name;
  gint64 started_exchange; /* TOOL: the first call of the sub-agent that it started; else 0 */
  char *detail;            /* TOOL: input as JSON text; else NULL */
  char *result;            /* TOOL: text; else NULL */
  gint64 started_ns;       /* wall clock, ns since 1970 UTC */
  gint64 ended_ns;         /* 0: still going on */
  gboolean is_error;
  OhExchange *exchange;    /* CALL, ATTEMPT: the row with facts and place; else NULL */
};

OhSpan *oh_span_new (OhSpanKind kind);
/* A call as its last attempt was, or an attempt: the row with its facts. @exchange: keeps a reference */
OhSpan *oh_span_new_for_exchange (OhSpanKind kind, OhExchange *exchange);
OhSpan *oh_span_ref (OhSpan *self);
void oh_span_unref (OhSpan *self);

/* Sums over calls. */
typedef struct
{
  gint64 calls;
  gint64 attempts;         /* exchanges */
  gint64 retried;          /* calls with several attempts */
  gint64 failed;           /* calls whose last attempt failed or was answered with an error */
  gint64 cut;
  gint64 input_tokens;     /* whole prompts: fresh + cache */
  gint64 cache_read_tokens;
  gint64 cache_write_tokens;
  gint64 output_tokens;
  gint64 estimated;        /* exchanges whose output_tokens are an estimate */
  double cost;             /* of what is known */
  gint64 approximate;      /* exchanges whose cost is known only roughly */
  gint64 unpriced;         /* calls whose cost is unknown */
  double saved;            /* by reading from the cache instead of sending afresh */
} OhSums;

/* A trace as a row. */
typedef struct _OhTrace OhTrace;

struct _OhTrace
{
  gint64 id;
  char *name;
  char *session;           /* or NULL */
  char *user;              /* or NULL */
  gint64 run_id;           /* 0: several or none */
  gint64 started_ns;
  gint64 ended_ns;         /* of what has ended */
  gboolean running;
  OhSums sums;
  gint64 failed_spans;     /* what the program told of that failed and is no call */
};

OhTrace *oh_trace_new (void);
OhTrace *oh_trace_ref (OhTrace *self);
void oh_trace_unref (OhTrace *self);
/* How much went wrong in it: calls; where none did, other spans, which fail with the calls in them. */
gint64 oh_trace_count_failed (const OhTrace *self);

/* A session, or a conversation, as a row. */
typedef struct _OhGroup OhGroup;

struct _OhGroup
{
  gint64 id;               /* conversation: thread_id; session: 0 */
  char *name;              /* session label, or the conversation's first words */
  char *users;             /* joined with ", "; or NULL */
  gint64 traces;
  gint64 branches;         /* conversation: its ends, without what was dropped or said aside */
  gint64 compacted;        /* how often that happened in it (OhBoundary) */
  gint64 model_changes;
  gint64 rewinds;
  gint64 edits;
  gint64 first_ns;
  gint64 last_ns;
  OhSums sums;
};

OhGroup *oh_group_new (void);
OhGroup *oh_group_ref (OhGroup *self);
void oh_group_unref (OhGroup *self);

/* One rate-limit bucket as one answer told it. */
typedef struct _OhLimit OhLimit;

struct _OhLimit
{
  gint64 exchange_id;
  gint64 at_ns;
  char *key_hash;          /* which API key; or NULL */
  char *key_tail;          /* its last four characters, or NULL */
  char *organization;      /* or NULL */
  char *scope;             /* what it is for: a model's name, "count_tokens", "batches", …; "" or NULL: all the key does */
  char *bucket;            /* "requests", "input-tokens", "unified-5h", … as in the header's name */
  double limit;            /* NAN where not told */
  double remaining;        /* NAN where not told */
  double utilization;      /* 0…1; NAN where neither told nor to be computed */
  gint64 reset_ns;         /* wall clock; 0: not told */
  char *status;            /* allowed, allowed_warning, rejected; or NULL */
  guint http_status;       /* of the answer that told it */
  gint64 retry_after_ns;   /* -1: not told */
};

OhLimit *oh_limit_new (void);
OhLimit *oh_limit_ref (OhLimit *self);
void oh_limit_unref (OhLimit *self);

/* Something worth telling unasked. */
typedef struct _OhNotice OhNotice;

struct _OhNotice
{
  gint64 id;
  char *kind;              /* stable name: "repeated-tool-call", … */
  char *saying;            /* oh_saying_tell(); NULL, to the store: withdrawn, if no evidence is older than the first below */
  guint severity;          /* 0 note, 1 warning, 2 error */
  gint64 trace_id;         /* 0: none */
  gint64 at_ns;
  gboolean muted;
  GArray *exchange_ids;    /* (element-type gint64) the evidence */
};

#define OH_TYPE_NOTICE (oh_notice_get_type ())
GType oh_notice_get_type (void);
OhNotice *oh_notice_new (const char *kind);
OhNotice *oh_notice_ref (OhNotice *self);
void oh_notice_unref (OhNotice *self);

/* Begins the key of a trace that is but a piece, with the id that it was told of by: what is in it stands there only as long
 * as it is not known which call, or which use of a tool, one of its spans tells of. */
#define OH_TRACE_PIECE "piece:"

/* Everything insight learnt from one exchange, to be stored in one go. Putting it again replaces what it said before. */
typedef struct _OhMeaning OhMeaning;

struct _OhMeaning
{
  gint64 exchange_id;
  OhPlace *place;          /* never NULL */
  char *trace_key;         /* what makes the trace the same: "span:…", "w3c:…", "run:…", "call:…", OH_TRACE_PIECE; NULL: keep as
                            * it is */
  OhTrace *trace;          /* id, name, session, user, run_id, started_ns of place->trace_id; or NULL */
  GPtrArray *spans;        /* (element-type OhSpan) CUSTOM and TOOL, with id */
  GPtrArray *limits;       /* (element-type OhLimit) */
  GPtrArray *notices;      /* (element-type OhNotice) one of a kind in a trace: the newest text and all evidence stay */
  guint64 thread_hash;     /* how later calls find the conversation again (OhThreadKey); 0: none */
  guint64 thread_short_hash;
  guint64 thread_answer;
  guint thread_length;
  char *client_request;    /* the id that the client gave the request, or NULL: it is not known, or said already */
  char *told_trace;        /* OH_ROUTE_TOLD: the trace that a span says it belongs to, 32 hex, or a record that tells of the call
                            * whose span is place->span_id; else NULL */
  gboolean told_call;      /* … and whether it is a call to a model */
  gboolean told_event;     /* OH_ROUTE_TOLD: no span, but what stands in lists by itself */
  gint64 told_twin;        /* OH_ROUTE_TOLD: the exchange on the wire that it tells of; 0: none is known */
};

/* What is kept of a call to find those that continue it. */
typedef struct
{
  gint64 exchange_id;
  gint64 run_id;
  gint64 started_ns;       /* wall clock */
  guint64 hash;            /* of the request's messages; never 0 */
  guint64 short_hash;      /* the same without a prefilled answer; 0: none */
  guint64 answer;          /* of the answer's gist; 0: none yet */
  guint length;            /* messages in the request */
} OhThreadKey;

OhMeaning *oh_meaning_new (gint64 exchange_id);
OhMeaning *oh_meaning_ref (OhMeaning *self);
void oh_meaning_unref (OhMeaning *self);

/* One column of the overview's charts: an hour or a day of one model. */
typedef struct
{
  gint64 start_ns;         /* wall clock */
  char *model;             /* or "" */
  OhSums sums;
} OhSlice;

void oh_slice_clear (OhSlice *self);

/* The overview's numbers over a span of time. */
typedef struct
{
  OhSums sums;
  gint64 ttft_p50_ns;      /* -1: none */
  gint64 ttft_p95_ns;
  gint64 duration_p50_ns;
  gint64 duration_p95_ns;
  GArray *slices;          /* (element-type OhSlice) by time, then model */
} OhOverview;

OhOverview *oh_overview_new (void);
void oh_overview_free (OhOverview *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSpan, oh_span_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhTrace, oh_trace_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhGroup, oh_group_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhLimit, oh_limit_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhNotice, oh_notice_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhMeaning, oh_meaning_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhOverview, oh_overview_free)

G_END_DECLS
