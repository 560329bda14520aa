/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oh-launch.h"

#include "oh-paths.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char *runtime_dir;
static OhLaunchProxy proxy = { .port = 1, .token = "token", .authority_pem = "" };

typedef struct
{
  OhChild *child;
  GString *output;
  gboolean exited;
  guint pieces_after_exit;
} Watch;

static void
on_output (OhChild *child, GBytes *data, Watch *watch)
{
  gsize length;
  const char *text = g_bytes_get_data (data, &length);

  g_string_append_len (watch->output, text, length);
  watch->pieces_after_exit += watch->exited;
}

static void
on_exited (OhChild *child, Watch *watch)
{
  g_assert_false (watch->exited);
  g_assert_false (oh_child_is_running (child));
  watch->exited = TRUE;
}

static Watch *
start (const char *script)
{
  char *argv[] = { "sh", "-c", (char *) script, NULL };
  const OhLaunchSpec spec = { .argv = argv };
  Watch *watch = g_new0 (Watch, 1);
  g_autoptr (GError) error = NULL;

  watch->output = g_string_new (NULL);
  watch->child = oh_child_spawn (&spec, &proxy, TRUE, &error);
  g_assert_no_error (error);
  g_signal_connect (watch->child, "output", G_CALLBACK (on_output), watch);
  g_signal_connect (watch->child, "exited", G_CALLBACK (on_exited), watch);
  return watch;
}

static void
await_output (Watch *watch, const char *text)
{
  while (strstr (watch->output->str, text) == NULL && !watch->exited)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (strstr (watch->output->str, text));
}

static void
await_exit (Watch *watch)
{
  while (!watch->exited)
    g_main_context_iteration (NULL, TRUE);
}

static void
finish (Watch *watch)
{
  await_exit (watch);
  g_assert_cmpuint (watch->pieces_after_exit, ==, 0);
  g_signal_handlers_disconnect_by_data (watch->child, watch);
  g_assert_finalize_object (watch->child);
  g_string_free (watch->output, TRUE);
  g_free (watch);
}

static void
type (Watch *watch, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  oh_child_write (watch->child, bytes);
}

static void
test_terminal (void)
{
  Watch *watch = start ("test -t 0 && test -t 1 && test -t 2 && test \"$(tty)\" && printf '\\033[31mred\\033[0m ' "
                        "&& stty size && echo $TERM && exit 7");

  await_exit (watch);
  g_assert_cmpstr (watch->output->str, ==, "\033[31mred\033[0m 24 80\r\nxterm-256color\r\n");
  g_assert_cmpint (oh_child_get_exit_status (watch->child), ==, 7);
  g_assert_cmpint (oh_child_get_term_signal (watch->child), ==, 0);
  finish (watch);
}

static void
test_input (void)
{
  Watch *watch = start ("stty -echo; echo ready; read line; echo \"<$line>\"; read key; echo \"<$key>\"");

  await_output (watch, "ready");
  type (watch, "Grüße\n");
  await_output (watch, "<Grüße>");
  type (watch, "two\n");
  await_output (watch, "<two>");
  finish (watch);
}

static void
test_window_size (void)
{
  Watch *watch = start ("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done");

  await_output (watch, "ready");
  oh_child_set_window_size (watch->child, 132, 43);
  await_output (watch, "43 132");
  finish (watch);
}

/* cat has answered, so it is no longer the shell that would take the signal. */
static void
test_control_c (void)
{
  Watch *watch = start ("stty -echo; echo go; exec cat");

  await_output (watch, "go");
  type (watch, "ready\n");
  await_output (watch, "ready");
  type (watch, "\003");
  await_exit (watch);
  g_assert_cmpint (oh_child_get_term_signal (watch->child), ==, SIGINT);
  g_assert_cmpint (oh_child_get_exit_status (watch->child), ==, -1);
  finish (watch);
}

static void
test_all_output (void)
{
  Watch *watch = start ("seq 1 200000");

  await_exit (watch);
  g_assert_true (g_str_has_suffix (watch->output->str, "\r\n200000\r\n"));
  g_assert_cmpuint (watch->output->len, ==, 1288895 + 200000);
  finish (watch);
}

static void
test_stop (void)
{
  Watch *watch = start ("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done");

  await_output (watch, "ready");
  oh_child_stop (watch->child);
  await_exit (watch);
  g_assert_nonnull (strstr (watch->output->str, "bye"));
  g_assert_cmpint (oh_child_get_exit_status (watch->child), ==, 3);
  g_signal_handlers_disconnect_by_data (watch->child, watch);
  g_object_unref (watch->child);
  g_string_free (watch->output, TRUE);
  g_free (watch);
}

static gboolean
is_gone (int pid)
{
  return kill (pid, 0) != 0 && errno == ESRCH;
}

