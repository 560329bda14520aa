/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

#include "oh-paths.h"

#include <string.h>

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

/* Where distributions keep the system's roots as one file. */
static const char *const system_files[] = {
  "/etc/ssl/certs/ca-certificates.crt",               /* Debian, Ubuntu, Arch, Alpine */
  "/etc/pki/tls/certs/ca-bundle.crt",                 /* Fedora */
  "/etc/ssl/ca-bundle.pem",                           /* openSUSE */
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
};

/* Certificates and revocation lists (RFC 7468): what we write is for anyone to read, and a file that the user names may hold
 * a private key beside them. */
static void
append_public (GString *pem, const char *text)
{
  static const char *const public[] = { "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CRL", NULL };

  while ((text = strstr (text, "-----BEGIN ")) != NULL)
    {
      const char *label = text + strlen ("-----BEGIN ");
      const char *label_end = strstr (label, "-----");
      const char *end = label_end != NULL ? strstr (label_end + strlen ("-----"), "-----") : NULL;
      g_autofree char *name = NULL;
      g_autofree char *border = NULL;

      if (end == NULL)
        return;
      name = g_strndup (label, label_end - label);
      border = g_strdup_printf ("-----END %s-----", name);
      /* In a block that is cut off another one may begin. */
      if (g_strv_contains (public, name) && g_str_has_prefix (end, border))
        {
          g_string_append_len (pem, text, end + strlen (border) - text);
          g_string_append_c (pem, '\n');
        }
      text = label;
    }
}

static void
append_file (GString *pem, const char *path)
{
  g_autofree char *contents = NULL;

  if (g_file_get_contents (path, &contents, NULL, NULL))
    append_public (pem, contents);
}

/* A folder as c_rehash makes them: the same certificates under several names. */
static void
append_folder (GString *pem, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_autofree char *contents = NULL;

      if (g_file_test (file, G_FILE_TEST_IS_REGULAR) && g_file_get_contents (file, &contents, NULL, NULL)
          && g_hash_table_add (seen, g_compute_checksum_for_string (G_CHECKSUM_SHA256, contents, -1)))
        append_public (pem, contents);
    }
}

const char *
oh_launch_find_system_trust (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (system_files); i++)
    if (g_file_test (system_files[i], G_FILE_TEST_IS_REGULAR))
      return system_files[i];
  return NULL;
}

static void
append_source (GString *pem, const char *source)
{
  if (g_str_equal (source, OH_TRUST_SYSTEM))
    {
      const char *file = oh_launch_find_system_trust ();

      if (file != NULL)
        append_file (pem, file);
    }
  else if (g_file_test (source, G_FILE_TEST_IS_DIR))
    append_folder (pem, source);
  else
    append_file (pem, source);
}

static char *
collect (const char *sources, const char *authority_pem)
{
  g_auto (GStrv) lines = g_strsplit (sources, "\n", -1);
  GString *pem = g_string_new (NULL);

  for (char **line = lines; *line != NULL; line++)
    if (**line != '\0')
      append_source (pem, *line);
  g_string_append (pem, authority_pem);
  if (pem->len > 0 && pem->str[pem->len - 1] != '\n')
    g_string_append_c (pem, '\n');
  return g_string_free (pem, FALSE);
}

gboolean
oh_trust_ensure (const char *runtime_dir, const char *authority_pem, const char *sources, GError **error)
{
  g_autofree char *path = oh_trust_get_path (runtime_dir, sources);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *pem = NULL;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  pem = collect (sources, authority_pem);
  return oh_paths_publish (runtime_dir, name, pem, -1, error);
}

/* One of the files with the system's roots, or a folder that has one: its other files are the same roots one by one. */
static gboolean
is_systems (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (system_files); i++)
    {
      g_autofree char *folder = g_path_get_dirname (system_files[i]);

      if (g_str_equal (path, system_files[i]) || g_str_equal (path, folder))
        return TRUE;
    }
  return FALSE;
}

