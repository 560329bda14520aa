/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces as the OpenTelemetry Collector's file exporter writes them, and its file receiver reads them: JSON Lines, each an
 * ExportTraceServiceRequest ("OpenTelemetry Protocol File Exporter", opentelemetry.io/docs/specs/otel/protocol/file-exporter). */
#include "config.h"
#include "oh-export-private.h"
#include "oh-otlp-batch.h"
#include "oh-outgoing-private.h"

#include <glib/gi18n.h>

/* Of one line, about: a reader holds it whole. */
#define LINE_SIZE ((gsize) 1 << 20)

typedef struct
{
  FILE *file;
  OhOtlpBatch *batch;
} Writing;

static void
write_line (Writing *self)
{
  g_autoptr (GString) line = g_string_new (NULL);

  oh_otlp_batch_write_json (self->batch, line);
  g_string_append_c (line, '\n');
  fwrite (line->str, 1, line->len, self->file);
  g_clear_pointer (&self->batch, oh_otlp_batch_free);
}

static void
add_span (const GString *span, gpointer data)
{
  Writing *self = data;
  OhJson json;

  if (self->batch == NULL)
    self->batch = oh_otlp_batch_new ();
  if (oh_json_parse (span->str, span->len, &json, NULL))
    oh_otlp_batch_add (self->batch, json);
  if (oh_otlp_batch_get_size (self->batch) >= LINE_SIZE)
    write_line (self);
}

static void
add_trace (FILE *file, OhStoreReader *reader, gint64 trace_id, GHashTable *chosen, OhExportFlags flags)
{
  Writing writing = { .file = file };
  const OhOutgoing outgoing = {
    .reader = reader,
    .chosen = chosen,
    .thinking = (flags & OH_EXPORT_THINKING) != 0,
    .func = add_span,
    .data = &writing,
  };

  oh_outgoing_tell (&outgoing, trace_id);
  if (writing.batch != NULL)
    write_line (&writing);
}

const OhExporter oh_exporter_otlp = {
  .name = "otlp",
  .suffix = ".otlp.jsonl",
  .title = N_ ("OpenTelemetry traces (.otlp.jsonl)"),
  .add_trace = add_trace,
};
