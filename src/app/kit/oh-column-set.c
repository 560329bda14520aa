/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-column-set.h"

#include "oh-context-menu.h"
#include "oh-settings.h"

#include <glib/gi18n.h>

#include <string.h>

#define KEY "oh-column-set"
#define GROUP "columns"
/* A press that goes so far, in pixels, moves a heading. */
#define DRAG_MIN 12

struct _OhColumnSet
{
  GObject parent_instance;

  char *columns_key;
  char *sort_key;
  const OhColumnInfo *infos;
  const guint *natural;
  guint n;

  /* As the settings say. */
  guint order[OH_COLUMN_SET_MAX];
  gboolean hidden[OH_COLUMN_SET_MAX];
  guint sort;
  gboolean descending;

  GActionMap *actions;
  GtkWidget *pane;        /* not owned: it owns the heading, which owns this */
  OhCellRow *heading;
  guint at;               /* the column that keys are for */
  GtkWidget *popover;     /* while it is open */
};

G_DEFINE_FINAL_TYPE (OhColumnSet, oh_column_set, G_TYPE_OBJECT)

static guint changed_signal;

static gboolean
has (OhColumnSet *self, guint column, guint flag)
{
  return (self->infos[column].flags & flag) != 0;
}

static guint
find (OhColumnSet *self, const char *id)
{
  for (guint i = 0; i < self->n; i++)
    if (g_str_equal (self->infos[i].id, id))
      return i;
  return self->n;
}

static guint
find_position (OhColumnSet *self, guint column)
{
  for (guint i = 0; i < self->n; i++)
    if (self->order[i] == column)
      return i;
  g_assert_not_reached ();
}

/* Whether there is something of it on the screen, or could be. */
static gboolean
is_seen (OhColumnSet *self, guint column)
{
  return !has (self, column, OH_COLUMN_IS_KEY) && oh_column_set_shows (self, column) &&
         (self->heading == NULL || oh_cell_row_get_width (self->heading, column) > 0);
}

/* ---- the settings ---- */

/* Names in their order, those that are left out behind a "-"; whatever is not named stands at the end. */
static void
read_columns (OhColumnSet *self)
{
  g_auto (GStrv) names = g_settings_get_strv (oh_settings_get (), self->columns_key);
  gboolean seen[OH_COLUMN_SET_MAX] = { FALSE };
  guint at = 0;

  memset (self->hidden, 0, sizeof self->hidden);
  for (char **name = names; *name != NULL; name++)
    {
      const gboolean hidden = **name == '-';
      guint column = find (self, *name + (hidden ? 1 : 0));

      if (column == self->n || seen[column])
        continue;
      seen[column] = TRUE;
      self->order[at++] = column;
      self->hidden[column] = hidden && !has (self, column, OH_COLUMN_IS_LASTING | OH_COLUMN_IS_FIXED);
    }
  for (guint i = 0; i < self->n; i++)
    if (!seen[self->natural[i]])
      self->order[at++] = self->natural[i];
}

static void
read_sort (OhColumnSet *self)
{
  g_autofree char *name = g_settings_get_string (oh_settings_get (), self->sort_key);
  guint column = find (self, *name == '-' ? name + 1 : name);

  self->descending = *name == '-';
  self->sort = column == self->n || has (self, column, OH_COLUMN_IS_UNSORTED) ? self->natural[0] : column;
}

static void
write_columns (OhColumnSet *self)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_auto (GStrv) value = NULL;

  for (guint i = 0; i < self->n; i++)
    {
      g_autofree char *name = g_strconcat (self->hidden[self->order[i]] ? "-" : "", self->infos[self->order[i]].id, NULL);

      g_strv_builder_add (names, name);
    }
  value = g_strv_builder_end (names);
  g_settings_set_strv (oh_settings_get (), self->columns_key, (const char *const *) value);
}

static void
set_sort (OhColumnSet *self, guint column, gboolean descending)
{
  g_autofree char *name = g_strconcat (descending ? "-" : "", self->infos[column].id, NULL);

  if (!has (self, column, OH_COLUMN_IS_UNSORTED))
    g_settings_set_string (oh_settings_get (), self->sort_key, name);
}

static void
set_state (OhColumnSet *self, const char *name, GVariant *state)
{
  GAction *action = g_action_map_lookup_action (self->actions, name);

  g_simple_action_set_state (G_SIMPLE_ACTION (action), state);
}

