/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-transfers.h"

#include "oh-export.h"
#include "oh-import.h"
#include "oh-settings.h"

#include <glib/gi18n.h>

#define UNDO_SECONDS 30
/* How long a toast tells how a transfer ended. */
#define END_SECONDS 5
/* Deleted together, with a pause for captures between one slice and the next. */
#define SLICE 200
#define SLICE_PAUSE_MS 50
/* Beyond the limits at one time. */
#define EXPIRED_MAX 50000
#define LOOK_SECONDS 60
#define LOOK_SOON_SECONDS 5

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
  OhImported imported = { 0 };

  oh_import_file_finish (result, &imported, &error);
  words = g_strdup_printf (ngettext ("%u exchange imported", "%u exchanges imported", imported.exchanges),
                           imported.exchanges);
  end (self, error, words);
}

typedef struct
{
  AdwToastOverlay *toasts;
  OhEngine *engine;
  gint64 run_id;
  GtkFileChooserNative *chooser;
} Asking;

static void
asking_free (Asking *self)
{
  gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (self->chooser));
  g_object_unref (self->chooser);
  g_object_unref (self->toasts);
  g_object_unref (self->engine);
  g_free (self);
}

static const struct
{
  OhExportFormat format;
  const char *id;
  const char *title;
} formats[] = {
  { OH_EXPORT_HAR, "har", N_ ("HTTP Archive (.har)") },
  { OH_EXPORT_LINES, "jsonl", N_ ("JSON Lines, everything (.jsonl)") },
  { OH_EXPORT_MARKDOWN, "markdown", N_ ("Markdown, conversations (.md)") },
  { OH_EXPORT_DATABASE, "db", N_ ("Overhear database (.db)") },
};

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

/* The chosen format's ending, unless the name has one of the four. (transfer full) */
static char *
complete_path (GtkFileChooserNative *chooser, OhExportFormat *format)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  const char *choice = gtk_file_chooser_get_choice (GTK_FILE_CHOOSER (chooser), "format");
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (path == NULL || oh_export_format_from_path (path, format))
    return g_steal_pointer (&path);
  if (choice == NULL || !oh_export_format_from_name (choice, format))
    *format = OH_EXPORT_HAR;
  return add_suffix (path, oh_export_format_get_suffix (*format));
}

