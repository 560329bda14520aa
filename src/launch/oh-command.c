/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef enum
{
  LANGUAGE_NONE,
  LANGUAGE_PYTHON,
  LANGUAGE_JAVASCRIPT,
  LANGUAGE_TYPESCRIPT,
} Language;

static const struct
{
  const char *suffix;
  Language language;
} suffixes[] = {
  { ".py", LANGUAGE_PYTHON },      { ".js", LANGUAGE_JAVASCRIPT },  { ".mjs", LANGUAGE_JAVASCRIPT },
  { ".cjs", LANGUAGE_JAVASCRIPT }, { ".ts", LANGUAGE_TYPESCRIPT },  { ".mts", LANGUAGE_TYPESCRIPT },
  { ".cts", LANGUAGE_TYPESCRIPT },
};

static Language
get_language (const char *file)
{
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (file, suffixes[i].suffix))
      return suffixes[i].language;
  return LANGUAGE_NONE;
}

static gboolean
is_executable_file (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_REGULAR) && access (path, X_OK) == 0;
}

static gboolean
has_interpreter_line (const char *path)
{
  FILE *file = fopen (path, "re");
  gboolean found;

  if (file == NULL)
    return FALSE;
  found = fgetc (file) == '#' && fgetc (file) == '!';
  fclose (file);
  return found;
}

static char *
find_in_path (const char *name, const char *cwd, char **environment)
{
  const char *search = oh_environment_get (environment, "PATH");
  g_auto (GStrv) folders = g_strsplit (search != NULL ? search : "/usr/local/bin:/usr/bin:/bin", ":", -1);

  for (char **folder = folders; *folder != NULL; folder++)
    {
      g_autofree char *base = g_canonicalize_filename (**folder != '\0' ? *folder : ".", cwd);
      g_autofree char *path = g_build_filename (base, name, NULL);

      if (is_executable_file (path))
        return g_steal_pointer (&path);
    }
  return NULL;
}

/* Where the shell would find @name: as a path if it has a slash, else along PATH. */
static char *
find_program (const char *name, const char *cwd, char **environment, GError **error)
{
  g_autofree char *path = NULL;

  if (strchr (name, '/') == NULL)
    {
      path = find_in_path (name, cwd, environment);
      if (path == NULL)
        g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_NOT_FOUND,
                     _ ("“%s” was not found. Check the spelling, or give the path to the program."), name);
      return g_steal_pointer (&path);
    }
  path = g_canonicalize_filename (name, cwd);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_NOT_FOUND, _ ("There is no file “%s”."), path);
  else if (g_file_test (path, G_FILE_TEST_IS_DIR))
    g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_NOT_EXECUTABLE, _ ("“%s” is a folder, not a program."), path);
  else if (!is_executable_file (path))
    g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_NOT_EXECUTABLE,
                 _ ("“%s” may not be executed. If it is a program, allow it with: chmod +x %s"), path, name);
  else
    return g_steal_pointer (&path);
  return NULL;
}

/* The interpreter of a virtual environment beside the script or in @cwd, unless one is active already. */
static char *
find_virtual_python (const char *script, const char *cwd, char **environment)
{
  g_autofree char *beside = g_path_get_dirname (script);
  const char *const folders[] = { beside, cwd };
  const char *const names[] = { ".venv", "venv" };

  if (oh_environment_get (environment, "VIRTUAL_ENV") != NULL)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    for (guint j = 0; j < G_N_ELEMENTS (names); j++)
      {
        g_autofree char *python = g_build_filename (folders[i], names[j], "bin", "python", NULL);

        if (is_executable_file (python))
          return g_steal_pointer (&python);
      }
  return NULL;
}

/* Node strips types by itself from 22.18 on. */
static gboolean
node_runs_typescript (const char *node)
{
  const char *const argv[] = { node, "--version", NULL };
  g_autofree char *output = NULL;
  int major = 0, minor = 0;

  return g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output, NULL, NULL, NULL)
         && sscanf (output, "v%d.%d", &major, &minor) == 2
         && (major > 23 || (major == 23 && minor >= 6) || (major == 22 && minor >= 18));
}

