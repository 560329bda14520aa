/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection that a program in an isolated network made, to whom it pleased, and that came to us. It is read where it
 * leads to a host that is read, by the name that was asked of us or, without one, by what the program says first; else it
 * passes through unread. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

/* Takes a gate that nothing has been looked at of, until it is read or passed through.
 * @host: a name that was asked for, or an address
 * @named: it is a name
 * @line: (transfer full) (nullable): a connection to it that has been made already */
void oh_passage_open (OhGate *gate, const char *host, guint port, gboolean named, OhLine *line);

G_END_DECLS
