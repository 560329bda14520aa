/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-browser-private.h"

#include "oh-clock.h"
#include "oh-column-set.h"
#include "oh-detail-window.h"
#include "oh-matchable.h"
#include "oh-paned.h"
#include "oh-panes.h"
#include "oh-settings.h"
#include "oh-words.h"

#include <glib/gi18n.h>

/* What a pane has selected: a gint64. */
#define SELECTED "oh-selected"
/* The store deletes in the background, and tells of it only that something changed. */
#define DELETING_TAKES_US (5 * G_USEC_PER_SEC)

static guint changed_signal;

G_DEFINE_FINAL_TYPE (OhBrowser, oh_browser, ADW_TYPE_BIN)

static OhStoreReader *
get_reader (OhBrowser *self)
{
  return oh_engine_get_reader (self->engine);
}

/* Of an action that there is as soon as somebody asked for them. */
static void
enable (OhBrowser *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self->actions), name);

  if (action != NULL)
    g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
emit_changed (OhBrowser *self)
{
  const gint64 selected = oh_browser_get_selected (self);

  enable (self, "open-detail", selected != 0);
  enable (self, "compare-marked", selected != 0 && self->marked_id != 0 && selected != self->marked_id);
  enable (self, "compare-call-marked", self->marked_id != 0);
  g_signal_emit (self, changed_signal, 0);
}

/* ---- the layout ---- */

static const char *
get_detail_key (OhBrowser *self)
{
  return gtk_orientable_get_orientation (GTK_ORIENTABLE (self->detail_paned)) == GTK_ORIENTATION_VERTICAL
             ? "list-share-stacked"
             : "list-share";
}

static void
restore_shares (OhBrowser *self)
{
  oh_paned_restore_share (self->detail_paned, get_detail_key (self));
  oh_paned_restore_share (self->console_paned, "console-share");
}

static gboolean
has_selection (OhBrowser *self)
{
  return self->selected_id != 0 || adw_bin_get_child (self->other) != NULL;
}

static void
arrange (OhBrowser *self)
{
  gboolean selected = has_selection (self);
  gboolean wants_console = g_settings_get_boolean (oh_settings_get (), "console-visible")
                           && oh_console_get_run (self->console) != 0;

  gtk_widget_set_visible (GTK_WIDGET (self->detail_stack),
                          !self->whole
                            && (selected || (self->room >= OH_ROOM_BESIDE && !oh_pane_is_wide (self->pane))));
  gtk_widget_set_visible (GTK_WIDGET (self->console_paned), !oh_browser_covers_list (self));
  /* Three of them above each other do not fit: the console gives way to what was selected. */
  gtk_widget_set_visible (GTK_WIDGET (self->console),
                          wants_console && !self->whole && !(self->room == OH_ROOM_STACKED && selected));
}

static void
hide_folded_sidebar (OhBrowser *self)
{
  if (self->room != OH_ROOM_WIDE)
    adw_flap_set_reveal_flap (self->flap, FALSE);
}

static void
on_flap_revealed (OhBrowser *self)
{
  if (self->room == OH_ROOM_WIDE)
    g_settings_set_boolean (oh_settings_get (), "sidebar-visible", adw_flap_get_reveal_flap (self->flap));
}

/* ---- matches ---- */

/* What is shown of what is selected. */
static OhMatchable *
get_matchable (OhBrowser *self)
{
  GtkWidget *other = adw_bin_get_child (self->other);

  return OH_MATCHABLE (other != NULL ? other : GTK_WIDGET (self->detail));
}

static void
update_matches (OhBrowser *self)
{
  int current;
  int total = oh_matchable_get_matches (get_matchable (self), &current);

  oh_search_box_set_matches (self->search_box, self->words != NULL, self->words != NULL ? total : -1, current);
}

/* What a worker is asked. */
typedef struct
{
  char *data_dir;
  gint64 exchange_id;
  OhSearchWords *words;
} ConsoleLook;

static void
console_look_free (gpointer data)
{
  ConsoleLook *look = data;

  g_free (look->data_dir);
  oh_search_words_unref (look->words);
  g_free (look);
}

