/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-context-menu.h"

#define KEY "oh-context-menu"

typedef struct
{
  GtkWidget *list;
  GtkWidget *host;
  GType type;
  OhContextMenuMake make;
  gpointer data;
  GtkWidget *popover; /* while it is open */
  GtkWidget *row;     /* whose it is then, if that is still there */
  gboolean tooltip;   /* which the row has otherwise */
} ContextMenu;

static gboolean
unparent (gpointer popover)
{
  if (gtk_widget_get_parent (popover) != NULL)
    gtk_widget_unparent (popover);
  return G_SOURCE_REMOVE;
}

static void
set_row (ContextMenu *self, GtkWidget *row)
{
  if (self->row != NULL)
    gtk_widget_set_has_tooltip (self->row, self->tooltip);
  g_set_weak_pointer (&self->row, row);
  if (row == NULL)
    return;
  /* A tooltip would lie over the menu. */
  self->tooltip = gtk_widget_get_has_tooltip (row);
  gtk_widget_set_has_tooltip (row, FALSE);
  gtk_widget_trigger_tooltip_query (row);
}

static void
on_closed (GtkWidget *list, GtkWidget *popover)
{
  ContextMenu *self = g_object_get_data (G_OBJECT (list), KEY);

  if (self->popover == popover)
    {
      self->popover = NULL;
      set_row (self, NULL);
    }
  /* Not at once: the chosen item is activated through the popover after it closed. */
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, unparent, g_object_ref (popover), g_object_unref);
}

static void
context_menu_free (gpointer data)
{
  ContextMenu *self = data;

  g_clear_weak_pointer (&self->row);
  g_free (self);
}

/* @x, @y: in the list */
static void
open_menu (ContextMenu *self, GtkWidget *row, double x, double y)
{
  g_autoptr (GMenu) menu = self->make (row, self->data);
  double at_x, at_y;

  if (menu == NULL || g_menu_model_get_n_items (G_MENU_MODEL (menu)) == 0 || self->popover != NULL ||
      !gtk_widget_translate_coordinates (self->list, self->host, x, y, &at_x, &at_y))
    return;
  self->popover = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
  gtk_widget_set_parent (self->popover, self->host);
  gtk_popover_set_has_arrow (GTK_POPOVER (self->popover), FALSE);
  /* Beside the pointer it may be moved up and down, as far as the screen goes; below it, only be cut. */
  gtk_popover_set_position (GTK_POPOVER (self->popover), GTK_POS_RIGHT);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->popover), &(GdkRectangle) { (int) at_x, (int) at_y, 1, 1 });
  gtk_widget_set_valign (self->popover, GTK_ALIGN_START);
  g_signal_connect_object (self->popover, "closed", G_CALLBACK (on_closed), self->list, G_CONNECT_SWAPPED);
  set_row (self, row);
  gtk_popover_popup (GTK_POPOVER (self->popover));
}

/* The row that a widget is in, or is around. (transfer none), or NULL */
static GtkWidget *
find_row (ContextMenu *self, GtkWidget *widget)
{
  GtkWidget *row = gtk_widget_get_ancestor (widget, self->type);
  GtkWidget *child = gtk_widget_get_first_child (widget);

  if (row == NULL && child != NULL && g_type_is_a (G_OBJECT_TYPE (child), self->type))
    row = child;
  return row != NULL && gtk_widget_is_ancestor (row, self->list) ? row : NULL;
}

static gboolean
has_selected_text (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    return gtk_label_get_selection_bounds (GTK_LABEL (widget), NULL, NULL);
  if (GTK_IS_TEXT_VIEW (widget))
    return gtk_text_buffer_get_has_selection (gtk_text_view_get_buffer (GTK_TEXT_VIEW (widget)));
  return GTK_IS_EDITABLE (widget);
}

static GtkWidget *
find_row_at (ContextMenu *self, double x, double y)
{
  GtkWidget *picked = gtk_widget_pick (self->list, x, y, GTK_PICK_DEFAULT);

  return picked == NULL || has_selected_text (picked) ? NULL : find_row (self, picked);
}

/* What is pressed would open a menu of its own. */
static void
on_pressed (GtkGesture *click, int n_press, double x, double y, ContextMenu *self)
{
  if (find_row_at (self, x, y) != NULL)
    gtk_gesture_set_state (click, GTK_EVENT_SEQUENCE_CLAIMED);
  else
    gtk_gesture_set_state (click, GTK_EVENT_SEQUENCE_DENIED);
}

