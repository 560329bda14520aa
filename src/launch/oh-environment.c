/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

#include <string.h>

#define PROXY_USER "overhear"
#define LOOPBACK "127.0.0.1"
#define TOKEN_LENGTH 32

static const char *const proxy_variables[] = {
  "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", NULL,
};

/* Variables that name a file of certificates to trust. Those of tools that talk to their own registries only are no more
 * than extended, because setting them would outrank the tool's own configuration (pip.conf, cargo's config.toml). */
static const struct
{
  const char *name;
  gboolean always;
  const char *fallback; /* what the program would have read had we not set @name */
} trust_variables[] = {
  { "SSL_CERT_FILE", TRUE, NULL },
  { "REQUESTS_CA_BUNDLE", TRUE, "CURL_CA_BUNDLE" },
  { "CURL_CA_BUNDLE", TRUE, "SSL_CERT_FILE" },
  { "AWS_CA_BUNDLE", TRUE, "REQUESTS_CA_BUNDLE" },
  { "HTTPLIB2_CA_CERTS", TRUE, NULL },
  { "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", TRUE, NULL },
  { "PERL_LWP_SSL_CA_FILE", TRUE, NULL },
  { "NODE_EXTRA_CA_CERTS", TRUE, NULL },
  { "DENO_CERT", TRUE, NULL },
  { "NIX_SSL_CERT_FILE", FALSE, NULL },
  { "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", FALSE, NULL },
  { "GIT_SSL_CAINFO", TRUE, NULL },
  { "CARGO_HTTP_CAINFO", FALSE, NULL },
  { "PIP_CERT", FALSE, NULL },
};

const char *
oh_environment_get (char **environment, const char *name)
{
  const char *value = g_environ_getenv (environment, name);

  return value != NULL && *value != '\0' ? value : NULL;
}

char **
oh_launch_merge_environment (const char *const *base, const OhLaunchSpec *spec)
{
  char **environment = g_strdupv ((char **) base);

  for (char **entry = spec->environment; entry != NULL && *entry != NULL; entry++)
    {
      const char *equals = strchr (*entry, '=');

      if (equals != NULL && equals != *entry)
        {
          g_autofree char *name = g_strndup (*entry, equals - *entry);

          environment = g_environ_setenv (environment, name, equals + 1, TRUE);
        }
    }
  return environment;
}

const char *const *
oh_launch_get_proxy_variables (void)
{
  return proxy_variables;
}

const char *const *
oh_launch_get_trust_variables (void)
{
  static const char *names[G_N_ELEMENTS (trust_variables) + 1];
  static gsize done;

  if (g_once_init_enter (&done))
    {
      for (guint i = 0; i < G_N_ELEMENTS (trust_variables); i++)
        names[i] = trust_variables[i].name;
      g_once_init_leave (&done, 1);
    }
  return names;
}

/* GIT_SSL_CAINFO outranks http.sslCAInfo (git-config(1)), so what that names goes into our file: one path a line, each
 * after a line break. */
static void
append_git_trust (GString *sources, char **environment)
{
  const char *home = oh_environment_get (environment, "HOME");
  const char *config = oh_environment_get (environment, "XDG_CONFIG_HOME");
  g_autofree char *own = home != NULL ? g_build_filename (home, ".gitconfig", NULL) : NULL;
  g_autofree char *xdg = config != NULL ? g_build_filename (config, "git", "config", NULL)
                         : home != NULL ? g_build_filename (home, ".config", "git", "config", NULL)
                                        : NULL;
  const char *const files[] = { "/etc/gitconfig", xdg, own };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *text = NULL;
      g_auto (GStrv) lines = NULL;

      if (files[i] == NULL || !g_file_get_contents (files[i], &text, NULL, NULL))
        continue;
      lines = g_strsplit (text, "\n", -1);
      for (char **line = lines; *line != NULL; line++)
        {
          char *word = g_strstrip (*line);
          char *value = strchr (word, '=');

          if (g_ascii_strncasecmp (word, "sslCAInfo", strlen ("sslCAInfo")) != 0 || value == NULL)
            continue;
          value = g_strstrip (g_strdelimit (value + 1, "\"", ' '));
          if (g_str_has_prefix (value, "~/") && home != NULL)
            g_string_append_printf (sources, "\n%s/%s", home, value + 2);
          else
            g_string_append_printf (sources, "\n%s", value);
        }
    }
}

