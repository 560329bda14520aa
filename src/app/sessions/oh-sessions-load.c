/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sessions-load.h"

#include "oh-ends.h"
#include "oh-search-hits.h"

/* The first ones: nobody scrolls further, and a search finds the others. */
#define GROUPS_MAX 1000
#define PARTS_MAX 60
#define TRACES_MAX 500

typedef struct
{
  char *data_dir;
  OhSessionsQuery query; /* its texts are its own */
  guint left_out;
  GPtrArray *users;
} Load;

static void
load_free (gpointer data)
{
  Load *load = data;

  g_free (load->data_dir);
  g_free ((char *) load->query.user);
  g_free ((char *) load->query.text);
  g_free ((char *) load->query.open);
  g_clear_pointer (&load->users, g_ptr_array_unref);
  g_free (load);
}

static void
unref_exchange (gpointer exchange)
{
  if (exchange != NULL)
    oh_exchange_unref (exchange);
}

/* ---- the ends of conversations ---- */

/* (transfer full) (element-type OhExchange) */
static GPtrArray *
find_ends (GPtrArray *rows)
{
  g_autoptr (OhEnds) known = oh_ends_new ();
  GPtrArray *ends = g_ptr_array_new_with_free_func (unref_exchange);

  for (guint i = 0; i < rows->len; i++)
    oh_ends_add (known, g_ptr_array_index (rows, i));
  for (guint i = 0; i < rows->len; i++)
    {
      OhExchange *exchange = g_ptr_array_index (rows, i);

      if (exchange != NULL && oh_ends_is_end (known, exchange->id))
        g_ptr_array_add (ends, oh_exchange_ref (exchange));
    }
  return ends;
}

static void
add_thread (OhStoreReader *reader, OhGroup *group, GPtrArray *items)
{
  g_autoptr (GArray) ids = oh_store_reader_get_thread_exchanges (reader, group->id);
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (reader, (const gint64 *) (gpointer) ids->data, ids->len);
  g_autoptr (GPtrArray) ends = find_ends (rows);
  OhExchange *last = ends->len > 0 ? g_ptr_array_index (ends, ends->len - 1) : NULL;

  g_ptr_array_add (items, oh_sessions_item_new (OH_SESSIONS_THREAD, group, last));
  for (guint i = 0; ends->len > 1 && i < ends->len; i++)
    g_ptr_array_add (items, oh_sessions_item_new (OH_SESSIONS_BRANCH, group, g_ptr_array_index (ends, i)));
}

static void
add_traces (OhStoreReader *reader, const Load *load, GPtrArray *items)
{
  const OhSessionsQuery *wanted = &load->query;
  OhTraceQuery query = { .run_id = wanted->run_id, .user = wanted->user, .session = wanted->open, .limit = TRACES_MAX };
  g_autoptr (GArray) ids = oh_store_reader_find_traces (reader, &query);
  g_autoptr (GPtrArray) traces =
      oh_store_reader_get_traces (reader, (const gint64 *) (gpointer) ids->data, ids->len);

  for (guint i = traces->len; i > 0; i--)
    if (g_ptr_array_index (traces, i - 1) != NULL)
      g_ptr_array_add (items, oh_sessions_item_new_trace (g_ptr_array_index (traces, i - 1)));
}

/* ---- their order ---- */

/* -1: nothing is known of it */
static double
get_number (const OhGroup *group, OhSessionsSort by)
{
  const OhSums *sums = &group->sums;

  switch (by)
    {
    case OH_SESSIONS_SORT_STARTED:
      return (double) group->first_ns;
    case OH_SESSIONS_SORT_CALLS:
      return (double) sums->calls;
    case OH_SESSIONS_SORT_TOKENS:
      return (double) (sums->input_tokens + sums->output_tokens);
    case OH_SESSIONS_SORT_COST:
      return sums->unpriced > 0 && sums->unpriced == sums->calls ? -1 : sums->cost;
    case OH_SESSIONS_SORT_LAST:
    default:
      return (double) group->last_ns;
    }
}

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const OhGroup *x = *(OhGroup *const *) a, *y = *(OhGroup *const *) b;
  const OhSessionsQuery *query = data;
  const double m = get_number (x, query->by), n = get_number (y, query->by);
  int order = 0;

  if ((m < 0) != (n < 0))
    return m < 0 ? 1 : -1;
  if (query->by == OH_SESSIONS_SORT_NAME)
    order = g_utf8_collate (x->name != NULL ? x->name : "", y->name != NULL ? y->name : "");
  else
    order = (m > n) - (m < n);
  if (order == 0)
    order = (x->last_ns > y->last_ns) - (x->last_ns < y->last_ns);
  return query->descending ? -order : order;
}

