/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli.h"
#include "oh-clock.h"

#include <glib/gi18n.h>

#define PAGE 256
/* For so long it is news why nothing of a run was read. */
#define NEWS_NS (10 * 60 * OH_NS_PER_S)

void
oh_cli_json_print_rows (OhStoreReader *reader, GPtrArray *rows)
{
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; i < rows->len; i++)
    if (rows->pdata[i] != NULL)
      {
        oh_cli_json_row (line, reader, rows->pdata[i]);
        oh_cli_json_print (line);
      }
}

static void
print_nothing (void)
{
  g_print ("%s\n", _ ("Nothing has been captured yet. Try: overhear demo"));
}

/* Of the run that is asked for, or of the newest one, whose calls are looked for first: while that is news, or there is nothing else.
 * Returns: whether it said something. */
static gboolean
print_silence (OhStoreReader *reader, gint64 run_id, gboolean alone)
{
  g_autoptr (GPtrArray) newest = oh_store_reader_get_runs (reader, 1);
  g_autoptr (OhRun) run = NULL;
  g_autofree char *silence = NULL;
  g_autofree char *line = NULL;
  g_autofree char *number = NULL;

  if (run_id != 0)
    run = oh_store_reader_get_run (reader, run_id);
  else if (newest->len > 0)
    run = oh_run_ref (newest->pdata[0]);
  if (run != NULL && (run_id != 0 || alone || oh_clock_wall_ns () - run->ended_ns < NEWS_NS))
    silence = oh_engine_explain_silence (reader, run);
  if (silence == NULL)
    return FALSE;
  line = oh_cli_one_line (silence);
  number = g_strdup_printf ("%" G_GINT64_FORMAT, run->id);
  g_print (_ ("Run %s: %s\n"), number, line);
  return TRUE;
}

int
oh_cli_list (int argc, char **argv)
{
  gboolean json = FALSE;
  gint64 limit = 0;
  gint64 run = 0;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object a line"), NULL },
    { "limit", 0, 0, G_OPTION_ARG_INT64, &limit, N_ ("Only the newest that many"), N_ ("NUMBER") },
    { "run", 0, 0, G_OPTION_ARG_INT64, &run, N_ ("Only those of one run"), N_ ("ID") },
    { NULL },
  };
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (GArray) ids = NULL;
  g_autoptr (OhSearch) search = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *language = oh_search_get_help ();
  g_autofree char *summary = g_strdup_printf (
    "%s\n\n%s\n%s", _ ("Lists exchanges in the order they started; with words, those that match a search."),
    _ ("Search:"), language);
  int status;

  if (!oh_cli_parse_mixed (_ ("list [OPTION…] [SEARCH…]"), summary, entries, &argc, &argv, OH_CLI_USAGE,
                           &status))
    return status;
  if (limit < 0 || run < 0)
    {
      oh_cli_complain (_ ("Numbers of exchanges and runs are not negative."));
      return OH_CLI_USAGE;
    }
  search = oh_cli_parse_search (argv + 1);
  if (search == NULL)
    return OH_CLI_USAGE;
  if (!oh_cli_has_store ())
    {
      if (!json)
        print_nothing ();
      return 0;
    }
  reader = oh_cli_open_store ();
  if (reader == NULL)
    return OH_CLI_TROUBLE;

  const OhQuery query = { .run_id = run, .limit = limit, .search = search };
  ids = oh_store_reader_find (reader, &query, &error);
  if (ids == NULL)
    {
      oh_cli_complain (error->message);
      return OH_CLI_TROUBLE;
    }
  if (ids->len == 0 && !json && search->kind != OH_SEARCH_EVERYTHING)
    g_print ("%s\n", _ ("Nothing matches."));
  for (guint i = 0; i < ids->len; i += PAGE)
    {
      g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (reader, &g_array_index (ids, gint64, i),
                                                             MIN (PAGE, ids->len - i));

      if (json)
        oh_cli_json_print_rows (reader, rows);
      else
        oh_cli_print_table (rows, i == 0);
    }
  if (!json && search->kind == OH_SEARCH_EVERYTHING && !print_silence (reader, run, ids->len == 0) && ids->len == 0)
    print_nothing ();
  return 0;
}
