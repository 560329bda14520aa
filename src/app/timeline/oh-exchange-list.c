/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-exchange-list.h"

#include "oh-clock.h"
#include "oh-id-list.h"

/* A list view asks for 200 items around what it shows; their rows are read a page at a time when they come to be shown. */
#define PAGE_SIZE 32
#define PAGES_KEPT 64
/* So many rows are read before the first frame; the older ones follow from a worker. */
#define FIRST_LOAD 2000
/* What a search finds is shown while it goes on until there are so many rows; the others follow at its end. */
#define FIRST_PAGE 100
/* Rows that are in another order are put in order anew at most so often, and four times as seldom as it takes. */
#define SORT_MS 200
/* Beyond this many changes at once, reading everything anew is cheaper. */
#define MANY_CHANGES 5000

struct _OhExchangeList
{
  GObject parent_instance;

  OhStoreReader *reader;
  char *data_dir;
  gint64 run_id;
  char *text;             /* a search, or NULL */
  OhSearch *search;       /* the same, parsed at @searched_ns */
  gint64 searched_ns;
  OhSortBy by;
  gboolean descending;
  gint64 sorting_us;      /* monotonic: when the last load began */
  gint64 sort_took_us;
  guint sort_source;

  OhIdList *ids;
  gint64 change;          /* everything up to this change number has been taken in */
  GHashTable *pages;      /* page number -> GPtrArray of OhExchangeItem */
  GQueue recent;          /* page numbers, the last used one first */
  GHashTable *living;     /* id -> OhExchangeItem that anybody holds, not owned: whoever shows a row sees it change */
  GCancellable *loading;

  /* What needs more than a row to be told is asked on a worker, one question after the other. */
  OhStoreReader *asker;   /* the worker's, while it has nothing to do: it remembers what it read; or NULL */
  GCancellable *asking;
  GHashTable *unsure;     /* (element-type gint64) ids that changed and may have to come in */
};

enum
{
  LOADED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* What a worker is asked, and what it found. */
typedef struct
{
  char *data_dir;
  gint64 run_id;
  char *text;
  gint64 searched_ns;
  OhSortBy by;
  gboolean descending;
  gboolean older;         /* only to be put before the rows that are there */
  OhIdList *ids;     /* the newest first while they are found, then in the order they started */
  OhStoreReader *reader;
  OhExchangeList *list;   /* the task's source, for the main thread */
  GCancellable *cancellable;
} Load;

/* Which of some exchanges a search finds. */
typedef struct
{
  OhStoreReader *reader;
  gint64 run_id;
  OhSearch *search;
  GArray *ids;            /* those in question, then those that are found */
} Question;

/* The first rows that a search finds, on their way to the main thread. */
typedef struct
{
  GCancellable *cancellable;
  GTask *task;
  OhIdList *ids;
} Piece;

static void
load_free (Load *load)
{
  g_free (load->data_dir);
  g_free (load->text);
  g_clear_pointer (&load->ids, oh_id_list_free);
  g_clear_pointer (&load->reader, oh_store_reader_free);
  g_free (load);
}

static void
question_free (Question *question)
{
  g_clear_pointer (&question->reader, oh_store_reader_free);
  oh_search_free (question->search);
  g_array_unref (question->ids);
  g_free (question);
}

static void oh_exchange_list_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhExchangeList, oh_exchange_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, oh_exchange_list_iface_init))

static guint
count (OhExchangeList *self)
{
  return oh_id_list_get_length (self->ids);
}

static gint64
id_at (OhExchangeList *self, guint position)
{
  return oh_id_list_get (self->ids, position);
}

static void
forget_pages (OhExchangeList *self)
{
  g_queue_clear (&self->recent);
  g_hash_table_remove_all (self->pages);
}

static void load_page_of (OhExchangeItem *item, gpointer data);

