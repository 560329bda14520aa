/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-span-row.h"

#include "oh-columns.h"
#include "oh-marks.h"
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
  N_COLUMNS
} Column;

struct _OhSpanRow
{
  GtkWidget parent_instance;

  GtkWidget *cells[N_COLUMNS];
  int x[N_COLUMNS];
  int width[N_COLUMNS]; /* 0: hidden */

  GtkWidget *arrow;
  GtkLabel *lead;
  OhStatusPill *pill;
  OhStatusPill *retries;
  GtkLabel *trail;

  GtkTreeListRow *tree_row;
  OhSpanItem *item;
  OhSearchWords *words; /* or NULL */
};

G_DEFINE_FINAL_TYPE (OhSpanRow, oh_span_row, GTK_TYPE_WIDGET)

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
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->retries), words->retries);
}

static void
show_label (GtkLabel *label, const char *markup)
{
  gtk_widget_set_visible (GTK_WIDGET (label), markup != NULL);
  gtk_label_set_markup (label, markup != NULL ? markup : "");
  /* There is seldom room for all of it. */
  gtk_widget_set_tooltip_markup (GTK_WIDGET (label), markup);
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
mark (OhSpanRow *self)
{
  oh_marks_set (self->cells[COLUMN_NAME], self->words, OH_SEARCH_ANYWHERE, -1, NULL);
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
  if (self->words != NULL)
    mark (self);
  gtk_inscription_set_text (GTK_INSCRIPTION (self->cells[COLUMN_TOKENS]), words->tokens);
  gtk_inscription_set_text (GTK_INSCRIPTION (self->cells[COLUMN_COST]), words->cost);
  gtk_widget_queue_draw (self->cells[COLUMN_BAR]);
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

static void
oh_span_row_measure (GtkWidget *widget,
                     GtkOrientation orientation,
                     int for_size,
                     int *minimum,
                     int *natural,
                     int *minimum_baseline,
                     int *natural_baseline)
{
  *minimum_baseline = *natural_baseline = -1;
  oh_columns_measure_row (widget, OH_SPAN_ROW (widget)->cells, N_COLUMNS, orientation, minimum, natural);
}

/* The bars take their share; of the numbers, the tokens go first as the room shrinks. */
static void
arrange (OhSpanRow *self, int width)
{
  int digit = oh_columns_get_digit_width (GTK_WIDGET (self));
  int gap = digit;
  int bar = CLAMP (width * 28 / 100, 10 * digit, 90 * digit);
  int at;

  self->width[COLUMN_BAR] = width >= 30 * digit ? bar : 0;
  self->width[COLUMN_COST] = width >= 44 * digit ? 8 * digit : 0;
  self->width[COLUMN_TOKENS] = width >= 54 * digit ? 7 * digit : 0;
  at = width;
  for (guint i = COLUMN_BAR; i > COLUMN_NAME; i--)
    {
      at -= self->width[i];
      self->x[i] = at;
      if (self->width[i] > 0)
        at -= gap;
    }
  self->x[COLUMN_NAME] = 0;
  self->width[COLUMN_NAME] = MAX (at, 1);
}

static void
oh_span_row_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  OhSpanRow *self = OH_SPAN_ROW (widget);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;

  arrange (self, width);
  for (guint i = 0; i < N_COLUMNS; i++)
    {
      GtkAllocation place = { self->x[i], 0, self->width[i], height };
      int minimum;

      gtk_widget_set_child_visible (self->cells[i], self->width[i] > 0);
      if (self->width[i] <= 0)
        continue;
      gtk_widget_measure (self->cells[i], GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
      /* Rather none than half a pill: the attempts stand below. */
      if (i == COLUMN_NAME && self->retries != NULL)
        gtk_widget_set_child_visible (GTK_WIDGET (self->retries), minimum <= place.width);
      place.width = MAX (place.width, minimum);
      if (rtl)
        place.x = width - place.x - place.width;
      gtk_widget_size_allocate (self->cells[i], &place, -1);
    }
}

/* A name that has no room for its pills does not run into the numbers. */
static void
oh_span_row_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  OhSpanRow *self = OH_SPAN_ROW (widget);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int width = self->width[COLUMN_NAME];
  int x = rtl ? gtk_widget_get_width (widget) - width : 0;

  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT ((float) x, 0, (float) width,
                                                         (float) gtk_widget_get_height (widget)));
  gtk_widget_snapshot_child (widget, self->cells[COLUMN_NAME], snapshot);
  gtk_snapshot_pop (snapshot);
  for (guint i = COLUMN_NAME + 1; i < N_COLUMNS; i++)
    gtk_widget_snapshot_child (widget, self->cells[i], snapshot);
}

