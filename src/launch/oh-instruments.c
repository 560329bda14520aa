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

char **
oh_environment_set_instruments (char **environment, const OhLaunchProxy *proxy)
{
  static const char *const endpoints[] = { "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                                           "SIDESEAT_ENDPOINT" };
  const char *protocol = get (environment, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL");
  g_autofree char *base = g_strdup_printf ("http://127.0.0.1:%u/in/%s", proxy->port, proxy->token);
  g_autofree char *traces = g_strconcat (base, "/v1/traces", NULL);
  /* It tells of no call to the host that it tells: not to localhost, as ever. */
  g_autofree char *smello_url = g_strdup_printf ("http://localhost:%u/in/%s", proxy->port, proxy->token);

  if (proxy->smello && get (environment, "SMELLO_URL") == NULL)
    environment = g_environ_setenv (environment, "SMELLO_URL", smello_url, TRUE);
  if (!proxy->instruments)
    return environment;
  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++)
    if (get (environment, endpoints[i]) != NULL)
      return environment;
  if (protocol == NULL)
    protocol = get (environment, "OTEL_EXPORTER_OTLP_PROTOCOL");
  if (protocol != NULL && !g_str_has_prefix (protocol, "http/"))
    return environment;
  if (protocol == NULL)
    environment = g_environ_setenv (environment, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf", TRUE);
  environment = g_environ_setenv (environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces, TRUE);
  return g_environ_setenv (environment, "SIDESEAT_ENDPOINT", base, TRUE);
}
