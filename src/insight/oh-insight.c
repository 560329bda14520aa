/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-insight.h"

#include "oh-analyst.h"
#include "oh-clock.h"
#include "oh-fatal-read.h"
#include "oh-feed.h"
#include "oh-indexer.h"
#include "oh-paths.h"

#include <sys/resource.h>

/* How often the facts of an exchange that goes on are put. */
#define PUT_PAUSE_NS (100 * OH_NS_PER_MS)
/* Exchanges that are read while they go on; more at once are read when they have ended. */
#define LIVE_MAX 1024
/* Exchanges looked at together, at most so many bytes of them, and bytes of a body. The analyst keeps the last two slices
 * at hand (RECENT_MAX), the store has all before them. */
#define SLICE 128
#define SLICE_BYTES (1024 * 1024)
#define PIECE (256 * 1024)
#define VISIBLE_PATIENCE_NS (OH_NS_PER_S)
/* At the start, facts that a dead process left out are looked for among the newest exchanges, until so many have theirs. */
#define CATCH_UP 1000
/* Captures come first. When more exchanges than this end on the wire in a second, a slice is followed by a pause: its own time,
 * for each of these times so much. A full slice is of what was told, mostly, for nobody waits for that as for an answer: it
 * gives way sooner. What waits for long makes the pauses shorter, so that a load that never ends is kept up with. */
#define PACE_CALM 100
#define PACE_CALM_FULL 10
#define PAUSE_PER_PACE 0.04
#define LAG_MAX_NS (8 * OH_NS_PER_S)
/* Exchanges that are read again between two looks at what is new. */
#define REREAD_SLICE 16
/* Below the threads that move bytes for the programs being watched. */
#define NICE 5

/* An exchange that is being read. */
typedef struct
{
  gint64 id;
  OhInterpreter *interpreter;
  gboolean analysed;  /* it is worth a place among calls and traces: its reading is kept */
  gboolean placed;    /* the analyst has its request */
  gboolean indexed;   /* the analyst made its texts searchable */
  gint64 request_fed;
  gint64 response_fed;
  gboolean response_set;
  gboolean server_tools; /* the API may run tools itself */
  OhFacts *put;       /* the facts put last */
  gint64 put_at_ns;   /* monotonic */
} Live;

/* The thread owns reader, since, live and what is postponed; the lock guards the rest. */
struct _OhInsight
{
  GObject parent_instance;

  OhStore *store;
  gulong changed_handler;
  GThread *thread;
  OhStoreReader *reader;
  OhAnalyst *analyst;
  gint64 since;
  GHashTable *live;      /* gint64 → Live */
  GHashTable *postponed; /* set of gint64: changed since their facts were put, but too soon */
  gint64 postponed_until_ns;
  GHashTable *done[2];   /* sets of gint64: read to their ends in this slice, and in the one before */
  gint64 last[2];        /* the last of each; 0: none */
  gboolean blind;        /* the store did not take in time what was said */
  GArray *reread;          /* gint64: what is to be read again; NULL: nothing */
  OhAnalyst *reread_analyst;

  GMutex lock;
  GCond work;
  GCond flushed;
  gboolean changed;
  gint64 changed_at_ns;    /* since when (monotonic) */
  gboolean resting;        /* changes wake nobody */
  gboolean stopping;
  gboolean reread_asked;
  gboolean reread_stopped;
  gint64 reread_done;
  gint64 reread_total;     /* 0: nothing is being read again */
  guint64 flush_asked;
  guint64 flush_done;
};

G_DEFINE_FINAL_TYPE (OhInsight, oh_insight, G_TYPE_OBJECT)

static void
live_free (gpointer data)
{
  Live *live = data;

  oh_interpreter_free (live->interpreter);
  g_clear_pointer (&live->put, oh_facts_unref);
  g_free (live);
}

static Live *
live_new (const OhExchange *exchange)
{
  Live *live = g_new0 (Live, 1);
  g_autoptr (OhFacts) facts = NULL;

  live->id = exchange->id;
  live->interpreter = oh_interpreter_new_for_facts (exchange);
  facts = oh_interpreter_get_facts (live->interpreter);
  live->analysed = oh_analyst_wants (exchange, facts);
  if (live->analysed)
    {
      oh_interpreter_free (live->interpreter);
      live->interpreter = oh_interpreter_new_for_meaning (exchange);
    }
  return live;
}

