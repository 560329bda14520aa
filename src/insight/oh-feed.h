/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives an interpreter what is stored of an exchange: the one hand for all that read exchanges. */
#pragma once
#include "oh-interpreter.h"
#include "oh-store-reader.h"

G_BEGIN_DECLS

/* @bytes: of that side's body, from the offset @from on
 * @arrivals: (nullable) (element-type OhArrival): a response's, which is given in the pieces it came in */
void oh_feed_bytes (OhInterpreter *interpreter, OhSide side, GBytes *bytes, gint64 from, GArray *arrivals);
/* Reads on and feeds what is there by now, a response with the times it came at.
 * @fed: (inout): bytes that were fed so far */
void oh_feed_more (OhStoreReader *reader, OhInterpreter *interpreter, gint64 exchange_id, OhSide side, gint64 *fed);
/* What records tell of the call that a span is, once the span itself was fed. Anything else has none. */
void oh_feed_records (OhStoreReader *reader, OhInterpreter *interpreter, const OhExchange *exchange);
/* Everything of an exchange, and its end where it has ended. */
void oh_feed_all (OhStoreReader *reader, OhInterpreter *interpreter, const OhExchange *exchange);

G_END_DECLS
