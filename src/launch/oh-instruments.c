/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTENING "0A"

/* OTLP by gRPC and by HTTP, SideSeat; 0 ends the list. */
static const guint16 collectors[] = { 4317, 4318, 5388, 0 };
static const guint16 smello[] = { 5110, 0 };

/* proc(5): "  sl  local_address rem_address   st …", addresses as ADDRESS:PORT in hex. */
static gboolean
lists (const char *path, const guint16 *ports)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      char local[64], state[8];
      const char *colon;

      if (sscanf (*line, " %*s %63s %*s %7s", local, state) != 2 || strcmp (state, LISTENING) != 0)
        continue;
      colon = strrchr (local, ':');
      for (guint i = 0; colon != NULL && ports[i] != 0; i++)
        if (strtoul (colon + 1, NULL, 16) == ports[i])
          return TRUE;
    }
  return FALSE;
}

/* The variable's value, or NULL where it is unset or empty. */
static const char *
get (char **environment, const char *name)
{
  const char *value = g_environ_getenv (environment, name);

  return value != NULL && *value != '\0' ? value : NULL;
}

gboolean
oh_launch_has_collector (void)
{
  return lists ("/proc/net/tcp", collectors) || lists ("/proc/net/tcp6", collectors);
}

gboolean
oh_launch_has_smello (void)
{
  return lists ("/proc/net/tcp", smello) || lists ("/proc/net/tcp6", smello);
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
