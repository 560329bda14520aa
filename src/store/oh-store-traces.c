/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-traces.h"

#include "oh-clock.h"
#include "oh-store-columns-private.h"
#include "oh-store-meaning-private.h"

#include <math.h>
#include <string.h>

#define HISTORY_MAX 2000

/* Whether an exchange asks a model for an answer: counting tokens, making a batch or listing models does not. Of these
 * nothing counts but what they cost. */
#define TURN "(e.operation IN ('" OH_OPERATION_NAME_TURN "', '" OH_OPERATION_NAME_COMPLETION "'))"
#define COUNTED "(p.last AND " TURN ")"

/* What read_sums() reads: over places p and their exchanges e. An attempt that was tried again is no failure. */
#define SUMS                                                                                                          \
  "sum (" COUNTED "), sum (" TURN "), sum (" COUNTED " AND p.attempt > 1),"                                           \
  " sum (" COUNTED " AND e.outcome <> " OH_SQL_CUT " AND " OH_SQL_IS_REFUSED "),"                                   \
  " sum (" COUNTED " AND e.outcome = " OH_SQL_CUT "),"                                                                \
  " sum (" TURN " * " OH_SQL_PROMPT "),"                                                                              \
  " sum (" TURN " * e.cache_read_tokens), sum (" TURN " * e.cache_write_tokens), sum (" TURN " * " OH_SQL_OUTPUT "),"  \
  " sum (" TURN " AND coalesce (e.output_estimate, 0) > coalesce (e.output_tokens, 0)),"                              \
  " sum (p.cost), sum (p.cost_approximate AND p.cost IS NOT NULL),"                                                   \
  " sum (" COUNTED " AND p.cost IS NULL AND e.outcome <> " OH_SQL_PENDING "), sum (p.saved)"
#define SUMS_COLUMNS 14

static void
read_sums (sqlite3_stmt *row, int i, OhSums *sums)
{
  sums->calls = sqlite3_column_int64 (row, i++);
  sums->attempts = sqlite3_column_int64 (row, i++);
  sums->retried = sqlite3_column_int64 (row, i++);
  sums->failed = sqlite3_column_int64 (row, i++);
  sums->cut = sqlite3_column_int64 (row, i++);
  sums->input_tokens = sqlite3_column_int64 (row, i++);
  sums->cache_read_tokens = sqlite3_column_int64 (row, i++);
  sums->cache_write_tokens = sqlite3_column_int64 (row, i++);
  sums->output_tokens = sqlite3_column_int64 (row, i++);
  sums->estimated = sqlite3_column_int64 (row, i++);
  sums->cost = sqlite3_column_double (row, i++);
  sums->approximate = sqlite3_column_int64 (row, i++);
  sums->unpriced = sqlite3_column_int64 (row, i++);
  sums->saved = sqlite3_column_double (row, i++);
}

static char *
read_text (sqlite3_stmt *row, int column)
{
  return g_strdup ((const char *) sqlite3_column_text (row, column));
}

static GArray *
read_ids (OhDb *db, sqlite3_stmt *rows)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  while (oh_db_step (db, rows))
    g_array_append_val (ids, (gint64) { sqlite3_column_int64 (rows, 0) });
  return ids;
}

static gint64
limit_of (const OhTraceQuery *query)
{
  return query != NULL && query->limit > 0 ? query->limit : -1;
}

/* --- for insight --- */

OhPlace *
oh_store_reader_get_place (OhStoreReader *self, gint64 exchange_id)
{
  g_return_val_if_fail (self != NULL, NULL);
  return oh_meaning_read_place (oh_store_reader_get_db (self), exchange_id);
}

