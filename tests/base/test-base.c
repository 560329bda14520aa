/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-clock.h"
#include "oh-fatal-read.h"
#include "oh-format.h"
#include "oh-paths.h"
#include "oh-token.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
assert_text (char *actual, const char *expected)
{
  g_assert_cmpstr (actual, ==, expected);
  g_free (actual);
}

static void
test_clock (void)
{
  gint64 before = oh_clock_monotonic_ns ();

  g_usleep (2000);
  g_assert_cmpint (oh_clock_monotonic_ns () - before, >=, 2 * OH_NS_PER_MS);
  g_assert_cmpint (ABS (oh_clock_wall_ns () - g_get_real_time () * OH_NS_PER_US), <, OH_NS_PER_S);
}

static void
test_token (void)
{
  g_autofree char *a = oh_token_new ();
  g_autofree char *b = oh_token_new ();

  g_assert_cmpuint (strlen (a), ==, 32);
  g_assert_cmpuint (strspn (a, "0123456789abcdef"), ==, 32);
  g_assert_cmpstr (a, !=, b);
  g_assert_true (oh_token_equal (a, a));
  g_assert_false (oh_token_equal (a, b));
  g_assert_false (oh_token_equal (a, ""));
  g_assert_false (oh_token_equal (NULL, NULL));
}

static void
test_visible (void)
{
  assert_text (oh_format_visible ("plain é 漢 🎉 ❤\xef\xb8\x8f", TRUE), "plain é 漢 🎉 ❤\xef\xb8\x8f");
  assert_text (oh_format_visible ("a\nb\tc\rd", FALSE), "a\nb\tc\\rd");
  assert_text (oh_format_visible ("a\nb\tc\rd", TRUE), "a\\nb\\tc\\rd");
  assert_text (oh_format_visible ("\x1b]0;x\x07\x7f", FALSE), "\\u001b]0;x\\u0007\\u007f");
  /* C1's CSI; right-to-left override, zero width space, line separator; a tag; a variation selector of the supplement. */
  assert_text (oh_format_visible ("\xc2\x9b" "2J", FALSE), "\\u009b2J");
  assert_text (oh_format_visible ("\xe2\x80\xae\xe2\x80\x8b\xe2\x80\xa8", FALSE), "\\u202e\\u200b\\u2028");
  assert_text (oh_format_visible ("\xf3\xa0\x81\x81\xf3\xa0\x84\x80", FALSE), "\\udb40\\udc41\\udb40\\udd00");
  assert_text (oh_format_visible ("caf\xe9 \xf0\x9f", FALSE), "caf\\xe9 \\xf0\\x9f");
}

static void
test_format (void)
{
  assert_text (oh_format_count (0), "0");
  assert_text (oh_format_count (-1), "–");
  assert_text (oh_format_bytes (18000), "18.0\302\240kB");
  assert_text (oh_format_duration (-1), "–");
  assert_text (oh_format_duration (1100 * OH_NS_PER_US), "1.1 ms");
  assert_text (oh_format_duration (412 * OH_NS_PER_MS), "412 ms");
  assert_text (oh_format_duration (999 * OH_NS_PER_MS + 600 * OH_NS_PER_US), "1.0 s");
  assert_text (oh_format_duration (2900 * OH_NS_PER_MS), "2.9 s");
  assert_text (oh_format_duration (59949 * OH_NS_PER_MS), "59.9 s");
  assert_text (oh_format_duration (59960 * OH_NS_PER_MS), "1 min 0 s");
  assert_text (oh_format_duration (724 * OH_NS_PER_S), "12 min 4 s");
  assert_text (oh_format_duration (3600 * OH_NS_PER_S), "1 h 0 min");
  assert_text (oh_format_time (1763725229114 * OH_NS_PER_MS), "11:40:29.114");
  assert_text (oh_format_moment (1763725229114 * OH_NS_PER_MS, 1763725229999 * OH_NS_PER_MS, FALSE), "11:40:29.114");
  assert_text (oh_format_moment (1763725229114 * OH_NS_PER_MS, 1763725229999 * OH_NS_PER_MS, TRUE), "11:40:29");
  assert_text (oh_format_moment (1763725229114 * OH_NS_PER_MS, 1763811629114 * OH_NS_PER_MS, FALSE), "11-21 11:40");
  assert_text (oh_format_moment (1763725229114 * OH_NS_PER_MS, 1763811629114 * OH_NS_PER_MS, TRUE), "11-21");
  assert_text (oh_format_moment (-1, 0, TRUE), "–");
  assert_text (oh_format_date_time (1763725229114 * OH_NS_PER_MS), "2025-11-21 11:40:29");
  assert_text (oh_format_cost (NAN, FALSE), "–");
  assert_text (oh_format_cost (NAN, TRUE), "–");
  assert_text (oh_format_cost (0, FALSE), "$0.00");
  assert_text (oh_format_cost (0.0041, FALSE), "$0.0041");
  assert_text (oh_format_cost (0.0041, TRUE), "≈$0.0041");
  assert_text (oh_format_cost (0.0999, FALSE), "$0.10");
  assert_text (oh_format_cost (4.176, FALSE), "$4.18");
  assert_text (oh_format_tokens (12, FALSE), "12");
  assert_text (oh_format_tokens (12, TRUE), "≈12");
  assert_text (oh_format_tokens (-1, TRUE), "–");
  assert_text (oh_format_short (0), "0");
  assert_text (oh_format_short (999), "999");
  assert_text (oh_format_short (1500), "1.5k");
  assert_text (oh_format_short (999400), "999k");
  assert_text (oh_format_short (999999), "1M");
  assert_text (oh_format_short (2.5e9), "2.5G");
}

