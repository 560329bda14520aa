/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear costs`. */
#include "config.h"
#include "oh-cli-sums.h"

#include <glib/gi18n.h>

int
oh_cli_costs (int argc, char **argv)
{
  g_auto (OhCliOptions) options = { 0 };
  OhOverview *overview;
  OhCliTable *table;
  int status;

  if (!oh_cli_options_parse (&options, _ ("costs [OPTION…]"), _ ("Adds up what calls cost, by model and day in local time."),
              OH_CLI_FILTER_NONE, 0, &argc, &argv, &status))
    return status;
  overview = oh_store_reader_get_overview (options.reader, 0, G_MAXINT64 / 2, 0);
  table = oh_cli_table_new (0x1c, (const char *const[]) { N_ ("Local day"), N_ ("Model"), N_ ("Calls"), N_ ("Tokens"), N_ ("Cost"),
                                                   NULL });
  for (guint i = 0; i < overview->slices->len; i++)
    {
      const OhSlice *slice = &g_array_index (overview->slices, OhSlice, i);
      g_autoptr (GDateTime) day = g_date_time_new_from_unix_local (slice->start_ns / OH_NS_PER_S);
      g_autofree char *date = g_date_time_format (day, "%Y-%m-%d");

      if (options.json)
        {
          oh_cli_json_slice (options.line, slice);
          oh_cli_json_print (options.line);
          continue;
        }
      oh_cli_table_add (table, g_steal_pointer (&date), g_strdup (*slice->model != '\0' ? slice->model : "–"),
                 oh_format_count (slice->sums.calls), oh_cli_describe_tokens (&slice->sums), oh_words_cost_of (&slice->sums, FALSE), NULL);
    }
  if (!options.json)
    oh_cli_table_add (table, g_strdup (_ ("Total")), g_strdup (""), oh_format_count (overview->sums.calls),
                      oh_cli_describe_tokens (&overview->sums), oh_words_cost_of (&overview->sums, FALSE), NULL);
  oh_cli_table_end (table, options.json, "");
  oh_overview_free (overview);
  return 0;
}