static void
feed_request (OhInsight *self, Live *live, const OhExchange *row)
{
  while (oh_interpreter_wants_request (live->interpreter) && live->request_fed < row->request_length)
    {
      g_autoptr (GBytes) bytes =
        oh_store_reader_read_body (self->reader, live->id, OH_SIDE_REQUEST, live->request_fed, PIECE, NULL);

      if (bytes == NULL || g_bytes_get_size (bytes) == 0)
        break;
      oh_feed_bytes (live->interpreter, OH_SIDE_REQUEST, bytes, live->request_fed, NULL);
      live->request_fed += (gint64) g_bytes_get_size (bytes);
    }
  /* What the row says may be ahead of the bytes that are stored. */
  if (row->timings.request_sent >= 0 &&
      (live->request_fed >= row->request_length || !oh_interpreter_wants_request (live->interpreter)))
    {
      oh_feed_records (self->reader, live->interpreter, row);
      oh_interpreter_end_request (live->interpreter);
    }
}

/* Whether the API may run tools itself: only those that the program runs have a schema. */
static gboolean
has_server_tools (const OhReading *reading)
{
  for (guint i = 0; i < reading->tools->len; i++)
    {
      const OhTool *tool = g_ptr_array_index (reading->tools, i);

      if (tool->json != NULL && strstr (tool->json, "\"input_schema\"") == NULL)
        return TRUE;
    }
  for (guint i = 0; i < reading->parameters->len; i++)
    if (strcmp (((OhParameter *) g_ptr_array_index (reading->parameters, i))->name, "mcp_servers") == 0)
      return TRUE;
  return FALSE;
}

static void
feed_response (OhInsight *self, Live *live, OhExchange *exchange)
{
  if (!live->response_set && exchange->status != 0)
    {
      g_autoptr (OhReading) reading = oh_interpreter_get_reading (live->interpreter);

      live->server_tools = has_server_tools (reading);
      oh_interpreter_set_response (live->interpreter, exchange);
      live->response_set = TRUE;
    }
  while (live->response_set && oh_interpreter_wants_response (live->interpreter) &&
         live->response_fed < exchange->response_length)
    {
      g_autoptr (OhFacts) facts = oh_interpreter_get_facts (live->interpreter);
      g_autoptr (GBytes) bytes =
        oh_store_reader_read_body (self->reader, live->id, OH_SIDE_RESPONSE, live->response_fed, PIECE, NULL);
      g_autoptr (GArray) arrivals = NULL;

      if (bytes == NULL || g_bytes_get_size (bytes) == 0)
        break;
      /* Times matter until the first token is there; where the server runs tools, their blocks have times. */
      if (facts->streamed && (facts->first_token_ns < 0 || live->server_tools))
        arrivals = oh_store_reader_get_arrivals (self->reader, live->id, OH_SIDE_RESPONSE);
      oh_feed_bytes (live->interpreter, OH_SIDE_RESPONSE, bytes, live->response_fed, arrivals);
      live->response_fed += (gint64) g_bytes_get_size (bytes);
    }
}

/* Tells the analyst of the whole request, once, and of the end. */
static void
analyse (OhAnalyst *analyst, Live *live, OhExchange *exchange)
{
  gboolean ended = exchange->outcome != OH_OUTCOME_PENDING;
  g_autoptr (OhReading) reading = NULL;

  if (exchange->route == OH_ROUTE_TOLD && !ended)
    return;
  if (exchange->route == OH_ROUTE_TOLD && !oh_exchange_is_span (exchange))
    {
      g_autoptr (GBytes) body = oh_interpreter_get_request_body (live->interpreter, NULL);

      reading = oh_interpreter_get_reading (live->interpreter);
      if (oh_analyst_tell_event (analyst, exchange, reading, body))
        {
          live->indexed = !oh_exchange_is_told_whole (exchange) && oh_indexer_has_texts (reading);
          return;
        }
      g_clear_pointer (&reading, oh_reading_unref);
    }
  if (!live->analysed || (live->placed && !ended) || exchange->request_headers == NULL ||
      (!ended && (exchange->timings.request_sent < 0 || live->request_fed < exchange->request_length)))
    return;
  reading = oh_interpreter_get_reading (live->interpreter);
  if (oh_exchange_is_span (exchange))
    {
      g_autoptr (GBytes) span = oh_interpreter_get_request_body (live->interpreter, NULL);

      oh_analyst_tell (analyst, exchange, reading, span);
      live->indexed = oh_indexer_has_texts (reading);
      return;
    }
  /* As the store will say once it has the facts. */
  if (exchange->outcome == OH_OUTCOME_CUT && exchange->ended_by == OH_PARTY_CLIENT && oh_facts_is_over (live->put))
    exchange->outcome = OH_OUTCOME_FINISHED;
  if (!live->placed)
    {
      g_autoptr (GBytes) body = oh_interpreter_get_request_body (live->interpreter, NULL);

      oh_analyst_request (analyst, exchange, reading, body);
      live->placed = TRUE;
    }
  if (ended)
    {
      oh_analyst_answer (analyst, exchange, reading);
      live->indexed = oh_indexer_has_texts (reading);
    }
}

