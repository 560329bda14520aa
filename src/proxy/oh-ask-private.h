/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks a proxy of the user's own for a tunnel: CONNECT. What it answers instead of one is kept as it came, for whoever can log
 * in there. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* Asks on a thread; @stream has nobody else meanwhile, and is read no further than the answer goes.
 * @login: (nullable): for Proxy-Authorization; @agent: (nullable): for User-Agent */
void oh_ask_async (GIOStream *stream, const char *host, guint port, const char *login, const char *agent,
                   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* @refusal: (out) (transfer full) (nullable): what a proxy says that wants a login, whole
 * @again: (out): it may be asked again by that connection
 * Returns: whether there is a tunnel; FALSE with an error as GIO's own proxies have it. */
gboolean oh_ask_finish (GAsyncResult *result, GBytes **refusal, gboolean *again, GError **error);

G_END_DECLS
