/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request to the port itself by which an instrument tells us something: http://127.0.0.1:PORT/in/TOKEN/v1/traces. Its body
 * is read by the gate and becomes a telling (oh-telling-private.h); it is answered once that is stored. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

/* Whether a target is one of an instrument's. */
gboolean oh_intake_wants (const char *target);
/* Takes the gate over (OH_GATE_INTAKE), or refuses the request. @head: (transfer full) */
void oh_intake_start (OhGate *gate, OhHttpHead *head, const char *target);
/* The same of one that is admitted already. @target: without token */
void oh_intake_start_at (OhGate *gate, OhHttpHead *head, const char *target);

G_END_DECLS
