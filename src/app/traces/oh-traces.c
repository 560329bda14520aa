/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-traces.h"

#include "oh-context-menu.h"
#include "oh-exchange-menu.h"
#include "oh-span-loader.h"
#include "oh-span-pieces.h"
#include "oh-span-phases.h"
#include "oh-span-row.h"
#include "oh-span-view.h"
#include "oh-traces-model.h"
#include "oh-waterfall.h"
#include "oh-waterfall-zoom.h"

#include <glib/gi18n.h>

/* The tree is read anew at most so often. */
#define UPDATE_MS 100
/* The same while very much changes: everything is read again, or a file is read in. */
#define UPDATE_SELDOM_MS 1000

struct _OhTraces
{
  OhListPane parent_instance;

  OhTracesModel *traces;
  GtkTreeListModel *tree;
  OhWaterfallScale *scale;
  OhSpanView *view;       /* of what is selected where that is no exchange */
  OhSpanItem *selected;   /* or NULL */
  OhSpanItem *wanted;     /* selected as soon as it is in the list again; or NULL */
  gboolean unfold_newest; /* as soon as there is one */
  GQueue unfolding;       /* GtkTreeListRow whose rows below are to be unfolded */
  guint unfold_at;        /* the next row below the first of them */
  guint unfold_source;
  gboolean updating;
  gboolean update_again;
  gint64 updated_us;
  gint64 pause_ms;
  guint update_source;
  guint scale_source;
};

static OhPaneInterface *parent_iface;

static void oh_traces_pane_init (OhPaneInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhTraces, oh_traces, OH_TYPE_LIST_PANE,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PANE, oh_traces_pane_init))

static guint
get_n_traces (OhTraces *self)
{
  return self->traces == NULL ? 0 : g_list_model_get_n_items (G_LIST_MODEL (self->traces));
}

/* ---- the times shown ---- */

/* The axis is as long as the longest trace that is unfolded on screen, or, where none is, the longest on screen. */
static gboolean
update_scale (gpointer data)
{
  OhTraces *self = data;
  gint64 now_ns = oh_clock_wall_ns ();
  gint64 unfolded = 0, longest = 0;
  GHashTableIter iter;
  gpointer row;

  self->scale_source = 0;
  g_hash_table_iter_init (&iter, OH_LIST_PANE (self)->rows);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    {
      OhSpanItem *item = oh_span_row_get_item (row);
      OhSpanItem *trace;
      gint64 length;

      if (item == NULL)
        continue;
      trace = oh_traces_model_lookup (self->traces, oh_span_item_get_trace_id (item));
      if (trace == NULL || oh_span_item_get_trace (trace) == NULL)
        continue;
      length = oh_span_get_end_ns (trace, now_ns) - oh_span_item_get_origin_ns (trace);
      longest = MAX (longest, length);
      if (item != trace || gtk_tree_list_row_get_expanded (oh_span_row_get_row (row)))
        unfolded = MAX (unfolded, length);
    }
  if (longest > 0)
    oh_waterfall_scale_set_length (self->scale, unfolded > 0 ? unfolded : longest);
  return G_SOURCE_REMOVE;
}

static void
queue_scale (OhTraces *self)
{
  if (self->scale_source == 0)
    self->scale_source = g_idle_add_full (GTK_PRIORITY_RESIZE + 5, update_scale, self, NULL);
}

static gboolean
oh_traces_tick_row (OhListPane *pane, OhCellRow *row)
{
  OhSpanItem *item = oh_span_row_get_item (OH_SPAN_ROW (row));

  if (item == NULL || !oh_span_item_is_running (item))
    return FALSE;
  oh_span_row_tick (OH_SPAN_ROW (row));
  return TRUE;
}

static void
oh_traces_ticked (OhListPane *pane)
{
  OhTraces *self = OH_TRACES (pane);

  oh_span_view_tick (self->view);
  queue_scale (self);
}

/* ---- folding ---- */

