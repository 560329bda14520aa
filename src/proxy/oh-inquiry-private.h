/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a proxy of the user's own stands before a host that is read, it is asked for its tunnel before the program gets ours:
 * if it wants a login, the program hears that, and can answer. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

/* CONNECT to a host that is read: granted, or answered as that proxy did. The gate is in another state when it returns.
 * @agent: (nullable): what the User-Agent of its CONNECT said */
void oh_inquiry_begin (OhGate *gate, const char *host, guint port, const char *agent, OhGateUnreadFunc unread);

G_END_DECLS
