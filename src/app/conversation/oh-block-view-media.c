/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-block-view-media.h"

#include "oh-engine.h"
#include "oh-image.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

#define THUMBNAIL_WIDTH 300
#define THUMBNAIL_HEIGHT 240

static char *open_dir; /* files given to other programs; gone at exit */

static const struct
{
  const char *media_type;
  const char *extension;
} extensions[] = {
  { "image/png", ".png" },   { "image/jpeg", ".jpg" },        { "image/gif", ".gif" },
  { "image/webp", ".webp" }, { "image/svg+xml", ".svg" },     { "application/pdf", ".pdf" },
  { "text/plain", ".txt" },  { "application/json", ".json" }, { "text/event-stream", ".txt" },
  { "text/html", ".html" },
};

const char *
oh_block_view_media_extension (const char *media_type)
{
  for (gsize i = 0; media_type && i < G_N_ELEMENTS (extensions); i++)
    if (g_ascii_strncasecmp (media_type, extensions[i].media_type, strlen (extensions[i].media_type)) == 0)
      return extensions[i].extension;
  return ".bin";
}

static void
show_problem (GtkWidget *parent, const char *heading, const char *body)
{
  GtkRoot *root = gtk_widget_get_root (parent);
  GtkWidget *dialog = adw_message_dialog_new (GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, heading, body);

  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _ ("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Saving. */

static void
saved (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GtkWidget) parent = data;
  g_autoptr (GError) error = NULL;

  if (!g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    show_problem (parent, _ ("The file could not be saved"), error->message);
}

static void
save_response (GtkNativeDialog *dialog, int response, gpointer data)
{
  GBytes *bytes = g_object_get_data (G_OBJECT (dialog), "bytes");
  GtkWidget *parent = data;

  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));

      g_file_replace_contents_bytes_async (file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, saved,
                                           g_object_ref (parent));
    }
  g_object_unref (parent);
  g_object_unref (dialog);
}

void
oh_block_view_media_save (GtkWidget *parent, GBytes *data, const char *name)
{
  GtkRoot *root = gtk_widget_get_root (parent);
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
      _ ("Save"), GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, GTK_FILE_CHOOSER_ACTION_SAVE, NULL, NULL);

  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), name);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_object_set_data_full (G_OBJECT (dialog), "bytes", g_bytes_ref (data), (GDestroyNotify) g_bytes_unref);
  g_signal_connect (dialog, "response", G_CALLBACK (save_response), g_object_ref (parent));
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

/* Opening with another program. */

static void
remove_open_dir (void)
{
  oh_paths_remove_dir (open_dir);
}

static void
written (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GtkWidget) parent = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;
  GtkRoot *root = gtk_widget_get_root (parent);

  if (!g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    {
      show_problem (parent, _ ("The file could not be opened"), error->message);
      return;
    }
  uri = g_file_get_uri (G_FILE (source));
  gtk_show_uri (GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, uri, GDK_CURRENT_TIME);
}

static void
open_clicked (GtkWidget *button)
{
  GBytes *bytes = g_object_get_data (G_OBJECT (button), "bytes");
  const char *name = g_object_get_data (G_OBJECT (button), "name");
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) file = NULL;
  g_autofree char *unique = NULL;
  static guint number;

  if (!open_dir)
    {
      open_dir = oh_paths_make_runtime_dir (&error);
      if (!open_dir)
        {
          show_problem (button, _ ("The file could not be opened"), error->message);
          return;
        }
      atexit (remove_open_dir);
    }
  unique = g_strdup_printf ("%u-%s", ++number, name);
  file = g_file_new_build_filename (open_dir, unique, NULL);
  g_file_replace_contents_bytes_async (file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, written,
                                       g_object_ref (button));
}

static void
save_clicked (GtkWidget *button)
{
  oh_block_view_media_save (button, g_object_get_data (G_OBJECT (button), "bytes"),
                            g_object_get_data (G_OBJECT (button), "name"));
}

