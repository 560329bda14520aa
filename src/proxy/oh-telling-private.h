/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One body that an instrument sent: taken apart on a worker (oh-ingest.h), and pushed as exchanges that never were
 * (OH_ROUTE_TOLD). Whoever sent it is answered once that is stored, or takes too long to be. */
#pragma once
#include "oh-gate-private.h"
#include "oh-ingest.h"

G_BEGIN_DECLS

typedef struct _OhTelling OhTelling;

/* On the proxy's thread. The telling is gone then. */
typedef void (*OhTellingFunc) (const OhIngestReply *reply, gpointer data);

/* @path, @type, @encoding: as of oh_ingest_take(); @body: (transfer full)
 * @held: (inout): what the body has of the room: it is given back when it has been taken apart
 * (transfer full): until @done is called or oh_telling_cancel() */
OhTelling *oh_telling_new (OhGate *gate, const char *path, const char *type, const char *encoding, GBytes *body, gsize *held,
                           OhTellingFunc done, gpointer data);
/* Nobody waits for it any more; what it tells is stored. @self: (nullable) (transfer full) */
void oh_telling_cancel (OhTelling *self);

/* As oh_proxy_take_post(). @secrets: (transfer full) */
gboolean oh_telling_take_post (OhSink *sink, OhSecrets *secrets, const OhCapture *post, OhProxyRestFunc rest, gpointer data);

/* All bodies share one room in memory. Returns: FALSE if there is no more of it. @held: (inout): what is taken already */
gboolean oh_telling_take_room (gsize *held, gsize more);
void oh_telling_give_room_back (gsize *held);

G_END_DECLS
