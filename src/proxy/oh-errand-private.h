/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a request goes: the server that its run has it sent to, past or through the user's own proxy, and under which names. */
#pragma once
#include "oh-gate-private.h"
#include "oh-http-body-private.h"

G_BEGIN_DECLS

typedef struct
{
  OhDestination destination; /* borrows what it points to */
  char *url;                 /* as a script is asked of it */
  char *target;              /* for the request's line */
  char *authority;           /* for Host, or NULL: as the client wrote it */
  char *fallback_authority;  /* for Host where the client wrote none */
  OhHops *hops;
  OhTrust *trust;
} OhErrand;

/* @detour: (nullable): where its run has it sent. It, @host and @scheme stay with the caller while the errand lives.
 * @scheme, @host, @port: as the client meant it; @target: raw path and query; @upgrade: it asks for another protocol */
OhErrand *oh_errand_new (OhGate *gate, const OhDetour *detour, OhRoute route, const char *scheme, const char *host,
                         guint port, const char *target, gboolean upgrade);
void oh_errand_free (OhErrand *self);
/* The head as it is sent. It needs nothing of what the errand borrows. @forwarding: (nullable): the proxy that gets all of the
 * request (transfer full) */
GBytes *oh_errand_compose (const OhErrand *self, const OhHttpHead *head, OhFraming framing, gboolean upgrade,
                           const OhHop *forwarding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhErrand, oh_errand_free)

G_END_DECLS
