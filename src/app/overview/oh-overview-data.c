/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-overview-data.h"

#include "oh-cause.h"
#include "oh-words.h"

#include <glib/gi18n.h>

#define HOUR_NS (3600 * OH_NS_PER_S)
#define DAY_NS (24 * HOUR_NS)
#define COLUMNS_MAX 62
#define MODELS_MAX 5
#define NOTICES_MAX 300
#define FINDINGS_SHOWN 15
#define TRACES_SHOWN 12

static void
model_free (OhOverviewModel *model)
{
  g_free (model->name);
  g_array_unref (model->costs);
  g_free (model);
}

static void
finding_free (OhOverviewFinding *finding)
{
  oh_notice_unref (finding->notice);
  g_array_unref (finding->ids);
  g_free (finding);
}

/* ---- time ---- */

static gint64
get_local_midnight (gint64 wall_ns)
{
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (wall_ns / OH_NS_PER_S);
  g_autoptr (GDateTime) midnight = g_date_time_new_local (g_date_time_get_year (now), g_date_time_get_month (now),
                                                          g_date_time_get_day_of_month (now), 0, 0, 0);

  return oh_clock_from_date_time (midnight);
}

/* @to_ns: (out): a little later than now: clocks of other processes */
static void
choose_span (OhOverviewData *self, gint64 now_ns, gint64 *to_ns)
{
  gint64 midnight = get_local_midnight (now_ns);

  self->step = OH_OVERVIEW_BY_HOUR;
  self->step_ns = HOUR_NS;
  *to_ns = now_ns + HOUR_NS;
  switch (self->question->range)
    {
    case OH_OVERVIEW_TODAY:
      self->from_ns = midnight;
      self->n_columns = 24;
      break;

    case OH_OVERVIEW_DAY:
      self->from_ns = now_ns - (now_ns - midnight) % HOUR_NS - 23 * HOUR_NS;
      self->n_columns = 24;
      break;

    case OH_OVERVIEW_WEEK:
      self->step = OH_OVERVIEW_BY_DAY;
      self->step_ns = DAY_NS;
      self->from_ns = midnight - 6 * DAY_NS;
      self->n_columns = 7;
      break;

    case OH_OVERVIEW_ALL:
    default:
      self->step = OH_OVERVIEW_BY_DAY;
      self->step_ns = DAY_NS;
      self->from_ns = midnight - midnight / DAY_NS * DAY_NS;
      break;
    }
}

/* Everything has no beginning of its own: the columns begin with the first call, and get wider with the time. */
static void
fit_columns (OhOverviewData *self, gint64 now_ns)
{
  static const struct
  {
    OhOverviewStep step;
    gint64 ns;
  } steps[] = { { OH_OVERVIEW_BY_DAY, DAY_NS }, { OH_OVERVIEW_BY_WEEK, 7 * DAY_NS }, { OH_OVERVIEW_BY_MONTH, 30 * DAY_NS } };

  if (self->sums->slices->len == 0)
    return;
  self->from_ns = g_array_index (self->sums->slices, OhSlice, 0).start_ns;
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      self->step = steps[i].step;
      self->step_ns = steps[i].ns;
      self->n_columns = (guint) CLAMP ((now_ns - self->from_ns) / self->step_ns + 1, 1, 10 * COLUMNS_MAX);
      if (self->n_columns <= COLUMNS_MAX)
        break;
    }
}

/* ---- columns ---- */

static int
compare_models (gconstpointer a, gconstpointer b)
{
  const OhOverviewModel *x = *(OhOverviewModel *const *) a;
  const OhOverviewModel *y = *(OhOverviewModel *const *) b;

  if (x->cost != y->cost)
    return x->cost < y->cost ? 1 : -1;
  return g_strcmp0 (x->name, y->name);
}

static OhOverviewModel *
add_model (GPtrArray *models, const char *name, guint n_columns)
{
  OhOverviewModel *model = g_new0 (OhOverviewModel, 1);

  model->name = g_strdup (name);
  model->costs = g_array_sized_new (FALSE, TRUE, sizeof (double), n_columns);
  g_array_set_size (model->costs, n_columns);
  g_ptr_array_add (models, model);
  return model;
}

static OhOverviewModel *
ensure_model (GPtrArray *models, const char *name, guint n_columns)
{
  for (guint i = 0; i < models->len; i++)
    {
      OhOverviewModel *model = g_ptr_array_index (models, i);

      if (g_str_equal (model->name, name))
        return model;
    }
  return add_model (models, name, n_columns);
}

/* The dearest keep their names, the rest is one. */
static void
keep_largest (OhOverviewData *self)
{
  OhOverviewModel *others;

  g_ptr_array_sort (self->models, compare_models);
  if (self->models->len <= MODELS_MAX + 1)
    return;
  others = add_model (self->models, _ ("others"), self->n_columns);
  for (guint i = MODELS_MAX; i < self->models->len - 1; i++)
    {
      const OhOverviewModel *model = g_ptr_array_index (self->models, i);

      others->cost += model->cost;
      for (guint column = 0; column < self->n_columns; column++)
        g_array_index (others->costs, double, column) += g_array_index (model->costs, double, column);
    }
  g_ptr_array_remove_range (self->models, MODELS_MAX, self->models->len - 1 - MODELS_MAX);
}

