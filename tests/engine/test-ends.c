/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where conversations end, and what a transcript of them needs. */
#include "oh-ends.h"
#include "oh-trace.h"

typedef struct
{
  gint64 id, parent, call;
  guint attempt, boundaries;
  gboolean alone; /* no conversation */
  gboolean end, carried;
} Row;

static void
check (const Row *rows, guint n)
{
  for (guint turn = 0; turn < 2; turn++)
    {
      g_autoptr (OhEnds) ends = oh_ends_new ();

      oh_ends_add (ends, NULL);
      for (guint i = 0; i < n; i++)
        {
          const Row *row = &rows[turn == 0 ? i : n - 1 - i];
          g_autoptr (OhExchange) exchange = oh_exchange_new ();

          exchange->id = row->id;
          exchange->place = oh_place_new ();
          exchange->place->thread_id = row->alone ? 0 : 1;
          exchange->place->parent_id = row->parent;
          exchange->place->call_id = row->call != 0 ? row->call : row->id;
          exchange->place->attempt = row->attempt != 0 ? row->attempt : 1;
          exchange->place->boundaries = row->boundaries;
          oh_ends_add (ends, exchange);
        }
      for (guint i = 0; i < n; i++)
        {
          g_test_message ("%" G_GINT64_FORMAT, rows[i].id);
          g_assert_cmpint (oh_ends_is_end (ends, rows[i].id), ==, rows[i].end);
          g_assert_cmpint (oh_ends_is_carried (ends, rows[i].id), ==, rows[i].carried);
        }
      g_assert_false (oh_ends_is_end (ends, 1000));
      g_assert_false (oh_ends_is_carried (ends, 1000));
    }
}

static void
test_branches (void)
{
  static const Row rows[] = {
    { .id = 1, .carried = TRUE },
    { .id = 2, .parent = 1, .end = TRUE },
    { .id = 3, .parent = 1, .carried = TRUE },
    { .id = 4, .parent = 3, .end = TRUE },
    { .id = 5, .alone = TRUE },
    { .id = 6, .parent = 99, .end = TRUE },
  };

  check (rows, G_N_ELEMENTS (rows));
}

/* A failed attempt is no conversation of its own; where it is all that is there, it is what there is to tell. */
static void
test_attempts (void)
{
  static const Row rows[] = {
    { .id = 1, .carried = TRUE },
    { .id = 2, .parent = 1, .carried = TRUE },
    { .id = 3, .parent = 1, .call = 2, .attempt = 2, .end = TRUE },
  };
  static const Row first[] = { { .id = 2, .parent = 1, .call = 2, .attempt = 1, .end = TRUE } };

  check (rows, G_N_ELEMENTS (rows));
  check (first, G_N_ELEMENTS (first));
}

/* What was said before a summary, or was edited, is in nothing that comes after it. */
static void
test_lost (void)
{
  static const Row rows[] = {
    { .id = 1 },
    { .id = 2, .parent = 1, .boundaries = OH_BOUNDARY_COMPACTED },
    { .id = 3, .parent = 2, .boundaries = OH_BOUNDARY_EDITED, .carried = TRUE },
    { .id = 4, .parent = 3, .boundaries = OH_BOUNDARY_MODEL, .end = TRUE },
  };

  check (rows, G_N_ELEMENTS (rows));
}

static void
test_aside (void)
{
  static const Row rows[] = {
    { .id = 1, .end = TRUE },
    { .id = 2, .parent = 1, .boundaries = OH_BOUNDARY_ASIDE },
    /* Something goes on from this one: it was no aside. */
    { .id = 3, .carried = TRUE },
    { .id = 4, .parent = 3, .boundaries = OH_BOUNDARY_ASIDE, .carried = TRUE },
    { .id = 5, .parent = 4, .end = TRUE },
  };

  check (rows, G_N_ELEMENTS (rows));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ends/branches", test_branches);
  g_test_add_func ("/ends/attempts", test_attempts);
  g_test_add_func ("/ends/lost", test_lost);
  g_test_add_func ("/ends/aside", test_aside);
  return g_test_run ();
}