static OhExchangeItem *
take_item (OhExchangeList *self, gint64 id)
{
  OhExchangeItem *item = g_hash_table_lookup (self->living, &id);

  if (item != NULL)
    return g_object_ref (item);
  return oh_exchange_item_new (id, self->living, load_page_of, self);
}

static GPtrArray *
get_page (OhExchangeList *self, guint number)
{
  gpointer key = GUINT_TO_POINTER (number);
  GPtrArray *page = g_hash_table_lookup (self->pages, key);
  guint first = number * PAGE_SIZE;
  guint n = MIN (PAGE_SIZE, count (self) - first);

  if (page == NULL)
    {
      page = g_ptr_array_new_with_free_func (g_object_unref);
      g_hash_table_insert (self->pages, key, page);
      if (g_hash_table_size (self->pages) > PAGES_KEPT)
        g_hash_table_remove (self->pages, g_queue_pop_tail (&self->recent));
    }
  else
    g_queue_remove (&self->recent, key);
  g_queue_push_head (&self->recent, key);

  /* The last page grows as rows are appended. */
  for (guint i = page->len; i < n; i++)
    g_ptr_array_add (page, take_item (self, id_at (self, first + i)));
  return page;
}

/* The row that is wanted, and those beside it that will be wanted with it. */
static void
load_page_of (OhExchangeItem *item, gpointer data)
{
  OhExchangeList *self = data;
  guint position = oh_exchange_list_find (self, oh_exchange_item_get_id (item));
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) rows = NULL;

  g_ptr_array_add (items, g_object_ref (item));
  if (position != GTK_INVALID_LIST_POSITION)
    {
      GPtrArray *page = get_page (self, position / PAGE_SIZE);

      for (guint i = 0; i < page->len; i++)
        if (page->pdata[i] != item && !oh_exchange_item_is_loaded (page->pdata[i]))
          g_ptr_array_add (items, g_object_ref (page->pdata[i]));
    }
  for (guint i = 0; i < items->len; i++)
    g_array_append_val (ids, (gint64) { oh_exchange_item_get_id (items->pdata[i]) });
  rows = oh_store_reader_get_rows (self->reader, (const gint64 *) (gpointer) ids->data, ids->len);
  for (guint i = 0; i < items->len; i++)
    oh_exchange_item_set_exchange (items->pdata[i], rows->pdata[i]);
}

/* Whether rows are in another order than that in which they started. */
static gboolean
is_sorted (OhExchangeList *self)
{
  return self->by != OH_SORT_STARTED || self->descending;
}

static GType
oh_exchange_list_get_item_type (GListModel *model)
{
  return OH_TYPE_EXCHANGE_ITEM;
}

static guint
oh_exchange_list_get_n_items (GListModel *model)
{
  return count (OH_EXCHANGE_LIST (model));
}

static gpointer
oh_exchange_list_get_item (GListModel *model, guint position)
{
  OhExchangeList *self = OH_EXCHANGE_LIST (model);
  GPtrArray *page;

  if (position >= count (self))
    return NULL;
  page = get_page (self, position / PAGE_SIZE);
  return g_object_ref (g_ptr_array_index (page, position % PAGE_SIZE));
}

static void
oh_exchange_list_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = oh_exchange_list_get_item_type;
  iface->get_n_items = oh_exchange_list_get_n_items;
  iface->get_item = oh_exchange_list_get_item;
}

/* @ids: (transfer full) */
static void
replace_ids (OhExchangeList *self, OhIdList *ids)
{
  guint before = count (self);

  forget_pages (self);
  oh_id_list_free (self->ids);
  self->ids = ids;
  if (before > 0 || count (self) > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, before, count (self));
}

/* The same for rows most of which stay where they are: the views hear of the others only. @ids: (transfer full) */
static void
take_ids (OhExchangeList *self, OhIdList *ids)
{
  guint position, removed, added;

  forget_pages (self);
  oh_id_list_take (self->ids, ids, &position, &removed, &added);
  if (removed > 0 || added > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), position, removed, added);
}

