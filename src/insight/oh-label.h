/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program says about where a request belongs: overhear-* headers, W3C traceparent and baggage, the labels of its
 * run, or what it tells the API itself. Pure. */
#pragma once
#include "oh-facts.h"
#include "oh-run.h"
#include "oh-trace.h"

G_BEGIN_DECLS

typedef struct
{
  char *trace_key;   /* what makes the trace the same one; NULL: the program said nothing */
  char *trace_name;  /* or NULL */
  char *session;     /* or NULL */
  char *user;        /* or NULL */
  char *span_id;     /* the innermost of its own spans; NULL: the trace itself */
  GPtrArray *spans;  /* (element-type OhSpan) CUSTOM, from the outermost inwards, without the trace */
} OhLabel;

/* The trace in which a request was sent, and the span. (transfer full) (nullable)
 * @traceparent: (nullable): the field's value; @span: (out) (transfer full) (nullable) */
char *oh_label_read_traceparent (const char *traceparent, char **span);
/* @run: (nullable) */
OhLabel *oh_label_new (const OhExchange *exchange, const OhFacts *facts, const OhRun *run);
/* Of a span that an instrument told. @trace: 32 hex; @parent: 16 hex, NULL: it is the trace's first, which is named by it */
OhLabel *oh_label_new_told (const OhFacts *facts, const OhRun *run, const char *trace, const char *parent);
/* Puts what is said of a trace into a meaning. @name: (nullable) */
void oh_label_name_trace (OhMeaning *meaning, const OhExchange *exchange, gint64 trace_id, const char *key, const char *name,
                          const OhLabel *label);
void oh_label_free (OhLabel *self);
/* A copy that ends then. (transfer full) */
OhSpan *oh_label_end_span (const OhSpan *span, gint64 ended_ns);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhLabel, oh_label_free)

G_END_DECLS
