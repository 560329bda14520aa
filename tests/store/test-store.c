/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

static GBytes *
read_whole (OhStoreReader *reader, gint64 id, OhSide side)
{
  g_autoptr (GError) error = NULL;
  GBytes *body = oh_store_reader_read_body (reader, id, side, 0, -1, &error);

  g_assert_no_error (error);
  return body;
}

static void
assert_body (OhStoreReader *reader, gint64 id, OhSide side, const void *expected, gsize length)
{
  g_autoptr (GBytes) body = read_whole (reader, id, side);
  gsize got;
  const void *data = g_bytes_get_data (body, &got);

  g_assert_cmpmem (data, got, expected, length);
}

static gint64
only_id (OhStoreReader *reader)
{
  g_autoptr (GArray) ids = oh_store_reader_find (reader, NULL, NULL);

  g_assert_nonnull (ids);
  g_assert_cmpuint (ids->len, ==, 1);
  return g_array_index (ids, gint64, 0);
}

/* What is streamed can be read by others before it ends, and again after. */
static void
test_stream (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (GString) sent = g_string_new (NULL);
  g_autoptr (GArray) arrivals = NULL;
  gint64 id;

  fixture_begin (store, 5);
  oh_store_flush (store);
  id = only_id (reader);
  assert_body (reader, id, OH_SIDE_RESPONSE, "", 0);
  for (guint i = 0; i < 400; i++)
    {
      g_autofree char *event = g_strdup_printf ("event: content_block_delta\ndata: {\"n\":%u}\n\n", i * 7919);

      g_string_append (sent, event);
      fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 5, NULL, event, -1, i * OH_NS_PER_MS);
      if (i % 40 == 0)
        {
          gint64 before = oh_store_reader_get_change (reader);
          g_autoptr (OhExchange) exchange = NULL;

          /* Without being asked to: only waiting. */
          for (guint n = 0; n < 1000 && oh_store_reader_get_change (reader) == before; n++)
            g_usleep (1000);
          exchange = oh_store_reader_get_exchange (reader, id);
          g_assert_cmpint (exchange->outcome, ==, OH_OUTCOME_PENDING);
          g_assert_cmpint (exchange->response_length, ==, (gint64) sent->len);
          assert_body (reader, id, OH_SIDE_RESPONSE, sent->str, sent->len);
        }
    }
  fixture_end (store, 5, OH_OUTCOME_CUT, OH_PARTY_CLIENT);
  oh_store_flush (store);
  g_assert_cmpint (only_id (reader), ==, id);
  assert_body (reader, id, OH_SIDE_RESPONSE, sent->str, sent->len);
  arrivals = oh_store_reader_get_arrivals (reader, id, OH_SIDE_RESPONSE);
  g_assert_cmpuint (arrivals->len, ==, 400);
  g_assert_cmpint (g_array_index (arrivals, OhArrival, 399).at_ns, ==, 399 * OH_NS_PER_MS);
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_assert_sound (dir);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static void
test_whole (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (GBytes) request = g_bytes_new_static ("{\"model\":\"claude\"}", 18);
  g_autoptr (GBytes) response = g_bytes_new_static ("event: ping\n\n", 13);
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GArray) arrivals = NULL;
  g_autoptr (OhExchange) exchange = NULL;
  g_autofree char *url = NULL;

  g_assert_cmpint (oh_store_reader_get_change (reader), ==, 0);
  fixture_whole (store, 1, 0, request, response, 6);
  oh_store_flush (store);
  ids = oh_store_reader_find (reader, NULL, NULL);
  g_assert_cmpuint (ids->len, ==, 1);
  exchange = oh_store_reader_get_exchange (reader, g_array_index (ids, gint64, 0));
  g_assert_nonnull (exchange);
  url = oh_exchange_get_url (exchange);
  g_assert_cmpstr (url, ==, "https://api.anthropic.com/v1/messages");
  g_assert_cmpint (exchange->outcome, ==, OH_OUTCOME_FINISHED);
  g_assert_cmpint (exchange->ended_by, ==, OH_PARTY_UPSTREAM);
  g_assert_cmpuint (exchange->status, ==, 200);
  g_assert_cmpint (exchange->request_length, ==, 18);
  g_assert_cmpint (exchange->response_length, ==, 13);
  g_assert_cmpint (exchange->timings.request_sent, ==, 2 * OH_NS_PER_MS);
  g_assert_cmpint (exchange->timings.first_byte, ==, 4 * OH_NS_PER_MS);
  g_assert_cmpint (exchange->timings.connected, ==, -1);
  g_assert_cmpstr (oh_headers_get_one (exchange->request_headers, "host"), ==, "api.anthropic.com");
  g_assert_cmpstr (oh_headers_get_one (exchange->response_headers, "Request-Id"), ==, "req_011CSHoEeqs5C35K2UUqR7Fy");
  g_assert_cmpuint (oh_headers_get_length (exchange->request_headers), ==, 4);
  assert_body (reader, exchange->id, OH_SIDE_REQUEST, "{\"model\":\"claude\"}", 18);
  assert_body (reader, exchange->id, OH_SIDE_RESPONSE, "event: ping\n\n", 13);
  arrivals = oh_store_reader_get_arrivals (reader, exchange->id, OH_SIDE_RESPONSE);
  g_assert_cmpuint (arrivals->len, ==, 3);
  g_assert_cmpint (g_array_index (arrivals, OhArrival, 2).offset, ==, 12);
  g_assert_cmpint (g_array_index (arrivals, OhArrival, 2).at_ns, ==, 4 * OH_NS_PER_MS + 12000);
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* --- bodies of every kind --- */

