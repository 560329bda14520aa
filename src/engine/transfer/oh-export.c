/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-export-private.h"

#include "oh-ends.h"
#include "oh-insight.h"
#include "oh-paths.h"
#include "oh-store-traces.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* How often progress is told. */
#define TELL_US 50000
#define ROWS_AT_ONCE 500

G_DEFINE_QUARK (oh-export-error-quark, oh_export_error)

static const OhExporter database_exporter = {
  .name = "db",
  .suffix = ".db",
  .title = N_ ("Overhear database (.db)"),
  .store = TRUE,
};

static const OhExporter *const exporters[] = {
  &oh_exporter_har,
  &oh_exporter_otlp,
  &oh_exporter_lines,
  &oh_exporter_markdown,
  &database_exporter,
  NULL,
};

/* One piece of work; on its own thread if it was started so. */
typedef struct
{
  char *data_dir;
  GArray *ids;
  const OhExporter *exporter;
  OhExportFlags flags;
  char *path;
  OhTeller teller;
} Work;

/* On its way to another thread. */
typedef struct
{
  OhProgressFunc func;
  gpointer data;
  guint done;
  guint total;
  GCancellable *cancellable;
} Telling;

const OhExporter *const *
oh_exporters_get (void)
{
  return exporters;
}

const OhExporter *
oh_exporters_find_by_name (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = 0; exporters[i] != NULL; i++)
    if (g_str_equal (exporters[i]->name, name))
      return exporters[i];
  return NULL;
}

const OhExporter *
oh_exporters_find_by_path (const char *path)
{
  g_return_val_if_fail (path != NULL, NULL);

  for (guint i = 0; exporters[i] != NULL; i++)
    if (g_str_has_suffix (path, exporters[i]->suffix))
      return exporters[i];
  return NULL;
}

static gboolean
deliver (gpointer data)
{
  Telling *telling = data;

  if (telling->cancellable == NULL || !g_cancellable_is_cancelled (telling->cancellable))
    telling->func (telling->done, telling->total, telling->data);
  return G_SOURCE_REMOVE;
}

static void
telling_free (gpointer data)
{
  Telling *telling = data;

  g_clear_object (&telling->cancellable);
  g_free (telling);
}

void
oh_teller_tell (OhTeller *self, guint done, guint total, GCancellable *cancellable)
{
  const gint64 now = g_get_monotonic_time ();
  g_autoptr (GSource) source = NULL;
  Telling *telling;

  if (self->func == NULL || (now - self->told_us < TELL_US && done < total))
    return;
  self->told_us = now;
  if (self->context == NULL)
    {
      self->func (done, total, self->data);
      return;
    }
  telling = g_new0 (Telling, 1);
  *telling = (Telling) { self->func, self->data, done, total, cancellable != NULL ? g_object_ref (cancellable) : NULL };
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, deliver, telling, telling_free);
  g_source_attach (source, self->context);
}

static void
set_write_error (GError **error, const char *path, int number)
{
  g_set_error (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_WRITE, _ ("%s cannot be written: %s"),
               path != NULL ? path : _ ("Standard output"), g_strerror (number));
}

/* Of each conversation only the calls that say what no other says: they carry the rest. (transfer full) */
static GArray *
choose_leaves (OhStoreReader *reader, GArray *ids)
{
  GArray *leaves = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (OhEnds) ends = oh_ends_new ();

  for (guint from = 0; from < ids->len; from += ROWS_AT_ONCE)
    {
      g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (reader, &g_array_index (ids, gint64, from),
                                                             MIN (ROWS_AT_ONCE, ids->len - from));

      for (guint i = 0; i < rows->len; i++)
        oh_ends_add (ends, rows->pdata[i]);
    }
  for (guint i = 0; i < ids->len; i++)
    if (!oh_ends_is_carried (ends, g_array_index (ids, gint64, i)))
      g_array_append_val (leaves, g_array_index (ids, gint64, i));
  return leaves;
}