static GListModel *
create_children (gpointer data, gpointer user_data)
{
  OhTraces *self = user_data;
  OhSpanItem *item = data;
  GListModel *children = oh_span_item_get_children (item);

  if (children == NULL)
    return NULL;
  if (oh_span_item_get_kind (item) == OH_SPAN_TRACE)
    oh_traces_model_open (self->traces, item);
  return g_object_ref (children);
}

static gboolean
take_next_unfolded (OhTraces *self)
{
  GtkTreeListRow *row = g_queue_peek_head (&self->unfolding);
  g_autoptr (OhSpanItem) item = gtk_tree_list_row_get_expanded (row) ? gtk_tree_list_row_get_item (row) : NULL;
  GListModel *below = item == NULL ? NULL : oh_span_item_get_children (item);
  g_autoptr (OhSpanItem) child = below == NULL ? NULL : g_list_model_get_item (below, self->unfold_at);

  if (child == NULL)
    {
      g_object_unref (g_queue_pop_head (&self->unfolding));
      self->unfold_at = 0;
    }
  else
    {
      const guint position = self->unfold_at++;

      if (oh_span_item_has_children (child) && !oh_span_item_get_folded (child))
        {
          GtkTreeListRow *child_row = gtk_tree_list_row_get_child_row (row, position);

          gtk_tree_list_row_set_expanded (child_row, TRUE);
          g_queue_push_tail (&self->unfolding, child_row);
        }
    }
  return !g_queue_is_empty (&self->unfolding);
}

static void
stop_unfolding (OhTraces *self)
{
  g_clear_handle_id (&self->unfold_source, g_source_remove);
  g_queue_clear_full (&self->unfolding, g_object_unref);
  self->unfold_at = 0;
}

/* Returns: whether there is more to do. */
static gboolean
unfold_some (OhTraces *self)
{
  const gint64 until_us = g_get_monotonic_time () + OH_SPAN_SLICE_US;

  do
    if (!take_next_unfolded (self))
      return FALSE;
  while (g_get_monotonic_time () < until_us);
  return TRUE;
}

static gboolean
unfold_more (gpointer data)
{
  OhTraces *self = data;

  if (unfold_some (self))
    return G_SOURCE_CONTINUE;
  self->unfold_source = 0;
  return G_SOURCE_REMOVE;
}

/* Below a trace everything is unfolded but what the user folded: at once as far as that takes no time. */
static void
unfold_below (OhTraces *self, GtkTreeListRow *row)
{
  g_queue_push_tail (&self->unfolding, g_object_ref (row));
  if (self->unfold_source == 0 && unfold_some (self))
    self->unfold_source = g_timeout_add_full (G_PRIORITY_DEFAULT_IDLE, OH_SPAN_FRAME_MS, unfold_more, self, NULL);
}

static void
fold (OhTraces *self, GtkTreeListRow *row, gboolean folded)
{
  g_autoptr (OhSpanItem) item = gtk_tree_list_row_get_item (row);

  if (item == NULL || !oh_span_item_has_children (item) || gtk_tree_list_row_get_expanded (row) != folded)
    return;
  oh_span_item_set_folded (item, folded);
  gtk_tree_list_row_set_expanded (row, !folded);
  if (!folded)
    unfold_below (self, row);
  else if (oh_span_item_get_kind (item) == OH_SPAN_TRACE && oh_span_view_get_item (self->view) != item)
    oh_traces_model_close (self->traces, item);
  queue_scale (self);
  oh_list_pane_ensure_tick (OH_LIST_PANE (self));
}

/* As the user wishes: what was unfolded stays in sight. The list would keep its last row where it is. */
static void
toggle (OhTraces *self, GtkTreeListRow *row)
{
  OhListPane *pane = OH_LIST_PANE (self);
  const gboolean selected = self->selected != NULL;

  oh_tail_stay_with (pane->tail, row);
  fold (self, row, gtk_tree_list_row_get_expanded (row));
  /* What it was folded over is selected no more. */
  if (selected && oh_selection_get_cursor (pane->selection) == GTK_INVALID_LIST_POSITION)
    oh_list_pane_go_to (pane, gtk_tree_list_row_get_position (row));
}

