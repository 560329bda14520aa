/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal of one run: live, with its input, or what is kept of it. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <gtk/gtk.h>
#include <vte/vte.h>

G_BEGIN_DECLS

#define OH_TYPE_TERMINAL (oh_terminal_get_type ())
G_DECLARE_FINAL_TYPE (OhTerminal, oh_terminal, OH, TERMINAL, VteTerminal)

/* For a run of this process it has to be made before the run's first output. */
GtkWidget *oh_terminal_new (OhEngine *engine, gint64 run_id);
/* Goes to the last place that has one of the words, and marks it; as soon as there is one. */
void oh_terminal_find (OhTerminal *self, const OhSearchWords *words);
gboolean oh_terminal_is_live (OhTerminal *self);

G_END_DECLS
