/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-truststore-private.h"

#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* pkexec(1) */
#define PKEXEC_DISMISSED 126
#define PKEXEC_NOT_ALLOWED 127
#define SAID_MAX 400
/* For a tool that only looks: others wait for it. */
#define LOOK_S 10

static void
step_free (gpointer data)
{
  OhTrustStep *step = data;

  g_free (step->sentence);
  g_strfreev (step->argv);
  g_strfreev (step->undo);
  g_free (step);
}

GPtrArray *
oh_trust_steps_new (void)
{
  return g_ptr_array_new_with_free_func (step_free);
}

OhTrustStep *
oh_trust_steps_add (GPtrArray *steps, gboolean root, char *sentence, const char *const *argv)
{
  OhTrustStep *step = g_new0 (OhTrustStep, 1);

  step->sentence = sentence;
  step->argv = g_strdupv ((char **) argv);
  step->root = root;
  g_ptr_array_add (steps, step);
  return step;
}

char *
oh_trust_find_tool (const char *name)
{
  static const char *const folders[] = { "/usr/sbin", "/sbin" };
  char *found = g_find_program_in_path (name);

  for (guint i = 0; found == NULL && i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_build_filename (folders[i], name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
        found = g_steal_pointer (&path);
    }
  return found;
}

/* A tool that would ask at the terminal (for a password of the store) has none, and fails instead. */
static void
leave_terminal (gpointer data)
{
  setsid ();
}

/* A store may be a pipe, or on a disk that is gone. */
static void
look_shortly (gpointer data)
{
  setsid ();
  alarm (LOOK_S);
}

/* @prepare: (nullable) */
static gboolean
run (const char *const *argv, GSpawnChildSetupFunc prepare, char **out, int *code, GError **error)
{
  g_autofree char *said = NULL;
  g_autofree char *complaint = NULL;
  const char *words;
  int status;

  *code = -1;
  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, prepare, NULL, &said, &complaint, &status,
                     error))
    return FALSE;
  if (WIFEXITED (status))
    *code = WEXITSTATUS (status);
  if (*code == 0)
    {
      if (out != NULL)
        *out = g_steal_pointer (&said);
      return TRUE;
    }
  words = *g_strstrip (complaint) != '\0' ? complaint : g_strstrip (said);
  if (WIFSIGNALED (status) && WTERMSIG (status) == SIGALRM)
    words = _("it does not come to an end");
  g_set_error (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_FAILED, "%s: %.*s", argv[0], SAID_MAX,
               *words != '\0' ? words : _("it failed and said nothing"));
  return FALSE;
}

gboolean
oh_trust_run (const char *const *argv, char **out, GError **error)
{
  int code;

  return run (argv, look_shortly, out, &code, error);
}

char *
oh_trust_quote (const char *word)
{
  const gboolean plain = *word != '\0' && strspn (word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                                       "0123456789-_./:,=+@%") == strlen (word);

  return plain ? g_strdup (word) : g_shell_quote (word);
}

char *
oh_trust_step_get_command (const OhTrustStep *self)
{
  g_autoptr (GString) line = g_string_new (self->root && geteuid () != 0 ? "sudo" : NULL);

  g_return_val_if_fail (self != NULL, NULL);
  for (char **word = self->argv; *word != NULL; word++)
    {
      g_autofree char *quoted = oh_trust_quote (*word);

      if (line->len > 0)
        g_string_append_c (line, ' ');
      g_string_append (line, quoted);
    }
  return g_string_free (g_steal_pointer (&line), FALSE);
}

static gboolean
carry_out_as_root (const OhTrustStep *step, GError **error)
{
  g_autofree char *pkexec = oh_trust_find_tool ("pkexec");
  g_autofree char *command = oh_trust_step_get_command (step);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) problem = NULL;
  int code = PKEXEC_NOT_ALLOWED;

  g_ptr_array_add (argv, pkexec);
  for (char **word = step->argv; *word != NULL; word++)
    g_ptr_array_add (argv, *word);
  g_ptr_array_add (argv, NULL);
  if (pkexec != NULL && run ((const char *const *) argv->pdata, NULL, NULL, &code, &problem))
    return TRUE;
  if (code == PKEXEC_DISMISSED)
    g_set_error (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_ROOT,
                 _("The password was not given. The same by hand: %s"), command);
  else if (code == PKEXEC_NOT_ALLOWED)
    g_set_error (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_ROOT,
                 _("This takes an administrator, and nobody here can ask for their password. Type this: %s"), command);
  else
    g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

gboolean
oh_trust_steps_carry_out (GPtrArray *steps, GError **error)
{
  g_return_val_if_fail (steps != NULL, FALSE);
  for (guint i = 0; i < steps->len; i++)
    {
      const OhTrustStep *step = g_ptr_array_index (steps, i);
      int code;

      if (step->root && geteuid () != 0 ? carry_out_as_root (step, error)
                                        : run ((const char *const *) step->argv, leave_terminal, NULL, &code, error))
        continue;
      if (step->undo != NULL)
        run ((const char *const *) step->undo, leave_terminal, NULL, &code, NULL);
      return FALSE;
    }
  return TRUE;
}
