/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Databases of which pages were overwritten: what could be read of them is there in a new one, and nothing else is. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define EXCHANGES 2000
#define PAGE 4096
#define SEEDS 6
/* More rows than a page of the table of exchanges has. */
#define ROWS_OF_A_PAGE 60

/* A database that all tests make copies of. */
static struct
{
  char *dir;
  char *data;
  gsize length;
  GBytes *bodies[EXCHANGES + 1][2];
  GArray *leaves; /* guint: pages that no other page depends on */
  GHashTable *of_exchanges; /* guint pages of exchanges, details and parts */
} base;

static GBytes *
make_body (guint key, guint side)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2 * key + side);
  g_autoptr (GRand) shared = g_rand_new_with_seed (key / 50 + 1);
  GString *text = g_string_new ("{\"messages\":[\"");

  /* A history that fifty of them have in common, then words of its own, and now and then a picture. */
  fixture_append_words (text, shared, 1500);
  g_string_append (text, "\",\"");
  fixture_append_words (text, random, 100 + key % 7 * 300);
  g_string_append (text, "\",\"");
  for (guint i = 0; key % 100 == 0 && i < 30000; i++)
    g_string_append_c (text, (char) g_rand_int_range (random, '#', '['));
  g_string_append (text, "\"]}");
  return g_string_free_to_bytes (text);
}

static void
look_at_pages (void)
{
  sqlite3 *db = fixture_raw_open (base.dir);
  sqlite3_stmt *rows = NULL;

  base.leaves = g_array_new (FALSE, FALSE, sizeof (guint));
  base.of_exchanges = g_hash_table_new (NULL, NULL);
  if (sqlite3_prepare_v2 (db, "SELECT pageno, name, path, pagetype FROM dbstat", -1, &rows, NULL) == SQLITE_OK)
    while (sqlite3_step (rows) == SQLITE_ROW)
      {
        guint page = (guint) sqlite3_column_int (rows, 0);
        const char *name = (const char *) sqlite3_column_text (rows, 1);

        if (g_strv_contains ((const char *const[]){ "exchange", "detail", "part", NULL }, name))
          g_hash_table_add (base.of_exchanges, GUINT_TO_POINTER (page));
        /* Roots have no more than their slash. */
        if (!g_str_has_suffix ((const char *) sqlite3_column_text (rows, 2), "/") &&
            strcmp ((const char *) sqlite3_column_text (rows, 3), "internal") != 0)
          g_array_append_val (base.leaves, page);
      }
  sqlite3_finalize (rows);
  sqlite3_close (db);
}

static void
make_base (void)
{
  OhStore *store;
  OhRun run = { .name = (char *) "run", .started_ns = 1 };
  gint64 run_id;

  base.dir = fixture_make_dir ();
  store = fixture_open (base.dir);
  run_id = oh_store_add_run (store, &run);
  for (guint key = 1; key <= EXCHANGES; key++)
    {
      OhSearchable *searchable = oh_searchable_new (key);
      g_autofree char *word = g_strdup_printf ("needle%u", key);

      for (guint side = 0; side < 2; side++)
        base.bodies[key][side] = make_body (key, side);
      fixture_whole (store, key, run_id, base.bodies[key][0], base.bodies[key][1], 0);
      oh_searchable_add (searchable, 0, word);
      oh_store_put_searchable (store, searchable);
    }
  oh_store_flush (store);
  fixture_close (store);
  look_at_pages ();
}

static void
free_base (void)
{
  for (guint key = 1; key <= EXCHANGES; key++)
    for (guint side = 0; side < 2; side++)
      g_bytes_unref (base.bodies[key][side]);
  g_array_unref (base.leaves);
  g_hash_table_unref (base.of_exchanges);
  fixture_remove_dir (base.dir);
}

/* What is there of a body is what was sent, to its end unless the exchange says otherwise. */
static void
assert_true (OhStoreReader *reader, const OhExchange *exchange, OhSide side)
{
  GBytes *sent = base.bodies[exchange->id][side];
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) found = oh_store_reader_read_body (reader, exchange->id, side, 0, -1, &error);
  gsize length;

  g_assert_no_error (error);
  length = g_bytes_get_size (found);
  g_assert_cmpuint (length, <=, g_bytes_get_size (sent));
  g_assert_cmpmem (g_bytes_get_data (found, NULL), length, g_bytes_get_data (sent, NULL), length);
  if ((exchange->gaps & (side == OH_SIDE_REQUEST ? OH_GAP_REQUEST : OH_GAP_RESPONSE)) == 0)
    g_assert_cmpuint (length, ==, g_bytes_get_size (sent));
}

static guint
count_matches (OhStoreReader *reader, const char *text)
{
  g_autoptr (OhSearch) search = oh_search_parse (text, 0, NULL, NULL);

  return (guint) oh_store_reader_count (reader, &(OhQuery){ .search = search });
}

/* Looks at what is there. Returns: how many exchanges. @whole: (out): those of them without a gap */
static guint
look (const char *dir, guint *whole)
{
  OhStoreReader *reader = fixture_read (dir);
  guint n = 0;

  *whole = 0;
  for (gint64 id = 1; id <= EXCHANGES; id++)
    {
      g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);

      if (exchange == NULL)
        continue;
      n++;
      *whole += (exchange->gaps & (OH_GAP_REQUEST | OH_GAP_RESPONSE)) == 0;
      assert_true (reader, exchange, OH_SIDE_REQUEST);
      assert_true (reader, exchange, OH_SIDE_RESPONSE);
    }
  oh_store_reader_free (reader);
  return n;
}

