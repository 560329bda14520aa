/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a conversation does not simply go on: what happened between a call and the one before it, in words. */
#pragma once
#include "oh-trace.h"

G_BEGIN_DECLS

/* The stable name of a single kind, for JSON: "compacted", "model-changed", … */
const char *oh_boundary_get_name (OhBoundary kind);

/* What happened before the call, one sentence's beginning each, in the order of the kinds; "compacted here: 45 messages to
 * 4". Empty for most calls. (transfer full) (element-type utf8) */
GPtrArray *oh_boundary_describe (const OhPlace *place);

/* The same and whether the call itself was superseded, joined with " · "; NULL if there is nothing to say. @place:
 * (nullable). (transfer full) */
char *oh_boundary_say (const OhPlace *place);

/* How often what happened in a conversation or a session: "compacted, model changed 4 times"; "" where nothing did.
 * (transfer full) */
char *oh_boundary_sum_up (const OhGroup *group);

G_END_DECLS
