/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>

/* Where coding agents look for skills, below the home folder or a project's. */
#define PLACE ".claude/skills/overhear"

/* Returns: the installed file's path, or NULL with an error. (transfer full) */
static char *
install (const char *root, gboolean force, GError **error)
{
  g_autofree char *ours = oh_paths_find_data ("skill/SKILL.md");
  g_autofree char *folder = g_build_filename (root, PLACE, NULL);
  g_autofree char *path = g_build_filename (folder, "SKILL.md", NULL);
  g_autofree char *text = NULL;
  g_autofree char *there = NULL;
  gsize length;

  if (!g_file_get_contents (ours, &text, &length, error))
    return NULL;
  if (!force && g_file_get_contents (path, &there, NULL, NULL) && strcmp (there, text) != 0)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                   _ ("“%s” is there already and says something else. --force replaces it."), path);
      return NULL;
    }
  if (g_mkdir_with_parents (folder, 0755) != 0)
    {
      g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (errno), _ ("Cannot create the folder “%s”: %s"),
                   folder, g_strerror (errno));
      return NULL;
    }
  return g_file_set_contents (path, text, (gssize) length, error) ? g_steal_pointer (&path) : NULL;
}

int
oh_cli_skill (int argc, char **argv)
{
  gboolean json = FALSE, user = FALSE, project = FALSE, force = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Say what was written as one JSON object"), NULL },
    { "user", 0, 0, G_OPTION_ARG_NONE, &user, N_ ("For all projects of this user (the default)"), NULL },
    { "project", 0, 0, G_OPTION_ARG_NONE, &project, N_ ("For the project in this folder"), NULL },
    { "force", 0, 0, G_OPTION_ARG_NONE, &force, N_ ("Replace a skill that was changed"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autofree char *here = NULL;
  int status;

  if (!oh_cli_parse_mixed (_ ("skill install [OPTION…]"),
                           _ ("Tells Claude Code, and tools that read the same skills, when and how to ask Overhear."), entries,
                           &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc != 2 || !g_str_equal (argv[1], "install") || (user && project))
    {
      oh_cli_complain (_ ("Try “overhear skill install”, with --user or --project."));
      return OH_CLI_USAGE;
    }
  here = g_get_current_dir ();
  path = install (project ? here : g_get_home_dir (), force, &error);
  if (path == NULL)
    {
      oh_cli_complain (error->message);
      return OH_CLI_TROUBLE;
    }
  if (json)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      oh_json_write_open (line, NULL, '{');
      oh_json_write_text (line, "file", path);
      oh_json_write_close (line, '}');
      oh_cli_json_print (line);
    }
  else
    g_print (_ ("The skill is in %s.\n"), path);
  return 0;
}
