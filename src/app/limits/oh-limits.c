/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-limits.h"

#include "oh-chart.h"
#include "oh-limits-card.h"
#include "oh-limits-data.h"
#include "oh-slow-loader.h"
#include "oh-short-table.h"
#include "oh-status-pill.h"

#include <glib/gi18n.h>
#include <math.h>

#define REFRESH_MS 1000
/* The chart moves on by itself. */
#define MOVE_ON_S 10
/* More points than that are not seen, and not walked through by keyboard. */
#define BINS 240
#define LINES_MAX 6
#define PILLS_MAX 4
#define ROW_HEIGHT 33
#define CARDS_ABREAST 4

enum
{
  COLUMN_TIME,
  COLUMN_CALL,
  COLUMN_ATTEMPTS,
  COLUMN_ASKED,
  COLUMN_WAITED,
  COLUMN_OUTCOME,
  N_COLUMNS
};

static const OhOverviewColumn retry_columns[N_COLUMNS] = {
  [COLUMN_TIME] = { N_ ("Time"), 8.5, 0, FALSE, 3 },
  [COLUMN_CALL] = { N_ ("Call"), 0, 0, TRUE, 0 },
  [COLUMN_ATTEMPTS] = { N_ ("Attempts"), 24, 0, FALSE, 0 },
  [COLUMN_ASKED] = { N_ ("Server asked"), 12, 1, FALSE, 1 },
  [COLUMN_WAITED] = { N_ ("Client waited"), 22, 0, FALSE, 2 },
  [COLUMN_OUTCOME] = { N_ ("Outcome"), 21, 0, FALSE, 0 },
};

struct _OhLimits
{
  AdwBin parent_instance;

  GtkStack *stack;
  GtkScrolledWindow *scrolled;
  GtkDropDown *key_drop_down;
  GtkFlowBox *cards;
  GtkLabel *chart_title;
  GtkToggleButton *quarter;
  GtkToggleButton *hour;
  GtkToggleButton *day;
  AdwBin *chart_bin;
  OhShortTable *retries;

  OhChart *chart;
  OhSlowLoader *loader;
  OhLimitsData *data;
  gboolean filling;        /* the drop-down is changed by us */
  gboolean key_chosen;     /* by the user, who keeps it */
  guint tick_source;
  guint ticks;
};

static void oh_limits_pane_init (OhPaneInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhLimits, oh_limits, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PANE, oh_limits_pane_init))

/* ---- what is asked for ---- */

static gint64
get_span (OhLimits *self)
{
  if (gtk_toggle_button_get_active (self->day))
    return 24 * 3600 * OH_NS_PER_S;
  if (gtk_toggle_button_get_active (self->hour))
    return 3600 * OH_NS_PER_S;
  return 15 * 60 * OH_NS_PER_S;
}

static const OhLimitsKey *
get_key (OhLimits *self)
{
  guint position = gtk_drop_down_get_selected (self->key_drop_down);

  if (self->data == NULL || self->data->keys->len == 0)
    return NULL;
  return g_ptr_array_index (self->data->keys, position < self->data->keys->len ? position : self->data->key);
}

static gpointer
ask (GtkWidget *widget)
{
  OhLimits *self = OH_LIMITS (widget);
  OhLimitsQuestion *question = g_new0 (OhLimitsQuestion, 1);
  const OhLimitsKey *key = self->key_chosen ? get_key (self) : NULL;

  question->span_ns = get_span (self);
  question->any_key = key == NULL;
  if (key != NULL)
    {
      question->hash = g_strdup (key->hash);
      question->organization = g_strdup (key->organization);
    }
  return question;
}

static gpointer
load (OhStoreReader *reader, gpointer question)
{
  return oh_limits_data_load (reader, question);
}

/* ---- keys ---- */