static gboolean
is_wanted (const OhSessionsQuery *query, OhSearchHits *found, OhGroup *group)
{
  if (found == NULL)
    return TRUE;
  return query->threads ? oh_search_hits_has_thread (found, group) : oh_search_hits_has_session (found, group);
}

static void
load_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Load *load = task_data;
  const OhSessionsQuery *wanted = &load->query;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (load->data_dir, &error);
  OhTraceQuery query = { .run_id = wanted->run_id, .user = wanted->user };
  g_autoptr (OhSearchHits) found = NULL;
  g_autoptr (GPtrArray) groups = NULL;
  g_autoptr (GPtrArray) items = NULL;

  if (reader == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  load->users = oh_store_reader_get_users (reader);
  if (wanted->text != NULL)
    found = oh_search_hits_new (reader, wanted->text, wanted->run_id);
  else if (wanted->by == OH_SESSIONS_SORT_LAST && wanted->descending)
    query.limit = GROUPS_MAX;
  groups = wanted->threads ? oh_store_reader_get_threads (reader, &query) : oh_store_reader_get_sessions (reader, &query);
  g_ptr_array_sort_with_data (groups, compare, (gpointer) wanted);
  items = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0, n = 0; i < groups->len && n < GROUPS_MAX && !g_cancellable_is_cancelled (cancellable); i++)
    {
      OhGroup *group = g_ptr_array_index (groups, i);

      if (!is_wanted (wanted, found, group))
        continue;
      n++;
      if (wanted->threads)
        add_thread (reader, group, items);
      else
        g_ptr_array_add (items, oh_sessions_item_new (OH_SESSIONS_SESSION, group, NULL));
      if (!wanted->threads && wanted->open != NULL && g_strcmp0 (group->name, wanted->open) == 0)
        add_traces (reader, load, items);
    }
  g_task_return_pointer (task, g_steal_pointer (&items), (GDestroyNotify) g_ptr_array_unref);
}

void
oh_sessions_load_async (const char *data_dir,
                        const OhSessionsQuery *query,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);
  Load *load = g_new0 (Load, 1);

  g_return_if_fail (data_dir != NULL && query != NULL);

  load->data_dir = g_strdup (data_dir);
  load->query = *query;
  load->query.user = g_strdup (query->user);
  load->query.text = g_strdup (query->text);
  load->query.open = g_strdup (query->open);
  g_task_set_source_tag (task, oh_sessions_load_async);
  g_task_set_task_data (task, load, load_free);
  g_task_run_in_thread (task, load_on_worker);
}

