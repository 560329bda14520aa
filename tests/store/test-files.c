/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a store finds when it is opened: files that are damaged, newer, older, read-only; who may read what it makes. */
#include "fixture.h"
#include "oh-saying.h"
#include "oh-store-traces.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static guint
count_aside (const char *dir)
{
  g_autoptr (GDir) names = g_dir_open (dir, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (names)) != NULL)
    n += g_str_has_prefix (name, "overhear-damaged-") && g_str_has_suffix (name, ".db");
  return n;
}

static void
test_damaged (void)
{
  /* How the file is broken: rubbish, a header cut off, rubbish in the schema's page, another program's file. */
  for (guint how = 0; how < 4; how++)
    {
      g_autofree char *dir = fixture_make_dir ();
      g_autofree char *path = g_build_filename (dir, "overhear.db", NULL);
      g_autofree char *before = NULL, *after = NULL, *aside = NULL;
      gsize before_length, after_length;
      OhStore *store;
      OhStoreReader *reader;
      g_autoptr (GDir) names = NULL;
      const char *name;

      if (how == 3)
        {
          sqlite3 *db = fixture_raw_open (dir);

          fixture_raw_run (db, "CREATE TABLE bookmarks (url)");
          sqlite3_close (db);
        }
      else
        {
          store = fixture_open (dir);
          reader = fixture_read (dir);
          fixture_store_one (store, reader, 1, "a", "b");
          oh_store_reader_free (reader);
          fixture_close (store);
        }
      g_assert_true (g_file_get_contents (path, &before, &before_length, NULL));
      if (how == 0)
        memset (before, 'x', before_length);
      else if (how == 1)
        before_length = 1000;
      else if (how == 2)
        memset (before + 100, 0xaa, 3000);
      g_assert_true (g_file_set_contents (path, before, (gssize) before_length, NULL));

      store = fixture_open (dir);
      g_assert_nonnull (oh_store_get_notice (store));
      reader = fixture_read (dir);
      g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 0);
      fixture_store_one (store, reader, 2, "c", "d");
      g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 1);
      oh_store_reader_free (reader);
      fixture_close (store);
      g_assert_cmpuint (count_aside (dir), ==, 1);
      names = g_dir_open (dir, 0, NULL);
      while ((name = g_dir_read_name (names)) != NULL)
        if (g_str_has_prefix (name, "overhear-damaged-") && g_str_has_suffix (name, ".db"))
          aside = g_build_filename (dir, name, NULL);
      g_assert_true (g_file_get_contents (aside, &after, &after_length, NULL));
      g_assert_cmpmem (after, after_length, before, before_length);

      store = fixture_open (dir);
      g_assert_null (oh_store_get_notice (store));
      fixture_close (store);
      g_assert_cmpuint (count_aside (dir), ==, 1);
      fixture_remove_dir (g_steal_pointer (&dir));
    }
}

