/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks for secrets in a body with a content-encoding. Its bytes pass as they are while there is none; a body with one is
 * packed anew, with markers. For that it is held back: a short one until its end; what is long only until what came has been
 * looked at. What follows when a secret turns up there is withheld.
 *
 * HELD     | its end                            | what came; packed anew if it had a secret
 *          | too long                           | PASSING if there is no secret; it is withheld if it has one
 * PASSING  | a secret                           | WITHHELD
 * WITHHELD | anything                           | nothing
 *
 * A stream of events can wait for nothing: it passes from flush to flush, and goes on behind the first secret as blocks of text
 * (oh-splice-private.h), where the coding has such:
 *
 * FLOWING  | a flush                            | what came; SPLICED if it had a secret, WITHHELD if that cannot be
 * SPLICED  | anything                           | its text */
#pragma once
#include "oh-redact.h"

G_BEGIN_DECLS

typedef struct _OhPacked OhPacked;

/* @redactor: (borrowed): of what is unpacked; @events: it is a stream of events
 * Returns: (nullable): it has more codings than are undone */
OhPacked *oh_packed_new (OhRedactor *redactor, const char *encoding, gboolean events);
void oh_packed_free (OhPacked *self);
/* As oh_redactor_feed(). */
GBytes *oh_packed_feed (OhPacked *self, GBytes *data);
GBytes *oh_packed_finish (OhPacked *self);
gboolean oh_packed_withholds (const OhPacked *self);

G_END_DECLS
