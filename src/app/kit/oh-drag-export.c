/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-drag-export.h"

#include "oh-export.h"

typedef struct
{
  char *data_dir;
  GArray *ids;
  const OhExporter *exporter;
} Export;

static void
export_free (gpointer data)
{
  Export *self = data;

  g_array_unref (self->ids);
  g_free (self->data_dir);
  g_free (self);
}

static gboolean
write_export (const char *path, gpointer data, GError **error)
{
  const Export *self = data;

  return oh_export_write (self->data_dir, self->ids, self->exporter, OH_EXPORT_PLAIN, path, NULL, NULL, NULL, error);
}

OhDragFile *
oh_drag_export_new (OhEngine *engine, GArray *ids, const char *format, gboolean text)
{
  Export *self;
  OhDragFile *file;

  g_return_val_if_fail (OH_IS_ENGINE (engine), NULL);
  g_return_val_if_fail (ids != NULL && ids->len > 0, NULL);

  self = g_new0 (Export, 1);
  self->data_dir = g_strdup (oh_engine_get_data_dir (engine));
  self->ids = g_array_ref (ids);
  self->exporter = oh_exporters_find_by_name (format);
  file = g_new0 (OhDragFile, 1);
  file->name = ids->len == 1
                   ? g_strdup_printf ("call-%" G_GINT64_FORMAT "%s", g_array_index (ids, gint64, 0), self->exporter->suffix)
                   : g_strdup_printf ("calls%s", self->exporter->suffix);
  file->text = text;
  file->write = write_export;
  file->data = self;
  file->free_data = export_free;
  return file;
}
