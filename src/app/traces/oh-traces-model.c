/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-traces-model.h"

#include "oh-clock.h"
#include "oh-search-hits.h"
#include "oh-id-list.h"

#include <gtk/gtk.h>

/* When more has changed than that, it is not looked up one by one: only what came anew and what is shown. */
#define CHANGES_MAX 200

struct _OhTracesModel
{
  GObject parent_instance;

  OhStoreReader *reader;
  char *data_dir;
  OhIdList *ids;      /* in the order they started */
  gint64 newest;      /* the exchange that came last, as far as it was looked up */
  GHashTable *living; /* id → OhSpanItem, not owned */
  GHashTable *opened; /* id → OhSpanItem whose spans are kept up to date */
  gint64 run_id;
  char *text;
  OhTraceSort by;
  gboolean descending;
  gboolean asked;     /* a query was set */
  gint64 change;
  GCancellable *loading;
};

static void oh_traces_model_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhTracesModel, oh_traces_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, oh_traces_model_list_model_init))

static guint loaded_signal;
static guint refreshed_signal;

/* ---- GListModel ---- */

static GType
oh_traces_model_get_item_type (GListModel *model)
{
  return OH_TYPE_SPAN_ITEM;
}

static guint
oh_traces_model_get_n_items (GListModel *model)
{
  return oh_id_list_get_length (OH_TRACES_MODEL (model)->ids);
}

static OhTrace *
read_trace (OhTracesModel *self, gint64 id)
{
  g_autoptr (GPtrArray) traces = oh_store_reader_get_traces (self->reader, &id, 1);
  OhTrace *trace = g_ptr_array_index (traces, 0);

  return trace == NULL ? NULL : oh_trace_ref (trace);
}

static gpointer
oh_traces_model_get_item (GListModel *model, guint position)
{
  OhTracesModel *self = OH_TRACES_MODEL (model);
  g_autoptr (OhTrace) trace = NULL;
  OhSpanItem *item;
  gint64 id;

  if (position >= oh_id_list_get_length (self->ids))
    return NULL;
  id = oh_id_list_get (self->ids, position);
  item = g_hash_table_lookup (self->living, &id);
  if (item != NULL)
    return g_object_ref (item);
  trace = read_trace (self, id);
  return oh_span_item_new (id, trace, self->living);
}

static void
oh_traces_model_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = oh_traces_model_get_item_type;
  iface->get_n_items = oh_traces_model_get_n_items;
  iface->get_item = oh_traces_model_get_item;
}

/* ---- loading ---- */

static gboolean
is_sorted (OhTracesModel *self)
{
  return self->by != OH_TRACE_SORT_STARTED || self->descending;
}

/* Puts other ids in place; what is the same at both ends stays. @ids: (transfer full) */
static void
put_ids (OhTracesModel *self, OhIdList *ids)
{
  guint position, removed, added;

  oh_id_list_take (self->ids, ids, &position, &removed, &added);
  if (removed > 0 || added > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), position, removed, added);
}

/* What a worker is asked. */
typedef struct
{
  char *data_dir;
  char *text; /* NULL: all of them */
  gint64 run_id;
  OhTraceSort by;
  gboolean descending;
} Search;

static void
search_free (gpointer data)
{
  Search *search = data;

  g_free (search->data_dir);
  g_free (search->text);
  g_free (search);
}

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const OhTrace *x = *(OhTrace *const *) a, *y = *(OhTrace *const *) b;
  const Search *search = data;
  double more = 0;

  switch (search->by)
    {
    case OH_TRACE_SORT_NAME:
      more = g_utf8_collate (x->name != NULL ? x->name : "", y->name != NULL ? y->name : "");
      break;
    case OH_TRACE_SORT_TOOK:
      more = (double) (x->ended_ns - x->started_ns) - (double) (y->ended_ns - y->started_ns);
      break;
    case OH_TRACE_SORT_TOKENS:
      more = (double) (x->sums.input_tokens + x->sums.output_tokens - y->sums.input_tokens - y->sums.output_tokens);
      break;
    case OH_TRACE_SORT_COST:
      more = x->sums.cost - y->sums.cost;
      break;
    case OH_TRACE_SORT_STARTED:
    default:
      break;
    }
  if (more == 0)
    more = (double) (x->started_ns - y->started_ns);
  if (more == 0)
    more = (double) (x->id - y->id);
  return (search->descending ? -1 : 1) * ((more > 0) - (more < 0));
}

