/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-traces-model.h"

#include "oh-clock.h"
#include "oh-id-list.h"
#include "oh-search-hits.h"
#include "oh-span-loader.h"

#include <gtk/gtk.h>

/* When more has changed than that, it is not looked up one by one: only what came anew and what is shown. */
#define CHANGES_MAX 200
/* A list view asks for 200 items at once: of so many a worker brings what they show. */
#define READY 208

struct _OhTracesModel
{
  GObject parent_instance;

  OhStoreReader *reader;
  char *data_dir;
  OhIdList *ids;      /* in the order they started */
  gint64 newest;      /* the exchange that came last, as far as it was looked up */
  GHashTable *living; /* id → OhSpanItem, not owned */
  GHashTable *ready;  /* id → OhTrace, as it is now: of items that were not asked for yet */
  GHashTable *opened; /* id → OhSpanLoader of one whose spans are kept up to date */
  gint64 run_id;
  char *text;
  OhTraceSort by;
  gboolean descending;
  gboolean asked;     /* a query was set */
  gint64 change;
  gboolean all;          /* what is shown may be out of date, whatever changed */
  GCancellable *loading; /* while other ids are looked for */
  GCancellable *looking; /* while a worker looks for what changed */
};

static void oh_traces_model_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhTracesModel, oh_traces_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, oh_traces_model_list_model_init))

static guint loaded_signal;
static guint updated_signal;
static guint refreshed_signal;

static void load (OhTracesModel *self);

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

/* (transfer full) (nullable) */
static OhTrace *
read_trace (OhStoreReader *reader, gint64 id)
{
  g_autoptr (GPtrArray) traces = oh_store_reader_get_traces (reader, &id, 1);
  OhTrace *trace = g_ptr_array_index (traces, 0);

  return trace == NULL ? NULL : oh_trace_ref (trace);
}

/* @trace: (nullable) (transfer full) */
static void
make_ready (GHashTable *ready, OhTrace *trace)
{
  if (trace != NULL)
    g_hash_table_replace (ready, g_memdup2 (&trace->id, sizeof trace->id), trace);
}

static GHashTable *
new_ready (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify) oh_trace_unref);
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
  trace = g_hash_table_lookup (self->ready, &id);
  trace = trace != NULL ? oh_trace_ref (trace) : read_trace (self->reader, id);
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

/* What a worker is asked, and what it finds. */
typedef struct
{
  char *data_dir;
  char *text; /* NULL: all of them */
  gint64 run_id;
  OhTraceSort by;
  gboolean descending;

  OhIdList *ids;
  GHashTable *ready;
  gint64 change; /* before the search */
  gint64 newest;
} Search;

static void
search_free (gpointer data)
{
  Search *search = data;

  g_free (search->data_dir);
  g_free (search->text);
  g_clear_pointer (&search->ids, oh_id_list_free);
  g_clear_pointer (&search->ready, g_hash_table_unref);
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

static gint64
find_newest (OhStoreReader *reader)
{
  g_autoptr (GArray) ids = oh_store_reader_find (reader, &(OhQuery) { .limit = 1 }, NULL);

  return ids == NULL || ids->len == 0 ? 0 : g_array_index (ids, gint64, 0);
}

/* Those of @all that are searched for, in the order that is wanted. */
static void
choose (Search *search, OhStoreReader *reader, GArray *all, GCancellable *cancellable)
{
  g_autoptr (OhSearchHits) found = NULL;
  g_autoptr (GPtrArray) wanted = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_trace_unref);

  if (search->text != NULL)
    found = oh_search_hits_new (reader, search->text, search->run_id);
  for (guint i = 0; i < all->len && !g_cancellable_is_cancelled (cancellable); i++)
    {
      g_autoptr (OhTrace) trace = read_trace (reader, g_array_index (all, gint64, i));

      if (trace != NULL && (found == NULL || oh_search_hits_has_trace (found, trace)))
        g_ptr_array_add (wanted, oh_trace_ref (trace));
    }
  g_ptr_array_sort_with_data (wanted, compare, search);
  for (guint i = 0; i < wanted->len; i++)
    oh_id_list_append (search->ids, ((OhTrace *) wanted->pdata[i])->id);
}

/* What is seen first: the newest, which stand at the end, or the first in another order. */
static void
prepare (Search *search, OhStoreReader *reader, GCancellable *cancellable)
{
  const guint n = oh_id_list_get_length (search->ids);
  const gboolean at_end = search->by == OH_TRACE_SORT_STARTED && !search->descending;
  const guint from = at_end && n > READY ? n - READY : 0, to = MIN (n, from + READY);

  search->ready = new_ready ();
  for (guint i = from; i < to && !g_cancellable_is_cancelled (cancellable); i++)
    make_ready (search->ready, read_trace (reader, oh_id_list_get (search->ids, i)));
}

