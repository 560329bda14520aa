/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-detail-text.h"

#include "oh-body-view-text.h"

void
oh_detail_text_present (GtkWidget *parent, const char *title, const char *text, const char *language)
{
  GtkRoot *root = gtk_widget_get_root (parent);
  GtkWidget *window = adw_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *view = oh_body_view_text_new ();

  gtk_window_set_title (GTK_WINDOW (window), title);
  gtk_window_set_default_size (GTK_WINDOW (window), 760, 640);
  if (GTK_IS_WINDOW (root))
    gtk_window_set_transient_for (GTK_WINDOW (window), GTK_WINDOW (root));
  gtk_window_set_destroy_with_parent (GTK_WINDOW (window), TRUE);
  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_widget_set_vexpand (view, TRUE);
  gtk_box_append (GTK_BOX (box), view);
  adw_window_set_content (ADW_WINDOW (window), box);
  oh_body_view_text_set (OH_BODY_VIEW_TEXT (view), text, -1, language);
  gtk_window_present (GTK_WINDOW (window));
}
