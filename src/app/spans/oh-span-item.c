/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-span-item.h"

#include "oh-items.h"

struct _OhSpanItem
{
  GObject parent_instance;

  gint64 trace_id;
  gint64 origin_ns;
  OhTrace *trace;       /* of a trace; else NULL */
  OhSpan *span;         /* of a span; else NULL */
  GListStore *children; /* NULL: never any */
  GHashTable *nodes;    /* of a trace: key → OhSpanItem */
  GHashTable *living;
  gboolean folded;
  GArray *phases;       /* (element-type OhPhase) or NULL */
  gint64 phases_of;     /* the exchange they are of */
  gint64 asked_of;      /* the exchange whose phases were asked for last, and how long its answer was then */
  gint64 asked_length;
};

G_DEFINE_FINAL_TYPE (OhSpanItem, oh_span_item, G_TYPE_OBJECT)

static guint changed_signal;

static void
oh_span_item_finalize (GObject *object)
{
  OhSpanItem *self = OH_SPAN_ITEM (object);

  if (self->living != NULL)
    g_hash_table_remove (self->living, &self->trace_id);
  g_clear_pointer (&self->living, g_hash_table_unref);
  g_clear_pointer (&self->nodes, g_hash_table_unref);
  g_clear_pointer (&self->trace, oh_trace_unref);
  g_clear_pointer (&self->span, oh_span_unref);
  g_clear_object (&self->children);
  g_clear_pointer (&self->phases, g_array_unref);
  G_OBJECT_CLASS (oh_span_item_parent_class)->finalize (object);
}

static void
oh_span_item_class_init (OhSpanItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_span_item_finalize;
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
oh_span_item_init (OhSpanItem *self)
{
}

OhSpanItem *
oh_span_item_new (gint64 trace_id, OhTrace *trace, GHashTable *living)
{
  OhSpanItem *self = g_object_new (OH_TYPE_SPAN_ITEM, NULL);

  self->trace_id = trace_id;
  self->children = g_list_store_new (OH_TYPE_SPAN_ITEM);
  self->nodes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  if (living != NULL)
    {
      self->living = g_hash_table_ref (living);
      g_hash_table_insert (living, &self->trace_id, self);
    }
  oh_span_item_set_trace (self, trace);
  return self;
}

OhSpanKind
oh_span_item_get_kind (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), OH_SPAN_TRACE);

  return self->span == NULL ? OH_SPAN_TRACE : self->span->kind;
}

gint64
oh_span_item_get_trace_id (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), 0);

  return self->trace_id;
}

OhTrace *
oh_span_item_get_trace (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), NULL);

  return self->trace;
}

void
oh_span_item_set_trace (OhSpanItem *self, OhTrace *trace)
{
  g_return_if_fail (OH_IS_SPAN_ITEM (self));

  if (trace != NULL)
    {
      oh_trace_ref (trace);
      self->origin_ns = trace->started_ns;
    }
  g_clear_pointer (&self->trace, oh_trace_unref);
  self->trace = trace;
  g_signal_emit (self, changed_signal, 0);
}

OhSpan *
oh_span_item_get_span (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), NULL);

  return self->span;
}

gint64
oh_span_item_get_exchange_id (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), 0);

  return self->span == NULL ? 0 : self->span->exchange_id;
}

GArray *
oh_span_item_get_phases (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), NULL);

  return self->span != NULL && self->span->exchange_id == self->phases_of ? self->phases : NULL;
}

gboolean
oh_span_item_ask_for_phases (OhSpanItem *self)
{
  const OhExchange *exchange;

  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), FALSE);

  exchange = self->span == NULL ? NULL : self->span->exchange;
  if (exchange == NULL || exchange->facts == NULL || !exchange->facts->streamed || exchange->response_length == 0
      || (exchange->id == self->asked_of && exchange->response_length == self->asked_length))
    return FALSE;
  self->asked_of = exchange->id;
  self->asked_length = exchange->response_length;
  return TRUE;
}

