/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The limits of what is kept, in the window: the engine has those of the settings, and what it finds beyond them is told
 * of in a toast before it goes. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Ends with @window. */
void oh_expiry_tell (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine);

G_END_DECLS
