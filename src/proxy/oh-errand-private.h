/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a request goes: the server that its run has it sent to, past or through the user's own proxy, and under which names. */
#pragma once
#include "oh-gate-private.h"

G_BEGIN_DECLS

typedef struct
{
  OhDestination destination; /* borrows what it points to */
  char *target;              /* for the request's line */
  char *authority;           /* for Host, or NULL: as the client wrote it */
  char *fallback_authority;  /* for Host where the client wrote none */
  OhHop *hop;
  OhTrust *trust;
} OhErrand;

/* @detour: (nullable): where its run has it sent. It, @host and @scheme stay with the caller while the errand lives.
 * @scheme, @host, @port: as the client meant it; @target: raw path and query; @upgrade: it asks for another protocol */
OhErrand *oh_errand_new (OhGate *gate, const OhDetour *detour, OhRoute route, const char *scheme, const char *host,
                         guint port, const char *target, gboolean upgrade);
void oh_errand_free (OhErrand *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhErrand, oh_errand_free)

G_END_DECLS
