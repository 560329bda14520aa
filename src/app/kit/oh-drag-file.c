/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-drag-file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define URIS "text/uri-list"
#define TEXT "text/plain;charset=utf-8"

static char *base_folder;    /* once something was taken */
static GPtrArray *written;   /* (element-type filename) files, each in a folder of its own below it */

static void
drag_file_free (OhDragFile *file)
{
  if (file->free_data != NULL)
    file->free_data (file->data);
  g_free (file->name);
  g_free (file);
}

/* ---- what is dragged ---- */

#define OH_TYPE_DRAG_PROVIDER (oh_drag_provider_get_type ())
G_DECLARE_FINAL_TYPE (OhDragProvider, oh_drag_provider, OH, DRAG_PROVIDER, GdkContentProvider)

struct _OhDragProvider
{
  GdkContentProvider parent_instance;

  OhDragFile *file;
  GMutex lock;      /* over all below: takers may come at the same time */
  char *path;       /* once its folder is there */
  gboolean is_there;
};

G_DEFINE_FINAL_TYPE (OhDragProvider, oh_drag_provider, GDK_TYPE_CONTENT_PROVIDER)

static GdkContentFormats *
oh_drag_provider_ref_formats (GdkContentProvider *provider)
{
  OhDragProvider *self = OH_DRAG_PROVIDER (provider);
  static const char *const both[] = { URIS, TEXT };

  return gdk_content_formats_new ((const char **) both, self->file->text ? 2 : 1);
}

/* On the main thread, which knows all files. */
static gboolean
choose_path (OhDragProvider *self, GError **error)
{
  g_autofree char *folder = NULL;

  if (self->path != NULL)
    return TRUE;
  if (base_folder == NULL)
    base_folder = g_dir_make_tmp ("overhear-drag-XXXXXX", error);
  if (base_folder == NULL)
    return FALSE;
  if (written == NULL)
    written = g_ptr_array_new_with_free_func (g_free);
  folder = g_strdup_printf ("%s/%u", base_folder, written->len);
  if (g_mkdir (folder, 0700) != 0)
    {
      g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (errno), g_strerror (errno));
      return FALSE;
    }
  self->path = g_build_filename (folder, self->file->name, NULL);
  g_ptr_array_add (written, g_strdup (self->path));
  return TRUE;
}

/* What goes to the taker. (transfer full) */
static GBytes *
make_content (OhDragProvider *self, const char *mime_type, GError **error)
{
  g_autofree char *uri = NULL;
  char *text;
  gsize length;

  if (!self->is_there && !self->file->write (self->path, self->file->data, error))
    return NULL;
  self->is_there = TRUE;
  if (g_str_equal (mime_type, TEXT))
    return g_file_get_contents (self->path, &text, &length, error) ? g_bytes_new_take (text, length) : NULL;
  uri = g_filename_to_uri (self->path, NULL, error);
  if (uri == NULL)
    return NULL;
  text = g_strconcat (uri, "\r\n", NULL);
  return g_bytes_new_take (text, strlen (text));
}

static void
write_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  OhDragProvider *self = source;
  g_autoptr (GError) error = NULL;
  GBytes *content;

  g_mutex_lock (&self->lock);
  content = make_content (self, task_data, &error);
  g_mutex_unlock (&self->lock);
  if (content == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, content, (GDestroyNotify) g_bytes_unref);
}