static void
search_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Search *search = task_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (search->data_dir, &error);
  g_autoptr (OhSearchHits) found = NULL;
  g_autoptr (GArray) all = NULL;
  g_autoptr (GPtrArray) wanted = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_trace_unref);
  OhIdList *ids;

  if (reader == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (search->text != NULL)
    found = oh_search_hits_new (reader, search->text, search->run_id);
  all = oh_store_reader_find_traces (reader, &(OhTraceQuery) { .run_id = search->run_id });
  for (guint i = 0; i < all->len && !g_cancellable_is_cancelled (cancellable); i++)
    {
      gint64 id = g_array_index (all, gint64, i);
      g_autoptr (GPtrArray) traces = oh_store_reader_get_traces (reader, &id, 1);
      OhTrace *trace = g_ptr_array_index (traces, 0);

      if (trace != NULL && (found == NULL || oh_search_hits_has_trace (found, trace)))
        g_ptr_array_add (wanted, oh_trace_ref (trace));
    }
  g_ptr_array_sort_with_data (wanted, compare, search);
  ids = oh_id_list_new ();
  for (guint i = 0; i < wanted->len; i++)
    oh_id_list_append (ids, ((OhTrace *) wanted->pdata[i])->id);
  g_task_return_pointer (task, ids, (GDestroyNotify) oh_id_list_free);
}

static void
stop_loading (OhTracesModel *self)
{
  if (self->loading != NULL)
    g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
}

static void
search_done (GObject *source, GAsyncResult *result, gpointer data)
{
  OhTracesModel *self = OH_TRACES_MODEL (source);
  g_autoptr (GError) error = NULL;
  OhIdList *ids = g_task_propagate_pointer (G_TASK (result), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->loading);
  if (ids != NULL)
    put_ids (self, ids);
  else
    g_warning ("Cannot search: %s", error->message);
  g_signal_emit (self, loaded_signal, 0);
  /* What came meanwhile. */
  oh_traces_model_update (self);
}

static gint64
find_newest (OhStoreReader *reader)
{
  g_autoptr (GArray) ids = oh_store_reader_find (reader, &(OhQuery) { .limit = 1 }, NULL);

  return ids == NULL || ids->len == 0 ? 0 : g_array_index (ids, gint64, 0);
}

static void
load (OhTracesModel *self)
{
  g_autoptr (GTask) task = NULL;
  Search *search;

  stop_loading (self);
  self->change = oh_store_reader_get_change (self->reader);
  self->newest = find_newest (self->reader);
  if (self->text == NULL && !is_sorted (self))
    {
      g_autoptr (GArray) all = oh_store_reader_find_traces (self->reader, &(OhTraceQuery) { .run_id = self->run_id });
      OhIdList *ids = oh_id_list_new ();

      for (guint i = 0; i < all->len; i++)
        oh_id_list_append (ids, g_array_index (all, gint64, i));
      oh_id_list_reverse (ids);
      put_ids (self, ids);
      g_signal_emit (self, loaded_signal, 0);
      return;
    }
  search = g_new0 (Search, 1);
  search->data_dir = g_strdup (self->data_dir);
  search->text = g_strdup (self->text);
  search->run_id = self->run_id;
  search->by = self->by;
  search->descending = self->descending;
  self->loading = g_cancellable_new ();
  task = g_task_new (self, self->loading, search_done, NULL);
  g_task_set_source_tag (task, load);
  g_task_set_task_data (task, search, search_free);
  g_task_run_in_thread (task, search_on_worker);
}

/* ---- changes ---- */

