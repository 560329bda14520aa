/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of HTTP header fields in the order they were read; duplicates survive. Built by one thread, immutable once
 * shared. Secrets have been replaced by markers before a list gets here. */
#pragma once
#include <glib-object.h>

G_BEGIN_DECLS

/* How every mark begins that stands for a secret (oh-secrets-private.h has the rest). */
#define OH_REDACTED "<redacted "

typedef struct _OhHeaders OhHeaders;

OhHeaders *oh_headers_new (void);
OhHeaders *oh_headers_ref (OhHeaders *self);
void oh_headers_unref (OhHeaders *self);
void oh_headers_append (OhHeaders *self, const char *name, const char *value);
guint oh_headers_get_length (const OhHeaders *self);
/* @name, @value: (out) (transfer none) */
void oh_headers_get_nth (const OhHeaders *self, guint i, const char **name, const char **value);
/* The first value of that name, case-insensitively, or NULL. @self may be NULL. */
const char *oh_headers_get_one (const OhHeaders *self, const char *name);
/* All values of a field that is a list, in one (RFC 9110 §5.3), or NULL. @self may be NULL. (transfer full) */
char *oh_headers_dup_list (const OhHeaders *self, const char *name);
/* "Name: value\r\n" for each field: how a list is stored and searched. (transfer full) */
char *oh_headers_to_string (const OhHeaders *self);
/* The reverse. Lines without a colon are skipped. @text may be NULL: an empty list. */
OhHeaders *oh_headers_new_from_string (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhHeaders, oh_headers_unref)

G_END_DECLS
