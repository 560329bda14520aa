/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-finding.h"

#include "oh-canon.h"
#include "oh-clock.h"
#include "oh-format.h"
#include "oh-json-scan.h"
#include "oh-providers.h"
#include "oh-rate-limit.h"
#include "oh-saying.h"
#include "oh-tool-span.h"

#include <math.h>
#include <string.h>

#define MIN_REPEATS 3
#define POLL_NS (30 * OH_NS_PER_S)               /* at least so long between equal tool calls … */
#define POLL_UNEVEN 1.25                         /* … the longest of them at most so many times the shortest */
#define STORM_ATTEMPTS 5                         /* of one call; the SDKs make three */
#define STORM_FAILURES 10                        /* of the whole trace … */
#define STORM_NS (60 * OH_NS_PER_S)              /* … within this */
#define MIN_GROWING_CALLS 6
#define MIN_GROWN_PROMPT 100000                  /* tokens */
#define GROWTH_FACTOR 20                         /* tokens of prompt grown for each token answered */
#define NEAR_LIMIT 0.9                           /* of it used */
#define SOON_NS (120 * OH_NS_PER_S)              /* used up by then, at this pace */
#define RETIRES_NS (90 * 24 * 3600 * OH_NS_PER_S)

/* A tool may answer something else at last, a conversation may go on, a limit is filled again. */
static const char *const passing[] = { OH_FINDING_REPEATED_TOOL_CALL, OH_FINDING_MAX_TOKENS, OH_FINDING_LIMIT_NEAR, NULL };

void
oh_finding_free (OhFinding *self)
{
  g_return_if_fail (self != NULL);
  g_free (self->saying);
  g_array_unref (self->evidence);
  g_free (self);
}

const char *const *
oh_finding_get_passing (void)
{
  return passing;
}

/* @saying: (transfer full) */
static OhFinding *
add_finding (GPtrArray *findings, const char *kind, OhSeverity severity, char *saying)
{
  OhFinding *finding = g_new0 (OhFinding, 1);

  finding->kind = kind;
  finding->severity = severity;
  finding->saying = saying;
  finding->evidence = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_ptr_array_add (findings, finding);
  return finding;
}

static void
add_evidence (OhFinding *finding, const OhFindingCall *call)
{
  g_array_append_val (finding->evidence, call->exchange->id);
}

/* The calls of the trace, and how they hang together. */
typedef struct
{
  const OhFindingCall *calls;
  guint n_calls;
  GHashTable *by_id; /* exchange id -> OhFindingCall */
  GHashTable *continued; /* ids that another call continues */
  GPtrArray *findings;
} Trace;

static const OhFacts *
get_facts (const OhFindingCall *call)
{
  return call->reading != NULL ? call->reading->facts : call->exchange->facts;
}

static gboolean
is_leaf (const Trace *trace, const OhFindingCall *call)
{
  return !g_hash_table_contains (trace->continued, &call->exchange->id);
}

/* From the first call of a conversation to @leaf. (transfer container) (element-type OhFindingCall) */
static GPtrArray *
get_path (const Trace *trace, const OhFindingCall *leaf)
{
  GPtrArray *path = g_ptr_array_new ();
  const OhFindingCall *call = leaf;

  /* Parents are older than their children, so this ends. */
  while (call != NULL && path->len <= trace->n_calls)
    {
      g_ptr_array_insert (path, 0, (gpointer) call);
      call = call->parent_id != 0 ? g_hash_table_lookup (trace->by_id, &call->parent_id) : NULL;
    }
  return path;
}

/* What came back, so that it can be compared: blocks and pictures count, marks for the cache do not. (transfer full) */
static char *
describe_result (const OhBlock *block)
{
  GString *canon = g_string_new (block->is_error ? "!" : "");
  const OhJson json = { block->json, block->json != NULL ? strlen (block->json) : 0 };
  OhJson content = oh_json_get (json, "content");
  OhJsonIter iter;
  OhJson key, part;

  if (oh_json_get_kind (content) != OH_JSON_ARRAY)
    return g_string_free (g_string_append (canon, block->text != NULL ? block->text : ""), FALSE);
  oh_json_iter_init (&iter, content);
  while (oh_json_iter_next (&iter, &key, &part))
    oh_canon_append (canon, part.text, (gssize) part.length, OH_CANON_BLOCK);
  return g_string_free (canon, FALSE);
}

