/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is worth telling unasked about the calls of one trace: few and quiet, each with its evidence. Pure. */
#pragma once
#include "oh-exchange.h"
#include "oh-price.h"
#include "oh-reading.h"
#include "oh-retry.h"

G_BEGIN_DECLS

typedef enum
{
  OH_SEVERITY_NOTE,
  OH_SEVERITY_WARNING,
  OH_SEVERITY_ERROR,
} OhSeverity;

/* Stable names, for muting and for JSON. */
#define OH_FINDING_REPEATED_TOOL_CALL "repeated-tool-call"
#define OH_FINDING_MAX_TOKENS "ended-by-max-tokens"
#define OH_FINDING_TOOL_RESULT_MISSING "tool-result-missing"
#define OH_FINDING_TOOL_RESULT_MISPLACED "tool-result-misplaced"
#define OH_FINDING_INPUT_OUTGROWS "input-outgrows-answers"
#define OH_FINDING_CUT_STREAM "cut-stream"
#define OH_FINDING_RETRY_STORM "retry-storm"
#define OH_FINDING_REPEAT "repeat"
#define OH_FINDING_CACHE_UNREAD "cache-never-read"
#define OH_FINDING_LIMIT_NEAR "limit-near"
#define OH_FINDING_MODEL_RETIRES "model-retires"

typedef struct
{
  const char *kind;     /* one of the above */
  OhSeverity severity;
  char *saying;         /* oh_saying_tell(); NULL: what was told before is no longer so */
  GArray *evidence;     /* (element-type gint64) exchange ids, in the order of time; never empty */
  gint64 trace_id;      /* whose it is; 0: of the trace that was asked about */
} OhFinding;

/* One exchange of the trace: every attempt is one. All borrowed. */
typedef struct
{
  const OhExchange *exchange;
  const OhReading *reading;  /* (nullable): without it the rules on messages do not apply */
  const OhAttempt *attempt;  /* (nullable): what oh_retry_tracker_request() said of it */
  gint64 parent_id;          /* the exchange it continues (OhThreadMatch); 0: none */
} OhFindingCall;

/* @calls: (array length=n_calls): the exchanges of one trace, in the order of time
 * @prices: (nullable): knows which models retire, and when
 * Returns: (transfer full) (element-type OhFinding): the gravest first */
GPtrArray *oh_finding_find (const OhFindingCall *calls, guint n_calls, const OhPriceTable *prices);
/* Kinds that may stop being so while a trace goes on, NULL-terminated. (transfer none) */
const char *const *oh_finding_get_passing (void);
void oh_finding_free (OhFinding *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhFinding, oh_finding_free)

G_END_DECLS
