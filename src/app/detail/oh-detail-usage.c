/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-detail-usage.h"

#include "oh-track.h"
#include "oh-words.h"

#include <glib/gi18n.h>
#include <math.h>

struct _OhDetailUsage
{
  GtkBox parent_instance;

  GtkLabel *in;
  OhTimingTrack *track;
  GtkLabel *legend;
  GtkLabel *out;
  GtkLabel *ended;
  GtkLabel *cost;
};

G_DEFINE_FINAL_TYPE (OhDetailUsage, oh_detail_usage, GTK_TYPE_BOX)

G_GNUC_PRINTF (2, 3)
static void
add_words (GString *words, const char *format, ...)
{
  va_list args;

  if (words->len)
    g_string_append (words, " · ");
  va_start (args, format);
  g_string_append_vprintf (words, format, args);
  va_end (args);
}

/* One part of the prompt, if there is any: its piece of the line and its words. */
static void
show_part (OhDetailUsage *self,
           GString *words,
           const char *name,
           gint64 tokens,
           gint64 total,
           gint64 *at,
           const char *css_class)
{
  g_autofree char *count = NULL;

  if (tokens <= 0)
    return;
  count = oh_format_count (tokens);
  add_words (words, "%s %s", count, name);
  oh_timing_track_add (self->track, (double) *at / (double) total, (double) (*at + tokens) / (double) total, css_class);
  *at += tokens;
}

static void
show_prompt (OhDetailUsage *self, const OhUsage *usage, gint64 total)
{
  gboolean cached = usage->cache_read > 0 || usage->cache_write > 0;
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *tooltip = NULL;
  gint64 at = 0;

  oh_timing_track_clear (self->track);
  gtk_widget_set_visible (GTK_WIDGET (self->track), cached);
  gtk_widget_set_visible (GTK_WIDGET (self->legend), cached);
  if (!cached)
    return;
  show_part (self, words, C_ ("tokens", "read"), usage->cache_read, total, &at, "cache-read");
  show_part (self, words, C_ ("tokens", "written"), usage->cache_write, total, &at, "cache-written");
  /* The rest of the line is fresh, and its number is in the tooltip: the words that follow need the room. */
  gtk_label_set_text (self->legend, words->str);
  show_part (self, words, C_ ("tokens", "fresh"), usage->input, total, &at, "cache-fresh");
  tooltip = g_strdup_printf ("%s\n%s", words->str,
                             _ ("Tokens of the prompt: read from the cache, written to it, and neither"));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->legend), tooltip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->track), GTK_ACCESSIBLE_PROPERTY_LABEL, words->str, -1);
}

static void
show_counts (OhDetailUsage *self, const OhFacts *facts)
{
  const OhUsage *usage = &facts->usage;
  gboolean estimated;
  gint64 total = oh_facts_get_prompt (facts);
  gint64 output = oh_facts_get_output (facts, &estimated);
  g_autofree char *in_count = oh_format_count (total);
  g_autofree char *out_count = oh_format_tokens (output, estimated);
  g_autofree char *in = g_strdup_printf (_ ("in %s"), in_count);
  g_autofree char *out = g_strdup_printf (_ ("out %s"), out_count);

  gtk_label_set_text (self->in, in);
  gtk_label_set_text (self->out, out);
  if (usage->thinking > 0)
    {
      g_autofree char *thinking = oh_format_count (usage->thinking);
      g_autofree char *words = g_strdup_printf (_ ("%s of them thinking"), thinking);

      gtk_widget_set_tooltip_text (GTK_WIDGET (self->out), words);
    }
  else
    gtk_widget_set_tooltip_text (GTK_WIDGET (self->out), NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->in), total >= 0);
  gtk_widget_set_visible (GTK_WIDGET (self->out), output >= 0);
  show_prompt (self, usage, MAX (total, 0));
}

