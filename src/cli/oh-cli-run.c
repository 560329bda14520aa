/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"
#include "oh-cli-assert.h"
#include "oh-cli-budget.h"
#include "oh-cli-json.h"
#include "oh-cli-launch.h"

#include <glib/gi18n.h>
#include <string.h>

/* Passwords in a URL go nowhere, and whoever lists the machine's processes sees them. */
static void
warn_of_passwords (char **upstreams)
{
  for (char **line = upstreams; line != NULL && *line != NULL; line++)
    {
      const char *equals = strchr (*line, '=');
      g_autofree char *user = NULL;
      g_autofree char *message = NULL;

      if (equals == NULL || !g_uri_split (equals + 1, G_URI_FLAGS_NONE, NULL, &user, NULL, NULL, NULL, NULL, NULL, NULL)
          || user == NULL)
        continue;
      message = g_strdup_printf (_ ("The URL for “%.*s” names a user. That is not sent, and other users of this computer can "
                                    "see it in the list of processes; let the program send what the server wants."),
                                 (int) (equals - *line), *line);
      oh_cli_complain (message);
    }
}

typedef struct
{
  gboolean json;
  GPtrArray *assertions; /* (element-type OhCliAssertion) */
  char **reports;        /* paths; or NULL */
} Ending;

/* Standard output is the program's own. */
static int
tell_end (OhEngine *engine, gint64 run_id, gpointer data)
{
  const Ending *ending = data;
  OhStoreReader *reader = oh_engine_get_reader (engine);
  g_autoptr (OhRun) run = oh_store_reader_get_run (reader, run_id);
  int status;

  if (run == NULL)
    return OH_CLI_TROUBLE;
  status = oh_cli_assert_check (ending->assertions, reader, run_id) ? 0 : OH_CLI_NOT_HELD;
  if (!oh_cli_budget_tell_end (reader, run_id))
    status = OH_CLI_NOT_HELD;
  oh_cli_report_print (ending->assertions);
  for (char **path = ending->reports; path != NULL && *path != NULL; path++)
    {
      g_autoptr (GError) error = NULL;

      if (oh_cli_report_write (*path, ending->assertions, reader, run, &error))
        continue;
      oh_cli_complain (error->message);
      status = status != 0 ? status : OH_CLI_TROUBLE;
    }
  if (ending->json)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      oh_cli_json_run (line, reader, run, ending->assertions->len > 0 ? ending->assertions : NULL, NULL);
      g_printerr ("%s\n", line->str);
    }
  return status;
}

/* Returns: whether reports of these names can be written; complains if not. */
static gboolean
check_reports (char **paths)
{
  for (char **path = paths; path != NULL && *path != NULL; path++)
    if (!oh_cli_report_is_known (*path))
      {
        oh_cli_complain (_ ("Which kind of report? Its name may end in .xml (JUnit), .json or .md."));
        return FALSE;
      }
  return TRUE;
}

