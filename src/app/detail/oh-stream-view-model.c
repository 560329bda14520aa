/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-stream-view-model.h"

#include <gtk/gtk.h>
#include <string.h>

/* Enough events to say what is usual in a stream. */
#define SAMPLE 1000
/* How long events are looked at in one turn of the main loop, and how many until the clock is. */
#define SLICE_US 6000
#define LOOKED_AT_ONCE 64

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
  char **words;   /* folded; what each event shown has; NULL: all are shown */
  GArray *shown;  /* (element-type guint) indices of events, ascending; NULL: all */
  guint seen;     /* how many events were looked at for it */
  guint source;   /* while there are more */
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

  if (self->shown != NULL)
    return self->shown->len;
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
  item->index = self->shown != NULL ? g_array_index (self->shown, guint, position) : position;
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
  OhStreamModel *self = OH_STREAM_MODEL (object);

  g_clear_handle_id (&self->source, g_source_remove);
  g_clear_pointer (&self->reading, oh_reading_unref);
  g_clear_pointer (&self->words, g_strfreev);
  g_clear_pointer (&self->shown, g_array_unref);
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

/* Without copies for what is ASCII, as nearly all of a stream is.
 * @word: folded */
static gboolean
contains (const char *text, const char *word)
{
  const gsize length = strlen (word);
  const char fold = g_ascii_isalpha (*word) ? 'a' - 'A' : 0;
  g_autofree char *folded = NULL;

  if (!g_str_is_ascii (word))
    {
      folded = g_utf8_casefold (text, -1);
      return strstr (folded, word) != NULL;
    }
  for (const char *at = text; *at != '\0'; at++)
    if ((*at | fold) == *word && g_ascii_strncasecmp (at, word, length) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_shown (OhStreamModel *self, const OhStreamEvent *event)
{
  for (char **word = self->words; *word != NULL; word++)
    if (!contains (event->name, *word) && !contains (event->data, *word))
      return FALSE;
  return TRUE;
}

/* Looks at the events that have not been looked at, until it has been at it for so long, or has seen @end of them. */
static void
look_on (OhStreamModel *self, guint end, gint64 for_us)
{
  GPtrArray *events = self->reading != NULL ? self->reading->events : NULL;
  const gint64 until_us = for_us < 0 ? G_MAXINT64 : g_get_monotonic_time () + for_us;

  for (end = events != NULL ? MIN (end, events->len) : 0; self->seen < end; self->seen++)
    {
      if (self->seen % LOOKED_AT_ONCE == 0 && g_get_monotonic_time () >= until_us)
        return;
      if (is_shown (self, events->pdata[self->seen]))
        g_array_append_val (self->shown, self->seen);
    }
}

/* What came to the list's end since it had @before. */
static void
tell_more (OhStreamModel *self, guint before)
{
  const guint after = self->shown->len;

  if (after > before)
    g_list_model_items_changed (G_LIST_MODEL (self), before, 0, after - before);
}

static gboolean
look_later (gpointer data)
{
  OhStreamModel *self = data;
  const guint before = self->shown->len;

  look_on (self, G_MAXUINT, SLICE_US);
  if (self->seen == self->reading->events->len)
    self->source = 0;
  tell_more (self, before);
  return self->source != 0;
}

/* At once as far as one frame goes, the rest between the next ones.
 * @from: index of the first event that may have changed */
static void
look_again (OhStreamModel *self, guint from)
{
  g_clear_handle_id (&self->source, g_source_remove);
  if (self->shown == NULL)
    return;
  while (self->shown->len > 0 && g_array_index (self->shown, guint, self->shown->len - 1) >= from)
    g_array_set_size (self->shown, self->shown->len - 1);
  self->seen = from;
  look_on (self, G_MAXUINT, SLICE_US);
  if (self->reading != NULL && self->seen < self->reading->events->len)
    self->source = g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, look_later, self, NULL);
}

void
oh_stream_model_set_filter (OhStreamModel *self, const char *words)
{
  g_autofree char *folded = g_utf8_casefold (words, -1);
  g_auto (GStrv) pieces = g_strsplit_set (folded, " \t\n", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint before, after;

  g_return_if_fail (OH_IS_STREAM_MODEL (self));

  before = oh_stream_model_get_n_items (G_LIST_MODEL (self));
  g_clear_pointer (&self->words, g_strfreev);
  g_clear_pointer (&self->shown, g_array_unref);
  for (char **piece = pieces; *piece != NULL; piece++)
    if (**piece != '\0')
      g_strv_builder_add (builder, *piece);
  self->words = g_strv_builder_end (builder);
  if (*self->words != NULL)
    self->shown = g_array_new (FALSE, FALSE, sizeof (guint));
  look_again (self, 0);
  after = oh_stream_model_get_n_items (G_LIST_MODEL (self));
  g_list_model_items_changed (G_LIST_MODEL (self), 0, before, after);
}

guint
oh_stream_model_find (OhStreamModel *self, guint index)
{
  guint before;

  g_return_val_if_fail (OH_IS_STREAM_MODEL (self), GTK_INVALID_LIST_POSITION);

  if (self->shown == NULL)
    return index;
  before = self->shown->len;
  look_on (self, index + 1, -1);
  tell_more (self, before);
  for (guint i = 0; i < self->shown->len; i++)
    if (g_array_index (self->shown, guint, i) == index)
      return i;
  return GTK_INVALID_LIST_POSITION;
}

void
oh_stream_model_set_reading (OhStreamModel *self, OhReading *reading, gboolean grown)
{
  guint before, after, events, same, kept = 0;

  g_return_if_fail (OH_IS_STREAM_MODEL (self));

  before = oh_stream_model_get_n_items (G_LIST_MODEL (self));
  if (reading)
    oh_reading_ref (reading);
  g_clear_pointer (&self->reading, oh_reading_unref);
  self->reading = reading;
  /* The last event of an unfinished stream may have been half of one. */
  events = reading ? reading->events->len : 0;
  same = self->shown != NULL ? self->seen : before;
  same = grown && events >= same && same > 0 ? same - 1 : 0;
  kept = self->shown == NULL ? same : 0;
  for (; self->shown != NULL && kept < self->shown->len && g_array_index (self->shown, guint, kept) < same; kept++)
    ;
  look_again (self, same);
  after = oh_stream_model_get_n_items (G_LIST_MODEL (self));
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
