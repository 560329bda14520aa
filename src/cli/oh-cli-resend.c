/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli-launch.h"
#include "oh-replay.h"

#include <glib/gi18n.h>
#include <inttypes.h>

typedef struct
{
  OhReplayChanges changes;
  gboolean send;     /* we are the program of the run */
  gboolean json;
  gint64 id;
} Options;

/* As the program of the run: sends, and reads the answer to its end, for the record. */
static int
send_request (const GString *request, const char *via)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *piece = g_malloc (64 * 1024);
  gssize n = 1;

  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_uri (client, via, 80, NULL, &error);
  if (connection != NULL
      && g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), request->str, request->len, NULL,
                                    NULL, &error))
    while (n > 0)
      n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), piece, 64 * 1024, NULL, &error);
  if (error != NULL)
    oh_cli_complain (error->message);
  return error != NULL ? OH_CLI_TROUBLE : 0;
}

/* --- the command --- */

/* Tells the new call. */
static int
tell_call (OhEngine *engine, gint64 run_id, gpointer data)
{
  const Options *options = data;
  OhStoreReader *reader = oh_engine_get_reader (engine);
  const OhQuery query = { .run_id = run_id };
  g_autoptr (GArray) ids = oh_store_reader_find (reader, &query, NULL);
  g_autoptr (GPtrArray) rows =
    ids != NULL && ids->len > 0 ? oh_store_reader_get_rows (reader, &g_array_index (ids, gint64, ids->len - 1), 1) : NULL;

  if (rows == NULL || rows->pdata[0] == NULL)
    {
      oh_cli_complain (_ ("The request was not sent."));
      return OH_CLI_TROUBLE;
    }
  if (options->json)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      oh_json_write_open (line, NULL, '{');
      oh_json_write_int (line, "resent", options->id);
      oh_json_write_name (line, "call");
      oh_cli_json_row (line, reader, rows->pdata[0]);
      oh_json_write_close (line, '}');
      oh_cli_json_print (line);
    }
  else
    oh_cli_print_table (rows, TRUE);
  return 0;
}

static int
launch (const OhCliView *view, Options *options, int argc, char **argv)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *name = g_strdup_printf (_ ("Call %" PRId64 " again"), options->id);
  g_autofree char *elsewhere =
    view->exchange->upstream != NULL ? g_strconcat (view->exchange->host, "=", view->exchange->upstream, NULL) : NULL;
  const char *const upstreams[] = { elsewhere, NULL };
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  g_ptr_array_add (words, self);
  g_ptr_array_add (words, (char *) "resend");
  g_ptr_array_add (words, (char *) "--send");
  for (int i = 1; i < argc; i++)
    g_ptr_array_add (words, argv[i]);
  g_ptr_array_add (words, NULL);

  const char *const reads[] = { view->exchange->host, NULL };
  const OhRunSpec spec = {
    .name = name, .argv = (const char *const *) words->pdata, .upstreams = upstreams, .reads = reads,
  };

  return oh_cli_launch (&spec, 0, tell_call, options);
}

static void
options_clear (Options *self)
{
  g_free (self->changes.model);
  g_strfreev (self->changes.edits);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

int
oh_cli_resend (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  const GOptionEntry entries[] = {
    { "model", 0, 0, G_OPTION_ARG_STRING, &options.changes.model, N_ ("Ask another model"), N_ ("NAME") },
    { "max-tokens", 0, 0, G_OPTION_ARG_INT64, &options.changes.max_tokens, N_ ("At most that many tokens"), N_ ("N") },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.changes.edits,
      N_ ("Replace what stands at a place of the body, such as messages[0].content; may be repeated"), N_ ("PATH=JSON") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_ ("Print one JSON object"), NULL },
    { "send", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options.send, NULL, NULL },
    { NULL },
  };
  g_auto (GStrv) words = g_strdupv (argv);
  const char *via = g_getenv ("OVERHEAR_VIA");
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (OhCliView) view = NULL;
  g_autoptr (GString) request = NULL;
  g_autofree char *problem = NULL;
  const int given = argc;
  int status;

  if (!oh_cli_parse_mixed (_ ("resend [OPTION…] ID"),
                           _ ("Sends a captured request again, to the server it went to, and captures what comes of it. This costs\n"
                              "what a call costs. Secrets were never stored: ANTHROPIC_API_KEY and its like give them again."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc != 2 || !oh_cli_parse_id (argv[1], &options.id) || options.changes.max_tokens < 0)
    {
      oh_cli_complain (_ ("Which call? “overhear list” has the numbers. Example: overhear resend 42 --model claude-haiku-4-5"));
      return OH_CLI_USAGE;
    }
  reader = oh_cli_has_store () ? oh_cli_open_store () : NULL;
  view = reader != NULL ? oh_cli_view_new (reader, options.id) : NULL;
  if (view == NULL)
    problem = g_strdup_printf (_ ("There is no call %" PRId64 "."), options.id);
  else
    request = oh_replay_write (&(OhReplay){ view->exchange, view->reading->facts, view->request_body }, &options.changes,
                                options.send ? via : NULL, &problem);
  if (request == NULL || (options.send && via == NULL))
    {
      oh_cli_complain (problem != NULL ? problem : "OVERHEAR_VIA");
      return OH_CLI_TROUBLE;
    }
  return options.send ? send_request (request, via) : launch (view, &options, given, words);
}