static void
open_at (ContextMenu *self, double x, double y)
{
  GtkWidget *row = find_row_at (self, x, y);
  GtkWidget *focus = row;

  if (row == NULL)
    return;
  /* Where the keyboard is when the menu is gone: the row, or the list's own widget around it. */
  if (!gtk_widget_get_focusable (row))
    focus = gtk_widget_get_parent (row);
  if (focus != self->list && gtk_widget_get_focusable (focus))
    gtk_widget_grab_focus (focus);
  open_menu (self, row, x, y);
}

/* Not on the press: its release would go to the menu. */
static void
on_released (GtkGesture *click, int n_press, double x, double y, ContextMenu *self)
{
  open_at (self, x, y);
}

static void
on_touched (GtkGesture *touch, double x, double y, ContextMenu *self)
{
  open_at (self, x, y);
}

static gboolean
open_by_key (GtkWidget *list, GVariant *arguments, gpointer data)
{
  ContextMenu *self = g_object_get_data (G_OBJECT (list), KEY);
  GtkRoot *root = gtk_widget_get_root (list);
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  GtkWidget *row = focus != NULL && !has_selected_text (focus) ? find_row (self, focus) : NULL;
  double x, y;

  if (row == NULL ||
      !gtk_widget_translate_coordinates (row, list, gtk_widget_get_width (row) / 4.0, MIN (gtk_widget_get_height (row) / 2.0, 40),
                                         &x, &y))
    return FALSE;
  open_menu (self, row, x, y);
  return TRUE;
}

void
oh_context_menu_attach (GtkWidget *list, GtkWidget *host, GType type, OhContextMenuMake make, gpointer data)
{
  GtkGesture *click, *touch;
  GtkEventController *keys;
  ContextMenu *self;

  g_return_if_fail (GTK_IS_WIDGET (list) && GTK_IS_WIDGET (host));
  g_return_if_fail (make != NULL);

  self = g_new0 (ContextMenu, 1);
  *self = (ContextMenu) { .list = list, .host = host, .type = type, .make = make, .data = data };
  g_object_set_data_full (G_OBJECT (list), KEY, self, context_menu_free);
  click = gtk_gesture_click_new ();
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), self);
  g_signal_connect (click, "released", G_CALLBACK (on_released), self);
  gtk_widget_add_controller (list, GTK_EVENT_CONTROLLER (click));
  touch = gtk_gesture_long_press_new ();
  gtk_gesture_single_set_touch_only (GTK_GESTURE_SINGLE (touch), TRUE);
  g_signal_connect (touch, "pressed", G_CALLBACK (on_touched), self);
  gtk_widget_add_controller (list, GTK_EVENT_CONTROLLER (touch));
  keys = gtk_shortcut_controller_new ();
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
                                        gtk_shortcut_new (gtk_shortcut_trigger_parse_string ("Menu|<Shift>F10"),
                                                          gtk_callback_action_new (open_by_key, NULL, NULL)));
  gtk_widget_add_controller (list, keys);
}

GtkWidget *
oh_context_menu_find_row (GtkWidget *list, double x, double y)
{
  ContextMenu *self;

  g_return_val_if_fail (GTK_IS_WIDGET (list), NULL);

  self = g_object_get_data (G_OBJECT (list), KEY);
  return self == NULL ? NULL : find_row_at (self, x, y);
}

gboolean
oh_context_menu_is_open (GtkWidget *list)
{
  ContextMenu *self;

  g_return_val_if_fail (GTK_IS_WIDGET (list), FALSE);

  self = g_object_get_data (G_OBJECT (list), KEY);
  return self != NULL && self->popover != NULL;
}

void
oh_context_menu_add (GMenu *menu, const char *label, const char *action, GVariant *target)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target_value (item, action, target);
  g_menu_append_item (menu, item);
}

void
oh_context_menu_add_possible (GMenu *menu, const char *label, const char *action, GVariant *target)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target_value (item, action, target);
  g_menu_item_set_attribute (item, "hidden-when", "s", "action-disabled");
  g_menu_append_item (menu, item);
}

void
oh_context_menu_add_section (GMenu *menu, GMenu *section)
{
  if (g_menu_model_get_n_items (G_MENU_MODEL (section)) > 0)
    g_menu_append_section (menu, NULL, G_MENU_MODEL (section));
}
