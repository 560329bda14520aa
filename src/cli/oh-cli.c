/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

void
oh_cli_complain (const char *message)
{
  g_autofree char *line = oh_format_visible (message, TRUE);

  g_printerr ("overhear: %s\n", line);
}

static gboolean
parse (gboolean strict, const char *usage, const char *summary, const GOptionEntry *entries, int *argc, char ***argv,
       int failure, int *status)
{
  g_autoptr (GOptionContext) context = g_option_context_new (usage);
  g_autoptr (GError) error = NULL;
  gboolean help = FALSE;
  const GOptionEntry help_entries[] = {
    { "help", 'h', 0, G_OPTION_ARG_NONE, &help, N_ ("Show this help"), NULL },
    { NULL },
  };

  g_option_context_set_strict_posix (context, strict);
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, help_entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      oh_cli_complain (error->message);
      *status = failure;
      return FALSE;
    }
  if (help)
    {
      g_autofree char *text = g_option_context_get_help (context, TRUE, NULL);
      const char *rest = strstr (text, "\n\n"); /* GLib's own usage line puts options before the command */

      g_print (_ ("Usage:\n  overhear %s%s"), usage, rest != NULL ? rest : "\n");
      *status = 0;
      return FALSE;
    }
  return TRUE;
}

gboolean
oh_cli_parse (const char *usage, const char *summary, const GOptionEntry *entries, int *argc, char ***argv, int failure,
              int *status)
{
  return parse (TRUE, usage, summary, entries, argc, argv, failure, status);
}

gboolean
oh_cli_parse_mixed (const char *usage, const char *summary, const GOptionEntry *entries, int *argc, char ***argv,
                    int failure, int *status)
{
  return parse (FALSE, usage, summary, entries, argc, argv, failure, status);
}

gboolean
oh_cli_has_store (void)
{
  g_autofree char *dir = oh_paths_get_data_dir (NULL);
  g_autofree char *database = dir != NULL ? g_build_filename (dir, "overhear.db", NULL) : NULL;

  return database == NULL || g_file_test (database, G_FILE_TEST_EXISTS);
}

gboolean
oh_cli_parse_id (const char *word, gint64 *id)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (word, 10, 1, G_MAXINT64, &number, NULL))
    return FALSE;
  *id = (gint64) number;
  return TRUE;
}

OhStoreReader *
oh_cli_open_store (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = oh_paths_get_data_dir (&error);
  OhStoreReader *reader = dir != NULL ? oh_store_reader_new (dir, &error) : NULL;

  if (reader == NULL)
    oh_cli_complain (error->message);
  else
    oh_fatal_read_open (dir);
  return reader;
}

OhStoreReader *
oh_cli_open_captured (void)
{
  if (oh_cli_has_store ())
    return oh_cli_open_store ();
  oh_cli_complain (_ ("Nothing has been captured yet. Try: overhear demo"));
  return NULL;
}

OhEngine *
oh_cli_open_engine (void)
{
  g_autoptr (GError) error = NULL;
  OhEngine *engine = oh_engine_new (NULL, "cli", 0, &error);
  const char *said = engine != NULL ? oh_engine_get_notice (engine) : error->message;

  if (said != NULL)
    oh_cli_complain (said);
  return engine;
}

/* The window's program stands beside this one; in a build folder, in its own room's folder. */
int
oh_cli_open_window (const char *link)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self != NULL ? self : OH_BINDIR "/overhear");
  g_autofree char *beside = g_build_filename (folder, "overhear-app", NULL);
  g_autofree char *built = g_build_filename (folder, "..", "app", "overhear-app", NULL);
  const char *const paths[] = { beside, built, OH_BINDIR "/overhear-app" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      execl (paths[i], "overhear-app", link, NULL);
      if (errno != ENOENT)
        {
          g_printerr (_ ("overhear: %s cannot be started: %s\n"), paths[i], g_strerror (errno));
          return OH_CLI_TROUBLE;
        }
    }
  oh_cli_complain (_ ("The window is not installed (there is no overhear-app beside this program). "
                      "The commands work without it: see “overhear --help”."));
  return OH_CLI_TROUBLE;
}