GArray *
oh_store_reader_find_thread_keys (OhStoreReader *self, guint64 hash, gboolean spans)
{
  GArray *keys = g_array_new (FALSE, TRUE, sizeof (OhThreadKey));
  sqlite3_stmt *rows;
  OhDb *db;

  g_return_val_if_fail (self != NULL && hash != 0, keys);
  db = oh_store_reader_get_db (self);
  rows = oh_db_query (db,
                      "SELECT p.id, e.run_id, e.started_ns, p.thread_hash, p.thread_short_hash, p.thread_answer,"
                      " p.thread_length FROM place p JOIN exchange e ON e.id = p.id WHERE p.id IN"
                      " (SELECT id FROM place WHERE thread_hash = ?1 AND thread_hash <> 0 UNION"
                      "  SELECT id FROM place WHERE thread_short_hash = ?1 AND thread_short_hash <> 0)"
                      " AND (e.scheme IS 'otlp') = ?2 ORDER BY p.id DESC LIMIT 16",
                      "ii", (gint64) hash, (gint64) spans);
  while (oh_db_step (db, rows))
    {
      OhThreadKey key = { .exchange_id = sqlite3_column_int64 (rows, 0),
                          .run_id = sqlite3_column_int64 (rows, 1),
                          .started_ns = sqlite3_column_int64 (rows, 2),
                          .hash = (guint64) sqlite3_column_int64 (rows, 3),
                          .short_hash = (guint64) sqlite3_column_int64 (rows, 4),
                          .answer = (guint64) sqlite3_column_int64 (rows, 5),
                          .length = (guint) sqlite3_column_int64 (rows, 6) };

      g_array_append_val (keys, key);
    }
  return keys;
}

gint64
oh_store_reader_find_message (OhStoreReader *self, const char *message_id)
{
  g_return_val_if_fail (self != NULL && message_id != NULL, 0);
  return oh_db_get_int (oh_store_reader_get_db (self),
                        "SELECT id FROM exchange WHERE message_id = ? AND route <> " OH_SQL_TOLD " ORDER BY id DESC LIMIT 1",
                        0, "t", message_id);
}

gint64
oh_store_reader_find_trace (OhStoreReader *self, const char *key)
{
  g_return_val_if_fail (self != NULL && key != NULL, 0);
  return oh_db_get_int (oh_store_reader_get_db (self), "SELECT id FROM trace WHERE key = ?", 0, "t", key);
}

/* --- traces --- */

GArray *
oh_store_reader_find_traces (OhStoreReader *self, const OhTraceQuery *query)
{
  OhDb *db;

  g_return_val_if_fail (self != NULL, NULL);
  db = oh_store_reader_get_db (self);
  return read_ids (db, oh_db_query (db,
                                    "SELECT id FROM trace WHERE (?1 = 0 OR run_id = ?1) AND (?2 IS NULL OR session = ?2)"
                                    " AND (?3 IS NULL OR user = ?3) AND started_ns >= ?4"
                                    " ORDER BY started_ns DESC, id DESC LIMIT ?5",
                                    "ittii", query->run_id, query->session, query->user, query->from_ns,
                                    limit_of (query)));
}

static OhTrace *
read_trace (OhDb *db, gint64 id)
{
  sqlite3_stmt *row = oh_db_query (db, "SELECT name, session, user, run_id, started_ns FROM trace WHERE id = ?", "i", id);
  OhTrace *trace;

  if (!oh_db_step (db, row))
    return NULL;
  trace = oh_trace_new ();
  trace->id = id;
  trace->name = read_text (row, 0);
  trace->session = read_text (row, 1);
  trace->user = read_text (row, 2);
  trace->run_id = sqlite3_column_int64 (row, 3);
  trace->started_ns = sqlite3_column_int64 (row, 4);
  oh_db_done (db, row);
  row = oh_db_query (db,
                     "SELECT " SUMS ", max (e.started_ns + coalesce (e.ended_ns, 0)), sum (e.outcome = " OH_SQL_PENDING "),"
                     " sum (e.operation = 'span' AND e.outcome = " OH_SQL_FAILED ")"
                     " FROM place p JOIN exchange e ON e.id = p.id WHERE p.trace_id = ? AND p.trace_id <> 0",
                     "i", id);
  if (oh_db_step (db, row))
    {
      read_sums (row, 0, &trace->sums);
      trace->ended_ns = sqlite3_column_int64 (row, SUMS_COLUMNS);
      trace->running = sqlite3_column_int64 (row, SUMS_COLUMNS + 1) > 0;
      trace->failed_spans = sqlite3_column_int64 (row, SUMS_COLUMNS + 2);
      oh_db_done (db, row);
    }
  return trace;
}

static void
unref_trace (gpointer trace)
{
  if (trace != NULL)
    oh_trace_unref (trace);
}

GPtrArray *
oh_store_reader_get_traces (OhStoreReader *self, const gint64 *ids, guint n)
{
  GPtrArray *traces = g_ptr_array_new_full (n, unref_trace);
  OhDb *db;

  g_return_val_if_fail (self != NULL, traces);
  db = oh_store_reader_get_db (self);
  oh_db_read_begin (db);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (traces, read_trace (db, ids[i]));
  oh_db_read_end (db);
  return traces;
}

