/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-recover-private.h"
#include "oh-body-private.h"
#include "oh-clock.h"
#include "oh-exchange.h"
#include "oh-store-belongings-private.h"
#include "oh-store-columns-private.h"
#include "oh-store-schema-private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Copying, and making the index of texts, may take so long each. */
#define PATIENCE_NS (30 * OH_NS_PER_S)
#define ROWS_AT_ONCE 2000
/* No recipe, head or text is larger; garbage may say that it is. */
#define UNPACKED_MAX ((gsize) 64 << 20)
/* The copy and its log. */
#define ROOM_FACTOR 1.5

typedef struct
{
  sqlite3 *from;
  OhDb *to;
  OhPartWriter *parts;
  GHashTable *sound; /* set of part ids */
  gint64 until;      /* monotonic */
  guint rows;        /* since the last commit */
  OhRecovered *result;
} Recovery;

static gboolean
is_late (Recovery *self)
{
  if (oh_clock_monotonic_ns () < self->until)
    return FALSE;
  self->result->whole = FALSE;
  return TRUE;
}

/* Commits now and then. Returns: FALSE where it is time to stop. */
static gboolean
go_on (Recovery *self)
{
  if (++self->rows % ROWS_AT_ONCE != 0)
    return self->to->error == SQLITE_OK;
  if (!oh_db_end (self->to) || is_late (self))
    return FALSE;
  oh_db_begin (self->to);
  return TRUE;
}

/* --- copying --- */

/* The columns of a table that both databases have, with commas between them. (transfer full) */
static char *
list_columns (Recovery *self, const char *table, guint *n)
{
  g_autofree char *probe = g_strdup_printf ("SELECT * FROM %s LIMIT 0", table);
  g_autoptr (GString) columns = g_string_new (NULL);
  sqlite3_stmt *theirs = NULL, *ours = NULL;

  *n = 0;
  if (sqlite3_prepare_v2 (self->from, probe, -1, &theirs, NULL) == SQLITE_OK &&
      sqlite3_prepare_v2 (self->to->handle, probe, -1, &ours, NULL) == SQLITE_OK)
    for (int i = 0; i < sqlite3_column_count (ours); i++)
      for (int j = 0; j < sqlite3_column_count (theirs); j++)
        if (g_strcmp0 (sqlite3_column_name (ours, i), sqlite3_column_name (theirs, j)) == 0)
          g_string_append_printf (columns, "%s%s", (*n)++ > 0 ? ", " : "", sqlite3_column_name (ours, i));
  sqlite3_finalize (theirs);
  sqlite3_finalize (ours);
  return g_string_free (g_steal_pointer (&columns), FALSE);
}

/* @first: the column where the values begin. Rows that a constraint forbids are left out. */
static void
copy_row (Recovery *self, sqlite3_stmt *row, int first, sqlite3_stmt *insert)
{
  int code;

  for (int i = first; i < sqlite3_column_count (row); i++)
    sqlite3_bind_value (insert, i - first + 1, sqlite3_column_value (row, i));
  code = sqlite3_step (insert);
  sqlite3_reset (insert);
  sqlite3_clear_bindings (insert);
  if (code != SQLITE_DONE && (code & 0xff) != SQLITE_CONSTRAINT && (code & 0xff) != SQLITE_MISMATCH)
    oh_db_set_error (self->to, code);
}

/* Copies the rows behind @after. @last: (out): the last one copied
 * Returns: whether it came to the end of the table; FALSE also where it was stopped. */
static gboolean
copy_from (Recovery *self, sqlite3_stmt *rows, sqlite3_stmt *insert, gint64 *last)
{
  int code;

  sqlite3_bind_int64 (rows, 1, *last);
  while ((code = sqlite3_step (rows)) == SQLITE_ROW)
    {
      /* Garbage may go backwards. */
      *last = MAX (*last, sqlite3_column_int64 (rows, 0));
      copy_row (self, rows, 1, insert);
      if (!go_on (self))
        break;
    }
  sqlite3_reset (rows);
  return code == SQLITE_DONE;
}

