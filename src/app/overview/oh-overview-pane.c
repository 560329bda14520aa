/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-overview-pane.h"

#include "oh-chart.h"
#include "oh-overview-data.h"
#include "oh-overview-findings.h"
#include "oh-slow-loader.h"
#include "oh-short-table.h"
#include "oh-responsive-bin.h"

#include <glib/gi18n.h>
#include <math.h>

/* It may take long over a large store, and nobody reads faster. */
#define REFRESH_MS 2000
#define ROW_HEIGHT 33
#define FINDINGS_WIDTH 320

enum
{
  COLUMN_TRACE,
  COLUMN_WHOSE,
  COLUMN_CALLS,
  COLUMN_TOKENS,
  COLUMN_TOOK,
  COLUMN_COST,
  N_COLUMNS
};

static const OhOverviewColumn trace_columns[N_COLUMNS] = {
  [COLUMN_TRACE] = { N_ ("Trace"), 0, 0, TRUE, 0 },
  [COLUMN_WHOSE] = { N_ ("Session"), 24, 0, FALSE, 1 },
  [COLUMN_CALLS] = { N_ ("Calls"), 7, 1, FALSE, 4 },
  [COLUMN_TOKENS] = { N_ ("Tokens"), 11, 1, FALSE, 2 },
  [COLUMN_TOOK] = { N_ ("Took"), 11, 1, FALSE, 3 },
  [COLUMN_COST] = { N_ ("Cost"), 10, 1, FALSE, 0 },
};

struct _OhOverviewPane
{
  AdwBin parent_instance;

  OhResponsiveBin *responsive;
  GtkScrolledWindow *scrolled;
  GtkToggleButton *today;
  GtkToggleButton *day;
  GtkToggleButton *week;
  GtkLabel *as_of;
  GtkFlowBox *cards;
  GtkBox *middle;
  GtkWidget *calls_card;
  GtkWidget *cost_card;
  GtkWidget *ttft_card;
  GtkWidget *cache_card;
  GtkWidget *errors_card;
  GtkLabel *calls;
  GtkLabel *calls_more;
  GtkLabel *cost;
  GtkLabel *cost_more;
  GtkLabel *ttft;
  GtkLabel *ttft_more;
  GtkLabel *cache;
  GtkLabel *cache_more;
  GtkLabel *errors;
  GtkLabel *errors_more;
  GtkLabel *cost_title;
  GtkLabel *tokens_title;
  AdwBin *cost_bin;
  AdwBin *tokens_bin;
  OhOverviewFindings *findings;
  OhShortTable *traces;

  OhChart *cost_chart;
  OhChart *tokens_chart;
  OhSlowLoader *loader;
  OhEngine *engine;
  gboolean with_muted;
};

static void oh_overview_pane_pane_init (OhPaneInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhOverviewPane, oh_overview_pane, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PANE, oh_overview_pane_pane_init))

/* ---- what is asked for ---- */

static OhOverviewRange
get_range (OhOverviewPane *self)
{
  if (gtk_toggle_button_get_active (self->today))
    return OH_OVERVIEW_TODAY;
  if (gtk_toggle_button_get_active (self->day))
    return OH_OVERVIEW_DAY;
  return gtk_toggle_button_get_active (self->week) ? OH_OVERVIEW_WEEK : OH_OVERVIEW_ALL;
}

static gpointer
ask (GtkWidget *widget)
{
  OhOverviewPane *self = OH_OVERVIEW_PANE (widget);
  OhOverviewQuestion *question = g_new0 (OhOverviewQuestion, 1);

  question->range = get_range (self);
  question->with_muted = self->with_muted;
  question->data_dir = g_strdup (oh_engine_get_data_dir (self->engine));
  return question;
}

static gpointer
load (OhStoreReader *reader, gpointer question)
{
  return oh_overview_data_load (reader, question);
}

/* ---- cards ---- */

