/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sidebar.h"

#include "oh-context-menu.h"
#include "oh-slow-loader.h"
#include "oh-saved-searches.h"
#include "oh-settings.h"
#include "oh-sidebar-programs.h"
#include "oh-sidebar-row.h"

#include <glib/gi18n.h>

#define RUNS_SHOWN 200
#define RUN_ADDED_UP 50000 /* exchanges */
/* Counting is not free, and nobody reads faster. */
#define UPDATE_EVERY_MS 200
/* So long a deleted search can be brought back. */
#define UNDO_S 20

struct _OhSidebar
{
  AdwBin parent_instance;

  GtkListBox *list_box;
  GtkWidget *desktop_note;
  GtkLabel *desktop_words;

  OhEngine *engine;
  char *pane;             /* what is shown: the pane, */
  gint64 run_id;          /* the run, or 0, */
  char *text;             /* and the search, or NULL */
  gboolean choosing;      /* the row of that is selected, by us */
  OhSlowLoader *loader; /* counts */
  guint searches;         /* rows of them, below those of the panes */
  OhSidebarPrograms *programs; /* below those */
  guint n_programs;
  GFileMonitor *rules;    /* of programs */
  GHashTable *runs;       /* gint64* -> OhSidebarRow, not owned */
  guint update_source;
  gboolean changed;       /* since the last update */
};

enum
{
  PANE_CHOSEN,
  RUN_CHOSEN,
  SEARCH_CHOSEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhSidebar, oh_sidebar, ADW_TYPE_BIN)

static void
on_row_selected (OhSidebar *self, GtkListBoxRow *row)
{
  const OhPaneInfo *pane;

  if (row == NULL || self->choosing)
    return;
  pane = oh_sidebar_row_get_pane (OH_SIDEBAR_ROW (row));
  if (pane != NULL)
    g_signal_emit (self, signals[PANE_CHOSEN], 0, pane->name);
  else if (oh_sidebar_row_get_search (OH_SIDEBAR_ROW (row)) != NULL)
    g_signal_emit (self, signals[SEARCH_CHOSEN], 0, oh_sidebar_row_get_search (OH_SIDEBAR_ROW (row)));
  else
    g_signal_emit (self, signals[RUN_CHOSEN], 0, oh_sidebar_row_get_run_id (OH_SIDEBAR_ROW (row)));
}

/* A search that is chosen already may have been written over in the entry. */
static void
on_row_activated (OhSidebar *self, GtkListBoxRow *row)
{
  const char *search = oh_sidebar_row_get_search (OH_SIDEBAR_ROW (row));

  if (search != NULL)
    g_signal_emit (self, signals[SEARCH_CHOSEN], 0, search);
}

static const char *
get_heading (GtkListBoxRow *row)
{
  if (row == NULL)
    return NULL;
  if (oh_sidebar_row_is_program (OH_SIDEBAR_ROW (row)))
    return _ ("Programs");
  if (oh_sidebar_row_get_search (OH_SIDEBAR_ROW (row)) != NULL)
    return _ ("Searches");
  return oh_sidebar_row_get_run_id (OH_SIDEBAR_ROW (row)) != 0 ? _ ("Runs") : NULL;
}

static void
update_header (GtkListBoxRow *row, GtkListBoxRow *before, gpointer data)
{
  const char *heading = get_heading (row);
  GtkWidget *label;

  if (heading == NULL || g_strcmp0 (heading, get_heading (before)) == 0)
    {
      gtk_list_box_row_set_header (row, NULL);
      return;
    }
  if (gtk_list_box_row_get_header (row) != NULL)
    return;
  label = gtk_label_new (heading);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  if (oh_sidebar_row_is_program (OH_SIDEBAR_ROW (row)))
    gtk_widget_set_tooltip_text (label, _ ("Programs of the desktop. What a run started stands under its run."));
  gtk_widget_add_css_class (label, "sidebar-heading");
  gtk_list_box_row_set_header (row, label);
}

static OhSidebarRow *
get_pane_row (OhSidebar *self, const char *name)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list_box, i)) != NULL; i++)
    {
      const OhPaneInfo *pane = oh_sidebar_row_get_pane (OH_SIDEBAR_ROW (row));

      if (pane != NULL && g_strcmp0 (pane->name, name) == 0)
        return OH_SIDEBAR_ROW (row);
    }
  return NULL;
}

