/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watchdog: waits for the end of whoever changed the desktop's settings, and gives them back if that did not. */
#include "config.h"
#include "oh-probe-private.h"
#include "oh-desktop.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often the owner is asked whether it is well, and how long it may say nothing: whoever is sent to it hangs meanwhile. */
#define ASK_MS 5000
#define PATIENCE_S 10

/* What ends the owner in a terminal or at the end of a session may come to us as well. */
static void
withstand_signals (void)
{
  static const int signums[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP };

  for (guint i = 0; i < G_N_ELEMENTS (signums); i++)
    signal (signums[i], SIG_IGN);
  setsid ();
}

/* The pipe's other end closes when the owner has ended, however that came. One that is there and says nothing has been stopped,
 * or hangs; the clock stands while this computer sleeps. */
static void
wait_for_owner (guint16 port)
{
  struct pollfd pipe = { .fd = STDIN_FILENO, .events = POLLIN };
  char byte;

  for (;;)
    {
      const int n = poll (&pipe, 1, ASK_MS);

      if ((n == 0 && oh_probe (port, PATIENCE_S) == OH_PROBE_SILENT) || (n > 0 && read (STDIN_FILENO, &byte, 1) == 0))
        return;
    }
}

int
main (int argc, char **argv)
{
  int nothing;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, OH_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("overhear-watchdog");
  if (argc < 2)
    {
      g_printerr (_ ("overhear-watchdog: Overhear starts this by itself. To give the desktop's settings back by hand: "
                     "overhear desktop restore\n"));
      return 2;
    }
  if (strcmp (argv[1], "--restore") == 0)
    {
      oh_desktop_restore_abandoned ();
      return 0;
    }
  withstand_signals ();
  if (write (STDOUT_FILENO, "+", 1) != 1)
    return 1;
  nothing = open ("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing >= 0)
    dup2 (nothing, STDOUT_FILENO);
  wait_for_owner (argc > 2 ? (guint16) atoi (argv[2]) : 0);
  oh_desktop_restore_of (argv[1]);
  return 0;
}
