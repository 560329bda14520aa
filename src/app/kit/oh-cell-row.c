/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cell-row.h"

#include "oh-columns.h"
#include "oh-marks.h"

#include <math.h>

#define NATURAL_DIGITS 80

/* A widget, or a text that the row paints itself: a list keeps some 200 rows, and as widgets their texts were half of the
 * time that a frame takes. */
typedef struct
{
  GtkWidget *widget;   /* NULL: a text */
  PangoLayout *layout; /* of a text, once it was said */
  OhSearchWords *words; /* to be marked in it; NULL: the row's */
  float xalign;
  gboolean dim;
  OhCellPlace place;
} Cell;

typedef struct
{
  Cell cells[OH_CELLS_MAX];
  guint n;
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

static int
get_line_height (GtkWidget *widget)
{
  PangoFontMetrics *metrics = pango_context_get_metrics (gtk_widget_get_pango_context (widget), NULL, NULL);
  int height = pango_font_metrics_get_height (metrics);

  pango_font_metrics_unref (metrics);
  return PANGO_PIXELS_CEIL (height);
}

static void
oh_cell_row_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                     int *minimum_baseline, int *natural_baseline)
{
  OhCellRow *self = OH_CELL_ROW (widget);
  OhCellRowPrivate *row = get_private (self);
  gboolean texts = FALSE;

  *minimum_baseline = *natural_baseline = -1;
  *minimum = *natural = 0;
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *natural = NATURAL_DIGITS * OH_CELL_ROW_GET_CLASS (self)->get_digit (self);
      return;
    }
  for (guint i = 0; i < row->n; i++)
    {
      int height = 0;

      if (row->cells[i].widget != NULL)
        gtk_widget_measure (row->cells[i].widget, GTK_ORIENTATION_VERTICAL, -1, NULL, &height, NULL, NULL);
      else if (!texts)
        height = get_line_height (widget);
      texts |= row->cells[i].widget == NULL;
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
  int digit = row->n == 0 ? 0 : klass->get_digit (self);

  if (row->n > 0 && (width != row->width || digit != row->digit))
    {
      OhCellPlace places[OH_CELLS_MAX] = { 0 };

      row->width = width;
      row->digit = digit;
      klass->arrange (self, width, digit, places);
      for (guint i = 0; i < row->n; i++)
        row->cells[i].place = places[i];
    }
  for (guint i = 0; i < row->n; i++)
    {
      GtkWidget *cell = row->cells[i].widget;
      GtkAllocation place = { row->cells[i].place.x, 0, row->cells[i].place.width, height };
      int minimum;

      if (cell == NULL)
        continue;
      gtk_widget_set_child_visible (cell, place.width > 0);
      if (place.width <= 0)
        continue;
      gtk_widget_measure (cell, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
      place.width = MAX (place.width, minimum);
      if (rtl)
        place.x = width - place.x - place.width;
      gtk_widget_size_allocate (cell, &place, -1);
    }
}

static void
oh_cell_row_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  OhCellRowPrivate *row = get_private (OH_CELL_ROW (widget));
  GtkStyleContext *style = gtk_widget_get_style_context (widget);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  GdkRGBA colour, dim;

  GTK_WIDGET_CLASS (oh_cell_row_parent_class)->snapshot (widget, snapshot);
  gtk_style_context_get_color (style, &colour);
  if (!gtk_style_context_lookup_color (style, "dim_text_color", &dim))
    dim = colour;
  for (guint i = 0; i < row->n; i++)
    {
      const Cell *cell = &row->cells[i];
      PangoRectangle text;
      float x;

      if (cell->layout == NULL || cell->place.width <= 0)
        continue;
      pango_layout_set_width (cell->layout, cell->place.width * PANGO_SCALE);
      pango_layout_get_pixel_extents (cell->layout, NULL, &text);
      x = (float) (rtl ? width - cell->place.x - cell->place.width : cell->place.x)
          + (float) (cell->place.width - text.width) * (rtl ? 1 - cell->xalign : cell->xalign);
      gtk_snapshot_save (snapshot);
      gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (floorf (x) - (float) text.x,
                                                              (float) ((height - text.height) / 2)));
      gtk_snapshot_append_layout (snapshot, cell->layout, cell->dim ? &dim : &colour);
      gtk_snapshot_restore (snapshot);
    }
}

static void
oh_cell_row_dispose (GObject *object)
{
  OhCellRowPrivate *row = get_private (OH_CELL_ROW (object));

  g_clear_pointer (&row->words, oh_search_words_unref);
  for (guint i = 0; i < row->n; i++)
    {
      g_clear_pointer (&row->cells[i].widget, gtk_widget_unparent);
      g_clear_object (&row->cells[i].layout);
      g_clear_pointer (&row->cells[i].words, oh_search_words_unref);
    }
  G_OBJECT_CLASS (oh_cell_row_parent_class)->dispose (object);
}

static void
oh_cell_row_class_init (OhCellRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_cell_row_dispose;
  widget_class->measure = oh_cell_row_measure;
  widget_class->size_allocate = oh_cell_row_size_allocate;
  widget_class->snapshot = oh_cell_row_snapshot;
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
  GtkWidget *before = NULL;

  g_return_if_fail (OH_IS_CELL_ROW (self));
  g_return_if_fail (i < OH_CELLS_MAX);

  row = get_private (self);
  g_clear_pointer (&row->cells[i].widget, gtk_widget_unparent);
  row->cells[i].widget = cell;
  row->n = MAX (row->n, i + 1);
  for (guint j = 0; j < i; j++)
    if (row->cells[j].widget != NULL)
      before = row->cells[j].widget;
  gtk_widget_insert_after (cell, GTK_WIDGET (self), before);
}

