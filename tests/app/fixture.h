/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchange views made from texts by the real interpreter. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

/* A finished POST to the Messages API.
 * @response_type: content type of the answer
 * @received: how many bytes of the answer have arrived; -1: all, and the exchange has ended
 * Returns: (transfer full) */
OhExchangeView *fixture_view (const char *request, const char *response, const char *response_type, gssize received);

G_END_DECLS
