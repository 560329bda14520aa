/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listens on one port of 127.0.0.1 and ::1. A failed accept() is tried again: libsoup would stop listening for good. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _OhListener OhListener;

typedef void (*OhListenerFunc) (GSocketConnection *connection, gpointer data);

/* @port: 0 for an ephemeral one. Without IPv6 only 127.0.0.1 is listened on.
 * Returns: NULL with OH_PROXY_ERROR_PORT_TAKEN or _LISTEN. */
OhListener *oh_listener_new (guint16 port, GError **error);
/* One of a socket that listens already. @fd: (transfer full). Returns: NULL if it is none. */
OhListener *oh_listener_new_from_fd (int fd);
void oh_listener_free (OhListener *self);
guint16 oh_listener_get_port (OhListener *self);
/* @func is called in @context for each client. */
void oh_listener_start (OhListener *self, GMainContext *context, OhListenerFunc func, gpointer data);

G_END_DECLS
