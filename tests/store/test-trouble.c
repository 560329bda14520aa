/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can go wrong: processes that die, files that are damaged, newer, read-only or on a full disk, a database that
 * another program locks, captures that come faster than the disk takes them. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static sqlite3 *
raw_open (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "overhear.db", NULL);
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  return db;
}

static void
raw_run (sqlite3 *db, const char *sql)
{
  char *message = NULL;

  sqlite3_exec (db, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
}

static gint64
store_one (OhStore *store, OhStoreReader *reader, guint64 key, const char *request, const char *response)
{
  g_autoptr (GBytes) a = g_bytes_new (request, strlen (request));
  g_autoptr (GBytes) b = g_bytes_new (response, strlen (response));
  g_autoptr (GArray) ids = NULL;

  fixture_whole (store, key, 0, a, b, 0);
  oh_store_flush (store);
  ids = oh_store_reader_find (reader, NULL, NULL);
  g_assert_cmpuint (ids->len, >, 0);
  return g_array_index (ids, gint64, ids->len - 1);
}

static void
assert_text (OhStoreReader *reader, gint64 id, OhSide side, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = oh_store_reader_read_body (reader, id, side, 0, -1, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), expected, strlen (expected));
}

static void
close_store (OhStore *store)
{
  oh_store_close (store);
  g_object_unref (store);
}

/* --- processes that die --- */

/* In a child process, which never returns: streams until it is killed, and says through @ready how far it is. */
static void
stream_for_ever (const char *dir, int ready, guint seed)
{
  OhStore *store = oh_store_open (dir, NULL);
  OhRun *run = oh_run_new ();
  gint64 begun = g_get_monotonic_time ();
  OhExchange *begin = fixture_exchange ();

  run->name = g_strdup ("doomed");
  run->started_ns = oh_clock_wall_ns ();
  begin->run_id = oh_store_add_run (store, run);
  fixture_push (store, OH_CAPTURE_BEGIN, 1, begin, NULL, 0, 0);
  fixture_push (store, OH_CAPTURE_REQUEST_DATA, 1, NULL, "{\"stream\":true}", -1, 0);
  fixture_push (store, OH_CAPTURE_REQUEST_END, 1, NULL, NULL, 0, 0);
  for (guint i = 0;; i++)
    {
      g_autofree char *event = g_strdup_printf ("data: %08u\n\n", i);

      fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 1, NULL, event, -1, (g_get_monotonic_time () - begun) * 1000);
      /* Other exchanges come and go beside it. */
      if (i % 3 == seed % 3)
        {
          g_autoptr (GBytes) body = g_bytes_new (event, strlen (event));

          fixture_whole (store, 100 + i, 0, body, body, 0);
        }
      g_usleep (1000);
      /* Told only now: these bytes are older than 100 ms when the parent reads how far we are. */
      if (write (ready, &i, sizeof i) < 0)
        _exit (1);
    }
}

