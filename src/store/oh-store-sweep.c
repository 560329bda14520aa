/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-sweep-private.h"
#include "oh-store-belongings-private.h"
#include "oh-store-columns-private.h"
#include "oh-store-search-index-private.h"

#include <string.h>

#define MARK_AT_ONCE 200
#define DELETE_AT_ONCE 4096

/* UNINDEX takes deleted exchanges out of the search index. MARK reads every recipe and marks its parts, in no transaction. What changes meanwhile has a newer change number:
 * DELETE marks that too, in the transaction that deletes, where nobody else can write. */
typedef enum
{
  UNINDEX,
  MARK,
  DELETE,
  SHRINK,
} Phase;

struct _OhSweep
{
  OhPartWriter *writer;
  Phase phase;
  gint64 garbage;    /* the deletion this is for */
  gint64 change;     /* everything up to this change has been marked, or will be by MARK */
  gint64 cursor;     /* the last exchange marked, or the last part looked at */
  gint64 parts;      /* ids above this one came later and are left alone */
  GByteArray *marks; /* a bit a part */
};

/* Marks the parts of a row's two recipes. */
static void
mark (OhSweep *self, sqlite3_stmt *row)
{
  for (int column = 1; column <= 2; column++)
    {
      g_autoptr (GByteArray) ops = g_byte_array_new ();
      OhRecipeIter iter;
      const guint8 *literal;
      gsize length;
      gint64 part;

      if (!oh_packer_unpack (self->writer->packer, sqlite3_column_blob (row, column),
                             (gsize) sqlite3_column_bytes (row, column), G_MAXUINT / 2, ops))
        {
          /* A recipe that cannot be read might need anything. */
          memset (self->marks->data, 0xff, self->marks->len);
          return;
        }
      oh_recipe_iter_init (&iter, ops->data, ops->len);
      while (oh_recipe_iter_next (&iter, &part, &literal, &length))
        if (part > 0 && part <= self->parts)
          self->marks->data[part / 8] |= (guint8) (1 << (part % 8));
    }
}

static gboolean
mark_some (OhSweep *self)
{
  OhDb *db = self->writer->db;
  sqlite3_stmt *rows =
      oh_db_query (db, "SELECT id, request_body, response_body FROM detail WHERE id > ? ORDER BY id LIMIT ?", "ii",
                   self->cursor, (gint64) MARK_AT_ONCE);
  gboolean any = FALSE;

  while (oh_db_step (db, rows))
    {
      any = TRUE;
      self->cursor = sqlite3_column_int64 (rows, 0);
      mark (self, rows);
    }
  return any;
}

static gboolean
delete_some (OhSweep *self)
{
  OhDb *db = self->writer->db;
  g_autoptr (GArray) unused = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 from = self->cursor, change;
  sqlite3_stmt *rows;

  oh_db_begin (db);
  change = oh_db_get_int (db, "SELECT change FROM counter", 0, "");
  rows = oh_db_query (db,
                      "SELECT id, request_body, response_body FROM detail WHERE id IN"
                      " (SELECT id FROM exchange WHERE change > ?)",
                      "i", self->change);
  while (oh_db_step (db, rows))
    mark (self, rows);
  rows = oh_db_query (db, "SELECT id FROM part WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3", "iii", from,
                      self->parts, (gint64) DELETE_AT_ONCE);
  while (oh_db_step (db, rows))
    {
      gint64 id = sqlite3_column_int64 (rows, 0);

      self->cursor = id;
      if ((self->marks->data[id / 8] & (1 << (id % 8))) == 0)
        g_array_append_val (unused, id);
    }
  for (guint i = 0; i < unused->len; i++)
    oh_db_run (db, "DELETE FROM part WHERE id = ?", "i", g_array_index (unused, gint64, i));
  if (oh_db_end (db))
    self->change = change;
  return self->cursor != from;
}

static gboolean
shrink_some (OhSweep *self)
{
  OhDb *db = self->writer->db;
  gint64 before = oh_db_get_int (db, "PRAGMA freelist_count", 0, "");

  oh_db_begin (db);
  oh_db_run (db, "PRAGMA incremental_vacuum (256)", "");
  if (before == 0)
    oh_db_run (db, "UPDATE counter SET garbage = 0 WHERE garbage = ?", "i", self->garbage);
  oh_db_end (db);
  return before > 0;
}

void
oh_sweep_clear (OhPartWriter *writer, gint64 run_id, gint64 change)
{
  OhDb *db = writer->db;

  oh_belongings_clear (db, run_id);
  oh_db_run (db, "DELETE FROM post WHERE ?1 = 0 OR run_id = ?1", "i", run_id);
  oh_db_run (db, "DELETE FROM post_body WHERE id NOT IN (SELECT id FROM post)", "");
  oh_db_run (db, "UPDATE run SET exchanges = " OH_SQL_LISTED_OF_RUN " WHERE ?1 = 0 OR id = ?1", "i", run_id);
  oh_db_run (db, "DELETE FROM run WHERE (?1 = 0 OR id = ?1) AND " OH_SQL_RUN_IS_EMPTY, "i", run_id);
  oh_db_run (db, "DELETE FROM console WHERE run_id NOT IN (SELECT id FROM run)", "");
  oh_search_index_clear (db);
  oh_db_run (db, "UPDATE counter SET garbage = ?", "i", change);
}

OhSweep *
oh_sweep_new (OhPartWriter *writer)
{
  OhSweep *self;
  gint64 garbage = oh_db_get_int (writer->db, "SELECT garbage FROM counter", 0, "");

  if (garbage == 0)
    return NULL;
  self = g_new0 (OhSweep, 1);
  self->writer = writer;
  self->garbage = garbage;
  self->change = oh_db_get_int (writer->db, "SELECT change FROM counter", 0, "");
  self->parts = oh_db_get_int (writer->db, "SELECT max (id) FROM part", 0, "");
  self->marks = g_byte_array_new ();
  g_byte_array_set_size (self->marks, (guint) (self->parts / 8 + 1));
  memset (self->marks->data, 0, self->marks->len);
  return self;
}

void
oh_sweep_free (OhSweep *self)
{
  g_byte_array_unref (self->marks);
  g_free (self);
}

gboolean
oh_sweep_step (OhSweep *self)
{
  switch (self->phase)
    {
    case UNINDEX:
      oh_db_begin (self->writer->db);
      if (!oh_search_index_sweep (self->writer->db, self->writer->packer, &self->cursor))
        {
          self->phase = MARK;
          self->cursor = 0;
        }
      oh_db_end (self->writer->db);
      break;
    case MARK:
      if (!mark_some (self))
        {
          self->phase = DELETE;
          self->cursor = 0;
        }
      break;
    case DELETE:
      if (!delete_some (self))
        self->phase = SHRINK;
      break;
    case SHRINK:
      if (!shrink_some (self))
        return FALSE;
      break;
    }
  return self->writer->db->error == SQLITE_OK;
}
