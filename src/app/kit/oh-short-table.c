/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-short-table.h"

#include "oh-columns.h"

#include <glib/gi18n.h>

#define GAP 1.5 /* digits */
#define EXPANDING_MIN 14

/* ---- the cells of a line ---- */

#define OH_TYPE_OVERVIEW_CELLS (oh_overview_cells_get_type ())
G_DECLARE_FINAL_TYPE (OhOverviewCells, oh_overview_cells, OH, OVERVIEW_CELLS, OhCellRow)

struct _OhOverviewCells
{
  OhCellRow parent_instance;

  const OhOverviewColumn *columns;
  guint n_columns;
};

G_DEFINE_FINAL_TYPE (OhOverviewCells, oh_overview_cells, OH_TYPE_CELL_ROW)

static double
sum_widths (const double *widths, guint n)
{
  double total = -GAP;

  for (guint i = 0; i < n; i++)
    if (widths[i] > 0)
      total += widths[i] + GAP;
  return total;
}

/* @widths: (out): in digits; 0: there is no room for it */
static void
compute_widths (OhOverviewCells *self, double room, double *widths)
{
  double spare;

  for (guint i = 0; i < self->n_columns; i++)
    widths[i] = self->columns[i].expands ? EXPANDING_MIN : self->columns[i].digits;
  for (guint turn = 1; turn <= self->n_columns && sum_widths (widths, self->n_columns) > room; turn++)
    for (guint i = 0; i < self->n_columns; i++)
      if (self->columns[i].leaves == turn)
        widths[i] = 0;
  spare = room - sum_widths (widths, self->n_columns);
  for (guint i = 0; i < self->n_columns; i++)
    if (self->columns[i].expands)
      widths[i] = MAX (widths[i] + spare, 1);
}

static void
oh_overview_cells_arrange (OhCellRow *row, int width, int digit, OhCellPlace *places)
{
  OhOverviewCells *self = OH_OVERVIEW_CELLS (row);
  double widths[OH_CELLS_MAX];
  double x = 0;

  compute_widths (self, (double) width / MAX (digit, 1), widths);
  for (guint i = 0; i < self->n_columns; i++)
    {
      places[i] = (OhCellPlace) { (int) (x * digit), (int) (widths[i] * digit) };
      if (widths[i] > 0)
        x += widths[i] + GAP;
    }
}

static void
oh_overview_cells_class_init (OhOverviewCellsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  OH_CELL_ROW_CLASS (klass)->arrange = oh_overview_cells_arrange;
  gtk_widget_class_set_css_name (widget_class, "cells");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
oh_overview_cells_init (OhOverviewCells *self)
{
}

static void
put_cell (OhOverviewCells *self, guint column, GtkWidget *cell)
{
  gtk_widget_set_valign (cell, GTK_ALIGN_CENTER);
  oh_cell_row_set_cell (OH_CELL_ROW (self), column, cell);
}

static void
put_text (OhOverviewCells *self, guint column)
{
  GtkWidget *cell = oh_columns_new_text (self->columns[column].xalign);

  gtk_widget_add_css_class (cell, "numeric");
  put_cell (self, column, cell);
}

static GtkWidget *
cells_new (const OhOverviewColumn *columns, guint n)
{
  OhOverviewCells *self = g_object_new (OH_TYPE_OVERVIEW_CELLS, NULL);

  self->columns = columns;
  self->n_columns = n;
  for (guint i = 0; i < n; i++)
    put_text (self, i);
  return GTK_WIDGET (self);
}

/* ---- the table ---- */

typedef struct
{
  gint64 id;
  guint order;
  guint filling;           /* when it was last added */
  GtkWidget *row;          /* GtkListBoxRow, owned by the list box */
  OhOverviewCells *cells;
  char *styles[OH_CELLS_MAX];
} Line;

struct _OhShortTable
{
  AdwBin parent_instance;

  GtkBox *box;
  GtkWidget *heading;
  GtkListBox *list_box;
  GtkLabel *nothing;

  const OhOverviewColumn *columns;
  guint n_columns;
  GHashTable *lines;       /* gint64 id -> Line */
  Line *last;
  guint filling;
  guint n_added;
};

static guint activated_signal;

G_DEFINE_FINAL_TYPE (OhShortTable, oh_short_table, ADW_TYPE_BIN)

static void
line_free (Line *line)
{
  for (guint i = 0; i < OH_CELLS_MAX; i++)
    g_free (line->styles[i]);
  g_free (line);
}

static int
compare_rows (GtkListBoxRow *a, GtkListBoxRow *b, gpointer data)
{
  const Line *x = g_object_get_data (G_OBJECT (a), "line");
  const Line *y = g_object_get_data (G_OBJECT (b), "line");

  return (x->order > y->order) - (x->order < y->order);
}

static void
on_row_activated (OhShortTable *self, GtkListBoxRow *row)
{
  const Line *line = g_object_get_data (G_OBJECT (row), "line");

  g_signal_emit (self, activated_signal, 0, line->id);
}

static void
oh_short_table_finalize (GObject *object)
{
  g_hash_table_unref (OH_SHORT_TABLE (object)->lines);
  G_OBJECT_CLASS (oh_short_table_parent_class)->finalize (object);
}

static void
oh_short_table_class_init (OhShortTableClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_short_table_finalize;
  activated_signal = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_INT64);
}

