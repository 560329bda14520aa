/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Export and import that are stopped on the way: no half file, nothing lost. */
#include "oh-engine.h"
#include "oh-export.h"
#include "oh-import.h"

#include <glib/gstdio.h>
#include <string.h>

#define ENTRIES 400
#define ENTRY                                                                                                          \
  "{\"startedDateTime\":\"2026-01-02T03:04:05Z\",\"time\":6,\"cache\":{},\"timings\":{\"send\":1,\"wait\":2,\"receive\":3}," \
  "\"request\":{\"method\":\"GET\",\"url\":\"https://api.anthropic.com/v1/%d\",\"httpVersion\":\"HTTP/1.1\",\"cookies\":[]," \
  "\"headers\":[],\"queryString\":[],\"headersSize\":-1,\"bodySize\":0},\"response\":{\"status\":200,\"statusText\":\"OK\"," \
  "\"httpVersion\":\"HTTP/1.1\",\"cookies\":[],\"headers\":[],\"content\":{\"size\":2,\"mimeType\":\"application/json\"," \
  "\"text\":\"{}\"},\"redirectURL\":\"\",\"headersSize\":-1,\"bodySize\":2}}"

typedef struct
{
  char *dir;    /* the store's */
  char *folder; /* the files' */
  char *har;
  OhEngine *engine;
} Fixture;

typedef struct
{
  GCancellable *cancellable; /* to be cancelled as soon as there is progress; or NULL */
  GMainLoop *loop;
  OhImported imported;
  GError *error;
} Import;

static void
on_progress (guint done, guint total, gpointer cancellable)
{
  if (cancellable != NULL)
    g_cancellable_cancel (cancellable);
}

static void
on_imported (GObject *source, GAsyncResult *result, gpointer data)
{
  Import *import = data;

  oh_import_file_finish (result, &import->imported, &import->error);
  g_main_loop_quit (import->loop);
}

static void
import_file (Fixture *fixture, Import *import)
{
  import->loop = g_main_loop_new (NULL, FALSE);
  oh_import_file_async (fixture->engine, fixture->har, on_progress, import->cancellable, import->cancellable, on_imported,
                        import);
  g_main_loop_run (import->loop);
  g_main_loop_unref (import->loop);
}

static GArray *
find_run (Fixture *fixture, gint64 run_id)
{
  return oh_store_reader_find (oh_engine_get_reader (fixture->engine), &(OhQuery){ .run_id = run_id }, NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) har = g_string_new ("{\"log\":{\"version\":\"1.2\",\"entries\":[");
  Import import = { NULL };

  fixture->dir = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  fixture->folder = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  fixture->har = g_build_filename (fixture->folder, "all.har", NULL);
  for (int i = 0; i < ENTRIES; i++)
    g_string_append_printf (har, "%s" ENTRY, i > 0 ? "," : "", i);
  g_string_append (har, "]}}");
  g_assert_true (g_file_set_contents (fixture->har, har->str, (gssize) har->len, NULL));
  fixture->engine = oh_engine_new (fixture->dir, "window", 0, &error);
  g_assert_no_error (error);
  import_file (fixture, &import);
  g_assert_no_error (import.error);
  g_assert_cmpuint (import.imported.exchanges, ==, ENTRIES);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  oh_engine_shutdown (fixture->engine, TRUE);
  g_assert_finalize_object (fixture->engine);
  oh_paths_remove_dir (fixture->dir);
  oh_paths_remove_dir (fixture->folder);
  g_free (fixture->dir);
  g_free (fixture->folder);
  g_free (fixture->har);
}

