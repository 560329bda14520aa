/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-launch.h"
#include "oh-cli.h"

#include <glib/gi18n.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a shell calls a program that is not there, and one that may not be executed (POSIX, Shell & Utilities 2.8.2). */
#define STATUS_NOT_FOUND 127
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_SIGNAL 128

/* Signals that someone may send to us when they mean the program. */
static const int forwarded[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };

static volatile sig_atomic_t program; /* its process id while it runs; 0: none */
static volatile sig_atomic_t early;   /* a signal that came before it ran */

/* What the terminal sends (Ctrl+C), it sends to the program too: both are in its foreground group. */
static void
on_signal (int signum, siginfo_t *info, void *context)
{
  if (info->si_code == SI_KERNEL)
    return;
  if (program != 0)
    kill ((pid_t) program, signum);
  else
    early = signum;
}

/* A signal that is ignored already (nohup, a shell's background job) stays so, here and in the program. */
static void
take_signals (void)
{
  struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };

  for (guint i = 0; i < G_N_ELEMENTS (forwarded); i++)
    {
      struct sigaction before;

      if (sigaction (forwarded[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction (forwarded[i], &action, NULL);
    }
}

static void
give_signals_back (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (forwarded); i++)
    {
      struct sigaction now;

      if (sigaction (forwarded[i], NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_signal)
        signal (forwarded[i], SIG_DFL);
    }
}

/* Ends us by the signal that ended the program, so that a shell sees what it would have seen; without a core of ours. */
static int
end_by_signal (int signum)
{
  const struct rlimit none = { 0, 0 };
  sigset_t set;

  setrlimit (RLIMIT_CORE, &none);
  signal (signum, SIG_DFL);
  sigemptyset (&set);
  sigaddset (&set, signum);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  raise (signum);
  return STATUS_SIGNAL + signum;
}

static int
get_failure_status (const GError *error)
{
  if (oh_engine_error_is_not_found (error))
    return STATUS_NOT_FOUND;
  if (oh_engine_error_is_not_executable (error))
    return STATUS_NOT_EXECUTABLE;
  return OH_CLI_NOT_RUN;
}

static void
wait_for (OhLiveRun *run)
{
  while (oh_live_run_is_running (run))
    g_main_context_iteration (NULL, TRUE);
}

static void
report_trouble (OhEngine *engine)
{
  g_autofree char *trouble = oh_engine_dup_trouble (engine);

  if (trouble != NULL)
    oh_cli_complain (trouble);
  if (oh_engine_get_notice (engine) != NULL)
    oh_cli_complain (oh_engine_get_notice (engine));
}

int
oh_cli_launch (const OhRunSpec *spec, guint16 port, OhCliAfterFunc after, gpointer data)
{
  g_autoptr (OhEngine) engine = NULL;
  g_autoptr (OhLiveRun) run = NULL;
  g_autoptr (GError) error = NULL;
  int term_signal, status;

  take_signals ();
  engine = oh_engine_new (NULL, "cli", port, &error);
  if (engine != NULL)
    run = spec != NULL ? oh_engine_launch (engine, spec, &error) : oh_engine_launch_demonstration (engine, FALSE, &error);
  if (run == NULL)
    {
      oh_cli_complain (error->message);
      if (engine != NULL)
        oh_engine_shutdown (engine, TRUE);
      return get_failure_status (error);
    }
  program = oh_live_run_get_pid (run);
  if (early != 0)
    kill ((pid_t) program, early);
  wait_for (run);
  program = 0;
  give_signals_back ();

  term_signal = oh_live_run_get_term_signal (run);
  status = oh_live_run_get_exit_status (run);
  oh_engine_flush (engine);
  if (after != NULL)
    after (engine, oh_live_run_get_id (run), data);
  report_trouble (engine);
  oh_engine_shutdown (engine, FALSE);
  return term_signal != 0 ? end_by_signal (term_signal) : status;
}
