/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-stream-view-model.h"

/* Enough events to say what is usual in a stream. */
#define SAMPLE 1000

struct _OhStreamItem
{
  GObject parent_instance;

  OhReading *reading;
  guint index;
};

G_DEFINE_FINAL_TYPE (OhStreamItem, oh_stream_item, G_TYPE_OBJECT)

struct _OhStreamModel
{
  GObject parent_instance;

  OhReading *reading;
};

static void oh_stream_model_list_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhStreamModel,
                               oh_stream_model,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, oh_stream_model_list_init))

static void
oh_stream_item_finalize (GObject *object)
{
  oh_reading_unref (OH_STREAM_ITEM (object)->reading);
  G_OBJECT_CLASS (oh_stream_item_parent_class)->finalize (object);
}

static void
oh_stream_item_class_init (OhStreamItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_stream_item_finalize;
}

static void
oh_stream_item_init (OhStreamItem *self)
{
}

const OhStreamEvent *
oh_stream_item_get_event (OhStreamItem *self)
{
  g_return_val_if_fail (OH_IS_STREAM_ITEM (self), NULL);

  return self->reading->events->pdata[self->index];
}

static gint64
gap_at (GPtrArray *events, guint index)
{
  const OhStreamEvent *event = events->pdata[index];
  const OhStreamEvent *before = index > 0 ? events->pdata[index - 1] : NULL;

  if (event->at_ns < 0 || (before && before->at_ns < 0))
    return -1;
  return event->at_ns - (before ? before->at_ns : 0);
}

gint64
oh_stream_item_get_gap (OhStreamItem *self)
{
  g_return_val_if_fail (OH_IS_STREAM_ITEM (self), -1);

  return gap_at (self->reading->events, self->index);
}

static GType
oh_stream_model_get_item_type (GListModel *model)
{
  return OH_TYPE_STREAM_ITEM;
}

static guint
oh_stream_model_get_n_items (GListModel *model)
{
  OhStreamModel *self = OH_STREAM_MODEL (model);

  return self->reading ? self->reading->events->len : 0;
}

static gpointer
oh_stream_model_get_item (GListModel *model, guint position)
{
  OhStreamModel *self = OH_STREAM_MODEL (model);
  OhStreamItem *item;

  if (position >= oh_stream_model_get_n_items (model))
    return NULL;
  item = g_object_new (OH_TYPE_STREAM_ITEM, NULL);
  item->reading = oh_reading_ref (self->reading);
  item->index = position;
  return item;
}

static void
oh_stream_model_list_init (GListModelInterface *iface)
{
  iface->get_item_type = oh_stream_model_get_item_type;
  iface->get_n_items = oh_stream_model_get_n_items;
  iface->get_item = oh_stream_model_get_item;
}

static void
oh_stream_model_finalize (GObject *object)
{
  g_clear_pointer (&OH_STREAM_MODEL (object)->reading, oh_reading_unref);
  G_OBJECT_CLASS (oh_stream_model_parent_class)->finalize (object);
}

static void
oh_stream_model_class_init (OhStreamModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_stream_model_finalize;
}

static void
oh_stream_model_init (OhStreamModel *self)
{
}

OhStreamModel *
oh_stream_model_new (void)
{
  return g_object_new (OH_TYPE_STREAM_MODEL, NULL);
}

void
oh_stream_model_set_reading (OhStreamModel *self, OhReading *reading, gboolean grown)
{
  guint before, after, kept = 0;

  g_return_if_fail (OH_IS_STREAM_MODEL (self));

  before = oh_stream_model_get_n_items (G_LIST_MODEL (self));
  if (reading)
    oh_reading_ref (reading);
  g_clear_pointer (&self->reading, oh_reading_unref);
  self->reading = reading;
  after = oh_stream_model_get_n_items (G_LIST_MODEL (self));
  /* The last event of an unfinished stream may have been half of one. */
  if (grown && after >= before && before > 0)
    kept = before - 1;
  if (before > kept || after > kept)
    g_list_model_items_changed (G_LIST_MODEL (self), kept, before - kept, after - kept);
}

static int
compare_gaps (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

gint64
oh_stream_model_long_gap (GPtrArray *events)
{
  g_autoptr (GArray) gaps = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 1; i < MIN (events->len, SAMPLE); i++)
    {
      gint64 gap = gap_at (events, i);

      if (gap >= 0)
        g_array_append_val (gaps, gap);
    }
  if (gaps->len == 0)
    return OH_NS_PER_S;
  g_array_sort (gaps, compare_gaps);
  return MAX (OH_NS_PER_S, 10 * g_array_index (gaps, gint64, gaps->len / 2));
}
