/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges, runs and programs as rows: the one place that knows the order of their columns. */
#pragma once
#include "oh-db-private.h"
#include "oh-exchange.h"
#include "oh-run.h"

G_BEGIN_DECLS

#define OH_ROW_WIRE                                                                                                    \
  "run_id, connection, started_ns, route, method, scheme, host, port, target, http_version, upstream, status, "        \
  "reason, "                                                                                                           \
  "request_length, response_length, resolved_ns, connected_ns, secured_ns, request_sent_ns, response_head_ns, "        \
  "first_byte_ns, ended_ns, reused, outcome, ended_by, error_code, error, gaps, "                               \
  "oddities"
#define OH_ROW_WIRE_MARKS "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
#define OH_ROW_WIRE_COLUMNS 29

#define OH_ROW_FACTS                                                                                                   \
  "provider, operation, model, requested_model, stop_reason, message_id, request_id, error_type, error_message, "      \
  "title, tool_result, "                                                                                               \
  "service_tier, speed, inference_geo, streamed, complete, input_tokens, output_tokens, cache_read_tokens, "           \
  "cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens, thinking_tokens, web_searches, web_fetches, "     \
  "output_estimate, first_token_ns, message_count, tool_use_count, problems"
#define OH_ROW_FACTS_MARKS "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
#define OH_ROW_FACTS_COLUMNS 30

/* What oh_row_read_exchange() reads. */
#define OH_ROW_ALL "id, pinned, " OH_ROW_WIRE ", " OH_ROW_FACTS

/* Bind from parameter @first on. The strings must live until the statement has run. */
void oh_row_bind_wire (sqlite3_stmt *statement, int first, const OhExchange *exchange);
void oh_row_bind_facts (sqlite3_stmt *statement, int first, const OhFacts *facts);
/* From the columns OH_ROW_ALL, the first of them at 0. Without headers. (transfer full) */
OhExchange *oh_row_read_exchange (sqlite3_stmt *statement);

#define OH_ROW_RUN                                                                                                     \
  "name, argv, cwd, origin, trace, session, user, pid, started_ns, ended_ns, exit_status, term_signal, error, " \
  "isolated"
#define OH_ROW_RUN_MARKS "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
/* argv as one blob, each word with its NUL. (transfer full) */
GByteArray *oh_row_pack_argv (char *const *argv);
/* From the columns "id, exchanges, " OH_ROW_RUN. (transfer full) */
OhRun *oh_row_read_run (sqlite3_stmt *statement);
/* What changes of a run while it goes on. */
void oh_row_update_run (OhDb *db, gint64 id, const OhRun *run);

#define OH_ROW_PROGRAM "name, desktop, executable, command, pid, started_ns"
/* From the columns OH_ROW_PROGRAM. (transfer full) */
OhProgram *oh_row_read_program (sqlite3_stmt *statement);
/* @id: 0: none. (transfer full) (nullable) */
OhProgram *oh_row_find_program (OhDb *db, gint64 id);
/* Its id: of the same one, if that is there. */
gint64 oh_row_put_program (OhDb *db, const OhProgram *program);

G_END_DECLS
