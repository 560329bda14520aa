/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs that send the same request over and over, and caches that are written for nothing: what only the calls of a
 * whole run show, whatever their traces. Pure. */
#pragma once
#include "oh-finding.h"

G_BEGIN_DECLS

typedef struct _OhRepeatTracker OhRepeatTracker;

OhRepeatTracker *oh_repeat_tracker_new (void);
void oh_repeat_tracker_free (OhRepeatTracker *self);
/* Takes an exchange that has ended; they come in the order of their ends.
 * @body_hash: of the request's body
 * Returns: (transfer full) (nullable) (element-type OhFinding): what is to be told now, each with the trace it began in */
GPtrArray *oh_repeat_tracker_add (OhRepeatTracker *self, const OhExchange *exchange, const OhFacts *facts,
                                  const OhAttempt *attempt, guint64 body_hash, gint64 trace_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRepeatTracker, oh_repeat_tracker_free)

G_END_DECLS
