/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"

#include <glib/gi18n.h>

#define SYSTEM_PYTHON "/usr/bin/python3"

OhLiveRun *
oh_engine_launch_demonstration (OhEngine *self, gboolean terminal, GError **error)
{
  g_autofree char *agent = oh_paths_find_data ("demo/agent.py");
  g_autofree char *upstream = NULL;
  guint16 port;
  const char *python = g_file_test (SYSTEM_PYTHON, G_FILE_TEST_IS_EXECUTABLE) ? SYSTEM_PYTHON : "python3";
  const char *const argv[] = { python, agent, NULL };
  const char *const environment[] = { "ANTHROPIC_API_KEY=sk-ant-demo", NULL };
  const char *upstreams[2] = { NULL, NULL };
  OhRunSpec spec = {
    .name = _ ("Demonstration"),
    .argv = argv,
    .environment = environment,
    .upstreams = upstreams,
    .terminal = terminal,
  };

  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);

  port = oh_engine_ensure_simulator (self, error);
  if (port == 0)
    return NULL;
  upstream = g_strdup_printf ("api.anthropic.com=http://127.0.0.1:%u", port);
  upstreams[0] = upstream;
  return oh_engine_launch (self, &spec, error);
}
