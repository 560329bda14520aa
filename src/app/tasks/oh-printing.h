/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints a conversation: what its export to Markdown says, with its roles, tool calls and results, on numbered pages. */
#pragma once
#include "oh-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Asks for a printer, and prints; what goes wrong is said in the window. */
void oh_printing_print (GtkWindow *window, OhEngine *engine, gint64 exchange_id);

G_END_DECLS
