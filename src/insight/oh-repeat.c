/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-repeat.h"

#include "oh-clock.h"
#include "oh-saying.h"

#include <string.h>

#define SERIES_MAX 256                            /* that are followed at a time */
#define SERIES_PAUSE_NS (600 * OH_NS_PER_S)       /* who waits longer begins a new one */
#define MIN_FAILURES 5                            /* without an answer in between … */
#define STORM_NS (60 * OH_NS_PER_S)               /* … within this */
#define MIN_ANSWERS 20                            /* to the same request, one after the other */
#define MIN_WRITES 8
#define EVIDENCE_MAX 1000
#define TOLD_EACH 100                             /* where there are more */

/* What happened again and again. */
typedef struct
{
  GArray *ids;      /* (element-type gint64) */
  GArray *times;    /* (element-type gint64) when each began */
  gint64 trace_id;  /* of the first */
  guint n;
  guint n_told;     /* of ids */
} Chain;

/* Equal requests of one run, each sent after the one before had ended. */
typedef struct
{
  guint64 key;
  gint64 ended_ns;
  Chain failed;     /* since the last answer */
  Chain answered;
} Series;

/* What one run's calls did with the cache, until one of them read from it. */
typedef struct
{
  Chain written;
  gint64 tokens;
  gboolean read;
} Cache;

struct _OhRepeatTracker
{
  GHashTable *series; /* key → Series */
  GQueue order;       /* Series, the newest first */
  GHashTable *caches; /* run id → Cache */
};

static void
chain_init (Chain *self)
{
  self->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->times = g_array_new (FALSE, FALSE, sizeof (gint64));
}

static void
chain_clear (Chain *self)
{
  g_array_unref (self->ids);
  g_array_unref (self->times);
}

static void
chain_reset (Chain *self)
{
  g_array_set_size (self->ids, 0);
  g_array_set_size (self->times, 0);
  self->n = self->n_told = 0;
}

static void
chain_add (Chain *self, const OhExchange *exchange, gint64 trace_id)
{
  if (self->n++ == 0)
    self->trace_id = trace_id;
  if (self->ids->len >= EVIDENCE_MAX)
    return;
  g_array_append_val (self->ids, exchange->id);
  g_array_append_val (self->times, exchange->started_ns);
}

/* @saying: (transfer full) (nullable) */
static OhFinding *
tell (Chain *chain, const char *kind, OhSeverity severity, char *saying)
{
  OhFinding *finding = g_new0 (OhFinding, 1);
  /* The others are known as evidence already. */
  const guint from = MIN (chain->n_told, chain->ids->len - 1);

  finding->kind = kind;
  finding->severity = severity;
  finding->saying = saying;
  finding->trace_id = chain->trace_id;
  finding->evidence = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_vals (finding->evidence, &g_array_index (chain->ids, gint64, from), chain->ids->len - from);
  chain->n_told = chain->ids->len;
  return finding;
}

static gboolean
is_due (const Chain *chain, guint least)
{
  return chain->n >= least && (chain->n <= EVIDENCE_MAX || chain->n % TOLD_EACH == 0);
}

static void
series_free (gpointer data)
{
  Series *series = data;

  chain_clear (&series->failed);
  chain_clear (&series->answered);
  g_free (series);
}

static void
cache_free (gpointer data)
{
  chain_clear (&((Cache *) data)->written);
  g_free (data);
}

static Series *
get_series (OhRepeatTracker *self, guint64 key)
{
  Series *series = g_hash_table_lookup (self->series, &key);

  if (series != NULL)
    g_queue_remove (&self->order, series);
  else
    {
      series = g_new0 (Series, 1);
      series->key = key;
      chain_init (&series->failed);
      chain_init (&series->answered);
      g_hash_table_insert (self->series, &series->key, series);
    }
  g_queue_push_head (&self->order, series);
  if (self->order.length > SERIES_MAX)
    g_hash_table_remove (self->series, &((Series *) g_queue_pop_tail (&self->order))->key);
  return series;
}

/* Failures that are too old for a storm are forgotten, until there is one. */
static void
forget_failures (Chain *failed, gint64 now_ns)
{
  guint n = 0;

  if (failed->n_told > 0)
    return;
  while (n < failed->times->len && now_ns - g_array_index (failed->times, gint64, n) > STORM_NS)
    n++;
  if (n == 0)
    return;
  g_array_remove_range (failed->times, 0, n);
  g_array_remove_range (failed->ids, 0, n);
  failed->n -= n;
}

