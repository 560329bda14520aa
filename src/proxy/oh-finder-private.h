/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which process is at the other end of a connection, and which program that is. Remembers some of them. Any thread; blocks
 * for some ms, so none that anybody waits for. */
#pragma once
#include "oh-program.h"
#include "oh-secrets-private.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _OhFinder OhFinder;

OhFinder *oh_finder_new (void);
void oh_finder_free (OhFinder *self);

/* The processes that hold the other end, as far as this user may know; the first of them made it, most likely.
 * @remote, @local: as of oh_peer_look_up(). (transfer full) (element-type gint64) */
GArray *oh_finder_find_holders (OhFinder *self, GSocketAddress *remote, GSocketAddress *local);
/* The same of who listens on a port of this computer. @taken: (out): whether anybody does, be it somebody unknown */
GArray *oh_finder_find_listeners (OhFinder *self, guint16 port, gboolean *taken);
/* @secrets: for its command line. (transfer full) (nullable): NULL if it has ended */
OhProgram *oh_finder_describe (OhFinder *self, gint64 pid, OhSecrets *secrets);

G_END_DECLS
