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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/whole", test_whole);
  g_test_add_func ("/store/stream", test_stream);
  return g_test_run ();
}
