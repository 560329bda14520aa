/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the proxy's own port answers itself, where a request is to it and not through it. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

/* Answers, and ends the connection then. @target: raw path and query */
void oh_own_port_answer (OhGate *gate, const OhHttpHead *head, const char *target);

G_END_DECLS