/* Damage that only shows when a page is read is remembered, and the file set aside at the next start. */
static void
test_damaged_inside (void)
{
  g_autofree char *dir = fixture_make_dir ();
  g_autofree char *path = g_build_filename (dir, "overhear.db", NULL);
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GString) noise = g_string_new ("x");
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  GBytes *body;
  gsize length;
  gint64 id;

  for (guint i = 0; i < 100000; i++)
    g_string_append_c (noise, (char) g_rand_int_range (random, 1, 256));
  id = fixture_store_one (store, reader, 1, noise->str, "b");
  fixture_assert_text (reader, id, OH_SIDE_REQUEST, noise->str);
  oh_store_reader_free (reader);
  fixture_close (store);
  g_assert_true (g_file_get_contents (path, &data, &length, NULL));
  /* In the middle of the large part's pages. */
  memset (data + length - 40000, 0, 9000);
  g_assert_true (g_file_set_contents (path, data, (gssize) length, NULL));

  store = fixture_open (dir);
  g_assert_null (oh_store_get_notice (store));
  reader = fixture_read (dir);
  body = oh_store_reader_read_body (reader, id, OH_SIDE_REQUEST, 0, -1, &error);
  g_assert_null (body);
  g_assert_error (error, OH_STORE_ERROR, OH_STORE_ERROR_DAMAGED);
  /* The rest is still readable. */
  fixture_assert_text (reader, id, OH_SIDE_RESPONSE, "b");
  oh_store_reader_free (reader);
  fixture_close (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static void
test_newer (void)
{
  g_autofree char *dir = fixture_make_dir ();
  g_autofree char *path = g_build_filename (dir, "overhear.db", NULL);
  g_autofree char *before = NULL, *after = NULL;
  gsize before_length, after_length;
  g_autoptr (GError) error = NULL;
  OhStore *store = fixture_open (dir);
  sqlite3 *db;

  fixture_close (store);
  db = fixture_raw_open (dir);
  fixture_raw_run (db, "PRAGMA user_version = 999; CREATE TABLE future (x)");
  sqlite3_close (db);
  g_assert_true (g_file_get_contents (path, &before, &before_length, NULL));
  g_assert_null (oh_store_open (dir, &error));
  g_assert_error (error, OH_STORE_ERROR, OH_STORE_ERROR_NEWER);
  g_clear_error (&error);
  g_assert_null (oh_store_reader_new (dir, &error));
  g_assert_error (error, OH_STORE_ERROR, OH_STORE_ERROR_NEWER);
  g_assert_true (g_file_get_contents (path, &after, &after_length, NULL));
  g_assert_cmpmem (before, before_length, after, after_length);
  g_assert_cmpuint (count_aside (dir), ==, 0);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* Every earlier version is brought to the present one, with all that is in it. */
static void
make_old (const char *dir, guint version)
{
  g_autofree char *name = g_strdup_printf ("%u.sql", version);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "old", name, NULL);
  g_autofree char *sql = NULL;
  sqlite3 *db = fixture_raw_open (dir);

  g_assert_true (g_file_get_contents (path, &sql, NULL, NULL));
  fixture_raw_run (db, sql);
  fixture_raw_run (db, "UPDATE exchange SET error = 'api.anthropic.com refused the connection.' WHERE id = 1");
  fixture_raw_run (db, "UPDATE run SET error = 'Nicht zu finden.' WHERE id = 1");
  sqlite3_close (db);
}

static void
assert_saying (const char *saying, const char *code, const char *words)
{
  g_autofree char *got = oh_saying_get_code (saying);
  g_autofree char *told = oh_saying_tell (saying);

  g_assert_cmpstr (got, ==, code);
  g_assert_cmpstr (told, ==, words);
}

/* What was stored as sentences, in whatever language, is said as it was. */
static void
assert_words (OhStoreReader *reader)
{
  g_autoptr (OhPlace) place = oh_store_reader_get_place (reader, 1);
  g_autoptr (GPtrArray) notices = oh_store_reader_get_notices (reader, 1, FALSE, 0);

  assert_saying (place->cache_reason, OH_SAYING_WORDS, "The tools changed. The first difference is in tool 2.");
  assert_saying (((const OhNotice *) notices->pdata[0])->saying, OH_SAYING_WORDS, "Dieselbe Anfrage wurde 5-mal beantwortet.");
}

static void
test_older (void)
{
  static const char digits[] = "0123456789012345678901234567890123456789012345678901234567890123456789";

  static const guint versions[] = { 1, 2, 3, 4, 5, 9 };

  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      const guint version = versions[i];
      g_autofree char *dir = fixture_make_dir ();
      OhStore *store;
      OhStoreReader *reader;
      g_autoptr (OhExchange) exchange = NULL;
      g_autoptr (OhRun) run = NULL;

      make_old (dir, version);
      store = fixture_open (dir);
      g_assert_null (oh_store_get_notice (store));
      reader = fixture_read (dir);
      exchange = oh_store_reader_get_exchange (reader, 1);
      run = oh_store_reader_get_run (reader, 1);
      g_assert_cmpstr (exchange->facts->model, ==, "claude-old");
      g_assert_cmpstr (oh_headers_get_one (exchange->request_headers, "Host"), ==, "api.anthropic.com");
      g_assert_cmpstr (run->name, ==, "old run");
      assert_saying (exchange->error, "upstream-refused", "api.anthropic.com refused the connection.");
      assert_saying (run->error, OH_SAYING_WORDS, "Nicht zu finden.");
      fixture_assert_text (reader, 1, OH_SIDE_REQUEST, "hello");
      fixture_assert_text (reader, 1, OH_SIDE_RESPONSE, digits);
      if (version == 9)
        assert_words (reader);
      g_assert_cmpint (fixture_store_one (store, reader, 1, "a", "b"), ==, 2);
      oh_store_clear (store, 1);
      oh_store_flush (store);
      g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 1);
      oh_store_reader_free (reader);
      fixture_close (store);
      fixture_assert_sound (dir);
      fixture_remove_dir (g_steal_pointer (&dir));
    }
}