/* ---- */

static void
oh_span_row_dispose (GObject *object)
{
  OhSpanRow *self = OH_SPAN_ROW (object);

  oh_span_row_set_row (self, NULL);
  g_clear_pointer (&self->words, oh_search_words_unref);
  for (guint i = 0; i < N_COLUMNS; i++)
    g_clear_pointer (&self->cells[i], gtk_widget_unparent);
  G_OBJECT_CLASS (oh_span_row_parent_class)->dispose (object);
}

static void
oh_span_row_class_init (OhSpanRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_span_row_dispose;
  widget_class->measure = oh_span_row_measure;
  widget_class->size_allocate = oh_span_row_size_allocate;
  widget_class->snapshot = oh_span_row_snapshot;
  gtk_widget_class_set_css_name (widget_class, "span");
  toggled_signal = g_signal_new ("toggled", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
oh_span_row_init (OhSpanRow *self)
{
}

static void
add_cell (OhSpanRow *self, Column column, GtkWidget *cell)
{
  self->cells[column] = cell;
  gtk_widget_set_parent (cell, GTK_WIDGET (self));
}

static void
add_text_cell (OhSpanRow *self, Column column, const char *text)
{
  GtkWidget *cell = oh_columns_new_text (column == COLUMN_NAME ? 0 : 1);

  gtk_inscription_set_text (GTK_INSCRIPTION (cell), text);
  gtk_widget_add_css_class (cell, "numeric");
  add_cell (self, column, cell);
}

static GtkLabel *
add_label (GtkBox *box)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_single_line_mode (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
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
  self->trail = add_label (GTK_BOX (box));
  add_cell (self, COLUMN_NAME, box);
  add_text_cell (self, COLUMN_TOKENS, NULL);
  add_text_cell (self, COLUMN_COST, NULL);
  gtk_widget_add_css_class (self->cells[COLUMN_TOKENS], "dim-label");
  gtk_widget_add_css_class (self->cells[COLUMN_COST], "dim-label");
  add_cell (self, COLUMN_BAR, oh_waterfall_new (scale));
  return GTK_WIDGET (self);
}

GtkWidget *
oh_span_row_new_heading (OhWaterfallScale *scale)
{
  OhSpanRow *self = g_object_new (OH_TYPE_SPAN_ROW, NULL);

  add_text_cell (self, COLUMN_NAME, _ ("Trace"));
  gtk_widget_set_margin_start (self->cells[COLUMN_NAME], 22);
  add_text_cell (self, COLUMN_TOKENS, _ ("Tokens"));
  add_text_cell (self, COLUMN_COST, _ ("Cost"));
  add_cell (self, COLUMN_BAR, oh_waterfall_new_axis (scale));
  gtk_widget_add_css_class (GTK_WIDGET (self), "heading");
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
  if (self->cells[COLUMN_BAR] != NULL)
    oh_waterfall_set_item (OH_WATERFALL (self->cells[COLUMN_BAR]), self->item);
  if (self->item == NULL)
    return;
  gtk_widget_set_margin_start (self->arrow, INDENT * (int) gtk_tree_list_row_get_depth (tree_row));
  g_signal_connect_object (self->item, "changed", G_CALLBACK (show_item), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (tree_row, "notify::expanded", G_CALLBACK (show_expanded), self, G_CONNECT_SWAPPED);
  show_item (self);
}

void
oh_span_row_set_words (OhSpanRow *self, OhSearchWords *words)
{
  g_return_if_fail (OH_IS_SPAN_ROW (self));

  if (oh_search_words_set (&self->words, words))
    mark (self);
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

  return self->cells[COLUMN_BAR];
}

void
oh_span_row_tick (OhSpanRow *self)
{
  g_return_if_fail (OH_IS_SPAN_ROW (self));

  gtk_widget_queue_draw (self->cells[COLUMN_BAR]);
}
