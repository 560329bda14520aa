/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-limits-data.h"

#include <glib/gi18n.h>
#include <math.h>

#define RETRIES_SHOWN 40

static void
key_free (OhLimitsKey *key)
{
  g_free (key->hash);
  g_free (key->tail);
  g_free (key->organization);
  g_free (key);
}

static void
bucket_free (OhLimitsBucket *bucket)
{
  g_free (bucket->title);
  oh_limit_unref (bucket->newest);
  g_ptr_array_unref (bucket->samples);
  g_free (bucket);
}

static void
retry_free (OhLimitsRetry *retry)
{
  g_free (retry->name);
  g_ptr_array_unref (retry->attempts);
  g_free (retry);
}

/* ---- keys ---- */

static gboolean
is_of_key (const OhLimit *limit, const OhLimitsKey *key)
{
  return g_strcmp0 (limit->key_hash, key->hash) == 0 && g_strcmp0 (limit->organization, key->organization) == 0;
}

static OhLimitsKey *
find_key (GPtrArray *keys, const OhLimit *limit)
{
  for (guint i = 0; i < keys->len; i++)
    if (is_of_key (limit, g_ptr_array_index (keys, i)))
      return g_ptr_array_index (keys, i);
  return NULL;
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  const OhLimitsKey *x = *(OhLimitsKey *const *) a;
  const OhLimitsKey *y = *(OhLimitsKey *const *) b;

  return (x->at_ns < y->at_ns) - (x->at_ns > y->at_ns);
}

static void
collect_keys (OhLimitsData *self, GPtrArray *limits)
{
  for (guint i = 0; i < limits->len; i++)
    {
      const OhLimit *limit = g_ptr_array_index (limits, i);
      OhLimitsKey *key = find_key (self->keys, limit);

      if (key == NULL)
        {
          key = g_new0 (OhLimitsKey, 1);
          key->hash = g_strdup (limit->key_hash);
          key->organization = g_strdup (limit->organization);
          g_ptr_array_add (self->keys, key);
        }
      if (key->tail == NULL)
        key->tail = g_strdup (limit->key_tail);
      key->at_ns = MAX (key->at_ns, limit->at_ns);
    }
  g_ptr_array_sort (self->keys, compare_keys);
}

static void
choose_key (OhLimitsData *self, const OhLimitsQuestion *question)
{
  for (guint i = 0; i < self->keys->len && !question->any_key; i++)
    {
      const OhLimitsKey *key = g_ptr_array_index (self->keys, i);

      if (g_strcmp0 (key->hash, question->hash) == 0 && g_strcmp0 (key->organization, question->organization) == 0)
        self->key = i;
    }
}

/* ---- buckets ---- */

/* Those everybody has come first, in the order people name them. */
static guint
get_rank (const char *bucket)
{
  static const char *const known[] = { "requests", "input-tokens", "output-tokens", "tokens" };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (bucket, known[i]))
      return i;
  return G_N_ELEMENTS (known);
}

static int
compare_buckets (gconstpointer a, gconstpointer b)
{
  const OhLimit *x = (*(OhLimitsBucket *const *) a)->newest;
  const OhLimit *y = (*(OhLimitsBucket *const *) b)->newest;
  int order = (int) get_rank (x->bucket) - (int) get_rank (y->bucket);

  if (order == 0)
    order = strcmp (x->bucket, y->bucket);
  return order != 0 ? order : g_strcmp0 (x->scope, y->scope);
}

static char *
get_scope_words (const char *scope)
{
  if (g_str_equal (scope, OH_OPERATION_NAME_COUNT))
    return g_strdup (_ ("counting tokens"));
  if (g_str_equal (scope, OH_OPERATION_NAME_BATCH))
    return g_strdup (_ ("batches"));
  return oh_words_model_name (scope);
}

static void
name_buckets (OhLimitsData *self)
{
  const char *first = NULL;
  gboolean several = FALSE;

  for (guint i = 0; i < self->buckets->len; i++)
    {
      const char *scope = ((OhLimitsBucket *) g_ptr_array_index (self->buckets, i))->newest->scope;

      if (scope == NULL || *scope == '\0')
        continue;
      several = several || (first != NULL && !g_str_equal (first, scope));
      first = scope;
    }
  for (guint i = 0; i < self->buckets->len; i++)
    {
      OhLimitsBucket *bucket = g_ptr_array_index (self->buckets, i);
      const char *scope = bucket->newest->scope;

      bucket->title = oh_limits_get_bucket_words (bucket->newest->bucket);
      if (several && scope != NULL && *scope != '\0')
        {
          g_autofree char *bare = g_steal_pointer (&bucket->title);
          g_autofree char *words = get_scope_words (scope);

          bucket->title = g_strdup_printf ("%s, %s", bare, words);
        }
    }
}

