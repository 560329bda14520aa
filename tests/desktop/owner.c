/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An owner of the desktop's settings and nothing else, for tests that start and kill many: owner MODE PORT. Says "on";
 * SIGTERM switches off, and it ends when it is off. With
 * "behind" as a third argument it says before what stands behind it. */
#include "config.h"
#include "oh-desktop.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>

static gboolean
on_signal (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}

static void
on_lost (OhDesktop *desktop, gpointer data)
{
  g_main_loop_quit (data);
}

static gboolean
tell_behind (const OhDesktopBefore *before, OhDesktopReady *ready, gpointer data, GError **error)
{
  g_print ("%s %s %s\n", before->pac != NULL ? before->pac : "-", before->http != NULL ? before->http : "-",
           before->https != NULL ? before->https : "-");
  return TRUE;
}

int
main (int argc, char **argv)
{
  const char *const environment[] = { "HTTPS_PROXY=http://127.0.0.1:1", "NODE_EXTRA_CA_CERTS=/dev/null", NULL };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (OhDesktop) desktop = NULL;
  OhDesktopPlan plan = { .who = "test", .environment = environment, .claude = TRUE };

  if (argc < 3 || !oh_desktop_mode_from_string (argv[1], &plan.mode))
    return 2;
  plan.port = (guint16) atoi (argv[2]);
  plan.prepare = argc > 3 ? tell_behind : NULL;
  g_unix_signal_add (SIGTERM, on_signal, loop);
  desktop = oh_desktop_take (&plan, &error);
  if (desktop == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  g_signal_connect (desktop, "lost", G_CALLBACK (on_lost), loop);
  oh_desktop_attend (desktop);
  g_print ("on\n");
  fflush (stdout);
  g_main_loop_run (loop);
  if (oh_desktop_release (desktop, NULL, &error))
    return 0;
  g_printerr ("%s\n", error->message);
  return 1;
}
