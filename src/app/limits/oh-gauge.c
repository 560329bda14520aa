/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-gauge.h"

#include "oh-limits-data.h"
#include "oh-slow-loader.h"

#include <glib/gi18n.h>
#include <math.h>

#define REFRESH_MS 2000
/* A limit whose end was not told counts as long as this after it was heard of. */
#define FRESH_NS (5 * 60 * OH_NS_PER_S)

struct _OhGauge
{
  AdwBin parent_instance;

  GtkButton *button;
  GtkLabel *label;

  OhSlowLoader *loader;
  GPtrArray *limits;       /* (element-type OhLimit) or NULL */
  char *note;
  guint tick_source;
};

static guint changed_signal;

G_DEFINE_FINAL_TYPE (OhGauge, oh_gauge, ADW_TYPE_BIN)

static gpointer
ask (GtkWidget *widget)
{
  return NULL;
}

static gpointer
load (OhStoreReader *reader, gpointer question)
{
  return oh_store_reader_get_limits (reader);
}

static void
free_nothing (gpointer question)
{
}

static gboolean
is_current (const OhLimit *limit, gint64 now_ns)
{
  return limit->reset_ns > 0 ? limit->reset_ns > now_ns : now_ns - limit->at_ns < FRESH_NS;
}

/* The one nearest to its end, or NULL. */
static const OhLimit *
find_fullest (OhGauge *self, gint64 now_ns)
{
  const OhLimit *fullest = NULL;

  for (guint i = 0; self->limits != NULL && i < self->limits->len; i++)
    {
      const OhLimit *limit = g_ptr_array_index (self->limits, i);

      if (is_current (limit, now_ns) && limit->utilization > 0
          && (fullest == NULL || limit->utilization > fullest->utilization))
        fullest = limit;
    }
  return fullest;
}

static void
show_button (OhGauge *self, const OhLimit *limit, gint64 now_ns)
{
  g_autofree char *bucket = oh_limits_get_bucket_words (limit->bucket);
  g_autofree char *used = g_strdup_printf (_ ("%s used"), self->note);
  g_autofree char *time = oh_limits_format_countdown (limit->reset_ns - now_ns);
  g_autofree char *whose = limit->key_tail != NULL ? g_strdup_printf (_ (" of key %s"), limit->key_tail) : g_strdup ("");
  g_autofree char *words = limit->reset_ns > 0
                               ? g_strdup_printf (_ ("Rate limit “%s”%s: %s, full again in %s"), bucket, whose, used, time)
                               : g_strdup_printf (_ ("Rate limit “%s”%s: %s"), bucket, whose, used);

  gtk_label_set_label (self->label, used);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->button), words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

static gboolean tick (gpointer data);

static void
show_now (OhGauge *self)
{
  gint64 now_ns = oh_clock_wall_ns ();
  const OhLimit *fullest = find_fullest (self, now_ns);
  g_autofree char *note = NULL;

  /* What is used is never said to be less than it is. */
  if (fullest != NULL)
    note = oh_format_percent (ceil (MIN (fullest->utilization, 1) * 100 - 1e-6), 0);
  if (g_strcmp0 (note, self->note) != 0)
    {
      g_free (self->note);
      self->note = g_steal_pointer (&note);
      g_signal_emit (self, changed_signal, 0);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->button),
                          fullest != NULL && oh_limits_get_level (fullest, now_ns) >= OH_LIMITS_CRITICAL);
  if (fullest != NULL)
    show_button (self, fullest, now_ns);
  if (fullest != NULL && self->tick_source == 0)
    self->tick_source = g_timeout_add_seconds (1, tick, self);
}

static gboolean
tick (gpointer data)
{
  OhGauge *self = data;

  show_now (self);
  if (self->note != NULL)
    return G_SOURCE_CONTINUE;
  self->tick_source = 0;
  return G_SOURCE_REMOVE;
}

static void
show (GtkWidget *widget, gpointer answer)
{
  OhGauge *self = OH_GAUGE (widget);

  g_clear_pointer (&self->limits, g_ptr_array_unref);
  self->limits = answer;
  show_now (self);
}

static const OhOverviewLoad functions = {
  .ask = ask,
  .load = load,
  .show = show,
  .free_question = free_nothing,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};

static void
oh_gauge_dispose (GObject *object)
{
  OhGauge *self = OH_GAUGE (object);

  g_clear_handle_id (&self->tick_source, g_source_remove);
  g_clear_object (&self->loader);
  g_clear_pointer (&self->limits, g_ptr_array_unref);
  g_clear_pointer (&self->note, g_free);
  G_OBJECT_CLASS (oh_gauge_parent_class)->dispose (object);
}

static void
oh_gauge_class_init (OhGaugeClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_gauge_dispose;
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
oh_gauge_init (OhGauge *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  self->loader = oh_slow_loader_new (GTK_WIDGET (self), &functions, REFRESH_MS);
  self->button = GTK_BUTTON (gtk_button_new ());
  self->label = GTK_LABEL (gtk_label_new (NULL));
  gtk_widget_add_css_class (GTK_WIDGET (self->label), "numeric");
  gtk_box_append (GTK_BOX (box), gtk_image_new_from_icon_name ("oh-limits-symbolic"));
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->label));
  gtk_button_set_child (self->button, box);
  gtk_actionable_set_detailed_action_name (GTK_ACTIONABLE (self->button), "browser.show(('limits', int64 0))");
  gtk_widget_add_css_class (GTK_WIDGET (self->button), "gauge");
  gtk_widget_set_visible (GTK_WIDGET (self->button), FALSE);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->button));
}

void
oh_gauge_set_engine (OhGauge *self, OhEngine *engine)
{
  g_return_if_fail (OH_IS_GAUGE (self));

  oh_slow_loader_set_data_dir (self->loader, engine == NULL ? NULL : oh_engine_get_data_dir (engine));
}

void
oh_gauge_update (OhGauge *self)
{
  g_return_if_fail (OH_IS_GAUGE (self));

  oh_slow_loader_request (self->loader);
}

const char *
oh_gauge_get_note (OhGauge *self)
{
  g_return_val_if_fail (OH_IS_GAUGE (self), NULL);

  return self->note;
}