char *
oh_launch_get_own_trust (const char *const *base, const OhLaunchSpec *spec)
{
  GString *pem = g_string_new (NULL);
  g_auto (GStrv) environment = NULL;
  g_auto (GStrv) folders = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  const char *directories;

  g_return_val_if_fail (base != NULL && spec != NULL, g_string_free (pem, FALSE));
  environment = oh_launch_merge_environment (base, spec);
  for (const char *const *name = oh_launch_get_trust_variables (); *name != NULL; name++)
    {
      const char *path = oh_environment_get (environment, *name);

      if (path != NULL && !is_systems (path) && g_hash_table_add (seen, (char *) path))
        append_source (pem, path);
    }
  directories = oh_environment_get (environment, "SSL_CERT_DIR");
  folders = g_strsplit (directories != NULL ? directories : "", ":", -1);
  for (char **folder = folders; *folder != NULL; folder++)
    if (!is_systems (*folder))
      append_folder (pem, *folder);
  return g_string_free (pem, FALSE);
}

static void
put_u16 (GByteArray *out, guint value)
{
  guint16 big = GUINT16_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &big, sizeof big);
}

static void
put_u32 (GByteArray *out, guint32 value)
{
  guint32 big = GUINT32_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &big, sizeof big);
}

static void
put_u64 (GByteArray *out, guint64 value)
{
  guint64 big = GUINT64_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &big, sizeof big);
}

static void
put_string (GByteArray *out, const char *text)
{
  gsize length = strlen (text);

  put_u16 (out, length);
  g_byte_array_append (out, (const guint8 *) text, length);
}

static GPtrArray *
split_certificates (const char *pem)
{
  GPtrArray *certificates = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  const char *begin = pem;

  while ((begin = strstr (begin, BEGIN)) != NULL)
    {
      const char *end = strstr (begin, END);
      g_autofree char *base64 = NULL;
      gsize length = 0;

      if (end == NULL)
        break;
      base64 = g_strndup (begin + strlen (BEGIN), end - begin - strlen (BEGIN));
      if (g_base64_decode_inplace (base64, &length) != NULL && length > 0)
        g_ptr_array_add (certificates, g_bytes_new (base64, length));
      begin = end + strlen (END);
    }
  return certificates;
}

/* The format as sun.security.provider.JavaKeyStore reads it: magic, version 2, count; an entry is tag 2 (trusted
 * certificate), alias, time, certificate type, length, DER; then SHA-1 over the password in UTF-16BE, the words "Mighty
 * Aphrodite" and all before. */
GByteArray *
oh_trust_make_keystore (const char *pem)
{
  g_autoptr (GPtrArray) certificates = split_certificates (pem);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  const guint64 now = (guint64) g_get_real_time () / 1000;
  GByteArray *store = g_byte_array_new ();
  guint8 digest[20];
  gsize digest_length = sizeof digest;

  put_u32 (store, 0xfeedfeed);
  put_u32 (store, 2);
  put_u32 (store, certificates->len);
  for (guint i = 0; i < certificates->len; i++)
    {
      g_autofree char *alias = g_strdup_printf ("root-%u", i);
      gsize length;
      const guint8 *der = g_bytes_get_data (certificates->pdata[i], &length);

      put_u32 (store, 2);
      put_string (store, alias);
      put_u64 (store, now);
      put_string (store, "X.509");
      put_u32 (store, length);
      g_byte_array_append (store, der, length);
    }
  for (const char *c = OH_TRUST_KEYSTORE_PASSWORD; *c != '\0'; c++)
    {
      const guint8 wide[2] = { 0, (guint8) *c };

      g_checksum_update (checksum, wide, sizeof wide);
    }
  g_checksum_update (checksum, (const guint8 *) "Mighty Aphrodite", -1);
  g_checksum_update (checksum, store->data, store->len);
  g_checksum_get_digest (checksum, digest, &digest_length);
  g_byte_array_append (store, digest, digest_length);
  return store;
}

gboolean
oh_trust_write_php (const char *runtime_dir, GError **error)
{
  /* The variable is of the run; PHP expands it. */
  return oh_paths_publish (runtime_dir, OH_TRUST_PHP "/overhear.ini",
                           "curl.cainfo=\"${SSL_CERT_FILE}\"\nopenssl.cafile=\"${SSL_CERT_FILE}\"\n", -1, error);
}

gboolean
oh_trust_write_keystore (const char *runtime_dir, const char *authority_pem, GError **error)
{
  g_autofree char *pem = collect (OH_TRUST_SYSTEM, authority_pem);
  g_autoptr (GByteArray) store = oh_trust_make_keystore (pem);

  return oh_paths_publish (runtime_dir, OH_TRUST_KEYSTORE, (const char *) store->data, store->len, error);
}
