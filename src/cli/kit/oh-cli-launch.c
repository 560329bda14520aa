/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-launch.h"
#include "oh-cli.h"
#include "oh-collector.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a shell calls a program that is not there, and one that may not be executed (POSIX, Shell & Utilities 2.8.2). */
#define STATUS_NOT_FOUND 127
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_SIGNAL 128

#define KEEPER_NAME "oh-keeper" /* where names of processes are listed */

#define TEND_MS 500       /* how often the keeper looks after its children */
#define SETTLE_TENDS 2    /* so long may a front that was told to stop and to go on take for it */
#define LEAVE_US 10000    /* how long a helper of the program has to end with it, before it counts as still running: */
#define LEAVE_STEPS 10    /* so many such steps */
#define SPREAD_US 1000    /* until a signal has reached all of a group, and those who were asleep: */
#define SPREAD_STEPS 5    /* so many such steps */
#define HEARD_US (2 * G_USEC_PER_SEC) /* for so long does what the keeper heard tell whom a signal was for */

/* We are two processes. The front is the one that the shell knows: it passes signals on to the program, stops when that
 * stops and ends as that ends. The keeper is the proxy and the program's parent; it stays, without the terminal, until the
 * last descendant of the program has ended. A killed front takes the program along, as whoever kills it means; when the
 * keeper is killed, the front becomes the program's parent and waits for it. What the keeper tells the front; the end of
 * the pipe lets the front go: */
typedef enum
{
  NEWS_RUNS,    /* value: the program's process id */
  NEWS_STOPPED, /* value: by which signal */
  NEWS_ENDED,   /* value: the exit status, or -signal; also when nothing could be started; a second one counts */
  NEWS_STAYS,   /* the keeper goes on alone */
} NewsKind;

typedef struct
{
  NewsKind kind;
  int value;
} News;

/* A signal that the keeper got. */
typedef struct
{
  int from;    /* atomic: who sent it; 0: nothing that has not been asked for */
  gint64 when; /* monotonic, in µs */
} Heard;

static const sigset_t *ignored; /* by whoever started us */
static pid_t front;
static pid_t keeper;
static volatile sig_atomic_t program; /* its process id while it runs; 0: none */
static volatile sig_atomic_t stopped; /* the front is, with the program */
static volatile sig_atomic_t continued; /* and was told to go on */
static sigset_t early;                /* what came before the program ran */
static Heard *heard;                  /* by the keeper, by number; shared; NULL: cannot be known */
/* Of the keeper: */
static int settling;                  /* atomic: tends since the program has gone on */
static int held;                      /* atomic: the program stopped because the front was */

/* What a process does to itself. */
static gboolean
is_fault (int signum)
{
  return signum == SIGSEGV || signum == SIGBUS || signum == SIGFPE || signum == SIGILL || signum == SIGTRAP
         || signum == SIGSYS;
}

static char
get_state (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *text = NULL;
  const char *name_end = g_file_get_contents (path, &text, NULL, NULL) ? strrchr (text, ')') : NULL;

  return name_end != NULL && name_end[1] != '\0' ? name_end[2] : '\0';
}

/* Whether a signal that we got went to our whole group (a shell's “kill %1”), for then the keeper has got it too, and the
 * program, if it is one of us still. */
static gboolean
went_to_all (int signum, const siginfo_t *info)
{
  if (heard == NULL || info->si_code != SI_USER || getpgid ((pid_t) program) != getpgrp ())
    return FALSE;
  for (guint i = 0; i < SPREAD_STEPS; i++)
    {
      if (g_atomic_int_compare_and_exchange (&heard[signum].from, (int) info->si_pid, 0))
        return g_get_monotonic_time () - heard[signum].when < HEARD_US;
      g_usleep (SPREAD_US);
    }
  return FALSE;
}

/* Whatever someone sends to us, they mean the program. What the terminal sends (Ctrl+C, Ctrl+Z, its new size), it sends to
 * the program too, once there is one: all are in its foreground group. */