static void
search_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Search *search = task_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (search->data_dir, &error);
  g_autoptr (GArray) all = NULL;

  if (reader == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  search->change = oh_store_reader_get_change (reader);
  search->newest = find_newest (reader);
  search->ids = oh_id_list_new ();
  all = oh_store_reader_find_traces (reader, &(OhTraceQuery) { .run_id = search->run_id });
  if (search->text != NULL || search->by != OH_TRACE_SORT_STARTED || search->descending)
    {
      choose (search, reader, all, cancellable);
    }
  else
    {
      for (guint i = 0; i < all->len; i++)
        oh_id_list_append (search->ids, g_array_index (all, gint64, i));
      oh_id_list_reverse (search->ids);
    }
  prepare (search, reader, cancellable);
  g_task_return_boolean (task, TRUE);
}

static void
stop (GCancellable **under_way)
{
  g_cancellable_cancel (*under_way);
  g_clear_object (under_way);
}

static void
search_done (GObject *source, GAsyncResult *result, gpointer data)
{
  OhTracesModel *self = OH_TRACES_MODEL (source);
  Search *search = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  g_task_propagate_boolean (G_TASK (result), &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->loading);
  if (error == NULL)
    {
      /* Of what changed meanwhile nothing is said by ids. */
      self->all = self->all || search->change != self->change;
      self->change = search->change;
      self->newest = search->newest;
      g_hash_table_unref (self->ready);
      self->ready = g_steal_pointer (&search->ready);
      put_ids (self, g_steal_pointer (&search->ids));
    }
  else
    {
      g_warning ("Cannot search: %s", error->message);
    }
  g_signal_emit (self, loaded_signal, 0);
  /* What came meanwhile. */
  oh_traces_model_update (self);
}

static void
load (OhTracesModel *self)
{
  g_autoptr (GTask) task = NULL;
  Search *search;

  stop (&self->looking);
  stop (&self->loading);
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
insert_trace (OhTracesModel *self, OhTrace *trace)
{
  guint position = oh_id_list_get_length (self->ids);
  gint64 id = trace->id;

  /* Traces come in about the order they started. */
  while (position > 0)
    {
      gint64 before = oh_id_list_get (self->ids, position - 1);
      gint64 started_ns = oh_store_reader_get_trace_start (self->reader, before);

      if (started_ns < trace->started_ns || (started_ns == trace->started_ns && before < id))
        break;
      position--;
    }
  oh_id_list_insert (self->ids, position, id);
  make_ready (self->ready, oh_trace_ref (trace));
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
}

/* @trace: (nullable): as it is now */
static void
refresh_trace (OhTracesModel *self, gint64 id, OhTrace *trace)
{
  gboolean known = oh_traces_model_find (self, id) != GTK_INVALID_LIST_POSITION;
  g_autoptr (OhSpanItem) item = NULL;
  OhSpanLoader *loader;

  g_hash_table_remove (self->ready, &id);
  g_set_object (&item, g_hash_table_lookup (self->living, &id));
  if (known && item == NULL)
    return;
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
  oh_span_item_set_trace (item, trace);
  loader = g_hash_table_lookup (self->opened, &id);
  if (loader != NULL)
    oh_span_loader_request (loader);
}

/* What a worker is asked, and what it finds. */
typedef struct
{
  char *data_dir;
  gint64 change;
  gint64 newest;
  gboolean all;      /* what is shown may be out of date; so it is where so much changed that only what is new is looked up */
  GArray *shown;     /* (element-type gint64) traces */

  GArray *ids;       /* (element-type gint64) of the traces that were read */
  GPtrArray *traces; /* (element-type OhTrace) NULL where one is gone */
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_free (look->data_dir);
  g_array_unref (look->shown);
  g_array_unref (look->ids);
  g_clear_pointer (&look->traces, g_ptr_array_unref);
  g_free (look);
}

static void
add_id (Look *look, GHashTable *known, gint64 id)
{
  if (g_hash_table_add (known, g_memdup2 (&id, sizeof id)))
    g_array_append_val (look->ids, id);
}

static void
look_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Look *look = task_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (look->data_dir, &error);
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GArray) changed = NULL;
  const gint64 newest = look->newest;
  gboolean many;

  if (reader == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  changed = oh_store_reader_get_changed (reader, look->change, &look->change);
  many = changed->len > CHANGES_MAX;
  for (guint i = 0; i < changed->len; i++)
    {
      gint64 exchange_id = g_array_index (changed, gint64, i);
      g_autoptr (OhPlace) place = NULL;

      if (many && exchange_id <= newest)
        continue;
      place = oh_store_reader_get_place (reader, exchange_id);
      if (place == NULL || place->trace_id == 0)
        continue;
      look->newest = MAX (look->newest, exchange_id);
      add_id (look, known, place->trace_id);
    }
  look->all = look->all || many;
  for (guint i = 0; look->all && i < look->shown->len; i++)
    add_id (look, known, g_array_index (look->shown, gint64, i));
  look->traces = oh_store_reader_get_traces (reader, (const gint64 *) (gpointer) look->ids->data, look->ids->len);
  g_task_return_boolean (task, TRUE);
}

