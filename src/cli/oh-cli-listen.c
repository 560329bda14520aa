/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"
#include "oh-cli-json.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdio.h>

/* `overhear listen`: what instruments of any program send by themselves comes to this process, until it ends. */

static gboolean
on_signal (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}

static void
announce (const OhDoor *doors, gboolean json)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (json)
    {
      oh_cli_json_listening (out, doors);
      oh_cli_json_print (out);
    }
  for (guint i = 0; !json && i < OH_N_DOORS; i++)
    if (doors[i].port != 0)
      g_print ("%-26s http://127.0.0.1:%u\n", oh_door_get_title (i), doors[i].port);
    else
      g_print ("%-26s %s\n", oh_door_get_title (i), doors[i].problem);
  if (!json)
    g_print ("%s\n", _ ("What instrumented programs of yours send there is kept. Ctrl+C ends it."));
  fflush (stdout);
}

typedef struct
{
  gboolean json;
  guint n_open; /* as was announced */
} Announced;

static guint
count_open (const OhDoor *doors)
{
  guint n = 0;

  for (guint i = 0; i < OH_N_DOORS; i++)
    n += doors[i].port != 0;
  return n;
}

/* A port that was taken has become free. */
static void
on_desktop (OhEngine *engine, GParamSpec *pspec, gpointer data)
{
  Announced *announced = data;
  const OhDoor *doors = oh_engine_get_doors (engine);

  if (doors == NULL || count_open (doors) <= announced->n_open)
    return;
  announced->n_open = count_open (doors);
  announce (doors, announced->json);
}

static int
listen_here (const guint16 *ports, gboolean json)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  g_autoptr (OhEngine) engine = oh_cli_open_engine ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  const OhDoor *doors;
  guint sources[G_N_ELEMENTS (signals)];
  Announced announced = { .json = json };

  if (engine == NULL)
    return OH_CLI_TROUBLE;
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sources[i] = g_unix_signal_add (signals[i], on_signal, loop);
  oh_engine_listen (engine, ports);
  doors = oh_engine_get_doors (engine);
  announced.n_open = count_open (doors);
  if (announced.n_open > 0)
    {
      announce (doors, json);
      g_signal_connect (engine, "notify::desktop", G_CALLBACK (on_desktop), &announced);
      g_main_loop_run (loop);
    }
  for (guint i = 0; announced.n_open == 0 && i < OH_N_DOORS; i++)
    oh_cli_complain (doors[i].problem);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (sources[i]);
  oh_engine_stop_listening (engine);
  oh_engine_flush (engine);
  oh_engine_shutdown (engine, FALSE);
  return announced.n_open > 0 ? 0 : OH_CLI_TROUBLE;
}

int
oh_cli_listen (int argc, char **argv)
{
  gboolean json = FALSE;
  int wanted[OH_N_DOORS] = { -1, -1, -1, -1 };
  guint16 ports[OH_N_DOORS];
  int status = 0;
  const GOptionEntry entries[] = {
    { "otlp", 0, 0, G_OPTION_ARG_INT, &wanted[OH_DOOR_OTLP], N_ ("Port for OpenTelemetry over HTTP, instead of 4318; 0: any"),
      N_ ("PORT") },
    { "grpc", 0, 0, G_OPTION_ARG_INT, &wanted[OH_DOOR_GRPC], N_ ("Port for OpenTelemetry by gRPC, instead of 4317"), N_ ("PORT") },
    { "smello", 0, 0, G_OPTION_ARG_INT, &wanted[OH_DOOR_SMELLO], N_ ("Port for Smello, instead of 5110"), N_ ("PORT") },
    { "sideseat", 0, 0, G_OPTION_ARG_INT, &wanted[OH_DOOR_SIDESEAT], N_ ("Port for SideSeat, instead of 5388"), N_ ("PORT") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };

  if (!oh_cli_parse_mixed (
          "listen [OPTION…]",
          _ ("Listens on the ports where instrumented programs send what they tell by themselves: OpenTelemetry's SDKs,\n"
             "Smello's client, SideSeat's SDK. Only programs of yours on this computer are heard, and no web page. Programs\n"
             "that “overhear run” starts do not need it."),
          entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc > 1)
    {
      oh_cli_complain (_ ("“listen” takes options only. Try “overhear listen --help”."));
      return OH_CLI_USAGE;
    }
  for (guint i = 0; i < OH_N_DOORS; i++)
    {
      if (wanted[i] < -1 || wanted[i] > G_MAXUINT16)
        {
          oh_cli_complain (_ ("A port is a number from 0 to 65535."));
          return OH_CLI_USAGE;
        }
      ports[i] = wanted[i] < 0 ? oh_door_get_port (i) : (guint16) wanted[i];
    }
  return listen_here (ports, json);
}