static guint
count_files (Fixture *fixture)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
test_export (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) ids = find_run (fixture, 0);

  g_assert_cmpuint (ids->len, ==, ENTRIES);
  for (const OhExporter *const *exporter = oh_exporters_get (); *exporter != NULL; exporter++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      g_autofree char *name = g_strconcat ("out", (*exporter)->suffix, NULL);
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
      g_autofree char *kept = NULL;
      GStatBuf status;

      g_assert_true (g_file_set_contents (path, "what was there", -1, NULL));
      g_assert_false (oh_export_write (fixture->dir, ids, *exporter, OH_EXPORT_PLAIN, path, on_progress, cancellable, cancellable,
                                       &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_true (g_file_get_contents (path, &kept, NULL, NULL));
      g_assert_cmpstr (kept, ==, "what was there");
      g_assert_cmpuint (count_files (fixture), ==, 2);

      g_clear_error (&error);
      if ((*exporter)->add_trace != NULL)
        {
          /* What was captured is no call. */
          g_assert_false (oh_export_write (fixture->dir, ids, *exporter, OH_EXPORT_PLAIN, path, on_progress, NULL, NULL, &error));
          g_assert_error (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_NOTHING);
          g_assert_cmpuint (count_files (fixture), ==, 2);
          g_unlink (path);
          continue;
        }
      g_assert_true (oh_export_write (fixture->dir, ids, *exporter, OH_EXPORT_PLAIN, path, on_progress, NULL, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpint (g_stat (path, &status), ==, 0);
      g_assert_cmpint (status.st_mode & 0777, ==, 0600);
      g_assert_cmpint (status.st_size, >, (goffset) strlen (kept));
      g_assert_cmpuint (count_files (fixture), ==, 2);
      g_unlink (path);
    }
}

/* What was read before stays, whole; what was there before does so, too. */
static void
test_import (Fixture *fixture, gconstpointer data)
{
  Import import = { g_cancellable_new () };
  g_autoptr (GArray) before = NULL;
  g_autoptr (GArray) mine = NULL;
  g_autoptr (GArray) after = NULL;

  before = find_run (fixture, 0);
  import_file (fixture, &import);
  if (import.error != NULL)
    g_assert_error (import.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else
    g_assert_cmpuint (import.imported.exchanges, ==, ENTRIES);
  oh_engine_flush (fixture->engine);
  mine = import.imported.run_id != 0 ? find_run (fixture, import.imported.run_id) : g_array_new (FALSE, FALSE, 8);
  after = find_run (fixture, 0);
  g_assert_cmpuint (mine->len, ==, import.imported.exchanges);
  g_assert_cmpuint (after->len, ==, before->len + mine->len);
  for (guint i = 0; i < mine->len; i++)
    {
      g_autoptr (OhExchange) exchange =
        oh_store_reader_get_exchange (oh_engine_get_reader (fixture->engine), g_array_index (mine, gint64, i));

      g_assert_cmpint (exchange->outcome, ==, OH_OUTCOME_FINISHED);
      g_assert_cmpint (exchange->response_length, ==, 2);
    }
  g_clear_error (&import.error);
  g_object_unref (import.cancellable);
}

/* Of what goes together: the run, some calls of it; nothing of what is none. */
static void
test_part (Fixture *fixture, gconstpointer data)
{
  OhStoreReader *reader = oh_engine_get_reader (fixture->engine);
  g_autoptr (GArray) all = find_run (fixture, 0);
  g_autoptr (OhExchange) one = oh_store_reader_get_exchange (reader, g_array_index (all, gint64, 1));
  const char *const none[] = { "", "run", "run:", "run:x", "trace:0", "calls:", "calls:x", "session:nobody", "thread:0", "all" };
  g_autofree char *run = oh_part_name_run (one->run_id);
  g_autofree char *calls = oh_part_name_exchanges (&g_array_index (all, gint64, 1), 2);
  g_autoptr (GArray) found = oh_part_find (reader, run);

  g_assert_cmpuint (found->len, ==, ENTRIES);
  g_clear_pointer (&found, g_array_unref);
  found = oh_part_find (reader, calls);
  g_assert_cmpuint (found->len, ==, 2);
  g_assert_cmpint (g_array_index (found, gint64, 1), ==, g_array_index (all, gint64, 2));
  for (gsize i = 0; i < G_N_ELEMENTS (none); i++)
    {
      g_autoptr (GArray) nothing = oh_part_find (reader, none[i]);

      g_assert_cmpuint (nothing->len, ==, 0);
    }
}

static void
test_quote (void)
{
  const char *const commands[] = { "python3 agent.py", "sh -c 'echo \"$HOME\"'", "printf '' 'a b' '~'", NULL };

  for (const char *const *command = commands; *command != NULL; command++)
    {
      g_auto (GStrv) argv = oh_engine_parse_command (*command, NULL);
      g_autofree char *line = oh_engine_quote_command (argv);

      g_assert_cmpstr (line, ==, *command);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/transfers/export-stopped", Fixture, NULL, set_up, test_export, tear_down);
  g_test_add ("/transfers/import-stopped", Fixture, NULL, set_up, test_import, tear_down);
  g_test_add ("/transfers/part", Fixture, NULL, set_up, test_part, tear_down);
  g_test_add_func ("/transfers/quoted-command", test_quote);
  return g_test_run ();
}