gint64
oh_store_reader_get_trace_start (OhStoreReader *self, gint64 trace_id)
{
  g_return_val_if_fail (self != NULL, 0);

  return oh_db_get_int (oh_store_reader_get_db (self), "SELECT started_ns FROM trace WHERE id = ?", 0, "i",
                        trace_id);
}

gint64
oh_store_reader_get_first_call (OhStoreReader *self, gint64 trace_id)
{
  g_return_val_if_fail (self != NULL, 0);

  return oh_db_get_int (oh_store_reader_get_db (self),
                        "SELECT p.id FROM place p JOIN exchange e ON e.id = p.id LEFT JOIN told t ON t.id = p.id"
                        " WHERE p.trace_id = ? AND p.trace_id <> 0 AND " COUNTED " AND coalesce (t.twin_id, 0) = 0"
                        " ORDER BY p.id LIMIT 1",
                        0, "i", trace_id);
}

/* --- groups --- */

/* Over places p and their boundaries b. */
#define IS_LAST_AND(kind) "sum (p.last AND b.kinds & " kind " <> 0)"
#define BOUNDARIES                                                                                                    \
  IS_LAST_AND (OH_SQL_COMPACTED) ", " IS_LAST_AND (OH_SQL_MODEL) ", " IS_LAST_AND (OH_SQL_REWOUND) ", "                \
  IS_LAST_AND (OH_SQL_EDITED)
/* A place that ends its conversation, or a branch of it: nothing goes on from there but what is said aside, and it has
 * been neither dropped nor said aside itself. */
#define END                                                                                                           \
  "p.last AND coalesce (b.kinds, 0) & " OH_SQL_ASIDE " = 0"                                                           \
  " AND NOT EXISTS (SELECT 1 FROM superseded WHERE id = p.id)"                                                        \
  " AND NOT EXISTS (SELECT 1 FROM place c LEFT JOIN boundary d ON d.id = c.id WHERE c.parent_id = p.id"               \
  "  AND c.parent_id <> 0 AND (coalesce (d.kinds, 0) & " OH_SQL_ASIDE " = 0 OR EXISTS"                                \
  "  (SELECT 1 FROM place g WHERE g.parent_id = c.id AND g.parent_id <> 0)))"

static OhGroup *
read_group (sqlite3_stmt *row)
{
  OhGroup *group = oh_group_new ();

  group->id = sqlite3_column_int64 (row, SUMS_COLUMNS);
  group->name = read_text (row, SUMS_COLUMNS + 1);
  group->users = read_text (row, SUMS_COLUMNS + 2);
  group->traces = sqlite3_column_int64 (row, SUMS_COLUMNS + 3);
  group->branches = sqlite3_column_int64 (row, SUMS_COLUMNS + 4);
  group->first_ns = sqlite3_column_int64 (row, SUMS_COLUMNS + 5);
  group->last_ns = sqlite3_column_int64 (row, SUMS_COLUMNS + 6);
  group->compacted = sqlite3_column_int64 (row, SUMS_COLUMNS + 7);
  group->model_changes = sqlite3_column_int64 (row, SUMS_COLUMNS + 8);
  group->rewinds = sqlite3_column_int64 (row, SUMS_COLUMNS + 9);
  group->edits = sqlite3_column_int64 (row, SUMS_COLUMNS + 10);
  read_sums (row, 0, &group->sums);
  return group;
}

/* @sql: of rows for read_group(); ?1 to ?5 are what the query says */
static GPtrArray *
read_groups (OhStoreReader *self, const char *sql, const OhTraceQuery *query)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_group_unref);
  OhDb *db = oh_store_reader_get_db (self);
  sqlite3_stmt *rows;

  rows = oh_db_query (db, sql, "ittii", query->run_id, query->session, query->user, query->from_ns, limit_of (query));
  while (oh_db_step (db, rows))
    g_ptr_array_add (groups, read_group (rows));
  return groups;
}

