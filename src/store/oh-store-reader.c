/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-reader.h"
#include "oh-body-private.h"
#include "oh-clock.h"
#include "oh-store-columns-private.h"
#include "oh-store-meaning-private.h"
#include "oh-store-row-private.h"
#include "oh-store-schema-private.h"
#include "oh-store-search-private.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

/* One part or literal of a body, or one pending row's bytes. */
typedef struct
{
  gint64 offset; /* in the body */
  gint64 length;
  gint64 part; /* id; 0: the bytes are at @literal in the recipe */
  gsize literal;
} Piece;

/* Where the pieces of a body are, as far as it has been asked for. Kept from one call to the next: bodies are often read
 * window by window. */
typedef struct
{
  gint64 id;
  gint64 change; /* of the exchange's row when it was made */
  OhSide side;
  GByteArray *recipe;
  OhRecipeIter iter; /* in the recipe: the next piece */
  gboolean ended;    /* there is none */
  GArray *pieces;    /* Piece */
  gint64 length;     /* of what the pieces cover; pending rows follow the last one */
} Layout;

/* Parts one after the other: those that were cut from one body have one number after the other, and looking up each
 * costs more than what is in it. */
typedef struct
{
  sqlite3_stmt *rows; /* or NULL */
  gint64 id;          /* it stands at */
} PartRows;

struct _OhStoreReader
{
  char *dir;
  OhDb *db;
  OhPacker *packer;
  OhSearcher *searcher;
  Layout layout;
  char *damage; /* what the database said when it was first found damaged, or NULL */
};

OhPacker *
oh_store_reader_get_packer (OhStoreReader *self)
{
  return self->packer;
}

static void
note_damage (OhStoreReader *self, const char *what)
{
  if (self->damage == NULL)
    self->damage = g_strdup (what);
  oh_schema_suspect (self->dir);
}

OhDb *
oh_store_reader_get_db (OhStoreReader *self)
{
  if ((self->db->error & 0xff) == SQLITE_CORRUPT)
    note_damage (self, self->db->message);
  oh_db_forget_error (self->db);
  return self->db;
}

OhSearcher *
oh_store_reader_get_searcher (OhStoreReader *self)
{
  return self->searcher;
}

gboolean
oh_store_reader_check (OhStoreReader *self, GError **error)
{
  if (self->db->error == SQLITE_OK)
    return TRUE;
  if ((self->db->error & 0xff) == SQLITE_CORRUPT)
    note_damage (self, self->db->message);
  oh_schema_set_error (error, self->db, self->dir);
  return FALSE;
}

gboolean
oh_store_reader_is_sound (OhStoreReader *self, GError **error)
{
  g_return_val_if_fail (self != NULL, TRUE);
  oh_store_reader_get_db (self);
  if (self->damage == NULL)
    return TRUE;
  oh_schema_set_damaged (error, self->dir, self->damage);
  return FALSE;
}

/* --- bodies --- */

static void
set_damaged (OhStoreReader *self, GError **error, gint64 id)
{
  if (self->db->error != SQLITE_OK)
    {
      oh_store_reader_check (self, error);
      return;
    }
  note_damage (self, _ ("a body cannot be read"));
  g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_DAMAGED,
               _ ("The body of exchange %" PRId64 " cannot be read: the database is damaged."), id);
}

static gboolean
load_recipe (OhStoreReader *self, gint64 id, OhSide side, GByteArray *out)
{
  sqlite3_stmt *row = side == OH_SIDE_REQUEST
                          ? oh_db_query (self->db, "SELECT request_body FROM detail WHERE id = ?", "i", id)
                          : oh_db_query (self->db, "SELECT response_body FROM detail WHERE id = ?", "i", id);
  gboolean sound = TRUE;

  if (oh_db_step (self->db, row))
    {
      sound = oh_packer_unpack (self->packer, sqlite3_column_blob (row, 0), (gsize) sqlite3_column_bytes (row, 0),
                                G_MAXUINT / 2, out);
      oh_db_done (self->db, row);
    }
  return sound && self->db->error == SQLITE_OK;
}

