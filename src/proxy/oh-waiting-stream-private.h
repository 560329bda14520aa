/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stream of events that we begin ourselves because its request waits, with pings so that the program does not give up; what
 * the server answers in the end is told in it: its stream as it is, and what is none as one event "error". Sans-I/O. */
#pragma once
#include "oh-http-head-private.h"

G_BEGIN_DECLS

#define OH_WAITING_STREAM_PING "event: ping\ndata: {\"type\": \"ping\"}\n\n"

typedef struct _OhWaitingStream OhWaitingStream;

/* Whether a request with this body asks for a stream of events. */
gboolean oh_waiting_stream_is_asked_for (const guint8 *body, gsize length);

OhWaitingStream *oh_waiting_stream_new (void);
void oh_waiting_stream_free (OhWaitingStream *self);
/* The server answers. Returns: FALSE if that is no stream, and will be told as an error. */
gboolean oh_waiting_stream_set_head (OhWaitingStream *self, const OhHttpHead *head);
/* @payload: (nullable): of its body; @last: that was all. Returns: what the program gets of it. (transfer full) */
GBytes *oh_waiting_stream_feed (OhWaitingStream *self, GBytes *payload, gboolean last);
/* The event for an error. @json: as oh_answer_compose_error() writes it. (transfer full) */
GBytes *oh_waiting_stream_compose_error (const char *json);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhWaitingStream, oh_waiting_stream_free)

G_END_DECLS
