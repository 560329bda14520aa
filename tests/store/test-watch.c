/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store is looked at while it is written, and left alone while it is not. */
#include "oh-store-watch.h"
#include "oh-store-schema-private.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

static gboolean
look (gpointer data)
{
  (*(guint *) data)++;
  return FALSE;
}

static gboolean
set (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
wait_ms (guint ms)
{
  gboolean over = FALSE;

  g_timeout_add (ms, set, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

/* As SQLite does: it goes on in the file that it has, or begins one. */
static void
write_ahead (const char *path)
{
  FILE *file = g_fopen (path, "a");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs ("frame", file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

static void
wait_for_looks (guint *looks)
{
  *looks = 0;
  while (*looks < 2)
    g_main_context_iteration (NULL, TRUE);
}

/* Returns: how many looks there were until there was none for two seconds */
static guint
wait_for_rest (guint *looks)
{
  guint before;

  do
    {
      before = *looks;
      wait_ms (2000);
    }
  while (*looks != before);
  return before;
}

static void
test_watch (void)
{
  g_autofree char *dir = g_dir_make_tmp ("overhear-watch-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, OH_STORE_FILE "-wal", NULL);
  guint looks = 0;
  OhStoreWatch *watch = oh_store_watch_new (dir, look, &looks);

  wait_for_looks (&looks);
  g_assert_cmpuint (wait_for_rest (&looks), >, 10);
  write_ahead (path);
  wait_for_looks (&looks);
  wait_for_rest (&looks);
  write_ahead (path);
  wait_for_looks (&looks);
  wait_for_rest (&looks);
  oh_store_watch_wake (watch);
  wait_for_looks (&looks);
  oh_store_watch_free (watch);
  looks = 0;
  write_ahead (path);
  wait_ms (500);
  g_assert_cmpuint (looks, ==, 0);
  g_remove (path);
  g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/watch/looks-while-written", test_watch);
  return g_test_run ();
}
