/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

#include <glib/gi18n.h>

int
oh_cli_open (int argc, char **argv)
{
  const GOptionEntry entries[] = { { NULL } };
  g_autoptr (OhStoreReader) reader = NULL;
  g_autofree char *link = NULL;
  OhLinkKind kind;
  gint64 id;
  int status;

  if (!oh_cli_parse_mixed (_ ("open call|run|trace ID"),
                           _ ("Shows it in the window, which is opened if there is none. Instead of the two words a link can be given,\n"
                              "such as overhear://call/42."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc == 3 && oh_cli_parse_id (argv[2], &id))
    link = oh_link_make (argv[1], id);
  else if (argc == 2)
    link = g_strdup (argv[1]);
  if (link == NULL || !oh_link_parse (link, &kind, &id))
    {
      oh_cli_complain (_ ("What is to be opened? Such are: overhear open call 42, overhear open run 7, overhear open overhear://trace/42"));
      return OH_CLI_USAGE;
    }
  reader = oh_cli_has_store () ? oh_cli_open_store () : NULL;
  if (reader == NULL || !oh_engine_has_link (reader, kind, id))
    {
      g_autofree char *message = g_strdup_printf (_ ("There is nothing at %s. “overhear list” and “overhear runs” have the numbers."), link);

      oh_cli_complain (message);
      return OH_CLI_TROUBLE;
    }
  return oh_cli_open_window (link);
}