GArray *
oh_export_find_traces (OhStoreReader *reader, GArray *ids, GHashTable *chosen)
{
  GArray *traces = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint from = 0; from < ids->len; from += ROWS_AT_ONCE)
    {
      g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (reader, &g_array_index (ids, gint64, from),
                                                             MIN (ROWS_AT_ONCE, ids->len - from));

      for (guint i = 0; i < rows->len; i++)
        {
          const OhExchange *row = rows->pdata[i];
          const gint64 trace_id = row != NULL && row->place != NULL ? row->place->trace_id : 0;

          g_hash_table_add (chosen, &g_array_index (ids, gint64, from + i));
          if (trace_id != 0 && g_hash_table_add (seen, g_memdup2 (&trace_id, sizeof trace_id)))
            g_array_append_val (traces, trace_id);
        }
    }
  return traces;
}

static gboolean
write_traces (Work *work, OhStoreReader *reader, FILE *file, GCancellable *cancellable, GError **error)
{
  g_autoptr (GHashTable) chosen = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GArray) traces = NULL;

  oh_teller_tell (&work->teller, 0, work->ids->len, cancellable);
  traces = oh_export_find_traces (reader, work->ids, chosen);
  for (guint i = 0; i < traces->len && !ferror (file); i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      oh_teller_tell (&work->teller, (guint) ((guint64) work->ids->len * i / traces->len), work->ids->len, cancellable);
      work->exporter->add_trace (file, reader, g_array_index (traces, gint64, i), chosen, work->flags);
    }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (traces->len == 0)
    {
      g_set_error_literal (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_NOTHING, _ ("None of this stands in a trace."));
      return FALSE;
    }
  if (ferror (file))
    {
      set_write_error (error, work->path, errno);
      return FALSE;
    }
  oh_teller_tell (&work->teller, work->ids->len, work->ids->len, cancellable);
  return TRUE;
}

static gboolean
write_text (Work *work, OhStoreReader *reader, FILE *file, GCancellable *cancellable, GError **error)
{
  const OhExporter *exporter = work->exporter;
  g_autoptr (GArray) ids = exporter->ends ? choose_leaves (reader, work->ids) : g_array_ref (work->ids);
  gboolean first = TRUE;

  if (exporter->add_trace != NULL)
    return write_traces (work, reader, file, cancellable, error);
  if (exporter->begin != NULL)
    exporter->begin (file, reader, ids);
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (GError) problem = NULL;
      g_autoptr (OhTransfer) transfer = NULL;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      oh_teller_tell (&work->teller, i, work->ids->len, cancellable);
      transfer = oh_transfer_load (reader, g_array_index (ids, gint64, i), &problem);
      if (problem != NULL)
        {
          g_set_error_literal (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_READ, problem->message);
          return FALSE;
        }
      if (transfer == NULL)
        continue;
      exporter->add (file, reader, transfer, first);
      first = FALSE;
      if (ferror (file))
        {
          set_write_error (error, work->path, errno);
          return FALSE;
        }
    }
  if (exporter->end != NULL)
    exporter->end (file);
  oh_teller_tell (&work->teller, work->ids->len, work->ids->len, cancellable);
  return TRUE;
}

/* A device, a pipe: no other file may take its place. */
static gboolean
is_special (const char *path)
{
  GStatBuf found;

  return g_stat (path, &found) == 0 && !S_ISREG (found.st_mode);
}