static void
part_rows_end (PartRows *self, OhDb *db)
{
  if (self->rows != NULL)
    oh_db_done (db, self->rows);
  self->rows = NULL;
}

/* Goes to a part. @sql: its first column is the id. Returns: FALSE where it is missing. */
static gboolean
part_rows_go (PartRows *self, OhDb *db, const char *sql, gint64 id)
{
  if (self->rows == NULL || id != self->id + 1)
    {
      part_rows_end (self, db);
      self->rows = oh_db_query (db, sql, "i", id);
    }
  self->id = id;
  if (oh_db_step (db, self->rows))
    return sqlite3_column_int64 (self->rows, 0) == id;
  self->rows = NULL;
  return FALSE;
}

/* Adds pieces until they cover @to, or all of the recipe. Returns: FALSE where something is missing or damaged. */
static gboolean
lay_out_until (OhStoreReader *self, gint64 to)
{
  Layout *layout = &self->layout;
  PartRows rows = { NULL, 0 };
  const guint8 *literal;
  gboolean sound = TRUE;
  gsize length;
  Piece piece;

  while (sound && !layout->ended && layout->length < to)
    if (oh_recipe_iter_next (&layout->iter, &piece.part, &literal, &length))
      {
        piece.offset = layout->length;
        piece.literal = literal != NULL ? (gsize) (literal - layout->recipe->data) : 0;
        piece.length = (gint64) length;
        if (piece.part != 0)
          {
            sound = part_rows_go (&rows, self->db, "SELECT id, length FROM part WHERE id >= ? ORDER BY id", piece.part);
            piece.length = sound ? sqlite3_column_int64 (rows.rows, 1) : -1;
          }
        sound = piece.length >= 0;
        layout->length += piece.length;
        g_array_append_val (layout->pieces, piece);
      }
    else
      {
        layout->ended = TRUE;
        sound = layout->iter.cursor != NULL;
      }
  part_rows_end (&rows, self->db);
  return sound && self->db->error == SQLITE_OK;
}

/* Returns: FALSE where something is missing or damaged. */
static gboolean
lay_out (OhStoreReader *self, gint64 id, OhSide side, gint64 to)
{
  Layout *layout = &self->layout;
  gint64 change = oh_db_get_int (self->db, "SELECT change FROM exchange WHERE id = ?", -1, "i", id);

  if (layout->id != id || layout->side != side || layout->change != change || change < 0)
    {
      layout->id = 0;
      layout->length = 0;
      layout->ended = FALSE;
      g_array_set_size (layout->pieces, 0);
      g_byte_array_set_size (layout->recipe, 0);
      if (!load_recipe (self, id, side, layout->recipe))
        return FALSE;
      oh_recipe_iter_init (&layout->iter, layout->recipe->data, layout->recipe->len);
    }
  /* Half a layout is none. */
  layout->id = 0;
  if (!lay_out_until (self, to))
    return FALSE;
  layout->id = id;
  layout->side = side;
  layout->change = change;
  return TRUE;
}

static gboolean
append_part (OhStoreReader *self, PartRows *rows, const Piece *piece, GByteArray *out)
{
  guint before = out->len;

  return part_rows_go (rows, self->db, "SELECT id, data FROM part WHERE id >= ? ORDER BY id", piece->part)
         && oh_packer_unpack (self->packer, sqlite3_column_blob (rows->rows, 1),
                              (gsize) sqlite3_column_bytes (rows->rows, 1), (gsize) piece->length, out)
         && out->len - before == (gsize) piece->length;
}

