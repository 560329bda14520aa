/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear traces`: a table, or one as a tree. */
#include "config.h"
#include "oh-cli-sums.h"

#include <glib/gi18n.h>
#include <inttypes.h>

static int
print_trace (const OhCliOptions *options, gint64 id)
{
  g_autoptr (GPtrArray) spans = oh_store_reader_get_spans (options->reader, id);
  g_autoptr (GPtrArray) notices = oh_store_reader_get_notices (options->reader, id, FALSE, 0);

  if (spans->len == 0)
    {
      g_autofree char *message = g_strdup_printf (_ ("There is no trace %" PRId64 "."), id);

      oh_cli_complain (message);
      return OH_CLI_TROUBLE;
    }
  for (guint i = 0; i < spans->len; i++)
    {
      if (options->json)
        {
          oh_cli_json_span (options->line, spans->pdata[i], i == 0 ? notices : NULL);
          oh_cli_json_print (options->line);
        }
      else
        oh_cli_print_span (spans->pdata[i]);
    }
  for (guint i = 0; i < notices->len && !options->json; i++)
    {
      g_autofree char *said = oh_saying_tell (((OhNotice *) notices->pdata[i])->saying);
      g_autofree char *text = oh_cli_one_line (said);

      g_print ("! %s\n", text);
    }
  return 0;
}

int
oh_cli_traces (int argc, char **argv)
{
  g_auto (OhCliOptions) options = { 0 };
  g_autoptr (GPtrArray) traces = NULL;
  g_autoptr (GArray) ids = NULL;
  OhTraceQuery query;
  OhCliTable *table;
  gint64 id;
  int status;

  if (!oh_cli_options_parse (&options, _ ("traces [OPTION…] [ID]"), _ ("Lists traces, the newest first; or one as a tree."),
              OH_CLI_FILTER_LIMIT | OH_CLI_FILTER_LABELS, 1, &argc, &argv, &status))
    return status;
  if (argc > 1 && !oh_cli_parse_id (argv[1], &id))
    {
      oh_cli_complain (_ ("“traces” takes the ID of one trace, a number of “overhear traces”."));
      return OH_CLI_USAGE;
    }
  if (argc > 1)
    return print_trace (&options, id);
  query = oh_cli_options_query (&options);
  ids = oh_store_reader_find_traces (options.reader, &query);
  traces = oh_store_reader_get_traces (options.reader, (const gint64 *) ids->data, ids->len);
  table = oh_cli_table_new (0x3f4, (const char *const[]) { N_ ("ID"), N_ ("Started"), N_ ("Calls"), N_ ("Trace"), N_ ("Tokens"),
                                                   N_ ("Cost"), N_ ("Time"), N_ ("Errors"), NULL });
  for (guint i = 0; i < traces->len; i++)
    {
      const OhTrace *trace = traces->pdata[i];

      if (trace != NULL && options.json)
        {
          oh_cli_json_trace (options.line, trace);
          oh_cli_json_print (options.line);
        }
      else if (trace != NULL)
        oh_cli_table_add (table, g_strdup_printf ("%" G_GINT64_FORMAT, trace->id), oh_format_date_time (trace->started_ns),
                   oh_format_count (trace->sums.calls), g_strdup (trace->name != NULL ? trace->name : "–"),
                   oh_cli_describe_tokens (&trace->sums), oh_words_cost_of (&trace->sums, FALSE),
                   oh_format_duration (trace->running ? -1 : trace->ended_ns - trace->started_ns),
                   oh_cli_describe_errors (oh_trace_count_failed (trace)), NULL);
    }
  oh_cli_table_end (table, options.json, _ ("No traces yet."));
  return 0;
}
