/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server-sent events (WHATWG HTML, "Server-sent events"), sans-I/O: the same events come out however the bytes are cut.
 * More is kept than a browser would: an event without data, one that the stream's end cut short (marked), and where each
 * event stands in the body. Lines end in LF, CRLF or CR; a byte order mark at the start is skipped. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

/* @event: (transfer full): its name is NULL where the stream gave none, its summary is not filled */
typedef void (*OhSseFunc) (OhStreamEvent *event, gpointer data);

typedef struct _OhSseParser OhSseParser;

OhSseParser *oh_sse_parser_new (OhSseFunc func, gpointer data);
void oh_sse_parser_free (OhSseParser *self);
/* @at_ns: when these bytes came */
void oh_sse_parser_feed (OhSseParser *self, const char *bytes, gsize length, gint64 at_ns);
/* The stream ended: gives out what was begun, marked as unterminated. */
void oh_sse_parser_end (OhSseParser *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSseParser, oh_sse_parser_free)

G_END_DECLS
