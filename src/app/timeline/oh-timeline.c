/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-timeline.h"

#include "oh-context-menu.h"
#include "oh-drag-export.h"
#include "oh-excerpts.h"
#include "oh-exchange-columns.h"
#include "oh-exchange-list.h"
#include "oh-exchange-menu.h"
#include "oh-exchange-row.h"
#include "oh-words.h"

#include <glib/gi18n.h>

#define PREPARED_AT_ONCE 4

struct _OhTimeline
{
  OhListPane parent_instance;

  OhExchangeList *list;
  OhExcerpts *excerpts;
  guint show_source;
  guint prepare_source;
  GtkRevealer *strip; /* what can be done with several */
  GtkLabel *several;
};

static void oh_timeline_pane_init (OhPaneInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhTimeline, oh_timeline, OH_TYPE_LIST_PANE,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PANE, oh_timeline_pane_init))

/* ---- rows ---- */

/* The call that a row is an attempt of; 0: of one without a second attempt, or there is no such row. */
static gint64
get_retried_call (OhTimeline *self, gint64 position)
{
  g_autoptr (OhExchangeItem) item = NULL;
  OhExchange *exchange;

  if (position < 0 || position >= oh_list_pane_get_n_rows (OH_LIST_PANE (self)))
    return 0;
  item = g_list_model_get_item (G_LIST_MODEL (self->list), (guint) position);
  exchange = oh_exchange_item_get_exchange (item);
  return exchange != NULL && exchange->place != NULL && exchange->place->attempts > 1 ? exchange->place->call_id : 0;
}

static void
show_bracket (OhTimeline *self, OhExchangeRow *row, GtkListItem *list_item)
{
  gint64 position = gtk_list_item_get_position (list_item);
  gint64 call = get_retried_call (self, position);
  gboolean above = call != 0 && get_retried_call (self, position - 1) == call;
  gboolean below = call != 0 && get_retried_call (self, position + 1) == call;

  oh_exchange_row_set_bracket (row, above ? (below ? OH_BRACKET_MIDDLE : OH_BRACKET_LAST)
                                          : (below ? OH_BRACKET_FIRST : OH_BRACKET_NONE));
}

static void
show_excerpt (OhTimeline *self, OhExchangeRow *row)
{
  OhExchangeItem *item = oh_exchange_row_get_item (row);

  if (self->excerpts != NULL && item != NULL)
    oh_exchange_row_set_excerpt (row, oh_excerpts_get (self->excerpts, oh_exchange_item_get_id (item)),
                                 oh_excerpts_get_words (self->excerpts));
}

/* The list view has 200 rows, and a screen shows 20: only these are read and filled. All have the same height. What is
 * an attempt turns out only when the next one comes, so brackets are drawn anew each time. */
static void
show_rows_on_screen (OhTimeline *self)
{
  OhListPane *pane = OH_LIST_PANE (self);
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (pane->scrolled);
  double height = gtk_adjustment_get_upper (adjustment) / MAX (oh_list_pane_get_n_rows (pane), 1);
  double top = gtk_adjustment_get_value (adjustment);
  double bottom = top + gtk_adjustment_get_page_size (adjustment);
  gboolean busy = FALSE;
  GHashTableIter iter;
  gpointer row, list_item;

  if (height < 1)
    return;
  g_hash_table_iter_init (&iter, pane->rows);
  while (g_hash_table_iter_next (&iter, &row, &list_item))
    {
      double y = gtk_list_item_get_position (list_item) * height;

      if (y + 2 * height < top || y - height > bottom)
        continue;
      oh_exchange_row_show (row);
      show_bracket (self, row, list_item);
      show_excerpt (self, row);
      busy = busy || oh_exchange_row_is_busy (row);
    }
  if (busy)
    oh_list_pane_ensure_tick (pane);
}

