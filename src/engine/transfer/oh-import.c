/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"
#include "oh-import-private.h"
#include "oh-import.h"

#include "oh-decoder.h"
#include "oh-redact.h"

#include <glib/gi18n.h>
#include <string.h>

/* Progress is told in thousandths of the file: what it holds is known at its end only. */
#define TELL_TOTAL 1000
#define UNPACKED_MAX (G_GUINT64_CONSTANT (1) << 30)

G_DEFINE_QUARK (oh-import-error-quark, oh_import_error)

/* On its own thread. */
typedef struct
{
  char *path;
  OhStore *store;
  GBytes *key;
  OhTeller teller;
  GCancellable *cancellable;
  gsize length;
  OhRun *run;
  gint64 ended_ns;
  OhImported imported;
} Work;

static void
tell (Work *work, gsize at)
{
  oh_teller_tell (&work->teller, (guint) ((double) at / (double) work->length * TELL_TOTAL), TELL_TOTAL, work->cancellable);
}

/* The run a file's exchanges belong to. (transfer full) */
static OhRun *
make_run (const char *path)
{
  OhRun *run = oh_run_new ();
  const char *const argv[] = { "overhear", "import", path, NULL };
  g_autofree char *name = g_path_get_basename (path);

  run->name = g_utf8_make_valid (name, -1);
  run->argv = g_strdupv ((char **) argv);
  run->cwd = g_get_current_dir ();
  run->origin = g_strdup ("import");
  return run;
}

static gboolean
take (OhTransfer *taken, gboolean trusted, gsize at, gpointer data)
{
  Work *work = data;
  g_autoptr (OhTransfer) transfer = taken;
  OhExchange *exchange;

  tell (work, at);
  if (transfer == NULL)
    {
      work->imported.skipped++;
      return !g_cancellable_is_cancelled (work->cancellable);
    }
  exchange = transfer->exchange;
  if (!trusted)
    {
      /* More went over the wire than is in the file. */
      const gint64 lost[] = { exchange->request_length - (gint64) g_bytes_get_size (transfer->bodies[OH_SIDE_REQUEST]),
                              exchange->response_length - (gint64) g_bytes_get_size (transfer->bodies[OH_SIDE_RESPONSE]) };

      oh_redact_exchange (work->key, exchange, &transfer->bodies[OH_SIDE_REQUEST], &transfer->bodies[OH_SIDE_RESPONSE]);
      exchange->request_length = (gint64) g_bytes_get_size (transfer->bodies[OH_SIDE_REQUEST]) + lost[OH_SIDE_REQUEST];
      exchange->response_length = (gint64) g_bytes_get_size (transfer->bodies[OH_SIDE_RESPONSE]) + lost[OH_SIDE_RESPONSE];
    }
  /* The run begins with its earliest exchange, which need not be the first. */
  if (exchange->started_ns > 0 && (work->run->started_ns == 0 || exchange->started_ns < work->run->started_ns))
    work->run->started_ns = exchange->started_ns;
  if (work->imported.run_id == 0)
    work->imported.run_id = work->run->id = oh_store_add_run (work->store, work->run);
  work->ended_ns = MAX (work->ended_ns, exchange->started_ns + MAX (exchange->timings.ended, 0));
  oh_transfer_push (transfer, NULL, work->store, work->imported.run_id);
  work->imported.exchanges++;
  return !g_cancellable_is_cancelled (work->cancellable);
}

/* A file that is packed as a whole: mitmproxy's ".zhar", or with gzip. @unpacked: (out) (transfer full) (nullable) */
static void
unpack (const char **data, gsize *length, char **unpacked)
{
  const gboolean zlib = *length > 2 && **data == 0x78;
  const gboolean gzip = *length > 2 && memcmp (*data, "\x1f\x8b", 2) == 0;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (OhDecoder) decoder = NULL;

  if (!zlib && !gzip)
    return;
  decoder = oh_decoder_new (zlib ? "deflate" : "gzip", UNPACKED_MAX, NULL);
  if (!oh_decoder_feed (decoder, *data, *length, out, NULL) || !oh_decoder_end (decoder, out, NULL) || out->len == 0)
    return;
  *length = out->len;
  *data = *unpacked = (char *) g_byte_array_free (g_steal_pointer (&out), FALSE);
}

/* UTF-8 without a byte order mark, from UTF-8 with one or from UTF-16; other bytes as they are.
 * @converted: (out) (transfer full) (nullable): what holds the text, where it is not the file's own */
