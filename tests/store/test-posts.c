/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instruments sent, as it is, until it is taken apart. */
#include "fixture.h"

#include <string.h>

static void
push_post (OhStore *store, const char *body)
{
  OhExchange *exchange = fixture_exchange ();

  g_free (exchange->target);
  exchange->target = g_strdup ("/v1/traces");
  exchange->program = oh_program_new ();
  exchange->program->name = g_strdup ("teller");
  exchange->program->pid = 17;
  oh_sink_push (OH_SINK (store), oh_capture_new (OH_CAPTURE_POST, 0, exchange, g_bytes_new (body, strlen (body)), 0));
}

/* What is in a post is stored so far. */
static void
push_part (OhStore *store, guint64 key, const OhCapture *post, gint64 told)
{
  OhExchange *exchange = fixture_exchange ();
  OhCapture *end;

  fixture_begin (store, key);
  exchange->outcome = OH_OUTCOME_FINISHED;
  end = oh_capture_new (OH_CAPTURE_END, key, exchange, NULL, 0);
  end->post_id = post->post_id;
  end->post_told = told;
  oh_sink_push (OH_SINK (store), end);
  oh_store_flush (store);
}

/* They wait with whoever took them, or what that left waits with the next, until all of them is stored; no number comes twice. */
static void
test_posts (void)
{
  char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  OhCapture *post, *other;
  gint64 id, first;

  g_assert_false (oh_sink_keeps_posts (OH_SINK (store), 1));
  oh_store_keep_posts (store);
  g_assert_true (oh_sink_keeps_posts (OH_SINK (store), 1));
  g_assert_false (oh_store_has_posts (store));
  push_post (store, "one");
  oh_store_flush (store);
  g_assert_true (oh_store_has_posts (store));
  id = oh_store_get_writer_id (store);
  post = oh_store_reader_get_post (reader, id, 0);
  g_assert_cmpstr (post->exchange->target, ==, "/v1/traces");
  g_assert_cmpmem (g_bytes_get_data (post->data, NULL), g_bytes_get_size (post->data), "one", 3);
  g_assert_cmpint (post->post_told, ==, 0);
  first = post->post_id;
  push_part (store, 1, post, 7);
  oh_capture_unref (post);
  post = oh_store_reader_get_post (reader, id, 0);
  g_assert_cmpint (post->post_told, ==, 7);
  push_part (store, 2, post, -1);
  oh_capture_unref (post);
  g_assert_false (oh_store_has_posts (store));
  g_assert_null (oh_store_reader_get_post (reader, id, 0));

  push_post (store, "two");
  push_post (store, "three");
  oh_store_flush (store);
  post = oh_store_reader_get_post (reader, id, 0);
  g_assert_cmpint (post->post_id, >, first);
  push_part (store, 3, post, 1);
  oh_capture_unref (post);
  fixture_close (store);

  /* Ours come first, and nobody else has what was left. */
  store = fixture_open (dir);
  oh_store_keep_posts (store);
  g_assert_true (oh_store_has_posts (store));
  id = oh_store_get_writer_id (store);
  g_assert_null (oh_store_reader_get_post (reader, id, 0));
  post = oh_store_reader_get_post (reader, OH_STORE_LEFT (id), 0);
  g_assert_cmpmem (g_bytes_get_data (post->data, NULL), g_bytes_get_size (post->data), "two", 3);
  g_assert_cmpint (post->post_told, ==, 1);
  other = oh_store_reader_get_post (reader, OH_STORE_LEFT (id), post->post_id);
  g_assert_cmpmem (g_bytes_get_data (other->data, NULL), g_bytes_get_size (other->data), "three", 5);
  push_part (store, 4, post, -1);
  push_part (store, 5, other, -1);
  oh_capture_unref (post);
  oh_capture_unref (other);
  g_assert_false (oh_store_has_posts (store));

  /* Who sent it is known for as long as it waits, whatever of others is deleted; what is deleted itself waits no more. */
  push_post (store, "four");
  oh_store_clear (store, 99);
  oh_store_flush (store);
  post = oh_store_reader_get_post (reader, id, 0);
  g_assert_cmpstr (post->exchange->program->name, ==, "teller");
  oh_capture_unref (post);
  oh_store_clear (store, 0);
  oh_store_flush (store);
  g_assert_false (oh_store_has_posts (store));
  g_assert_null (oh_store_reader_get_post (reader, id, 0));
  oh_store_reader_free (reader);
  fixture_close (store);
  fixture_assert_sound (dir);
  fixture_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/posts/wait", test_posts);
  return g_test_run ();
}
