/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sessions.h"

#include "oh-context-menu.h"
#include "oh-exchange-menu.h"
#include "oh-items.h"
#include "oh-paned.h"
#include "oh-sessions-load.h"
#include "oh-sessions-reader.h"
#include "oh-sessions-row.h"
#include "oh-span-loader.h"
#include "oh-span-view.h"

#include <glib/gi18n.h>

/* The sums are made anew at most so often. */
#define LOAD_MS 500

struct _OhSessions
{
  AdwBin parent_instance;

  GtkToggleButton *threads_button;
  GtkDropDown *users;
  GtkStringList *user_names; /* the first: all of them */
  GtkStack *stack;
  AdwStatusPage *nothing;
  GtkPaned *paned;
  GtkBox *list_box;
  GtkListView *list_view;
  OhSessionsReader *reader;

  OhEngine *engine;
  GListStore *items;
  GtkSingleSelection *selection;
  gint64 run_id;
  char *text;
  OhSearchWords *words;   /* of the text; or NULL */
  GHashTable *rows;       /* OhSessionsRow that show something */
  char *user;             /* chosen; NULL: all */
  char *open;             /* the session whose traces are shown below it, or NULL */
  OhSpanView *view;       /* of the trace that is selected */
  OhSpanLoader *loader;   /* what brings it its spans */
  gint64 selected_id;
  char *selected_key;     /* or NULL */
  char *wanted_key;       /* what was selected, and is again as soon as it is in the list; or NULL */
  gboolean putting;       /* rows come and go */
  gboolean choosing;      /* the names of the users are being put */
  GCancellable *loading;
  gboolean stale;         /* load once more after that */
  gboolean loaded;
  gint64 loaded_us;
  guint load_source;
};

static void oh_sessions_pane_init (OhPaneInterface *iface);
static void start_loading (OhSessions *self);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhSessions, oh_sessions, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PANE, oh_sessions_pane_init))

static gboolean
shows_threads (OhSessions *self)
{
  return gtk_toggle_button_get_active (self->threads_button);
}

static guint
get_n_items (OhSessions *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->items));
}

/* ---- the empty list ---- */

static void
show_page (OhSessions *self)
{
  if (get_n_items (self) > 0)
    {
      gtk_stack_set_visible_child_name (self->stack, "list");
      return;
    }
  if (!self->loaded)
    return;
  if (self->text != NULL || self->user != NULL)
    oh_pane_say_not_found (self->nothing, self->text != NULL ? self->text : self->user);
  else if (shows_threads (self))
    oh_pane_say_nothing (self->nothing, "oh-sessions-symbolic", _ ("No Conversations Yet"),
                         _ ("Calls whose messages continue one another stand here."));
  else
    oh_pane_say_nothing (self->nothing, "oh-sessions-symbolic", _ ("No Sessions Yet"),
                         _ ("Name one when you run a program, or in it: overhear.trace(\"…\", session_id=\"…\")."));
  gtk_stack_set_visible_child_name (self->stack, "nothing");
}

/* ---- the selection ---- */

static OhSessionsItem *
get_selected (OhSessions *self)
{
  return gtk_single_selection_get_selected_item (self->selection);
}

/* The timeline of a trace, or, with NULL, nothing. Returns: whether that is another one. */
static gboolean
view_trace (OhSessions *self, OhTrace *trace)
{
  OhSpanItem *before = oh_span_view_get_item (self->view);
  gboolean same = before != NULL && trace != NULL && oh_span_item_get_trace_id (before) == trace->id;

  if (!same)
    {
      g_clear_pointer (&self->loader, oh_span_loader_drop);
      oh_span_view_set_item (self->view, NULL, NULL, NULL);
    }
  if (trace == NULL)
    return before != NULL;
  if (!same)
    {
      g_autoptr (OhSpanItem) item = oh_span_item_new (trace->id, trace, NULL);

      self->loader = oh_span_loader_new (oh_engine_get_data_dir (self->engine), item);
      oh_span_view_set_item (self->view, self->engine, item, item);
    }
  oh_span_item_set_trace (oh_span_view_get_item (self->view), trace);
  oh_span_loader_request (self->loader);
  return !same;
}