static void
on_sent (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (GError) error = NULL;

  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GOutputStream *stream = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  GBytes *content = g_task_propagate_pointer (G_TASK (result), &error);
  gconstpointer bytes;
  gsize length;

  if (content == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  g_object_set_data_full (G_OBJECT (task), "content", content, (GDestroyNotify) g_bytes_unref);
  bytes = g_bytes_get_data (content, &length);
  g_output_stream_write_all_async (stream, bytes, length, g_task_get_priority (task), g_task_get_cancellable (task), on_sent,
                                   g_object_ref (task));
}

static void
oh_drag_provider_write_async (GdkContentProvider *provider, const char *mime_type, GOutputStream *stream, int priority,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  OhDragProvider *self = OH_DRAG_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, data);
  g_autoptr (GTask) work = NULL;
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, oh_drag_provider_write_async);
  g_task_set_priority (task, priority);
  g_task_set_task_data (task, g_object_ref (stream), g_object_unref);
  if (!choose_path (self, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  work = g_task_new (self, cancellable, on_written, g_object_ref (task));
  g_task_set_task_data (work, g_strdup (mime_type), g_free);
  g_task_run_in_thread (work, write_on_worker);
}

static gboolean
oh_drag_provider_write_finish (GdkContentProvider *provider, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
oh_drag_provider_finalize (GObject *object)
{
  OhDragProvider *self = OH_DRAG_PROVIDER (object);

  g_clear_pointer (&self->file, drag_file_free);
  g_free (self->path);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (oh_drag_provider_parent_class)->finalize (object);
}

static void
oh_drag_provider_class_init (OhDragProviderClass *klass)
{
  GdkContentProviderClass *provider_class = GDK_CONTENT_PROVIDER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = oh_drag_provider_finalize;
  provider_class->ref_formats = oh_drag_provider_ref_formats;
  provider_class->write_mime_type_async = oh_drag_provider_write_async;
  provider_class->write_mime_type_finish = oh_drag_provider_write_finish;
}

static void
oh_drag_provider_init (OhDragProvider *self)
{
  g_mutex_init (&self->lock);
}

/* ---- where it is dragged from ---- */

static GdkContentProvider *
on_prepare (GtkDragSource *source, double x, double y, gpointer data)
{
  GtkWidget *widget = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (source));
  OhDragAskFunc ask = g_object_get_data (G_OBJECT (source), "oh-drag-ask");
  OhDragFile *file = ask (widget, x, y, data);

  return file == NULL ? NULL : oh_drag_file_provide (file);
}

static void
on_begin (GtkDragSource *source, GdkDrag *drag)
{
  GtkIconTheme *theme = gtk_icon_theme_get_for_display (gdk_drag_get_display (drag));
  g_autoptr (GtkIconPaintable) icon =
      gtk_icon_theme_lookup_icon (theme, "text-x-generic", NULL, 32, 1, GTK_TEXT_DIR_NONE, 0);

  gtk_drag_source_set_icon (source, GDK_PAINTABLE (icon), 0, 0);
}

void
oh_drag_file_attach (GtkWidget *widget, OhDragAskFunc ask, gpointer data)
{
  GtkDragSource *source = gtk_drag_source_new ();

  g_return_if_fail (GTK_IS_WIDGET (widget));
  g_return_if_fail (ask != NULL);

  gtk_drag_source_set_actions (source, GDK_ACTION_COPY);
  g_object_set_data (G_OBJECT (source), "oh-drag-ask", ask);
  /* Before a button has the press for itself. */
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (source), GTK_PHASE_CAPTURE);
  g_signal_connect (source, "prepare", G_CALLBACK (on_prepare), data);
  g_signal_connect (source, "drag-begin", G_CALLBACK (on_begin), NULL);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (source));
}

GdkContentProvider *
oh_drag_file_provide (OhDragFile *file)
{
  OhDragProvider *self;

  g_return_val_if_fail (file != NULL, NULL);

  self = g_object_new (OH_TYPE_DRAG_PROVIDER, NULL);
  self->file = file;
  return GDK_CONTENT_PROVIDER (self);
}

void
oh_drag_file_clean (void)
{
  for (guint i = 0; written != NULL && i < written->len; i++)
    {
      const char *path = g_ptr_array_index (written, i);
      g_autofree char *folder = g_path_get_dirname (path);

      g_unlink (path);
      g_rmdir (folder);
    }
  if (base_folder != NULL)
    g_rmdir (base_folder);
  g_clear_pointer (&written, g_ptr_array_unref);
  g_clear_pointer (&base_folder, g_free);
}
