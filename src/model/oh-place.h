/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where one exchange stands among calls, threads and traces, and what it cost. Filled once, then immutable. Dollars are NAN
 * where unknown. */
#pragma once
#include <glib-object.h>

G_BEGIN_DECLS

/* Where a conversation does not simply go on (oh-boundary.h). Stored as bits: numbers are never reused. */
typedef enum
{
  OH_BOUNDARY_NONE = 0,
  OH_BOUNDARY_COMPACTED = 1 << 0, /* a summary stands for what was said before */
  OH_BOUNDARY_MODEL = 1 << 1,     /* another model is asked */
  OH_BOUNDARY_REWOUND = 1 << 2,   /* it goes on from an earlier call; what followed that one was dropped */
  OH_BOUNDARY_EDITED = 1 << 3,    /* a reply comes back as something else than the API said */
  OH_BOUNDARY_ASIDE = 1 << 4,     /* the client asks something for itself, with the conversation before it */
} OhBoundary;

typedef struct _OhPlace OhPlace;

struct _OhPlace
{
  gint64 call_id;          /* the first attempt's exchange: itself where it was not retried */
  guint attempt;           /* 1, 2, … */
  guint attempts;          /* of the call, so far; filled by readers only */
  gint64 asked_wait_ns;    /* what the attempt before was told to wait (retry-after); -1: nothing */
  gint64 waited_ns;        /* what the client waited since then; -1: the first attempt */
  gboolean too_early;
  gboolean likely;         /* it is no more than likely that it is an attempt of this call */
  gint64 thread_id;        /* the first exchange of the conversation; 0: not a conversation */
  gint64 parent_id;        /* the exchange whose messages this one continues; 0: none */
  guint new_from;          /* index of the first message the parent had not sent or received */
  gint64 trace_id;         /* OhTrace.id; 0: none */
  char *span_id;           /* the span the program says it belongs to (traceparent), 16 hex; or NULL */
  double cost;             /* US dollars; NAN: unknown */
  double cost_input;       /* fresh */
  double cost_cache_read;
  double cost_cache_write;
  double cost_output;
  double cost_tools;
  double saved;            /* by reading from the cache, less what writing to it cost more */
  gboolean cost_approximate;
  char *price_as_of;       /* YYYY-MM-DD, or NULL */
  char *cache_verdict;     /* stable name: hit, partial, write, miss, off, unknown; or NULL */
  char *cache_reason;      /* why it missed: oh_saying_tell(); or NULL */
  char *key_hash;          /* tells API keys apart; or NULL */
  char *organization;      /* or NULL */
  guint boundaries;        /* OhBoundary: what lies between this call and the one before it */
  guint messages_before;   /* COMPACTED: of the request before */
  guint messages_after;    /* … and of this one */
  char *model_before;      /* MODEL; else NULL */
  gint64 dropped_id;       /* REWOUND: the last call that was dropped; else 0 */
  guint dropped;           /* … and how many calls were; filled by readers only */
  gint64 superseded_by;    /* the call that rewound to before this one; filled by readers only */
  char *starter_id;        /* the tool call that started the sub-agent whose first call this is; or NULL */
  gint64 starter_exchange; /* … and the exchange that asked for it */
  char *own_span;          /* OH_ROUTE_TOLD: the span that it is, 16 hex; its parent is span_id. Else NULL */
  gint64 twin_id;          /* … and the exchange that is the same call and stands for both; filled by readers only */
};

OhPlace *oh_place_new (void);
OhPlace *oh_place_ref (OhPlace *self);
void oh_place_unref (OhPlace *self);
/* What lies before a call lies before each attempt of it. @self: nothing is known of it yet */
void oh_place_copy_boundary (OhPlace *self, const OhPlace *from);
/* Makes all of what it cost so many times as much. */
void oh_place_scale_cost (OhPlace *self, double factor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPlace, oh_place_unref)

G_END_DECLS
