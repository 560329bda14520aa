/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stream of events that we begin ourselves because its request waits, with pings so that the program does not give up; what
 * the server answers in the end is told in it: its stream as it is, and what is none as one event "error". Sans-I/O. */
#pragma once
#include "oh-http-head-private.h"

G_BEGIN_DECLS

#define OH_RETELLING_PING "event: ping\ndata: {\"type\": \"ping\"}\n\n"

typedef struct _OhRetelling OhRetelling;

/* Whether a request with this body asks for a stream of events. */
gboolean oh_retelling_is_asked_for (const guint8 *body, gsize length);

OhRetelling *oh_retelling_new (void);
void oh_retelling_free (OhRetelling *self);
/* The server answers. Returns: FALSE if that is no stream, and will be told as an error. */
gboolean oh_retelling_set_head (OhRetelling *self, const OhHttpHead *head);
/* @payload: (nullable): of its body; @last: that was all. Returns: what the program gets of it. (transfer full) */
GBytes *oh_retelling_feed (OhRetelling *self, GBytes *payload, gboolean last);
/* The event for an error. @json: as oh_answer_compose_error() writes it. (transfer full) */
GBytes *oh_retelling_compose_error (const char *json);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRetelling, oh_retelling_free)

G_END_DECLS
