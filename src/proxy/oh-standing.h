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
  OH_STANDING_REPLACED, /* by another, for other hosts: what stores trust is worth nothing any more */
} OhStandingNews;

/* Makes no file. @data_dir: where it is or will be */
OhStanding *oh_standing_new (const char *data_dir);
void oh_standing_free (OhStanding *self);
/* Makes one where there is none (or none that can be read), renews one that is about to expire, replaces one that is for
 * other hosts.
 * @hosts: patterns of those that it may vouch for, NULL-terminated
 * @anew: replaces it whatever it is
 * Returns: FALSE with OH_PROXY_ERROR_AUTHORITY or a GFileError. */
gboolean oh_standing_ensure (
    OhStanding *self, const char *const *hosts, gboolean anew, OhStandingNews *news, GError **error);
/* Its certificate, PEM, or NULL where there is none. (transfer none), until the next call. */
const char *oh_standing_get_pem (OhStanding *self);
/* Whether it is what oh_standing_ensure() would keep. */
gboolean oh_standing_is_good (OhStanding *self, const char *const *hosts);
/* Removes its key and its certificate from the disk. */
gboolean oh_standing_forget (OhStanding *self, GError **error);

/* The names that one for these hosts can vouch for, with all names below them: a constraint knows no pattern, so these are
 * more. (transfer full) */
char **oh_standing_get_names (const char *const *hosts);
/* The file with the certificate alone, for stores to read. (transfer full) */
char *oh_standing_get_certificate_path (const char *data_dir);
/* What stands in the names of all authorities of this data folder, past ones too. (transfer full) */
char *oh_standing_get_mark (const char *data_dir);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhStanding, oh_standing_free)

G_END_DECLS
