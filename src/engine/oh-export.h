/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes exchanges into files that other programs read, or that Overhear reads again (oh-import.h). What the store has
 * no secrets of, the files have none of either; they are private (0600), and complete or not there. */
#pragma once
#include "oh-store-reader.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_EXPORT_ERROR (oh_export_error_quark ())
GQuark oh_export_error_quark (void);

typedef enum
{
  OH_EXPORT_ERROR_NOTHING,  /* no exchange is chosen */
  OH_EXPORT_ERROR_WRITE,    /* the file cannot be made or written */
  OH_EXPORT_ERROR_READ,     /* the store cannot be read */
} OhExportError;

typedef enum
{
  OH_EXPORT_HAR,      /* HTTP Archive 1.2, for browsers' network panels; bodies without content-encoding */
  OH_EXPORT_LINES,    /* JSON Lines with everything, byte for byte */
  OH_EXPORT_MARKDOWN, /* conversations, to be read by people */
  OH_EXPORT_DATABASE, /* a database of the selection, to be used as a data directory's overhear.db */
} OhExportFormat;

/* How far it is. Called in the context the work was started in; in the thread of the work for oh_export_write(). */
typedef void (*OhProgressFunc) (guint done, guint total, gpointer data);

/* "har", "jsonl", "markdown", "db". Returns: FALSE for another name. */
gboolean oh_export_format_from_name (const char *name, OhExportFormat *format);
/* By a file's name: .har, .jsonl, .md, .db. Returns: FALSE for another ending. */
gboolean oh_export_format_from_path (const char *path, OhExportFormat *format);
/* The ending of such files: ".har", … (transfer none) */
const char *oh_export_format_get_suffix (OhExportFormat format);

/* Blocks; any thread.
 * @data_dir: where the store is
 * @ids: (element-type gint64): in the order to be written
 * @path: replaced if it is there; NULL: standard output (not for databases)
 * @progress: (nullable) */
gboolean oh_export_write (const char *data_dir, GArray *ids, OhExportFormat format, const char *path,
                          OhProgressFunc progress, gpointer data, GCancellable *cancellable, GError **error);
/* The same on a thread of its own; what was written is removed if it is cancelled. */
void oh_export_write_async (const char *data_dir, GArray *ids, OhExportFormat format, const char *path,
                            OhProgressFunc progress, gpointer progress_data, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer data);
gboolean oh_export_write_finish (GAsyncResult *result, GError **error);

G_END_DECLS