/* Puts the rows of @all that come before the first we have in front of ours. @all: (transfer full) */
static void
prepend_older (OhExchangeList *self, OhIdList *all)
{
  g_autoptr (OhIdList) owned = all;
  guint older;

  if (count (self) == 0)
    {
      replace_ids (self, g_steal_pointer (&owned));
      return;
    }
  older = oh_id_list_find (all, id_at (self, 0));
  if (older == 0 || older == OH_ID_LIST_NOWHERE)
    return;
  forget_pages (self);
  oh_id_list_prepend (self->ids, all, older);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, 0, older);
}

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  g_object_unref (piece->cancellable);
  g_object_unref (piece->task);
  g_clear_pointer (&piece->ids, oh_id_list_free);
  g_free (piece);
}

static gboolean
show_piece (gpointer data)
{
  Piece *piece = data;
  Load *load = g_task_get_task_data (piece->task);

  if (g_cancellable_is_cancelled (piece->cancellable))
    return G_SOURCE_REMOVE;
  if (load->older)
    prepend_older (load->list, g_steal_pointer (&piece->ids));
  else
    replace_ids (load->list, g_steal_pointer (&piece->ids));
  load->older = TRUE;
  return G_SOURCE_REMOVE;
}

static void
found (const gint64 *ids, guint n, gpointer data)
{
  GTask *task = data;
  Load *load = g_task_get_task_data (task);
  gboolean wanted = oh_id_list_get_length (load->ids) < FIRST_PAGE;
  Piece *piece;

  for (guint i = 0; i < n; i++)
    oh_id_list_append (load->ids, ids[i]);
  if (!wanted || load->text == NULL || load->by != OH_SORT_STARTED || load->descending)
    return;
  piece = g_new0 (Piece, 1);
  piece->cancellable = g_object_ref (load->cancellable);
  piece->task = g_object_ref (task);
  piece->ids = oh_id_list_copy (load->ids);
  oh_id_list_reverse (piece->ids);
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, show_piece, piece, piece_free);
}

/* @load: with the newest ids first, nearly: a search goes through them by their numbers */
static void
sort_ids (Load *load, GCancellable *cancellable)
{
  g_autoptr (GArray) ids = NULL;
  guint n = oh_id_list_get_length (load->ids);

  oh_id_list_reverse (load->ids);
  if (load->text == NULL && load->by == OH_SORT_STARTED && !load->descending)
    return;
  ids = g_array_sized_new (FALSE, FALSE, sizeof (gint64), n);
  for (guint i = 0; i < n; i++)
    g_array_append_val (ids, (gint64) { oh_id_list_get (load->ids, i) });
  oh_store_reader_sort (load->reader, ids, load->by, load->descending, cancellable);
  oh_id_list_free (load->ids);
  load->ids = oh_id_list_new ();
  for (guint i = 0; i < n; i++)
    oh_id_list_append (load->ids, g_array_index (ids, gint64, i));
}

static void
load_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Load *load = task_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSearch) search =
    load->text != NULL ? oh_search_parse (load->text, load->searched_ns, NULL, NULL) : NULL;
  const OhQuery query = { .run_id = load->run_id, .search = search };

  load->reader = oh_store_reader_new (load->data_dir, &error);
  if (load->reader == NULL || !oh_store_reader_find_each (load->reader, &query, cancellable, found, task, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  sort_ids (load, cancellable);
  g_task_return_boolean (task, TRUE);
}

static gboolean
needs_worker (OhExchangeList *self)
{
  return self->search != NULL && oh_search_has_console (self->search);
}

static void
load_done (GObject *source, GAsyncResult *result, gpointer data)
{
  OhExchangeList *self = OH_EXCHANGE_LIST (source);
  Load *load = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
      g_warning ("The list of exchanges could not be read: %s", error->message);
    }
  else if (load->text != NULL || is_sorted (self))
    take_ids (self, g_steal_pointer (&load->ids));
  else if (load->older)
    prepend_older (self, g_steal_pointer (&load->ids));
  else
    replace_ids (self, g_steal_pointer (&load->ids));
  self->sort_took_us = g_get_monotonic_time () - self->sorting_us;
  g_clear_object (&self->loading);
  if (needs_worker (self))
    self->asker = g_steal_pointer (&load->reader);
  oh_exchange_list_update (self);
  g_signal_emit (self, signals[LOADED], 0);
}

