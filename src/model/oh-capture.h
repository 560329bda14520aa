/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the proxy's recorder tells a sink, one immutable value at a time. The captures of one exchange carry the same
 * key and come in this order:
 *   BEGIN, REQUEST_DATA*, REQUEST_END?, RESPONSE_HEAD?, RESPONSE_DATA*, END
 * (request and response may overlap; END always comes, exactly once). A POST stands by itself: what an instrument sent, to be taken
 * apart later. */
#pragma once
#include "oh-exchange.h"

G_BEGIN_DECLS

typedef enum
{
  OH_CAPTURE_BEGIN,         /* exchange: everything known at the request's head */
  OH_CAPTURE_REQUEST_DATA,  /* data, at_ns */
  OH_CAPTURE_REQUEST_END,   /* at_ns */
  OH_CAPTURE_RESPONSE_HEAD, /* exchange: additionally status, reason, response_headers, timings */
  OH_CAPTURE_RESPONSE_DATA, /* data, at_ns */
  OH_CAPTURE_END,           /* exchange: everything, with outcome, ended_by, error, timings, gaps */
  OH_CAPTURE_POST,          /* data: its body; exchange: target, run_id, program, connection */
} OhCaptureKind;

/* Told once the END or POST has been committed (or can never be), in the context given to oh_capture_set_committed(). */
typedef void (*OhCommittedFunc) (gpointer data);

typedef struct _OhCapture OhCapture;

struct _OhCapture
{
  OhCaptureKind kind;
  guint64 key;          /* unique in this process */
  OhExchange *exchange; /* BEGIN, RESPONSE_HEAD, END; id is 0: the store gives it */
  GBytes *data;         /* *_DATA: wire bytes, secrets replaced */
  gint64 at_ns;         /* ns after the exchange's start, monotonic */
  gint64 post_id;       /* POST: as it was stored; END: of the post that told of it; 0: none */
  gint64 post_told;     /* so many of what is in that post are stored, with this END; -1: all */
};

/* @exchange: (transfer full) (nullable); @data: (transfer full) (nullable) */
OhCapture *oh_capture_new (OhCaptureKind kind, guint64 key, OhExchange *exchange, GBytes *data, gint64 at_ns);
OhCapture *oh_capture_ref (OhCapture *self);
void oh_capture_unref (OhCapture *self);
/* Asks to be told of the commit of this END or POST. Before it is pushed; at most once. */
void oh_capture_set_committed (OhCapture *self, GMainContext *context, OhCommittedFunc func, gpointer data);
/* For sinks: whether somebody asked, and so waits. */
gboolean oh_capture_is_awaited (OhCapture *self);
/* For sinks: tells whoever asked, once; later calls do nothing. Also called when the last reference goes. Any thread. */
void oh_capture_committed (OhCapture *self);
/* For the recorder: the last byte of the answer has gone to the client although this END is not committed yet. Any
 * thread. */
void oh_capture_release (OhCapture *self);
/* For sinks, while they write an END: whether to add OH_GAP_LATE to the exchange's gaps. Any thread. */
gboolean oh_capture_is_released (OhCapture *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhCapture, oh_capture_unref)

G_END_DECLS
