/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A finished Message, told as server-sent events. */
#pragma once
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* @message: as it would be answered without streaming
 * Returns: (transfer full): OhSimPiece, one an event, with the pauses of a real model */
GPtrArray *oh_sim_stream_new (JsonObject *message);

/* One event. (transfer full) */
char *oh_sim_stream_format (const char *name, JsonObject *data);

G_END_DECLS