static void
start_loading (OhExchangeList *self, gboolean older)
{
  g_autoptr (GTask) task = NULL;
  Load *load = g_new0 (Load, 1);

  load->data_dir = g_strdup (self->data_dir);
  load->text = g_strdup (self->text);
  load->run_id = self->run_id;
  load->searched_ns = self->searched_ns;
  load->by = self->by;
  load->descending = self->descending;
  load->older = older;
  load->ids = oh_id_list_new ();
  load->list = self;
  self->sorting_us = g_get_monotonic_time ();
  self->loading = load->cancellable = g_cancellable_new ();
  task = g_task_new (self, self->loading, load_done, NULL);
  g_task_set_source_tag (task, start_loading);
  g_task_set_task_data (task, load, (GDestroyNotify) load_free);
  g_task_run_in_thread (task, load_on_worker);
}

static OhQuery
get_query (OhExchangeList *self)
{
  return (OhQuery) { .run_id = self->run_id, .search = self->search };
}

static gboolean
sort_now (gpointer data)
{
  OhExchangeList *self = data;

  self->sort_source = 0;
  start_loading (self, FALSE);
  return G_SOURCE_REMOVE;
}

static void
sort_later (OhExchangeList *self)
{
  if (self->sort_source == 0)
    self->sort_source = g_timeout_add ((guint) MAX (4 * self->sort_took_us / 1000, SORT_MS), sort_now, self);
}

static gboolean
comes_after (OhExchangeList *self, gint64 id, gint64 started_ns, gint64 other)
{
  gint64 other_ns = oh_store_reader_get_started (self->reader, other);

  return other_ns < started_ns || (other_ns == started_ns && other < id);
}

/* Where a row that was not in the list belongs: at the end, nearly always. */
static void
insert_id (OhExchangeList *self, gint64 id)
{
  gint64 started_ns = oh_store_reader_get_started (self->reader, id);
  guint low = 0, position = count (self);

  while (low < position)
    {
      guint middle = low + (position - low) / 2;

      if (comes_after (self, id, started_ns, id_at (self, middle)))
        low = middle + 1;
      else
        position = middle;
    }
  if (position < count (self))
    forget_pages (self);
  oh_id_list_insert (self->ids, position, id);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
}

/* Ids that are new at the end, told to the views in one go. */
static void
append_ids (OhExchangeList *self, GArray *fresh)
{
  guint position = count (self);

  if (fresh->len == 0)
    return;
  for (guint i = 0; i < fresh->len; i++)
    oh_id_list_append (self->ids, g_array_index (fresh, gint64, i));
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, fresh->len);
}

