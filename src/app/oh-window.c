/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-window.h"

#include "oh-detail.h"

struct _OhWindow
{
  AdwApplicationWindow parent_instance;

  OhDetail *detail;
};

G_DEFINE_FINAL_TYPE (OhWindow, oh_window, ADW_TYPE_APPLICATION_WINDOW)

static void
oh_window_class_init (OhWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (OH_TYPE_DETAIL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-window.ui");
  gtk_widget_class_bind_template_child (widget_class, OhWindow, detail);
}

static void
oh_window_init (OhWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

OhWindow *
oh_window_new (OhApplication *application)
{
  return g_object_new (OH_TYPE_WINDOW, "application", application, NULL);
}
