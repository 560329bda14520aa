/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program makes of the environment that it will have. */
#include "config.h"
#include "oh-doctor-private.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#define SOURCE_MAX (1 << 20)
#define BINARY_MAX (G_GINT64_CONSTANT (512) << 20)

/* By name; what asks for its version is asked. */
static const struct
{
  const char *prefix;  /* digits and points may follow */
  OhKind kind;
  const char *version; /* (nullable): what it is asked with */
  const char *sign;    /* what stands in the answer */
} programs[] = {
  { "python", OH_KIND_PYTHON, "--version", "Python " }, { "pypy", OH_KIND_PYTHON, "--version", "Python " },
  { "node", OH_KIND_NODE, "--version", "v" },           { "nodejs", OH_KIND_NODE, "--version", "v" },
  { "bun", OH_KIND_BUN, "--version", "" },              { "deno", OH_KIND_DENO, "--version", "deno " },
  { "java", OH_KIND_JAVA, NULL, NULL },                 { "php", OH_KIND_PHP, "--version", "PHP " },
  { "ruby", OH_KIND_RUBY, "--version", "ruby " },       { "curl", OH_KIND_CURL, "--version", "curl " },
  { "git", OH_KIND_GIT, "--version", "git " },          { "wget", OH_KIND_WGET, NULL, NULL },
  { "go", OH_KIND_GO, NULL, NULL },
  /* Claude Code is Bun with its program in one file. */
  { "claude", OH_KIND_BUN, "--version", "(Claude Code)" },
};

static const char *
get (const OhStep *step, const char *name)
{
  const char *value = g_environ_getenv (step->environment, name);

  return value != NULL && *value != '\0' ? value : NULL;
}

/* Who changed what a run gives. */
static const char *
get_origin (const OhStep *step, const char *name)
{
  const char *file = g_hash_table_lookup (step->origins, name);

  return file != NULL ? file : _ ("The command");
}

/* How what was changed is not. */
static char *
make_remedy (OhDoctor *self, const OhStep *step, const char *name)
{
  const char *file = g_hash_table_lookup (step->origins, name);

  return file != NULL ? oh_doctor_remedy_edit (file) : oh_doctor_remedy_before (self, step);
}

static gboolean
is_changed (OhDoctor *self, const OhStep *step, const char *name)
{
  return g_strcmp0 (g_environ_getenv (step->environment, name), g_environ_getenv (self->with, name)) != 0;
}

/* ---- the proxy ---- */

/* The variable that names the proxy of a client that asks in that order, or NULL where none does. */
static const char *
find_variable (const OhStep *step, const char *const *order, gboolean empty_hides)
{
  for (guint i = 0; order[i] != NULL; i++)
    {
      if (get (step, order[i]) != NULL)
        return order[i];
      /* Python: an empty https_proxy takes HTTPS_PROXY away, too (urllib.request.getproxies_environment). */
      if (empty_hides && i == 0 && g_environ_getenv (step->environment, order[i]) != NULL)
        i++;
    }
  return NULL;
}

static void
look_at_proxy (OhDoctor *self, const OhStep *step, OhKind kind)
{
  static const char *const lower[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL };
  static const char *const upper[] = { "HTTPS_PROXY", "https_proxy", NULL };
  static const char *const node[] = { "https_proxy", "HTTPS_PROXY", NULL };
  const char *ours = g_environ_getenv (self->with, "https_proxy");
  const char *first = find_variable (step, kind == OH_KIND_GO      ? upper
                                           : kind == OH_KIND_NODE || kind == OH_KIND_BUN || kind == OH_KIND_DENO || kind == OH_KIND_RUBY ? node
                                                                   : lower, kind == OH_KIND_PYTHON);
  const char *second = kind == OH_KIND_OTHER ? find_variable (step, upper, FALSE) : first;
  const gboolean first_ours = first != NULL && g_str_equal (get (step, first), ours);
  const gboolean second_ours = second != NULL && g_str_equal (get (step, second), ours);
  g_autofree char *shown = NULL;

  if (kind == OH_KIND_JAVA)
    return;
  if (first_ours && second_ours)
    return;
  if (first_ours != second_ours)
    oh_doctor_add (self, OH_DOCTOR_PROXY_MIXED, make_remedy (self, step, first_ours ? second : first), first_ours ? second : first, NULL, NULL);
  else if (first == NULL)
    oh_doctor_add (self, OH_DOCTOR_PROXY_GONE, make_remedy (self, step, "https_proxy"), "https_proxy", NULL, get_origin (step, "https_proxy"));
  else
    {
      const char *value = get (step, first);
      g_autofree char *full = strstr (value, "://") != NULL ? g_strdup (value) : g_strconcat ("http://", value, NULL);

      shown = oh_doctor_show_url (full, NULL);
      oh_doctor_add (self, OH_DOCTOR_PROXY_SET, make_remedy (self, step, first), first,
                     shown != NULL ? shown : _ ("something that is no URL"), get_origin (step, first));
    }
}

