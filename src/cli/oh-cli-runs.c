/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear runs`. */
#include "config.h"
#include "oh-cli-sums.h"

#include <glib/gi18n.h>

/* (transfer full) */
static char *
describe_end (const OhRun *run)
{
  if (run->error != NULL)
    return g_strdup (_ ("failed"));
  if (run->ended_ns == 0)
    return g_strdup (_ ("running"));
  if (run->term_signal != 0)
    return g_strdup_printf (_ ("signal %d"), run->term_signal);
  return run->exit_status >= 0 ? g_strdup_printf ("%d", run->exit_status) : g_strdup ("–");
}

int
oh_cli_runs (int argc, char **argv)
{
  g_auto (OhCliOptions) options = { 0 };
  g_autoptr (GPtrArray) runs = NULL;
  OhCliTable *table;
  int status;

  if (!oh_cli_options_parse (&options, _ ("runs [OPTION…]"), _ ("Lists runs, the newest first."), OH_CLI_FILTER_LIMIT, 0, &argc, &argv,
              &status))
    return status;
  runs = oh_store_reader_get_runs (options.reader, (guint) MIN (options.limit, G_MAXINT));
  table = oh_cli_table_new (0xf1, (const char *const[]) { N_ ("ID"), N_ ("Started"), N_ ("Run"), N_ ("End"), N_ ("Calls"),
                                                   N_ ("Tokens"), N_ ("Cost"), N_ ("Time"), NULL });
  for (guint i = 0; i < runs->len; i++)
    {
      const OhRun *run = runs->pdata[i];
      OhSums sums;

      if (options.json)
        {
          oh_cli_json_run (options.line, options.reader, run, NULL, NULL);
          oh_cli_json_print (options.line);
          continue;
        }
      sums = oh_store_reader_get_run_sums (options.reader, run->id);
      oh_cli_table_add (table, g_strdup_printf ("%" G_GINT64_FORMAT, run->id), oh_format_date_time (run->started_ns),
                 g_strdup (run->name), describe_end (run), oh_format_count (sums.calls), oh_cli_describe_tokens (&sums),
                 oh_words_cost_of (&sums, FALSE), oh_format_duration (run->ended_ns != 0 ? run->ended_ns - run->started_ns : -1),
                 NULL);
    }
  oh_cli_table_end (table, options.json, _ ("No runs yet. Try: overhear demo"));
  return 0;
}
