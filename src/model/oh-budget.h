/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run may use of LLM APIs, what it has used, and what happens to the call after that. A plain value. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

#define OH_BUDGET_ERROR (oh_budget_error_quark ())
GQuark oh_budget_error_quark (void);

typedef enum
{
  OH_BUDGET_ERROR_VALUE, /* no such limit, or no such choice */
} OhBudgetError;

typedef enum
{
  OH_BUDGET_CALLS,  /* requests that ask a model, each attempt and each batch */
  OH_BUDGET_TOKENS, /* whole prompts and answers */
  OH_BUDGET_COST,   /* US dollars */
  OH_BUDGET_KINDS,
} OhBudgetKind;

/* What becomes of calls once a limit is reached. Stored: numbers are never reused. */
typedef enum
{
  OH_OVER_TELL,
  OH_OVER_PAUSE,
  OH_OVER_REFUSE,
} OhOver;

/* From here on it is said that a limit is near. */
#define OH_BUDGET_NEAR 0.8

typedef struct
{
  double limits[OH_BUDGET_KINDS]; /* 0: none */
  OhOver over;
  double spent[OH_BUDGET_KINDS];  /* what is known of it, with estimates of answers that still come */
  gboolean estimated;             /* some of it is not known exactly */
  gint64 unpriced;                /* calls whose price is not known: they are missing in the cost */
  gint64 refused;                 /* calls */
  gint64 waiting;                 /* calls that wait just now for somebody to decide */
} OhBudget;

/* Reads a limit as people type it: "50", "200k", "1.5M" or, of dollars, "2.00". @limit: (out)
 * Returns: FALSE with OH_BUDGET_ERROR, also for what is no positive number. */
gboolean oh_budget_parse_limit (OhBudgetKind kind, const char *text, double *limit, GError **error);
/* "tell", "pause", "refuse". Returns: FALSE with OH_BUDGET_ERROR. */
gboolean oh_over_parse (const char *text, OhOver *over, GError **error);
/* Untranslated, for JSON. */
const char *oh_over_to_string (OhOver over);

gboolean oh_budget_has_limits (const OhBudget *self);
/* How much of it is used: 1 is all. @kind: (out) (optional): of which limit most */
double oh_budget_get_share (const OhBudget *self, OhBudgetKind *kind);
/* Whether another call is within all limits. */
gboolean oh_budget_may_go (const OhBudget *self);
/* Whether more was used than it allows, or a call was refused. */
gboolean oh_budget_is_exceeded (const OhBudget *self);
/* "48 of 50 calls", "≈$1.62 of $2.00". (transfer full) */
char *oh_budget_describe (const OhBudget *self, OhBudgetKind kind);
/* The same of all limits, in one line. (transfer full) */
char *oh_budget_describe_all (const OhBudget *self);

G_END_DECLS
