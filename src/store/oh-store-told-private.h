/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans that instruments told, and the exchanges that are the same calls. A span and an exchange are one by the traceparent
 * that the exchange was sent with, else by the id of the request, else by that of the answer; never by time, which only chooses
 * among those that say the same id. Whichever comes later finds the other here, in the rows, so that neither order nor a restart matters. */
#pragma once
#include "oh-db-private.h"
#include "oh-trace.h"

G_BEGIN_DECLS

/* What follows from a place that was just written, of a span or of an exchange. Inside a transaction. */
void oh_told_write (OhDb *db, const OhMeaning *meaning);

G_END_DECLS
