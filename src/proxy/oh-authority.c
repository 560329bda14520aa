/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-authority-private.h"
#include "oh-proxy.h"

#include <glib/gi18n.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#define DAY (24 * 60 * 60)
/* Clients whose clock is wrong by a day, or was when we started, still agree. */
#define VALID_BEFORE DAY
#define AUTHORITY_VALID_BEFORE (30 * DAY)
#define AUTHORITY_VALID (365 * DAY)
#define LEAF_VALID (2 * DAY)
#define LEAF_RENEW DAY
/* Leaves kept before the cache starts anew. */
#define LEAVES_MAX 1024

struct _OhAuthority
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  gnutls_x509_privkey_t leaf_key;
  char *name;
  char *pem;
  char *leaf_key_pem;
  GHashTable *leaves; /* host → Leaf */
};

typedef struct
{
  GTlsCertificate *certificate;
  time_t made; /* by the clock that clients go by, which may be set meanwhile */
} Leaf;

static void
leaf_free (gpointer data)
{
  Leaf *leaf = data;

  g_object_unref (leaf->certificate);
  g_free (leaf);
}

static gboolean
check (int code, GError **error)
{
  if (code >= 0)
    return TRUE;
  g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_AUTHORITY, _("A certificate could not be made: %s"),
               gnutls_strerror (code));
  return FALSE;
}

static gboolean
make_key (gnutls_x509_privkey_t *key, GError **error)
{
  return check (gnutls_x509_privkey_init (key), error)
         && check (gnutls_x509_privkey_generate (*key, GNUTLS_PK_ECDSA,
                                                 GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0), error);
}

static gboolean
set_common (gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, gint64 before, gint64 valid, GError **error)
{
  guint8 serial[16];
  guint8 id[64];
  gsize id_size = sizeof id;
  time_t now = time (NULL);

  if (!check (gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof serial), error))
    return FALSE;
  serial[0] = (serial[0] & 0x7f) | 0x40; /* positive and of full length */
  return check (gnutls_x509_crt_set_version (crt, 3), error)
         && check (gnutls_x509_crt_set_serial (crt, serial, sizeof serial), error)
         && check (gnutls_x509_crt_set_activation_time (crt, now - before), error)
         && check (gnutls_x509_crt_set_expiration_time (crt, now + valid), error)
         && check (gnutls_x509_crt_set_key (crt, key), error)
         && check (gnutls_x509_crt_get_key_id (crt, GNUTLS_KEYID_USE_SHA1, id, &id_size), error)
         && check (gnutls_x509_crt_set_subject_key_id (crt, id, id_size), error);
}

static gboolean
set_issuer_key_id (gnutls_x509_crt_t issuer, gnutls_x509_crt_t crt, GError **error)
{
  guint8 id[64];
  gsize size = sizeof id;

  return check (gnutls_x509_crt_get_subject_key_id (issuer, id, &size, NULL), error)
         && check (gnutls_x509_crt_set_authority_key_id (crt, id, size), error);
}

static gboolean
set_name (gnutls_x509_crt_t crt, const char *oid, const char *value, GError **error)
{
  return check (gnutls_x509_crt_set_dn_by_oid (crt, oid, 0, value, strlen (value)), error);
}

static char *
export_certificate (gnutls_x509_crt_t crt, GError **error)
{
  gnutls_datum_t out;
  char *pem;

  if (!check (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, &out), error))
    return NULL;
  pem = g_strndup ((const char *) out.data, out.size);
  gnutls_free (out.data);
  return pem;
}

static char *
export_key (gnutls_x509_privkey_t key, GError **error)
{
  gnutls_datum_t out;
  char *pem;

  if (!check (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &out), error))
    return NULL;
  pem = g_strndup ((const char *) out.data, out.size);
  gnutls_memset (out.data, 0, out.size);
  gnutls_free (out.data);
  return pem;
}

/* Adds the names below a host or a pattern such as "*.example.com"; nothing if that leaves no more than a top-level domain.
 * Returns: FALSE if any name is permitted. */