/* Appends what of [@from, @to) the pieces cover; whole pieces, so @from may be preceded by @skip bytes. */
static gboolean
append_pieces (OhStoreReader *self, gint64 from, gint64 to, GByteArray *out, gint64 *skip)
{
  const GArray *pieces = self->layout.pieces;
  guint low = 0, high = pieces->len;
  PartRows rows = { NULL, 0 };
  gboolean sound = TRUE;

  *skip = 0;
  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      const Piece *piece = &g_array_index (pieces, Piece, middle);

      if (piece->offset + piece->length <= from)
        low = middle + 1;
      else
        high = middle;
    }
  for (guint i = low; i < pieces->len && sound; i++)
    {
      const Piece *piece = &g_array_index (pieces, Piece, i);

      if (piece->offset >= to)
        break;
      if (i == low)
        *skip = from - piece->offset;
      if (piece->part == 0)
        g_byte_array_append (out, self->layout.recipe->data + piece->literal, (guint) piece->length);
      else
        sound = append_part (self, &rows, piece, out);
    }
  part_rows_end (&rows, self->db);
  return sound;
}

/* Appends what of [@from, @to) still is in pending rows. */
static void
append_pending (OhStoreReader *self, gint64 id, OhSide side, gint64 from, gint64 to, GByteArray *out)
{
  sqlite3_stmt *rows =
      oh_db_query (self->db,
                   "SELECT offset, data FROM pending WHERE exchange_id = ?1 AND kind = ?2 AND offset < ?3"
                   " AND offset + length (data) > ?4 ORDER BY offset",
                   "iiii", id, (gint64) OH_PENDING_DATA + side, to, from);

  while (oh_db_step (self->db, rows))
    {
      gint64 offset = sqlite3_column_int64 (rows, 0);
      gint64 end = MIN (to, offset + sqlite3_column_bytes (rows, 1));

      if (from >= offset && from < end)
        {
          g_byte_array_append (out, (const guint8 *) sqlite3_column_blob (rows, 1) + (from - offset),
                               (guint) (end - from));
          from = end;
        }
    }
}

static gboolean
read_body (OhStoreReader *self, gint64 id, OhSide side, gint64 offset, gint64 to, GByteArray *out)
{
  gint64 skip = 0;

  if (!lay_out (self, id, side, to) || !append_pieces (self, offset, to, out, &skip))
    return FALSE;
  if (skip > 0)
    g_byte_array_remove_range (out, 0, (guint) skip);
  if (self->layout.ended && to > self->layout.length)
    append_pending (self, id, side, MAX (offset, self->layout.length), to, out);
  if ((gint64) out->len > to - offset)
    g_byte_array_set_size (out, (guint) (to - offset));
  return self->db->error == SQLITE_OK;
}

/* --- public --- */

OhStoreReader *
oh_store_reader_new (const char *dir, GError **error)
{
  g_autoptr (OhStoreReader) self = g_new0 (OhStoreReader, 1);
  g_autofree char *path = NULL;
  gint64 version;

  g_return_val_if_fail (dir != NULL, NULL);
  path = g_build_filename (dir, OH_STORE_FILE, NULL);
  self->dir = g_strdup (dir);
  self->packer = oh_packer_new ();
  self->layout.recipe = g_byte_array_new ();
  self->layout.pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  self->db = oh_db_open_to_read (path);
  if (self->db->error == SQLITE_OK)
    {
      self->searcher = oh_searcher_new (self->db, self->packer);
      /* A process has several readers, and the system keeps what they read in its own cache. */
      oh_db_exec (self->db, "PRAGMA query_only = ON; PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY");
    }
  version = oh_db_get_int (self->db, "PRAGMA user_version", 0, "");
  if (!oh_store_reader_check (self, error))
    return NULL;
  if (version > OH_STORE_VERSION)
    {
      g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_NEWER,
                   _ ("The database in %s was made by a newer version of Overhear. Install that version, or choose "
                      "another data folder. Nothing has been changed."),
                   dir);
      return NULL;
    }
  if (version < OH_STORE_VERSION)
    {
      g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_FAILED,
                   _ ("The database in %s was made by an older version of Overhear, or nothing was captured yet. Start "
                      "Overhear once, then try again."),
                   dir);
      return NULL;
    }
  return g_steal_pointer (&self);
}