int
oh_cli_run (int argc, char **argv)
{
  g_autofree char *name = NULL;
  g_autofree char *trace = NULL;
  g_autofree char *session = NULL;
  g_autofree char *user = NULL;
  g_auto (GStrv) upstreams = NULL;
  g_auto (GStrv) reads = NULL;
  gboolean no_fallback = FALSE;
  gboolean insist = FALSE;
  gboolean isolate = FALSE;
  g_auto (GStrv) asserts = NULL;
  g_auto (GStrv) reports = NULL;
  g_autoptr (GPtrArray) assertions = NULL;
  g_auto (OhCliBudgetOptions) limits = { 0 };
  OhBudget budget = { .over = OH_OVER_REFUSE };
  g_autofree char *names = oh_cli_assert_describe ();
  g_autofree char *summary = NULL;
  gboolean json = FALSE;
  int port = 0;
  const GOptionEntry entries[] = {
    { "name", 0, 0, G_OPTION_ARG_STRING, &name, N_ ("What the run is called"), N_ ("NAME") },
    { "trace", 0, 0, G_OPTION_ARG_STRING, &trace, N_ ("Put all its calls into one trace of this name"), N_ ("NAME") },
    { "session", 0, 0, G_OPTION_ARG_STRING, &session, N_ ("The session its traces belong to"), N_ ("NAME") },
    { "user", 0, 0, G_OPTION_ARG_STRING, &user, N_ ("The user its traces belong to"), N_ ("NAME") },
    { "upstream", 0, 0, G_OPTION_ARG_STRING_ARRAY, &upstreams,
      N_ ("Send what is meant for a host elsewhere; may be repeated"), N_ ("HOST=URL") },
    { "read", 0, 0, G_OPTION_ARG_STRING_ARRAY, &reads,
      N_ ("Read a further host, such as a gateway, or *.example.org; may be repeated"), N_ ("HOST") },
    { "no-fallback", 0, 0, G_OPTION_ARG_NONE, &no_fallback,
      N_ ("Let a program fail that does not accept Overhear’s certificate, instead of passing it through unread"), NULL },
    { "insist", 0, 0, G_OPTION_ARG_NONE, &insist,
      N_ ("Read Python clients too that ignore the environment (trust_env=False) or have certificates of their own"), NULL },
    { "isolate", 0, 0, G_OPTION_ARG_NONE, &isolate,
      N_ ("Give it a network of its own, of which all that leaves comes through Overhear, whatever it ignores"), NULL },
    { "budget", 0, 0, G_OPTION_ARG_STRING, &limits.limits[OH_BUDGET_COST],
      N_ ("What its calls may cost, in US dollars"), N_ ("DOLLARS") },
    { "max-calls", 0, 0, G_OPTION_ARG_STRING, &limits.limits[OH_BUDGET_CALLS],
      N_ ("How many calls it may make; each attempt is one"), N_ ("NUMBER") },
    { "max-tokens", 0, 0, G_OPTION_ARG_STRING, &limits.limits[OH_BUDGET_TOKENS],
      N_ ("How many tokens it may use, prompts and answers, such as 200k"), N_ ("NUMBER") },
    { "over", 0, 0, G_OPTION_ARG_STRING, &limits.over,
      N_ ("Then refuse further calls (refuse, if this is not given), only say so (tell), or let them wait for “overhear "
          "budget” (pause)"),
      N_ ("CHOICE") },
    { "assert", 0, 0, G_OPTION_ARG_STRING_ARRAY, &asserts,
      N_ ("Exit with 3 unless this holds of what it said; may be repeated"), N_ ("ASSERTION") },
    { "report", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &reports,
      N_ ("Write what was asserted, and what each trace or test cost, into a file: .xml (JUnit), .json or .md"), N_ ("FILE") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json,
      N_ ("Say how it ended as one JSON object, the last line of standard error"), NULL },
    { "port", 0, 0, G_OPTION_ARG_INT, &port, N_ ("The port to listen on (default: any that is free)"), N_ ("PORT") },
    { NULL },
  };
  int status;

  summary = g_strdup_printf (
    "%s\n\n%s\n  %s",
    _ ("Runs a program as it is and keeps what it says to LLM APIs. Its input, output, signals and exit\n"
       "status are passed through. A .py, .js, .mjs or .ts file gets its interpreter."),
    _ ("An assertion compares one of these (calls<=20, cost<=0.50, cache_hit>=80%, p95_ttft<2s), or is a search that\n"
       "a call matches, or behind “not” none (not tool:delete_file):"), names);
  if (!oh_cli_parse (_ ("run [OPTION…] COMMAND [ARGUMENT…]"), summary,
                     entries, &argc, &argv, OH_CLI_NOT_RUN, &status))
    return status;
  if (argc > 1 && g_str_equal (argv[1], "--"))
    {
      argc--;
      argv++;
    }
  if (argc < 2)
    {
      oh_cli_complain (_ ("There is no command to run. Example: overhear run python3 my_app.py"));
      return OH_CLI_NOT_RUN;
    }
  if (port < 0 || port > G_MAXUINT16)
    {
      oh_cli_complain (_ ("A port is a number from 0 to 65535."));
      return OH_CLI_NOT_RUN;
    }

  assertions = oh_cli_assert_parse (asserts);
  if (assertions == NULL || !check_reports (reports) || !oh_cli_budget_read (&limits, &budget))
    return OH_CLI_NOT_RUN;
  if (limits.over != NULL && !oh_budget_has_limits (&budget))
    {
      oh_cli_complain (_ ("Over what? --over needs --budget, --max-calls or --max-tokens."));
      return OH_CLI_NOT_RUN;
    }
  warn_of_passwords (upstreams);

  const OhRunSpec spec = {
    .name = name,
    .argv = (const char *const *) argv + 1,
    .upstreams = (const char *const *) upstreams,
    .reads = (const char *const *) reads,
    .trace = trace,
    .session = session,
    .user = user,
    .no_fallback = no_fallback,
    .insist = insist,
    .isolate = isolate,
    .budget = &budget,
  };
  const gboolean tells = json || assertions->len > 0 || reports != NULL || oh_budget_has_limits (&budget);
  Ending ending = { json, assertions, reports };

  return oh_cli_launch (&spec, port, tells ? tell_end : NULL, &ending);
}
