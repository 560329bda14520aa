/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-browser-private.h"

#include "oh-column-set.h"
#include "oh-panes.h"

static void
find_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;

  if (self->whole)
    oh_sidebar_choose_pane (self->sidebar, OH_PANE_FIRST);
  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  oh_search_box_edit (self->search_box);
}

static void
search_action (GSimpleAction *action, GVariant *value, gpointer data)
{
  if (g_variant_get_boolean (value))
    find_action (NULL, NULL, data);
  else
    gtk_search_bar_set_search_mode (OH_BROWSER (data)->search_bar, FALSE);
}

static void
clear_search_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  oh_browser_clear_search (data);
}

static void
step_match_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  oh_browser_step_match (data, g_variant_get_int32 (parameter));
}

static void
save_search_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;

  if (gtk_search_bar_get_search_mode (self->search_bar))
    oh_search_box_toggle_saved (self->search_box);
}

static void
move_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;

  if (self->pane != NULL)
    oh_pane_move (self->pane, g_variant_get_int32 (parameter));
}

/* The menu over the columns. */
static void
columns_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;
  OhColumnSet *columns = self->pane == NULL ? NULL : oh_column_set_find (GTK_WIDGET (self->pane));

  if (columns != NULL)
    oh_column_set_open_menu (columns);
}

static void
newest_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;

  if (self->pane != NULL)
    oh_pane_go_to_newest (self->pane);
}

static void
back_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;

  if (self->pane == NULL)
    return;
  oh_pane_select (self->pane, 0);
  gtk_widget_grab_focus (GTK_WIDGET (self->pane));
}

static void
open_detail_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  oh_browser_open_exchange (data, oh_browser_get_selected (data));
}

/* A pane by name, and the exchange to go to in it. */
static void
show_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *pane;
  gint64 exchange_id;

  g_variant_get (parameter, "(&sx)", &pane, &exchange_id);
  oh_browser_show_pane (data, pane, exchange_id);
}

/* What the detail can do with what is selected, for a menu elsewhere: by the name of its action. */
static void
detail_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_widget_activate_action (GTK_WIDGET (OH_BROWSER (data)->detail), g_variant_get_string (parameter, NULL), NULL);
}

/* An older call, and the one to show against it. */
static void
compare_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;
  gint64 before, exchange_id;

  g_variant_get (parameter, "(xx)", &before, &exchange_id);
  gtk_widget_activate_action (GTK_WIDGET (self), "exchange.select", "x", exchange_id);
  oh_detail_compare (self->detail, before);
}

/* What is selected, or the call that is given, with what was marked. */
static void
compare_marked_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;

  if (parameter != NULL)
    gtk_widget_activate_action_variant (GTK_WIDGET (self), "exchange.select", parameter);
  oh_detail_compare (self->detail, self->marked_id);
}

/* Nothing but this, in the first pane. */
static void
search_for_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;

  oh_browser_turn_to (self, OH_PANE_FIRST);
  oh_browser_search_for (self, g_variant_get_string (parameter, NULL));
}

/* One more condition. */
static void
narrow_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhBrowser *self = data;
  const char *term = g_variant_get_string (parameter, NULL);
  g_autofree char *text = self->text == NULL ? g_strdup (term) : g_strdup_printf ("%s %s", self->text, term);

  oh_search_box_set_text (self->search_box, text);
  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  oh_browser_set_scope (self);
}

static const GActionEntry actions[] = {
  { .name = "search", .state = "false", .change_state = search_action },
  { .name = "find", .activate = find_action },
  { .name = "clear-search", .activate = clear_search_action },
  { .name = "step-match", .activate = step_match_action, .parameter_type = "i" },
  { .name = "save-search", .activate = save_search_action },
  { .name = "detail", .activate = detail_action, .parameter_type = "s" },
  { .name = "narrow", .activate = narrow_action, .parameter_type = "s" },
  { .name = "search-for", .activate = search_for_action, .parameter_type = "s" },
  { .name = "compare", .activate = compare_action, .parameter_type = "(xx)" },
  { .name = "compare-marked", .activate = compare_marked_action },
  { .name = "compare-call-marked", .activate = compare_marked_action, .parameter_type = "x" },
  { .name = "move", .activate = move_action, .parameter_type = "i" },
  { .name = "columns", .activate = columns_action },
  { .name = "newest", .activate = newest_action },
  { .name = "back", .activate = back_action },
  { .name = "open-detail", .activate = open_detail_action },
  { .name = "show", .activate = show_action, .parameter_type = "(sx)" },
};

GActionGroup *
oh_browser_get_actions (OhBrowser *self)
{
  g_return_val_if_fail (OH_IS_BROWSER (self), NULL);

  if (g_action_map_lookup_action (G_ACTION_MAP (self->actions), actions[0].name) == NULL)
    g_action_map_add_action_entries (G_ACTION_MAP (self->actions), actions, G_N_ELEMENTS (actions), self);
  return G_ACTION_GROUP (self->actions);
}