static void
test_runtime_dir (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *root = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  g_autofree char *dir = NULL;
  g_autofree char *nested = NULL;
  g_autofree char *file = NULL;
  struct stat st;

  g_setenv ("XDG_RUNTIME_DIR", root, TRUE);
  dir = oh_paths_make_runtime_dir (&error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (dir, root));
  g_assert_cmpint (stat (dir, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0700);

  nested = g_build_filename (dir, "a", "b", NULL);
  file = g_build_filename (nested, "c", NULL);
  g_assert_cmpint (g_mkdir_with_parents (nested, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  oh_paths_remove_dir (dir);
  g_assert_false (g_file_test (dir, G_FILE_TEST_EXISTS));
  oh_paths_remove_dir (root);
}

static void
assert_mode (const char *folder, const char *name, guint mode)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  struct stat st;

  g_assert_cmpint (lstat (path, &st), ==, 0);
  g_assert_cmphex (st.st_mode & 07777, ==, mode);
}

/* What every user may open is that whatever our umask is, and nobody else can write there or look what there is. */
static void
test_public_dir (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *parent = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  g_autofree char *missing = g_build_filename (parent, "missing", NULL);
  const char *const parents[] = { missing, "/proc", parent, NULL };
  const char *const nowhere[] = { missing, "/proc", NULL };
  g_autofree char *dir = NULL;
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;
  g_autofree char *file = NULL;
  mode_t before = umask (077);

  g_assert_null (oh_paths_make_public_dir (nowhere, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  dir = oh_paths_make_public_dir (parents, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (dir, parent));
  name = g_path_get_basename (dir);
  g_assert_true (g_str_has_prefix (name, OH_PATHS_PUBLIC_PREFIX));
  g_assert_cmpuint (strlen (name), ==, OH_PATHS_PUBLIC_LENGTH);
  assert_mode (dir, "", 0711);
  for (guint i = 0; i < 2; i++)
    g_assert_true (oh_paths_publish (dir, "a/b/c", "text", -1, &error));
  assert_mode (dir, "a", 0755);
  assert_mode (dir, "a/b", 0755);
  assert_mode (dir, "a/b/c", 0644);
  file = g_build_filename (dir, "a", "b", "c", NULL);
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "text");
  g_assert_false (oh_paths_publish (dir, "a/b/c/d", "text", -1, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
  umask (before);
  oh_paths_remove_dir (dir);
  g_assert_false (g_file_test (dir, G_FILE_TEST_EXISTS));
  oh_paths_remove_dir (parent);
}

static void
test_data_dir (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *root = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (root, "file", NULL);
  g_autofree char *below_file = g_build_filename (file, "data", NULL);
  g_autofree char *wanted = g_build_filename (root, "new", "data", NULL);
  g_autofree char *dir = NULL;
  struct stat st;

  g_setenv ("OVERHEAR_DATA_DIR", wanted, TRUE);
  dir = oh_paths_get_data_dir (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (dir, ==, wanted);
  g_assert_cmpint (stat (dir, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0700);

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_setenv ("OVERHEAR_DATA_DIR", below_file, TRUE);
  g_assert_null (oh_paths_get_data_dir (&error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
  g_assert_nonnull (strstr (error->message, below_file));
  g_unsetenv ("OVERHEAR_DATA_DIR");
  oh_paths_remove_dir (root);
}

static int
overflow (int depth)
{
  volatile char frame[4096] = { (char) depth };

  return depth < 0 ? 0 : overflow (depth + 1) + frame[depth % 4096];
}

static gpointer
read_deadly (gpointer way)
{
  oh_fatal_read_enter (9223372036854775807);
  g_assert_cmpint (oh_fatal_read_enter (42), ==, 9223372036854775807);
  switch (GPOINTER_TO_INT (way))
    {
    case 0:
      abort ();
    case 1:
      return GINT_TO_POINTER (overflow (0));
    case 2:
      raise (SIGFPE);
      break;
    default:
      oh_fatal_read_enter (0);
      abort ();
    }
  return NULL;
}

/* What is being read as a process dies is known to the next one, whatever it died of. */
static void
test_fatal_read (void)
{
  static const char *const expected[] = { "42\n", "42\n42\n", "42\n42\n42\n", "42\n42\n42\n" };
  g_autofree char *root = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (root, OH_FATAL_READ_FILE, NULL);

  for (int way = 0; way < 4; way++)
    {
      g_autofree char *said = NULL;
      pid_t child = fork ();
      int status;

      if (child == 0)
        {
          setrlimit (RLIMIT_CORE, &(struct rlimit){ 0, 0 });
          oh_fatal_read_open (root);
          g_thread_join (g_thread_new ("reader", read_deadly, GINT_TO_POINTER (way)));
          _exit (0);
        }
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      g_assert_cmpint (status, !=, 0); /* sanitizers exit */
      g_assert_true (g_file_get_contents (file, &said, NULL, NULL));
      g_assert_cmpstr (said, ==, expected[way]);
    }
  g_assert_true (g_file_set_contents (file, "42\nnonsense\n\n9223372036854775807\n0\n", -1, NULL));
  g_assert_false (oh_fatal_read_contains (42));
  oh_fatal_read_open (root);
  g_assert_true (oh_fatal_read_contains (42));
  g_assert_true (oh_fatal_read_contains (9223372036854775807));
  g_assert_false (oh_fatal_read_contains (0));
  oh_paths_remove_dir (root);
}

static void
test_address (void)
{
  static const char *const pairs[][2] = {
    { "http://127.0.0.1:9/proxy.pac", "http://127.0.0.1:9/proxy.pac" },
    { "http://me:p%zzsecret@127.0.0.1:9/proxy.pac?key=secret", "http://127.0.0.1:9/proxy.pac" },
    { "http://me:a@secret#/?@host/x#secret", "http://host/x" },
    { "me:secret@host", "host" },
    { "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autofree char *shown = oh_format_address (pairs[i][0]);

      g_assert_cmpstr (shown, ==, pairs[i][1]);
    }
}

/* From right to left "30 %" would read "% 30", and a date would stand behind its time. */
static void
check_rtl (void)
{
  g_autofree char *plain = oh_format_percent (30, 0);
  g_autofree char *date = oh_format_date_time (0);
  g_autofree char *isolated_date = NULL, *percent = NULL, *tokens = NULL, *cost = NULL, *exact = NULL, *name = NULL;
  g_autofree char *expected = g_strconcat ("\u2068", date, "\u2069", NULL);

  oh_format_set_rtl (TRUE);
  isolated_date = oh_format_date_time (0);
  percent = oh_format_percent (9.5, 1);
  tokens = oh_format_tokens (12, TRUE);
  cost = oh_format_cost (0.0123, TRUE);
  exact = oh_format_cost (0.0123, FALSE);
  name = oh_format_isolate ("sonnet-5");
  oh_format_set_rtl (FALSE);
  g_assert_cmpstr (plain, ==, "30 %");
  g_assert_cmpstr (isolated_date, ==, expected);
  g_assert_cmpstr (percent, ==, "\u20689.5 %\u2069");
  g_assert_cmpstr (tokens, ==, "\u2068≈12\u2069");
  g_assert_cmpstr (cost, ==, "\u2068≈$0.0123\u2069");
  g_assert_cmpstr (exact, ==, "$0.0123");
  g_assert_cmpstr (name, ==, "\u2068sonnet-5\u2069");
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/format/address", test_address);
  g_test_add_func ("/base/clock", test_clock);
  g_test_add_func ("/base/token", test_token);
  g_test_add_func ("/base/format", test_format);
  g_test_add_func ("/base/visible", test_visible);
  g_test_add_func ("/base/runtime-dir", test_runtime_dir);
  g_test_add_func ("/base/public-dir", test_public_dir);
  g_test_add_func ("/base/data-dir", test_data_dir);
  g_test_add_func ("/base/fatal-read", test_fatal_read);
  g_test_add_func ("/format/rtl", check_rtl);
  return g_test_run ();
}
