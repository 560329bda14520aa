/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-authority-private.h"
#include "oh-proxy-error.h"

#include <glib/gi18n.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#define DAY (24 * 60 * 60)
/* Clients whose clock is wrong by a day, or was when we started, still agree. */
#define VALID_BEFORE DAY
#define AUTHORITY_VALID_BEFORE (30 * DAY)
#define AUTHORITY_RENEW (30 * DAY)
#define LEAF_VALID (2 * DAY)
#define LEAF_RENEW DAY
/* Leaves kept before the cache starts anew. */
#define LEAVES_MAX 1024
#define NAME_CONSTRAINTS "2.5.29.30"
/* Below it there is nobody. */
#define NOBODY "invalid"

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

char *
oh_authority_get_permitted (const char *pattern)
{
  const char *star = strrchr (pattern, '*');
  g_autofree char *name = g_ascii_strdown (star != NULL ? star + 1 : pattern, -1);
  const char *dot = star != NULL ? strchr (name, '.') : NULL;
  const char *dns = dot != NULL ? dot + 1 : name;

  if (star != NULL && (dot == NULL || strchr (dns, '.') == NULL || strchr (dns, '?') != NULL))
    return NULL;
  return g_strdup (dns);
}

/* Returns: FALSE if any name would be permitted. */
static gboolean
permit (gnutls_x509_name_constraints_t names, const char *pattern)
{
  g_autofree char *name = oh_authority_get_permitted (pattern);
  g_autoptr (GInetAddress) address = name != NULL ? g_inet_address_new_from_string (name) : NULL;
  gnutls_datum_t datum = { (unsigned char *) name, name != NULL ? (unsigned int) strlen (name) : 0 };
  guint8 range[32];

  if (name == NULL)
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

/* All addresses of a family, where none of it is permitted. */
static gboolean
exclude_addresses (gnutls_x509_name_constraints_t names, GSocketFamily family)
{
  guint8 any[32] = { 0 };
  gnutls_datum_t range = { any, family == G_SOCKET_FAMILY_IPV4 ? 8 : 32 };

  return gnutls_x509_name_constraints_add_excluded (names, GNUTLS_SAN_IPADDRESS, &range) >= 0;
}

static int
compare_hosts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* What an authority may vouch for, as the value of its extension: the same hosts make the same bytes.
 * @hosts: patterns
 * @any: (out): one of them leaves it free to vouch for anyone; @value is nothing then
 * @value: (out): to be freed with gnutls_free() */
static gboolean
make_constraints (const char *const *hosts, gboolean *any, gnutls_datum_t *value, GError **error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  gnutls_x509_name_constraints_t names;
  gboolean dns = FALSE;
  gboolean v4 = FALSE;
  gboolean v6 = FALSE;
  gboolean done = TRUE;

  *any = FALSE;
  if (!check (gnutls_x509_name_constraints_init (&names), error))
    return FALSE;
  for (; *hosts != NULL; hosts++)
    g_ptr_array_add (sorted, (gpointer) *hosts);
  g_ptr_array_sort (sorted, compare_hosts);
  for (guint i = 0; i < sorted->len && !*any; i++)
    {
      const char *host = g_ptr_array_index (sorted, i);
      g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

      dns |= address == NULL;
      v4 |= address != NULL && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4;
      v6 |= address != NULL && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6;
      *any = !permit (names, host);
    }
  /* A kind of name that no constraint speaks of is free. */
  if (!dns)
    permit (names, NOBODY);
  if (!*any)
    done = (v4 || exclude_addresses (names, G_SOCKET_FAMILY_IPV4)) && (v6 || exclude_addresses (names, G_SOCKET_FAMILY_IPV6))
           && check (gnutls_x509_ext_export_name_constraints (names, value), error);
  gnutls_x509_name_constraints_deinit (names);
  return done;
}

/* Whoever comes by the key of this authority can pretend to be nobody else.
 * @critical: FALSE: a client that does not know the extension accepts us all the same */
static gboolean
constrain (gnutls_x509_crt_t crt, const char *const *hosts, gboolean critical, GError **error)
{
  gnutls_datum_t value;
  gboolean any;
  gboolean done;

  if (!make_constraints (hosts, &any, &value, error))
    return FALSE;
  if (any && critical)
    {
      g_set_error_literal (error, OH_PROXY_ERROR, OH_PROXY_ERROR_AUTHORITY,
                           _("A certificate that programs trust for good is made for hosts such as “api.example.com” or "
                             "“*.example.com”, not for all there are."));
      return FALSE;
    }
  if (any)
    return TRUE;
  done = check (gnutls_x509_crt_set_extension_by_oid (crt, NAME_CONSTRAINTS, value.data, value.size, critical), error);
  gnutls_free (value.data);
  return done;
}

/* One that stays: it is good for servers only, and critically for @hosts only. */
static gboolean
bind_kept (gnutls_x509_crt_t crt, const char *const *hosts, GError **error)
{
  return check (gnutls_x509_crt_set_key_purpose_oid (crt, GNUTLS_KP_TLS_WWW_SERVER, 0), error)
         && constrain (crt, hosts, TRUE, error);
}

/* @hosts: (nullable): patterns of those that it may vouch for; NULL: any
 * @valid: seconds; 0: it is this process's and not kept */
static gnutls_x509_crt_t
make_certificate (OhAuthority *self, const char *const *hosts, gint64 valid, GError **error)
{
  gnutls_x509_crt_t crt = NULL;

  if (check (gnutls_x509_crt_init (&crt), error)
      && set_common (crt, self->key, AUTHORITY_VALID_BEFORE, valid > 0 ? valid : OH_AUTHORITY_VALID, error)
      && set_name (crt, GNUTLS_OID_X520_ORGANIZATION_NAME, "Overhear", error)
      && set_name (crt, GNUTLS_OID_X520_COMMON_NAME, self->name, error)
      && check (gnutls_x509_crt_set_basic_constraints (crt, 1, 0), error)
      && check (gnutls_x509_crt_set_key_usage (crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN), error)
      && (hosts == NULL || (valid > 0 ? bind_kept (crt, hosts, error) : constrain (crt, hosts, FALSE, error)))
      && set_issuer_key_id (crt, crt, error)
      && check (gnutls_x509_crt_sign2 (crt, crt, self->key, GNUTLS_DIG_SHA256, 0), error))
    return crt;
  if (crt != NULL)
    gnutls_x509_crt_deinit (crt);
  return NULL;
}

static gboolean
set_certificate (OhAuthority *self, gnutls_x509_crt_t crt, GError **error)
{
  if (crt == NULL)
    return FALSE;
  g_clear_pointer (&self->certificate, gnutls_x509_crt_deinit);
  g_clear_pointer (&self->pem, g_free);
  self->certificate = crt;
  self->pem = export_certificate (crt, error);
  return self->pem != NULL;
}

static OhAuthority *
new_empty (void)
{
  OhAuthority *self = g_new0 (OhAuthority, 1);

  self->leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, leaf_free);
  return self;
}

