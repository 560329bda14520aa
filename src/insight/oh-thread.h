/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which call a call continues. The messages of a request make a chain of hashes, one for each prefix; a call is known
 * by the hash of its whole request, and a later request that has it as a proper prefix continues that call. Branches
 * fall out: two calls with one parent. Pure; where the rows are kept is the caller's business.
 *
 * For a message it does not count how its JSON is written, whether a content is a string or one text block, where
 * cache_control stands, or whether the thinking of earlier answers was sent along. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

/* What is kept of one call to find those that continue it: one row of a table with an index over hash and another over
 * message_id. */
typedef struct
{
  guint64 hash;       /* of the request's messages; never 0 */
  guint64 short_hash; /* without a last message of the assistant's own (a prefill), which its answer grew; or 0 */
  gint64 exchange_id;
  gint64 run_id;      /* or what stands for a program */
  gint64 started_ns;  /* wall clock */
  guint length;       /* messages in the request */
  guint64 answer;     /* oh_thread_hash_answer(); 0: no answer yet */
  guint64 voice;      /* oh_speaker_hash_voice(); 0: not known */
  guint64 trace;      /* of the key of the trace that the program names; 0: none, or not known */
  char *message_id;   /* the answer's; or NULL */
} OhThreadRow;

void oh_thread_row_free (OhThreadRow *self);

/* Makes the row of a call. For turns (oh_facts_is_turn()) only: counting tokens is no turn of a conversation.
 * @reading: its request, and its answer as far as it is there
 * @run_id: below 0: what stands for a program that no run is of; nothing that another said is continued
 * Returns: NULL if it is another one, or has no messages. (transfer full) */
OhThreadRow *oh_thread_row_new (const OhReading *reading, gint64 exchange_id, gint64 run_id, gint64 started_ns);

/* A hash for each prefix of the messages: element n - 1 is that of the first n. @run_id: as above
 * Returns: (element-type guint64) (transfer full) */
GArray *oh_thread_hash_prefixes (GPtrArray *messages, gint64 run_id);

/* The gist of an answer: the same for a message that repeats it. 0 if there is none. @message: (nullable) */
guint64 oh_thread_hash_answer (const OhMessage *message);

typedef enum
{
  OH_THREAD_ROOT,     /* it continues nothing that is known */
  OH_THREAD_PREFIX,   /* its messages begin with those of the parent */
  OH_THREAD_SERVER,   /* thread: continue; joined by previous_message_id */
  OH_THREAD_SESSION,  /* nothing of its history is known, but who speaks in which session: it was compacted */
  OH_THREAD_ANSWER,   /* the parent's answer is the last in its history, which was edited before it (OhReplyIndex) */
} OhThreadLink;

typedef struct
{
  OhThreadLink link;
  gint64 parent_id;    /* exchange; 0 for a root */
  guint shared;        /* how many messages at the start are the parent's request, or stand for it where it was edited; 0
                        * for a root and a server's thread */
  gboolean follows;    /* the message after them is the parent's answer: nothing was edited */
  gboolean strange;    /* the parent has another voice */
} OhThreadMatch;

/* Calls @found for each row. @hash: match rows whose hash or short_hash it is. */
typedef void (*OhThreadFound) (const OhThreadRow *row, gpointer found_data);
typedef void (*OhThreadLookup) (guint64 hash, OhThreadFound found, gpointer found_data, gpointer user_data);
/* The same for rows whose message_id it is. */
typedef void (*OhThreadLookupId) (const char *message_id, OhThreadFound found, gpointer found_data, gpointer user_data);

/* Finds the parent: the longest known proper prefix; among equals the same run first, then the one whose answer is the
 * next message, then the one with the same voice, then of the same trace, then the latest. Only calls that started before count.
 * @row: oh_thread_row_new() of the call
 * @lookup, @lookup_id: how to ask the table; called only during this call */
void oh_thread_find (const OhReading *reading,
                     const OhThreadRow *row,
                     OhThreadLookup lookup,
                     OhThreadLookupId lookup_id,
                     gpointer user_data,
                     OhThreadMatch *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhThreadRow, oh_thread_row_free)

G_END_DECLS