/* The list is made anew only if it changed: the user may have it open. */
static void
show_keys (OhLimits *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  GListModel *shown = gtk_drop_down_get_model (self->key_drop_down);
  gboolean same = shown != NULL && g_list_model_get_n_items (shown) == self->data->keys->len;

  for (guint i = 0; i < self->data->keys->len; i++)
    {
      g_autofree char *words = oh_limits_get_key_words (g_ptr_array_index (self->data->keys, i));

      gtk_string_list_append (names, words);
      same = same && g_strcmp0 (gtk_string_list_get_string (GTK_STRING_LIST (shown), i), words) == 0;
    }
  self->filling = TRUE;
  if (!same)
    gtk_drop_down_set_model (self->key_drop_down, G_LIST_MODEL (names));
  gtk_drop_down_set_selected (self->key_drop_down, self->data->key);
  self->filling = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self->key_drop_down), self->data->keys->len > 1);
}

static void
on_key_chosen (OhLimits *self)
{
  if (self->filling)
    return;
  self->key_chosen = TRUE;
  oh_slow_loader_restart (self->loader);
}

/* ---- cards ---- */

static OhLimitsCard *
get_card (OhLimits *self, guint index)
{
  GtkFlowBoxChild *child = gtk_flow_box_get_child_at_index (self->cards, (int) index);

  return child == NULL ? NULL : OH_LIMITS_CARD (gtk_flow_box_child_get_child (child));
}

static void
show_cards (OhLimits *self)
{
  GtkFlowBoxChild *child;

  for (guint i = 0; i < self->data->buckets->len; i++)
    {
      OhLimitsCard *card = get_card (self, i);

      if (card == NULL)
        {
          card = OH_LIMITS_CARD (oh_limits_card_new ());
          gtk_flow_box_append (self->cards, GTK_WIDGET (card));
          gtk_widget_set_focusable (gtk_widget_get_parent (GTK_WIDGET (card)), FALSE);
        }
      oh_limits_card_set (card, g_ptr_array_index (self->data->buckets, i));
    }
  while ((child = gtk_flow_box_get_child_at_index (self->cards, (int) self->data->buckets->len)) != NULL)
    gtk_flow_box_remove (self->cards, GTK_WIDGET (child));
  gtk_flow_box_set_max_children_per_line (self->cards, CLAMP (self->data->buckets->len, 1, CARDS_ABREAST));
  gtk_widget_set_visible (GTK_WIDGET (self->cards), self->data->buckets->len > 0);
}

/* ---- the chart ---- */

static char *
format_percent (double value)
{
  return oh_format_percent (value, 0);
}

static char *
format_clock (gint64 wall_ns, gboolean seconds)
{
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_local (wall_ns / OH_NS_PER_S);

  return g_date_time_format (when, seconds ? "%H:%M:%S" : "%H:%M");
}

static const char *
say_span (OhLimits *self)
{
  if (gtk_toggle_button_get_active (self->day))
    return _ ("Left over the last 24 hours");
  if (gtk_toggle_button_get_active (self->hour))
    return _ ("Left over the last hour");
  return _ ("Left over the last 15 minutes");
}

/* @values: (out): what was least left in each bin, in percent; NAN: nothing was told
 * @times: (inout): when, by bin
 * Returns: the most that was ever used */
static double
put_into_bins (OhLimits *self, GPtrArray *samples, double *values, gint64 *times)
{
  gint64 span = MAX (self->data->now_ns - self->data->since_ns, 1);
  double most = 0;

  for (guint i = 0; i < BINS; i++)
    values[i] = NAN;
  for (guint i = 0; i < samples->len; i++)
    {
      const OhLimit *limit = g_ptr_array_index (samples, i);
      gint64 bin = (limit->at_ns - self->data->since_ns) / (span / BINS + 1);
      double left = CLAMP (1 - limit->utilization, 0, 1) * 100;

      if (isnan (limit->utilization) || bin < 0 || bin >= BINS)
        continue;
      values[bin] = isnan (values[bin]) ? left : MIN (values[bin], left);
      times[bin] = MAX (times[bin], limit->at_ns);
      most = MAX (most, limit->utilization);
    }
  return most;
}

typedef struct
{
  const char *title;
  double values[BINS];
  double most;
  gboolean shown;
} Line;

