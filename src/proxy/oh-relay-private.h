/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One exchange: the client's request in a loan on one side, the fetch on the other, the recorder between. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

/* Begins; the gate is in OH_GATE_RELAY, or was refused, when it returns.
 * @head: (transfer full); @scheme, @host, @port: as the client meant it; @target: raw path and query */
void oh_relay_start (OhGate *gate, OhHttpHead *head, OhRoute route, const char *scheme, const char *host, guint port,
                     const char *target);
/* What becomes of a request that waits for the guard. @why: REFUSE: a sentence for the program */
void oh_relay_decide (OhRelay *self, OhVerdict verdict, const char *why);

G_END_DECLS