void
oh_cell_row_add_text (OhCellRow *self, guint i, float xalign, gboolean dim)
{
  OhCellRowPrivate *row;

  g_return_if_fail (OH_IS_CELL_ROW (self));
  g_return_if_fail (i < OH_CELLS_MAX);

  row = get_private (self);
  g_return_if_fail (row->cells[i].widget == NULL);
  row->cells[i].xalign = xalign;
  row->cells[i].dim = dim;
  row->n = MAX (row->n, i + 1);
}

/* Digits of one width, and the marks of what is searched for. */
static void
set_attributes (OhCellRow *self, guint i)
{
  OhCellRowPrivate *row = get_private (self);
  g_autoptr (PangoAttrList) list = pango_attr_list_new ();

  pango_attr_list_insert (list, pango_attr_font_features_new ("tnum"));
  if ((OH_CELL_ROW_GET_CLASS (self)->marked & 1u << i) != 0)
    oh_marks_add (list, row->cells[i].words != NULL ? row->cells[i].words : row->words, OH_SEARCH_ANYWHERE,
                  pango_layout_get_text (row->cells[i].layout));
  pango_layout_set_attributes (row->cells[i].layout, list);
}

char *
oh_cell_row_isolate (const char *text, GtkTextDirection direction)
{
  if (text == NULL || *text == '\0' || direction != GTK_TEXT_DIR_RTL)
    return g_strdup (text);
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_isalpha (g_utf8_get_char (at)))
      return g_strdup (text);
  /* An arrow says which way it is meant to be read. */
  return g_strconcat (strstr (text, "←") != NULL ? "\u2067" : "\u2066", text, "\u2069", NULL);
}

void
oh_cell_row_set_text (OhCellRow *self, guint i, const char *text)
{
  g_autofree char *isolated = NULL;
  OhCellRowPrivate *row;
  Cell *cell;

  g_return_if_fail (OH_IS_CELL_ROW (self));
  g_return_if_fail (i < OH_CELLS_MAX);

  row = get_private (self);
  cell = &row->cells[i];
  text = isolated = oh_cell_row_isolate (text, gtk_widget_get_direction (GTK_WIDGET (self)));
  if (cell->widget != NULL)
    {
      gtk_inscription_set_text (GTK_INSCRIPTION (cell->widget), text);
      return;
    }
  if (text == NULL)
    {
      if (cell->layout != NULL)
        gtk_widget_queue_draw (GTK_WIDGET (self));
      g_clear_object (&cell->layout);
      return;
    }
  if (cell->layout == NULL)
    {
      cell->layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), NULL);
      pango_layout_set_ellipsize (cell->layout, PANGO_ELLIPSIZE_END);
      pango_layout_set_single_paragraph_mode (cell->layout, TRUE);
    }
  else if (g_str_equal (text, pango_layout_get_text (cell->layout)))
    return;
  pango_layout_set_text (cell->layout, text, -1);
  set_attributes (self, i);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
oh_cell_row_set_text_words (OhCellRow *self, guint i, OhSearchWords *words)
{
  OhCellRowPrivate *row;

  g_return_if_fail (OH_IS_CELL_ROW (self));
  g_return_if_fail (i < OH_CELLS_MAX);

  row = get_private (self);
  if (!oh_search_words_set (&row->cells[i].words, words) || row->cells[i].layout == NULL)
    return;
  set_attributes (self, i);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

guint
oh_cell_row_get_n_cells (OhCellRow *self)
{
  g_return_val_if_fail (OH_IS_CELL_ROW (self), 0);

  return get_private (self)->n;
}

GtkWidget *
oh_cell_row_get_cell (OhCellRow *self, guint i)
{
  g_return_val_if_fail (OH_IS_CELL_ROW (self), NULL);
  g_return_val_if_fail (i < OH_CELLS_MAX, NULL);

  return get_private (self)->cells[i].widget;
}

int
oh_cell_row_get_width (OhCellRow *self, guint i)
{
  g_return_val_if_fail (OH_IS_CELL_ROW (self), 0);
  g_return_val_if_fail (i < OH_CELLS_MAX, 0);

  return get_private (self)->cells[i].place.width;
}

double
oh_cell_row_get_middle (OhCellRow *self, guint i)
{
  const OhCellPlace *place;
  double middle;

  g_return_val_if_fail (OH_IS_CELL_ROW (self), 0);
  g_return_val_if_fail (i < OH_CELLS_MAX, 0);

  place = &get_private (self)->cells[i].place;
  middle = place->x + place->width / 2.0;
  return gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL ? get_private (self)->width - middle : middle;
}

guint
oh_cell_row_find_cell (OhCellRow *self, double x)
{
  OhCellRowPrivate *row;
  guint nearest = 0;
  double least = G_MAXDOUBLE;

  g_return_val_if_fail (OH_IS_CELL_ROW (self), 0);

  row = get_private (self);
  for (guint i = 0; i < row->n; i++)
    {
      const int width = row->cells[i].place.width;
      double away = fabs (x - oh_cell_row_get_middle (self, i)) - width / 2.0;

      if (width <= 0 || away >= least)
        continue;
      nearest = i;
      least = away;
    }
  return nearest;
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

  for (guint i = 0; i < row->n; i++)
    if ((marked & 1u << i) == 0)
      continue;
    else if (row->cells[i].widget != NULL)
      oh_marks_set (row->cells[i].widget, row->words, OH_SEARCH_ANYWHERE, -1, NULL);
    else if (row->cells[i].layout != NULL)
      set_attributes (self, i);
  gtk_widget_queue_draw (GTK_WIDGET (self));
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
