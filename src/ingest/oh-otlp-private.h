/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of OTLP's two forms of an ExportTraceServiceRequest. Sans-I/O; memory is bounded by one span's. */
#pragma once
#include "oh-told.h"

G_BEGIN_DECLS

/* How deep values may nest: each level holds a copy of what is in it. What is deeper is left out. */
#define OH_OTLP_DEPTH_MAX 8

/* What became of the spans of one request. */
typedef struct
{
  guint64 taken;
  guint64 rejected;  /* spans that cannot be kept */
  const char *why;   /* the first of them, a sentence (static, untranslated: it goes over the wire); or NULL */
} OhOtlpCount;

/* Returns: FALSE where the bytes are none, from some place on; the spans before it have been told.
 * @problem: (out) (transfer full): what is wrong with them */
gboolean oh_otlp_read_protobuf (const guint8 *data, gsize length, OhToldFunc func, gpointer func_data, OhOtlpCount *count,
                                char **problem);
gboolean oh_otlp_read_json (const char *text, gsize length, OhToldFunc func, gpointer func_data, OhOtlpCount *count,
                            char **problem);

static inline void
oh_otlp_reject (OhOtlpCount *count, const char *why)
{
  count->rejected++;
  if (count->why == NULL)
    count->why = why;
}

G_END_DECLS