/* What is not read for what it means is found by its address, headers and the beginnings of its bodies. */
static void
index_plain (OhInsight *self, Live *live, const OhExchange *exchange)
{
  g_autoptr (OhFacts) facts = oh_interpreter_get_facts (live->interpreter);
  g_autoptr (GBytes) request = NULL;
  g_autoptr (GBytes) response = NULL;

  request = oh_store_reader_read_body (self->reader, live->id, OH_SIDE_REQUEST, 0, OH_INDEXER_BODY_MAX, NULL);
  if (exchange->response_length > 0)
    response = oh_store_reader_read_body (self->reader, live->id, OH_SIDE_RESPONSE, 0, OH_INDEXER_BODY_MAX, NULL);
  oh_store_put_searchable (self->store, oh_indexer_read_plain (exchange, facts, request, response));
}

static void
put (OhInsight *self, Live *live)
{
  g_autoptr (OhFacts) facts = oh_interpreter_get_facts (live->interpreter);

  if (facts == live->put)
    return;
  oh_store_put_facts (self->store, live->id, facts);
  g_clear_pointer (&live->put, oh_facts_unref);
  live->put = g_steal_pointer (&facts);
  live->put_at_ns = oh_clock_monotonic_ns ();
}

/* Reads on in an exchange that changed. An exchange that has ended, has facts and is not being read is done with: also
 * this way a change that is nothing but our own facts leads to nothing.
 * @force: whether or not its facts were put a moment ago
 * Returns: how many bytes its bodies have. */
static gint64
update (OhInsight *self, const OhChange *change, gboolean force)
{
  Live *live = g_hash_table_lookup (self->live, &change->id);
  g_autoptr (OhExchange) exchange = NULL;
  gboolean ended;
  gint64 outer;

  if (live == NULL && ((change->ended && change->understood) || g_hash_table_contains (self->done[0], &change->id) ||
                       g_hash_table_contains (self->done[1], &change->id)))
    return 0;
  if (live == NULL && !change->ended && g_hash_table_size (self->live) >= LIVE_MAX)
    return 0;
  if (live != NULL && !change->ended && !force && oh_clock_monotonic_ns () - live->put_at_ns < PUT_PAUSE_NS)
    {
      g_hash_table_add (self->postponed, g_memdup2 (&change->id, sizeof change->id));
      return 0;
    }
  exchange = oh_store_reader_get_exchange (self->reader, change->id);
  ended = exchange == NULL || exchange->outcome != OH_OUTCOME_PENDING;
  if (exchange == NULL || (live == NULL && ended && exchange->facts != NULL))
    {
      g_hash_table_remove (self->live, &change->id);
      return 0;
    }
  if (live == NULL)
    {
      live = live_new (exchange);
      g_hash_table_insert (self->live, &live->id, live);
    }
  outer = oh_fatal_read_enter (change->id);
  feed_request (self, live, exchange);
  feed_response (self, live, exchange);
  if (ended)
    oh_interpreter_end (live->interpreter, exchange->outcome);
  put (self, live);
  analyse (self->analyst, live, exchange);
  if (ended && !live->indexed && !oh_fatal_read_contains (change->id))
    index_plain (self, live, exchange);
  oh_fatal_read_enter (outer);
  if (ended)
    {
      g_hash_table_add (self->done[0], g_memdup2 (&change->id, sizeof change->id));
      self->last[0] = change->id;
      g_hash_table_remove (self->live, &change->id);
    }
  return exchange->request_length + exchange->response_length;
}

/* Whether somebody waits for all to be done. With the lock. */
static gboolean
is_in_hurry (OhInsight *self)
{
  return self->stopping || self->flush_asked != self->flush_done;
}

/* Waits until @until_ns, or until somebody is in a hurry. Changes wake nobody meanwhile. */
static void
rest (OhInsight *self, gint64 until_ns)
{
  g_mutex_lock (&self->lock);
  self->resting = TRUE;
  while (!is_in_hurry (self) && g_cond_wait_until (&self->work, &self->lock, until_ns / OH_NS_PER_US + 1))
    ;
  self->resting = FALSE;
  g_mutex_unlock (&self->lock);
}

