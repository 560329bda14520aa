/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-launch.h"
#include "oh-cli.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a shell calls a program that is not there, and one that may not be executed (POSIX, Shell & Utilities 2.8.2). */
#define STATUS_NOT_FOUND 127
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_SIGNAL 128

#define TEND_MS 500       /* how often the keeper looks after its children */
#define LEAVE_US 10000    /* how long a helper of the program has to end with it, before it counts as still running: */
#define LEAVE_STEPS 10    /* so many such steps */

/* We are two processes. The front is the one that the shell knows: it passes signals on to the program, stops when that
 * stops and ends as that ends. The keeper is the proxy and the program's parent; it stays, without the terminal, until the
 * last descendant of the program has ended. A killed front takes the program along, as whoever kills it means; when the
 * keeper is killed, the front becomes the program's parent and waits for it. What the keeper tells the front, in this
 * order; the end of the pipe lets the front go: */
typedef enum
{
  NEWS_RUNS,  /* value: the program's process id */
  NEWS_ENDED, /* value: the exit status, or -signal; also when nothing could be started */
  NEWS_STAYS, /* the keeper goes on alone */
} NewsKind;

typedef struct
{
  NewsKind kind;
  int value;
} News;

/* Signals that someone may send to us when they mean the program. */
static const int forwarded[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
/* Those and what else the terminal sends to its foreground group stop no keeper: others may be using the proxy. */
static const int withstood[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN };

static const sigset_t *ignored; /* by whoever started us */
static pid_t front;
static volatile sig_atomic_t program; /* its process id while it runs; 0: none */
static volatile sig_atomic_t early;   /* a signal that came before it ran */

/* What the terminal sends (Ctrl+C), it sends to the program too: all are in its foreground group. */
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

/* Not SIG_IGN, which the program would inherit. */
static void
withstand (int signum, siginfo_t *info, void *context)
{
}

/* Also those that whoever started us ignores (nohup, a script's background job): the program may have its own mind. */
static void
take_signals (const int *signums, gsize n, void (*handler) (int, siginfo_t *, void *))
{
  struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };

  for (gsize i = 0; i < n; i++)
    sigaction (signums[i], &action, NULL);
}