/* Overwrites pages. @leaves: only such that no other depends on
 * Returns: how many of them were of exchanges, their details or parts */
static guint
spoil (GRand *random, guint pages, gboolean leaves, char *data)
{
  guint n = 0;

  for (guint i = 0; i < pages; i++)
    {
      guint page = leaves ? g_array_index (base.leaves, guint, g_rand_int_range (random, 0, (gint32) base.leaves->len))
                          : (guint) g_rand_int_range (random, 1, (gint32) (base.length / PAGE) + 1);
      /* All of a page, or the first half of it. */
      guint length = g_rand_boolean (random) ? PAGE : PAGE / 2;

      for (guint k = 0; k < length; k++)
        data[(page - 1) * PAGE + k] = (char) g_rand_int (random);
      n += g_hash_table_contains (base.of_exchanges, GUINT_TO_POINTER (page));
    }
  return n;
}

static void
test_pages (gconstpointer data)
{
  const gboolean leaves = GPOINTER_TO_INT (data);

  if (leaves && base.leaves->len == 0)
    {
      g_test_skip ("SQLite was built without dbstat");
      return;
    }
  for (guint seed = 1; seed <= SEEDS; seed++)
    {
      g_autoptr (GRand) random = g_rand_new_with_seed (seed);
      g_autofree char *dir = fixture_make_dir ();
      g_autofree char *path = g_build_filename (dir, "overhear.db", NULL);
      g_autofree char *suspect = g_build_filename (dir, "check-me", NULL);
      g_autofree char *spoilt = g_memdup2 (base.data, base.length);
      guint hit = spoil (random, seed * seed, leaves, spoilt);
      OhStore *store;
      guint n, whole;

      g_assert_true (g_file_set_contents (path, spoilt, (gssize) base.length, NULL));
      g_assert_true (g_file_set_contents (suspect, "", 0, NULL));
      store = fixture_open (dir);
      n = look (dir, &whole);
      g_test_message ("seed %u: %u pages, %u of exchanges: %u exchanges survived, %u of them whole: %s", seed,
                      seed * seed, hit, n, whole, oh_store_get_notice (store));
      if (leaves)
        {
          g_assert_cmpuint (n + hit * ROWS_OF_A_PAGE, >=, EXCHANGES);
          g_assert_true (hit > 0 || whole == EXCHANGES);
        }
      if (n < EXCHANGES || whole < EXCHANGES)
        g_assert_nonnull (oh_store_get_notice (store));
      fixture_whole (store, 1, 0, base.bodies[1][0], base.bodies[1][1], 0);
      oh_store_flush (store);
      fixture_close (store);
      store = fixture_open (dir);
      g_assert_null (oh_store_get_notice (store));
      fixture_close (store);
      fixture_assert_sound (dir);
      fixture_remove_dir (g_steal_pointer (&dir));
    }
}

/* A page of an index alone is damaged: all is carried over, found by searches, and told in words. */
static void
test_index (void)
{
  g_autofree char *dir = fixture_make_dir ();
  g_autofree char *path = g_build_filename (dir, "overhear.db", NULL);
  g_autofree char *suspect = g_build_filename (dir, "check-me", NULL);
  g_autofree char *spoilt = g_memdup2 (base.data, base.length);
  g_autofree char *sentence = g_strdup_printf ("%u exchanges that could be read were carried over", EXCHANGES);
  sqlite3 *db = fixture_raw_open (base.dir);
  sqlite3_stmt *row;
  OhStore *store;
  OhStoreReader *reader;
  g_autoptr (GPtrArray) runs = NULL;
  guint whole;

  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT rootpage FROM sqlite_schema WHERE name = 'exchange_started'", -1, &row, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (row), ==, SQLITE_ROW);
  memset (spoilt + (sqlite3_column_int (row, 0) - 1) * PAGE, 0x55, PAGE);
  sqlite3_finalize (row);
  sqlite3_close (db);
  g_assert_true (g_file_set_contents (path, spoilt, (gssize) base.length, NULL));
  g_assert_true (g_file_set_contents (suspect, "", 0, NULL));

  store = fixture_open (dir);
  g_assert_nonnull (strstr (oh_store_get_notice (store), sentence));
  g_assert_nonnull (strstr (oh_store_get_notice (store), "set aside as overhear-damaged-"));
  g_assert_cmpuint (look (dir, &whole), ==, EXCHANGES);
  g_assert_cmpuint (whole, ==, EXCHANGES);
  reader = fixture_read (dir);
  g_assert_cmpuint (count_matches (reader, "needle77"), ==, 1 + 10);
  g_assert_cmpuint (count_matches (reader, "needle1234"), ==, 1);
  runs = oh_store_reader_get_runs (reader, 10);
  g_assert_cmpuint (runs->len, ==, 1);
  g_assert_cmpuint (((OhRun *) runs->pdata[0])->exchanges, ==, EXCHANGES);
  oh_store_reader_free (reader);
  fixture_close (store);
  fixture_assert_sound (dir);
  fixture_remove_dir (g_steal_pointer (&dir));
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  make_base ();
  path = g_build_filename (base.dir, "overhear.db", NULL);
  g_assert_true (g_file_get_contents (path, &base.data, &base.length, NULL));
  g_test_add_func ("/recover/index", test_index);
  g_test_add_data_func ("/recover/leaves", GINT_TO_POINTER (TRUE), test_pages);
  g_test_add_data_func ("/recover/any-page", GINT_TO_POINTER (FALSE), test_pages);
  status = g_test_run ();
  g_free (base.data);
  free_base ();
  return status;
}