/* Leaves the machine to the captures while they come fast. @begun_ns: when the slice was begun; @full: it was; @since_ns: since
 * when the oldest change waits */
static void
give_way (OhInsight *self, gint64 begun_ns, gboolean full, gint64 since_ns)
{
  const gint64 now_ns = oh_clock_monotonic_ns ();
  const gint64 patience_ns = LAG_MAX_NS - (now_ns - since_ns);
  const guint pace = oh_store_get_pace (self->store);

  if (pace > (full ? PACE_CALM_FULL : PACE_CALM) && patience_ns > 0)
    rest (self, now_ns + (gint64) ((double) (now_ns - begun_ns) * PAUSE_PER_PACE * pace * patience_ns / LAG_MAX_NS));
}

/* Whether what was said of an exchange is in the store, or never will be. */
static gboolean
is_told (OhInsight *self, gint64 id)
{
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (self->reader, &id, 1);
  const OhExchange *row = rows->pdata[0];

  return row == NULL || row->facts != NULL;
}

/* Ends a slice. Waits until what was said of the one before can be read: the analyst's own memory reaches only so far
 * back. While the store takes nothing there is no waiting either. */
static void
end_slice (OhInsight *self)
{
  const gint64 until_ns = oh_clock_monotonic_ns () + (self->blind ? 0 : VISIBLE_PATIENCE_NS);
  GHashTable *before = self->done[1];
  gboolean told;

  told = self->last[1] == 0 || is_told (self, self->last[1]);
  if (!told)
    oh_store_hurry (self->store);
  while (!told && oh_clock_monotonic_ns () < until_ns)
    {
      g_usleep (300);
      told = is_told (self, self->last[1]);
    }
  self->blind = !told;
  g_hash_table_remove_all (before);
  self->done[1] = self->done[0];
  self->done[0] = before;
  self->last[1] = self->last[0];
  self->last[0] = 0;
}

static void
reread_one (OhInsight *self, OhAnalyst *analyst, gint64 id)
{
  g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (self->reader, id);
  Live *live;

  if (exchange == NULL || exchange->outcome == OH_OUTCOME_PENDING)
    return;
  live = live_new (exchange);
  feed_request (self, live, exchange);
  feed_response (self, live, exchange);
  oh_interpreter_end (live->interpreter, exchange->outcome);
  oh_store_begin_saying (self->store);
  put (self, live);
  analyse (analyst, live, exchange);
  if (!live->indexed)
    index_plain (self, live, exchange);
  oh_store_end_saying (self->store);
  live_free (live);
}

/* Spans of which more was told. */
static void
reread_fuller (OhInsight *self, OhAnalyst *analyst)
{
  g_autoptr (GArray) ids = oh_analyst_take_fuller (analyst);

  for (guint i = 0; ids != NULL && i < ids->len; i++)
    reread_one (self, analyst, g_array_index (ids, gint64, i));
}

/* @since_ns: since when the oldest change waits (monotonic) */
static void
update_all (OhInsight *self, const GArray *changes, gint64 since_ns, gboolean force)
{
  for (guint at = 0; at < changes->len;)
    {
      const gint64 begun_ns = oh_clock_monotonic_ns ();
      gint64 bytes = 0;
      guint n;

      oh_store_reader_freeze (self->reader);
      oh_store_begin_saying (self->store);
      for (n = 0; n < SLICE && at < changes->len && bytes < SLICE_BYTES; n++, at++)
        bytes += update (self, &g_array_index (changes, OhChange, at), force);
      oh_store_end_saying (self->store);
      oh_store_reader_thaw (self->reader);
      if (!force)
        give_way (self, begun_ns, n == SLICE, since_ns);
      end_slice (self);
      /* The store takes what insight says in any amount; waiting for it bounds the memory, and leaves room for captures. */
      if (oh_store_is_behind (self->store))
        oh_store_flush (self->store);
    }
  reread_fuller (self, self->analyst);
}

/* What was postponed, and forgets that it was. */
static GArray *
take_postponed (OhInsight *self)
{
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (OhChange));
  GHashTableIter iter;
  gpointer id;

  self->postponed_until_ns = oh_clock_monotonic_ns () + PUT_PAUSE_NS;
  g_hash_table_iter_init (&iter, self->postponed);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      OhChange change = { .id = *(gint64 *) id };

      g_array_append_val (changes, change);
    }
  g_hash_table_remove_all (self->postponed);
  return changes;
}

