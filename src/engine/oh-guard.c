/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-guard-private.h"

#include "oh-format.h"
#include "oh-interpreter.h"
#include "oh-saying.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

/* How often changes are looked at while nobody waits. */
#define LOOK_NS (100 * OH_NS_PER_MS)

/* A run with a budget. */
typedef struct
{
  gint64 run_id;
  OhBudget budget;
  OhBudget put;      /* as the store has it */
  GArray *tickets;   /* guint64: calls that wait, by time */
  gboolean said[OH_BUDGET_NEWS_N];
} Ward;

struct _OhGuard
{
  OhStore *store;
  OhInsight *insight;
  OhProxy *proxy;
  OhProxyGuard hook;
  OhGuardNewsFunc news;
  OhEngine *engine;
  GThread *thread;
  OhStoreReader *reader; /* the thread's */
  OhPriceTable *prices;  /* (nullable) */

  GMutex lock;           /* guards what follows */
  GCond work;
  GCond looked;
  GHashTable *wards;     /* gint64 run → Ward; they stay */
  gboolean asked;        /* a call has come that waits to be judged */
  gboolean changed;
  gboolean stopping;
  guint64 flush_asked;
  guint64 flush_done;
};

static void
ward_free (gpointer data)
{
  Ward *ward = data;

  g_array_unref (ward->tickets);
  g_free (ward);
}

/* Whether it asks a model, which costs: each attempt does, and making a batch. */
static gboolean
is_billed (const OhExchange *head)
{
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (OhFacts) facts = NULL;

  if (g_strcmp0 (head->method, "POST") != 0)
    return FALSE;
  interpreter = oh_interpreter_new_for_facts (head);
  facts = oh_interpreter_get_facts (interpreter);
  return oh_facts_is_billed (facts)
         || (oh_facts_get_operation (facts) == OH_OPERATION_BATCH && strstr (head->target, "/cancel") == NULL);
}

/* A saying. */
static char *
explain_refusal (const Ward *ward)
{
  static const char *const codes[] = { [OH_BUDGET_CALLS] = "budget-calls", [OH_BUDGET_TOKENS] = "budget-tokens" };
  const OhBudget *budget = &ward->budget;
  OhBudgetKind kind = OH_BUDGET_CALLS;
  g_autofree char *spent = NULL;
  g_autofree char *limit = NULL;

  oh_budget_get_share (budget, &kind);
  if (kind != OH_BUDGET_COST)
    return oh_saying_new (codes[kind], "run# spent# limit#", ward->run_id, (gint64) budget->spent[kind],
                          (gint64) budget->limits[kind]);
  spent = oh_format_cost (budget->spent[kind], budget->estimated);
  limit = oh_format_cost (budget->limits[kind], FALSE);
  return oh_saying_new ("budget-cost", "run# spent limit", ward->run_id, spent, limit);
}

static OhVerdict
ask (gint64 run_id, const OhExchange *head, guint64 ticket, char **why, gpointer data)
{
  OhGuard *self = data;
  OhVerdict verdict = OH_VERDICT_GO;
  OhBudget *budget;
  Ward *ward;

  g_mutex_lock (&self->lock);
  ward = g_hash_table_lookup (self->wards, &run_id);
  if (ward != NULL && is_billed (head))
    {
      const gboolean counts_only = ward->budget.limits[OH_BUDGET_TOKENS] == 0 && ward->budget.limits[OH_BUDGET_COST] == 0;

      budget = &ward->budget;
      if (budget->over != OH_OVER_TELL && budget->limits[OH_BUDGET_CALLS] > 0
          && budget->spent[OH_BUDGET_CALLS] >= budget->limits[OH_BUDGET_CALLS])
        verdict = budget->over == OH_OVER_REFUSE ? OH_VERDICT_REFUSE : OH_VERDICT_HOLD;
      else if (budget->over != OH_OVER_TELL && (!counts_only || ward->tickets->len > 0))
        verdict = OH_VERDICT_HOLD;
      if (verdict == OH_VERDICT_GO)
        budget->spent[OH_BUDGET_CALLS]++;
      else if (verdict == OH_VERDICT_HOLD)
        g_array_append_val (ward->tickets, ticket);
      else
        {
          budget->refused++;
          *why = explain_refusal (ward);
        }
      self->asked = self->asked || verdict == OH_VERDICT_HOLD;
      self->changed = TRUE;
      g_cond_signal (&self->work);
    }
  g_mutex_unlock (&self->lock);
  return verdict;
}

