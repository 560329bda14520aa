/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-truststore-private.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"
#define OUR_NAME "Overhear on this computer "

void
oh_anchor_free (OhAnchor *self)
{
  if (self == NULL)
    return;
  g_free (self->nickname);
  g_free (self->name);
  g_free (self->fingerprint);
  g_free (self);
}

char *
oh_anchor_get_slug (const OhAnchor *self)
{
  return g_strconcat ("overhear-", self->name + strlen (OUR_NAME), NULL);
}

/* Returns: NULL if it is not of any Overhear. */
static OhAnchor *
read_anchor (gnutls_x509_crt_t crt, const char *nickname)
{
  char organization[64], name[128];
  gsize organization_size = sizeof organization;
  gsize name_size = sizeof name;
  guint8 digest[32];
  gsize digest_size = sizeof digest;
  OhAnchor *self;
  GString *fingerprint;

  if (gnutls_x509_crt_get_dn_by_oid (crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, 0, organization, &organization_size) < 0
      || !g_str_equal (organization, "Overhear")
      || gnutls_x509_crt_get_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &name_size) < 0
      || !g_str_has_prefix (name, OUR_NAME) || strspn (name + strlen (OUR_NAME), "0123456789abcdef-") != strlen (name + strlen (OUR_NAME))
      || gnutls_x509_crt_get_fingerprint (crt, GNUTLS_DIG_SHA256, digest, &digest_size) < 0)
    return NULL;
  fingerprint = g_string_new (NULL);
  for (gsize i = 0; i < digest_size; i++)
    g_string_append_printf (fingerprint, "%02x", digest[i]);
  self = g_new0 (OhAnchor, 1);
  self->nickname = g_strdup (nickname != NULL ? nickname : name);
  self->name = g_strdup (name);
  self->fingerprint = g_string_free (fingerprint, FALSE);
  self->expires_s = gnutls_x509_crt_get_expiration_time (crt);
  self->trusted = TRUE;
  return self;
}

void
oh_anchors_add_from_pem (GPtrArray *anchors, const char *pem, const char *nickname)
{
  while ((pem = strstr (pem, BEGIN)) != NULL)
    {
      const char *end = strstr (pem, END);
      gnutls_datum_t datum = { (unsigned char *) pem, 0 };
      gnutls_x509_crt_t crt;
      OhAnchor *anchor = NULL;

      if (end == NULL)
        return;
      end += strlen (END);
      datum.size = (unsigned int) (end - pem);
      if (gnutls_x509_crt_init (&crt) < 0)
        return;
      if (gnutls_x509_crt_import (crt, &datum, GNUTLS_X509_FMT_PEM) >= 0)
        anchor = read_anchor (crt, nickname);
      gnutls_x509_crt_deinit (crt);
      if (anchor != NULL)
        g_ptr_array_add (anchors, anchor);
      pem = end;
    }
}

OhAnchor *
oh_anchor_new_from_pem (const char *pem)
{
  g_autoptr (GPtrArray) anchors = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_anchor_free);

  g_return_val_if_fail (pem != NULL, NULL);
  oh_anchors_add_from_pem (anchors, pem, NULL);
  return anchors->len > 0 ? g_ptr_array_steal_index (anchors, 0) : NULL;
}
