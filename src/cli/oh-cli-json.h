/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `--json` prints, and what agents are given: each thing as one JSON object on one line, written in one place.
 * data/schema.json describes them all. What is not known is null. */
#pragma once
#include "oh-cli.h"

G_BEGIN_DECLS

/* --- pieces: a comma comes before all but the first of a container --- */

/* @name: (nullable): in an array. @bracket: '{' or '[' */
void oh_cli_json_open (GString *out, const char *name, char bracket);
/* @bracket: '}' or ']' */
void oh_cli_json_close (GString *out, char bracket);
void oh_cli_json_name (GString *out, const char *name);
/* @text: (nullable) */
void oh_cli_json_text (GString *out, const char *name, const char *text);
void oh_cli_json_int (GString *out, const char *name, gint64 value);
void oh_cli_json_known (GString *out, const char *name, gint64 value, gboolean known);
/* NAN and infinity are null. */
void oh_cli_json_real (GString *out, const char *name, double value);
void oh_cli_json_flag (GString *out, const char *name, gboolean value);
/* ISO 8601 in UTC; 0 is null. */
void oh_cli_json_time (GString *out, const char *name, gint64 wall_ns);
/* Milliseconds with microseconds behind the point; negative ones are null. */
void oh_cli_json_ms (GString *out, const char *name, gint64 ns);

/* --- objects, named as in the schema --- */

/* "exchange". @facts: (nullable) */
void oh_cli_json_exchange (GString *out, const OhExchange *exchange, const OhFacts *facts);
/* The same with facts that are made now if the process that captured it did not come to it. */
void oh_cli_json_row (GString *out, OhStoreReader *reader, const OhExchange *row);
/* Its members, for what has more of them. */
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
/* "run". @assertions: (nullable) (element-type OhCliAssertion): checked ones */
void oh_cli_json_run (GString *out, OhStoreReader *reader, const OhRun *run, GPtrArray *assertions);

/* The object becomes a line of standard output, and empty. */
void oh_cli_json_print (GString *out);
/* A line for each. @rows: (element-type OhExchange), NULL where one is gone */
void oh_cli_json_print_rows (OhStoreReader *reader, GPtrArray *rows);

G_END_DECLS