/* Under a name of its own until it is complete. */
static gboolean
write_file (Work *work, OhStoreReader *reader, GCancellable *cancellable, GError **error)
{
  const gboolean special = is_special (work->path);
  /* A link stays one. */
  g_autofree char *linked = special ? NULL : realpath (work->path, NULL);
  const char *path = linked != NULL ? linked : work->path;
  g_autofree char *temporary = g_strconcat (path, ".XXXXXX", NULL);
  const int fd = special ? g_open (path, O_WRONLY | O_CLOEXEC) : g_mkstemp_full (temporary, O_RDWR | O_CLOEXEC, 0600);
  FILE *file = fd >= 0 ? fdopen (fd, "w") : NULL;
  gboolean done;
  int number = 0;

  if (file == NULL)
    {
      set_write_error (error, work->path, errno);
      return FALSE;
    }
  done = write_text (work, reader, file, cancellable, error);
  if (done && (fflush (file) != 0 || (!special && fsync (fd) != 0)))
    number = errno;
  if (fclose (file) != 0 && number == 0)
    number = errno;
  if (done && number == 0 && !special && g_rename (temporary, path) != 0)
    number = errno;
  if (done && number != 0)
    {
      set_write_error (error, work->path, number);
      done = FALSE;
    }
  if (!done && !special)
    g_unlink (temporary);
  return done;
}

/* Runs by their ids in this store → in the copy. */
static gint64
copy_run (GHashTable *runs, OhStoreReader *reader, OhStore *copy, gint64 run_id)
{
  gint64 *known = g_hash_table_lookup (runs, &run_id);
  g_autoptr (OhRun) run = NULL;
  g_autoptr (GBytes) console = NULL;
  gint64 id;

  if (run_id <= 0)
    return 0;
  if (known != NULL)
    return *known;
  run = oh_store_reader_get_run (reader, run_id);
  id = run != NULL ? oh_store_add_run (copy, run) : 0;
  if (run != NULL)
    {
      g_autoptr (OhRun) stored = oh_run_copy (run);

      console = oh_store_reader_read_console (reader, run_id, 0);
      if (console != NULL && g_bytes_get_size (console) > 0)
        oh_store_append_console (copy, id, console);
      stored->id = id;
      if (stored->ended_ns == 0)
        stored->ended_ns = stored->started_ns;
      oh_store_update_run (copy, stored);
    }
  g_hash_table_insert (runs, g_memdup2 (&run_id, sizeof run_id), g_memdup2 (&id, sizeof id));
  return id;
}

static gboolean
fill_copy (Work *work, OhStoreReader *reader, OhStore *copy, GCancellable *cancellable, GError **error)
{
  g_autoptr (GHashTable) runs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);

  for (guint i = 0; i < work->ids->len; i++)
    {
      g_autoptr (OhTransfer) transfer = NULL;
      g_autoptr (GError) problem = NULL;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      oh_teller_tell (&work->teller, i, work->ids->len, cancellable);
      transfer = oh_transfer_load (reader, g_array_index (work->ids, gint64, i), &problem);
      if (problem != NULL)
        {
          g_set_error_literal (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_READ, problem->message);
          return FALSE;
        }
      if (transfer != NULL)
        oh_transfer_push (transfer, reader, copy, copy_run (runs, reader, copy, transfer->exchange->run_id));
    }
  return TRUE;
}

/* A store like ours in a folder beside the file, understood anew; its database then takes the file's name. */
static gboolean
write_database (Work *work, OhStoreReader *reader, GCancellable *cancellable, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (work->path);
  g_autofree char *folder = g_build_filename (parent, ".overhear-export-XXXXXX", NULL);
  g_autofree char *database = NULL;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (OhInsight) insight = NULL;
  g_autoptr (OhStore) copy = NULL;
  g_autoptr (GError) problem = NULL;
  gboolean done;

  if (is_special (work->path))
    {
      set_write_error (error, work->path, ENOTSUP);
      return FALSE;
    }
  if (g_mkdtemp_full (folder, 0700) == NULL)
    {
      set_write_error (error, work->path, errno);
      return FALSE;
    }
  /* Nobody listens to the copy's signals. */
  g_main_context_push_thread_default (context);
  copy = oh_store_open (folder, &problem);
  done = copy != NULL;
  if (done)
    {
      insight = oh_insight_new (copy, NULL);
      done = fill_copy (work, reader, copy, cancellable, error);
      oh_store_flush (copy);
      if (done)
        problem = NULL;
      g_autofree char *trouble = oh_store_dup_trouble (copy);
      if (done && trouble != NULL)
        {
          g_set_error_literal (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_WRITE, trouble);
          done = FALSE;
        }
      if (insight != NULL)
        {
          if (done)
            oh_insight_flush (insight);
          oh_insight_stop (insight);
        }
      oh_store_close (copy);
    }
  else
    g_set_error_literal (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_WRITE, problem->message);
  g_main_context_pop_thread_default (context);
  database = g_build_filename (folder, "overhear.db", NULL);
  if (done && g_rename (database, work->path) != 0)
    {
      set_write_error (error, work->path, errno);
      done = FALSE;
    }
  oh_paths_remove_dir (folder);
  if (done)
    oh_teller_tell (&work->teller, work->ids->len, work->ids->len, cancellable);
  return done;
}