static GtkListBoxRow *
get_search_row (OhSidebar *self, const char *text)
{
  GtkListBoxRow *row;

  for (int i = 0; text != NULL && (row = gtk_list_box_get_row_at_index (self->list_box, i)) != NULL; i++)
    if (g_strcmp0 (oh_sidebar_row_get_search (OH_SIDEBAR_ROW (row)), text) == 0)
      return row;
  return NULL;
}

/* Selects the row of what is shown, whatever led there. A run that is too old for a row has none. */
static void
show_choice (OhSidebar *self)
{
  GtkListBoxRow *row = self->run_id != 0 ? g_hash_table_lookup (self->runs, &self->run_id)
                                         : get_search_row (self, self->text);

  if (row == NULL && self->run_id == 0)
    row = GTK_LIST_BOX_ROW (get_pane_row (self, self->pane));
  if (self->pane == NULL || row == gtk_list_box_get_selected_row (self->list_box))
    return;
  self->choosing = TRUE;
  gtk_list_box_select_row (self->list_box, row);
  self->choosing = FALSE;
}

/* Nothing moves under a menu that is open. */
static gboolean
has_menu (OhSidebar *self)
{
  return oh_context_menu_is_open (GTK_WIDGET (self->list_box));
}

static GMenu *
make_menu (GtkWidget *row, gpointer data)
{
  return oh_sidebar_row_make_menu (OH_SIDEBAR_ROW (row));
}

static void
remove_gone_runs (OhSidebar *self, GPtrArray *runs)
{
  g_autoptr (GHashTable) present = g_hash_table_new (g_int64_hash, g_int64_equal);
  gboolean chosen = FALSE;
  GHashTableIter iter;
  gpointer id;
  gpointer row;

  for (guint i = 0; i < runs->len; i++)
    {
      OhRun *run = g_ptr_array_index (runs, i);

      g_hash_table_add (present, &run->id);
    }
  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, &id, &row))
    if (!g_hash_table_contains (present, id))
      {
        chosen = chosen || *(const gint64 *) id == self->run_id;
        g_hash_table_iter_remove (&iter);
        gtk_list_box_remove (self->list_box, row);
      }
  if (chosen)
    g_signal_emit (self, signals[PANE_CHOSEN], 0, self->pane);
}

