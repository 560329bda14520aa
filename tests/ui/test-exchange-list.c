/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lazy list of exchanges, over a real store. */
#include "fixture.h"
#include "oh-id-list.h"
#include "oh-exchange-list.h"

typedef struct
{
  char *dir;
  OhStore *store;
  OhStoreReader *reader;
  OhExchangeList *list;
  guint64 key;
  guint loaded;
  guint removed;         /* rows the views were told of */
  guint added;
} Fixture;

static void
on_loaded (Fixture *self)
{
  self->loaded++;
}

static void
on_items_changed (Fixture *self, guint position, guint removed, guint added)
{
  self->removed += removed;
  self->added += added;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->dir = fixture_make_dir ();
  self->store = fixture_open (self->dir);
  self->reader = fixture_read (self->dir);
  self->list = oh_exchange_list_new (self->reader, self->dir);
  g_signal_connect_swapped (self->list, "loaded", G_CALLBACK (on_loaded), self);
  g_signal_connect_swapped (self->list, "items-changed", G_CALLBACK (on_items_changed), self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&self->list);
  oh_store_reader_free (self->reader);
  fixture_close (self->store);
  fixture_remove_dir (self->dir);
}

static OhExchange *
make_exchange (const char *target)
{
  OhExchange *exchange = fixture_exchange ();

  g_free (exchange->target);
  exchange->target = g_strdup (target);
  return exchange;
}

static guint64
begin (Fixture *self, const char *target)
{
  guint64 key = ++self->key;

  fixture_push (self->store, OH_CAPTURE_BEGIN, key, make_exchange (target), NULL, 0, 0);
  return key;
}

static void
end (Fixture *self, guint64 key, const char *target)
{
  OhExchange *exchange = make_exchange (target);

  exchange->status = 200;
  exchange->outcome = OH_OUTCOME_FINISHED;
  exchange->ended_by = OH_PARTY_UPSTREAM;
  fixture_push (self->store, OH_CAPTURE_END, key, exchange, NULL, 0, 0);
}

static void
add (Fixture *self, guint n, const char *target)
{
  for (guint i = 0; i < n; i++)
    end (self, begin (self, target), target);
  oh_store_flush (self->store);
}

static guint
count (Fixture *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->list));
}

static void
wait_loaded (Fixture *self, guint times)
{
  while (self->loaded < times)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_append (Fixture *self, gconstpointer data)
{
  add (self, 3, "/v1/messages");
  oh_exchange_list_set_query (self->list, 0, NULL);
  g_assert_cmpuint (self->loaded, ==, 1);
  g_assert_cmpuint (count (self), ==, 3);
  g_assert_cmpuint (self->added, ==, 3);

  add (self, 2, "/v1/messages");
  oh_exchange_list_update (self->list);
  g_assert_cmpuint (count (self), ==, 5);
  g_assert_cmpuint (self->added, ==, 5);
  g_assert_cmpuint (self->removed, ==, 0);

  /* Nothing new: nothing is said. */
  oh_exchange_list_update (self->list);
  g_assert_cmpuint (self->added, ==, 5);
  for (guint i = 1; i < 5; i++)
    g_assert_cmpint (oh_exchange_list_get_id (self->list, i - 1), <, oh_exchange_list_get_id (self->list, i));
}

static void
count_change (guint *changes)
{
  (*changes)++;
}

static void
test_change_in_place (Fixture *self, gconstpointer data)
{
  guint64 key = begin (self, "/v1/messages");
  g_autoptr (OhExchangeItem) item = NULL;
  g_autoptr (OhExchangeItem) again = NULL;
  guint changes = 0;

  oh_store_flush (self->store);
  oh_exchange_list_set_query (self->list, 0, NULL);
  item = g_list_model_get_item (G_LIST_MODEL (self->list), 0);
  g_assert_cmpint (oh_exchange_item_get_exchange (item)->outcome, ==, OH_OUTCOME_PENDING);
  g_signal_connect_swapped (item, "changed", G_CALLBACK (count_change), &changes);

  end (self, key, "/v1/messages");
  oh_store_flush (self->store);
  oh_exchange_list_update (self->list);
  g_assert_cmpuint (changes, ==, 1);
  g_assert_cmpint (oh_exchange_item_get_exchange (item)->outcome, ==, OH_OUTCOME_FINISHED);
  g_assert_cmpuint (oh_exchange_item_get_exchange (item)->status, ==, 200);
  g_assert_cmpuint (self->removed, ==, 0);
  again = g_list_model_get_item (G_LIST_MODEL (self->list), 0);
  g_assert_true (again == item);
}

/* More rows than are read at first: the newest are there at once, the others come before them. */
static void
test_many (Fixture *self, gconstpointer data)
{
  gint64 newest;
  guint at_once;

  add (self, 2600, "/v1/messages");
  oh_exchange_list_set_query (self->list, 0, NULL);
  at_once = count (self);
  g_assert_cmpuint (at_once, <, 2600);
  g_assert_cmpuint (at_once, >, 100);
  g_assert_true (oh_exchange_list_is_loading (self->list));
  newest = oh_exchange_list_get_id (self->list, at_once - 1);

  /* One more while the older ones are being read. */
  add (self, 1, "/v1/messages");
  oh_exchange_list_update (self->list);
  wait_loaded (self, 1);
  g_assert_cmpuint (count (self), ==, 2601);
  g_assert_cmpuint (self->removed, ==, 0);
  g_assert_cmpint (oh_exchange_list_get_id (self->list, 2599), ==, newest);
  for (guint i = 0; i < 2601; i++)
    {
      g_autoptr (OhExchangeItem) item = g_list_model_get_item (G_LIST_MODEL (self->list), i);
      gint64 id = oh_exchange_list_get_id (self->list, i);

      g_assert_nonnull (oh_exchange_item_get_exchange (item));
      g_assert_cmpint (oh_exchange_item_get_id (item), ==, id);
      g_assert_cmpint (oh_exchange_item_get_exchange (item)->id, ==, id);
      g_assert_cmpuint (oh_exchange_list_find (self->list, id), ==, i);
    }
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (self->list), 2601));
  g_assert_cmpuint (oh_exchange_list_find (self->list, newest + 100), ==, GTK_INVALID_LIST_POSITION);
}