/* Returns: the run of an exchange, where what it wrote has one of the words; or 0. */
static gint64
look_into_console (OhStoreReader *reader, const ConsoleLook *look)
{
  g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, look->exchange_id);
  g_autoptr (GBytes) text = NULL;
  gsize length;
  const char *data;

  if (exchange == NULL || exchange->run_id == 0)
    return 0;
  text = oh_store_reader_read_console (reader, exchange->run_id, 0);
  data = text != NULL ? g_bytes_get_data (text, &length) : NULL;
  return data != NULL && oh_search_words_count (look->words, OH_SEARCH_ANYWHERE, data, (gssize) length) > 0
             ? exchange->run_id
             : 0;
}

static void
look_on_worker (GTask *task, gpointer source, gpointer look, GCancellable *cancellable)
{
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (((ConsoleLook *) look)->data_dir, NULL);

  g_task_return_int (task, reader == NULL ? 0 : (gssize) look_into_console (reader, look));
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  OhBrowser *self = OH_BROWSER (source);
  g_autoptr (GError) error = NULL;
  gint64 run_id = g_task_propagate_int (G_TASK (result), &error);

  if (error != NULL)
    return;
  g_clear_object (&self->console_look);
  self->console_run = run_id;
  oh_search_box_set_console (self->search_box, run_id != 0);
}

static void
stop_console_look (OhBrowser *self)
{
  g_cancellable_cancel (self->console_look);
  g_clear_object (&self->console_look);
  self->console_run = 0;
}

/* Offers the way to the console of what is selected, where what is searched for stands in that. */
static void
update_console_found (OhBrowser *self)
{
  g_autoptr (GTask) task = NULL;
  ConsoleLook *look;

  stop_console_look (self);
  oh_search_box_set_console (self->search_box, FALSE);
  if (self->console_words == NULL || self->selected_id == 0 || self->engine == NULL)
    return;
  look = g_new0 (ConsoleLook, 1);
  look->data_dir = g_strdup (oh_engine_get_data_dir (self->engine));
  look->exchange_id = self->selected_id;
  look->words = oh_search_words_ref (self->console_words);
  self->console_look = g_cancellable_new ();
  task = g_task_new (self, self->console_look, on_looked, NULL);
  g_task_set_source_tag (task, update_console_found);
  g_task_set_task_data (task, look, console_look_free);
  g_task_run_in_thread (task, look_on_worker);
}

/* Where the console gives way to what is selected, that gives way to the console. */
static void
show_in_console (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhBrowser *self = OH_BROWSER (widget);
  const gint64 run_id = self->console_run;

  if (run_id == 0)
    return;
  if (self->room == OH_ROOM_STACKED || self->room == OH_ROOM_NARROW)
    oh_pane_select (self->pane, 0);
  g_settings_set_boolean (oh_settings_get (), "console-visible", TRUE);
  oh_console_show_run (self->console, run_id);
  arrange (self);
  oh_console_find (self->console, self->console_words);
}

/* ---- what is chosen ---- */

/* An Overhear that never heard anything offers the first step, unless that is done. */
static void
update_welcome (OhBrowser *self)
{
  g_autoptr (GPtrArray) runs = oh_store_reader_get_runs (get_reader (self), 1);
  g_autoptr (GArray) ids = runs->len == 0 ? oh_store_reader_find (get_reader (self), &(OhQuery) { .limit = 1 }, NULL) : NULL;
  const gboolean empty = runs->len == 0 && (ids == NULL || ids->len == 0) && !oh_engine_has_desktop (self->engine);

  gtk_stack_set_visible_child_name (self->content_stack, empty ? "welcome" : "columns");
}

static void
set_words (OhBrowser *self, const OhSearch *search)
{
  g_clear_pointer (&self->words, oh_search_words_unref);
  g_clear_pointer (&self->console_words, oh_search_words_unref);
  self->words = oh_search_words_new (search);
  self->console_words = oh_search_words_new_of_console (search);
  oh_detail_set_words (self->detail, self->words);
}

