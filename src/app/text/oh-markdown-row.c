/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-markdown-row.h"

#define GAP 6

struct _OhMarkdownRow
{
  GtkWidget parent_instance;

  GtkWidget *marker; /* or NULL */
  GtkWidget *content;
  int indent;
};

G_DEFINE_FINAL_TYPE (OhMarkdownRow, oh_markdown_row, GTK_TYPE_WIDGET)

/* At least the indentation; more where the marker needs it. */
static int
get_start (OhMarkdownRow *self)
{
  int width = 0;

  if (self->marker)
    gtk_widget_measure (self->marker, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &width, NULL, NULL);
  return MAX (self->indent, width > 0 ? width + GAP : 0);
}

static GtkSizeRequestMode
oh_markdown_row_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
oh_markdown_row_measure (GtkWidget *widget,
                         GtkOrientation orientation,
                         int for_size,
                         int *minimum,
                         int *natural,
                         int *minimum_baseline,
                         int *natural_baseline)
{
  OhMarkdownRow *self = OH_MARKDOWN_ROW (widget);
  int start = get_start (self);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      gtk_widget_measure (self->content, orientation, -1, minimum, natural, NULL, NULL);
      *minimum += start;
      *natural += start;
    }
  else
    gtk_widget_measure (self->content, orientation, for_size < 0 ? -1 : MAX (for_size - start, 0), minimum, natural,
                        NULL, NULL);
}

static void
oh_markdown_row_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  OhMarkdownRow *self = OH_MARKDOWN_ROW (widget);
  gboolean mirrored = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int start = get_start (self);
  GtkAllocation place = { mirrored ? 0 : start, 0, width - start, height };

  gtk_widget_size_allocate (self->content, &place, -1);
  if (self->marker)
    {
      int marker_width, marker_height;

      gtk_widget_measure (self->marker, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &marker_width, NULL, NULL);
      gtk_widget_measure (self->marker, GTK_ORIENTATION_VERTICAL, -1, NULL, &marker_height, NULL, NULL);
      place = (GtkAllocation){ mirrored ? width - start + GAP : start - GAP - marker_width, 0, marker_width,
                               marker_height };
      gtk_widget_size_allocate (self->marker, &place, -1);
    }
}

static void
oh_markdown_row_dispose (GObject *object)
{
  OhMarkdownRow *self = OH_MARKDOWN_ROW (object);

  g_clear_pointer (&self->marker, gtk_widget_unparent);
  g_clear_pointer (&self->content, gtk_widget_unparent);
  G_OBJECT_CLASS (oh_markdown_row_parent_class)->dispose (object);
}

static void
oh_markdown_row_class_init (OhMarkdownRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_markdown_row_dispose;
  widget_class->get_request_mode = oh_markdown_row_get_request_mode;
  widget_class->measure = oh_markdown_row_measure;
  widget_class->size_allocate = oh_markdown_row_size_allocate;
}

static void
oh_markdown_row_init (OhMarkdownRow *self)
{
}

GtkWidget *
oh_markdown_row_new (const char *marker, int indent, GtkWidget *content)
{
  OhMarkdownRow *self = g_object_new (OH_TYPE_MARKDOWN_ROW, NULL);

  self->indent = indent;
  self->content = content;
  if (marker)
    {
      self->marker = gtk_label_new (marker);
      gtk_widget_set_parent (self->marker, GTK_WIDGET (self));
    }
  gtk_widget_set_parent (content, GTK_WIDGET (self));
  return GTK_WIDGET (self);
}

GtkWidget *
oh_markdown_row_get_content (OhMarkdownRow *self)
{
  g_return_val_if_fail (OH_IS_MARKDOWN_ROW (self), NULL);

  return self->content;
}
