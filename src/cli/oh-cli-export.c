/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `overhear export` and `overhear import`. */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli.h"
#include "oh-export.h"
#include "oh-import.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

void
oh_cli_show_progress (guint done, guint total, gpointer data)
{
  if (isatty (STDERR_FILENO))
    {
      oh_cli_rewind_line ();
      g_printerr ("%u / %u%s", done, total, done == total ? "\n" : "");
    }
}

GArray *
oh_cli_choose (OhStoreReader *reader, char **words, const OhSearch *search, gint64 run, gint64 thread, GError **error)
{
  const OhQuery query = { .run_id = run, .search = search };
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (thread != 0)
    return oh_store_reader_get_thread_exchanges (reader, thread);
  for (char **word = words; *word != NULL; word++)
    {
      gint64 id;

      if (!oh_cli_parse_id (*word, &id))
        return oh_store_reader_find (reader, &query, error);
      g_array_append_val (ids, id);
    }
  return ids->len > 0 ? g_steal_pointer (&ids) : oh_store_reader_find (reader, &query, error);
}

/* What is listed of each: its name, or the ending of its files. (transfer full) */
static char *
list_exporters (gboolean suffixes)
{
  GString *words = g_string_new (NULL);

  for (const OhExporter *const *exporter = oh_exporters_get (); *exporter != NULL; exporter++)
    g_string_append_printf (words, "%s%s", words->len > 0 ? ", " : "",
                            suffixes ? (*exporter)->suffix : (*exporter)->name);
  return g_string_free (words, FALSE);
}

int
oh_cli_export (int argc, char **argv)
{
  g_autofree char *names = list_exporters (FALSE);
  g_autofree char *format_help = g_strdup_printf (_ ("%s (default: by the file’s name)"), names);
  g_autofree char *format_name = NULL;
  g_autofree char *path = NULL;
  gint64 run = 0, thread = 0;
  gboolean json = FALSE, thinking = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Say what was written as one JSON object; needs -o"), NULL },
    { "format", 'f', 0, G_OPTION_ARG_STRING, &format_name, format_help,
      N_ ("FORMAT") },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &path, N_ ("Where to write (default: standard output)"), N_ ("FILE") },
    { "run", 0, 0, G_OPTION_ARG_INT64, &run, N_ ("Only those of one run"), N_ ("ID") },
    { "thread", 0, 0, G_OPTION_ARG_INT64, &thread, N_ ("Only those of one conversation"), N_ ("ID") },
    { "thinking", 0, 0, G_OPTION_ARG_NONE, &thinking,
      N_ ("What models thought goes into OpenTelemetry traces, too; other formats have it anyway"), NULL },
    { NULL },
  };
  const OhExporter *exporter = NULL;
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (OhSearch) search = NULL;
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = NULL;
  int status;

  if (!oh_cli_parse_mixed (_ ("export [OPTION…] [ID… | QUERY]"),
                           _ ("Writes exchanges into a file: all, some by their IDs, or those that a query finds."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (format_name != NULL)
    exporter = oh_exporters_find_by_name (format_name);
  else if (path != NULL)
    exporter = oh_exporters_find_by_path (path);
  if (exporter == NULL)
    {
      g_autofree char *suffixes = list_exporters (TRUE);
      g_autofree char *words =
          g_strdup_printf (_ ("Which format? --format takes one of %s; a file’s name may end in %s."), names, suffixes);

      oh_cli_complain (words);
      return OH_CLI_USAGE;
    }
  if (path == NULL && exporter->store)
    {
      oh_cli_complain (_ ("A database needs a file: add “-o FILE”."));
      return OH_CLI_USAGE;
    }
  if (path == NULL && json)
    {
      oh_cli_complain (_ ("Standard output takes either the export or what --json says of it: add “-o FILE”."));
      return OH_CLI_USAGE;
    }
  search = oh_cli_parse_search (argv + 1);
  if (search == NULL)
    return OH_CLI_USAGE;
  reader = oh_cli_open_captured ();
  if (reader == NULL)
    return OH_CLI_TROUBLE;
  ids = oh_cli_choose (reader, argv + 1, search, run, thread, &error);
  dir = oh_paths_get_data_dir (NULL);
  if (path == NULL)
    oh_cli_guard_stdout ();
  if (ids == NULL || !oh_export_write (dir, ids, exporter, thinking ? OH_EXPORT_THINKING : OH_EXPORT_PLAIN, path,
                                       path != NULL ? oh_cli_show_progress : NULL, NULL, NULL, &error))
    {
      oh_cli_complain (error->message);
      return OH_CLI_TROUBLE;
    }
  if (json)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      oh_json_write_open (line, NULL, '{');
      oh_json_write_text (line, "file", path);
      oh_json_write_text (line, "format", exporter->suffix + 1);
      oh_json_write_int (line, "exchanges", ids->len);
      oh_json_write_close (line, '}');
      oh_cli_json_print (line);
    }
  return 0;
}