static void
show_states (OhColumnSet *self)
{
  set_state (self, "sort", g_variant_new_string (self->infos[self->sort].id));
  set_state (self, "direction", g_variant_new_string (self->descending ? "descending" : "ascending"));
  for (guint i = 0; i < self->n; i++)
    if (!has (self, i, OH_COLUMN_IS_KEY))
      set_state (self, self->infos[i].id, g_variant_new_boolean (!self->hidden[i]));
}

static void
on_settings_changed (OhColumnSet *self)
{
  read_columns (self);
  read_sort (self);
  show_states (self);
  g_signal_emit (self, changed_signal, 0);
}

/* ---- what is done to them ---- */

/* Before or behind those that are seen. @step: -1 or 1 */
static guint
find_neighbour (OhColumnSet *self, guint column, int step)
{
  for (int at = (int) find_position (self, column) + step; at >= 0 && at < (int) self->n; at += step)
    if (is_seen (self, self->order[at]))
      return self->order[at];
  return self->n;
}

static gboolean
can_move (OhColumnSet *self, guint column, int step)
{
  guint neighbour = find_neighbour (self, column, step);

  return neighbour < self->n && !has (self, column, OH_COLUMN_IS_FIXED) && !has (self, neighbour, OH_COLUMN_IS_FIXED);
}

/* To where another one stands, which gives way. */
static void
move_to (OhColumnSet *self, guint column, guint other)
{
  guint from = find_position (self, column), to = find_position (self, other);

  if (from == to || has (self, column, OH_COLUMN_IS_FIXED) || has (self, other, OH_COLUMN_IS_FIXED))
    return;
  if (from < to)
    memmove (self->order + from, self->order + from + 1, (to - from) * sizeof *self->order);
  else
    memmove (self->order + to + 1, self->order + to, (from - to) * sizeof *self->order);
  self->order[to] = column;
  write_columns (self);
}

static void
move (OhColumnSet *self, guint column, int step)
{
  if (can_move (self, column, step))
    move_to (self, column, find_neighbour (self, column, step));
}

/* The same once more: the other way round. */
static void
sort_by (OhColumnSet *self, guint column)
{
  set_sort (self, column, self->sort == column && !self->descending);
}

static void
show_action (GSimpleAction *action, GVariant *value, gpointer data)
{
  OhColumnSet *self = data;
  guint column = find (self, g_action_get_name (G_ACTION (action)));

  self->hidden[column] = !g_variant_get_boolean (value);
  write_columns (self);
}

static void
sort_action (GSimpleAction *action, GVariant *value, gpointer data)
{
  OhColumnSet *self = data;
  guint column = find (self, g_variant_get_string (value, NULL));

  if (column < self->n)
    set_sort (self, column, self->descending);
}

static void
direction_action (GSimpleAction *action, GVariant *value, gpointer data)
{
  OhColumnSet *self = data;

  set_sort (self, self->sort, g_str_equal (g_variant_get_string (value, NULL), "descending"));
}

static void
move_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *id;
  int step;

  g_variant_get (parameter, "(&si)", &id, &step);
  move (data, find (data, id), step);
}

static void
reset_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhColumnSet *self = data;

  g_settings_reset (oh_settings_get (), self->columns_key);
  g_settings_reset (oh_settings_get (), self->sort_key);
}

static void
add_actions (OhColumnSet *self)
{
  static const GActionEntry entries[] = {
    { .name = "sort", .parameter_type = "s", .state = "''", .change_state = sort_action },
    { .name = "direction", .parameter_type = "s", .state = "''", .change_state = direction_action },
    { .name = "move", .parameter_type = "(si)", .activate = move_action },
    { .name = "reset", .activate = reset_action },
  };

  self->actions = G_ACTION_MAP (g_simple_action_group_new ());
  g_action_map_add_action_entries (self->actions, entries, G_N_ELEMENTS (entries), self);
  for (guint i = 0; i < self->n; i++)
    {
      GActionEntry entry = { .name = self->infos[i].id, .state = "true", .change_state = show_action };

      if (has (self, i, OH_COLUMN_IS_KEY))
        continue;
      g_action_map_add_action_entries (self->actions, &entry, 1, self);
      if (has (self, i, OH_COLUMN_IS_LASTING | OH_COLUMN_IS_FIXED))
        g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (self->actions, self->infos[i].id)), FALSE);
    }
}

