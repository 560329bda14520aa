/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-preferences.h"

#include "oh-collector-page.h"
#include "oh-desktop-page.h"
#include "oh-prices-page.h"
#include "oh-settings.h"
#include "oh-trust-page.h"

#include <glib/gi18n.h>

struct _OhPreferences
{
  AdwPreferencesWindow parent_instance;

  AdwComboRow *color_scheme;
  GtkSwitch *wrap;
  GtkSwitch *open_port;
  GtkSwitch *listen;
  AdwActionRow *listen_row;
  AdwActionRow *port_row;
  AdwActionRow *size_row;
  GtkSpinButton *port;
  GtkSpinButton *max_size;
  GtkSpinButton *max_age;
  AdwPreferencesGroup *notification_group;
  AdwPreferencesGroup *upstream_group;
  AdwEntryRow *new_upstream;
  GtkLabel *upstream_problem;
  OhPricesPage *prices;
  OhTrustPage *trust;
  OhCollectorPage *collector;

  OhEngine *engine;
  GPtrArray *upstream_rows; /* AdwActionRow, not owned */
};

G_DEFINE_FINAL_TYPE (OhPreferences, oh_preferences, ADW_TYPE_PREFERENCES_WINDOW)

static void show_upstreams (OhPreferences *self);

static gboolean
scheme_to_index (GValue *value, GVariant *variant, gpointer data)
{
  const char *scheme = g_variant_get_string (variant, NULL);

  g_value_set_uint (value, g_str_equal (scheme, "light") ? 1 : g_str_equal (scheme, "dark") ? 2 : 0);
  return TRUE;
}

static GVariant *
index_to_scheme (const GValue *value, const GVariantType *type, gpointer data)
{
  static const char *const schemes[] = { "system", "light", "dark" };

  return g_variant_new_string (schemes[MIN (g_value_get_uint (value), 2)]);
}

static void
remove_upstream (OhPreferences *self, GtkWidget *button)
{
  const char *upstream = g_object_get_data (G_OBJECT (button), "upstream");
  g_auto (GStrv) upstreams = g_settings_get_strv (oh_settings_get (), "upstreams");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) left = NULL;

  for (char **line = upstreams; *line != NULL; line++)
    if (!g_str_equal (*line, upstream))
      g_strv_builder_add (builder, *line);
  left = g_strv_builder_end (builder);
  g_settings_set_strv (oh_settings_get (), "upstreams", (const char *const *) left);
  show_upstreams (self);
}

static void
add_upstream_row (OhPreferences *self, const char *upstream)
{
  g_auto (GStrv) parts = g_strsplit (upstream, "=", 2);
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_button_new_from_icon_name ("user-trash-symbolic");
  g_autofree char *title = g_markup_escape_text (parts[0], -1);
  g_autofree char *subtitle = g_markup_escape_text (parts[1] != NULL ? parts[1] : "", -1);
  g_autofree char *label = g_strdup_printf (_ ("Remove the upstream of %s"), parts[0]);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, _ ("Remove"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_object_set_data_full (G_OBJECT (button), "upstream", g_strdup (upstream), g_free);
  g_signal_connect_object (button, "clicked", G_CALLBACK (remove_upstream), self, G_CONNECT_SWAPPED);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  adw_preferences_group_add (self->upstream_group, row);
  g_ptr_array_add (self->upstream_rows, row);
}

/* The entry for a new one stays last. */
static void
show_upstreams (OhPreferences *self)
{
  g_auto (GStrv) upstreams = g_settings_get_strv (oh_settings_get (), "upstreams");

  for (guint i = 0; i < self->upstream_rows->len; i++)
    adw_preferences_group_remove (self->upstream_group, g_ptr_array_index (self->upstream_rows, i));
  g_ptr_array_set_size (self->upstream_rows, 0);
  g_object_ref (self->new_upstream);
  adw_preferences_group_remove (self->upstream_group, GTK_WIDGET (self->new_upstream));
  for (char **line = upstreams; *line != NULL; line++)
    add_upstream_row (self, *line);
  adw_preferences_group_add (self->upstream_group, GTK_WIDGET (self->new_upstream));
  g_object_unref (self->new_upstream);
}

static void
show_upstream_problem (OhPreferences *self, const char *words)
{
  gtk_label_set_label (self->upstream_problem, words != NULL ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->upstream_problem), words != NULL);
  if (words != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->new_upstream), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->new_upstream), "error");
}

