/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can go wrong while the store runs: processes that die, a disk that is full, a database that another program
 * locks, captures that come faster than the disk takes them. */
#include "fixture.h"
#include "oh-clock.h"
#include "oh-store-pace-private.h"

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
      fixture_assert_text (reader, exchange->id, OH_SIDE_REQUEST, "{\"stream\":true}");
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
      fixture_close (store);
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
  fixture_close (store);
  close (ready[0]);
  fixture_remove_dir (g_steal_pointer (&dir));
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
  id = fixture_store_one (store, reader, 1, "a", "b");
  fixture_begin (store, 2);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 2, NULL, before->str, (gssize) before->len, 0);
  oh_store_flush (store);
  g_assert_true (is_well (store));

  fixture_limit_files ((rlim_t) fixture_disk_usage (dir) / 2);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 2, NULL, during->str, (gssize) during->len, 0);
  push_end_watched (store, 2, &told);
  fixture_begin (store, 3);
  push_end_watched (store, 3, &told);
  g_assert_true (fixture_wait (is_troubled, store, 5000));
  trouble = oh_store_dup_trouble (store);
  g_test_message ("%s", trouble);
  g_assert_cmpuint (told, ==, 0);
  /* What is there can be read. */
  fixture_assert_text (reader, id, OH_SIDE_REQUEST, "a");
  fixture_assert_text (reader, id + 1, OH_SIDE_RESPONSE, before->str);
  fixture_push (store, OH_CAPTURE_BEGIN, 4, fixture_exchange (), NULL, 0, 0);

  fixture_limit_files (RLIM_INFINITY);
  g_assert_true (fixture_wait (is_well, store, 5000));
  oh_store_flush (store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (told, ==, 2);
  g_assert_cmpuint (notified, >=, 2);
  g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 4);
  expected = g_strconcat (before->str, during->str, NULL);
  fixture_assert_text (reader, id + 1, OH_SIDE_RESPONSE, expected);
  oh_store_reader_free (reader);
  fixture_close (store);
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
  id = fixture_store_one (store, reader, 1, "a", "b");
  fill_up (filler, zeros, 8 << 20);
  g_assert_true (is_well (store));
  fixture_begin (store, 2);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 2, NULL, noise->str, (gssize) noise->len, 0);
  fixture_end (store, 2, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
  g_assert_true (fixture_wait (is_troubled, store, 5000));
  trouble = oh_store_dup_trouble (store);
  g_test_message ("%s", trouble);
  fixture_assert_text (reader, id, OH_SIDE_REQUEST, "a");
  g_unlink (filler);
  g_assert_true (fixture_wait (is_well, store, 5000));
  oh_store_flush (store);
  fixture_assert_text (reader, id + 1, OH_SIDE_RESPONSE, noise->str);
  oh_store_reader_free (reader);
  fixture_close (store);
  fixture_assert_sound (dir);
  g_assert_cmpint (umount2 (dir, MNT_DETACH), ==, 0);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static gpointer
hold_shortly (gpointer db)
{
  g_usleep (300000);
  sqlite3_close (db);
  return NULL;
}

/* Whoever is the first or the last to have the database has it alone for a moment. */
static void
test_locked_shortly (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStoreReader *reader;
  GThread *holder;
  sqlite3 *db;

  fixture_close (fixture_open (dir));
  db = fixture_raw_open (dir);
  fixture_raw_run (db, "PRAGMA locking_mode = EXCLUSIVE; SELECT count (*) FROM exchange");
  holder = g_thread_new ("holder", hold_shortly, db);
  reader = fixture_read (dir);
  g_thread_join (holder);
  g_assert_cmpuint (oh_store_reader_count (reader, &(OhQuery) { 0 }), ==, 0);
  oh_store_reader_free (reader);
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
  sqlite3 *db = fixture_raw_open (dir);
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
  fixture_raw_run (db, "BEGIN IMMEDIATE");
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
  fixture_raw_run (db, "COMMIT");
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
  fixture_assert_text (reader, 2, OH_SIDE_REQUEST, "small");
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
  fixture_close (store);
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
  fixture_close (store);
  fixture_assert_sound (dir);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* How often the log has begun anew: its header counts (SQLite's file format, 4.1). */
static guint32
read_log_count (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "overhear.db-wal", NULL);
  guint8 header[16] = { 0 };
  FILE *file = fopen (path, "rb");

  g_assert_nonnull (file);
  g_assert_cmpuint (fread (header, 1, sizeof header, file), ==, sizeof header);
  fclose (file);
  return (guint32) header[12] << 24 | (guint32) header[13] << 16 | (guint32) header[14] << 8 | header[15];
}

/* Commits that never stop do not keep the log from beginning anew, long before it has grown to 128 MB. */
static void
test_log (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autofree guint32 *noise = g_new (guint32, 1 << 14);
  const guint32 before = read_log_count (dir);
  guint64 key;

  for (key = 1; key < 1500 && read_log_count (dir) == before; key++)
    {
      g_autoptr (GBytes) body = NULL;

      for (guint i = 0; i < 1 << 14; i++)
        noise[i] = g_rand_int (random);
      body = g_bytes_new (noise, sizeof *noise << 14);
      fixture_whole (store, key, 0, body, NULL, 0);
      oh_store_flush (store);
      /* However busy the machine is, the other thread has its turn. */
      if (key > 500)
        g_usleep (5000);
    }
  g_assert_cmpuint (key, <, 1500);
  fixture_close (store);
  fixture_assert_sound (dir);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* A run whose commit failed for good has no id that the next run gets too. */
static void
test_refused_run (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  sqlite3 *raw = fixture_raw_open (dir);
  g_autoptr (OhRun) run = oh_run_new ();
  g_autoptr (OhRun) stored = NULL;
  gint64 refused, taken;

  run->name = g_strdup ("refused");
  fixture_raw_run (raw, "CREATE TRIGGER refuse BEFORE UPDATE ON counter BEGIN SELECT RAISE (ABORT, 'refused'); END");
  refused = oh_store_add_run (store, run);
  fixture_raw_run (raw, "DROP TRIGGER refuse");
  g_assert_cmpint (refused, <, 0);
  g_free (run->name);
  run->name = g_strdup ("taken");
  taken = oh_store_add_run (store, run);
  g_assert_cmpint (taken, >, 0);
  /* What is said of the first does not reach the second. */
  run->id = refused;
  run->exit_status = 7;
  oh_store_update_run (store, run);
  fixture_whole (store, 1, refused, NULL, NULL, 0);
  oh_store_flush (store);
  stored = oh_store_reader_get_run (reader, taken);
  g_assert_cmpstr (stored->name, ==, "taken");
  g_assert_cmpint (stored->exit_status, !=, 7);
  g_assert_cmpint (stored->exchanges, ==, 0);
  sqlite3_close (raw);
  oh_store_reader_free (reader);
  fixture_close (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static void
test_pace (void)
{
  OhPace pace = { 0 };
  gint64 now = 1000 * OH_NS_PER_S;

  g_assert_cmpuint (oh_pace_get (&pace, now), ==, 0);
  /* Two at once are no pace yet. */
  oh_pace_count (&pace, now);
  oh_pace_count (&pace, now);
  g_assert_cmpuint (oh_pace_get (&pace, now), ==, 0);
  for (guint i = 0; i < 998; i++)
    oh_pace_count (&pace, now += OH_NS_PER_MS);
  g_assert_cmpuint (oh_pace_get (&pace, now), >, 900);
  g_assert_cmpuint (oh_pace_get (&pace, now), <=, 1020);
  g_assert_cmpuint (oh_pace_get (&pace, now + OH_NS_PER_S), <, 100);
  g_assert_cmpuint (oh_pace_get (&pace, now + 2 * OH_NS_PER_S), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trouble/killed", test_killed);
  g_test_add_func ("/trouble/two-processes", test_two_processes);
  g_test_add_func ("/trouble/killed-neighbour", test_killed_neighbour);
  g_test_add_func ("/trouble/full", test_full);
  g_test_add_func ("/trouble/full-disk", test_full_disk);
  g_test_add_func ("/trouble/locked", test_locked);
  g_test_add_func ("/trouble/locked-shortly", test_locked_shortly);
  g_test_add_func ("/trouble/log", test_log);
  g_test_add_func ("/trouble/refused-run", test_refused_run);
  g_test_add_func ("/trouble/pace", test_pace);
  return g_test_run ();
}
