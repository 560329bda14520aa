/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-tail.h"

#include "oh-selection.h"

struct _OhTail
{
  AdwBin parent_instance;

  GtkRevealer *revealer;

  GtkListView *list_view;
  GtkScrolledWindow *scrolled;
  gboolean following;      /* new rows are scrolled to */
  gboolean resized;        /* what scrolls now is the list's own doing */
  gboolean resting;        /* the newest rows are not at the end */
  gboolean held;           /* it does not follow, though nobody has scrolled up */
  gboolean news;           /* rows came behind the last one since it does not follow */
  GtkTreeListRow *toggled; /* is to be in sight when the list has taken in what was unfolded; or NULL */
  double page_size;        /* of the list, when it was last looked at */
  gboolean keeping;        /* the row under the cursor was in sight before the list got smaller: it stays so */
  guint follow_source;
};

G_DEFINE_FINAL_TYPE (OhTail, oh_tail, ADW_TYPE_BIN)

static guint
get_n_rows (OhTail *self)
{
  GtkSelectionModel *model = gtk_list_view_get_model (self->list_view);

  return model == NULL ? 0 : g_list_model_get_n_items (G_LIST_MODEL (model));
}

static void
show_button (OhTail *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);
  gboolean scrolls = gtk_adjustment_get_upper (adjustment) > gtk_adjustment_get_page_size (adjustment);

  gtk_revealer_set_reveal_child (self->revealer, !self->resting && !self->following && self->news && scrolls && get_n_rows (self) > 0);
}

/* Returns: where what was chosen last stands; GTK_INVALID_LIST_POSITION: nothing was */
static guint
get_cursor (OhTail *self)
{
  return oh_selection_get_cursor (OH_SELECTION (gtk_list_view_get_model (self->list_view)));
}

static gboolean
follow (gpointer data)
{
  OhTail *self = data;
  guint n = get_n_rows (self);

  self->follow_source = 0;
  self->resized = FALSE;
  if (self->toggled != NULL && gtk_tree_list_row_get_position (self->toggled) < n)
    oh_tail_scroll_to (self, gtk_tree_list_row_get_position (self->toggled));
  else if (self->keeping && get_cursor (self) < n)
    oh_tail_scroll_to (self, get_cursor (self));
  else if (self->following && !self->resting && n > 0)
    oh_tail_scroll_to (self, n - 1);
  self->keeping = FALSE;
  g_clear_object (&self->toggled);
  show_button (self);
  return G_SOURCE_REMOVE;
}

/* Rows that were added, or a list that got smaller, are no wish of the user's to leave the newest. */
static void
on_resized (OhTail *self, GtkAdjustment *adjustment)
{
  const double before = self->page_size, page_size = gtk_adjustment_get_page_size (adjustment);
  const guint n = get_n_rows (self), cursor = n == 0 ? GTK_INVALID_LIST_POSITION : get_cursor (self);

  if (page_size < before && cursor < n)
    {
      const double height = gtk_adjustment_get_upper (adjustment) / n;
      const double top = cursor * height - gtk_adjustment_get_value (adjustment);

      self->keeping = self->keeping || (top > -height && top < before);
    }
  self->page_size = page_size;
  self->resized = TRUE;
  oh_tail_update (self);
}

static void
on_scrolled (OhTail *self, GtkAdjustment *adjustment)
{
  double bottom = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment);
  gboolean at_bottom = gtk_adjustment_get_value (adjustment) >= bottom - 2;

  if (at_bottom == self->following || (self->resized && (!at_bottom || self->held)))
    return;
  /* Where everything is in sight, nobody has scrolled to the end. */
  if (at_bottom && bottom <= 0 && self->held)
    return;
  self->following = at_bottom;
  self->held = FALSE;
  self->news = FALSE;
  show_button (self);
}

/* What was unfolded is no news, nor are other rows in the place of all. */
static void
on_items_changed (OhTail *self, guint position, guint removed, guint added, GListModel *model)
{
  if (added == 0 || position == 0 || self->toggled != NULL || self->following ||
      position + added < g_list_model_get_n_items (model))
    return;
  self->news = TRUE;
  oh_tail_update (self);
}

static void
oh_tail_dispose (GObject *object)
{
  OhTail *self = OH_TAIL (object);

  g_clear_handle_id (&self->follow_source, g_source_remove);
  g_clear_object (&self->toggled);
  G_OBJECT_CLASS (oh_tail_parent_class)->dispose (object);
}

static void
oh_tail_class_init (OhTailClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_tail_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-tail.ui");
  gtk_widget_class_bind_template_child (widget_class, OhTail, revealer);
  gtk_widget_class_bind_template_callback (widget_class, oh_tail_follow);
}

static void
oh_tail_init (OhTail *self)
{
  self->following = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_tail_attach (OhTail *self, GtkListView *list_view, GtkScrolledWindow *scrolled)
{
  GtkAdjustment *adjustment;

  g_return_if_fail (OH_IS_TAIL (self));
  g_return_if_fail (GTK_IS_LIST_VIEW (list_view) && GTK_IS_SCROLLED_WINDOW (scrolled));

  self->list_view = list_view;
  self->scrolled = scrolled;
  adjustment = gtk_scrolled_window_get_vadjustment (scrolled);
  g_signal_connect_object (adjustment, "changed", G_CALLBACK (on_resized), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (on_scrolled), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (gtk_list_view_get_model (list_view), "items-changed", G_CALLBACK (on_items_changed), self,
                           G_CONNECT_SWAPPED);
}

void
oh_tail_follow (OhTail *self)
{
  g_return_if_fail (OH_IS_TAIL (self));

  self->following = TRUE;
  self->held = FALSE;
  self->news = FALSE;
  show_button (self);
  oh_tail_update (self);
}

/* The list has to take in its new rows before it can scroll to them. */
void
oh_tail_update (OhTail *self)
{
  g_return_if_fail (OH_IS_TAIL (self));

  if (self->follow_source == 0)
    self->follow_source = g_idle_add_full (GTK_PRIORITY_RESIZE + 15, follow, self, NULL);
}

void
oh_tail_stay_with (OhTail *self, GtkTreeListRow *row)
{
  g_return_if_fail (OH_IS_TAIL (self));

  oh_tail_stay (self);
  g_set_object (&self->toggled, row);
  oh_tail_update (self);
}

void
oh_tail_stay (OhTail *self)
{
  g_return_if_fail (OH_IS_TAIL (self));

  self->following = FALSE;
  self->held = TRUE;
}

void
oh_tail_set_resting (OhTail *self, gboolean resting)
{
  g_return_if_fail (OH_IS_TAIL (self));

  if (resting == self->resting)
    return;
  self->resting = resting;
  oh_tail_update (self);
}

void
oh_tail_scroll_to (OhTail *self, guint position)
{
  g_return_if_fail (OH_IS_TAIL (self));

  gtk_widget_activate_action (GTK_WIDGET (self->list_view), "list.scroll-to-item", "u", position);
}
