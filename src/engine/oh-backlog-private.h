/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes apart what instruments sent (OH_CAPTURE_POST), on a thread of its own and behind whatever else is to be done: as fast as it
 * is understood, and with room for captures between. */
#pragma once
#include "oh-insight.h"
#include "oh-proxy.h"
#include "oh-store.h"

G_BEGIN_DECLS

typedef struct _OhBacklog OhBacklog;

/* Begins with what was left. Returns: NULL with OH_STORE_ERROR. */
OhBacklog *oh_backlog_new (OhStore *store, OhInsight *insight, OhProxy *proxy, GError **error);
/* Blocks until all that was stored before has been taken apart. @self: (nullable) */
void oh_backlog_flush (OhBacklog *self);
/* What is left waits for the next start. @self: (nullable) */
void oh_backlog_free (OhBacklog *self);

G_END_DECLS
