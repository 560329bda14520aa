/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

#include <glib/gi18n.h>
#include <locale.h>

static const struct
{
  const char *name;
  int (*run) (int argc, char **argv);
} commands[] = {
  { "run", oh_cli_run },
  { "list", oh_cli_list },
  { "show", oh_cli_show },
  { "traces", oh_cli_traces },
  { "threads", oh_cli_threads },
  { "sessions", oh_cli_sessions },
  { "limits", oh_cli_limits },
  { "costs", oh_cli_costs },
  { "findings", oh_cli_findings },
  { "runs", oh_cli_runs },
  { "budget", oh_cli_budget },
  { "open", oh_cli_open },
  { "export", oh_cli_export },
  { "import", oh_cli_import },
  { "send", oh_cli_send },
  { "reread", oh_cli_reread },
  { "resend", oh_cli_resend },
  { "demo", oh_cli_demo },
  { "desktop", oh_cli_desktop },
  { "env", oh_cli_env },
  { "listen", oh_cli_listen },
  { "doctor", oh_cli_doctor },
  { "mcp", oh_cli_mcp },
  { "schema", oh_cli_schema },
  { "skill", oh_cli_skill },
  { "trust", oh_cli_trust },
};

static void
print_help (void)
{
  g_print ("%s",
           _ ("Usage:\n"
              "  overhear                           Open the window\n"
              "  overhear run [OPTION…] COMMAND…    Run a program and keep what it says to LLM APIs\n"
              "  overhear list [OPTION…] [SEARCH…]  List what was kept, or what a search finds\n"
              "  overhear show [OPTION…] ID         Show one exchange in full\n"
              "  overhear traces [OPTION…] [ID]     List traces, or show one as a tree\n"
              "  overhear threads [OPTION…]         List conversations\n"
              "  overhear sessions [OPTION…]        List sessions\n"
              "  overhear limits [OPTION…]          Show rate limits as last told\n"
              "  overhear costs [OPTION…]           Add up costs by day and model\n"
              "  overhear findings [OPTION…]        List what is worth knowing about calls\n"
              "  overhear runs [OPTION…]            List runs\n"
              "  overhear budget RUN [OPTION…]      Show a run's budget, or change it while the run goes on\n"
              "  overhear open call|run|trace ID    Show it in the window\n"
              "  overhear export [OPTION…] [ID…]    Write exchanges into a HAR, JSON Lines, Markdown, OpenTelemetry or database file\n"
              "  overhear send [OPTION…] [ID…]      Send traces to an OpenTelemetry collector, once or from now on\n"
              "  overhear import FILE               Read exchanges from a HAR, JSON Lines or mitmproxy file\n"
              "  overhear reread                    Understand everything anew from the stored bytes\n"
              "  overhear resend [OPTION…] ID       Send a captured request again\n"
              "  overhear demo [OPTION…]            Run the demonstration in the terminal\n"
              "  overhear desktop on|off|status|restore  Listen to every program of the desktop, or no longer\n"
              "  overhear env                       Bring a terminal's programs to it: eval \"$(overhear env)\"\n"
              "  overhear listen [OPTION…]          Keep what instrumented programs send by themselves (OpenTelemetry, Smello)\n"
              "  overhear doctor [OPTION…] [COMMAND…]  Say what will be captured of a program, and why not\n"
              "  overhear mcp                       Answer an agent's questions (Model Context Protocol)\n"
              "  overhear skill install [OPTION…]   Tell coding agents when and how to ask Overhear\n"
              "  overhear trust [STEP] [STORE…]     Show which programs trust Overhear, and change that\n"
              "  overhear schema [COMMAND]          Describe what --json prints, as JSON Schema\n"
              "\n"
              "Options:\n"
              "  -h, --help      Show this help; “overhear COMMAND --help” shows a command's\n"
              "  --version       Show the version\n"
              "\n"
              "Examples:\n"
              "  overhear run python3 my_app.py\n"
              "  overhear run --session support-42 node agent.mjs --verbose\n"
              "  overhear list --json --limit 10\n"
              "  overhear list status:429 or is:failed\n"));
}

int
main (int argc, char **argv)
{
  g_autofree char *word = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, OH_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("overhear");
  oh_cli_guard_terminal ();
  /* That one asks what the terminal was given. */
  if (argc < 2 || !g_str_equal (argv[1], "env"))
    oh_engine_leave_terminal ();
  /* Its own command says what it does. */
  if (argc < 2 || !g_str_equal (argv[1], "desktop"))
    oh_desktop_restore_abandoned ();

  if (argc < 2)
    return oh_cli_open_window (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (argv[1], commands[i].name))
      return commands[i].run (argc - 1, argv + 1);
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h") || g_str_equal (argv[1], "help"))
    {
      print_help ();
      return 0;
    }
  if (g_str_equal (argv[1], "--version"))
    {
      g_print ("overhear %s\n", OH_VERSION);
      return 0;
    }
  word = oh_format_visible (argv[1], TRUE);
  if (g_file_test (argv[1], G_FILE_TEST_IS_REGULAR))
    g_printerr (_ ("overhear: “%s” is no command. To run a program: overhear run %s\n"), word, word);
  else
    g_printerr (_ ("overhear: “%s” is no command. Try “overhear --help”.\n"), word);
  return OH_CLI_USAGE;
}