void
oh_store_reader_free (OhStoreReader *self)
{
  g_return_if_fail (self != NULL);
  g_clear_pointer (&self->searcher, oh_searcher_free);
  g_clear_pointer (&self->db, oh_db_free);
  g_clear_pointer (&self->packer, oh_packer_free);
  g_clear_pointer (&self->layout.recipe, g_byte_array_unref);
  g_clear_pointer (&self->layout.pieces, g_array_unref);
  g_free (self->dir);
  g_free (self->damage);
  g_free (self);
}

gint64
oh_store_reader_get_change (OhStoreReader *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return oh_db_get_int (oh_store_reader_get_db (self), "SELECT change FROM counter", 0, "");
}

static OhChange
read_change (sqlite3_stmt *row)
{
  return (OhChange) { sqlite3_column_int64 (row, 0), sqlite3_column_int (row, 1), sqlite3_column_int (row, 2) };
}

/* @sql: of rows for read_change() that changed after ?1. Returns: (element-type OhChange) (transfer full) */
static GArray *
read_changes (OhStoreReader *self, const char *sql, gint64 since, gint64 *now)
{
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (OhChange));
  OhDb *db = oh_store_reader_get_db (self);
  sqlite3_stmt *rows;
  gint64 change;

  oh_db_read_begin (db);
  change = oh_db_get_int (db, "SELECT change FROM counter", since, "");
  rows = oh_db_query (db, sql, "i", since);
  while (oh_db_step (db, rows))
    {
      OhChange one = read_change (rows);

      g_array_append_val (changes, one);
    }
  oh_db_read_end (db);
  if (now != NULL)
    *now = db->error == SQLITE_OK ? change : since;
  return changes;
}

GArray *
oh_store_reader_get_changed (OhStoreReader *self, gint64 since, gint64 *now)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) changes = NULL;

  g_return_val_if_fail (self != NULL, ids);
  changes = read_changes (self, "SELECT id, 0, 0 FROM exchange WHERE change > ? ORDER BY change", since, now);
  for (guint i = 0; i < changes->len; i++)
    g_array_append_val (ids, g_array_index (changes, OhChange, i).id);
  return ids;
}

static int
compare_changes (gconstpointer a, gconstpointer b)
{
  const OhChange *x = a, *y = b;

  return x->id < y->id ? -1 : x->id > y->id;
}

GArray *
oh_store_reader_get_changes (OhStoreReader *self, gint64 since, gint64 *now)
{
  GArray *changes;

  g_return_val_if_fail (self != NULL && now != NULL, NULL);
  changes = read_changes (self, "SELECT id, outcome <> " OH_SQL_PENDING ", provider IS NOT NULL FROM exchange WHERE change > ?",
                          since, now);
  g_array_sort (changes, compare_changes);
  return changes;
}

GArray *
oh_store_reader_get_unread (OhStoreReader *self, guint quiet)
{
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (OhChange));
  sqlite3_stmt *rows;
  guint done_with = 0;
  OhDb *db;

  g_return_val_if_fail (self != NULL, changes);
  db = oh_store_reader_get_db (self);
  rows = oh_db_query (db, "SELECT id, outcome <> " OH_SQL_PENDING ", provider IS NOT NULL FROM exchange ORDER BY id DESC", "");
  while (done_with < quiet && oh_db_step (db, rows))
    {
      OhChange change = read_change (rows);

      if (change.ended && change.understood)
        {
          done_with++;
          continue;
        }
      done_with = 0;
      g_array_append_val (changes, change);
    }
  oh_db_done (db, rows);
  g_array_sort (changes, compare_changes);
  return changes;
}