static void
find_text (const char **data, gsize *length, char **converted)
{
  const char *from = NULL;

  if (*length >= 3 && memcmp (*data, "\xef\xbb\xbf", 3) == 0)
    {
      *data += 3;
      *length -= 3;
      return;
    }
  if (*length >= 4 && memcmp (*data, "\xff\xfe", 2) == 0)
    from = "UTF-16LE";
  else if (*length >= 4 && memcmp (*data, "\xfe\xff", 2) == 0)
    from = "UTF-16BE";
  if (from != NULL)
    *converted = g_convert (*data + 2, (gssize) *length - 2, "UTF-8", from, NULL, length, NULL);
  if (*converted != NULL)
    *data = *converted;
}

static gboolean
perform (Work *work, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GMappedFile) file = g_mapped_file_new (work->path, FALSE, &problem);
  g_autofree char *unpacked = NULL;
  g_autofree char *converted = NULL;
  const char *data;
  gboolean known;

  if (file == NULL)
    {
      g_set_error (error, OH_IMPORT_ERROR, OH_IMPORT_ERROR_READ, _ ("%s cannot be read: %s"), work->path,
                   problem->message);
      return FALSE;
    }
  data = g_mapped_file_get_contents (file);
  work->length = g_mapped_file_get_length (file);
  unpack (&data, &work->length, &unpacked);
  find_text (&data, &work->length, &converted);
  work->run = make_run (work->path);
  known = work->length > 0 &&
          (oh_import_lines (data, work->length, take, work) || oh_import_flows (data, work->length, take, work) ||
           oh_import_har (data, work->length, take, work));
  if (work->imported.run_id != 0)
    {
      g_autoptr (OhRun) ended = oh_run_copy (work->run);

      ended->ended_ns = MAX (work->ended_ns, ended->started_ns + 1);
      ended->exit_status = 0;
      oh_store_update_run (work->store, ended);
      oh_store_flush (work->store);
    }
  if (g_cancellable_set_error_if_cancelled (work->cancellable, error))
    return FALSE;
  if (!known)
    {
      g_set_error (error, OH_IMPORT_ERROR, OH_IMPORT_ERROR_FORMAT,
                   _ ("%s is neither a HAR file, nor JSON Lines that Overhear exported, nor a file of mitmproxy’s flows."),
                   work->path);
      return FALSE;
    }
  if (work->imported.exchanges == 0)
    {
      g_set_error (error, OH_IMPORT_ERROR, OH_IMPORT_ERROR_NOTHING, _ ("There is no exchange in %s."), work->path);
      return FALSE;
    }
  tell (work, work->length);
  return TRUE;
}

static void
work_free (gpointer data)
{
  Work *work = data;

  g_free (work->path);
  g_object_unref (work->store);
  g_bytes_unref (work->key);
  g_main_context_unref (work->teller.context);
  g_clear_object (&work->cancellable);
  g_clear_pointer (&work->run, oh_run_unref);
  g_free (work);
}

static void
run (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (perform (data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

gboolean
oh_import_is_name (const char *name)
{
  static const char *const endings[] = { ".har", ".zhar", ".jsonl", ".flow", ".flows", ".mitm", NULL };
  const char *ending = strrchr (name, '.');
  g_autofree char *lower = ending != NULL ? g_ascii_strdown (ending, -1) : NULL;

  return lower != NULL && g_strv_contains (endings, lower);
}

void
oh_import_file_async (OhEngine *engine, const char *path, OhProgressFunc progress, gpointer progress_data,
                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = NULL;
  Work *work;

  g_return_if_fail (OH_IS_ENGINE (engine) && path != NULL);

  task = g_task_new (engine, cancellable, callback, data);
  work = g_new0 (Work, 1);
  work->path = g_strdup (path);
  work->store = g_object_ref (oh_engine_get_store (engine));
  work->key = oh_engine_read_redaction_key (oh_engine_get_data_dir (engine));
  work->teller = (OhTeller) { progress, progress_data, g_main_context_ref_thread_default () };
  work->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  g_task_set_source_tag (task, oh_import_file_async);
  g_task_set_task_data (task, work, work_free);
  /* What was done to its end is done, whatever the cancellable says since. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, run);
}

gboolean
oh_import_file_finish (GAsyncResult *result, OhImported *imported, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, oh_import_file_async), FALSE);

  if (imported != NULL)
    *imported = ((Work *) g_task_get_task_data (G_TASK (result)))->imported;
  return g_task_propagate_boolean (G_TASK (result), error);
}
