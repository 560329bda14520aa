/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of OTLP's two forms of an ExportTraceServiceRequest and an ExportLogsServiceRequest, which are alike but for what is
 * in them. Sans-I/O; memory is bounded by one span's or record's. */
#pragma once
#include "oh-told.h"

G_BEGIN_DECLS

/* How deep values may nest: each level holds a copy of what is in it. What is deeper is left out. */
#define OH_OTLP_DEPTH_MAX 8

typedef enum
{
  OH_OTLP_TRACES,
  OH_OTLP_LOGS,
} OhOtlpSignal;

/* What became of the spans or records of one request. */
typedef struct
{
  guint64 taken;
  guint64 rejected;  /* those that cannot be kept */
  const char *why;   /* the first of them, a sentence (static, untranslated: it goes over the wire); or NULL */
} OhOtlpCount;

/* A log record, as far as it is told. */
typedef struct
{
  gint64 time_ns;
  gint64 number;       /* of its severity; 0: none */
  char *severity;      /* … as the program calls it, or NULL */
  char *name;          /* of an event, or NULL */
  char *scope;         /* the logger, or NULL */
  char *service;       /* of its resource, or NULL */
  char *trace_id;      /* of the span that was current, or NULL */
  char *span_id;
  GString *attributes; /* JSON: an object */
  GString *body;       /* JSON */
} OhOtlpLog;

void oh_otlp_log_clear (OhOtlpLog *self);
/* @resource: JSON: an object */
void oh_otlp_log_tell (const OhOtlpLog *self, const char *resource, OhToldFunc func, gpointer func_data);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhOtlpLog, oh_otlp_log_clear)

/* Returns: FALSE where the bytes are none, from some place on; what is before it has been told.
 * @problem: (out) (transfer full): what is wrong with them */
gboolean oh_otlp_read_protobuf (OhOtlpSignal signal, const guint8 *data, gsize length, OhToldFunc func, gpointer func_data,
                                OhOtlpCount *count, char **problem);
gboolean oh_otlp_read_json (OhOtlpSignal signal, const char *text, gsize length, OhToldFunc func, gpointer func_data,
                            OhOtlpCount *count, char **problem);

static inline void
oh_otlp_reject (OhOtlpCount *count, const char *why)
{
  count->rejected++;
  if (count->why == NULL)
    count->why = why;
}

G_END_DECLS
