/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POST /v1/messages and /v1/messages/count_tokens. */
#pragma once
#include "oh-sim-exchange.h"

G_BEGIN_DECLS

typedef struct _OhSimMessages OhSimMessages;

OhSimMessages *oh_sim_messages_new (OhSimWorld *world);
void oh_sim_messages_free (OhSimMessages *self);

void oh_sim_messages_create (OhSimMessages *self, OhSimExchange *exchange, const OhSimCaller *caller);
void oh_sim_messages_count (OhSimMessages *self, OhSimExchange *exchange, const OhSimCaller *caller);

/* The Message that answers @request, tokens taken from the limits and the cache used. (transfer full)
 * @service_tier: standard or batch */
JsonObject *oh_sim_messages_answer (OhSimMessages *self,
                                    JsonObject *request,
                                    JsonObject *steering,
                                    const OhSimCaller *caller,
                                    const char *service_tier);

/* Parses the request's body; answers 400 and returns NULL where it is no JSON object. (transfer full) */
JsonObject *oh_sim_messages_parse (OhSimExchange *exchange);

G_END_DECLS