void
oh_span_item_put_phases (OhSpanItem *self, gint64 exchange_id, GArray *phases)
{
  g_return_if_fail (OH_IS_SPAN_ITEM (self));

  if (phases != NULL)
    g_array_ref (phases);
  g_clear_pointer (&self->phases, g_array_unref);
  self->phases = phases;
  self->phases_of = exchange_id;
  g_signal_emit (self, changed_signal, 0);
}

gint64
oh_span_item_get_origin_ns (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), 0);

  return self->origin_ns;
}

gboolean
oh_span_item_is_running (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), FALSE);

  if (self->span == NULL)
    return self->trace != NULL && self->trace->running;
  if (self->span->exchange != NULL)
    return self->span->exchange->outcome == OH_OUTCOME_PENDING;
  return FALSE;
}

GListModel *
oh_span_item_get_children (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), NULL);

  return G_LIST_MODEL (self->children);
}

gboolean
oh_span_item_has_children (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), FALSE);

  if (self->trace != NULL && self->trace->sums.attempts > 0)
    return TRUE;
  return self->children != NULL && g_list_model_get_n_items (G_LIST_MODEL (self->children)) > 0;
}

/* The same for the same thing, whatever becomes of it. */
static char *
make_key (const OhSpan *span)
{
  gint64 id = span->exchange_id;

  if (span->kind == OH_SPAN_CALL && span->exchange != NULL && span->exchange->place != NULL)
    id = span->exchange->place->call_id;
  if (span->kind == OH_SPAN_CUSTOM)
    id = 0;
  /* A row that once had nothing below it never gets anything: a tool is another one once it has started an agent. */
  return g_strdup_printf ("%d %" G_GINT64_FORMAT " %s%s", span->kind, id, span->id != NULL ? span->id : "",
                          span->started_exchange != 0 ? " agent" : "");
}

/* (transfer none) */
static OhSpanItem *
take_node (OhSpanItem *self, GHashTable *before, OhSpan *span)
{
  g_autofree char *key = make_key (span);
  g_autofree char *old_key = NULL;
  OhSpanItem *item = NULL;

  if (!g_hash_table_steal_extended (before, key, (gpointer *) &old_key, (gpointer *) &item))
    {
      item = g_object_new (OH_TYPE_SPAN_ITEM, NULL);
      item->trace_id = self->trace_id;
      if (span->kind == OH_SPAN_CALL || span->kind == OH_SPAN_CUSTOM || span->started_exchange != 0)
        item->children = g_list_store_new (OH_TYPE_SPAN_ITEM);
    }
  item->origin_ns = self->origin_ns;
  oh_span_ref (span);
  g_clear_pointer (&item->span, oh_span_unref);
  item->span = span;
  g_hash_table_insert (self->nodes, g_steal_pointer (&key), item);
  return item;
}

/* ---- filling ---- */

/* So many at once, before the clock is looked at again. */
#define FILL_AT_ONCE 64
/* A list makes widgets of its first 200 rows, at up to 1 ms each: as many as a frame has time for. */
#define WIDGETS 250
#define WIDGETS_AT_ONCE 10
/* Beyond these a row takes up to 2 us. */
#define ROWS_AT_ONCE 1000

struct _OhSpanFill
{
  OhSpanItem *trace;
  GPtrArray *spans;
  GHashTable *before; /* key → OhSpanItem: what was below the trace and was not found again yet */
  GHashTable *below;  /* OhSpanItem → GPtrArray of OhSpanItem */
  GPtrArray *path;
  GPtrArray *all;     /* items in the order of their spans */
  guint taken;        /* spans that have their item */
  guint put;          /* items, from the last, whose children are what they have to be */
  guint told;         /* items that have said that they changed */
};

static void
add_to_fill (OhSpanFill *self, guint depth, OhSpanItem *item)
{
  g_ptr_array_set_size (self->path, (int) depth);
  if (depth > 0)
    g_ptr_array_add (g_hash_table_lookup (self->below, g_ptr_array_index (self->path, depth - 1)), item);
  g_ptr_array_add (self->path, item);
  g_ptr_array_add (self->all, g_object_ref (item));
  g_hash_table_insert (self->below, item, g_ptr_array_new ());
}

