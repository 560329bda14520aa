/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-transfers.h"

#include "oh-export.h"
#include "oh-import.h"

#include <glib/gi18n.h>

/* How long a toast tells how a transfer ended. */
#define END_SECONDS 5

static void
say (AdwToastOverlay *toasts, const char *words)
{
  g_autofree char *markup = g_markup_escape_text (words, -1);

  adw_toast_overlay_add_toast (toasts, adw_toast_new (markup));
}

/* ---- export and import ---- */

typedef struct
{
  AdwToastOverlay *toasts;
  OhEngine *engine;
  GCancellable *cancellable;
  AdwToast *toast;
  gboolean dismissed;  /* the toast, by the user */
  GtkProgressBar *bar; /* in the toast */
  const char *stopped; /* what to say where the user stops it */
  char *path;
} Transfer;

static void
transfer_free (Transfer *self)
{
  g_signal_handlers_disconnect_by_data (self->toast, self);
  g_object_unref (self->toasts);
  g_object_unref (self->engine);
  g_object_unref (self->cancellable);
  g_object_unref (self->toast);
  g_free (self->path);
  g_free (self);
}

static void
on_transfer_dismissed (Transfer *self)
{
  self->dismissed = TRUE;
}

static Transfer *
transfer_new (AdwToastOverlay *toasts, OhEngine *engine, const char *words, const char *stopped, char *path)
{
  Transfer *self = g_new0 (Transfer, 1);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  GtkWidget *bar = gtk_progress_bar_new ();
  GtkWidget *label = gtk_label_new (words);

  self->toasts = g_object_ref (toasts);
  self->engine = g_object_ref (engine);
  self->cancellable = g_cancellable_new ();
  self->stopped = stopped;
  self->path = path;
  self->bar = GTK_PROGRESS_BAR (bar);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "heading");
  gtk_widget_set_size_request (bar, 200, -1);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (bar), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), bar);
  self->toast = adw_toast_new (words);
  adw_toast_set_custom_title (self->toast, box);
  adw_toast_set_timeout (self->toast, 0);
  adw_toast_set_button_label (self->toast, _ ("_Cancel"));
  g_signal_connect_object (self->toast, "button-clicked", G_CALLBACK (g_cancellable_cancel), self->cancellable,
                           G_CONNECT_SWAPPED);
  g_signal_connect_swapped (self->toast, "dismissed", G_CALLBACK (on_transfer_dismissed), self);
  adw_toast_overlay_add_toast (toasts, g_object_ref (self->toast));
  return self;
}

static void
on_progress (guint done, guint total, gpointer data)
{
  Transfer *self = data;

  gtk_progress_bar_set_fraction (self->bar, total > 0 ? MIN ((double) done / total, 1) : 0);
}

static gboolean
dismiss (gpointer data)
{
  adw_toast_dismiss (data);
  return G_SOURCE_REMOVE;
}

/* The toast that told of the progress tells of the end. It is not replaced: libadwaita before 1.3 crashes when a toast is
 * dismissed while it still slides in. */
static void
end (Transfer *self, const GError *error, const char *words)
{
  const char *said = error == NULL ? words
                     : g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? self->stopped
                                                                                   : error->message;

  if (self->dismissed)
    {
      say (self->toasts, said);
    }
  else
    {
      g_autofree char *markup = g_markup_escape_text (said, -1);

      adw_toast_set_custom_title (self->toast, NULL);
      adw_toast_set_title (self->toast, markup);
      adw_toast_set_button_label (self->toast, NULL);
      g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, END_SECONDS, dismiss, g_object_ref (self->toast), g_object_unref);
    }
  transfer_free (self);
}

static void
on_exported (GObject *source, GAsyncResult *result, gpointer data)
{
  Transfer *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_path_get_basename (self->path);
  g_autofree char *shown = g_filename_display_name (name);
  g_autofree char *words = g_strdup_printf (_ ("Exported to %s"), shown);

  oh_export_write_finish (result, &error);
  end (self, error, words);
}

static void
on_imported (GObject *source, GAsyncResult *result, gpointer data)
{
  Transfer *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;
  g_autofree char *count = NULL;
  OhImported imported = { 0 };

  oh_import_file_finish (result, &imported, &error);
  count = oh_format_count (imported.exchanges);
  words = g_strdup_printf (ngettext ("%s exchange imported", "%s exchanges imported", imported.exchanges), count);
  end (self, error, words);
}

typedef struct
{
  AdwToastOverlay *toasts;
  OhEngine *engine;
  char *part;
  GtkFileChooserNative *chooser;
} Asking;

static void
asking_free (Asking *self)
{
  gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (self->chooser));
  g_object_unref (self->chooser);
  g_object_unref (self->toasts);
  g_object_unref (self->engine);
  g_free (self->part);
  g_free (self);
}

/* The name with an ending, or with a number before it where there is such a file: the dialog could not ask whether to
 * replace a file that it did not know the name of. (transfer full) */
