/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which tool call started a sub-agent: one of the same run that is still open, and whose input has, as one of its texts,
 * what the sub-agent's first message says. Each is claimed once, so that several with one prompt go in their order.
 * Remembers hashes, never texts. Pure; not thread-safe. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

typedef struct _OhStarterIndex OhStarterIndex;

OhStarterIndex *oh_starter_index_new (void);
void oh_starter_index_free (OhStarterIndex *self);

/* The answer asked for tools, which are open from now on. @reading: of a whole exchange */
void oh_starter_index_ask (OhStarterIndex *self, gint64 exchange_id, gint64 run_id, const OhReading *reading);

/* Their results came: they start nothing any more. @ids: (element-type utf8): set of tool_use ids */
void oh_starter_index_end (OhStarterIndex *self, gint64 run_id, GHashTable *ids);

/* The exchange whose answer asked for the tool that started the conversation of @reading; 0: none is known.
 * @tool_id: (out) (transfer full): which one, or NULL */
gint64 oh_starter_index_claim (OhStarterIndex *self, gint64 run_id, const OhReading *reading, char **tool_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhStarterIndex, oh_starter_index_free)

G_END_DECLS