/* Where there are many buckets, the lines of the fullest are those people look for. */
static void
choose_lines (Line *lines, guint n)
{
  for (guint turn = 0; turn < MIN (n, LINES_MAX); turn++)
    {
      Line *fullest = NULL;

      for (guint i = 0; i < n; i++)
        if (!lines[i].shown && (fullest == NULL || lines[i].most > fullest->most))
          fullest = &lines[i];
      fullest->shown = TRUE;
    }
}

static void
add_lines (OhLimits *self)
{
  guint n = self->data->buckets->len;
  g_autofree Line *lines = g_new0 (Line, n + 1);
  gint64 times[BINS] = { 0 };
  guint n_positions = 0;

  for (guint i = 0; i < n; i++)
    {
      const OhLimitsBucket *bucket = g_ptr_array_index (self->data->buckets, i);

      lines[i].title = bucket->title;
      lines[i].most = put_into_bins (self, bucket->samples, lines[i].values, times);
    }
  choose_lines (lines, n);
  for (guint bin = 0; bin < BINS; bin++)
    if (times[bin] > 0)
      {
        g_autofree char *label = format_clock (times[bin], TRUE);

        oh_chart_add_position (self->chart, (double) (times[bin] - self->data->since_ns), label);
        for (guint i = 0; i < n; i++)
          lines[i].values[n_positions] = lines[i].values[bin];
        n_positions++;
      }
  for (guint i = 0; i < n && n_positions > 0; i++)
    if (lines[i].shown)
      oh_chart_add_series (self->chart, lines[i].title, lines[i].values);
}

typedef struct
{
  gint64 at_ns;
  gint64 retry_after_ns;
} Refusal;

static int
compare_refusals (gconstpointer a, gconstpointer b)
{
  const Refusal *x = a;
  const Refusal *y = b;

  return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

static void
add_refusal (GArray *refusals, GHashTable *seen, gint64 exchange_id, gint64 at_ns, gint64 retry_after_ns)
{
  Refusal refusal = { at_ns, retry_after_ns };
  gint64 *id = g_memdup2 (&exchange_id, sizeof exchange_id);

  if (g_hash_table_add (seen, id))
    g_array_append_val (refusals, refusal);
}

/* A 429 is told by an answer with limits, or by a call that was retried; or by both. */
static void
add_marks (OhLimits *self)
{
  g_autoptr (GArray) refusals = g_array_new (FALSE, FALSE, sizeof (Refusal));
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < self->data->buckets->len; i++)
    {
      const OhLimitsBucket *bucket = g_ptr_array_index (self->data->buckets, i);

      for (guint j = 0; j < bucket->samples->len; j++)
        {
          const OhLimit *limit = g_ptr_array_index (bucket->samples, j);

          if (limit->http_status == 429)
            add_refusal (refusals, seen, limit->exchange_id, limit->at_ns, limit->retry_after_ns);
        }
    }
  for (guint i = 0; i < self->data->retries->len; i++)
    {
      const OhLimitsRetry *retry = g_ptr_array_index (self->data->retries, i);

      for (guint j = 0; j < retry->attempts->len; j++)
        {
          const OhExchange *attempt = g_ptr_array_index (retry->attempts, j);
          const OhExchange *next = j + 1 < retry->attempts->len ? g_ptr_array_index (retry->attempts, j + 1) : NULL;

          if (attempt->status == 429 && attempt->started_ns >= self->data->since_ns)
            add_refusal (refusals, seen, attempt->id, attempt->started_ns,
                         next != NULL && next->place != NULL ? next->place->asked_wait_ns : -1);
        }
    }
  g_array_sort (refusals, compare_refusals);
  for (guint i = 0; i < refusals->len; i++)
    {
      const Refusal *refusal = &g_array_index (refusals, Refusal, i);
      g_autofree char *wait = oh_limits_format_countdown (refusal->retry_after_ns);
      g_autofree char *label = refusal->retry_after_ns >= 0 ? g_strdup_printf ("429 · retry-after %s", wait)
                                                            : g_strdup ("429");

      oh_chart_add_mark (self->chart, (double) (refusal->at_ns - self->data->since_ns), label);
    }
}

