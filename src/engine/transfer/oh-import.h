/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads exchanges from files: HAR, Overhear's own JSON Lines, flows that mitmdump wrote. They become exchanges of a run
 * named after the file, with their own times; secrets are replaced before anything is stored. */
#pragma once
#include "oh-engine.h"
#include "oh-export.h"

G_BEGIN_DECLS

#define OH_IMPORT_ERROR (oh_import_error_quark ())
GQuark oh_import_error_quark (void);

typedef enum
{
  OH_IMPORT_ERROR_READ,    /* the file cannot be read */
  OH_IMPORT_ERROR_FORMAT,  /* it is none of the formats */
  OH_IMPORT_ERROR_NOTHING, /* there is no exchange in it */
} OhImportError;

typedef struct
{
  gint64 run_id;
  guint exchanges;
  guint skipped;  /* entries that are no HTTP exchange, or damaged */
} OhImported;

/* Whether a file with that name is more likely to be imported than run: .har, .jsonl, .flow, .flows, .mitm. */
gboolean oh_import_is_name (const char *name);

/* @path: what the file is, its content says. What was read before it is cancelled stays in the run. */
void oh_import_file_async (OhEngine *engine, const char *path, OhProgressFunc progress, gpointer progress_data,
                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* @imported: (out) (optional): also filled on errors and when cancelled */
gboolean oh_import_file_finish (GAsyncResult *result, OhImported *imported, GError **error);

G_END_DECLS
