/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-sweep-private.h"
#include "oh-store-meaning-private.h"

#include <string.h>

/* Marks the parts of one recipe. @marks: a bit a part */
static void
mark (OhPartWriter *writer, sqlite3_stmt *row, int column, GByteArray *marks)
{
  g_autoptr (GByteArray) ops = g_byte_array_new ();
  OhRecipeIter iter;
  const guint8 *literal;
  gsize length;
  gint64 part;

  if (!oh_packer_unpack (writer->packer, sqlite3_column_blob (row, column), (gsize) sqlite3_column_bytes (row, column),
                         G_MAXUINT / 2, ops))
    return;
  oh_recipe_iter_init (&iter, ops->data, ops->len);
  while (oh_recipe_iter_next (&iter, &part, &literal, &length))
    if (part > 0 && part / 8 < marks->len)
      marks->data[part / 8] |= (guint8) (1 << (part % 8));
}

/* Deletes the parts that no recipe names. */
static void
sweep (OhPartWriter *writer)
{
  OhDb *db = writer->db;
  g_autoptr (GByteArray) marks = g_byte_array_new ();
  g_autoptr (GArray) unused = g_array_new (FALSE, FALSE, sizeof (gint64));
  sqlite3_stmt *rows;

  if (oh_db_get_int (db, "SELECT count (*) FROM (SELECT 1 FROM detail LIMIT 1)", 1, "") == 0)
    {
      oh_db_run (db, "DELETE FROM part", "");
      return;
    }
  g_byte_array_set_size (marks, (guint) (oh_db_get_int (db, "SELECT max (id) FROM part", 0, "") / 8 + 1));
  memset (marks->data, 0, marks->len);
  rows = oh_db_query (db, "SELECT request_body, response_body FROM detail", "");
  while (oh_db_step (db, rows))
    {
      mark (writer, rows, 0, marks);
      mark (writer, rows, 1, marks);
    }
  rows = oh_db_query (db, "SELECT id FROM part", "");
  while (oh_db_step (db, rows))
    {
      gint64 id = sqlite3_column_int64 (rows, 0);

      if ((marks->data[id / 8] & (1 << (id % 8))) == 0)
        g_array_append_val (unused, id);
    }
  for (guint i = 0; i < unused->len; i++)
    oh_db_run (db, "DELETE FROM part WHERE id = ?", "i", g_array_index (unused, gint64, i));
}

void
oh_sweep_clear (OhPartWriter *writer, gint64 run_id)
{
  OhDb *db = writer->db;

  if (run_id == 0)
    {
      oh_db_run (db, "DELETE FROM detail WHERE id IN (SELECT id FROM exchange WHERE writer = 0 AND pinned = 0)", "");
      oh_db_run (db, "DELETE FROM exchange WHERE writer = 0 AND pinned = 0", "");
    }
  else
    {
      oh_db_run (db,
                 "DELETE FROM detail WHERE id IN (SELECT id FROM exchange WHERE run_id = ? AND run_id <> 0"
                 " AND writer = 0 AND pinned = 0)",
                 "i", run_id);
      oh_db_run (db, "DELETE FROM exchange WHERE run_id = ? AND run_id <> 0 AND writer = 0 AND pinned = 0", "i", run_id);
    }
  oh_db_run (db,
             "UPDATE run SET exchanges = (SELECT count (*) FROM exchange WHERE run_id = run.id AND run_id <> 0)"
             " WHERE ?1 = 0 OR id = ?1",
             "i", run_id);
  oh_db_run (db, "DELETE FROM run WHERE (?1 = 0 OR id = ?1) AND ended_ns <> 0 AND exchanges = 0", "i", run_id);
  oh_db_run (db, "DELETE FROM console WHERE run_id NOT IN (SELECT id FROM run)", "");
  oh_meaning_sweep (db);
  sweep (writer);
  oh_db_run (db, "PRAGMA incremental_vacuum", "");
}