static void
on_upstream_changed (OhPreferences *self)
{
  show_upstream_problem (self, NULL);
}

/* The engine has the last word on what an upstream is. */
static void
on_upstream_applied (OhPreferences *self)
{
  g_autofree char *line = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->new_upstream))));
  g_auto (GStrv) upstreams = g_settings_get_strv (oh_settings_get (), "upstreams");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) all = NULL;
  const char *equals = strchr (line, '=');

  if (*line == '\0')
    return;
  for (char **other = upstreams; *other != NULL; other++)
    if (equals == NULL || strncmp (*other, line, (gsize) (equals - line) + 1) != 0)
      g_strv_builder_add (builder, *other);
  g_strv_builder_add (builder, line);
  all = g_strv_builder_end (builder);
  if (self->engine != NULL && !oh_engine_set_upstreams (self->engine, (const char *const *) all, &error))
    {
      show_upstream_problem (self, error->message);
      return;
    }
  g_settings_set_strv (oh_settings_get (), "upstreams", (const char *const *) all);
  gtk_editable_set_text (GTK_EDITABLE (self->new_upstream), "");
  show_upstreams (self);
}

static void
show_port (OhPreferences *self)
{
  guint16 port = self->engine == NULL ? 0 : oh_engine_get_port (self->engine);
  g_autofree char *words = NULL;

  if (port == 0)
    return;
  words = g_strdup_printf (_ ("0 takes a free one, now %u. A change takes effect at the next start."), port);
  adw_action_row_set_subtitle (self->port_row, words);
}

/* Where it listens, or who has those ports. */
static void
show_listening (OhPreferences *self)
{
  const OhDoor *doors = self->engine != NULL ? oh_engine_get_doors (self->engine) : NULL;
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *escaped = NULL;
  gboolean taken = FALSE;

  for (guint i = 0; doors != NULL && i < OH_N_DOORS; i++)
    {
      if (i > 0)
        g_string_append_c (words, '\n');
      if (doors[i].port != 0)
        g_string_append_printf (words, _ ("%s: port %u"), oh_door_get_title (i), doors[i].port);
      else
        g_string_append_printf (words, _ ("%s: %s"), oh_door_get_title (i), doors[i].problem);
      taken = taken || doors[i].port == 0;
    }
  if (taken)
    g_string_append_printf (words, "\n%s", _ ("It is tried again until it is free."));
  if (doors == NULL)
    g_string_append (words, _ ("Keep what programs that Overhear did not launch tell of themselves: OpenTelemetry, Smello, SideSeat"));
  escaped = g_markup_escape_text (words->str, -1);
  adw_action_row_set_subtitle (self->listen_row, escaped);
}

static void
show_size (OhPreferences *self)
{
  g_autofree char *size = NULL;
  g_autofree char *words = NULL;

  if (self->engine == NULL)
    return;
  size = oh_format_bytes (oh_store_reader_get_size (oh_engine_get_reader (self->engine)));
  words = g_strdup_printf (_ ("0 sets no limit. What is kept now takes %s."), size);
  adw_action_row_set_subtitle (self->size_row, words);
}

