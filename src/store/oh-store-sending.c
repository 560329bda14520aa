/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-sending-private.h"

#include "oh-clock.h"
#include "oh-store-columns-private.h"
#include "oh-store-meaning-private.h"

/* What is told late comes within some seconds: exporters gather for 5 s. */
#define TOLD_LATE "10000000000"
/* What failed may be tried again: clients wait as long at most. */
#define TRIED_AGAIN "60000000000"
/* Not understood yet, though it may be a call. Exchanges are read by id, more or less: what has none long after others that
 * are newer will get none. */
#define IS_UNREAD                                                                                                      \
  "(p.id IS NULL AND (e.provider IS NULL OR e.operation IN ('messages', 'complete', 'span'))"                          \
  " AND e.id > coalesce ((SELECT max (id) FROM place), 0) - 5000)"

/* What is sent at all: calls, and spans that were told and are no other's account. Events are none. */
#define IS_SENT_KIND                                                                                                   \
  "(e.route <> " OH_SQL_TOLD " OR EXISTS (SELECT 1 FROM told t WHERE t.id = e.id AND t.twin_id = 0 AND t.span <> ''))"
#define WAITS                                                                                                          \
  "e.writer = 0 AND p.trace_id <> 0 AND " IS_SENT_KIND " AND NOT EXISTS (SELECT 1 FROM sent s WHERE s.id = e.id)"
#define FLOOR "(SELECT floor FROM sending)"

void
oh_sending_clear (OhSending *self)
{
  g_clear_pointer (&self->problem, g_free);
}

/* --- reading --- */

gboolean
oh_store_reader_get_sending (OhStoreReader *self, OhSending *sending)
{
  sqlite3_stmt *row;
  OhDb *db;

  g_return_val_if_fail (self != NULL && sending != NULL, FALSE);

  *sending = (OhSending) { 0 };
  db = oh_store_reader_get_db (self);
  row = oh_db_query (db, "SELECT sent, lost, failing_ns, problem FROM sending", "");
  if (!oh_db_step (db, row))
    return FALSE;
  sending->sent = sqlite3_column_int64 (row, 0);
  sending->lost = sqlite3_column_int64 (row, 1);
  sending->failing_ns = sqlite3_column_int64 (row, 2);
  sending->problem = g_strdup ((const char *) sqlite3_column_text (row, 3));
  oh_db_done (db, row);
  return TRUE;
}

gint64
oh_store_reader_count_waiting (OhStoreReader *self, gint64 max)
{
  g_return_val_if_fail (self != NULL, 0);
  return oh_db_get_int (oh_store_reader_get_db (self),
                        "SELECT count (*) FROM (SELECT 1 FROM exchange e JOIN place p ON p.id = e.id WHERE e.id > " FLOOR
                        " AND " WAITS " LIMIT ?)", 0, "i", max);
}

gboolean
oh_store_reader_has_waiting (OhStoreReader *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return oh_store_reader_count_waiting (self, 1) > 0 ||
         oh_db_get_int (oh_store_reader_get_db (self), "SELECT EXISTS (SELECT 1 FROM unclosed)", 0, "") != 0;
}

GArray *
oh_store_reader_find_due (OhStoreReader *self, gint64 now_ns, guint limit, gint64 max_bytes)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (OhDue));
  gint64 bytes = 0;
  sqlite3_stmt *row;
  OhDb *db;

  g_return_val_if_fail (self != NULL, found);

  db = oh_store_reader_get_db (self);
  row = oh_db_query (db,
                     "SELECT e.id, p.trace_id, e.request_length + e.response_length FROM exchange e"
                     " JOIN place p ON p.id = e.id WHERE e.id > " FLOOR " AND " WAITS
                     " AND ((SELECT ended_ns FROM run r WHERE r.id = e.run_id) > 0 OR e.started_ns + coalesce (e.ended_ns, 0) +"
                     "  CASE WHEN " OH_SQL_IS_REFUSED " OR e.outcome <> " OH_SQL_FINISHED " THEN " TRIED_AGAIN
                     "  ELSE " TOLD_LATE " END < ?) ORDER BY e.id LIMIT ?",
                     "ii", now_ns, (gint64) limit);
  while (oh_db_step (db, row))
    {
      const OhDue due = { sqlite3_column_int64 (row, 0), sqlite3_column_int64 (row, 1) };

      bytes += sqlite3_column_int64 (row, 2);
      if (found->len > 0 && bytes > max_bytes)
        {
          oh_db_done (db, row);
          break;
        }
      g_array_append_val (found, due);
    }
  return found;
}

