/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's own proxy script (proxy auto-configuration). It is asked in a process of its own (src/pac), which is there from
 * the first question on and is ended where it does not answer. Asked on one thread, that of the proxy. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _OhScript OhScript;

OhScript *oh_script_new (const char *text);
OhScript *oh_script_ref (OhScript *self);
/* On any thread, once nothing is asked. */
void oh_script_unref (OhScript *self);

/* @url: as a browser would ask of it; @host: in it */
void oh_script_ask_async (OhScript *self, const char *url, const char *host, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer data);
/* Returns: what the script says, such as "PROXY a:1; DIRECT"; NULL: it has failed, or does not answer. (transfer full) */
char *oh_script_ask_finish (GAsyncResult *result);

/* What is wrong with a script, or with asking one here; NULL: nothing. Blocks for some seconds at most. (transfer full) */
char *oh_script_check (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhScript, oh_script_unref)

G_END_DECLS
