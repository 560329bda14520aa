/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate authority: that of this process, whose key never leaves memory, or the one that is kept
 * (oh-standing.h). The one key of all leaves lives as long as the process. Certificates satisfy OpenSSL's X509_V_FLAG_X509_STRICT, which Python 3.13 sets. One thread. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _OhAuthority OhAuthority;

/* Seconds. */
#define OH_AUTHORITY_VALID (365 * 24 * 60 * 60)

/* Returns: NULL with OH_PROXY_ERROR_AUTHORITY. */
OhAuthority *oh_authority_new (GError **error);
/* One that is kept, for TLS servers among @hosts only (a critical constraint).
 * @mark: whose it is, in its name
 * @hosts: patterns, sensible ones: "*.com" is refused
 * @valid: seconds */
OhAuthority *oh_authority_new_kept (const char *mark, const char *const *hosts, gint64 valid, GError **error);
/* What oh_authority_export() gave. */
OhAuthority *oh_authority_new_from_pem (const char *pem, gsize length, GError **error);
/* Its certificate and its private key, PEM. (transfer full) */
char *oh_authority_export (OhAuthority *self, GError **error);
/* A new certificate for the same key and name: whoever trusts the old one accepts its leaves until that expires. */
gboolean oh_authority_renew (OhAuthority *self, const char *const *hosts, gint64 valid, GError **error);
/* Whether it is soon to be renewed. */
gboolean oh_authority_is_due (OhAuthority *self);
/* The name that an authority for this host, or for hosts such as "*.example.com", vouches for with all below it. NULL: that
 * is any. (transfer full) */
char *oh_authority_get_permitted (const char *pattern);
/* The names that it is constrained to, with all below them. (transfer full) NULL: it is not, critically */
char **oh_authority_get_names (OhAuthority *self);
/* Whether it is constrained, and vouches for all of these hosts; for one that has this name. */
gboolean oh_authority_covers (OhAuthority *self, const char *const *hosts);
gboolean oh_authority_vouches (OhAuthority *self, const char *host);
void oh_authority_free (OhAuthority *self);
const char *oh_authority_get_pem (OhAuthority *self);
/* Another certificate of the same authority, that vouches only for hosts that fit these patterns. From any thread.
 * (transfer full) */
char *oh_authority_make_pem (OhAuthority *self, const char *const *hosts, GError **error);
/* The certificate for a host name or address, made once. (transfer none)
 * Returns: NULL with OH_PROXY_ERROR_AUTHORITY. */
GTlsCertificate *oh_authority_get_leaf (OhAuthority *self, const char *host, GError **error);

G_END_DECLS
