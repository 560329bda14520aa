/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection by which an instrument tells us something with gRPC (oh-grpc.h); else as oh-intake-private.h. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

/* As its head a gate gives what begins a connection of HTTP/2, which is still pending. */
#define OH_INTAKE_RPC_METHOD "PRI"

/* Takes the gate over (OH_GATE_INTAKE) for the rest of the connection.
 * @at_door: it came where no token is needed, and calls are its gate's run's; else each brings its own */
void oh_intake_rpc_start (OhGate *gate, gboolean at_door);

G_END_DECLS