/* Whether there is a row behind @after that can be read, or no row at all. */
static gboolean
can_go_on_behind (sqlite3_stmt *rows, gint64 after)
{
  int code;

  sqlite3_bind_int64 (rows, 1, after);
  code = sqlite3_step (rows);
  sqlite3_reset (rows);
  return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* The place behind damage: what lies between is not readable. Returns: FALSE if there is none. */
static gboolean
find_next (sqlite3_stmt *rows, gint64 *last)
{
  gint64 bad = *last, good = *last;

  for (gint64 step = 1; !can_go_on_behind (rows, good); step *= 2)
    {
      if (MAX (step, good) > G_MAXINT64 / 4)
        return FALSE;
      bad = good;
      good = *last + step;
    }
  while (good - bad > 1)
    {
      gint64 middle = bad + (good - bad) / 2;

      if (can_go_on_behind (rows, middle))
        good = middle;
      else
        bad = middle;
    }
  *last = good;
  return TRUE;
}

/* A table without numbers for its rows is read from both ends. */
static void
copy_both_ways (Recovery *self, const char *table, const char *columns, sqlite3_stmt *insert)
{
  static const char *const orders[] = { "", " ORDER BY 1 DESC, 2 DESC" };
  int code = SQLITE_ROW;

  for (guint i = 0; i < G_N_ELEMENTS (orders) && code != SQLITE_DONE; i++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT %s FROM %s%s", columns, table, orders[i]);
      sqlite3_stmt *rows = NULL;

      if (sqlite3_prepare_v2 (self->from, sql, -1, &rows, NULL) != SQLITE_OK)
        return;
      while ((code = sqlite3_step (rows)) == SQLITE_ROW)
        {
          copy_row (self, rows, 0, insert);
          if (!go_on (self))
            break;
        }
      sqlite3_finalize (rows);
    }
}

static void
copy_table (Recovery *self, const char *table, gboolean numbered)
{
  guint n;
  g_autofree char *columns = list_columns (self, table, &n);
  g_autofree char *marks = n > 0 ? g_strnfill (2 * n - 1, '?') : NULL;
  g_autofree char *insert_sql = NULL;
  g_autofree char *rows_sql = NULL;
  sqlite3_stmt *insert = NULL, *rows = NULL;
  gint64 last = -1;

  if (n == 0)
    return;
  for (guint i = 1; i < 2 * n - 1; i += 2)
    marks[i] = ',';
  insert_sql = g_strdup_printf ("INSERT OR IGNORE INTO %s (%s) VALUES (%s)", table, columns, marks);
  rows_sql = g_strdup_printf ("SELECT rowid, %s FROM %s NOT INDEXED WHERE rowid > ? ORDER BY rowid", columns, table);
  oh_db_begin (self->to);
  if (sqlite3_prepare_v2 (self->to->handle, insert_sql, -1, &insert, NULL) != SQLITE_OK)
    oh_db_set_error (self->to, sqlite3_errcode (self->to->handle));
  else if (!numbered)
    copy_both_ways (self, table, columns, insert);
  else if (sqlite3_prepare_v2 (self->from, rows_sql, -1, &rows, NULL) == SQLITE_OK)
    while (!copy_from (self, rows, insert, &last) && self->to->error == SQLITE_OK && !is_late (self) &&
           find_next (rows, &last))
      ;
  sqlite3_finalize (rows);
  sqlite3_finalize (insert);
  if (!sqlite3_get_autocommit (self->to->handle))
    oh_db_end (self->to);
}

static void
copy_all (Recovery *self)
{
  g_autoptr (GPtrArray) tables = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) numbered = g_array_new (FALSE, FALSE, sizeof (gboolean));
  sqlite3_stmt *rows;

  /* What is made of others is made anew: zones, and the index. */
  rows = oh_db_query (self->to,
                      "SELECT name, NOT wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND"
                      " name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ('counter', 'label', 'zone', 'zone_gram')"
                      " ORDER BY name NOT IN ('run', 'exchange', 'detail'), name <> 'part'",
                      "");
  while (oh_db_step (self->to, rows))
    {
      g_ptr_array_add (tables, g_strdup ((const char *) sqlite3_column_text (rows, 0)));
      g_array_append_val (numbered, (gboolean){ sqlite3_column_int (rows, 1) });
    }
  for (guint i = 0; i < tables->len && self->to->error == SQLITE_OK && !is_late (self); i++)
    copy_table (self, tables->pdata[i], g_array_index (numbered, gboolean, i));
}