GPtrArray *
oh_store_reader_get_sessions (OhStoreReader *self, const OhTraceQuery *query)
{
  g_return_val_if_fail (self != NULL && query != NULL, NULL);
  return read_groups (self,
                      "SELECT " SUMS ", 0, t.session, group_concat (DISTINCT t.user), count (DISTINCT t.id), 0,"
                      " min (e.started_ns), max (e.started_ns + coalesce (e.ended_ns, 0)) AS last_ns, " BOUNDARIES
                      " FROM trace t JOIN place p ON p.trace_id = t.id AND p.trace_id <> 0 JOIN exchange e ON e.id = p.id"
                      " LEFT JOIN boundary b ON b.id = p.id"
                      " WHERE t.session IS NOT NULL AND (?1 = 0 OR t.run_id = ?1) AND (?2 IS NULL OR t.session = ?2)"
                      " AND (?3 IS NULL OR t.user = ?3) AND t.started_ns >= ?4"
                      " GROUP BY t.session ORDER BY last_ns DESC LIMIT ?5",
                      query);
}

GPtrArray *
oh_store_reader_get_threads (OhStoreReader *self, const OhTraceQuery *query)
{
  g_return_val_if_fail (self != NULL && query != NULL, NULL);
  return read_groups (self,
                      "SELECT " SUMS ", p.thread_id, (SELECT title FROM exchange WHERE id = p.thread_id),"
                      " group_concat (DISTINCT t.user), count (DISTINCT p.trace_id),"
                      " sum (" END "),"
                      " min (e.started_ns), max (e.started_ns + coalesce (e.ended_ns, 0)) AS last_ns, " BOUNDARIES
                      " FROM place p JOIN exchange e ON e.id = p.id LEFT JOIN trace t ON t.id = p.trace_id"
                      " LEFT JOIN boundary b ON b.id = p.id"
                      " WHERE p.thread_id <> 0 AND (?1 = 0 OR e.run_id = ?1) AND (?2 IS NULL OR t.session = ?2)"
                      " AND (?3 IS NULL OR t.user = ?3) AND e.started_ns >= ?4"
                      " GROUP BY p.thread_id ORDER BY last_ns DESC LIMIT ?5",
                      query);
}

GArray *
oh_store_reader_get_trace_exchanges (OhStoreReader *self, gint64 trace_id)
{
  OhDb *db = oh_store_reader_get_db (self);

  return read_ids (db, oh_db_query (db,
                                    "SELECT p.id FROM place p JOIN exchange e ON e.id = p.id WHERE p.trace_id = ?"
                                    " AND p.trace_id <> 0 ORDER BY e.started_ns, p.id",
                                    "i", trace_id));
}

GArray *
oh_store_reader_get_thread_exchanges (OhStoreReader *self, gint64 thread_id)
{
  OhDb *db = oh_store_reader_get_db (self);

  return read_ids (db, oh_db_query (db,
                                    "SELECT p.id FROM place p JOIN exchange e ON e.id = p.id WHERE p.thread_id = ?"
                                    " AND p.thread_id <> 0 ORDER BY e.started_ns, p.id",
                                    "i", thread_id));
}

GArray *
oh_store_reader_get_session_exchanges (OhStoreReader *self, const char *session)
{
  OhDb *db = oh_store_reader_get_db (self);

  return read_ids (db, oh_db_query (db,
                                    "SELECT p.id FROM trace t JOIN place p ON p.trace_id = t.id AND p.trace_id <> 0"
                                    " JOIN exchange e ON e.id = p.id WHERE t.session = ? ORDER BY e.started_ns, p.id",
                                    "t", session));
}

GArray *
oh_store_reader_get_call_exchanges (OhStoreReader *self, gint64 call_id)
{
  OhDb *db = oh_store_reader_get_db (self);

  return read_ids (db, oh_db_query (db, "SELECT id FROM place WHERE call_id = ? ORDER BY attempt, id", "i", call_id));
}

GPtrArray *
oh_store_reader_get_users (OhStoreReader *self)
{
  GPtrArray *users = g_ptr_array_new_with_free_func (g_free);
  OhDb *db = oh_store_reader_get_db (self);
  sqlite3_stmt *rows = oh_db_query (
      db, "SELECT user FROM trace WHERE user IS NOT NULL GROUP BY user ORDER BY max (started_ns) DESC", "");

  while (oh_db_step (db, rows))
    g_ptr_array_add (users, read_text (rows, 0));
  return users;
}

/* --- limits --- */

#define LIMIT_COLUMNS                                                                                                 \
  "exchange_id, at_ns, key_hash, key_tail, organization, bucket, maximum, remaining, utilization, reset_ns, status,"  \
  " http_status, retry_after_ns, scope"

