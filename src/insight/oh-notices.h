/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings as notices of a meaning: those that are so, and those that are no longer. Pure. */
#pragma once
#include "oh-finding.h"
#include "oh-trace.h"

G_BEGIN_DECLS

/* @findings: (nullable) (element-type OhFinding). @trace_id: of those that do not say it themselves. @at_ns: wall clock */
void oh_notices_put (OhMeaning *meaning, const GPtrArray *findings, gint64 trace_id, gint64 at_ns);

/* Withdraws what is no longer so among what can pass, and had been told of what is at hand: from the exchange @oldest on. */
void oh_notices_withdraw (OhMeaning *meaning, const GPtrArray *findings, gint64 oldest);

G_END_DECLS