static void
on_toggled (OhTraces *self, OhSpanRow *row)
{
  GtkTreeListRow *tree_row = oh_span_row_get_row (row);

  if (tree_row != NULL)
    toggle (self, tree_row);
}

static void
unfold_newest (OhTraces *self)
{
  g_autoptr (GtkTreeListRow) row = NULL;

  if (!self->unfold_newest || get_n_traces (self) == 0)
    return;
  self->unfold_newest = FALSE;
  /* In another order it is anywhere. */
  if (!oh_column_set_is_plain (oh_span_row_get_columns ()))
    return;
  row = gtk_tree_list_model_get_child_row (self->tree, get_n_traces (self) - 1);
  fold (self, row, FALSE);
}

/* ---- rows ---- */

static GtkWidget *
oh_traces_new_row (OhListPane *pane)
{
  OhTraces *self = OH_TRACES (pane);
  GtkWidget *row = oh_span_row_new (self->scale);

  g_signal_connect_object (row, "toggled", G_CALLBACK (on_toggled), self, G_CONNECT_SWAPPED);
  return row;
}

static void
oh_traces_set_item (OhListPane *pane, OhCellRow *row, GtkListItem *list_item)
{
  OhSpanItem *item;

  oh_span_row_set_row (OH_SPAN_ROW (row), list_item == NULL ? NULL : gtk_list_item_get_item (list_item));
  if (list_item == NULL)
    return;
  queue_scale (OH_TRACES (pane));
  item = oh_span_row_get_item (OH_SPAN_ROW (row));
  if (item != NULL)
    oh_span_phases_fetch (pane->engine, item);
  if (item != NULL && oh_span_item_is_running (item))
    oh_list_pane_ensure_tick (pane);
}

/* ---- the empty list ---- */

static gboolean
oh_traces_is_loading (OhListPane *pane)
{
  OhTraces *self = OH_TRACES (pane);

  return self->traces != NULL && oh_traces_model_is_loading (self->traces);
}

static void
oh_traces_say_nothing (OhListPane *pane)
{
  oh_pane_say_nothing (pane->nothing, "oh-traces-symbolic", _ ("No Traces Yet"),
                       _ ("A trace is one task of a program: its calls, their retries, and the tools between them. It "
                          "appears here while it happens."));
}

/* ---- the selection ---- */

static OhSpanItem *
get_item (OhTraces *self, guint position)
{
  g_autoptr (GtkTreeListRow) row = self->tree == NULL ? NULL : gtk_tree_list_model_get_row (self->tree, position);

  return row == NULL ? NULL : gtk_tree_list_row_get_item (row);
}

/* The trace a row is in, or is. (transfer none) */
static OhSpanItem *
get_trace_of (OhTraces *self, OhSpanItem *item)
{
  return oh_traces_model_lookup (self->traces, oh_span_item_get_trace_id (item));
}

static gboolean
is_unfolded (OhTraces *self, OhSpanItem *trace)
{
  guint position = oh_traces_model_find (self->traces, oh_span_item_get_trace_id (trace));
  g_autoptr (GtkTreeListRow) row = gtk_tree_list_model_get_child_row (self->tree, position);

  return row != NULL && gtk_tree_list_row_get_expanded (row);
}

/* Shows a trace, a tool or a span of the program's own, or, with NULL, nothing. Returns: whether that is new. */
static gboolean
view (OhTraces *self, OhSpanItem *item)
{
  OhSpanItem *before = oh_span_view_get_item (self->view);
  OhSpanItem *trace = item == NULL ? NULL : get_trace_of (self, item);

  if (trace == NULL)
    item = NULL;
  if (item == before)
    return FALSE;
  if (item != NULL && item == trace)
    oh_traces_model_open (self->traces, trace);
  if (before != NULL && oh_span_item_get_kind (before) == OH_SPAN_TRACE && !is_unfolded (self, before))
    oh_traces_model_close (self->traces, before);
  oh_span_view_set_item (self->view, item == NULL ? NULL : OH_LIST_PANE (self)->engine, trace, item);
  return TRUE;
}

