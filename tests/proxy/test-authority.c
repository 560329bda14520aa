/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The authority that is kept: its file, whom its leaves convince and whom they do not, how it is renewed and replaced. */
#include "config.h"
#include "oh-proxy.h"
#include "oh-standing-private.h"

#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>

#define DAY (24 * 60 * 60)

static const char *const hosts[] = { "api.example.com", "*.gateway.example.net", "10.1.2.3", NULL };

typedef struct
{
  char *dir;
  OhStanding *standing;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->dir = g_dir_make_tmp ("overhear-authority-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->standing = oh_standing_new (fixture->dir);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->dir, 0, NULL);
  const char *name;

  oh_standing_free (fixture->standing);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->dir, name, NULL);

      g_remove (path);
    }
  g_rmdir (fixture->dir);
  g_free (fixture->dir);
}

static char *
path_of (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->dir, name, NULL);
}

static OhStandingNews
ensure (Fixture *fixture, const char *const *for_hosts)
{
  g_autoptr (GError) error = NULL;
  OhStandingNews news = 99;

  oh_standing_ensure (fixture->standing, for_hosts, FALSE, &news, &error);
  g_assert_no_error (error);
  return news;
}

/* A chain in PEM, the leaf's first; and whether GnuTLS accepts it for that host. */
static gboolean
gnutls_accepts (const char *root, const char *leaf, const char *host)
{
  gnutls_datum_t root_datum = { (unsigned char *) root, (unsigned int) strlen (root) };
  gnutls_datum_t leaf_datum = { (unsigned char *) leaf, (unsigned int) strlen (leaf) };
  gnutls_typed_vdata_st wanted[] = {
    { GNUTLS_DT_DNS_HOSTNAME, (unsigned char *) host, 0 },
    { GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *) GNUTLS_KP_TLS_WWW_SERVER, 0 },
  };
  gnutls_x509_trust_list_t list;
  gnutls_x509_crt_t crt;
  unsigned int status = 0;

  g_assert_cmpint (gnutls_x509_trust_list_init (&list, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_trust_list_add_trust_mem (list, &root_datum, NULL, GNUTLS_X509_FMT_PEM, 0, 0), ==, 1);
  g_assert_cmpint (gnutls_x509_crt_init (&crt), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_import (crt, &leaf_datum, GNUTLS_X509_FMT_PEM), ==, 0);
  g_assert_cmpint (gnutls_x509_trust_list_verify_crt2 (list, &crt, 1, wanted, G_N_ELEMENTS (wanted), 0, &status, NULL), ==, 0);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_trust_list_deinit (list, 1);
  return status == 0;
}

static gboolean
openssl_accepts (Fixture *fixture, const char *root, const char *leaf, const char *host)
{
  g_autofree char *root_path = path_of (fixture, "root.pem");
  g_autofree char *leaf_path = path_of (fixture, "leaf.pem");
  const char *host_option = g_hostname_is_ip_address (host) ? "-verify_ip" : "-verify_hostname";
  const char *argv[] = { "openssl", "verify", "-x509_strict", "-purpose", "sslserver", host_option, host, "-no-CApath",
                         "-CAfile", root_path, leaf_path, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  g_file_set_contents (root_path, root, -1, &error);
  g_assert_no_error (error);
  g_file_set_contents (leaf_path, leaf, -1, &error);
  g_assert_no_error (error);
  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  return status == 0;
}

static void
test_constraints (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *host;
    gboolean accepted;
  } cases[] = {
    { "api.example.com", TRUE },
    { "eu.gateway.example.net", TRUE },
    { "10.1.2.3", TRUE },
    { "www.example.com", FALSE },
    { "api.example.com.evil.example", FALSE },
    { "xapi.example.com", FALSE },
    { "example.net", FALSE },
    { "bank.example", FALSE },
    { "10.1.2.4", FALSE },
    { "::1", FALSE },
  };
  g_autoptr (GError) error = NULL;
  g_autofree char *openssl = g_find_program_in_path ("openssl");
  OhAuthority *authority;

  g_assert_cmpint (ensure (fixture, hosts), ==, OH_STANDING_MADE);
  authority = oh_standing_get (fixture->standing);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *root = oh_authority_get_pem (authority);
      GTlsCertificate *leaf = oh_authority_get_leaf (authority, cases[i].host, &error);
      g_autofree char *pem = NULL;

      g_assert_no_error (error);
      g_object_get (leaf, "certificate-pem", &pem, NULL);
      g_test_message ("%s", cases[i].host);
      g_assert_cmpint (oh_authority_vouches (authority, cases[i].host), ==, cases[i].accepted);
      if (!g_hostname_is_ip_address (cases[i].host))
        g_assert_cmpint (gnutls_accepts (root, pem, cases[i].host), ==, cases[i].accepted);
      if (openssl != NULL)
        g_assert_cmpint (openssl_accepts (fixture, root, pem, cases[i].host), ==, cases[i].accepted);
    }
}

