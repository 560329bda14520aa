/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who speaks. A voice tells agents apart that are told the same and answer the same; a session tells where a conversation
 * goes on of which nothing is left but who has it. Remembers hashes and ids of the last calls, never texts. Pure; not
 * thread-safe. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

typedef struct _OhSpeakerIndex OhSpeakerIndex;

OhSpeakerIndex *oh_speaker_index_new (void);
void oh_speaker_index_free (OhSpeakerIndex *self);

/* The voice of a call: the same for calls of one agent, as long as its system prompt stays the same; never 0.
 * @key: (nullable): what stands for the API's key
 * @session, @user: (nullable): those of its label, besides the session that it tells the API */
guint64 oh_speaker_hash_voice (const OhReading *reading, const char *key, const char *session, const char *user);

/* Remembers in which call a voice spoke, and an agent of a session.
 * @voice: of the call
 * @continues: whether the call goes on from an earlier one */
void oh_speaker_index_add (OhSpeakerIndex *self,
                           gint64 exchange_id,
                           gint64 run_id,
                           const OhReading *reading,
                           guint64 voice,
                           gboolean continues);

/* Remembers the session that a program names for a trace. @session: (nullable): none, which changes nothing */
void oh_speaker_index_set_session (OhSpeakerIndex *self, gint64 trace_id, const char *session);
/* Whether @session is another one than that of the trace, as far as both are known. @session: (nullable) */
gboolean oh_speaker_index_is_elsewhere (const OhSpeakerIndex *self, gint64 trace_id, const char *session);

/* 0: not known, or no more. */
guint64 oh_speaker_index_get_voice (const OhSpeakerIndex *self, gint64 exchange_id);

/* The exchange in which an agent of a session spoke last; 0: none.
 * @session: (nullable)
 * @agent: (nullable): the program itself */
gint64 oh_speaker_index_find_last (const OhSpeakerIndex *self, gint64 run_id, const char *session, const char *agent);

/* The same of who speaks in @reading, in the same role: its system prompt begins alike, and it has tools too. */
gint64 oh_speaker_index_find_same (const OhSpeakerIndex *self, gint64 run_id, const OhReading *reading);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSpeakerIndex, oh_speaker_index_free)

G_END_DECLS