/* Interpreter and its arguments before the file. */
static GPtrArray *
find_interpreter (Language language, const char *script, const char *cwd, char **environment, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  char *found = NULL;

  switch (language)
    {
    case LANGUAGE_PYTHON:
      found = find_virtual_python (script, cwd, environment);
      if (found == NULL)
        found = find_program ("python3", cwd, environment, error);
      break;
    case LANGUAGE_JAVASCRIPT:
      found = find_program ("node", cwd, environment, error);
      break;
    case LANGUAGE_TYPESCRIPT:
      found = find_in_path ("node", cwd, environment);
      if (found != NULL && node_runs_typescript (found))
        break;
      g_clear_pointer (&found, g_free);
      found = find_in_path ("tsx", cwd, environment);
      if (found != NULL)
        break;
      found = find_in_path ("npx", cwd, environment);
      if (found == NULL)
        g_set_error_literal (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_NOT_FOUND,
                             _ ("TypeScript needs Node 22.18 or newer, or the program “tsx”. Neither was found."));
      else
        {
          g_ptr_array_add (words, g_steal_pointer (&found));
          g_ptr_array_add (words, g_strdup ("--yes"));
          found = g_strdup ("tsx");
        }
      break;
    case LANGUAGE_NONE:
      g_assert_not_reached ();
    }
  if (found == NULL)
    return NULL;
  g_ptr_array_add (words, found);
  return g_steal_pointer (&words);
}

char **
oh_command_resolve (char *const *argv, const char *cwd, char **environment, char **program, GError **error)
{
  g_autofree char *here = NULL;
  g_autofree char *script = NULL;
  g_autofree char *found = NULL;
  g_autoptr (GPtrArray) words = NULL;
  Language language;

  if (argv == NULL || argv[0] == NULL || *argv[0] == '\0')
    {
      g_set_error_literal (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_BAD_COMMAND, _ ("There is no command to run."));
      return NULL;
    }
  here = g_canonicalize_filename (cwd != NULL ? cwd : ".", NULL);
  if (!g_file_test (here, G_FILE_TEST_IS_DIR) || access (here, X_OK) != 0)
    {
      g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_BAD_DIRECTORY,
                   _ ("The working directory “%s” does not exist or may not be entered."), here);
      return NULL;
    }
  language = get_language (argv[0]);
  script = g_canonicalize_filename (argv[0], here);
  if (language != LANGUAGE_NONE && g_file_test (script, G_FILE_TEST_IS_REGULAR))
    {
      if (is_executable_file (script) && has_interpreter_line (script))
        {
          if (program != NULL)
            *program = g_steal_pointer (&script);
          return g_strdupv ((char **) argv);
        }
      words = find_interpreter (language, script, here, environment, error);
      if (words == NULL)
        return NULL;
      found = g_strdup (words->pdata[0]);
      g_ptr_array_add (words, g_strdup (argv[0]));
      for (char *const *rest = argv + 1; *rest != NULL; rest++)
        g_ptr_array_add (words, g_strdup (*rest));
      g_ptr_array_add (words, NULL);
      if (program != NULL)
        *program = g_steal_pointer (&found);
      return (char **) g_ptr_array_free (g_steal_pointer (&words), FALSE);
    }
  found = find_program (argv[0], here, environment, error);
  if (found == NULL)
    return NULL;
  if (program != NULL)
    *program = g_steal_pointer (&found);
  return g_strdupv ((char **) argv);
}

char **
oh_launch_resolve_argv (char *const *argv, const char *cwd, GError **error)
{
  g_auto (GStrv) environment = g_get_environ ();

  return oh_command_resolve (argv, cwd, environment, NULL, error);
}

char **
oh_launch_parse_command (const char *command, GError **error)
{
  g_autoptr (GError) local = NULL;
  char **argv = NULL;

  g_return_val_if_fail (command != NULL, NULL);

  if (g_shell_parse_argv (command, NULL, &argv, &local))
    return argv;
  if (g_error_matches (local, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING))
    g_set_error_literal (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_BAD_COMMAND, _ ("There is no command to run."));
  else
    g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_BAD_COMMAND, _ ("The command cannot be understood: %s"),
                 local->message);
  return NULL;
}
