/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request to a server and its answer, both streamed. Reads while it writes, so that an answer that comes before the
 * request has been sent is seen (libsoup's client reads nothing before: HACKING.md). One thread. */
#pragma once
#include "oh-http-body-private.h"
#include "oh-upstream-private.h"

G_BEGIN_DECLS

typedef struct _OhFetch OhFetch;

/* Exactly one of end (within data), failed, switched ends a fetch; nothing is told after it. Each may free the fetch. */
typedef struct
{
  /* The head of the request, as it goes by that connection. Asked once one is there, again if it is sent again.
   * @forwarding: (nullable): the proxy that gets all of the request. (transfer full) */
  GBytes *(*compose) (gpointer owner, const OhHop *forwarding);
  /* A connection is there; its times may be read. Told within oh_fetch_go() if it was pooled. */
  void (*connected) (gpointer owner, const OhLine *line);
  /* It is sent again: the server had closed the pooled connection before. */
  void (*resent) (gpointer owner);
  /* 1xx but 101. */
  void (*informational) (gpointer owner, const OhHttpHead *head);
  void (*head) (gpointer owner, const OhHttpHead *head, OhFraming framing);
  /* What has been told of the answer is all there is for now. */
  void (*settled) (gpointer owner);
  /* What stands behind the chunks of an answer; told before the end. */
  void (*trailers) (gpointer owner, const OhHttpHead *trailers);
  /* The answer is whole although the request is not; the last data, which is empty, follows when that has been sent. */
  void (*early_end) (gpointer owner);
  /* @payload: without its chunk frames, or NULL; @last: the answer is whole. */
  void (*data) (gpointer owner, GBytes *payload, gboolean last);
  /* What came instead of a head; failed follows. */
  void (*broken) (gpointer owner, const guint8 *data, gsize length);
  /* @code: stable name; @message: a sentence; @reset: it was refused or ended by a reset. After head this is a cut. */
  void (*failed) (gpointer owner, const char *code, const char *message, gboolean reset);
  /* 101. @line: (transfer full); @leftover: (transfer full): what came after the head. */
  void (*switched) (gpointer owner, const OhHttpHead *head, OhLine *line, GBytes *leftover);
  /* There is room again: oh_fetch_get_pending() fell below OH_FETCH_LOW. */
  void (*drained) (gpointer owner);
} OhFetchEvents;

#define OH_FETCH_HIGH (256 * 1024)
#define OH_FETCH_LOW (64 * 1024)

/* It sends nothing, and looks for no connection, before oh_fetch_go(). */
OhFetch *oh_fetch_new (OhUpstream *upstream, const OhDestination *destination, const char *method,
                       const OhFetchEvents *events, gpointer owner);
/* @fresh: the program made a connection for this request: a server may be about to close one that has been idle for long,
 *   which the program would not have seen */
void oh_fetch_go (OhFetch *self, gboolean fresh);
/* Ends it without another word. */
void oh_fetch_free (OhFetch *self);
/* Raw bytes of the request, behind its head. @data: (transfer full) */
void oh_fetch_write (OhFetch *self, GBytes *data);
/* Nothing is sent until oh_fetch_uncork(): head and body go in one TLS record then, if they are there. */
void oh_fetch_cork (OhFetch *self);
void oh_fetch_uncork (OhFetch *self);
/* The request ends here, unfinished: nobody waits for the rest. */
void oh_fetch_abandon_request (OhFetch *self);
/* The request is whole. */
void oh_fetch_finish_request (OhFetch *self);
/* Bytes not written yet. */
gsize oh_fetch_get_pending (OhFetch *self);
/* The owner takes no more data for now. */
void oh_fetch_pause (OhFetch *self);
void oh_fetch_resume (OhFetch *self);

G_END_DECLS
