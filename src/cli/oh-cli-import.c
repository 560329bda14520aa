/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear import` */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli.h"
#include "oh-import.h"
#include "oh-json-write.h"

#include <glib/gi18n.h>
#include <inttypes.h>

typedef struct
{
  gboolean done;
  OhImported result;
  GError *error;
} Import;

static void
on_imported (GObject *source, GAsyncResult *result, gpointer data)
{
  Import *import = data;

  oh_import_file_finish (result, &import->result, &import->error);
  import->done = TRUE;
}

int
oh_cli_import (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Say what was read as one JSON object"), NULL },
    { NULL },
  };
  g_autoptr (OhEngine) engine = NULL;
  Import import = { 0 };
  int status;

  if (!oh_cli_parse_mixed (_ ("import [OPTION…] FILE"),
                           _ ("Reads exchanges from a HAR file, from JSON Lines that Overhear exported, or from a file of\n"
                              "flows that mitmdump wrote, into a run named after the file."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc != 2)
    {
      oh_cli_complain (_ ("“import” needs one file. Try “overhear import --help”."));
      return OH_CLI_USAGE;
    }
  engine = oh_cli_open_engine ();
  if (engine == NULL)
    return OH_CLI_TROUBLE;
  oh_import_file_async (engine, argv[1], oh_cli_show_progress, NULL, NULL, on_imported, &import);
  while (!import.done)
    g_main_context_iteration (NULL, TRUE);
  oh_engine_flush (engine);
  oh_engine_shutdown (engine, FALSE);
  if (import.error != NULL)
    {
      oh_cli_complain (import.error->message);
      g_error_free (import.error);
      return OH_CLI_TROUBLE;
    }
  if (json)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      oh_json_write_open (line, NULL, '{');
      oh_json_write_int (line, "run", import.result.run_id);
      oh_json_write_int (line, "exchanges", import.result.exchanges);
      oh_json_write_int (line, "skipped", import.result.skipped);
      oh_json_write_close (line, '}');
      oh_cli_json_print (line);
      return 0;
    }
  g_print (ngettext ("%u exchange is in run %" PRId64 " now.\n",
                     "%u exchanges are in run %" PRId64 " now.\n", import.result.exchanges),
           import.result.exchanges, import.result.run_id);
  if (import.result.skipped > 0)
    g_printerr (ngettext ("overhear: %u entry was no exchange and has been left out.\n",
                          "overhear: %u entries were no exchanges and have been left out.\n", import.result.skipped),
                import.result.skipped);
  return 0;
}