/* @id: of a row that is found and not in the list. @fresh: takes it if it belongs at the end. */
static void
take_in (OhExchangeList *self, gint64 id, GArray *fresh)
{
  gint64 last = fresh->len > 0     ? g_array_index (fresh, gint64, fresh->len - 1)
                : count (self) > 0 ? id_at (self, count (self) - 1)
                                   : 0;

  if (last == 0 || comes_after (self, id, oh_store_reader_get_started (self->reader, id), last))
    {
      g_array_append_val (fresh, id);
      return;
    }
  append_ids (self, fresh);
  g_array_set_size (fresh, 0);
  insert_id (self, id);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

/* With each attempt of a call, those before it are told anew of how many they are. */
static void
refresh_siblings (OhExchangeList *self, GHashTable *calls)
{
  GHashTableIter iter;
  gpointer call;

  g_hash_table_iter_init (&iter, calls);
  while (g_hash_table_iter_next (&iter, &call, NULL))
    {
      g_autoptr (GArray) ids = oh_store_reader_get_call_exchanges (self->reader, *(gint64 *) call);
      g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (self->reader, (const gint64 *) ids->data, ids->len);

      for (guint i = 0; i < ids->len; i++)
        {
          OhExchangeItem *item = g_hash_table_lookup (self->living, &g_array_index (ids, gint64, i));
          OhExchange *exchange = g_ptr_array_index (rows, i);

          if (item != NULL && exchange != NULL)
            oh_exchange_item_set_exchange (item, exchange);
        }
    }
}

/* @ids: (nullable): of living items; NULL: all of them. What was never shown is read when it is.
 * Returns: FALSE where a row is gone from the store. */
static gboolean
refresh_items (OhExchangeList *self, GArray *ids)
{
  g_autoptr (GArray) all = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GHashTable) calls = g_hash_table_new (g_int64_hash, g_int64_equal);
  gboolean whole = TRUE;

  if (ids == NULL)
    {
      GHashTableIter iter;
      gpointer id, item;

      ids = all = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_hash_table_iter_init (&iter, self->living);
      while (g_hash_table_iter_next (&iter, &id, &item))
        if (oh_exchange_item_is_loaded (item))
          g_array_append_vals (all, id, 1);
    }
  if (ids->len == 0)
    return TRUE;
  rows = oh_store_reader_get_rows (self->reader, &g_array_index (ids, gint64, 0), ids->len);
  for (guint i = 0; rows != NULL && i < ids->len; i++)
    {
      OhExchangeItem *item = g_hash_table_lookup (self->living, &g_array_index (ids, gint64, i));
      OhExchange *exchange = g_ptr_array_index (rows, i);

      if (item != NULL && exchange != NULL)
        oh_exchange_item_set_exchange (item, exchange);
      if (all == NULL && exchange != NULL && exchange->place != NULL && exchange->place->attempt > 1)
        g_hash_table_add (calls, &exchange->place->call_id);
      whole = whole && exchange != NULL;
    }
  refresh_siblings (self, calls);
  return whole;
}

static void
stop_asking (OhExchangeList *self)
{
  g_clear_handle_id (&self->sort_source, g_source_remove);
  g_cancellable_cancel (self->asking);
  g_clear_object (&self->asking);
  g_clear_pointer (&self->asker, oh_store_reader_free);
  g_hash_table_remove_all (self->unsure);
}

static void
answer_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Question *question = task_data;
  const OhQuery query = { .run_id = question->run_id, .search = question->search };
  guint found = 0;

  for (guint i = 0; i < question->ids->len && !g_cancellable_is_cancelled (cancellable); i++)
    {
      gint64 id = g_array_index (question->ids, gint64, i);

      if (oh_store_reader_matches (question->reader, &query, id))
        g_array_index (question->ids, gint64, found++) = id;
    }
  g_array_set_size (question->ids, found);
  g_task_return_boolean (task, TRUE);
}

static void ask (OhExchangeList *self);

static void
answered (GObject *source, GAsyncResult *result, gpointer data)
{
  OhExchangeList *self = OH_EXCHANGE_LIST (source);
  Question *question = g_task_get_task_data (G_TASK (result));
  g_autoptr (GArray) fresh = g_array_new (FALSE, FALSE, sizeof (gint64));

  /* Otherwise the list shows something else by now. */
  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    return;
  g_clear_object (&self->asking);
  self->asker = g_steal_pointer (&question->reader);
  for (guint i = 0; i < question->ids->len; i++)
    {
      gint64 id = g_array_index (question->ids, gint64, i);

      if (oh_exchange_list_find (self, id) == GTK_INVALID_LIST_POSITION)
        take_in (self, id, fresh);
    }
  append_ids (self, fresh);
  ask (self);
}