OhPriceTable *
oh_insight_load_prices (const char *data_dir)
{
  g_autofree char *path = oh_paths_find_data ("prices.json");
  g_autofree char *own_path = g_build_filename (data_dir, "prices.json", NULL);
  g_autofree char *text = NULL;
  g_autofree char *own = NULL;
  g_autoptr (GError) error = NULL;
  OhPriceTable *table;

  if (!g_file_get_contents (path, &text, NULL, &error))
    {
      g_warning ("No prices: %s", error->message);
      return NULL;
    }
  g_file_get_contents (own_path, &own, NULL, NULL);
  table = oh_price_table_new ((const char *const[]) { text, own, NULL }, &error);
  if (table == NULL && own != NULL)
    {
      g_warning ("%s is not used: %s", own_path, error->message);
      g_clear_error (&error);
      table = oh_price_table_new ((const char *const[]) { text, NULL }, &error);
    }
  if (table == NULL)
    g_warning ("No prices: %s", error->message);
  return table;
}

/* Reads the next few again. */
static void
reread_slice (OhInsight *self)
{
  gint64 done;

  g_mutex_lock (&self->lock);
  done = self->reread_done;
  if (self->reread_stopped)
    {
      self->reread_stopped = FALSE;
      g_clear_pointer (&self->reread, g_array_unref);
      g_clear_pointer (&self->reread_analyst, oh_analyst_free);
    }
  if (self->reread_asked)
    {
      self->reread_asked = FALSE;
      g_clear_pointer (&self->reread, g_array_unref);
      g_clear_pointer (&self->reread_analyst, oh_analyst_free);
      self->reread = oh_store_reader_find (self->reader, NULL, NULL);
      self->reread_analyst = oh_analyst_new (self->store, self->reader, oh_insight_load_prices (oh_store_get_dir (self->store)));
      self->reread_total = self->reread != NULL ? self->reread->len : 0;
      done = 0;
    }
  self->reread_done = done;
  g_mutex_unlock (&self->lock);
  if (self->reread == NULL)
    return;

  for (guint i = 0; i < REREAD_SLICE && done < self->reread->len; i++)
    reread_one (self, self->reread_analyst, g_array_index (self->reread, gint64, done++));
  reread_fuller (self, self->reread_analyst);
  /* The store takes what insight says in any amount; waiting for it here bounds the memory. */
  oh_store_flush (self->store);
  g_mutex_lock (&self->lock);
  self->reread_done = done;
  if (done >= self->reread->len)
    {
      g_clear_pointer (&self->reread, g_array_unref);
      g_clear_pointer (&self->reread_analyst, oh_analyst_free);
      self->reread_total = self->reread_asked ? self->reread_total : 0;
    }
  g_mutex_unlock (&self->lock);
}

static void
catch_up (OhInsight *self)
{
  g_autoptr (GArray) changes = oh_store_reader_get_unread (self->reader, CATCH_UP);

  update_all (self, changes, oh_clock_monotonic_ns (), TRUE);
}

static gpointer
run (gpointer data)
{
  OhInsight *self = data;
  gboolean stopping = FALSE;

  setpriority (PRIO_PROCESS, 0, NICE);
  catch_up (self);
  while (!stopping)
    {
      g_autoptr (GArray) changed = NULL;
      guint64 asked;
      gint64 since_ns;
      gboolean force;

      g_mutex_lock (&self->lock);
      while (!self->changed && !self->stopping && self->flush_asked == self->flush_done && !self->reread_asked &&
             self->reread == NULL)
        {
          if (g_hash_table_size (self->postponed) == 0)
            g_cond_wait (&self->work, &self->lock);
          else if (!g_cond_wait_until (&self->work, &self->lock, self->postponed_until_ns / OH_NS_PER_US + 1))
            break;
        }
      since_ns = self->changed ? self->changed_at_ns : oh_clock_monotonic_ns ();
      self->changed = FALSE;
      stopping = self->stopping;
      asked = self->flush_asked;
      force = asked != self->flush_done;
      g_mutex_unlock (&self->lock);

      if (force || oh_clock_monotonic_ns () >= self->postponed_until_ns)
        {
          g_autoptr (GArray) postponed = take_postponed (self);

          update_all (self, postponed, since_ns, force);
        }
      changed = oh_store_reader_get_changes (self->reader, self->since, &self->since);
      update_all (self, changed, since_ns, force);
      if (!stopping)
        reread_slice (self);
      if (!force)
        continue;
      oh_store_flush (self->store);
      g_mutex_lock (&self->lock);
      self->flush_done = asked;
      g_cond_broadcast (&self->flushed);
      g_mutex_unlock (&self->lock);
    }
  return NULL;
}

