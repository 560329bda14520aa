/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include "oh-paths.h"

char *
fixture_make_dir (void)
{
  g_autoptr (GError) error = NULL;
  char *dir = g_dir_make_tmp ("overhear-store-XXXXXX", &error);

  g_assert_no_error (error);
  return dir;
}

void
fixture_remove_dir (char *dir)
{
  oh_paths_remove_dir (dir);
  g_free (dir);
}

OhStore *
fixture_open (const char *dir)
{
  g_autoptr (GError) error = NULL;
  OhStore *store = oh_store_open (dir, &error);

  g_assert_no_error (error);
  g_assert_nonnull (store);
  return store;
}

OhStoreReader *
fixture_read (const char *dir)
{
  g_autoptr (GError) error = NULL;
  OhStoreReader *reader = oh_store_reader_new (dir, &error);

  g_assert_no_error (error);
  g_assert_nonnull (reader);
  return reader;
}

OhExchange *
fixture_exchange (void)
{
  static gint64 last;
  OhExchange *exchange = oh_exchange_new ();

  last = MAX (last + 1, oh_clock_wall_ns ());
  exchange->started_ns = last;
  exchange->connection = 7;
  exchange->method = g_strdup ("POST");
  exchange->scheme = g_strdup ("https");
  exchange->host = g_strdup ("api.anthropic.com");
  exchange->port = 443;
  exchange->target = g_strdup ("/v1/messages");
  exchange->http_version = g_strdup ("1.1");
  exchange->request_headers = oh_headers_new ();
  oh_headers_append (exchange->request_headers, "Host", "api.anthropic.com");
  oh_headers_append (exchange->request_headers, "Content-Type", "application/json");
  oh_headers_append (exchange->request_headers, "anthropic-version", "2023-06-01");
  oh_headers_append (exchange->request_headers, "X-Stainless-Lang", "python");
  return exchange;
}

void
fixture_push (OhStore *store,
              OhCaptureKind kind,
              guint64 key,
              OhExchange *exchange,
              const void *data,
              gssize length,
              gint64 at_ns)
{
  GBytes *bytes = data != NULL ? g_bytes_new (data, length < 0 ? strlen (data) : (gsize) length) : NULL;

  oh_sink_push (OH_SINK (store), oh_capture_new (kind, key, exchange, bytes, at_ns));
}

void
fixture_begin (OhStore *store, guint64 key)
{
  fixture_push (store, OH_CAPTURE_BEGIN, key, fixture_exchange (), NULL, 0, 0);
}

static OhExchange *
answered (gint64 run_id)
{
  OhExchange *exchange = fixture_exchange ();

  exchange->run_id = run_id;
  exchange->status = 200;
  exchange->reason = g_strdup ("OK");
  exchange->response_headers = oh_headers_new ();
  oh_headers_append (exchange->response_headers, "Content-Type", "text/event-stream; charset=utf-8");
  oh_headers_append (exchange->response_headers, "request-id", "req_011CSHoEeqs5C35K2UUqR7Fy");
  exchange->timings.response_head = 3 * OH_NS_PER_MS;
  return exchange;
}

void
fixture_end (OhStore *store, guint64 key, OhOutcome outcome, OhParty by)
{
  OhExchange *exchange = answered (0);

  exchange->outcome = outcome;
  exchange->ended_by = by;
  exchange->timings.ended = 5 * OH_NS_PER_MS;
  fixture_push (store, OH_CAPTURE_END, key, exchange, NULL, 0, 0);
}

static void
push_body (OhStore *store, OhCaptureKind kind, guint64 key, GBytes *body, gsize step, gint64 from_ns)
{
  gsize length = body != NULL ? g_bytes_get_size (body) : 0;

  for (gsize at = 0; at < length;)
    {
      gsize size = step == 0 ? length : MIN (step, length - at);

      oh_sink_push (OH_SINK (store), oh_capture_new (kind, key, NULL, g_bytes_new_from_bytes (body, at, size),
                                                     from_ns + (gint64) at * 1000));
      at += size;
    }
}

