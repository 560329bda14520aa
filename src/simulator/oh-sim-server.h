/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulated Messages API on loopback ports. */
#pragma once
#include "oh-sim-world.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_TYPE_SIM_SERVER (oh_sim_server_get_type ())
G_DECLARE_FINAL_TYPE (OhSimServer, oh_sim_server, OH, SIM_SERVER, GObject)

/* @world: outlives the server
 * @certificate: (nullable): with one, HTTPS is served too, on a port of its own */
OhSimServer *oh_sim_server_new (OhSimWorld *world, GTlsCertificate *certificate);

/* Listens on 127.0.0.1. @port, @tls_port: 0: ephemeral */
gboolean oh_sim_server_listen (OhSimServer *self, guint16 port, guint16 tls_port, GError **error);
guint16 oh_sim_server_get_port (OhSimServer *self);
/* 0 without a certificate. */
guint16 oh_sim_server_get_tls_port (OhSimServer *self);

G_END_DECLS
