/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

/* `overhear env`: what a terminal evaluates. It keeps the names of what it was given, and before each name what it had there,
 * exported if that was. */

/* Whether it speaks as fish does, and not as sh, bash, zsh and their like. @name: (nullable): of the shell; NULL: who asks us.
 * Returns: FALSE if there is no such shell */
static gboolean
find_shell (const char *name, gboolean *fish)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/comm", (int) getppid ());
  g_autofree char *parent = NULL;

  if (name == NULL && g_file_get_contents (path, &parent, NULL, NULL))
    *fish = strcmp (g_strchomp (parent), "fish") == 0;
  else
    *fish = g_strcmp0 (name, "fish") == 0;
  return name == NULL || *fish || g_strv_contains ((const char *const[]) { "sh", "bash", "dash", "ksh", "zsh", NULL }, name);
}

/* Within its quotes fish knows a backslash before these two. (transfer full) */
static char *
quote_for_fish (const char *value)
{
  GString *out = g_string_new ("'");

  for (; *value != '\0'; value++)
    {
      if (*value == '\'' || *value == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *value);
    }
  g_string_append_c (out, '\'');
  return g_string_free (out, FALSE);
}

/* What @name has now goes to @to, if it has something. */
static void
print_copy (gboolean fish, const char *name, const char *to, gboolean exported)
{
  if (fish)
    g_print ("set -q %s; and set %s %s \"$%s\";\n", name, exported ? "-gx" : "-g", to, name);
  else
    g_print ("[ -z \"${%s+x}\" ] || %s%s=\"$%s\"\n", name, exported ? "export " : "", to, name);
}

static void
print_forget (gboolean fish, const char *name)
{
  g_print (fish ? "set -e %s;\n" : "unset %s\n", name);
}

static void
print_export (gboolean fish, const char *name, const char *value)
{
  g_autofree char *quoted = fish ? quote_for_fish (value) : g_shell_quote (value);

  g_print (fish ? "set -gx %s %s;\n" : "export %s=%s\n", name, quoted);
}

/* Also where nobody listens any more: the terminal itself knows what it had. */
static void
print_unset (gboolean fish)
{
  g_auto (GStrv) now = g_get_environ ();
  const char *names = g_environ_getenv (now, OH_TERMINAL_GIVEN);
  g_auto (GStrv) given = g_strsplit (names != NULL ? names : "", " ", -1);

  for (char **name = given; *name != NULL; name++)
    {
      g_autofree char *saved = g_strconcat (OH_TERMINAL_SAVED, *name, NULL);

      if (**name == '\0' || strspn (*name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_") < strlen (*name))
        continue;
      print_forget (fish, *name);
      print_copy (fish, saved, *name, g_environ_getenv (now, saved) != NULL);
      print_forget (fish, saved);
    }
  print_forget (fish, OH_TERMINAL_GIVEN);
}

static void
print_set (gboolean fish, char **environment)
{
  g_auto (GStrv) now = g_get_environ ();
  const char *had = g_environ_getenv (now, OH_TERMINAL_GIVEN);
  g_auto (GStrv) given = g_strsplit (had != NULL ? had : "", " ", -1);
  g_autoptr (GString) names = g_string_new (had);

  for (char **line = environment; *line != NULL; line++)
    {
      g_autofree char *name = g_strndup (*line, strcspn (*line, "="));
      g_autofree char *saved = g_strconcat (OH_TERMINAL_SAVED, name, NULL);

      if (!g_strv_contains ((const char *const *) given, name))
        {
          print_copy (fish, name, saved, g_environ_getenv (now, name) != NULL);
          g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "", name);
        }
      print_export (fish, name, *line + strlen (name) + (strchr (*line, '=') != NULL));
    }
  print_export (fish, OH_TERMINAL_GIVEN, names->str);
}

int
oh_cli_env (int argc, char **argv)
{
  gboolean unset = FALSE;
  gboolean fish;
  g_autofree char *shell = NULL;
  int status = 0;
  const GOptionEntry entries[] = {
    { "unset", 0, 0, G_OPTION_ARG_NONE, &unset, N_ ("Print what takes them away again, and gives back what was there"), NULL },
    { "shell", 0, 0, G_OPTION_ARG_STRING, &shell, N_ ("For this shell (sh, bash, zsh, fish), instead of the one that asks"), N_ ("NAME") },
    { NULL },
  };
  g_autoptr (OhDesktopStatus) now = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) own = oh_engine_undo_terminal (g_get_environ ());
  g_auto (GStrv) environment = NULL;

  if (!oh_cli_parse ("env [OPTION…]",
                     _ ("Prints the variables that bring programs of a terminal to the Overhear that listens to the desktop:\n"
                        "eval \"$(overhear env)\"; in fish: overhear env | source. What the terminal has (its proxies, NO_PROXY,\n"
                        "certificates) stays in use behind that."),
                     entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (!find_shell (shell, &fish))
    {
      oh_cli_complain (_ ("--shell is “sh”, “bash”, “dash”, “ksh”, “zsh” or “fish”."));
      return OH_CLI_USAGE;
    }
  if (unset)
    {
      print_unset (fish);
      return 0;
    }
  now = oh_desktop_read_status (&error);
  if (now != NULL && now->on && !now->abandoned)
    environment = oh_engine_make_terminal_environment (now, (const char *const *) own, &error);
  if (environment == NULL)
    {
      oh_cli_complain (error != NULL ? error->message : _ ("The desktop is not listened to: see “overhear desktop --help”."));
      return OH_CLI_TROUBLE;
    }
  print_set (fish, environment);
  return 0;
}
