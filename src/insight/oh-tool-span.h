/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tool spans: what happened between the answer that asked for a tool and the request that brings its result. Nobody
 * reports them; they are inferred from both ends. Pure. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

typedef struct
{
  char *id;             /* toolu_… */
  char *name;
  char *input;          /* JSON text as sent, or NULL */
  char *result;         /* the text of the result; NULL: none came, or it has none (an image) */
  gint64 asked_by;      /* exchange whose answer holds the tool_use */
  gint64 answered_by;   /* exchange whose request holds the tool_result; 0: none yet */
  gint64 started_ns;    /* wall clock: the end of the answer */
  gint64 ended_ns;      /* wall clock: the start of the request that brings the result; -1: none yet */
  gboolean is_error;
  gboolean by_server;   /* the API ran it itself, inside the answer: no time of its own, started_ns == ended_ns */
} OhToolSpan;

void oh_tool_span_free (OhToolSpan *self);

/* One call of a thread, as a parent and its children. */
typedef struct
{
  gint64 exchange_id;
  gint64 started_ns;         /* wall clock: the request's start */
  gint64 ended_ns;           /* wall clock: the answer's end; -1: still going on */
  const OhReading *reading;  /* (transfer none) */
} OhToolCall;

/* The tools that @call asked for.
 * @later: (array length=n_later): those of the calls after it that continue it, in the order of time; the first that
 *   brings a result counts
 * Returns: (transfer full) (element-type OhToolSpan): in the order of the answer's blocks */
GPtrArray *oh_tool_span_infer (const OhToolCall *call, const OhToolCall *later, guint n_later);

/* Whether each tool_use of a request's messages has its result in the user's message right after it, and each result
 * answers the message before it. What does not, the API refuses.
 * @missing: (out) (optional) (transfer full): the first id that has no result where it must stand, or NULL
 * @stray: (out) (optional) (transfer full): the first id of a result that nothing asked for there, or NULL */
gboolean oh_tool_span_check (GPtrArray *messages, char **missing, char **stray);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhToolSpan, oh_tool_span_free)

G_END_DECLS
