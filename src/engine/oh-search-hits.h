/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which traces, conversations and sessions a search finds: those that have an exchange it finds, and, where it is a word
 * alone, those whose name has it. For workers: it goes through all that is found. */
#pragma once
#include "oh-store-reader.h"
#include "oh-store-traces.h"

G_BEGIN_DECLS

typedef struct _OhSearchHits OhSearchHits;

/* @text: as it was typed; a wrong search finds everything, as in the other lists
 * @run_id: 0: of all runs */
OhSearchHits *oh_search_hits_new (OhStoreReader *reader, const char *text, gint64 run_id);
void oh_search_hits_free (OhSearchHits *self);
gboolean oh_search_hits_has_trace (const OhSearchHits *self, const OhTrace *trace);
gboolean oh_search_hits_has_thread (const OhSearchHits *self, const OhGroup *thread);
gboolean oh_search_hits_has_session (const OhSearchHits *self, const OhGroup *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSearchHits, oh_search_hits_free)

G_END_DECLS