static void
give_signals_back (const int *signums, gsize n)
{
  for (gsize i = 0; i < n; i++)
    signal (signums[i], sigismember (ignored, signums[i]) == 1 ? SIG_IGN : SIG_DFL);
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
tell (int to, NewsKind kind, int value)
{
  const News news = { kind, value };

  while (write (to, &news, sizeof news) < 0 && errno == EINTR)
    ;
}

static void
signal_front (int signum)
{
  if (getppid () == front)
    kill (front, signum);
}

/* A program may also stop by itself, without its group: its shell must see that. */
static gboolean
on_tend (gpointer data)
{
  OhLiveRun *run = data;
  const GPid pid = oh_live_run_is_running (run) ? oh_live_run_get_pid (run) : 0;
  siginfo_t info = { 0 };

  if (pid != 0 && waitid (P_PID, pid, &info, WSTOPPED | WCONTINUED | WNOHANG) == 0 && info.si_pid == pid)
    signal_front (info.si_code == CLD_CONTINUED ? SIGCONT : SIGSTOP);
  oh_engine_reap_orphans (pid);
  return G_SOURCE_CONTINUE;
}

/* The pipe has no reader any more. */
static gboolean
on_front_gone (int fd, GIOCondition condition, gpointer data)
{
  oh_live_run_signal (data, SIGKILL);
  return G_SOURCE_REMOVE;
}

static void
wait_for (OhLiveRun *run)
{
  while (oh_live_run_is_running (run))
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
outlives (void)
{
  for (guint i = 0; i < LEAVE_STEPS; i++)
    {
      if (!oh_engine_reap_orphans (0))
        return FALSE;
      g_usleep (LEAVE_US);
    }
  return oh_engine_reap_orphans (0);
}

/* Whoever waits for the end of our streams or of a descriptor that the shell opened waits no longer. What is ours closes on
 * exec; what was inherited does not. In a session of its own, a parent keeps no group from being an orphaned one. */
static void
leave_terminal (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  int nothing = open ("/dev/null", O_RDWR | O_CLOEXEC);
  const char *name;

  for (int fd = STDIN_FILENO; nothing >= 0 && fd <= STDERR_FILENO; fd++)
    dup2 (nothing, fd);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      int fd = atoi (name);
      int flags = fcntl (fd, F_GETFD);

      if (fd > STDERR_FILENO && flags >= 0 && (flags & FD_CLOEXEC) == 0)
        close (fd);
    }
  if (nothing > STDERR_FILENO)
    close (nothing);
  setsid ();
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

/* What still runs may still say something. */
static void
report_silence (OhEngine *engine, gint64 run_id)
{
  OhStoreReader *reader = oh_engine_get_reader (engine);
  g_autoptr (OhRun) run = oh_store_reader_get_run (reader, run_id);
  g_autofree char *silence = run != NULL ? oh_engine_explain_silence (reader, run) : NULL;

  if (silence != NULL)
    oh_cli_complain (silence);
}

static void
keep (const OhRunSpec *spec, guint16 port, OhCliAfterFunc after, gpointer data, int to)
{
  g_autoptr (OhEngine) engine = NULL;
  g_autoptr (OhLiveRun) run = NULL;
  g_autoptr (GError) error = NULL;
  gboolean stays;

  oh_engine_adopt_orphans ();
  engine = oh_engine_new (NULL, "cli", port, &error);
  if (engine != NULL)
    run = spec != NULL ? oh_engine_launch (engine, spec, &error) : oh_engine_launch_demonstration (engine, FALSE, &error);
  if (run == NULL)
    {
      oh_cli_complain (error->message);
      if (engine != NULL)
        oh_engine_shutdown (engine, TRUE);
      tell (to, NEWS_ENDED, get_failure_status (error));
      return;
    }
  tell (to, NEWS_RUNS, oh_live_run_get_pid (run));
  g_unix_fd_add (to, G_IO_ERR, on_front_gone, run);
  /* The demonstration has a child of its own, the simulated API, which goes with the engine. */
  if (spec != NULL)
    g_timeout_add (TEND_MS, on_tend, run);
  wait_for (run);
  tell (to, NEWS_ENDED,
        oh_live_run_get_term_signal (run) != 0 ? -oh_live_run_get_term_signal (run) : oh_live_run_get_exit_status (run));
  /* It may be stopped, as the program was. */
  signal_front (SIGCONT);

  oh_engine_flush (engine);
  report_trouble (engine);
  stays = spec != NULL && outlives ();
  if (stays)
    oh_cli_complain (_ ("Something that the program started still runs. Overhear stays with it, in the background."));
  if (after != NULL)
    after (engine, oh_live_run_get_id (run), data);
  else if (!stays)
    report_silence (engine, oh_live_run_get_id (run));
  if (stays)
    {
      leave_terminal ();
      give_signals_back (withstood, G_N_ELEMENTS (withstood));
      tell (to, NEWS_STAYS, 0);
      close (to);
      while (oh_engine_reap_orphans (0))
        g_main_context_iteration (NULL, TRUE);
      oh_engine_flush (engine);
    }
  oh_engine_shutdown (engine, FALSE);
}

/* The keeper is gone before its time. As the next of its ancestors that adopts, we have the program now, if there is one;
 * it may not have been named yet. */
static int
wait_alone (void)
{
  int status;

  oh_cli_complain (_ ("The part of Overhear that captures was killed. The program goes on, but its calls will fail."));
  while (waitpid (program != 0 ? (pid_t) program : -1, &status, 0) < 0)
    if (errno != EINTR)
      return OH_CLI_NOT_RUN;
  return WIFSIGNALED (status) ? -WTERMSIG (status) : WEXITSTATUS (status);
}

/* Returns: the exit status, or -signal. */
static int
stand_in_front (pid_t keeper, int from)
{
  gboolean ended = FALSE, stays = FALSE;
  int end = OH_CLI_NOT_RUN;
  News news;
  ssize_t n;

  while ((n = read (from, &news, sizeof news)) == sizeof news || (n < 0 && errno == EINTR))
    if (n < 0)
      continue;
    else if (news.kind == NEWS_RUNS)
      {
        program = news.value;
        if (early != 0)
          kill ((pid_t) program, early);
      }
    else if (news.kind == NEWS_ENDED)
      {
        ended = TRUE;
        end = news.value;
        program = 0;
        give_signals_back (forwarded, G_N_ELEMENTS (forwarded));
      }
    else
      stays = TRUE;
  /* So that a shell's “time” counts what the program used, and so that its parent is known. */
  while (!stays && waitpid (keeper, NULL, 0) < 0 && errno == EINTR)
    ;
  if (!ended)
    end = wait_alone ();
  give_signals_back (forwarded, G_N_ELEMENTS (forwarded));
  return end;
}

int
oh_cli_launch (const OhRunSpec *spec, guint16 port, OhCliAfterFunc after, gpointer data)
{
  int pipe_ends[2];
  pid_t keeper;
  int end;

  front = getpid ();
  ignored = oh_engine_note_signals ();
  take_signals (forwarded, G_N_ELEMENTS (forwarded), on_signal);
  keeper = g_unix_open_pipe (pipe_ends, FD_CLOEXEC, NULL) ? fork () : -1;
  if (keeper < 0)
    {
      oh_cli_complain (g_strerror (errno));
      return OH_CLI_NOT_RUN;
    }
  if (keeper == 0)
    {
      close (pipe_ends[0]);
      take_signals (withstood, G_N_ELEMENTS (withstood), withstand);
      keep (spec, port, after, data, pipe_ends[1]);
      return 0;
    }
  close (pipe_ends[1]);
  oh_engine_adopt_orphans ();
  end = stand_in_front (keeper, pipe_ends[0]);
  return end < 0 ? end_by_signal (-end) : end;
}
