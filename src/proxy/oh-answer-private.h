/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An answer as its client gets it: the head that the server sent, with what is for this connection alone, and a body in frames
 * that the client understands. Sans-I/O. */
#pragma once
#include "oh-http-head-private.h"

G_BEGIN_DECLS

typedef struct
{
  guint minor;       /* of HTTP/1.x, the client's */
  gboolean keep;     /* another request may follow */
  OhFraming framing; /* towards the client */
  gboolean proxied;  /* it is, or comes through, a proxy of the user's own, which may want a login */
  GString *head;     /* not given yet */
  GString *trailers; /* lines behind the last chunk, or NULL */
} OhAnswer;

void oh_answer_clear (OhAnswer *self);
/* @framing: of the server's answer */
void oh_answer_begin (OhAnswer *self, const OhHttpHead *head, OhFraming framing);
/* A stream of events that is not the server's. */
void oh_answer_begin_events (OhAnswer *self);
void oh_answer_set_trailers (OhAnswer *self, const OhHttpHead *trailers);
/* The head, if it was not given yet, @payload in its frame, and perhaps the last chunk, in one piece.
 * @payload: (nullable); @last: that is all. (transfer full) */
GBytes *oh_answer_frame (OhAnswer *self, GBytes *payload, gboolean last);
/* A head that comes before the answer's, such as 103. @whole: with all of its fields, as 101 has them. (transfer full) */
GBytes *oh_answer_compose_interim (const OhHttpHead *head, gboolean whole);
/* An error in the words of the API. @type: its name. (transfer full): JSON */
char *oh_answer_compose_error (const char *type, const char *message);

G_END_DECLS