/* A program and its child that both ignore SIGTERM are gone 3 s later. */
static void
test_stop_hard (void)
{
  Watch *watch = start ("trap '' TERM; sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' & echo ready; "
                        "while :; do sleep 0.05; done");
  gint64 began;
  int grandchild = 0;

  await_output (watch, "ready");
  while (sscanf (watch->output->str[0] == 'r' ? strchr (watch->output->str, '\n') : watch->output->str, "%d", &grandchild)
         != 1)
    g_main_context_iteration (NULL, TRUE);
  began = g_get_monotonic_time ();
  oh_child_stop (watch->child);
  await_exit (watch);
  g_assert_cmpint (oh_child_get_term_signal (watch->child), ==, SIGKILL);
  g_assert_cmpint (g_get_monotonic_time () - began, >=, 2900000);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 5000000);
  while (!is_gone (grandchild))
    g_usleep (10000);
  finish (watch);
}

/* What a child left behind holds the terminal open: the run is over all the same. */
static void
test_grandchild (void)
{
  Watch *watch = start ("trap '' HUP; (sleep 0.2; echo late; sleep 30) & echo early");
  const gint64 began = g_get_monotonic_time ();

  await_exit (watch);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 5000000);
  g_assert_nonnull (strstr (watch->output->str, "early"));
  g_assert_nonnull (strstr (watch->output->str, "late"));
  oh_child_signal (watch->child, SIGKILL);
  finish (watch);
}

static void
test_orphans (void)
{
  Watch *watch;
  int orphan = 0;

  oh_launch_adopt_orphans ();
  watch = start ("trap '' HUP; sleep 1000 < /dev/null > /dev/null 2>&1 & echo orphan $! .; read line; exit 3");
  await_output (watch, " .");
  /* It is there, and is not ours to wait for. */
  g_assert_true (oh_launch_reap_orphans (oh_child_get_pid (watch->child)));
  type (watch, "\n");
  await_exit (watch);
  g_assert_cmpint (oh_child_get_exit_status (watch->child), ==, 3);
  g_assert_cmpint (sscanf (watch->output->str, "orphan %d", &orphan), ==, 1);
  g_assert_true (oh_launch_reap_orphans (0));
  g_assert_cmpint (kill (orphan, SIGKILL), ==, 0);
  while (oh_launch_reap_orphans (0))
    g_usleep (1000);
  g_assert_cmpint (kill (orphan, 0), ==, -1);
  finish (watch);
}

/* The object may be let go; it then lives as long as the program. */
static void
test_let_go (void)
{
  Watch *watch = start ("echo ready; sleep 0.1; exit 4");
  gpointer child = watch->child;

  g_object_add_weak_pointer (G_OBJECT (watch->child), &child);
  g_object_unref (watch->child);
  await_exit (watch);
  while (child != NULL)
    g_main_context_iteration (NULL, FALSE);
  g_string_free (watch->output, TRUE);
  g_free (watch);
}

static void
test_environment (void)
{
  char *argv[] = { "sh", "-c", "echo $OVERHEAR_TOKEN $MINE $(pwd); cat \"$SSL_CERT_FILE\"", NULL };
  g_autofree char *corp = g_build_filename (runtime_dir, "corp.pem", NULL);
  g_autofree char *setting = g_strconcat ("SSL_CERT_FILE=", corp, NULL);
  char *own[] = { "MINE=yes", setting, NULL };
  const OhLaunchSpec spec = { .argv = argv, .cwd = "/usr", .environment = own };
  Watch watch = { .output = g_string_new (NULL) };
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (corp, "-----BEGIN CERTIFICATE-----\nY29ycA==\n-----END CERTIFICATE-----\n", -1, NULL));
  watch.child = oh_child_spawn (&spec, &proxy, TRUE, &error);
  g_assert_no_error (error);
  g_signal_connect (watch.child, "output", G_CALLBACK (on_output), &watch);
  g_signal_connect (watch.child, "exited", G_CALLBACK (on_exited), &watch);
  await_exit (&watch);
  g_assert_cmpstr (watch.output->str, ==, "token yes /usr\r\n-----BEGIN CERTIFICATE-----\r\nY29ycA==\r\n"
                   "-----END CERTIFICATE-----\r\n");
  g_string_free (watch.output, TRUE);
  g_object_unref (watch.child);
}

static void
expect_failure (char *word, const char *cwd, int code)
{
  char *argv[] = { word, NULL };
  const OhLaunchSpec spec = { .argv = argv, .cwd = (char *) cwd };
  g_autoptr (GError) error = NULL;

  g_assert_null (oh_child_spawn (&spec, &proxy, TRUE, &error));
  g_assert_error (error, OH_LAUNCH_ERROR, code);
  g_assert_cmpuint (strlen (error->message), >, 10);
}

