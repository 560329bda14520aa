/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-waterfall-zoom.h"

#include <glib/gi18n.h>

/* What is dragged less far is a click. */
#define DRAG_PIXELS 6

/* Lives as long as the gestures, which belong to @around. */
typedef struct
{
  GtkWidget *around;
  GtkWidget *axis;
  OhWaterfallScale *scale;
} Zoom;

static void
zoom_free (gpointer data, GClosure *closure)
{
  Zoom *zoom = data;

  g_object_unref (zoom->scale);
  g_free (zoom);
}

/* Which share of the axis a place in @around is at. */
static gboolean
get_share (Zoom *zoom, double x, double *share)
{
  int width = gtk_widget_get_width (zoom->axis);
  double axis_x, y;

  if (!gtk_widget_get_child_visible (zoom->axis) || width <= 0
      || !gtk_widget_translate_coordinates (zoom->around, zoom->axis, x, 0, &axis_x, &y))
    return FALSE;
  *share = axis_x / width;
  if (gtk_widget_get_direction (zoom->axis) == GTK_TEXT_DIR_RTL)
    *share = 1 - *share;
  return *share >= 0 && *share <= 1;
}

static void
on_drag_begin (Zoom *zoom, double x, double y, GtkGesture *gesture)
{
  double share;

  if (!get_share (zoom, x, &share))
    gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_DENIED);
}

static gboolean
get_drag (Zoom *zoom, GtkGestureDrag *gesture, double dx, double *from, double *to)
{
  double x, y;

  if (!gtk_gesture_drag_get_start_point (gesture, &x, &y) || ABS (dx) < DRAG_PIXELS || !get_share (zoom, x, from))
    return FALSE;
  get_share (zoom, x + dx, to);
  return TRUE;
}

static void
on_drag_update (Zoom *zoom, double dx, double dy, GtkGestureDrag *gesture)
{
  double from, to;

  if (!get_drag (zoom, gesture, dx, &from, &to))
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  oh_waterfall_scale_set_band (zoom->scale, from, to);
}

static void
on_drag_end (Zoom *zoom, double dx, double dy, GtkGestureDrag *gesture)
{
  double from, to;

  if (get_drag (zoom, gesture, dx, &from, &to))
    oh_waterfall_scale_zoom (zoom->scale, from, to);
  else
    oh_waterfall_scale_set_band (zoom->scale, 0, 0);
}

static void
on_pressed (Zoom *zoom, int n_press, double x, double y, GtkGesture *gesture)
{
  double share;

  if (n_press != 2 || !oh_waterfall_scale_is_zoomed (zoom->scale) || !get_share (zoom, x, &share))
    return;
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  oh_waterfall_scale_reset (zoom->scale);
}

static gboolean
on_key (Zoom *zoom, guint keyval)
{
  if (keyval != GDK_KEY_Escape || !oh_waterfall_scale_is_zoomed (zoom->scale))
    return GDK_EVENT_PROPAGATE;
  oh_waterfall_scale_reset (zoom->scale);
  return GDK_EVENT_STOP;
}

static void
connect (Zoom *zoom, gpointer controller, const char *signal, GCallback callback)
{
  g_signal_connect_data (controller, signal, callback, zoom, NULL, G_CONNECT_SWAPPED);
}

void
oh_waterfall_zoom_attach (GtkWidget *around, GtkWidget *axis, OhWaterfallScale *scale)
{
  GtkEventController *controllers[] = {
    GTK_EVENT_CONTROLLER (gtk_gesture_drag_new ()),
    GTK_EVENT_CONTROLLER (gtk_gesture_click_new ()),
    gtk_event_controller_key_new (),
  };
  Zoom *zoom;

  g_return_if_fail (GTK_IS_WIDGET (around) && GTK_IS_WIDGET (axis));
  g_return_if_fail (OH_IS_WATERFALL_SCALE (scale));

  zoom = g_new (Zoom, 1);
  *zoom = (Zoom) { around, axis, g_object_ref (scale) };
  connect (zoom, controllers[0], "drag-begin", G_CALLBACK (on_drag_begin));
  connect (zoom, controllers[0], "drag-update", G_CALLBACK (on_drag_update));
  g_signal_connect_data (controllers[0], "drag-end", G_CALLBACK (on_drag_end), zoom, zoom_free, G_CONNECT_SWAPPED);
  connect (zoom, controllers[1], "pressed", G_CALLBACK (on_pressed));
  connect (zoom, controllers[2], "key-pressed", G_CALLBACK (on_key));
  for (guint i = 0; i < G_N_ELEMENTS (controllers); i++)
    {
      gtk_event_controller_set_propagation_phase (controllers[i], GTK_PHASE_CAPTURE);
      gtk_widget_add_controller (around, controllers[i]);
    }
}

static void
show_button (GtkWidget *button, OhWaterfallScale *scale)
{
  gtk_widget_set_visible (button, oh_waterfall_scale_is_zoomed (scale));
}

GtkWidget *
oh_waterfall_zoom_new_button (OhWaterfallScale *scale)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("zoom-fit-best-symbolic");

  g_return_val_if_fail (OH_IS_WATERFALL_SCALE (scale), button);

  gtk_widget_set_tooltip_text (button, _ ("Show All the Time (Escape)"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Show all the time"), -1);
  gtk_widget_add_css_class (button, "osd");
  gtk_widget_add_css_class (button, "circular");
  gtk_widget_set_halign (button, GTK_ALIGN_END);
  gtk_widget_set_valign (button, GTK_ALIGN_END);
  gtk_widget_set_margin_end (button, 12);
  gtk_widget_set_margin_bottom (button, 12);
  g_signal_connect_object (button, "clicked", G_CALLBACK (oh_waterfall_scale_reset), scale, G_CONNECT_SWAPPED);
  g_signal_connect_object (scale, "changed", G_CALLBACK (show_button), button, G_CONNECT_SWAPPED);
  show_button (button, scale);
  return button;
}