/* In the timeline of a trace. */
static void
on_chosen (OhSessions *self, OhSpanItem *item)
{
  gint64 id = oh_span_item_get_exchange_id (item);

  if (id != 0)
    gtk_widget_activate_action (GTK_WIDGET (self), "exchange.select", "x", id);
}

static void
show_selected (OhSessions *self)
{
  OhSessionsItem *item = get_selected (self);
  const char *key = item == NULL ? NULL : oh_sessions_item_get_key (item);
  const char *session = item == NULL ? NULL : oh_sessions_item_get_session (item);
  OhTrace *trace = item == NULL ? NULL : oh_sessions_item_get_trace (item);
  OhExchange *end = item == NULL ? NULL : oh_sessions_item_get_end (item);
  gint64 id = end == NULL ? 0 : end->id;
  gboolean other = view_trace (self, trace);

  if (g_strcmp0 (key, self->selected_key) != 0)
    {
      g_free (self->selected_key);
      self->selected_key = g_strdup (key);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->reader), session != NULL);
  oh_sessions_reader_set_session (self->reader, session != NULL ? self->engine : NULL, session);
  if (trace != NULL && other)
    oh_sessions_reader_show_trace (self->reader, trace->id);
  /* A trace comes back with the others of its session. */
  if (self->wanted_key == NULL && g_strcmp0 (session, self->open) != 0)
    {
      g_free (self->open);
      self->open = g_strdup (session);
      start_loading (self);
    }
  if (id == self->selected_id && !other)
    return;
  self->selected_id = id;
  oh_pane_emit_selected (OH_PANE (self), id);
}

static void
on_selected (OhSessions *self)
{
  if (self->putting)
    return;
  g_clear_pointer (&self->wanted_key, g_free);
  show_selected (self);
}

static void
scroll_to (OhSessions *self, guint position)
{
  gtk_widget_activate_action (GTK_WIDGET (self->list_view), "list.scroll-to-item", "u", position);
}

static void
on_activated (OhSessions *self, guint position)
{
  g_autoptr (OhSessionsItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), position);
  OhExchange *end = item == NULL ? NULL : oh_sessions_item_get_end (item);

  if (end != NULL)
    oh_pane_emit_opened (OH_PANE (self), end->id);
}

/* ---- reading ---- */

/* Items that were there stay the same objects, so that the selection stays. */
static void
put_items (OhSessions *self, GPtrArray *newer)
{
  g_autoptr (GHashTable) before = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);

  for (guint i = 0; i < get_n_items (self); i++)
    {
      OhSessionsItem *item = g_list_model_get_item (G_LIST_MODEL (self->items), i);

      g_hash_table_insert (before, (gpointer) oh_sessions_item_get_key (item), item);
    }
  for (guint i = 0; i < newer->len; i++)
    {
      OhSessionsItem *item = g_ptr_array_index (newer, i);
      OhSessionsItem *old = g_hash_table_lookup (before, oh_sessions_item_get_key (item));

      if (old == NULL)
        continue;
      oh_sessions_item_take (old, item);
      newer->pdata[i] = g_object_ref (old);
      g_object_unref (item);
    }
  oh_items_put (self->items, newer);
}

static guint
find_key (OhSessions *self, const char *key)
{
  for (guint i = 0; i < get_n_items (self); i++)
    {
      g_autoptr (OhSessionsItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);

      if (g_strcmp0 (key, oh_sessions_item_get_key (item)) == 0)
        return i;
    }
  return GTK_INVALID_LIST_POSITION;
}

