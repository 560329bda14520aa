/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libsoup's part: it reads the body of one request from a client's connection, which it never sees itself. It gets a stream
 * that gives a plain head that only frames the body ("POST / HTTP/1.1" with its length), then the body's bytes and never one
 * more; the end of the connection before the end of the body is an error, never an end. It has nothing to write, and closing
 * does nothing: the connection stays the gate's. */
#pragma once
#include "oh-http-body-private.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* libsoup's server, which has no port. One thread. */
typedef struct _OhLender OhLender;
typedef struct _OhLoan OhLoan;

typedef enum
{
  OH_LOAN_LEFT,      /* the client went away before the request was whole */
  OH_LOAN_MALFORMED, /* the request's chunks are */
  OH_LOAN_NOT_TAKEN, /* by libsoup */
} OhLoanFailure;

/* The loan may be freed in each of them. */
typedef struct
{
  void (*data) (gpointer owner, GBytes *payload);
  /* The request has been read. */
  void (*whole) (gpointer owner);
  /* It will not be; nothing is told any more. */
  void (*failed) (gpointer owner, OhLoanFailure failure);
} OhLoanEvents;

OhLender *oh_lender_new (void);
void oh_lender_free (OhLender *self);

/* @base: the client's connection, from @remote to @local
 * @pending: what has been read of it already; what is read too much goes back there
 * @framing: of the request's body */
OhLoan *oh_loan_new (GIOStream *base, GByteArray *pending, GSocketAddress *local, GSocketAddress *remote,
                     OhFraming framing, guint64 length, const OhLoanEvents *events, gpointer owner);
/* What there is of the body is told at once. */
void oh_loan_begin (OhLoan *self, OhLender *lender);
/* Takes the connection back. */
void oh_loan_free (OhLoan *self);
void oh_loan_pause (OhLoan *self);
void oh_loan_resume (OhLoan *self);
/* Whether the whole request has been read. */
gboolean oh_loan_is_clean (OhLoan *self);
/* The lines of the trailers that came behind the request's chunks, or NULL. */
const GString *oh_loan_get_trailers (OhLoan *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhLender, oh_lender_free)

G_END_DECLS
