/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"
#include "oh-cli-json.h"
#include "oh-desktop-programs.h"
#include "oh-desktop-trust.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* `overhear desktop`: the whole desktop comes to a proxy of this process, until it is told otherwise. */

/* How long what is under way may take once it is off. */
#define DRAIN_MS 20000
#define DRAIN_STEP_MS 50

typedef struct
{
  gboolean json;
  gboolean background;
  gboolean session;
  gboolean claude;
  gboolean force;
  char *mode;
  const char *program;
  char **hosts;
  char **upstreams;
} Options;

static void
print_status_json (const OhDesktopStatus *status, char **kept)
{
  g_autoptr (GString) out = g_string_new (NULL);

  oh_cli_json_desktop (out, status, kept);
  oh_cli_json_print (out);
}

static void
print_programs (void)
{
  g_autoptr (OhDesktopPrograms) programs = oh_desktop_programs_read ();
  g_autofree char *only = g_strjoinv (", ", programs->only);
  g_autofree char *excluded = g_strjoinv (", ", programs->excluded);

  if (*only != '\0')
    g_print (_ ("Only this program is listened to: %s\n"), only);
  if (*excluded != '\0')
    g_print (_ ("Not listened to: %s\n"), excluded);
}

static void
print_status (const OhDesktopStatus *status)
{
  g_autoptr (GDateTime) since = g_date_time_new_from_unix_local (status->since_s);
  g_autofree char *date = since != NULL ? g_date_time_format (since, "%F %T") : NULL;
  g_autofree char *places = status->on ? g_strjoinv (", ", status->places) : NULL;

  if (!status->on)
    g_print ("%s\n", _ ("Off: the desktop's proxy settings are its own."));
  else if (status->abandoned)
    g_print (_ ("Left on by process %d, which has ended. “overhear desktop restore” gives the settings back.\n"), status->pid);
  else if (status->mode == OH_DESKTOP_AUTO)
    g_print (_ ("On since %s by process %d (%s), port %u: the hosts that are read go through Overhear.\n"), date, status->pid,
             status->who, status->port);
  else
    g_print (_ ("On since %s by process %d (%s), port %u: all hosts go through Overhear.\n"), date, status->pid, status->who,
             status->port);
  if (places != NULL)
    g_print (_ ("Changed: %s\n"), places);
  if (status->behind != NULL)
    g_print ("%s\n", status->behind);
  print_programs ();
}

static int
show_status (const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhDesktopStatus) status = NULL;

  oh_desktop_restore_abandoned ();
  status = oh_desktop_read_status (&error);
  if (status == NULL)
    {
      oh_cli_complain (error->message);
      return OH_CLI_TROUBLE;
    }
  if (options->json)
    print_status_json (status, NULL);
  else
    print_status (status);
  return 0;
}

/* ---- programs ------------------------------------------------------------------------------------------------------ */

/* A rule for a name that no program has would be kept, and do nothing. */
static void
look_for_program (const char *name)
{
  g_autoptr (OhStoreReader) reader = oh_cli_has_store () ? oh_cli_open_store () : NULL;
  g_autoptr (GPtrArray) counts = reader != NULL ? oh_store_reader_get_programs (reader) : NULL;
  g_autofree char *words = NULL;

  for (guint i = 0; counts != NULL && i < counts->len; i++)
    if (oh_program_is_called (((const OhProgramCount *) counts->pdata[i])->program, name))
      return;
  words = g_strdup_printf (_ ("No program called “%s” has made a call yet. A script is called by its own name, others by that of "
                              "their application or executable: “overhear list --json” has them."), name);
  oh_cli_complain (words);
}

static int
set_rule (const Options *options, OhProgramRule rule)
{
  g_autoptr (GError) error = NULL;

  if (options->program == NULL && rule != OH_PROGRAM_INCLUDED)
    {
      oh_cli_complain (_ ("Which program? “overhear list --json” has their names, as has the window."));
      return OH_CLI_USAGE;
    }
  if (options->program != NULL && !g_utf8_validate (options->program, -1, NULL))
    {
      oh_cli_complain (_ ("The name of a program is text (UTF-8)."));
      return OH_CLI_USAGE;
    }
  if (oh_desktop_programs_set_rule (options->program, rule, &error))
    {
      if (rule != OH_PROGRAM_INCLUDED)
        look_for_program (options->program);
      return show_status (options);
    }
  oh_cli_complain (error->message);
  return OH_CLI_TROUBLE;
}

