/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks what to run, and runs it. */
#pragma once
#include "oh-engine.h"
#include "oh-settings.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_RUN_DIALOG (oh_run_dialog_get_type ())
G_DECLARE_FINAL_TYPE (OhRunDialog, oh_run_dialog, OH, RUN_DIALOG, AdwWindow)

/* Signals: "launched" (OhLiveRun*): it runs; the dialog closes. */
GtkWidget *oh_run_dialog_new (GtkWindow *parent, OhEngine *engine);
/* What the entries hold at first.
 * @command: a command line
 * @directory: (nullable): where it runs */
void oh_run_dialog_set_command (OhRunDialog *self, const char *command, const char *directory);
/* Everything that was given for a run. */
void oh_run_dialog_set_past (OhRunDialog *self, const OhPastCommand *past);
/* A script or program by itself, run in its own folder. */
void oh_run_dialog_set_file (OhRunDialog *self, GFile *file);

G_END_DECLS
