/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

#include <string.h>

/* The variable's value, or NULL where it is unset or empty. */
static const char *
get (char **environment, const char *name)
{
  const char *value = g_environ_getenv (environment, name);

  return value != NULL && *value != '\0' ? value : NULL;
}

/* What is said of a signal alone, or of all of them. (nullable) */
static const char *
get_of_signal (char **environment, const char *signal, const char *what)
{
  g_autofree char *upper = g_ascii_strup (signal, -1);
  g_autofree char *own = g_strdup_printf ("OTEL_EXPORTER_OTLP_%s_%s", upper, what);
  g_autofree char *all = g_strdup_printf ("OTEL_EXPORTER_OTLP_%s", what);
  const char *value = get (environment, own);

  return value != NULL ? value : get (environment, all);
}

static gboolean
is_web_address (const char *url)
{
  return g_str_has_prefix (url, "http://") || g_str_has_prefix (url, "https://");
}

/* Where the user has this signal sent over HTTP: what comes to us instead can be sent on there. NULL where it is not certain
 * that it is HTTP, or where it takes certificates of its own. (transfer full) (nullable) */
static char *
find_own_endpoint (char **environment, const char *signal)
{
  g_autofree char *upper = g_ascii_strup (signal, -1);
  g_autofree char *name = g_strdup_printf ("OTEL_EXPORTER_OTLP_%s_ENDPOINT", upper);
  g_autofree char *path = g_strdup_printf ("/v1/%s", signal);
  const char *own = get (environment, name);
  const char *all = get (environment, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const char *protocol = get_of_signal (environment, signal, "PROTOCOL");
  g_autofree char *url = own != NULL ? g_strdup (own) : all != NULL ? g_strdup (all) : NULL;
  gsize length;

  if (url == NULL || !is_web_address (url) || get_of_signal (environment, signal, "CERTIFICATE") != NULL
      || get_of_signal (environment, signal, "CLIENT_CERTIFICATE") != NULL)
    return NULL;
  length = strlen (url);
  while (length > 0 && url[length - 1] == '/')
    url[--length] = '\0';
  if (protocol != NULL ? !g_str_has_prefix (protocol, "http/")
                       : !g_str_has_suffix (url, own != NULL ? path : ":4318"))
    return NULL;
  return own != NULL ? g_strdup (own) : g_strconcat (url, path, NULL);
}

/* Where SideSeat's SDK sends by this address: below the project, if it has no path. (transfer full) */
static char *
find_sideseat (char **environment, const char *endpoint)
{
  const char *project = get (environment, "SIDESEAT_PROJECT");
  const char *host = strstr (endpoint, "://");
  const char *path = host != NULL ? strchr (host + 3, '/') : NULL;
  g_autofree char *base = g_strdup (endpoint);
  gsize length = strlen (base);

  while (length > 0 && base[length - 1] == '/')
    base[--length] = '\0';
  return path == NULL || path[1] == '\0' ? g_strdup_printf ("%s/otel/%s", base, project != NULL ? project : "default")
                                         : g_steal_pointer (&base);
}

static const char *const signals[] = { "traces", "logs" };

#define SIDESEAT_PATH "/otel/sideseat"
#define SMELLO_PATH "/api/capture"

char **
oh_launch_get_copies (char **environment)
{
  g_autoptr (GStrvBuilder) copies = g_strv_builder_new ();
  const char *sideseat = get (environment, "SIDESEAT_ENDPOINT");
  const char *smello = get (environment, "SMELLO_URL");

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autofree char *url = find_own_endpoint (environment, signals[i]);
      g_autofree char *copy = url != NULL ? g_strdup_printf ("/v1/%s=%s", signals[i], url) : NULL;

      if (copy != NULL)
        g_strv_builder_add (copies, copy);
    }
  if (sideseat != NULL && is_web_address (sideseat))
    {
      g_autofree char *url = find_sideseat (environment, sideseat);
      g_autofree char *copy = g_strconcat (SIDESEAT_PATH "=", url, NULL);

      g_strv_builder_add (copies, copy);
    }
  if (smello != NULL && is_web_address (smello))
    {
      g_autofree char *copy = g_strdup_printf (SMELLO_PATH "=%.*s" SMELLO_PATH,
                                               (int) (strlen (smello) - g_str_has_suffix (smello, "/")), smello);

      g_strv_builder_add (copies, copy);
    }
  return g_strv_builder_end (copies);
}