static double
read_real (sqlite3_stmt *row, int column)
{
  return sqlite3_column_type (row, column) == SQLITE_NULL ? NAN : sqlite3_column_double (row, column);
}

static GPtrArray *
read_limits (OhDb *db, sqlite3_stmt *rows)
{
  GPtrArray *limits = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_limit_unref);

  while (oh_db_step (db, rows))
    {
      OhLimit *limit = oh_limit_new ();

      limit->exchange_id = sqlite3_column_int64 (rows, 0);
      limit->at_ns = sqlite3_column_int64 (rows, 1);
      limit->key_hash = read_text (rows, 2);
      limit->key_tail = read_text (rows, 3);
      limit->organization = read_text (rows, 4);
      limit->bucket = read_text (rows, 5);
      limit->limit = read_real (rows, 6);
      limit->remaining = read_real (rows, 7);
      limit->utilization = read_real (rows, 8);
      limit->reset_ns = sqlite3_column_int64 (rows, 9);
      limit->status = read_text (rows, 10);
      limit->http_status = (guint) sqlite3_column_int (rows, 11);
      limit->retry_after_ns = sqlite3_column_type (rows, 12) == SQLITE_NULL ? -1 : sqlite3_column_int64 (rows, 12);
      limit->scope = read_text (rows, 13);
      g_ptr_array_add (limits, limit);
    }
  return limits;
}

GPtrArray *
oh_store_reader_get_limits (OhStoreReader *self)
{
  OhDb *db = oh_store_reader_get_db (self);

  /* From one bucket to the next by the index, however many samples lie between: each step looks for the next bucket of the
   * scope, else the next scope of the organization, else the next organization of the key, else the next key. */
  return read_limits (
      db,
      oh_db_query (
          db,
          "WITH RECURSIVE known (k, o, s, b) AS ("
          " SELECT * FROM (SELECT key_hash, organization, scope, bucket FROM rate_limit"
          "  ORDER BY key_hash, organization, scope, bucket LIMIT 1)"
          " UNION ALL SELECT key_hash, organization, scope, bucket FROM known JOIN rate_limit"
          "  ON rate_limit.rowid = coalesce ("
          "  (SELECT rowid FROM rate_limit WHERE key_hash = k AND organization = o AND scope = s AND bucket > b"
          "   ORDER BY bucket LIMIT 1),"
          "  (SELECT rowid FROM rate_limit WHERE key_hash = k AND organization = o AND scope > s"
          "   ORDER BY scope, bucket LIMIT 1),"
          "  (SELECT rowid FROM rate_limit WHERE key_hash = k AND organization > o"
          "   ORDER BY organization, scope, bucket LIMIT 1),"
          "  (SELECT rowid FROM rate_limit WHERE key_hash > k ORDER BY key_hash, organization, scope, bucket LIMIT 1)))"
          "SELECT " LIMIT_COLUMNS " FROM known JOIN rate_limit ON rate_limit.rowid ="
          " (SELECT rowid FROM rate_limit WHERE key_hash = k AND organization = o AND scope = s AND bucket = b"
          "  ORDER BY at_ns DESC LIMIT 1) ORDER BY key_hash, organization, scope, bucket",
          ""));
}

GPtrArray *
oh_store_reader_get_limit_history (OhStoreReader *self, const OhLimit *limit, gint64 since_ns)
{
  const char *key_hash = limit->key_hash != NULL ? limit->key_hash : "";
  const char *organization = limit->organization != NULL ? limit->organization : "";
  const char *scope = limit->scope != NULL ? limit->scope : "";
  OhDb *db = oh_store_reader_get_db (self);
  gint64 refused = 0, others = 0, refused_step, step;
  sqlite3_stmt *row;

  row = oh_db_query (db,
                     "SELECT count (*) FILTER (WHERE http_status = 429), count (*) FILTER (WHERE http_status <> 429)"
                     " FROM rate_limit WHERE key_hash = ? AND organization = ? AND scope = ? AND bucket = ? AND at_ns >= ?",
                     "tttti", key_hash, organization, scope, limit->bucket, since_ns);
  if (oh_db_step (db, row))
    {
      refused = sqlite3_column_int64 (row, 0);
      others = sqlite3_column_int64 (row, 1);
      oh_db_done (db, row);
    }
  refused_step = refused / (HISTORY_MAX / 2) + 1;
  step = others / (HISTORY_MAX - (refused + refused_step - 1) / refused_step) + 1;
  return read_limits (
      db, oh_db_query (db,
                       "SELECT " LIMIT_COLUMNS " FROM (SELECT *, row_number () OVER"
                       " (PARTITION BY http_status = 429 ORDER BY at_ns DESC) AS n FROM rate_limit"
                       " WHERE key_hash = ? AND organization = ? AND scope = ? AND bucket = ? AND at_ns >= ?)"
                       " WHERE (n - 1) % iif (http_status = 429, ?, ?) = 0 ORDER BY at_ns",
                       "ttttiii", key_hash, organization, scope, limit->bucket, since_ns, refused_step, step));
}

