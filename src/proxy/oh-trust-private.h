/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom to trust upstream: the system's roots, shared by every connection, and perhaps further ones. A database of our
 * own is given to each connection because GIO's default one is parsed again by every single one of them (3.8 MB, 8 ms). */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_TYPE_TRUST (oh_trust_get_type ())
G_DECLARE_FINAL_TYPE (OhTrust, oh_trust, OH, TRUST, GTlsDatabase)

/* @extra_pem: further roots, or NULL. Returns: NULL with an error if they are no certificates. */
OhTrust *oh_trust_new (const char *extra_pem, GError **error);
/* A hash of @extra_pem: the same for all that trust the same. (transfer none) */
const char *oh_trust_get_id (OhTrust *self);

G_END_DECLS