static void
collect_buckets (OhLimitsData *self, OhStoreReader *reader, GPtrArray *limits)
{
  const OhLimitsKey *key;

  if (self->keys->len == 0)
    return;
  key = g_ptr_array_index (self->keys, self->key);
  for (guint i = 0; i < limits->len; i++)
    {
      OhLimit *limit = g_ptr_array_index (limits, i);
      OhLimitsBucket *bucket;

      if (!is_of_key (limit, key))
        continue;
      bucket = g_new0 (OhLimitsBucket, 1);
      bucket->newest = oh_limit_ref (limit);
      bucket->samples = oh_store_reader_get_limit_history (reader, limit, self->since_ns);
      bucket->used_up_ns = oh_engine_estimate_limit (bucket->samples);
      g_ptr_array_add (self->buckets, bucket);
    }
  g_ptr_array_sort (self->buckets, compare_buckets);
  name_buckets (self);
}

/* ---- retries ---- */

static char *
name_call (OhStoreReader *reader, const OhExchange *exchange)
{
  gint64 trace_id = exchange->place != NULL ? exchange->place->trace_id : 0;
  g_autoptr (GPtrArray) traces = trace_id == 0 ? NULL : oh_store_reader_get_traces (reader, &trace_id, 1);
  const OhTrace *trace = traces != NULL && traces->len > 0 ? g_ptr_array_index (traces, 0) : NULL;
  const char *operation = exchange->facts != NULL ? exchange->facts->operation : NULL;
  g_autofree char *model = oh_words_model (exchange);
  g_autofree char *call = operation == NULL ? oh_words_request (exchange, TRUE)
                                            : g_strstrip (g_strdup_printf ("%s %s", operation, model));

  *call = g_ascii_toupper (*call);
  if (trace == NULL || trace->name == NULL)
    return g_steal_pointer (&call);
  return g_strdup_printf ("%s › %s", trace->name, call);
}

static gboolean
is_of_chosen_key (const OhLimitsData *self, const OhExchange *exchange)
{
  const OhLimitsKey *key;

  if (self->keys->len < 2 || exchange->place == NULL)
    return TRUE;
  key = g_ptr_array_index (self->keys, self->key);
  return g_strcmp0 (exchange->place->key_hash, key->hash) == 0;
}

static void
collect_retries (OhLimitsData *self, OhStoreReader *reader)
{
  g_autoptr (GArray) calls = oh_store_reader_get_retried (reader, self->since_ns, RETRIES_SHOWN);

  for (guint i = 0; i < calls->len; i++)
    {
      g_autoptr (GArray) ids = oh_store_reader_get_call_exchanges (reader, g_array_index (calls, gint64, i));
      g_autoptr (GPtrArray) rows = NULL;
      OhLimitsRetry *retry;

      if (ids->len == 0)
        continue;
      rows = oh_store_reader_get_rows (reader, (const gint64 *) ids->data, ids->len);
      if (rows == NULL || g_ptr_array_find (rows, NULL, NULL) || !is_of_chosen_key (self, g_ptr_array_index (rows, 0)))
        continue;
      retry = g_new0 (OhLimitsRetry, 1);
      retry->attempts = g_steal_pointer (&rows);
      retry->name = name_call (reader, g_ptr_array_index (retry->attempts, 0));
      g_ptr_array_add (self->retries, retry);
    }
}

/* ---- */

void
oh_limits_question_free (OhLimitsQuestion *self)
{
  g_free (self->hash);
  g_free (self->organization);
  g_free (self);
}

OhLimitsData *
oh_limits_data_load (OhStoreReader *reader, const OhLimitsQuestion *question)
{
  g_autoptr (GPtrArray) limits = NULL;
  OhLimitsData *self;

  g_return_val_if_fail (reader != NULL && question != NULL, NULL);

  self = g_new0 (OhLimitsData, 1);
  self->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) key_free);
  self->buckets = g_ptr_array_new_with_free_func ((GDestroyNotify) bucket_free);
  self->retries = g_ptr_array_new_with_free_func ((GDestroyNotify) retry_free);
  self->now_ns = oh_clock_wall_ns ();
  self->since_ns = self->now_ns - question->span_ns;
  limits = oh_store_reader_get_limits (reader);
  collect_keys (self, limits);
  choose_key (self, question);
  collect_buckets (self, reader, limits);
  collect_retries (self, reader);
  return self;
}

void
oh_limits_data_free (OhLimitsData *self)
{
  g_ptr_array_unref (self->keys);
  g_ptr_array_unref (self->buckets);
  g_ptr_array_unref (self->retries);
  g_free (self);
}

/* ---- words ---- */

