/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges that are dragged out as a file of an export. */
#pragma once
#include "oh-drag-file.h"
#include "oh-engine.h"

G_BEGIN_DECLS

/* @ids: (element-type gint64) exchanges
 * @format: the name of an exporter (oh-export.h)
 * @text: its files are text that one reads
 * Returns: for oh_drag_file_attach(). (transfer full) */
OhDragFile *oh_drag_export_new (OhEngine *engine, GArray *ids, const char *format, gboolean text);

G_END_DECLS