void
oh_store_reader_freeze (OhStoreReader *self)
{
  g_return_if_fail (self != NULL);
  oh_db_read_begin (oh_store_reader_get_db (self));
}

void
oh_store_reader_thaw (OhStoreReader *self)
{
  g_return_if_fail (self != NULL);
  oh_db_read_end (self->db);
}

static void
unref_row (gpointer exchange)
{
  if (exchange != NULL)
    oh_exchange_unref (exchange);
}

GPtrArray *
oh_store_reader_get_rows (OhStoreReader *self, const gint64 *ids, guint n)
{
  GPtrArray *rows = g_ptr_array_new_full (n, unref_row);
  OhDb *db;

  g_return_val_if_fail (self != NULL, rows);
  db = oh_store_reader_get_db (self);
  oh_db_read_begin (db);
  for (guint i = 0; i < n; i++)
    {
      sqlite3_stmt *row = oh_db_query (db, "SELECT " OH_ROW_ALL ", program_id FROM exchange WHERE id = ?", "i", ids[i]);
      OhExchange *exchange = NULL;

      if (oh_db_step (db, row))
        {
          const gint64 program = sqlite3_column_int64 (row, sqlite3_column_count (row) - 1);

          exchange = oh_row_read_exchange (row);
          oh_db_done (db, row);
          exchange->program = oh_row_find_program (db, program);
          exchange->place = oh_meaning_read_place (db, ids[i]);
        }
      g_ptr_array_add (rows, exchange);
    }
  oh_db_read_end (db);
  return rows;
}

static OhHeaders *
read_headers (OhStoreReader *self, sqlite3_stmt *row, int column)
{
  g_autoptr (GByteArray) text = g_byte_array_new ();

  if (sqlite3_column_type (row, column) == SQLITE_NULL)
    return NULL;
  oh_packer_unpack (self->packer, sqlite3_column_blob (row, column), (gsize) sqlite3_column_bytes (row, column),
                    G_MAXUINT / 2, text);
  g_byte_array_append (text, (const guint8 *) "", 1);
  return oh_headers_new_from_string ((const char *) text->data);
}

OhExchange *
oh_store_reader_get_exchange (OhStoreReader *self, gint64 id)
{
  g_autoptr (GPtrArray) rows = NULL;
  OhExchange *exchange;
  sqlite3_stmt *row;

  g_return_val_if_fail (self != NULL, NULL);
  rows = oh_store_reader_get_rows (self, &id, 1);
  exchange = g_ptr_array_steal_index (rows, 0);
  if (exchange == NULL)
    return NULL;
  row = oh_db_query (self->db, "SELECT request_headers, response_headers FROM detail WHERE id = ?", "i", id);
  if (oh_db_step (self->db, row))
    {
      exchange->request_headers = read_headers (self, row, 0);
      exchange->response_headers = read_headers (self, row, 1);
      oh_db_done (self->db, row);
    }
  return exchange;
}

gboolean
oh_store_reader_lags (OhStoreReader *self, guint n)
{
  return oh_db_get_int (self->db,
                        "SELECT provider IS NULL AND outcome <> " OH_SQL_PENDING " FROM exchange"
                        " WHERE id <= (SELECT max (id) FROM exchange) - ? ORDER BY id DESC LIMIT 1",
                        0, "i", (gint64) n) != 0;
}

