/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Content encodings, a piece at a time: after each piece the reader can decode all that was sent so far. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhSimEncoder OhSimEncoder;

/* The encoding to answer an Accept-Encoding with, or NULL for none. (transfer none) */
const char *oh_sim_encoder_choose (const char *accept_encoding);

/* @encoding: gzip, deflate (zlib, as HTTP means it), br, zstd. Returns: NULL for anything else. */
OhSimEncoder *oh_sim_encoder_new (const char *encoding);
void oh_sim_encoder_free (OhSimEncoder *self);

/* Encodes @bytes and flushes; with @last ends the encoding too. (transfer full) */
GBytes *oh_sim_encoder_push (OhSimEncoder *self, GBytes *bytes, gboolean last);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSimEncoder, oh_sim_encoder_free)

G_END_DECLS
