/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packs a text in an HTTP content-encoding, as oh-decoder.h unpacks it. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* @encoding: one of gzip, x-gzip, deflate, br, zstd
 * Returns: (transfer full) (nullable): NULL: another, or several */
GBytes *oh_encoder_pack (const char *encoding, GBytes *text);

G_END_DECLS