/* What is under the cursor, which may have become something else. */
static void
show_selected (OhTraces *self)
{
  OhListPane *pane = OH_LIST_PANE (self);
  g_autoptr (OhSpanItem) item = get_item (self, oh_selection_get_cursor (pane->selection));
  OhSpanKind kind = item == NULL ? OH_SPAN_CALL : oh_span_item_get_kind (item);
  gboolean exchange = kind == OH_SPAN_CALL || kind == OH_SPAN_ATTEMPT;
  gint64 id = item != NULL && exchange ? oh_span_item_get_exchange_id (item) : 0;
  gboolean other = view (self, exchange ? NULL : item);

  g_set_object (&self->selected, item);
  oh_list_pane_tell_selected (pane, id, other);
}

static void
want_nothing (OhTraces *self)
{
  OH_LIST_PANE (self)->wanted_id = 0;
  g_clear_object (&self->wanted);
}

/* What is gone with its rows may come back with them, at once when they are only put in another order. */
static void
oh_traces_selected (OhListPane *pane, guint position)
{
  OhTraces *self = OH_TRACES (pane);

  if (position == GTK_INVALID_LIST_POSITION && oh_selection_is_changing (pane->selection) && self->tree != NULL)
    {
      if (self->selected != NULL)
        {
          want_nothing (self);
          pane->wanted_id = pane->selected_id;
          self->wanted = pane->selected_id == 0 ? g_object_ref (self->selected) : NULL;
        }
      return;
    }
  want_nothing (self);
  show_selected (self);
}

/* Where an item is, or, without one, an exchange, for which a call stands, not its attempts.
 * @path: (out): positions, from the innermost out */
