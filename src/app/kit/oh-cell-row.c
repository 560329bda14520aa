/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cell-row.h"

#include "oh-columns.h"
#include "oh-marks.h"

#define NATURAL_DIGITS 80

typedef struct
{
  GtkWidget *cells[OH_CELLS_MAX]; /* NULL behind the last */
  OhCellPlace places[OH_CELLS_MAX];
  int width; /* what the places are for */
  int digit;
  OhSearchWords *words; /* or NULL */
} OhCellRowPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (OhCellRow, oh_cell_row, GTK_TYPE_WIDGET)

static OhCellRowPrivate *
get_private (OhCellRow *self)
{
  return oh_cell_row_get_instance_private (self);
}

static int
oh_cell_row_get_digit (OhCellRow *self)
{
  return oh_columns_get_digit_width (GTK_WIDGET (self));
}

static void
oh_cell_row_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                     int *minimum_baseline, int *natural_baseline)
{
  OhCellRow *self = OH_CELL_ROW (widget);
  OhCellRowPrivate *row = get_private (self);

  *minimum_baseline = *natural_baseline = -1;
  *minimum = *natural = 0;
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *natural = NATURAL_DIGITS * OH_CELL_ROW_GET_CLASS (self)->get_digit (self);
      return;
    }
  for (guint i = 0; i < OH_CELLS_MAX && row->cells[i] != NULL; i++)
    {
      int height;

      gtk_widget_measure (row->cells[i], GTK_ORIENTATION_VERTICAL, -1, NULL, &height, NULL, NULL);
      *minimum = *natural = MAX (*natural, height);
    }
}

static void
oh_cell_row_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  OhCellRow *self = OH_CELL_ROW (widget);
  OhCellRowPrivate *row = get_private (self);
  OhCellRowClass *klass = OH_CELL_ROW_GET_CLASS (self);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int digit = row->cells[0] == NULL ? 0 : klass->get_digit (self);

  if (row->cells[0] != NULL && (width != row->width || digit != row->digit))
    {
      row->width = width;
      row->digit = digit;
      klass->arrange (self, width, digit, row->places);
    }
  for (guint i = 0; i < OH_CELLS_MAX && row->cells[i] != NULL; i++)
    {
      GtkAllocation place = { row->places[i].x, 0, row->places[i].width, height };
      int minimum;

      gtk_widget_set_child_visible (row->cells[i], place.width > 0);
      if (place.width <= 0)
        continue;
      gtk_widget_measure (row->cells[i], GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
      place.width = MAX (place.width, minimum);
      if (rtl)
        place.x = width - place.x - place.width;
      gtk_widget_size_allocate (row->cells[i], &place, -1);
    }
}

static void
oh_cell_row_dispose (GObject *object)
{
  OhCellRowPrivate *row = get_private (OH_CELL_ROW (object));

  g_clear_pointer (&row->words, oh_search_words_unref);
  for (guint i = 0; i < OH_CELLS_MAX; i++)
    g_clear_pointer (&row->cells[i], gtk_widget_unparent);
  G_OBJECT_CLASS (oh_cell_row_parent_class)->dispose (object);
}

static void
oh_cell_row_class_init (OhCellRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_cell_row_dispose;
  widget_class->measure = oh_cell_row_measure;
  widget_class->size_allocate = oh_cell_row_size_allocate;
  klass->get_digit = oh_cell_row_get_digit;
}

static void
oh_cell_row_init (OhCellRow *self)
{
}

void
oh_cell_row_set_cell (OhCellRow *self, guint i, GtkWidget *cell)
{
  OhCellRowPrivate *row;

  g_return_if_fail (OH_IS_CELL_ROW (self));
  g_return_if_fail (i < OH_CELLS_MAX);

  row = get_private (self);
  g_clear_pointer (&row->cells[i], gtk_widget_unparent);
  row->cells[i] = cell;
  gtk_widget_insert_after (cell, GTK_WIDGET (self), i > 0 ? row->cells[i - 1] : NULL);
}

void
oh_cell_row_set_text (OhCellRow *self, guint i, const char *text)
{
  gtk_inscription_set_text (GTK_INSCRIPTION (oh_cell_row_get_cell (self, i)), text);
}

GtkWidget *
oh_cell_row_get_cell (OhCellRow *self, guint i)
{
  g_return_val_if_fail (OH_IS_CELL_ROW (self), NULL);
  g_return_val_if_fail (i < OH_CELLS_MAX, NULL);

  return get_private (self)->cells[i];
}

int
oh_cell_row_get_width (OhCellRow *self, guint i)
{
  g_return_val_if_fail (OH_IS_CELL_ROW (self), 0);
  g_return_val_if_fail (i < OH_CELLS_MAX, 0);

  return get_private (self)->places[i].width;
}

void
oh_cell_row_rearrange (OhCellRow *self)
{
  g_return_if_fail (OH_IS_CELL_ROW (self));

  get_private (self)->width = 0;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

static void
mark (OhCellRow *self)
{
  OhCellRowPrivate *row = get_private (self);
  guint marked = OH_CELL_ROW_GET_CLASS (self)->marked;

  for (guint i = 0; i < OH_CELLS_MAX && row->cells[i] != NULL; i++)
    if ((marked & 1u << i) != 0)
      oh_marks_set (row->cells[i], row->words, OH_SEARCH_ANYWHERE, -1, NULL);
}

void
oh_cell_row_set_words (OhCellRow *self, OhSearchWords *words)
{
  g_return_if_fail (OH_IS_CELL_ROW (self));

  if (oh_search_words_set (&get_private (self)->words, words))
    mark (self);
}

void
oh_cell_row_mark (OhCellRow *self)
{
  g_return_if_fail (OH_IS_CELL_ROW (self));

  if (get_private (self)->words != NULL)
    mark (self);
}
