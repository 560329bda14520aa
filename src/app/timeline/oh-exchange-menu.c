/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-exchange-menu.h"

#include "oh-exchange-row.h"

#include <glib/gi18n.h>

static void
add (GMenu *menu, const char *label, const char *action, GVariant *target)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target_value (item, action, target);
  g_menu_append_item (menu, item);
}

static void
add_section (GMenu *menu, GMenu *section)
{
  if (g_menu_model_get_n_items (G_MENU_MODEL (section)) > 0)
    g_menu_append_section (menu, NULL, G_MENU_MODEL (section));
}

/* @value: (nullable): adds nothing */
static void
add_term (GMenu *menu, const char *label, OhSearchFieldId field, const char *value)
{
  g_autofree char *term = value != NULL ? oh_search_format_term (field, value) : NULL;

  if (term != NULL)
    add (menu, label, "browser.narrow", g_variant_new_string (term));
}

/* (transfer full) */
static GMenu *
make_menu (const OhExchange *exchange)
{
  GMenu *menu = g_menu_new ();
  g_autoptr (GMenu) open = g_menu_new (), copy = g_menu_new (), find = g_menu_new ();
  g_autofree char *status = exchange->status > 0 ? g_strdup_printf ("%u", exchange->status) : NULL;

  add (open, _ ("_Open in a Window"), "exchange.open", g_variant_new_int64 (exchange->id));
  if (exchange->place != NULL && exchange->place->trace_id != 0)
    add (open, _ ("Show in _Traces"), "browser.show", g_variant_new ("(sx)", "traces", exchange->id));
  add (open, exchange->pinned ? _ ("Un_pin") : _ ("_Pin"), "win.pin", NULL);
  add_section (menu, open);
  add (copy, _ ("Copy as c_URL"), "browser.detail", g_variant_new_string ("detail.copy-curl"));
  add (copy, _ ("Copy Re_quest Body"), "browser.detail", g_variant_new_string ("detail.copy-request"));
  add (copy, _ ("Copy Re_sponse Body"), "browser.detail", g_variant_new_string ("detail.copy-response"));
  add (copy, _ ("Copy _Answer as Markdown"), "browser.detail", g_variant_new_string ("detail.copy-answer"));
  add_section (menu, copy);
  add_term (find, _ ("Only This _Model"), OH_SEARCH_MODEL, exchange->facts != NULL ? exchange->facts->model : NULL);
  add_term (find, _ ("Only This Status"), OH_SEARCH_STATUS, status);
  add_term (find, _ ("Only This _Host"), OH_SEARCH_HOST, exchange->host);
  add_term (find, _ ("Only This Program"), OH_SEARCH_PROGRAM, exchange->program != NULL ? exchange->program->name : NULL);
  add_section (menu, find);
  return menu;
}

static void
on_closed (GtkWidget *row, GtkWidget *popover)
{
  gtk_widget_set_has_tooltip (row, TRUE);
  /* Not at once: the chosen item is activated through the popover after it closed. */
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, G_SOURCE_FUNC (gtk_widget_unparent), popover, NULL);
}

static void
open_menu (GtkWidget *list, OhExchangeRow *row, double x, double y)
{
  GtkWidget *host = g_object_get_data (G_OBJECT (list), "menu-host");
  OhExchangeItem *item = oh_exchange_row_get_item (row);
  OhExchange *exchange = item != NULL ? oh_exchange_item_get_exchange (item) : NULL;
  g_autoptr (GMenu) menu = NULL;
  GtkWidget *popover;
  double at_x, at_y;

  if (exchange == NULL || !gtk_widget_translate_coordinates (list, host, x, y, &at_x, &at_y))
    return;
  /* What is done is done to what is selected. */
  gtk_widget_activate_action (list, "exchange.select", "x", exchange->id);
  menu = make_menu (exchange);
  popover = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
  gtk_widget_set_parent (popover, host);
  gtk_popover_set_has_arrow (GTK_POPOVER (popover), FALSE);
  gtk_popover_set_pointing_to (GTK_POPOVER (popover), &(GdkRectangle) { (int) at_x, (int) at_y, 1, 1 });
  gtk_widget_set_halign (popover, GTK_ALIGN_START);
  g_signal_connect_object (popover, "closed", G_CALLBACK (on_closed), row, G_CONNECT_SWAPPED);
  /* A tooltip would lie over it. */
  gtk_widget_set_has_tooltip (GTK_WIDGET (row), FALSE);
  gtk_widget_trigger_tooltip_query (GTK_WIDGET (row));
  gtk_popover_popup (GTK_POPOVER (popover));
}

static void
open_at (GtkWidget *list, double x, double y)
{
  GtkWidget *picked = gtk_widget_pick (list, x, y, GTK_PICK_DEFAULT);
  GtkWidget *row = picked != NULL ? gtk_widget_get_ancestor (picked, OH_TYPE_EXCHANGE_ROW) : NULL;

  /* Where no cell is, it is the list's own widget around the row. */
  if (row == NULL && picked != NULL && OH_IS_EXCHANGE_ROW (gtk_widget_get_first_child (picked)))
    row = gtk_widget_get_first_child (picked);
  if (row != NULL)
    open_menu (list, OH_EXCHANGE_ROW (row), x, y);
}

static void
on_released (GtkWidget *list, int n_press, double x, double y)
{
  open_at (list, x, y);
}

static gboolean
open_by_key (GtkWidget *list, GVariant *arguments, gpointer data)
{
  GtkWidget *focus = gtk_widget_get_focus_child (list);
  GtkWidget *row = focus != NULL ? gtk_widget_get_first_child (focus) : NULL;
  double x, y;

  if (!OH_IS_EXCHANGE_ROW (row) ||
      !gtk_widget_translate_coordinates (row, list, gtk_widget_get_width (row) / 4.0, gtk_widget_get_height (row) / 2.0, &x, &y))
    return FALSE;
  open_menu (list, OH_EXCHANGE_ROW (row), x, y);
  return TRUE;
}

void
oh_exchange_menu_attach (GtkWidget *host, GtkWidget *list)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *touch = gtk_gesture_long_press_new ();
  GtkEventController *keys = gtk_shortcut_controller_new ();

  g_return_if_fail (GTK_IS_WIDGET (host) && GTK_IS_WIDGET (list));

  g_object_set_data (G_OBJECT (list), "menu-host", host);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  /* Not on the press: its release would go to the menu. */
  g_signal_connect_object (click, "released", G_CALLBACK (on_released), list, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (list, GTK_EVENT_CONTROLLER (click));
  gtk_gesture_single_set_touch_only (GTK_GESTURE_SINGLE (touch), TRUE);
  g_signal_connect_object (touch, "pressed", G_CALLBACK (open_at), list, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (list, GTK_EVENT_CONTROLLER (touch));
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
                                        gtk_shortcut_new (gtk_shortcut_trigger_parse_string ("Menu|<Shift>F10"),
                                                          gtk_callback_action_new (open_by_key, NULL, NULL)));
  gtk_widget_add_controller (list, keys);
}
