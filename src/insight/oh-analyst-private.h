/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the analyst's files share. */
#pragma once
#include "oh-analyst.h"
#include "oh-label.h"
#include "oh-recall-private.h"

G_BEGIN_DECLS

OhStore *oh_analyst_get_store (OhAnalyst *self);
OhStoreReader *oh_analyst_get_reader (OhAnalyst *self);
OhRecall *oh_analyst_get_spans (OhAnalyst *self);
/* (nullable): for the moment */
const OhRun *oh_analyst_get_run (OhAnalyst *self, gint64 run_id);
/* More is told of a call, if a span of these ids is one. */
void oh_analyst_add_fuller (OhAnalyst *self, const char *trace, const char *span);
/* The trace of that key; @id, from now on, if there is none. */
gint64 oh_analyst_claim_trace (OhAnalyst *self, const char *key, gint64 id);
void oh_analyst_add_cost (OhAnalyst *self, OhPlace *place, const OhExchange *exchange, const OhReading *reading);
/* @place: (nullable) */
void oh_analyst_index (OhAnalyst *self, const OhExchange *exchange, const OhReading *reading, const OhPlace *place);

G_END_DECLS