static void
oh_short_table_init (OhShortTable *self)
{
  self->lines = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify) line_free);
  self->box = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 0));
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->box));
  gtk_widget_add_css_class (GTK_WIDGET (self), "overview-table");
}

void
oh_short_table_set_columns (OhShortTable *self, const OhOverviewColumn *columns, guint n, const char *name,
                               const char *nothing)
{
  g_return_if_fail (OH_IS_SHORT_TABLE (self));
  g_return_if_fail (self->columns == NULL && n <= OH_CELLS_MAX);

  self->columns = columns;
  self->n_columns = n;
  self->heading = cells_new (columns, n);
  gtk_widget_add_css_class (self->heading, "headings");
  for (guint i = 0; i < n; i++)
    oh_cell_row_set_text (OH_CELL_ROW (self->heading), i, _ (columns[i].title));
  gtk_box_append (self->box, self->heading);
  self->list_box = GTK_LIST_BOX (gtk_list_box_new ());
  gtk_list_box_set_selection_mode (self->list_box, GTK_SELECTION_NONE);
  gtk_list_box_set_sort_func (self->list_box, compare_rows, NULL, NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list_box), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_signal_connect_object (self->list_box, "row-activated", G_CALLBACK (on_row_activated), self, G_CONNECT_SWAPPED);
  gtk_box_append (self->box, GTK_WIDGET (self->list_box));
  self->nothing = GTK_LABEL (gtk_label_new (nothing));
  gtk_label_set_wrap (self->nothing, TRUE);
  gtk_label_set_xalign (self->nothing, 0);
  gtk_widget_add_css_class (GTK_WIDGET (self->nothing), "dim-label");
  gtk_widget_add_css_class (GTK_WIDGET (self->nothing), "nothing");
  gtk_box_append (self->box, GTK_WIDGET (self->nothing));
  oh_short_table_begin (self);
  oh_short_table_end (self);
}

void
oh_short_table_begin (OhShortTable *self)
{
  g_return_if_fail (OH_IS_SHORT_TABLE (self));

  self->filling++;
  self->n_added = 0;
  self->last = NULL;
}

void
oh_short_table_add_row (OhShortTable *self, gint64 id, const char *sentence)
{
  Line *line;

  g_return_if_fail (OH_IS_SHORT_TABLE (self));

  line = g_hash_table_lookup (self->lines, &id);
  if (line == NULL)
    {
      line = g_new0 (Line, 1);
      line->id = id;
      line->order = self->n_added;
      line->cells = OH_OVERVIEW_CELLS (cells_new (self->columns, self->n_columns));
      line->row = gtk_list_box_row_new ();
      gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (line->row), GTK_WIDGET (line->cells));
      g_object_set_data (G_OBJECT (line->row), "line", line);
      g_hash_table_insert (self->lines, &line->id, line);
      gtk_list_box_append (self->list_box, line->row);
    }
  line->order = self->n_added++;
  line->filling = self->filling;
  gtk_accessible_update_property (GTK_ACCESSIBLE (line->row), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
  self->last = line;
}

void
oh_short_table_set_text (OhShortTable *self, guint column, const char *text, const char *style)
{
  Line *line;
  OhCellRow *row;

  g_return_if_fail (OH_IS_SHORT_TABLE (self));
  g_return_if_fail (self->last != NULL && column < self->n_columns);

  line = self->last;
  row = OH_CELL_ROW (line->cells);
  if (!GTK_IS_INSCRIPTION (oh_cell_row_get_cell (row, column)))
    put_text (line->cells, column);
  oh_cell_row_set_text (row, column, text);
  if (g_strcmp0 (style, line->styles[column]) == 0)
    return;
  if (line->styles[column] != NULL)
    gtk_widget_remove_css_class (oh_cell_row_get_cell (row, column), line->styles[column]);
  if (style != NULL)
    gtk_widget_add_css_class (oh_cell_row_get_cell (row, column), style);
  g_free (line->styles[column]);
  line->styles[column] = g_strdup (style);
}

void
oh_short_table_set_widget (OhShortTable *self, guint column, GtkWidget *widget)
{
  g_return_if_fail (OH_IS_SHORT_TABLE (self));
  g_return_if_fail (self->last != NULL && column < self->n_columns);

  put_cell (self->last->cells, column, widget);
}

void
oh_short_table_set_tooltip (OhShortTable *self, const char *text)
{
  g_return_if_fail (OH_IS_SHORT_TABLE (self));
  g_return_if_fail (self->last != NULL);

  gtk_widget_set_tooltip_text (self->last->row, text);
}

void
oh_short_table_end (OhShortTable *self)
{
  GHashTableIter iter;
  gpointer value;

  g_return_if_fail (OH_IS_SHORT_TABLE (self));

  self->last = NULL;
  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Line *line = value;

      if (line->filling == self->filling)
        continue;
      gtk_list_box_remove (self->list_box, line->row);
      g_hash_table_iter_remove (&iter);
    }
  gtk_list_box_invalidate_sort (self->list_box);
  gtk_widget_set_visible (self->heading, self->n_added > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->list_box), self->n_added > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->nothing), self->n_added == 0);
}