double
oh_limits_get_used (const OhLimit *limit, gint64 now_ns)
{
  g_return_val_if_fail (limit != NULL, NAN);

  if (limit->reset_ns > 0 && limit->reset_ns <= now_ns)
    return isnan (limit->utilization) && limit->status == NULL ? NAN : 0;
  return limit->utilization;
}

OhLimitsLevel
oh_limits_get_level (const OhLimit *limit, gint64 now_ns)
{
  double used = oh_limits_get_used (limit, now_ns);
  gboolean current = limit->reset_ns <= 0 || limit->reset_ns > now_ns;

  if (current && (g_strcmp0 (limit->status, "rejected") == 0 || used >= 1))
    return OH_LIMITS_EMPTY;
  if (isnan (used))
    return current && g_strcmp0 (limit->status, "allowed_warning") == 0 ? OH_LIMITS_CRITICAL : OH_LIMITS_UNKNOWN;
  if (used > 0.8)
    return OH_LIMITS_CRITICAL;
  if (used > 0.5 || (current && g_strcmp0 (limit->status, "allowed_warning") == 0))
    return OH_LIMITS_LOW;
  return OH_LIMITS_PLENTY;
}

const char *
oh_limits_get_level_name (OhLimitsLevel level)
{
  static const char *const names[] = { "unknown", "plenty", "low", "critical", "empty" };

  g_return_val_if_fail (level < G_N_ELEMENTS (names), "unknown");

  return names[level];
}

const char *
oh_limits_get_level_words (OhLimitsLevel level)
{
  static const char *const words[] = { N_ ("Not told"), N_ ("Plenty left"), N_ ("Getting low"), N_ ("Nearly used up"),
                                       N_ ("Used up") };

  g_return_val_if_fail (level < G_N_ELEMENTS (words), "");

  return _ (words[level]);
}

char *
oh_limits_get_bucket_words (const char *bucket)
{
  static const struct
  {
    const char *bucket;
    const char *words;
  } known[] = {
    { "requests", N_ ("Requests") },
    { "tokens", N_ ("Tokens") },
    { "input-tokens", N_ ("Input tokens") },
    { "output-tokens", N_ ("Output tokens") },
    { "unified", N_ ("All together") },
    { "unified-5h", N_ ("Five hours") },
    { "unified-7d", N_ ("Seven days") },
    { "unified-overage", N_ ("Overage") },
  };
  static const struct
  {
    const char *prefix;
    const char *words;
  } families[] = {
    { "priority-", N_ ("priority tier") },
    { "fast-", N_ ("fast mode") },
  };
  char *words;

  g_return_val_if_fail (bucket != NULL, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (bucket, known[i].bucket))
      return g_strdup (_ (known[i].words));
  for (gsize i = 0; i < G_N_ELEMENTS (families); i++)
    if (g_str_has_prefix (bucket, families[i].prefix))
      {
        g_autofree char *rest = oh_limits_get_bucket_words (bucket + strlen (families[i].prefix));

        return g_strdup_printf ("%s, %s", rest, _ (families[i].words));
      }
  words = g_strdelimit (g_strdup (bucket), "-_", ' ');
  *words = g_ascii_toupper (*words);
  return words;
}

char *
oh_limits_get_key_words (const OhLimitsKey *key)
{
  g_autofree char *tail = NULL;
  g_autofree char *name = NULL;
  g_autofree char *valid = NULL;
  g_autofree char *organization = NULL;

  g_return_val_if_fail (key != NULL, NULL);

  tail = key->tail != NULL ? oh_format_isolate (key->tail) : NULL;
  name = tail != NULL ? g_strdup_printf (_ ("key %s"), tail) : g_strdup (_ ("a key that is not known"));
  if (key->organization == NULL || *key->organization == '\0')
    return g_steal_pointer (&name);
  /* Enough of a UUID to tell it from another. */
  valid = g_utf8_make_valid (key->organization, -1);
  organization = g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), 8));
  return g_strdup_printf (_ ("%s · organization %s"), name, organization);
}

char *
oh_limits_format_countdown (gint64 ns)
{
  gint64 s = MAX (ns, 0) / OH_NS_PER_S + (ns > 0 && ns % OH_NS_PER_S != 0);

  if (s < 100)
    return g_strdup_printf (_ ("%d s"), (int) s);
  if (s < 3600)
    return g_strdup_printf (_ ("%d min %d s"), (int) (s / 60), (int) (s % 60));
  if (s < 48 * 3600)
    return g_strdup_printf (_ ("%d h %d min"), (int) (s / 3600), (int) (s % 3600 / 60));
  return g_strdup_printf (_ ("%d days %d h"), (int) (s / 86400), (int) (s % 86400 / 3600));
}