static gboolean
find_below (OhSpanItem *item, gint64 exchange_id, OhSpanItem *wanted, GArray *path)
{
  GListModel *below = oh_span_item_get_children (item);

  for (guint i = 0; below != NULL && i < g_list_model_get_n_items (below); i++)
    {
      g_autoptr (OhSpanItem) child = g_list_model_get_item (below, i);

      if ((wanted != NULL ? child == wanted
                          : oh_span_item_get_exchange_id (child) == exchange_id
                                && oh_span_item_get_kind (child) != OH_SPAN_TOOL)
          || find_below (child, exchange_id, wanted, path))
        {
          g_array_append_val (path, i);
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
select_below (OhTraces *self, gint64 trace_id, gint64 exchange_id, OhSpanItem *wanted)
{
  guint position = trace_id == 0 ? GTK_INVALID_LIST_POSITION : oh_traces_model_find (self->traces, trace_id);
  g_autoptr (GtkTreeListRow) row = NULL;
  g_autoptr (OhSpanItem) trace = NULL;
  g_autoptr (GArray) path = g_array_new (FALSE, FALSE, sizeof (guint));

  if (position == GTK_INVALID_LIST_POSITION)
    return FALSE;
  row = gtk_tree_list_model_get_child_row (self->tree, position);
  trace = gtk_tree_list_row_get_item (row);
  if (wanted != NULL && oh_span_item_get_kind (wanted) == OH_SPAN_TRACE)
    {
      oh_list_pane_come_back (OH_LIST_PANE (self), gtk_tree_list_row_get_position (row));
      return TRUE;
    }
  fold (self, row, FALSE);
  if (!find_below (trace, exchange_id, wanted, path))
    return FALSE;
  for (guint i = path->len; i > 0; i--)
    {
      g_autoptr (GtkTreeListRow) parent = g_steal_pointer (&row);

      fold (self, parent, FALSE);
      row = gtk_tree_list_row_get_child_row (parent, g_array_index (path, guint, i - 1));
    }
  oh_list_pane_come_back (OH_LIST_PANE (self), gtk_tree_list_row_get_position (row));
  return TRUE;
}

static gboolean
select_exchange (OhTraces *self, gint64 exchange_id)
{
  OhStoreReader *reader = oh_engine_get_reader (OH_LIST_PANE (self)->engine);
  g_autoptr (OhPlace) place = oh_store_reader_get_place (reader, exchange_id);

  return place != NULL && select_below (self, place->trace_id, exchange_id, NULL);
}

/* Rows came and went. */
static void
settle (OhTraces *self)
{
  if (self->wanted != NULL)
    select_below (self, oh_span_item_get_trace_id (self->wanted), 0, self->wanted);
  else if (OH_LIST_PANE (self)->wanted_id != 0)
    select_exchange (self, OH_LIST_PANE (self)->wanted_id);
  show_selected (self);
}

/* In the timeline of a trace. */
static void
on_chosen (OhTraces *self, OhSpanItem *item)
{
  select_below (self, oh_span_item_get_trace_id (item), 0, item);
}

static void
oh_traces_activated (OhListPane *pane, guint position)
{
  OhTraces *self = OH_TRACES (pane);
  g_autoptr (GtkTreeListRow) row = gtk_tree_list_model_get_row (self->tree, position);
  g_autoptr (OhSpanItem) item = row == NULL ? NULL : gtk_tree_list_row_get_item (row);

  if (item == NULL)
    return;
  if (oh_span_item_get_exchange_id (item) != 0)
    oh_pane_emit_opened (OH_PANE (self), oh_span_item_get_exchange_id (item));
  else
    toggle (self, row);
}

/* ---- their menus ---- */

static void
toggle_selected (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhTraces *self = OH_TRACES (widget);
  guint position = oh_selection_get_cursor (OH_LIST_PANE (self)->selection);
  g_autoptr (GtkTreeListRow) row = gtk_tree_list_model_get_row (self->tree, position);

  if (row != NULL)
    toggle (self, row);
}

static void
add_copy (GMenu *menu, const char *label, const char *text)
{
  if (text != NULL && *text != '\0')
    oh_context_menu_add (menu, label, "win.copy-text", g_variant_new_string (text));
}

static GMenu *
make_trace_menu (GtkTreeListRow *row, OhSpanItem *item)
{
  const OhTrace *trace = oh_span_item_get_trace (item);
  g_autofree char *part = oh_part_name_trace (oh_span_item_get_trace_id (item));
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, oh_span_item_get_trace_id (item));
  g_autofree char *term = oh_search_format_exact (OH_SEARCH_TRACE, number);
  g_autoptr (GMenu) open = g_menu_new ();
  GMenu *menu = g_menu_new ();

  if (oh_span_item_has_children (item))
    oh_context_menu_add (open, gtk_tree_list_row_get_expanded (row) ? _ ("_Fold") : _ ("_Unfold"), "traces.toggle", NULL);
  oh_context_menu_add_section (menu, open);
  oh_exchange_menu_add_part (menu, part, trace != NULL ? trace->name : NULL, term);
  return menu;
}

/* Of a tool, or of a span of the program's own. */
static GMenu *
make_span_menu (OhSpanItem *item)
{
  const OhSpan *span = oh_span_item_get_span (item);
  g_autoptr (GMenu) open = g_menu_new (), copy = g_menu_new ();
  GMenu *menu = g_menu_new ();

  if (span->exchange_id != 0)
    oh_context_menu_add (open, _ ("Open the Call That _Asked for It"), "exchange.open", g_variant_new_int64 (span->exchange_id));
  if (span->result_exchange_id != 0)
    oh_context_menu_add (open, _ ("Open the Call That Brought the _Result"), "exchange.open",
                         g_variant_new_int64 (span->result_exchange_id));
  oh_context_menu_add_section (menu, open);
  add_copy (copy, _ ("_Copy Name"), span->name);
  add_copy (copy, _ ("Copy _Input"), span->detail);
  add_copy (copy, _ ("Copy R_esult"), span->result);
  oh_context_menu_add_section (menu, copy);
  return menu;
}

static GMenu *
make_menu (GtkWidget *row, gpointer data)
{
  OhTraces *self = data;
  g_autoptr (GtkTreeListRow) tree_row = NULL;
  g_autoptr (OhSpanItem) item = NULL;
  const OhSpan *span;

  /* The row may show another one as soon as this one is gone to. */
  g_set_object (&tree_row, oh_span_row_get_row (OH_SPAN_ROW (row)));
  g_set_object (&item, oh_span_row_get_item (OH_SPAN_ROW (row)));
  if (item == NULL || tree_row == NULL)
    return NULL;
  oh_list_pane_go_to (OH_LIST_PANE (self), gtk_tree_list_row_get_position (tree_row));
  span = oh_span_item_get_span (item);
  if (span == NULL)
    return make_trace_menu (tree_row, item);
  return span->exchange != NULL ? oh_exchange_menu_new (span->exchange) : make_span_menu (item);
}

/* ---- keys ---- */

static void
go_in (OhTraces *self, GtkTreeListRow *row)
{
  g_autoptr (OhSpanItem) item = gtk_tree_list_row_get_item (row);

  if (item == NULL || !oh_span_item_has_children (item))
    return;
  if (!gtk_tree_list_row_get_expanded (row))
    toggle (self, row);
  else
    oh_list_pane_go_to (OH_LIST_PANE (self), gtk_tree_list_row_get_position (row) + 1);
}

static void
go_out (OhTraces *self, GtkTreeListRow *row)
{
  g_autoptr (GtkTreeListRow) parent = gtk_tree_list_row_get_parent (row);

  if (gtk_tree_list_row_get_expanded (row))
    toggle (self, row);
  else if (parent != NULL)
    oh_list_pane_go_to (OH_LIST_PANE (self), gtk_tree_list_row_get_position (parent));
}

static gboolean
on_key (OhTraces *self, guint keyval, guint keycode, GdkModifierType state)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  g_autoptr (GtkTreeListRow) row = NULL;
  gboolean in;

  if ((state & gtk_accelerator_get_default_mod_mask ()) != 0 || self->tree == NULL)
    return GDK_EVENT_PROPAGATE;
  if (keyval != GDK_KEY_Left && keyval != GDK_KEY_KP_Left && keyval != GDK_KEY_Right && keyval != GDK_KEY_KP_Right)
    return GDK_EVENT_PROPAGATE;
  in = (keyval == GDK_KEY_Right || keyval == GDK_KEY_KP_Right) != rtl;
  row = gtk_tree_list_model_get_row (self->tree, oh_selection_get_cursor (OH_LIST_PANE (self)->selection));
  if (row == NULL)
    return GDK_EVENT_PROPAGATE;
  if (in)
    go_in (self, row);
  else
    go_out (self, row);
  return GDK_EVENT_STOP;
}

/* ---- what comes ---- */

static void
take_sort (OhTraces *self)
{
  gboolean descending;
  OhTraceSort by = oh_span_row_get_sort (&descending);

  oh_tail_set_resting (OH_LIST_PANE (self)->tail, !oh_column_set_is_plain (oh_span_row_get_columns ()));
  if (self->traces != NULL)
    oh_traces_model_set_sort (self->traces, by, descending);
}

static void
on_loaded (OhTraces *self)
{
  unfold_newest (self);
  settle (self);
  oh_list_pane_show_page (OH_LIST_PANE (self));
  queue_scale (self);
  oh_pane_emit_summary_changed (OH_PANE (self));
}

static void
fetch_phases (OhTraces *self)
{
  GHashTableIter iter;
  gpointer row;

  g_hash_table_iter_init (&iter, OH_LIST_PANE (self)->rows);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    if (oh_span_row_get_item (row) != NULL)
      oh_span_phases_fetch (OH_LIST_PANE (self)->engine, oh_span_row_get_item (row));
}

static void
on_refreshed (OhTraces *self, OhSpanItem *trace)
{
  guint position = oh_traces_model_find (self->traces, oh_span_item_get_trace_id (trace));
  g_autoptr (GtkTreeListRow) row = gtk_tree_list_model_get_child_row (self->tree, position);

  if (row != NULL && gtk_tree_list_row_get_expanded (row))
    unfold_below (self, row);
  settle (self);
  fetch_phases (self);
  queue_scale (self);
}

static void oh_traces_update (OhPane *pane);

static void
on_updated (OhTraces *self, gboolean much)
{
  unfold_newest (self);
  settle (self);
  fetch_phases (self);
  queue_scale (self);
  oh_list_pane_ensure_tick (OH_LIST_PANE (self));
  oh_list_pane_show_page (OH_LIST_PANE (self));
  oh_pane_emit_summary_changed (OH_PANE (self));
  self->updating = FALSE;
  self->updated_us = g_get_monotonic_time ();
  self->pause_ms = much ? UPDATE_SELDOM_MS : UPDATE_MS;
  if (self->update_again)
    oh_traces_update (OH_PANE (self));
}

static void
take_in (OhTraces *self)
{
  self->update_again = self->updating;
  if (self->updating)
    return;
  self->updating = TRUE;
  oh_traces_model_update (self->traces);
}

static gboolean
update_later (gpointer data)
{
  OhTraces *self = data;

  self->update_source = 0;
  take_in (self);
  return G_SOURCE_REMOVE;
}

/* ---- OhPane ---- */

static void
oh_traces_set_engine (OhPane *pane, OhEngine *engine)
{
  OhTraces *self = OH_TRACES (pane);
  OhListPane *list_pane = OH_LIST_PANE (pane);

  g_clear_handle_id (&self->update_source, g_source_remove);
  stop_unfolding (self);
  oh_span_view_set_item (self->view, NULL, NULL, NULL);
  oh_selection_set_model (list_pane->selection, NULL);
  g_clear_object (&self->tree);
  g_clear_object (&self->traces);
  g_clear_object (&self->selected);
  want_nothing (self);
  list_pane->engine = engine;
  list_pane->selected_id = 0;
  self->updating = self->update_again = FALSE;
  if (engine == NULL)
    return;
  self->traces = oh_traces_model_new (oh_engine_get_reader (engine), oh_engine_get_data_dir (engine));
  self->tree = gtk_tree_list_model_new (g_object_ref (G_LIST_MODEL (self->traces)), FALSE, FALSE, create_children,
                                        self, NULL);
  g_signal_connect_object (self->traces, "loaded", G_CALLBACK (on_loaded), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->traces, "updated", G_CALLBACK (on_updated), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->traces, "refreshed", G_CALLBACK (on_refreshed), self, G_CONNECT_SWAPPED);
  take_sort (self);
  oh_selection_set_model (list_pane->selection, G_LIST_MODEL (self->tree));
}

static void
oh_traces_load (OhListPane *pane)
{
  OhTraces *self = OH_TRACES (pane);

  self->unfold_newest = TRUE;
  oh_waterfall_scale_reset (self->scale);
  oh_traces_model_set_query (self->traces, pane->run_id, pane->text);
}

static void
oh_traces_set_scope (OhPane *pane, const OhScope *scope)
{
  oh_span_view_set_words (OH_TRACES (pane)->view, scope->words);
  parent_iface->set_scope (pane, scope);
}

static void
oh_traces_update (OhPane *pane)
{
  OhTraces *self = OH_TRACES (pane);
  gint64 since_ms = (g_get_monotonic_time () - self->updated_us) / 1000;

  if (self->traces == NULL || self->update_source != 0)
    return;
  if (since_ms >= self->pause_ms)
    take_in (self);
  else
    self->update_source = g_timeout_add ((guint) (self->pause_ms - since_ms), update_later, self);
}

static void
oh_traces_reload (OhPane *pane)
{
  OhTraces *self = OH_TRACES (pane);

  if (self->traces == NULL)
    return;
  oh_traces_model_reload (self->traces);
}

static void
oh_traces_select (OhPane *pane, gint64 exchange_id)
{
  OhTraces *self = OH_TRACES (pane);

  if (self->traces == NULL)
    return;
  if (exchange_id == 0)
    {
      want_nothing (self);
      oh_list_pane_go_to (OH_LIST_PANE (pane), GTK_INVALID_LIST_POSITION);
      oh_pane_emit_selected (pane, 0);
    }
  else if (!select_exchange (self, exchange_id))
    {
      want_nothing (self);
      OH_LIST_PANE (pane)->wanted_id = exchange_id;
    }
}

static GtkWidget *
oh_traces_get_detail (OhPane *pane)
{
  OhTraces *self = OH_TRACES (pane);

  return oh_span_view_get_item (self->view) == NULL ? NULL : GTK_WIDGET (self->view);
}

static char *
oh_traces_dup_summary (OhPane *pane)
{
  guint n = get_n_traces (OH_TRACES (pane));
  g_autofree char *count = oh_format_count (n);

  return g_strdup_printf (ngettext ("%s trace", "%s traces", n), count);
}

static void
oh_traces_pane_init (OhPaneInterface *iface)
{
  parent_iface = g_type_interface_peek_parent (iface);
  iface->set_engine = oh_traces_set_engine;
  iface->set_scope = oh_traces_set_scope;
  iface->update = oh_traces_update;
  iface->reload = oh_traces_reload;
  iface->select = oh_traces_select;
  iface->get_detail = oh_traces_get_detail;
  iface->dup_summary = oh_traces_dup_summary;
}

/* ---- */

static void
oh_traces_dispose (GObject *object)
{
  OhTraces *self = OH_TRACES (object);

  g_clear_handle_id (&self->update_source, g_source_remove);
  stop_unfolding (self);
  g_clear_handle_id (&self->scale_source, g_source_remove);
  G_OBJECT_CLASS (oh_traces_parent_class)->dispose (object);
  g_clear_object (&self->view);
  g_clear_object (&self->selected);
  g_clear_object (&self->wanted);
  g_clear_object (&self->tree);
  g_clear_object (&self->traces);
  g_clear_object (&self->scale);
}

static void
oh_traces_class_init (OhTracesClass *klass)
{
  OhListPaneClass *pane_class = OH_LIST_PANE_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_traces_dispose;
  pane_class->new_row = oh_traces_new_row;
  pane_class->set_item = oh_traces_set_item;
  pane_class->load = oh_traces_load;
  pane_class->is_loading = oh_traces_is_loading;
  pane_class->say_nothing = oh_traces_say_nothing;
  pane_class->selected = oh_traces_selected;
  pane_class->activated = oh_traces_activated;
  pane_class->tick_row = oh_traces_tick_row;
  pane_class->ticked = oh_traces_ticked;
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "traces.toggle", NULL, toggle_selected);
}