static void
show_chart (OhLimits *self)
{
  g_autofree char *from = format_clock (self->data->since_ns, FALSE);
  g_autofree char *to = format_clock (self->data->now_ns, FALSE);

  gtk_label_set_label (self->chart_title, say_span (self));
  oh_chart_set_title (self->chart, say_span (self));
  oh_chart_clear (self->chart);
  oh_chart_set_range (self->chart, 0, (double) (self->data->now_ns - self->data->since_ns), from, to);
  add_lines (self);
  add_marks (self);
}

/* ---- retries ---- */

static GtkWidget *
make_pills (const OhLimitsRetry *retry)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  guint n = retry->attempts->len;

  for (guint i = 0; i < n; i++)
    {
      GtkWidget *pill;
      OhStatusKind kind;
      g_autofree char *status = NULL;

      /* The first tell how it began, the last how it ended. */
      if (n > PILLS_MAX && i == PILLS_MAX - 2)
        {
          g_autofree char *more = g_strdup_printf ("+%u", n - PILLS_MAX + 1);

          gtk_box_append (GTK_BOX (box), gtk_label_new (more));
          i = n - 2;
          continue;
        }
      status = oh_words_status (g_ptr_array_index (retry->attempts, i), &kind);
      pill = oh_status_pill_new ();
      oh_status_pill_set (OH_STATUS_PILL (pill), kind, status);
      gtk_box_append (GTK_BOX (box), pill);
    }
  gtk_widget_set_overflow (box, GTK_OVERFLOW_HIDDEN);
  return box;
}

static char *
say_statuses (const OhLimitsRetry *retry)
{
  GString *words = g_string_new (NULL);

  for (guint i = 0; i < retry->attempts->len; i++)
    {
      OhStatusKind kind;
      g_autofree char *status = oh_words_status (g_ptr_array_index (retry->attempts, i), &kind);

      g_string_append_printf (words, "%s%s", i > 0 ? " " : "", status);
    }
  return g_string_free (words, FALSE);
}

static void
add_time (GString *words, gint64 ns)
{
  g_autofree char *time = oh_format_duration (ns);

  if (words->len > 0)
    g_string_append (words, ", ");
  g_string_append (words, time);
}

/* "2.0 s" where it was asked the same each time. */
static char *
say_asked (const OhLimitsRetry *retry)
{
  GString *words = g_string_new (NULL);
  gint64 last = -1;

  for (guint i = 0; i < retry->attempts->len; i++)
    {
      const OhPlace *place = ((OhExchange *) g_ptr_array_index (retry->attempts, i))->place;

      if (place == NULL || place->asked_wait_ns < 0 || place->asked_wait_ns == last)
        continue;
      last = place->asked_wait_ns;
      add_time (words, last);
    }
  if (words->len == 0)
    g_string_append (words, "–");
  return g_string_free (words, FALSE);
}

static char *
say_waited (const OhLimitsRetry *retry, gboolean *too_early)
{
  GString *words = g_string_new (NULL);

  *too_early = FALSE;
  for (guint i = 0; i < retry->attempts->len; i++)
    {
      const OhPlace *place = ((OhExchange *) g_ptr_array_index (retry->attempts, i))->place;

      if (place == NULL || place->waited_ns < 0)
        continue;
      add_time (words, place->waited_ns);
      *too_early = *too_early || place->too_early;
    }
  if (*too_early)
    g_string_append_printf (words, ": %s", _ ("too early"));
  return g_string_free (words, FALSE);
}

static char *
say_outcome (const OhLimitsRetry *retry, gboolean *good)
{
  const OhExchange *first = g_ptr_array_index (retry->attempts, 0);
  const OhExchange *last = g_ptr_array_index (retry->attempts, retry->attempts->len - 1);
  g_autofree char *took = NULL;

  *good = TRUE;
  if (last->outcome == OH_OUTCOME_PENDING)
    return g_strdup (_ ("still trying"));
  if (last->outcome == OH_OUTCOME_FINISHED && last->status < 400)
    {
      took = oh_format_duration (last->started_ns + MAX (last->timings.ended, 0) - first->started_ns);
      return g_strdup_printf (_ ("recovered after %s"), took);
    }
  *good = FALSE;
  if (last->outcome == OH_OUTCOME_FINISHED)
    return g_strdup (_ ("gave up"));
  return oh_words_ended (last);
}

