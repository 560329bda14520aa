/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The strip under the list: the terminal of a run and how the run fares. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_CONSOLE (oh_console_get_type ())
G_DECLARE_FINAL_TYPE (OhConsole, oh_console, OH, CONSOLE, AdwBin)

/* @engine: (nullable): forgets all terminals */
void oh_console_set_engine (OhConsole *self, OhEngine *engine);
/* @run_id: 0: none. A run that was just launched has to be shown at once, to get its first output. */
void oh_console_show_run (OhConsole *self, gint64 run_id);
gint64 oh_console_get_run (OhConsole *self);
/* Goes to the last place of the run's console that has one of the words, and marks it. */
void oh_console_find (OhConsole *self, const OhSearchWords *words);
/* The store changed. */
void oh_console_update (OhConsole *self);
/* Gives the keyboard to the terminal. Returns: FALSE where there is none. */
gboolean oh_console_enter (OhConsole *self);

G_END_DECLS