static void
copy_counters (Recovery *self)
{
  sqlite3_stmt *row = NULL;
  gint64 counters[4] = { 0 };

  if (sqlite3_prepare_v2 (self->from, "SELECT change, exchange, run, writer FROM counter", -1, &row, NULL) == SQLITE_OK &&
      sqlite3_step (row) == SQLITE_ROW)
    for (int i = 0; i < 4; i++)
      counters[i] = sqlite3_column_int64 (row, i);
  sqlite3_finalize (row);
  oh_db_run (self->to,
             "UPDATE counter SET change = 1 + max (?1, (SELECT coalesce (max (change), 0) FROM exchange)),"
             " exchange = max (?2, (SELECT coalesce (max (id), 0) FROM exchange)),"
             " run = max (?3, (SELECT coalesce (max (id), 0) FROM run)),"
             " writer = max (?4, (SELECT coalesce (max (writer), 0) FROM exchange),"
             " (SELECT coalesce (max (writer), 0) FROM run), (SELECT coalesce (max (id), 0) FROM writer))",
             "iiii", counters[0], counters[1], counters[2], counters[3]);
  /* What has no writer any more is nobody's to end: these have no lock, so they count as dead. */
  oh_db_run (self->to,
             "INSERT OR IGNORE INTO writer SELECT writer, 'lost', 0, 0 FROM (SELECT writer FROM exchange UNION"
             " SELECT writer FROM run) WHERE writer <> 0",
             "");
}

/* --- making it fit together --- */

static void
weigh_parts (Recovery *self)
{
  sqlite3_stmt *rows = oh_db_query (self->to, "SELECT id, hash, length, data FROM part", "");

  while (oh_db_step (self->to, rows))
    if (oh_part_writer_is_sound (self->parts, sqlite3_column_blob (rows, 1), (gsize) sqlite3_column_bytes (rows, 1),
                                 sqlite3_column_int64 (rows, 2), sqlite3_column_blob (rows, 3),
                                 (gsize) sqlite3_column_bytes (rows, 3)))
      g_hash_table_add (self->sound, GSIZE_TO_POINTER (sqlite3_column_int64 (rows, 0)));
    else
      oh_db_run (self->to, "DELETE FROM part WHERE id = ?", "i", sqlite3_column_int64 (rows, 0));
}

/* @packed: (inout): a recipe; what remains of it. Returns: whether all of it remains. */
static gboolean
mend_recipe (Recovery *self, sqlite3_stmt *row, int column, GByteArray *packed)
{
  g_autoptr (GByteArray) ops = g_byte_array_new ();
  OhRecipe kept;
  OhRecipeIter iter;
  const guint8 *literal;
  gsize length;
  gint64 part;
  gboolean whole = oh_packer_unpack (self->parts->packer, sqlite3_column_blob (row, column),
                                     (gsize) sqlite3_column_bytes (row, column), UNPACKED_MAX, ops);

  oh_recipe_init (&kept);
  oh_recipe_iter_init (&iter, ops->data, ops->len);
  while (whole && oh_recipe_iter_next (&iter, &part, &literal, &length))
    {
      whole = part == 0 || g_hash_table_contains (self->sound, GSIZE_TO_POINTER (part));
      if (whole && part == 0)
        oh_recipe_add_literal (&kept, literal, length);
      else if (whole)
        oh_recipe_add_part (&kept, part);
    }
  whole = whole && iter.cursor != NULL;
  if (!whole)
    oh_packer_pack (self->parts->packer, kept.ops->data, kept.ops->len, packed);
  oh_recipe_clear (&kept);
  return whole;
}

