/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serves the network of an isolated program (oh-ns.h): takes its packets out of the device, leads its connections to a
 * listener there and from there to gates, answers its questions for names, and offers it the services of this computer's
 * loopback. */
#pragma once
#include "oh-core-private.h"
#include "oh-ns.h"

G_BEGIN_DECLS

/* On the proxy's thread. @network: (transfer full): its files */
OhIsolation *oh_isolation_new (OhCore *core, gint64 run_id, const OhNsNetwork *network);
/* No gate of it may be left. */
void oh_isolation_free (OhIsolation *self);
/* Nothing begins any more. */
void oh_isolation_stop (OhIsolation *self);

G_END_DECLS