/* Rows come and go. What was selected stays so as long as it is in the list, and comes back with it. */
static void
take_items (OhSessions *self, GPtrArray *items)
{
  guint position;

  if (self->selected_key != NULL)
    {
      g_free (self->wanted_key);
      self->wanted_key = g_strdup (self->selected_key);
    }
  self->putting = TRUE;
  put_items (self, items);
  self->putting = FALSE;
  position = self->wanted_key == NULL ? GTK_INVALID_LIST_POSITION : find_key (self, self->wanted_key);
  if (position == GTK_INVALID_LIST_POSITION)
    {
      show_selected (self);
      return;
    }
  gtk_single_selection_set_selected (self->selection, position);
  if (self->selected_key == NULL)
    scroll_to (self, position);
  on_selected (self);
}

/* The names in the drop-down follow those in the store; the one that is chosen stays. */
static void
put_users (OhSessions *self, GPtrArray *users)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->user_names)) - 1;
  gboolean same = n == users->len;
  guint chosen = 0;

  for (guint i = 0; same && i < n; i++)
    same = g_strcmp0 (gtk_string_list_get_string (self->user_names, i + 1), g_ptr_array_index (users, i)) == 0;
  gtk_widget_set_visible (GTK_WIDGET (self->users), users->len > 0);
  if (same)
    return;
  self->choosing = TRUE;
  g_ptr_array_add (users, NULL);
  gtk_string_list_splice (self->user_names, 1, n, (const char *const *) users->pdata);
  for (guint i = 0; self->user != NULL && users->pdata[i] != NULL; i++)
    if (g_str_equal (users->pdata[i], self->user))
      chosen = i + 1;
  gtk_drop_down_set_selected (self->users, chosen);
  self->choosing = FALSE;
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhSessions) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) users = NULL;
  g_autoptr (GPtrArray) items = oh_sessions_load_finish (result, &users, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->loading);
  self->loaded = TRUE;
  self->loaded_us = g_get_monotonic_time ();
  if (items != NULL && self->engine != NULL)
    {
      put_users (self, users);
      take_items (self, items);
    }
  show_page (self);
  oh_pane_emit_summary_changed (OH_PANE (self));
  if (self->stale)
    oh_pane_update (OH_PANE (self));
}

static void
stop_loading (OhSessions *self)
{
  g_clear_handle_id (&self->load_source, g_source_remove);
  if (self->loading != NULL)
    g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  self->stale = FALSE;
}

static void
start_loading (OhSessions *self)
{
  OhSessionsQuery query = {
    .threads = shows_threads (self), .run_id = self->run_id, .user = self->user, .text = self->text, .open = self->open,
  };

  stop_loading (self);
  if (self->engine == NULL)
    return;
  query.by = oh_sessions_row_get_sort (&query.descending);
  self->loading = g_cancellable_new ();
  oh_sessions_load_async (oh_engine_get_data_dir (self->engine), &query, self->loading, on_loaded, g_object_ref (self));
}

static gboolean
load_later (gpointer data)
{
  OhSessions *self = data;

  self->load_source = 0;
  start_loading (self);
  return G_SOURCE_REMOVE;
}

static void
on_mode_changed (OhSessions *self)
{
  self->loaded = FALSE;
  start_loading (self);
}

static void
on_user_chosen (OhSessions *self)
{
  guint chosen = gtk_drop_down_get_selected (self->users);

  if (self->choosing)
    return;
  g_free (self->user);
  self->user = chosen == 0 || chosen == GTK_INVALID_LIST_POSITION
                   ? NULL
                   : g_strdup (gtk_string_list_get_string (self->user_names, chosen));
  start_loading (self);
}

/* ---- rows ---- */

static void
on_setup (OhSessions *self, GtkListItem *list_item)
{
  gtk_list_item_set_child (list_item, oh_sessions_row_new ());
}

