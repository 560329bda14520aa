/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Whether a text of a span has nothing that would have to be replaced. @name: a list shows it */
typedef gboolean (*OhOtlpPlainFunc) (const char *text, gsize length, gboolean name, gpointer data);

/* Whether an ExportTraceServiceRequest, as protobuf, holds spans and nothing else, each sound and each of its texts plain: reading it
 * then tells all of them, whenever that is done. FALSE where that cannot be seen at once. */
gboolean oh_otlp_is_plain (const guint8 *data, gsize length, OhOtlpPlainFunc func, gpointer func_data);

G_END_DECLS