/* Asks a worker about what is unsure, if it is not busy. */
static void
ask (OhExchangeList *self)
{
  g_autoptr (GTask) task = NULL;
  Question *question;
  GHashTableIter iter;
  gpointer id;

  if (self->asking != NULL || g_hash_table_size (self->unsure) == 0)
    return;
  if (self->asker == NULL)
    self->asker = oh_store_reader_new (self->data_dir, NULL);
  if (self->asker == NULL)
    return;
  question = g_new0 (Question, 1);
  question->reader = g_steal_pointer (&self->asker);
  question->run_id = self->run_id;
  question->search = oh_search_parse (self->text, self->searched_ns, NULL, NULL);
  question->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_hash_table_iter_init (&iter, self->unsure);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_array_append_vals (question->ids, id, 1);
  g_array_sort (question->ids, compare_ids);
  g_hash_table_remove_all (self->unsure);
  self->asking = g_cancellable_new ();
  task = g_task_new (self, self->asking, answered, NULL);
  g_task_set_source_tag (task, ask);
  g_task_set_task_data (task, question, (GDestroyNotify) question_free);
  g_task_run_in_thread (task, answer_on_worker);
}

static void
oh_exchange_list_finalize (GObject *object)
{
  OhExchangeList *self = OH_EXCHANGE_LIST (object);

  GHashTableIter iter;
  gpointer item;

  g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  stop_asking (self);
  g_hash_table_unref (self->unsure);
  forget_pages (self);
  g_hash_table_unref (self->pages);
  g_hash_table_iter_init (&iter, self->living);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    oh_exchange_item_forsake (item);
  g_hash_table_unref (self->living);
  oh_id_list_free (self->ids);
  g_free (self->data_dir);
  g_free (self->text);
  g_clear_pointer (&self->search, oh_search_free);
  G_OBJECT_CLASS (oh_exchange_list_parent_class)->finalize (object);
}