/* ---- the menu ---- */

static void
add_move (OhColumnSet *self, GMenu *menu, const char *label, int step)
{
  /* What stands to the left comes first, unless one reads from right to left. */
  if (gtk_widget_get_direction (GTK_WIDGET (self->heading)) == GTK_TEXT_DIR_RTL)
    step = -step;
  if (can_move (self, self->at, step))
    oh_context_menu_add (menu, label, GROUP ".move", g_variant_new ("(si)", self->infos[self->at].id, step));
}

static GMenu *
make_menu (OhColumnSet *self)
{
  g_autoptr (GMenu) places = g_menu_new (), shown = g_menu_new (), sort = g_menu_new (), keys = g_menu_new (),
                    directions = g_menu_new (), rest = g_menu_new ();
  g_autofree char *left = g_strdup_printf (_ ("Move “%s” _Left"), _ (self->infos[self->at].title));
  g_autofree char *right = g_strdup_printf (_ ("Move “%s” _Right"), _ (self->infos[self->at].title));
  GMenu *menu = g_menu_new ();

  for (guint i = 0; i < self->n; i++)
    {
      const OhColumnInfo *info = &self->infos[self->order[i]];
      g_autofree char *action = g_strconcat (GROUP ".", info->id, NULL);

      if ((info->flags & OH_COLUMN_IS_KEY) == 0)
        oh_context_menu_add (shown, _ (info->title), action, NULL);
      if ((info->flags & OH_COLUMN_IS_UNSORTED) == 0)
        oh_context_menu_add (keys, _ (info->title), GROUP ".sort", g_variant_new_string (info->id));
    }
  oh_context_menu_add (directions, _ ("_Ascending"), GROUP ".direction", g_variant_new_string ("ascending"));
  oh_context_menu_add (directions, _ ("_Descending"), GROUP ".direction", g_variant_new_string ("descending"));
  oh_context_menu_add_section (sort, keys);
  oh_context_menu_add_section (sort, directions);
  add_move (self, places, left, -1);
  add_move (self, places, right, 1);
  g_menu_append_submenu (rest, _ ("_Sort By"), G_MENU_MODEL (sort));
  oh_context_menu_add (rest, _ ("_Reset Columns"), GROUP ".reset", NULL);
  oh_context_menu_add_section (menu, shown);
  oh_context_menu_add_section (menu, places);
  oh_context_menu_add_section (menu, rest);
  return menu;
}

static gboolean
unparent (gpointer popover)
{
  if (gtk_widget_get_parent (popover) != NULL)
    gtk_widget_unparent (popover);
  return G_SOURCE_REMOVE;
}

static void
on_closed (OhColumnSet *self, GtkWidget *popover)
{
  if (self->popover == popover)
    self->popover = NULL;
  /* Not at once: the chosen item is activated through the popover after it closed. */
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, unparent, g_object_ref (popover), g_object_unref);
}

/* @x: in the heading */
static void
open_menu (OhColumnSet *self, double x)
{
  g_autoptr (GMenu) menu = NULL;
  double at_x, at_y;

  if (self->popover != NULL ||
      !gtk_widget_translate_coordinates (GTK_WIDGET (self->heading), self->pane, x,
                                         gtk_widget_get_height (GTK_WIDGET (self->heading)), &at_x, &at_y))
    return;
  menu = make_menu (self);
  self->popover = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
  gtk_widget_set_parent (self->popover, self->pane);
  gtk_popover_set_has_arrow (GTK_POPOVER (self->popover), FALSE);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->popover), &(GdkRectangle) { (int) at_x, (int) at_y, 1, 1 });
  g_signal_connect_object (self->popover, "closed", G_CALLBACK (on_closed), self, G_CONNECT_SWAPPED);
  gtk_popover_popup (GTK_POPOVER (self->popover));
}

void
oh_column_set_open_menu (OhColumnSet *self)
{
  g_return_if_fail (OH_IS_COLUMN_SET (self) && self->heading != NULL);

  open_menu (self, oh_cell_row_get_middle (self->heading, self->at));
}

/* ---- the heading ---- */