/* @words: NULL for a button that gets a picture */
static GtkWidget *
new_button (const char *words, GBytes *data, const char *name, GCallback clicked)
{
  GtkWidget *button = words ? gtk_button_new_with_label (words) : gtk_button_new ();

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_object_set_data_full (G_OBJECT (button), "bytes", g_bytes_ref (data), (GDestroyNotify) g_bytes_unref);
  g_object_set_data_full (G_OBJECT (button), "name", g_strdup (name), g_free);
  g_signal_connect (button, "clicked", clicked, NULL);
  return button;
}

GtkWidget *
oh_block_view_media_new_document (GBytes *data, const char *media_type, const char *title)
{
  const char *extension = oh_block_view_media_extension (media_type);
  GtkWidget *card = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *icon = gtk_image_new_from_icon_name ("x-office-document-symbolic");
  GtkWidget *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *name = gtk_label_new (title && *title ? title : _ ("Document"));
  g_autofree char *size = oh_format_bytes ((gint64) g_bytes_get_size (data));
  g_autofree char *detail = g_strdup_printf ("%s · %s", media_type ? media_type : _ ("unknown type"), size);
  GtkWidget *label = gtk_label_new (detail);
  g_autofree char *file_name = g_strdup_printf ("document%s", extension);

  gtk_image_set_pixel_size (GTK_IMAGE (icon), 32);
  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_add_css_class (label, "caption");
  gtk_widget_set_hexpand (words, TRUE);
  gtk_box_append (GTK_BOX (words), name);
  gtk_box_append (GTK_BOX (words), label);
  gtk_widget_add_css_class (card, "document-card");
  gtk_box_append (GTK_BOX (card), icon);
  gtk_box_append (GTK_BOX (card), words);
  /* Only what a viewer shows without running it is handed to another program. */
  if (strcmp (extension, ".bin") != 0 && strcmp (extension, ".html") != 0 && strcmp (extension, ".svg") != 0)
    gtk_box_append (GTK_BOX (card), new_button (_ ("Open"), data, file_name, G_CALLBACK (open_clicked)));
  gtk_box_append (GTK_BOX (card), new_button (_ ("Save…"), data, file_name, G_CALLBACK (save_clicked)));
  return card;
}

/* Images. */