static void
show_retry (OhLimits *self, const OhLimitsRetry *retry)
{
  const OhExchange *first = g_ptr_array_index (retry->attempts, 0);
  gboolean too_early, good;
  g_autofree char *time = format_clock (first->started_ns, TRUE);
  g_autofree char *statuses = say_statuses (retry);
  g_autofree char *asked = say_asked (retry);
  g_autofree char *waited = say_waited (retry, &too_early);
  g_autofree char *outcome = say_outcome (retry, &good);
  g_autofree char *sentence = g_strdup_printf (_ ("%s, %s, attempts %s, server asked to wait %s, client waited %s, %s"),
                                               time, retry->name, statuses, asked, waited, outcome);

  oh_short_table_add_row (self->retries, first->id, sentence);
  oh_short_table_set_text (self->retries, COLUMN_TIME, time, "dim-label");
  oh_short_table_set_text (self->retries, COLUMN_CALL, retry->name, NULL);
  oh_short_table_set_widget (self->retries, COLUMN_ATTEMPTS, make_pills (retry));
  oh_short_table_set_text (self->retries, COLUMN_ASKED, asked, NULL);
  oh_short_table_set_text (self->retries, COLUMN_WAITED, waited, too_early ? "error" : NULL);
  oh_short_table_set_text (self->retries, COLUMN_OUTCOME, outcome, good ? NULL : "error");
}

static void
show_retries (OhLimits *self)
{
  oh_short_table_begin (self->retries);
  for (guint i = 0; i < self->data->retries->len; i++)
    show_retry (self, g_ptr_array_index (self->data->retries, i));
  oh_short_table_end (self->retries);
}

/* The attempt that ended the call says most about it. */
static void
on_retry_activated (OhLimits *self, gint64 id)
{
  for (guint i = 0; i < self->data->retries->len; i++)
    {
      const OhLimitsRetry *retry = g_ptr_array_index (self->data->retries, i);
      const OhExchange *first = g_ptr_array_index (retry->attempts, 0);
      const OhExchange *last = g_ptr_array_index (retry->attempts, retry->attempts->len - 1);

      if (first->id == id)
        oh_pane_emit_opened (OH_PANE (self), last->id);
    }
}

/* ---- */

static void
show (GtkWidget *widget, gpointer answer)
{
  OhLimits *self = OH_LIMITS (widget);
  gboolean empty;

  g_clear_pointer (&self->data, oh_limits_data_free);
  self->data = answer;
  empty = self->data->keys->len == 0 && self->data->retries->len == 0;
  gtk_stack_set_visible_child_name (self->stack, empty ? "nothing" : "limits");
  show_keys (self);
  show_cards (self);
  show_chart (self);
  show_retries (self);
  oh_pane_emit_summary_changed (OH_PANE (self));
}

static const OhOverviewLoad functions = {
  .ask = ask,
  .load = load,
  .show = show,
  .free_question = (GDestroyNotify) oh_limits_question_free,
  .free_answer = (GDestroyNotify) oh_limits_data_free,
};

static void
on_range_chosen (OhLimits *self, GtkToggleButton *button)
{
  if (gtk_toggle_button_get_active (button))
    oh_slow_loader_restart (self->loader);
}

static gboolean
tick (gpointer data)
{
  OhLimits *self = data;
  OhLimitsCard *card;

  for (guint i = 0; (card = get_card (self, i)) != NULL; i++)
    oh_limits_card_tick (card);
  if (++self->ticks % MOVE_ON_S == 0)
    oh_slow_loader_request (self->loader);
  return G_SOURCE_CONTINUE;
}

static void
oh_limits_map (GtkWidget *widget)
{
  OhLimits *self = OH_LIMITS (widget);

  GTK_WIDGET_CLASS (oh_limits_parent_class)->map (widget);
  self->tick_source = g_timeout_add_seconds (1, tick, self);
  tick (self);
  oh_slow_loader_request (self->loader);
}