static void
fill_columns (OhOverviewData *self)
{
  for (guint i = 0; i < self->sums->slices->len; i++)
    {
      const OhSlice *slice = &g_array_index (self->sums->slices, OhSlice, i);
      gint64 column = (slice->start_ns - self->from_ns) / self->step_ns;
      g_autofree char *name = oh_words_model_name (slice->model);
      OhOverviewModel *model;

      if (slice->start_ns < self->from_ns || column >= self->n_columns)
        continue;
      g_array_index (self->cache_tokens, double, column) += (double) slice->sums.cache_read_tokens;
      g_array_index (self->fresh_tokens, double, column) +=
          (double) (slice->sums.input_tokens - slice->sums.cache_read_tokens);
      g_array_index (self->output_tokens, double, column) += (double) slice->sums.output_tokens;
      if (*name == '\0' || slice->sums.cost <= 0)
        continue;
      model = ensure_model (self->models, name, self->n_columns);
      g_array_index (model->costs, double, column) += slice->sums.cost;
      model->cost += slice->sums.cost;
    }
  keep_largest (self);
}

static GArray *
make_column_values (guint n)
{
  GArray *values = g_array_sized_new (FALSE, TRUE, sizeof (double), n);

  g_array_set_size (values, n);
  return values;
}

/* ---- findings and traces ---- */

static gboolean
has_same_cause (const OhNotice *one, const OhNotice *other, gboolean *worse)
{
  gint64 first, second;
  g_autofree char *cause = oh_cause_new (one->saying, &first);
  g_autofree char *others = oh_cause_new (other->saying, &second);

  *worse = other->severity > one->severity || (other->severity == one->severity && second > first);
  return g_strcmp0 (one->kind, other->kind) == 0 && g_strcmp0 (cause, others) == 0;
}

/* One for each cause: with the worst that was said of it. */
static OhOverviewFinding *
ensure_finding (GPtrArray *findings, OhNotice *notice)
{
  OhOverviewFinding *finding;
  gboolean worse;

  for (guint i = 0; i < findings->len; i++)
    {
      finding = g_ptr_array_index (findings, i);
      if (finding->muted != notice->muted || !has_same_cause (finding->notice, notice, &worse))
        continue;
      if (worse)
        {
          oh_notice_unref (finding->notice);
          finding->notice = oh_notice_ref (notice);
        }
      return finding;
    }
  finding = g_new0 (OhOverviewFinding, 1);
  finding->notice = oh_notice_ref (notice);
  finding->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  finding->muted = notice->muted;
  g_ptr_array_add (findings, finding);
  return finding;
}

static gint
compare_findings (gconstpointer a, gconstpointer b)
{
  return oh_cause_compare ((*(const OhOverviewFinding *const *) a)->notice, (*(const OhOverviewFinding *const *) b)->notice);
}

static void
collect_findings (OhOverviewData *self, OhStoreReader *reader)
{
  g_autoptr (GPtrArray) all = oh_store_reader_get_notices (reader, 0, TRUE, NOTICES_MAX);
  gint64 since_ns = self->question->range == OH_OVERVIEW_ALL ? G_MININT64 : self->from_ns;

  for (guint i = 0; i < all->len; i++)
    {
      OhNotice *notice = g_ptr_array_index (all, i);
      OhOverviewFinding *finding;

      if (notice->at_ns < since_ns)
        continue;
      self->n_muted += notice->muted ? 1 : 0;
      if (notice->muted && !self->question->with_muted)
        continue;
      finding = ensure_finding (self->findings, notice);
      g_array_append_val (finding->ids, notice->id);
      finding->n_calls += notice->exchange_ids->len;
    }
  g_ptr_array_sort (self->findings, compare_findings);
  if (self->findings->len > FINDINGS_SHOWN)
    g_ptr_array_set_size (self->findings, FINDINGS_SHOWN);
}

static void
collect_traces (OhOverviewData *self, OhStoreReader *reader)
{
  gboolean all = self->question->range == OH_OVERVIEW_ALL;
  OhTraceQuery query = { .from_ns = all ? 0 : self->from_ns, .limit = TRACES_SHOWN };
  g_autoptr (GArray) ids = oh_store_reader_find_traces (reader, &query);

  self->traces = oh_store_reader_get_traces (reader, (const gint64 *) ids->data, ids->len);
  while (g_ptr_array_remove (self->traces, NULL))
    continue;
}

/* ---- */

void
oh_overview_question_free (OhOverviewQuestion *self)
{
  g_free (self->data_dir);
  g_free (self);
}

OhOverviewData *
oh_overview_data_load (OhStoreReader *reader, const OhOverviewQuestion *question)
{
  OhOverviewData *self;
  gint64 now_ns = oh_clock_wall_ns ();
  gint64 to_ns;

  g_return_val_if_fail (reader != NULL && question != NULL, NULL);

  self = g_new0 (OhOverviewData, 1);
  self->question = g_memdup2 (question, sizeof *question);
  self->question->data_dir = g_strdup (question->data_dir);
  choose_span (self, now_ns, &to_ns);
  self->sums = oh_store_reader_get_overview (reader, self->from_ns, to_ns, self->step_ns);
  if (question->range == OH_OVERVIEW_ALL)
    fit_columns (self, now_ns);
  self->models = g_ptr_array_new_with_free_func ((GDestroyNotify) model_free);
  self->cache_tokens = make_column_values (self->n_columns);
  self->fresh_tokens = make_column_values (self->n_columns);
  self->output_tokens = make_column_values (self->n_columns);
  fill_columns (self);
  self->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) finding_free);
  collect_findings (self, reader);
  collect_traces (self, reader);
  oh_engine_check_prices (question->data_dir, &self->prices_as_of, NULL);
  return self;
}

void
oh_overview_data_free (OhOverviewData *self)
{
  oh_overview_question_free (self->question);
  oh_overview_free (self->sums);
  g_ptr_array_unref (self->models);
  g_array_unref (self->cache_tokens);
  g_array_unref (self->fresh_tokens);
  g_array_unref (self->output_tokens);
  g_ptr_array_unref (self->findings);
  g_ptr_array_unref (self->traces);
  g_free (self->prices_as_of);
  g_free (self);
}
