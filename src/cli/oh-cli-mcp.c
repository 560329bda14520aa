/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mcp/oh-mcp-server.h"
#include "oh-cli.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <unistd.h>

int
oh_cli_mcp (int argc, char **argv)
{
  gboolean allow_acting = FALSE;
  const GOptionEntry entries[] = {
    { "allow-acting", 0, 0, G_OPTION_ARG_NONE, &allow_acting,
      N_ ("Let the tools that launch programs and send calls again do so unasked, where the client cannot ask you"), NULL },
    { NULL },
  };
  g_autoptr (OhMcpOffers) offers = NULL;
  int output, status;

  if (!oh_cli_parse (_ ("mcp [OPTION…]"),
                     _ ("Answers an agent's questions about what was captured: a server of the Model Context Protocol on\n"
                        "standard input and output. For Claude Code: claude mcp add overhear -- overhear mcp"),
                     entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc > 1)
    {
      oh_cli_complain (_ ("“mcp” takes no words. Try “overhear mcp --help”."));
      return OH_CLI_USAGE;
    }
  offers = oh_mcp_offers_new ();
  if (offers == NULL)
    return OH_CLI_TROUBLE;
  signal (SIGPIPE, SIG_IGN);
  /* Only answers go to standard output: whatever else prints goes where a client shows it to people. */
  output = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (output < 0 || dup2 (STDERR_FILENO, STDOUT_FILENO) < 0)
    {
      oh_cli_complain (g_strerror (errno));
      return OH_CLI_TROUBLE;
    }
  oh_mcp_serve (offers, STDIN_FILENO, output, allow_acting);
  close (output);
  return 0;
}
