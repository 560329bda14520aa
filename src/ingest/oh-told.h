/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thing that an instrument told us: a span, an event, or a request and its answer. A span is kept as JSON, the same whatever it came as: names as in OTLP's JSON,
 * ids in hex, times as numbers (ns since 1970), attributes as one object:
 *   {"resource": {…}, "scope": {"name", "version"}, "traceId", "spanId", "parentSpanId", "name", "kind",
 *    "startTimeUnixNano", "endTimeUnixNano", "attributes": {…}, "events": [{"timeUnixNano", "name", "attributes"}],
 *    "links": [{"traceId", "spanId", "attributes"}], "status": {"code", "message"}} */
#pragma once
#include "oh-exchange.h"

G_BEGIN_DECLS

typedef struct
{
  char *name;
  char *service;     /* service.name of its resource, or NULL */
  gint64 started_ns; /* wall clock, as told; 0: not */
  gint64 ended_ns;
  gboolean failed;   /* its status says so */
  char *error;       /* … and why, or NULL */
  char *trace_id;    /* of a span: 32 hex, in lower case */
  char *span_id;     /* … 16 hex */
  GString *json;     /* NULL: exchange is all */
  char *method;      /* what the list calls it; NULL: a span */
  OhExchange *exchange; /* a request: its address, status, headers; or NULL */
  GBytes *request;   /* … and its bodies, where there is no json; or NULL */
  GBytes *response;
} OhTold;

/* @told: (transfer none) */
typedef void (*OhToldFunc) (const OhTold *told, gpointer data);

void oh_told_clear (OhTold *self);
/* Calls a span by its message for people, if it has one (Logfire's names are templates, such as “Message with {model}”); its JSON
 * keeps its name. */
void oh_told_take_message (OhTold *self);
/* Lower-case hex of an id. Returns: NULL if it has not @size bytes or none but zeros. (transfer full) */
char *oh_told_make_id (const guint8 *data, gsize length, gsize size);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhTold, oh_told_clear)

G_END_DECLS