static void
read_spans (OhTracesModel *self, OhSpanItem *item)
{
  g_autoptr (GPtrArray) spans = oh_store_reader_get_spans (self->reader, oh_span_item_get_trace_id (item));

  oh_span_item_set_spans (item, spans);
}

static void
remove_trace (OhTracesModel *self, gint64 id)
{
  guint position = oh_traces_model_find (self, id);

  g_hash_table_remove (self->opened, &id);
  if (position == GTK_INVALID_LIST_POSITION)
    return;
  oh_id_list_remove (self->ids, position);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
}

static void
insert_trace (OhTracesModel *self, const OhTrace *trace)
{
  guint position = oh_id_list_get_length (self->ids);
  gint64 id = trace->id;

  /* Traces come in about the order they started. */
  while (position > 0)
    {
      g_autoptr (OhTrace) before = read_trace (self, oh_id_list_get (self->ids, position - 1));

      if (before == NULL || before->started_ns < trace->started_ns
          || (before->started_ns == trace->started_ns && before->id < id))
        break;
      position--;
    }
  oh_id_list_insert (self->ids, position, id);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
}

static void
refresh_trace (OhTracesModel *self, gint64 id)
{
  OhSpanItem *item = g_hash_table_lookup (self->living, &id);
  gboolean known = oh_traces_model_find (self, id) != GTK_INVALID_LIST_POSITION;
  g_autoptr (OhTrace) trace = NULL;

  if (known && item == NULL)
    return;
  trace = read_trace (self, id);
  if (trace == NULL || trace->sums.attempts == 0)
    {
      remove_trace (self, id);
      return;
    }
  if (!known)
    {
      if (self->text != NULL || is_sorted (self))
        load (self);
      else if (self->run_id == 0 || trace->run_id == self->run_id)
        insert_trace (self, trace);
      return;
    }
  g_object_ref (item);
  oh_span_item_set_trace (item, trace);
  if (g_hash_table_contains (self->opened, &id))
    {
      read_spans (self, item);
      g_signal_emit (self, refreshed_signal, 0, item);
    }
  g_object_unref (item);
}

/* ---- */

static void
oh_traces_model_dispose (GObject *object)
{
  stop_loading (OH_TRACES_MODEL (object));
  G_OBJECT_CLASS (oh_traces_model_parent_class)->dispose (object);
}

static void
oh_traces_model_finalize (GObject *object)
{
  OhTracesModel *self = OH_TRACES_MODEL (object);

  g_hash_table_unref (self->opened);
  g_hash_table_unref (self->living);
  oh_id_list_free (self->ids);
  g_free (self->data_dir);
  g_free (self->text);
  G_OBJECT_CLASS (oh_traces_model_parent_class)->finalize (object);
}

