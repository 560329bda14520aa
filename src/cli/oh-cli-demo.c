/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli-launch.h"
#include "oh-cli.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <unistd.h>

static int
print_json (OhEngine *engine, gint64 run_id, gpointer data)
{
  const OhQuery query = { .run_id = run_id };
  OhStoreReader *reader = oh_engine_get_reader (engine);
  g_autoptr (GArray) ids = oh_store_reader_find (reader, &query, NULL);
  g_autoptr (GPtrArray) rows = NULL;

  if (ids == NULL || dup2 (*(const int *) data, STDOUT_FILENO) < 0)
    return OH_CLI_TROUBLE;
  rows = oh_store_reader_get_rows (reader, (const gint64 *) (gpointer) ids->data, ids->len);
  oh_cli_json_print_rows (reader, rows);
  return 0;
}

static int
print_calls (OhEngine *engine, gint64 run_id, gpointer data)
{
  const gboolean text = *(const gboolean *) data;
  const OhQuery query = { .run_id = run_id };
  OhStoreReader *reader = oh_engine_get_reader (engine);
  g_autoptr (GArray) ids = oh_store_reader_find (reader, &query, NULL);

  if (ids == NULL)
    return OH_CLI_TROUBLE;
  g_print (ngettext ("\nOverhear captured %u exchange:\n\n", "\nOverhear captured %u exchanges:\n\n", ids->len), ids->len);
  if (!text)
    {
      g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (reader, (const gint64 *) (gpointer) ids->data, ids->len);

      oh_cli_print_table (rows, TRUE);
      g_print ("\n%s\n", _ ("“overhear show ID” shows one of them in full."));
      return 0;
    }
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (OhCliView) view = oh_cli_view_new (reader, g_array_index (ids, gint64, i));

      if (view == NULL)
        continue;
      oh_cli_print_view (view);
      g_print ("\n");
    }
  return 0;
}

int
oh_cli_demo (int argc, char **argv)
{
  gboolean text = FALSE;
  gboolean json = FALSE;
  int output;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json,
      N_ ("What it said as JSON, as “list” does; its own words go to standard error"), NULL },
    { "text", 0, 0, G_OPTION_ARG_NONE, &text, N_ ("Print what was captured in full, as text"), NULL },
    { NULL },
  };
  int status;

  if (!oh_cli_parse (_ ("demo [OPTION…]"),
                     _ ("Runs a sample agent against a simulated API, on this machine only, and lists what it said."), entries,
                     &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc > 1)
    {
      oh_cli_complain (_ ("“demo” takes options only. Try “overhear demo --help”."));
      return OH_CLI_USAGE;
    }
  if (!json)
    return oh_cli_launch (NULL, 0, print_calls, &text);
  output = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (output < 0 || dup2 (STDERR_FILENO, STDOUT_FILENO) < 0)
    {
      oh_cli_complain (g_strerror (errno));
      return OH_CLI_TROUBLE;
    }
  return oh_cli_launch (NULL, 0, print_json, &output);
}
