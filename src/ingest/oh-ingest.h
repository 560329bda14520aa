/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instruments send over HTTP, taken apart, and how they are answered: OTLP, as of its specification, and the events of
 * Smello's client. Sans-I/O; any thread. */
#pragma once
#include "oh-otlp-plain.h"
#include "oh-told.h"

G_BEGIN_DECLS

/* What a body may be, also once its content-encoding is undone. */
#define OH_INGEST_MAX (64u * 1024 * 1024)

typedef struct
{
  guint status;
  const char *type;  /* media type (static) */
  GBytes *body;
} OhIngestReply;

/* Whether there is something at this address.
 * @path: what stands behind the token, without a query: "/v1/traces", "/api/capture/log" */
gboolean oh_ingest_knows (const char *path);
/* Takes one request. What is good of it is told, whatever the answer is.
 * @content_type, @content_encoding: (nullable): its header's values
 * @reply: (out): to be cleared */
void oh_ingest_take (const char *path, const char *content_type, const char *content_encoding, GBytes *body,
                     OhToldFunc func, gpointer data, OhIngestReply *reply);
/* Whether it may be answered at once and taken later: spans, all of them sound, in which every text is plain, so that they may be
 * kept as they are until then. @reply: (out): what is answered
 * Returns: the body without content-encoding, which is x-protobuf; NULL: to be taken. (transfer full) */
GBytes *oh_ingest_defer (const char *path, const char *content_type, const char *content_encoding, GBytes *body,
                         OhOtlpPlainFunc plain, gpointer data, OhIngestReply *reply);
void oh_ingest_reply_clear (OhIngestReply *reply);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhIngestReply, oh_ingest_reply_clear)

G_END_DECLS
