/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-collector-page.h"

#include "oh-collector.h"

#include <glib/gi18n.h>
#include <inttypes.h>

/* How long what was stored may wait until it is looked what became of it. */
#define LOOK_SECONDS 1
/* More are not counted: it is done between two frames. */
#define COUNTED 1000

struct _OhCollectorPage
{
  AdwPreferencesPage parent_instance;

  AdwEntryRow *url;
  AdwEntryRow *field;
  GtkSwitch *on;
  GtkSwitch *thinking;
  AdwActionRow *on_row;
  GtkLabel *problem;

  OhEngine *engine;
  OhCollector collector;
  gboolean filling; /* what the widgets say comes from here */
  guint timer;
};

G_DEFINE_FINAL_TYPE (OhCollectorPage, oh_collector_page, ADW_TYPE_PREFERENCES_PAGE)

static void
show_problem (OhCollectorPage *self, const char *words)
{
  gtk_label_set_label (self->problem, words != NULL ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->problem), words != NULL);
}

/* What was sent, and why nothing gets through. */
static void
show_state (OhCollectorPage *self)
{
  OhStoreReader *reader = oh_engine_get_reader (self->engine);
  g_auto (OhSending) sending = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *trouble = NULL;
  g_autofree char *words = NULL;

  if (self->collector.on && oh_store_reader_get_sending (reader, &sending))
    {
      const gint64 waiting = oh_store_reader_count_waiting (reader, COUNTED);
      g_autofree char *sent = oh_format_count (sending.sent);
      g_autofree char *left = oh_format_count (waiting);

      trouble = oh_collector_describe (reader);
      words = g_strdup_printf (waiting < COUNTED ? _ ("%s sent, %s waiting") : _ ("%s sent, more than %s waiting"), sent, left);
    }
  /* Before it can be switched on. */
  else if (self->collector.url != NULL && *self->collector.url != '\0' && !oh_collector_check (&self->collector, &error))
    trouble = g_strdup (error->message);
  adw_action_row_set_subtitle (self->on_row, words != NULL ? words : _ ("Traces as OpenTelemetry, once they have ended"));
  show_problem (self, trouble != NULL ? trouble : sending.problem);
}

static gboolean
show_state_later (gpointer data)
{
  OhCollectorPage *self = data;

  self->timer = 0;
  show_state (self);
  return G_SOURCE_REMOVE;
}

static void
on_changed (OhCollectorPage *self)
{
  if (self->timer == 0)
    self->timer = g_timeout_add_seconds (LOOK_SECONDS, show_state_later, self);
}

static void
fill (OhCollectorPage *self)
{
  self->filling = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->url), self->collector.url != NULL ? self->collector.url : "");
  gtk_editable_set_text (GTK_EDITABLE (self->field), self->collector.fields != NULL && *self->collector.fields != NULL
                                                         ? *self->collector.fields : "");
  gtk_switch_set_active (self->on, self->collector.on);
  gtk_switch_set_active (self->thinking, self->collector.thinking);
  self->filling = FALSE;
}

/* Further headers, which only the command line can give, stay. */
static void
take_field (OhCollectorPage *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->field));
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (*text != '\0')
    g_strv_builder_add (builder, text);
  for (char **field = self->collector.fields; field != NULL && *field != NULL; field++)
    if (field > self->collector.fields)
      g_strv_builder_add (builder, *field);
  g_strfreev (self->collector.fields);
  self->collector.fields = g_strv_builder_end (builder);
}

/* What is typed holds from now on. */
static void
apply (OhCollectorPage *self)
{
  g_autoptr (GError) error = NULL;
  const gboolean was_on = self->collector.on;

  if (self->filling || self->engine == NULL)
    return;
  g_free (self->collector.url);
  self->collector.url = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->url))));
  take_field (self);
  self->collector.on = gtk_switch_get_active (self->on);
  self->collector.thinking = gtk_switch_get_active (self->thinking);
  if (!oh_engine_set_collector (self->engine, &self->collector, &error))
    {
      self->collector.on = was_on;
      self->filling = TRUE;
      gtk_switch_set_active (self->on, was_on);
      self->filling = FALSE;
      show_problem (self, error->message);
      return;
    }
  show_state (self);
}

static void
oh_collector_page_dispose (GObject *object)
{
  OhCollectorPage *self = OH_COLLECTOR_PAGE (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  oh_collector_clear (&self->collector);
  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_COLLECTOR_PAGE);
  G_OBJECT_CLASS (oh_collector_page_parent_class)->dispose (object);
}

static void
oh_collector_page_class_init (OhCollectorPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_collector_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-collector-page.ui");
  gtk_widget_class_bind_template_child (widget_class, OhCollectorPage, url);
  gtk_widget_class_bind_template_child (widget_class, OhCollectorPage, field);
  gtk_widget_class_bind_template_child (widget_class, OhCollectorPage, on);
  gtk_widget_class_bind_template_child (widget_class, OhCollectorPage, thinking);
  gtk_widget_class_bind_template_child (widget_class, OhCollectorPage, on_row);
  gtk_widget_class_bind_template_child (widget_class, OhCollectorPage, problem);
  gtk_widget_class_bind_template_callback (widget_class, apply);
}

static void
oh_collector_page_init (OhCollectorPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_collector_page_set_engine (OhCollectorPage *self, OhEngine *engine)
{
  g_return_if_fail (OH_IS_COLLECTOR_PAGE (self) && OH_IS_ENGINE (engine) && self->engine == NULL);

  self->engine = engine;
  oh_collector_read (oh_engine_get_data_dir (engine), &self->collector);
  fill (self);
  show_state (self);
  g_signal_connect_object (engine, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
}
