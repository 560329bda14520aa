/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A selection, once. */
#include "config.h"
#include "oh-collector.h"

#include "oh-export-private.h"
#include "oh-outgoing-private.h"
#include "oh-posting-private.h"

/* How often it is tried, and for how long between. */
#define TRIES 6
#define WAIT_MAX_S 60

void
oh_collected_clear (OhCollected *self)
{
  g_clear_pointer (&self->problem, g_free);
}

/* Returns: whether @seconds have passed. */
static gboolean
wait_for (gint64 seconds, GCancellable *cancellable, GError **error)
{
  const gint64 until = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;

  while (g_get_monotonic_time () < until)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      g_usleep (50000);
    }
  return TRUE;
}

/* Posts what was gathered until it has arrived. */
static gboolean
flush (OhPosting *posting, OhCollected *collected, GCancellable *cancellable, GError **error)
{
  for (guint tries = 1;; tries++)
    {
      g_autofree char *problem = NULL;
      gint64 wait_s = -1;
      guint lost = 0;
      /* What is done is dropped: how many they were is known before. */
      const guint n = oh_posting_count (posting);
      const OhPosted posted = oh_posting_post (posting, &lost, &wait_s, &problem, cancellable);

      if (posted == OH_POSTED_DONE)
        {
          collected->spans += n - MIN (lost, n);
          collected->lost += lost;
          if (problem != NULL)
            {
              g_free (collected->problem);
              collected->problem = g_steal_pointer (&problem);
            }
          return TRUE;
        }
      if (posted == OH_POSTED_MISPLACED || tries == TRIES || wait_s > WAIT_MAX_S)
        {
          g_set_error_literal (error, OH_COLLECTOR_ERROR, OH_COLLECTOR_ERROR_SEND, problem);
          return FALSE;
        }
      if (!wait_for (wait_s >= 0 ? wait_s : 1 << (tries - 1), cancellable, error))
        return FALSE;
    }
}

gboolean
oh_collector_send (const char *data_dir, GArray *ids, const OhCollector *to, OhProgressFunc progress, gpointer data,
                   OhCollected *collected, GCancellable *cancellable, GError **error)
{
  g_autofree char *mark = oh_collector_make_mark (data_dir);
  g_autoptr (OhPosting) posting = NULL;
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (GHashTable) chosen = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GArray) traces = NULL;
  OhOutgoing outgoing;

  g_return_val_if_fail (data_dir != NULL && ids != NULL && to != NULL && collected != NULL, FALSE);

  *collected = (OhCollected) { 0 };
  if (!oh_collector_check (to, error))
    return FALSE;
  posting = oh_posting_new (to, mark, error);
  reader = posting != NULL ? oh_store_reader_new (data_dir, error) : NULL;
  if (reader == NULL)
    return FALSE;
  traces = oh_export_find_traces (reader, ids, chosen);
  outgoing = (OhOutgoing) { .reader = reader, .chosen = chosen, .thinking = to->thinking, .store = mark,
                            .func = oh_posting_add, .data = posting };
  for (guint i = 0; i < traces->len; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (progress != NULL)
        progress (i, traces->len, data);
      oh_outgoing_tell (&outgoing, g_array_index (traces, gint64, i));
      if (oh_posting_get_size (posting) >= OH_POSTING_SIZE && !flush (posting, collected, cancellable, error))
        return FALSE;
    }
  if (!flush (posting, collected, cancellable, error))
    return FALSE;
  if (progress != NULL)
    progress (traces->len, traces->len, data);
  return TRUE;
}
