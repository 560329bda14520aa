/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-meaning-private.h"
#include "oh-store-belongings-private.h"
#include "oh-store-told-private.h"

#include <math.h>
#include <string.h>

/* Spans show the beginning of long inputs and results; the exchange has all of it. */
#define SPAN_TEXT_MAX 4096

/* -1 is unknown in memory and NULL in the database; NAN likewise, by SQLite itself. */
static void
bind_known (sqlite3_stmt *statement, int i, gint64 value)
{
  if (value >= 0)
    sqlite3_bind_int64 (statement, i, value);
  else
    sqlite3_bind_null (statement, i);
}

/* What no index has: most is told with the answer. */
#define PLACE_TOLD                                                                                                     \
  "last, too_early, new_from, span_id, cost, cost_input, cost_cache_read, cost_cache_write, cost_output, cost_tools,"  \
  " saved, cost_approximate, price_as_of, cache_verdict, cache_reason, key_hash, organization, thread_answer,"          \
  " thread_length, asked_wait_ns, waited_ns, likely"
#define PLACE_TOLD_MARKS                                                                                               \
  "?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30"
#define PLACE_FOUND "id, call_id, attempt, thread_id, parent_id, trace_id, thread_hash, thread_short_hash"
#define PLACE_FOUND_MARKS "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8"

static sqlite3_stmt *
bind_place (OhDb *db, const char *sql, const OhMeaning *meaning, gboolean last)
{
  const OhPlace *place = meaning->place;
  sqlite3_stmt *statement = oh_db_query (
      db, sql, "iiiiiiiiiiitddddddditttttii", meaning->exchange_id, place->call_id, (gint64) place->attempt,
      place->thread_id, place->parent_id, place->trace_id, (gint64) meaning->thread_hash,
      (gint64) meaning->thread_short_hash, (gint64) last, (gint64) place->too_early, (gint64) place->new_from,
      place->span_id, place->cost, place->cost_input, place->cost_cache_read, place->cost_cache_write,
      place->cost_output, place->cost_tools, place->saved, (gint64) place->cost_approximate, place->price_as_of,
      place->cache_verdict, place->cache_reason, place->key_hash, place->organization, (gint64) meaning->thread_answer,
      (gint64) meaning->thread_length);

  if (statement != NULL)
    {
      bind_known (statement, 28, place->asked_wait_ns);
      bind_known (statement, 29, place->waited_ns);
      sqlite3_bind_int (statement, 30, place->likely);
    }
  return statement;
}

/* Whether it is the last attempt that is known of its call. */
static gboolean
is_last (OhDb *db, const OhMeaning *meaning)
{
  const OhPlace *place = meaning->place;

  if (meaning->told_trace != NULL)
    return TRUE;
  /* SQLite: a bare attempt would be compared with place_retried's condition, and prepared anew for each value. */
  return oh_db_get_int (db, "SELECT count (*) FROM place WHERE call_id = ? AND +attempt > ?", 0, "ii", place->call_id,
                        (gint64) place->attempt) == 0;
}