/* Adding up takes time, so it is done only for the run that is pointed at. */
static gboolean
on_run_tooltip (GtkWidget *row, int x, int y, gboolean keyboard, GtkTooltip *tooltip, OhSidebar *self)
{
  gint64 run_id = oh_sidebar_row_get_run_id (OH_SIDEBAR_ROW (row));
  OhStoreReader *reader = self->engine == NULL ? NULL : oh_engine_get_reader (self->engine);
  g_autoptr (OhRun) run = reader == NULL ? NULL : oh_store_reader_get_run (reader, run_id);
  g_autofree char *command = NULL;
  g_autofree char *cost = NULL;
  g_autofree char *text = NULL;
  OhSums sums = { 0 };

  if (run == NULL)
    return FALSE;
  if (run->argv != NULL)
    command = g_strjoinv (" ", run->argv);
  if (run->exchanges <= RUN_ADDED_UP)
    sums = oh_store_reader_get_run_sums (reader, run_id);
  if (sums.calls > sums.unpriced)
    {
      g_autofree char *known = oh_format_cost (sums.cost, sums.approximate > 0);

      cost = g_strdup_printf (sums.unpriced > 0 ? _ ("Cost %s, and calls of unknown price") : _ ("Cost %s"), known);
    }
  text = g_strconcat (command != NULL ? command : run->name, cost != NULL ? "\n" : "", cost, NULL);
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

static void
update_runs (OhSidebar *self)
{
  g_autoptr (GPtrArray) runs = oh_store_reader_get_runs (oh_engine_get_reader (self->engine), RUNS_SHOWN);
  guint n_panes;

  if (runs == NULL)
    return;
  oh_panes_get_infos (&n_panes);
  remove_gone_runs (self, runs);
  for (guint i = 0; i < runs->len; i++)
    {
      OhRun *run = g_ptr_array_index (runs, i);
      GtkWidget *row = g_hash_table_lookup (self->runs, &run->id);

      if (row == NULL)
        {
          row = oh_sidebar_row_new_for_run (run->id);
          gtk_widget_set_has_tooltip (row, TRUE);
          g_signal_connect_object (row, "query-tooltip", G_CALLBACK (on_run_tooltip), self, 0);
          gtk_list_box_insert (self->list_box, row, (int) (n_panes + self->searches + self->n_programs + i));
          g_hash_table_insert (self->runs, g_memdup2 (&run->id, sizeof run->id), row);
        }
      oh_sidebar_row_set_run (OH_SIDEBAR_ROW (row), run);
    }
  show_choice (self);
}

/* ---- programs, and all that is counted ---- */

typedef struct
{
  gint64 exchanges;
  OhSidebarProgramsNews *programs;
} Counts;

static void
counts_free (gpointer data)
{
  Counts *counts = data;

  oh_sidebar_programs_news_free (counts->programs);
  g_free (counts);
}

static gpointer
ask_counts (GtkWidget *widget)
{
  return NULL;
}

static gpointer
load_counts (OhStoreReader *reader, gpointer question)
{
  Counts *counts = g_new (Counts, 1);

  *counts = (Counts) { oh_store_reader_count (reader, &(OhQuery) { 0 }), oh_sidebar_programs_read (reader) };
  return counts;
}

static void
show_counts (GtkWidget *widget, gpointer answer)
{
  OhSidebar *self = OH_SIDEBAR (widget);
  Counts *counts = answer;
  g_autofree char *words = NULL;
  guint n_panes;

  if (has_menu (self))
    {
      counts_free (counts);
      oh_slow_loader_request (self->loader);
      return;
    }
  oh_panes_get_infos (&n_panes);
  oh_sidebar_row_set_count (get_pane_row (self, OH_PANE_FIRST), counts->exchanges);
  self->n_programs = oh_sidebar_programs_show (self->programs, counts->programs, (int) (n_panes + self->searches));
  words = oh_sidebar_programs_describe (counts->programs);
  gtk_label_set_label (self->desktop_words, words);
  show_choice (self);
  counts_free (counts);
}

static const OhOverviewLoad counting = { ask_counts, load_counts, show_counts, g_free, counts_free };

static void
set_program (GtkWidget *widget, const char *action, GVariant *parameter)
{
  GtkWidget *overlay = gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);
  g_autoptr (GError) error = NULL;
  const char *name;
  gint32 rule;

  g_variant_get (parameter, "(&si)", &name, &rule);
  if (!oh_desktop_programs_set_rule (name, (OhProgramRule) rule, &error) && overlay != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), adw_toast_new (error->message));
  oh_slow_loader_restart (OH_SIDEBAR (widget)->loader);
}

/* ---- saved searches ---- */

static void
update_searches (OhSidebar *self)
{
  g_autoptr (GPtrArray) searches = oh_saved_searches_get ();
  guint n_panes;

  oh_panes_get_infos (&n_panes);
  for (; self->searches > 0; self->searches--)
    gtk_list_box_remove (self->list_box,
                         GTK_WIDGET (gtk_list_box_get_row_at_index (self->list_box, (int) n_panes)));
  for (; self->searches < searches->len; self->searches++)
    {
      const OhSavedSearch *search = searches->pdata[self->searches];

      gtk_list_box_insert (self->list_box, oh_sidebar_row_new_for_search (search->name, search->text),
                           (int) (n_panes + self->searches));
    }
  show_choice (self);
}

typedef struct
{
  char *name;
  char *text;
  int position;
} Deleted;

static void
deleted_free (gpointer data, GClosure *closure)
{
  Deleted *deleted = data;

  g_free (deleted->name);
  g_free (deleted->text);
  g_free (deleted);
}

static void
on_undo (AdwToast *toast, Deleted *deleted)
{
  oh_saved_searches_add (deleted->name, deleted->text, deleted->position);
}

