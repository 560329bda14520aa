/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificate authority that is kept, for programs that no run started: they trust it in the stores of this computer.
 * It is a file of the data folder, which any process of this user may make anew; whoever signs with it looks at the file
 * each time. One thread. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _OhStanding OhStanding;

typedef enum
{
  OH_STANDING_KEPT,
  OH_STANDING_MADE,     /* there was none */
  OH_STANDING_RENEWED,  /* with the same key and name: stores that trust the old one do so until that expires */
  OH_STANDING_WIDENED,  /* with the same key and name, for more hosts: stores that trust the old one do so for the old hosts */
  OH_STANDING_REPLACED, /* by another: what stores trust is worth nothing any more */
} OhStandingNews;

/* Makes no file. @data_dir: where it is or will be */
OhStanding *oh_standing_new (const char *data_dir);
void oh_standing_free (OhStanding *self);
/* Makes one where there is none (or none that can be read), renews one that is about to expire, widens one that cannot vouch
 * for all of these hosts: a host that it was once for it stays for, so that what trusts it keeps its worth.
 * @hosts: patterns of those that it may vouch for, NULL-terminated
 * @anew: replaces it whatever it is
 * Returns: FALSE with OH_PROXY_ERROR_AUTHORITY, OH_PROXY_ERROR_HOST (there is none) or a GFileError. */
gboolean oh_standing_ensure (
    OhStanding *self, const char *const *hosts, gboolean anew, OhStandingNews *news, GError **error);
/* Its certificate, PEM, or NULL where there is none. (transfer none), until the next call. */
const char *oh_standing_get_pem (OhStanding *self);
/* The certificate that this would come to, PEM, and nothing is kept of it; the number in the name of a new one will be another.
 * (transfer full) */
char *oh_standing_preview (OhStanding *self, const char *const *hosts, OhStandingNews *news, GError **error);
/* Undoes what the last oh_standing_ensure() did, unless somebody has made another since. */
void oh_standing_take_back (OhStanding *self);
/* Whether it is what oh_standing_ensure() would keep. */
gboolean oh_standing_is_good (OhStanding *self, const char *const *hosts);
/* Whether it can vouch for this host, or for hosts such as "*.example.com". FALSE where there is none. */
gboolean oh_standing_covers (OhStanding *self, const char *host);
/* Removes its key and its certificate from the disk. */
gboolean oh_standing_forget (OhStanding *self, GError **error);

/* The names that it can vouch for, with all names below them, or one for these hosts could: a constraint knows no pattern, so
 * these are more. (transfer full) */
char **oh_standing_get_names (OhStanding *self, const char *const *hosts);
/* The file with the certificate alone, for stores to read. (transfer full) */
char *oh_standing_get_certificate_path (const char *data_dir);
/* What stands in the names of all authorities of this data folder, past ones too. (transfer full) */
char *oh_standing_get_mark (const char *data_dir);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhStanding, oh_standing_free)

G_END_DECLS
