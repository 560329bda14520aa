/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

/* The variable's value, or NULL where it is unset or empty. */
static const char *
get (char **environment, const char *name)
{
  const char *value = g_environ_getenv (environment, name);

  return value != NULL && *value != '\0' ? value : NULL;
}

/* @signal: "traces", "logs". Whoever says where these go keeps them. */
static char **
set_signal (char **environment, const char *signal, const OhLaunchProxy *proxy, const char *base)
{
  g_autofree char *upper = g_ascii_strup (signal, -1);
  g_autofree char *endpoint = g_strdup_printf ("OTEL_EXPORTER_OTLP_%s_ENDPOINT", upper);
  g_autofree char *protocol = g_strdup_printf ("OTEL_EXPORTER_OTLP_%s_PROTOCOL", upper);
  g_autofree char *address = g_strdup_printf ("%s/v1/%s", base, signal);
  const char *said = get (environment, protocol);
  g_autofree char *own_headers = g_strdup_printf ("OTEL_EXPORTER_OTLP_%s_HEADERS", upper);

  if (get (environment, endpoint) != NULL)
    return environment;
  if (said == NULL)
    said = get (environment, "OTEL_EXPORTER_OTLP_PROTOCOL");
  /* Its addresses have no path: the token is sent with each call. */
  if (g_strcmp0 (said, "grpc") == 0)
    {
      const char *own = get (environment, own_headers);
      g_autofree char *headers = NULL;

      if (own == NULL)
        own = get (environment, "OTEL_EXPORTER_OTLP_HEADERS");
      headers = g_strdup_printf ("%s%soverhear-token=%s", own != NULL ? own : "", own != NULL ? "," : "", proxy->token);
      g_free (address);
      address = g_strdup_printf ("http://127.0.0.1:%u", proxy->port);
      environment = g_environ_setenv (environment, own_headers, headers, TRUE);
    }
  else if (said != NULL && !g_str_has_prefix (said, "http/"))
    return environment;
  if (said == NULL)
    environment = g_environ_setenv (environment, protocol, "http/protobuf", TRUE);
  return g_environ_setenv (environment, endpoint, address, TRUE);
}

char **
oh_environment_set_instruments (char **environment, const OhLaunchProxy *proxy)
{
  static const char *const signals[] = { "traces", "logs" };
  g_autofree char *base = g_strdup_printf ("http://127.0.0.1:%u/in/%s", proxy->port, proxy->token);
  /* It tells of no call to the host that it tells: not to localhost, as ever. */
  g_autofree char *smello_url = g_strdup_printf ("http://localhost:%u/in/%s", proxy->port, proxy->token);

  if (proxy->smello && get (environment, "SMELLO_URL") == NULL)
    environment = g_environ_setenv (environment, "SMELLO_URL", smello_url, TRUE);
  if (!proxy->instruments || get (environment, "OTEL_EXPORTER_OTLP_ENDPOINT") != NULL
      || get (environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != NULL || get (environment, "SIDESEAT_ENDPOINT") != NULL)
    return environment;
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    environment = set_signal (environment, signals[i], proxy, base);
  return get (environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != NULL
           ? g_environ_setenv (environment, "SIDESEAT_ENDPOINT", base, TRUE)
           : environment;
}
