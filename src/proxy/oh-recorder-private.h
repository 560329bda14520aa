/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells the sink about one exchange, in the order oh-capture.h promises, with secrets replaced. Never disturbs the relay:
 * what the sink does not take is a gap. One thread. */
#pragma once
#include "oh-http-head-private.h"
#include "oh-secrets-private.h"
#include "oh-sink.h"

G_BEGIN_DECLS

typedef struct _OhRecorder OhRecorder;

/* A key for the captures of one exchange, for who pushes them without a recorder. Any thread. */
guint64 oh_recorder_next_key (void);

/* @sink: NULL: nothing is recorded
 * @exchange: (transfer full): run, connection, route, method, scheme, host, port, version, upstream
 * @target: raw; (nullable) for a blind tunnel
 * @head: (nullable): the request's
 * @started_ns: monotonic */
OhRecorder *oh_recorder_new (OhSink *sink, OhSecrets *secrets, OhExchange *exchange, const char *target,
                             const OhHttpHead *head, gint64 started_ns);
void oh_recorder_free (OhRecorder *self);

/* Now, as the exchange counts: ns after its start. */
gint64 oh_recorder_now (OhRecorder *self);
/* A moment of the monotonic clock as the exchange counts; -1 for 0 and for what was before its start. */
gint64 oh_recorder_since (OhRecorder *self, gint64 monotonic_ns);
const char *oh_recorder_get_host (OhRecorder *self);
/* What is known of it so far, its secrets replaced. (transfer none) */
const OhExchange *oh_recorder_get_exchange (OhRecorder *self);
/* To be filled as things happen; told at the next head or end. */
OhTimings *oh_recorder_get_timings (OhRecorder *self);
/* Bodies that are not kept (blind tunnels, upgraded connections) are counted only. */
void oh_recorder_count (OhRecorder *self, gint64 request_bytes, gint64 response_bytes);

void oh_recorder_request_data (OhRecorder *self, GBytes *payload);
void oh_recorder_request_end (OhRecorder *self);
void oh_recorder_response_head (OhRecorder *self, const OhHttpHead *head);
void oh_recorder_response_data (OhRecorder *self, GBytes *payload);
/* @oddity: something unusual that is to be told of the exchange */
void oh_recorder_note (OhRecorder *self, OhOddity oddity);
/* What came where a head should have: it stands in place of that side's body, without the secrets of its lines. */
void oh_recorder_broken_head (OhRecorder *self, gboolean request, const void *data, gsize length);
/* Fields behind a body: they go last among the headers of that side. */
void oh_recorder_trailers (OhRecorder *self, gboolean request, const OhHttpHead *trailers);
gboolean oh_recorder_has_response (OhRecorder *self);
gboolean oh_recorder_has_ended (OhRecorder *self);

/* Ends the exchange, once; later calls do nothing.
 * @code: (nullable); @message: (nullable): oh_saying_tell()
 * @committed: (nullable): told in @context when it is stored, or at once if nothing is recorded
 * Returns: the END, to be marked late with oh_capture_release(), or NULL. (transfer full) */
OhCapture *oh_recorder_end (OhRecorder *self, OhOutcome outcome, OhParty party, const char *code, const char *message,
                            GMainContext *context, OhCommittedFunc committed, gpointer data);

G_END_DECLS