void
oh_browser_set_scope (OhBrowser *self)
{
  const char *text = oh_search_box_get_text (self->search_box);
  const gboolean searching = gtk_search_bar_get_search_mode (self->search_bar) && *text != '\0';
  g_autoptr (OhSearch) search = searching ? oh_search_parse (text, oh_clock_wall_ns (), NULL, NULL) : NULL;
  OhScope scope = { .run_id = self->run_id };

  if (self->engine == NULL || self->pane == NULL)
    return;
  oh_silence_banner_set_run (self->silence, self->engine, self->run_id);
  if (search != NULL || !searching)
    {
      g_free (self->text);
      self->text = searching ? g_strdup (text) : NULL;
    }
  /* While it is wrong, and a search is wrong now and then while it is typed, what was searched for before stays. */
  else if (self->text != NULL)
    search = oh_search_parse (self->text, oh_clock_wall_ns (), NULL, NULL);
  set_words (self, search);
  scope.text = self->text;
  scope.words = self->words;
  oh_pane_set_scope (self->pane, &scope);
  oh_sidebar_show (self->sidebar, gtk_stack_get_visible_child_name (self->pane_stack), self->run_id, self->text);
  update_matches (self);
  update_console_found (self);
  emit_changed (self);
}

/* What the command line runs has its terminal elsewhere. */
static void
show_console_of (OhBrowser *self, gint64 run_id)
{
  g_autoptr (OhRun) run = run_id == 0 ? NULL : oh_store_reader_get_run (get_reader (self), run_id);

  oh_console_show_run (self->console, run != NULL && g_strcmp0 (run->origin, "window") == 0 ? run_id : 0);
  arrange (self);
}

/* What the pane has selected that is no exchange takes the detail's place. */
static void
show_other (OhBrowser *self)
{
  GtkWidget *other = self->selected_id != 0 ? NULL : oh_pane_get_detail (self->pane);

  adw_bin_set_child (self->other, other);
  gtk_stack_set_visible_child (self->detail_stack,
                               other != NULL ? GTK_WIDGET (self->other) : GTK_WIDGET (self->detail));
}

static void
note_selected (OhPane *pane, gint64 exchange_id)
{
  g_object_set_data_full (G_OBJECT (pane), SELECTED, g_memdup2 (&exchange_id, sizeof exchange_id), g_free);
}

static void show_selected (OhBrowser *self, gint64 exchange_id);

void
oh_browser_turn_to (OhBrowser *self, const char *name)
{
  const gint64 *noted;
  gint64 selected;

  gtk_stack_set_visible_child_name (self->pane_stack, name);
  self->pane = OH_PANE (gtk_stack_get_visible_child (self->pane_stack));
  noted = g_object_get_data (G_OBJECT (self->pane), SELECTED);
  selected = noted != NULL ? *noted : 0;
  self->whole = oh_pane_is_whole (self->pane);
  enable (self, "columns", oh_column_set_find (GTK_WIDGET (self->pane)) != NULL);
  /* The detail shows what this pane has selected, not what another one had. */
  if (self->engine != NULL && !self->whole && selected != self->selected_id)
    show_selected (self, selected);
  else
    show_other (self);
  if (self->whole)
    gtk_search_bar_set_search_mode (self->search_bar, FALSE);
  arrange (self);
}

void
oh_browser_clear_search (OhBrowser *self)
{
  oh_search_box_set_text (self->search_box, "");
  gtk_search_bar_set_search_mode (self->search_bar, FALSE);
}

/* Rows may go meanwhile from any pane, also from those that nobody sees: each is read anew once more after that. */
static void
update_pane (OhBrowser *self)
{
  const gboolean deleting = g_get_monotonic_time () < self->reload_until;

  if (!deleting && !g_hash_table_remove (self->outdated, self->pane))
    oh_pane_update (self->pane);
  else
    oh_pane_reload (self->pane);
}

static void
on_pane_chosen (OhBrowser *self, const char *name)
{
  oh_browser_turn_to (self, name);
  self->run_id = 0;
  if (self->engine == NULL)
    return;
  /* What a row of the sidebar searches for ends with that row. */
  if (oh_sidebar_has_search (self->sidebar, self->text))
    oh_browser_clear_search (self);
  oh_browser_set_scope (self);
  update_pane (self);
  hide_folded_sidebar (self);
}

static void
on_run_chosen (OhBrowser *self, gint64 run_id)
{
  if (self->engine == NULL)
    return;
  self->run_id = run_id;
  if (self->whole)
    oh_browser_turn_to (self, OH_PANE_FIRST);
  show_console_of (self, run_id);
  oh_browser_set_scope (self);
  hide_folded_sidebar (self);
}

