/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How bytes stand in the database: varints, and blobs that are compressed where that helps. A packed blob begins with
 * one byte that names its coding, then (if compressed) the plain length as a varint. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhPacker OhPacker;

void oh_varint_append (GByteArray *out, guint64 value);
/* Reads a varint and moves @cursor past it. Returns: FALSE where the bytes end too early or it is too long. */
gboolean oh_varint_read (const guint8 **cursor, const guint8 *end, guint64 *value);
#define OH_ZIGZAG(n) (((guint64) (n) << 1) ^ (guint64) ((gint64) (n) >> 63))
#define OH_UNZIGZAG(n) ((gint64) ((n) >> 1) ^ -(gint64) ((n) &1))

/* Holds the coder's working memory. One thread at a time. */
OhPacker *oh_packer_new (void);
void oh_packer_free (OhPacker *self);
/* @out: replaced by the packed form of @data */
void oh_packer_pack (OhPacker *self, const void *data, gsize length, GByteArray *out);
/* Appends what @packed was made of. @limit: no more than that many bytes may come out.
 * Returns: FALSE where it is no packed blob. NULL with length 0 is an empty blob. */
gboolean oh_packer_unpack (OhPacker *self, const void *packed, gsize length, gsize limit, GByteArray *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPacker, oh_packer_free)

G_END_DECLS