static void
delete_search (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhSidebar *self = OH_SIDEBAR (widget);
  const char *text = g_variant_get_string (parameter, NULL);
  GtkListBoxRow *row = get_search_row (self, text);
  GtkWidget *overlay = gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);
  AdwToast *toast = adw_toast_new (_ ("The search was deleted"));
  Deleted *deleted = g_new (Deleted, 1);

  *deleted = (Deleted) { row != NULL ? g_strdup (oh_sidebar_row_get_title (OH_SIDEBAR_ROW (row))) : g_strdup (text),
                         g_strdup (text), oh_saved_searches_remove (text) };
  adw_toast_set_button_label (toast, _ ("_Undo"));
  adw_toast_set_timeout (toast, UNDO_S);
  g_signal_connect_data (toast, "button-clicked", G_CALLBACK (on_undo), deleted, deleted_free, 0);
  if (overlay != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), toast);
  else
    g_object_unref (g_object_ref_sink (toast));
}

static void
on_renamed (GtkEntry *entry, GtkPopover *popover)
{
  g_autofree char *name = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (entry))));
  g_autofree char *text = g_strdup (g_object_get_data (G_OBJECT (entry), "text"));

  /* It goes with its row. */
  gtk_popover_popdown (popover);
  if (*name != '\0')
    oh_saved_searches_add (name, text, -1);
}

static gboolean
unparent_later (gpointer popover)
{
  if (gtk_widget_get_parent (popover) != NULL)
    gtk_widget_unparent (popover);
  return G_SOURCE_REMOVE;
}

static void
on_rename_closed (GtkWidget *popover)
{
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, unparent_later, g_object_ref (popover), g_object_unref);
}

static void
rename_search (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhSidebar *self = OH_SIDEBAR (widget);
  const char *text = g_variant_get_string (parameter, NULL);
  GtkListBoxRow *row = get_search_row (self, text);
  GtkWidget *popover, *entry;

  if (row == NULL)
    return;
  popover = gtk_popover_new ();
  entry = gtk_entry_new ();
  gtk_editable_set_text (GTK_EDITABLE (entry), oh_sidebar_row_get_title (OH_SIDEBAR_ROW (row)));
  gtk_editable_set_width_chars (GTK_EDITABLE (entry), 24);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Name of the search"), -1);
  g_object_set_data_full (G_OBJECT (entry), "text", g_strdup (text), g_free);
  g_signal_connect (entry, "activate", G_CALLBACK (on_renamed), popover);
  g_signal_connect (popover, "closed", G_CALLBACK (on_rename_closed), NULL);
  gtk_popover_set_child (GTK_POPOVER (popover), entry);
  /* On the sidebar, for the row goes when it is renamed. */
  gtk_widget_set_parent (popover, widget);
  {
    graphene_rect_t bounds;

    if (gtk_widget_compute_bounds (GTK_WIDGET (row), widget, &bounds))
      gtk_popover_set_pointing_to (GTK_POPOVER (popover),
                                   &(GdkRectangle) { (int) bounds.origin.x, (int) bounds.origin.y,
                                                     (int) bounds.size.width, (int) bounds.size.height });
  }
  gtk_popover_popup (GTK_POPOVER (popover));
  gtk_widget_grab_focus (entry);
}

static void
update_now (OhSidebar *self)
{
  self->changed = has_menu (self);
  if (self->engine == NULL || self->changed)
    return;
  oh_slow_loader_request (self->loader);
  update_runs (self);
}

static gboolean
update_later (gpointer data)
{
  OhSidebar *self = data;

  if (self->changed)
    {
      update_now (self);
      return G_SOURCE_CONTINUE;
    }
  self->update_source = 0;
  return G_SOURCE_REMOVE;
}

static void
oh_sidebar_dispose (GObject *object)
{
  OhSidebar *self = OH_SIDEBAR (object);

  g_clear_handle_id (&self->update_source, g_source_remove);
  adw_bin_set_child (ADW_BIN (self), NULL);
  g_clear_pointer (&self->runs, g_hash_table_unref);
  g_clear_pointer (&self->programs, oh_sidebar_programs_free);
  g_clear_object (&self->loader);
  g_clear_pointer (&self->pane, g_free);
  g_clear_pointer (&self->text, g_free);
  g_clear_object (&self->rules);
  G_OBJECT_CLASS (oh_sidebar_parent_class)->dispose (object);
}