/* Where there is no room for both, nothing is selected that nobody chose. */
static gboolean
select_first_tick (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  OhBrowser *self = OH_BROWSER (widget);
  g_autoptr (GArray) ids = NULL;

  if (gtk_widget_get_width (widget) == 0)
    return G_SOURCE_CONTINUE;
  self->first_tick = 0;
  if (self->engine != NULL && self->first_of_run != 0)
    ids = oh_store_reader_find (get_reader (self), &(OhQuery) { .run_id = self->first_of_run }, NULL);
  if (ids == NULL || ids->len == 0)
    return G_SOURCE_REMOVE;
  self->first_of_run = 0;
  if (self->room >= OH_ROOM_BESIDE && self->selected_id == 0)
    oh_pane_select (self->pane, g_array_index (ids, gint64, 0));
  return G_SOURCE_REMOVE;
}

/* How much room there is is known between one frame and the next: not before the first, nor right after it was laid out. */
static void
select_first_of_run (OhBrowser *self)
{
  if (self->selected_id != 0)
    self->first_of_run = 0;
  if (self->first_of_run != 0 && self->first_tick == 0)
    self->first_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), select_first_tick, NULL, NULL);
}

void
oh_browser_open_exchange (OhBrowser *self, gint64 exchange_id)
{
  GtkRoot *window = gtk_widget_get_root (GTK_WIDGET (self));

  if (exchange_id != 0 && GTK_IS_WINDOW (window))
    oh_detail_window_present (gtk_window_get_application (GTK_WINDOW (window)), self->engine, exchange_id,
                              gtk_search_bar_get_search_mode (self->search_bar)
                                  ? oh_search_box_get_text (self->search_box)
                                  : "");
}

gboolean
oh_browser_mark (OhBrowser *self, gint64 exchange_id)
{
  g_return_val_if_fail (OH_IS_BROWSER (self), FALSE);

  self->marked_id = exchange_id != 0 ? exchange_id : oh_browser_get_selected (self);
  emit_changed (self);
  return self->marked_id != 0;
}

static void
open_action (GtkWidget *widget, const char *action, GVariant *parameter)
{
  oh_browser_open_exchange (OH_BROWSER (widget), g_variant_get_int64 (parameter));
}

static void
show_selected (OhBrowser *self, gint64 exchange_id)
{
  self->selected_id = exchange_id;
  oh_detail_set_exchange (self->detail, self->engine, exchange_id);
  show_other (self);
  update_matches (self);
  update_console_found (self);
  arrange (self);
  emit_changed (self);
}

static void
on_selected (OhBrowser *self, gint64 exchange_id, OhPane *pane)
{
  note_selected (pane, exchange_id);
  if (pane == self->pane)
    show_selected (self, exchange_id);
}

/* What a list does not have is read all the same. */
static void
select_exchange (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhBrowser *self = OH_BROWSER (widget);
  gint64 exchange_id = g_variant_get_int64 (parameter);

  oh_pane_select (self->pane, exchange_id);
  if (self->selected_id != exchange_id)
    show_selected (self, exchange_id);
}

static void
on_opened (OhBrowser *self, gint64 exchange_id)
{
  if (self->room != OH_ROOM_NARROW || self->whole)
    oh_browser_open_exchange (self, exchange_id);
}

static void
on_search_mode_changed (OhBrowser *self)
{
  gboolean searching = gtk_search_bar_get_search_mode (self->search_bar);

  oh_browser_set_scope (self);
  /* Whoever goes through the sidebar by keys stays there. */
  if (!searching && self->pane != NULL && gtk_widget_get_focus_child (GTK_WIDGET (self->sidebar)) == NULL)
    gtk_widget_grab_focus (GTK_WIDGET (self->pane));
  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->actions), "search")),
                             g_variant_new_boolean (searching));
}

static void
on_search_down (OhBrowser *self)
{
  oh_pane_move (self->pane, 0);
  gtk_widget_grab_focus (GTK_WIDGET (self->pane));
}

void
oh_browser_search_for (OhBrowser *self, const char *text)
{
  self->run_id = 0;
  if (self->whole)
    oh_browser_turn_to (self, OH_PANE_FIRST);
  oh_search_box_set_text (self->search_box, text);
  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  oh_browser_set_scope (self);
  hide_folded_sidebar (self);
}