static void
name_card (GtkWidget *card, const char *title, GtkLabel *number, GtkLabel *more)
{
  g_autofree char *sentence = g_strdup_printf ("%s: %s, %s", title, gtk_label_get_label (number),
                                               gtk_label_get_label (more));

  gtk_accessible_update_property (GTK_ACCESSIBLE (card), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
}

static char *
format_percent (double share)
{
  double percent = share * 100;

  return oh_format_percent (percent, percent > 0 && percent < 9.95 ? 1 : 0);
}

static void
show_calls (OhOverviewPane *self, const OhSums *sums)
{
  g_autofree char *calls = oh_format_count (sums->calls);
  g_autofree char *retried = oh_format_count (sums->retried);
  g_autofree char *failed = oh_format_count (sums->failed);
  g_autofree char *cut = oh_format_count (sums->cut);
  g_autofree char *more = g_strdup_printf (_ ("%s retried · %s failed · %s cut"), retried, failed, cut);

  gtk_label_set_label (self->calls, calls);
  gtk_label_set_label (self->calls_more, more);
  name_card (self->calls_card, _ ("Calls"), self->calls, self->calls_more);
}

/* What is not known is told, and never counted as free. */
static void
show_cost (OhOverviewPane *self, const OhSums *sums)
{
  gint64 priced = sums->calls - sums->unpriced;
  g_autofree char *cost = oh_format_cost (priced > 0 ? sums->cost : NAN, sums->approximate > 0);
  g_autoptr (GString) more = g_string_new (NULL);

  if (priced > 0)
    {
      g_autofree char *each = oh_format_cost (sums->cost / (double) priced, sums->approximate > 0);

      g_string_append_printf (more, _ ("%s a call"), each);
    }
  if (priced > 0 && sums->saved > 0)
    {
      g_autofree char *share = format_percent (sums->saved / (sums->cost + sums->saved));

      g_string_append (more, " · ");
      g_string_append_printf (more, _ ("%s saved by caching"), share);
    }
  if (sums->unpriced > 0)
    {
      g_autofree char *count = oh_format_count (sums->unpriced);

      if (more->len > 0)
        g_string_append_c (more, ' ');
      g_string_append_printf (more, _ ("+ %s of unknown price"), count);
    }
  gtk_label_set_label (self->cost, cost);
  gtk_label_set_label (self->cost_more, more->str);
  name_card (self->cost_card, _ ("Cost"), self->cost, self->cost_more);
}

static void
show_ttft (OhOverviewPane *self, const OhOverview *overview)
{
  g_autofree char *p50 = oh_format_duration (overview->ttft_p50_ns);
  g_autofree char *p95 = oh_format_duration (overview->ttft_p95_ns);
  g_autofree char *took = oh_format_duration (overview->duration_p50_ns);
  g_autofree char *more = NULL;

  if (overview->ttft_p50_ns >= 0)
    more = g_strdup_printf (_ ("p95 %s · whole answer %s"), p95, took);
  else
    more = overview->duration_p50_ns >= 0 ? g_strdup_printf (_ ("whole answer %s"), took) : g_strdup ("");
  gtk_label_set_label (self->ttft, p50);
  gtk_label_set_label (self->ttft_more, more);
  gtk_widget_set_tooltip_text (self->ttft_card, _ ("Half of all calls were faster (p50); 95 % were faster than p95"));
  name_card (self->ttft_card, _ ("Time to first token"), self->ttft, self->ttft_more);
}

static void
show_cache (OhOverviewPane *self, const OhSums *sums)
{
  g_autofree char *share = sums->input_tokens <= 0
                               ? g_strdup ("–")
                               : format_percent ((double) sums->cache_read_tokens / (double) sums->input_tokens);

  gtk_label_set_label (self->cache, share);
  gtk_label_set_label (self->cache_more, _ ("of input tokens read from cache"));
  name_card (self->cache_card, _ ("Cache hits"), self->cache, self->cache_more);
}

static void
show_errors (OhOverviewPane *self, const OhSums *sums)
{
  gint64 errors = sums->failed + sums->cut;
  g_autofree char *share = sums->calls <= 0 ? g_strdup ("–") : format_percent ((double) errors / (double) sums->calls);
  g_autofree char *count = oh_format_count (errors);
  g_autofree char *calls = oh_format_count (sums->calls);
  g_autofree char *more = g_strdup_printf (_ ("%s of %s calls failed or were cut"), count, calls);

  gtk_label_set_label (self->errors, share);
  gtk_label_set_label (self->errors_more, more);
  name_card (self->errors_card, _ ("Errors"), self->errors, self->errors_more);
}

/* ---- charts ---- */

static char *
format_dollars (double value)
{
  return oh_format_cost (value, FALSE);
}

static char *
format_tokens (double value)
{
  return oh_format_count ((gint64) value);
}

static char *
name_column (const OhOverviewData *data, guint column)
{
  gint64 at_ns = data->from_ns + (gint64) column * data->step_ns;
  /* Noon, so that a day of 23 or 25 hours does not move the ones after it to the day before. */
  gint64 inside_ns = at_ns + (data->step == OH_OVERVIEW_BY_HOUR ? 0 : 12 * 3600 * OH_NS_PER_S);
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_local (inside_ns / OH_NS_PER_S);

  return g_date_time_format (when, data->step == OH_OVERVIEW_BY_HOUR ? "%H:00" : "%e %b");
}

static void
begin_columns (OhChart *chart, const OhOverviewData *data)
{
  oh_chart_clear (chart);
  for (guint i = 0; i < data->n_columns; i++)
    {
      g_autofree char *name = name_column (data, i);

      oh_chart_add_position (chart, i, g_strchug (name));
    }
}

static void
set_chart_titles (OhOverviewPane *self, OhOverviewStep step)
{
  static const struct
  {
    const char *cost;
    const char *tokens;
  } titles[] = {
    [OH_OVERVIEW_BY_HOUR] = { N_ ("Cost by hour"), N_ ("Tokens by hour") },
    [OH_OVERVIEW_BY_DAY] = { N_ ("Cost by day"), N_ ("Tokens by day") },
    [OH_OVERVIEW_BY_WEEK] = { N_ ("Cost by week"), N_ ("Tokens by week") },
    [OH_OVERVIEW_BY_MONTH] = { N_ ("Cost by 30 days"), N_ ("Tokens by 30 days") },
  };

  gtk_label_set_label (self->cost_title, _ (titles[step].cost));
  gtk_label_set_label (self->tokens_title, _ (titles[step].tokens));
  oh_chart_set_title (self->cost_chart, _ (titles[step].cost));
  oh_chart_set_title (self->tokens_chart, _ (titles[step].tokens));
}

static void
show_charts (OhOverviewPane *self, const OhOverviewData *data)
{
  set_chart_titles (self, data->step);
  begin_columns (self->cost_chart, data);
  for (guint i = 0; i < data->models->len; i++)
    {
      const OhOverviewModel *model = g_ptr_array_index (data->models, i);

      oh_chart_add_series (self->cost_chart, model->name, (const double *) model->costs->data);
    }
  begin_columns (self->tokens_chart, data);
  if (data->n_columns == 0)
    return;
  oh_chart_add_series (self->tokens_chart, _ ("read from cache"), (const double *) data->cache_tokens->data);
  oh_chart_add_series (self->tokens_chart, _ ("other input"), (const double *) data->fresh_tokens->data);
  oh_chart_add_series (self->tokens_chart, _ ("output"), (const double *) data->output_tokens->data);
}

/* ---- traces ---- */

static void
show_trace (OhOverviewPane *self, const OhTrace *trace)
{
  const OhSums *sums = &trace->sums;
  const char *name = trace->name != NULL ? trace->name : _ ("Trace");
  g_autofree char *whose = g_strjoin (trace->session != NULL && trace->user != NULL ? " · " : "",
                                      trace->session != NULL ? trace->session : "",
                                      trace->user != NULL ? trace->user : "", NULL);
  g_autofree char *calls = oh_format_count (sums->calls);
  g_autofree char *tokens = oh_format_tokens (sums->input_tokens + sums->output_tokens, sums->estimated > 0);
  g_autofree char *took = trace->running ? g_strdup (_ ("running"))
                                         : oh_format_duration (trace->ended_ns - trace->started_ns);
  gboolean priced = sums->unpriced < sums->calls;
  g_autofree char *known = oh_format_cost (priced ? sums->cost : NAN, sums->approximate > 0);
  g_autofree char *cost = priced && sums->unpriced > 0 ? g_strdup_printf ("%s + ?", known) : g_strdup (known);
  g_autofree char *sentence = g_strdup_printf (_ ("%s, %s, calls %s, tokens %s, took %s, cost %s"), name, whose, calls,
                                               tokens, took, priced ? cost : _ ("unknown"));

  oh_short_table_add_row (self->traces, trace->id, sentence);
  oh_short_table_set_tooltip (self->traces, sums->unpriced > 0 ? _ ("The price of a model is not known") : NULL);
  oh_short_table_set_text (self->traces, COLUMN_TRACE, name, NULL);
  oh_short_table_set_text (self->traces, COLUMN_WHOSE, whose, "dim-label");
  oh_short_table_set_text (self->traces, COLUMN_CALLS, calls, "dim-label");
  oh_short_table_set_text (self->traces, COLUMN_TOKENS, tokens, "dim-label");
  oh_short_table_set_text (self->traces, COLUMN_TOOK, took, "dim-label");
  oh_short_table_set_text (self->traces, COLUMN_COST, cost, NULL);
}

static void
show_traces (OhOverviewPane *self, GPtrArray *traces)
{
  oh_short_table_begin (self->traces);
  for (guint i = 0; i < traces->len; i++)
    show_trace (self, g_ptr_array_index (traces, i));
  oh_short_table_end (self->traces);
}

/* ---- */

static void
show (GtkWidget *widget, gpointer answer)
{
  OhOverviewPane *self = OH_OVERVIEW_PANE (widget);
  OhOverviewData *data = answer;
  g_autofree char *as_of = data->prices_as_of == NULL ? NULL : g_strdup_printf (_ ("prices as of %s"), data->prices_as_of);

  show_calls (self, &data->sums->sums);
  show_cost (self, &data->sums->sums);
  show_ttft (self, data->sums);
  show_cache (self, &data->sums->sums);
  show_errors (self, &data->sums->sums);
  show_charts (self, data);
  oh_overview_findings_set (self->findings, data->findings, data->n_muted);
  show_traces (self, data->traces);
  gtk_label_set_label (self->as_of, as_of != NULL ? as_of : "");
  oh_overview_data_free (data);
}

static const OhOverviewLoad functions = {
  .ask = ask,
  .load = load,
  .show = show,
  .free_question = (GDestroyNotify) oh_overview_question_free,
  .free_answer = (GDestroyNotify) oh_overview_data_free,
};

static void
on_range_chosen (OhOverviewPane *self, GtkToggleButton *button)
{
  if (!gtk_toggle_button_get_active (button))
    return;
  oh_slow_loader_restart (self->loader);
  oh_pane_emit_summary_changed (OH_PANE (self));
}

/* Beside each other where there is room for both. */
static void
on_room_changed (OhOverviewPane *self)
{
  gboolean beside = oh_responsive_bin_get_room (self->responsive) >= OH_ROOM_BESIDE;

  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->middle),
                                  beside ? GTK_ORIENTATION_HORIZONTAL : GTK_ORIENTATION_VERTICAL);
  gtk_widget_set_size_request (GTK_WIDGET (self->findings), beside ? FINDINGS_WIDTH : -1, -1);
}

