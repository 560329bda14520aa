/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-budget-private.h"
#include "oh-store-meaning-private.h"
#include "oh-store-reader.h"

void
oh_store_budget_write (OhDb *db, gint64 run_id, const OhBudget *budget, gboolean spent)
{
  if (spent)
    oh_db_run (db,
               "UPDATE run SET spent_calls = ?, spent_tokens = ?, spent_cost = ?, spent_estimated = ?, unpriced = ?,"
               " refused = ?, waiting = ? WHERE id = ?",
               "dddiiiii", budget->spent[OH_BUDGET_CALLS], budget->spent[OH_BUDGET_TOKENS], budget->spent[OH_BUDGET_COST],
               (gint64) budget->estimated, budget->unpriced, budget->refused, budget->waiting, run_id);
  else
    oh_db_run (db, "UPDATE run SET max_calls = ?, max_tokens = ?, max_cost = ?, over = ? WHERE id = ?", "dddii",
               budget->limits[OH_BUDGET_CALLS], budget->limits[OH_BUDGET_TOKENS], budget->limits[OH_BUDGET_COST],
               (gint64) budget->over, run_id);
}

gboolean
oh_store_reader_get_budget (OhStoreReader *self, gint64 run_id, OhBudget *budget)
{
  OhDb *db;
  sqlite3_stmt *row;

  g_return_val_if_fail (self != NULL && budget != NULL, FALSE);

  db = oh_store_reader_get_db (self);
  row = oh_db_query (db,
                     "SELECT max_calls, max_tokens, max_cost, over, spent_calls, spent_tokens, spent_cost,"
                     " spent_estimated, unpriced, refused, waiting FROM run WHERE id = ? AND over IS NOT NULL",
                     "i", run_id);
  if (!oh_db_step (db, row))
    return FALSE;
  for (int i = 0; i < OH_BUDGET_KINDS; i++)
    {
      budget->limits[i] = sqlite3_column_double (row, i);
      budget->spent[i] = sqlite3_column_double (row, OH_BUDGET_KINDS + 1 + i);
    }
  budget->over = (OhOver) CLAMP (sqlite3_column_int64 (row, 3), OH_OVER_TELL, OH_OVER_REFUSE);
  budget->estimated = sqlite3_column_int64 (row, 7) != 0;
  budget->unpriced = sqlite3_column_int64 (row, 8);
  budget->refused = sqlite3_column_int64 (row, 9);
  budget->waiting = sqlite3_column_int64 (row, 10);
  oh_db_done (db, row);
  return TRUE;
}

gint64
oh_store_reader_find_waiting_run (OhStoreReader *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return oh_db_get_int (oh_store_reader_get_db (self), "SELECT min (id) FROM run WHERE writer <> 0 AND waiting > 0", 0, "");
}

GArray *
oh_store_reader_get_open (OhStoreReader *self, gint64 run_id)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  OhDb *db;
  sqlite3_stmt *rows;

  g_return_val_if_fail (self != NULL, ids);

  db = oh_store_reader_get_db (self);
  rows = oh_db_query (db, "SELECT id FROM exchange WHERE writer <> 0 AND run_id = ? ORDER BY id", "i", run_id);
  while (oh_db_step (db, rows))
    {
      const gint64 id = sqlite3_column_int64 (rows, 0);

      g_array_append_val (ids, id);
    }
  return ids;
}
