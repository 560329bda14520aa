/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an answer's headers say about rate limits, read generically so that new buckets need no new code:
 * a family's prefix (OhProviderLimits), the bucket's name, and limit, remaining, reset, utilization, status or
 * surpassed-threshold. Pure. */
#pragma once
#include "oh-facts.h"
#include "oh-headers.h"

G_BEGIN_DECLS

/* One bucket as of one answer. */
typedef struct
{
  char *bucket;       /* "requests", "input-tokens", "priority-input-tokens", "fast-output-tokens", "unified-5h", … */
  gint64 limit;       /* requests or tokens; -1 unknown */
  gint64 remaining;   /* requests or tokens; -1 unknown */
  double utilization; /* 0 … 1 of the limit is used; NAN unknown. Worked out from the two where not sent */
  gint64 reset_ns;    /* wall clock, ns since 1970 UTC; -1 unknown */
  char *status;       /* "allowed", "allowed_warning", "rejected", … or NULL */
  gboolean warning;   /* the API itself warns: surpassed-threshold was sent */
} OhRateLimit;

void oh_rate_limit_free (OhRateLimit *self);

/* @response: (nullable)
 * @at_ns: when it came, wall clock: some say how long it is until a reset; 0: unknown
 * Returns: (transfer full) (element-type OhRateLimit): in the order of the headers; may be empty */
GPtrArray *oh_rate_limit_parse (const OhHeaders *response, gint64 at_ns);

/* The 16 hexadecimal digits that stand for the key a request was sent with, from the marker that took its place:
 * "<redacted …LAST4 HASH>" in one of the headers of OhProviderKey.
 * Returns: (transfer full) (nullable) */
char *oh_rate_limit_get_key (const OhHeaders *request);

/* "…LAST4": what may be shown of the key. (transfer full) (nullable) */
char *oh_rate_limit_get_key_name (const OhHeaders *request);

/* Who it was sent for, as the answer names it. (transfer none) (nullable) */
const char *oh_rate_limit_get_organization (const OhHeaders *response);

/* The same for the workspace, of either side. (transfer none) (nullable) */
const char *oh_rate_limit_get_workspace (const OhHeaders *request, const OhHeaders *response);

/* What a bucket is for: limits hold for each model by itself, and for counting tokens and making batches apart from
 * messages (rate-limits and token-counting pages of the API); those of a subscription ("unified") for all of them.
 * @facts: of the exchange whose answer told it
 * Returns: OhLimit's scope. (transfer none) */
const char *oh_rate_limit_get_scope (const OhFacts *facts, const char *bucket);

typedef struct
{
  gint64 at_ns;       /* wall clock */
  double utilization; /* 0 … 1 */
  gint64 reset_ns;    /* wall clock; -1 unknown */
} OhRateSample;

/* When a bucket will be used up if it goes on like this: a line through the samples since the bucket was last refilled.
 * @samples: of one bucket of one key, oldest first
 * Returns: wall clock ns; the last sample's time if it is used up already; -1 if it will not be (before it resets, or
 * the pace is not rising), or there are too few samples to tell. */
gint64 oh_rate_limit_estimate (const OhRateSample *samples, guint n_samples);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRateLimit, oh_rate_limit_free)

G_END_DECLS
