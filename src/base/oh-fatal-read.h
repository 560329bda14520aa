/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which exchange a thread is reading, so that a captured body that brings down whoever reads it does so once: its id is
 * written to the file "unreadable" of the data folder as the process dies. What is killed from outside (SIGKILL, for want
 * of memory too) leaves no note. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

#define OH_FATAL_READ_FILE "unreadable"

/* Reads what earlier processes wrote and watches this one. Only the first call does anything: before other threads read. */
void oh_fatal_read_open (const char *data_dir);

/* Whether reading this exchange ended an earlier process. */
gboolean oh_fatal_read_contains (gint64 exchange_id);

/* This thread reads an exchange from here on. @exchange_id: 0: none. Returns: what it read so far, for the end. */
gint64 oh_fatal_read_enter (gint64 exchange_id);

G_END_DECLS
