/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes on in the middle of a body with a content-encoding: behind a place where its sender has flushed, with blocks that hold
 * text as it is (RFC 1951 §3.2.4, RFC 7932 §9.2, RFC 8878 §3.1.1.2), so that whoever unpacks the whole reads on. Sans-I/O. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhSplice OhSplice;

/* Returns: (transfer full) (nullable): NULL: there is no going on in that coding, or in several */
OhSplice *oh_splice_new (const char *encoding);
void oh_splice_free (OhSplice *self);
/* Returns: so many of the next bytes end where one can go on; 0: none do, so far. Those are found then, and not to be given again. */
gsize oh_splice_find (OhSplice *self, const guint8 *data, gsize length);
/* These bytes stay as they are, and say @text. @found: one can go on behind them */
void oh_splice_pass (OhSplice *self, const guint8 *data, gsize length, const void *text, gsize text_length, gboolean found);
/* Whether one can go on behind what has passed, which may be nothing. */
gboolean oh_splice_can (OhSplice *self);
void oh_splice_append (OhSplice *self, const void *text, gsize length, GByteArray *out);
void oh_splice_end (OhSplice *self, GByteArray *out);

G_END_DECLS
