/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-timeline.h"

#include "oh-exchange-list.h"
#include "oh-exchange-row.h"
#include "oh-tail.h"
#include "oh-words.h"

#include <glib/gi18n.h>

#define TICK_MS 100
#define PREPARED_AT_ONCE 4

struct _OhTimeline
{
  AdwBin parent_instance;

  GtkStack *stack;
  AdwStatusPage *nothing;
  GtkWidget *clear_search;
  GtkBox *list_box;
  GtkScrolledWindow *scrolled;
  GtkListView *list_view;
  OhTail *tail;

  OhEngine *engine;
  OhExchangeList *list;
  GtkSingleSelection *selection;
  gint64 run_id;
  char *text;
  OhSearchWords *words;   /* of the text; or NULL */
  gint64 selected_id;
  gboolean changing;      /* rows come and go: the cursor is about to be put back */
  GHashTable *rows;       /* OhExchangeRow that show something -> their GtkListItem */
  guint show_source;
  guint prepare_source;
  guint tick_source;
};

static void oh_timeline_pane_init (OhPaneInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhTimeline, oh_timeline, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PANE, oh_timeline_pane_init))

static guint
get_n_rows (OhTimeline *self)
{
  return self->list == NULL ? 0 : g_list_model_get_n_items (G_LIST_MODEL (self->list));
}

/* ---- running times ---- */

static gboolean
tick (gpointer data)
{
  OhTimeline *self = data;
  GHashTableIter iter;
  gpointer row;
  gboolean busy = FALSE;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    if (oh_exchange_row_is_busy (row))
      {
        oh_exchange_row_tick (row);
        busy = TRUE;
      }
  if (busy)
    return G_SOURCE_CONTINUE;
  self->tick_source = 0;
  return G_SOURCE_REMOVE;
}

static void
ensure_tick (OhTimeline *self)
{
  if (self->tick_source == 0)
    self->tick_source = g_timeout_add (TICK_MS, tick, self);
}

/* ---- rows ---- */

static void
on_setup (OhTimeline *self, GtkListItem *list_item)
{
  gtk_list_item_set_child (list_item, oh_exchange_row_new ());
}

/* The call that a row is an attempt of; 0: of one without a second attempt, or there is no such row. */
static gint64
get_retried_call (OhTimeline *self, gint64 position)
{
  g_autoptr (OhExchangeItem) item = NULL;
  OhExchange *exchange;

  if (position < 0 || position >= get_n_rows (self))
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

/* The list view has 200 rows, and a screen shows 20: only these are read and filled. All have the same height. What is
 * an attempt turns out only when the next one comes, so brackets are drawn anew each time. */
static void
show_rows_on_screen (OhTimeline *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);
  double height = gtk_adjustment_get_upper (adjustment) / MAX (get_n_rows (self), 1);
  double top = gtk_adjustment_get_value (adjustment);
  double bottom = top + gtk_adjustment_get_page_size (adjustment);
  gboolean busy = FALSE;
  GHashTableIter iter;
  gpointer row, list_item;

  if (height < 1)
    return;
  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &row, &list_item))
    {
      double y = gtk_list_item_get_position (list_item) * height;

      if (y + 2 * height < top || y - height > bottom)
        continue;
      oh_exchange_row_show (row);
      show_bracket (self, row, list_item);
      busy = busy || oh_exchange_row_is_busy (row);
    }
  if (busy)
    ensure_tick (self);
}

/* Those that are scrolled to next. */
static gboolean
prepare_rows (gpointer data)
{
  OhTimeline *self = data;
  GHashTableIter iter;
  gpointer row;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->rows);
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
on_bind (OhTimeline *self, GtkListItem *list_item)
{
  OhExchangeRow *row = OH_EXCHANGE_ROW (gtk_list_item_get_child (list_item));

  oh_cell_row_set_words (OH_CELL_ROW (row), self->words);
  oh_exchange_row_set_item (row, gtk_list_item_get_item (list_item));
  g_hash_table_insert (self->rows, row, list_item);
  queue_show (self);
}

static void
on_unbind (OhTimeline *self, GtkListItem *list_item)
{
  OhExchangeRow *row = OH_EXCHANGE_ROW (gtk_list_item_get_child (list_item));

  g_hash_table_remove (self->rows, row);
  oh_exchange_row_set_item (row, NULL);
}

/* ---- the empty list ---- */