/* Those that are scrolled to next. */
static gboolean
prepare_rows (gpointer data)
{
  OhTimeline *self = data;
  GHashTableIter iter;
  gpointer row;
  guint n = 0;

  g_hash_table_iter_init (&iter, OH_LIST_PANE (self)->rows);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    if (oh_exchange_row_prepare (row) && ++n == PREPARED_AT_ONCE)
      return G_SOURCE_CONTINUE;
  self->prepare_source = 0;
  return G_SOURCE_REMOVE;
}

static gboolean
show_rows (gpointer data)
{
  OhTimeline *self = data;

  self->show_source = 0;
  show_rows_on_screen (self);
  if (self->prepare_source == 0)
    self->prepare_source = g_idle_add_full (G_PRIORITY_LOW, prepare_rows, self, NULL);
  return G_SOURCE_REMOVE;
}

/* Before the next frame. */
static void
queue_show (OhTimeline *self)
{
  if (self->show_source == 0)
    self->show_source = g_idle_add_full (GTK_PRIORITY_RESIZE, show_rows, self, NULL);
}

static void
oh_timeline_set_item (OhListPane *pane, OhCellRow *row, GtkListItem *list_item)
{
  oh_exchange_row_set_item (OH_EXCHANGE_ROW (row), list_item == NULL ? NULL : gtk_list_item_get_item (list_item));
  if (list_item != NULL)
    queue_show (OH_TIMELINE (pane));
}

static gboolean
oh_timeline_tick_row (OhListPane *pane, OhCellRow *row)
{
  if (!oh_exchange_row_is_busy (OH_EXCHANGE_ROW (row)))
    return FALSE;
  oh_exchange_row_tick (OH_EXCHANGE_ROW (row));
  return TRUE;
}

/* ---- several of them ---- */

static GtkBitset *
get_bits (OhTimeline *self)
{
  return gtk_selection_model_get_selection (GTK_SELECTION_MODEL (OH_LIST_PANE (self)->selection));
}

static guint
count_selected (OhTimeline *self)
{
  g_autoptr (GtkBitset) bits = get_bits (self);

  return (guint) gtk_bitset_get_size (bits);
}

/* (transfer full) (element-type gint64), in the list's order */
static GArray *
get_selected_ids (OhTimeline *self)
{
  g_autoptr (GtkBitset) bits = get_bits (self);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  GtkBitsetIter iter;
  guint position;

  for (gboolean more = gtk_bitset_iter_init_first (&iter, bits, &position); more;
       more = gtk_bitset_iter_next (&iter, &position))
    g_array_append_val (ids, (gint64) { oh_exchange_list_get_id (self->list, position) });
  return ids;
}

static void
act_on_selected (GtkWidget *widget, const char *action)
{
  g_autoptr (GArray) ids = get_selected_ids (OH_TIMELINE (widget));
  g_autofree char *part = oh_part_name_exchanges (&g_array_index (ids, gint64, 0), ids->len);

  gtk_widget_activate_action (widget, action, "s", part);
}

static void
export_selected (GtkWidget *widget, const char *action, GVariant *parameter)
{
  act_on_selected (widget, "win.export-part");
}

static void
delete_selected (GtkWidget *widget, const char *action, GVariant *parameter)
{
  act_on_selected (widget, "win.delete-part");
}

/* The later one against the other. */
static void
compare_selected (GtkWidget *widget, const char *action, GVariant *parameter)
{
  g_autoptr (GArray) ids = get_selected_ids (OH_TIMELINE (widget));

  if (ids->len == 2)
    gtk_widget_activate_action (widget, "browser.compare", "(xx)",
                                MIN (g_array_index (ids, gint64, 0), g_array_index (ids, gint64, 1)),
                                MAX (g_array_index (ids, gint64, 0), g_array_index (ids, gint64, 1)));
}