static gboolean
perform (Work *work, GCancellable *cancellable, GError **error)
{
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (GError) problem = NULL;
  gboolean written;

  if (work->ids->len == 0)
    {
      g_set_error_literal (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_NOTHING, _ ("There is nothing to export."));
      return FALSE;
    }
  reader = oh_store_reader_new (work->data_dir, &problem);
  if (reader == NULL)
    {
      g_set_error_literal (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_READ, problem->message);
      return FALSE;
    }
  if (work->exporter->store)
    written = write_database (work, reader, cancellable, error);
  else if (work->path != NULL)
    written = write_file (work, reader, cancellable, error);
  else
    written = write_text (work, reader, stdout, cancellable, error);
  if (!written)
    return FALSE;
  if (work->path == NULL && fflush (stdout) != 0)
    {
      set_write_error (error, NULL, errno);
      return FALSE;
    }
  /* What is written lacks what could not be read. */
  if (oh_store_reader_is_sound (reader, &problem))
    return TRUE;
  g_set_error_literal (error, OH_EXPORT_ERROR, OH_EXPORT_ERROR_READ, problem->message);
  return FALSE;
}

static void
work_free (gpointer data)
{
  Work *work = data;

  g_free (work->data_dir);
  g_free (work->path);
  g_array_unref (work->ids);
  g_clear_pointer (&work->teller.context, g_main_context_unref);
  g_free (work);
}

static Work *
work_new (const char *data_dir, GArray *ids, const OhExporter *exporter, const char *path, OhProgressFunc progress,
          gpointer data)
{
  Work *work = g_new0 (Work, 1);

  work->data_dir = g_strdup (data_dir);
  work->ids = g_array_copy (ids);
  work->exporter = exporter;
  work->path = g_strdup (path);
  work->teller = (OhTeller) { .func = progress, .data = data };
  return work;
}

gboolean
oh_export_write (const char *data_dir, GArray *ids, const OhExporter *exporter, OhExportFlags flags, const char *path,
                 OhProgressFunc progress, gpointer data, GCancellable *cancellable, GError **error)
{
  Work *work;
  gboolean done;

  g_return_val_if_fail (data_dir != NULL && ids != NULL, FALSE);
  g_return_val_if_fail (exporter != NULL && (path != NULL || !exporter->store), FALSE);

  work = work_new (data_dir, ids, exporter, path, progress, data);
  work->flags = flags;
  done = perform (work, cancellable, error);
  work_free (work);
  return done;
}

static void
run (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (perform (data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
oh_export_write_async (const char *data_dir, GArray *ids, const OhExporter *exporter, const char *path,
                       OhProgressFunc progress, gpointer progress_data, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = NULL;
  Work *work;

  g_return_if_fail (data_dir != NULL && ids != NULL && exporter != NULL && path != NULL);

  task = g_task_new (NULL, cancellable, callback, data);
  work = work_new (data_dir, ids, exporter, path, progress, progress_data);
  work->teller.context = g_main_context_ref_thread_default ();
  g_task_set_source_tag (task, oh_export_write_async);
  g_task_set_task_data (task, work, work_free);
  /* What was done to its end is done, whatever the cancellable says since. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, run);
}

gboolean
oh_export_write_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, oh_export_write_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
