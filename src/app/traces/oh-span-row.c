/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-span-row.h"

#include "oh-columns.h"
#include "oh-span-words.h"
#include "oh-status-pill.h"
#include "oh-waterfall.h"

#include <glib/gi18n.h>

#define INDENT 16
/* So many characters of a name give way to nothing; most are narrower than the font says. */
#define LEAD_MAX 16u

typedef enum
{
  COLUMN_NAME,
  COLUMN_TOKENS,
  COLUMN_COST,
  COLUMN_BAR,
  N_COLUMNS,
  KEY_STARTED = N_COLUMNS,
  KEY_TOOK,
  N_KEYS
} Column;

static const OhColumnInfo infos[N_KEYS] = {
  [COLUMN_NAME] = { "name", N_ ("Trace"), OH_COLUMN_IS_FIXED },
  [COLUMN_TOKENS] = { "tokens", N_ ("Tokens"), 0 },
  [COLUMN_COST] = { "cost", N_ ("Cost"), 0 },
  [COLUMN_BAR] = { "time", N_ ("Time"), OH_COLUMN_IS_FIXED | OH_COLUMN_IS_UNSORTED },
  [KEY_STARTED] = { "started", N_ ("Started"), OH_COLUMN_IS_KEY },
  [KEY_TOOK] = { "took", N_ ("Took"), OH_COLUMN_IS_KEY },
};

static const guint natural[N_KEYS] = { KEY_STARTED, COLUMN_NAME, COLUMN_TOKENS, COLUMN_COST, COLUMN_BAR, KEY_TOOK };

static OhColumnSet *columns;
static GHashTable *all; /* rows that are there */

struct _OhSpanRow
{
  OhCellRow parent_instance;

  GtkWidget *arrow;
  GtkLabel *lead;
  OhStatusPill *pill;
  OhStatusPill *retries;
  GtkLabel *trail;

  GtkTreeListRow *tree_row;
  OhSpanItem *item;
};

G_DEFINE_FINAL_TYPE (OhSpanRow, oh_span_row, OH_TYPE_CELL_ROW)

static guint toggled_signal;

/* ---- what it shows ---- */

static void
show_pill (OhStatusPill *pill, OhStatusKind kind, const char *text)
{
  gtk_widget_set_visible (GTK_WIDGET (pill), text != NULL);
  if (text != NULL)
    oh_status_pill_set (pill, kind, text);
}

/* A number beside an arrow that turns: there is seldom room for more. */
static void
show_retries (OhSpanRow *self, const OhSpanWords *words)
{
  g_autofree char *count = words->retried > 0 ? g_strdup_printf ("%u", words->retried) : NULL;

  show_pill (self->retries, OH_STATUS_WARNING, count);
  if (count != NULL)
    oh_status_pill_set_icon (self->retries, "view-refresh-symbolic");
}

/* Tooltips are made when they are looked at: to set one has the X server asked where the pointer is. */
static gboolean
on_query_retries (OhSpanRow *self, int x, int y, gboolean by_keyboard, GtkTooltip *tooltip)
{
  g_autoptr (OhSpanWords) words = self->item == NULL ? NULL : oh_span_words_new (self->item);

  if (words == NULL || words->retries == NULL)
    return FALSE;
  gtk_tooltip_set_text (tooltip, words->retries);
  return TRUE;
}

/* There is seldom room for all of it. */
static gboolean
on_query_label (GtkLabel *label, int x, int y, gboolean by_keyboard, GtkTooltip *tooltip)
{
  const char *markup = gtk_label_get_label (label);

  if (*markup == '\0')
    return FALSE;
  gtk_tooltip_set_markup (tooltip, markup);
  return TRUE;
}

static void
show_label (GtkLabel *label, const char *markup)
{
  gtk_widget_set_visible (GTK_WIDGET (label), markup != NULL);
  gtk_label_set_markup (label, markup != NULL ? markup : "");
}

