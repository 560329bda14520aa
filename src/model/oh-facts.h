/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a provider understood of one exchange, small enough to stand in a row. Facts can always be made again from the
 * stored bytes. Build with oh_facts_new(), fill the fields, then share: immutable from then on. */
#pragma once
#include <glib-object.h>

G_BEGIN_DECLS

/* Tokens and fees as the API counts them; -1 where it did not say. The whole prompt is
 * input + cache_read + cache_write (Messages API, "usage"). */
typedef struct
{
  gint64 input;          /* uncached remainder only */
  gint64 output;         /* thinking included */
  gint64 cache_read;
  gint64 cache_write;    /* 5 min and 1 h together */
  gint64 cache_write_5m;
  gint64 cache_write_1h;
  gint64 thinking;       /* a part of output */
  gint64 web_search;     /* requests, not tokens */
  gint64 web_fetch;      /* requests, not tokens */
} OhUsage;

/* One entry of usage.iterations: a model's turn within a call, billed by itself. */
typedef struct
{
  char *type;            /* message, compaction, advisor_message, fallback_message, …; or NULL */
  char *model;           /* NULL: that of the call */
  OhUsage usage;
  char *inference_geo;   /* NULL: that of the call */
} OhIteration;

/* What a body says of tokens may be anything: less than none, or more than any call can have (10^12: the sums of a
 * whole database are numbers, too), is not known. */
void oh_usage_doubt (OhUsage *self);

#define OH_USAGE_UNKNOWN ((OhUsage) { -1, -1, -1, -1, -1, -1, -1, -1, -1 })

/* What a streamed answer is made of at a time. */
typedef enum
{
  OH_PHASE_THINKING,
  OH_PHASE_TEXT,
  OH_PHASE_TOOL_INPUT,
  OH_PHASE_SERVER_TOOL, /* the server's own tool runs, or its result comes */
} OhPhaseKind;

/* Goes on until the next one begins. */
typedef struct
{
  OhPhaseKind kind;
  gint64 from_ns;        /* from the exchange's start */
} OhPhase;

typedef enum
{
  OH_OPERATION_OTHER,
  OH_OPERATION_TURN,       /* of a conversation */
  OH_OPERATION_COMPLETION, /* a prompt and its continuation */
  OH_OPERATION_COUNT,      /* how many tokens a turn would have */
  OH_OPERATION_BATCH,      /* many turns, answered later */
} OhOperation;

/* What provides for everything that nobody else reads. */
#define OH_PROVIDER_ID_HTTP "http"

/* How facts and the database name them. */
#define OH_OPERATION_NAME_TURN "messages"
#define OH_OPERATION_NAME_COMPLETION "complete"
#define OH_OPERATION_NAME_COUNT "count_tokens"
#define OH_OPERATION_NAME_BATCH "batches"

typedef struct _OhFacts OhFacts;

