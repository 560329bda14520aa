/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-retention-private.h"
#include "oh-store-belongings-private.h"
#include "oh-store-columns-private.h"
#include "oh-store-meaning-private.h"

/* What a row takes beside its bodies. */
#define ROW_BYTES 600

static void
delete_trace (OhDb *db, gint64 trace_id)
{
  oh_db_run (db, "DELETE FROM notice WHERE trace_id = ? AND id NOT IN (SELECT notice_id FROM evidence)", "i", trace_id);
  if (trace_id == 0 ||
      oh_db_get_int (db, "SELECT count (*) FROM place WHERE trace_id = ? AND trace_id <> 0", 0, "i", trace_id) > 0)
    return;
  oh_db_run (db, "DELETE FROM trace WHERE id = ?", "i", trace_id);
  oh_db_run (db, "DELETE FROM span WHERE trace_id = ?", "i", trace_id);
}

static void
settle_run (OhDb *db, gint64 run_id)
{
  oh_db_run (db, "UPDATE run SET exchanges = " OH_SQL_LISTED_OF_RUN " WHERE id = ?", "i", run_id);
  oh_db_run (db, "DELETE FROM run WHERE id = ? AND " OH_SQL_RUN_IS_EMPTY, "i", run_id);
  oh_db_run (db, "DELETE FROM console WHERE run_id = ?1 AND NOT EXISTS (SELECT 1 FROM run WHERE id = ?1)", "i", run_id);
}

/* Remembers @id once, as long as it follows itself. */
static void
note (GArray *ids, gint64 id)
{
  if (ids->len == 0 || g_array_index (ids, gint64, ids->len - 1) != id)
    g_array_append_val (ids, id);
}

void
oh_retention_delete (OhPartWriter *writer, const gint64 *ids, guint n, gint64 change)
{
  OhDb *db = writer->db;
  g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) traces = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < n; i++)
    {
      const gint64 id = ids[i];
      const gint64 run_id =
        oh_db_get_int (db, "SELECT run_id FROM exchange WHERE id = ? AND writer = 0 AND pinned = 0", -1, "i", id);
      gint64 trace_id;

      if (run_id < 0)
        continue;
      note (runs, run_id);
      trace_id = oh_db_get_int (db, "SELECT trace_id FROM place WHERE id = ?", 0, "i", id);
      note (traces, trace_id);
      oh_belongings_delete (db, id);
    }
  for (guint i = 0; i < traces->len; i++)
    delete_trace (db, g_array_index (traces, gint64, i));
  for (guint i = 0; i < runs->len; i++)
    if (g_array_index (runs, gint64, i) != 0)
      settle_run (db, g_array_index (runs, gint64, i));
  oh_db_run (db, "UPDATE counter SET garbage = ?", "i", change);
}

gint64
oh_store_reader_get_size (OhStoreReader *self)
{
  OhDb *db;

  g_return_val_if_fail (self != NULL, 0);
  db = oh_store_reader_get_db (self);
  return (oh_db_get_int (db, "PRAGMA page_count", 0, "") - oh_db_get_int (db, "PRAGMA freelist_count", 0, "")) *
         oh_db_get_int (db, "PRAGMA page_size", 0, "");
}

GArray *
oh_store_reader_find_expired (OhStoreReader *self, gint64 max_bytes, gint64 max_age_ns, gint64 now_ns, guint limit)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  OhDb *db;
  sqlite3_stmt *rows;
  gint64 before, raw, size;
  double excess = 0;

  g_return_val_if_fail (self != NULL, ids);
  size = oh_store_reader_get_size (self);
  db = oh_store_reader_get_db (self);
  before = max_age_ns > 0 ? now_ns - max_age_ns : G_MININT64;
  oh_db_read_begin (db);
  if (max_bytes > 0 && size > max_bytes)
    {
      /* Parts are shared, so what one exchange takes is not known: its share of all is near enough. */
      raw = oh_db_get_int (db, "SELECT sum (request_length + response_length + ?) FROM exchange", 0, "i",
                           (gint64) ROW_BYTES);
      excess = (double) raw * (double) (size - max_bytes) / (double) size;
    }
  rows = oh_db_query (db,
                      "SELECT id, started_ns, request_length + response_length FROM exchange WHERE writer = 0"
                      " AND pinned = 0 ORDER BY started_ns LIMIT ?",
                      "i", (gint64) limit);
  while (oh_db_step (db, rows))
    {
      if (sqlite3_column_int64 (rows, 1) >= before && excess <= 0)
        {
          oh_db_done (db, rows);
          break;
        }
      excess -= (double) (sqlite3_column_int64 (rows, 2) + ROW_BYTES);
      g_array_append_val (ids, (gint64) { sqlite3_column_int64 (rows, 0) });
    }
  oh_db_read_end (db);
  return ids;
}
