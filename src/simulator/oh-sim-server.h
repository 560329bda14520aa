/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulated Messages API on loopback ports.
 *
 * A test steers one request by a JSON object, in the header “x-sim” or, where the program under test cannot set
 * headers, in the last user message as “[[sim: {…}]]” (in an earlier one with "sticky": true). Its members: fail [529,
 * 429, "close", "hang"]   how the attempts at this same body with this same key fail, one after the other; "close": the
 * connection closes without an answer, "hang": there never is one retry_after, retry_after_ms        numbers for the
 * headers of a failure should_retry                       true or false for x-should-retry error_message text of a
 * failure delay_ms, pace_ms                  wait before the answer; wait between events, whatever the --speed encoding
 * gzip, deflate, br, zstd, identity, asked for or not chunk                              bytes in each piece that is
 * sent cut_after_events, cut_after_bytes  closes the connection there cut                                "reset" sends
 * RST; "end" ends the body properly all the same error_after_events, error          an error event there, and its type
 *   text, thinking, size               what to say; how many bytes of it
 *   tools [{name, input}]              tools to call
 *   tool_rounds                        how often to call the tool before an answer (with "sticky")
 *   blocks, stop_reason, usage, model  the content word for word; what else the message says
 *   message                            further members of the message
 *   headers                            further headers
 *   raw, content_type, status          a whole body, word for word
 *   raw_events                         the pieces of a stream, word for word */
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
