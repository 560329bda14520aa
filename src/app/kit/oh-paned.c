/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-paned.h"

#include "oh-settings.h"

typedef struct
{
  const char *key;
  guint frames;
} Share;

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

static int
get_size (GtkPaned *paned)
{
  return gtk_orientable_get_orientation (GTK_ORIENTABLE (paned)) == GTK_ORIENTATION_VERTICAL
             ? gtk_widget_get_height (GTK_WIDGET (paned))
             : gtk_widget_get_width (GTK_WIDGET (paned));
}

/* A paned knows its size only after it got one, and after it was turned it scales its position once by the old size. */
static gboolean
restore_share (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  Share *share = data;
  int size = get_size (GTK_PANED (widget));

  if (size <= 1)
    return G_SOURCE_CONTINUE;
  gtk_paned_set_position (GTK_PANED (widget), (int) (size * g_settings_get_double (oh_settings_get (), share->key)));
  return --share->frames > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
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

void
oh_paned_keep_share (GtkPaned *paned, const char *key)
{
  int size;

  g_return_if_fail (GTK_IS_PANED (paned));

  size = get_size (paned);
  if (size <= 1 || !gtk_widget_get_visible (gtk_paned_get_start_child (paned))
      || !gtk_widget_get_visible (gtk_paned_get_end_child (paned)))
    return;
  g_settings_set_double (oh_settings_get (), key, CLAMP ((double) gtk_paned_get_position (paned) / size, 0.1, 0.9));
}

void
oh_paned_restore_share (GtkPaned *paned, const char *key)
{
  Share *share;

  g_return_if_fail (GTK_IS_PANED (paned));

  share = g_new (Share, 1);
  *share = (Share) { .key = key, .frames = 3 };
  gtk_widget_add_tick_callback (GTK_WIDGET (paned), restore_share, share, g_free);
}
