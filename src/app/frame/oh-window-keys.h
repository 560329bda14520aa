/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of the window. */
#pragma once
#include "oh-browser.h"

G_BEGIN_DECLS

/* Those that reach the window when nothing with the focus wants them: entries and the console keep theirs. */
void oh_window_keys_bind (GtkWidgetClass *widget_class);
/* Those that work from anywhere, also from the console: F6 to the next part of the window, Ctrl+1 … to the panes, F8. */
void oh_window_keys_add (GtkWidget *window, OhBrowser *browser);

G_END_DECLS
