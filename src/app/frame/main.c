/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-application.h"
#include "oh-engine.h"

#include <glib/gi18n.h>
#include <locale.h>

int
main (int argc, char **argv)
{
  g_autoptr (GApplication) application = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, OH_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name (_ ("Overhear"));

  oh_engine_leave_terminal ();
  oh_desktop_restore_abandoned ();
  application = G_APPLICATION (oh_application_new ());
  return g_application_run (application, argc, argv);
}
