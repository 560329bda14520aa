/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-trust-private.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct _OhTrust
{
  GTlsDatabase parent;
  GTlsDatabase *system;
  GTlsDatabase *extra;
  char *id;
};

G_DEFINE_FINAL_TYPE (OhTrust, oh_trust, G_TYPE_TLS_DATABASE)

static GTlsCertificateFlags
trust_verify_chain (GTlsDatabase *database,
                    GTlsCertificate *chain,
                    const char *purpose,
                    GSocketConnectable *identity,
                    GTlsInteraction *interaction,
                    GTlsDatabaseVerifyFlags flags,
                    GCancellable *cancellable,
                    GError **error)
{
  OhTrust *self = OH_TRUST (database);
  GTlsCertificateFlags verdict;

  verdict = g_tls_database_verify_chain (self->system, chain, purpose, identity, interaction, flags, cancellable, error);
  if ((verdict & G_TLS_CERTIFICATE_UNKNOWN_CA) == 0 || self->extra == NULL)
    return verdict;
  return g_tls_database_verify_chain (self->extra, chain, purpose, identity, interaction, flags, cancellable, error);
}

static void
oh_trust_finalize (GObject *object)
{
  OhTrust *self = OH_TRUST (object);

  g_clear_object (&self->system);
  g_clear_object (&self->extra);
  g_free (self->id);
  G_OBJECT_CLASS (oh_trust_parent_class)->finalize (object);
}

static void
oh_trust_class_init (OhTrustClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_trust_finalize;
  G_TLS_DATABASE_CLASS (klass)->verify_chain = trust_verify_chain;
}

static void
oh_trust_init (OhTrust *self)
{
}

/* GIO reads roots from a file only; this one has no name on any disk. */
static GTlsDatabase *
database_from_pem (const char *pem, GError **error)
{
  g_autofree char *path = NULL;
  gsize length = strlen (pem);
  GTlsDatabase *database;
  int fd = memfd_create ("overhear-trust", MFD_CLOEXEC);

  if (fd < 0 || write (fd, pem, length) != (gssize) length)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("The certificates could not be read."));
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  path = g_strdup_printf ("/proc/self/fd/%d", fd);
  database = g_tls_file_database_new (path, error);
  close (fd);
  return database;
}

OhTrust *
oh_trust_new (const char *extra_pem, GError **error)
{
  g_autoptr (OhTrust) self = g_object_new (OH_TYPE_TRUST, NULL);

  self->system = g_tls_backend_get_default_database (g_tls_backend_get_default ());
  self->id = extra_pem != NULL ? g_compute_checksum_for_string (G_CHECKSUM_SHA256, extra_pem, -1) : g_strdup ("");
  if (extra_pem != NULL)
    {
      g_autoptr (GTlsCertificate) first = g_tls_certificate_new_from_pem (extra_pem, -1, error);

      if (first == NULL)
        return NULL;
      self->extra = database_from_pem (extra_pem, error);
      if (self->extra == NULL)
        return NULL;
    }
  return g_steal_pointer (&self);
}

const char *
oh_trust_get_id (OhTrust *self)
{
  return self->id;
}