/* Returns: whether it had none yet. */
static gboolean
write_place (OhDb *db, const OhMeaning *meaning)
{
  const OhPlace *place = meaning->place;
  const gint64 trace_id = oh_db_get_int (db, "SELECT trace_id FROM place WHERE id = ?", -1, "i", meaning->exchange_id);
  const gboolean last = is_last (db, meaning);
  sqlite3_stmt *statement;

  if (place->attempt > 1)
    oh_db_run (db, "UPDATE place SET last = 0 WHERE call_id = ? AND +attempt < ?", "ii", place->call_id,
               (gint64) place->attempt);
  /* The second time nearly nothing has moved, and the indexes need no touch. */
  if (trace_id >= 0)
    {
      statement = bind_place (db,
                              "UPDATE place SET (" PLACE_TOLD ") = (" PLACE_TOLD_MARKS ")"
                              " WHERE id = ?1 AND (+call_id, +attempt, +thread_id, +parent_id, +trace_id, +thread_hash,"
                              " +thread_short_hash) = (?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                              meaning, last);
      oh_db_step (db, statement);
      if (statement == NULL || sqlite3_changes (db->handle) > 0)
        return FALSE;
    }
  statement = bind_place (db,
                          "INSERT OR REPLACE INTO place (" PLACE_FOUND ", " PLACE_TOLD ") VALUES (" PLACE_FOUND_MARKS
                          ", " PLACE_TOLD_MARKS ")",
                          meaning, last);
  oh_db_step (db, statement);
  if (trace_id > 0 && trace_id != place->trace_id)
    oh_belongings_forget_empty_trace (db, trace_id);
  return trace_id < 0;
}

/* What a rewind dropped: the calls from the last one back to the one that it goes on from. Each is superseded once. */
static void
write_superseded (OhDb *db, const OhMeaning *meaning)
{
  oh_db_run (db,
             "WITH RECURSIVE dropped (id, parent_id) AS ("
             " SELECT id, parent_id FROM place WHERE id = ?1 UNION"
             " SELECT p.id, p.parent_id FROM dropped d JOIN place p ON p.id = d.parent_id"
             "  WHERE d.parent_id <> 0 AND p.id <> ?2)"
             "INSERT OR IGNORE INTO superseded (id, by_id) SELECT q.id, ?3 FROM dropped d JOIN place p ON p.id = d.id"
             " JOIN place q ON q.call_id = p.call_id",
             "iii", meaning->place->dropped_id, meaning->place->parent_id, meaning->exchange_id);
}

static void
write_boundary (OhDb *db, const OhMeaning *meaning, gboolean is_new)
{
  const OhPlace *place = meaning->place;

  if (!is_new)
    oh_db_run (db, "DELETE FROM boundary WHERE id = ?", "i", meaning->exchange_id);
  if (!is_new && sqlite3_changes (db->handle) > 0)
    oh_db_run (db, "DELETE FROM superseded WHERE by_id = ?", "i", meaning->exchange_id);
  if (place->boundaries == OH_BOUNDARY_NONE && place->starter_id == NULL)
    return;
  oh_db_run (db,
             "INSERT OR REPLACE INTO boundary (id, kinds, messages_before, messages_after, model_before, dropped_id, starter_id,"
             " starter_exchange) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
             "iiiititi", meaning->exchange_id, (gint64) place->boundaries, (gint64) place->messages_before,
             (gint64) place->messages_after, place->model_before, place->dropped_id, place->starter_id,
             place->starter_exchange);
  if (place->boundaries & OH_BOUNDARY_REWOUND)
    write_superseded (db, meaning);
}

static void
pack_text (OhPacker *packer, const char *text, GByteArray *out)
{
  gsize length = text != NULL ? strlen (text) : 0;

  if (length > SPAN_TEXT_MAX)
    length = (gsize) (g_utf8_find_prev_char (text, text + SPAN_TEXT_MAX + 1) - text);
  g_byte_array_set_size (out, 0);
  if (text != NULL)
    oh_packer_pack (packer, text, length, out);
}

/* A tool's span is told by the exchange that asked for it, and by each that brings a result: the first of these counts,
 * whatever is made of it later. Ids are used again, so that it is stored under its id, who asked, and for which of the
 * same id in one answer (@ordinal). */
static void
write_tool_span (OhDb *db, gint64 trace_id, const OhSpan *span, guint ordinal, GByteArray *detail, GByteArray *result)
{
  g_autofree char *id = g_strdup_printf ("%s\x1f%" G_GINT64_FORMAT, span->id, span->exchange_id);

  if (ordinal > 0)
    {
      g_autofree char *first = g_steal_pointer (&id);

      id = g_strdup_printf ("%s\x1f%u", first, ordinal);
    }
  oh_db_run (db,
             "INSERT INTO span (trace_id, id, kind, exchange_id, result_exchange_id, name, detail, result, started_ns,"
             " ended_ns, is_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
             " ON CONFLICT (trace_id, id) DO UPDATE SET (result_exchange_id, result, started_ns, ended_ns, is_error) ="
             " (excluded.result_exchange_id, excluded.result, excluded.started_ns, excluded.ended_ns, excluded.is_error)"
             " WHERE excluded.result_exchange_id <> 0 AND"
             "  (result_exchange_id = 0 OR excluded.result_exchange_id <= result_exchange_id)",
             "itiiitbbiii", trace_id, id, (gint64) span->kind, span->exchange_id, span->result_exchange_id, span->name,
             detail->len > 0 ? detail->data : NULL, (gsize) detail->len, result->len > 0 ? result->data : NULL,
             (gsize) result->len, span->started_ns, span->ended_ns, (gint64) span->is_error);
}

static void
write_span (OhDb *db, OhPacker *packer, gint64 trace_id, const OhSpan *span, guint ordinal)
{
  g_autoptr (GByteArray) detail = g_byte_array_new ();
  g_autoptr (GByteArray) result = g_byte_array_new ();

  pack_text (packer, span->detail, detail);
  pack_text (packer, span->result, result);
  if (span->kind == OH_SPAN_TOOL)
    {
      write_tool_span (db, trace_id, span, ordinal, detail, result);
      return;
    }
  /* A span of the program's own is told by each exchange in it: it begins with the first and ends with the last. */
  oh_db_run (db,
             "INSERT INTO span (trace_id, id, kind, parent_id, exchange_id, result_exchange_id, name, detail, result,"
             " started_ns, ended_ns, is_error) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)"
             " ON CONFLICT (trace_id, id) DO UPDATE SET parent_id = coalesce (excluded.parent_id, parent_id),"
             " exchange_id = CASE WHEN exchange_id = 0 THEN excluded.exchange_id ELSE exchange_id END,"
             " detail = coalesce (detail, excluded.detail), result = coalesce (result, excluded.result),"
             " started_ns = min (started_ns, excluded.started_ns), ended_ns = max (ended_ns, excluded.ended_ns),"
             " is_error = max (is_error, excluded.is_error)",
             "itititbbiii", trace_id, span->id, (gint64) span->kind, span->parent_id, span->exchange_id, span->name,
             detail->len > 0 ? detail->data : NULL, (gsize) detail->len, result->len > 0 ? result->data : NULL,
             (gsize) result->len, span->started_ns, span->ended_ns, (gint64) span->is_error);
}

/* How many spans of the same tool id, asked for in the same answer, stand before the span at @index. */
static guint
get_ordinal (GPtrArray *spans, guint index)
{
  const OhSpan *span = spans->pdata[index];
  guint n = 0;

  for (guint i = 0; i < index; i++)
    {
      const OhSpan *other = spans->pdata[i];

      n += other->kind == span->kind && other->exchange_id == span->exchange_id && g_strcmp0 (other->id, span->id) == 0;
    }
  return n;
}

static void
write_limit (OhDb *db, const OhMeaning *meaning, const OhLimit *limit)
{
  sqlite3_stmt *statement = oh_db_query (
      db,
      "INSERT OR REPLACE INTO rate_limit (exchange_id, bucket, at_ns, key_hash, key_tail, organization, maximum,"
      " remaining, utilization, reset_ns, status, http_status, scope, retry_after_ns)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?14)",
      "ititttddditit", meaning->exchange_id, limit->bucket, limit->at_ns, limit->key_hash != NULL ? limit->key_hash : "",
      limit->key_tail, limit->organization != NULL ? limit->organization : "", limit->limit, limit->remaining,
      limit->utilization, limit->reset_ns, limit->status, (gint64) limit->http_status,
      limit->scope != NULL ? limit->scope : "");

  if (statement == NULL)
    return;
  bind_known (statement, 14, limit->retry_after_ns);
  oh_db_step (db, statement);
}

static void
write_notice (OhDb *db, const OhNotice *notice)
{
  gint64 id;

  /* Withdrawn, if all that it stood on is known to the one who says so. */
  if (notice->saying == NULL)
    {
      id = oh_db_get_int (db,
                          "SELECT id FROM notice WHERE trace_id = ? AND kind = ? AND NOT muted AND NOT EXISTS"
                          " (SELECT 1 FROM evidence WHERE notice_id = notice.id AND exchange_id < ?)",
                          0, "iti", notice->trace_id, notice->kind, g_array_index (notice->exchange_ids, gint64, 0));
      if (id != 0)
        {
          oh_db_run (db, "DELETE FROM evidence WHERE notice_id = ?", "i", id);
          oh_db_run (db, "DELETE FROM notice WHERE id = ?", "i", id);
        }
      return;
    }
  oh_db_run (db,
             "INSERT INTO notice (kind, saying, severity, trace_id, at_ns) VALUES (?, ?, ?, ?, ?)"
             " ON CONFLICT (trace_id, kind) DO UPDATE SET saying = excluded.saying, severity = excluded.severity,"
             " at_ns = excluded.at_ns",
             "ttiii", notice->kind, notice->saying, (gint64) notice->severity, notice->trace_id, notice->at_ns);
  id = oh_db_get_int (db, "SELECT id FROM notice WHERE trace_id = ? AND kind = ?", 0, "it", notice->trace_id,
                      notice->kind);
  for (guint i = 0; i < notice->exchange_ids->len; i++)
    oh_db_run (db, "INSERT OR IGNORE INTO evidence (exchange_id, notice_id) VALUES (?, ?)", "ii",
               g_array_index (notice->exchange_ids, gint64, i), id);
}

gboolean
oh_meaning_write (OhDb *db, OhPacker *packer, const OhMeaning *meaning, gint64 change)
{
  const OhTrace *trace = meaning->trace;

  if (change != 0)
    {
      oh_db_run (db, "UPDATE exchange SET change = ? WHERE id = ?", "ii", change, meaning->exchange_id);
      if (db->error != SQLITE_OK || sqlite3_changes (db->handle) == 0)
        return FALSE;
    }
  write_boundary (db, meaning, write_place (db, meaning));
  if (trace != NULL && meaning->trace_key != NULL)
    oh_db_run (db,
               "INSERT INTO trace (id, key, name, session, user, run_id, started_ns) VALUES (?, ?, ?, ?, ?, ?, ?)"
               " ON CONFLICT DO UPDATE SET name = coalesce (excluded.name, name),"
               " session = coalesce (excluded.session, session), user = coalesce (excluded.user, user),"
               " run_id = CASE WHEN run_id = excluded.run_id THEN run_id ELSE 0 END,"
               " started_ns = min (started_ns, excluded.started_ns)"
               /* Mostly it says nothing new. */
               " WHERE excluded.started_ns < started_ns OR excluded.run_id <> run_id AND run_id <> 0 OR (name, session, user) IS NOT"
               "  (coalesce (excluded.name, name), coalesce (excluded.session, session), coalesce (excluded.user, user))",
               "ittttii", trace->id, meaning->trace_key, trace->name, trace->session, trace->user, trace->run_id,
               trace->started_ns);
  for (guint i = 0; i < meaning->spans->len; i++)
    write_span (db, packer, meaning->place->trace_id, meaning->spans->pdata[i], get_ordinal (meaning->spans, i));
  for (guint i = 0; i < meaning->limits->len; i++)
    write_limit (db, meaning, meaning->limits->pdata[i]);
  for (guint i = 0; i < meaning->notices->len; i++)
    write_notice (db, meaning->notices->pdata[i]);
  oh_told_write (db, meaning);
  return db->error == SQLITE_OK;
}

static double
read_real (sqlite3_stmt *row, int column)
{
  return sqlite3_column_type (row, column) == SQLITE_NULL ? NAN : sqlite3_column_double (row, column);
}

static gint64
read_known (sqlite3_stmt *row, int column)
{
  return sqlite3_column_type (row, column) == SQLITE_NULL ? -1 : sqlite3_column_int64 (row, column);
}

static char *
read_text (sqlite3_stmt *row, int column)
{
  return g_strdup ((const char *) sqlite3_column_text (row, column));
}

OhPlace *
oh_meaning_read_place (OhDb *db, gint64 exchange_id)
{
  sqlite3_stmt *row = oh_db_query (
      db,
      "SELECT p.call_id, p.attempt, (SELECT max (q.attempt) FROM place q WHERE q.call_id = p.call_id), asked_wait_ns,"
      " waited_ns, too_early, thread_id, parent_id, new_from, trace_id, span_id, cost, cost_input, cost_cache_read,"
      " cost_cache_write, cost_output, cost_tools, saved, cost_approximate, price_as_of, cache_verdict, cache_reason,"
      " key_hash, organization, likely, b.kinds, b.messages_before, b.messages_after, b.model_before, b.dropped_id,"
      " b.starter_id, b.starter_exchange, s.by_id,"
      " CASE WHEN b.dropped_id <> 0 THEN (SELECT count (DISTINCT q.call_id) FROM superseded d JOIN place q ON q.id = d.id"
      "  WHERE d.by_id = p.id) END, t.span, t.twin_id"
      " FROM place p LEFT JOIN boundary b ON b.id = p.id LEFT JOIN superseded s ON s.id = p.id"
      " LEFT JOIN told t ON t.id = p.id WHERE p.id = ?",
      "i", exchange_id);
  OhPlace *place;

  if (!oh_db_step (db, row))
    return NULL;
  place = oh_place_new ();
  place->call_id = sqlite3_column_int64 (row, 0);
  place->attempt = (guint) sqlite3_column_int (row, 1);
  place->attempts = (guint) sqlite3_column_int (row, 2);
  place->asked_wait_ns = read_known (row, 3);
  place->waited_ns = read_known (row, 4);
  place->too_early = sqlite3_column_int (row, 5) != 0;
  place->thread_id = sqlite3_column_int64 (row, 6);
  place->parent_id = sqlite3_column_int64 (row, 7);
  place->new_from = (guint) sqlite3_column_int (row, 8);
  place->trace_id = sqlite3_column_int64 (row, 9);
  place->span_id = read_text (row, 10);
  place->cost = read_real (row, 11);
  place->cost_input = read_real (row, 12);
  place->cost_cache_read = read_real (row, 13);
  place->cost_cache_write = read_real (row, 14);
  place->cost_output = read_real (row, 15);
  place->cost_tools = read_real (row, 16);
  place->saved = read_real (row, 17);
  place->cost_approximate = sqlite3_column_int (row, 18) != 0;
  place->price_as_of = read_text (row, 19);
  place->cache_verdict = read_text (row, 20);
  place->cache_reason = read_text (row, 21);
  place->key_hash = read_text (row, 22);
  place->organization = read_text (row, 23);
  place->likely = sqlite3_column_int (row, 24) != 0;
  place->boundaries = (guint) sqlite3_column_int (row, 25);
  place->messages_before = (guint) sqlite3_column_int (row, 26);
  place->messages_after = (guint) sqlite3_column_int (row, 27);
  place->model_before = read_text (row, 28);
  place->dropped_id = sqlite3_column_int64 (row, 29);
  place->starter_id = read_text (row, 30);
  place->starter_exchange = sqlite3_column_int64 (row, 31);
  place->superseded_by = sqlite3_column_int64 (row, 32);
  place->dropped = (guint) sqlite3_column_int (row, 33);
  place->own_span = read_text (row, 34);
  place->twin_id = sqlite3_column_int64 (row, 35);
  oh_db_done (db, row);
  return place;
}
