/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-limits-card.h"

#include <glib/gi18n.h>
#include <math.h>

struct _OhLimitsCard
{
  GtkBox parent_instance;

  GtkLabel *title;
  GtkLabel *state;
  GtkLabel *number;
  GtkLabel *of;
  GtkLevelBar *bar;
  GtkLabel *outlook;

  OhLimit *limit;
  gint64 used_up_ns;
  OhLimitsLevel level;
};

G_DEFINE_FINAL_TYPE (OhLimitsCard, oh_limits_card, GTK_TYPE_BOX)

static void
set_level (OhLimitsCard *self, OhLimitsLevel level)
{
  gtk_label_set_label (self->state, oh_limits_get_level_words (level));
  if (level == self->level)
    return;
  gtk_widget_remove_css_class (GTK_WIDGET (self), oh_limits_get_level_name (self->level));
  gtk_widget_add_css_class (GTK_WIDGET (self), oh_limits_get_level_name (level));
  self->level = level;
}

/* What the API told by number is told by number; of the rest only the share that is used is known. */
static void
show_numbers (OhLimitsCard *self, double used)
{
  const OhLimit *limit = self->limit;
  gboolean refilled = limit->reset_ns > 0 && limit->reset_ns <= oh_clock_wall_ns ();

  if (!isnan (limit->limit) && !isnan (limit->remaining))
    {
      g_autofree char *left = oh_format_count ((gint64) (refilled ? limit->limit : limit->remaining));
      g_autofree char *whole = oh_format_count ((gint64) limit->limit);
      g_autofree char *of = g_strdup_printf (_ ("of %s left"), whole);

      gtk_label_set_label (self->number, left);
      gtk_label_set_label (self->of, of);
    }
  else if (!isnan (used))
    {
      g_autofree char *left = oh_format_percent (MAX (1 - used, 0) * 100, 0);

      gtk_label_set_label (self->number, left);
      gtk_label_set_label (self->of, _ ("left"));
    }
  else
    {
      gtk_label_set_label (self->number, "–");
      gtk_label_set_label (self->of, limit->status != NULL ? limit->status : "");
    }
  gtk_widget_set_visible (GTK_WIDGET (self->bar), !isnan (used));
  gtk_level_bar_set_value (self->bar, isnan (used) ? 0 : CLAMP (1 - used, 0, 1));
}

static void
add_words (GString *words, const char *more)
{
  if (words->len > 0)
    g_string_append (words, " · ");
  g_string_append (words, more);
}

static char *
say_outlook (OhLimitsCard *self, gint64 now_ns)
{
  const OhLimit *limit = self->limit;
  g_autoptr (GString) words = g_string_new (NULL);

  if (limit->reset_ns > now_ns)
    {
      g_autofree char *time = oh_limits_format_countdown (limit->reset_ns - now_ns);
      g_autofree char *full = g_strdup_printf (_ ("full again in %s"), time);

      add_words (words, limit->utilization <= 0 ? _ ("full") : full);
    }
  else if (limit->reset_ns > 0)
    add_words (words, limit->utilization > 0 ? _ ("full again") : _ ("full"));
  if (self->used_up_ns > now_ns && (limit->reset_ns <= 0 || limit->reset_ns > now_ns))
    {
      g_autofree char *time = oh_limits_format_countdown (self->used_up_ns - now_ns);
      g_autofree char *end = g_strdup_printf (_ ("used up in %s at this pace"), time);

      add_words (words, end);
    }
  if (g_strcmp0 (limit->status, "rejected") == 0 && (limit->reset_ns <= 0 || limit->reset_ns > now_ns))
    add_words (words, _ ("calls are rejected"));
  else if (g_strcmp0 (limit->status, "allowed_warning") == 0 && limit->reset_ns > now_ns)
    add_words (words, _ ("the API warns"));
  return g_string_free (g_steal_pointer (&words), FALSE);
}

static void
oh_limits_card_dispose (GObject *object)
{
  OhLimitsCard *self = OH_LIMITS_CARD (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_LIMITS_CARD);
  g_clear_pointer (&self->limit, oh_limit_unref);
  G_OBJECT_CLASS (oh_limits_card_parent_class)->dispose (object);
}

static void
oh_limits_card_class_init (OhLimitsCardClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_limits_card_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-limits-card.ui");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_bind_template_child (widget_class, OhLimitsCard, title);
  gtk_widget_class_bind_template_child (widget_class, OhLimitsCard, state);
  gtk_widget_class_bind_template_child (widget_class, OhLimitsCard, number);
  gtk_widget_class_bind_template_child (widget_class, OhLimitsCard, of);
  gtk_widget_class_bind_template_child (widget_class, OhLimitsCard, bar);
  gtk_widget_class_bind_template_child (widget_class, OhLimitsCard, outlook);
}

static void
oh_limits_card_init (OhLimitsCard *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  /* The card's own colours say how much is left. */
  gtk_level_bar_remove_offset_value (self->bar, NULL);
}

GtkWidget *
oh_limits_card_new (void)
{
  return g_object_new (OH_TYPE_LIMITS_CARD, NULL);
}

void
oh_limits_card_set (OhLimitsCard *self, const OhLimitsBucket *bucket)
{
  g_autofree char *time = NULL;
  g_autofree char *tooltip = NULL;

  g_return_if_fail (OH_IS_LIMITS_CARD (self));
  g_return_if_fail (bucket != NULL);

  oh_limit_ref (bucket->newest);
  g_clear_pointer (&self->limit, oh_limit_unref);
  self->limit = bucket->newest;
  self->used_up_ns = bucket->used_up_ns;
  gtk_label_set_label (self->title, bucket->title);
  time = oh_format_date_time (self->limit->at_ns);
  tooltip = g_strdup_printf (_ ("As an answer told at %s"), time);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), tooltip);
  oh_limits_card_tick (self);
}

void
oh_limits_card_tick (OhLimitsCard *self)
{
  gint64 now_ns = oh_clock_wall_ns ();
  g_autofree char *outlook = NULL;
  g_autofree char *sentence = NULL;

  g_return_if_fail (OH_IS_LIMITS_CARD (self));

  if (self->limit == NULL)
    return;
  show_numbers (self, oh_limits_get_used (self->limit, now_ns));
  set_level (self, oh_limits_get_level (self->limit, now_ns));
  outlook = say_outlook (self, now_ns);
  gtk_label_set_label (self->outlook, outlook);
  sentence = g_strdup_printf ("%s: %s %s, %s", gtk_label_get_label (self->title), gtk_label_get_label (self->number),
                              gtk_label_get_label (self->of), gtk_label_get_label (self->state));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
}
