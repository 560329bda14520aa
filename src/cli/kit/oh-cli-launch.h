/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Launches a program in this terminal and becomes invisible: input, output, signals and exit status are its own. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

/* Called when everything is stored and understood, before the engine goes.
 * Returns: the exit status, if it should be another one than that of a program that succeeded; else 0. */
typedef int (*OhCliAfterFunc) (OhEngine *engine, gint64 run_id, gpointer data);

/* @spec: (nullable): NULL runs the demonstration
 * Returns: what the program's exit status says to a shell. If a signal ended the program, the same signal ends us, so this
 * may not return. */
int oh_cli_launch (const OhRunSpec *spec, guint16 port, OhCliAfterFunc after, gpointer data);

G_END_DECLS
