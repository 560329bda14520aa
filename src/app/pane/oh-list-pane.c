/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-list-pane.h"

#include "oh-list-tab.h"

#define TICK_MS 100

#define GET_CLASS(self) G_TYPE_INSTANCE_GET_CLASS ((self), OH_TYPE_LIST_PANE, OhListPaneClass)

static void oh_list_pane_pane_init (OhPaneInterface *iface);

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (OhListPane, oh_list_pane, ADW_TYPE_BIN,
                                  G_IMPLEMENT_INTERFACE (OH_TYPE_PANE, oh_list_pane_pane_init))

static gboolean
tick (gpointer data)
{
  OhListPane *self = data;
  GHashTableIter iter;
  gpointer row;
  gboolean running = FALSE;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    running = GET_CLASS (self)->tick_row (self, row) || running;
  if (running && gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      if (GET_CLASS (self)->ticked != NULL)
        GET_CLASS (self)->ticked (self);
      return G_SOURCE_CONTINUE;
    }
  self->tick_source = 0;
  return G_SOURCE_REMOVE;
}

/* ---- rows ---- */

static void
on_setup (OhListPane *self, GtkListItem *list_item)
{
  gtk_list_item_set_child (list_item, GET_CLASS (self)->new_row (self));
}

static void
on_bind (OhListPane *self, GtkListItem *list_item)
{
  OhCellRow *row = OH_CELL_ROW (gtk_list_item_get_child (list_item));

  oh_cell_row_set_words (row, self->words);
  g_hash_table_insert (self->rows, row, list_item);
  GET_CLASS (self)->set_item (self, row, list_item);
}

static void
on_unbind (OhListPane *self, GtkListItem *list_item)
{
  OhCellRow *row = OH_CELL_ROW (gtk_list_item_get_child (list_item));

  g_hash_table_remove (self->rows, row);
  GET_CLASS (self)->set_item (self, row, NULL);
}

/* ---- the selection ---- */

static void
on_selected (OhListPane *self)
{
  GET_CLASS (self)->selected (self, oh_selection_get_cursor (self->selection));
}

static void
on_activated (OhListPane *self, guint position)
{
  GET_CLASS (self)->activated (self, position);
}

/* ---- OhPane ---- */

static void
set_words (OhListPane *self, OhSearchWords *words)
{
  GHashTableIter iter;
  gpointer row;

  if (!oh_search_words_set (&self->words, words))
    return;
  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    oh_cell_row_set_words (row, words);
}

static void
oh_list_pane_set_scope (OhPane *pane, const OhScope *scope)
{
  OhListPane *self = OH_LIST_PANE (pane);

  set_words (self, scope->words);
  if (scope->run_id == self->run_id && g_strcmp0 (scope->text, self->text) == 0 && oh_list_pane_get_n_rows (self) > 0)
    return;
  self->run_id = scope->run_id;
  if (scope->text != self->text)
    {
      g_free (self->text);
      self->text = g_strdup (scope->text);
    }
  if (self->engine == NULL)
    return;
  oh_tail_follow (self->tail);
  GET_CLASS (self)->load (self);
  oh_list_pane_show_page (self);
}

static gboolean
oh_list_pane_move (OhPane *pane, int rows)
{
  OhListPane *self = OH_LIST_PANE (pane);
  guint before = oh_selection_get_cursor (self->selection);
  guint position = oh_pane_get_moved (oh_list_pane_get_n_rows (self), before, rows);

  if (position == GTK_INVALID_LIST_POSITION)
    return FALSE;
  oh_list_pane_go_to (self, position);
  return position != before;
}

static void
oh_list_pane_go_to_newest (OhPane *pane)
{
  oh_tail_follow (OH_LIST_PANE (pane)->tail);
}

static void
oh_list_pane_pane_init (OhPaneInterface *iface)
{
  iface->set_scope = oh_list_pane_set_scope;
  iface->move = oh_list_pane_move;
  iface->go_to_newest = oh_list_pane_go_to_newest;
}

/* ---- */

static gboolean
oh_list_pane_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (OH_LIST_PANE (widget)->list_view));
}

static void
oh_list_pane_dispose (GObject *object)
{
  OhListPane *self = OH_LIST_PANE (object);

  g_clear_handle_id (&self->tick_source, g_source_remove);
  adw_bin_set_child (ADW_BIN (self), NULL);
  g_clear_object (&self->selection);
  G_OBJECT_CLASS (oh_list_pane_parent_class)->dispose (object);
}

static void
oh_list_pane_finalize (GObject *object)
{
  OhListPane *self = OH_LIST_PANE (object);

  g_hash_table_unref (self->rows);
  g_free (self->text);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_list_pane_parent_class)->finalize (object);
}

