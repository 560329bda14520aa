/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies between a call and the one before it in its conversation, as far as the two requests show it (OhBoundary).
 * Pure. */
#pragma once
#include "oh-reading.h"
#include "oh-thread.h"

G_BEGIN_DECLS

/* Whether the client asks for itself, with the conversation before it: what the user may type next, what to remember, a
 * summary. The conversation does not go on from there. */
gboolean oh_joint_is_aside (const OhReading *reading);

/* Whether a summary stands for what was said before. @before: the call that it continues by @match */
gboolean oh_joint_is_compacted (const OhReading *before, const OhReading *now, const OhThreadMatch *match);

/* Whether a reply comes back as something else than was said; what a client leaves out is no edit. */
gboolean oh_joint_is_edited (const OhReading *before, const OhReading *now, const OhThreadMatch *match);

/* Whether the user says something else at the message @from than in @dropped, which went on from the same call. */
gboolean oh_joint_is_rewound (const OhReading *dropped, const OhReading *now, guint from);

G_END_DECLS