static char *
add_suffix (const char *path, const char *suffix)
{
  char *name = g_strconcat (path, suffix, NULL);

  for (guint n = 2; g_file_test (name, G_FILE_TEST_EXISTS); n++)
    {
      g_free (name);
      name = g_strdup_printf ("%s-%u%s", path, n, suffix);
    }
  return name;
}

/* The chosen format's ending, unless the name has one already. (transfer full) */
static char *
complete_path (GtkFileChooserNative *chooser, const OhExporter **exporter)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  const char *choice = gtk_file_chooser_get_choice (GTK_FILE_CHOOSER (chooser), "format");
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  *exporter = path == NULL ? NULL : oh_exporters_find_by_path (path);
  if (path == NULL || *exporter != NULL)
    return g_steal_pointer (&path);
  *exporter = choice == NULL ? NULL : oh_exporters_find_by_name (choice);
  if (*exporter == NULL)
    *exporter = *oh_exporters_get ();
  return add_suffix (path, (*exporter)->suffix);
}

static void
on_export_response (GtkNativeDialog *dialog, int response, Asking *asking)
{
  const OhExporter *exporter = NULL;
  g_autofree char *path = response == GTK_RESPONSE_ACCEPT ? complete_path (asking->chooser, &exporter) : NULL;

  if (path != NULL)
    {
      OhStoreReader *reader = oh_engine_get_reader (asking->engine);
      g_autoptr (GArray) ids = asking->part != NULL ? oh_part_find (reader, asking->part)
                                                    : oh_store_reader_find (reader, &(OhQuery) { 0 }, NULL);
      Transfer *transfer = transfer_new (asking->toasts, asking->engine, _ ("Exporting…"),
                                         _ ("The export was stopped: no file was written"), g_strdup (path));

      if (ids == NULL)
        ids = g_array_new (FALSE, FALSE, sizeof (gint64));
      oh_export_write_async (oh_engine_get_data_dir (asking->engine), ids, exporter, path, on_progress, transfer,
                             transfer->cancellable, on_exported, transfer);
    }
  asking_free (asking);
}

void
oh_transfers_import_file (AdwToastOverlay *toasts, OhEngine *engine, const char *path)
{
  Transfer *transfer =
    transfer_new (toasts, engine, _ ("Importing…"),
                  _ ("The import was stopped: what had been read before stays, as a run"), g_strdup (path));

  oh_import_file_async (engine, path, on_progress, transfer, transfer->cancellable, on_imported, transfer);
}

static void
on_import_response (GtkNativeDialog *dialog, int response, Asking *asking)
{
  g_autoptr (GFile) file =
    response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (asking->chooser)) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (path != NULL)
    oh_transfers_import_file (asking->toasts, asking->engine, path);
  asking_free (asking);
}

static Asking *
ask (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine, GtkFileChooserNative *chooser, GCallback callback)
{
  Asking *asking = g_new0 (Asking, 1);

  asking->toasts = g_object_ref (toasts);
  asking->engine = g_object_ref (engine);
  asking->chooser = chooser;
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect (chooser, "response", callback, asking);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
  return asking;
}

void
oh_transfers_export (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine, const char *part)
{
  GtkFileChooserNative *chooser;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GPtrArray) titles = g_ptr_array_new ();

  g_return_if_fail (GTK_IS_WINDOW (window) && OH_IS_ENGINE (engine));

  chooser = gtk_file_chooser_native_new (part == NULL ? _ ("Export Everything")
                                         : g_str_has_prefix (part, "run:") ? _ ("Export the Run") : _ ("Export"), window,
                                         GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Export"), NULL);
  for (const OhExporter *const *exporter = oh_exporters_get (); *exporter != NULL; exporter++)
    {
      g_ptr_array_add (names, (gpointer) (*exporter)->name);
      g_ptr_array_add (titles, (gpointer) _ ((*exporter)->title));
    }
  g_ptr_array_add (names, NULL);
  g_ptr_array_add (titles, NULL);
  gtk_file_chooser_add_choice (GTK_FILE_CHOOSER (chooser), "format", _ ("Format"), (const char **) names->pdata,
                               (const char **) titles->pdata);
  gtk_file_chooser_set_choice (GTK_FILE_CHOOSER (chooser), "format", names->pdata[0]);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (chooser), "overhear");
  ask (window, toasts, engine, chooser, G_CALLBACK (on_export_response))->part = g_strdup (part);
}

void
oh_transfers_import (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine)
{
  g_return_if_fail (GTK_IS_WINDOW (window) && OH_IS_ENGINE (engine));

  ask (window, toasts, engine,
       gtk_file_chooser_native_new (_ ("Import"), window, GTK_FILE_CHOOSER_ACTION_OPEN, _ ("_Import"), NULL),
       G_CALLBACK (on_import_response));
}
