/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear limits`. */
#include "config.h"
#include "oh-cli-sums.h"

#include <glib/gi18n.h>
#include <math.h>

static char *
describe_number (double value)
{
  return isnan (value) ? g_strdup ("–") : oh_format_count ((gint64) value);
}

/* When a limit is full again, or that it is: what was left then is history. */
static char *
describe_reset (gint64 reset_ns)
{
  g_autofree char *time = reset_ns > 0 ? oh_format_date_time (reset_ns) : NULL;

  if (time == NULL)
    return g_strdup ("–");
  return reset_ns > oh_clock_wall_ns () ? g_steal_pointer (&time) : g_strdup_printf (_ ("since %s"), time);
}

int
oh_cli_limits (int argc, char **argv)
{
  g_auto (OhCliOptions) options = { 0 };
  g_autoptr (GPtrArray) limits = NULL;
  OhCliTable *table;
  int status;

  if (!oh_cli_options_parse (&options, _ ("limits [OPTION…]"), _ ("Shows the rate limits as the API told them last."), OH_CLI_FILTER_NONE, 0,
              &argc, &argv, &status))
    return status;
  limits = oh_store_reader_get_limits (options.reader);
  table = oh_cli_table_new (0x18, (const char *const[]) { N_ ("Key"), N_ ("For"), N_ ("Limit"), N_ ("Left"), N_ ("Of"),
                                                   N_ ("Said"), N_ ("Full again"), N_ ("As of"), NULL });
  for (guint i = 0; i < limits->len; i++)
    {
      const OhLimit *limit = limits->pdata[i];

      if (options.json)
        {
          oh_cli_json_limit (options.line, limit);
          oh_cli_json_print (options.line);
          continue;
        }
      oh_cli_table_add (table, g_strdup (limit->key_tail != NULL ? limit->key_tail : "–"),
                 g_strdup (*limit->scope != '\0' ? limit->scope : "–"), g_strdup (limit->bucket),
                 isnan (limit->remaining) && !isnan (limit->utilization)
                   ? g_strdup_printf ("%.0f %%", (1 - limit->utilization) * 100)
                   : describe_number (limit->remaining),
                 describe_number (limit->limit), g_strdup (limit->status != NULL ? limit->status : "–"),
                 describe_reset (limit->reset_ns),
                 oh_format_date_time (limit->at_ns), NULL);
    }
  oh_cli_table_end (table, options.json, _ ("No answer has told about rate limits yet."));
  return 0;
}
