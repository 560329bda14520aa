/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Undoes HTTP content-encodings (RFC 9110 §8.4) of a copy of a body, incrementally: gzip, x-gzip, deflate (zlib or raw),
 * br, zstd, identity, and lists of them. The bytes on the wire are never touched.
 *
 * A body that is not what its label says is taken as it is, and so is one whose label nobody knows: see
 * oh_decoder_dup_remark(). To find that out up to 64 bytes are held back. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_DECODER_ERROR (oh_decoder_error_quark ())
GQuark oh_decoder_error_quark (void);

typedef enum
{
  OH_DECODER_ERROR_UNSUPPORTED, /* too many codings */
  OH_DECODER_ERROR_CORRUPT,     /* the bytes began in that coding and are not of it any more */
  OH_DECODER_ERROR_TRUNCATED,   /* the body ended inside a coding */
  OH_DECODER_ERROR_TOO_LARGE,   /* more than the limit came out */
} OhDecoderError;

/* What may come out of an encoded body, in bytes. */
#define OH_DECODER_MAX (64u * 1024 * 1024)

typedef struct _OhDecoder OhDecoder;

/* @encoding: (nullable): the values of Content-Encoding, joined with commas
 * @limit: how many bytes may come out in all (a bomb's fuse); 0: OH_DECODER_MAX if there is a coding to undo. Less comes
 *   out of a body that is far smaller than that.
 * Returns: NULL with OH_DECODER_ERROR_UNSUPPORTED. (transfer full) */
OhDecoder *oh_decoder_new (const char *encoding, guint64 limit, GError **error);
void oh_decoder_free (OhDecoder *self);
/* Appends what @data decodes to. What came out before an error stays in @out. */
gboolean oh_decoder_feed (OhDecoder *self, const void *data, gsize length, GByteArray *out, GError **error);
/* Appends what was held back. Says whether the encoded body ended where it should: OH_DECODER_ERROR_TRUNCATED otherwise. */
gboolean oh_decoder_end (OhDecoder *self, GByteArray *out, GError **error);
/* Once it has ended: a sentence where the label is not true or bytes follow the body's end, else NULL. (transfer full) */
char *oh_decoder_dup_remark (const OhDecoder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDecoder, oh_decoder_free)

G_END_DECLS
