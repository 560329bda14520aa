/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How an exchange and a run are said in a few words: the rows' text, and whole sentences for those who hear them. All
 * strings are (transfer full). */
#pragma once
#include "oh-exchange.h"
#include "oh-run.h"
#include "oh-trace.h"

G_BEGIN_DECLS

typedef enum
{
  OH_STATUS_BUSY,
  OH_STATUS_GOOD,
  OH_STATUS_WARNING,
  OH_STATUS_BAD,
  OH_STATUS_NEUTRAL,
} OhStatusKind;

/* "200", "…", "cut", "err", "tls". */
char *oh_words_status (const OhExchange *exchange, OhStatusKind *kind);
/* "200", "streaming", "200 cut", "failed", "not read": where there is more room. */
char *oh_words_state (const OhExchange *exchange);
/* "Messages", or the request. (transfer full) */
char *oh_words_operation (const OhExchange *exchange);
/* "POST api.anthropic.com/v1/messages"; @brief: without the host where there is a path. */
char *oh_words_request (const OhExchange *exchange, gboolean brief);
/* What is new in a call: "Where is the lighthouse?", "↩ get_weather: Sunny, 22 °C", what went wrong with it; else the request,
 * where it is no turn with what it is about. @brief: as of oh_words_request() */
char *oh_words_news (const OhExchange *exchange, gboolean brief);
/* "sonnet-4-5"; "" where there is none. */
char *oh_words_model (const OhExchange *exchange);
/* The same of a model's id; @model: (nullable) */
char *oh_words_model_name (const char *model);
/* "1,104 → 64"; "" where nothing was counted. */
char *oh_words_tokens (const OhExchange *exchange);
/* "$0.0041"; an en dash where the price is not known; "" where there is nothing to pay for (yet). */
char *oh_words_cost (const OhExchange *exchange);
/* "$0.0214", "$0.0214 + 1 unknown", "unknown"; "" where nothing has been priced yet. */
char *oh_words_cost_of (const OhSums *sums, gboolean running);
/* The same, short enough for a column: "$0.0214 +?". */
char *oh_words_short_cost_of (const OhSums *sums, gboolean running);
/* All tokens in and out. */
char *oh_words_tokens_of (const OhSums *sums);
/* What an instrument told of a call: "Told by birds as “chat”: 1,000 tokens in, 9 on the wire · 8 out". @account, @call: with
 * facts */
char *oh_words_account (const OhExchange *account, const OhExchange *call);
/* What a tooltip adds to a row: when and what it was, by whom, why there is no cost, which attempt it is. */
char *oh_words_remark (const OhExchange *exchange);
/* How long it took, or takes until now. */
char *oh_words_took (const OhExchange *exchange);
/* "end_turn", "streaming… 214 tokens", "overloaded", "cut by upstream", "not read, 18 kB". */
char *oh_words_ended (const OhExchange *exchange);
/* Why a connection passed through unread, as a sentence; NULL of what is read. (transfer full)
 * @code: (out) (optional): the same for programs: "host", "certificate-refused", "nobody-trusts" */
char *oh_words_unread (const OhExchange *exchange, const char **code);
/* All of it in a sentence. */
char *oh_words_exchange (const OhExchange *exchange);

/* Adds @more (transfer full) (nullable) to what stands there, with a dot between; "" and NULL add nothing. */
void oh_words_add (GString *words, char *more);
/* "5 calls". */
char *oh_words_calls (gint64 n);

/* Whether it ran at all. */
gboolean oh_words_run_started (const OhRun *run);
/* "running", "exit 1", "5 calls". */
char *oh_words_run_state (const OhRun *run, OhStatusKind *kind);
/* "Exited with status 1 after 2.3 s". */
char *oh_words_run_end (const OhRun *run);

G_END_DECLS
