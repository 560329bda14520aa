/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an instrument tells beside spans: a log record, an exception, a request that the program answered, a test. Kept as
 * JSON: {"kind", "app", "session", …} and the members of its client (Smello's). Pure. */
#pragma once
#include "oh-json-scan.h"
#include "oh-reading.h"

G_BEGIN_DECLS

/* Fills what it is, for lists. Returns: FALSE if it is no event. */
gboolean oh_told_event_read (OhJson event, OhFacts *facts);
/* Appends it as messages of Markdown, for people. @messages: (element-type OhMessage) */
void oh_told_event_describe (OhJson event, GPtrArray *messages);

G_END_DECLS
