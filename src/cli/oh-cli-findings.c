/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear findings`. */
#include "config.h"
#include "oh-cli-sums.h"

#include <glib/gi18n.h>

int
oh_cli_findings (int argc, char **argv)
{
  static const char *const severities[] = { N_ ("note"), N_ ("warning"), N_ ("error") };
  g_auto (OhCliOptions) options = { 0 };
  g_autoptr (GPtrArray) notices = NULL;
  OhCliTable *table;
  int status;

  if (!oh_cli_options_parse (&options, _ ("findings [OPTION…]"), _ ("Lists what is worth knowing about calls, the newest first."),
              OH_CLI_FILTER_LIMIT | OH_CLI_FILTER_TRACE, 0, &argc, &argv, &status))
    return status;
  notices = oh_store_reader_get_notices (options.reader, options.trace, FALSE, (guint) MIN (options.limit, G_MAXINT));
  table = oh_cli_table_new (0x4, (const char *const[]) { N_ ("When"), N_ ("Severity"), N_ ("Trace"), N_ ("Finding"), NULL });
  for (guint i = 0; i < notices->len; i++)
    {
      const OhNotice *notice = notices->pdata[i];

      if (options.json)
        {
          oh_cli_json_notice (options.line, notice);
          oh_cli_json_print (options.line);
          continue;
        }
      oh_cli_table_add (table, oh_format_date_time (notice->at_ns),
                 g_strdup (gettext (severities[MIN (notice->severity, G_N_ELEMENTS (severities) - 1)])),
                 notice->trace_id != 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, notice->trace_id) : g_strdup ("–"),
                 oh_saying_tell (notice->saying), NULL);
    }
  oh_cli_table_end (table, options.json, _ ("There is nothing to say about what was captured."));
  return 0;
}
