/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is beyond the limits, and what deleting it leaves. */
#include "fixture.h"
#include "oh-store-belongings-private.h"
#include "oh-store-retention.h"

#define DAY (24 * 3600 * OH_NS_PER_S)
#define NOW (1000 * DAY)

static OhStore *store;
static OhStoreReader *reader;
static char *dir;

/* Exchange @key started @days ago, of @run_id, with @length bytes that nothing makes smaller. Returns: its id. */
static gint64
add (guint64 key, gint64 run_id, double days, gsize length)
{
  OhExchange *begin = fixture_exchange ();
  OhExchange *end;
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) key);
  g_autofree char *noise = g_malloc (length + 1);
  g_autoptr (GArray) ids = NULL;

  for (gsize i = 0; i < length; i++)
    noise[i] = (char) g_rand_int (random);
  begin->run_id = run_id;
  begin->started_ns = NOW - (gint64) (days * (double) DAY);
  end = oh_exchange_copy (begin);
  end->status = 200;
  end->outcome = OH_OUTCOME_FINISHED;
  end->ended_by = OH_PARTY_UPSTREAM;
  end->response_length = (gint64) length;
  fixture_push (store, OH_CAPTURE_BEGIN, key, begin, NULL, 0, 0);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, key, NULL, noise, (gssize) length, 0);
  fixture_push (store, OH_CAPTURE_END, key, end, NULL, 0, 0);
  oh_store_flush (store);
  ids = oh_store_reader_find (reader, NULL, NULL);
  return ids->len > 0 ? g_array_index (ids, gint64, ids->len - 1) : 0;
}

static void
begin_test (void)
{
  dir = fixture_make_dir ();
  store = fixture_open (dir);
  reader = fixture_read (dir);
}

static void
end_test (void)
{
  oh_store_reader_free (reader);
  fixture_close (store);
  fixture_assert_sound (dir);
  fixture_remove_dir (dir);
}

static void
test_age (void)
{
  gint64 old, pinned, young;
  g_autoptr (GArray) expired = NULL;
  g_autoptr (GArray) none = NULL;

  begin_test ();
  old = add (1, 0, 40, 10);
  pinned = add (2, 0, 35, 10);
  young = add (3, 0, 5, 10);
  fixture_begin (store, 4); /* goes on since 1970 */
  oh_store_set_pinned (store, pinned, TRUE);
  oh_store_flush (store);
  none = oh_store_reader_find_expired (reader, 0, 0, NOW, 100);
  g_assert_cmpuint (none->len, ==, 0);
  expired = oh_store_reader_find_expired (reader, 0, 30 * DAY, NOW, 100);
  g_assert_cmpuint (expired->len, ==, 1);
  g_assert_cmpint (g_array_index (expired, gint64, 0), ==, old);

  /* Asked to, it still deletes nothing that is pinned or goes on. */
  {
    g_autoptr (GArray) all = oh_store_reader_find (reader, NULL, NULL);

    g_assert_cmpuint (all->len, ==, 4);
    oh_store_delete (store, (const gint64 *) (gpointer) all->data, all->len);
    oh_store_flush (store);
    g_clear_pointer (&all, g_array_unref);
    all = oh_store_reader_find (reader, NULL, NULL);
    g_assert_cmpuint (all->len, ==, 2);
    g_assert_false (oh_store_reader_matches (reader, NULL, old));
    g_assert_false (oh_store_reader_matches (reader, NULL, young));
    g_assert_true (oh_store_reader_matches (reader, NULL, pinned));
  }
  fixture_end (store, 4, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
  end_test ();
}

static void
test_size (void)
{
  g_autoptr (OhRun) run = oh_run_new ();
  g_autoptr (OhRun) gone = NULL;
  g_autoptr (GArray) expired = NULL;
  gint64 run_id, size, before;

  begin_test ();
  run->started_ns = 1;
  run->ended_ns = 2;
  run_id = oh_store_add_run (store, run);
  for (guint i = 0; i < 20; i++)
    add (10 + i, i < 10 ? run_id : 0, 20 - i, 500000);
  before = oh_store_reader_get_size (reader);
  g_assert_cmpint (before, >, 20 * 500000);
  expired = oh_store_reader_find_expired (reader, before / 2, 0, NOW, 100);
  g_assert_cmpuint (expired->len, >=, 10);
  g_assert_cmpuint (expired->len, <=, 11);
  oh_store_delete (store, (const gint64 *) (gpointer) expired->data, expired->len);
  /* The oldest went, the space is given back, and the run that has nothing left went along. */
  size = before;
  for (guint i = 0; i < 200 && size > before * 6 / 10; i++)
    {
      oh_store_flush (store);
      g_usleep (10000);
      size = oh_store_reader_get_size (reader);
    }
  g_assert_cmpint (size, <=, before * 6 / 10);
  g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 20 - (gint64) expired->len);
  gone = oh_store_reader_get_run (reader, run_id);
  g_assert_null (gone);
  {
    g_autoptr (GArray) left = oh_store_reader_find_expired (reader, before * 6 / 10, 0, NOW, 100);

    g_assert_cmpuint (left->len, ==, 0);
  }
  end_test ();
}

