/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-detail-window.h"

#include "oh-announcer.h"
#include "oh-clock.h"
#include "oh-matchable.h"
#include "oh-search-box.h"

#include <glib/gi18n.h>
#include <inttypes.h>

struct _OhDetailWindow
{
  AdwApplicationWindow parent_instance;

  OhDetail *detail;
  AdwWindowTitle *title;
  GtkSearchBar *search_bar;
  OhSearchBox *search_box;
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

/* ---- searching ---- */

static void
update_matches (OhDetailWindow *self)
{
  int current;
  int total = oh_matchable_get_matches (OH_MATCHABLE (self->detail), &current);

  oh_search_box_set_matches (self->search_box, total >= 0, total, current);
}

static void
set_words (OhDetailWindow *self)
{
  const gboolean on = gtk_search_bar_get_search_mode (self->search_bar);
  g_autoptr (OhSearch) search =
      on ? oh_search_parse (oh_search_box_get_text (self->search_box), oh_clock_wall_ns (), NULL, NULL) : NULL;
  g_autoptr (OhSearchWords) words = oh_search_words_new (search);

  /* While it is wrong, what was found before stays. */
  if (on && search == NULL)
    return;
  oh_detail_set_words (self->detail, words);
  update_matches (self);
}

static void
on_step (OhDetailWindow *self, int direction)
{
  OhMatchable *detail = OH_MATCHABLE (self->detail);

  if (oh_matchable_step (detail, direction))
    return;
  oh_matchable_leave (detail);
  oh_matchable_step (detail, direction);
}

static void
step_action (GtkWidget *widget, const char *action, GVariant *parameter)
{
  on_step (OH_DETAIL_WINDOW (widget), g_variant_get_int32 (parameter));
}

static void
print_action (GtkWidget *widget, const char *action, GVariant *parameter)
{
  gtk_widget_activate_action (GTK_WIDGET (OH_DETAIL_WINDOW (widget)->detail), "detail.print", NULL);
}

static void
find_action (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhDetailWindow *self = OH_DETAIL_WINDOW (widget);

  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  oh_search_box_edit (self->search_box);
}

/* ---- */

static void
oh_detail_window_class_init (OhDetailWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (OH_TYPE_ANNOUNCER);
  g_type_ensure (OH_TYPE_DETAIL);
  g_type_ensure (OH_TYPE_SEARCH_BOX);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-detail-window.ui");
  gtk_widget_class_bind_template_child (widget_class, OhDetailWindow, detail);
  gtk_widget_class_bind_template_child (widget_class, OhDetailWindow, title);
  gtk_widget_class_bind_template_child (widget_class, OhDetailWindow, search_bar);
  gtk_widget_class_bind_template_child (widget_class, OhDetailWindow, search_box);
  gtk_widget_class_bind_template_callback (widget_class, set_words);
  gtk_widget_class_bind_template_callback (widget_class, on_step);
  gtk_widget_class_bind_template_callback (widget_class, update_matches);
  gtk_widget_class_install_action (widget_class, "exchange.select", "x", select_exchange);
  gtk_widget_class_install_action (widget_class, "search.find", NULL, find_action);
  gtk_widget_class_install_action (widget_class, "search.step", "i", step_action);
  gtk_widget_class_install_action (widget_class, "window.print", NULL, print_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_p, GDK_CONTROL_MASK, "window.print", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "search.find", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_slash, 0, "search.find", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_g, GDK_CONTROL_MASK, "search.step", "i", 1);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_g, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "search.step", "i",
                                       -1);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_w, GDK_CONTROL_MASK, "window.close", NULL);
}

static void
oh_detail_window_init (OhDetailWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_search_bar_connect_entry (self->search_bar, GTK_EDITABLE (oh_search_box_get_entry (self->search_box)));
}

void
oh_detail_window_present (GtkApplication *app, OhEngine *engine, gint64 exchange_id, const char *search)
{
  OhDetailWindow *self;

  g_return_if_fail (GTK_IS_APPLICATION (app));
  g_return_if_fail (engine != NULL);
  g_return_if_fail (search != NULL);

  self = g_object_new (OH_TYPE_DETAIL_WINDOW, "application", app, NULL);
  self->engine = engine;
  oh_detail_set_detached (self->detail);
  oh_search_box_set_engine (self->search_box, engine);
  show_exchange (self, exchange_id);
  if (*search != '\0')
    {
      oh_search_box_set_text (self->search_box, search);
      gtk_search_bar_set_search_mode (self->search_bar, TRUE);
    }
  gtk_window_present (GTK_WINDOW (self));
}