void
fixture_whole (OhStore *store, guint64 key, gint64 run_id, GBytes *request, GBytes *response, gsize step)
{
  OhExchange *end = answered (run_id);
  OhExchange *begin = fixture_exchange ();

  begin->run_id = run_id;
  fixture_push (store, OH_CAPTURE_BEGIN, key, begin, NULL, 0, 0);
  push_body (store, OH_CAPTURE_REQUEST_DATA, key, request, step, OH_NS_PER_MS);
  fixture_push (store, OH_CAPTURE_REQUEST_END, key, NULL, NULL, 0, 2 * OH_NS_PER_MS);
  fixture_push (store, OH_CAPTURE_RESPONSE_HEAD, key, answered (run_id), NULL, 0, 3 * OH_NS_PER_MS);
  push_body (store, OH_CAPTURE_RESPONSE_DATA, key, response, step, 4 * OH_NS_PER_MS);
  end->outcome = OH_OUTCOME_FINISHED;
  end->ended_by = OH_PARTY_UPSTREAM;
  end->timings.ended = 9 * OH_NS_PER_MS;
  fixture_push (store, OH_CAPTURE_END, key, end, NULL, 0, 0);
}

gboolean
fixture_wait (gboolean (*condition) (gpointer data), gpointer data, guint ms)
{
  const gint64 until = g_get_monotonic_time () + (gint64) ms * 1000;

  while (!condition (data))
    {
      if (g_get_monotonic_time () >= until)
        return FALSE;
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_usleep (1000);
    }
  return TRUE;
}

gint64
fixture_disk_usage (const char *dir)
{
  static const char *const names[] = { "overhear.db", "overhear.db-wal" };
  gint64 sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (dir, names[i], NULL);
      GStatBuf info;

      if (g_stat (path, &info) == 0)
        sum += info.st_size;
    }
  return sum;
}

void
fixture_assert_sound (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "overhear.db", NULL);
  sqlite3 *db;
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "PRAGMA integrity_check", -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpstr ((const char *) sqlite3_column_text (statement, 0), ==, "ok");
  sqlite3_finalize (statement);
  sqlite3_close (db);
}

void
fixture_append_words (GString *out, GRand *random, gsize length)
{
  static const char letters[] = "etaoinshrdlucmfwypvbgk";
  const gsize end = out->len + length;

  while (out->len < end)
    {
      /* A vocabulary of 4,000 words, each spelt from its number. */
      guint word = (guint) (g_rand_int_range (random, 0, 64) * g_rand_int_range (random, 1, 64));

      for (guint n = 2 + word % 7, seed = word * 2654435761u; n > 0; n--, seed = seed * 1664525u + 1013904223u)
        g_string_append_c (out, letters[(seed >> 16) % (sizeof letters - 1)]);
      g_string_append (out, word % 17 == 0 ? ".\\n" : " ");
    }
}

sqlite3 *
fixture_raw_open (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "overhear.db", NULL);
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  return db;
}

void
fixture_raw_run (sqlite3 *db, const char *sql)
{
  char *message = NULL;

  sqlite3_exec (db, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
}

gint64
fixture_store_one (OhStore *store, OhStoreReader *reader, guint64 key, const char *request, const char *response)
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

void
fixture_assert_text (OhStoreReader *reader, gint64 id, OhSide side, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = oh_store_reader_read_body (reader, id, side, 0, -1, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), expected, strlen (expected));
}

void
fixture_close (OhStore *store)
{
  oh_store_close (store);
  g_object_unref (store);
}

void
fixture_limit_files (guint64 bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = MIN (bytes, limit.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

void
fixture_set_up (FixtureStore *f, gconstpointer data)
{
  f->dir = fixture_make_dir ();
  f->store = fixture_open (f->dir);
  f->reader = fixture_read (f->dir);
}

void
fixture_tear_down (FixtureStore *f, gconstpointer data)
{
  oh_store_reader_free (f->reader);
  fixture_close (f->store);
  fixture_assert_sound (f->dir);
  fixture_remove_dir (f->dir);
}
