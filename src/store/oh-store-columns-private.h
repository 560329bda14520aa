/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several queries say of an exchange e, said once: values of enums, and what is made of more than one column. */
#pragma once
#include "oh-exchange.h"
#include "oh-trace.h"

G_BEGIN_DECLS

/* SQL has the numbers that the enums have: they are stored, and never change. */
#define OH_SQL_PENDING "0"
#define OH_SQL_FINISHED "1"
#define OH_SQL_FAILED "2"
#define OH_SQL_CUT "3"
G_STATIC_ASSERT (OH_OUTCOME_PENDING == 0 && OH_OUTCOME_FINISHED == 1 && OH_OUTCOME_FAILED == 2 && OH_OUTCOME_CUT == 3);
/* Of routes. */
#define OH_SQL_TOLD "4"
G_STATIC_ASSERT (OH_ROUTE_TOLD == 4);
/* Whether a row stands in lists: of what instruments told only calls do that nobody else told; a span that is none, and one
 * whose call was on the wire, are seen in the tree of their trace. */
#define OH_SQL_IS_LISTED "e.id NOT IN (SELECT id FROM unlisted)"
/* How many rows of a run stand in lists. */
#define OH_SQL_LISTED_OF_RUN                                                                                           \
  "(SELECT count (*) FROM exchange WHERE run_id = run.id AND run_id <> 0 AND id NOT IN (SELECT id FROM unlisted))"
/* A run that has ended, and of which nothing is left. */
#define OH_SQL_RUN_IS_EMPTY                                                                                            \
  "ended_ns <> 0 AND NOT EXISTS (SELECT 1 FROM exchange WHERE run_id = run.id AND run_id <> 0)"
/* Of gaps: what is missing of the bodies. */
#define OH_SQL_GAPS_OF_BODIES "3"
G_STATIC_ASSERT ((OH_GAP_REQUEST | OH_GAP_RESPONSE) == 3);
/* Of boundaries: kinds is a set of them. */
#define OH_SQL_COMPACTED "1"
#define OH_SQL_MODEL "2"
#define OH_SQL_REWOUND "4"
#define OH_SQL_EDITED "8"
#define OH_SQL_ASIDE "16"
G_STATIC_ASSERT (OH_BOUNDARY_COMPACTED == 1 && OH_BOUNDARY_MODEL == 2 && OH_BOUNDARY_REWOUND == 4 &&
                 OH_BOUNDARY_EDITED == 8 && OH_BOUNDARY_ASIDE == 16);
/* Of spans. */
#define OH_SQL_TOOL "4"
G_STATIC_ASSERT (OH_SPAN_TOOL == 4);

/* No answer, or one that says that something is wrong. What was cut is told apart. */
#define OH_SQL_IS_REFUSED "(e.outcome = " OH_SQL_FAILED " OR e.status >= 400 OR e.error_type IS NOT NULL)"
/* What a search for errors finds; the index exchange_error is of the same rows. */
#define OH_SQL_IS_ERROR                                                                                                \
  "(e.outcome IN (" OH_SQL_FAILED ", " OH_SQL_CUT ") OR e.status >= 400 OR e.error_type IS NOT NULL OR e.problems > 0)"

/* All of a prompt's tokens: oh_facts_get_prompt(). */
#define OH_SQL_PROMPT                                                                                                  \
  "(coalesce (e.input_tokens, 0) + coalesce (e.cache_read_tokens, 0) + coalesce (e.cache_write_tokens, 0))"
/* oh_facts_get_output() */
#define OH_SQL_OUTPUT "max (coalesce (e.output_tokens, 0), coalesce (e.output_estimate, 0))"
/* Both; NULL where nothing was counted. */
#define OH_SQL_TOKENS                                                                                                  \
  "(CASE WHEN coalesce (e.input_tokens, e.output_tokens) IS NOT NULL THEN " OH_SQL_PROMPT " + " OH_SQL_OUTPUT " END)"

G_END_DECLS
