/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"
#include "oh-cli-json.h"
#include "oh-cli-launch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  const char *checks; /* JSON */
  gboolean json;
} Ending;

static const char *
get_word (OhGrade grade)
{
  switch (grade)
    {
    case OH_GRADE_GOOD:
      return _ ("ok");
    case OH_GRADE_NOTE:
      return _ ("note");
    case OH_GRADE_UNKNOWN:
      return _ ("unsure");
    case OH_GRADE_BAD:
    default:
      return _ ("LOST");
    }
}

/* A line for each, and its remedy below it. */
static char *
put_into_words (GPtrArray *diagnoses)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < diagnoses->len; i++)
    {
      const OhDiagnosis *diagnosis = diagnoses->pdata[i];
      const char *remedy = oh_diagnosis_get_remedy (diagnosis);
      g_autofree char *sentence = oh_diagnosis_dup_sentence (diagnosis);
      g_autofree char *line = oh_cli_one_line (sentence);
      g_autofree char *command = remedy != NULL ? oh_cli_one_line (remedy) : NULL;
      const char *word = get_word (oh_diagnosis_get_grade (diagnosis));

      g_string_append_printf (text, "%s%*s %s\n", word, MAX (0, 7 - (int) g_utf8_strlen (word, -1)), "", line);
      if (command != NULL)
        g_string_append_printf (text, "%8s$ %s\n", "", command);
    }
  return g_string_free (text, FALSE);
}

static const char *
get_summary (int verdict, gboolean command)
{
  if (!command)
    return verdict == 0 ? _ ("On this machine something will not be captured.") : _ ("On this machine all is well.");
  return verdict == 0  ? _ ("Something of it will not be captured.")
         : verdict < 0 ? _ ("What of it will be captured cannot be told for certain before it runs; --run looks.")
                       : _ ("It will be captured.");
}

/* Standard output is the program's own. */
static int
tell_end (OhEngine *engine, gint64 run_id, gpointer data)
{
  const Ending *ending = data;
  OhStoreReader *reader = oh_engine_get_reader (engine);
  g_autoptr (OhRun) run = oh_store_reader_get_run (reader, run_id);
  g_autoptr (OhSilence) silence = run != NULL ? oh_engine_examine_silence (reader, run) : NULL;

  gboolean captured;

  if (silence == NULL)
    return OH_CLI_TROUBLE;
  captured = silence->read > 0 && silence->kind == OH_SILENCE_NONE;
  if (ending->json)
    {
      g_autoptr (GString) object = g_string_new (NULL);
      g_autoptr (GString) line = g_string_new (NULL);

      oh_cli_json_run (object, reader, run, NULL, NULL);
      oh_cli_json_doctor (line, captured, ending->checks, object->str);
      g_printerr ("%s\n", line->str);
    }
  else
    {
      g_autofree char *words = g_strdup_printf (_ ("It was run: %u exchanges were read, %u connections passed through unread, %u calls "
                                                   "were only told of."),
                                                silence->read, silence->unread, silence->told);

      oh_cli_complain (words);
    }
  return captured ? 0 : OH_CLI_TROUBLE;
}

static int
get_verdict (GPtrArray *diagnoses)
{
  const OhGrade worst = oh_doctor_get_worst (diagnoses);

  return worst == OH_GRADE_BAD ? 0 : worst == OH_GRADE_UNKNOWN ? -1 : 1;
}

static int
examine (const OhDoctorSpec *spec, gboolean json)
{
  g_autoptr (GPtrArray) diagnoses = oh_doctor_examine (spec);
  const int verdict = get_verdict (diagnoses);

  if (json)
    {
      g_autoptr (GString) checks = g_string_new (NULL);
      g_autoptr (GString) object = g_string_new (NULL);

      oh_cli_json_checks (checks, diagnoses);
      oh_cli_json_doctor (object, verdict, checks->str, NULL);
      oh_cli_json_print (object);
    }
  else
    {
      g_autofree char *text = put_into_words (diagnoses);

      g_print ("%s\n%s\n", text, get_summary (verdict, spec->argv != NULL));
    }
  return verdict == 0 ? OH_CLI_TROUBLE : 0;
}

