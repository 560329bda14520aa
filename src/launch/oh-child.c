/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"
#include "oh-core-dump.h"
#include "oh-source.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define COLUMNS 80
#define ROWS 24
#define PIECE 65536
#define DRAIN_MS 500  /* how long after the program's end its descendants may still write to the terminal */
#define DRAIN_PIECES 64 /* and how much of what they have written by then is still read */
#define KILL_MS 3000

/* States: running → reaped (its status is known, the terminal still read) → exited ("exited" emitted, terminal closed).
 * The terminal may also close first, when the program closes all it has of it. */
struct _OhChild
{
  GObject parent;

  GPid pid;
  gboolean running;    /* "exited" has not been emitted */
  gboolean reaped;
  gboolean own_group;
  int wait_status;

  int master;          /* -1: no terminal, or closed */
  GQueue unwritten;    /* (element-type GBytes) for the terminal */
  GMainContext *context;
  GSource *reading;
  GSource *writing;
  GSource *drain;
  GSource *kill;
};

G_DEFINE_FINAL_TYPE (OhChild, oh_child, G_TYPE_OBJECT)

enum
{
  SIGNAL_OUTPUT,
  SIGNAL_EXITED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];
/* What we were given of these, once we have raised it; programs get it as it was. */
static const int raised[] = { RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_AS, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_CPU };
static struct rlimit given[G_N_ELEMENTS (raised)];
static gboolean has_raised;
static sigset_t ignored; /* by whoever started us; none until noted */

static GSource *
add_source (OhChild *self, GSource *source, GSourceFunc func)
{
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, self->context);
  return source;
}

static void
close_terminal (OhChild *self)
{
  oh_source_drop (&self->reading);
  oh_source_drop (&self->writing);
  g_queue_clear_full (&self->unwritten, (GDestroyNotify) g_bytes_unref);
  if (self->master >= 0)
    close (self->master);
  self->master = -1;
}

static void
finish_if_done (OhChild *self)
{
  if (!self->running || !self->reaped || self->master >= 0)
    return;
  oh_source_drop (&self->drain);
  self->running = FALSE;
  g_signal_emit (self, signals[SIGNAL_EXITED], 0);
  g_object_unref (self); /* the program's own reference */
}

/* Returns: FALSE once the terminal is closed for good. */
static gboolean
read_piece (OhChild *self)
{
  g_autofree char *buffer = g_malloc (PIECE);
  ssize_t n = read (self->master, buffer, PIECE);

  if (n > 0)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (buffer, n);

      g_signal_emit (self, signals[SIGNAL_OUTPUT], 0, bytes);
      return TRUE;
    }
  /* EIO is how Linux says that no process has the terminal open any more. */
  return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  g_autoptr (OhChild) self = g_object_ref (data);

  if (read_piece (self))
    return G_SOURCE_CONTINUE;
  close_terminal (self);
  finish_if_done (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_drained (gpointer data)
{
  g_autoptr (OhChild) self = g_object_ref (data);

  for (guint i = 0; i < DRAIN_PIECES; i++)
    {
      struct pollfd ready = { .fd = self->master, .events = POLLIN };

      if (poll (&ready, 1, 0) != 1 || !read_piece (self))
        break;
    }
  close_terminal (self);
  finish_if_done (self);
  return G_SOURCE_REMOVE;
}

static void
on_reaped (GPid pid, int wait_status, gpointer data)
{
  g_autoptr (OhChild) self = g_object_ref (data);

  self->reaped = TRUE;
  self->wait_status = wait_status;
  if (self->master >= 0)
    self->drain = add_source (self, g_timeout_source_new (DRAIN_MS), on_drained);
  finish_if_done (self);
}

static gboolean
on_writable (int fd, GIOCondition condition, gpointer data)
{
  OhChild *self = data;

  while (!g_queue_is_empty (&self->unwritten))
    {
      g_autoptr (GBytes) bytes = g_queue_pop_head (&self->unwritten);
      gsize length;
      const char *text = g_bytes_get_data (bytes, &length);
      ssize_t n = write (self->master, text, length);

      if (n < 0 && errno != EAGAIN && errno != EINTR)
        {
          g_queue_clear_full (&self->unwritten, (GDestroyNotify) g_bytes_unref);
          break;
        }
      if ((gsize) MAX (n, 0) < length)
        {
          g_queue_push_head (&self->unwritten, g_bytes_new_from_bytes (bytes, MAX (n, 0), length - MAX (n, 0)));
          return G_SOURCE_CONTINUE;
        }
    }
  g_clear_pointer (&self->writing, g_source_unref);
  return G_SOURCE_REMOVE;
}

static void
set_size (int fd, guint columns, guint rows)
{
  const struct winsize size = { .ws_row = rows, .ws_col = columns };

  ioctl (fd, TIOCSWINSZ, &size);
}

/* Returns: the slave's fd, or -1 with @error. */
static int
open_terminal (OhChild *self, GError **error)
{
  char name[64];
  struct termios settings;
  int slave = -1;

  self->master = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (self->master >= 0 && grantpt (self->master) == 0 && unlockpt (self->master) == 0
      && ptsname_r (self->master, name, sizeof name) == 0)
    slave = open (name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0)
    {
      g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_FAILED, _ ("No pseudo-terminal can be had: %s"),
                   g_strerror (errno));
      return -1;
    }
  if (tcgetattr (slave, &settings) == 0)
    {
      settings.c_iflag |= IUTF8;
      tcsetattr (slave, TCSANOW, &settings);
    }
  set_size (slave, COLUMNS, ROWS);
  return slave;
}

