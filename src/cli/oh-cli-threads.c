/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear threads`: a table, or the calls of one. */
#include "config.h"
#include "oh-cli-sums.h"

#include <glib/gi18n.h>
#include <inttypes.h>

/* The calls of one conversation, in the order of time. */
static int
print_thread (const OhCliOptions *options, gint64 id)
{
  g_autoptr (GArray) ids = oh_store_reader_get_thread_exchanges (options->reader, id);
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (options->reader, (const gint64 *) ids->data, ids->len);

  if (ids->len == 0)
    {
      g_autofree char *message = g_strdup_printf (_ ("There is no conversation %" PRId64 "."), id);

      oh_cli_complain (message);
      return OH_CLI_TROUBLE;
    }
  for (guint i = 0; i < rows->len; i++)
    {
      OhExchange *exchange = rows->pdata[i];
      g_autoptr (OhSpan) span = NULL;

      if (exchange == NULL || exchange->place == NULL)
        continue;
      span = oh_span_new_for_exchange (exchange->place->attempt < exchange->place->attempts ? OH_SPAN_ATTEMPT : OH_SPAN_CALL,
                                       exchange);
      if (options->json)
        {
          oh_cli_json_span (options->line, span, NULL);
          oh_cli_json_print (options->line);
        }
      else
        oh_cli_print_span (span);
    }
  return 0;
}

int
oh_cli_threads (int argc, char **argv)
{
  g_auto (OhCliOptions) options = { 0 };
  g_autoptr (GPtrArray) groups = NULL;
  OhTraceQuery query;
  gint64 id;
  int status;

  if (!oh_cli_options_parse (&options, _ ("threads [OPTION…] [ID]"),
              _ ("Lists conversations, the last active first; or the calls of one."), OH_CLI_FILTER_LIMIT | OH_CLI_FILTER_LABELS, 1, &argc,
              &argv, &status))
    return status;
  if (argc > 1 && !oh_cli_parse_id (argv[1], &id))
    {
      oh_cli_complain (_ ("“threads” takes the ID of one conversation, a number of “overhear threads”."));
      return OH_CLI_USAGE;
    }
  if (argc > 1)
    return print_thread (&options, id);
  query = oh_cli_options_query (&options);
  groups = oh_store_reader_get_threads (options.reader, &query);
  return oh_cli_print_groups (&options, groups, TRUE);
}
