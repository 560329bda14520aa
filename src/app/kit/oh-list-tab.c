/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-list-tab.h"

static gboolean
leave (GtkWidget *list, GVariant *args, gpointer data)
{
  const GtkDirectionType direction = GPOINTER_TO_INT (data);
  GtkWidget *row = gtk_widget_get_focus_child (list);
  GtkRoot *root = gtk_widget_get_root (list);

  if (row != NULL && gtk_widget_child_focus (row, direction))
    return TRUE;
  /* What cannot have the focus is passed over. */
  gtk_widget_set_can_focus (list, FALSE);
  g_signal_emit_by_name (root, "move-focus", direction);
  gtk_widget_set_can_focus (list, TRUE);
  return TRUE;
}

static void
add (GtkEventController *keys, const char *trigger, GtkDirectionType direction)
{
  GtkShortcutAction *action = gtk_callback_action_new (leave, GINT_TO_POINTER (direction), NULL);

  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
                                        gtk_shortcut_new (gtk_shortcut_trigger_parse_string (trigger), action));
}

void
oh_list_tab_attach (GtkWidget *list)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();

  g_return_if_fail (GTK_IS_WIDGET (list));

  add (keys, "Tab|KP_Tab", GTK_DIR_TAB_FORWARD);
  add (keys, "<Shift>Tab|<Shift>ISO_Left_Tab|<Shift>KP_Tab", GTK_DIR_TAB_BACKWARD);
  gtk_widget_add_controller (list, keys);
}