/* What came back for a tool call, or NULL while nothing did. (transfer full) */
static char *
find_result (GPtrArray *path, guint from, const char *id)
{
  for (guint i = from + 1; id != NULL && i < path->len; i++)
    {
      const OhFindingCall *call = g_ptr_array_index (path, i);

      for (guint j = call->reading != NULL ? call->reading->messages->len : 0; j > 0; j--)
        {
          const OhMessage *message = g_ptr_array_index (call->reading->messages, j - 1);

          for (guint k = 0; k < message->blocks->len; k++)
            {
              const OhBlock *block = g_ptr_array_index (message->blocks, k);

              if (strcmp (block->type, "tool_result") == 0 && g_strcmp0 (block->id, id) == 0)
                return describe_result (block);
            }
        }
    }
  return NULL;
}

/* How often one tool call was made on a path, with the same result since it was another one. */
typedef struct
{
  char *name;
  char *result;   /* of the last one */
  GArray *asked;  /* (element-type gint64) exchanges */
} Repeat;

static void
repeat_free (gpointer data)
{
  Repeat *repeat = data;

  g_free (repeat->name);
  g_free (repeat->result);
  g_array_unref (repeat->asked);
  g_free (repeat);
}

static void
count_use (GHashTable *repeats, GPtrArray *path, guint at, const OhBlock *use)
{
  const OhFindingCall *call = g_ptr_array_index (path, at);
  g_autoptr (GString) canon = g_string_new (use->name);
  g_autofree char *result = find_result (path, at, use->id);
  guint64 hash;
  Repeat *repeat;

  /* Nobody knows yet. */
  if (result == NULL)
    return;
  g_string_append_c (canon, '\n');
  oh_canon_append (canon, use->input != NULL ? use->input : "", -1, OH_CANON_VALUE);
  hash = oh_canon_hash (canon->str, canon->len);
  repeat = g_hash_table_lookup (repeats, &hash);
  if (repeat == NULL)
    {
      repeat = g_new0 (Repeat, 1);
      repeat->name = g_strdup (use->name);
      repeat->asked = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_hash_table_insert (repeats, g_memdup2 (&hash, sizeof hash), repeat);
    }
  /* Asking until the answer is another one is polling, not a loop. */
  if (g_strcmp0 (result, repeat->result) != 0)
    g_array_set_size (repeat->asked, 0);
  /* Several in one answer run at once: none waited for the one before. */
  else if (repeat->asked->len > 0 &&
           g_array_index (repeat->asked, gint64, repeat->asked->len - 1) == call->exchange->id)
    return;
  g_free (repeat->result);
  repeat->result = g_steal_pointer (&result);
  g_array_append_val (repeat->asked, call->exchange->id);
}

/* Who waits long, and as long each time, waits for something: that is polling. */
static gboolean
is_polling (const Trace *trace, const GArray *asked)
{
  gint64 least = G_MAXINT64, most = 0;

  for (guint i = 1; i < asked->len; i++)
    {
      const OhFindingCall *before = g_hash_table_lookup (trace->by_id, &g_array_index (asked, gint64, i - 1));
      const OhFindingCall *call = g_hash_table_lookup (trace->by_id, &g_array_index (asked, gint64, i));
      gint64 pause = call->exchange->started_ns - before->exchange->started_ns;

      least = MIN (least, pause);
      most = MAX (most, pause);
    }
  return least >= POLL_NS && (double) most <= POLL_UNEVEN * (double) least;
}

static void
find_repeats (Trace *trace, GPtrArray *path, GHashTable *told)
{
  g_autoptr (GHashTable) repeats = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, repeat_free);
  GHashTableIter iter;
  gpointer key, value;

  for (guint i = 0; i < path->len; i++)
    {
      const OhFindingCall *call = g_ptr_array_index (path, i);
      const OhMessage *answer = call->reading != NULL ? call->reading->answer : NULL;

      for (guint j = 0; answer != NULL && j < answer->blocks->len; j++)
        {
          const OhBlock *block = g_ptr_array_index (answer->blocks, j);

          if (strcmp (block->type, "tool_use") == 0 && block->name != NULL && block->complete)
            count_use (repeats, path, i, block);
        }
    }
  g_hash_table_iter_init (&iter, repeats);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const Repeat *repeat = value;
      OhFinding *finding;

      if (repeat->asked->len < MIN_REPEATS || is_polling (trace, repeat->asked) ||
          !g_hash_table_add (told, g_memdup2 (key, sizeof (guint64))))
        continue;
      finding =
          add_finding (trace->findings, OH_FINDING_REPEATED_TOOL_CALL, OH_SEVERITY_WARNING,
                       oh_saying_new ("repeated-tool-call", "tool times#", repeat->name, (gint64) repeat->asked->len));
      g_array_append_vals (finding->evidence, repeat->asked->data, repeat->asked->len);
    }
}

