/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ExportTraceServiceRequest of OTLP that is put together span by span: what oh-ingest.h reads, the other way round. Both
 * forms, protobuf and JSON, are written from the same messages. Sans-I/O; one thread at a time. */
#pragma once
#include "oh-json-scan.h"

#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhOtlpBatch OhOtlpBatch;

OhOtlpBatch *oh_otlp_batch_new (void);
void oh_otlp_batch_free (OhOtlpBatch *self);
/* @span: as of oh-told.h. Numbers are integers unless they have a point or an exponent; what nests deeper than is read is left
 * out, as is null. Returns: FALSE, and nothing is added, where it has no valid ids. */
gboolean oh_otlp_batch_add (OhOtlpBatch *self, OhJson span);
guint oh_otlp_batch_get_length (const OhOtlpBatch *self);
/* About how many bytes it will be. */
gsize oh_otlp_batch_get_size (const OhOtlpBatch *self);
/* (transfer full) */
GBytes *oh_otlp_batch_to_protobuf (const OhOtlpBatch *self);
/* One line without its end: ids are hex, integers of 64 bits are strings. */
void oh_otlp_batch_write_json (const OhOtlpBatch *self, GString *out);

/* What an ExportTraceServiceResponse says that was not taken. @why: (out) (transfer full): or NULL */
guint oh_otlp_read_rejected (const guint8 *data, gsize length, char **why);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhOtlpBatch, oh_otlp_batch_free)

G_END_DECLS