static void
add_keys (OhTraces *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (on_key), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (GTK_WIDGET (OH_LIST_PANE (self)->scrolled), keys);
}

static void
oh_traces_init (OhTraces *self)
{
  OhListPane *pane = OH_LIST_PANE (self);
  GtkWidget *heading;

  self->scale = oh_waterfall_scale_new ();
  self->unfold_newest = TRUE;
  self->pause_ms = UPDATE_MS;
  g_queue_init (&self->unfolding);

  self->view = OH_SPAN_VIEW (g_object_ref_sink (oh_span_view_new ()));
  g_signal_connect_object (self->view, "chosen", G_CALLBACK (on_chosen), self, G_CONNECT_SWAPPED);
  heading = oh_span_row_new_heading (self->scale);
  oh_list_pane_set_name (pane, _ ("Traces"), "traces");
  gtk_box_prepend (pane->list_box, heading);
  oh_column_set_attach (oh_span_row_get_columns (), GTK_WIDGET (self), OH_CELL_ROW (heading));
  g_signal_connect_object (oh_span_row_get_columns (), "changed", G_CALLBACK (take_sort), self, G_CONNECT_SWAPPED);
  gtk_box_append (pane->page, oh_waterfall_new_legend ());
  gtk_overlay_add_overlay (pane->overlay, oh_waterfall_zoom_new_button (self->scale));
  oh_waterfall_zoom_attach (GTK_WIDGET (pane->list_box), oh_span_row_get_bar (OH_SPAN_ROW (heading)), self->scale);
  add_keys (self);
  oh_context_menu_attach (GTK_WIDGET (pane->list_view), GTK_WIDGET (self), OH_TYPE_SPAN_ROW, make_menu, self);
  oh_list_pane_show_page (pane);
}