GPtrArray *
oh_sessions_load_finish (GAsyncResult *result, GPtrArray **users, GError **error)
{
  Load *load;

  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (users != NULL && *users == NULL, NULL);

  load = g_task_get_task_data (G_TASK (result));
  *users = g_steal_pointer (&load->users);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- a session as one reads it ---- */

static int
compare_parts (gconstpointer a, gconstpointer b)
{
  const OhSessionsPart *x = a, *y = b;

  return (x->started_ns > y->started_ns) - (x->started_ns < y->started_ns);
}

static int
compare_ends (gconstpointer a, gconstpointer b)
{
  const OhExchange *x = *(OhExchange *const *) a, *y = *(OhExchange *const *) b;

  return x->started_ns != y->started_ns ? (x->started_ns > y->started_ns) - (x->started_ns < y->started_ns)
                                        : (x->id > y->id) - (x->id < y->id);
}

/* Whether the conversation does not simply go on with @exchange, or what was dropped later begins with it. */
static gboolean
begins_part (const OhExchange *exchange, GHashTable *by_id)
{
  const guint aside = OH_BOUNDARY_ASIDE;
  const OhPlace *place = exchange->place;
  const OhExchange *before = g_hash_table_lookup (by_id, &place->parent_id);

  return (place->boundaries & ~aside) != 0
         || (place->superseded_by != 0 && (before == NULL || before->place->superseded_by == 0));
}

/* Goes back from an end to what was shown with another end, to where the conversation does not simply go on, or to the
 * start; what it passes is shown with this one. */
static OhSessionsPart
make_part (OhExchange *end, GHashTable *by_id, GHashTable *covered)
{
  OhSessionsPart part = { .exchange_id = end->id, .trace_id = end->place->trace_id, .started_ns = end->started_ns };

  for (const OhExchange *exchange = end; exchange != NULL;)
    {
      if (!g_hash_table_add (covered, (gpointer) &exchange->id))
        {
          part.branch = TRUE;
          break;
        }
      part.from = exchange->place->parent_id != 0 ? exchange->place->new_from : 0;
      part.started_ns = exchange->started_ns;
      part.first_id = exchange->id;
      if (exchange->place->boundaries & OH_BOUNDARY_COMPACTED)
        part.from = 0;
      if (begins_part (exchange, by_id))
        break;
      exchange = g_hash_table_lookup (by_id, &exchange->place->parent_id);
    }
  return part;
}

static void
load_parts_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Load *load = task_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (load->data_dir, &error);
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GHashTable) covered = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GPtrArray) ends = NULL;
  GArray *parts;

  if (reader == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  ids = oh_store_reader_get_session_exchanges (reader, load->query.open);
  rows = oh_store_reader_get_rows (reader, (const gint64 *) (gpointer) ids->data, ids->len);
  for (guint i = 0; i < rows->len; i++)
    {
      OhExchange *exchange = g_ptr_array_index (rows, i);

      if (exchange != NULL && exchange->place != NULL)
        g_hash_table_insert (by_id, &exchange->id, exchange);
    }
  ends = find_ends (rows);
  for (guint i = 0; i < rows->len; i++)
    {
      const OhExchange *exchange = g_ptr_array_index (rows, i);
      OhExchange *before = exchange == NULL || exchange->place == NULL || !begins_part (exchange, by_id)
                               ? NULL
                               : g_hash_table_lookup (by_id, &exchange->place->parent_id);

      if (before != NULL && !g_ptr_array_find (ends, before, NULL))
        g_ptr_array_add (ends, oh_exchange_ref (before));
    }
  parts = g_array_new (FALSE, FALSE, sizeof (OhSessionsPart));
  g_ptr_array_sort (ends, compare_ends);
  for (guint i = 0; i < ends->len; i++)
    {
      OhExchange *end = g_ptr_array_index (ends, i);
      OhSessionsPart part;

      /* What another one goes on from, and was shown with it. */
      if (g_hash_table_contains (covered, &end->id))
        continue;
      part = make_part (end, by_id, covered);
      g_array_append_val (parts, part);
    }
  g_array_sort (parts, compare_parts);
  if (parts->len > PARTS_MAX)
    {
      load->left_out = parts->len - PARTS_MAX;
      g_array_remove_range (parts, 0, load->left_out);
    }
  g_task_return_pointer (task, parts, (GDestroyNotify) g_array_unref);
}

void
oh_sessions_load_parts_async (const char *data_dir,
                              const char *session,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);
  Load *load = g_new0 (Load, 1);

  g_return_if_fail (data_dir != NULL && session != NULL);

  load->data_dir = g_strdup (data_dir);
  load->query.open = g_strdup (session);
  g_task_set_source_tag (task, oh_sessions_load_parts_async);
  g_task_set_task_data (task, load, load_free);
  g_task_run_in_thread (task, load_parts_on_worker);
}

GArray *
oh_sessions_load_parts_finish (GAsyncResult *result, guint *left_out, GError **error)
{
  GArray *parts;

  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  parts = g_task_propagate_pointer (G_TASK (result), error);
  if (parts != NULL && left_out != NULL)
    *left_out = ((const Load *) g_task_get_task_data (G_TASK (result)))->left_out;
  return parts;
}