static void
show_expanded (OhSpanRow *self)
{
  GtkWidget *list_item = gtk_widget_get_parent (GTK_WIDGET (self));
  gboolean expandable, expanded;

  if (self->tree_row == NULL)
    return;
  expandable = oh_span_item_has_children (self->item);
  expanded = gtk_tree_list_row_get_expanded (self->tree_row);
  gtk_widget_set_opacity (self->arrow, expandable ? 1 : 0);
  if (expanded)
    gtk_widget_set_state_flags (self->arrow, GTK_STATE_FLAG_CHECKED, FALSE);
  else
    gtk_widget_unset_state_flags (self->arrow, GTK_STATE_FLAG_CHECKED);
  if (list_item == NULL)
    return;
  if (expandable)
    gtk_accessible_update_state (GTK_ACCESSIBLE (list_item), GTK_ACCESSIBLE_STATE_EXPANDED, expanded, -1);
  else
    gtk_accessible_reset_state (GTK_ACCESSIBLE (list_item), GTK_ACCESSIBLE_STATE_EXPANDED);
}

static void
show_item (OhSpanRow *self)
{
  GtkWidget *list_item = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autoptr (OhSpanWords) words = oh_span_words_new (self->item);
  g_autofree char *sentence = oh_span_words_say (self->item);

  show_label (self->lead, words->lead);
  gtk_label_set_width_chars (self->lead, (int) (MIN (words->lead_chars, LEAD_MAX) * 4 / 5));
  show_pill (self->pill, words->pill_kind, words->pill);
  if (words->pill_is_tool)
    gtk_widget_add_css_class (GTK_WIDGET (self->pill), "tool");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->pill), "tool");
  show_retries (self, words);
  show_label (self->trail, words->trail);
  oh_cell_row_mark (OH_CELL_ROW (self));
  oh_cell_row_set_text (OH_CELL_ROW (self), COLUMN_TOKENS, words->tokens);
  oh_cell_row_set_text (OH_CELL_ROW (self), COLUMN_COST, words->cost);
  gtk_widget_queue_draw (oh_span_row_get_bar (self));
  /* The list's own widget around the row has the focus, so it is what a screen reader reads. */
  if (list_item != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (list_item), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence,
                                    GTK_ACCESSIBLE_PROPERTY_LEVEL,
                                    (int) gtk_tree_list_row_get_depth (self->tree_row) + 1, -1);
  show_expanded (self);
}

static void
on_arrow_pressed (GtkGestureClick *gesture, int n_press, double x, double y, gpointer data)
{
  OhSpanRow *self = data;

  if (self->item == NULL || !oh_span_item_has_children (self->item))
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  g_signal_emit (self, toggled_signal, 0);
}

/* ---- where it stands ---- */

/* The bars take their share; of the numbers, the tokens go first as the room shrinks. */
static void
oh_span_row_arrange (OhCellRow *row, int width, int digit, OhCellPlace *places)
{
  int at = width;

  places[COLUMN_BAR].width = width >= 30 * digit ? CLAMP (width * 28 / 100, 10 * digit, 90 * digit) : 0;
  if (oh_column_set_shows (columns, COLUMN_COST))
    places[COLUMN_COST].width = width >= 46 * digit ? OH_COLUMNS_COST_DIGITS * digit : 0;
  if (oh_column_set_shows (columns, COLUMN_TOKENS))
    places[COLUMN_TOKENS].width = width >= 54 * digit ? 7 * digit : 0;
  for (guint i = N_KEYS; i > 0; i--)
    {
      const guint column = oh_column_set_get_nth (columns, i - 1);

      if (column >= N_COLUMNS || places[column].width == 0)
        continue;
      at -= places[column].width;
      places[column].x = at;
      at -= digit;
    }
  places[COLUMN_NAME] = (OhCellPlace) { 0, MAX (at, 1) };
}

static void
oh_span_row_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  OhSpanRow *self = OH_SPAN_ROW (widget);
  OhCellRow *row = OH_CELL_ROW (widget);
  int minimum;

  GTK_WIDGET_CLASS (oh_span_row_parent_class)->size_allocate (widget, width, height, baseline);
  if (self->retries == NULL)
    return;
  /* Rather none than half a pill: the attempts stand below. */
  gtk_widget_measure (oh_cell_row_get_cell (row, COLUMN_NAME), GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  gtk_widget_set_child_visible (GTK_WIDGET (self->retries), minimum <= oh_cell_row_get_width (row, COLUMN_NAME));
}