static void
on_changed (OhStore *store, OhInsight *self)
{
  g_mutex_lock (&self->lock);
  if (!self->changed)
    self->changed_at_ns = oh_clock_monotonic_ns ();
  self->changed = TRUE;
  if (!self->resting)
    g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
}

static void
oh_insight_dispose (GObject *object)
{
  OhInsight *self = OH_INSIGHT (object);

  oh_insight_stop (self);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (oh_insight_parent_class)->dispose (object);
}

static void
oh_insight_finalize (GObject *object)
{
  OhInsight *self = OH_INSIGHT (object);

  g_hash_table_unref (self->live);
  g_hash_table_unref (self->postponed);
  for (guint i = 0; i < G_N_ELEMENTS (self->done); i++)
    g_hash_table_unref (self->done[i]);
  g_clear_pointer (&self->analyst, oh_analyst_free);
  g_clear_pointer (&self->reread_analyst, oh_analyst_free);
  g_clear_pointer (&self->reread, g_array_unref);
  g_clear_pointer (&self->reader, oh_store_reader_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->work);
  g_cond_clear (&self->flushed);
  G_OBJECT_CLASS (oh_insight_parent_class)->finalize (object);
}

static void
oh_insight_class_init (OhInsightClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = oh_insight_dispose;
  object_class->finalize = oh_insight_finalize;
}

static void
oh_insight_init (OhInsight *self)
{
  self->live = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, live_free);
  self->postponed = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (self->done); i++)
    self->done[i] = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_mutex_init (&self->lock);
  g_cond_init (&self->work);
  g_cond_init (&self->flushed);
}

OhInsight *
oh_insight_new (OhStore *store, GError **error)
{
  g_autoptr (OhInsight) self = g_object_new (OH_TYPE_INSIGHT, NULL);

  g_return_val_if_fail (OH_IS_STORE (store), NULL);
  self->reader = oh_store_reader_new (oh_store_get_dir (store), error);
  if (self->reader == NULL)
    return NULL;
  self->store = g_object_ref (store);
  self->analyst = oh_analyst_new (store, self->reader, oh_insight_load_prices (oh_store_get_dir (store)));
  self->since = oh_store_reader_get_change (self->reader);
  self->changed_handler = g_signal_connect (store, "changed", G_CALLBACK (on_changed), self);
  self->thread = g_thread_new ("insight", run, self);
  return g_steal_pointer (&self);
}

void
oh_insight_flush (OhInsight *self)
{
  guint64 mine;

  g_return_if_fail (OH_IS_INSIGHT (self));
  if (self->thread == NULL)
    return;
  oh_store_flush (self->store);
  g_mutex_lock (&self->lock);
  mine = ++self->flush_asked;
  g_cond_signal (&self->work);
  while (self->flush_done < mine)
    g_cond_wait (&self->flushed, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
oh_insight_reread (OhInsight *self)
{
  g_return_if_fail (OH_IS_INSIGHT (self));
  g_mutex_lock (&self->lock);
  self->reread_asked = TRUE;
  self->reread_done = 0;
  self->reread_total = MAX (self->reread_total, 1);
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
}

void
oh_insight_stop_reread (OhInsight *self)
{
  g_return_if_fail (OH_IS_INSIGHT (self));
  g_mutex_lock (&self->lock);
  self->reread_asked = FALSE;
  self->reread_stopped = TRUE;
  self->reread_total = 0;
  g_mutex_unlock (&self->lock);
}

gboolean
oh_insight_get_reread (OhInsight *self, gint64 *done, gint64 *total)
{
  gboolean going_on;

  g_return_val_if_fail (OH_IS_INSIGHT (self), FALSE);
  g_mutex_lock (&self->lock);
  if (done != NULL)
    *done = self->reread_done;
  if (total != NULL)
    *total = self->reread_total;
  going_on = self->reread_total > 0;
  g_mutex_unlock (&self->lock);
  return going_on;
}

void
oh_insight_stop (OhInsight *self)
{
  g_return_if_fail (OH_IS_INSIGHT (self));
  if (self->thread == NULL)
    return;
  g_clear_signal_handler (&self->changed_handler, self->store);
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->thread));
}