static int
exclude (const Options *options)
{
  return set_rule (options, OH_PROGRAM_EXCLUDED);
}

static int
hear_only (const Options *options)
{
  return set_rule (options, OH_PROGRAM_ONLY);
}

static int
include (const Options *options)
{
  return set_rule (options, OH_PROGRAM_INCLUDED);
}

/* What is said of settings that were given back, or of there being none. */
static void
report (const Options *options, gboolean done, char **kept)
{
  if (options->json)
    {
      const OhDesktopStatus off = { 0 };

      print_status_json (&off, kept);
      return;
    }
  if (done)
    g_print ("%s\n", _ ("Off: the desktop's proxy settings are as they were before."));
  else
    g_print ("%s\n", _ ("It was off: there is nothing to give back."));
  for (; kept != NULL && *kept != NULL; kept++)
    g_print (_ ("Changed by somebody else meanwhile, and left so: %s\n"), *kept);
}

static int
give_back (const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) kept = NULL;
  g_autofree char *note = NULL;
  const gboolean done = oh_desktop_restore (options->force, &kept, &note, &error);

  if (error != NULL)
    {
      oh_cli_complain (error->message);
      return OH_CLI_TROUBLE;
    }
  if (note != NULL)
    oh_cli_complain (note);
  report (options, done, kept);
  return 0;
}

/* ---- on ------------------------------------------------------------------------------------------------------------ */

typedef struct
{
  GMainLoop *loop;
  GCancellable *cancellable; /* of switching on */
  gboolean taken;
  GError *error;             /* or NULL */
} Listening;

static gboolean
on_signal (gpointer data)
{
  const Listening *listening = data;

  g_cancellable_cancel (listening->cancellable);
  if (listening->taken)
    g_main_loop_quit (listening->loop);
  return G_SOURCE_CONTINUE;
}

static void
on_taken (GObject *source, GAsyncResult *result, gpointer data)
{
  Listening *listening = data;

  listening->taken = oh_engine_take_desktop_finish (OH_ENGINE (source), result, &listening->error);
  g_main_loop_quit (listening->loop);
}

static char *told_at_stop;

static void
on_stop (int signum)
{
  if (signum == SIGTSTP && write (STDERR_FILENO, told_at_stop, strlen (told_at_stop)) < 0)
    return;
}

/* Whoever is sent to a process that has been stopped hangs: it goes on, be it without its terminal. */
static void
never_stop (void)
{
  /* A handler: what is ignored would be so for what we start, too. */
  const struct sigaction action = { .sa_handler = on_stop, .sa_flags = SA_RESTART };

  told_at_stop = g_strdup_printf ("overhear: %s\n", _ ("It goes on, for programs would wait for it. Ctrl+C ends it; “--background” leaves "
                                                       "the terminal."));
  sigaction (SIGTSTP, &action, NULL);
  sigaction (SIGTTIN, &action, NULL);
  sigaction (SIGTTOU, &action, NULL);
}