static void
add_notifications (OhPreferences *self)
{
  static const struct
  {
    const char *key;
    const char *title;
  } kinds[] = {
    { "notify-ended", N_ ("A Run Has Ended") },
    { "notify-failed", N_ ("A Run Has Failed") },
    { "notify-budget", N_ ("A Budget Is Nearly or All Used Up") },
    { "notify-loops", N_ ("A Run Goes in Circles") },
    { "notify-limits", N_ ("A Rate Limit Is Nearly Used Up") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      GtkWidget *row = adw_action_row_new ();
      GtkWidget *on = gtk_switch_new ();

      gtk_widget_set_valign (on, GTK_ALIGN_CENTER);
      gtk_accessible_update_property (GTK_ACCESSIBLE (on), GTK_ACCESSIBLE_PROPERTY_LABEL, _ (kinds[i].title), -1);
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ (kinds[i].title));
      adw_action_row_add_suffix (ADW_ACTION_ROW (row), on);
      adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), on);
      adw_preferences_group_add (self->notification_group, row);
      g_settings_bind (oh_settings_get (), kinds[i].key, on, "active", G_SETTINGS_BIND_DEFAULT);
    }
}

static void
oh_preferences_dispose (GObject *object)
{
  OhPreferences *self = OH_PREFERENCES (object);

  g_clear_pointer (&self->upstream_rows, g_ptr_array_unref);
  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_PREFERENCES);
  G_OBJECT_CLASS (oh_preferences_parent_class)->dispose (object);
}

static void
oh_preferences_class_init (OhPreferencesClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_preferences_dispose;
  g_type_ensure (OH_TYPE_COLLECTOR_PAGE);
  g_type_ensure (OH_TYPE_DESKTOP_PAGE);
  g_type_ensure (OH_TYPE_PRICES_PAGE);
  g_type_ensure (OH_TYPE_TRUST_PAGE);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-preferences.ui");
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, color_scheme);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, wrap);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, open_port);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, listen);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, listen_row);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, port_row);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, size_row);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, port);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, max_size);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, max_age);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, notification_group);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, upstream_group);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, new_upstream);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, upstream_problem);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, prices);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, trust);
  gtk_widget_class_bind_template_child (widget_class, OhPreferences, collector);
  gtk_widget_class_bind_template_callback (widget_class, on_upstream_applied);
  gtk_widget_class_bind_template_callback (widget_class, on_upstream_changed);
}

static void
oh_preferences_init (OhPreferences *self)
{
  GSettings *settings = oh_settings_get ();

  self->upstream_rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  g_settings_bind_with_mapping (settings, "color-scheme", self->color_scheme, "selected", G_SETTINGS_BIND_DEFAULT,
                                scheme_to_index, index_to_scheme, NULL, NULL);
  g_settings_bind (settings, "wrap", self->wrap, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "open-port", self->open_port, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "listen-for-instruments", self->listen, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "port", self->port, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "max-size", self->max_size, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "max-age", self->max_age, "value", G_SETTINGS_BIND_DEFAULT);
  add_notifications (self);
  show_upstreams (self);
}

GtkWidget *
oh_preferences_new (GtkWindow *parent, OhEngine *engine)
{
  OhPreferences *self = g_object_new (OH_TYPE_PREFERENCES, "transient-for", parent, "modal", parent != NULL, NULL);

  self->engine = engine;
  show_port (self);
  show_listening (self);
  /* A port that was taken may become free. */
  if (engine != NULL)
    g_signal_connect_object (engine, "notify::desktop", G_CALLBACK (show_listening), self, G_CONNECT_SWAPPED);
  /* After the application, which does it. */
  g_signal_connect_object (oh_settings_get (), "changed::listen-for-instruments", G_CALLBACK (show_listening), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  show_size (self);
  if (engine != NULL)
    {
      oh_prices_page_set_data_dir (self->prices, oh_engine_get_data_dir (engine));
      oh_trust_page_set_data_dir (self->trust, oh_engine_get_data_dir (engine));
      oh_collector_page_set_engine (self->collector, engine);
    }
  else
    {
      adw_preferences_window_remove (ADW_PREFERENCES_WINDOW (self), ADW_PREFERENCES_PAGE (self->prices));
      adw_preferences_window_remove (ADW_PREFERENCES_WINDOW (self), ADW_PREFERENCES_PAGE (self->trust));
      adw_preferences_window_remove (ADW_PREFERENCES_WINDOW (self), ADW_PREFERENCES_PAGE (self->collector));
    }
  return GTK_WIDGET (self);
}