static void
oh_exchange_list_class_init (OhExchangeListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_exchange_list_finalize;
  signals[LOADED] = g_signal_new ("loaded", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
}

static void
oh_exchange_list_init (OhExchangeList *self)
{
  self->ids = oh_id_list_new ();
  self->pages = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  self->living = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->unsure = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_queue_init (&self->recent);
}

OhExchangeList *
oh_exchange_list_new (OhStoreReader *reader, const char *data_dir)
{
  OhExchangeList *self;

  g_return_val_if_fail (reader != NULL && data_dir != NULL, NULL);

  self = g_object_new (OH_TYPE_EXCHANGE_LIST, NULL);
  self->reader = reader;
  self->data_dir = g_strdup (data_dir);
  return self;
}

void
oh_exchange_list_set_query (OhExchangeList *self, gint64 run_id, const char *text)
{
  g_return_if_fail (OH_IS_EXCHANGE_LIST (self));

  if (text != NULL && *text == '\0')
    text = NULL;
  self->run_id = run_id;
  if (text != self->text)
    {
      g_free (self->text);
      self->text = g_strdup (text);
    }
  g_clear_pointer (&self->search, oh_search_free);
  self->searched_ns = oh_clock_wall_ns ();
  if (text != NULL)
    self->search = oh_search_parse (text, self->searched_ns, NULL, NULL);
  /* A wrong search is told where it is written; here it finds everything. */
  if (self->search == NULL)
    g_clear_pointer (&self->text, g_free);
  oh_exchange_list_reload (self);
}

void
oh_exchange_list_set_sort (OhExchangeList *self, OhSortBy by, gboolean descending)
{
  g_return_if_fail (OH_IS_EXCHANGE_LIST (self));

  if (by == self->by && descending == self->descending)
    return;
  self->by = by;
  self->descending = descending;
  /* Before the first query there is nothing to be read. */
  if (self->searched_ns != 0)
    oh_exchange_list_reload (self);
}

void
oh_exchange_list_reload (OhExchangeList *self)
{
  g_autoptr (GArray) newest = NULL;
  g_autoptr (GError) error = NULL;
  OhIdList *ids;
  OhQuery query;

  g_return_if_fail (OH_IS_EXCHANGE_LIST (self));

  g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  stop_asking (self);
  if (self->change == 0)
    self->change = oh_store_reader_get_change (self->reader);
  if (self->text != NULL || is_sorted (self))
    {
      start_loading (self, FALSE);
      return;
    }
  query = get_query (self);
  query.limit = FIRST_LOAD;
  newest = oh_store_reader_find (self->reader, &query, &error);
  if (newest == NULL)
    {
      g_warning ("The list of exchanges could not be read: %s", error->message);
      return;
    }
  ids = oh_id_list_new ();
  for (guint i = 0; i < newest->len; i++)
    oh_id_list_append (ids, g_array_index (newest, gint64, i));
  replace_ids (self, ids);
  if (newest->len == FIRST_LOAD)
    start_loading (self, TRUE);
  else
    g_signal_emit (self, signals[LOADED], 0);
}

void
oh_exchange_list_update (OhExchangeList *self)
{
  g_autoptr (GArray) changed = NULL;
  g_autoptr (GArray) shown = NULL;
  g_autoptr (GArray) fresh = NULL;
  gboolean unsure;
  OhQuery query;

  g_return_if_fail (OH_IS_EXCHANGE_LIST (self));

  /* A search that is under way brings everything up to its own change number. */
  if (self->loading != NULL && (self->text != NULL || is_sorted (self)))
    return;
  changed = oh_store_reader_get_changed (self->reader, self->change, &self->change);
  query = get_query (self);
  if (changed->len > MANY_CHANGES)
    {
      refresh_items (self, NULL);
      oh_exchange_list_reload (self);
      return;
    }

  g_array_sort (changed, compare_ids);
  shown = g_array_new (FALSE, FALSE, sizeof (gint64));
  fresh = g_array_new (FALSE, FALSE, sizeof (gint64));
  unsure = needs_worker (self);
  if (is_sorted (self))
    {
      for (guint i = 0; i < changed->len; i++)
        if (g_hash_table_contains (self->living, &g_array_index (changed, gint64, i)))
          g_array_append_val (shown, g_array_index (changed, gint64, i));
      refresh_items (self, shown);
      if (changed->len > 0)
        sort_later (self);
      return;
    }
  for (guint i = 0; i < changed->len; i++)
    {
      gint64 id = g_array_index (changed, gint64, i);

      if (g_hash_table_contains (self->living, &id))
        g_array_append_val (shown, id);
      if (oh_exchange_list_find (self, id) != GTK_INVALID_LIST_POSITION)
        continue;
      if (unsure)
        g_hash_table_add (self->unsure, g_memdup2 (&id, sizeof id));
      else if (oh_store_reader_matches (self->reader, &query, id))
        take_in (self, id, fresh);
    }
  append_ids (self, fresh);
  ask (self);
  if (!refresh_items (self, shown))
    oh_exchange_list_reload (self);
}

gboolean
oh_exchange_list_is_loading (OhExchangeList *self)
{
  g_return_val_if_fail (OH_IS_EXCHANGE_LIST (self), FALSE);

  return self->loading != NULL;
}

gint64
oh_exchange_list_get_id (OhExchangeList *self, guint position)
{
  g_return_val_if_fail (OH_IS_EXCHANGE_LIST (self), 0);

  return position < count (self) ? id_at (self, position) : 0;
}

G_STATIC_ASSERT (GTK_INVALID_LIST_POSITION == OH_ID_LIST_NOWHERE);

guint
oh_exchange_list_find (OhExchangeList *self, gint64 id)
{
  g_return_val_if_fail (OH_IS_EXCHANGE_LIST (self), GTK_INVALID_LIST_POSITION);

  /* Ids grow with time but for exchanges that two processes began in the same moment, and for imported ones. */
  return oh_id_list_find (self->ids, id);
}
