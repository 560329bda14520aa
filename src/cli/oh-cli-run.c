/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"
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

/* Standard output is the program's own. */
static void
print_end (OhEngine *engine, gint64 run_id, gpointer data)
{
  OhStoreReader *reader = oh_engine_get_reader (engine);
  g_autoptr (OhRun) run = oh_store_reader_get_run (reader, run_id);
  g_autoptr (GString) line = g_string_new (NULL);

  if (run == NULL)
    return;
  oh_cli_json_run (line, reader, run);
  g_printerr ("%s\n", line->str);
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
    { "json", 0, 0, G_OPTION_ARG_NONE, &json,
      N_ ("Say how it ended as one JSON object, the last line of standard error"), NULL },
    { "port", 0, 0, G_OPTION_ARG_INT, &port, N_ ("The port to listen on (default: any that is free)"), N_ ("PORT") },
    { NULL },
  };
  int status;

  if (!oh_cli_parse (_ ("run [OPTION…] COMMAND [ARGUMENT…]"),
                     _ ("Runs a program as it is and keeps what it says to LLM APIs. Its input, output, signals and exit\n"
                        "status are passed through. A .py, .js, .mjs or .ts file gets its interpreter."),
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
  };
  return oh_cli_launch (&spec, port, json ? print_end : NULL, NULL);
}
