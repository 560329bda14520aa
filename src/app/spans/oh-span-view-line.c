/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-span-view-line.h"

#include "oh-marks.h"
#include "oh-span-pieces.h"
#include "oh-span-words.h"
#include "oh-status-pill.h"
#include "oh-waterfall.h"

struct _OhSpanViewLine
{
  GtkBox parent_instance;

  GtkLabel *name;
  OhStatusPill *pill;
  GtkLabel *took;
  OhWaterfall *bar;
  OhSpanItem *item;
  OhSearchWords *words; /* or NULL */
};

G_DEFINE_FINAL_TYPE (OhSpanViewLine, oh_span_view_line, GTK_TYPE_BOX)

static void
mark (OhSpanViewLine *self)
{
  oh_marks_set (GTK_WIDGET (self->name), self->words, OH_SEARCH_ANYWHERE, -1, NULL);
  oh_marks_set (GTK_WIDGET (self->pill), self->words, OH_SEARCH_ANYWHERE, -1, NULL);
}

static void
show_item (OhSpanViewLine *self)
{
  GtkWidget *list_item = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autoptr (OhSpanWords) words = oh_span_words_new (self->item);
  g_autofree char *sentence = oh_span_words_say (self->item);
  g_autofree char *name = words->trail != NULL ? g_strdup_printf ("%s  %s", words->lead, words->trail)
                                               : g_strdup (words->lead);
  g_autoptr (GArray) pieces = oh_span_get_pieces (self->item, oh_clock_wall_ns ());
  g_autofree char *took = NULL;

  if (pieces->len > 0)
    took = oh_format_duration (g_array_index (pieces, OhPiece, pieces->len - 1).to
                               - g_array_index (pieces, OhPiece, 0).from);
  gtk_label_set_markup (self->name, name);
  gtk_label_set_label (self->took, took != NULL ? took : "");
  gtk_widget_set_visible (GTK_WIDGET (self->pill), words->pill != NULL);
  if (words->pill != NULL)
    oh_status_pill_set (self->pill, words->pill_kind, words->pill);
  if (words->pill_is_tool)
    gtk_widget_add_css_class (GTK_WIDGET (self->pill), "tool");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->pill), "tool");
  if (self->words != NULL)
    mark (self);
  gtk_widget_queue_draw (GTK_WIDGET (self->bar));
  /* The list's own widget around the line has the focus, so it is what a screen reader reads. */
  if (list_item != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (list_item), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
}

static void
oh_span_view_line_dispose (GObject *object)
{
  OhSpanViewLine *self = OH_SPAN_VIEW_LINE (object);

  oh_span_view_line_set_item (self, NULL);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_span_view_line_parent_class)->dispose (object);
}

static void
oh_span_view_line_class_init (OhSpanViewLineClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_span_view_line_dispose;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "spanline");
}

static void
oh_span_view_line_init (OhSpanViewLine *self)
{
}

GtkWidget *
oh_span_view_line_new (OhWaterfallScale *scale)
{
  OhSpanViewLine *self = g_object_new (OH_TYPE_SPAN_VIEW_LINE, "orientation", GTK_ORIENTATION_VERTICAL, "spacing", 4, NULL);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);

  self->name = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_ellipsize (self->name, PANGO_ELLIPSIZE_END);
  gtk_label_set_single_line_mode (self->name, TRUE);
  gtk_label_set_xalign (self->name, 0);
  self->pill = OH_STATUS_PILL (oh_status_pill_new ());
  self->took = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_xalign (self->took, 1);
  gtk_widget_set_hexpand (GTK_WIDGET (self->took), TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (self->took), "numeric");
  gtk_widget_add_css_class (GTK_WIDGET (self->took), "dim-label");
  gtk_box_append (GTK_BOX (texts), GTK_WIDGET (self->name));
  gtk_box_append (GTK_BOX (texts), GTK_WIDGET (self->pill));
  gtk_box_append (GTK_BOX (texts), GTK_WIDGET (self->took));
  self->bar = OH_WATERFALL (oh_waterfall_new (scale));
  gtk_box_append (GTK_BOX (self), texts);
  gtk_box_append (GTK_BOX (self), GTK_WIDGET (self->bar));
  return GTK_WIDGET (self);
}

void
oh_span_view_line_set_item (OhSpanViewLine *self, OhSpanItem *item)
{
  g_return_if_fail (OH_IS_SPAN_VIEW_LINE (self));

  if (self->item != NULL)
    g_signal_handlers_disconnect_by_data (self->item, self);
  g_set_object (&self->item, item);
  if (self->bar != NULL)
    oh_waterfall_set_item (self->bar, item);
  if (item == NULL)
    return;
  g_signal_connect_object (item, "changed", G_CALLBACK (show_item), self, G_CONNECT_SWAPPED);
  show_item (self);
}

void
oh_span_view_line_set_words (OhSpanViewLine *self, OhSearchWords *words)
{
  g_return_if_fail (OH_IS_SPAN_VIEW_LINE (self));

  if (oh_search_words_set (&self->words, words))
    mark (self);
}