static void
show_nothing (OhTimeline *self)
{
  g_autoptr (OhRun) run = NULL;
  g_autofree char *words = NULL;

  if (self->run_id != 0 && self->engine != NULL)
    run = oh_store_reader_get_run (oh_engine_get_reader (self->engine), self->run_id);
  gtk_widget_set_visible (self->clear_search, self->text != NULL);
  if (self->text != NULL)
    {
      oh_pane_say_not_found (self->nothing, self->text);
    }
  else if (run != NULL && run->error != NULL)
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
      oh_pane_say_nothing (self->nothing, "oh-listening-symbolic", _ ("Listening to the Whole Desktop"),
                           _ ("Open a program that uses an LLM API, and what it says appears here. For one in a terminal, type there "
                              "first: eval \"$(overhear env)\""));
    }
  else
    {
      oh_pane_say_nothing (self->nothing, "oh-timeline-symbolic", _ ("No Calls Yet"),
                           _ ("Run a script, and what it says to an API appears here."));
    }
}

static void
show_page (OhTimeline *self)
{
  if (get_n_rows (self) > 0)
    {
      gtk_stack_set_visible_child_name (self->stack, "list");
      return;
    }
  if (self->list != NULL && oh_exchange_list_is_loading (self->list))
    return;
  show_nothing (self);
  gtk_stack_set_visible_child_name (self->stack, "nothing");
}

/* ---- the selection ---- */

static void
select_position (OhTimeline *self, guint position)
{
  gtk_single_selection_set_selected (self->selection, position);
}

static void
on_selected (OhTimeline *self)
{
  guint position = gtk_single_selection_get_selected (self->selection);
  gint64 id;

  if (self->changing)
    return;
  id = position == GTK_INVALID_LIST_POSITION ? 0 : oh_exchange_list_get_id (self->list, position);

  if (id == self->selected_id)
    return;
  self->selected_id = id;
  oh_pane_emit_selected (OH_PANE (self), id);
}

static void
on_activated (OhTimeline *self, guint position)
{
  oh_pane_emit_opened (OH_PANE (self), oh_exchange_list_get_id (self->list, position));
}

static void
before_items_changed (OhTimeline *self)
{
  self->changing = TRUE;
}

/* Rows came and went; the cursor stays on its exchange as long as it is in the list. */
static void
after_items_changed (OhTimeline *self)
{
  select_position (self, self->selected_id == 0 ? GTK_INVALID_LIST_POSITION
                                                : oh_exchange_list_find (self->list, self->selected_id));
  self->changing = FALSE;
  on_selected (self);
  show_page (self);
  oh_pane_emit_summary_changed (OH_PANE (self));
  oh_tail_update (self->tail);
}

static void
on_loaded (OhTimeline *self)
{
  show_page (self);
  oh_pane_emit_summary_changed (OH_PANE (self));
}

/* ---- OhPane ---- */

static void
oh_timeline_set_engine (OhPane *pane, OhEngine *engine)
{
  OhTimeline *self = OH_TIMELINE (pane);

  g_clear_object (&self->list);
  if (self->engine != NULL)
    g_signal_handlers_disconnect_by_data (self->engine, self);
  self->engine = engine;
  gtk_single_selection_set_model (self->selection, NULL);
  if (engine == NULL)
    return;
  g_signal_connect_object (engine, "notify::desktop", G_CALLBACK (show_nothing), self, G_CONNECT_SWAPPED);
  self->list = oh_exchange_list_new (oh_engine_get_reader (engine), oh_engine_get_data_dir (engine));
  /* One before the selection takes notice, one after it has. */
  g_signal_connect_object (self->list, "items-changed", G_CALLBACK (before_items_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->list, "items-changed", G_CALLBACK (after_items_changed), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (self->list, "loaded", G_CALLBACK (on_loaded), self, G_CONNECT_SWAPPED);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->list));
}

static void
set_words (OhTimeline *self, OhSearchWords *words)
{
  GHashTableIter iter;
  gpointer row;

  if (!oh_search_words_set (&self->words, words))
    return;
  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    oh_cell_row_set_words (OH_CELL_ROW (row), self->words);
}

static void
oh_timeline_set_scope (OhPane *pane, const OhScope *scope)
{
  OhTimeline *self = OH_TIMELINE (pane);

  set_words (self, scope->words);
  if (scope->run_id == self->run_id && g_strcmp0 (scope->text, self->text) == 0 && get_n_rows (self) > 0)
    return;
  self->run_id = scope->run_id;
  if (scope->text != self->text)
    {
      g_free (self->text);
      self->text = g_strdup (scope->text);
    }
  if (self->list == NULL)
    return;
  oh_exchange_list_set_query (self->list, self->run_id, self->text);
  show_page (self);
  oh_tail_follow (self->tail);
}

static void
oh_timeline_update (OhPane *pane)
{
  OhTimeline *self = OH_TIMELINE (pane);

  if (self->list == NULL)
    return;
  oh_exchange_list_update (self->list);
  queue_show (self);
  ensure_tick (self);
  if (get_n_rows (self) == 0)
    show_page (self);
}