static void
follow (OhRepeatTracker *self, GPtrArray *findings, const OhExchange *exchange, guint64 body_hash, gint64 trace_id)
{
  /* Runs are told apart by a multiplier that spreads their small numbers. */
  Series *series = get_series (self, body_hash ^ ((guint64) exchange->run_id * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)));
  const gint64 before_ns = series->ended_ns;

  series->ended_ns = MAX (before_ns, exchange->started_ns + MAX (exchange->timings.ended, 0));
  /* Several at once are samples of one question, or a test of load. */
  if (exchange->started_ns < before_ns)
    return;
  if (exchange->started_ns - before_ns > SERIES_PAUSE_NS)
    {
      chain_reset (&series->failed);
      chain_reset (&series->answered);
    }
  if (exchange->outcome == OH_OUTCOME_FAILED || exchange->status >= 400)
    {
      forget_failures (&series->failed, exchange->started_ns);
      chain_add (&series->failed, exchange, trace_id);
      if (is_due (&series->failed, MIN_FAILURES))
        g_ptr_array_add (findings, tell (&series->failed, OH_FINDING_RETRY_STORM, OH_SEVERITY_WARNING,
                                         oh_saying_new ("repeated-failure", "times#", (gint64) series->failed.n)));
    }
  else if (exchange->outcome == OH_OUTCOME_FINISHED)
    {
      chain_reset (&series->failed);
      chain_add (&series->answered, exchange, trace_id);
      if (is_due (&series->answered, MIN_ANSWERS))
        g_ptr_array_add (findings, tell (&series->answered, OH_FINDING_REPEAT, OH_SEVERITY_WARNING,
                                         oh_saying_new ("repeat", "times#", (gint64) series->answered.n)));
    }
}

static void
follow_cache (OhRepeatTracker *self, GPtrArray *findings, const OhExchange *exchange, const OhUsage *usage,
              gint64 trace_id)
{
  Cache *cache = g_hash_table_lookup (self->caches, &exchange->run_id);

  if (cache == NULL)
    {
      if (g_hash_table_size (self->caches) >= SERIES_MAX)
        g_hash_table_remove_all (self->caches);
      cache = g_new0 (Cache, 1);
      chain_init (&cache->written);
      g_hash_table_insert (self->caches, g_memdup2 (&exchange->run_id, sizeof exchange->run_id), cache);
    }
  if (cache->read)
    return;
  if (usage->cache_read > 0)
    {
      cache->read = TRUE;
      if (cache->written.n_told > 0)
        {
          cache->written.n_told = 0;
          g_ptr_array_add (findings, tell (&cache->written, OH_FINDING_CACHE_UNREAD, OH_SEVERITY_NOTE, NULL));
        }
      return;
    }
  if (usage->cache_write <= 0)
    return;
  cache->tokens += usage->cache_write;
  chain_add (&cache->written, exchange, trace_id);
  if (!is_due (&cache->written, MIN_WRITES))
    return;
  g_ptr_array_add (findings, tell (&cache->written, OH_FINDING_CACHE_UNREAD, OH_SEVERITY_NOTE,
                                   oh_saying_new ("cache-never-read", "times# tokens#", (gint64) cache->written.n, cache->tokens)));
}

OhRepeatTracker *
oh_repeat_tracker_new (void)
{
  OhRepeatTracker *self = g_new0 (OhRepeatTracker, 1);

  self->series = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, series_free);
  self->caches = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, cache_free);
  return self;
}

void
oh_repeat_tracker_free (OhRepeatTracker *self)
{
  g_queue_clear (&self->order);
  g_hash_table_unref (self->series);
  g_hash_table_unref (self->caches);
  g_free (self);
}

GPtrArray *
oh_repeat_tracker_add (OhRepeatTracker *self, const OhExchange *exchange, const OhFacts *facts, const OhAttempt *attempt,
                       guint64 body_hash, gint64 trace_id)
{
  g_autoptr (GPtrArray) findings = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_finding_free);

  g_return_val_if_fail (self != NULL && exchange != NULL && facts != NULL && attempt != NULL, NULL);
  if (!oh_facts_is_turn (facts))
    return NULL;
  follow_cache (self, findings, exchange, &facts->usage, trace_id);
  /* Attempts of one call are the SDK's own, and told with their trace. */
  if (attempt->number <= 1)
    follow (self, findings, exchange, body_hash, trace_id);
  return findings->len > 0 ? g_steal_pointer (&findings) : NULL;
}