/* A name that has no room for its pills does not run into the numbers. */
static void
oh_span_row_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  OhCellRow *row = OH_CELL_ROW (widget);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int width = oh_cell_row_get_width (row, COLUMN_NAME);
  int x = rtl ? gtk_widget_get_width (widget) - width : 0;

  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT ((float) x, 0, (float) width,
                                                         (float) gtk_widget_get_height (widget)));
  gtk_widget_snapshot_child (widget, oh_cell_row_get_cell (row, COLUMN_NAME), snapshot);
  gtk_snapshot_pop (snapshot);
  for (guint i = COLUMN_NAME + 1; i < N_COLUMNS; i++)
    gtk_widget_snapshot_child (widget, oh_cell_row_get_cell (row, i), snapshot);
}

/* ---- */

static void
oh_span_row_dispose (GObject *object)
{
  g_hash_table_remove (all, object);
  oh_span_row_set_row (OH_SPAN_ROW (object), NULL);
  G_OBJECT_CLASS (oh_span_row_parent_class)->dispose (object);
}

static void
oh_span_row_class_init (OhSpanRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_span_row_dispose;
  widget_class->size_allocate = oh_span_row_size_allocate;
  widget_class->snapshot = oh_span_row_snapshot;
  OH_CELL_ROW_CLASS (klass)->arrange = oh_span_row_arrange;
  OH_CELL_ROW_CLASS (klass)->marked = 1u << COLUMN_NAME;
  gtk_widget_class_set_css_name (widget_class, "span");
  toggled_signal = g_signal_new ("toggled", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
rearrange_all (void)
{
  GHashTableIter iter;
  gpointer row;

  g_hash_table_iter_init (&iter, all);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    oh_cell_row_rearrange (row);
}

static void
oh_span_row_init (OhSpanRow *self)
{
  if (all == NULL)
    all = g_hash_table_new (NULL, NULL);
  g_hash_table_add (all, self);
  oh_span_row_get_columns ();
}

OhColumnSet *
oh_span_row_get_columns (void)
{
  if (columns != NULL)
    return columns;
  columns = oh_column_set_new ("traces", infos, natural, N_KEYS);
  g_signal_connect (columns, "changed", G_CALLBACK (rearrange_all), NULL);
  return columns;
}

OhTraceSort
oh_span_row_get_sort (gboolean *descending)
{
  switch (oh_column_set_get_sort (oh_span_row_get_columns (), descending))
    {
    case COLUMN_NAME:
      return OH_TRACE_SORT_NAME;
    case COLUMN_TOKENS:
      return OH_TRACE_SORT_TOKENS;
    case COLUMN_COST:
      return OH_TRACE_SORT_COST;
    case KEY_TOOK:
      return OH_TRACE_SORT_TOOK;
    default:
      return OH_TRACE_SORT_STARTED;
    }
}

/* (transfer none) */
static GtkWidget *
add_text_cell (OhSpanRow *self, Column column, const char *text)
{
  GtkWidget *cell = oh_columns_new_text (column == COLUMN_NAME ? 0 : 1);

  gtk_inscription_set_text (GTK_INSCRIPTION (cell), text);
  gtk_widget_add_css_class (cell, "numeric");
  oh_cell_row_set_cell (OH_CELL_ROW (self), column, cell);
  return cell;
}

static GtkLabel *
add_label (GtkBox *box)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_single_line_mode (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_has_tooltip (label, TRUE);
  g_signal_connect (label, "query-tooltip", G_CALLBACK (on_query_label), NULL);
  gtk_box_append (box, label);
  return GTK_LABEL (label);
}

static OhStatusPill *
add_pill (GtkBox *box)
{
  GtkWidget *pill = oh_status_pill_new ();

  gtk_box_append (box, pill);
  return OH_STATUS_PILL (pill);
}

GtkWidget *
oh_span_row_new (OhWaterfallScale *scale)
{
  OhSpanRow *self = g_object_new (OH_TYPE_SPAN_ROW, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkGesture *click = gtk_gesture_click_new ();

  self->arrow = gtk_image_new_from_icon_name ("pan-end-symbolic");
  gtk_widget_add_css_class (self->arrow, "arrow");
  gtk_box_append (GTK_BOX (box), self->arrow);
  g_signal_connect (click, "pressed", G_CALLBACK (on_arrow_pressed), self);
  gtk_widget_add_controller (self->arrow, GTK_EVENT_CONTROLLER (click));
  self->lead = add_label (GTK_BOX (box));
  self->pill = add_pill (GTK_BOX (box));
  self->retries = add_pill (GTK_BOX (box));
  gtk_widget_set_has_tooltip (GTK_WIDGET (self->retries), TRUE);
  g_signal_connect_object (self->retries, "query-tooltip", G_CALLBACK (on_query_retries), self, G_CONNECT_SWAPPED);
  self->trail = add_label (GTK_BOX (box));
  oh_cell_row_set_cell (OH_CELL_ROW (self), COLUMN_NAME, box);
  gtk_widget_add_css_class (add_text_cell (self, COLUMN_TOKENS, NULL), "dim-label");
  gtk_widget_add_css_class (add_text_cell (self, COLUMN_COST, NULL), "dim-label");
  oh_cell_row_set_cell (OH_CELL_ROW (self), COLUMN_BAR, oh_waterfall_new (scale));
  return GTK_WIDGET (self);
}

static void
show_headings (OhSpanRow *self)
{
  for (guint i = COLUMN_NAME; i < COLUMN_BAR; i++)
    {
      g_autofree char *title = oh_column_set_dup_title (columns, i);

      oh_cell_row_set_text (OH_CELL_ROW (self), i, title);
    }
}

GtkWidget *
oh_span_row_new_heading (OhWaterfallScale *scale)
{
  OhSpanRow *self = g_object_new (OH_TYPE_SPAN_ROW, NULL);

  gtk_widget_set_margin_start (add_text_cell (self, COLUMN_NAME, NULL), 22);
  add_text_cell (self, COLUMN_TOKENS, NULL);
  add_text_cell (self, COLUMN_COST, NULL);
  show_headings (self);
  g_signal_connect_object (columns, "changed", G_CALLBACK (show_headings), self, G_CONNECT_SWAPPED);
  oh_cell_row_set_cell (OH_CELL_ROW (self), COLUMN_BAR, oh_waterfall_new_axis (scale));
  gtk_widget_add_css_class (GTK_WIDGET (self), "headings");
  return GTK_WIDGET (self);
}

void
oh_span_row_set_row (OhSpanRow *self, GtkTreeListRow *tree_row)
{
  g_return_if_fail (OH_IS_SPAN_ROW (self));

  if (self->item != NULL)
    g_signal_handlers_disconnect_by_data (self->item, self);
  if (self->tree_row != NULL)
    g_signal_handlers_disconnect_by_data (self->tree_row, self);
  g_clear_object (&self->item);
  g_set_object (&self->tree_row, tree_row);
  if (tree_row != NULL)
    self->item = gtk_tree_list_row_get_item (tree_row);
  if (oh_span_row_get_bar (self) != NULL)
    oh_waterfall_set_item (OH_WATERFALL (oh_span_row_get_bar (self)), self->item);
  if (self->item == NULL)
    return;
  gtk_widget_set_margin_start (self->arrow, INDENT * (int) gtk_tree_list_row_get_depth (tree_row));
  g_signal_connect_object (self->item, "changed", G_CALLBACK (show_item), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (tree_row, "notify::expanded", G_CALLBACK (show_expanded), self, G_CONNECT_SWAPPED);
  show_item (self);
}

GtkTreeListRow *
oh_span_row_get_row (OhSpanRow *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ROW (self), NULL);

  return self->tree_row;
}

OhSpanItem *
oh_span_row_get_item (OhSpanRow *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ROW (self), NULL);

  return self->item;
}

GtkWidget *
oh_span_row_get_bar (OhSpanRow *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ROW (self), NULL);

  return oh_cell_row_get_cell (OH_CELL_ROW (self), COLUMN_BAR);
}

void
oh_span_row_tick (OhSpanRow *self)
{
  g_return_if_fail (OH_IS_SPAN_ROW (self));

  gtk_widget_queue_draw (oh_span_row_get_bar (self));
}