static void
show_end (OhDetailUsage *self, const OhExchangeView *view)
{
  const OhExchange *exchange = view->exchange;
  const OhFacts *facts = view->reading->facts;
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *stop = oh_facts_describe_stop (facts);

  if (exchange->program != NULL)
    add_words (words, _ ("by %s"), exchange->program->name);
  if (facts->first_token_ns >= 0)
    {
      g_autofree char *text = oh_format_duration (facts->first_token_ns);

      add_words (words, _ ("%s to first token"), text);
    }
  if (exchange->timings.ended >= 0)
    {
      g_autofree char *text = oh_format_duration (exchange->timings.ended);

      add_words (words, "%s", text);
    }
  if (exchange->outcome == OH_OUTCOME_PENDING)
    add_words (words, "%s", facts->streamed ? _ ("streaming…") : _ ("waiting…"));
  else if (exchange->outcome == OH_OUTCOME_CUT)
    add_words (words, "%s", _ ("cut off"));
  else if (exchange->outcome == OH_OUTCOME_FAILED)
    add_words (words, "%s", _ ("failed"));
  else if (facts->error_type)
    add_words (words, "%s", facts->error_type);
  else if (facts->stop_reason)
    add_words (words, "%s", stop);
  else if (exchange->status > 0)
    {
      g_autofree char *status = g_strdup_printf ("%u", exchange->status);

      add_words (words, "%s", status);
    }
  gtk_label_set_text (self->ended, words->str);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->ended), words->str);
}

static void
add_price (GString *words, const char *what, double dollars)
{
  g_autofree char *cost = oh_format_cost (dollars, FALSE);

  if (!isnan (dollars) && dollars > 0)
    g_string_append_printf (words, "%s%s %s", words->len > 0 ? "\n" : "", what, cost);
}

/* Each part of it, and from when its prices are. */
static char *
say_split (const OhExchange *exchange)
{
  const OhPlace *place = exchange->place;
  GString *words = g_string_new (NULL);

  if (isnan (place->cost))
    {
      g_string_append (words, _ ("The price of this model is not known"));
      return g_string_free (words, FALSE);
    }
  add_price (words, _ ("Fresh input"), place->cost_input);
  add_price (words, _ ("Read from the cache"), place->cost_cache_read);
  add_price (words, _ ("Written to the cache"), place->cost_cache_write);
  add_price (words, _ ("Output"), place->cost_output);
  add_price (words, _ ("Server tools"), place->cost_tools);
  add_price (words, _ ("Saved by caching"), place->saved);
  if (place->cost_approximate)
    g_string_append_printf (words, "%s%s", words->len > 0 ? "\n" : "", _ ("About: not everything was told exactly"));
  if (place->price_as_of != NULL)
    {
      g_string_append (words, words->len > 0 ? "\n" : "");
      g_string_append_printf (words, _ ("Price as of %s"), place->price_as_of);
    }
  return g_string_free (words, FALSE);
}

static void
show_cost (OhDetailUsage *self, const OhExchange *exchange)
{
  g_autofree char *cost = oh_words_cost (exchange);
  g_autofree char *split = *cost != '\0' ? say_split (exchange) : NULL;
  g_autofree char *sentence = *cost != '\0' ? g_strdup_printf (_ ("Cost: %s"), cost) : NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->cost), *cost != '\0');
  gtk_label_set_text (self->cost, cost);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->cost), split);
  if (sentence != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (self->cost), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence,
                                    GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, split, -1);
}

static void
oh_detail_usage_class_init (OhDetailUsageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (OH_TYPE_TIMING_TRACK);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-detail-usage.ui");
  gtk_widget_class_bind_template_child (widget_class, OhDetailUsage, in);
  gtk_widget_class_bind_template_child (widget_class, OhDetailUsage, track);
  gtk_widget_class_bind_template_child (widget_class, OhDetailUsage, legend);
  gtk_widget_class_bind_template_child (widget_class, OhDetailUsage, out);
  gtk_widget_class_bind_template_child (widget_class, OhDetailUsage, ended);
  gtk_widget_class_bind_template_child (widget_class, OhDetailUsage, cost);
}

static void
oh_detail_usage_init (OhDetailUsage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_detail_usage_set_view (OhDetailUsage *self, OhExchangeView *view)
{
  g_return_if_fail (OH_IS_DETAIL_USAGE (self));

  gtk_widget_set_visible (GTK_WIDGET (self), view != NULL);
  if (!view)
    return;
  show_counts (self, view->reading->facts);
  show_end (self, view);
  show_cost (self, view->exchange);
}