/* The key of all leaves, which lives as long as the process. */
static gboolean
make_leaf_key (OhAuthority *self, GError **error)
{
  if (!make_key (&self->leaf_key, error))
    return FALSE;
  self->leaf_key_pem = export_key (self->leaf_key, error);
  return self->leaf_key_pem != NULL;
}

static OhAuthority *
make_authority (char *name, const char *const *hosts, gint64 valid, GError **error)
{
  OhAuthority *self = new_empty ();

  self->name = name;
  if (make_key (&self->key, error) && make_leaf_key (self, error)
      && set_certificate (self, make_certificate (self, hosts, valid, error), error))
    return self;
  oh_authority_free (self);
  return NULL;
}

OhAuthority *
oh_authority_new (GError **error)
{
  guint16 number;

  if (!check (gnutls_rnd (GNUTLS_RND_NONCE, &number, sizeof number), error))
    return NULL;
  /* Two Overhears at once have two names, or a client that trusts both would take one for the other. */
  return make_authority (g_strdup_printf ("Overhear on this computer %04x", number), NULL, 0, error);
}

OhAuthority *
oh_authority_new_kept (const char *mark, const char *const *hosts, gint64 valid, GError **error)
{
  guint32 number;

  if (!check (gnutls_rnd (GNUTLS_RND_NONCE, &number, sizeof number), error))
    return NULL;
  return make_authority (g_strdup_printf ("Overhear on this computer %s-%08x", mark, number), hosts, valid, error);
}

static gboolean
read_name (OhAuthority *self, GError **error)
{
  char name[128];
  gsize size = sizeof name;

  if (!check (gnutls_x509_crt_get_dn_by_oid (self->certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size), error))
    return FALSE;
  self->name = g_strndup (name, size);
  return TRUE;
}

static gboolean
is_key_of (gnutls_x509_privkey_t key, gnutls_x509_crt_t crt)
{
  guint8 of_key[64];
  guint8 of_crt[64];
  gsize key_size = sizeof of_key;
  gsize crt_size = sizeof of_crt;

  return gnutls_x509_privkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size) >= 0
         && gnutls_x509_crt_get_key_id (crt, GNUTLS_KEYID_USE_SHA256, of_crt, &crt_size) >= 0 && key_size == crt_size
         && memcmp (of_key, of_crt, key_size) == 0;
}