void
oh_browser_step_match (OhBrowser *self, int direction)
{
  gboolean selected;
  gboolean moved;

  if (self->pane == NULL || self->words == NULL)
    return;
  selected = has_selection (self);
  if (!selected || !oh_matchable_step (get_matchable (self), direction))
    {
      moved = oh_pane_move (self->pane, selected ? direction : 0);
      /* From one end to the other; and where nothing was selected, to the end that is asked for. */
      if (!moved || !selected)
        moved = oh_pane_move (self->pane, -direction * (G_MAXINT / 2)) || moved;
      if (!moved)
        oh_matchable_leave (get_matchable (self));
      oh_matchable_step (get_matchable (self), direction);
    }
  update_matches (self);
}

/* ---- */

static void
oh_browser_dispose (GObject *object)
{
  OhBrowser *self = OH_BROWSER (object);

  stop_console_look (self);
  self->engine = NULL;
  self->pane = NULL;
  adw_bin_set_child (ADW_BIN (self), NULL);
  g_clear_object (&self->actions);
  g_clear_pointer (&self->outdated, g_hash_table_unref);
  g_clear_pointer (&self->words, oh_search_words_unref);
  g_clear_pointer (&self->console_words, oh_search_words_unref);
  g_clear_pointer (&self->text, g_free);
  G_OBJECT_CLASS (oh_browser_parent_class)->dispose (object);
}

static void
oh_browser_class_init (OhBrowserClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_browser_dispose;
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);

  gtk_widget_class_install_action (widget_class, "exchange.select", "x", select_exchange);
  gtk_widget_class_install_action (widget_class, "exchange.open", "x", open_action);
  gtk_widget_class_install_action (widget_class, "search.show-in-console", NULL, show_in_console);
  g_type_ensure (OH_TYPE_CONSOLE);
  g_type_ensure (OH_TYPE_DETAIL);
  g_type_ensure (OH_TYPE_SILENCE_BANNER);
  g_type_ensure (OH_TYPE_SEARCH_BOX);
  g_type_ensure (OH_TYPE_SIDEBAR);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-browser.ui");
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, flap);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, sidebar);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, content_stack);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, detail_paned);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, console_paned);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, search_bar);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, search_box);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, silence);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, pane_stack);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, console);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, detail_stack);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, detail);
  gtk_widget_class_bind_template_child (widget_class, OhBrowser, other);
  gtk_widget_class_bind_template_callback (widget_class, on_flap_revealed);
  gtk_widget_class_bind_template_callback (widget_class, on_pane_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_run_chosen);
  gtk_widget_class_bind_template_callback (widget_class, oh_browser_set_scope);
  gtk_widget_class_bind_template_callback (widget_class, on_search_mode_changed);
  gtk_widget_class_bind_template_callback (widget_class, oh_browser_search_for);
  gtk_widget_class_bind_template_callback (widget_class, on_search_down);
  gtk_widget_class_bind_template_callback (widget_class, update_matches);
  gtk_widget_class_bind_template_callback (widget_class, oh_browser_step_match);
}

