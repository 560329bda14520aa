/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `--json` prints, and what agents are given: each thing as one JSON object on one line, written in one place.
 * data/schema.json describes them all. What is not known is null. */
#pragma once
#include "oh-cli.h"
#include "oh-doctor.h"
#include "oh-json-write.h"

G_BEGIN_DECLS

/* The objects are named as in the schema. */

/* "exchange", with facts that are made now if the process that captured it did not come to it. */
void oh_cli_json_row (GString *out, OhStoreReader *reader, const OhExchange *row);
/* Its members, for what has more of them. @facts: (nullable) */
void oh_cli_json_exchange_members (GString *out, const OhExchange *exchange, const OhFacts *facts);
/* "call" */
void oh_cli_json_view (GString *out, const OhCliView *view);
/* "trace" */
void oh_cli_json_trace (GString *out, const OhTrace *trace);
/* "span". @notices: (nullable) (element-type OhNotice): of the trace, for its own span */
void oh_cli_json_span (GString *out, const OhSpan *span, GPtrArray *notices);
/* "thread" or "session" */
void oh_cli_json_group (GString *out, const OhGroup *group, gboolean thread);
/* "limit" */
void oh_cli_json_limit (GString *out, const OhLimit *limit);
/* "cost" */
void oh_cli_json_slice (GString *out, const OhSlice *slice);
/* "finding" */
void oh_cli_json_notice (GString *out, const OhNotice *notice);
/* "budget". @name: of the member, or NULL */
void oh_cli_json_budget (GString *out, const char *name, const OhBudget *budget);
/* "run". @assertions: (nullable) (element-type OhCliAssertion): checked ones. @traces: (nullable) (element-type OhTrace) */
void oh_cli_json_run (GString *out, OhStoreReader *reader, const OhRun *run, GPtrArray *assertions, GPtrArray *traces);
/* The checks of "doctor", an array. @diagnoses: (element-type OhDiagnosis) */
void oh_cli_json_checks (GString *out, GPtrArray *diagnoses);
/* "doctor". @captured: 1 all, 0 not all, -1 that is not known; @checks: as above; @run: (nullable): a "run" */
void oh_cli_json_doctor (GString *out, int captured, const char *checks, const char *run);

/* "listen". @doors: (array fixed-size=OH_N_DOORS) */
void oh_cli_json_listening (GString *out, const OhDoor *doors);
/* "desktop". @kept: (nullable): what was left as somebody else has set it */
void oh_cli_json_desktop (GString *out, const OhDesktopStatus *status, char **kept);

/* The object becomes a line of standard output, and empty. */
void oh_cli_json_print (GString *out);
/* A line for each. @rows: (element-type OhExchange), NULL where one is gone */
void oh_cli_json_print_rows (OhStoreReader *reader, GPtrArray *rows);

G_END_DECLS