OhSpanFill *
oh_span_fill_new (OhSpanItem *trace, GPtrArray *spans)
{
  OhSpanFill *self;

  g_return_val_if_fail (OH_IS_SPAN_ITEM (trace) && trace->nodes != NULL, NULL);
  g_return_val_if_fail (spans != NULL, NULL);

  self = g_new0 (OhSpanFill, 1);
  self->trace = g_object_ref (trace);
  self->spans = g_ptr_array_ref (spans);
  self->before = g_steal_pointer (&trace->nodes);
  trace->nodes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->below = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  self->path = g_ptr_array_new ();
  self->all = g_ptr_array_new_with_free_func (g_object_unref);
  add_to_fill (self, 0, trace);
  self->taken = 1; /* the trace itself */
  return self;
}

/* What was not found again because the fill was given up is still there. */
static void
keep_rest (OhSpanFill *self)
{
  GHashTableIter iter;
  gpointer key, item;

  g_hash_table_iter_init (&iter, self->before);
  while (g_hash_table_iter_next (&iter, &key, &item))
    {
      g_hash_table_iter_steal (&iter);
      g_hash_table_insert (self->trace->nodes, key, item);
    }
}

void
oh_span_fill_free (OhSpanFill *self)
{
  if (self == NULL)
    return;
  if (self->told < self->all->len)
    keep_rest (self);
  g_hash_table_unref (self->before);
  g_hash_table_unref (self->below);
  g_ptr_array_unref (self->path);
  g_ptr_array_unref (self->all);
  g_ptr_array_unref (self->spans);
  g_object_unref (self->trace);
  g_free (self);
}

static void
take_next (OhSpanFill *self)
{
  OhSpan *span = g_ptr_array_index (self->spans, self->taken++);

  add_to_fill (self, CLAMP (span->depth, 1, self->path->len), take_node (self->trace, self->before, span));
}

/* From the leaves up: what is inserted has what stands below it already. Returns: whether there is time for more. */
static gboolean
put_next (OhSpanFill *self, gboolean all)
{
  OhSpanItem *item = g_ptr_array_index (self->all, self->all->len - self->put - 1);
  guint n = item->children == NULL ? 0 : g_list_model_get_n_items (G_LIST_MODEL (item->children));
  guint most = all ? G_MAXUINT : n < WIDGETS ? WIDGETS_AT_ONCE : ROWS_AT_ONCE;

  if (item->children != NULL && !oh_items_put_some (item->children, g_hash_table_lookup (self->below, item), most))
    return FALSE;
  self->put++;
  return TRUE;
}

gboolean
oh_span_fill_step (OhSpanFill *self, gint64 until_us)
{
  g_return_val_if_fail (self != NULL, TRUE);

  do
    for (guint i = 0; i < FILL_AT_ONCE; i++)
      {
        if (self->taken < self->spans->len)
          {
            take_next (self);
          }
        else if (self->put < self->all->len)
          {
            if (!put_next (self, until_us == G_MAXINT64))
              return FALSE;
          }
        /* The trace last: then all below it is as it has to be. */
        else if (self->told < self->all->len)
          {
            g_signal_emit (g_ptr_array_index (self->all, self->all->len - ++self->told), changed_signal, 0);
          }
        else
          {
            return TRUE;
          }
      }
  while (g_get_monotonic_time () < until_us);
  return FALSE;
}

void
oh_span_item_set_spans (OhSpanItem *self, GPtrArray *spans)
{
  OhSpanFill *fill = oh_span_fill_new (self, spans);

  oh_span_fill_step (fill, G_MAXINT64);
  oh_span_fill_free (fill);
}

/* ---- */

gboolean
oh_span_item_get_folded (OhSpanItem *self)
{
  g_return_val_if_fail (OH_IS_SPAN_ITEM (self), FALSE);

  return self->folded;
}

void
oh_span_item_set_folded (OhSpanItem *self, gboolean folded)
{
  g_return_if_fail (OH_IS_SPAN_ITEM (self));

  self->folded = folded;
}
