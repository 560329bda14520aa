/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tool spans: what happened between the answer that asked for a tool and the request that brings its result. Nobody
 * reports them; they are inferred from both ends. Pure. */
#pragma once
#include "oh-exchange.h"
#include "oh-reading.h"
#include "oh-trace.h"

G_BEGIN_DECLS

typedef struct
{
  char *id;             /* toolu_… */
  char *name;
  char *input;          /* JSON text as sent, or NULL */
  char *result;         /* the text of the result; NULL: none came, or it has none (an image) */
  gint64 asked_by;      /* exchange whose answer holds the tool_use */
  gint64 answered_by;   /* exchange whose request holds the tool_result; 0: none yet */
  gint64 started_ns;    /* wall clock: the end of the answer; by_server: of the block that asked, where its time is known */
  gint64 ended_ns;      /* wall clock: the start of the request that brings the result; by_server: of the result's block,
                         * where its time is known, else the end of its answer; -1: none yet */
  gboolean is_error;
  gboolean by_server;   /* the API ran it itself: the result comes in an answer */
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
 *   brings a result counts: by its request, or for tools that the API runs by its answer, as after a pause
 * Returns: (transfer full) (element-type OhToolSpan): in the order of the answer's blocks */
GPtrArray *oh_tool_span_infer (const OhToolCall *call, const OhToolCall *later, guint n_later);

/* The results that a call brings to calls before it: of tools that the program ran, in the messages from @from on, or of
 * those that the API ran, in an answer without their use.
 * Returns: (transfer full) (element-type utf8): set of ids */
GHashTable *oh_tool_span_list_results (const OhReading *reading, guint from);
GHashTable *oh_tool_span_list_late_results (const OhMessage *answer);

/* Whether each tool_use of a request's messages has its result in the user's message right after it, and each result
 * answers the message before it. What does not, the API refuses.
 * @missing: (out) (optional) (transfer full): the first id that has no result where it must stand, or NULL
 * @stray: (out) (optional) (transfer full): the first id of a result that nothing asked for there, or NULL */
gboolean oh_tool_span_check (GPtrArray *messages, char **missing, char **stray);

/* A call as the functions above take it. Borrows @reading. */
OhToolCall oh_tool_call_make (const OhExchange *exchange, const OhReading *reading);

/* Adds a tool's span to what an exchange means; one without an id is known by nothing, and left out. */
void oh_tool_span_put (OhMeaning *meaning, const OhToolSpan *tool);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhToolSpan, oh_tool_span_free)

G_END_DECLS