static void
show_several (OhTimeline *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  guint n = self->list == NULL ? 0 : count_selected (self);
  g_autofree char *count = oh_format_count (n);
  g_autofree char *words = g_strdup_printf (ngettext ("%s selected", "%s selected", n), count);

  gtk_widget_action_set_enabled (widget, "timeline.export", n > 0);
  gtk_widget_action_set_enabled (widget, "timeline.delete", n > 0);
  gtk_widget_action_set_enabled (widget, "timeline.compare", n == 2);
  if (n > 1)
    gtk_label_set_label (self->several, words);
  gtk_revealer_set_reveal_child (self->strip, n > 1);
}

static void
add_button (GtkBox *box, const char *label, const char *action)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (label);

  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  gtk_box_append (box, button);
}

static void
add_strip (OhTimeline *self)
{
  GtkWidget *strip = gtk_revealer_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (NULL);

  self->strip = GTK_REVEALER (strip);
  self->several = GTK_LABEL (label);
  gtk_revealer_set_transition_type (self->strip, GTK_REVEALER_TRANSITION_TYPE_SLIDE_UP);
  gtk_widget_add_css_class (box, "toolbar");
  gtk_widget_add_css_class (label, "numeric");
  gtk_label_set_xalign (self->several, 0);
  gtk_label_set_ellipsize (self->several, PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_box_append (GTK_BOX (box), label);
  add_button (GTK_BOX (box), _ ("_Compare"), "timeline.compare");
  add_button (GTK_BOX (box), _ ("_Export…"), "timeline.export");
  add_button (GTK_BOX (box), _ ("_Delete"), "timeline.delete");
  gtk_revealer_set_child (self->strip, box);
  gtk_box_append (OH_LIST_PANE (self)->page, strip);
  show_several (self);
}

/* ---- their menus ---- */

static GMenu *
make_menu_of_several (OhTimeline *self)
{
  GMenu *menu = g_menu_new ();

  if (count_selected (self) == 2)
    oh_context_menu_add (menu, _ ("_Compare These Two"), "timeline.compare", NULL);
  oh_context_menu_add (menu, _ ("_Export…"), "timeline.export", NULL);
  oh_context_menu_add (menu, _ ("_Delete"), "timeline.delete", NULL);
  return menu;
}

static GMenu *
make_menu (GtkWidget *row, gpointer data)
{
  OhTimeline *self = data;
  OhListPane *pane = data;
  OhExchangeItem *item = oh_exchange_row_get_item (OH_EXCHANGE_ROW (row));
  g_autoptr (OhExchange) exchange = NULL;
  guint position;

  if (item == NULL || oh_exchange_item_get_exchange (item) == NULL)
    return NULL;
  /* The row may show another one as soon as this one is gone to. */
  exchange = oh_exchange_ref (oh_exchange_item_get_exchange (item));
  position = oh_exchange_list_find (self->list, exchange->id);
  if (count_selected (self) > 1 && gtk_selection_model_is_selected (GTK_SELECTION_MODEL (pane->selection), position))
    return make_menu_of_several (self);
  oh_list_pane_go_to (pane, position);
  return oh_exchange_menu_new (exchange);
}

/* ---- dragged out ---- */

/* A row, or, where it is one of several that are selected, all these. */
static OhDragFile *
make_drag (GtkWidget *list, double x, double y, gpointer data)
{
  OhTimeline *self = data;
  GtkWidget *row = oh_context_menu_find_row (list, x, y);
  OhExchangeItem *item = row == NULL ? NULL : oh_exchange_row_get_item (OH_EXCHANGE_ROW (row));
  const OhExchange *exchange = item == NULL ? NULL : oh_exchange_item_get_exchange (item);
  g_autoptr (GArray) ids = NULL;

  if (exchange == NULL)
    return NULL;
  if (count_selected (self) > 1
      && gtk_selection_model_is_selected (GTK_SELECTION_MODEL (OH_LIST_PANE (self)->selection),
                                          oh_exchange_list_find (self->list, exchange->id)))
    {
      ids = get_selected_ids (self);
    }
  else
    {
      ids = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_array_append_val (ids, exchange->id);
    }
  return oh_drag_export_new (OH_LIST_PANE (self)->engine, ids, "har", FALSE);
}

static GtkWidget *
oh_timeline_new_row (OhListPane *pane)
{
  return oh_exchange_row_new ();
}

/* ---- the empty list ---- */

static gboolean
oh_timeline_is_loading (OhListPane *pane)
{
  OhTimeline *self = OH_TIMELINE (pane);

  return self->list != NULL && oh_exchange_list_is_loading (self->list);
}

static void
oh_timeline_say_nothing (OhListPane *self)
{
  g_autoptr (OhRun) run = NULL;
  g_autofree char *words = NULL;

  if (self->run_id != 0 && self->engine != NULL)
    run = oh_store_reader_get_run (oh_engine_get_reader (self->engine), self->run_id);
  if (run != NULL && run->error != NULL)
    {
      words = oh_saying_tell (run->error);
      oh_pane_say_nothing (self->nothing, "dialog-warning-symbolic",
                           oh_words_run_started (run) ? _ ("Interrupted") : _ ("Not Started"), words);
    }
  else if (run != NULL && run->ended_ns == 0)
    {
      words = g_strdup_printf (_ ("What “%s” says to an API appears here while it happens."), run->name);
      oh_pane_say_nothing (self->nothing, "oh-listening-symbolic", _ ("Listening"), words);
    }
  else if (run != NULL)
    {
      words = g_strdup_printf (_ ("“%s” has ended."), run->name);
      oh_pane_say_nothing (self->nothing, "oh-timeline-symbolic", _ ("No Calls"), words);
    }
  else if (self->engine != NULL && oh_engine_has_desktop (self->engine))
    {
      oh_pane_say_nothing (self->nothing, "oh-listening-symbolic", _ ("Listening to the Desktop"),
                           _ ("Open a program that uses an LLM API, and what it says appears here. For one in a terminal, type there "
                              "first: eval \"$(overhear env)\""));
    }
  else
    {
      oh_pane_say_nothing (self->nothing, "oh-timeline-symbolic", _ ("No Calls Yet"),
                           _ ("Run a script, and what it says to an API appears here."));
    }
}

/* ---- the selection ---- */

static void
oh_timeline_selected (OhListPane *pane, guint position)
{
  OhTimeline *self = OH_TIMELINE (pane);

  /* Else the cursor is about to be put back. */
  if (oh_selection_is_changing (pane->selection) && self->list != NULL)
    return;
  pane->wanted_id = 0;
  oh_list_pane_tell_selected (pane, self->list == NULL ? 0 : oh_exchange_list_get_id (self->list, position), FALSE);
}

static void
oh_timeline_activated (OhListPane *pane, guint position)
{
  oh_pane_emit_opened (OH_PANE (pane), oh_exchange_list_get_id (OH_TIMELINE (pane)->list, position));
}

/* Rows came and went; the cursor stays on its exchange as long as it is in the list, and comes back with it. */
static void
after_items_changed (OhTimeline *self)
{
  OhListPane *pane = OH_LIST_PANE (self);
  const gint64 wanted = pane->selected_id != 0 ? pane->selected_id : pane->wanted_id;
  const guint position = wanted == 0 ? GTK_INVALID_LIST_POSITION : oh_exchange_list_find (self->list, wanted);

  if (position != GTK_INVALID_LIST_POSITION && pane->selected_id == 0)
    oh_list_pane_come_back (pane, position);
  else if (position != oh_selection_get_cursor (pane->selection))
    oh_selection_set_cursor (pane->selection, position);
  oh_timeline_selected (pane, oh_selection_get_cursor (pane->selection));
  if (position == GTK_INVALID_LIST_POSITION)
    pane->wanted_id = wanted;
  show_several (self);
  oh_list_pane_show_page (pane);
  oh_pane_emit_summary_changed (OH_PANE (self));
  oh_tail_update (pane->tail);
}

/* ---- the columns ---- */

/* New rows come at the end only where they are in the order in which they started. */
static void
take_sort (OhTimeline *self)
{
  static const OhSortBy sorts[OH_N_COLUMNS] = {
    [OH_COLUMN_STARTED] = OH_SORT_STARTED, [OH_COLUMN_STATUS] = OH_SORT_STATUS, [OH_COLUMN_REQUEST] = OH_SORT_NEWS,
    [OH_COLUMN_MODEL] = OH_SORT_MODEL,     [OH_COLUMN_TOKENS] = OH_SORT_TOKENS, [OH_COLUMN_COST] = OH_SORT_COST,
    [OH_COLUMN_TOOK] = OH_SORT_TOOK,       [OH_COLUMN_ENDED] = OH_SORT_ENDED,   [OH_COLUMN_PROGRAM] = OH_SORT_PROGRAM,
  };
  OhColumnSet *columns = oh_exchange_row_get_columns ();
  gboolean descending;
  guint column = oh_column_set_get_sort (columns, &descending);

  oh_tail_set_resting (OH_LIST_PANE (self)->tail, !oh_column_set_is_plain (columns));
  if (self->list != NULL)
    oh_exchange_list_set_sort (self->list, sorts[column], descending);
}

static void
on_loaded (OhTimeline *self)
{
  oh_list_pane_show_page (OH_LIST_PANE (self));
  oh_pane_emit_summary_changed (OH_PANE (self));
}

/* ---- OhPane ---- */

static void
oh_timeline_set_engine (OhPane *pane, OhEngine *engine)
{
  OhTimeline *self = OH_TIMELINE (pane);
  OhListPane *list_pane = OH_LIST_PANE (pane);

  g_clear_object (&self->list);
  g_clear_object (&self->excerpts);
  if (list_pane->engine != NULL)
    g_signal_handlers_disconnect_by_data (list_pane->engine, self);
  list_pane->engine = engine;
  oh_selection_set_model (list_pane->selection, NULL);
  if (engine == NULL)
    return;
  g_signal_connect_object (engine, "notify::desktop", G_CALLBACK (oh_list_pane_show_page), self, G_CONNECT_SWAPPED);
  self->list = oh_exchange_list_new (oh_engine_get_reader (engine), oh_engine_get_data_dir (engine));
  self->excerpts = oh_excerpts_new (oh_engine_get_data_dir (engine));
  g_signal_connect_object (self->excerpts, "found", G_CALLBACK (queue_show), self, G_CONNECT_SWAPPED);
  /* When the selection has taken notice. */
  g_signal_connect_object (self->list, "items-changed", G_CALLBACK (after_items_changed), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (self->list, "loaded", G_CALLBACK (on_loaded), self, G_CONNECT_SWAPPED);
  take_sort (self);
  oh_selection_set_model (list_pane->selection, G_LIST_MODEL (self->list));
}

static void
oh_timeline_load (OhListPane *pane)
{
  oh_exchange_row_forget_programs ();
  oh_excerpts_set_search (OH_TIMELINE (pane)->excerpts, pane->text);
  queue_show (OH_TIMELINE (pane));
  oh_exchange_list_set_query (OH_TIMELINE (pane)->list, pane->run_id, pane->text);
}

static void
oh_timeline_update (OhPane *pane)
{
  OhTimeline *self = OH_TIMELINE (pane);

  if (self->list == NULL)
    return;
  oh_exchange_list_update (self->list);
  queue_show (self);
  oh_list_pane_ensure_tick (OH_LIST_PANE (pane));
  if (oh_list_pane_get_n_rows (OH_LIST_PANE (pane)) == 0)
    oh_list_pane_show_page (OH_LIST_PANE (pane));
}

static void
oh_timeline_reload (OhPane *pane)
{
  OhTimeline *self = OH_TIMELINE (pane);

  if (self->list == NULL)
    return;
  oh_exchange_list_reload (self->list);
  oh_list_pane_show_page (OH_LIST_PANE (pane));
}

static void
oh_timeline_select (OhPane *pane, gint64 exchange_id)
{
  OhTimeline *self = OH_TIMELINE (pane);

  OH_LIST_PANE (pane)->wanted_id = 0;
  if (self->list != NULL)
    oh_list_pane_go_to (OH_LIST_PANE (pane), exchange_id == 0 ? GTK_INVALID_LIST_POSITION
                                                              : oh_exchange_list_find (self->list, exchange_id));
}

static char *
oh_timeline_dup_summary (OhPane *pane)
{
  guint n = oh_list_pane_get_n_rows (OH_LIST_PANE (pane));
  g_autofree char *count = oh_format_count (n);

  return g_strdup_printf (ngettext ("%s exchange", "%s exchanges", n), count);
}

static void
oh_timeline_pane_init (OhPaneInterface *iface)
{
  iface->set_engine = oh_timeline_set_engine;
  iface->update = oh_timeline_update;
  iface->reload = oh_timeline_reload;
  iface->select = oh_timeline_select;
  iface->dup_summary = oh_timeline_dup_summary;
}

/* ---- */

static void
oh_timeline_dispose (GObject *object)
{
  OhTimeline *self = OH_TIMELINE (object);

  g_clear_handle_id (&self->show_source, g_source_remove);
  g_clear_handle_id (&self->prepare_source, g_source_remove);
  G_OBJECT_CLASS (oh_timeline_parent_class)->dispose (object);
  g_clear_object (&self->list);
  g_clear_object (&self->excerpts);
}

static void
oh_timeline_class_init (OhTimelineClass *klass)
{
  OhListPaneClass *pane_class = OH_LIST_PANE_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_timeline_dispose;
  pane_class->new_row = oh_timeline_new_row;
  pane_class->set_item = oh_timeline_set_item;
  pane_class->load = oh_timeline_load;
  pane_class->is_loading = oh_timeline_is_loading;
  pane_class->say_nothing = oh_timeline_say_nothing;
  pane_class->selected = oh_timeline_selected;
  pane_class->activated = oh_timeline_activated;
  pane_class->tick_row = oh_timeline_tick_row;
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "timeline.compare", NULL, compare_selected);
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "timeline.export", NULL, export_selected);
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "timeline.delete", NULL, delete_selected);
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Delete, 0, "timeline.delete", NULL);
}

static void
oh_timeline_init (OhTimeline *self)
{
  OhListPane *pane = OH_LIST_PANE (self);
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (pane->scrolled);
  GtkWidget *heading;

  oh_list_pane_set_name (pane, _ ("Exchanges"), "exchanges");
  heading = oh_exchange_row_new_heading ();
  gtk_box_prepend (pane->list_box, heading);
  oh_column_set_attach (oh_exchange_row_get_columns (), GTK_WIDGET (self), OH_CELL_ROW (heading));
  g_signal_connect_object (oh_exchange_row_get_columns (), "changed", G_CALLBACK (take_sort), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (adjustment, "changed", G_CALLBACK (show_rows_on_screen), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (show_rows_on_screen), self, G_CONNECT_SWAPPED);
  add_strip (self);
  g_signal_connect_object (pane->selection, "selection-changed", G_CALLBACK (show_several), self, G_CONNECT_SWAPPED);
  oh_context_menu_attach (GTK_WIDGET (pane->list_view), GTK_WIDGET (self), OH_TYPE_EXCHANGE_ROW, make_menu, self);
  oh_drag_file_attach (GTK_WIDGET (pane->list_view), make_drag, self);
  oh_list_pane_show_page (pane);
}