/* A migration that fails half-way leaves the file as it was. */
static void
test_half_migrated (void)
{
  g_autofree char *dir = fixture_make_dir ();
  g_autoptr (GError) error = NULL;
  OhStore *store;
  sqlite3 *db;
  sqlite3_stmt *statement;

  make_old (dir, 1);
  db = fixture_raw_open (dir);
  /* The second step's last table is there already. */
  fixture_raw_run (db, "CREATE TABLE evidence (x)");
  sqlite3_close (db);
  g_assert_null (oh_store_open (dir, &error));
  g_assert_error (error, OH_STORE_ERROR, OH_STORE_ERROR_FAILED);
  g_assert_cmpuint (count_aside (dir), ==, 0);
  db = fixture_raw_open (dir);
  g_assert_cmpint (sqlite3_prepare_v2 (db,
                                       "SELECT (SELECT user_version FROM pragma_user_version),"
                                       " (SELECT count (*) FROM sqlite_schema WHERE name IN ('place', 'trace'))",
                                       -1, &statement, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpint (sqlite3_column_int (statement, 0), ==, 1);
  g_assert_cmpint (sqlite3_column_int (statement, 1), ==, 0);
  sqlite3_finalize (statement);
  fixture_raw_run (db, "DROP TABLE evidence");
  sqlite3_close (db);
  store = fixture_open (dir);
  fixture_close (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static gboolean
in_child (void (*func) (const char *dir), const char *dir)
{
  pid_t child = fork ();
  int status;

  if (child == 0)
    {
      func (dir);
      _exit (0);
    }
  waitpid (child, &status, 0);
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

static void
expect_unwritable (const char *dir)
{
  g_autoptr (GError) error = NULL;

  /* Root may write everywhere. */
  if (geteuid () == 0 && setresuid (65534, 65534, 65534) != 0)
    _exit (2);
  if (oh_store_open (dir, &error) != NULL || !g_error_matches (error, OH_STORE_ERROR, OH_STORE_ERROR_UNWRITABLE) ||
      strstr (error->message, dir) == NULL)
    _exit (1);
}

static void
test_read_only (void)
{
  g_autofree char *dir = fixture_make_dir ();
  g_autofree char *below = g_build_filename (dir, "below", NULL);
  g_autofree char *file = g_build_filename (dir, "file", NULL);
  g_autofree char *under_file = g_build_filename (file, "data", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (below, 0555), ==, 0);
  g_chmod (dir, 0755);
  g_assert_true (in_child (expect_unwritable, below));
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_null (oh_store_open (under_file, &error));
  g_assert_error (error, OH_STORE_ERROR, OH_STORE_ERROR_UNWRITABLE);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* What was stored is read where nothing can be written, neither a log nor its index. */
static void
expect_readable (const char *dir)
{
  OhStoreReader *reader;

  if (geteuid () == 0 && setresuid (65534, 65534, 65534) != 0)
    _exit (2);
  reader = fixture_read (dir);
  g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 1);
  fixture_assert_text (reader, 1, OH_SIDE_REQUEST, "a");
  oh_store_reader_free (reader);
}

static void
test_read_only_folder (void)
{
  g_autofree char *dir = fixture_make_dir ();
  g_autofree char *path = g_build_filename (dir, "overhear.db", NULL);
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);

  fixture_store_one (store, reader, 1, "a", "b");
  oh_store_reader_free (reader);
  fixture_close (store);
  g_assert_cmpint (g_chmod (path, 0444), ==, 0);
  g_assert_cmpint (g_chmod (dir, 0555), ==, 0);
  g_assert_true (in_child (expect_readable, dir));
  g_assert_true (in_child (expect_unwritable, dir));
  g_assert_cmpint (g_chmod (dir, 0700), ==, 0);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static void
test_private (void)
{
  g_autofree char *parent = fixture_make_dir ();
  g_autofree char *dir = g_build_filename (parent, "data", NULL);
  mode_t mask = umask (0);
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (GDir) names = NULL;
  const char *name;
  GStatBuf info;
  guint files = 0;

  fixture_store_one (store, reader, 1, "a", "b");
  g_assert_cmpint (g_stat (dir, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0700);
  names = g_dir_open (dir, 0, NULL);
  while ((name = g_dir_read_name (names)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      g_assert_cmpint (g_stat (path, &info), ==, 0);
      g_assert_cmpuint (info.st_mode & 0077, ==, 0);
      files++;
    }
  g_assert_cmpuint (files, >=, 4);
  umask (mask);
  oh_store_reader_free (reader);
  fixture_close (store);
  fixture_remove_dir (g_steal_pointer (&parent));
}

static void
expect_full (const char *dir)
{
  g_autoptr (GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  fixture_limit_files (5000);
  if (oh_store_open (dir, &error) != NULL || !g_error_matches (error, OH_STORE_ERROR, OH_STORE_ERROR_UNWRITABLE))
    _exit (1);
}

static void
test_full_at_start (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store;

  g_assert_true (in_child (expect_full, dir));
  /* With space again it is as if nothing had happened. */
  store = fixture_open (dir);
  g_assert_null (oh_store_get_notice (store));
  fixture_close (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/files/damaged", test_damaged);
  g_test_add_func ("/files/damaged-inside", test_damaged_inside);
  g_test_add_func ("/files/newer", test_newer);
  g_test_add_func ("/files/older", test_older);
  g_test_add_func ("/files/half-migrated", test_half_migrated);
  g_test_add_func ("/files/read-only", test_read_only);
  g_test_add_func ("/files/read-only-folder", test_read_only_folder);
  g_test_add_func ("/files/private", test_private);
  g_test_add_func ("/files/full-at-start", test_full_at_start);
  return g_test_run ();
}