/* What the last message of the request says; "" if it has none, or it is not known. (transfer full) */
static char *
describe_question (const OhFindingCall *call)
{
  GString *canon = g_string_new (NULL);
  GPtrArray *messages = call->reading != NULL ? call->reading->messages : NULL;
  const OhMessage *last = messages != NULL && messages->len > 0 ? messages->pdata[messages->len - 1] : NULL;

  for (guint i = 0; last != NULL && i < last->blocks->len; i++)
    oh_canon_append_block (canon, last->blocks->pdata[i], OH_CANON_BLOCK);
  return g_string_free (canon, FALSE);
}

/* Whether the same was asked again later, and got an answer that came to its end. */
static gboolean
is_made_good (const Trace *trace, const OhFindingCall *call)
{
  g_autofree char *question = describe_question (call);

  if (*question == '\0')
    return FALSE;
  for (guint i = trace->n_calls; i > 0 && &trace->calls[i - 1] != call; i--)
    {
      const OhFindingCall *later = &trace->calls[i - 1];
      const OhFacts *facts = get_facts (later);
      g_autofree char *asked = NULL;

      if (later->parent_id != call->parent_id || facts == NULL || !facts->complete || facts->stop_reason == NULL ||
          strcmp (facts->stop_reason, "max_tokens") == 0)
        continue;
      asked = describe_question (later);
      if (strcmp (asked, question) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
find_max_tokens (Trace *trace, GPtrArray *path)
{
  const OhFindingCall *leaf = g_ptr_array_index (path, path->len - 1);
  const OhFacts *facts = get_facts (leaf);
  gboolean loop = FALSE;

  if (facts == NULL || g_strcmp0 (facts->stop_reason, "max_tokens") != 0)
    return;
  for (guint i = 0; i + 1 < path->len; i++)
    {
      const OhFacts *before = get_facts (g_ptr_array_index (path, i));

      loop = loop || (before != NULL && g_strcmp0 (before->stop_reason, "tool_use") == 0);
    }
  if (!loop || is_made_good (trace, leaf))
    return;
  add_evidence (add_finding (trace->findings, OH_FINDING_MAX_TOKENS, OH_SEVERITY_WARNING,
                             oh_saying_new ("ended-by-max-tokens", "")),
                leaf);
}

/* The whole prompt, or -1. */
static gint64
get_prompt (const OhFacts *facts)
{
  return facts != NULL ? oh_facts_get_prompt (facts) : -1;
}

/* Once for each conversation: its branches have grown alike.
 * @told: ids of first calls */
static void
find_growth (Trace *trace, GPtrArray *path, GHashTable *told)
{
  const OhFindingCall *first = NULL, *last = NULL;
  gint64 answered = 0, grown;
  guint n = 0;
  OhFinding *finding;

  for (guint i = 0; i < path->len; i++)
    {
      const OhFindingCall *call = g_ptr_array_index (path, i);
      const OhFacts *facts = get_facts (call);

      if (get_prompt (facts) < 0)
        continue;
      first = first != NULL ? first : call;
      last = call;
      answered += MAX (oh_facts_get_output (facts, NULL), 0);
      n++;
    }
  if (n < MIN_GROWING_CALLS)
    return;
  grown = get_prompt (get_facts (last)) - get_prompt (get_facts (first));
  if (get_prompt (get_facts (last)) < MIN_GROWN_PROMPT || grown < GROWTH_FACTOR * MAX (answered, 1) ||
      !g_hash_table_add (told, (gpointer) &first->exchange->id))
    return;
  finding =
      add_finding (trace->findings, OH_FINDING_INPUT_OUTGROWS, OH_SEVERITY_NOTE,
                   oh_saying_new ("input-outgrows-answers", "from# to# calls# answered#", get_prompt (get_facts (first)),
                                  get_prompt (get_facts (last)), (gint64) n, answered));
  add_evidence (finding, first);
  add_evidence (finding, last);
}

/* Once for each id: the calls after it repeat the same history. */
static void
find_tool_results (Trace *trace, GHashTable *told)
{
  for (guint i = 0; i < trace->n_calls; i++)
    {
      const OhFindingCall *call = &trace->calls[i];
      g_autofree char *missing = NULL;
      g_autofree char *stray = NULL;
      OhSeverity severity = call->exchange->status == 400 ? OH_SEVERITY_ERROR : OH_SEVERITY_WARNING;

      if (call->reading == NULL || call->reading->facts->continues_thread ||
          !oh_facts_is_turn (call->reading->facts) ||
          oh_tool_span_check (call->reading->messages, &missing, &stray))
        continue;
      /* A result in the wrong place is missing in the right one: that is one finding. */
      if (stray != NULL && g_hash_table_add (told, g_strdup (stray)))
        add_evidence (add_finding (trace->findings, OH_FINDING_TOOL_RESULT_MISPLACED, severity,
                                   oh_saying_new ("tool-result-misplaced", "tool", stray)),
                      call);
      if (missing != NULL && g_hash_table_add (told, g_strdup (missing)))
        add_evidence (
            add_finding (trace->findings, OH_FINDING_TOOL_RESULT_MISSING, severity,
                         oh_saying_new ("tool-result-missing", "tool", missing)),
            call);
    }
}

static gboolean
is_cut (const OhFindingCall *call)
{
  const OhExchange *exchange = call->exchange;
  const OhFacts *facts = get_facts (call);
  gboolean broken = facts != NULL && facts->error_type != NULL;

  /* What breaks behind message_stop broke nothing. */
  if (exchange->outcome == OH_OUTCOME_CUT)
    return exchange->ended_by != OH_PARTY_CLIENT && (facts == NULL || !facts->complete || broken);
  return exchange->outcome == OH_OUTCOME_FINISHED && exchange->status == 200 && facts != NULL && facts->streamed &&
         oh_facts_is_turn (facts) && (!facts->complete || broken);
}

static void
find_cuts (Trace *trace)
{
  OhFinding *finding = NULL;
  guint n = 0;

  for (guint i = 0; i < trace->n_calls; i++)
    {
      if (!is_cut (&trace->calls[i]))
        continue;
      if (finding == NULL)
        finding = add_finding (trace->findings, OH_FINDING_CUT_STREAM, OH_SEVERITY_ERROR, NULL);
      add_evidence (finding, &trace->calls[i]);
      n++;
    }
  if (finding != NULL)
    finding->saying = oh_saying_new ("cut-stream", "answers#", (gint64) n);
}

static gboolean
is_failed_attempt (const OhExchange *exchange)
{
  return exchange->outcome == OH_OUTCOME_FAILED || exchange->status == 429 || exchange->status >= 500;
}

/* The most failed attempts within STORM_NS; *first is where they begin. */
static guint
count_densest (const Trace *trace, guint *first)
{
  guint most = 0, n = 0, from = 0;

  for (guint i = 0; i < trace->n_calls; i++)
    {
      if (!is_failed_attempt (trace->calls[i].exchange))
        continue;
      n++;
      while (trace->calls[i].exchange->started_ns - trace->calls[from].exchange->started_ns > STORM_NS)
        n -= is_failed_attempt (trace->calls[from++].exchange) ? 1 : 0;
      if (n > most)
        {
          most = n;
          *first = from;
        }
    }
  return most;
}

static void
find_storm (Trace *trace)
{
  gint64 call_id = 0;
  guint attempts = 0, first = 0, failures;
  OhFinding *finding;

  for (guint i = 0; i < trace->n_calls; i++)
    if (trace->calls[i].attempt != NULL && trace->calls[i].attempt->number > attempts)
      {
        attempts = trace->calls[i].attempt->number;
        call_id = trace->calls[i].attempt->call_id;
      }
  failures = count_densest (trace, &first);
  if (attempts >= STORM_ATTEMPTS)
    {
      finding = add_finding (
          trace->findings, OH_FINDING_RETRY_STORM, OH_SEVERITY_WARNING,
          oh_saying_new ("many-attempts", "attempts#", (gint64) attempts));
      for (guint i = 0; i < trace->n_calls; i++)
        if (trace->calls[i].attempt != NULL && trace->calls[i].attempt->call_id == call_id)
          add_evidence (finding, &trace->calls[i]);
    }
  else if (failures >= STORM_FAILURES)
    {
      finding = add_finding (trace->findings, OH_FINDING_RETRY_STORM, OH_SEVERITY_WARNING,
                             oh_saying_new ("many-failures", "attempts#", (gint64) failures));
      for (guint i = first; i < trace->n_calls && finding->evidence->len < failures; i++)
        if (is_failed_attempt (trace->calls[i].exchange))
          add_evidence (finding, &trace->calls[i]);
    }
}

typedef struct
{
  GArray *samples; /* (element-type OhRateSample) */
  const OhFindingCall *last;
  gboolean warning;
} Bucket;

static void
bucket_free (gpointer data)
{
  g_array_unref (((Bucket *) data)->samples);
  g_free (data);
}

static void
sample_limits (GHashTable *buckets, const OhFindingCall *call)
{
  const OhExchange *exchange = call->exchange;
  g_autoptr (GPtrArray) limits = oh_rate_limit_parse (exchange->response_headers, exchange->started_ns + MAX (exchange->timings.response_head, 0));
  g_autofree char *key = oh_rate_limit_get_key (exchange->request_headers);
  const OhFacts *facts = get_facts (call);

  for (guint i = 0; facts != NULL && i < limits->len; i++)
    {
      const OhRateLimit *limit = g_ptr_array_index (limits, i);
      OhRateSample sample = { exchange->started_ns + MAX (exchange->timings.response_head, 0), limit->utilization,
                              limit->reset_ns };
      g_autofree char *name = g_strdup_printf ("%s\n%s\n%s", limit->bucket, key != NULL ? key : "",
                                               oh_rate_limit_get_scope (facts, limit->bucket));
      Bucket *bucket = g_hash_table_lookup (buckets, name);

      if (isnan (limit->utilization) && limit->status == NULL)
        continue;
      if (bucket == NULL)
        {
          bucket = g_new0 (Bucket, 1);
          bucket->samples = g_array_new (FALSE, FALSE, sizeof (OhRateSample));
          g_hash_table_insert (buckets, g_steal_pointer (&name), bucket);
        }
      bucket->last = call;
      bucket->warning = limit->warning || g_strcmp0 (limit->status, "allowed_warning") == 0 ||
                        g_strcmp0 (limit->status, "rejected") == 0;
      if (!isnan (limit->utilization))
        g_array_append_val (bucket->samples, sample);
    }
}

/* The bucket that is nearest to its end; one finding, however many are. */
static void
find_limits (Trace *trace)
{
  g_autoptr (GHashTable) buckets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, bucket_free);
  GHashTableIter iter;
  gpointer key, value;
  const Bucket *worst = NULL;
  double worst_used = -1;
  g_autofree char *name = NULL;

  for (guint i = 0; i < trace->n_calls; i++)
    sample_limits (buckets, &trace->calls[i]);
  g_hash_table_iter_init (&iter, buckets);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const Bucket *bucket = value;
      const OhRateSample *samples = (const OhRateSample *) (gpointer) bucket->samples->data;
      guint n = bucket->samples->len;
      gint64 when = n >= 3 ? oh_rate_limit_estimate (samples, n) : -1;
      double used = n > 0 ? samples[n - 1].utilization : 0;
      gboolean soon = when >= 0 && when - samples[n - 1].at_ns <= SOON_NS && used >= 0.5;

      if ((bucket->warning || soon || used >= NEAR_LIMIT) && used > worst_used)
        {
          worst = bucket;
          worst_used = used;
          g_free (name);
          name = g_strndup (key, strcspn (key, "\n"));
        }
    }
  if (worst == NULL)
    return;
  add_evidence (
      add_finding (trace->findings, OH_FINDING_LIMIT_NEAR, OH_SEVERITY_WARNING,
                   worst->samples->len > 0
                       ? oh_saying_new ("limit-near", "limit used#", name, (gint64) floor (worst_used * 100))
                       : oh_saying_new ("limit-warned", "limit", name)),
      worst->last);
}

/* Who serves the model, where that is not who made it: Amazon's names have its own decoration, Google's are in the path. */
static const char *
get_platform (const OhFacts *facts, const char *model)
{
  OhModelSigns signs;
  g_autofree char *plain = oh_providers_read_model (model, &signs);

  return (signs & OH_MODEL_PLATFORM) ? "bedrock" : facts->region != NULL ? "vertex" : NULL;
}

static void
find_retirement (Trace *trace, const OhPriceTable *prices, const OhFindingCall *call, GHashTable *told)
{
  const OhFacts *facts = get_facts (call);
  const char *model = facts != NULL ? facts->requested_model != NULL ? facts->requested_model : facts->model : NULL;
  gint64 retires;
  const char *as_of = NULL;
  g_autoptr (GDateTime) date = NULL;
  g_autofree char *day = NULL;
  g_autofree char *saying = NULL;
  OhFinding *finding = NULL;
  gboolean over;

  if (model == NULL || !oh_facts_is_turn (facts) ||
      !oh_price_table_get_retirement (prices, model, get_platform (facts, model), &retires, &as_of) ||
      retires - call->exchange->started_ns > RETIRES_NS || !g_hash_table_add (told, g_strdup (model)))
    return;
  date = g_date_time_new_from_unix_utc (retires / OH_NS_PER_S);
  day = g_date_time_format (date, "%Y-%m-%d");
  over = retires <= call->exchange->started_ns;
  saying = oh_saying_new (over ? "model-retired" : "model-retires", "model day known", model, day, as_of != NULL ? as_of : "?");
  /* A trace has one finding of a kind, so it names every model. */
  for (guint i = 0; i < trace->findings->len && finding == NULL; i++)
    if (strcmp (((OhFinding *) trace->findings->pdata[i])->kind, OH_FINDING_MODEL_RETIRES) == 0)
      finding = trace->findings->pdata[i];
  if (finding == NULL)
    finding = add_finding (trace->findings, OH_FINDING_MODEL_RETIRES, OH_SEVERITY_NOTE, g_steal_pointer (&saying));
  else
    oh_saying_add (&finding->saying, g_steal_pointer (&saying));
  finding->severity = over ? OH_SEVERITY_WARNING : finding->severity;
  add_evidence (finding, call);
}

static gint
compare_findings (gconstpointer a, gconstpointer b)
{
  const OhFinding *one = *(const OhFinding *const *) a, *two = *(const OhFinding *const *) b;
  gint64 first, second;

  if (one->severity != two->severity)
    return one->severity > two->severity ? -1 : 1;
  first = g_array_index (one->evidence, gint64, 0);
  second = g_array_index (two->evidence, gint64, 0);
  return first != second ? (first < second ? -1 : 1) : strcmp (one->saying, two->saying);
}

GPtrArray *
oh_finding_find (const OhFindingCall *calls, guint n_calls, const OhPriceTable *prices)
{
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GHashTable) continued = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GHashTable) told_growth = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GHashTable) told_calls = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GHashTable) told_ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) told_models = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Trace trace = { calls, n_calls, by_id, continued,
                  g_ptr_array_new_with_free_func ((GDestroyNotify) oh_finding_free) };

  g_return_val_if_fail (calls != NULL || n_calls == 0, trace.findings);
  for (guint i = 0; i < n_calls; i++)
    {
      g_hash_table_insert (by_id, (gpointer) &calls[i].exchange->id, (gpointer) &calls[i]);
      if (calls[i].parent_id != 0)
        g_hash_table_add (continued, (gpointer) &calls[i].parent_id);
    }
  for (guint i = 0; i < n_calls; i++)
    {
      g_autoptr (GPtrArray) path = is_leaf (&trace, &calls[i]) ? get_path (&trace, &calls[i]) : NULL;

      if (prices != NULL)
        find_retirement (&trace, prices, &calls[i], told_models);
      if (path == NULL)
        continue;
      find_repeats (&trace, path, told_calls);
      find_max_tokens (&trace, path);
      find_growth (&trace, path, told_growth);
    }
  find_tool_results (&trace, told_ids);
  find_cuts (&trace);
  find_storm (&trace);
  find_limits (&trace);
  g_ptr_array_sort (trace.findings, compare_findings);
  return trace.findings;
}