char *
oh_environment_trust_sources (char **environment, const char *name)
{
  const char *value = oh_environment_get (environment, name);
  const char *directory;

  if (value != NULL)
    return g_strdup (value);
  /* These two add to the roots that are built into the program. */
  if (g_str_equal (name, "NODE_EXTRA_CA_CERTS") || g_str_equal (name, "DENO_CERT"))
    return g_strdup ("");
  for (guint i = 0; i < G_N_ELEMENTS (trust_variables); i++)
    if (g_str_equal (name, trust_variables[i].name))
      {
        if (!trust_variables[i].always)
          return NULL;
        if (trust_variables[i].fallback != NULL)
          return oh_environment_trust_sources (environment, trust_variables[i].fallback);
      }
  if (g_str_equal (name, "GIT_SSL_CAINFO"))
    {
      GString *sources = g_string_new (OH_TRUST_SYSTEM);

      append_git_trust (sources, environment);
      return g_string_free (sources, FALSE);
    }
  directory = g_str_equal (name, "SSL_CERT_FILE") ? oh_environment_get (environment, "SSL_CERT_DIR") : NULL;
  if (directory == NULL)
    return g_strdup (OH_TRUST_SYSTEM);
  /* Python's httpx reads the folder only where there is no file, so the file must hold what is in the folders. */
  g_autofree char *folders = g_strdelimit (g_strdup (directory), ":", '\n');
  return g_strconcat (OH_TRUST_SYSTEM "\n", folders, NULL);
}

/* Whether a NO_PROXY entry would send a host of this pattern past us: the entry names it or one of the domains above. */
static gboolean
entry_covers (const char *entry, const char *pattern)
{
  g_autofree char *domain = NULL;
  char *colon;

  if (g_str_equal (entry, "*"))
    return TRUE;
  while (*entry == '*' || *entry == '.')
    entry++;
  domain = g_ascii_strdown (entry, -1);
  colon = strchr (domain, ':');
  if (colon != NULL && strchr (colon + 1, ':') == NULL)
    *colon = '\0';
  if (*domain == '\0')
    return FALSE;
  for (const char *tail = pattern; tail != NULL; tail = strchr (tail, '.'))
    {
      if (*tail == '.')
        tail++;
      if (g_pattern_match_simple (tail, domain))
        return TRUE;
    }
  return FALSE;
}

static gboolean
matches_any (const char *name, const char *const *patterns)
{
  for (; patterns != NULL && *patterns != NULL; patterns++)
    if (g_pattern_match_simple (*patterns, name))
      return TRUE;
  return FALSE;
}

