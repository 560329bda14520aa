/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which tool call started a sub-agent: one of the same run that is still open, and whose input has, as one of its texts,
 * what the sub-agent's first message says, or begins or ends with. One of the agent's own session and parent comes first.
 * Each is claimed once, so that several with one prompt go in their order. Remembers hashes, never texts. Pure; not
 * thread-safe. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

typedef struct _OhStarterIndex OhStarterIndex;

OhStarterIndex *oh_starter_index_new (void);
void oh_starter_index_free (OhStarterIndex *self);

/* The answer asked for tools, which are open from now on. @reading: of a whole exchange */
void oh_starter_index_ask (OhStarterIndex *self, gint64 exchange_id, gint64 run_id, const OhReading *reading);

/* The result of a tool that @exchange_id asked for came: it starts nothing any more but an agent that says that it is one,
 * for some tools only set it going. */
void oh_starter_index_end (OhStarterIndex *self, gint64 exchange_id, const char *tool_id);

/* The exchange whose answer asked for the tool that started the conversation of @reading; 0: none is known.
 * @claimer_id: the exchange that begins that conversation
 * @tool_id: (out) (transfer full): which one, or NULL */
gint64 oh_starter_index_claim (OhStarterIndex *self,
                               gint64 claimer_id,
                               gint64 run_id,
                               const OhReading *reading,
                               char **tool_id);

/* It got no answer: what is sent again may claim the same. */
void oh_starter_index_release (OhStarterIndex *self, gint64 claimer_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhStarterIndex, oh_starter_index_free)

G_END_DECLS