static void
oh_list_pane_class_init (OhListPaneClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = oh_list_pane_dispose;
  object_class->finalize = oh_list_pane_finalize;
  widget_class->grab_focus = oh_list_pane_grab_focus;

  g_type_ensure (OH_TYPE_TAIL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-list-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, OhListPane, stack);
  gtk_widget_class_bind_template_child (widget_class, OhListPane, nothing);
  gtk_widget_class_bind_template_child (widget_class, OhListPane, clear_search);
  gtk_widget_class_bind_template_child (widget_class, OhListPane, page);
  gtk_widget_class_bind_template_child (widget_class, OhListPane, overlay);
  gtk_widget_class_bind_template_child (widget_class, OhListPane, list_box);
  gtk_widget_class_bind_template_child (widget_class, OhListPane, scrolled);
  gtk_widget_class_bind_template_child (widget_class, OhListPane, list_view);
  gtk_widget_class_bind_template_child (widget_class, OhListPane, tail);
  gtk_widget_class_bind_template_callback (widget_class, on_setup);
  gtk_widget_class_bind_template_callback (widget_class, on_bind);
  gtk_widget_class_bind_template_callback (widget_class, on_unbind);
  gtk_widget_class_bind_template_callback (widget_class, on_activated);
}

static void
oh_list_pane_init (OhListPane *self)
{
  self->rows = g_hash_table_new (NULL, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));

  self->selection = oh_selection_new ();
  gtk_list_view_set_model (self->list_view, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_object (self->selection, "notify::cursor", G_CALLBACK (on_selected), self, G_CONNECT_SWAPPED);
  oh_tail_attach (self->tail, self->list_view, self->scrolled);
  oh_list_tab_attach (GTK_WIDGET (self->list_view));
}

void
oh_list_pane_set_name (OhListPane *self, const char *name, const char *style)
{
  g_return_if_fail (OH_IS_LIST_PANE (self));

  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list_view), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_widget_add_css_class (GTK_WIDGET (self->list_view), style);
}

guint
oh_list_pane_get_n_rows (OhListPane *self)
{
  g_return_val_if_fail (OH_IS_LIST_PANE (self), 0);

  return g_list_model_get_n_items (G_LIST_MODEL (self->selection));
}

void
oh_list_pane_show_page (OhListPane *self)
{
  g_return_if_fail (OH_IS_LIST_PANE (self));

  if (oh_list_pane_get_n_rows (self) > 0)
    {
      gtk_stack_set_visible_child_name (self->stack, "list");
      return;
    }
  if (GET_CLASS (self)->is_loading (self))
    return;
  gtk_widget_set_visible (self->clear_search, self->text != NULL);
  if (self->text != NULL)
    oh_pane_say_not_found (self->nothing, self->text);
  else
    GET_CLASS (self)->say_nothing (self);
  gtk_stack_set_visible_child_name (self->stack, "nothing");
}

void
oh_list_pane_go_to (OhListPane *self, guint position)
{
  gboolean focused;
  GHashTableIter iter;
  gpointer row, list_item;

  g_return_if_fail (OH_IS_LIST_PANE (self));

  focused = gtk_widget_get_focus_child (GTK_WIDGET (self->list_view)) != NULL;
  oh_selection_set_cursor (self->selection, position);
  if (position == GTK_INVALID_LIST_POSITION)
    return;
  oh_tail_scroll_to (self->tail, position);
  g_hash_table_iter_init (&iter, self->rows);
  while (focused && g_hash_table_iter_next (&iter, &row, &list_item))
    if (gtk_list_item_get_position (list_item) == position)
      {
        gtk_widget_grab_focus (gtk_widget_get_parent (row));
        break;
      }
}

void
oh_list_pane_tell_selected (OhListPane *self, gint64 exchange_id, gboolean anyway)
{
  g_return_if_fail (OH_IS_LIST_PANE (self));

  if (exchange_id == self->selected_id && !anyway)
    return;
  self->selected_id = exchange_id;
  oh_pane_emit_selected (OH_PANE (self), exchange_id);
}

void
oh_list_pane_come_back (OhListPane *self, guint position)
{
  g_return_if_fail (OH_IS_LIST_PANE (self));

  oh_tail_stay (self->tail);
  oh_list_pane_go_to (self, position);
}

void
oh_list_pane_ensure_tick (OhListPane *self)
{
  g_return_if_fail (OH_IS_LIST_PANE (self));

  if (self->tick_source == 0)
    self->tick_source = g_timeout_add (TICK_MS, tick, self);
}