/* Most clients read the one in capitals only where the other is not set; Go asks the other way round. Bun, and programs
 * that are not known, have clients of both kinds. */
static void
look_at_no_proxy (OhDoctor *self, const OhStep *step, OhKind kind)
{
  const gboolean upper = kind == OH_KIND_GO;
  const char *const names[] = { upper ? "NO_PROXY" : "no_proxy", upper ? "no_proxy" : "NO_PROXY" };
  const gboolean both = kind == OH_KIND_BUN || kind == OH_KIND_OTHER || get (step, names[0]) == NULL;

  for (guint i = 0; i < (both ? 2 : 1); i++)
    if (is_changed (self, step, names[i])
        && oh_launch_is_bypassed (g_environ_getenv (step->environment, names[i]), (const char *const *) self->hosts->pdata))
      {
        oh_doctor_add (self, OH_DOCTOR_NO_PROXY, make_remedy (self, step, names[i]), names[i], get_origin (step, names[i]), NULL);
        return;
      }
}

/* ---- certificates ---- */

static void
add_trust (OhDoctor *self, OhDoctorCode found, const OhStep *step, const char *name)
{
  oh_doctor_add (self, found, make_remedy (self, step, name), name, get_origin (step, name), NULL);
}

static void
look_at_trust (OhDoctor *self, const OhStep *step, OhKind kind)
{
  /* What each kind trusts by; two: its clients differ. */
  static const struct
  {
    OhKind kind;
    const char *names[2];
  } read[] = {
    { OH_KIND_PYTHON, { "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE" } }, { OH_KIND_NODE, { "NODE_EXTRA_CA_CERTS", NULL } },
    { OH_KIND_BUN, { "NODE_EXTRA_CA_CERTS", NULL } },              { OH_KIND_DENO, { "DENO_CERT", NULL } },
    { OH_KIND_RUBY, { "SSL_CERT_FILE", NULL } },                   { OH_KIND_CURL, { "CURL_CA_BUNDLE", "SSL_CERT_FILE" } },
    { OH_KIND_GIT, { "GIT_SSL_CAINFO", NULL } },                   { OH_KIND_GO, { "SSL_CERT_FILE", NULL } },
    { OH_KIND_OTHER, { "SSL_CERT_FILE", NULL } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (read); i++)
    {
      const char *const *names = read[i].names;
      const gboolean first = is_changed (self, step, names[0]);
      const gboolean second = names[1] != NULL && is_changed (self, step, names[1]);

      if (read[i].kind != kind)
        continue;
      if (kind == OH_KIND_CURL)
        {
          /* The second one counts where the first is not set. */
          const gboolean set = get (step, names[0]) != NULL;

          if (set ? first : second)
            add_trust (self, OH_DOCTOR_TRUST_SET, step, names[set ? 0 : 1]);
          return;
        }
      if (!first && !second)
        return;
      add_trust (self, kind == OH_KIND_OTHER || (names[1] != NULL && !(first && second)) ? OH_DOCTOR_TRUST_SET_PARTLY : OH_DOCTOR_TRUST_SET,
                 step, names[first ? 0 : 1]);
      return;
    }
}

/* ---- where calls go ---- */

static void
look_at_base_urls (OhDoctor *self, const OhStep *step)
{
  for (char **entry = step->environment; *entry != NULL; entry++)
    {
      const char *const single[] = { *entry, NULL };
      g_autoptr (GPtrArray) hosts = oh_launch_get_base_urls (single, oh_providers_get_list (OH_PROVIDER_ADDRESSES), FALSE);
      const char *equals = strchr (*entry, '=');
      g_autofree char *name = equals != NULL ? g_strndup (*entry, equals - *entry) : NULL;

      const char *file = name != NULL ? g_hash_table_lookup (step->origins, name) : NULL;
      const char *origin = file != NULL ? file : name != NULL && is_changed (self, step, name) ? _ ("set by the command") : _ ("in the environment");

      if (hosts->len > 0)
        oh_doctor_look_at_base_url (self, step, name, equals + 1, origin);
    }
}

/* ---- kinds ---- */

static void
look_at_python (OhDoctor *self, const OhStep *step, const char *version)
{
  int major = 0, minor = 0;
  char **word = step->argv + 1;

  if (sscanf (version, "Python %d.%d", &major, &minor) == 2 && (major < 3 || (major == 3 && minor < 7)))
    oh_doctor_add (self, OH_DOCTOR_PYTHON_OLD, NULL, version, NULL, NULL);
  for (; *word != NULL && **word == '-' && (*word)[1] != '-' && (*word)[1] != '\0'; word++)
    {
      /* -I, -E and -S keep what Overhear has loaded first out. What follows -c and -m is the program's. */
      const gsize letters = strcspn (*word + 1, "cmWX");
      g_autofree char *before = g_strndup (*word + 1, letters);

      if (strpbrk (before, "IES") != NULL)
        oh_doctor_add (self, OH_DOCTOR_PYTHON_ISOLATED, NULL, *word, NULL, NULL);
      if ((*word)[1 + letters] == 'c' || (*word)[1 + letters] == 'm')
        break;
      if ((*word)[1 + letters] != '\0' && (*word)[2 + letters] == '\0' && word[1] != NULL)
        word++;
    }
  if (is_changed (self, step, "PYTHONPATH") && strstr (get (step, "PYTHONPATH") != NULL ? get (step, "PYTHONPATH") : "", "/start") == NULL)
    oh_doctor_add (self, OH_DOCTOR_PYTHON_PRELOAD, make_remedy (self, step, "PYTHONPATH"), get_origin (step, "PYTHONPATH"), NULL, NULL);
  if (!self->spec->insist)
    {
      const gboolean text = *word != NULL && g_str_has_prefix (*word, "-c") && word[1] != NULL;
      g_autofree char *path = *word != NULL && **word != '-' ? g_canonicalize_filename (*word, step->cwd) : NULL;
      g_autofree char *problem = NULL;
      g_autofree char *source = text ? g_strdup (word[1]) : path != NULL ? oh_doctor_read (path, SOURCE_MAX, NULL, &problem) : NULL;
      g_auto (GStrv) lines = g_strsplit (source != NULL ? source : "", "\n", -1);

      for (char **line = lines; *line != NULL; line++)
        {
          const char *at = strstr (*line, "trust_env");
          const char *comment = strchr (*line, '#');

          if (at == NULL || (comment != NULL && comment < at))
            continue;
          at += strlen ("trust_env");
          at += strspn (at, " =");
          if (!g_str_has_prefix (at, "False"))
            continue;
          oh_doctor_add (self, OH_DOCTOR_TRUST_ENV, oh_doctor_remedy_option (self, "--insist", NULL), text ? "python -c" : *word, "trust_env=False", NULL);
          break;
        }
    }
}

static void
look_at_node (OhDoctor *self, const OhStep *step, const char *version)
{
  const char *options = get (step, "NODE_OPTIONS");
  gboolean policy = options != NULL && strstr (options, "--experimental-policy") != NULL;
  int major = 0;

  for (char **word = step->argv + 1; *word != NULL && **word == '-'; word++)
    policy = policy || g_str_has_prefix (*word, "--experimental-policy");
  sscanf (version, "v%d", &major);
  if (policy)
    oh_doctor_add (self, OH_DOCTOR_NODE_POLICY, oh_doctor_remedy_via (self, step), NULL, NULL, NULL);
  else if (options == NULL || strstr (options, "overhear-node.cjs") == NULL)
    {
      /* From 22.21 and 24.5 on it may do so by itself (nodejs.org, NODE_USE_ENV_PROXY). */
      int minor = 0;
      gboolean by_itself;

      sscanf (version, "v%*d.%d", &minor);
      by_itself = (major > 24 || (major == 24 && minor >= 5) || (major == 22 && minor >= 21))
                  && (g_strcmp0 (get (step, "NODE_USE_ENV_PROXY"), "1") == 0 || (options != NULL && strstr (options, "--use-env-proxy") != NULL));
      if (!by_itself)
        oh_doctor_add (self, OH_DOCTOR_NODE_PRELOAD, make_remedy (self, step, "NODE_OPTIONS"), version + 1, get_origin (step, "NODE_OPTIONS"), NULL);
    }
  else if (major < 18)
    oh_doctor_add (self, OH_DOCTOR_NODE_OLD, NULL, version + 1, NULL, NULL);
}

static void
look_at_java (OhDoctor *self, const OhStep *step)
{
  const char *options = get (step, "JAVA_TOOL_OPTIONS");
  const char *ours = strstr (g_environ_getenv (self->with, "JAVA_TOOL_OPTIONS"), "/overhear.run/trust.jks");

  if (ours == NULL)
    oh_doctor_add (self, OH_DOCTOR_OWN_CERTIFICATES, g_strdup ("unset JAVA_TOOL_OPTIONS"), "java", "JAVA_TOOL_OPTIONS: -Djavax.net.ssl.trustStore", NULL);
  else if (options == NULL || strstr (options, "/overhear.run/trust.jks") == NULL)
    oh_doctor_add (self, OH_DOCTOR_PROXY_GONE, make_remedy (self, step, "JAVA_TOOL_OPTIONS"), "JAVA_TOOL_OPTIONS", NULL,
                   get_origin (step, "JAVA_TOOL_OPTIONS"));
  for (char **word = step->argv + 1; *word != NULL; word++)
    if (g_str_has_prefix (*word, "-Djavax.net.ssl.trustStore="))
      oh_doctor_add (self, OH_DOCTOR_OWN_CERTIFICATES, NULL, "java", "-Djavax.net.ssl.trustStore", NULL);
    else if (g_str_has_prefix (*word, "-Dhttps.proxyHost="))
      oh_doctor_add (self, OH_DOCTOR_OWN_WAY, NULL, "java", "-Dhttps.proxyHost", NULL);
}

/* Options that lead past us (curl(1)). Short ones may stand together, and have their value behind them. */
static void
look_at_curl (OhDoctor *self, const OhStep *step)
{
  gboolean insecure = FALSE;
  const char *certificates = NULL;

  for (char **word = step->argv + 1; *word != NULL; word++)
    {
      const gboolean is_short = (*word)[0] == '-' && (*word)[1] != '-' && (*word)[1] != '\0';
      const gsize plain = is_short ? strspn (*word + 1, "fgGijkLlnNOpqRsSv0123456#aBIJMVZ") : 0;

      insecure = insecure || g_str_equal (*word, "--insecure") || (is_short && memchr (*word + 1, 'k', plain) != NULL);
      if (g_str_has_prefix (*word, "--cacert") || g_str_has_prefix (*word, "--capath"))
        certificates = *word;
      if (g_str_equal (*word, "--noproxy") && word[1] != NULL && oh_launch_is_bypassed (word[1], (const char *const *) self->hosts->pdata))
        oh_doctor_add (self, OH_DOCTOR_OWN_WAY, oh_doctor_remedy_option (self, "--isolate", NULL), "curl", "--noproxy", NULL);
      else if (g_str_equal (*word, "--proxy") || g_str_equal (*word, "--socks5") || g_str_equal (*word, "--socks5-hostname")
               || g_str_equal (*word, "--preproxy") || (is_short && (*word)[1 + plain] == 'x'))
        oh_doctor_add (self, OH_DOCTOR_OWN_WAY, NULL, "curl", *word, NULL);
    }
  if (certificates != NULL && !insecure)
    oh_doctor_add (self, OH_DOCTOR_OWN_CERTIFICATES, NULL, "curl", certificates, NULL);
}

/* Go uses no proxy for this computer, whatever the environment says (golang.org/x/net/http/httpproxy). */
static void
look_at_go (OhDoctor *self, const OhStep *step, const char *name)
{
  g_autoptr (GPtrArray) hosts = oh_launch_get_base_urls ((const char *const *) step->environment, oh_providers_get_list (OH_PROVIDER_ADDRESSES), FALSE);

  for (guint i = 0; i < hosts->len; i++)
    {
      g_autoptr (GInetAddress) address = g_inet_address_new_from_string (hosts->pdata[i]);

      if (!g_str_equal (hosts->pdata[i], "localhost") && (address == NULL || !g_inet_address_get_is_loopback (address)))
        continue;
      oh_doctor_add (self, OH_DOCTOR_OWN_WAY, oh_doctor_remedy_via (self, step), name,
                     _ ("Go uses no proxy for this computer, where its base URL points"), NULL);
      return;
    }
  oh_doctor_add (self, OH_DOCTOR_GO, NULL, name, NULL, NULL);
}

void
oh_doctor_look_at_file (OhDoctor *self, OhStep *step, const char *path)
{
  g_autofree char *name = g_path_get_basename (step->argv[0]);
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  OhBinary binary = { 0 };

  if (file != NULL && g_mapped_file_get_length (file) <= BINARY_MAX && g_mapped_file_get_length (file) > 0)
    oh_doctor_read_binary ((const guint8 *) g_mapped_file_get_contents (file), g_mapped_file_get_length (file), &binary);
  if (binary.elf && !binary.connects)
    {
      oh_doctor_add (self, OH_DOCTOR_SILENT, NULL, name, NULL, NULL);
      return;
    }
  oh_doctor_look_at_environment (self, step, binary.go ? OH_KIND_GO : OH_KIND_OTHER);
  if (binary.go)
    look_at_go (self, step, name);
  else if (binary.own_roots)
    oh_doctor_add (self, OH_DOCTOR_OWN_ROOTS, oh_doctor_remedy_look (self), name, NULL, NULL);
  else
    oh_doctor_add (self, binary.fixed ? OH_DOCTOR_STATIC : OH_DOCTOR_UNKNOWN_PROGRAM,
                   binary.fixed ? oh_doctor_remedy_option (self, "--isolate", NULL) : oh_doctor_remedy_look (self), name, NULL,
                   NULL);
}

void
oh_doctor_look_at_environment (OhDoctor *self, const OhStep *step, OhKind kind)
{
  look_at_proxy (self, step, kind);
  look_at_no_proxy (self, step, kind);
  look_at_trust (self, step, kind);
  look_at_base_urls (self, step);
}

/* Returns: G_N_ELEMENTS (programs) if it is none of them. */
static guint
find_program (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    if (g_str_has_prefix (name, programs[i].prefix)
        && strspn (name + strlen (programs[i].prefix), "0123456789.") == strlen (name + strlen (programs[i].prefix)))
      return i;
  return G_N_ELEMENTS (programs);
}

/* "curl 7.88.1 (x86_64…) …" → "curl 7.88.1" */
static void
shorten (char *version)
{
  char *more = strstr (version, " (");

  if (more != NULL)
    *more = '\0';
}

gboolean
oh_doctor_look_at_known (OhDoctor *self, OhStep *step, const char *path)
{
  g_autofree char *name = g_path_get_basename (step->argv[0]);
  const guint i = find_program (name);
  const guint before = self->diagnoses->len;
  g_autofree char *version = NULL;
  gboolean read = TRUE;

  if (i == G_N_ELEMENTS (programs))
    return FALSE;
  if (programs[i].version != NULL)
    {
      const char *const ask[] = { path, programs[i].version, NULL };

      version = oh_doctor_ask (ask, self->without);
      if (version == NULL || strstr (version, programs[i].sign) == NULL)
        {
          oh_doctor_add (self, OH_DOCTOR_NO_ANSWER, NULL, path, NULL, NULL);
          return FALSE;
        }
      shorten (version);
    }
  oh_doctor_look_at_environment (self, step, programs[i].kind);
  switch (programs[i].kind)
    {
    case OH_KIND_PYTHON:
      look_at_python (self, step, version);
      break;
    case OH_KIND_NODE:
      look_at_node (self, step, version);
      break;
    case OH_KIND_JAVA:
      look_at_java (self, step);
      break;
    case OH_KIND_CURL:
      look_at_curl (self, step);
      break;
    case OH_KIND_WGET:
      oh_doctor_add (self, OH_DOCTOR_OWN_CERTIFICATES, NULL, "wget", "/etc/ssl/certs", NULL);
      break;
    default:
      break;
    }
  if (programs[i].kind != OH_KIND_CURL && programs[i].kind != OH_KIND_GIT && programs[i].kind != OH_KIND_JAVA)
    oh_doctor_look_at_dotenv (self, step);
  for (guint j = before; j < self->diagnoses->len; j++)
    read = read && oh_diagnosis_get_grade (self->diagnoses->pdata[j]) < OH_GRADE_UNKNOWN;
  if (read)
    oh_doctor_add (self, OH_DOCTOR_PROGRAM, NULL, path, version != NULL ? version : name, NULL);
  return TRUE;
}
