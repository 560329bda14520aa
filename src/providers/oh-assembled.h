/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A streamed answer in one piece, as JSON. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

/* Appends a message as an object of role and content, each block as it stood on the wire. What has not come whole says so by a
 * “partial_input”, or lacks its end. */
void oh_assembled_add_message (GString *out, const OhMessage *message);

/* The answer that the events of a stream make together: what the Messages API would have sent without “stream”, as far as
 * the events tell it. That of another API is put into the same form: model, role, content, stop_reason.
 * Returns: (transfer full): UTF-8 on one line, or NULL if it was no stream, or none with an answer */
char *oh_assembled_dup_answer (const OhReading *reading);

G_END_DECLS