static void
left (guint64 ticket, gpointer data)
{
  OhGuard *self = data;
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->wards);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      GArray *tickets = ((Ward *) value)->tickets;

      for (guint i = 0; i < tickets->len; i++)
        if (g_array_index (tickets, guint64, i) == ticket)
          {
            g_array_remove_index (tickets, i);
            break;
          }
    }
  self->changed = TRUE;
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
}

/* --- the thread --- */

typedef struct
{
  OhEngine *engine;
  OhGuardNewsFunc func;
  gint64 run_id;
  OhBudgetNews news;
  char *sentence;
} News;

static gboolean
tell (gpointer data)
{
  const News *news = data;

  news->func (news->run_id, news->news, news->sentence, news->engine);
  return G_SOURCE_REMOVE;
}

static void
news_free (gpointer data)
{
  News *news = data;

  g_object_unref (news->engine);
  g_free (news->sentence);
  g_free (news);
}

/* Says it, once. @sentence: (transfer full) */
static void
say (OhGuard *self, Ward *ward, OhBudgetNews kind, char *sentence)
{
  News *news;

  if (ward->said[kind])
    {
      g_free (sentence);
      return;
    }
  ward->said[kind] = TRUE;
  news = g_new (News, 1);
  *news = (News) { g_object_ref (self->engine), self->news, ward->run_id, kind, sentence };
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, tell, news, news_free);
}

static void
say_what_is_new (OhGuard *self, Ward *ward)
{
  static const char *const then[] = {
    [OH_OVER_TELL] = N_ ("The program goes on."),
    [OH_OVER_PAUSE] = N_ ("The next call will wait."),
    [OH_OVER_REFUSE] = N_ ("The next call will be refused."),
  };
  const OhBudget *budget = &ward->budget;
  OhBudgetKind kind = OH_BUDGET_CALLS;
  const double share = oh_budget_get_share (budget, &kind);
  g_autofree char *words = oh_budget_describe (budget, kind);

  if (budget->waiting == 0)
    ward->said[OH_BUDGET_NEWS_WAITS] = FALSE;
  if (budget->unpriced > 0 && budget->limits[OH_BUDGET_COST] > 0)
    say (self, ward, OH_BUDGET_NEWS_UNPRICED,
         g_strdup (_ ("The budget cannot be kept for all: the price of a model that is called is not known. Only what is known "
                      "is counted.")));
  if (budget->waiting > 0)
    say (self, ward, OH_BUDGET_NEWS_WAITS,
         g_strdup_printf (_ ("A call waits, for the budget is used up: %s. Decide with “overhear budget %" PRId64
                             "” and --raise AMOUNT, --go or --refuse."),
                          words, ward->run_id));
  else if (share >= 1)
    say (self, ward, OH_BUDGET_NEWS_REACHED,
         g_strdup_printf (_ ("The budget is used up: %s. %s"), words, _ (then[budget->over])));
  else if (share >= OH_BUDGET_NEAR)
    say (self, ward, OH_BUDGET_NEWS_NEAR, g_strdup_printf (_ ("The budget is nearly used up: %s."), words));
}