static void
on_bind (OhSessions *self, GtkListItem *list_item)
{
  OhSessionsRow *row = OH_SESSIONS_ROW (gtk_list_item_get_child (list_item));

  oh_cell_row_set_words (OH_CELL_ROW (row), self->words);
  oh_sessions_row_set_item (row, gtk_list_item_get_item (list_item));
  g_hash_table_add (self->rows, row);
}

static void
on_unbind (OhSessions *self, GtkListItem *list_item)
{
  OhSessionsRow *row = OH_SESSIONS_ROW (gtk_list_item_get_child (list_item));

  g_hash_table_remove (self->rows, row);
  oh_sessions_row_set_item (row, NULL);
}

/* ---- their menus ---- */

static GMenu *
make_menu_of (OhSessionsItem *item)
{
  OhExchange *end = oh_sessions_item_get_end (item);
  OhTrace *trace = oh_sessions_item_get_trace (item);
  const OhGroup *group = oh_sessions_item_get_group (item);
  const char *called = trace != NULL ? trace->name : group->name;
  g_autoptr (GMenu) open = g_menu_new ();
  g_autofree char *part = NULL;
  g_autofree char *term = NULL;
  g_autofree char *number = NULL;
  GMenu *menu;

  if (oh_sessions_item_get_kind (item) == OH_SESSIONS_BRANCH)
    return oh_exchange_menu_new (end);
  menu = g_menu_new ();
  if (trace != NULL)
    {
      /* A trace has the number of its first call. */
      oh_context_menu_add (open, _ ("Show in _Traces"), "browser.show", g_variant_new ("(sx)", "traces", trace->id));
      part = oh_part_name_trace (trace->id);
      number = g_strdup_printf ("%" G_GINT64_FORMAT, trace->id);
      term = oh_search_format_exact (OH_SEARCH_TRACE, number);
    }
  else if (oh_sessions_item_get_kind (item) == OH_SESSIONS_SESSION)
    {
      part = oh_part_name_session (group->name);
      term = oh_search_format_exact (OH_SEARCH_SESSION, group->name);
    }
  else
    {
      if (end != NULL)
        oh_context_menu_add (open, _ ("_Open the Last Call in a Window"), "exchange.open", g_variant_new_int64 (end->id));
      part = oh_part_name_thread (group->id);
    }
  oh_context_menu_add_section (menu, open);
  oh_exchange_menu_add_part (menu, part, called, term);
  return menu;
}

static GMenu *
make_menu (GtkWidget *row, gpointer data)
{
  OhSessions *self = data;
  OhSessionsItem *item = oh_sessions_row_get_item (OH_SESSIONS_ROW (row));
  guint position;

  if (item == NULL || !g_list_store_find (self->items, item, &position))
    return NULL;
  gtk_single_selection_set_selected (self->selection, position);
  return make_menu_of (item);
}

/* ---- OhPane ---- */

static void
oh_sessions_set_engine (OhPane *pane, OhEngine *engine)
{
  OhSessions *self = OH_SESSIONS (pane);

  stop_loading (self);
  oh_sessions_reader_set_session (self->reader, NULL, NULL);
  view_trace (self, NULL);
  g_clear_pointer (&self->open, g_free);
  g_list_store_remove_all (self->items);
  g_clear_pointer (&self->selected_key, g_free);
  g_clear_pointer (&self->wanted_key, g_free);
  self->engine = engine;
  self->selected_id = 0;
  self->loaded = FALSE;
}

static void
set_words (OhSessions *self, OhSearchWords *words)
{
  GHashTableIter iter;
  gpointer row;

  if (!oh_search_words_set (&self->words, words))
    return;
  oh_span_view_set_words (self->view, words);
  oh_sessions_reader_set_words (self->reader, words);
  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    oh_cell_row_set_words (row, words);
}