static void
test_search (Fixture *self, gconstpointer data)
{
  add (self, 4, "/v1/messages");
  add (self, 2, "/v1/models");
  oh_exchange_list_set_query (self->list, 0, "MODELS");
  wait_loaded (self, 1);
  g_assert_cmpuint (count (self), ==, 2);

  add (self, 1, "/v1/messages");
  add (self, 1, "/v1/models");
  oh_exchange_list_update (self->list);
  g_assert_cmpuint (count (self), ==, 3);

  oh_exchange_list_set_query (self->list, 0, "nothing has this");
  wait_loaded (self, 2);
  g_assert_cmpuint (count (self), ==, 0);

  oh_exchange_list_set_query (self->list, 0, "");
  g_assert_cmpuint (count (self), ==, 8);
}

/* Only the last of several searches may answer. */
static void
test_search_overtaken (Fixture *self, gconstpointer data)
{
  add (self, 3, "/v1/messages");
  add (self, 2, "/v1/models");
  oh_exchange_list_set_query (self->list, 0, "messages");
  oh_exchange_list_set_query (self->list, 0, "models");
  wait_loaded (self, 1);
  g_assert_cmpuint (count (self), ==, 2);
  for (guint i = 0; i < 50; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  g_assert_cmpuint (count (self), ==, 2);
  g_assert_cmpuint (self->loaded, ==, 1);
}

static void
add_to_run (Fixture *self, gint64 run_id)
{
  guint64 key = ++self->key;
  OhExchange *begun = make_exchange ("/v1/messages"), *ended = make_exchange ("/v1/messages");

  begun->run_id = ended->run_id = run_id;
  ended->outcome = OH_OUTCOME_FINISHED;
  fixture_push (self->store, OH_CAPTURE_BEGIN, key, begun, NULL, 0, 0);
  fixture_push (self->store, OH_CAPTURE_END, key, ended, NULL, 0, 0);
  oh_store_flush (self->store);
}

static void
wait_count (Fixture *self, guint n)
{
  while (count (self) != n)
    g_main_context_iteration (NULL, TRUE);
}

/* What a console says takes a while to find out: not while the rows are taken in. */
static void
test_console (Fixture *self, gconstpointer data)
{
  g_autoptr (OhRun) run = oh_run_new ();
  g_autoptr (GBytes) said = g_bytes_new_static ("Thunder\n", 8);
  gint64 loud = oh_store_add_run (self->store, run), silent = oh_store_add_run (self->store, run);

  oh_store_append_console (self->store, loud, said);
  add_to_run (self, loud);
  add_to_run (self, silent);
  oh_exchange_list_set_query (self->list, 0, "in:console thunder");
  wait_loaded (self, 1);
  g_assert_cmpuint (count (self), ==, 1);

  add_to_run (self, silent);
  add_to_run (self, loud);
  oh_exchange_list_update (self->list);
  g_assert_cmpuint (count (self), ==, 1);
  /* Asked about while the worker is busy. */
  add_to_run (self, loud);
  oh_exchange_list_update (self->list);
  wait_count (self, 3);
  g_assert_cmpint (oh_exchange_list_get_id (self->list, 0), ==, 1);
  g_assert_cmpint (oh_exchange_list_get_id (self->list, 1), ==, 4);
  g_assert_cmpint (oh_exchange_list_get_id (self->list, 2), ==, 5);

  /* Nobody waits for the answer any more. */
  add_to_run (self, loud);
  oh_exchange_list_update (self->list);
  oh_exchange_list_set_query (self->list, 0, NULL);
  g_assert_cmpuint (count (self), ==, 6);
  for (guint i = 0; i < 50; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  g_assert_cmpuint (count (self), ==, 6);
}

/* As an import does: what happened earlier comes later. */
static void
add_at (Fixture *self, gint64 started_ns)
{
  guint64 key = ++self->key;
  OhExchange *begun = make_exchange ("/v1/messages"), *ended = make_exchange ("/v1/messages");

  begun->started_ns = ended->started_ns = started_ns;
  ended->outcome = OH_OUTCOME_FINISHED;
  fixture_push (self->store, OH_CAPTURE_BEGIN, key, begun, NULL, 0, 0);
  fixture_push (self->store, OH_CAPTURE_END, key, ended, NULL, 0, 0);
  oh_store_flush (self->store);
}

/* @expected: the ids, one after the other */
static void
assert_order (Fixture *self, const char *expected)
{
  g_autoptr (GString) order = g_string_new (NULL);

  for (guint i = 0; i < count (self); i++)
    g_string_append_printf (order, "%d", (int) oh_exchange_list_get_id (self->list, i));
  g_assert_cmpstr (order->str, ==, expected);
}

/* One order, however the rows came to be there. */
static void
test_by_time (Fixture *self, gconstpointer data)
{
  add_at (self, 30);
  add_at (self, 10);
  add_at (self, 20);
  oh_exchange_list_set_query (self->list, 0, "messages");
  wait_loaded (self, 1);
  assert_order (self, "231");
  add_at (self, 15);
  add_at (self, 40);
  add_at (self, 5);
  oh_exchange_list_update (self->list);
  assert_order (self, "624315");
  oh_exchange_list_set_query (self->list, 0, NULL);
  assert_order (self, "624315");
  add_at (self, 25);
  oh_exchange_list_update (self->list);
  assert_order (self, "6243715");
}

static void
wait_order (Fixture *self, const char *expected)
{
  wait_count (self, (guint) strlen (expected));
  assert_order (self, expected);
}

static void
test_sorted (Fixture *self, gconstpointer data)
{
  add_at (self, 30);
  add_at (self, 10);
  oh_exchange_list_set_query (self->list, 0, NULL);
  oh_exchange_list_set_sort (self->list, OH_SORT_STARTED, TRUE);
  wait_loaded (self, 2);
  assert_order (self, "12");
  add_at (self, 20);
  oh_exchange_list_update (self->list);
  wait_order (self, "132");
  /* The views hear of what is new only. */
  g_assert_cmpuint (self->removed, <=, 2);
  oh_exchange_list_set_query (self->list, 0, "messages");
  wait_loaded (self, 4);
  assert_order (self, "132");
  oh_exchange_list_set_sort (self->list, OH_SORT_STARTED, FALSE);
  wait_loaded (self, 5);
  assert_order (self, "231");
}

static void
test_clear (Fixture *self, gconstpointer data)
{
  add (self, 5, "/v1/messages");
  oh_exchange_list_set_query (self->list, 0, NULL);
  g_assert_cmpuint (count (self), ==, 5);
  oh_store_clear (self->store, 0);
  oh_store_flush (self->store);
  oh_exchange_list_reload (self->list);
  g_assert_cmpuint (count (self), ==, 0);
  g_assert_cmpuint (self->removed, ==, 5);
  add (self, 1, "/v1/messages");
  oh_exchange_list_update (self->list);
  g_assert_cmpuint (count (self), ==, 1);
}

static void
check_ids (const OhIdList *ids, const GArray *expected)
{
  g_assert_cmpuint (oh_id_list_get_length (ids), ==, expected->len);
  for (guint i = 0; i < expected->len; i++)
    {
      gint64 id = g_array_index (expected, gint64, i);

      g_assert_cmpint (oh_id_list_get (ids, i), ==, id);
      g_assert_cmpuint (oh_id_list_find (ids, id), ==, i);
    }
  g_assert_cmpuint (oh_id_list_find (ids, -1), ==, OH_ID_LIST_NOWHERE);
}

static void
reverse (GArray *ids)
{
  for (guint i = 0; i < ids->len / 2; i++)
    {
      gint64 *a = &g_array_index (ids, gint64, i), *b = &g_array_index (ids, gint64, ids->len - 1 - i);
      gint64 swap = *a;

      *a = *b;
      *b = swap;
    }
}

/* What is kept in spans against a plain array of the same. */
static void
test_ids (void)
{
  for (guint round = 0; round < 60; round++)
    {
      g_autoptr (OhIdList) ids = oh_id_list_new ();
      g_autoptr (GArray) expected = g_array_new (FALSE, FALSE, sizeof (gint64));
      gint64 next = 1000;

      /* With many gaps, a few, or none; some come two and two the wrong way round. */
      for (guint i = 0; i < 700; i++)
        {
          next += g_test_rand_int_range (0, 3) < (gint) (round % 3) ? g_test_rand_int_range (1, 4) : 1;
          g_array_append_val (expected, next);
          if (i > 0 && g_test_rand_int_range (0, 20) == 0)
            {
              gint64 *last = &g_array_index (expected, gint64, i);

              last[0] = last[-1];
              last[-1] = next;
            }
        }
      for (guint i = 0; i < expected->len; i++)
        oh_id_list_append (ids, g_array_index (expected, gint64, i));
      check_ids (ids, expected);
      for (guint i = 0; i < 20; i++)
        {
          /* Also far from where they belong. */
          gboolean far = round % 2 == 0;
          guint position = far ? (guint) g_test_rand_int_range (0, (gint) expected->len + 1) : expected->len;
          gint64 id = far ? 1000000 + 10 * i : ++next;

          oh_id_list_insert (ids, position, id);
          g_array_insert_val (expected, position, id);
        }
      check_ids (ids, expected);
      {
        g_autoptr (OhIdList) older = oh_id_list_new ();
        guint n = (guint) g_test_rand_int_range (0, 200);

        for (guint i = 0; i < 200; i++)
          oh_id_list_append (older, 100 + i + i / 20);
        oh_id_list_prepend (ids, older, n);
        for (guint i = 0; i < n; i++)
          g_array_insert_val (expected, i, ((gint64[]) { 100 + i + i / 20 }));
        check_ids (ids, expected);
      }
      {
        g_autoptr (OhIdList) before = oh_id_list_copy (ids);
        guint from = G_MAXUINT, to = 0, position, removed, added;

        for (guint i = 0; i < round % 20; i++)
          {
            guint at = (guint) g_test_rand_int_range ((gint) expected->len / 3, (gint) expected->len / 2);

            oh_id_list_remove (ids, at);
            g_array_remove_index (expected, at);
            from = MIN (from, at);
            to = MAX (to, at + i + 1);
          }
        check_ids (ids, expected);
        /* What is taken is told by its place. */
        oh_id_list_take (before, oh_id_list_copy (ids), &position, &removed, &added);
        check_ids (before, expected);
        g_assert_cmpuint (removed - added, ==, round % 20);
        g_assert_true (removed == 0 ? added == 0 : position >= from && position + removed <= to);
      }
      {
        g_autoptr (OhIdList) copy = oh_id_list_copy (ids);

        oh_id_list_reverse (copy);
        reverse (expected);
        for (guint i = 0; i < expected->len; i++)
          g_assert_cmpint (oh_id_list_get (copy, i), ==, g_array_index (expected, gint64, i));
      }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/exchange-list/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("append", test_append);
  ADD ("change-in-place", test_change_in_place);
  ADD ("many", test_many);
  ADD ("search", test_search);
  ADD ("search-overtaken", test_search_overtaken);
  ADD ("console", test_console);
  ADD ("by-time", test_by_time);
  ADD ("sorted", test_sorted);
  ADD ("clear", test_clear);
  g_test_add_func ("/exchange-list/ids", test_ids);
  return g_test_run ();
}
