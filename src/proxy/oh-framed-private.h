/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks for secrets in the frames of application/vnd.amazon.eventstream (src/providers/oh-aws-frames.h has their form): in
 * what the payload's member "bytes" says in base64, or in the payload. A frame without one passes as it is, one with a secret
 * is made anew, with the marker. What is no frame passes, but for secrets that are known. Sans-I/O. */
#pragma once
#include "oh-redact.h"

G_BEGIN_DECLS

typedef struct _OhFramed OhFramed;

/* @redactor: (borrowed): of what frames say, a line each */
OhFramed *oh_framed_new (OhRedactor *redactor);
void oh_framed_free (OhFramed *self);
/* As oh_redactor_feed(). */
GBytes *oh_framed_feed (OhFramed *self, GBytes *data);
GBytes *oh_framed_finish (OhFramed *self);

G_END_DECLS