static void
on_signal (int signum, siginfo_t *info, void *context)
{
  if (info->si_code != SI_USER && info->si_code != SI_QUEUE && info->si_code != SI_TKILL)
    {
      if (is_fault (signum))
        signal (signum, SIG_DFL);
      else if (program == 0 && (signum == SIGINT || signum == SIGQUIT || signum == SIGTSTP || signum == SIGHUP))
        sigaddset (&early, signum);
      return;
    }
  if (info->si_pid == front || info->si_pid == keeper)
    return;
  if (signum == SIGCONT && stopped)
    continued = 1;
  else if (program == 0)
    sigaddset (&early, signum);
  else if (info->si_code == SI_QUEUE)
    syscall (SYS_rt_sigqueueinfo, (pid_t) program, signum, info); /* with its value */
  else if (info->si_pid != program && !went_to_all (signum, info))
    kill ((pid_t) program, signum);
}

/* Not SIG_IGN, which would also drop what others in our process wait for. */
static void
withstand (int signum, siginfo_t *info, void *context)
{
  if (heard == NULL || info->si_code != SI_USER)
    return;
  heard[signum].when = g_get_monotonic_time ();
  g_atomic_int_set (&heard[signum].from, (int) info->si_pid);
}

static void
take_signal (int signum, void (*handler) (int, siginfo_t *, void *))
{
  struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };

  sigfillset (&action.sa_mask);
  sigaction (signum, &action, NULL);
}

/* Also those that whoever started us ignores (nohup, a script's background job): the program may have its own mind. */
static void
take_signals (void)
{
  for (int signum = 1; signum < NSIG; signum++)
    take_signal (signum, on_signal);
}

/* What is sent to the group of the program stops no keeper: others may be using the proxy. */
static void
withstand_signals (void)
{
  for (int signum = 1; signum < NSIG; signum++)
    if (is_fault (signum) || signum == SIGABRT || signum == SIGCHLD)
      signal (signum, SIG_DFL);
    else if (signum == SIGPIPE || signum == SIGTTOU) /* what we write must not be tried again for ever */
      signal (signum, SIG_IGN);
    else
      take_signal (signum, withstand);
}

static void
give_signals_back (void)
{
  for (int signum = 1; signum < NSIG; signum++)
    signal (signum, sigismember (ignored, signum) == 1 ? SIG_IGN : SIG_DFL);
}

/* Ends us by the signal that ended the program, so that a shell sees what it would have seen; without a core of ours. */
static int
end_by_signal (int signum)
{
  const struct rlimit none = { 0, 0 };

  setrlimit (RLIMIT_CORE, &none);
  signal (signum, SIG_DFL);
  raise (signum);
  return STATUS_SIGNAL + signum;
}

