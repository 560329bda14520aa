/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request as the server gets it: its head, and the frames of a body in chunks. Sans-I/O. */
#pragma once
#include "oh-http-head-private.h"

G_BEGIN_DECLS

void oh_request_append_field (GString *out, const char *name, const char *value);
void oh_request_append_fields (GString *out, const OhHttpHead *fields);
/* @upgrade: it asks for another protocol; @authority: for Host, or NULL: as the client wrote it;
 * @fallback_authority: for Host where the client wrote none; @login: for the user's own proxy that gets it, or NULL.
 * (transfer full) */
GBytes *oh_request_compose (const OhHttpHead *head, OhFraming framing, gboolean upgrade, const char *target,
                            const char *authority, const char *fallback_authority, const char *login);
/* (transfer full) */
GBytes *oh_request_compose_chunk (GBytes *payload);
/* The last chunk. @trailers: (nullable). (transfer full) */
GBytes *oh_request_compose_end (const OhHttpHead *trailers);

G_END_DECLS
