/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was unusual about an exchange on the wire, though it was passed on. Stored as bits: numbers are never reused. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OH_ODDITY_NONE = 0,
  OH_ODDITY_RESENT = 1 << 0,          /* sent again: the server had closed the pooled connection before it saw it */
  OH_ODDITY_NOT_AWAITED = 1 << 1,     /* the program left; the rest of the answer was read on for the record */
  OH_ODDITY_HALF_CLOSED = 1 << 2,     /* the program closed its half before it had the answer */
  OH_ODDITY_EARLY = 1 << 3,           /* the answer began before the request was whole */
  OH_ODDITY_INTERIM = 1 << 4,         /* other interim answers than 100 came first */
  OH_ODDITY_TRAILERS = 1 << 5,        /* fields came behind a body; they stand last among the headers */
  OH_ODDITY_FOLDED = 1 << 6,          /* a header of the answer went over several lines */
  OH_ODDITY_SPACE = 1 << 7,           /* a space stood before the colon of a header of the answer */
  OH_ODDITY_LENGTHS = 1 << 8,         /* the answer's Content-Length was given more than once */
  OH_ODDITY_CODINGS = 1 << 9,         /* the answer's Transfer-Encoding was not just "chunked" */
  OH_ODDITY_PAUSED = 1 << 10,         /* it waited with us, for its budget, before it was sent */
  OH_ODDITY_PINGED = 1 << 11,         /* meanwhile the program got the head of a stream and pings from us */
  OH_ODDITY_RETOLD = 1 << 12,         /* the answer was no stream, and was told as an error in the one we had begun */
  OH_ODDITY_CERTIFICATE_REFUSED = 1 << 13, /* it passed through unread: its program does not accept our certificate */
  OH_ODDITY_NOBODY_TRUSTS = 1 << 14,  /* the same: no store that its program could use trusts us */
} OhOddity;

/* Stable names for JSON: "resent", "folded-header", … in the order of the bits. (transfer container) */
GPtrArray *oh_oddities_get_names (guint oddities);
/* Translated sentences in the same order. (transfer container) */
GPtrArray *oh_oddities_get_sentences (guint oddities);

G_END_DECLS
