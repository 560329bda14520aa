/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one plan for bodies: what has a content-encoding is unpacked first (oh-packed-private.h), frames are opened
 * (oh-framed-private.h), and what they say is looked into (oh-redactor-private.h). Sans-I/O. */
#pragma once
#include "oh-redactor-private.h"

G_BEGIN_DECLS

typedef struct _OhBodyRedactor OhBodyRedactor;

/* @type, @encoding: (nullable): of its head; @withheld: (out): it may carry secrets that cannot be seen, so nothing of it may
 * be kept. Returns: (nullable): NULL: as it is, or withheld. */
OhBodyRedactor *oh_body_redactor_new (OhSecrets *secrets, gboolean token_path, const char *type, const char *encoding,
                                      gboolean *withheld);
void oh_body_redactor_free (OhBodyRedactor *self);

/* As oh_redactor_feed() and oh_redactor_finish(). */
GBytes *oh_body_redactor_feed (OhBodyRedactor *self, GBytes *data);
GBytes *oh_body_redactor_finish (OhBodyRedactor *self);
/* Whether something that was to be kept cannot be: the rest of the body is missing in what comes out. */
gboolean oh_body_redactor_withholds (const OhBodyRedactor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhBodyRedactor, oh_body_redactor_free)

G_END_DECLS