static void
oh_timeline_reload (OhPane *pane)
{
  OhTimeline *self = OH_TIMELINE (pane);

  if (self->list == NULL)
    return;
  oh_exchange_list_reload (self->list);
  show_page (self);
}

static gboolean
oh_timeline_move (OhPane *pane, int rows)
{
  OhTimeline *self = OH_TIMELINE (pane);
  guint before = gtk_single_selection_get_selected (self->selection);
  guint position = oh_pane_get_moved (get_n_rows (self), before, rows);

  if (position == GTK_INVALID_LIST_POSITION)
    return FALSE;
  select_position (self, position);
  oh_tail_scroll_to (self->tail, position);
  return position != before;
}

static void
oh_timeline_select (OhPane *pane, gint64 exchange_id)
{
  OhTimeline *self = OH_TIMELINE (pane);
  guint position;

  if (self->list == NULL)
    return;
  position = exchange_id == 0 ? GTK_INVALID_LIST_POSITION : oh_exchange_list_find (self->list, exchange_id);
  select_position (self, position);
  if (position != GTK_INVALID_LIST_POSITION)
    oh_tail_scroll_to (self->tail, position);
}

static void
oh_timeline_go_to_newest (OhPane *pane)
{
  oh_tail_follow (OH_TIMELINE (pane)->tail);
}

static char *
oh_timeline_dup_summary (OhPane *pane)
{
  guint n = get_n_rows (OH_TIMELINE (pane));
  g_autofree char *count = oh_format_count (n);

  return g_strdup_printf (ngettext ("%s exchange", "%s exchanges", n), count);
}

static void
oh_timeline_pane_init (OhPaneInterface *iface)
{
  iface->set_engine = oh_timeline_set_engine;
  iface->set_scope = oh_timeline_set_scope;
  iface->update = oh_timeline_update;
  iface->reload = oh_timeline_reload;
  iface->move = oh_timeline_move;
  iface->select = oh_timeline_select;
  iface->go_to_newest = oh_timeline_go_to_newest;
  iface->dup_summary = oh_timeline_dup_summary;
}

/* ---- */

static gboolean
oh_timeline_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (OH_TIMELINE (widget)->list_view));
}

static void
oh_timeline_dispose (GObject *object)
{
  OhTimeline *self = OH_TIMELINE (object);

  g_clear_handle_id (&self->tick_source, g_source_remove);
  g_clear_handle_id (&self->show_source, g_source_remove);
  g_clear_handle_id (&self->prepare_source, g_source_remove);
  adw_bin_set_child (ADW_BIN (self), NULL);
  g_clear_object (&self->selection);
  g_clear_object (&self->list);
  G_OBJECT_CLASS (oh_timeline_parent_class)->dispose (object);
}

static void
oh_timeline_finalize (GObject *object)
{
  OhTimeline *self = OH_TIMELINE (object);

  g_hash_table_unref (self->rows);
  g_free (self->text);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_timeline_parent_class)->finalize (object);
}

static void
oh_timeline_class_init (OhTimelineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = oh_timeline_dispose;
  object_class->finalize = oh_timeline_finalize;
  widget_class->grab_focus = oh_timeline_grab_focus;

  g_type_ensure (OH_TYPE_TAIL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-timeline.ui");
  gtk_widget_class_bind_template_child (widget_class, OhTimeline, stack);
  gtk_widget_class_bind_template_child (widget_class, OhTimeline, nothing);
  gtk_widget_class_bind_template_child (widget_class, OhTimeline, clear_search);
  gtk_widget_class_bind_template_child (widget_class, OhTimeline, list_box);
  gtk_widget_class_bind_template_child (widget_class, OhTimeline, scrolled);
  gtk_widget_class_bind_template_child (widget_class, OhTimeline, list_view);
  gtk_widget_class_bind_template_child (widget_class, OhTimeline, tail);
  gtk_widget_class_bind_template_callback (widget_class, on_setup);
  gtk_widget_class_bind_template_callback (widget_class, on_bind);
  gtk_widget_class_bind_template_callback (widget_class, on_unbind);
  gtk_widget_class_bind_template_callback (widget_class, on_activated);
}

static void
oh_timeline_init (OhTimeline *self)
{
  GtkAdjustment *adjustment;
  GtkWidget *heading;

  self->rows = g_hash_table_new (NULL, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));

  heading = oh_exchange_row_new_heading ();
  gtk_box_prepend (self->list_box, heading);

  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_list_view_set_model (self->list_view, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_selected), self, G_CONNECT_SWAPPED);
  adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);
  g_signal_connect_object (adjustment, "changed", G_CALLBACK (show_rows_on_screen), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (show_rows_on_screen), self, G_CONNECT_SWAPPED);
  oh_tail_attach (self->tail, self->list_view, self->scrolled);
  show_page (self);
}
