/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-printing.h"

#include "oh-announcer.h"
#include "oh-export.h"
#include "oh-markdown-print.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *data_dir;
  gint64 exchange_id;
  char *title;
  GPtrArray *blocks;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->data_dir);
  g_free (job->title);
  g_clear_pointer (&job->blocks, g_ptr_array_unref);
  g_free (job);
}

/* By way of a file: that is how exports are written, and it is this user's alone. */
static char *
read_markdown (const Job *job, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char *folder = g_dir_make_tmp ("overhear-print-XXXXXX", error);
  g_autofree char *path = folder == NULL ? NULL : g_build_filename (folder, "print.md", NULL);
  char *text = NULL;

  if (path == NULL)
    return NULL;
  g_array_append_val (ids, job->exchange_id);
  if (oh_export_write (job->data_dir, ids, oh_exporters_find_by_name ("markdown"), OH_EXPORT_PLAIN, path, NULL, NULL, NULL,
                       error))
    g_file_get_contents (path, &text, NULL, error);
  g_unlink (path);
  g_rmdir (folder);
  return text;
}

/* The first line says what it is about. (transfer full) */
static char *
make_title (const char *text)
{
  const char *end = strchr (text, '\n');
  char *title = end != NULL && g_str_has_prefix (text, "# ") ? g_strndup (text + 2, (gsize) (end - text) - 2) : NULL;

  return title != NULL ? title : g_strdup (_ ("Conversation"));
}

static void
read_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = read_markdown (job, &error);
  g_autofree char *valid = text == NULL ? NULL : g_utf8_make_valid (text, -1);

  if (valid == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  job->title = make_title (valid);
  job->blocks = oh_markdown_parse (valid);
  g_task_return_boolean (task, TRUE);
}

static void
on_done (GtkPrintOperation *paper, GtkPrintOperationResult result, GtkWindow *window)
{
  g_autoptr (GError) error = NULL;

  if (result != GTK_PRINT_OPERATION_RESULT_ERROR)
    return;
  gtk_print_operation_get_error (paper, &error);
  oh_say (gtk_window_get_child (window), error != NULL ? error->message : _ ("It could not be printed"));
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  GtkWindow *window = GTK_WINDOW (source);
  Job *job = g_task_get_task_data (G_TASK (result));
  g_autoptr (GtkPrintOperation) paper = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      oh_say (gtk_window_get_child (window), error->message);
      return;
    }
  paper = oh_markdown_print_new (job->blocks, job->title);
  g_signal_connect_object (paper, "done", G_CALLBACK (on_done), window, 0);
  gtk_print_operation_run (paper, GTK_PRINT_OPERATION_ACTION_PRINT_DIALOG, window, NULL);
}

void
oh_printing_print (GtkWindow *window, OhEngine *engine, gint64 exchange_id)
{
  g_autoptr (GTask) task = NULL;
  Job *job;

  g_return_if_fail (GTK_IS_WINDOW (window));
  g_return_if_fail (OH_IS_ENGINE (engine));

  job = g_new0 (Job, 1);
  job->data_dir = g_strdup (oh_engine_get_data_dir (engine));
  job->exchange_id = exchange_id;
  task = g_task_new (window, NULL, on_read, NULL);
  g_task_set_source_tag (task, oh_printing_print);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, read_on_worker);
}
