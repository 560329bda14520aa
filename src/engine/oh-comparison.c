/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine.h"

#include "oh-compare.h"

typedef struct
{
  OhReading *before;
  OhReading *after;
} Pair;

static void
pair_free (gpointer data)
{
  Pair *pair = data;

  oh_reading_unref (pair->before);
  oh_reading_unref (pair->after);
  g_free (pair);
}

static void
compare (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Pair *pair = task_data;

  g_task_return_pointer (task, oh_compare_readings (pair->before, pair->after), (GDestroyNotify) oh_changes_free);
}

void
oh_comparison_new_async (
    OhReading *before, OhReading *after, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = NULL;
  Pair *pair;

  g_return_if_fail (before != NULL && after != NULL);

  pair = g_new (Pair, 1);
  pair->before = oh_reading_ref (before);
  pair->after = oh_reading_ref (after);
  task = g_task_new (NULL, cancellable, callback, data);
  g_task_set_source_tag (task, oh_comparison_new_async);
  g_task_set_task_data (task, pair, pair_free);
  g_task_run_in_thread (task, compare);
}

OhChanges *
oh_comparison_new_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