/* ---- what stands behind it ---- */

/* In its trace, where there is a pane for those. */
static void
go_to_exchange (OhOverviewPane *self, gint64 exchange_id)
{
  if (exchange_id != 0)
    gtk_widget_activate_action (GTK_WIDGET (self), "browser.show", "(sx)", "traces", exchange_id);
}

static void
on_trace_activated (OhOverviewPane *self, gint64 trace_id)
{
  go_to_exchange (self, oh_store_reader_get_first_call (oh_engine_get_reader (self->engine), trace_id));
}

static void
on_finding_activated (OhOverviewPane *self, OhNotice *notice)
{
  if (notice->exchange_ids->len > 0)
    go_to_exchange (self, g_array_index (notice->exchange_ids, gint64, notice->exchange_ids->len - 1));
}

static void
on_finding_muted (OhOverviewPane *self, gint64 notice_id, gboolean muted)
{
  oh_engine_set_muted (self->engine, notice_id, muted);
}

static void
on_show_muted (OhOverviewPane *self, gboolean with_muted)
{
  self->with_muted = with_muted;
  oh_slow_loader_restart (self->loader);
}

static void
oh_overview_pane_dispose (GObject *object)
{
  OhOverviewPane *self = OH_OVERVIEW_PANE (object);

  g_clear_object (&self->loader);
  G_OBJECT_CLASS (oh_overview_pane_parent_class)->dispose (object);
}