OhCapture *
oh_store_reader_get_post (OhStoreReader *self, gint64 writer_id, gint64 after)
{
  sqlite3_stmt *row = oh_db_query (self->db,
                                   "SELECT p.id, p.told, p.run_id, p.program_id, p.connection, p.target, b.body FROM post p"
                                   " JOIN post_body b ON b.id = p.id WHERE p.writer = ? AND p.id > ? ORDER BY p.id LIMIT 1",
                                   "ii", writer_id, after);
  OhExchange *exchange;
  OhCapture *post;
  gint64 program_id;

  if (!oh_db_step (self->db, row))
    return NULL;
  exchange = oh_exchange_new ();
  exchange->run_id = sqlite3_column_int64 (row, 2);
  program_id = sqlite3_column_int64 (row, 3);
  exchange->connection = sqlite3_column_int64 (row, 4);
  exchange->target = g_strdup ((const char *) sqlite3_column_text (row, 5));
  post = oh_capture_new (OH_CAPTURE_POST, 0, exchange,
                         g_bytes_new (sqlite3_column_blob (row, 6), (gsize) sqlite3_column_bytes (row, 6)), 0);
  post->post_id = sqlite3_column_int64 (row, 0);
  post->post_told = sqlite3_column_int64 (row, 1);
  oh_db_done (self->db, row);
  exchange->program = oh_row_find_program (self->db, program_id);
  return post;
}

GBytes *
oh_store_reader_read_body (OhStoreReader *self, gint64 id, OhSide side, gint64 offset, gint64 length, GError **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gint64 to;
  gboolean sound;

  g_return_val_if_fail (self != NULL && offset >= 0, NULL);
  /* A GByteArray holds less than 4 GiB. */
  to = length < 0 || length > G_MAXUINT / 2 ? offset + G_MAXUINT / 2 : offset + length;
  oh_store_reader_get_db (self);
  oh_db_read_begin (self->db);
  sound = read_body (self, id, side, offset, to, out);
  oh_db_read_end (self->db);
  if (!sound)
    {
      set_damaged (self, error, id);
      return NULL;
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}

GBytes *
oh_store_reader_read_body_end (OhStoreReader *self, gint64 id, OhSide side, gint64 length)
{
  g_autoptr (GByteArray) recipe = g_byte_array_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GArray) pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  PartRows rows = { NULL, 0 };
  OhRecipeIter iter;
  const guint8 *literal;
  gboolean sound;
  gint64 found = 0;
  gsize size;
  Piece piece = { 0 };
  guint first;

  g_return_val_if_fail (self != NULL, NULL);
  oh_store_reader_get_db (self);
  oh_db_read_begin (self->db);
  sound = oh_db_get_int (self->db, "SELECT 1 FROM pending WHERE exchange_id = ? AND kind = ? LIMIT 1", 0, "ii", id,
                         (gint64) OH_PENDING_DATA + side) == 0
          && load_recipe (self, id, side, recipe);
  oh_recipe_iter_init (&iter, recipe->data, recipe->len);
  while (sound && oh_recipe_iter_next (&iter, &piece.part, &literal, &size))
    {
      piece.literal = literal != NULL ? (gsize) (literal - recipe->data) : 0;
      piece.length = (gint64) size;
      g_array_append_val (pieces, piece);
    }
  for (first = pieces->len; first > 0 && found < length; first--)
    {
      Piece *last = &g_array_index (pieces, Piece, first - 1);

      if (last->part != 0)
        last->length = oh_db_get_int (self->db, "SELECT length FROM part WHERE id = ?", -1, "i", last->part);
      sound = sound && last->length >= 0;
      found += MAX (last->length, 0);
    }
  for (guint i = first; i < pieces->len && sound; i++)
    {
      const Piece *here = &g_array_index (pieces, Piece, i);

      if (here->part == 0)
        g_byte_array_append (out, recipe->data + here->literal, (guint) here->length);
      else
        sound = append_part (self, &rows, here, out);
    }
  part_rows_end (&rows, self->db);
  oh_db_read_end (self->db);
  return sound && self->db->error == SQLITE_OK ? g_byte_array_free_to_bytes (g_steal_pointer (&out)) : NULL;
}

