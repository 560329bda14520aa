/* SPDX-License-Identifier: GPL-3.0-or-later */
/* overhear-simulator: a simulated Messages API on loopback. It says where it listens in one JSON line on standard
 * output, and ends when its standard input does. */
#include "config.h"
#include "oh-sim-server.h"

#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_REQUESTS_PER_MINUTE 1000

static int option_port;
static int option_tls_port;
static char *option_certificate;
static char *option_key;
static char *option_log;
static char *option_seed;
static char *option_public_url;
static double option_speed = 1.0;
static int option_requests;
static gboolean option_stay;

static const GOptionEntry ENTRIES[] = {
  { "port", 0, 0, G_OPTION_ARG_INT, &option_port, N_ ("Listen for HTTP on this port of 127.0.0.1 (0: any)"),
    N_ ("PORT") },
  { "tls-port", 0, 0, G_OPTION_ARG_INT, &option_tls_port, N_ ("Listen for HTTPS on this port (0: any)"), N_ ("PORT") },
  { "tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &option_certificate, N_ ("Serve HTTPS too, with this certificate (PEM)"),
    N_ ("FILE") },
  { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &option_key, N_ ("The certificate's private key (PEM)"), N_ ("FILE") },
  { "log", 0, 0, G_OPTION_ARG_FILENAME, &option_log, N_ ("Write what is received and sent into this folder"),
    N_ ("FOLDER") },
  { "seed", 0, 0, G_OPTION_ARG_STRING, &option_seed, N_ ("Make the same identifiers in every session"), N_ ("TEXT") },
  { "speed", 0, 0, G_OPTION_ARG_DOUBLE, &option_speed, N_ ("How fast to answer (1: as a real model, 0: at once)"),
    N_ ("FACTOR") },
  { "public-url", 0, 0, G_OPTION_ARG_STRING, &option_public_url, N_ ("The address to give for batch results"),
    N_ ("URL") },
  { "limit", 0, 0, G_OPTION_ARG_INT, &option_requests, N_ ("Refuse more than so many requests a minute"),
    N_ ("REQUESTS") },
  { "stay", 0, 0, G_OPTION_ARG_NONE, &option_stay, N_ ("Keep running when standard input ends"), NULL },
  { NULL },
};

static gboolean
on_input (GObject *stream, gpointer loop)
{
  char buffer[256];
  gssize got =
      g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, sizeof buffer, NULL, NULL);

  if (got > 0)
    return G_SOURCE_CONTINUE;
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static GTlsCertificate *
load_certificate (GError **error)
{
  return option_key != NULL ? g_tls_certificate_new_from_files (option_certificate, option_key, error)
                            : g_tls_certificate_new_from_file (option_certificate, error);
}

static gboolean
open_world (OhSimWorld *world, GError **error)
{
  world->ids = oh_sim_ids_new (option_seed);
  world->cache = oh_sim_cache_new ();
  world->limits = oh_sim_limits_new (option_requests > 0 ? option_requests : DEFAULT_REQUESTS_PER_MINUTE);
  world->speed = MAX (0, option_speed);
  world->public_url = option_public_url;
  world->enforce_limits = option_requests > 0;
  if (option_log != NULL)
    world->log = oh_sim_log_new (option_log, error);
  return option_log == NULL || world->log != NULL;
}

static void
close_world (OhSimWorld *world)
{
  oh_sim_ids_free (world->ids);
  oh_sim_cache_free (world->cache);
  oh_sim_limits_free (world->limits);
  g_clear_pointer (&world->log, oh_sim_log_free);
}

static gboolean
serve (OhSimWorld *world, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (OhSimServer) server = NULL;
  g_autoptr (GSource) source = NULL;

  if (option_certificate != NULL)
    {
      certificate = load_certificate (error);
      if (certificate == NULL)
        return FALSE;
    }
  server = oh_sim_server_new (world, certificate);
  if (!oh_sim_server_listen (server, (guint16) option_port, (guint16) option_tls_port, error))
    return FALSE;

  if (!option_stay)
    {
      source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (input), NULL);
      g_source_set_callback (source, G_SOURCE_FUNC (on_input), loop, NULL);
      g_source_attach (source, NULL);
    }
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);
  if (certificate != NULL)
    printf ("{\"port\": %u, \"tls_port\": %u}\n", oh_sim_server_get_port (server), oh_sim_server_get_tls_port (server));
  else
    printf ("{\"port\": %u}\n", oh_sim_server_get_port (server));
  fflush (stdout);
  g_main_loop_run (loop);
  if (source != NULL)
    g_source_destroy (source);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = NULL;
  g_autoptr (GError) error = NULL;
  OhSimWorld world = { 0 };
  gboolean served;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, OH_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  context = g_option_context_new (NULL);
  g_option_context_set_summary (context,
                                _ ("A simulated Messages API for demonstrations and tests, on this machine only."));
  g_option_context_add_main_entries (context, ENTRIES, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      return EXIT_FAILURE;
    }
  served = open_world (&world, &error) && serve (&world, &error);
  if (!served)
    g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  close_world (&world);
  return served ? EXIT_SUCCESS : EXIT_FAILURE;
}