static gboolean
is_packed (Recovery *self, sqlite3_stmt *row, int column)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  return oh_packer_unpack (self->parts->packer, sqlite3_column_blob (row, column), (gsize) sqlite3_column_bytes (row, column),
                           UNPACKED_MAX, out);
}

static void
mend_details (Recovery *self)
{
  OhDb *db = self->to;
  g_autoptr (GByteArray) request = g_byte_array_new ();
  g_autoptr (GByteArray) response = g_byte_array_new ();
  sqlite3_stmt *rows =
      oh_db_query (db, "SELECT id, request_body, response_body, request_headers, response_headers FROM detail", "");

  while (oh_db_step (db, rows))
    {
      gint64 id = sqlite3_column_int64 (rows, 0), gaps = 0;

      if (!mend_recipe (self, rows, 1, request))
        gaps |= OH_GAP_REQUEST;
      if (!mend_recipe (self, rows, 2, response))
        gaps |= OH_GAP_RESPONSE;
      if ((gaps & OH_GAP_REQUEST) != 0)
        oh_db_run (db, "UPDATE detail SET request_body = ?, request_arrivals = NULL WHERE id = ?", "bi", request->data,
                   (gsize) request->len, id);
      if ((gaps & OH_GAP_RESPONSE) != 0)
        oh_db_run (db, "UPDATE detail SET response_body = ?, response_arrivals = NULL WHERE id = ?", "bi", response->data,
                   (gsize) response->len, id);
      if (!is_packed (self, rows, 3) || !is_packed (self, rows, 4))
        oh_db_run (db, "UPDATE detail SET request_headers = NULL, response_headers = NULL WHERE id = ?", "i", id);
      if (gaps != 0)
        oh_db_run (db, "UPDATE exchange SET gaps = gaps | ? WHERE id = ?", "ii", gaps, id);
      self->result->incomplete += gaps != 0;
    }
  oh_db_run (db, "UPDATE exchange SET gaps = gaps | 3 WHERE id NOT IN (SELECT id FROM detail)", "");
  self->result->incomplete += (guint) sqlite3_changes (db->handle);
  oh_db_run (db, "INSERT INTO detail (id) SELECT id FROM exchange WHERE id NOT IN (SELECT id FROM detail)", "");
}

/* What belonged to exchanges that are lost, and sums of what is not. */
static void
drop_rest (OhDb *db)
{
  oh_db_run (db, "DELETE FROM pending WHERE exchange_id NOT IN (SELECT id FROM exchange WHERE writer <> 0)", "");
  oh_db_run (db, "DELETE FROM console WHERE run_id NOT IN (SELECT id FROM run)", "");
  oh_db_run (db, "UPDATE run SET exchanges = " OH_SQL_LISTED_OF_RUN, "");
  oh_belongings_sweep (db);
  oh_db_run (db, "DELETE FROM exchange_tool WHERE tool_id NOT IN (SELECT id FROM tool)", "");
  oh_belongings_sweep_tools (db);
}