static void
oh_browser_init (OhBrowser *self)
{
  g_autoptr (GPropertyAction) sidebar = NULL;
  guint n;
  const OhPaneInfo *panes = oh_panes_get_infos (&n);

  self->room = OH_ROOM_WIDE;
  self->actions = g_simple_action_group_new ();
  self->outdated = g_hash_table_new (NULL, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));
  sidebar = g_property_action_new ("sidebar", self->flap, "reveal-flap");
  g_action_map_add_action (G_ACTION_MAP (self->actions), G_ACTION (sidebar));
  oh_search_box_show_chips (self->search_box);
  gtk_search_bar_connect_entry (self->search_bar, GTK_EDITABLE (oh_search_box_get_entry (self->search_box)));
  adw_flap_set_reveal_flap (self->flap, g_settings_get_boolean (oh_settings_get (), "sidebar-visible"));
  for (guint i = 0; i < n; i++)
    {
      GtkWidget *pane = g_object_new (panes[i].get_type (), NULL);

      g_signal_connect_object (pane, "selected", G_CALLBACK (on_selected), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (pane, "opened", G_CALLBACK (on_opened), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (pane, "summary-changed", G_CALLBACK (emit_changed), self, G_CONNECT_SWAPPED);
      gtk_stack_add_named (self->pane_stack, pane, panes[i].name);
    }
  oh_paned_mend (self->detail_paned);
  oh_paned_mend (self->console_paned);
  oh_sidebar_choose_pane (self->sidebar, OH_PANE_FIRST);
  restore_shares (self);
  arrange (self);
}

GtkWidget *
oh_browser_get_region (OhBrowser *self, guint region)
{
  g_return_val_if_fail (OH_IS_BROWSER (self) && region < OH_BROWSER_N_REGIONS, NULL);

  return region == OH_BROWSER_SIDEBAR  ? GTK_WIDGET (self->sidebar)
         : region == OH_BROWSER_LIST   ? GTK_WIDGET (self->pane)
         : region == OH_BROWSER_DETAIL ? gtk_stack_get_visible_child (self->detail_stack)
                                       : GTK_WIDGET (self->console);
}

void
oh_browser_set_engine (OhBrowser *self, OhEngine *engine)
{
  g_return_if_fail (OH_IS_BROWSER (self));

  oh_detail_set_exchange (self->detail, NULL, 0);
  if (self->engine != NULL)
    g_signal_handlers_disconnect_by_data (self->engine, self);
  self->engine = engine;
  enable (self, "search", engine != NULL);
  enable (self, "find", engine != NULL);
  if (engine == NULL)
    oh_silence_banner_set_run (self->silence, NULL, 0);
  for (GtkWidget *pane = gtk_widget_get_first_child (GTK_WIDGET (self->pane_stack)); pane != NULL;
       pane = gtk_widget_get_next_sibling (pane))
    {
      oh_pane_set_engine (OH_PANE (pane), engine);
      note_selected (OH_PANE (pane), 0);
    }
  oh_console_set_engine (self->console, engine);
  oh_sidebar_set_engine (self->sidebar, engine);
  oh_search_box_set_engine (self->search_box, engine);
  if (engine == NULL)
    return;
  g_signal_connect_object (engine, "notify::desktop", G_CALLBACK (update_welcome), self, G_CONNECT_SWAPPED);
  oh_browser_set_scope (self);
  update_welcome (self);
}

void
oh_browser_set_room (OhBrowser *self, OhRoom room)
{
  GtkOrientation orientation = room == OH_ROOM_STACKED ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL;

  g_return_if_fail (OH_IS_BROWSER (self));

  self->room = room;
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->detail_paned), orientation);
  adw_flap_set_fold_policy (self->flap,
                            room == OH_ROOM_WIDE ? ADW_FLAP_FOLD_POLICY_NEVER : ADW_FLAP_FOLD_POLICY_ALWAYS);
  adw_flap_set_reveal_flap (self->flap,
                            room == OH_ROOM_WIDE && g_settings_get_boolean (oh_settings_get (), "sidebar-visible"));
  arrange (self);
  restore_shares (self);
}

void
oh_browser_update (OhBrowser *self)
{
  g_return_if_fail (OH_IS_BROWSER (self));
  g_return_if_fail (self->engine != NULL);

  update_pane (self);
  oh_sidebar_update (self->sidebar);
  oh_console_update (self->console);
  oh_silence_banner_update (self->silence);
  select_first_of_run (self);
  update_welcome (self);
  emit_changed (self);
}

void
oh_browser_read_anew (OhBrowser *self)
{
  g_return_if_fail (OH_IS_BROWSER (self));
  g_return_if_fail (self->engine != NULL);

  self->reload_until = g_get_monotonic_time () + DELETING_TAKES_US;
  for (GtkWidget *pane = gtk_widget_get_first_child (GTK_WIDGET (self->pane_stack)); pane != NULL;
       pane = gtk_widget_get_next_sibling (pane))
    g_hash_table_add (self->outdated, pane);
  oh_browser_update (self);
}

void
oh_browser_show_new_run (OhBrowser *self, gint64 run_id)
{
  g_return_if_fail (OH_IS_BROWSER (self));
  g_return_if_fail (self->engine != NULL);

  self->first_of_run = run_id;
  g_settings_set_boolean (oh_settings_get (), "console-visible", TRUE);
  oh_console_show_run (self->console, run_id);
  gtk_stack_set_visible_child_name (self->content_stack, "columns");
  on_run_chosen (self, run_id);
  arrange (self);
}

