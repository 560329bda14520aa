/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks what to run, and runs it. */
#pragma once
#include "oh-engine.h"
#include "oh-settings.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_RUN_DIALOG (oh_run_dialog_get_type ())
G_DECLARE_FINAL_TYPE (OhRunDialog, oh_run_dialog, OH, RUN_DIALOG, AdwWindow)

/* It holds what was given last.
 * Signals: "launched" (OhLiveRun*): it runs; the dialog closes. */
GtkWidget *oh_run_dialog_new (GtkWindow *parent, OhEngine *engine);
/* Everything that was given for a run, in place of the last one's. */
void oh_run_dialog_set_past (OhRunDialog *self, const OhPastCommand *past);
/* A script or program by itself, run in its own folder. */
void oh_run_dialog_set_file (OhRunDialog *self, GFile *file);

G_END_DECLS
