/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds out what a request wants, and whether its client may: a relay, a tunnel, an answer of our own port, or a refusal. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

/* The gate's OhGateWantedFunc. */
void oh_router_take (OhGate *gate, OhHttpHead *head);
/* The same at a port where instruments send by themselves. */
void oh_router_take_told (OhGate *gate, OhHttpHead *head);

G_END_DECLS
