/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the window does with files: Export and Import. Each is told of in a toast that can stop it. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Asks for a file and a format, and writes exchanges into it. @part: (nullable): an OhPart; NULL: all */
void oh_transfers_export (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine, const char *part);
/* Asks for a file and reads it. */
void oh_transfers_import (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine);
/* Reads that file. */
void oh_transfers_import_file (AdwToastOverlay *toasts, OhEngine *engine, const char *path);

G_END_DECLS
