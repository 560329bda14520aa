/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-belongings-private.h"

#include "oh-store-columns-private.h"

#define OF_RUN "(SELECT id FROM exchange WHERE run_id = ? AND run_id <> 0 AND writer = 0 AND pinned = 0)"
#define OF_ALL "(SELECT id FROM exchange WHERE writer = 0 AND pinned = 0)"

typedef struct
{
  const char *table;
  const char *column;
  gboolean later; /* by the sweep: the index can only forget a text that is still there */
  const char *delete_one, *delete_run, *delete_all, *delete_gone;
} Belonging;

#define BELONGING(table, column, later)                                                                                \
  { table, column, later, "DELETE FROM " table " WHERE " column " = ?",                                                \
    "DELETE FROM " table " WHERE " column " IN " OF_RUN, "DELETE FROM " table " WHERE " column " IN " OF_ALL,          \
    "DELETE FROM " table " WHERE " column " NOT IN (SELECT id FROM exchange)" }

static const Belonging belongings[] = {
  BELONGING ("detail", "id", FALSE),
  BELONGING ("pending", "exchange_id", FALSE),
  BELONGING ("place", "id", FALSE),
  BELONGING ("boundary", "id", FALSE),
  BELONGING ("superseded", "id", FALSE),
  BELONGING ("told", "id", FALSE),
  BELONGING ("unlisted", "id", FALSE),
  BELONGING ("client_request", "id", FALSE),
  BELONGING ("sent", "id", FALSE),
  BELONGING ("rate_limit", "exchange_id", FALSE),
  BELONGING ("evidence", "exchange_id", FALSE),
  BELONGING ("searchable", "id", TRUE),
  BELONGING ("exchange_tool", "exchange_id", TRUE),
};

/* What has nothing left to tell of. */
static void
settle (OhDb *db)
{
  oh_db_run (db, "DELETE FROM trace WHERE id NOT IN (SELECT trace_id FROM place)", "");
  oh_db_run (db, "DELETE FROM span WHERE trace_id NOT IN (SELECT id FROM trace)", "");
  oh_db_run (db, "DELETE FROM unclosed WHERE id NOT IN (SELECT id FROM trace)", "");
  oh_db_run (db, "DELETE FROM span WHERE kind = " OH_SQL_TOOL " AND exchange_id NOT IN (SELECT id FROM exchange)", "");
  oh_db_run (db,
             "UPDATE span SET result = NULL WHERE result_exchange_id <> 0 AND result_exchange_id NOT IN"
             " (SELECT id FROM exchange)", "");
  oh_db_run (db,
             "DELETE FROM program WHERE id NOT IN (SELECT program_id FROM exchange WHERE program_id <> 0)"
             " AND id NOT IN (SELECT program_id FROM post)", "");
  oh_db_run (db, "DELETE FROM notice WHERE id NOT IN (SELECT notice_id FROM evidence)", "");
}

void
oh_belongings_delete (OhDb *db, gint64 exchange_id)
{
  const gint64 trace_id = oh_db_get_int (db, "SELECT trace_id FROM place WHERE id = ?", 0, "i", exchange_id);

  /* A tool goes with the exchange that asked for it, what it brought with the one that brought it. */
  oh_db_run (db, "DELETE FROM span WHERE trace_id = ? AND exchange_id = ? AND kind = " OH_SQL_TOOL, "ii", trace_id,
             exchange_id);
  oh_db_run (db, "UPDATE span SET result = NULL WHERE trace_id = ? AND result_exchange_id = ?", "ii", trace_id,
             exchange_id);
  for (gsize i = 0; i < G_N_ELEMENTS (belongings); i++)
    if (!belongings[i].later)
      oh_db_run (db, belongings[i].delete_one, "i", exchange_id);
  oh_db_run (db, "DELETE FROM exchange WHERE id = ?", "i", exchange_id);
}

void
oh_belongings_clear (OhDb *db, gint64 run_id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (belongings); i++)
    if (belongings[i].later)
      continue;
    else if (run_id == 0)
      oh_db_run (db, belongings[i].delete_all, "");
    else
      oh_db_run (db, belongings[i].delete_run, "i", run_id);
  if (run_id == 0)
    oh_db_run (db, "DELETE FROM exchange WHERE id IN " OF_ALL, "");
  else
    oh_db_run (db, "DELETE FROM exchange WHERE id IN " OF_RUN, "i", run_id);
  settle (db);
}

void
oh_belongings_sweep (OhDb *db)
{
  for (gsize i = 0; i < G_N_ELEMENTS (belongings); i++)
    oh_db_run (db, belongings[i].delete_gone, "");
  settle (db);
}

void
oh_belongings_sweep_tools (OhDb *db)
{
  oh_db_run (db, "DELETE FROM exchange_tool WHERE exchange_id NOT IN (SELECT id FROM exchange)", "");
  oh_db_run (db, "DELETE FROM tool WHERE id NOT IN (SELECT tool_id FROM exchange_tool)", "");
}

gboolean
oh_belongings_get (guint n, const char **table, const char **column)
{
  if (n >= G_N_ELEMENTS (belongings))
    return FALSE;
  *table = belongings[n].table;
  *column = belongings[n].column;
  return TRUE;
}

/* A trace that lost its last exchange to another one, as when all is read again, is gone. */
void
oh_belongings_forget_empty_trace (OhDb *db, gint64 trace_id)
{
  if (oh_db_get_int (db, "SELECT EXISTS (SELECT 1 FROM place WHERE trace_id = ? AND trace_id <> 0)", 1, "i", trace_id))
    return;
  oh_db_run (db, "DELETE FROM trace WHERE id = ?", "i", trace_id);
  oh_db_run (db, "DELETE FROM span WHERE trace_id = ?", "i", trace_id);
}