static void
test_killed (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store;
  OhStoreReader *reader;

  for (guint round = 0; round < 6; round++)
    {
      int ready[2], status;
      guint got = 0, seen = 0;
      gint64 until, started;
      pid_t child;
      g_autoptr (GPtrArray) runs = NULL;
      g_autoptr (OhExchange) exchange = NULL;
      g_autoptr (GArray) ids = NULL;
      g_autoptr (GBytes) body = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (pipe (ready), ==, 0);
      child = fork ();
      if (child == 0)
        {
          close (ready[0]);
          stream_for_ever (dir, ready[1], round);
        }
      close (ready[1]);
      until = g_get_monotonic_time () + 200000 + round * 37000;
      while (g_get_monotonic_time () < until && read (ready[0], &got, sizeof got) == sizeof got)
        seen = got;
      g_usleep (100000);
      kill (child, SIGKILL);
      waitpid (child, &status, 0);
      g_assert_true (WIFSIGNALED (status));
      close (ready[0]);

      started = g_get_monotonic_time ();
      store = fixture_open (dir);
      g_assert_cmpint (g_get_monotonic_time () - started, <, G_USEC_PER_SEC);
      reader = fixture_read (dir);
      runs = oh_store_reader_get_runs (reader, 1);
      g_assert_cmpuint (runs->len, ==, 1);
      g_assert_cmpint (((OhRun *) g_ptr_array_index (runs, 0))->ended_ns, >, 0);
      g_assert_nonnull (((OhRun *) g_ptr_array_index (runs, 0))->error);
      g_assert_cmpint (((OhRun *) g_ptr_array_index (runs, 0))->exchanges, ==, 1);
      ids = oh_store_reader_find (reader, &(OhQuery){ .run_id = ((OhRun *) g_ptr_array_index (runs, 0))->id }, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (ids->len, ==, 1);
      exchange = oh_store_reader_get_exchange (reader, g_array_index (ids, gint64, 0));
      g_assert_cmpint (exchange->outcome, ==, OH_OUTCOME_CUT);
      g_assert_cmpint (exchange->ended_by, ==, OH_PARTY_US);
      g_assert_cmpstr (exchange->error_code, ==, "killed");
      g_assert_nonnull (exchange->error);
      g_assert_cmpint (exchange->timings.ended, >, 0);
      assert_text (reader, exchange->id, OH_SIDE_REQUEST, "{\"stream\":true}");
      body = oh_store_reader_read_body (reader, exchange->id, OH_SIDE_RESPONSE, 0, -1, &error);
      g_assert_no_error (error);
      /* Everything it had pushed 100 ms before, and nothing but what it pushed. */
      g_assert_cmpuint (g_bytes_get_size (body), >=, (seen + 1) * 16);
      g_assert_cmpuint (g_bytes_get_size (body) % 16, ==, 0);
      for (guint i = 0; i < g_bytes_get_size (body) / 16; i++)
        {
          g_autofree char *event = g_strdup_printf ("data: %08u\n\n", i);

          g_assert_cmpmem ((const char *) g_bytes_get_data (body, NULL) + i * 16, 16, event, 16);
        }
      {
        g_autoptr (GArray) arrivals = oh_store_reader_get_arrivals (reader, exchange->id, OH_SIDE_RESPONSE);

        g_assert_cmpuint (arrivals->len, ==, g_bytes_get_size (body) / 16);
        g_assert_cmpint (g_array_index (arrivals, OhArrival, arrivals->len - 1).at_ns, ==, exchange->timings.ended);
      }
      oh_store_reader_free (reader);
      close_store (store);
      fixture_assert_sound (dir);
    }
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* Another process dies while we live: we notice by ourselves. */
static void
test_killed_neighbour (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store;
  OhStoreReader *reader;
  guint got;
  int ready[2];
  pid_t child;
  g_autoptr (GArray) ids = NULL;
  OhOutcome outcome = OH_OUTCOME_PENDING;
  gint64 run_id;
  g_autoptr (GPtrArray) runs = NULL;

  g_assert_cmpint (pipe (ready), ==, 0);
  child = fork ();
  if (child == 0)
    stream_for_ever (dir, ready[1], 1);
  close (ready[1]);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (read (ready[0], &got, sizeof got), ==, sizeof got);
  /* It lives: opening the store leaves its exchange alone. */
  store = fixture_open (dir);
  reader = fixture_read (dir);
  runs = oh_store_reader_get_runs (reader, 0);
  run_id = ((OhRun *) g_ptr_array_index (runs, 0))->id;
  ids = oh_store_reader_find (reader, &(OhQuery){ .run_id = run_id }, NULL);
  g_assert_cmpuint (ids->len, ==, 1);
  {
    g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, g_array_index (ids, gint64, 0));

    g_assert_cmpint (exchange->outcome, ==, OH_OUTCOME_PENDING);
  }
  kill (child, SIGKILL);
  waitpid (child, NULL, 0);
  for (guint i = 0; i < 150 && outcome == OH_OUTCOME_PENDING; i++)
    {
      g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, g_array_index (ids, gint64, 0));

      outcome = exchange->outcome;
      g_usleep (100000);
    }
  g_assert_cmpint (outcome, ==, OH_OUTCOME_CUT);
  oh_store_reader_free (reader);
  close_store (store);
  close (ready[0]);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* --- files --- */

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
          sqlite3 *db = raw_open (dir);

          raw_run (db, "CREATE TABLE bookmarks (url)");
          sqlite3_close (db);
        }
      else
        {
          store = fixture_open (dir);
          reader = fixture_read (dir);
          store_one (store, reader, 1, "a", "b");
          oh_store_reader_free (reader);
          close_store (store);
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
      store_one (store, reader, 2, "c", "d");
      g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 1);
      oh_store_reader_free (reader);
      close_store (store);
      g_assert_cmpuint (count_aside (dir), ==, 1);
      names = g_dir_open (dir, 0, NULL);
      while ((name = g_dir_read_name (names)) != NULL)
        if (g_str_has_prefix (name, "overhear-damaged-") && g_str_has_suffix (name, ".db"))
          aside = g_build_filename (dir, name, NULL);
      g_assert_true (g_file_get_contents (aside, &after, &after_length, NULL));
      g_assert_cmpmem (after, after_length, before, before_length);

      store = fixture_open (dir);
      g_assert_null (oh_store_get_notice (store));
      close_store (store);
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
  id = store_one (store, reader, 1, noise->str, "b");
  assert_text (reader, id, OH_SIDE_REQUEST, noise->str);
  oh_store_reader_free (reader);
  close_store (store);
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
  assert_text (reader, id, OH_SIDE_RESPONSE, "b");
  oh_store_reader_free (reader);
  close_store (store);
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

  close_store (store);
  db = raw_open (dir);
  raw_run (db, "PRAGMA user_version = 999; CREATE TABLE future (x)");
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
  sqlite3 *db = raw_open (dir);

  g_assert_true (g_file_get_contents (path, &sql, NULL, NULL));
  raw_run (db, sql);
  sqlite3_close (db);
}