/* Shells tell the ways to stop apart. Returns once somebody lets us go on: all of our group, or us alone. */
static void
stop_by_signal (int signum)
{
  continued = 0;
  stopped = 1;
  signal (signum, SIG_DFL);
  raise (signum);
  take_signal (signum, on_signal);
  stopped = 0;
  if (!continued)
    return;
  g_usleep (SPREAD_US);
  if (program != 0 && get_state ((pid_t) program) == 'T')
    kill ((pid_t) program, SIGCONT);
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

/* A thread of the keeper: a program may also stop by itself, without its group, or not stop at Ctrl+Z: its shell must
 * see that. */
typedef struct
{
  pid_t program;
  int to;
} Stops;

static gpointer
watch_stops (gpointer data)
{
  g_autofree Stops *stops = data;
  const idtype_t of = P_PID;

  for (;;)
    {
      siginfo_t info = { 0 };

      if (waitid (of, stops->program, &info, WSTOPPED | WCONTINUED | WEXITED | WNOWAIT) != 0)
        {
          if (errno == EINTR)
            continue;
          return NULL;
        }
      if (info.si_code != CLD_STOPPED && info.si_code != CLD_CONTINUED)
        return NULL;
      info.si_pid = 0;
      if (waitid (of, stops->program, &info, WSTOPPED | WCONTINUED | WNOHANG) != 0 || info.si_pid == 0)
        continue;
      if (info.si_code == CLD_CONTINUED)
        {
          g_atomic_int_set (&settling, SETTLE_TENDS);
          signal_front (SIGCONT);
        }
      else if (!g_atomic_int_get (&held))
        tell (stops->to, NEWS_STOPPED, info.si_status);
    }
}

static void
look_after_stops (pid_t pid, int to)
{
  Stops *stops = g_new (Stops, 1);
  g_autoptr (GThread) thread = NULL;

  *stops = (Stops) { pid, to };
  thread = g_thread_try_new ("stops", watch_stops, stops, NULL);
  if (thread == NULL)
    g_free (stops);
}

/* SIGSTOP cannot be passed on by whom it stops. */
static void
hold_with_front (pid_t pid)
{
  const gboolean front_stopped = getppid () == front && get_state (front) == 'T';
  const gboolean program_stopped = get_state (pid) == 'T';

  if (g_atomic_int_get (&held) && !front_stopped)
    {
      g_atomic_int_set (&held, FALSE);
      if (program_stopped)
        kill (pid, SIGCONT);
    }
  else if (!front_stopped || program_stopped)
    return;
  else if (g_atomic_int_get (&settling) > 0)
    {
      g_atomic_int_add (&settling, -1);
      signal_front (SIGCONT);
    }
  else
    {
      g_atomic_int_set (&held, TRUE);
      kill (pid, SIGSTOP);
    }
}

static gboolean
on_tend (gpointer data)
{
  OhLiveRun *run = data;
  const GPid pid = oh_live_run_is_running (run) ? oh_live_run_get_pid (run) : 0;

  if (pid != 0)
    hold_with_front (pid);
  oh_engine_reap_orphans (pid);
  return G_SOURCE_CONTINUE;
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

/* The pipe has no reader any more; nor has what we say. */
static gboolean
on_front_gone (int fd, GIOCondition condition, gpointer data)
{
  oh_live_run_signal (data, SIGKILL);
  leave_terminal ();
  return G_SOURCE_REMOVE;
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
report_copies (OhEngine *engine, gint64 run_id)
{
  g_autofree char *copies = oh_engine_describe_copies (engine, run_id, TRUE);

  if (copies != NULL)
    oh_cli_complain (copies);
}

/* Of what was captured before, too: it is the same collector. */
static void
report_sending (OhEngine *engine)
{
  g_autofree char *trouble = NULL;

  oh_engine_finish_sending (engine);
  trouble = oh_collector_describe (oh_engine_get_reader (engine));

  if (trouble != NULL)
    oh_cli_complain (trouble);
}

static void
on_budget (OhEngine *engine, gint64 run_id, guint news, const char *sentence, gpointer data)
{
  oh_cli_complain (sentence);
}

static void
keep (const OhRunSpec *spec, guint16 port, OhCliAfterFunc after, gpointer data, int to)
{
  g_autoptr (OhEngine) engine = NULL;
  g_autoptr (OhLiveRun) run = NULL;
  g_autoptr (GError) error = NULL;
  gboolean stays;
  int status;

  oh_engine_adopt_orphans ();
  engine = oh_engine_new (NULL, "cli", port, &error);
  if (engine != NULL)
    g_signal_connect (engine, "budget", G_CALLBACK (on_budget), NULL);
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
  look_after_stops (oh_live_run_get_pid (run), to);
  /* The demonstration has a child of its own, the simulated API, which goes with the engine. */
  if (spec != NULL)
    g_timeout_add (TEND_MS, on_tend, run);
  wait_for (run);
  tell (to, NEWS_ENDED,
        oh_live_run_get_term_signal (run) != 0 ? -oh_live_run_get_term_signal (run) : oh_live_run_get_exit_status (run));
  /* It may be stopped, as the program was. */
  signal_front (SIGCONT);

  oh_engine_flush (engine);
  /* What there is to say of its budget. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  report_trouble (engine);
  stays = spec != NULL && outlives ();
  if (stays)
    oh_cli_complain (_ ("Something that the program started still runs. Overhear stays with it, in the background."));
  else if (spec != NULL)
    report_silence (engine, oh_live_run_get_id (run));
  if (spec != NULL)
    report_copies (engine, oh_live_run_get_id (run));
  if (!stays)
    report_sending (engine);
  status = after != NULL ? after (engine, oh_live_run_get_id (run), data) : 0;
  if (status != 0 && oh_live_run_get_term_signal (run) == 0 && oh_live_run_get_exit_status (run) == 0)
    tell (to, NEWS_ENDED, status);
  if (stays)
    {
      leave_terminal ();
      give_signals_back ();
      tell (to, NEWS_STAYS, 0);
      close (to);
      while (oh_engine_reap_orphans (0))
        g_main_context_iteration (NULL, TRUE);
      oh_engine_flush (engine);
    }
  oh_engine_shutdown (engine, FALSE);
}

/* The program's end, as the next of its ancestors that adopts. Returns: FALSE if there is none. */
static gboolean
wait_for_program (int options, int *end)
{
  int status;
  pid_t pid;

  errno = 0;
  /* It may not have been named yet. */
  while ((pid = waitpid (program != 0 ? (pid_t) program : -1, &status, options)) < 0 && errno == EINTR)
    ;
  if (pid <= 0)
    return FALSE;
  if (WIFSTOPPED (status))
    {
      stop_by_signal (WSTOPSIG (status));
      return wait_for_program (options, end);
    }
  *end = WIFSIGNALED (status) ? -WTERMSIG (status) : WEXITSTATUS (status);
  return TRUE;
}

/* The keeper is gone before its time. Returns: as stand_in_front(). */
static int
wait_alone (int keeper_status)
{
  g_autofree char *message = NULL;
  int end = OH_CLI_NOT_RUN;

  /* What we say must not be tried again for ever (termios(3), tostop). */
  signal (SIGTTOU, SIG_IGN);
  /* What ended the keeper may have ended the program too. */
  for (guint i = 0; i < LEAVE_STEPS; i++)
    {
      if (wait_for_program (WNOHANG, &end))
        return end;
      if (errno == ECHILD)
        {
          message = g_strdup_printf (_ ("The part of Overhear that captures ended before it could start the program (%s). A limit "
                                        "of memory, processes or files may be too low for it: see “ulimit -a”."),
                                     WIFSIGNALED (keeper_status) ? g_strsignal (WTERMSIG (keeper_status)) : "?");
          oh_cli_complain (message);
          return OH_CLI_NOT_RUN;
        }
      g_usleep (LEAVE_US);
    }
  oh_cli_complain (_ ("The part of Overhear that captures was killed. The program goes on, but its calls will fail."));
  wait_for_program (WUNTRACED, &end);
  return end;
}

/* Returns: the exit status, or -signal. */
static int
stand_in_front (int from)
{
  gboolean ended = FALSE, stays = FALSE;
  int end = OH_CLI_NOT_RUN;
  int keeper_status = 0;
  News news;
  ssize_t n;

  while ((n = read (from, &news, sizeof news)) == sizeof news || (n < 0 && errno == EINTR))
    if (n < 0)
      continue;
    else if (news.kind == NEWS_RUNS)
      {
        program = news.value;
        for (int signum = 1; signum < NSIG; signum++)
          if (sigismember (&early, signum) == 1)
            kill ((pid_t) program, signum);
      }
    else if (news.kind == NEWS_STOPPED)
      stop_by_signal (news.value);
    else if (news.kind == NEWS_ENDED)
      {
        ended = TRUE;
        end = news.value;
        program = 0;
        give_signals_back ();
      }
    else
      stays = TRUE;
  /* So that a shell's “time” counts what the program used, and so that its parent is known. */
  while (!stays && waitpid (keeper, &keeper_status, 0) < 0 && errno == EINTR)
    ;
  if (!ended)
    end = wait_alone (keeper_status);
  give_signals_back ();
  return end;
}

int
oh_cli_launch (const OhRunSpec *spec, guint16 port, OhCliAfterFunc after, gpointer data)
{
  int pipe_ends[2];
  sigset_t none;
  int end;

  front = getpid ();
  ignored = oh_engine_note_signals ();
  sigemptyset (&early);
  heard = mmap (NULL, NSIG * sizeof *heard, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (heard == MAP_FAILED)
    heard = NULL;
  take_signals ();
  keeper = g_unix_open_pipe (pipe_ends, FD_CLOEXEC, NULL) ? fork () : -1;
  if (keeper < 0)
    {
      oh_cli_complain (g_strerror (errno));
      return OH_CLI_NOT_RUN;
    }
  if (keeper == 0)
    {
      close (pipe_ends[0]);
      /* “killall overhear” means the front. */
      prctl (PR_SET_NAME, KEEPER_NAME);
      withstand_signals ();
      keep (spec, port, after, data, pipe_ends[1]);
      return 0;
    }
  close (pipe_ends[1]);
  /* What we were started with blocked is blocked in the program, to whom it is passed on. */
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  oh_engine_adopt_orphans ();
  end = stand_in_front (pipe_ends[0]);
  return end < 0 ? end_by_signal (-end) : end;
}