static void
round_trip (OhStore *store, OhStoreReader *reader, GBytes *body, gsize step)
{
  static guint64 key = 1000;
  gsize length, got;
  const char *data = g_bytes_get_data (body, &length);
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GError) error = NULL;
  gint64 id;

  fixture_whole (store, ++key, 0, body, body, step);
  oh_store_flush (store);
  ids = oh_store_reader_find (reader, &(OhQuery){ .limit = 1 }, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ids->len, ==, 1);
  id = g_array_index (ids, gint64, 0);
  assert_body (reader, id, OH_SIDE_REQUEST, data, length);
  assert_body (reader, id, OH_SIDE_RESPONSE, data, length);
  /* Windows of it. */
  for (guint n = 0; n < 5; n++)
    {
      gsize from = length > 0 ? g_test_rand_int_range (0, (gint32) MIN (length, G_MAXINT32)) : 0;
      gsize want = (gsize) g_test_rand_int_range (0, 300000);
      g_autoptr (GBytes) window =
          oh_store_reader_read_body (reader, id, OH_SIDE_RESPONSE, (gint64) from, (gint64) want, &error);
      const char *at = g_bytes_get_data (window, &got);

      g_assert_no_error (error);
      g_assert_cmpmem (at, got, data + from, MIN (want, length - from));
    }
  for (guint n = 0; n < 3; n++)
    {
      gsize want = (gsize) g_test_rand_int_range (0, 300000);
      g_autoptr (GBytes) tail = oh_store_reader_read_body_end (reader, id, OH_SIDE_RESPONSE, (gint64) want);
      const char *at = g_bytes_get_data (tail, &got);

      g_assert_cmpuint (got, >=, MIN (want, length));
      g_assert_cmpuint (got, <=, length);
      g_assert_cmpmem (at, got, data + length - got, got);
    }
  {
    g_autoptr (GBytes) beyond =
        oh_store_reader_read_body (reader, id, OH_SIDE_RESPONSE, (gint64) length + 5, 10, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (g_bytes_get_size (beyond), ==, 0);
  }
}

static GBytes *
take_string (GString *text)
{
  return g_string_free_to_bytes (text);
}

