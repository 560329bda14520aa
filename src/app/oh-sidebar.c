/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sidebar.h"

#include "oh-sidebar-row.h"

#include <glib/gi18n.h>

#define RUNS_SHOWN 200
#define RUN_ADDED_UP 50000 /* exchanges */
/* Counting is not free, and nobody reads faster. */
#define UPDATE_EVERY_MS 200

struct _OhSidebar
{
  AdwBin parent_instance;

  GtkListBox *list_box;

  OhEngine *engine;
  GHashTable *runs;       /* gint64* -> OhSidebarRow, not owned */
  guint update_source;
  gboolean changed;       /* since the last update */
};

enum
{
  PANE_CHOSEN,
  RUN_CHOSEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhSidebar, oh_sidebar, ADW_TYPE_BIN)

static void
on_row_selected (OhSidebar *self, GtkListBoxRow *row)
{
  const OhPaneInfo *pane;

  if (row == NULL)
    return;
  pane = oh_sidebar_row_get_pane (OH_SIDEBAR_ROW (row));
  if (pane != NULL)
    g_signal_emit (self, signals[PANE_CHOSEN], 0, pane->name);
  else
    g_signal_emit (self, signals[RUN_CHOSEN], 0, oh_sidebar_row_get_run_id (OH_SIDEBAR_ROW (row)));
}

static void
update_header (GtkListBoxRow *row, GtkListBoxRow *before, gpointer data)
{
  gboolean first_run = oh_sidebar_row_get_run_id (OH_SIDEBAR_ROW (row)) != 0
                       && (before == NULL || oh_sidebar_row_get_run_id (OH_SIDEBAR_ROW (before)) == 0);
  GtkWidget *label;

  if (!first_run)
    {
      gtk_list_box_row_set_header (row, NULL);
      return;
    }
  if (gtk_list_box_row_get_header (row) != NULL)
    return;
  label = gtk_label_new (_ ("Runs"));
  gtk_label_set_xalign (GTK_LABEL (label), 0);
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

static void
update_panes (OhSidebar *self)
{
  gint64 count = oh_store_reader_count (oh_engine_get_reader (self->engine), &(OhQuery) { 0 });

  oh_sidebar_row_set_count (get_pane_row (self, OH_PANE_FIRST), count);
}

static void
remove_gone_runs (OhSidebar *self, GPtrArray *runs)
{
  g_autoptr (GHashTable) present = g_hash_table_new (g_int64_hash, g_int64_equal);
  GtkListBoxRow *chosen = gtk_list_box_get_selected_row (self->list_box);
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
        if (row == chosen)
          gtk_list_box_select_row (self->list_box, GTK_LIST_BOX_ROW (get_pane_row (self, OH_PANE_FIRST)));
        g_hash_table_iter_remove (&iter);
        gtk_list_box_remove (self->list_box, row);
      }
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
      g_autofree char *known = oh_format_cost (sums.cost);

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
  oh_pane_get_infos (&n_panes);
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
          gtk_list_box_insert (self->list_box, row, (int) (n_panes + i));
          g_hash_table_insert (self->runs, g_memdup2 (&run->id, sizeof run->id), row);
        }
      oh_sidebar_row_set_run (OH_SIDEBAR_ROW (row), run);
    }
}

static void
update_now (OhSidebar *self)
{
  self->changed = FALSE;
  if (self->engine == NULL)
    return;
  update_panes (self);
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
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, OhSidebar, list_box);
  gtk_widget_class_bind_template_callback (widget_class, on_row_selected);
}

static void
oh_sidebar_init (OhSidebar *self)
{
  const OhPaneInfo *panes;
  guint n;

  self->runs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_list_box_set_header_func (self->list_box, update_header, NULL, NULL);
  panes = oh_pane_get_infos (&n);
  for (guint i = 0; i < n; i++)
    gtk_list_box_append (self->list_box, oh_sidebar_row_new_for_pane (&panes[i]));
}

void
oh_sidebar_set_engine (OhSidebar *self, OhEngine *engine)
{
  g_return_if_fail (OH_IS_SIDEBAR (self));

  self->engine = engine;
  update_now (self);
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
oh_sidebar_choose_pane (OhSidebar *self, const char *name)
{
  OhSidebarRow *row;

  g_return_if_fail (OH_IS_SIDEBAR (self));

  row = get_pane_row (self, name);
  if (row != NULL)
    gtk_list_box_select_row (self->list_box, GTK_LIST_BOX_ROW (row));
}

void
oh_sidebar_choose_run (OhSidebar *self, gint64 run_id)
{
  GtkListBoxRow *row;

  g_return_if_fail (OH_IS_SIDEBAR (self));

  update_now (self);
  row = g_hash_table_lookup (self->runs, &run_id);
  if (row != NULL)
    gtk_list_box_select_row (self->list_box, row);
}