static gboolean
permit (gnutls_x509_name_constraints_t names, const char *pattern)
{
  const char *star = strrchr (pattern, '*');
  g_autofree char *name = g_ascii_strdown (star != NULL ? star + 1 : pattern, -1);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);
  const char *dot = star != NULL ? strchr (name, '.') : NULL;
  const char *dns = dot != NULL ? dot + 1 : name;
  gnutls_datum_t datum = { (unsigned char *) dns, (unsigned int) strlen (dns) };
  guint8 range[32];

  if (star != NULL && (dot == NULL || strchr (dns, '.') == NULL || strchr (dns, '?') != NULL))
    return FALSE;
  if (address != NULL)
    {
      const gsize size = g_inet_address_get_native_size (address);

      memcpy (range, g_inet_address_to_bytes (address), size);
      memset (range + size, 0xff, size);
      datum = (gnutls_datum_t) { range, (unsigned int) size * 2 };
    }
  return gnutls_x509_name_constraints_add_permitted (names, address != NULL ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME,
                                                     &datum) >= 0;
}

/* Addresses, where no address is permitted. */
static gboolean
exclude_addresses (gnutls_x509_name_constraints_t names)
{
  guint8 none[32] = { 0 };
  gnutls_datum_t v4 = { none, 8 };
  gnutls_datum_t v6 = { none, 32 };

  return gnutls_x509_name_constraints_add_excluded (names, GNUTLS_SAN_IPADDRESS, &v4) >= 0
         && gnutls_x509_name_constraints_add_excluded (names, GNUTLS_SAN_IPADDRESS, &v6) >= 0;
}

/* Whoever comes by the key of this authority can pretend to be nobody else. Not critical: a client that does not know
 * the extension would refuse us. */
static gboolean
constrain (gnutls_x509_crt_t crt, const char *const *hosts, GError **error)
{
  gnutls_x509_name_constraints_t names;
  gboolean addresses = FALSE;
  gboolean all = FALSE;
  gboolean done;

  if (!check (gnutls_x509_name_constraints_init (&names), error))
    return FALSE;
  for (; *hosts != NULL && !all; hosts++)
    {
      g_autoptr (GInetAddress) address = g_inet_address_new_from_string (*hosts);

      addresses |= address != NULL;
      all = !permit (names, *hosts);
    }
  done = all || ((addresses || exclude_addresses (names)) && check (gnutls_x509_crt_set_name_constraints (crt, names, 0), error));
  gnutls_x509_name_constraints_deinit (names);
  return done;
}

/* @hosts: (nullable): patterns of those that it may vouch for; NULL: any */
static gnutls_x509_crt_t
make_certificate (OhAuthority *self, const char *const *hosts, GError **error)
{
  gnutls_x509_crt_t crt = NULL;

  if (check (gnutls_x509_crt_init (&crt), error)
      && set_common (crt, self->key, AUTHORITY_VALID_BEFORE, AUTHORITY_VALID, error)
      && set_name (crt, GNUTLS_OID_X520_ORGANIZATION_NAME, "Overhear", error)
      && set_name (crt, GNUTLS_OID_X520_COMMON_NAME, self->name, error)
      && check (gnutls_x509_crt_set_basic_constraints (crt, 1, 0), error)
      && check (gnutls_x509_crt_set_key_usage (crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN), error)
      && (hosts == NULL || constrain (crt, hosts, error))
      && set_issuer_key_id (crt, crt, error)
      && check (gnutls_x509_crt_sign2 (crt, crt, self->key, GNUTLS_DIG_SHA256, 0), error))
    return crt;
  if (crt != NULL)
    gnutls_x509_crt_deinit (crt);
  return NULL;
}

static gboolean
make_authority (OhAuthority *self, GError **error)
{
  guint16 number;

  if (!make_key (&self->key, error) || !make_key (&self->leaf_key, error)
      || !check (gnutls_rnd (GNUTLS_RND_NONCE, &number, sizeof number), error))
    return FALSE;
  /* Two Overhears at once have two names, or a client that trusts both would take one for the other. */
  self->name = g_strdup_printf ("Overhear on this computer %04x", number);
  self->certificate = make_certificate (self, NULL, error);
  if (self->certificate == NULL)
    return FALSE;
  self->pem = export_certificate (self->certificate, error);
  self->leaf_key_pem = export_key (self->leaf_key, error);
  return self->pem != NULL && self->leaf_key_pem != NULL;
}

OhAuthority *
oh_authority_new (GError **error)
{
  OhAuthority *self = g_new0 (OhAuthority, 1);

  self->leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, leaf_free);
  if (make_authority (self, error))
    return self;
  oh_authority_free (self);
  return NULL;
}