static void
oh_sidebar_class_init (OhSidebarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_sidebar_dispose;
  signals[PANE_CHOSEN] = g_signal_new ("pane-chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                       NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[RUN_CHOSEN] = g_signal_new ("run-chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                      G_TYPE_NONE, 1, G_TYPE_INT64);
  signals[SEARCH_CHOSEN] = g_signal_new ("search-chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  gtk_widget_class_install_action (widget_class, "sidebar.delete-search", "s", delete_search);
  gtk_widget_class_install_action (widget_class, "sidebar.rename-search", "s", rename_search);
  gtk_widget_class_install_action (widget_class, "sidebar.set-program", "(si)", set_program);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, OhSidebar, list_box);
  gtk_widget_class_bind_template_child (widget_class, OhSidebar, desktop_note);
  gtk_widget_class_bind_template_child (widget_class, OhSidebar, desktop_words);
  gtk_widget_class_bind_template_callback (widget_class, on_row_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
}

static void
oh_sidebar_init (OhSidebar *self)
{
  const OhPaneInfo *panes;
  guint n;

  self->runs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));
  self->programs = oh_sidebar_programs_new (self->list_box);
  self->loader = oh_slow_loader_new (GTK_WIDGET (self), &counting, UPDATE_EVERY_MS);
  gtk_list_box_set_header_func (self->list_box, update_header, NULL, NULL);
  oh_context_menu_attach (GTK_WIDGET (self->list_box), GTK_WIDGET (self), OH_TYPE_SIDEBAR_ROW, make_menu, self);
  panes = oh_panes_get_infos (&n);
  for (guint i = 0; i < n; i++)
    gtk_list_box_append (self->list_box, oh_sidebar_row_new_for_pane (&panes[i]));
  g_signal_connect_object (oh_settings_get (), "changed::" OH_SAVED_SEARCHES_KEY, G_CALLBACK (update_searches), self,
                           G_CONNECT_SWAPPED);
  update_searches (self);
}

void
oh_sidebar_set_engine (OhSidebar *self, OhEngine *engine)
{
  g_return_if_fail (OH_IS_SIDEBAR (self));

  self->engine = engine;
  oh_slow_loader_set_data_dir (self->loader, engine != NULL ? oh_engine_get_data_dir (engine) : NULL);
  if (engine == NULL)
    return;
  g_object_bind_property (engine, "desktop", self->desktop_note, "visible", G_BINDING_SYNC_CREATE);
  g_clear_object (&self->rules);
  self->rules = oh_desktop_programs_monitor ();
  if (self->rules != NULL)
    g_signal_connect_object (self->rules, "changed", G_CALLBACK (oh_slow_loader_request), self->loader,
                             G_CONNECT_SWAPPED);
  update_runs (self);
}

void
oh_sidebar_update (OhSidebar *self)
{
  g_return_if_fail (OH_IS_SIDEBAR (self));

  self->changed = TRUE;
  if (self->update_source == 0)
    {
      update_now (self);
      self->update_source = g_timeout_add (UPDATE_EVERY_MS, update_later, self);
    }
}

void
oh_sidebar_set_pane_note (OhSidebar *self, const char *name, const char *note)
{
  OhSidebarRow *row;

  g_return_if_fail (OH_IS_SIDEBAR (self));

  row = get_pane_row (self, name);
  if (row != NULL)
    oh_sidebar_row_set_note (row, note);
}

void
oh_sidebar_show (OhSidebar *self, const char *pane, gint64 run_id, const char *text)
{
  g_return_if_fail (OH_IS_SIDEBAR (self));
  g_return_if_fail (pane != NULL);

  g_free (self->pane);
  self->pane = g_strdup (pane);
  self->run_id = run_id;
  g_free (self->text);
  self->text = g_strdup (text);
  show_choice (self);
}

gboolean
oh_sidebar_has_search (OhSidebar *self, const char *text)
{
  g_return_val_if_fail (OH_IS_SIDEBAR (self), FALSE);

  return get_search_row (self, text) != NULL;
}

void
oh_sidebar_choose_pane (OhSidebar *self, const char *name)
{
  OhSidebarRow *row;

  g_return_if_fail (OH_IS_SIDEBAR (self));

  row = get_pane_row (self, name);
  if (row != NULL)
    gtk_list_box_select_row (self->list_box, GTK_LIST_BOX_ROW (row));
}