static void
test_bodies (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  static const char *const hostile[] = {
    "",
    " ",
    "{",
    "}",
    "[",
    "\"",
    "{\"a\":1,\"a\":2}",
    "{\"a\"",
    "[1,2",
    "\xff\xfe{\"",
    "{\"\\",
    "null",
    "{\"x\":\"\\ud800\"}",
    "\n\t {\"a\" :\t[ ] }\r\n",
    "data: {}\n\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      g_autoptr (GBytes) body = g_bytes_new_static (hostile[i], strlen (hostile[i]));

      round_trip (store, reader, body, i % 2);
    }
  for (guint i = 0; i < 60; i++)
    {
      GString *text = g_string_new ("{\"messages\":[");
      g_autoptr (GBytes) body = NULL;

      for (gint n = g_rand_int_range (random, 0, 40); n > 0; n--)
        {
          g_string_append (text, "{\"role\": \"user\", \"content\": [{\"type\":\"text\",\"text\":\"");
          fixture_append_words (text, random, (gsize) g_rand_int_range (random, 0, n % 7 == 0 ? 60000 : 3000));
          g_string_append (text, n % 5 == 0 ? "\\\"\xc3\x28\"}]}  ," : "\"}]},");
        }
      /* Sometimes torn, sometimes with a byte of anything in it. */
      if (i % 3 == 1)
        g_string_truncate (text, (gsize) g_rand_int_range (random, 0, (gint32) text->len));
      if (i % 3 == 2)
        text->str[g_rand_int_range (random, 0, (gint32) text->len)] = (char) g_rand_int_range (random, 0, 256);
      body = take_string (text);
      round_trip (store, reader, body, i % 4 == 0 ? 0 : (gsize) g_rand_int_range (random, 100, 100000));
    }
  for (guint i = 0; i < 8; i++)
    {
      GString *text = g_string_new (NULL);
      g_autoptr (GBytes) body = NULL;

      for (gint32 n = g_rand_int_range (random, 0, 600000); n > 0; n--)
        g_string_append_c (text, (char) g_rand_int (random));
      body = take_string (text);
      round_trip (store, reader, body, (gsize) g_rand_int_range (random, 1000, 100000));
    }
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_assert_sound (dir);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* A large body is read while it comes, and memory does not grow with it. */
static void
test_large (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  const gsize chunk = 256 * 1024;
  const guint chunks = 256;
  g_autoptr (GChecksum) sent = g_checksum_new (G_CHECKSUM_MD5), got = NULL;
  g_autoptr (GError) error = NULL;
  guint64 noise = 88172645463325252u;
  gint64 id, read = 0;

  got = g_checksum_new (G_CHECKSUM_MD5);
  fixture_begin (store, 1);
  for (guint i = 0; i < chunks; i++)
    {
      guint64 *data = g_malloc (chunk);

      for (gsize n = 0; n < chunk / 8; n++)
        {
          noise ^= noise << 13;
          noise ^= noise >> 7;
          noise ^= noise << 17;
          data[n] = noise;
        }
      g_checksum_update (sent, (guchar *) data, (gssize) chunk);
      oh_sink_push (OH_SINK (store),
                    oh_capture_new (OH_CAPTURE_RESPONSE_DATA, 1, NULL, g_bytes_new_take (data, chunk), i));
      if (i % 32 == 31)
        oh_store_flush (store);
      if (i == chunks / 2)
        {
          g_autoptr (GBytes) part = NULL;

          oh_store_flush (store);
          id = only_id (reader);
          part = oh_store_reader_read_body (reader, id, OH_SIDE_RESPONSE, 0, -1, &error);
          g_assert_no_error (error);
          g_assert_cmpuint (g_bytes_get_size (part), ==, (i + 1) * chunk);
        }
    }
  fixture_end (store, 1, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
  oh_store_flush (store);
  id = only_id (reader);
  for (;;)
    {
      g_autoptr (GBytes) window = oh_store_reader_read_body (reader, id, OH_SIDE_RESPONSE, read, 1000003, &error);

      g_assert_no_error (error);
      if (g_bytes_get_size (window) == 0)
        break;
      g_checksum_update (got, g_bytes_get_data (window, NULL), (gssize) g_bytes_get_size (window));
      read += (gint64) g_bytes_get_size (window);
    }
  g_assert_cmpint (read, ==, (gint64) chunk * chunks);
  g_assert_cmpstr (g_checksum_get_string (sent), ==, g_checksum_get_string (got));
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* --- facts, pins, queries, changes --- */

static OhFacts *
some_facts (const char *model)
{
  OhFacts *facts = oh_facts_new ("anthropic");

  facts->operation = g_strdup ("messages");
  facts->model = g_strdup (model);
  facts->requested_model = g_strdup ("asked");
  facts->stop_reason = g_strdup ("tool_use");
  facts->message_id = g_strdup ("msg_1");
  facts->request_id = g_strdup ("req_1");
  facts->error_type = g_strdup ("overloaded_error");
  facts->error_message = g_strdup ("Overloaded");
  facts->title = g_strdup ("Wie wird das Wetter?");
  facts->service_tier = g_strdup ("standard");
  facts->speed = g_strdup ("fast");
  facts->inference_geo = g_strdup ("eu");
  facts->streamed = TRUE;
  facts->complete = TRUE;
  facts->usage = (OhUsage){ 1, 2, 3, 4, 5, 6, 7, 8, 9 };
  facts->output_estimate = 10;
  facts->first_token_ns = 11;
  facts->message_count = 12;
  facts->tool_use_count = 13;
  return facts;
}

static void
test_facts (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (OhFacts) early = some_facts ("early");
  g_autoptr (OhFacts) late = some_facts ("late");
  g_autoptr (OhFacts) bare = oh_facts_new ("http");
  gint64 id, before;

  fixture_begin (store, 1);
  oh_store_flush (store);
  id = only_id (reader);
  oh_store_put_facts (store, id, early);
  oh_store_set_pinned (store, id, TRUE);
  fixture_end (store, 1, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
  oh_store_flush (store);
  {
    g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);

    /* The end did not undo them. */
    g_assert_cmpint (exchange->outcome, ==, OH_OUTCOME_FINISHED);
    g_assert_true (exchange->pinned);
    g_assert_cmpstr (exchange->facts->model, ==, "early");
  }
  oh_store_put_facts (store, id, late);
  oh_store_put_facts (store, id + 1, late);
  oh_store_set_pinned (store, id, FALSE);
  oh_store_flush (store);
  {
    g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (reader, (gint64[]){ id + 1, id, 0 }, 3);
    OhExchange *row = g_ptr_array_index (rows, 1);

    g_assert_cmpuint (rows->len, ==, 3);
    g_assert_null (g_ptr_array_index (rows, 0));
    g_assert_null (g_ptr_array_index (rows, 2));
    g_assert_false (row->pinned);
    g_assert_null (row->request_headers);
    g_assert_cmpstr (row->facts->provider, ==, "anthropic");
    g_assert_cmpstr (row->facts->operation, ==, late->operation);
    g_assert_cmpstr (row->facts->model, ==, late->model);
    g_assert_cmpstr (row->facts->requested_model, ==, late->requested_model);
    g_assert_cmpstr (row->facts->stop_reason, ==, late->stop_reason);
    g_assert_cmpstr (row->facts->message_id, ==, late->message_id);
    g_assert_cmpstr (row->facts->request_id, ==, late->request_id);
    g_assert_cmpstr (row->facts->error_type, ==, late->error_type);
    g_assert_cmpstr (row->facts->error_message, ==, late->error_message);
    g_assert_cmpstr (row->facts->title, ==, late->title);
    g_assert_cmpstr (row->facts->service_tier, ==, late->service_tier);
    g_assert_cmpstr (row->facts->speed, ==, late->speed);
    g_assert_cmpstr (row->facts->inference_geo, ==, late->inference_geo);
    g_assert_true (row->facts->streamed && row->facts->complete);
    g_assert_cmpmem (&row->facts->usage, sizeof (OhUsage), &late->usage, sizeof (OhUsage));
    g_assert_cmpint (row->facts->output_estimate, ==, 10);
    g_assert_cmpint (row->facts->first_token_ns, ==, 11);
    g_assert_cmpuint (row->facts->message_count, ==, 12);
    g_assert_cmpuint (row->facts->tool_use_count, ==, 13);
  }
  oh_store_put_facts (store, id, bare);
  oh_store_flush (store);
  {
    g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);

    g_assert_cmpint (exchange->facts->usage.input, ==, -1);
    g_assert_cmpint (exchange->facts->output_estimate, ==, -1);
    g_assert_cmpint (exchange->facts->first_token_ns, ==, -1);
    g_assert_null (exchange->facts->model);
  }
  /* Nobody's facts change nothing. */
  before = oh_store_reader_get_change (reader);
  oh_store_put_facts (store, 4711, late);
  oh_store_flush (store);
  g_assert_cmpint (oh_store_reader_get_change (reader), ==, before);
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static void
count_changed (OhStore *store, gpointer data)
{
  (*(guint *) data)++;
}

static void
test_changes (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (GArray) all = NULL, none = NULL, one = NULL;
  guint signals = 0;
  gint64 now, then;

  g_signal_connect (store, "changed", G_CALLBACK (count_changed), &signals);
  for (guint i = 1; i <= 200; i++)
    {
      fixture_whole (store, i, 0, NULL, NULL, 0);
      if (i % 20 == 0)
        oh_store_flush (store);
    }
  g_assert_cmpuint (signals, ==, 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  /* Ten commits and more, one signal. */
  g_assert_cmpuint (signals, ==, 1);
  all = oh_store_reader_get_changed (reader, 0, &now);
  g_assert_cmpuint (all->len, ==, 200);
  g_assert_cmpint (now, ==, oh_store_reader_get_change (reader));
  none = oh_store_reader_get_changed (reader, now, &then);
  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpint (then, ==, now);
  oh_store_set_pinned (store, g_array_index (all, gint64, 7), TRUE);
  oh_store_flush (store);
  one = oh_store_reader_get_changed (reader, now, &then);
  g_assert_cmpuint (one->len, ==, 1);
  g_assert_cmpint (g_array_index (one, gint64, 0), ==, g_array_index (all, gint64, 7));
  g_assert_cmpint (then, >, now);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (signals, ==, 2);
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static gint64
put (OhStore *store, guint64 key, gint64 run_id, gint64 started_ns, const char *host, const char *target)
{
  OhExchange *exchange = fixture_exchange ();

  exchange->run_id = run_id;
  exchange->started_ns = started_ns;
  g_free (exchange->host);
  exchange->host = g_strdup (host);
  g_free (exchange->target);
  exchange->target = g_strdup (target);
  exchange->outcome = OH_OUTCOME_FINISHED;
  exchange->ended_by = OH_PARTY_UPSTREAM;
  fixture_push (store, OH_CAPTURE_BEGIN, key, oh_exchange_ref (exchange), NULL, 0, 0);
  fixture_push (store, OH_CAPTURE_END, key, exchange, NULL, 0, 0);
  oh_store_flush (store);
  return (gint64) key;
}

/* @expected: ids in order, 0 at the end */
static void
assert_found (OhStoreReader *reader, const OhQuery *query, const gint64 *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = oh_store_reader_find (reader, query, &error);
  guint n = 0;

  g_assert_no_error (error);
  while (expected[n] != 0)
    n++;
  g_assert_cmpmem (ids->data, ids->len * sizeof (gint64), expected, n * sizeof (gint64));
  g_assert_cmpint (oh_store_reader_count (reader, query), ==, n);
  for (gint64 id = 1; id <= 5; id++)
    {
      gboolean expect = FALSE;

      for (guint i = 0; i < n; i++)
        expect = expect || expected[i] == id;
      if (query->limit == 0)
        g_assert_cmpint (oh_store_reader_matches (reader, query, id), ==, expect);
    }
}

/* Words that are not in quotation marks may mean something else. */
static void
assert_searched (OhStoreReader *reader, const char *words, OhQuery *query, const gint64 *expected)
{
  g_autofree char *text = g_strdup_printf ("\"%s\"", words);
  g_autoptr (OhSearch) search = oh_search_parse (text, 0, NULL, NULL);

  g_assert_nonnull (search);
  query->search = search;
  assert_found (reader, query, expected);
}

static void
test_queries (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (OhFacts) facts = some_facts ("claude-Sonnet-4-5");

  assert_found (reader, &(OhQuery){ 0 }, (gint64[]){ 0 });
  /* Stored in another order than they started. */
  put (store, 1, 7, 5000, "api.anthropic.com", "/v1/messages?beta=true");
  put (store, 2, 7, 1000, "example.org", "/a%20b/Grüße");
  put (store, 3, 8, 3000, "API.example.com", "/x_y");
  put (store, 4, 0, 3000, "10.0.0.1", "/x%y");
  oh_store_put_facts (store, 3, facts);
  oh_store_flush (store);
  assert_found (reader, &(OhQuery){ 0 }, (gint64[]){ 2, 3, 4, 1, 0 });
  assert_found (reader, &(OhQuery){ .limit = 2 }, (gint64[]){ 4, 1, 0 });
  assert_found (reader, &(OhQuery){ .run_id = 7 }, (gint64[]){ 2, 1, 0 });
  assert_found (reader, &(OhQuery){ .run_id = 9 }, (gint64[]){ 0 });
  assert_searched (reader, "api.", &(OhQuery){ 0 }, (gint64[]){ 3, 1, 0 });
  assert_searched (reader, "ANTHROPIC.com/V1", &(OhQuery){ 0 }, (gint64[]){ 1, 0 });
  assert_searched (reader, "https://ex", &(OhQuery){ 0 }, (gint64[]){ 2, 0 });
  assert_searched (reader, "sonnet", &(OhQuery){ 0 }, (gint64[]){ 3, 0 });
  assert_searched (reader, "GRÜSSE", &(OhQuery){ 0 }, (gint64[]){ 2, 0 });
  assert_searched (reader, "x_y", &(OhQuery){ 0 }, (gint64[]){ 3, 0 });
  assert_searched (reader, "x%y", &(OhQuery){ 0 }, (gint64[]){ 4, 0 });
  assert_searched (reader, "x", &(OhQuery){ .run_id = 8 }, (gint64[]){ 3, 0 });
  assert_searched (reader, "x", &(OhQuery){ .limit = 1 }, (gint64[]){ 4, 0 });
  assert_searched (reader, "", &(OhQuery){ 0 }, (gint64[]){ 2, 3, 4, 1, 0 });
  assert_searched (reader, "'; DROP TABLE exchange", &(OhQuery){ 0 }, (gint64[]){ 0 });
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* --- runs --- */

static void
test_runs (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  char *argv[] = { (char *) "python3", (char *) "", (char *) "my script.py", NULL };
  g_autoptr (OhRun) run = oh_run_new ();
  g_autoptr (OhRun) read = NULL;
  g_autoptr (OhRun) ended = NULL;
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (GBytes) console = NULL;
  g_autoptr (GBytes) rest = NULL;
  g_autoptr (GBytes) chunk = g_bytes_new_take (g_strnfill (1 << 20, 'x'), 1 << 20);
  gint64 id, second;

  run->name = g_strdup ("my script");
  run->argv = g_strdupv (argv);
  run->cwd = g_strdup ("/home");
  run->origin = g_strdup ("cli");
  run->session = g_strdup ("s");
  run->isolated = TRUE;
  run->started_ns = 1000;
  id = oh_store_add_run (store, run);
  g_assert_cmpint (id, >, 0);
  run->started_ns = 2000;
  second = oh_store_add_run (store, run);
  g_assert_cmpint (second, >, id);
  read = oh_store_reader_get_run (reader, id);
  g_assert_cmpstr (read->name, ==, "my script");
  g_assert_true (read->isolated);
  g_assert_cmpuint (g_strv_length (read->argv), ==, 3);
  g_assert_true (g_strv_equal ((const char *const *) read->argv, (const char *const *) argv));
  g_assert_cmpstr (read->session, ==, "s");
  g_assert_null (read->user);
  g_assert_cmpint (read->exit_status, ==, -1);
  fixture_whole (store, 1, id, NULL, NULL, 0);
  fixture_whole (store, 2, id, NULL, NULL, 0);
  {
    OhExchange *exchange = fixture_exchange ();

    exchange->run_id = second;
    fixture_push (store, OH_CAPTURE_BEGIN, 3, exchange, NULL, 0, 0);
    oh_store_flush (store);
    g_assert_false (oh_store_reader_has_open (reader, id));
    g_assert_true (oh_store_reader_has_open (reader, second));
    fixture_end (store, 3, OH_OUTCOME_CUT, OH_PARTY_CLIENT);
    oh_store_flush (store);
    g_assert_false (oh_store_reader_has_open (reader, second));
  }
  run->id = id;
  run->pid = 4711;
  run->ended_ns = 3000;
  run->exit_status = 3;
  run->term_signal = 9;
  run->error = g_strdup ("oops");
  oh_store_update_run (store, run);
  oh_store_flush (store);
  ended = oh_store_reader_get_run (reader, id);
  g_assert_cmpint (ended->pid, ==, 4711);
  g_assert_cmpint (ended->ended_ns, ==, 3000);
  g_assert_cmpint (ended->exit_status, ==, 3);
  g_assert_cmpint (ended->term_signal, ==, 9);
  g_assert_cmpstr (ended->error, ==, "oops");
  g_assert_cmpint (ended->exchanges, ==, 2);
  runs = oh_store_reader_get_runs (reader, 0);
  g_assert_cmpuint (runs->len, ==, 2);
  g_assert_cmpint (((OhRun *) g_ptr_array_index (runs, 0))->id, ==, second);
  g_assert_null (oh_store_reader_get_run (reader, 99));

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("line %u\n", i);
      g_autoptr (GBytes) line = g_bytes_new (text, strlen (text));

      oh_store_append_console (store, id, line);
    }
  for (guint i = 0; i < 20; i++)
    oh_store_append_console (store, second, chunk);
  oh_store_flush (store);
  console = oh_store_reader_read_console (reader, id, 0);
  g_assert_cmpmem (g_bytes_get_data (console, NULL), g_bytes_get_size (console), "line 0\nline 1\nline 2\n", 21);
  rest = oh_store_reader_read_console (reader, id, 12);
  g_assert_cmpmem (g_bytes_get_data (rest, NULL), g_bytes_get_size (rest), "1\nline 2\n", 9);
  g_clear_pointer (&rest, g_bytes_unref);
  rest = oh_store_reader_read_console (reader, second, 0);
  /* The beginning, and a note. */
  g_assert_cmpuint (g_bytes_get_size (rest), >, 16 << 20);
  g_assert_cmpuint (g_bytes_get_size (rest), <, (16 << 20) + 1000);
  oh_store_reader_free (reader);
  g_object_unref (store);

  /* The second run was still going on. */
  store = fixture_open (dir);
  reader = fixture_read (dir);
  g_clear_pointer (&read, oh_run_unref);
  read = oh_store_reader_get_run (reader, second);
  g_assert_cmpint (read->ended_ns, >, 0);
  g_assert_nonnull (read->error);
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* --- clearing --- */

static gboolean
has_shrunk (gpointer dir)
{
  return fixture_disk_usage (dir) < 3 * 1000 * 1000;
}

static void
test_clear (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (GRand) random = g_rand_new_with_seed (4);
  g_autoptr (OhRun) run = oh_run_new ();
  GString *text = g_string_new ("{\"messages\":[\"");
  g_autoptr (GBytes) shared = NULL;
  gint64 first, second, pinned;
  g_autoptr (GArray) ids = NULL;

  fixture_append_words (text, random, 300000);
  shared = g_string_free_to_bytes (text);
  run->started_ns = 1;
  run->ended_ns = 2;
  first = oh_store_add_run (store, run);
  second = oh_store_add_run (store, run);
  for (guint i = 0; i < 40; i++)
    {
      GString *noise = g_string_new (NULL);
      g_autoptr (GBytes) own = NULL;

      for (guint n = 0; n < 400000; n++)
        g_string_append_c (noise, (char) g_rand_int (random));
      own = g_string_free_to_bytes (noise);
      fixture_whole (store, 10 + i, first, shared, own, 0);
    }
  fixture_whole (store, 1, second, shared, NULL, 0);
  fixture_whole (store, 2, first, shared, NULL, 0);
  oh_store_flush (store);
  ids = oh_store_reader_find (reader, &(OhQuery){ .run_id = first }, NULL);
  g_assert_cmpuint (ids->len, ==, 41);
  pinned = g_array_index (ids, gint64, 40);
  oh_store_set_pinned (store, pinned, TRUE);
  /* One that is still going on. */
  fixture_begin (store, 3);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 3, NULL, g_bytes_get_data (shared, NULL),
                (gssize) g_bytes_get_size (shared), 0);
  oh_store_clear (store, first);
  /* Comes after it: stays. */
  fixture_whole (store, 4, 0, shared, NULL, 0);
  oh_store_flush (store);
  g_assert_cmpint (oh_store_reader_count (reader, &(OhQuery){ .run_id = first }), ==, 1);
  g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 4);
  assert_body (reader, pinned, OH_SIDE_REQUEST, g_bytes_get_data (shared, NULL), g_bytes_get_size (shared));
  {
    g_autoptr (OhRun) kept = oh_store_reader_get_run (reader, first);

    g_assert_cmpint (kept->exchanges, ==, 1);
  }
  fixture_end (store, 3, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
  oh_store_flush (store);
  /* The sweep gives the space back once it is done and the log is moved. */
  for (guint i = 0; i < 100; i++)
    {
      oh_store_flush (store);
      g_usleep (5000);
    }
  oh_store_reader_free (reader);
  oh_store_close (store);
  g_object_unref (store);
  g_assert_true (has_shrunk (dir));
  fixture_assert_sound (dir);
  store = fixture_open (dir);
  reader = fixture_read (dir);
  {
    g_autoptr (GArray) left = oh_store_reader_find (reader, NULL, NULL);

    for (guint i = 0; i < left->len; i++)
      {
        gint64 id = g_array_index (left, gint64, i);
        g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);

        assert_body (reader, id, exchange->response_length > 0 ? OH_SIDE_RESPONSE : OH_SIDE_REQUEST,
                     g_bytes_get_data (shared, NULL), g_bytes_get_size (shared));
      }
  }
  oh_store_set_pinned (store, pinned, FALSE);
  oh_store_clear (store, 0);
  oh_store_flush (store);
  g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, 0);
  {
    g_autoptr (GPtrArray) runs = oh_store_reader_get_runs (reader, 0);

    g_assert_cmpuint (runs->len, ==, 0);
  }
  /* Numbers are never given twice. */
  fixture_whole (store, 5, 0, NULL, NULL, 0);
  oh_store_flush (store);
  g_assert_cmpint (only_id (reader), >, 44);
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* --- the end --- */

static void
count_committed (gpointer data)
{
  (*(guint *) data)++;
}

static void
test_closed (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader;
  OhCapture *capture;
  guint told = 0;
  g_autoptr (OhExchange) exchange = NULL;

  fixture_begin (store, 1);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, 1, NULL, "half", -1, 5000);
  oh_store_close (store);
  oh_store_close (store);
  /* Refused from now on; but whoever waits is told. */
  g_assert_false (oh_sink_push (OH_SINK (store),
                                oh_capture_new (OH_CAPTURE_RESPONSE_DATA, 1, NULL, g_bytes_new_static ("x", 1), 0)));
  capture = oh_capture_new (OH_CAPTURE_END, 1, fixture_exchange (), NULL, 0);
  oh_capture_set_committed (capture, NULL, count_committed, &told);
  g_assert_true (oh_sink_push (OH_SINK (store), capture));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (told, ==, 1);
  oh_store_flush (store);
  g_object_unref (store);
  reader = fixture_read (dir);
  exchange = oh_store_reader_get_exchange (reader, only_id (reader));
  g_assert_cmpint (exchange->outcome, ==, OH_OUTCOME_CUT);
  g_assert_cmpint (exchange->ended_by, ==, OH_PARTY_US);
  assert_body (reader, exchange->id, OH_SIDE_RESPONSE, "half", 4);
  oh_store_reader_free (reader);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* An END that nobody else is waiting beside is committed at once. */
static void
test_committed (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  gint64 best = G_MAXINT64;

  for (guint i = 1; i <= 20; i++)
    {
      guint told = 0;
      gint64 from;
      OhExchange *end = fixture_exchange ();
      OhCapture *capture;

      end->outcome = OH_OUTCOME_FINISHED;
      capture = oh_capture_new (OH_CAPTURE_END, i, end, NULL, 0);
      oh_capture_set_committed (capture, NULL, count_committed, &told);
      fixture_begin (store, i);
      from = g_get_monotonic_time ();
      oh_sink_push (OH_SINK (store), capture);
      while (told == 0)
        g_main_context_iteration (NULL, TRUE);
      best = MIN (best, g_get_monotonic_time () - from);
      g_assert_cmpint (oh_store_reader_count (reader, NULL), ==, i);
    }
  g_assert_cmpint (best, <, 5000);
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* What went out before it was committed says so, whether that was before the END was written or while it was. */
static void
test_late (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);

  for (guint key = 1; key <= 2; key++)
    {
      OhExchange *end = fixture_exchange ();
      g_autoptr (OhCapture) capture = NULL;
      g_autoptr (OhExchange) exchange = NULL;

      end->outcome = OH_OUTCOME_FINISHED;
      capture = oh_capture_new (OH_CAPTURE_END, key, end, NULL, 0);
      if (key == 2)
        oh_capture_release (capture);
      fixture_begin (store, key);
      oh_sink_push (OH_SINK (store), oh_capture_ref (capture));
      oh_store_flush (store);
      exchange = oh_store_reader_get_exchange (reader, key);
      g_assert_cmpint (exchange->gaps, ==, key == 2 ? OH_GAP_LATE : OH_GAP_NONE);
    }
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

static void
push_told (OhStore *store, guint64 key)
{
  for (guint i = 0; i < 2; i++)
    {
      OhExchange *span = fixture_exchange ();

      span->route = OH_ROUTE_TOLD;
      span->outcome = i == 0 ? OH_OUTCOME_PENDING : OH_OUTCOME_FINISHED;
      fixture_push (store, i == 0 ? OH_CAPTURE_BEGIN : OH_CAPTURE_END, key, span, NULL, 0, 0);
    }
}

static gboolean
has_pace (gpointer store)
{
  return oh_store_get_pace (store) > 0;
}

/* What is told comes in any number, and nobody's answer waits for what is done about it: only what ends on the wire has others
 * stand back. */
static void
test_pace (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);

  for (guint64 key = 1; key <= 1000; key++)
    push_told (store, key);
  fixture_begin (store, 2000);
  fixture_end (store, 2000, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
  g_assert_true (fixture_wait (has_pace, store, 30000));
  g_assert_cmpuint (oh_store_get_pace (store), <=, 10);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

/* Much is said at once, while exchanges end: all of it is stored, and so are they. */
static void
test_sayings (void)
{
  enum { N = 700 };
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  g_autoptr (OhFacts) facts = oh_facts_new ("anthropic");

  for (guint64 key = 1; key <= N; key++)
    {
      fixture_begin (store, key);
      fixture_end (store, key, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
    }
  oh_store_flush (store);
  oh_store_begin_saying (store);
  for (gint64 id = 1; id <= N; id++)
    {
      g_autoptr (OhMeaning) meaning = oh_meaning_new (id);

      meaning->place->call_id = id;
      meaning->place->attempt = 1;
      oh_store_put_facts (store, id, facts);
      oh_store_put_meaning (store, meaning);
    }
  oh_store_end_saying (store);
  for (guint64 key = N + 1; key <= N + 20; key++)
    {
      fixture_begin (store, key);
      fixture_end (store, key, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
      g_usleep (500);
    }
  oh_store_flush (store);
  for (gint64 id = 1; id <= N + 20; id++)
    {
      g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);

      g_assert_cmpint (exchange->outcome, ==, OH_OUTCOME_FINISHED);
      g_assert_true ((exchange->facts != NULL) == (id <= N));
      g_assert_true ((exchange->place != NULL) == (id <= N));
    }
  oh_store_reader_free (reader);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/whole", test_whole);
  g_test_add_func ("/store/stream", test_stream);
  g_test_add_func ("/store/committed", test_committed);
  g_test_add_func ("/store/late", test_late);
  g_test_add_func ("/store/bodies", test_bodies);
  g_test_add_func ("/store/large", test_large);
  g_test_add_func ("/store/facts", test_facts);
  g_test_add_func ("/store/changes", test_changes);
  g_test_add_func ("/store/queries", test_queries);
  g_test_add_func ("/store/runs", test_runs);
  g_test_add_func ("/store/clear", test_clear);
  g_test_add_func ("/store/closed", test_closed);
  g_test_add_func ("/store/pace", test_pace);
  g_test_add_func ("/store/sayings", test_sayings);
  return g_test_run ();
}
