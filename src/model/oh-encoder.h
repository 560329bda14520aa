/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packs a text in an HTTP content-encoding, as oh-decoder.h unpacks it. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* One that packs what comes piece by piece. */
typedef struct _OhEncoder OhEncoder;

/* @encoding: one of gzip, x-gzip, deflate, br, zstd
 * Returns: (transfer full) (nullable): NULL: another, or several */
OhEncoder *oh_encoder_new (const char *encoding);
void oh_encoder_free (OhEncoder *self);
/* Appends what @data becomes to @out, so far that it can be unpacked at once; and the end, if there is no more.
 * Returns: FALSE if it cannot be packed */
gboolean oh_encoder_feed (OhEncoder *self, const void *data, gsize length, gboolean ended, GByteArray *out);

/* A whole text. Returns: (transfer full) (nullable): as above */
GBytes *oh_encoder_pack (const char *encoding, GBytes *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhEncoder, oh_encoder_free)

G_END_DECLS
