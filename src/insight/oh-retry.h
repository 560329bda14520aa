/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joins attempts to calls. An attempt is joined to the one before it only where the wire says so: the same traceparent,
 * the SDK's retry count, or Claude Code's session, always with the same request and after a failure that its client
 * retries; or where a program without an SDK sends the same bytes again after the wait that it was asked for, which is
 * no more than likely. Time alone never joins. Sans-I/O: feed it requests and answers in the order in which they happened (after a
 * restart: the last ten minutes again); an attempt is found only if the end of the one before was told first. Not
 * thread-safe. */
#pragma once
#include "oh-exchange.h"
#include "oh-reading.h"

G_BEGIN_DECLS

typedef enum
{
  OH_CERTAINTY_NONE,    /* a later attempt of a call whose earlier ones were not seen */
  OH_CERTAINTY_LIKELY,  /* several calls would fit, and the best one was taken; or the wait is another than its client's
                         * (the machine slept); or nothing but the asked wait tells */
  OH_CERTAINTY_CERTAIN,
} OhCertainty;

typedef enum
{
  OH_RETRY_RULE_FIRST,       /* it follows nothing */
  OH_RETRY_RULE_TRACEPARENT, /* same trace id and span id */
  OH_RETRY_RULE_COUNT,       /* x-stainless-retry-count and the same bytes */
  OH_RETRY_RULE_SESSION,     /* Claude Code's own loop: same session, same prompt */
  OH_RETRY_RULE_ASKED,       /* no mark at all: the same bytes after the wait that was asked for */
} OhRetryRule;

typedef struct
{
  gint64 call_id;      /* the id of the call's first attempt: an exchange */
  guint number;        /* 1 for the first attempt */
  gint64 previous_id;  /* the attempt before; 0: none, or not seen */
  gint64 asked_ns;     /* how long the server asked to wait after the attempt before, ns; -1: it did not ask */
  gint64 waited_ns;    /* how long the client waited, ns; -1: no attempt before */
  gboolean too_early;  /* it waited less than it was asked to */
  gboolean unwanted;   /* the server had said x-should-retry: false */
  OhCertainty certainty;
  OhRetryRule rule;
} OhAttempt;

typedef struct _OhRetryTracker OhRetryTracker;

OhRetryTracker *oh_retry_tracker_new (void);
void oh_retry_tracker_free (OhRetryTracker *self);

/* A request is whole. Answers which call it belongs to.
 * @exchange: at least its request head
 * @body_hash: oh_canon_hash() of the body's bytes
 * @loose_hash: oh_retry_loose_hash() of its reading; needed for a program's (OhProviderProgram) only, else 0
 * @model: (nullable): the model asked for
 * @out: what it is */
void oh_retry_tracker_request (OhRetryTracker *self,
                               const OhExchange *exchange,
                               guint64 body_hash,
                               guint64 loose_hash,
                               const char *model,
                               OhAttempt *out);

/* An exchange ended. Ids that were never given to oh_retry_tracker_request() are ignored. */
void oh_retry_tracker_answer (OhRetryTracker *self, const OhExchange *exchange);

/* How many attempts are remembered: those going on, and failed ones that may be retried. */
guint oh_retry_tracker_get_size (const OhRetryTracker *self);

/* The request without what Claude Code changes from attempt to attempt: max_tokens, stream, metadata, its billing line
 * in the system prompt, and the model. */
guint64 oh_retry_loose_hash (const OhReading *reading);

/* How long an answer asks to wait, ns: retry-after-ms, else retry-after (seconds or an HTTP date); -1: it does not.
 * @headers: (nullable)
 * @now_ns: wall clock when it arrived, ns since 1970 UTC */
gint64 oh_retry_get_asked (const OhHeaders *headers, gint64 now_ns);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRetryTracker, oh_retry_tracker_free)

G_END_DECLS