static void
bind_cards (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, calls_card);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, cost_card);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, ttft_card);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, cache_card);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, errors_card);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, calls);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, calls_more);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, cost);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, cost_more);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, ttft);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, ttft_more);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, cache);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, cache_more);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, errors);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, errors_more);
}

static void
oh_overview_pane_class_init (OhOverviewPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_overview_pane_dispose;
  g_type_ensure (OH_TYPE_OVERVIEW_FINDINGS);
  g_type_ensure (OH_TYPE_SHORT_TABLE);
  g_type_ensure (OH_TYPE_RESPONSIVE_BIN);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-overview-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, responsive);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, scrolled);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, today);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, day);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, week);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, as_of);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, cards);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, middle);
  bind_cards (widget_class);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, cost_title);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, tokens_title);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, cost_bin);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, tokens_bin);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, findings);
  gtk_widget_class_bind_template_child (widget_class, OhOverviewPane, traces);
  gtk_widget_class_bind_template_callback (widget_class, on_range_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_room_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_trace_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_finding_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_finding_muted);
  gtk_widget_class_bind_template_callback (widget_class, on_show_muted);
}

static void
oh_overview_pane_init (OhOverviewPane *self)
{
  GtkFlowBoxChild *card;

  self->loader = oh_slow_loader_new (GTK_WIDGET (self), &functions, REFRESH_MS);
  gtk_widget_init_template (GTK_WIDGET (self));
  for (int i = 0; (card = gtk_flow_box_get_child_at_index (self->cards, i)) != NULL; i++)
    gtk_widget_set_focusable (GTK_WIDGET (card), FALSE);
  self->cost_chart = OH_CHART (oh_chart_new (OH_CHART_COLUMNS, _ ("Cost by hour"), format_dollars, format_dollars));
  self->tokens_chart = OH_CHART (oh_chart_new (OH_CHART_COLUMNS, _ ("Tokens by hour"), format_tokens, oh_format_short));
  adw_bin_set_child (self->cost_bin, GTK_WIDGET (self->cost_chart));
  adw_bin_set_child (self->tokens_bin, GTK_WIDGET (self->tokens_chart));
  set_chart_titles (self, OH_OVERVIEW_BY_HOUR);
  oh_short_table_set_columns (self->traces, trace_columns, N_COLUMNS, _ ("Latest traces"),
                                 _ ("No calls in this time. Run a script, and what it costs stands here."));
  on_room_changed (self);
}

