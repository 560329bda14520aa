/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a conversation does not simply go on: what happened between a call and the one before it, in words. */
#pragma once
#include "oh-trace.h"

G_BEGIN_DECLS

/* The stable name of a single kind, for JSON: "compacted", "model-changed", … */
const char *oh_boundary_get_name (OhBoundary kind);

/* What happened before the call ("compacted here: 45 messages to 4"), in the order of the kinds, and whether it was itself
 * superseded, joined with " · "; NULL for most calls. @place: (nullable). (transfer full) */
char *oh_boundary_say (const OhPlace *place);

/* How often what happened in a conversation or a session: "compacted, model changed 4 times"; "" where nothing did.
 * (transfer full) */
char *oh_boundary_sum_up (const OhGroup *group);

G_END_DECLS
