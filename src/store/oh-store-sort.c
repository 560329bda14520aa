/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-columns-private.h"
#include "oh-store-meaning-private.h"
#include "oh-store-reader.h"

/* An id and what it is put in order by: a number, a text, or nothing that is known. */
typedef struct
{
  gint64 id;
  gint64 started_ns;
  double number;
  const char *text; /* a key of g_utf8_collate_key(); or NULL */
  gboolean known;
} Key;

#define ROW(value) "SELECT e.started_ns, " value " FROM exchange e WHERE e.id = ?"

static const char *const queries[OH_N_SORTS] = {
  [OH_SORT_STARTED] = ROW ("e.started_ns"),
  [OH_SORT_STATUS] = ROW ("CASE WHEN e.outcome IN (" OH_SQL_FAILED ", " OH_SQL_CUT ") THEN 1000 + e.outcome"
                          " WHEN e.status <> 0 THEN e.status END"),
  [OH_SORT_NEWS] = ROW ("coalesce (e.error_message, e.tool_result, e.title, e.target)"),
  [OH_SORT_MODEL] = ROW ("coalesce (e.model, e.requested_model)"),
  [OH_SORT_TOKENS] = ROW (OH_SQL_TOKENS),
  /* What was answered with an error has none to be told. */
  [OH_SORT_COST] = ROW ("CASE WHEN coalesce (e.input_tokens, e.output_tokens) IS NOT NULL"
                        " THEN (SELECT cost FROM place WHERE place.id = e.id) END"),
  [OH_SORT_TOOK] = ROW ("e.ended_ns"),
  [OH_SORT_ENDED] = ROW ("coalesce (e.error_type, e.error_code, e.stop_reason)"),
  [OH_SORT_PROGRAM] = ROW ("(SELECT name FROM program WHERE program.id = e.program_id)"),
};

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const Key *x = a, *y = b;
  const int way = GPOINTER_TO_INT (data);
  int order;

  if (x->known != y->known)
    return x->known ? -1 : 1;
  if (x->text != NULL && y->text != NULL)
    order = strcmp (x->text, y->text);
  else
    order = (x->number > y->number) - (x->number < y->number);
  if (order == 0)
    order = (x->started_ns > y->started_ns) - (x->started_ns < y->started_ns);
  if (order == 0)
    order = (x->id > y->id) - (x->id < y->id);
  return way * order;
}

static Key
read_key (OhDb *db, gint64 id, OhSortBy by, GStringChunk *texts)
{
  sqlite3_stmt *row = oh_db_query (db, queries[by], "i", id);
  Key key = { .id = id };

  if (!oh_db_step (db, row))
    return key;
  key.started_ns = sqlite3_column_int64 (row, 0);
  key.known = sqlite3_column_type (row, 1) != SQLITE_NULL;
  if (sqlite3_column_type (row, 1) == SQLITE_TEXT)
    {
      g_autofree char *valid = g_utf8_make_valid ((const char *) sqlite3_column_text (row, 1), -1);
      g_autofree char *collated = g_utf8_collate_key (valid, -1);

      key.text = g_string_chunk_insert_const (texts, collated);
    }
  else if (by != OH_SORT_STARTED)
    key.number = sqlite3_column_double (row, 1);
  oh_db_done (db, row);
  return key;
}

void
oh_store_reader_sort (OhStoreReader *self, GArray *ids, OhSortBy by, gboolean descending, GCancellable *cancellable)
{
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, sizeof (Key));
  g_autoptr (GStringChunk) texts = g_string_chunk_new (4096);
  OhDb *db;

  g_return_if_fail (self != NULL && ids != NULL);
  g_return_if_fail (by < OH_N_SORTS);

  db = oh_store_reader_get_db (self);
  oh_db_read_begin (db);
  for (guint i = 0; i < ids->len && !g_cancellable_is_cancelled (cancellable); i++)
    {
      Key key = read_key (db, g_array_index (ids, gint64, i), by, texts);

      g_array_append_val (keys, key);
    }
  oh_db_read_end (db);
  if (keys->len < ids->len)
    return;
  g_array_sort_with_data (keys, compare, GINT_TO_POINTER (descending ? -1 : 1));
  for (guint i = 0; i < ids->len; i++)
    g_array_index (ids, gint64, i) = g_array_index (keys, Key, i).id;
}

gint64
oh_store_reader_get_started (OhStoreReader *self, gint64 id)
{
  g_return_val_if_fail (self != NULL, 0);

  return oh_db_get_int (oh_store_reader_get_db (self), "SELECT started_ns FROM exchange WHERE id = ?", 0, "i", id);
}
