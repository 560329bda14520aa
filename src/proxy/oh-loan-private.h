/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libsoup gets instead of a client's connection: enough for one message.
 *
 * Reading gives a plain head that only frames the body ("POST / HTTP/1.1" with its length), then the body's bytes and
 * never one more; the end of the connection before the end of the body is an error, never an end.
 * Writing drops libsoup's own head; the relay's answer, whose head is as the server sent it, passes as it is.
 * Closing does nothing: the connection stays the gate's. */
#pragma once
#include "oh-http-body-private.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_TYPE_LOAN (oh_loan_get_type ())
G_DECLARE_FINAL_TYPE (OhLoan, oh_loan, OH, LOAN, GIOStream)

/* @base: the client's connection
 * @pending: what has been read of it already; what is read too much goes back there
 * @framing: of the request's body */
OhLoan *oh_loan_new (GIOStream *base, GByteArray *pending, OhFraming framing, guint64 length);
/* Whether the whole request has been read. */
gboolean oh_loan_is_clean (OhLoan *self);
/* Whether reading failed because the request's chunks are malformed. */
gboolean oh_loan_is_malformed (OhLoan *self);
/* The lines of the trailers that came behind the request's chunks, or NULL. */
const GString *oh_loan_get_trailers (OhLoan *self);

G_END_DECLS
