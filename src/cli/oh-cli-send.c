/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear send`: traces to a collector, once or from now on. */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli.h"
#include "oh-collector.h"

#include <glib/gi18n.h>
#include <inttypes.h>

typedef struct
{
  gboolean on;
  gboolean off;
  gboolean status;
  gboolean json;
  gboolean thinking;
  char *url;
  char **fields;
  gint64 run;
  gint64 thread;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->url);
  g_strfreev (self->fields);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* What was kept, and of that what the command line says anew. */
static void
read_collector (const char *dir, Options *options, OhCollector *collector)
{
  oh_collector_read (dir, collector);
  if (options->url != NULL)
    {
      /* Fields of one address may be its key, and are none of another's. */
      if (g_strcmp0 (options->url, collector->url) != 0)
        g_clear_pointer (&collector->fields, g_strfreev);
      g_free (collector->url);
      collector->url = g_strdup (options->url);
    }
  if (options->fields != NULL)
    {
      g_strfreev (collector->fields);
      collector->fields = g_strdupv (options->fields);
    }
}

/* --- from now on --- */

static int
print_status (OhStoreReader *reader, const OhCollector *collector, gboolean json)
{
  g_auto (OhSending) sending = { 0 };
  const gboolean on = collector->on && oh_store_reader_get_sending (reader, &sending);
  const gint64 waiting = on ? oh_store_reader_count_waiting (reader, G_MAXINT64) : 0;
  g_autofree char *trouble = on ? oh_collector_describe (reader) : NULL;

  if (json)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      oh_json_write_open (line, NULL, '{');
      oh_json_write_flag (line, "on", on);
      oh_json_write_text (line, "to", collector->url);
      oh_json_write_flag (line, "thinking", collector->thinking);
      oh_json_write_int (line, "sent", sending.sent);
      oh_json_write_int (line, "waiting", waiting);
      oh_json_write_int (line, "lost", sending.lost);
      oh_json_write_time (line, "failing_since", sending.failing_ns);
      oh_json_write_text (line, "problem", sending.problem);
      oh_json_write_close (line, '}');
      oh_cli_json_print (line);
      return 0;
    }
  if (!on)
    {
      g_print ("%s\n", _ ("Nothing is sent to a collector. To begin: overhear send --on --to URL"));
      return 0;
    }
  g_print (_ ("What ends is sent to %s: %" PRId64 " sent, %" PRId64 " waiting.\n"), collector->url, sending.sent, waiting);
  if (sending.lost > 0)
    g_print (ngettext ("%" PRId64 " span was not taken.\n", "%" PRId64 " spans were not taken.\n", (gulong) sending.lost),
             sending.lost);
  if (trouble != NULL || sending.problem != NULL)
    g_print ("%s\n", trouble != NULL ? trouble : sending.problem);
  return 0;
}

static int
change (OhCollector *collector, const Options *options)
{
  g_autoptr (OhEngine) engine = oh_cli_open_engine ();
  g_autoptr (GError) error = NULL;
  int status = 0;

  if (engine == NULL)
    return OH_CLI_TROUBLE;
  collector->on = options->on;
  if (options->on)
    collector->thinking = options->thinking;
  if (oh_engine_set_collector (engine, collector, &error))
    {
      oh_engine_flush (engine);
      print_status (oh_engine_get_reader (engine), collector, options->json);
    }
  else
    {
      oh_cli_complain (error->message);
      status = error->code == OH_COLLECTOR_ERROR_ADDRESS ? OH_CLI_USAGE : OH_CLI_TROUBLE;
    }
  oh_engine_shutdown (engine, FALSE);
  return status;
}

/* --- once --- */

static int
send_selection (OhStoreReader *reader, const char *dir, OhCollector *collector, char **words, const OhSearch *search,
                const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = oh_cli_choose (reader, words, search, options->run, options->thread, &error);
  g_auto (OhCollected) collected = { 0 };
  gboolean sent;

  collector->thinking = options->thinking;
  sent = ids != NULL &&
         oh_collector_send (dir, ids, collector, options->json ? NULL : oh_cli_show_progress, NULL, &collected, NULL, &error);
  if (!sent)
    {
      oh_cli_complain (error->message);
      return g_error_matches (error, OH_COLLECTOR_ERROR, OH_COLLECTOR_ERROR_ADDRESS) ? OH_CLI_USAGE : OH_CLI_TROUBLE;
    }
  if (options->json)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      oh_json_write_open (line, NULL, '{');
      oh_json_write_text (line, "to", collector->url);
      oh_json_write_int (line, "spans", (gint64) collected.spans);
      oh_json_write_int (line, "lost", (gint64) collected.lost);
      oh_json_write_text (line, "problem", collected.problem);
      oh_json_write_close (line, '}');
      oh_cli_json_print (line);
    }
  else
    g_print (ngettext ("%" PRIu64 " span has arrived.\n", "%" PRIu64 " spans have arrived.\n",
                       (gulong) collected.spans),
             collected.spans);
  if (collected.lost > 0 && collected.problem != NULL)
    oh_cli_complain (collected.problem);
  return collected.lost > 0 ? OH_CLI_TROUBLE : 0;
}

int
oh_cli_send (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  const GOptionEntry entries[] = {
    { "to", 0, 0, G_OPTION_ARG_STRING, &options.url, N_ ("The collector, such as http://127.0.0.1:4318 (default: the one that is kept)"),
      N_ ("URL") },
    { "header", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.fields, N_ ("A header of each request, such as a key; may be repeated"),
      N_ ("NAME: VALUE") },
    { "thinking", 0, 0, G_OPTION_ARG_NONE, &options.thinking, N_ ("What models thought goes, too"), NULL },
    { "on", 0, 0, G_OPTION_ARG_NONE, &options.on, N_ ("From now on send what ends"), NULL },
    { "off", 0, 0, G_OPTION_ARG_NONE, &options.off, N_ ("Send no more; what waits is forgotten"), NULL },
    { "status", 0, 0, G_OPTION_ARG_NONE, &options.status, N_ ("Say what was sent, what waits, and what is wrong"), NULL },
    { "run", 0, 0, G_OPTION_ARG_INT64, &options.run, N_ ("Only those of one run"), N_ ("ID") },
    { "thread", 0, 0, G_OPTION_ARG_INT64, &options.thread, N_ ("Only those of one conversation"), N_ ("ID") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (OhSearch) search = NULL;
  g_auto (OhCollector) collector = { 0 };
  g_autofree char *dir = NULL;
  int status;

  if (!oh_cli_parse_mixed (_ ("send [OPTION…] [ID… | QUERY]"),
                           _ ("Sends traces to a collector of OpenTelemetry’s, over OTLP/HTTP: those of all exchanges, of some by their\n"
                              "IDs, or of those that a query finds; or, with --on, of all that end from now on. The address and its\n"
                              "headers are kept in the data folder’s file “collector”, which only you can read."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (options.on + options.off + options.status > 1 || ((options.on || options.off || options.status) && argc > 1))
    {
      oh_cli_complain (_ ("Either --on, --off or --status, or what to send. Try “overhear send --help”."));
      return OH_CLI_USAGE;
    }
  dir = oh_paths_get_data_dir (NULL);
  read_collector (dir, &options, &collector);
  if (options.on || options.off)
    return change (&collector, &options);
  search = oh_cli_parse_search (argv + 1);
  if (search == NULL)
    return OH_CLI_USAGE;
  reader = oh_cli_open_captured ();
  if (reader == NULL)
    return OH_CLI_TROUBLE;
  if (options.status)
    return print_status (reader, &collector, options.json);
  return send_selection (reader, dir, &collector, argv + 1, search, &options);
}
