/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes exchanges into files that other programs read, or that Overhear reads again (oh-import.h). What the store has
 * no secrets of, the files have none of either; they are private (0600), and complete or not there. */
#pragma once
#include "oh-block.h"
#include "oh-store-reader.h"

#include <gio/gio.h>
#include <stdio.h>

G_BEGIN_DECLS

#define OH_EXPORT_ERROR (oh_export_error_quark ())
GQuark oh_export_error_quark (void);

typedef enum
{
  OH_EXPORT_ERROR_NOTHING,  /* no exchange is chosen, or none that the format is about */
  OH_EXPORT_ERROR_WRITE,    /* the file cannot be made or written */
  OH_EXPORT_ERROR_READ,     /* the store cannot be read */
} OhExportError;

/* What is said beyond what always is. */
typedef enum
{
  OH_EXPORT_PLAIN = 0,
  OH_EXPORT_THINKING = 1 << 0, /* traces: what models thought, too; other formats have all of it anyway */
} OhExportFlags;

typedef struct _OhTransfer OhTransfer;

/* A format. Each is a file of its own, and a line of the list in oh-export.c, which front ends show. */
typedef struct
{
  const char *name;   /* "har" */
  const char *suffix; /* of its files: ".har" */
  const char *title;  /* to be translated */
  gboolean store;     /* a database of the selection, to be used as a data directory's overhear.db: never standard output */
  gboolean ends;      /* of each conversation only the calls that say what no other says: they carry the rest */

  /* One exchange after another. @first: whether none was written before. begin and end may be NULL. */
  void (*begin) (FILE *file, OhStoreReader *reader, GArray *ids);
  void (*add) (FILE *file, OhStoreReader *reader, const OhTransfer *transfer, gboolean first);
  void (*end) (FILE *file);
  /* Instead of these: one trace after another, of those that a chosen exchange stands in.
   * @chosen: (element-type gint64): the exchanges */
  void (*add_trace) (FILE *file, OhStoreReader *reader, gint64 trace_id, GHashTable *chosen, OhExportFlags flags);
} OhExporter;

/* How far it is. Called in the context the work was started in; in the thread of the work for oh_export_write(). */
typedef void (*OhProgressFunc) (guint done, guint total, gpointer data);

/* All there are, NULL at the end. (transfer none) */
const OhExporter *const *oh_exporters_get (void);
/* By its name, or by the ending of a file's. Returns: NULL for any other. (transfer none) */
const OhExporter *oh_exporters_find_by_name (const char *name);
const OhExporter *oh_exporters_find_by_path (const char *path);

/* The blocks of a message as text for people: thinking as a quote, what is no text as fenced JSON. (transfer full) */
char *oh_export_answer_to_markdown (const OhMessage *answer);

/* Blocks; any thread.
 * @data_dir: where the store is
 * @ids: (element-type gint64): in the order to be written
 * @path: replaced if it is there; NULL: standard output (not for a store)
 * @progress: (nullable) */
gboolean oh_export_write (const char *data_dir, GArray *ids, const OhExporter *exporter, OhExportFlags flags, const char *path,
                          OhProgressFunc progress, gpointer data, GCancellable *cancellable, GError **error);
/* The same, plain, on a thread of its own; what was written is removed if it is cancelled. */
void oh_export_write_async (const char *data_dir, GArray *ids, const OhExporter *exporter, const char *path,
                            OhProgressFunc progress, gpointer progress_data, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer data);
gboolean oh_export_write_finish (GAsyncResult *result, GError **error);

G_END_DECLS