static void
restore_limits (void)
{
  for (guint i = 0; has_raised && i < G_N_ELEMENTS (raised); i++)
    setrlimit (raised[i], &given[i]);
}

/* Between fork and exec: only calls that are safe there (signal-safety(7)). */
static void
become_session_leader (gpointer data)
{
  sigset_t none;

  restore_limits ();
  oh_core_dump_restore ();
  setsid ();
  ioctl (STDIN_FILENO, TIOCSCTTY, 0);
  /* As in a terminal of its own, whatever our parent had us ignore (a shell's background jobs ignore Ctrl+C). */
  for (int signum = 1; signum < NSIG; signum++)
    signal (signum, SIG_DFL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* We ignore and take signals of our own; what our parent had us ignore (nohup, the background jobs of scripts) is ignored in
 * the program. */
static void
restore_signals_and_limits (gpointer data)
{
  restore_limits ();
  for (int signum = 1; signum < NSIG; signum++)
    signal (signum, sigismember (&ignored, signum) == 1 ? SIG_IGN : SIG_DFL);
  oh_core_dump_restore ();
}

static void
set_spawn_error (GError **error, const GError *cause, const char *program)
{
  OhLaunchError code = OH_LAUNCH_ERROR_FAILED;

  if (g_error_matches (cause, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
    code = OH_LAUNCH_ERROR_NOT_FOUND;
  else if (g_error_matches (cause, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES)
           || g_error_matches (cause, G_SPAWN_ERROR, G_SPAWN_ERROR_PERM)
           || g_error_matches (cause, G_SPAWN_ERROR, G_SPAWN_ERROR_NOEXEC))
    code = OH_LAUNCH_ERROR_NOT_EXECUTABLE;
  else if (g_error_matches (cause, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR))
    code = OH_LAUNCH_ERROR_BAD_DIRECTORY;
  g_set_error (error, OH_LAUNCH_ERROR, code, _ ("“%s” could not be started: %s"), program, cause->message);
}

static gboolean
spawn (OhChild *self, const OhLaunchSpec *spec, const OhLaunchProxy *proxy, gboolean terminal, GError **error)
{
  g_auto (GStrv) ours = g_get_environ ();
  g_auto (GStrv) merged = oh_launch_merge_environment ((const char *const *) ours, spec);
  g_auto (GStrv) environment = NULL;
  g_auto (GStrv) argv = NULL;
  g_autofree char *program = NULL;
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autoptr (GError) cause = NULL;
  GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO;
  g_autofree char *helper = oh_isolate_find_helper ();
  char wire[16];
  int ends[2] = { -1, -1 };
  int slave = -1;
  gboolean done;

  argv = oh_command_resolve (spec->argv, spec->cwd, merged, &program, error);
  if (argv == NULL || !oh_launch_ensure_trust (proxy, merged, error))
    return FALSE;
  if (spec->serve != NULL && oh_isolate_needs_other_user (program))
    {
      g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_ISOLATION,
                   _ ("“%s” runs as another user, which it cannot where it is isolated. Run Overhear with it instead: sudo "
                      "overhear run --isolate …"),
                   argv[0]);
      return FALSE;
    }
  environment = oh_launch_make_environment ((const char *const *) ours, proxy, spec);
  if (terminal)
    {
      environment = g_environ_setenv (environment, "TERM", "xterm-256color", TRUE);
      slave = open_terminal (self, error);
      if (slave < 0)
        return FALSE;
    }
  else
    /* The program has what the shell opened for it (<(…), 3<file); what is ours closes by itself on exec. */
    flags |= G_SPAWN_CHILD_INHERITS_STDIN | G_SPAWN_LEAVE_DESCRIPTORS_OPEN;
  if (spec->serve != NULL)
    {
      g_ptr_array_add (words, helper);
      g_ptr_array_add (words, helper);
      g_ptr_array_add (words, wire);
      if (!oh_isolate_open (ends, error))
        return FALSE;
      g_snprintf (wire, sizeof wire, "%d", ends[1]);
    }
  g_ptr_array_add (words, program);
  for (char **word = argv; *word != NULL; word++)
    g_ptr_array_add (words, *word);
  g_ptr_array_add (words, NULL);

  done = g_spawn_async_with_pipes_and_fds (spec->cwd, (const char *const *) words->pdata,
                                           (const char *const *) environment, flags,
                                           terminal ? become_session_leader : restore_signals_and_limits, NULL, slave,
                                           slave, slave, &ends[1], &ends[1], spec->serve != NULL ? 1 : 0, &self->pid, NULL,
                                           NULL, NULL, &cause);
  if (slave >= 0)
    close (slave);
  if (!done)
    set_spawn_error (error, cause, argv[0]);
  if (spec->serve == NULL)
    return done;
  close (ends[1]);
  if (done && !oh_isolate_follow (ends[0], spec, argv[0], error))
    {
      /* It ends by itself as we do not go on. */
      if (error != NULL && g_error_matches (*error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_ISOLATION))
        g_prefix_error (error, "%s ", _ ("The program was not started."));
      close (ends[0]);
      while (waitpid (self->pid, NULL, 0) < 0 && errno == EINTR)
        ;
      return FALSE;
    }
  close (ends[0]);
  return done;
}

static void
oh_child_finalize (GObject *object)
{
  OhChild *self = OH_CHILD (object);

  close_terminal (self);
  oh_source_drop (&self->drain);
  oh_source_drop (&self->kill);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (oh_child_parent_class)->finalize (object);
}

static void
oh_child_class_init (OhChildClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_child_finalize;

  signals[SIGNAL_OUTPUT] = g_signal_new ("output", OH_TYPE_CHILD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                         G_TYPE_BYTES);
  signals[SIGNAL_EXITED] = g_signal_new ("exited", OH_TYPE_CHILD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
oh_child_init (OhChild *self)
{
  self->master = -1;
  self->context = g_main_context_ref_thread_default ();
  g_queue_init (&self->unwritten);
}

const sigset_t *
oh_launch_note_signals (void)
{
  sigemptyset (&ignored);
  for (int signum = 1; signum < NSIG; signum++)
    {
      struct sigaction now;

      if (sigaction (signum, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
        sigaddset (&ignored, signum);
    }
  return &ignored;
}

void
oh_launch_raise_limits (void)
{
  /* Where files may not grow, writing fails, and we say so. */
  signal (SIGXFSZ, SIG_IGN);
  for (guint i = 0; !has_raised && i < G_N_ELEMENTS (raised); i++)
    {
      struct rlimit more;

      getrlimit (raised[i], &given[i]);
      more = given[i];
      more.rlim_cur = more.rlim_max;
      setrlimit (raised[i], &more);
      /* Each thread that allocates would take 64 MiB of addresses for itself. */
      if (raised[i] == RLIMIT_AS && more.rlim_max != RLIM_INFINITY)
        mallopt (M_ARENA_MAX, 1);
    }
  has_raised = TRUE;
}

OhChild *
oh_child_spawn (const OhLaunchSpec *spec, const OhLaunchProxy *proxy, gboolean terminal, GError **error)
{
  g_autoptr (OhChild) self = NULL;
  GSource *watch;

  g_return_val_if_fail (spec != NULL && proxy != NULL, NULL);

  self = g_object_new (OH_TYPE_CHILD, NULL);
  if (!spawn (self, spec, proxy, terminal, error))
    return NULL;
  self->own_group = terminal;
  self->running = TRUE;
  g_object_ref (self); /* the program's own, until it has exited */
  watch = g_child_watch_source_new (self->pid);
  add_source (self, watch, G_SOURCE_FUNC (on_reaped));
  g_source_unref (watch);
  if (self->master >= 0)
    self->reading = add_source (self, g_unix_fd_source_new (self->master, G_IO_IN | G_IO_HUP | G_IO_ERR),
                                G_SOURCE_FUNC (on_readable));
  return g_steal_pointer (&self);
}

GPid
oh_child_get_pid (OhChild *self)
{
  g_return_val_if_fail (OH_IS_CHILD (self), 0);
  return self->pid;
}

gboolean
oh_child_is_running (OhChild *self)
{
  g_return_val_if_fail (OH_IS_CHILD (self), FALSE);
  return self->running;
}

int
oh_child_get_exit_status (OhChild *self)
{
  g_return_val_if_fail (OH_IS_CHILD (self), -1);
  return self->reaped && WIFEXITED (self->wait_status) ? WEXITSTATUS (self->wait_status) : -1;
}

int
oh_child_get_term_signal (OhChild *self)
{
  g_return_val_if_fail (OH_IS_CHILD (self), 0);
  return self->reaped && WIFSIGNALED (self->wait_status) ? WTERMSIG (self->wait_status) : 0;
}

void
oh_child_write (OhChild *self, GBytes *data)
{
  g_return_if_fail (OH_IS_CHILD (self));
  g_return_if_fail (data != NULL);

  if (self->master < 0 || g_bytes_get_size (data) == 0)
    return;
  g_queue_push_tail (&self->unwritten, g_bytes_ref (data));
  if (self->writing == NULL)
    self->writing = add_source (self, g_unix_fd_source_new (self->master, G_IO_OUT), G_SOURCE_FUNC (on_writable));
}

void
oh_child_set_window_size (OhChild *self, guint columns, guint rows)
{
  g_return_if_fail (OH_IS_CHILD (self));

  if (self->master >= 0)
    set_size (self->master, columns, rows);
}

/* A process that has been waited for is signalled no more: its number may belong to another one. Its group keeps the
 * number while a member lives. */
void
oh_child_signal (OhChild *self, int signum)
{
  g_return_if_fail (OH_IS_CHILD (self));

  if (self->own_group)
    kill (-self->pid, signum);
  else if (!self->reaped)
    kill (self->pid, signum);
}

static gboolean
on_kill (gpointer data)
{
  g_autoptr (OhChild) self = g_object_ref (data);

  g_clear_pointer (&self->kill, g_source_unref);
  oh_child_signal (self, SIGKILL);
  g_object_unref (self); /* the stop's own reference */
  return G_SOURCE_REMOVE;
}

void
oh_child_stop (OhChild *self)
{
  g_return_if_fail (OH_IS_CHILD (self));

  oh_child_signal (self, SIGTERM);
  /* A stopped process takes the signal only once it goes on. */
  oh_child_signal (self, SIGCONT);
  if (self->kill == NULL && (self->own_group ? kill (-self->pid, 0) == 0 : !self->reaped))
    self->kill = add_source (g_object_ref (self), g_timeout_source_new (KILL_MS), on_kill);
}