OhAuthority *
oh_authority_new_from_pem (const char *pem, gsize length, GError **error)
{
  OhAuthority *self = new_empty ();
  gnutls_datum_t datum = { (unsigned char *) pem, (unsigned int) length };
  gnutls_x509_crt_t crt = NULL;

  if (check (gnutls_x509_privkey_init (&self->key), error)
      && check (gnutls_x509_privkey_import2 (self->key, &datum, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN), error)
      && check (gnutls_x509_crt_init (&crt), error))
    {
      const gboolean read = check (gnutls_x509_crt_import (crt, &datum, GNUTLS_X509_FMT_PEM), error);

      if (!read)
        gnutls_x509_crt_deinit (crt);
      else if (set_certificate (self, crt, error) && read_name (self, error) && make_leaf_key (self, error))
        {
          if (is_key_of (self->key, self->certificate))
            return self;
          check (GNUTLS_E_CERTIFICATE_KEY_MISMATCH, error);
        }
    }
  oh_authority_free (self);
  return NULL;
}

char *
oh_authority_export (OhAuthority *self, GError **error)
{
  g_autofree char *key = export_key (self->key, error);
  char *both;

  if (key == NULL)
    return NULL;
  both = g_strconcat (self->pem, key, NULL);
  gnutls_memset (key, 0, strlen (key));
  return both;
}

gboolean
oh_authority_renew (OhAuthority *self, const char *const *hosts, gint64 valid, GError **error)
{
  return set_certificate (self, make_certificate (self, hosts, valid, error), error);
}

/* Returns: FALSE where it has no critical ones. @names: (out): to be freed with gnutls_x509_name_constraints_deinit() */
static gboolean
read_constraints (OhAuthority *self, gnutls_x509_name_constraints_t *names)
{
  unsigned int critical = 0;

  if (gnutls_x509_name_constraints_init (names) < 0)
    return FALSE;
  if (gnutls_x509_crt_get_name_constraints (self->certificate, *names, 0, &critical) >= 0 && critical)
    return TRUE;
  gnutls_x509_name_constraints_deinit (*names);
  return FALSE;
}

char **
oh_authority_get_names (OhAuthority *self)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  gnutls_x509_name_constraints_t names;
  gnutls_datum_t name;
  unsigned int type;

  if (!read_constraints (self, &names))
    return NULL;
  for (unsigned int i = 0; gnutls_x509_name_constraints_get_permitted (names, i, &type, &name) >= 0; i++)
    {
      g_autoptr (GInetAddress) address = NULL;
      g_autofree char *text = NULL;

      /* An address stands before its mask, of all bits. */
      if (type == GNUTLS_SAN_IPADDRESS && (name.size == 8 || name.size == 32))
        address = g_inet_address_new_from_bytes (name.data, name.size == 8 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
      if (address != NULL)
        text = g_inet_address_to_string (address);
      else if (type == GNUTLS_SAN_DNSNAME)
        text = g_strndup ((const char *) name.data, name.size);
      /* Two patterns may have come to one name. */
      if (text != NULL && strcmp (text, NOBODY) != 0 && !g_ptr_array_find_with_equal_func (found, text, g_str_equal, NULL))
        g_ptr_array_add (found, g_steal_pointer (&text));
    }
  gnutls_x509_name_constraints_deinit (names);
  g_ptr_array_add (found, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&found), FALSE);
}

gboolean
oh_authority_covers (OhAuthority *self, const char *const *hosts)
{
  gnutls_x509_name_constraints_t names;

  if (!read_constraints (self, &names))
    return FALSE;
  gnutls_x509_name_constraints_deinit (names);
  for (; *hosts != NULL; hosts++)
    {
      g_autofree char *name = oh_authority_get_permitted (*hosts);

      if (name == NULL || !oh_authority_vouches (self, name))
        return FALSE;
    }
  return TRUE;
}

gboolean
oh_authority_vouches (OhAuthority *self, const char *host)
{
  gnutls_x509_name_constraints_t names;
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  gnutls_datum_t name = { (unsigned char *) host, (unsigned int) strlen (host) };
  unsigned int critical;
  gboolean does;
  int found;

  if (address != NULL)
    name = (gnutls_datum_t) { (unsigned char *) g_inet_address_to_bytes (address),
                              (unsigned int) g_inet_address_get_native_size (address) };
  if (gnutls_x509_name_constraints_init (&names) < 0)
    return FALSE;
  found = gnutls_x509_crt_get_name_constraints (self->certificate, names, 0, &critical);
  does = found == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE
         || (found >= 0 && gnutls_x509_name_constraints_check (names, address != NULL ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME,
                                                               &name));
  gnutls_x509_name_constraints_deinit (names);
  return does;
}

gboolean
oh_authority_is_due (OhAuthority *self)
{
  const time_t now = time (NULL);

  return now < gnutls_x509_crt_get_activation_time (self->certificate)
         || now > gnutls_x509_crt_get_expiration_time (self->certificate) - AUTHORITY_RENEW;
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
  gnutls_x509_crt_t crt = make_certificate (self, hosts, 0, error);
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
