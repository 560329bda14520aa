/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is dragged out: written when it is taken, once, for this user alone, and gone with the program. */
#include "oh-drag-file.h"

#include <glib/gstdio.h>
#include <string.h>

static gint writes;

static gboolean
write_text (const char *path, gpointer data, GError **error)
{
  g_atomic_int_inc (&writes);
  return g_file_set_contents_full (path, data, -1, G_FILE_SET_CONTENTS_NONE, 0600, error);
}

static gboolean
write_nothing (const char *path, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "full");
  return FALSE;
}

static GdkContentProvider *
provide (gboolean text, OhDragWriteFunc write)
{
  OhDragFile *file = g_new0 (OhDragFile, 1);

  file->name = g_strdup ("a b.md");
  file->text = text;
  file->write = write;
  file->data = g_strdup ("what was said");
  file->free_data = g_free;
  return oh_drag_file_provide (file);
}

typedef struct
{
  gboolean done;
  GError *error;
} Taken;

static void
on_taken (GObject *provider, GAsyncResult *result, gpointer data)
{
  Taken *taken = data;

  gdk_content_provider_write_mime_type_finish (GDK_CONTENT_PROVIDER (provider), result, &taken->error);
  taken->done = TRUE;
}

/* (transfer full) */
static char *
take (GdkContentProvider *provider, const char *type, GError **error)
{
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  Taken taken = { 0 };

  gdk_content_provider_write_mime_type_async (provider, type, stream, G_PRIORITY_DEFAULT, NULL, on_taken, &taken);
  while (!taken.done)
    g_main_context_iteration (NULL, TRUE);
  if (taken.error != NULL)
    {
      g_propagate_error (error, taken.error);
      return NULL;
    }
  return g_strndup (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (stream)),
                    g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (stream)));
}

static void
test_file (void)
{
  g_autoptr (GdkContentProvider) provider = provide (TRUE, write_text);
  g_autoptr (GdkContentFormats) formats = gdk_content_provider_ref_formats (provider);
  g_autofree char *uris = NULL, *again = NULL, *text = NULL, *path = NULL, *folder = NULL, *base = NULL, *there = NULL;
  GStatBuf status;

  writes = 0;
  g_assert_true (gdk_content_formats_contain_mime_type (formats, "text/uri-list"));
  g_assert_true (gdk_content_formats_contain_mime_type (formats, "text/plain;charset=utf-8"));
  g_assert_cmpint (writes, ==, 0);
  uris = take (provider, "text/uri-list", NULL);
  again = take (provider, "text/uri-list", NULL);
  text = take (provider, "text/plain;charset=utf-8", NULL);
  g_assert_cmpint (writes, ==, 1);
  g_assert_cmpstr (text, ==, "what was said");
  g_assert_cmpstr (uris, ==, again);
  g_assert_true (g_str_has_suffix (uris, "/a%20b.md\r\n"));
  path = g_filename_from_uri (g_strchomp (uris), NULL, NULL);
  g_assert_true (g_file_get_contents (path, &there, NULL, NULL));
  g_assert_cmpstr (there, ==, "what was said");
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  folder = g_path_get_dirname (path);
  base = g_path_get_dirname (folder);
  g_assert_cmpint (g_stat (base, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0700);

  oh_drag_file_clean ();
  g_assert_false (g_file_test (base, G_FILE_TEST_EXISTS));
}

/* Bytes are a file and no text; what cannot be written is no drop. */
static void
test_failure (void)
{
  g_autoptr (GdkContentProvider) provider = provide (FALSE, write_nothing);
  g_autoptr (GdkContentFormats) formats = gdk_content_provider_ref_formats (provider);
  g_autoptr (GError) error = NULL;

  g_assert_false (gdk_content_formats_contain_mime_type (formats, "text/plain;charset=utf-8"));
  g_assert_null (take (provider, "text/uri-list", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  oh_drag_file_clean ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/drag/file", test_file);
  g_test_add_func ("/drag/failure", test_failure);
  return g_test_run ();
}
