/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prompt cache: what each call read and wrote, and when it read less than it could have, why. The API answers with
 * counts only (and sometimes with a reason); the rest is worked out from the requests, compared part by part in the
 * order in which the cache is keyed: tools, system, messages. Keeps hashes only, never texts. Sans-I/O; feed it the
 * calls of the last hours in the order in which they ended. Not thread-safe. */
#pragma once
#include "oh-exchange.h"
#include "oh-reading.h"

G_BEGIN_DECLS

typedef enum
{
  OH_CACHE_UNKNOWN, /* no usage: it failed, or goes on */
  OH_CACHE_OFF,     /* nothing read, nothing written */
  OH_CACHE_WRITE,   /* written for the first time: there was nothing to read */
  OH_CACHE_HIT,     /* all that was there was read */
  OH_CACHE_PARTIAL, /* read, but less than was there */
  OH_CACHE_MISS,    /* nothing read, though a call like it had been cached */
} OhCacheState;

typedef enum
{
  OH_CACHE_REASON_NONE,
  OH_CACHE_REASON_NO_BREAKPOINT, /* no cache_control anywhere */
  OH_CACHE_REASON_TOO_SHORT,     /* the prefix is below the model's smallest: nothing was written either */
  OH_CACHE_REASON_FIRST,         /* no call like it before */
  OH_CACHE_REASON_MODEL,         /* another model */
  OH_CACHE_REASON_TOOLS,         /* place says where they differ first */
  OH_CACHE_REASON_SYSTEM,
  OH_CACHE_REASON_MESSAGES,
  OH_CACHE_REASON_PARAMETERS,    /* what stands beside the prompt changed: parameters says what */
  OH_CACHE_REASON_EXPIRED,       /* the time to live had passed */
  OH_CACHE_REASON_MOVED,         /* the breakpoint is more than 20 blocks after the cached one, or before it */
  OH_CACHE_REASON_NOT_YET,       /* the call that wrote it had not begun to answer: sent side by side */
  OH_CACHE_REASON_TTL,           /* marked with another time to live, which makes other entries */
  OH_CACHE_REASON_WORKSPACE,     /* cached in another workspace of the organization */
  OH_CACHE_REASON_THINKING,      /* the thinking of earlier answers is not sent as it was */
  OH_CACHE_REASON_UNEXPLAINED,
} OhCacheReason;

/* What of a request makes its prompt another one, though the prompt's parts are the same as far as they had been cached. */
typedef enum
{
  OH_CACHE_PARAMETER_TOOL_CHOICE, /* the first three count for messages */
  OH_CACHE_PARAMETER_THINKING,
  OH_CACHE_PARAMETER_EFFORT,
  OH_CACHE_PARAMETER_SPEED,       /* for the system prompt and messages */
  OH_CACHE_PARAMETER_SKILLS,      /* they are told of in the system prompt */
  OH_CACHE_PARAMETER_FORMAT,      /* for all */
  OH_CACHE_PARAMETER_MCP_SERVERS,
  OH_CACHE_PARAMETER_INFERENCE_GEO,
  OH_CACHE_PARAMETER_CONTEXT_MANAGEMENT, /* sometimes */
  OH_CACHE_PARAMETER_IMAGES,      /* whether there are any; for messages, sometimes */
  OH_CACHE_PARAMETER_CITATIONS,   /* whether any document is to be cited; for the system prompt and messages, sometimes */
  OH_CACHE_N_PARAMETERS
} OhCacheParameter;

typedef enum
{
  OH_CACHE_PART_TOOLS,
  OH_CACHE_PART_SYSTEM,
  OH_CACHE_PART_MESSAGES,
} OhCachePartKind;

/* A part of the prompt: tools[index], system[index], or block `block` of messages[index]. */
typedef struct
{
  OhCachePartKind kind;
  guint index;
  guint block; /* 0 but in messages */
} OhCachePlace;

typedef struct
{
  OhCachePlace place;
  gint64 ttl_ns; /* 5 min or 1 h */
} OhCacheBreakpoint;

typedef struct
{
  OhCacheState state;
  OhCacheReason reason;
  gboolean reported;     /* the reason is the API's own word */
  gboolean has_place;
  OhCachePlace place;    /* the first part that differs */
  guint parameters;      /* REASON_PARAMETERS: what changed, a bit for each OhCacheParameter */
  gint64 ttl_ns;         /* REASON_TTL: of what had been cached */
  gint64 against;        /* the exchange it was compared with; 0: none */
  gint64 age_ns;         /* how long ago that one used the cache; -1: none */
  gint64 missed_tokens;  /* input tokens that might have been read; -1 unknown */
} OhCacheVerdict;

typedef struct _OhCacheTracker OhCacheTracker;

OhCacheTracker *oh_cache_tracker_new (void);
void oh_cache_tracker_free (OhCacheTracker *self);

/* Judges a call and remembers it.
 * @exchange: ended; its headers tell the key and the organisation
 * @reading: of the same exchange
 * @parent_id: the exchange whose conversation it continues; 0: none that is known */
void oh_cache_tracker_add (OhCacheTracker *self,
                           const OhExchange *exchange,
                           const OhReading *reading,
                           gint64 parent_id,
                           OhCacheVerdict *out);

/* Where a request's breakpoints are, in the cache's order; a top-level cache_control marks the last block.
 * (transfer full) (element-type OhCacheBreakpoint) */
GArray *oh_cache_find_breakpoints (const OhReading *reading);

/* The facts of a reading. Older answers do not say how long what they wrote to the cache lives; the request does, where all
 * its breakpoints agree. (transfer full) */
OhFacts *oh_cache_split_write (const OhReading *reading);

/* The first character in which the part at @place differs between two requests, counted from the part's start (its text
 * if it has one, else its JSON); -1 if it does not, or one of them has no such part. */
gint64 oh_cache_find_character (const OhReading *before, const OhReading *after, const OhCachePlace *place);

/* What there is to say of it: oh_saying_tell().
 * @before, @after: (nullable): what was compared, to say where they differ. (transfer full) (nullable) */
char *oh_cache_describe (const OhCacheVerdict *verdict, const OhReading *before, const OhReading *after);

/* Stable names for JSON: "partial", "system". */
const char *oh_cache_state_to_string (OhCacheState state);
const char *oh_cache_reason_to_string (OhCacheReason reason);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhCacheTracker, oh_cache_tracker_free)

G_END_DECLS