/* What was captured of the run by now. Takes no lock. @found: (inout) */
static void
measure (OhGuard *self, gint64 run_id, OhBudget *found)
{
  const OhSums sums = oh_store_reader_get_run_sums (self->reader, run_id);
  g_autoptr (GArray) open = oh_store_reader_get_open (self->reader, run_id);
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (self->reader, (const gint64 *) (gpointer) open->data, open->len);

  found->spent[OH_BUDGET_TOKENS] = (double) (sums.input_tokens + sums.output_tokens);
  found->spent[OH_BUDGET_COST] = sums.cost;
  found->unpriced = sums.unpriced;
  found->estimated = sums.estimated > 0 || sums.approximate > 0;
  for (guint i = 0; i < rows->len && self->prices != NULL; i++)
    {
      const OhExchange *row = rows->pdata[i];
      OhCost cost = { 0 };

      if (row == NULL || row->facts == NULL || !oh_facts_is_billed (row->facts) || row->facts->model == NULL)
        continue;
      if (oh_price_table_cost (self->prices, row->facts, row->started_ns, &cost))
        {
          found->spent[OH_BUDGET_COST] += cost.total;
          found->estimated = TRUE;
        }
      else if ((cost.flags & OH_COST_UNKNOWN_MODEL) != 0)
        found->unpriced++;
    }
}

/* Lets go what may, of the calls that had come by @upto. With the lock. */
static void
judge (OhGuard *self, Ward *ward, guint64 upto)
{
  OhBudget *budget = &ward->budget;
  guint at = 0;

  while (at < ward->tickets->len && g_array_index (ward->tickets, guint64, at) <= upto)
    {
      const guint64 ticket = g_array_index (ward->tickets, guint64, at);

      if (budget->over == OH_OVER_TELL || oh_budget_may_go (budget))
        {
          budget->spent[OH_BUDGET_CALLS]++;
          oh_proxy_decide (self->proxy, ticket, OH_VERDICT_GO, NULL);
        }
      else if (budget->over == OH_OVER_REFUSE)
        {
          g_autofree char *why = explain_refusal (ward);

          budget->refused++;
          oh_proxy_decide (self->proxy, ticket, OH_VERDICT_REFUSE, why);
        }
      else
        {
          at++;
          continue;
        }
      g_array_remove_index (ward->tickets, at);
    }
  budget->waiting = at;
}

static gboolean
spent_the_same (const OhBudget *a, const OhBudget *b)
{
  return memcmp (a->spent, b->spent, sizeof a->spent) == 0 && a->estimated == b->estimated && a->unpriced == b->unpriced
         && a->refused == b->refused && a->waiting == b->waiting;
}

static void
look_at_ward (OhGuard *self, gint64 run_id, guint64 upto)
{
  OhBudget found = { 0 };
  OhBudget stored = { 0 };
  const gboolean known = oh_store_reader_get_budget (self->reader, run_id, &stored);
  Ward *ward;

  measure (self, run_id, &found);
  g_mutex_lock (&self->lock);
  ward = g_hash_table_lookup (self->wards, &run_id);
  /* Somebody may have changed what it may use. */
  if (known && (memcmp (ward->budget.limits, stored.limits, sizeof stored.limits) != 0 || ward->budget.over != stored.over))
    {
      memcpy (ward->budget.limits, stored.limits, sizeof stored.limits);
      ward->budget.over = stored.over;
      memset (ward->said, 0, sizeof ward->said);
    }
  ward->budget.spent[OH_BUDGET_TOKENS] = found.spent[OH_BUDGET_TOKENS];
  ward->budget.spent[OH_BUDGET_COST] = found.spent[OH_BUDGET_COST];
  ward->budget.estimated = found.estimated;
  ward->budget.unpriced = found.unpriced;
  judge (self, ward, upto);
  say_what_is_new (self, ward);
  if (!spent_the_same (&ward->put, &ward->budget))
    {
      ward->put = ward->budget;
      oh_store_put_spent (self->store, run_id, &ward->budget);
    }
  g_mutex_unlock (&self->lock);
}

/* The newest call that waits. With the lock. */
static guint64
find_newest (OhGuard *self)
{
  GHashTableIter iter;
  gpointer value;
  guint64 newest = 0;

  g_hash_table_iter_init (&iter, self->wards);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const GArray *tickets = ((Ward *) value)->tickets;

      if (tickets->len > 0)
        newest = MAX (newest, g_array_index (tickets, guint64, tickets->len - 1));
    }
  return newest;
}

