/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the Overview shows, read on a worker. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

typedef enum
{
  OH_OVERVIEW_TODAY,
  OH_OVERVIEW_DAY,         /* the last 24 hours */
  OH_OVERVIEW_WEEK,        /* the last 7 days */
  OH_OVERVIEW_ALL,
} OhOverviewRange;

typedef enum
{
  OH_OVERVIEW_BY_HOUR,
  OH_OVERVIEW_BY_DAY,
  OH_OVERVIEW_BY_WEEK,
  OH_OVERVIEW_BY_MONTH,    /* of 30 days */
} OhOverviewStep;

typedef struct
{
  OhOverviewRange range;
  gboolean with_muted;
  char *data_dir;
} OhOverviewQuestion;

/* A model's part of the columns; each value belongs to one column. */
typedef struct
{
  char *name;              /* short; "others" */
  GArray *costs;           /* (element-type double) */
  double cost;
} OhOverviewModel;

/* What was found in several traces with the same words is one finding. */
typedef struct
{
  OhNotice *notice;        /* the newest */
  GArray *ids;             /* (element-type gint64) of all of them */
  guint n_calls;           /* that are evidence */
  gboolean muted;          /* all of them */
} OhOverviewFinding;

typedef struct
{
  OhOverviewQuestion *question;
  OhOverview *sums;
  OhOverviewStep step;
  gint64 from_ns;          /* of the first column */
  gint64 step_ns;
  guint n_columns;
  GPtrArray *models;       /* (element-type OhOverviewModel) the dearest first */
  GArray *cache_tokens;    /* (element-type double) of each column */
  GArray *fresh_tokens;
  GArray *output_tokens;
  GPtrArray *findings;     /* (element-type OhOverviewFinding) newest first */
  guint n_muted;           /* there are, shown or not */
  GPtrArray *traces;       /* (element-type OhTrace) newest first */
  char *prices_as_of;      /* or NULL */
} OhOverviewData;

void oh_overview_question_free (OhOverviewQuestion *self);
/* Worker.
 * @question: (transfer none)
 * Returns: (transfer full) */
OhOverviewData *oh_overview_data_load (OhStoreReader *reader, const OhOverviewQuestion *question);
void oh_overview_data_free (OhOverviewData *self);

G_END_DECLS