static void
test_older (void)
{
  static const char digits[] = "0123456789012345678901234567890123456789012345678901234567890123456789";

  for (guint version = 1; version <= 2; version++)
    {
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
      assert_text (reader, 1, OH_SIDE_REQUEST, "hello");
      assert_text (reader, 1, OH_SIDE_RESPONSE, digits);
      g_assert_cmpint (store_one (store, reader, 1, "a", "b"), ==, 2);
      oh_store_clear (store, 1);
      oh_store_flush (store);
      g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 1);
      oh_store_reader_free (reader);
      close_store (store);
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
  db = raw_open (dir);
  /* The second step's last table is there already. */
  raw_run (db, "CREATE TABLE evidence (x)");
  sqlite3_close (db);
  g_assert_null (oh_store_open (dir, &error));
  g_assert_error (error, OH_STORE_ERROR, OH_STORE_ERROR_FAILED);
  g_assert_cmpuint (count_aside (dir), ==, 0);
  db = raw_open (dir);
  g_assert_cmpint (sqlite3_prepare_v2 (db,
                                       "SELECT (SELECT user_version FROM pragma_user_version),"
                                       " (SELECT count (*) FROM sqlite_schema WHERE name IN ('place', 'trace'))",
                                       -1, &statement, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpint (sqlite3_column_int (statement, 0), ==, 1);
  g_assert_cmpint (sqlite3_column_int (statement, 1), ==, 0);
  sqlite3_finalize (statement);
  raw_run (db, "DROP TABLE evidence");
  sqlite3_close (db);
  store = fixture_open (dir);
  close_store (store);
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

  store_one (store, reader, 1, "a", "b");
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
  close_store (store);
  fixture_remove_dir (g_steal_pointer (&parent));
}

/* --- a disk that is full, a database that is locked --- */

static gboolean
is_troubled (gpointer data)
{
  g_autofree char *trouble = oh_store_dup_trouble (data);

  return trouble != NULL;
}

static gboolean
is_well (gpointer data)
{
  return !is_troubled (data);
}

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer data)
{
  (*(guint *) data)++;
}

static void
set_file_limit (rlim_t bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = MIN (bytes, limit.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
count_committed (gpointer data)
{
  (*(guint *) data)++;
}

static void
push_end_watched (OhStore *store, guint64 key, guint *told)
{
  OhExchange *end = fixture_exchange ();
  OhCapture *capture;

  end->outcome = OH_OUTCOME_FINISHED;
  end->ended_by = OH_PARTY_UPSTREAM;
  capture = oh_capture_new (OH_CAPTURE_END, key, end, NULL, 0);
  oh_capture_set_committed (capture, NULL, count_committed, told);
  oh_sink_push (OH_SINK (store), capture);
}

/* Nothing more fits; then it does again. What was begun, streamed and ended meanwhile is all there. */
static void
test_full (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store;
  OhStoreReader *reader;
  g_autoptr (GString) before = g_string_new (NULL);
  g_autoptr (GString) during = g_string_new (NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (2);
  g_autofree char *trouble = NULL;
  g_autofree char *expected = NULL;
  guint notified = 0, told = 0;
  gint64 id;

  signal (SIGXFSZ, SIG_IGN);
  store = fixture_open (dir);
  reader = fixture_read (dir);
  g_signal_connect (store, "notify::trouble", G_CALLBACK (count_notify), &notified);
  fixture_append_words (before, random, 300000);
  fixture_append_words (during, random, 700000);
  id = store_one (store, reader, 1, "a", "b");
  fixture_begin (store, 2);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 2, NULL, before->str, (gssize) before->len, 0);
  oh_store_flush (store);
  g_assert_true (is_well (store));

  set_file_limit ((rlim_t) fixture_disk_usage (dir) / 2);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 2, NULL, during->str, (gssize) during->len, 0);
  push_end_watched (store, 2, &told);
  fixture_begin (store, 3);
  push_end_watched (store, 3, &told);
  g_assert_true (fixture_wait (is_troubled, store, 5000));
  trouble = oh_store_dup_trouble (store);
  g_test_message ("%s", trouble);
  g_assert_cmpuint (told, ==, 0);
  /* What is there can be read. */
  assert_text (reader, id, OH_SIDE_REQUEST, "a");
  assert_text (reader, id + 1, OH_SIDE_RESPONSE, before->str);
  fixture_push (store, OH_CAPTURE_BEGIN, 4, fixture_exchange (), NULL, 0, 0);

  set_file_limit (RLIM_INFINITY);
  g_assert_true (fixture_wait (is_well, store, 5000));
  oh_store_flush (store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (told, ==, 2);
  g_assert_cmpuint (notified, >=, 2);
  g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 4);
  expected = g_strconcat (before->str, during->str, NULL);
  assert_text (reader, id + 1, OH_SIDE_RESPONSE, expected);
  oh_store_reader_free (reader);
  close_store (store);
  fixture_assert_sound (dir);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static void
fill_up (const char *path, const char *bytes, gsize length)
{
  int fd = open (path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  gssize written;

  g_assert_cmpint (fd, >=, 0);
  while (length > 0 && (written = write (fd, bytes, length)) > 0)
    length -= (gsize) written;
  g_assert_cmpuint (length, >, 0);
  close (fd);
}

/* A real disk that is really full: a small one of our own, where we may have one. */
static void
test_full_disk (void)
{
  g_autofree char *dir = fixture_make_dir ();
  g_autofree char *filler = g_build_filename (dir, "filler", NULL);
  OhStore *store;
  OhStoreReader *reader;
  g_autoptr (GRand) random = g_rand_new_with_seed (8);
  g_autoptr (GString) noise = g_string_new (NULL);
  g_autofree char *trouble = NULL;
  g_autofree char *zeros = g_malloc0 (8 << 20);
  gint64 id;

  if (mount ("overhear-test", dir, "tmpfs", 0, "size=4m") != 0)
    {
      g_test_skip ("this needs a file system of its own: run as root");
      fixture_remove_dir (g_steal_pointer (&dir));
      return;
    }
  for (guint i = 0; i < 500000; i++)
    g_string_append_c (noise, (char) g_rand_int_range (random, 1, 256));
  store = fixture_open (dir);
  reader = fixture_read (dir);
  id = store_one (store, reader, 1, "a", "b");
  fill_up (filler, zeros, 8 << 20);
  g_assert_true (is_well (store));
  fixture_begin (store, 2);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 2, NULL, noise->str, (gssize) noise->len, 0);
  fixture_end (store, 2, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
  g_assert_true (fixture_wait (is_troubled, store, 5000));
  trouble = oh_store_dup_trouble (store);
  g_test_message ("%s", trouble);
  assert_text (reader, id, OH_SIDE_REQUEST, "a");
  g_unlink (filler);
  g_assert_true (fixture_wait (is_well, store, 5000));
  oh_store_flush (store);
  assert_text (reader, id + 1, OH_SIDE_RESPONSE, noise->str);
  oh_store_reader_free (reader);
  close_store (store);
  fixture_assert_sound (dir);
  g_assert_cmpint (umount2 (dir, MNT_DETACH), ==, 0);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static void
expect_full (const char *dir)
{
  g_autoptr (GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  set_file_limit (5000);
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
  close_store (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* Another program holds the lock: pushing never blocks, memory is bounded, what did not fit says so, and all goes on
 * when the lock is gone. */
static void
test_locked (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autofree char *chunk = g_malloc (1 << 20);
  sqlite3 *db = raw_open (dir);
  guint taken = 0, dropped = 0, told = 0;
  gint64 slowest = 0, begun;
  g_autoptr (OhExchange) lossy = NULL;
  g_autoptr (OhExchange) intact = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (9);
  OhRun *run = oh_run_new ();
  gint64 run_id;

  for (guint i = 0; i < 1 << 20; i++)
    chunk[i] = (char) g_rand_int (random);
  raw_run (db, "BEGIN IMMEDIATE");
  fixture_begin (store, 1);
  fixture_begin (store, 2);
  fixture_push (store, OH_CAPTURE_REQUEST_DATA, 2, NULL, "small", -1, 0);
  push_end_watched (store, 2, &told);
  for (guint i = 0; i < 200; i++)
    {
      gboolean ok;

      begun = g_get_monotonic_time ();
      ok = oh_sink_push (OH_SINK (store),
                         oh_capture_new (OH_CAPTURE_RESPONSE_DATA, 1, NULL, g_bytes_new (chunk, 1 << 20), i));
      slowest = MAX (slowest, g_get_monotonic_time () - begun);
      /* Once something was dropped, nothing behind it is kept. */
      g_assert_false (ok && dropped > 0);
      if (ok)
        taken++;
      else
        dropped++;
    }
  g_assert_cmpuint (taken, >=, 32);
  g_assert_cmpuint (taken, <=, 64);
  push_end_watched (store, 1, &told);
  g_assert_true (fixture_wait (is_troubled, store, 5000));
  {
    g_autofree char *trouble = oh_store_dup_trouble (store);

    g_test_message ("%s; a push took at most %d µs", trouble, (int) slowest);
  }
  /* A run that cannot be stored now has a number all the same, and is stored when it can. */
  run->name = g_strdup ("later");
  run->started_ns = 5;
  run_id = oh_store_add_run (store, run);
  g_assert_cmpint (run_id, <, 0);
  {
    OhExchange *exchange = fixture_exchange ();

    exchange->run_id = run_id;
    fixture_push (store, OH_CAPTURE_BEGIN, 3, exchange, NULL, 0, 0);
  }
  g_assert_cmpuint (told, ==, 0);
  raw_run (db, "COMMIT");
  sqlite3_close (db);
  g_assert_true (fixture_wait (is_well, store, 10000));
  oh_store_flush (store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (told, ==, 2);
  lossy = oh_store_reader_get_exchange (reader, 1);
  intact = oh_store_reader_get_exchange (reader, 2);
  g_assert_cmpint (lossy->gaps, ==, OH_GAP_RESPONSE);
  g_assert_cmpint (intact->gaps, ==, OH_GAP_NONE);
  assert_text (reader, 2, OH_SIDE_REQUEST, "small");
  body = oh_store_reader_read_body (reader, 1, OH_SIDE_RESPONSE, 0, -1, NULL);
  g_assert_cmpuint (g_bytes_get_size (body), ==, (gsize) taken << 20);
  for (guint i = 0; i < taken; i++)
    g_assert_true (memcmp ((const char *) g_bytes_get_data (body, NULL) + ((gsize) i << 20), chunk, 1 << 20) == 0);
  {
    g_autoptr (GPtrArray) runs = oh_store_reader_get_runs (reader, 0);
    g_autoptr (OhExchange) later = oh_store_reader_get_exchange (reader, 3);

    g_assert_cmpuint (runs->len, ==, 1);
    g_assert_cmpint (later->run_id, ==, ((OhRun *) g_ptr_array_index (runs, 0))->id);
  }
  oh_run_unref (run);
  oh_store_reader_free (reader);
  close_store (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* Two processes write at once; none loses anything, and each sees the other's. */
static void
write_many (const char *dir)
{
  g_autoptr (GError) error = NULL;
  OhStore *store = oh_store_open (dir, &error);

  if (store == NULL)
    _exit (1);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"process\":%d,\"n\":%u}", (int) getpid (), i);
      g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

      fixture_whole (store, i, 0, body, body, 5);
      if (i % 10 == 0)
        g_usleep (1000);
    }
  oh_store_flush (store);
  if (oh_store_dup_trouble (store) != NULL)
    _exit (2);
  oh_store_close (store);
}

static void
test_two_processes (void)
{
  g_autofree char *dir = fixture_make_dir ();
  pid_t children[3];
  OhStore *store;
  OhStoreReader *reader;
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GHashTable) bodies =
      g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      children[i] = fork ();
      if (children[i] == 0)
        {
          write_many (dir);
          _exit (0);
        }
    }
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      int status;

      waitpid (children[i], &status, 0);
      g_assert_true (WIFEXITED (status));
      g_assert_cmpint (WEXITSTATUS (status), ==, 0);
    }
  store = fixture_open (dir);
  reader = fixture_read (dir);
  ids = oh_store_reader_find (reader, NULL, NULL);
  g_assert_cmpuint (ids->len, ==, 3000);
  for (guint i = 0; i < ids->len; i++)
    g_hash_table_add (
        bodies, oh_store_reader_read_body (reader, g_array_index (ids, gint64, i), OH_SIDE_RESPONSE, 0, -1, NULL));
  g_assert_cmpuint (g_hash_table_size (bodies), ==, 3000);
  oh_store_reader_free (reader);
  close_store (store);
  fixture_assert_sound (dir);
  fixture_remove_dir (g_steal_pointer (&dir));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trouble/killed", test_killed);
  g_test_add_func ("/trouble/two-processes", test_two_processes);
  g_test_add_func ("/trouble/killed-neighbour", test_killed_neighbour);
  g_test_add_func ("/trouble/damaged", test_damaged);
  g_test_add_func ("/trouble/damaged-inside", test_damaged_inside);
  g_test_add_func ("/trouble/newer", test_newer);
  g_test_add_func ("/trouble/older", test_older);
  g_test_add_func ("/trouble/half-migrated", test_half_migrated);
  g_test_add_func ("/trouble/read-only", test_read_only);
  g_test_add_func ("/trouble/private", test_private);
  g_test_add_func ("/trouble/full-at-start", test_full_at_start);
  g_test_add_func ("/trouble/full", test_full);
  g_test_add_func ("/trouble/full-disk", test_full_disk);
  g_test_add_func ("/trouble/locked", test_locked);
  return g_test_run ();
}
