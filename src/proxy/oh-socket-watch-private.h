/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One source for a socket for all its life, whose conditions change. GIO makes and drops a source, with others inside it
 * over TLS, for each wait.
 *
 * A TLS record is read whole by GnuTLS, so the socket tells when there is more, with one exception: what is left of a
 * record that was read with a smaller buffer. Read once more before waiting after such a read. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _OhSocketWatch OhSocketWatch;

/* @events: poll()'s. The watch may be changed or freed within. */
typedef void (*OhSocketWatchFunc) (guint events, gpointer data);

/* Attached to the thread-default context; silent at first. */
OhSocketWatch *oh_socket_watch_new (GSocket *socket);
void oh_socket_watch_free (OhSocketWatch *self);
/* @events: of poll(); 0: silent. @func: who is told from now on */
void oh_socket_watch_set (OhSocketWatch *self, guint events, OhSocketWatchFunc func, gpointer data);

G_END_DECLS
