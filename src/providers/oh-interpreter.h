/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads one exchange for what it means. Sans-I/O: feed it the wire bytes as they come, in any pieces, and ask for facts
 * (a row) or a reading (a pane) at any time. Not thread-safe; one thread at a time. The plug behind it is chosen from
 * the exchange's head (oh-provider.h). */
#pragma once
#include "oh-exchange.h"
#include "oh-reading.h"

G_BEGIN_DECLS

typedef struct _OhInterpreter OhInterpreter;

/* @head: an exchange with at least its request head. (transfer none) */
OhInterpreter *oh_interpreter_new (const OhExchange *head);
/* The same, for those who only want facts: bodies, events and blocks are not kept, so that memory stays small whatever
 * goes through. oh_interpreter_get_reading() then gives facts and problems, the bodies are empty. */
OhInterpreter *oh_interpreter_new_for_facts (const OhExchange *head);
/* The same, for those who want facts, messages and the answer's blocks: readings have no events, of a streamed answer no
 * bytes are kept, and of bodies that facts do not need the first 4 MiB. */
OhInterpreter *oh_interpreter_new_for_meaning (const OhExchange *head);
void oh_interpreter_free (OhInterpreter *self);
/* Whether feeding that body can change the facts; worth asking before reading it. The second: once the response is set. */
gboolean oh_interpreter_wants_request (OhInterpreter *self);
gboolean oh_interpreter_wants_response (OhInterpreter *self);
/* Wire bytes of the request body, still content-encoded. */
void oh_interpreter_feed_request (OhInterpreter *self, const void *data, gsize length);
/* Of a span that was told (OH_ROUTE_TOLD): a log record that tells of the same call, as it is stored. Before its request ends;
 * later calls do nothing. */
void oh_interpreter_add_record (OhInterpreter *self, GBytes *record);
/* The request body is whole (or will not grow). Later calls do nothing. */
void oh_interpreter_end_request (OhInterpreter *self);
/* The answer's status and headers are known. Later calls do nothing. */
void oh_interpreter_set_response (OhInterpreter *self, const OhExchange *exchange);
/* Wire bytes of the response body. @at_ns: arrival, ns after the exchange's start, or -1 */
void oh_interpreter_feed_response (OhInterpreter *self, const void *data, gsize length, gint64 at_ns);
/* The exchange ended. */
void oh_interpreter_end (OhInterpreter *self, OhOutcome outcome);
/* A snapshot. (transfer full) */
OhFacts *oh_interpreter_get_facts (OhInterpreter *self);
/* A snapshot; the parts that no longer change are shared between snapshots. (transfer full) */
OhReading *oh_interpreter_get_reading (OhInterpreter *self);
/* The bodies with content-encoding undone, as far as they go, at most 256 MiB. (transfer full)
 * @complete: (out) (optional): FALSE where more was there than is returned or decoding failed */
GBytes *oh_interpreter_get_request_body (OhInterpreter *self, gboolean *complete);
GBytes *oh_interpreter_get_response_body (OhInterpreter *self, gboolean *complete);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhInterpreter, oh_interpreter_free)

G_END_DECLS