static gpointer
run (gpointer data)
{
  OhGuard *self = data;
  gint64 next_ns = 0;

  g_mutex_lock (&self->lock);
  while (!self->stopping)
    {
      g_autoptr (GList) ids = NULL;
      const guint64 flush = self->flush_asked;
      const gboolean urgent = self->asked || flush != self->flush_done;
      guint64 upto;

      if (!urgent && !self->changed)
        {
          g_cond_wait (&self->work, &self->lock);
          continue;
        }
      if (!urgent && oh_clock_monotonic_ns () < next_ns)
        {
          g_cond_wait_until (&self->work, &self->lock, next_ns / OH_NS_PER_US + 1);
          continue;
        }
      self->asked = FALSE;
      self->changed = FALSE;
      upto = find_newest (self);
      ids = g_hash_table_get_keys (self->wards);
      g_mutex_unlock (&self->lock);
      if (urgent)
        oh_insight_flush (self->insight);
      for (GList *link = ids; link != NULL; link = link->next)
        look_at_ward (self, *(const gint64 *) link->data, upto);
      next_ns = oh_clock_monotonic_ns () + LOOK_NS;
      g_mutex_lock (&self->lock);
      self->flush_done = flush;
      g_cond_broadcast (&self->looked);
    }
  g_mutex_unlock (&self->lock);
  return NULL;
}

OhGuard *
oh_guard_new (OhStore *store, OhInsight *insight, OhProxy *proxy, OhGuardNewsFunc news, OhEngine *engine)
{
  OhGuard *self = g_new0 (OhGuard, 1);

  self->store = g_object_ref (store);
  self->insight = g_object_ref (insight);
  self->proxy = g_object_ref (proxy);
  self->hook = (OhProxyGuard) { ask, left, self };
  self->news = news;
  self->engine = engine;
  self->wards = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, ward_free);
  g_mutex_init (&self->lock);
  g_cond_init (&self->work);
  g_cond_init (&self->looked);
  return self;
}

void
oh_guard_stop (OhGuard *self)
{
  g_return_if_fail (self != NULL);

  if (self->thread == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->thread));
}

void
oh_guard_free (OhGuard *self)
{
  if (self == NULL)
    return;
  oh_guard_stop (self);
  g_hash_table_unref (self->wards);
  g_clear_pointer (&self->reader, oh_store_reader_free);
  g_clear_pointer (&self->prices, oh_price_table_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->work);
  g_cond_clear (&self->looked);
  g_object_unref (self->proxy);
  g_object_unref (self->insight);
  g_object_unref (self->store);
  g_free (self);
}

void
oh_guard_add (OhGuard *self, gint64 run_id, const OhBudget *budget)
{
  Ward *ward;

  g_return_if_fail (self != NULL && budget != NULL);

  /* Most programs have no budget: nobody asks for them. */
  if (self->thread == NULL)
    {
      self->reader = oh_store_reader_new (oh_store_get_dir (self->store), NULL);
      g_return_if_fail (self->reader != NULL);
      self->prices = oh_insight_load_prices (oh_store_get_dir (self->store));
      oh_proxy_set_guard (self->proxy, &self->hook);
      self->thread = g_thread_new ("guard", run, self);
    }
  ward = g_new0 (Ward, 1);
  ward->run_id = run_id;
  ward->budget = *budget;
  ward->put = *budget;
  ward->tickets = g_array_new (FALSE, FALSE, sizeof (guint64));
  oh_store_limit_run (self->store, run_id, budget);
  g_mutex_lock (&self->lock);
  g_hash_table_replace (self->wards, &ward->run_id, ward);
  g_mutex_unlock (&self->lock);
}

void
oh_guard_look (OhGuard *self)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  self->changed = self->changed || g_hash_table_size (self->wards) > 0;
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
}

void
oh_guard_flush (OhGuard *self)
{
  guint64 mine;

  g_return_if_fail (self != NULL);

  if (self->thread == NULL)
    return;
  g_mutex_lock (&self->lock);
  mine = ++self->flush_asked;
  g_cond_signal (&self->work);
  while (self->flush_done < mine)
    g_cond_wait (&self->looked, &self->lock);
  g_mutex_unlock (&self->lock);
}
