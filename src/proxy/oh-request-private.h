/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of a request as the server gets it. */
#pragma once
#include "oh-chain-private.h"
#include "oh-http-head-private.h"

G_BEGIN_DECLS

void oh_request_append_field (GString *out, const char *name, const char *value);
/* @upgrade: it asks for another protocol; @authority: for Host, or NULL: as the client wrote it;
 * @fallback_authority: for Host where the client wrote none; @hop: the user's own proxy that gets it, or NULL.
 * (transfer full) */
GBytes *oh_request_compose (const OhHttpHead *head, OhFraming framing, gboolean upgrade, const char *target,
                            const char *authority, const char *fallback_authority, const OhHop *hop);

G_END_DECLS