static void
test_failures (void)
{
  g_autofree char *file = g_build_filename (runtime_dir, "plain.txt", NULL);

  g_assert_true (g_file_set_contents (file, "text", -1, NULL));
  expect_failure ("no-such-program-anywhere", NULL, OH_LAUNCH_ERROR_NOT_FOUND);
  expect_failure ("./no-such-program", NULL, OH_LAUNCH_ERROR_NOT_FOUND);
  expect_failure (file, NULL, OH_LAUNCH_ERROR_NOT_EXECUTABLE);
  expect_failure (runtime_dir, NULL, OH_LAUNCH_ERROR_NOT_EXECUTABLE);
  expect_failure ("", NULL, OH_LAUNCH_ERROR_BAD_COMMAND);
  expect_failure ("sh", "/no/such/folder", OH_LAUNCH_ERROR_BAD_DIRECTORY);
  expect_failure ("sh", file, OH_LAUNCH_ERROR_BAD_DIRECTORY);
}

static void
assert_argv (char **argv, const char *expected)
{
  g_autofree char *joined = argv != NULL ? g_strjoinv ("|", argv) : NULL;

  g_assert_cmpstr (joined, ==, expected);
  g_strfreev (argv);
}

static void
test_parse (void)
{
  static const char *const wrong[] = { "", "   ", "echo 'unfinished", "echo \"unfinished" };

  assert_argv (oh_launch_parse_command ("python3 'my app.py' --name \"a b\" c\\ d", NULL),
               "python3|my app.py|--name|a b|c d");
  assert_argv (oh_launch_parse_command ("echo $HOME > x", NULL), "echo|$HOME|>|x");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (oh_launch_parse_command (wrong[i], &error));
      g_assert_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_BAD_COMMAND);
    }
}

static char **
resolve (const char *file, const char *argument)
{
  char *argv[] = { (char *) file, (char *) argument, NULL };
  g_autoptr (GError) error = NULL;
  char **resolved = oh_launch_resolve_argv (argv, runtime_dir, &error);

  g_assert_no_error (error);
  return resolved;
}

static void
touch (const char *name, const char *text, int mode)
{
  g_autofree char *path = g_build_filename (runtime_dir, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

static void
test_resolve (void)
{
  g_autofree char *python = g_find_program_in_path ("python3");
  g_autofree char *expected = g_strconcat (python, "|app.py|--fast", NULL);
  g_autofree char *virtual = g_strconcat (runtime_dir, "/.venv/bin/python|app.py|--fast", NULL);

  g_unsetenv ("VIRTUAL_ENV");
  touch ("app.py", "print(1)\n", 0600);
  touch ("tool.py", "#!/usr/bin/env python3\n", 0700);
  assert_argv (resolve ("app.py", "--fast"), expected);
  assert_argv (resolve ("./tool.py", "x"), "./tool.py|x");
  assert_argv (resolve ("sh", "app.py"), "sh|app.py");
  touch (".venv/bin/python", "#!/bin/sh\n", 0700);
  assert_argv (resolve ("app.py", "--fast"), virtual);
}

static void
test_resolve_node (void)
{
  g_autofree char *node = g_find_program_in_path ("node");
  g_autofree char *expected = g_strconcat (node, "|agent.mjs", NULL);
  g_auto (GStrv) typescript = NULL;

  if (node == NULL)
    {
      g_test_skip ("node is not installed");
      return;
    }
  touch ("agent.mjs", "", 0600);
  touch ("agent.ts", "", 0600);
  assert_argv (resolve ("agent.mjs", NULL), expected);
  typescript = resolve ("agent.ts", NULL);
  g_assert_cmpstr (typescript[g_strv_length (typescript) - 1], ==, "agent.ts");
  g_assert_cmpuint (g_strv_length (typescript), >=, 2);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  runtime_dir = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  proxy.runtime_dir = runtime_dir;
  g_test_add_func ("/child/terminal", test_terminal);
  g_test_add_func ("/child/input", test_input);
  g_test_add_func ("/child/window-size", test_window_size);
  g_test_add_func ("/child/control-c", test_control_c);
  g_test_add_func ("/child/all-output", test_all_output);
  g_test_add_func ("/child/stop", test_stop);
  g_test_add_func ("/child/stop-hard", test_stop_hard);
  g_test_add_func ("/child/grandchild", test_grandchild);
  g_test_add_func ("/child/orphans", test_orphans);
  g_test_add_func ("/child/let-go", test_let_go);
  g_test_add_func ("/child/environment", test_environment);
  g_test_add_func ("/child/failures", test_failures);
  g_test_add_func ("/command/parse", test_parse);
  g_test_add_func ("/command/resolve", test_resolve);
  g_test_add_func ("/command/resolve-node", test_resolve_node);
  status = g_test_run ();
  oh_paths_remove_dir (runtime_dir);
  g_free (runtime_dir);
  return status;
}
