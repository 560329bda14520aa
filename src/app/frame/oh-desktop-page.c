/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desktop-page.h"

#include "oh-engine.h"
#include "oh-settings.h"

#include <glib/gi18n.h>

/* How long nothing has been typed when it is written down. */
#define REST_MS 400

struct _OhDesktopPage
{
  AdwPreferencesPage parent_instance;

  AdwComboRow *mode;
  GtkSwitch *session;
  GtkSwitch *claude;
  GtkTextBuffer *buffer;
  GtkWidget *known;
  GtkLabel *problem;
  guint rest;
  gboolean showing; /* the text comes from the file */
};

G_DEFINE_FINAL_TYPE (OhDesktopPage, oh_desktop_page, ADW_TYPE_PREFERENCES_PAGE)

static void
show_hosts (OhDesktopPage *self)
{
  gboolean own;
  g_auto (GStrv) hosts = oh_engine_read_desktop_hosts (&own);
  g_autofree char *text = g_strjoinv ("\n", hosts);

  self->showing = TRUE;
  gtk_text_buffer_set_text (self->buffer, text, -1);
  self->showing = FALSE;
  gtk_widget_set_sensitive (self->known, own);
}

static void
write_hosts (OhDesktopPage *self, const char *const *hosts)
{
  g_autoptr (GError) error = NULL;
  const gboolean fine = oh_engine_write_desktop_hosts (hosts, &error);

  gtk_label_set_label (self->problem, fine ? "" : error->message);
  gtk_widget_set_visible (GTK_WIDGET (self->problem), !fine);
  gtk_widget_set_sensitive (self->known, hosts != NULL);
}

static void
write_text (OhDesktopPage *self)
{
  GtkTextIter begin, end;
  g_autofree char *text = NULL;
  g_auto (GStrv) hosts = NULL;

  gtk_text_buffer_get_bounds (self->buffer, &begin, &end);
  text = gtk_text_buffer_get_text (self->buffer, &begin, &end, FALSE);
  hosts = g_strsplit (g_strchomp (text), "\n", -1);
  write_hosts (self, (const char *const *) hosts);
}

static gboolean
on_rest (gpointer data)
{
  OhDesktopPage *self = data;

  self->rest = 0;
  write_text (self);
  return G_SOURCE_REMOVE;
}

static void
on_hosts_changed (OhDesktopPage *self)
{
  if (self->showing)
    return;
  g_clear_handle_id (&self->rest, g_source_remove);
  self->rest = g_timeout_add (REST_MS, on_rest, self);
}

static void
on_known_clicked (OhDesktopPage *self)
{
  g_clear_handle_id (&self->rest, g_source_remove);
  write_hosts (self, NULL);
  show_hosts (self);
}

/* What each of them costs. */
static void
show_mode (OhDesktopPage *self)
{
  adw_action_row_set_subtitle (
      ADW_ACTION_ROW (self->mode),
      adw_combo_row_get_selected (self->mode) == OH_DESKTOP_AUTO
          ? _ ("Only the hosts that are read come to Overhear. Where it is gone, programs go on directly.")
          : _ ("All hosts come to Overhear, also of programs that know no scripts. If it dies, nothing goes for up to two seconds."));
}

static void
on_mode_chosen (OhDesktopPage *self)
{
  g_settings_set_enum (oh_settings_get (), "desktop-mode", (int) adw_combo_row_get_selected (self->mode));
  show_mode (self);
}

static void
oh_desktop_page_dispose (GObject *object)
{
  OhDesktopPage *self = OH_DESKTOP_PAGE (object);

  if (self->rest != 0)
    {
      g_clear_handle_id (&self->rest, g_source_remove);
      write_text (self);
    }
  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_DESKTOP_PAGE);

  G_OBJECT_CLASS (oh_desktop_page_parent_class)->dispose (object);
}

static void
oh_desktop_page_class_init (OhDesktopPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_desktop_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-desktop-page.ui");
  gtk_widget_class_bind_template_child (widget_class, OhDesktopPage, mode);
  gtk_widget_class_bind_template_child (widget_class, OhDesktopPage, session);
  gtk_widget_class_bind_template_child (widget_class, OhDesktopPage, claude);
  gtk_widget_class_bind_template_child (widget_class, OhDesktopPage, buffer);
  gtk_widget_class_bind_template_child (widget_class, OhDesktopPage, known);
  gtk_widget_class_bind_template_child (widget_class, OhDesktopPage, problem);
  gtk_widget_class_bind_template_callback (widget_class, on_hosts_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_known_clicked);
}

static void
oh_desktop_page_init (OhDesktopPage *self)
{
  GSettings *settings = oh_settings_get ();

  gtk_widget_init_template (GTK_WIDGET (self));
  g_settings_bind (settings, "desktop-session", self->session, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "desktop-claude", self->claude, "active", G_SETTINGS_BIND_DEFAULT);
  adw_combo_row_set_selected (self->mode, (guint) g_settings_get_enum (settings, "desktop-mode"));
  g_signal_connect_swapped (self->mode, "notify::selected", G_CALLBACK (on_mode_chosen), self);
  show_mode (self);
  show_hosts (self);
}
