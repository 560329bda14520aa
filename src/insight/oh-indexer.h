/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a search should find an exchange by: its address, headers, ids, errors, and of its texts those that are new in
 * it. A conversation sends all of its past each time; the past is found where it was said first. Pure. */
#pragma once
#include "oh-reading.h"
#include "oh-searchable.h"
#include "oh-trace.h"

G_BEGIN_DECLS

/* Bodies that are not read for what they mean are indexed up to here. */
#define OH_INDEXER_BODY_MAX (256 * 1024)

/* Whether a reading has anything that oh_indexer_read() would take from its messages; otherwise the bodies tell more. */
gboolean oh_indexer_has_texts (const OhReading *reading);
/* @reading: of the ended exchange
 * @place: (nullable): where its messages begin to be new
 * @parent: (nullable): the reading that it continues: system prompt and tools are new where they differ from it
 * (transfer full) */
OhSearchable *oh_indexer_read (const OhExchange *exchange, const OhReading *reading, const OhPlace *place,
                               const OhReading *parent);
/* @request, @response: (nullable): the beginnings of the bodies as on the wire
 * @facts: (nullable)
 * (transfer full) */
OhSearchable *oh_indexer_read_plain (const OhExchange *exchange, const OhFacts *facts, GBytes *request, GBytes *response);

G_END_DECLS
