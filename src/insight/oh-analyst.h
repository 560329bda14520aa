/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts one exchange after the other where it belongs: call, thread, trace, cost, cache, limits. Asks the pure units of this
 * room, looks up the past in the store, and stores what it finds (OhMeaning). The insight's thread only. */
#pragma once
#include "oh-price.h"
#include "oh-reading.h"
#include "oh-store.h"
#include "oh-store-traces.h"

G_BEGIN_DECLS

typedef struct _OhAnalyst OhAnalyst;

/* @store: written to; @reader: the thread's own; neither is owned
 * @prices: (transfer full) (nullable) */
OhAnalyst *oh_analyst_new (OhStore *store, OhStoreReader *reader, OhPriceTable *prices);
void oh_analyst_free (OhAnalyst *self);

/* Whether an exchange is worth it: a call to an LLM API that was read. */
gboolean oh_analyst_wants (const OhExchange *exchange, const OhFacts *facts);
/* The request is whole. @body: decoded. If the exchange has ended already, oh_analyst_answer() must follow: it tells all. */
void oh_analyst_request (OhAnalyst *self, const OhExchange *exchange, OhReading *reading, GBytes *body);
/* The exchange has ended. oh_analyst_request() came before. */
void oh_analyst_answer (OhAnalyst *self, const OhExchange *exchange, OhReading *reading);
/* In place of both, of what an instrument told (OH_ROUTE_TOLD). @body: decoded */
void oh_analyst_tell (OhAnalyst *self, const OhExchange *exchange, const OhReading *reading, GBytes *body);
/* First, of what an instrument told that is no span. Returns: FALSE if oh_analyst_request() is to follow: a call to a model that
 * was not on the wire. */
gboolean oh_analyst_tell_event (OhAnalyst *self, const OhExchange *exchange, const OhReading *reading, GBytes *body);

/* The spans of which more was told since this was asked last: once all that was said is stored, they are to be told again.
 * Returns: (transfer full) (nullable) (element-type gint64): exchanges */
GArray *oh_analyst_take_fuller (OhAnalyst *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhAnalyst, oh_analyst_free)

G_END_DECLS