/* In a process of its own: what follows forks, and must have no threads. Without @json the lines go to standard error.
 * Returns: the checks as JSON, or NULL after complaining. (transfer full) */
static char *
examine_apart (const OhDoctorSpec *spec, gboolean json)
{
  g_autoptr (GString) checks = g_string_new (NULL);
  int pipe_ends[2];
  pid_t child = g_unix_open_pipe (pipe_ends, FD_CLOEXEC, NULL) ? fork () : -1;
  char piece[4096];
  ssize_t n;

  if (child < 0)
    {
      oh_cli_complain (g_strerror (errno));
      return NULL;
    }
  if (child == 0)
    {
      g_autoptr (GPtrArray) diagnoses = oh_doctor_examine (spec);
      g_autofree char *text = put_into_words (diagnoses);

      if (!json)
        g_printerr ("%s", text);
      oh_cli_json_checks (checks, diagnoses);
      for (gsize at = 0; at < checks->len && (n = write (pipe_ends[1], checks->str + at, checks->len - at)) > 0;)
        at += (gsize) n;
      _exit (0);
    }
  close (pipe_ends[1]);
  while ((n = read (pipe_ends[0], piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
    g_string_append_len (checks, piece, MAX (n, 0));
  close (pipe_ends[0]);
  while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
    ;
  if (checks->len == 0)
    g_string_append (checks, "[]");
  return g_string_free (g_steal_pointer (&checks), FALSE);
}

int
oh_cli_doctor (int argc, char **argv)
{
  g_auto (GStrv) reads = NULL;
  gboolean insist = FALSE;
  gboolean run = FALSE;
  gboolean json = FALSE;
  int port = 0;
  const GOptionEntry entries[] = {
    { "run", 0, 0, G_OPTION_ARG_NONE, &run, N_ ("Run it too, captured, and say what was"), NULL },
    { "read", 0, 0, G_OPTION_ARG_STRING_ARRAY, &reads, N_ ("As of “overhear run”"), N_ ("HOST") },
    { "insist", 0, 0, G_OPTION_ARG_NONE, &insist, N_ ("As of “overhear run”"), NULL },
    { "port", 0, 0, G_OPTION_ARG_INT, &port, N_ ("The port to listen on (default: any that is free)"), N_ ("PORT") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json,
      N_ ("Print one JSON object; with --run as the last line of standard error"), NULL },
    { NULL },
  };
  OhDoctorSpec spec = { 0 };
  int status;

  if (!oh_cli_parse (_ ("doctor [OPTION…] [COMMAND [ARGUMENT…]]"),
                     _ ("Says what will be captured of a program, and what stands in the way, without running it: it looks at this\n"
                        "machine, at what the command starts and at the settings that lead past Overhear. Exits with 1 if something\n"
                        "will not be captured, else with 0; with --run as the program does, or with 1 if that succeeded and\n"
                        "something was not captured."),
                     entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc > 1 && g_str_equal (argv[1], "--"))
    {
      argc--;
      argv++;
    }
  if (port < 0 || port > G_MAXUINT16)
    {
      oh_cli_complain (_ ("A port is a number from 0 to 65535."));
      return OH_CLI_USAGE;
    }
  if (run && argc < 2)
    {
      oh_cli_complain (_ ("There is no command to run. Example: overhear doctor --run python3 my_app.py"));
      return OH_CLI_USAGE;
    }
  spec.argv = argc > 1 ? (const char *const *) argv + 1 : NULL;
  spec.reads = (const char *const *) reads;
  spec.port = (guint16) port;
  spec.insist = insist;
  if (run)
    {
      const OhRunSpec launch = { .argv = spec.argv, .reads = spec.reads, .insist = insist };
      g_autofree char *checks = examine_apart (&spec, json);
      Ending ending = { checks, json };

      return checks != NULL ? oh_cli_launch (&launch, spec.port, tell_end, &ending) : OH_CLI_TROUBLE;
    }
  return examine (&spec, json);
}
