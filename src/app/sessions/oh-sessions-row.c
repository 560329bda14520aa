/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sessions-row.h"

#include "oh-columns.h"
#include "oh-words.h"

#include <glib/gi18n.h>

#define INDENT 20

typedef enum
{
  COLUMN_NAME,
  COLUMN_TOKENS,
  COLUMN_COST,
  N_COLUMNS,
  KEY_LAST = N_COLUMNS,
  KEY_STARTED,
  KEY_CALLS,
  N_KEYS
} Column;

static const OhColumnInfo infos[N_KEYS] = {
  [COLUMN_NAME] = { "name", N_ ("Name"), OH_COLUMN_IS_FIXED },
  [COLUMN_TOKENS] = { "tokens", N_ ("Tokens"), 0 },
  [COLUMN_COST] = { "cost", N_ ("Cost"), 0 },
  [KEY_LAST] = { "last", N_ ("Last Active"), OH_COLUMN_IS_KEY },
  [KEY_STARTED] = { "started", N_ ("Started"), OH_COLUMN_IS_KEY },
  [KEY_CALLS] = { "calls", N_ ("Calls"), OH_COLUMN_IS_KEY },
};

static const guint natural[N_KEYS] = { KEY_LAST, COLUMN_NAME, COLUMN_TOKENS, COLUMN_COST, KEY_STARTED, KEY_CALLS };

struct _OhSessionsRow
{
  OhCellRow parent_instance;

  GtkLabel *title;
  GtkLabel *subtitle;
  OhSessionsItem *item;
};

G_DEFINE_FINAL_TYPE (OhSessionsRow, oh_sessions_row, OH_TYPE_CELL_ROW)

/* ---- the columns ---- */

OhColumnSet *
oh_sessions_row_get_columns (void)
{
  static OhColumnSet *columns;

  if (columns == NULL)
    columns = oh_column_set_new ("sessions", infos, natural, N_KEYS);
  return columns;
}

OhSessionsSort
oh_sessions_row_get_sort (gboolean *descending)
{
  switch (oh_column_set_get_sort (oh_sessions_row_get_columns (), descending))
    {
    case COLUMN_NAME:
      return OH_SESSIONS_SORT_NAME;
    case COLUMN_TOKENS:
      return OH_SESSIONS_SORT_TOKENS;
    case COLUMN_COST:
      return OH_SESSIONS_SORT_COST;
    case KEY_STARTED:
      return OH_SESSIONS_SORT_STARTED;
    case KEY_CALLS:
      return OH_SESSIONS_SORT_CALLS;
    default:
      return OH_SESSIONS_SORT_LAST;
    }
}

static void
oh_sessions_row_arrange (OhCellRow *row, int width, int digit, OhCellPlace *places)
{
  OhColumnSet *columns = oh_sessions_row_get_columns ();
  int at = width;

  for (guint i = N_KEYS; i > 0; i--)
    {
      const guint column = oh_column_set_get_nth (columns, i - 1);

      if (column >= N_COLUMNS || column == COLUMN_NAME || !oh_column_set_shows (columns, column)
          || width < (column == COLUMN_COST ? 30 : 40) * digit)
        continue;
      places[column].width = (column == COLUMN_COST ? OH_COLUMNS_COST_DIGITS : 8) * digit;
      at -= places[column].width;
      places[column].x = at;
      at -= digit;
    }
  places[COLUMN_NAME] = (OhCellPlace) { 0, MAX (at, 1) };
}

/* ---- what it shows ---- */