void
oh_browser_show_pane (OhBrowser *self, const char *name, gint64 exchange_id)
{
  g_return_if_fail (OH_IS_BROWSER (self));

  if (gtk_stack_get_child_by_name (self->pane_stack, name) == NULL)
    {
      oh_browser_open_exchange (self, exchange_id);
      return;
    }
  gtk_stack_set_visible_child_name (self->content_stack, "columns");
  oh_sidebar_choose_pane (self->sidebar, name);
  if (exchange_id != 0)
    oh_pane_select (self->pane, exchange_id);
}

void
oh_browser_show_link (OhBrowser *self, OhLinkKind kind, gint64 id)
{
  g_return_if_fail (OH_IS_BROWSER (self));
  g_return_if_fail (self->engine != NULL);

  oh_browser_clear_search (self);
  oh_browser_show_pane (self, kind == OH_LINK_TRACE ? "traces" : OH_PANE_FIRST, kind == OH_LINK_RUN ? 0 : id);
  if (kind == OH_LINK_RUN)
    on_run_chosen (self, id);
}

void
oh_browser_set_pane_note (OhBrowser *self, const char *name, const char *note)
{
  g_return_if_fail (OH_IS_BROWSER (self));

  oh_sidebar_set_pane_note (self->sidebar, name, note);
}

const char *
oh_browser_get_pane (OhBrowser *self)
{
  g_return_val_if_fail (OH_IS_BROWSER (self), NULL);

  return gtk_stack_get_visible_child_name (self->pane_stack);
}

gint64
oh_browser_get_run (OhBrowser *self)
{
  g_return_val_if_fail (OH_IS_BROWSER (self), 0);

  return self->run_id;
}

gint64
oh_browser_get_selected (OhBrowser *self)
{
  g_return_val_if_fail (OH_IS_BROWSER (self), 0);

  return self->whole ? 0 : self->selected_id;
}

gboolean
oh_browser_covers_list (OhBrowser *self)
{
  g_return_val_if_fail (OH_IS_BROWSER (self), FALSE);

  return self->room == OH_ROOM_NARROW && has_selection (self) && !self->whole;
}

char *
oh_browser_dup_summary (OhBrowser *self)
{
  g_autofree char *summary = NULL;
  g_autofree char *state = NULL;
  g_autoptr (OhRun) run = NULL;
  OhStatusKind kind;

  g_return_val_if_fail (OH_IS_BROWSER (self), NULL);

  if (self->engine == NULL || self->pane == NULL)
    return g_strdup ("");
  summary = oh_pane_dup_summary (self->pane);
  if (self->run_id != 0)
    run = oh_store_reader_get_run (get_reader (self), self->run_id);
  if (run == NULL)
    return g_steal_pointer (&summary);
  state = oh_words_run_state (run, &kind);
  if (kind == OH_STATUS_GOOD)
    return g_strdup_printf ("%s · %s", run->name, summary);
  return g_strdup_printf ("%s · %s · %s", run->name, state, summary);
}

gboolean
oh_browser_toggle_console (OhBrowser *self)
{
  gboolean visible;

  g_return_val_if_fail (OH_IS_BROWSER (self), FALSE);

  visible = gtk_widget_get_visible (GTK_WIDGET (self->console));
  oh_browser_keep_sizes (self);
  g_settings_set_boolean (oh_settings_get (), "console-visible", !visible);
  arrange (self);
  return visible || oh_console_get_run (self->console) != 0;
}

void
oh_browser_select_newest_answer (OhBrowser *self)
{
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  g_return_if_fail (OH_IS_BROWSER (self));
  g_return_if_fail (self->engine != NULL);

  ids = oh_store_reader_find (get_reader (self), &(OhQuery) { .run_id = self->run_id, .limit = 100 }, NULL);
  if (ids == NULL || ids->len == 0)
    return;
  rows = oh_store_reader_get_rows (get_reader (self), &g_array_index (ids, gint64, 0), ids->len);
  for (guint i = ids->len; i > 0; i--)
    {
      const OhExchange *exchange = g_ptr_array_index (rows, i - 1);

      if (exchange != NULL && exchange->facts != NULL && exchange->facts->stop_reason != NULL)
        {
          oh_pane_select (self->pane, exchange->id);
          return;
        }
    }
}

void
oh_browser_keep_sizes (OhBrowser *self)
{
  g_return_if_fail (OH_IS_BROWSER (self));

  oh_paned_keep_share (self->detail_paned, get_detail_key (self));
  oh_paned_keep_share (self->console_paned, "console-share");
}
