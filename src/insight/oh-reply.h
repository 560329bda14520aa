/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which call gave an answer that a later request has in its history. It finds what no prefix of messages can tell: the
 * history before that answer was edited, cut or put together anew. The ids of tool calls tie beyond doubt, and so does
 * a long text; a short text only where the message before it has something in common with what it answered. Within one
 * run only. Remembers hashes of the last answers, never texts. Pure; not thread-safe. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

typedef struct _OhReplyIndex OhReplyIndex;

OhReplyIndex *oh_reply_index_new (void);
void oh_reply_index_free (OhReplyIndex *self);

/* Remembers an answer.
 * @voice: oh_speaker_hash_voice() of who got it
 * @reading: of a whole exchange; without an answer, nothing is remembered */
void oh_reply_index_add (OhReplyIndex *self,
                         gint64 exchange_id,
                         gint64 run_id,
                         guint64 voice,
                         const OhReading *reading);

/* The call that gave the last answer that is among the messages.
 * @reading: of the request
 * @voice: of who got it; 0: of anybody
 * @from: index of the first message that is looked at
 * @index: (out): of the message that is its answer
 * Returns: an exchange; 0: none of them is known */
gint64 oh_reply_index_find (OhReplyIndex *self,
                            const OhReading *reading,
                            gint64 run_id,
                            guint64 voice,
                            guint from,
                            guint *index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhReplyIndex, oh_reply_index_free)

G_END_DECLS
