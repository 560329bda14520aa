/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the Rate limits pane shows, read on a worker; and how limits are said. */
#pragma once
#include "oh-engine.h"
#include "oh-words.h"

G_BEGIN_DECLS

/* An API key of an organisation. Strings may be NULL. */
typedef struct
{
  char *hash;
  char *tail;              /* "…x7Qa" */
  char *organization;
  gint64 at_ns;            /* the last that was heard of it */
} OhLimitsKey;

typedef struct
{
  char *title;             /* "Input tokens", with what it is for where the key has limits for several things */
  OhLimit *newest;
  GPtrArray *samples;      /* (element-type OhLimit) in the time asked for, by time */
  gint64 used_up_ns;       /* at this pace, wall clock; -1: not before it is full again */
} OhLimitsBucket;

typedef struct
{
  char *name;              /* "trip-planning › Messages sonnet-4-5" */
  GPtrArray *attempts;     /* (element-type OhExchange) at least one */
} OhLimitsRetry;

typedef struct
{
  GPtrArray *keys;         /* (element-type OhLimitsKey) heard of last first */
  guint key;               /* the one the buckets are of */
  GPtrArray *buckets;      /* (element-type OhLimitsBucket) */
  GPtrArray *retries;      /* (element-type OhLimitsRetry) newest first */
  gint64 since_ns;
  gint64 now_ns;
} OhLimitsData;

typedef struct
{
  gint64 span_ns;          /* how far back */
  char *hash;              /* of the key to show, as in OhLimitsKey */
  char *organization;
  gboolean any_key;        /* whichever was heard of last */
} OhLimitsQuestion;

void oh_limits_question_free (OhLimitsQuestion *self);
/* Worker. (transfer full) */
OhLimitsData *oh_limits_data_load (OhStoreReader *reader, const OhLimitsQuestion *question);
void oh_limits_data_free (OhLimitsData *self);

typedef enum
{
  OH_LIMITS_UNKNOWN,
  OH_LIMITS_PLENTY,
  OH_LIMITS_LOW,           /* under half */
  OH_LIMITS_CRITICAL,      /* under a fifth */
  OH_LIMITS_EMPTY,
} OhLimitsLevel;

/* How much is used, 0…1, now that some time has passed since the answer; NAN unknown. */
double oh_limits_get_used (const OhLimit *limit, gint64 now_ns);
OhLimitsLevel oh_limits_get_level (const OhLimit *limit, gint64 now_ns);
/* "plenty", "low", "critical", "empty", "unknown": a style class. */
const char *oh_limits_get_level_name (OhLimitsLevel level);
/* "Plenty left". (transfer none) */
const char *oh_limits_get_level_words (OhLimitsLevel level);
/* "Input tokens" for "input-tokens". (transfer full) */
char *oh_limits_get_bucket_words (const char *bucket);
/* "key …x7Qa · organisation 3f2c". (transfer full) */
char *oh_limits_get_key_words (const OhLimitsKey *key);
/* "41 s", "4 min 10 s": whole seconds, as they count down. (transfer full) */
char *oh_limits_format_countdown (gint64 ns);

G_END_DECLS