static void
show_item (OhSessionsRow *self)
{
  OhCellRow *row = OH_CELL_ROW (self);
  GtkWidget *list_item = gtk_widget_get_parent (GTK_WIDGET (self));
  const OhSums *sums = oh_sessions_item_get_sums (self->item);
  gboolean below = sums == NULL || oh_sessions_item_get_kind (self->item) == OH_SESSIONS_TRACE;
  g_autofree char *title = oh_sessions_item_dup_title (self->item);
  g_autofree char *subtitle = oh_sessions_item_dup_subtitle (self->item);
  g_autofree char *sentence = oh_sessions_item_dup_sentence (self->item);
  g_autofree char *cost = sums == NULL ? NULL : oh_words_short_cost_of (sums, FALSE);
  g_autofree char *tokens = sums == NULL ? NULL : oh_words_tokens_of (sums);

  gtk_label_set_label (self->title, title);
  gtk_label_set_label (self->subtitle, subtitle);
  oh_cell_row_mark (row);
  oh_cell_row_set_text (row, COLUMN_COST, cost);
  oh_cell_row_set_text (row, COLUMN_TOKENS, tokens);
  gtk_widget_set_margin_start (oh_cell_row_get_cell (row, COLUMN_NAME), below ? INDENT : 0);
  if (below)
    gtk_widget_remove_css_class (GTK_WIDGET (self->title), "sessions-title");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->title), "sessions-title");
  /* The list's own widget around the row has the focus, so it is what a screen reader reads. */
  if (list_item != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (list_item), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
}

static void
oh_sessions_row_dispose (GObject *object)
{
  oh_sessions_row_set_item (OH_SESSIONS_ROW (object), NULL);
  G_OBJECT_CLASS (oh_sessions_row_parent_class)->dispose (object);
}

static void
oh_sessions_row_class_init (OhSessionsRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_sessions_row_dispose;
  OH_CELL_ROW_CLASS (klass)->arrange = oh_sessions_row_arrange;
  OH_CELL_ROW_CLASS (klass)->marked = 1u << COLUMN_NAME;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "sessionsrow");
}

static void
oh_sessions_row_init (OhSessionsRow *self)
{
  g_signal_connect_object (oh_sessions_row_get_columns (), "changed", G_CALLBACK (oh_cell_row_rearrange), self,
                           G_CONNECT_SWAPPED);
}

static GtkLabel *
add_label (GtkWidget *box, const char *style)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_single_line_mode (GTK_LABEL (label), TRUE);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, "numeric");
  if (style != NULL)
    gtk_widget_add_css_class (label, style);
  gtk_box_append (GTK_BOX (box), label);
  return GTK_LABEL (label);
}

GtkWidget *
oh_sessions_row_new (void)
{
  OhSessionsRow *self = g_object_new (OH_TYPE_SESSIONS_ROW, NULL);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);

  self->title = add_label (texts, NULL);
  self->subtitle = add_label (texts, "sessions-more");
  gtk_widget_add_css_class (GTK_WIDGET (self->subtitle), "dim-label");
  oh_cell_row_set_cell (OH_CELL_ROW (self), COLUMN_NAME, texts);
  oh_cell_row_add_text (OH_CELL_ROW (self), COLUMN_TOKENS, 1, TRUE);
  oh_cell_row_add_text (OH_CELL_ROW (self), COLUMN_COST, 1, FALSE);
  return GTK_WIDGET (self);
}

static void
show_headings (OhCellRow *row)
{
  for (guint i = COLUMN_NAME; i < N_COLUMNS; i++)
    {
      g_autofree char *title = oh_column_set_dup_title (oh_sessions_row_get_columns (), i);

      oh_cell_row_set_text (row, i, title);
    }
}

GtkWidget *
oh_sessions_row_new_heading (void)
{
  OhCellRow *row = g_object_new (OH_TYPE_SESSIONS_ROW, NULL);

  for (guint i = COLUMN_NAME; i < N_COLUMNS; i++)
    oh_cell_row_set_cell (row, i, oh_columns_new_text (i == COLUMN_NAME ? 0 : 1));
  show_headings (row);
  g_signal_connect_object (oh_sessions_row_get_columns (), "changed", G_CALLBACK (show_headings), row, G_CONNECT_SWAPPED);
  gtk_widget_add_css_class (GTK_WIDGET (row), "headings");
  return GTK_WIDGET (row);
}

void
oh_sessions_row_set_item (OhSessionsRow *self, OhSessionsItem *item)
{
  g_return_if_fail (OH_IS_SESSIONS_ROW (self));

  if (self->item != NULL)
    g_signal_handlers_disconnect_by_data (self->item, self);
  g_set_object (&self->item, item);
  if (item == NULL)
    return;
  g_signal_connect_object (item, "changed", G_CALLBACK (show_item), self, G_CONNECT_SWAPPED);
  show_item (self);
}

OhSessionsItem *
oh_sessions_row_get_item (OhSessionsRow *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ROW (self), NULL);

  return self->item;
}