/* A text that cannot be read, or is not made in time, is missed by searches until "overhear reread". */
static void
index_texts (Recovery *self)
{
  OhDb *db = self->to;
  g_autoptr (GByteArray) text = g_byte_array_new ();
  sqlite3_stmt *rows;

  self->until = oh_clock_monotonic_ns () + PATIENCE_NS;
  rows = oh_db_query (db, "SELECT id, data FROM searchable ORDER BY id", "");
  while (oh_db_step (db, rows))
    {
      gint64 id = sqlite3_column_int64 (rows, 0);

      g_byte_array_set_size (text, 0);
      if (!is_late (self) &&
          oh_packer_unpack (self->parts->packer, sqlite3_column_blob (rows, 1), (gsize) sqlite3_column_bytes (rows, 1),
                            UNPACKED_MAX, text) &&
          g_utf8_validate ((const char *) text->data, text->len, NULL))
        {
          g_byte_array_append (text, (const guint8 *) "", 1);
          oh_db_run (db, "INSERT INTO search (rowid, text) VALUES (?, ?)", "it", id, (const char *) text->data);
        }
      else
        {
          oh_db_run (db, "DELETE FROM searchable WHERE id = ?", "i", id);
        }
    }
}

static gboolean
mend_all (Recovery *self)
{
  OhDb *db = self->to;

  oh_db_begin (db);
  copy_counters (self);
  drop_rest (db);
  weigh_parts (self);
  mend_details (self);
  index_texts (self);
  /* Parts that nothing needs any more are swept away later. */
  oh_db_run (db, "UPDATE counter SET garbage = change", "");
  self->result->exchanges = (guint) oh_db_get_int (db, "SELECT count (*) FROM exchange", 0, "");
  return oh_db_end (db);
}

/* --- files --- */

static void
remove_files (const char *path)
{
  static const char *const companions[] = { "", "-wal", "-shm" };

  for (guint i = 0; i < G_N_ELEMENTS (companions); i++)
    {
      g_autofree char *name = g_strconcat (path, companions[i], NULL);

      g_unlink (name);
    }
}

static gboolean
has_room (const char *from)
{
  g_autofree char *log = g_strconcat (from, "-wal", NULL);
  GStatBuf file = { 0 }, log_file = { 0 };
  struct statvfs disk;

  g_stat (from, &file);
  g_stat (log, &log_file);
  return statvfs (from, &disk) == 0 &&
         (double) disk.f_bavail * (double) disk.f_frsize > ROOM_FACTOR * (double) (file.st_size + log_file.st_size);
}

static OhDb *
make_new (const char *path)
{
  OhDb *db;
  int fd;

  remove_files (path);
  fd = open (path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return NULL;
  close (fd);
  db = oh_db_open (path);
  oh_db_exec (db, OH_SCHEMA_NEW ";" OH_SCHEMA_WRITER);
  oh_schema_migrate (db, 0);
  return db;
}

/* A connection that reads what it can and changes nothing. Returns: NULL if there is nothing to read. */
static sqlite3 *
open_damaged (const char *path)
{
  sqlite3 *handle = NULL;

  if (sqlite3_open_v2 (path, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
      sqlite3_db_config (handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK &&
      sqlite3_exec (handle, "PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON; SELECT 1 FROM sqlite_schema LIMIT 1",
                    NULL, NULL, NULL) == SQLITE_OK)
    return handle;
  sqlite3_close (handle);
  return NULL;
}

static gboolean
sync_file (const char *path)
{
  int fd = open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  gboolean synced = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return synced;
}

gboolean
oh_recover (const char *from, const char *to, OhRecovered *recovered)
{
  Recovery self = { .result = recovered, .until = oh_clock_monotonic_ns () + PATIENCE_NS };
  gboolean done = FALSE;

  *recovered = (OhRecovered){ .whole = TRUE };
  self.from = has_room (from) ? open_damaged (from) : NULL;
  self.to = self.from != NULL ? make_new (to) : NULL;
  if (self.to != NULL)
    {
      self.parts = oh_part_writer_new (self.to);
      self.sound = g_hash_table_new (NULL, NULL);
      copy_all (&self);
      done = self.to->error == SQLITE_OK && mend_all (&self) && recovered->exchanges > 0;
      g_hash_table_unref (self.sound);
      oh_part_writer_free (self.parts);
      oh_db_free (self.to);
    }
  sqlite3_close (self.from);
  done = done && sync_file (to);
  if (!done)
    remove_files (to);
  return done;
}