GArray *
oh_store_reader_find_quiet (OhStoreReader *self, gint64 now_ns, guint limit)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (OhDue));
  sqlite3_stmt *row;
  OhDb *db;

  g_return_val_if_fail (self != NULL, found);

  db = oh_store_reader_get_db (self);
  row = oh_db_query (db,
                     "SELECT u.id FROM unclosed u WHERE NOT EXISTS (SELECT 1 FROM place p JOIN exchange e ON e.id = p.id"
                     " WHERE p.trace_id = u.id AND (e.writer <> 0"
                     "  OR (e.id > " FLOOR " AND " WAITS ")"
                     "  OR (coalesce ((SELECT ended_ns FROM run r WHERE r.id = e.run_id), 0) = 0"
                     "      AND e.started_ns + coalesce (e.ended_ns, 0) + " TRIED_AGAIN " > ?))) LIMIT ?",
                     "ii", now_ns, (gint64) limit);
  while (oh_db_step (db, row))
    g_array_append_val (found, ((OhDue) { 0, sqlite3_column_int64 (row, 0) }));
  return found;
}

/* --- writing --- */

/* All up to where something may still come is done with; of that, no more needs to be known. */
static void
raise_floor (OhDb *db)
{
  oh_db_run (db,
             "UPDATE sending SET floor = coalesce ((SELECT e.id - 1 FROM exchange e LEFT JOIN place p ON p.id = e.id"
             " WHERE e.id > " FLOOR " AND (e.writer <> 0 OR " IS_UNREAD " OR (" WAITS "))"
             " ORDER BY e.id LIMIT 1), (SELECT max (id) FROM exchange), floor)", "");
  oh_db_run (db, "DELETE FROM sent WHERE id <= " FLOOR, "");
}

static void
write_sent (OhDb *db, const OhDue *dues, gsize n, gint64 lost)
{
  gint64 sent = 0;

  for (gsize i = 0; i < n; i++)
    {
      if (dues[i].exchange_id == 0)
        {
          oh_db_run (db, "DELETE FROM unclosed WHERE id = ?", "i", dues[i].trace_id);
          continue;
        }
      sent++;
      oh_db_run (db,
                 "INSERT OR IGNORE INTO sent SELECT q.id FROM place p JOIN place q ON q.call_id = p.call_id"
                 " WHERE p.id = ?1 AND q.id <= ?1",
                 "i", dues[i].exchange_id);
      oh_db_run (db, "INSERT OR IGNORE INTO unclosed (id) VALUES (?)", "i", dues[i].trace_id);
    }
  oh_db_run (db, "UPDATE sending SET (sent, lost) = (sent + ?, lost + ?)", "ii", sent - lost, lost);
  raise_floor (db);
}

void
oh_sending_write (OhDb *db, const OhOrder *order)
{
  gsize length = 0;
  const void *data = order->data != NULL ? g_bytes_get_data (order->data, &length) : NULL;

  switch ((OhSendingStep) order->id)
    {
    case OH_SENDING_OFF:
      oh_db_run (db, "DELETE FROM sending", "");
      oh_db_run (db, "DELETE FROM sent", "");
      oh_db_run (db, "DELETE FROM unclosed", "");
      break;
    case OH_SENDING_ON:
      oh_db_run (db,
                 "INSERT OR IGNORE INTO sending (id, floor, sent, lost, failing_ns)"
                 " VALUES (1, (SELECT exchange FROM counter), 0, 0, 0)", "");
      break;
    case OH_SENDING_SENT:
      write_sent (db, data, length / sizeof (OhDue), order->number);
      break;
    case OH_SENDING_FAILING:
      if (data != NULL)
        oh_db_run (db, "UPDATE sending SET (failing_ns, problem) = (CASE failing_ns WHEN 0 THEN ? ELSE failing_ns END, ?)",
                   "it", oh_clock_wall_ns (), data);
      else
        oh_db_run (db, "UPDATE sending SET (failing_ns, problem) = (0, NULL) WHERE failing_ns <> 0", "");
      break;
    case OH_SENDING_LOSING:
      oh_db_run (db, "UPDATE sending SET (failing_ns, problem) = (0, ?)", "t", data);
      break;
    }
}
