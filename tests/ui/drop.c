/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A window that takes what is dropped on it, for test_files.py: the content of the file, or, where it is told "text", the text. */
#include <gtk/gtk.h>

#include <string.h>

static const char *wanted;

static void
on_read (GObject *stream, GAsyncResult *result, gpointer drop)
{
  g_autoptr (GError) error = NULL;

  if (g_output_stream_splice_finish (G_OUTPUT_STREAM (stream), result, &error) < 0)
    g_error ("%s", error->message);
  /* Who reads the line may end us: whoever drags would wait for ever. */
  gdk_drop_finish (drop, GDK_ACTION_COPY);
  gdk_display_sync (gdk_drop_get_display (drop));
  g_print ("%s\n", (const char *) g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (stream)));
  g_object_unref (drop);
}

static void
on_opened (GObject *drop, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = gdk_drop_read_finish (GDK_DROP (drop), result, NULL, &error);
  g_autoptr (GOutputStream) out = g_memory_output_stream_new_resizable ();

  if (stream == NULL)
    g_error ("%s", error->message);
  g_output_stream_splice_async (out, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, G_PRIORITY_DEFAULT, NULL, on_read,
                                g_object_ref (drop));
}

static gboolean
on_drop (GtkDropTargetAsync *target, GdkDrop *drop, double x, double y)
{
  const char *types[] = { wanted, NULL };

  gdk_drop_read_async (drop, types, G_PRIORITY_DEFAULT, NULL, on_opened, NULL);
  return TRUE;
}

int
main (int argc, char **argv)
{
  GtkDropTargetAsync *target;
  GtkWidget *window;

  wanted = argc > 1 && strcmp (argv[1], "text") == 0 ? "text/plain;charset=utf-8" : "text/uri-list";
  gtk_init ();
  setvbuf (stdout, NULL, _IOLBF, 0);
  window = gtk_window_new ();
  target = gtk_drop_target_async_new (gdk_content_formats_new (&wanted, 1), GDK_ACTION_COPY);
  g_signal_connect (target, "drop", G_CALLBACK (on_drop), NULL);
  gtk_widget_add_controller (window, GTK_EVENT_CONTROLLER (target));
  gtk_window_set_title (GTK_WINDOW (window), "Drop Here");
  gtk_window_set_default_size (GTK_WINDOW (window), 300, 200);
  gtk_window_present (GTK_WINDOW (window));
  g_print ("ready\n");
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}
