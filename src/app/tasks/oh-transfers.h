/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the window does with files and with what is old: Export, Import, and the limits of what is kept. Each is told of
 * in a toast that can stop it. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Asks for a file and a format, and writes the exchanges of a run (0: of all) into it. */
void oh_transfers_export (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine, gint64 run_id);
/* Asks for a file and reads it. */
void oh_transfers_import (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine);
/* Reads that file. */
void oh_transfers_import_file (AdwToastOverlay *toasts, OhEngine *engine, const char *path);

/* Looks from time to time for exchanges beyond the limits of the settings "max-size" and "max-age"; says so in a toast,
 * and deletes them if nobody objects before it goes. Ends with @window. */
void oh_transfers_keep_limits (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine);

G_END_DECLS