static void
test_limit (void)
{
  g_autoptr (GArray) expired = NULL;

  begin_test ();
  for (guint i = 0; i < 20; i++)
    add (10 + i, 0, 20 + i, 10);
  expired = oh_store_reader_find_expired (reader, 0, DAY, NOW, 7);
  g_assert_cmpuint (expired->len, ==, 7);
  {
    g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (reader, (const gint64 *) (gpointer) expired->data, 7);

    /* The oldest first. */
    for (guint i = 0; i < 7; i++)
      g_assert_cmpint (((OhExchange *) rows->pdata[i])->started_ns, ==, NOW - (gint64) (39 - i) * DAY);
  }
  end_test ();
}

/* Puts something of exchange @id into every table that has something of exchanges. */
static void
add_belongings (OhDb *db, gint64 id)
{
  const char *table, *column;

  for (guint n = 0; oh_belongings_get (n, &table, &column); n++)
    {
      g_autoptr (GString) sql = g_string_new (NULL);
      g_autoptr (GString) values = g_string_new (NULL);
      g_autofree char *columns = g_strdup_printf ("SELECT name FROM pragma_table_info ('%s') WHERE \"notnull\" OR pk", table);
      sqlite3_stmt *rows;

      g_string_printf (sql, "INSERT OR IGNORE INTO %s (", table);
      g_assert_cmpint (sqlite3_prepare_v2 (db->handle, columns, -1, &rows, NULL), ==, SQLITE_OK);
      while (sqlite3_step (rows) == SQLITE_ROW)
        {
          const char *name = (const char *) sqlite3_column_text (rows, 0);

          g_string_append_printf (sql, "%s%s", values->len > 0 ? ", " : "", name);
          g_string_append_printf (values, "%s%" G_GINT64_FORMAT, values->len > 0 ? ", " : "",
                                  g_str_equal (name, column) ? id : (gint64) 0);
        }
      sqlite3_finalize (rows);
      g_string_append_printf (sql, ") VALUES (%s)", values->str);
      g_assert_cmpint (sqlite3_exec (db->handle, sql->str, NULL, NULL, NULL), ==, SQLITE_OK);
    }
}

/* Waits until nothing of exchange @id is in any of them. */
static void
await_nothing (OhDb *db, gint64 id)
{
  const char *table, *column;

  for (guint n = 0; oh_belongings_get (n, &table, &column); n++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT count (*) FROM %s WHERE %s = %" G_GINT64_FORMAT, table, column, id);
      gint64 left = 1;

      for (guint i = 0; i < 1000 && left > 0; i++)
        {
          sqlite3_stmt *row;

          g_assert_cmpint (sqlite3_prepare_v2 (db->handle, sql, -1, &row, NULL), ==, SQLITE_OK);
          g_assert_cmpint (sqlite3_step (row), ==, SQLITE_ROW);
          left = sqlite3_column_int64 (row, 0);
          sqlite3_finalize (row);
          if (left > 0)
            g_usleep (10000);
        }
      if (left > 0)
        g_error ("%s still has something of an exchange that was deleted", table);
    }
}

/* Whatever deletes an exchange deletes all that hangs on it; and every table that names exchanges is known. */
static void
test_belongings (void)
{
  g_autoptr (OhRun) run = oh_run_new ();
  g_autoptr (OhDb) db = NULL;
  g_autofree char *path = NULL;
  const char *table, *column;
  sqlite3_stmt *rows;
  gint64 one, other, third, run_id;
  guint seen = 0;

  begin_test ();
  path = g_build_filename (dir, "overhear.db", NULL);
  run->started_ns = 1;
  run_id = oh_store_add_run (store, run);
  one = add (1, 0, 3, 10);
  other = add (2, run_id, 2, 10);
  third = add (3, 0, 1, 10);
  db = oh_db_open (path);
  sqlite3_busy_timeout (db->handle, 10000);

  rows = oh_db_query (db,
                      "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info (m.name) c WHERE m.type = 'table'"
                      " AND c.name = 'exchange_id' AND m.name <> 'span'",
                      "");
  while (oh_db_step (db, rows))
    {
      gboolean known = FALSE;

      for (guint n = 0; oh_belongings_get (n, &table, &column); n++)
        known |= g_str_equal (table, (const char *) sqlite3_column_text (rows, 0));
      if (!known)
        g_error ("%s names exchanges, and is not in the list", (const char *) sqlite3_column_text (rows, 0));
      seen++;
    }
  g_assert_cmpuint (seen, >, 2);

  add_belongings (db, one);
  add_belongings (db, other);
  add_belongings (db, third);
  oh_store_delete (store, &one, 1);
  oh_store_flush (store);
  await_nothing (db, one);
  oh_store_clear (store, run_id);
  oh_store_flush (store);
  await_nothing (db, other);
  g_assert_cmpint (oh_db_get_int (db, "SELECT count (*) FROM superseded WHERE id = ?", 0, "i", third), ==, 1);
  oh_store_clear (store, 0);
  oh_store_flush (store);
  await_nothing (db, third);
  g_clear_pointer (&db, oh_db_free);
  end_test ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/retention/age", test_age);
  g_test_add_func ("/retention/size", test_size);
  g_test_add_func ("/retention/limit", test_limit);
  g_test_add_func ("/retention/belongings", test_belongings);
  return g_test_run ();
}