static void
look_done (GObject *source, GAsyncResult *result, gpointer data)
{
  OhTracesModel *self = OH_TRACES_MODEL (source);
  Look *look = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  g_task_propagate_boolean (G_TASK (result), &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->looking);
  if (error != NULL)
    {
      g_warning ("What became of the traces cannot be read: %s", error->message);
      self->all = TRUE;
      g_signal_emit (self, updated_signal, 0, TRUE);
      return;
    }
  self->change = look->change;
  self->newest = look->newest;
  if (look->all)
    g_hash_table_remove_all (self->ready);
  for (guint i = 0; i < look->ids->len && self->loading == NULL; i++)
    refresh_trace (self, g_array_index (look->ids, gint64, i), look->traces->pdata[i]);
  /* What changed may stand elsewhere now. */
  if (is_sorted (self) && look->ids->len > 0 && self->loading == NULL)
    load (self);
  else if (self->loading == NULL)
    g_signal_emit (self, updated_signal, 0, look->all || is_sorted (self));
}

static void
look (OhTracesModel *self)
{
  g_autoptr (GTask) task = NULL;
  GHashTableIter iter;
  gpointer id;
  Look *look = g_new0 (Look, 1);

  look->data_dir = g_strdup (self->data_dir);
  look->change = self->change;
  look->newest = self->newest;
  look->all = self->all;
  look->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  look->shown = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_hash_table_iter_init (&iter, self->living);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_array_append_vals (look->shown, id, 1);
  self->all = FALSE;
  self->looking = g_cancellable_new ();
  task = g_task_new (self, self->looking, look_done, NULL);
  g_task_set_source_tag (task, look);
  g_task_set_task_data (task, look, look_free);
  g_task_run_in_thread (task, look_on_worker);
}

/* ---- */

static void
oh_traces_model_dispose (GObject *object)
{
  OhTracesModel *self = OH_TRACES_MODEL (object);

  stop (&self->loading);
  stop (&self->looking);
  g_hash_table_remove_all (self->opened);
  G_OBJECT_CLASS (oh_traces_model_parent_class)->dispose (object);
}

static void
oh_traces_model_finalize (GObject *object)
{
  OhTracesModel *self = OH_TRACES_MODEL (object);

  g_hash_table_unref (self->opened);
  g_hash_table_unref (self->living);
  g_hash_table_unref (self->ready);
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
  updated_signal = g_signal_new ("updated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  refreshed_signal = g_signal_new ("refreshed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, OH_TYPE_SPAN_ITEM);
}

static void
oh_traces_model_init (OhTracesModel *self)
{
  self->ids = oh_id_list_new ();
  self->living = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->ready = new_ready ();
  self->opened = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify) oh_span_loader_drop);
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

void
oh_traces_model_update (OhTracesModel *self)
{
  g_return_if_fail (OH_IS_TRACES_MODEL (self));

  if (self->loading == NULL && self->looking == NULL)
    look (self);
}

void
oh_traces_model_reload (OhTracesModel *self)
{
  g_return_if_fail (OH_IS_TRACES_MODEL (self));

  self->all = TRUE;
  load (self);
}

static void
on_spans_loaded (OhTracesModel *self, OhSpanLoader *loader)
{
  g_signal_emit (self, refreshed_signal, 0, oh_span_loader_get_trace (loader));
}

void
oh_traces_model_open (OhTracesModel *self, OhSpanItem *trace)
{
  OhSpanLoader *loader;
  gint64 id;

  g_return_if_fail (OH_IS_TRACES_MODEL (self));
  g_return_if_fail (OH_IS_SPAN_ITEM (trace));

  id = oh_span_item_get_trace_id (trace);
  if (g_hash_table_contains (self->opened, &id))
    return;
  loader = oh_span_loader_new (self->data_dir, trace);
  g_signal_connect_object (loader, "loaded", G_CALLBACK (on_spans_loaded), self, G_CONNECT_SWAPPED);
  g_hash_table_insert (self->opened, g_memdup2 (&id, sizeof id), loader);
  oh_span_loader_request (loader);
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