/* A name that no host of the list has; a kind of name that the list says nothing of. */
static void
test_addresses_only (Fixture *fixture, gconstpointer data)
{
  static const char *const address[] = { "10.1.2.3", NULL };
  OhAuthority *authority;

  ensure (fixture, address);
  authority = oh_standing_get (fixture->standing);
  g_assert_true (oh_authority_vouches (authority, "10.1.2.3"));
  g_assert_false (oh_authority_vouches (authority, "bank.example"));
}

static void
test_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *secret = path_of (fixture, "authority.key");
  g_autofree char *public = oh_standing_get_certificate_path (fixture->dir);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  OhStanding *other = oh_standing_new (fixture->dir);
  GStatBuf status;

  /* Nothing before it is asked for. */
  g_assert_null (oh_standing_get_pem (fixture->standing));
  g_assert_false (g_file_test (secret, G_FILE_TEST_EXISTS));
  g_assert_cmpint (ensure (fixture, hosts), ==, OH_STANDING_MADE);
  g_assert_cmpint (g_stat (secret, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  g_file_get_contents (public, &contents, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (strstr (contents, "PRIVATE"));
  g_assert_cmpstr (contents, ==, oh_standing_get_pem (fixture->standing));
  g_assert_cmpint (ensure (fixture, hosts), ==, OH_STANDING_KEPT);
  g_assert_true (oh_standing_is_good (fixture->standing, hosts));
  /* Another process has the same, and notices a new one and none. */
  g_assert_cmpstr (oh_standing_get_pem (other), ==, contents);
  oh_standing_ensure (fixture->standing, hosts, TRUE, &(OhStandingNews){ 0 }, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (oh_standing_get_pem (other), !=, contents);
  g_assert_true (oh_standing_forget (other, &error));
  g_assert_null (oh_standing_get_pem (fixture->standing));
  g_assert_false (g_file_test (public, G_FILE_TEST_EXISTS));
  g_assert_true (oh_standing_forget (other, &error));
  oh_standing_free (other);
}

/* Whether a leaf that is signed now convinces who trusts this certificate. */
static gboolean
convinces (Fixture *fixture, const char *trusted, const char *host)
{
  g_autoptr (GError) error = NULL;
  GTlsCertificate *leaf = oh_authority_get_leaf (oh_standing_get (fixture->standing), host, &error);
  g_autofree char *pem = NULL;

  g_assert_no_error (error);
  g_object_get (leaf, "certificate-pem", &pem, NULL);
  return gnutls_accepts (trusted, pem, host);
}

static void
test_widened (Fixture *fixture, gconstpointer data)
{
  static const char *const reordered[] = { "10.1.2.3", "api.example.com", "*.gateway.example.net", NULL };
  static const char *const fewer[] = { "v2.api.example.com", NULL };
  static const char *const other[] = { "new.example.org", "::1", NULL };
  static const char *const all[] = { "api.example.com", "*", NULL };
  static const char *const top[] = { "*.com", NULL };
  static const char *const former[] = { "api.example.com", "gateway.example.net", "10.1.2.3" };
  g_autofree char *first = NULL;
  g_autofree char *now = NULL;
  g_autofree char *secret = path_of (fixture, "authority.key");
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = NULL;
  OhStandingNews news;

  ensure (fixture, hosts);
  first = g_strdup (oh_standing_get_pem (fixture->standing));
  g_assert_cmpint (ensure (fixture, reordered), ==, OH_STANDING_KEPT);
  g_assert_cmpint (ensure (fixture, fewer), ==, OH_STANDING_KEPT);
  g_assert_true (oh_standing_is_good (fixture->standing, fewer));
  g_assert_false (oh_standing_covers (fixture->standing, "new.example.org"));
  g_assert_cmpstr (oh_standing_get_pem (fixture->standing), ==, first);
  /* What it was for it stays for, and whoever trusts it then is told nothing new. */
  g_assert_cmpint (ensure (fixture, other), ==, OH_STANDING_WIDENED);
  now = g_strdup (oh_standing_get_pem (fixture->standing));
  g_assert_cmpstr (now, !=, first);
  names = oh_standing_get_names (fixture->standing, fewer);
  for (guint i = 0; i < G_N_ELEMENTS (former); i++)
    {
      g_assert_true (g_strv_contains ((const char *const *) names, former[i]));
      g_assert_true (oh_standing_covers (fixture->standing, former[i]));
    }
  g_assert_true (g_strv_contains ((const char *const *) names, "::1"));
  g_assert_true (convinces (fixture, first, "api.example.com") && convinces (fixture, now, "api.example.com"));
  g_assert_true (convinces (fixture, now, "new.example.org"));
  g_assert_false (convinces (fixture, first, "new.example.org") || convinces (fixture, now, "bank.example"));
  g_assert_cmpint (ensure (fixture, hosts), ==, OH_STANDING_KEPT);
  /* What is refused changes nothing. */
  g_assert_false (oh_standing_ensure (fixture->standing, all, FALSE, &news, &error));
  g_assert_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_AUTHORITY);
  g_clear_error (&error);
  g_assert_false (oh_standing_ensure (fixture->standing, top, FALSE, &news, &error));
  g_assert_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_AUTHORITY);
  g_assert_cmpstr (oh_standing_get_pem (fixture->standing), ==, now);
  /* Another one is nothing to who trusts this one. */
  g_clear_error (&error);
  g_assert_true (oh_standing_ensure (fixture->standing, hosts, TRUE, &news, &error));
  g_assert_cmpint (news, ==, OH_STANDING_REPLACED);
  g_assert_false (oh_standing_covers (fixture->standing, "new.example.org"));
  g_assert_false (convinces (fixture, now, "api.example.com"));
  /* A file that is none is replaced. */
  g_file_set_contents (secret, "-----BEGIN CERTIFICATE-----\n", -1, NULL);
  g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*authority.key*");
  g_assert_cmpint (ensure (fixture, fewer), ==, OH_STANDING_MADE);
  g_test_assert_expected_messages ();
}

static void
test_taken_back (Fixture *fixture, gconstpointer data)
{
  static const char *const other[] = { "new.example.org", NULL };
  g_autofree char *public = oh_standing_get_certificate_path (fixture->dir);
  g_autofree char *first = NULL;
  g_autofree char *contents = NULL;
  OhStanding *second = oh_standing_new (fixture->dir);

  ensure (fixture, hosts);
  oh_standing_take_back (fixture->standing);
  g_assert_null (oh_standing_get_pem (fixture->standing));
  g_assert_false (g_file_test (public, G_FILE_TEST_EXISTS));
  ensure (fixture, hosts);
  first = g_strdup (oh_standing_get_pem (fixture->standing));
  ensure (fixture, hosts);
  oh_standing_take_back (fixture->standing);
  g_assert_cmpstr (oh_standing_get_pem (fixture->standing), ==, first);
  ensure (fixture, other);
  oh_standing_take_back (fixture->standing);
  g_assert_cmpstr (oh_standing_get_pem (fixture->standing), ==, first);
  g_file_get_contents (public, &contents, NULL, NULL);
  g_assert_cmpstr (contents, ==, first);
  /* Unless another one has gone on from there. */
  ensure (fixture, other);
  g_assert_true (oh_standing_ensure (second, hosts, TRUE, &(OhStandingNews){ 0 }, NULL));
  oh_standing_take_back (fixture->standing);
  g_assert_cmpstr (oh_standing_get_pem (fixture->standing), ==, oh_standing_get_pem (second));
  g_assert_cmpstr (oh_standing_get_pem (second), !=, first);
  oh_standing_free (second);
}

static void
test_renewed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *secret = path_of (fixture, "authority.key");
  g_autofree char *mark = oh_standing_get_mark (fixture->dir);
  g_autofree char *first = NULL;
  g_autofree char *both = NULL;
  g_autofree char *pem = NULL;
  g_autoptr (GError) error = NULL;
  OhAuthority *old = oh_authority_new_kept (mark, hosts, 20 * DAY, &error);
  OhAuthority *long_lived = oh_authority_new_kept (mark, hosts, 40 * DAY, &error);
  GTlsCertificate *leaf;

  g_assert_no_error (error);
  g_assert_true (oh_authority_is_due (old));
  g_assert_false (oh_authority_is_due (long_lived));
  first = g_strdup (oh_authority_get_pem (old));
  both = oh_authority_export (old, &error);
  g_file_set_contents (secret, both, -1, NULL);
  g_assert_cmpstr (oh_standing_get_pem (fixture->standing), ==, first);
  g_assert_false (oh_standing_is_good (fixture->standing, hosts));
  g_assert_cmpint (ensure (fixture, hosts), ==, OH_STANDING_RENEWED);
  g_assert_cmpint (ensure (fixture, hosts), ==, OH_STANDING_KEPT);
  g_assert_cmpstr (oh_standing_get_pem (fixture->standing), !=, first);
  /* Stores that trust the old one accept the leaves of the new one, and the other way round. */
  leaf = oh_authority_get_leaf (oh_standing_get (fixture->standing), "api.example.com", &error);
  g_object_get (leaf, "certificate-pem", &pem, NULL);
  g_assert_true (gnutls_accepts (first, pem, "api.example.com"));
  g_assert_true (gnutls_accepts (oh_standing_get_pem (fixture->standing), pem, "api.example.com"));
  oh_authority_free (old);
  oh_authority_free (long_lived);
}

/* A certificate beside a key that is not its own. */
static void
test_mismatch (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  OhAuthority *one = oh_authority_new_kept ("m", hosts, DAY, &error);
  OhAuthority *two = oh_authority_new_kept ("m", hosts, DAY, &error);
  g_autofree char *both = oh_authority_export (two, &error);
  g_autofree char *mixed = g_strconcat (oh_authority_get_pem (one), strstr (both, "-----BEGIN PRIVATE"), NULL);

  g_assert_null (oh_authority_new_from_pem (mixed, strlen (mixed), &error));
  g_assert_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_AUTHORITY);
  oh_authority_free (one);
  oh_authority_free (two);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add ("/authority/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("constraints", test_constraints);
  ADD ("addresses-only", test_addresses_only);
  ADD ("files", test_files);
  ADD ("widened", test_widened);
  ADD ("taken-back", test_taken_back);
  ADD ("renewed", test_renewed);
  ADD ("mismatch", test_mismatch);
#undef ADD
  return g_test_run ();
}
