/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-prices-page.h"

#include <glib/gi18n.h>

struct _OhPricesPage
{
  AdwPreferencesPage parent_instance;

  AdwActionRow *as_of_row;
  AdwActionRow *own_row;
  GtkButton *create;
  GtkButton *open;
  GtkLabel *problem;

  char *data_dir;
  char *path;
  GFileMonitor *monitor;
};

G_DEFINE_FINAL_TYPE (OhPricesPage, oh_prices_page, ADW_TYPE_PREFERENCES_PAGE)

/* Dollars per million tokens. The name is one that no API has, so that it changes nothing before it is edited. */
static const char example[] =
    "{\n"
    "  \"rows\": [\n"
    "    {\n"
    "      \"models\": [\"name-of-your-model\"],\n"
    "      \"input\": 3, \"cache_write_5m\": 3.75, \"cache_write_1h\": 6, \"cache_read\": 0.3, \"output\": 15,\n"
    "      \"source\": \"where the prices are from\"\n"
    "    }\n"
    "  ]\n"
    "}\n";

static void
show_problem (OhPricesPage *self, const char *words)
{
  gtk_label_set_label (self->problem, words != NULL ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->problem), words != NULL);
}

static void
check (OhPricesPage *self)
{
  gboolean exists = g_file_test (self->path, G_FILE_TEST_EXISTS);
  g_autoptr (GError) error = NULL;
  g_autofree char *as_of = NULL;
  g_autofree char *state = NULL;
  g_autofree char *markup = NULL;
  g_autofree char *words = NULL;
  gboolean usable = oh_engine_check_prices (self->data_dir, &as_of, &error);

  adw_action_row_set_subtitle (self->as_of_row, as_of != NULL ? as_of : _ ("No prices"));
  if (!exists)
    state = g_strdup_printf (_ ("There is none. It would be %s"), self->path);
  else if (usable)
    state = g_strdup_printf (_ ("%s counts before the built-in prices, from the next start on"), self->path);
  else
    state = g_strdup_printf (_ ("%s is not used"), self->path);
  markup = g_markup_escape_text (state, -1);
  adw_action_row_set_subtitle (self->own_row, markup);
  gtk_widget_set_visible (GTK_WIDGET (self->create), !exists);
  gtk_widget_set_visible (GTK_WIDGET (self->open), exists);
  if (!usable)
    words = g_strdup_printf (_ ("Your own prices cannot be used: %s"), error->message);
  show_problem (self, words);
}

static void
open_file (OhPricesPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  g_autoptr (GFile) file = g_file_new_for_path (self->path);
  g_autofree char *uri = g_file_get_uri (file);

  gtk_show_uri (GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, uri, GDK_CURRENT_TIME);
}

static void
on_create_clicked (OhPricesPage *self)
{
  g_autoptr (GError) error = NULL;

  if (!g_file_set_contents_full (self->path, example, sizeof example - 1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    {
      show_problem (self, error->message);
      return;
    }
  check (self);
  open_file (self);
}

static void
on_open_clicked (OhPricesPage *self)
{
  open_file (self);
}

static void
oh_prices_page_dispose (GObject *object)
{
  OhPricesPage *self = OH_PRICES_PAGE (object);

  g_clear_object (&self->monitor);
  g_clear_pointer (&self->data_dir, g_free);
  g_clear_pointer (&self->path, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_PRICES_PAGE);
  G_OBJECT_CLASS (oh_prices_page_parent_class)->dispose (object);
}

static void
oh_prices_page_class_init (OhPricesPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_prices_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-prices-page.ui");
  gtk_widget_class_bind_template_child (widget_class, OhPricesPage, as_of_row);
  gtk_widget_class_bind_template_child (widget_class, OhPricesPage, own_row);
  gtk_widget_class_bind_template_child (widget_class, OhPricesPage, create);
  gtk_widget_class_bind_template_child (widget_class, OhPricesPage, open);
  gtk_widget_class_bind_template_child (widget_class, OhPricesPage, problem);
  gtk_widget_class_bind_template_callback (widget_class, on_create_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_open_clicked);
}

static void
oh_prices_page_init (OhPricesPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_prices_page_set_data_dir (OhPricesPage *self, const char *data_dir)
{
  g_autoptr (GFile) file = NULL;

  g_return_if_fail (OH_IS_PRICES_PAGE (self));
  g_return_if_fail (data_dir != NULL && self->data_dir == NULL);

  self->data_dir = g_strdup (data_dir);
  self->path = oh_engine_get_own_prices_path (data_dir);
  file = g_file_new_for_path (self->path);
  /* Somebody edits it while this is open: that is what it is for. */
  self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
  if (self->monitor != NULL)
    g_signal_connect_object (self->monitor, "changed", G_CALLBACK (check), self, G_CONNECT_SWAPPED);
  check (self);
}
