/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <unistd.h>

int
oh_cli_reread (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Say what was read as one JSON object"), NULL },
    { NULL },
  };
  g_autoptr (OhEngine) engine = NULL;
  gboolean show = isatty (STDERR_FILENO);
  gint64 done, total;
  int status;

  if (!oh_cli_parse (_ ("reread [OPTION…]"),
                     _ ("Understands everything anew from the stored bytes: after an update of Overhear, or of prices."),
                     entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  engine = oh_cli_open_engine ();
  if (engine == NULL)
    return OH_CLI_TROUBLE;
  oh_engine_reread (engine);
  while (oh_engine_get_reread (engine, &done, &total))
    {
      if (show)
        {
          oh_cli_rewind_line ();
          g_printerr (_ ("%" PRId64 " of %" PRId64), done, total);
        }
      g_usleep (50000);
    }
  oh_engine_flush (engine);
  oh_engine_shutdown (engine, FALSE);
  if (show)
    oh_cli_rewind_line ();
  if (json)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      oh_json_write_open (line, NULL, '{');
      oh_json_write_int (line, "exchanges", done);
      oh_json_write_close (line, '}');
      oh_cli_json_print (line);
      return 0;
    }
  g_print (_ ("%" PRId64 " exchanges were read again.\n"), done);
  return 0;
}