struct _OhFacts
{
  char *provider;        /* its id: OH_PROVIDER_ID_HTTP, … never NULL */
  char *operation;       /* OH_OPERATION_NAME_TURN and its like, whatever the API calls it; else as it does: "models",
                          * "files", … or NULL */
  char *model;           /* the model that served, else the one asked for, or NULL */
  char *requested_model;
  char *stop_reason;     /* as on the wire, or NULL */
  char *stop_category;   /* stop_details of a refusal: what it is about, and why; or NULL. Not stored with the row */
  char *stop_explanation;
  char *message_id;      /* msg_…; of a span that tells of a tool: toolu_…, the id of its use; or NULL */
  char *request_id;      /* req_…, or NULL */
  char *error_type;      /* overloaded_error, …: an error answer or an error event inside a 200 stream; or NULL */
  char *error_message;
  char *title;           /* the first words of the last user message with text, or NULL */
  char *tool_result;     /* where the request brings results of tools and nothing of a person's: their first words, behind
                          * the names of the tools; else NULL */
  char *service_tier;    /* standard, priority, batch; or NULL */
  char *speed;           /* standard, fast; or NULL */
  char *inference_geo;   /* or NULL */
  char *region;          /* of a cloud's endpoint, where the address names one: "eu", "us-east5", "global"; or NULL. Not
                          * stored with the row */
  gboolean streamed;     /* the answer was a stream of events */
  gboolean complete;     /* the answer's own end was seen: message_stop, whole JSON, … */
  OhUsage usage;
  gint64 output_estimate;   /* of a stream whose output the API has not counted yet, or never did because it ended early:
                             * tokens so far, estimated from the characters; else -1 */
  gint64 first_token_ns;    /* from the exchange's start to the first content delta; -1 unknown */
  guint message_count;      /* messages in the request */
  guint tool_use_count;     /* tool_use blocks in the answer */
  guint problems;           /* sentences about what took something away from what was said: a stream without its end, a body
                             * that cannot be read */
  GArray *iterations;       /* (element-type OhIteration) entries of usage.iterations, never changed once set; else NULL.
                             * Not stored with the row */
  char *previous_message_id;  /* thread.previous_message_id, else diagnostics.previous_message_id, or NULL */
  gboolean continues_thread;  /* thread {type: continue}: the messages before are on the server */
  char *cache_miss_reason;    /* diagnostics.cache_miss_reason.type of the answer, or NULL */
  /* What programs that know nothing of Overhear say to the API itself; each may be NULL. */
  char *session;
  char *user;
  char *task;                 /* one prompt of the user's: all its calls share it, those of sub-agents too */
  char *agent;                /* the sub-agent that speaks; NULL: the program itself */
  char *agent_kind;
  char *parent_agent;         /* the sub-agent that started it */
  gboolean scattered;         /* the trace that its traceparent or its span names is a piece of one: Claude Code has one for
                               * each request and each tool. Not stored with the row */
  gint64 cache_missed_tokens; /* diagnostics.cache_miss_reason.cache_missed_input_tokens; -1 unknown */
  GArray *phases;             /* (element-type OhPhase) of a stream whose times were told, else NULL; not stored with the
                               * row, but read from the stored events when asked for */
};

OhFacts *oh_facts_new (const char *provider);
OhFacts *oh_facts_ref (OhFacts *self);
void oh_facts_unref (OhFacts *self);
/* Whether a stream said all it had to say: its own end, or an error. A client may close then, before the bytes that end
 * the transfer, and has cut nothing. */
gboolean oh_facts_is_over (const OhFacts *self);
/* The whole prompt in tokens: what was read from the cache and written to it too. -1: not told */
gint64 oh_facts_get_prompt (const OhFacts *self);
/* The answer in tokens, -1: unknown. @estimated: (out) (nullable): the API did not count them to the end */
gint64 oh_facts_get_output (const OhFacts *self, gboolean *estimated);
/* "refusal · cyber: Declined because …": all that is known of why it stopped, or NULL. (transfer full) */
char *oh_facts_describe_stop (const OhFacts *self);
/* A deep copy that may be changed until it is shared. (transfer full) */
OhFacts *oh_facts_copy (const OhFacts *self);
/* While it may be changed: what follows from then on is of that kind. @from_ns: -1, unknown: does nothing */
void oh_facts_begin_phase (OhFacts *self, OhPhaseKind kind, gint64 from_ns);

/* Whether it is a call to an API that a provider reads. */
gboolean oh_facts_is_understood (const OhFacts *self);
/* What was asked of an API. */
OhOperation oh_facts_get_operation (const OhFacts *self);
/* Whether it is a turn of a conversation: it makes traces and threads. */
gboolean oh_facts_is_turn (const OhFacts *self);
/* Whether it asks a model for an answer: asking for a list of models, or counting tokens, does not. */
gboolean oh_facts_is_billed (const OhFacts *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhFacts, oh_facts_unref)

G_END_DECLS
