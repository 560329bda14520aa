/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replaces the secrets of an exchange that did not come through the proxy, as the recorder does for those that did. */
#pragma once
#include "oh-exchange.h"

G_BEGIN_DECLS

/* @key: as for oh_proxy_set_redaction_key()
 * @exchange: not shared yet; target and headers are replaced
 * @request, @response: (inout) (nullable): whole bodies, replaced */
void oh_redact_exchange (GBytes *key, OhExchange *exchange, GBytes **request, GBytes **response);

G_END_DECLS