/* @taken: it is ours to take where nobody has said where it goes */
static char **
set_signal (char **environment, const char *signal, const OhLaunchProxy *proxy, const char *base, gboolean taken)
{
  g_autofree char *upper = g_ascii_strup (signal, -1);
  g_autofree char *endpoint = g_strdup_printf ("OTEL_EXPORTER_OTLP_%s_ENDPOINT", upper);
  g_autofree char *protocol = g_strdup_printf ("OTEL_EXPORTER_OTLP_%s_PROTOCOL", upper);
  g_autofree char *own_headers = g_strdup_printf ("OTEL_EXPORTER_OTLP_%s_HEADERS", upper);
  g_autofree char *address = g_strdup_printf ("%s/v1/%s", base, signal);
  g_autofree char *own = find_own_endpoint (environment, signal);
  const char *said = get_of_signal (environment, signal, "PROTOCOL");

  if (own == NULL && (!taken || get_of_signal (environment, signal, "ENDPOINT") != NULL))
    return environment;
  /* Its addresses have no path: the token is sent with each call. */
  if (g_strcmp0 (said, "grpc") == 0)
    {
      const char *headers = get_of_signal (environment, signal, "HEADERS");
      g_autofree char *all = g_strdup_printf ("%s%soverhear-token=%s", headers != NULL ? headers : "", headers != NULL ? "," : "",
                                              proxy->token);

      g_free (address);
      address = g_strdup_printf ("http://127.0.0.1:%u", proxy->port);
      environment = g_environ_setenv (environment, own_headers, all, TRUE);
    }
  else if (said != NULL && !g_str_has_prefix (said, "http/"))
    return environment;
  if (said == NULL)
    environment = g_environ_setenv (environment, protocol, "http/protobuf", TRUE);
  return g_environ_setenv (environment, endpoint, address, TRUE);
}

/* Claude Code tells of itself only where it is asked to, by names of its own and by an exporter's, which has no value for it
 * else. That is "otlp" for all others: what OpenTelemetry's specification has for SDKs to which nothing is said, so that no
 * other program does anything else. Its spans are asked for; its log records (prompts, decisions, results) only say again what
 * spans and the wire say, and would stand between the calls. What the user has said of any of it is left whole. */
static char **
ask_claude_code (char **environment, const char *base)
{
  static const char *const own[] = { "CLAUDE_CODE_ENABLE_TELEMETRY", "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "OTEL_SDK_DISABLED",
                                     "OTEL_TRACES_EXPORTER", "OTEL_LOGS_EXPORTER", "OTEL_METRICS_EXPORTER" };
  const char *endpoint = get (environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");

  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    if (g_environ_getenv (environment, own[i]) != NULL)
      return environment;
  /* Nothing is asked for that does not come here. */
  if (endpoint == NULL || !g_str_has_prefix (endpoint, base))
    return environment;
  environment = g_environ_setenv (environment, "CLAUDE_CODE_ENABLE_TELEMETRY", "1", TRUE);
  environment = g_environ_setenv (environment, "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "1", TRUE);
  environment = g_environ_setenv (environment, "OTEL_TRACES_EXPORTER", "otlp", TRUE);
  /* Milliseconds; only Claude Code has this name. */
  environment = g_environ_setenv (environment, "OTEL_TRACES_EXPORT_INTERVAL", "1000", FALSE);
  return environment;
}

char **
oh_environment_set_instruments (char **environment, const OhLaunchProxy *proxy)
{
  g_autofree char *base = g_strdup_printf ("http://127.0.0.1:%u/in/%s", proxy->port, proxy->token);
  g_autofree char *sideseat = g_strconcat (base, SIDESEAT_PATH, NULL);
  /* It tells of no call to the host that it tells: not to localhost, as ever. */
  g_autofree char *smello_url = g_strdup_printf ("http://localhost:%u/in/%s", proxy->port, proxy->token);
  const char *own_sideseat = get (environment, "SIDESEAT_ENDPOINT");
  const char *own_smello = get (environment, "SMELLO_URL");
  const gboolean has_own = get (environment, "OTEL_EXPORTER_OTLP_ENDPOINT") != NULL
                           || get (environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != NULL || own_sideseat != NULL;
  const gboolean taken = proxy->instruments && !has_own;
  const gboolean takes_sideseat = own_sideseat != NULL ? is_web_address (own_sideseat) : taken;

  if (own_smello != NULL ? is_web_address (own_smello) : proxy->smello)
    environment = g_environ_setenv (environment, "SMELLO_URL", smello_url, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    environment = set_signal (environment, signals[i], proxy, base, taken);
  /* Metrics are taken and not kept, so that who tells all three (Java's agent, by itself) has none refused. */
  if (taken && get_of_signal (environment, "metrics", "ENDPOINT") == NULL)
    environment = set_signal (environment, "metrics", proxy, base, TRUE);
  if (taken)
    environment = ask_claude_code (environment, base);
  if (takes_sideseat)
    environment = g_environ_setenv (environment, "SIDESEAT_ENDPOINT", own_sideseat != NULL ? sideseat : base, TRUE);
  return environment;
}