static void
set_at (OhColumnSet *self, guint column)
{
  g_autofree char *title = oh_column_set_dup_title (self, column);

  for (guint i = 0; i < oh_cell_row_get_n_cells (self->heading); i++)
    if (oh_cell_row_get_cell (self->heading, i) != NULL)
      gtk_widget_remove_css_class (oh_cell_row_get_cell (self->heading, i), "current");
  if (oh_cell_row_get_cell (self->heading, column) != NULL)
    gtk_widget_add_css_class (oh_cell_row_get_cell (self->heading, column), "current");
  self->at = column;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->heading), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

static void
on_drag_begin (OhColumnSet *self, double x, double y, GtkGesture *drag)
{
  guint column = oh_cell_row_find_cell (self->heading, x);

  /* Where there is nothing to do with it, it may be there for something else. */
  if (has (self, column, OH_COLUMN_IS_FIXED) && has (self, column, OH_COLUMN_IS_UNSORTED))
    gtk_gesture_set_state (drag, GTK_EVENT_SEQUENCE_DENIED);
  else
    set_at (self, column);
}

static void
on_drag_update (OhColumnSet *self, double x, double y)
{
  if (ABS (x) >= DRAG_MIN && !has (self, self->at, OH_COLUMN_IS_FIXED))
    gtk_widget_set_cursor_from_name (GTK_WIDGET (self->heading), "grabbing");
}

static void
on_drag_end (OhColumnSet *self, double x, double y, GtkGestureDrag *drag)
{
  double from_x, from_y;

  gtk_widget_set_cursor (GTK_WIDGET (self->heading), NULL);
  if (!gtk_gesture_drag_get_start_point (drag, &from_x, &from_y))
    return;
  if (ABS (x) >= DRAG_MIN)
    move_to (self, self->at, oh_cell_row_find_cell (self->heading, from_x + x));
  else
    sort_by (self, self->at);
}

static void
on_menu_pressed (OhColumnSet *self, int n_press, double x, double y)
{
  set_at (self, oh_cell_row_find_cell (self->heading, x));
}

/* Not on the press: its release would go to the menu. */
static void
on_menu_released (OhColumnSet *self, int n_press, double x, double y)
{
  open_menu (self, x);
}

static gboolean
on_key (OhColumnSet *self, guint keyval, guint keycode, GdkModifierType state)
{
  const gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self->heading)) == GTK_TEXT_DIR_RTL;
  const GdkModifierType modifiers = state & gtk_accelerator_get_default_mod_mask ();
  int step = 0;
  guint neighbour;

  if (keyval == GDK_KEY_Left || keyval == GDK_KEY_KP_Left)
    step = rtl ? 1 : -1;
  else if (keyval == GDK_KEY_Right || keyval == GDK_KEY_KP_Right)
    step = rtl ? -1 : 1;
  neighbour = step == 0 ? self->n : find_neighbour (self, self->at, step);
  if (step != 0 && modifiers == GDK_CONTROL_MASK)
    move (self, self->at, step);
  else if (step != 0 && modifiers == 0 && neighbour < self->n)
    set_at (self, neighbour);
  else if (keyval == GDK_KEY_Menu || (keyval == GDK_KEY_F10 && modifiers == GDK_SHIFT_MASK))
    oh_column_set_open_menu (self);
  else if (modifiers == 0 && (keyval == GDK_KEY_Return || keyval == GDK_KEY_KP_Enter || keyval == GDK_KEY_space))
    sort_by (self, self->at);
  else
    return step != 0 && modifiers == 0;
  return GDK_EVENT_STOP;
}

/* ---- */

static void
oh_column_set_finalize (GObject *object)
{
  OhColumnSet *self = OH_COLUMN_SET (object);

  g_clear_object (&self->actions);
  g_free (self->columns_key);
  g_free (self->sort_key);
  G_OBJECT_CLASS (oh_column_set_parent_class)->finalize (object);
}

