/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-programs.h"

#include "oh-store-meaning-private.h"
#include "oh-store-row-private.h"

static void
count_free (gpointer data)
{
  OhProgramCount *count = data;

  oh_program_unref (count->program);
  g_free (count);
}

GPtrArray *
oh_store_reader_get_programs (OhStoreReader *self)
{
  GPtrArray *counts = g_ptr_array_new_with_free_func (count_free);
  sqlite3_stmt *rows;
  OhDb *db;

  g_return_val_if_fail (self != NULL, counts);
  db = oh_store_reader_get_db (self);
  /* What stands beside max () is of the same row. */
  rows = oh_db_query (db,
                      "SELECT " OH_ROW_PROGRAM ", sum (n), max (id) FROM program JOIN (SELECT program_id, count (*) AS n FROM exchange"
                      " WHERE program_id <> 0 AND id NOT IN (SELECT id FROM unlisted) GROUP BY program_id) ON program_id = id GROUP BY name"
                      " ORDER BY name COLLATE NOCASE, name",
                      "");
  while (oh_db_step (db, rows))
    {
      OhProgramCount *count = g_new (OhProgramCount, 1);

      *count = (OhProgramCount) { oh_row_read_program (rows), sqlite3_column_int64 (rows, 6) };
      g_ptr_array_add (counts, count);
    }
  return counts;
}