/* ---- OhPane ---- */

static void
oh_overview_pane_set_engine (OhPane *pane, OhEngine *engine)
{
  OhOverviewPane *self = OH_OVERVIEW_PANE (pane);

  self->engine = engine;
  oh_slow_loader_set_data_dir (self->loader, engine == NULL ? NULL : oh_engine_get_data_dir (engine));
}

static void
oh_overview_pane_update (OhPane *pane)
{
  oh_slow_loader_request (OH_OVERVIEW_PANE (pane)->loader);
}

static gboolean
oh_overview_pane_move (OhPane *pane, int rows)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (OH_OVERVIEW_PANE (pane)->scrolled);

  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + rows * ROW_HEIGHT);
  return FALSE;
}

static void
oh_overview_pane_go_to_newest (OhPane *pane)
{
  gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (OH_OVERVIEW_PANE (pane)->scrolled), 0);
}

static char *
oh_overview_pane_dup_summary (OhPane *pane)
{
  switch (get_range (OH_OVERVIEW_PANE (pane)))
    {
    case OH_OVERVIEW_TODAY:
      return g_strdup (_ ("Overview · today"));
    case OH_OVERVIEW_DAY:
      return g_strdup (_ ("Overview · the last 24 hours"));
    case OH_OVERVIEW_WEEK:
      return g_strdup (_ ("Overview · the last 7 days"));
    case OH_OVERVIEW_ALL:
    default:
      return g_strdup (_ ("Overview · all time"));
    }
}

static void
oh_overview_pane_pane_init (OhPaneInterface *iface)
{
  iface->set_engine = oh_overview_pane_set_engine;
  iface->update = oh_overview_pane_update;
  iface->reload = oh_overview_pane_update;
  iface->move = oh_overview_pane_move;
  iface->go_to_newest = oh_overview_pane_go_to_newest;
  iface->dup_summary = oh_overview_pane_dup_summary;
  iface->whole = TRUE;
}