GArray *
oh_store_reader_get_arrivals (OhStoreReader *self, gint64 id, OhSide side)
{
  GArray *arrivals = g_array_new (FALSE, FALSE, sizeof (OhArrival));
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  OhArrival arrival = { 0, 0 };
  const guint8 *cursor, *end;
  guint64 offset, us;
  sqlite3_stmt *rows;
  OhDb *db;

  g_return_val_if_fail (self != NULL, arrivals);
  db = oh_store_reader_get_db (self);
  oh_db_read_begin (db);
  rows = side == OH_SIDE_REQUEST ? oh_db_query (db, "SELECT request_arrivals FROM detail WHERE id = ?", "i", id)
                                 : oh_db_query (db, "SELECT response_arrivals FROM detail WHERE id = ?", "i", id);
  if (oh_db_step (db, rows))
    {
      oh_packer_unpack (self->packer, sqlite3_column_blob (rows, 0), (gsize) sqlite3_column_bytes (rows, 0),
                        G_MAXUINT / 2, packed);
      oh_db_done (db, rows);
    }
  rows = oh_db_query (db, "SELECT data FROM pending WHERE exchange_id = ? AND kind = ? ORDER BY offset", "ii", id,
                      (gint64) OH_PENDING_ARRIVALS + side);
  while (oh_db_step (db, rows))
    g_byte_array_append (packed, sqlite3_column_blob (rows, 0), (guint) sqlite3_column_bytes (rows, 0));
  oh_db_read_end (db);
  cursor = packed->data;
  end = cursor + packed->len;
  while (packed->len > 0 && oh_varint_read (&cursor, end, &offset) && oh_varint_read (&cursor, end, &us))
    {
      arrival.offset += OH_UNZIGZAG (offset);
      arrival.at_ns += OH_UNZIGZAG (us) * OH_NS_PER_US;
      g_array_append_val (arrivals, arrival);
    }
  return arrivals;
}

GPtrArray *
oh_store_reader_get_runs (OhStoreReader *self, guint limit)
{
  GPtrArray *runs = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_run_unref);
  sqlite3_stmt *rows;

  g_return_val_if_fail (self != NULL, runs);
  oh_store_reader_get_db (self);
  rows =
      oh_db_query (self->db, "SELECT id, exchanges, " OH_ROW_RUN " FROM run ORDER BY started_ns DESC, id DESC LIMIT ?",
                   "i", limit > 0 ? (gint64) limit : (gint64) -1);
  while (oh_db_step (self->db, rows))
    g_ptr_array_add (runs, oh_row_read_run (rows));
  return runs;
}

OhRun *
oh_store_reader_get_run (OhStoreReader *self, gint64 id)
{
  OhRun *run = NULL;
  sqlite3_stmt *row;

  g_return_val_if_fail (self != NULL, NULL);
  oh_store_reader_get_db (self);
  row = oh_db_query (self->db, "SELECT id, exchanges, " OH_ROW_RUN " FROM run WHERE id = ?", "i", id);
  if (oh_db_step (self->db, row))
    {
      run = oh_row_read_run (row);
      oh_db_done (self->db, row);
    }
  return run;
}

GBytes *
oh_store_reader_read_console (OhStoreReader *self, gint64 run_id, gint64 offset)
{
  GByteArray *out = g_byte_array_new ();
  sqlite3_stmt *rows;

  g_return_val_if_fail (self != NULL && offset >= 0, g_byte_array_free_to_bytes (out));
  oh_store_reader_get_db (self);
  rows = oh_db_query (self->db,
                      "SELECT offset, data FROM console WHERE run_id = ?1 AND offset + length > ?2 ORDER BY offset",
                      "ii", run_id, offset);
  while (oh_db_step (self->db, rows))
    {
      guint before = out->len;
      gint64 at = sqlite3_column_int64 (rows, 0);

      oh_packer_unpack (self->packer, sqlite3_column_blob (rows, 1), (gsize) sqlite3_column_bytes (rows, 1),
                        G_MAXUINT / 2, out);
      if (at < offset)
        g_byte_array_remove_range (out, before, MIN (out->len - before, (guint) (offset - at)));
    }
  return g_byte_array_free_to_bytes (out);
}