static void
oh_sessions_set_scope (OhPane *pane, const OhScope *scope)
{
  OhSessions *self = OH_SESSIONS (pane);

  set_words (self, scope->words);
  if (self->loaded && scope->run_id == self->run_id && g_strcmp0 (scope->text, self->text) == 0)
    return;
  self->run_id = scope->run_id;
  if (scope->text != self->text)
    {
      g_free (self->text);
      self->text = g_strdup (scope->text);
    }
  start_loading (self);
}

static void
oh_sessions_update (OhPane *pane)
{
  OhSessions *self = OH_SESSIONS (pane);
  gint64 since_ms = (g_get_monotonic_time () - self->loaded_us) / 1000;

  oh_sessions_reader_update (self->reader);
  self->stale = self->loading != NULL;
  if (self->stale || self->load_source != 0)
    return;
  self->load_source = g_timeout_add ((guint) CLAMP (LOAD_MS - since_ms, 0, LOAD_MS), load_later, self);
}

static void
oh_sessions_reload (OhPane *pane)
{
  oh_sessions_update (pane);
}

static gboolean
oh_sessions_move (OhPane *pane, int rows)
{
  OhSessions *self = OH_SESSIONS (pane);
  guint before = gtk_single_selection_get_selected (self->selection);
  guint position = oh_pane_get_moved (get_n_items (self), before, rows);

  if (position == GTK_INVALID_LIST_POSITION)
    return FALSE;
  /* The last active one stands first. */
  if (before == GTK_INVALID_LIST_POSITION)
    position = 0;
  gtk_single_selection_set_selected (self->selection, position);
  scroll_to (self, position);
  return position != before;
}

static void
oh_sessions_select (OhPane *pane, gint64 exchange_id)
{
  OhSessions *self = OH_SESSIONS (pane);

  if (exchange_id == 0)
    {
      /* A session is no exchange: it stays open when what was read of it is closed. */
      if (get_selected (self) != NULL && oh_sessions_item_get_session (get_selected (self)) == NULL)
        gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
      g_clear_pointer (&self->wanted_key, g_free);
      self->selected_id = 0;
      oh_pane_emit_selected (pane, 0);
      return;
    }
  for (guint i = 0; i < get_n_items (self); i++)
    {
      g_autoptr (OhSessionsItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);
      OhExchange *end = oh_sessions_item_get_end (item);

      if (end == NULL || end->id != exchange_id)
        continue;
      gtk_single_selection_set_selected (self->selection, i);
      scroll_to (self, i);
      return;
    }
}

static void
oh_sessions_go_to_newest (OhPane *pane)
{
  OhSessions *self = OH_SESSIONS (pane);

  if (get_n_items (self) > 0)
    scroll_to (self, 0);
}

static char *
oh_sessions_dup_summary (OhPane *pane)
{
  OhSessions *self = OH_SESSIONS (pane);
  g_autofree char *count = NULL;
  guint n = 0;

  for (guint i = 0; i < get_n_items (self); i++)
    {
      g_autoptr (OhSessionsItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);

      n += oh_sessions_item_get_group (item) != NULL && oh_sessions_item_get_kind (item) != OH_SESSIONS_BRANCH;
    }
  count = oh_format_count (n);
  if (shows_threads (self))
    return g_strdup_printf (ngettext ("%s conversation", "%s conversations", n), count);
  return g_strdup_printf (ngettext ("%s session", "%s sessions", n), count);
}

static GtkWidget *
oh_sessions_get_detail (OhPane *pane)
{
  OhSessions *self = OH_SESSIONS (pane);

  return oh_span_view_get_item (self->view) == NULL ? NULL : GTK_WIDGET (self->view);
}

static void
oh_sessions_pane_init (OhPaneInterface *iface)
{
  iface->wide = TRUE;
  iface->get_detail = oh_sessions_get_detail;
  iface->set_engine = oh_sessions_set_engine;
  iface->set_scope = oh_sessions_set_scope;
  iface->update = oh_sessions_update;
  iface->reload = oh_sessions_reload;
  iface->move = oh_sessions_move;
  iface->select = oh_sessions_select;
  iface->go_to_newest = oh_sessions_go_to_newest;
  iface->dup_summary = oh_sessions_dup_summary;
}

