/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-detail-window.h"

struct _OhDetailWindow
{
  AdwApplicationWindow parent_instance;

  OhDetail *detail;
  OhEngine *engine;
};

G_DEFINE_FINAL_TYPE (OhDetailWindow, oh_detail_window, ADW_TYPE_APPLICATION_WINDOW)

static void
select_exchange (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhDetailWindow *self = OH_DETAIL_WINDOW (widget);

  oh_detail_set_exchange (self->detail, self->engine, g_variant_get_int64 (parameter));
}

static void
oh_detail_window_class_init (OhDetailWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (OH_TYPE_DETAIL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-detail-window.ui");
  gtk_widget_class_bind_template_child (widget_class, OhDetailWindow, detail);
  gtk_widget_class_install_action (widget_class, "exchange.select", "x", select_exchange);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
oh_detail_window_init (OhDetailWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_detail_window_present (GtkApplication *app, OhEngine *engine, gint64 exchange_id)
{
  OhDetailWindow *self;

  g_return_if_fail (GTK_IS_APPLICATION (app));
  g_return_if_fail (engine != NULL);

  self = g_object_new (OH_TYPE_DETAIL_WINDOW, "application", app, NULL);
  self->engine = engine;
  oh_detail_set_exchange (self->detail, engine, exchange_id);
  gtk_window_present (GTK_WINDOW (self));
}