GArray *
oh_store_reader_get_retried (OhStoreReader *self, gint64 since_ns, guint limit)
{
  OhDb *db = oh_store_reader_get_db (self);

  return read_ids (db, oh_db_query (db,
                                    "SELECT p.call_id FROM place p JOIN exchange e ON e.id = p.id"
                                    " WHERE p.attempt > 1 AND p.last AND e.started_ns >= ?"
                                    " ORDER BY e.started_ns DESC LIMIT ?",
                                    "ii", since_ns, limit > 0 ? (gint64) limit : (gint64) -1));
}

/* --- notices --- */

#define NOTICE "id, kind, saying, severity, trace_id, at_ns, muted"

static GPtrArray *
read_notices (OhDb *db, sqlite3_stmt *rows)
{
  GPtrArray *notices = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_notice_unref);

  while (oh_db_step (db, rows))
    {
      OhNotice *notice = oh_notice_new ((const char *) sqlite3_column_text (rows, 1));

      notice->id = sqlite3_column_int64 (rows, 0);
      notice->saying = read_text (rows, 2);
      notice->severity = (guint) sqlite3_column_int (rows, 3);
      notice->trace_id = sqlite3_column_int64 (rows, 4);
      notice->at_ns = sqlite3_column_int64 (rows, 5);
      notice->muted = sqlite3_column_int (rows, 6) != 0;
      g_ptr_array_add (notices, notice);
    }
  for (guint i = 0; i < notices->len; i++)
    {
      OhNotice *notice = notices->pdata[i];

      rows = oh_db_query (db, "SELECT exchange_id FROM evidence WHERE notice_id = ? ORDER BY exchange_id", "i", notice->id);
      while (oh_db_step (db, rows))
        g_array_append_val (notice->exchange_ids, (gint64) { sqlite3_column_int64 (rows, 0) });
    }
  return notices;
}

GPtrArray *
oh_store_reader_get_notices (OhStoreReader *self, gint64 trace_id, gboolean with_muted, guint limit)
{
  OhDb *db = oh_store_reader_get_db (self);
  const char *sql = trace_id == 0
                        ? "SELECT " NOTICE " FROM notice WHERE (?2 OR NOT muted) ORDER BY at_ns DESC, id DESC LIMIT ?3"
                        : "SELECT " NOTICE " FROM notice WHERE trace_id = ?1 AND (?2 OR NOT muted)"
                          " ORDER BY at_ns DESC, id DESC LIMIT ?3";

  return read_notices (db, oh_db_query (db, sql, "iii", trace_id, (gint64) with_muted,
                                        limit > 0 ? (gint64) limit : (gint64) -1));
}

GPtrArray *
oh_store_reader_get_notices_of (OhStoreReader *self, gint64 exchange_id)
{
  OhDb *db = oh_store_reader_get_db (self);

  return read_notices (db, oh_db_query (db,
                                        "SELECT " NOTICE " FROM notice"
                                        " WHERE id IN (SELECT notice_id FROM evidence WHERE exchange_id = ?)"
                                        " AND NOT muted ORDER BY severity DESC, id",
                                        "i", exchange_id));
}

/* --- the overview --- */

