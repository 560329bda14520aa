/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection that a program in an isolated network made, to whom it pleased, and that came to us. It is read where it
 * leads to a host that is read, by the name that was asked of us or, without one, by what the program says first; else it
 * passes through unread. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

/* @diag: sock_diag of that network; it must outlive the gate
 * @host: a name that was asked for, or an address
 * @named: it is a name
 * @line: (transfer full) (nullable): a connection to it that has been made already */
OhPassage *oh_passage_new (int diag, const char *host, guint port, gboolean named, OhLine *line);
void oh_passage_free (OhPassage *self);
/* Goes on with a gate that has its passage, until it is read or passed through. */
void oh_passage_begin (OhGate *gate);
/* The gate has been closed. */
void oh_passage_stop (OhPassage *self);
int oh_passage_get_diag (OhPassage *self);

G_END_DECLS
