/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passes bytes both ways unread and counts them: CONNECT to a host that is not intercepted, and connections that were
 * upgraded to another protocol. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

/* CONNECT. The gate is in OH_GATE_TUNNEL, or was refused. @why: although its host is read; or NONE */
void oh_tunnel_open_blind (OhGate *gate, const char *host, guint port, const OhHttpHead *head, OhOddity why);
/* The same for one of an isolated network, where nothing was asked for.
 * @line: (transfer full) (nullable): to the server; NULL: it is made */
void oh_tunnel_open_passage (OhGate *gate, const char *host, guint port, OhLine *line);
/* Where the program does not accept our certificate, once it has begun to speak TLS with a host that is read. */
void oh_tunnel_open_granted (OhGate *gate);
/* After 101. @line, @leftover, @recorder: (transfer full) */
void oh_tunnel_open_upgraded (OhGate *gate, OhLine *line, GBytes *leftover, OhRecorder *recorder);

G_END_DECLS
