/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request and the answer on its way: pieces with pauses between them, encoded, cut short where that is asked for,
 * and logged. Frees itself when libsoup is done with the message. */
#pragma once
#include "oh-sim-world.h"

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _OhSimExchange OhSimExchange;

typedef struct
{
  GBytes *bytes;
  guint delay_ms; /* to wait before it, at speed 1 */
} OhSimPiece;

/* @world: outlives the exchange */
OhSimExchange *oh_sim_exchange_new (OhSimWorld *world, SoupServerMessage *message);

SoupServerMessage *oh_sim_exchange_get_message (OhSimExchange *self);
GBytes *oh_sim_exchange_get_request_body (OhSimExchange *self);

/* How this one is steered. Read here: delay_ms, pace_ms, encoding, chunk, headers, cut, cut_after_events,
 * cut_after_bytes; the other members are for those who compose answers. */
void oh_sim_exchange_set_steering (OhSimExchange *self, JsonObject *steering);
JsonObject *oh_sim_exchange_get_steering (OhSimExchange *self); /* (transfer none) (nullable) */

/* Sends one body of known length. @delay_ms: to think before, at speed 1 */
void oh_sim_exchange_send (OhSimExchange *self, guint status, const char *content_type, GBytes *body, guint delay_ms);
/* Sends @object as JSON. (transfer none) */
void oh_sim_exchange_send_json (OhSimExchange *self, guint status, JsonObject *object, guint delay_ms);
/* Sends a stream of events. @pieces: OhSimPiece (transfer full) */
void oh_sim_exchange_send_events (OhSimExchange *self, GPtrArray *pieces);
/* Sends the API's error of that status. @type: NULL: the usual one of @status */
void oh_sim_exchange_send_error (OhSimExchange *self, guint status, const char *type, const char *error);
/* Closes the connection without an answer. */
void oh_sim_exchange_drop (OhSimExchange *self);

GPtrArray *oh_sim_pieces_new (void);
/* @text: (transfer full) */
void oh_sim_pieces_add (GPtrArray *pieces, char *text, guint delay_ms);

/* An error as the API words it. @request_id: NULL: left out. (transfer full) */
JsonObject *oh_sim_error_new (guint status, const char *type, const char *error, const char *request_id);

G_END_DECLS