/* ---- */

static gboolean
oh_sessions_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (OH_SESSIONS (widget)->list_view));
}

static void
oh_sessions_dispose (GObject *object)
{
  OhSessions *self = OH_SESSIONS (object);

  stop_loading (self);
  g_clear_pointer (&self->loader, oh_span_loader_drop);
  self->engine = NULL;
  adw_bin_set_child (ADW_BIN (self), NULL);
  g_clear_object (&self->view);
  g_clear_object (&self->selection);
  G_OBJECT_CLASS (oh_sessions_parent_class)->dispose (object);
}

static void
oh_sessions_finalize (GObject *object)
{
  OhSessions *self = OH_SESSIONS (object);

  g_clear_object (&self->items);
  g_free (self->text);
  g_free (self->user);
  g_free (self->open);
  g_free (self->selected_key);
  g_free (self->wanted_key);
  g_hash_table_unref (self->rows);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_sessions_parent_class)->finalize (object);
}

static void
oh_sessions_class_init (OhSessionsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = oh_sessions_dispose;
  object_class->finalize = oh_sessions_finalize;
  widget_class->grab_focus = oh_sessions_grab_focus;

  g_type_ensure (OH_TYPE_SESSIONS_READER);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-sessions.ui");
  gtk_widget_class_bind_template_child (widget_class, OhSessions, threads_button);
  gtk_widget_class_bind_template_child (widget_class, OhSessions, users);
  gtk_widget_class_bind_template_child (widget_class, OhSessions, user_names);
  gtk_widget_class_bind_template_child (widget_class, OhSessions, stack);
  gtk_widget_class_bind_template_child (widget_class, OhSessions, nothing);
  gtk_widget_class_bind_template_child (widget_class, OhSessions, paned);
  gtk_widget_class_bind_template_child (widget_class, OhSessions, list_box);
  gtk_widget_class_bind_template_child (widget_class, OhSessions, list_view);
  gtk_widget_class_bind_template_child (widget_class, OhSessions, reader);
  gtk_widget_class_bind_template_callback (widget_class, on_setup);
  gtk_widget_class_bind_template_callback (widget_class, on_bind);
  gtk_widget_class_bind_template_callback (widget_class, on_unbind);
  gtk_widget_class_bind_template_callback (widget_class, on_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_mode_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_user_chosen);
}

static void
oh_sessions_init (OhSessions *self)
{
  OhColumnSet *columns = oh_sessions_row_get_columns ();
  GtkWidget *heading = oh_sessions_row_new_heading ();

  self->items = g_list_store_new (OH_TYPE_SESSIONS_ITEM);
  self->rows = g_hash_table_new (NULL, NULL);
  self->view = OH_SPAN_VIEW (g_object_ref_sink (oh_span_view_new ()));
  g_signal_connect_object (self->view, "chosen", G_CALLBACK (on_chosen), self, G_CONNECT_SWAPPED);
  gtk_widget_init_template (GTK_WIDGET (self));
  oh_paned_mend (self->paned);
  gtk_box_prepend (self->list_box, heading);
  oh_column_set_attach (columns, GTK_WIDGET (self), OH_CELL_ROW (heading));
  g_signal_connect_object (columns, "changed", G_CALLBACK (start_loading), self, G_CONNECT_SWAPPED);
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->items));
  gtk_list_view_set_model (self->list_view, GTK_SELECTION_MODEL (self->selection));
  oh_context_menu_attach (GTK_WIDGET (self->list_view), GTK_WIDGET (self), OH_TYPE_SESSIONS_ROW, make_menu, self);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (on_selected), self,
                           G_CONNECT_SWAPPED);
}