static void
show_full (GObject *source, GAsyncResult *result, gpointer data)
{
  GtkWidget *button = GTK_WIDGET (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (OhImage) image = oh_image_decode_finish (result, &error);
  GtkRoot *root = gtk_widget_get_root (button);
  GtkWidget *window, *box, *scroller, *picture;

  gtk_widget_set_sensitive (button, TRUE);
  if (!image)
    {
      show_problem (button, _ ("The image cannot be shown"), error->message);
      return;
    }
  /* Whoever asked went on to something else. */
  if (!root)
    return;
  window = adw_window_new ();
  box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  scroller = gtk_scrolled_window_new ();
  picture = gtk_picture_new_for_paintable (GDK_PAINTABLE (image->texture));
  gtk_picture_set_can_shrink (GTK_PICTURE (picture), FALSE);
  gtk_picture_set_alternative_text (GTK_PICTURE (picture), _ ("Image in full size"));
  gtk_widget_set_halign (picture, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (picture, GTK_ALIGN_CENTER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), picture);
  gtk_widget_set_vexpand (scroller, TRUE);
  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_box_append (GTK_BOX (box), scroller);
  gtk_window_set_title (GTK_WINDOW (window), _ ("Image"));
  gtk_window_set_default_size (GTK_WINDOW (window), CLAMP (image->width, 320, 1200),
                               CLAMP (image->height + 48, 240, 900));
  gtk_window_set_transient_for (GTK_WINDOW (window), GTK_WINDOW (root));
  adw_window_set_content (ADW_WINDOW (window), box);
  gtk_window_present (GTK_WINDOW (window));
}

/* All pixels are only kept as long as they are looked at. */
static void
full_clicked (GtkWidget *button)
{
  gtk_widget_set_sensitive (button, FALSE);
  oh_image_decode_async (g_object_get_data (G_OBJECT (button), "bytes"), G_MAXINT, G_MAXINT, button, show_full, NULL);
}

/* A picture takes any room it is given, which would be the card's: a fixed place keeps it at its own size. */
static GtkWidget *
new_thumbnail (const OhImage *image, const char *words)
{
  double width = image->width;
  double height = image->height;
  double scale = MIN (1, MIN (THUMBNAIL_WIDTH / width, THUMBNAIL_HEIGHT / height));
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  g_autoptr (GdkPaintable) paintable = NULL;
  GtkWidget *fixed = gtk_fixed_new ();
  GtkWidget *picture;

  width = MAX (width * scale, 1);
  height = MAX (height * scale, 1);
  gtk_snapshot_append_texture (snapshot, image->texture,
                               &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  paintable = gtk_snapshot_free_to_paintable (snapshot, &GRAPHENE_SIZE_INIT ((float) width, (float) height));
  picture = gtk_picture_new_for_paintable (paintable);
  gtk_picture_set_can_shrink (GTK_PICTURE (picture), FALSE);
  gtk_picture_set_alternative_text (GTK_PICTURE (picture), words);
  gtk_fixed_put (GTK_FIXED (fixed), picture, 0, 0);
  return fixed;
}

static void
decoded (GObject *source, GAsyncResult *result, gpointer data)
{
  GtkWidget *box = GTK_WIDGET (source);
  GtkWidget *button = gtk_widget_get_first_child (box);
  GtkLabel *label = GTK_LABEL (gtk_widget_get_last_child (box));
  g_autoptr (GError) error = NULL;
  g_autoptr (OhImage) image = oh_image_decode_finish (result, &error);
  g_autofree char *words = NULL;

  if (!image)
    {
      GBytes *bytes = g_object_get_data (G_OBJECT (button), "bytes");
      const char *name = g_object_get_data (G_OBJECT (button), "name");
      GtkWidget *save = new_button (_ ("Save…"), bytes, name, G_CALLBACK (save_clicked));

      words = g_strdup_printf (_ ("%s · cannot be shown: %s"), gtk_label_get_text (label), error->message);
      gtk_label_set_text (label, words);
      gtk_widget_set_halign (save, GTK_ALIGN_START);
      gtk_box_append (GTK_BOX (box), save);
      gtk_box_remove (GTK_BOX (box), button);
      return;
    }
  words = g_strdup_printf ("%s · %d × %d", gtk_label_get_text (label), image->width, image->height);
  gtk_label_set_text (label, words);
  gtk_button_set_child (GTK_BUTTON (button), new_thumbnail (image, words));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

GtkWidget *
oh_block_view_media_new_image (GBytes *data, const char *media_type)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  g_autofree char *name = g_strdup_printf ("image%s", oh_block_view_media_extension (media_type));
  GtkWidget *button = new_button (NULL, data, name, G_CALLBACK (full_clicked));
  g_autofree char *size = oh_format_bytes ((gint64) g_bytes_get_size (data));
  g_autofree char *words = g_strdup_printf ("%s · %s", media_type ? media_type : _ ("image"), size);
  GtkWidget *label = gtk_label_new (words);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "image-button");
  gtk_widget_set_halign (button, GTK_ALIGN_START);
  gtk_widget_set_tooltip_text (button, _ ("Show in full size"));
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_add_css_class (label, "caption");
  gtk_box_append (GTK_BOX (box), button);
  gtk_box_append (GTK_BOX (box), label);
  oh_image_decode_async (data, 2 * THUMBNAIL_WIDTH, 2 * THUMBNAIL_HEIGHT, box, decoded, NULL);
  return box;
}
