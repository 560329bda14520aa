/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The switch in the header bar: every program of the desktop comes to us, or no longer. It shows what is so, whoever has it
 * on; behind it is the window's action "desktop". */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_DESKTOP_SWITCH (oh_desktop_switch_get_type ())
G_DECLARE_FINAL_TYPE (OhDesktopSwitch, oh_desktop_switch, OH, DESKTOP_SWITCH, AdwBin)

/* Signals:
 *   "told" (const char *title, const char *text, gboolean error): what the person should know, for a banner
 * @window: whose action it is; @engine: (nullable) */
void oh_desktop_switch_set_engine (OhDesktopSwitch *self, GtkWindow *window, OhEngine *engine);

G_END_DECLS
