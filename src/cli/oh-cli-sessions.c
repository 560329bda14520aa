/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear sessions`. */
#include "config.h"
#include "oh-cli-sums.h"

#include <glib/gi18n.h>

int
oh_cli_sessions (int argc, char **argv)
{
  g_auto (OhCliOptions) options = { 0 };
  g_autoptr (GPtrArray) groups = NULL;
  OhTraceQuery query;
  int status;

  if (!oh_cli_options_parse (&options, _ ("sessions [OPTION…]"), _ ("Lists sessions, the last active first."),
              OH_CLI_FILTER_LIMIT | OH_CLI_FILTER_LABELS, 0, &argc, &argv, &status))
    return status;
  query = oh_cli_options_query (&options);
  groups = oh_store_reader_get_sessions (options.reader, &query);
  return oh_cli_print_groups (&options, groups, FALSE);
}