GPtrArray *
oh_launch_get_base_urls (const char *const *environment, const char *const *addresses, gboolean with_port)
{
  GPtrArray *hosts = g_ptr_array_new_with_free_func (g_free);

  for (const char *const *entry = environment; *entry != NULL; entry++)
    {
      const char *equals = strchr (*entry, '=');
      g_autofree char *name = equals != NULL ? g_strndup (*entry, equals - *entry) : NULL;
      g_autoptr (GUri) uri = NULL;
      g_autofree char *host = NULL;

      if (name == NULL || !matches_any (name, addresses))
        continue;
      uri = g_uri_parse (equals + 1, G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
      if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
        continue;
      host = g_ascii_strdown (g_uri_get_host (uri), -1);
      if (with_port && g_uri_get_port (uri) > 0)
        g_ptr_array_add (hosts, g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%d" : "%s:%d", host, g_uri_get_port (uri)));
      else
        g_ptr_array_add (hosts, g_steal_pointer (&host));
    }
  return hosts;
}

/* The hosts that must not bypass us: those whose TLS is read, and where the user's base URLs point. */
static GPtrArray *
collect_hosts (char **environment, const OhLaunchProxy *proxy)
{
  GPtrArray *hosts = oh_launch_get_base_urls ((const char *const *) environment, proxy->addresses, FALSE);

  for (const char *const *host = proxy->hosts; host != NULL && *host != NULL; host++)
    g_ptr_array_add (hosts, g_strdup (*host));
  return hosts;
}

static gboolean
covers_any (const char *entry, GPtrArray *hosts)
{
  for (guint i = 0; i < hosts->len; i++)
    if (entry_covers (entry, hosts->pdata[i]))
      return TRUE;
  return FALSE;
}

gboolean
oh_launch_is_bypassed (const char *list, const char *const *hosts)
{
  g_auto (GStrv) parts = g_strsplit_set (list != NULL ? list : "", ", \t", -1);

  g_return_val_if_fail (hosts != NULL, FALSE);
  for (char **part = parts; *part != NULL; part++)
    for (const char *const *host = hosts; **part != '\0' && *host != NULL; host++)
      if (entry_covers (*part, *host))
        return TRUE;
  return FALSE;
}

static void
add_entries (GPtrArray *entries, const char *list, GPtrArray *hosts)
{
  g_auto (GStrv) parts = g_strsplit_set (list != NULL ? list : "", ", \t", -1);

  for (char **part = parts; *part != NULL; part++)
    if (**part != '\0' && !covers_any (*part, hosts) && !g_ptr_array_find_with_equal_func (entries, *part, g_str_equal, NULL))
      g_ptr_array_add (entries, g_strdup (*part));
}

static char *
make_no_proxy (char **environment, const OhLaunchProxy *proxy)
{
  g_autoptr (GPtrArray) hosts = collect_hosts (environment, proxy);
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);

  add_entries (entries, oh_environment_get (environment, "no_proxy"), hosts);
  add_entries (entries, oh_environment_get (environment, "NO_PROXY"), hosts);
  /* Not ::1: httpx before 0.24.1 refuses to start with it. */
  add_entries (entries, "localhost," LOOPBACK, hosts);
  g_ptr_array_add (entries, NULL);
  return g_strjoinv (",", (char **) entries->pdata);
}

/* Whether it is an Overhear's own proxy, be it one that is gone: the password is a token. @token: (nullable): that is known */
static gboolean
is_overhears (const char *value, const char *token)
{
  static const char form[] = "://" PROXY_USER ":";
  const char *found = strstr (value, form);

  if (token != NULL && strstr (value, token) != NULL)
    return TRUE;
  if (found == NULL)
    return FALSE;
  found += strlen (form);
  return strspn (found, "0123456789abcdef") == TOKEN_LENGTH && g_str_has_prefix (found + TOKEN_LENGTH, "@" LOOPBACK ":");
}

/* The first of these variables that is set, unless that is an Overhear's own proxy. */
static char *
get_own_proxy (char **environment, const char *const *names)
{
  const char *token = oh_environment_get (environment, "OVERHEAR_TOKEN");

  for (; *names != NULL; names++)
    {
      const char *value = oh_environment_get (environment, *names);

      if (value != NULL)
        return is_overhears (value, token) ? NULL : g_strdup (value);
    }
  return NULL;
}

void
oh_launch_get_own_proxies (const char *const *base, const OhLaunchSpec *spec, OhLaunchOwnProxies *proxies)
{
  static const char *const http[] = { "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", NULL };
  static const char *const https[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL };
  static const char *const no_proxy[] = { "no_proxy", "NO_PROXY", NULL };
  g_auto (GStrv) environment = NULL;

  g_return_if_fail (base != NULL && spec != NULL && proxies != NULL);
  environment = oh_launch_merge_environment (base, spec);
  proxies->http = get_own_proxy (environment, http);
  proxies->https = get_own_proxy (environment, https);
  proxies->no_proxy = get_own_proxy (environment, no_proxy);
}

void
oh_launch_own_proxies_clear (OhLaunchOwnProxies *proxies)
{
  g_free (proxies->http);
  g_free (proxies->https);
  g_free (proxies->no_proxy);
}

static char **
set (char **environment, const char *name, const char *value)
{
  return g_environ_setenv (environment, name, value, TRUE);
}

static char **
set_proxies (char **environment, const OhLaunchProxy *proxy)
{
  g_autofree char *url = g_strdup_printf ("http://" PROXY_USER ":%s@" LOOPBACK ":%u", proxy->token, proxy->port);
  g_autofree char *via = g_strdup_printf ("http://" LOOPBACK ":%u/via/%s", proxy->port, proxy->token);
  g_autofree char *run = g_strdup_printf ("%" G_GINT64_FORMAT, proxy->run_id);
  g_autofree char *no_proxy = make_no_proxy (environment, proxy);

  for (const char *const *name = proxy_variables; *name != NULL; name++)
    environment = set (environment, *name, url);
  environment = set (environment, "NO_PROXY", no_proxy);
  environment = set (environment, "no_proxy", no_proxy);
  environment = set (environment, "OVERHEAR_TOKEN", proxy->token);
  environment = set (environment, "OVERHEAR_RUN", run);
  if (proxy->hosts != NULL)
    {
      g_autofree char *hosts = g_strjoinv (",", (char **) proxy->hosts);

      environment = set (environment, "OVERHEAR_HOSTS", hosts);
    }
  return set (environment, "OVERHEAR_VIA", via);
}

static char **
set_trust (char **environment, const OhLaunchProxy *proxy)
{
  g_auto (GStrv) before = g_strdupv (environment);

  for (const char *const *name = oh_launch_get_trust_variables (); *name != NULL; name++)
    {
      g_autofree char *sources = oh_environment_trust_sources (before, *name);
      g_autofree char *path = sources != NULL ? oh_trust_get_path (proxy->runtime_dir, sources) : NULL;

      if (path != NULL)
        environment = set (environment, *name, path);
    }
  return environment;
}

/* Appends to what the user has, with @separator between. */
static char **
extend (char **environment, const char *name, const char *separator, const char *value)
{
  const char *before = oh_environment_get (environment, name);
  g_autofree char *all = before != NULL ? g_strconcat (before, separator, value, NULL) : g_strdup (value);

  return set (environment, name, all);
}

/* Node splits NODE_OPTIONS at spaces; within double quotes a backslash escapes (node/src/node_options.cc). */
static char *
quote_for_node (const char *path)
{
  GString *quoted = g_string_new ("\"");

  for (; *path != '\0'; path++)
    {
      if (*path == '"' || *path == '\\')
        g_string_append_c (quoted, '\\');
      g_string_append_c (quoted, *path);
    }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

/* Whether an option is given to Node, or stands anywhere in a command that may start one. */
static gboolean
is_given (char **environment, char *const *argv, const char *option)
{
  const char *options = oh_environment_get (environment, "NODE_OPTIONS");

  if (options != NULL && strstr (options, option) != NULL)
    return TRUE;
  for (; argv != NULL && *argv != NULL; argv++)
    if (strstr (*argv, option) != NULL)
      return TRUE;
  return FALSE;
}

/* With --experimental-permission Node 20 must be told that it may read what it is to load; later versions know. A policy
 * lists all that may be loaded: there we stay away. */
static char **
set_node (char **environment, const OhLaunchProxy *proxy, char *const *argv)
{
  g_autofree char *path = oh_preload_get_path (proxy->runtime_dir);
  g_autofree char *quoted = quote_for_node (path);
  g_autofree char *option = NULL;

  if (is_given (environment, argv, "--experimental-policy"))
    return environment;
  if (is_given (environment, argv, "--experimental-permission"))
    option = g_strdup_printf ("--allow-fs-read=%s --require %s", quoted, quoted);
  else
    option = g_strconcat ("--require ", quoted, NULL);
  return extend (environment, "NODE_OPTIONS", " ", option);
}

/* What every Python loads at its start, before the user's own sitecustomize. */
static char **
set_python (char **environment, const OhLaunchProxy *proxy, gboolean insist)
{
  g_autofree char *start = g_build_filename (proxy->runtime_dir, "start", NULL);
  const char *before = oh_environment_get (environment, "PYTHONPATH");
  g_autofree char *path = before != NULL ? g_strconcat (start, ":", before, NULL) : g_strdup (start);

  if (insist)
    environment = set (environment, "OVERHEAR_INSIST", "1");
  return set (environment, "PYTHONPATH", path);
}

/* `import overhear` and require('overhear'): after whatever the user has, so that nothing is shadowed. */
static char **
set_names (char **environment, const OhLaunchProxy *proxy)
{
  g_autofree char *python = g_build_filename (proxy->runtime_dir, "python", NULL);
  g_autofree char *node = g_build_filename (proxy->runtime_dir, "node_modules", NULL);

  environment = extend (environment, "PYTHONPATH", ":", python);
  return extend (environment, "NODE_PATH", ":", node);
}

/* PHP's curl and OpenSSL read no variable of the above. A settings folder of ours comes after the usual ones, which an empty
 * entry stands for. */
static char **
set_php (char **environment, const OhLaunchProxy *proxy)
{
  const char *before = g_environ_getenv (environment, "PHP_INI_SCAN_DIR");
  g_autofree char *folder = oh_trust_get_php_path (proxy->runtime_dir);
  g_autofree char *folders = g_strconcat (before != NULL ? before : "", ":", folder, NULL);

  return set (environment, "PHP_INI_SCAN_DIR", folders);
}

/* The JVM splits at white space and understands single and double quotes, without escapes (arguments.cpp). */
static char **
set_java (char **environment, const OhLaunchProxy *proxy)
{
  const char *before = oh_environment_get (environment, "JAVA_TOOL_OPTIONS");
  g_autofree char *store = oh_trust_get_keystore_path (proxy->runtime_dir);
  g_autofree char *options = NULL;

  if (before != NULL && strstr (before, "-Djavax.net.ssl.trustStore=") != NULL)
    return environment;
  options = g_strdup_printf ("-Dhttp.proxyHost=" LOOPBACK " -Dhttp.proxyPort=%u "
                             "-Dhttps.proxyHost=" LOOPBACK " -Dhttps.proxyPort=%u "
                             "\"-Djavax.net.ssl.trustStore=%s\" -Djavax.net.ssl.trustStoreType=JKS "
                             "-Djavax.net.ssl.trustStorePassword=" OH_TRUST_KEYSTORE_PASSWORD,
                             proxy->port, proxy->port, store);
  return extend (environment, "JAVA_TOOL_OPTIONS", " ", options);
}

/* A header's value is printable ASCII; anything else, and the percent sign itself, is percent-encoded. */
static char *
encode_label (const char *label)
{
  GString *encoded = g_string_new (NULL);

  for (; *label != '\0'; label++)
    if (g_ascii_isprint (*label) && *label != '%')
      g_string_append_c (encoded, *label);
    else
      g_string_append_printf (encoded, "%%%02X", (guint8) *label);
  return g_string_free (encoded, FALSE);
}

static char **
set_label (char **environment, const OhLaunchProxy *proxy, const char *header, const char *label)
{
  g_autofree char *encoded = NULL;
  g_autofree char *line = NULL;

  if (label == NULL || *label == '\0')
    return environment;
  encoded = encode_label (label);
  line = g_strdup_printf ("%s: %s", header, encoded);
  for (const char *const *name = proxy->header_lines; name != NULL && *name != NULL; name++)
    environment = extend (environment, *name, "\n", line);
  return environment;
}

char **
oh_launch_make_environment (const char *const *base, const OhLaunchProxy *proxy, const OhLaunchSpec *spec)
{
  char **environment;

  g_return_val_if_fail (base != NULL && proxy != NULL && spec != NULL, NULL);
  g_return_val_if_fail (proxy->token != NULL && proxy->runtime_dir != NULL, NULL);

  environment = oh_launch_merge_environment (base, spec);
  environment = set_proxies (environment, proxy);
  environment = spec->serve != NULL ? set (environment, "OVERHEAR_ISOLATED", "1")
                                    : g_environ_unsetenv (environment, "OVERHEAR_ISOLATED");
  environment = set_trust (environment, proxy);
  environment = set_node (environment, proxy, spec->argv);
  environment = set_java (environment, proxy);
  environment = set_php (environment, proxy);
  environment = set_python (environment, proxy, spec->insist);
  environment = set_names (environment, proxy);
  environment = oh_environment_set_instruments (environment, proxy);
  environment = set_label (environment, proxy, "overhear-trace", spec->trace);
  environment = set_label (environment, proxy, "overhear-session", spec->session);
  return set_label (environment, proxy, "overhear-user", spec->user);
}