static gboolean
on_drain_step (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* What is under way comes to its end; a second Ctrl+C does not wait. */
static void
drain (OhEngine *engine)
{
  const gint64 deadline = g_get_monotonic_time () + DRAIN_MS * 1000;
  const guint tick = g_timeout_add (DRAIN_STEP_MS, on_drain_step, NULL);
  const guint interrupted = g_unix_signal_add (SIGINT, on_drain_step, NULL);
  GSource *source = g_main_context_find_source_by_id (NULL, interrupted);
  gint64 quiet_since = g_get_monotonic_time ();

  g_source_ref (source);
  while (g_get_monotonic_time () < deadline)
    {
      oh_engine_flush (engine);
      if (oh_store_reader_has_open (oh_engine_get_reader (engine), 0))
        quiet_since = g_get_monotonic_time ();
      else if (g_get_monotonic_time () - quiet_since > DRAIN_STEP_MS * 10 * 1000)
        break;
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (tick);
  g_source_remove (interrupted);
  g_source_unref (source);
}

static void
on_desktop (OhEngine *engine, GParamSpec *pspec, gpointer data)
{
  if (!oh_engine_has_desktop (engine))
    g_main_loop_quit (data);
}

static void
announce (const Options *options, const char *news, int ready)
{
  g_autoptr (OhDesktopStatus) status = oh_desktop_read_status (NULL);

  if (status != NULL && options->json)
    print_status_json (status, NULL);
  else if (status != NULL)
    {
      /* The news have it, too. */
      if (news != NULL)
        g_clear_pointer (&status->behind, g_free);
      print_status (status);
      if (news != NULL)
        g_print ("%s %s\n", news, _ ("“overhear trust” shows which programs trust its certificate, and changes that."));
      if (ready >= 0)
        g_print ("%s\n", _ ("It goes on in the background. “overhear desktop off” gives the settings back."));
      else
        g_print ("%s\n", _ ("Ctrl+C, or “overhear desktop off” elsewhere, gives the settings back."));
    }
  fflush (stdout);
}

/* @ready: told that it is on: whoever waits may go on */
static void
leave_terminal (int ready)
{
  const int nothing = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (write (ready, "+", 1) != 1)
    errno = 0;
  for (int fd = STDIN_FILENO; nothing >= 0 && fd <= STDERR_FILENO; fd++)
    dup2 (nothing, fd);
  close (nothing);
  close (ready);
}

/* The process that everybody comes to. @ready: where to say that it is on; -1: nobody waits */
static int
listen_here (const Options *options, OhDesktopMode mode, int ready)
{
  g_autoptr (OhEngine) engine = oh_cli_open_engine ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Listening listening = { .loop = loop, .cancellable = cancellable };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) kept = NULL;
  const OhDesktopOptions wanted = {
    .mode = mode,
    .session = options->session,
    .claude = options->claude,
    .who = "cli",
    .hosts = (const char *const *) options->hosts,
  };
  gboolean by_us;
  guint sources[3];

  if (engine == NULL)
    return OH_CLI_TROUBLE;
  never_stop ();
  sources[0] = g_unix_signal_add (SIGINT, on_signal, &listening);
  sources[1] = g_unix_signal_add (SIGTERM, on_signal, &listening);
  sources[2] = g_unix_signal_add (SIGHUP, on_signal, &listening);
  if (oh_engine_set_upstreams (engine, (const char *const *) options->upstreams, &error))
    {
      oh_engine_take_desktop_async (engine, &wanted, cancellable, on_taken, &listening);
      g_main_loop_run (loop);
      error = g_steal_pointer (&listening.error);
    }
  if (error != NULL)
    {
      oh_cli_complain (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? _ ("Stopped before anything was changed.")
                                                                                 : error->message);
      oh_engine_shutdown (engine, FALSE);
      return OH_CLI_TROUBLE;
    }
  announce (options, oh_engine_get_desktop_news (engine), ready);
  if (ready >= 0)
    leave_terminal (ready);
  g_signal_connect (engine, "notify::desktop", G_CALLBACK (on_desktop), loop);
  /* A signal may have come just then. */
  if (!g_cancellable_is_cancelled (cancellable))
    g_main_loop_run (loop);
  g_signal_handlers_disconnect_by_data (engine, loop);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  by_us = oh_engine_has_desktop (engine);
  if (!oh_engine_release_desktop (engine, &kept, &error))
    oh_cli_complain (error->message);
  else if (!by_us)
    g_print ("%s\n", _ ("Switched off by another Overhear, or by its watchdog: this one did not answer for some time."));
  else if (!options->json)
    report (options, TRUE, kept);
  drain (engine);
  oh_engine_shutdown (engine, FALSE);
  return error == NULL ? 0 : OH_CLI_TROUBLE;
}

/* Returns: the status of the command; what goes on is another process. */
static int
listen_in_background (const Options *options, OhDesktopMode mode)
{
  int ends[2];
  int status = 0;
  pid_t pid;
  ssize_t told;
  char byte;

  pid = g_unix_open_pipe (ends, FD_CLOEXEC, NULL) ? fork () : -1;
  if (pid < 0)
    {
      oh_cli_complain (g_strerror (errno));
      return OH_CLI_TROUBLE;
    }
  if (pid == 0)
    {
      close (ends[0]);
      setsid ();
      return listen_here (options, mode, ends[1]);
    }
  close (ends[1]);
  /* It says so once it is on, or ends without. */
  do
    told = read (ends[0], &byte, 1);
  while (told < 0 && errno == EINTR);
  close (ends[0]);
  if (told == 1)
    return 0;
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  return WIFEXITED (status) && WEXITSTATUS (status) != 0 ? WEXITSTATUS (status) : OH_CLI_TROUBLE;
}

static int
switch_on (const Options *options)
{
  OhDesktopMode mode = OH_DESKTOP_AUTO;
  g_autoptr (OhDesktopTrust) trust = NULL;
  g_autofree char *foretold = NULL;

  if (options->mode != NULL && !oh_desktop_mode_from_string (options->mode, &mode))
    {
      oh_cli_complain (_ ("--mode is “auto” or “manual”."));
      return OH_CLI_USAGE;
    }
  trust = oh_desktop_trust_new (NULL, (const char *const *) options->hosts, NULL);
  foretold = trust != NULL ? oh_desktop_trust_foretell (trust) : NULL;
  if (foretold != NULL)
    oh_cli_complain (foretold);
  return options->background ? listen_in_background (options, mode) : listen_here (options, mode, -1);
}

int
oh_cli_desktop (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    int (*run) (const Options *options);
    gboolean program; /* it may be followed by one */
  } verbs[] = { { "on", switch_on, FALSE },   { "off", give_back, FALSE },    { "status", show_status, FALSE },
                { "restore", give_back, FALSE }, { "exclude", exclude, TRUE }, { "only", hear_only, TRUE },
                { "include", include, TRUE } };
  Options options = { 0 };
  int status = 0;
  const GOptionEntry entries[] = {
    { "mode", 0, 0, G_OPTION_ARG_STRING, &options.mode,
      N_ ("auto: a script that sends only the hosts that are read through Overhear, and goes on where it is gone. manual: all "
          "hosts, for programs that know no scripts: where Overhear dies, nothing goes for up to 2 s"), N_ ("MODE") },
    { "read", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.hosts,
      N_ ("Read this host, or *.domain, instead of those of the file ~/.config/overhear/hosts or the known APIs (repeatable)"),
      N_ ("HOST") },
    { "upstream", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.upstreams,
      N_ ("Send requests for HOST to URL instead (repeatable)"), N_ ("HOST=URL") },
    { "background", 'b', 0, G_OPTION_ARG_NONE, &options.background, N_ ("Go on in the background, without this terminal"), NULL },
    { "session", 0, 0, G_OPTION_ARG_NONE, &options.session,
      N_ ("Also what systemd's user manager starts from now on (its environment)"), NULL },
    { "claude-code", 0, 0, G_OPTION_ARG_NONE, &options.claude,
      N_ ("Also Claude Code's background agents (its settings.json)"), NULL },
    { "force", 0, 0, G_OPTION_ARG_NONE, &options.force,
      N_ ("With restore or off: what cannot be given back is left as it is, and its record put aside"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_ ("Print JSON"), NULL },
    { NULL },
  };

  if (!oh_cli_parse_mixed (
          _ ("desktop on|off|status|restore|exclude|only|include [PROGRAM] [OPTION…]"),
          _ ("Listens to every program of the desktop, by its proxy settings (GNOME's and their like, KDE's), and always gives\n"
             "them back. “on” stays in the foreground until Ctrl+C, or with --background goes on without a terminal; “off” switches\n"
             "off whoever has it on, a window too; “restore” gives the settings back by hand after a crash. “on” while it is on already\n"
             "fails, and says whose it is, whatever the hosts; so one that succeeds is its own. Programs must trust\n"
             "Overhear's certificate to be read; others are shown and pass through. New terminals: eval \"$(overhear env)\".\n"
             "“exclude PROGRAM” lets that program's connections pass unread and unrecorded, “only PROGRAM” those of all others;\n"
             "“include PROGRAM” takes that back, and “include” all of it."),
          entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  for (guint i = 0; (argc == 2 || argc == 3) && i < G_N_ELEMENTS (verbs); i++)
    if (strcmp (argv[1], verbs[i].name) == 0 && (argc == 2 || verbs[i].program))
      {
        options.program = argc == 3 ? argv[2] : NULL;
        status = verbs[i].run (&options);
        g_free (options.mode);
        g_strfreev (options.hosts);
        g_strfreev (options.upstreams);
        return status;
      }
  oh_cli_complain (_ ("Say one of: desktop on, off, status, restore, exclude, only, include."));
  return OH_CLI_USAGE;
}
