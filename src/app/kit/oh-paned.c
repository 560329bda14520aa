/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-paned.h"

static void
update (GtkPaned *paned)
{
  gboolean both = gtk_widget_get_visible (gtk_paned_get_start_child (paned))
                  && gtk_widget_get_visible (gtk_paned_get_end_child (paned));
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (paned));

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_GESTURE (controller))
        gtk_event_controller_set_propagation_phase (controller, both ? GTK_PHASE_CAPTURE : GTK_PHASE_NONE);
    }
}

void
oh_paned_mend (GtkPaned *paned)
{
  g_return_if_fail (GTK_IS_PANED (paned));
  g_return_if_fail (gtk_paned_get_start_child (paned) != NULL && gtk_paned_get_end_child (paned) != NULL);

  g_signal_connect_object (gtk_paned_get_start_child (paned), "notify::visible", G_CALLBACK (update), paned,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (gtk_paned_get_end_child (paned), "notify::visible", G_CALLBACK (update), paned,
                           G_CONNECT_SWAPPED);
  update (paned);
}