static void
oh_traces_model_class_init (OhTracesModelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_traces_model_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_traces_model_finalize;
  loaded_signal = g_signal_new ("loaded", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 0);
  refreshed_signal = g_signal_new ("refreshed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, OH_TYPE_SPAN_ITEM);
}

static void
oh_traces_model_init (OhTracesModel *self)
{
  self->ids = oh_id_list_new ();
  self->living = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->opened = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
}

OhTracesModel *
oh_traces_model_new (OhStoreReader *reader, const char *data_dir)
{
  OhTracesModel *self = g_object_new (OH_TYPE_TRACES_MODEL, NULL);

  self->reader = reader;
  self->data_dir = g_strdup (data_dir);
  return self;
}

void
oh_traces_model_set_query (OhTracesModel *self, gint64 run_id, const char *text)
{
  g_autofree char *kept = g_strdup (text);

  g_return_if_fail (OH_IS_TRACES_MODEL (self));

  self->asked = TRUE;
  self->run_id = run_id;
  g_free (self->text);
  self->text = g_steal_pointer (&kept);
  load (self);
}

void
oh_traces_model_set_sort (OhTracesModel *self, OhTraceSort by, gboolean descending)
{
  g_return_if_fail (OH_IS_TRACES_MODEL (self));

  if (by == self->by && descending == self->descending)
    return;
  self->by = by;
  self->descending = descending;
  if (self->asked)
    load (self);
}

static void
refresh_living (OhTracesModel *self)
{
  g_autoptr (GList) items = g_hash_table_get_values (self->living);

  for (GList *l = items; l != NULL; l = l->next)
    g_object_ref (l->data);
  for (GList *l = items; l != NULL; l = l->next)
    {
      gint64 id = oh_span_item_get_trace_id (l->data);

      if (oh_traces_model_find (self, id) != GTK_INVALID_LIST_POSITION)
        refresh_trace (self, id);
      g_object_unref (l->data);
    }
}

gboolean
oh_traces_model_update (OhTracesModel *self)
{
  g_autoptr (GArray) changed = NULL;
  g_autoptr (GHashTable) ids = NULL;
  GHashTableIter iter;
  gpointer id;
  gint64 newest;
  gboolean many;

  g_return_val_if_fail (OH_IS_TRACES_MODEL (self), FALSE);

  if (self->loading != NULL)
    return FALSE;
  changed = oh_store_reader_get_changed (self->reader, self->change, &self->change);
  many = changed->len > CHANGES_MAX;
  newest = self->newest;
  ids = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  for (guint i = 0; i < changed->len; i++)
    {
      gint64 exchange_id = g_array_index (changed, gint64, i);
      g_autoptr (OhPlace) place = NULL;

      if (many && exchange_id <= newest)
        continue;
      place = oh_store_reader_get_place (self->reader, exchange_id);
      if (place == NULL || place->trace_id == 0)
        continue;
      self->newest = MAX (self->newest, exchange_id);
      g_hash_table_add (ids, g_memdup2 (&place->trace_id, sizeof place->trace_id));
    }
  g_hash_table_iter_init (&iter, ids);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    refresh_trace (self, *(const gint64 *) id);
  if (many)
    refresh_living (self);
  /* What changed may stand elsewhere now. */
  if (is_sorted (self) && g_hash_table_size (ids) > 0 && self->loading == NULL)
    load (self);
  return many || is_sorted (self);
}

void
oh_traces_model_reload (OhTracesModel *self)
{
  g_return_if_fail (OH_IS_TRACES_MODEL (self));

  load (self);
  refresh_living (self);
}

void
oh_traces_model_open (OhTracesModel *self, OhSpanItem *trace)
{
  gint64 id;

  g_return_if_fail (OH_IS_TRACES_MODEL (self));
  g_return_if_fail (OH_IS_SPAN_ITEM (trace));

  id = oh_span_item_get_trace_id (trace);
  if (!g_hash_table_contains (self->opened, &id))
    g_hash_table_insert (self->opened, g_memdup2 (&id, sizeof id), g_object_ref (trace));
  read_spans (self, trace);
}

void
oh_traces_model_close (OhTracesModel *self, OhSpanItem *trace)
{
  gint64 id;

  g_return_if_fail (OH_IS_TRACES_MODEL (self));
  g_return_if_fail (OH_IS_SPAN_ITEM (trace));

  id = oh_span_item_get_trace_id (trace);
  g_hash_table_remove (self->opened, &id);
}

gboolean
oh_traces_model_is_loading (OhTracesModel *self)
{
  g_return_val_if_fail (OH_IS_TRACES_MODEL (self), FALSE);

  return self->loading != NULL;
}

OhSpanItem *
oh_traces_model_lookup (OhTracesModel *self, gint64 trace_id)
{
  g_return_val_if_fail (OH_IS_TRACES_MODEL (self), NULL);

  return g_hash_table_lookup (self->living, &trace_id);
}

G_STATIC_ASSERT (GTK_INVALID_LIST_POSITION == OH_ID_LIST_NOWHERE);

guint
oh_traces_model_find (OhTracesModel *self, gint64 trace_id)
{
  g_return_val_if_fail (OH_IS_TRACES_MODEL (self), GTK_INVALID_LIST_POSITION);

  return oh_id_list_find (self->ids, trace_id);
}