static void
on_export_response (GtkNativeDialog *dialog, int response, Asking *asking)
{
  OhExportFormat format = OH_EXPORT_HAR;
  g_autofree char *path = response == GTK_RESPONSE_ACCEPT ? complete_path (asking->chooser, &format) : NULL;

  if (path != NULL)
    {
      const OhQuery query = { .run_id = asking->run_id };
      g_autoptr (GArray) ids = oh_store_reader_find (oh_engine_get_reader (asking->engine), &query, NULL);
      Transfer *transfer = transfer_new (asking->toasts, asking->engine, _ ("Exporting…"),
                                         _ ("The export was stopped: no file was written"), g_strdup (path));

      if (ids == NULL)
        ids = g_array_new (FALSE, FALSE, sizeof (gint64));
      oh_export_write_async (oh_engine_get_data_dir (asking->engine), ids, format, path, on_progress, transfer,
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
oh_transfers_export (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine, gint64 run_id)
{
  GtkFileChooserNative *chooser;
  const char *ids[G_N_ELEMENTS (formats) + 1] = { NULL };
  const char *titles[G_N_ELEMENTS (formats) + 1] = { NULL };

  g_return_if_fail (GTK_IS_WINDOW (window) && OH_IS_ENGINE (engine));

  chooser = gtk_file_chooser_native_new (run_id != 0 ? _ ("Export the Run") : _ ("Export Everything"), window,
                                         GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Export"), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      ids[i] = formats[i].id;
      titles[i] = _ (formats[i].title);
    }
  gtk_file_chooser_add_choice (GTK_FILE_CHOOSER (chooser), "format", _ ("Format"), ids, titles);
  gtk_file_chooser_set_choice (GTK_FILE_CHOOSER (chooser), "format", formats[0].id);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (chooser), "overhear");
  ask (window, toasts, engine, chooser, G_CALLBACK (on_export_response))->run_id = run_id;
}

void
oh_transfers_import (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine)
{
  g_return_if_fail (GTK_IS_WINDOW (window) && OH_IS_ENGINE (engine));

  ask (window, toasts, engine,
       gtk_file_chooser_native_new (_ ("Import"), window, GTK_FILE_CHOOSER_ACTION_OPEN, _ ("_Import"), NULL),
       G_CALLBACK (on_import_response));
}

/* ---- limits ---- */

/* Of one window and its engine; ends with the first of them. Counted: toasts and a look under way hold it. */
typedef struct
{
  AdwToastOverlay *toasts;
  OhEngine *engine;
  GCancellable *cancellable;
  GArray *expired; /* told of, or being deleted; or NULL */
  guint deleted;   /* how many of them */
  gboolean looking;
  gboolean kept;   /* the user objected: nothing more until the limits change or the next start */
  guint timer;
  gboolean stopped;
} Limits;

static void schedule (Limits *self, guint seconds);

static void
forget_expired (Limits *self)
{
  g_clear_pointer (&self->expired, g_array_unref);
  self->deleted = 0;
}

static gboolean
delete_slice (gpointer data)
{
  Limits *self = data;
  const guint n = MIN (SLICE, self->expired->len - self->deleted);

  self->timer = 0;
  oh_engine_delete (self->engine, &g_array_index (self->expired, gint64, self->deleted), n);
  self->deleted += n;
  if (self->deleted < self->expired->len)
    {
      self->timer = g_timeout_add (SLICE_PAUSE_MS, delete_slice, self);
      return G_SOURCE_REMOVE;
    }
  forget_expired (self);
  /* The space comes back little by little; then there may be more. */
  schedule (self, LOOK_SECONDS);
  return G_SOURCE_REMOVE;
}

static void
limits_clear (gpointer data)
{
  Limits *self = data;

  g_clear_pointer (&self->expired, g_array_unref);
  g_object_unref (self->cancellable);
}

static void
limits_release (gpointer data, GClosure *closure)
{
  g_rc_box_release_full (data, limits_clear);
}

static void
on_undo (AdwToast *toast, Limits *self)
{
  self->kept = TRUE;
}

static void
on_dismissed (AdwToast *toast, Limits *self)
{
  if (self->expired == NULL || self->stopped)
    return;
  if (self->kept)
    {
      forget_expired (self);
      return;
    }
  self->timer = g_timeout_add (SLICE_PAUSE_MS, delete_slice, self);
}

static void
tell (Limits *self)
{
  g_autofree char *words = g_strdup_printf (ngettext ("%u exchange is beyond the limits and will be deleted",
                                                      "%u exchanges are beyond the limits and will be deleted",
                                                      self->expired->len),
                                            self->expired->len);
  AdwToast *toast = adw_toast_new (words);

  adw_toast_set_timeout (toast, UNDO_SECONDS);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  adw_toast_set_button_label (toast, _ ("_Keep Them"));
  g_signal_connect_data (toast, "button-clicked", G_CALLBACK (on_undo), g_rc_box_acquire (self), limits_release, 0);
  g_signal_connect_data (toast, "dismissed", G_CALLBACK (on_dismissed), g_rc_box_acquire (self), limits_release, 0);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

typedef struct
{
  char *data_dir;
  gint64 max_bytes;
  gint64 max_age_ns;
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_free (look->data_dir);
  g_free (look);
}

static void
look_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Look *look = data;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (look->data_dir, NULL);
  GArray *ids = reader == NULL ? NULL
                               : oh_store_reader_find_expired (reader, look->max_bytes, look->max_age_ns,
                                                               oh_clock_wall_ns (), EXPIRED_MAX);

  g_task_return_pointer (task, ids, (GDestroyNotify) g_array_unref);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  Limits *self = data;
  g_autoptr (GArray) ids = g_task_propagate_pointer (G_TASK (result), NULL);

  self->looking = FALSE;
  if (!self->stopped && ids != NULL && ids->len > 0)
    {
      self->expired = g_steal_pointer (&ids);
      tell (self);
    }
  else if (!self->stopped)
    schedule (self, LOOK_SECONDS);
  limits_release (self, NULL);
}

static gboolean
look (gpointer data)
{
  Limits *self = data;
  GSettings *settings = oh_settings_get ();
  const gint64 megabytes = g_settings_get_int (settings, "max-size");
  const gint64 days = g_settings_get_int (settings, "max-age");
  g_autoptr (GTask) task = NULL;
  Look *query;

  self->timer = 0;
  if (self->kept || self->looking || self->expired != NULL || (megabytes == 0 && days == 0))
    return G_SOURCE_REMOVE;
  self->looking = TRUE;
  query = g_new0 (Look, 1);
  query->data_dir = g_strdup (oh_engine_get_data_dir (self->engine));
  query->max_bytes = megabytes * 1000000;
  query->max_age_ns = days * 24 * 3600 * OH_NS_PER_S;
  task = g_task_new (NULL, self->cancellable, on_looked, g_rc_box_acquire (self));
  g_task_set_source_tag (task, look);
  g_task_set_task_data (task, query, look_free);
  g_task_run_in_thread (task, look_in_thread);
  return G_SOURCE_REMOVE;
}

static void
schedule (Limits *self, guint seconds)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add_seconds (seconds, look, self);
}

/* The user has changed the limits: what was kept is no longer kept for that. What has been told of stays told. */
static void
on_limits_changed (Limits *self)
{
  self->kept = FALSE;
  if (self->expired == NULL && !self->looking)
    schedule (self, LOOK_SOON_SECONDS);
}

/* What was told of and not deleted yet stays, for the next start to tell of again. */
static void
limits_stop (Limits *self)
{
  if (self->stopped)
    return;
  self->stopped = TRUE;
  g_signal_handlers_disconnect_by_data (oh_settings_get (), self);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_cancellable_cancel (self->cancellable);
}

static void
on_engine_gone (gpointer data, GObject *engine)
{
  limits_stop (data);
  limits_release (data, NULL);
}

static void
on_window_destroyed (GtkWindow *window, Limits *self)
{
  limits_stop (self);
}

void
oh_transfers_keep_limits (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine)
{
  Limits *self;

  g_return_if_fail (GTK_IS_WINDOW (window) && OH_IS_ENGINE (engine));

  self = g_rc_box_new0 (Limits);
  self->toasts = toasts;
  self->engine = engine;
  self->cancellable = g_cancellable_new ();
  g_signal_connect_swapped (oh_settings_get (), "changed::max-size", G_CALLBACK (on_limits_changed), self);
  g_signal_connect_swapped (oh_settings_get (), "changed::max-age", G_CALLBACK (on_limits_changed), self);
  g_object_weak_ref (G_OBJECT (engine), on_engine_gone, self);
  g_signal_connect_data (window, "destroy", G_CALLBACK (on_window_destroyed), g_rc_box_acquire (self), limits_release, 0);
  schedule (self, LOOK_SOON_SECONDS);
}