static void
oh_limits_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&OH_LIMITS (widget)->tick_source, g_source_remove);
  GTK_WIDGET_CLASS (oh_limits_parent_class)->unmap (widget);
}

static void
oh_limits_dispose (GObject *object)
{
  OhLimits *self = OH_LIMITS (object);

  g_clear_handle_id (&self->tick_source, g_source_remove);
  g_clear_object (&self->loader);
  g_clear_pointer (&self->data, oh_limits_data_free);
  G_OBJECT_CLASS (oh_limits_parent_class)->dispose (object);
}

static void
oh_limits_class_init (OhLimitsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_limits_dispose;
  widget_class->map = oh_limits_map;
  widget_class->unmap = oh_limits_unmap;
  g_type_ensure (OH_TYPE_SHORT_TABLE);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-limits.ui");
  gtk_widget_class_bind_template_child (widget_class, OhLimits, stack);
  gtk_widget_class_bind_template_child (widget_class, OhLimits, scrolled);
  gtk_widget_class_bind_template_child (widget_class, OhLimits, key_drop_down);
  gtk_widget_class_bind_template_child (widget_class, OhLimits, cards);
  gtk_widget_class_bind_template_child (widget_class, OhLimits, chart_title);
  gtk_widget_class_bind_template_child (widget_class, OhLimits, quarter);
  gtk_widget_class_bind_template_child (widget_class, OhLimits, hour);
  gtk_widget_class_bind_template_child (widget_class, OhLimits, day);
  gtk_widget_class_bind_template_child (widget_class, OhLimits, chart_bin);
  gtk_widget_class_bind_template_child (widget_class, OhLimits, retries);
  gtk_widget_class_bind_template_callback (widget_class, on_key_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_range_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_retry_activated);
}

static void
oh_limits_init (OhLimits *self)
{
  self->filling = TRUE;
  self->loader = oh_slow_loader_new (GTK_WIDGET (self), &functions, REFRESH_MS);
  gtk_widget_init_template (GTK_WIDGET (self));
  self->filling = FALSE;
  self->chart = OH_CHART (oh_chart_new (OH_CHART_LINES, _ ("Left over the last 15 minutes"), format_percent, format_percent));
  oh_chart_set_maximum (self->chart, 100);
  adw_bin_set_child (self->chart_bin, GTK_WIDGET (self->chart));
  oh_short_table_set_columns (self->retries, retry_columns, N_COLUMNS, _ ("Retries"),
                                 _ ("No call was retried in this time."));
}

/* ---- OhPane ---- */

static void
oh_limits_set_engine (OhPane *pane, OhEngine *engine)
{
  OhLimits *self = OH_LIMITS (pane);

  gtk_stack_set_visible_child_name (self->stack, "loading");
  oh_slow_loader_set_data_dir (self->loader, engine == NULL ? NULL : oh_engine_get_data_dir (engine));
}

static void
oh_limits_update (OhPane *pane)
{
  oh_slow_loader_request (OH_LIMITS (pane)->loader);
}

static gboolean
oh_limits_move (OhPane *pane, int rows)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (OH_LIMITS (pane)->scrolled);

  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + rows * ROW_HEIGHT);
  return FALSE;
}

static void
oh_limits_go_to_newest (OhPane *pane)
{
  gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (OH_LIMITS (pane)->scrolled), 0);
}

static char *
oh_limits_dup_summary (OhPane *pane)
{
  const OhLimitsKey *key = get_key (OH_LIMITS (pane));
  g_autofree char *words = NULL;

  if (key == NULL)
    return g_strdup (_ ("Rate limits"));
  words = oh_limits_get_key_words (key);
  return g_strdup_printf (_ ("Rate limits · %s"), words);
}

static void
oh_limits_pane_init (OhPaneInterface *iface)
{
  iface->set_engine = oh_limits_set_engine;
  iface->update = oh_limits_update;
  iface->reload = oh_limits_update;
  iface->move = oh_limits_move;
  iface->go_to_newest = oh_limits_go_to_newest;
  iface->dup_summary = oh_limits_dup_summary;
  iface->whole = TRUE;
}
