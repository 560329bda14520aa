/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks through what runs wrote to their consoles, for the SQL function overhear_said (run, folded): whether a run's output
 * contains it, without regard to its colours. Outputs are read, not indexed; what was found is remembered, and of an output
 * that grew only the end is read again. */
#pragma once
#include "oh-db-private.h"
#include "oh-pack-private.h"

G_BEGIN_DECLS

typedef struct _OhConsoleSearch OhConsoleSearch;

/* @db, @packer: must outlive it, and it the connection's last query */
OhConsoleSearch *oh_console_search_new (OhDb *db, OhPacker *packer);
void oh_console_search_free (OhConsoleSearch *self);
/* A new query: outputs may have grown since the last one. */
void oh_console_search_begin (OhConsoleSearch *self);

G_END_DECLS