static void
oh_column_set_class_init (OhColumnSetClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_column_set_finalize;
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
oh_column_set_init (OhColumnSet *self)
{
}

OhColumnSet *
oh_column_set_new (const char *name, const OhColumnInfo *infos, const guint *order, guint n)
{
  OhColumnSet *self;

  g_return_val_if_fail (name != NULL && infos != NULL && order != NULL, NULL);
  g_return_val_if_fail (n > 0 && n <= OH_COLUMN_SET_MAX, NULL);

  self = g_object_new (OH_TYPE_COLUMN_SET, NULL);
  self->columns_key = g_strconcat (name, "-columns", NULL);
  self->sort_key = g_strconcat (name, "-sort", NULL);
  self->infos = infos;
  self->natural = order;
  self->n = n;
  add_actions (self);
  read_columns (self);
  read_sort (self);
  show_states (self);
  for (const char *key = self->columns_key; key != NULL; key = key == self->columns_key ? self->sort_key : NULL)
    {
      g_autofree char *detail = g_strconcat ("changed::", key, NULL);

      g_signal_connect_object (oh_settings_get (), detail, G_CALLBACK (on_settings_changed), self, G_CONNECT_SWAPPED);
    }
  return self;
}

guint
oh_column_set_get_nth (OhColumnSet *self, guint position)
{
  g_return_val_if_fail (OH_IS_COLUMN_SET (self), 0);
  g_return_val_if_fail (position < self->n, 0);

  return self->order[position];
}

gboolean
oh_column_set_shows (OhColumnSet *self, guint column)
{
  g_return_val_if_fail (OH_IS_COLUMN_SET (self), FALSE);
  g_return_val_if_fail (column < self->n, FALSE);

  return !self->hidden[column];
}

guint
oh_column_set_get_sort (OhColumnSet *self, gboolean *descending)
{
  g_return_val_if_fail (OH_IS_COLUMN_SET (self), 0);

  if (descending != NULL)
    *descending = self->descending;
  return self->sort;
}

gboolean
oh_column_set_is_plain (OhColumnSet *self)
{
  g_return_val_if_fail (OH_IS_COLUMN_SET (self), TRUE);

  return self->sort == self->natural[0] && !self->descending;
}

char *
oh_column_set_dup_title (OhColumnSet *self, guint column)
{
  g_return_val_if_fail (OH_IS_COLUMN_SET (self), NULL);
  g_return_val_if_fail (column < self->n, NULL);

  /* What is no column stands beside the first. */
  if (has (self, self->sort, OH_COLUMN_IS_KEY) && has (self, column, OH_COLUMN_IS_FIXED) && !oh_column_set_is_plain (self) &&
      !has (self, column, OH_COLUMN_IS_UNSORTED))
    return g_strdup_printf ("%s (%s %s)", _ (self->infos[column].title), self->descending ? "↓" : "↑",
                            _ (self->infos[self->sort].title));
  if (column != self->sort || oh_column_set_is_plain (self))
    return g_strdup (_ (self->infos[column].title));
  return g_strconcat (self->descending ? "↓ " : "↑ ", _ (self->infos[column].title), NULL);
}

void
oh_column_set_attach (OhColumnSet *self, GtkWidget *pane, OhCellRow *heading)
{
  GtkWidget *widget = GTK_WIDGET (heading);
  GtkGesture *drag = gtk_gesture_drag_new (), *click = gtk_gesture_click_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  g_return_if_fail (OH_IS_COLUMN_SET (self));
  g_return_if_fail (GTK_IS_WIDGET (pane) && OH_IS_CELL_ROW (heading));

  self->pane = pane;
  self->heading = heading;
  g_object_set_data_full (G_OBJECT (pane), KEY, g_object_ref (self), g_object_unref);
  gtk_widget_insert_action_group (pane, GROUP, G_ACTION_GROUP (self->actions));
  gtk_widget_set_focusable (widget, TRUE);
  for (guint i = self->n; i > 0; i--)
    if (!has (self, self->order[i - 1], OH_COLUMN_IS_KEY))
      set_at (self, self->order[i - 1]);
  g_signal_connect_object (drag, "drag-begin", G_CALLBACK (on_drag_begin), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (drag, "drag-update", G_CALLBACK (on_drag_update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (drag, "drag-end", G_CALLBACK (on_drag_end), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect_object (click, "pressed", G_CALLBACK (on_menu_pressed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (click, "released", G_CALLBACK (on_menu_released), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (on_key), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (widget, keys);
}

OhColumnSet *
oh_column_set_find (GtkWidget *pane)
{
  g_return_val_if_fail (GTK_IS_WIDGET (pane), NULL);

  return g_object_get_data (G_OBJECT (pane), KEY);
}
