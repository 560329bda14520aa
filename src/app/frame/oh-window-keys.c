/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-window-keys.h"

#include "oh-console.h"
#include "oh-detail.h"
#include "oh-pane.h"
#include "oh-panes.h"

void
oh_window_keys_bind (GtkWidgetClass *widget_class)
{
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_r, GDK_CONTROL_MASK, "win.run", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F5, 0, "win.repeat", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F5, GDK_SHIFT_MASK, "win.stop", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "browser.find", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_slash, 0, "browser.find", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_g, GDK_CONTROL_MASK, "browser.step-match", "i", 1);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_g, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "browser.step-match", "i",
                                       -1);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_s, GDK_CONTROL_MASK, "browser.save-search", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_j, 0, "browser.move", "i", 1);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_k, 0, "browser.move", "i", -1);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_g, GDK_SHIFT_MASK, "browser.newest", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_G, GDK_SHIFT_MASK, "browser.newest", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK, "browser.open-detail", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_c, GDK_CONTROL_MASK, "browser.detail", "s", "detail.copy-curl");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_c, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "browser.detail", "s",
                                       "detail.copy-answer");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_p, GDK_CONTROL_MASK, "browser.detail", "s", "detail.print");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_d, GDK_CONTROL_MASK, "win.pin", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_m, GDK_CONTROL_MASK, "win.mark", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_m, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "browser.compare-marked",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "browser.back", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F9, 0, "browser.sidebar", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_question, 0, "win.shortcuts", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_question, GDK_SHIFT_MASK, "win.shortcuts", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_w, GDK_CONTROL_MASK, "window.close", NULL);
}

/* ---- from anywhere ---- */

static gboolean
holds (GtkWidget *region, GtkWidget *focus)
{
  return focus != NULL && (focus == region || gtk_widget_is_ancestor (focus, region));
}

static gboolean
enter (GtkWidget *region)
{
  if (!gtk_widget_get_mapped (region))
    return FALSE;
  if (OH_IS_CONSOLE (region))
    return oh_console_enter (OH_CONSOLE (region));
  if (OH_IS_DETAIL (region))
    return oh_detail_enter (OH_DETAIL (region));
  /* A list knows where its cursor is; of others the first that takes the focus has it. */
  return (OH_IS_PANE (region) && gtk_widget_grab_focus (region)) || gtk_widget_child_focus (region, GTK_DIR_TAB_FORWARD);
}

static gboolean
step_region (GtkWidget *window, GVariant *args, gpointer data)
{
  const int step = GPOINTER_TO_INT (data);
  OhBrowser *browser = g_object_get_data (G_OBJECT (window), "oh-browser");
  GtkWidget *focus = gtk_root_get_focus (GTK_ROOT (window));
  int at = step > 0 ? -1 : OH_BROWSER_N_REGIONS;

  for (int i = 0; i < OH_BROWSER_N_REGIONS; i++)
    if (holds (oh_browser_get_region (browser, (guint) i), focus))
      at = i;
  for (int n = 1; n <= OH_BROWSER_N_REGIONS; n++)
    {
      const int next = (at + n * step + 2 * OH_BROWSER_N_REGIONS) % OH_BROWSER_N_REGIONS;

      if (enter (oh_browser_get_region (browser, (guint) next)))
        return TRUE;
    }
  return FALSE;
}

static gboolean
show_pane (GtkWidget *window, GVariant *args, gpointer data)
{
  const OhPaneInfo *pane = data;
  OhBrowser *browser = g_object_get_data (G_OBJECT (window), "oh-browser");

  GtkWidget *list;

  oh_browser_show_pane (browser, pane->name, 0);
  list = oh_browser_get_region (browser, OH_BROWSER_LIST);
  /* Whoever is there already stays where they are in it. */
  if (!holds (list, gtk_root_get_focus (GTK_ROOT (window))))
    enter (list);
  return TRUE;
}

static void
add (GtkEventController *keys, const char *trigger, GtkShortcutAction *action)
{
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
                                        gtk_shortcut_new (gtk_shortcut_trigger_parse_string (trigger), action));
}

void
oh_window_keys_add (GtkWidget *window, OhBrowser *browser)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();
  guint n;
  const OhPaneInfo *panes = oh_panes_get_infos (&n);

  g_return_if_fail (GTK_IS_WINDOW (window));
  g_return_if_fail (OH_IS_BROWSER (browser));

  g_object_set_data (G_OBJECT (window), "oh-browser", browser);
  /* Before the panes between list, detail and console, which have F6 and F8 for something else, and before the console. */
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  add (keys, "F6", gtk_callback_action_new (step_region, GINT_TO_POINTER (1), NULL));
  add (keys, "<Shift>F6", gtk_callback_action_new (step_region, GINT_TO_POINTER (-1), NULL));
  add (keys, "F8", gtk_named_action_new ("win.console"));
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *trigger = g_strdup_printf ("<Control>%u|<Control>KP_%u", i + 1, i + 1);

      add (keys, trigger, gtk_callback_action_new (show_pane, (gpointer) &panes[i], NULL));
    }
  gtk_widget_add_controller (window, keys);
}
