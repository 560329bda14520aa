/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificate authority of this process. Its key, and the one key of all leaves, are born here and never leave
 * memory. Certificates satisfy OpenSSL's X509_V_FLAG_X509_STRICT, which Python 3.13 sets. One thread. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _OhAuthority OhAuthority;

/* Returns: NULL with OH_PROXY_ERROR_AUTHORITY. */
OhAuthority *oh_authority_new (GError **error);
void oh_authority_free (OhAuthority *self);
const char *oh_authority_get_pem (OhAuthority *self);
/* Another certificate of the same authority, that vouches only for hosts that fit these patterns. From any thread.
 * (transfer full) */
char *oh_authority_make_pem (OhAuthority *self, const char *const *hosts, GError **error);
/* The certificate for a host name or address, made once. (transfer none)
 * Returns: NULL with OH_PROXY_ERROR_AUTHORITY. */
GTlsCertificate *oh_authority_get_leaf (OhAuthority *self, const char *host, GError **error);

G_END_DECLS
