/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oh-launch-private.h"

#include "oh-paths.h"

#include <glib/gstdio.h>
#include <string.h>

static const char *const hosts[] = { "api.anthropic.com", "bedrock-runtime.*.amazonaws.com", NULL };
static const OhLaunchProxy proxy = {
  .port = 4321,
  .token = "0123456789abcdef",
  .run_id = 7,
  .hosts = hosts,
  .authority_pem = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n",
  .addresses = (const char *const[]) { "ANTHROPIC_BASE_URL", "ANTHROPIC_*BASE_URL", "OPENAI_*BASE_URL", NULL },
  .header_lines = (const char *const[]) { "ANTHROPIC_CUSTOM_HEADERS", NULL },
  .runtime_dir = "/run/user/1/over hear",
};

static char **
make (const char *const *base, const OhLaunchSpec *spec)
{
  const OhLaunchSpec none = { 0 };

  return oh_launch_make_environment (base, &proxy, spec != NULL ? spec : &none);
}

static void
assert_is (char **environment, const char *name, const char *expected)
{
  g_assert_cmpstr (g_environ_getenv (environment, name), ==, expected);
}

static void
test_proxies (void)
{
  const char *const base[] = { "HTTPS_PROXY=http://corp:3128", "HOME=/home/me", NULL };
  g_auto (GStrv) environment = make (base, NULL);
  const char *const names[] = { "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_is (environment, names[i], "http://overhear:0123456789abcdef@127.0.0.1:4321");
  assert_is (environment, "HOME", "/home/me");
  assert_is (environment, "OVERHEAR_TOKEN", "0123456789abcdef");
  assert_is (environment, "OVERHEAR_RUN", "7");
  assert_is (environment, "OVERHEAR_HOSTS", "api.anthropic.com,bedrock-runtime.*.amazonaws.com");
  assert_is (environment, "OVERHEAR_VIA", "http://127.0.0.1:4321/via/0123456789abcdef");
}

static void
test_no_proxy (void)
{
  static const struct
  {
    const char *before;
    const char *after;
  } cases[] = {
    { "NO_PROXY=", "localhost,127.0.0.1" },
    { "NO_PROXY=corp.example, 10.0.0.0/8", "corp.example,10.0.0.0/8,localhost,127.0.0.1" },
    { "no_proxy=localhost .corp.example:8080", "localhost,.corp.example:8080,127.0.0.1" },
    { "NO_PROXY=*", "localhost,127.0.0.1" },
    { "NO_PROXY=api.anthropic.com,a.example", "a.example,localhost,127.0.0.1" },
    { "NO_PROXY=.Anthropic.com,*.anthropic.com,com", "localhost,127.0.0.1" },
    { "NO_PROXY=api.anthropic.com:443", "localhost,127.0.0.1" },
    { "NO_PROXY=notanthropic.com,pi.anthropic.com", "notanthropic.com,pi.anthropic.com,localhost,127.0.0.1" },
    { "NO_PROXY=us-east-1.amazonaws.com,s3.amazonaws.com.example", "s3.amazonaws.com.example,localhost,127.0.0.1" },
    { "NO_PROXY=bedrock-runtime.eu-west-1.amazonaws.com", "localhost,127.0.0.1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *const base[] = { cases[i].before, NULL };
      g_auto (GStrv) environment = make (base, NULL);

      g_test_message ("%s", cases[i].before);
      assert_is (environment, "NO_PROXY", cases[i].after);
      assert_is (environment, "no_proxy", cases[i].after);
    }
}

static void
test_no_proxy_both_cases (void)
{
  const char *const base[] = { "NO_PROXY=a.example,b.example", "no_proxy=b.example,c.example", NULL };
  g_auto (GStrv) environment = make (base, NULL);

  assert_is (environment, "NO_PROXY", "b.example,c.example,a.example,localhost,127.0.0.1");
}

static void
test_base_url (void)
{
  const char *const local[] = { "ANTHROPIC_BASE_URL=http://localhost:4000/v1", NULL };
  const char *const gateway[] = { "OPENAI_BASE_URL=https://gateway.corp.example", "NO_PROXY=corp.example", NULL };
  const char *const other[] = { "MY_BASE_URL=http://localhost:4000/", NULL };
  g_auto (GStrv) first = make (local, NULL);
  g_auto (GStrv) second = make (gateway, NULL);
  g_auto (GStrv) third = make (other, NULL);

  assert_is (first, "NO_PROXY", "127.0.0.1");
  assert_is (second, "NO_PROXY", "localhost,127.0.0.1");
  assert_is (third, "NO_PROXY", "localhost,127.0.0.1");
}

static void
test_trust (void)
{
  const char *const plain[] = { "HOME=/h", NULL };
  const char *const own[] = { "SSL_CERT_FILE=/corp.pem", "NODE_EXTRA_CA_CERTS=/corp.pem", "REQUESTS_CA_BUNDLE=/other.pem",
                              "GIT_SSL_CAINFO=/git.pem", NULL };
  g_auto (GStrv) first = make (plain, NULL);
  g_auto (GStrv) second = make (own, NULL);
  g_autofree char *corp = oh_trust_get_path (proxy.runtime_dir, "/corp.pem");
  g_autofree char *other = oh_trust_get_path (proxy.runtime_dir, "/other.pem");
  g_autofree char *git = oh_trust_get_path (proxy.runtime_dir, "/git.pem");

  assert_is (first, "SSL_CERT_FILE", "/run/user/1/over hear/trust.pem");
  assert_is (first, "REQUESTS_CA_BUNDLE", "/run/user/1/over hear/trust.pem");
  assert_is (first, "CURL_CA_BUNDLE", "/run/user/1/over hear/trust.pem");
  assert_is (first, "AWS_CA_BUNDLE", "/run/user/1/over hear/trust.pem");
  assert_is (first, "NODE_EXTRA_CA_CERTS", "/run/user/1/over hear/authority.pem");
  assert_is (first, "DENO_CERT", "/run/user/1/over hear/authority.pem");
  assert_is (first, "GIT_SSL_CAINFO", "/run/user/1/over hear/trust.pem");
  /* These tools' own configuration would be outranked for nothing. */
  assert_is (first, "PIP_CERT", NULL);
  assert_is (first, "CARGO_HTTP_CAINFO", NULL);

  g_assert_cmpstr (corp, !=, other);
  assert_is (second, "SSL_CERT_FILE", corp);
  assert_is (second, "NODE_EXTRA_CA_CERTS", corp);
  /* curl would have read SSL_CERT_FILE, boto3 what requests reads. */
  assert_is (second, "CURL_CA_BUNDLE", corp);
  assert_is (second, "REQUESTS_CA_BUNDLE", other);
  assert_is (second, "AWS_CA_BUNDLE", other);
  assert_is (second, "GIT_SSL_CAINFO", git);
}

static void
test_extended (void)
{
  const char *const base[] = { "NODE_OPTIONS=--max-old-space-size=100", "JAVA_TOOL_OPTIONS=-Xmx1g", "PYTHONPATH=/mine",
                               "NODE_PATH=/theirs", "ANTHROPIC_CUSTOM_HEADERS=x-team: blue", NULL };
  const OhLaunchSpec spec = { .trace = "trip", .session = "Kölle 100%\n", .user = "" };
  g_auto (GStrv) environment = make (base, &spec);

  assert_is (environment, "NODE_OPTIONS",
             "--max-old-space-size=100 --require \"/run/user/1/over hear/overhear-node.cjs\"");
  assert_is (environment, "NODE_USE_ENV_PROXY", NULL);
  assert_is (environment, "JAVA_TOOL_OPTIONS",
             "-Xmx1g -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=4321 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4321 "
             "\"-Djavax.net.ssl.trustStore=/run/user/1/over hear/trust.jks\" -Djavax.net.ssl.trustStoreType=JKS "
             "-Djavax.net.ssl.trustStorePassword=changeit");
  assert_is (environment, "PYTHONPATH", "/run/user/1/over hear/start:/mine:/run/user/1/over hear/python");
  assert_is (environment, "NODE_PATH", "/theirs:/run/user/1/over hear/node_modules");
  assert_is (environment, "ANTHROPIC_CUSTOM_HEADERS",
             "x-team: blue\noverhear-trace: trip\noverhear-session: K%C3%B6lle 100%25%0A");
}

/* Node's permissions and policies say what it may load. */
static void
test_node_restricted (void)
{
  static const char with_leave[] = "--allow-fs-read=\"/run/user/1/over hear/overhear-node.cjs\" "
                                   "--require \"/run/user/1/over hear/overhear-node.cjs\"";
  const char *const plain[] = { "A=1", NULL };
  const char *const permission[] = { "NODE_OPTIONS=--experimental-permission", NULL };
  const char *const policy[] = { "NODE_OPTIONS=--experimental-policy=p.json", NULL };
  char *argv[] = { "sh", "-c", "node --experimental-permission a.js", NULL };
  const OhLaunchSpec spec = { .argv = argv };
  g_auto (GStrv) by_option = make (permission, NULL);
  g_auto (GStrv) by_command = make (plain, &spec);
  g_auto (GStrv) left_alone = make (policy, NULL);
  g_autofree char *both = g_strconcat ("--experimental-permission ", with_leave, NULL);

  assert_is (by_option, "NODE_OPTIONS", both);
  assert_is (by_command, "NODE_OPTIONS", with_leave);
  assert_is (left_alone, "NODE_OPTIONS", "--experimental-policy=p.json");
}

static void
test_untouched (void)
{
  const char *const base[] = { "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/my.jks", "ANTHROPIC_API_KEY=k", NULL };
  g_auto (GStrv) environment = make (base, NULL);

  assert_is (environment, "JAVA_TOOL_OPTIONS", "-Djavax.net.ssl.trustStore=/my.jks");
  assert_is (environment, "ANTHROPIC_API_KEY", "k");
  assert_is (environment, "ANTHROPIC_CUSTOM_HEADERS", NULL);
}

static void
test_spec_environment (void)
{
  const char *const base[] = { "A=1", "NODE_OPTIONS=--one", NULL };
  char *own[] = { "A=2", "B=x=y", "NODE_OPTIONS=--two", "=strange", "nonsense", NULL };
  const OhLaunchSpec spec = { .environment = own };
  g_auto (GStrv) environment = make (base, &spec);

  assert_is (environment, "A", "2");
  assert_is (environment, "B", "x=y");
  g_assert_true (g_str_has_prefix (g_environ_getenv (environment, "NODE_OPTIONS"), "--two --require"));
}

static char *
write_file (const char *dir, const char *name, const char *text)
{
  char *path = g_build_filename (dir, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

#define CERTIFICATE(base64) "-----BEGIN CERTIFICATE-----\n" base64 "\n-----END CERTIFICATE-----\n"

static void
test_trust_files (void)
{
  g_autofree char *dir = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  g_autofree char *one = write_file (dir, "one.pem", "words\n-----BEGIN CERTIFICATE-----\ncut off\n"
                                     "-----BEGIN PRIVATE KEY-----\nS0VZ\n-----END PRIVATE KEY-----\n"
                                     CERTIFICATE ("T05F") "-----BEGIN EC PRIVATE KEY-----\nS0VZ\n"
                                     "-----BEGIN X509 CRL-----\nQ1JM\n-----END X509 CRL-----\n"
                                     "-----BEGIN CERTIFICATE-----\ncut off");
  g_autofree char *folder = g_build_filename (dir, "folder", NULL);
  g_autofree char *sources = NULL;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autofree char *missing = oh_trust_get_path (dir, "/does/not/exist.pem");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_free (write_file (folder, "a.0", CERTIFICATE ("Rk9M")));
  g_free (write_file (folder, "a.crt", CERTIFICATE ("Rk9M")));
  g_free (write_file (folder, "README", "no certificate"));
  sources = g_strjoin ("\n", one, folder, NULL);
  g_assert_true (oh_trust_ensure (dir, proxy.authority_pem, sources, &error));
  g_assert_no_error (error);
  path = oh_trust_get_path (dir, sources);
  g_assert_true (g_file_get_contents (path, &text, NULL, &error));
  g_assert_cmpstr (text, ==, CERTIFICATE ("T05F") "-----BEGIN X509 CRL-----\nQ1JM\n-----END X509 CRL-----\n"
                   CERTIFICATE ("Rk9M") CERTIFICATE ("AQID"));

  g_assert_true (oh_trust_ensure (dir, proxy.authority_pem, "/does/not/exist.pem", &error));
  g_clear_pointer (&text, g_free);
  g_assert_true (g_file_get_contents (missing, &text, NULL, &error));
  g_assert_cmpstr (text, ==, CERTIFICATE ("AQID"));
  oh_paths_remove_dir (dir);
}

/* What git's configuration names stays trusted although the variable outranks it. */
static void
test_git (void)
{
  g_autofree char *dir = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  g_autofree char *home = g_strconcat ("HOME=", dir, NULL);
  const char *const base[] = { home, NULL };
  g_autofree char *sources = g_strdup_printf (OH_TRUST_SYSTEM "\n%s/corp.pem\n/other.pem", dir);
  g_autofree char *path = oh_trust_get_path (proxy.runtime_dir, sources);
  g_auto (GStrv) environment = NULL;

  g_free (write_file (dir, ".gitconfig", "[http]\n\tsslcainfo = ~/corp.pem\n[http \"https://x/\"]\n sslCAInfo=\"/other.pem\"\n"
                                         "# sslCAInfo = /no.pem\n"));
  environment = make (base, NULL);
  assert_is (environment, "GIT_SSL_CAINFO", path);
  oh_paths_remove_dir (dir);
}

static void
test_keystore (void)
{
  g_autoptr (GByteArray) store = oh_trust_make_keystore (CERTIFICATE ("AQIDBA==") "noise\n" CERTIFICATE ("BQY="));
  const guint8 head[] = { 0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 6, 'r', 'o', 'o', 't', '-', '0' };
  const guint8 entry[] = { 0, 5, 'X', '.', '5', '0', '9', 0, 0, 0, 4, 1, 2, 3, 4 };

  g_assert_cmpuint (store->len, ==, 12 + 2 * (4 + 8 + 8 + 7 + 4) + 4 + 2 + 20);
  g_assert_cmpmem (store->data, sizeof head, head, sizeof head);
  g_assert_cmpmem (store->data + sizeof head + 8, sizeof entry, entry, sizeof entry);
}

/* Java's own tool is the judge of the format. */
static void
test_keytool (void)
{
  g_autofree char *keytool = g_find_program_in_path ("keytool");
  g_autofree char *dir = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  g_autofree char *path = oh_trust_get_keystore_path (dir);
  g_autofree char *output = NULL;
  const char *const argv[] = { keytool, "-J-Xint", "-list", "-keystore", path, "-storetype", "JKS", "-storepass",
                               OH_TRUST_KEYSTORE_PASSWORD, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  if (keytool == NULL)
    {
      g_test_skip ("keytool is not installed");
      return;
    }
  g_assert_true (oh_trust_write_keystore (dir, "", &error));
  g_assert_no_error (error);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output, NULL, &status,
                               &error));
  g_assert_cmpint (status, ==, 0);
  g_assert_nonnull (strstr (output, "root-0"));
  oh_paths_remove_dir (dir);
}

static void
test_php (void)
{
  const char *const plain[] = { "HOME=/", NULL };
  const char *const own[] = { "PHP_INI_SCAN_DIR=/mine:/yours", NULL };
  g_auto (GStrv) first = make (plain, NULL);
  g_auto (GStrv) second = make (own, NULL);

  /* The empty entry is where PHP looks by itself. */
  assert_is (first, "PHP_INI_SCAN_DIR", ":/run/user/1/over hear/php");
  assert_is (second, "PHP_INI_SCAN_DIR", "/mine:/yours:/run/user/1/over hear/php");
}

static void
test_own_proxies (void)
{
  static const struct
  {
    const char *const base[6];
    const char *http;
    const char *https;
    const char *no_proxy;
  } cases[] = {
    { { "HOME=/", NULL }, NULL, NULL, NULL },
    { { "HTTPS_PROXY=http://a", "http_proxy=b", "NO_PROXY=x", NULL }, "b", "http://a", "x" },
    { { "ALL_PROXY=socks5://a", "https_proxy=b", "no_proxy=y", "NO_PROXY=x", NULL }, "socks5://a", "b", "y" },
    { { "HTTPS_PROXY=http://overhear:t0ken@127.0.0.1:1", "ALL_PROXY=http://overhear:t0ken@127.0.0.1:1",
        "OVERHEAR_TOKEN=t0ken", NULL },
      NULL, NULL, NULL },
    { { "HTTPS_PROXY=http://later:1", "OVERHEAR_TOKEN=t0ken", NULL }, NULL, "http://later:1", NULL },
  };
  const OhLaunchSpec none = { 0 };
  char *more[] = { (char *) "HTTPS_PROXY=http://mine:1", NULL };
  const OhLaunchSpec own = { .environment = more };
  g_auto (OhLaunchOwnProxies) proxies = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (OhLaunchOwnProxies) found = { 0 };

      oh_launch_get_own_proxies (cases[i].base, &none, &found);
      g_assert_cmpstr (found.http, ==, cases[i].http);
      g_assert_cmpstr (found.https, ==, cases[i].https);
      g_assert_cmpstr (found.no_proxy, ==, cases[i].no_proxy);
    }
  oh_launch_get_own_proxies (cases[1].base, &own, &proxies);
  g_assert_cmpstr (proxies.https, ==, "http://mine:1");
}

static void
test_own_trust (void)
{
  g_autofree char *folder = g_dir_make_tmp ("overhear-trust-XXXXXX", NULL);
  g_autofree char *one = g_build_filename (folder, "one.pem", NULL);
  g_autofree char *two = g_build_filename (folder, "two.pem", NULL);
  g_autofree char *node = g_strconcat ("NODE_EXTRA_CA_CERTS=", one, NULL);
  g_autofree char *curl = g_strconcat ("CURL_CA_BUNDLE=", one, NULL);
  g_autofree char *requests = g_strconcat ("REQUESTS_CA_BUNDLE=", two, NULL);
  g_autofree char *directory = g_strconcat ("SSL_CERT_DIR=/nowhere:/etc/ssl/certs:", folder, NULL);
  const char *const base[] = { "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", node, curl, "PIP_CERT=/nowhere", NULL };
  const char *const folders[] = { directory, NULL };
  char *more[] = { requests, NULL };
  const OhLaunchSpec none = { 0 }, spec = { .environment = more };
  g_autofree char *plain = NULL;
  g_autofree char *extended = NULL;
  g_autofree char *in_folder = NULL;

  g_assert_true (g_file_set_contents (one, CERTIFICATE ("T05F"), -1, NULL));
  g_assert_true (g_file_set_contents (two, CERTIFICATE ("VFdP"), -1, NULL));
  plain = oh_launch_get_own_trust (base, &none);
  extended = oh_launch_get_own_trust (base, &spec);
  in_folder = oh_launch_get_own_trust (folders, &none);
  g_assert_cmpstr (plain, ==, CERTIFICATE ("T05F"));
  g_assert_cmpstr (extended, ==, CERTIFICATE ("VFdP") CERTIFICATE ("T05F"));
  g_assert_nonnull (strstr (in_folder, CERTIFICATE ("T05F")));
  g_assert_nonnull (strstr (in_folder, CERTIFICATE ("VFdP")));
  g_remove (one);
  g_remove (two);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/environment/proxies", test_proxies);
  g_test_add_func ("/environment/no-proxy", test_no_proxy);
  g_test_add_func ("/environment/no-proxy-both-cases", test_no_proxy_both_cases);
  g_test_add_func ("/environment/base-url", test_base_url);
  g_test_add_func ("/environment/trust", test_trust);
  g_test_add_func ("/environment/extended", test_extended);
  g_test_add_func ("/environment/untouched", test_untouched);
  g_test_add_func ("/environment/node-restricted", test_node_restricted);
  g_test_add_func ("/environment/spec", test_spec_environment);
  g_test_add_func ("/trust/files", test_trust_files);
  g_test_add_func ("/trust/git", test_git);
  g_test_add_func ("/trust/keystore", test_keystore);
  g_test_add_func ("/trust/keytool", test_keytool);
  g_test_add_func ("/environment/php", test_php);
  g_test_add_func ("/environment/own-proxies", test_own_proxies);
  g_test_add_func ("/environment/own-trust", test_own_trust);
  return g_test_run ();
}