void
oh_authority_free (OhAuthority *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->leaves);
  if (self->certificate != NULL)
    gnutls_x509_crt_deinit (self->certificate);
  if (self->key != NULL)
    gnutls_x509_privkey_deinit (self->key);
  if (self->leaf_key != NULL)
    gnutls_x509_privkey_deinit (self->leaf_key);
  if (self->leaf_key_pem != NULL)
    gnutls_memset (self->leaf_key_pem, 0, strlen (self->leaf_key_pem));
  g_free (self->leaf_key_pem);
  g_free (self->name);
  g_free (self->pem);
  g_free (self);
}

const char *
oh_authority_get_pem (OhAuthority *self)
{
  return self->pem;
}

char *
oh_authority_make_pem (OhAuthority *self, const char *const *hosts, GError **error)
{
  gnutls_x509_crt_t crt = make_certificate (self, hosts, error);
  char *pem = crt != NULL ? export_certificate (crt, error) : NULL;

  if (crt != NULL)
    gnutls_x509_crt_deinit (crt);
  return pem;
}

static gboolean
set_host (gnutls_x509_crt_t crt, const char *host, GError **error)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  if (address != NULL)
    return check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_IPADDRESS, g_inet_address_to_bytes (address),
                                                        g_inet_address_get_native_size (address), GNUTLS_FSAN_SET),
                  error);
  return check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, host, strlen (host), GNUTLS_FSAN_SET),
                error);
}

static char *
make_leaf (OhAuthority *self, const char *host, GError **error)
{
  gnutls_x509_crt_t crt = NULL;
  char *pem = NULL;

  /* A common name has at most 64 characters, and is checked against the authority's constraints as a DNS name; the
   * alternative name alone counts anyway. */
  if (check (gnutls_x509_crt_init (&crt), error)
      && set_common (crt, self->leaf_key, VALID_BEFORE, LEAF_VALID, error)
      && set_name (crt, GNUTLS_OID_X520_ORGANIZATION_NAME, "Overhear", error)
      && (strlen (host) > 64 || g_hostname_is_ip_address (host) || set_name (crt, GNUTLS_OID_X520_COMMON_NAME, host, error))
      && check (gnutls_x509_crt_set_basic_constraints (crt, 0, -1), error)
      && check (gnutls_x509_crt_set_key_usage (crt, GNUTLS_KEY_DIGITAL_SIGNATURE), error)
      && check (gnutls_x509_crt_set_key_purpose_oid (crt, GNUTLS_KP_TLS_WWW_SERVER, 0), error)
      && set_host (crt, host, error)
      && set_issuer_key_id (self->certificate, crt, error)
      && check (gnutls_x509_crt_sign2 (crt, self->certificate, self->key, GNUTLS_DIG_SHA256, 0), error))
    pem = export_certificate (crt, error);
  if (crt != NULL)
    gnutls_x509_crt_deinit (crt);
  return pem;
}

GTlsCertificate *
oh_authority_get_leaf (OhAuthority *self, const char *host, GError **error)
{
  g_autofree char *name = g_ascii_strdown (host, -1);
  g_autofree char *leaf_pem = NULL;
  g_autofree char *chain = NULL;
  Leaf *leaf = g_hash_table_lookup (self->leaves, name);
  const time_t now = time (NULL);
  GTlsCertificate *certificate;

  if (leaf != NULL && now >= leaf->made && now < leaf->made + LEAF_VALID - LEAF_RENEW)
    return leaf->certificate;
  leaf_pem = make_leaf (self, name, error);
  if (leaf_pem == NULL)
    return NULL;
  /* Without the authority's: each run trusts one of its own, by the same key and name. */
  chain = g_strconcat (leaf_pem, self->leaf_key_pem, NULL);
  certificate = g_tls_certificate_new_from_pem (chain, -1, error);
  gnutls_memset (chain, 0, strlen (chain));
  if (certificate == NULL)
    return NULL;
  if (g_hash_table_size (self->leaves) >= LEAVES_MAX)
    g_hash_table_remove_all (self->leaves);
  leaf = g_new (Leaf, 1);
  leaf->certificate = certificate;
  leaf->made = now;
  g_hash_table_replace (self->leaves, g_steal_pointer (&name), leaf);
  return certificate;
}
