/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading everything again in the window: it asks first, tells of its progress in a toast that can stop it, and has the
 * panes show what came of it. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Does nothing while it goes on already. Ends with @toasts and @engine, which @window has. */
void oh_rereading_ask (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine);

G_END_DECLS