static int
compare_ints (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

/* The nearest-rank percentile of sorted values; -1 where there are none. */
static gint64
percentile (const GArray *sorted, double fraction)
{
  if (sorted->len == 0)
    return -1;
  return g_array_index (sorted, gint64, (guint) MAX (0, ceil (fraction * sorted->len) - 1));
}

OhOverview *
oh_store_reader_get_overview (OhStoreReader *self, gint64 from_ns, gint64 to_ns, gint64 slice_ns)
{
  OhOverview *overview = oh_overview_new ();
  g_autoptr (GArray) ttft = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) durations = g_array_new (FALSE, FALSE, sizeof (gint64));
  sqlite3_stmt *rows;
  OhDb *db;

  g_return_val_if_fail (self != NULL && slice_ns >= 0, overview);
  db = oh_store_reader_get_db (self);
  oh_db_read_begin (db);
  rows = oh_db_query (db,
                      "SELECT " SUMS " FROM exchange e JOIN place p ON p.id = e.id"
                      " WHERE e.started_ns >= ? AND e.started_ns < ?",
                      "ii", from_ns, to_ns);
  if (oh_db_step (db, rows))
    {
      read_sums (rows, 0, &overview->sums);
      oh_db_done (db, rows);
    }
  rows = oh_db_query (db,
                      "SELECT " SUMS ", CASE WHEN ?3 > 0 THEN (e.started_ns - ?1) / ?3 * ?3 + ?1"
                      " ELSE min (e.started_ns) END, coalesce (e.model, e.requested_model, '') AS name,"
                      " CASE WHEN ?3 > 0 THEN (e.started_ns - ?1) / ?3"
                      " ELSE date (e.started_ns / 1000000000, 'unixepoch', 'localtime') END AS slice"
                      " FROM exchange e JOIN place p ON p.id = e.id"
                      " WHERE e.started_ns >= ?1 AND e.started_ns < ?2 GROUP BY slice, name"
                      " HAVING sum (" TURN ") > 0 OR sum (p.cost) > 0 ORDER BY slice, name",
                      "iii", from_ns, to_ns, slice_ns);
  while (oh_db_step (db, rows))
    {
      OhSlice slice = { 0 };

      read_sums (rows, 0, &slice.sums);
      slice.start_ns = sqlite3_column_int64 (rows, SUMS_COLUMNS);
      slice.model = read_text (rows, SUMS_COLUMNS + 1);
      g_array_append_val (overview->slices, slice);
    }
  rows = oh_db_query (db,
                      "SELECT e.first_token_ns, e.ended_ns FROM exchange e JOIN place p ON p.id = e.id"
                      " WHERE e.started_ns >= ? AND e.started_ns < ? AND e.outcome = " OH_SQL_FINISHED " AND e.status < 400"
                      " AND " OH_SQL_IS_LISTED,
                      "ii", from_ns, to_ns);
  while (oh_db_step (db, rows))
    {
      gint64 first = sqlite3_column_int64 (rows, 0), ended = sqlite3_column_int64 (rows, 1);

      if (sqlite3_column_type (rows, 0) != SQLITE_NULL)
        g_array_append_val (ttft, first);
      if (sqlite3_column_type (rows, 1) != SQLITE_NULL)
        g_array_append_val (durations, ended);
    }
  oh_db_read_end (db);
  g_array_sort (ttft, compare_ints);
  g_array_sort (durations, compare_ints);
  overview->ttft_p50_ns = percentile (ttft, 0.5);
  overview->ttft_p95_ns = percentile (ttft, 0.95);
  overview->duration_p50_ns = percentile (durations, 0.5);
  overview->duration_p95_ns = percentile (durations, 0.95);
  return overview;
}

double
oh_store_reader_get_batch_cost (OhStoreReader *self, const char *batch_id, gint64 before_id)
{
  OhDb *db;
  sqlite3_stmt *row;
  double cost = 0;

  g_return_val_if_fail (self != NULL && batch_id != NULL, 0);
  db = oh_store_reader_get_db (self);
  row = oh_db_query (db,
                     "SELECT sum (p.cost) FROM exchange e JOIN place p ON p.id = e.id WHERE e.message_id = ?"
                     " AND e.operation = '" OH_OPERATION_NAME_BATCH "' AND e.id < ?",
                     "ti", batch_id, before_id);
  if (oh_db_step (db, row))
    {
      cost = sqlite3_column_double (row, 0);
      oh_db_done (db, row);
    }
  return cost;
}

OhSums
oh_store_reader_get_run_sums (OhStoreReader *self, gint64 run_id)
{
  OhSums sums = { 0 };
  OhDb *db = oh_store_reader_get_db (self);
  sqlite3_stmt *row = oh_db_query (db,
                                   "SELECT " SUMS " FROM exchange e JOIN place p ON p.id = e.id"
                                   " WHERE e.run_id = ? AND e.run_id <> 0",
                                   "i", run_id);

  if (oh_db_step (db, row))
    {
      read_sums (row, 0, &sums);
      oh_db_done (db, row);
    }
  return sums;
}
