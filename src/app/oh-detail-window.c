/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-detail-window.h"

#include <glib/gi18n.h>
#include <inttypes.h>

struct _OhDetailWindow
{
  AdwApplicationWindow parent_instance;

  OhDetail *detail;
  AdwWindowTitle *title;
  OhEngine *engine;
};

G_DEFINE_FINAL_TYPE (OhDetailWindow, oh_detail_window, ADW_TYPE_APPLICATION_WINDOW)

static void
show_exchange (OhDetailWindow *self, gint64 exchange_id)
{
  g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (oh_engine_get_reader (self->engine), exchange_id);

  oh_detail_set_exchange (self->detail, self->engine, exchange_id);
  if (exchange)
    {
      g_autofree char *time = oh_format_time (exchange->started_ns);
      g_autofree char *title =
          exchange->route == OH_ROUTE_BLIND ? g_strdup_printf ("CONNECT %s:%u", exchange->host, exchange->port)
                                            : g_strdup_printf ("%s %s", exchange->method, exchange->target);
      g_autofree char *subtitle =
          g_strdup_printf (_ ("%s · call %" PRId64 " · %s"), exchange->host, exchange->id, time);

      adw_window_title_set_title (self->title, title);
      adw_window_title_set_subtitle (self->title, subtitle);
      gtk_window_set_title (GTK_WINDOW (self), title);
    }
}

static void
select_exchange (GtkWidget *widget, const char *action, GVariant *parameter)
{
  show_exchange (OH_DETAIL_WINDOW (widget), g_variant_get_int64 (parameter));
}

static void
oh_detail_window_class_init (OhDetailWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (OH_TYPE_DETAIL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-detail-window.ui");
  gtk_widget_class_bind_template_child (widget_class, OhDetailWindow, detail);
  gtk_widget_class_bind_template_child (widget_class, OhDetailWindow, title);
  gtk_widget_class_install_action (widget_class, "exchange.select", "x", select_exchange);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_w, GDK_CONTROL_MASK, "window.close", NULL);
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
  oh_detail_set_detached (self->detail);
  show_exchange (self, exchange_id);
  gtk_window_present (GTK_WINDOW (self));
}
