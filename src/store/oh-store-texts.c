/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-texts-private.h"

#include "oh-clock.h"
#include "oh-store-search-index-private.h"

/* A transaction of what nobody waits for begins nothing more after so long, for other processes may wait for it, and after
 * the shorter time once somebody waits for the next commit. */
#define STEP_NS (10 * OH_NS_PER_MS)
#define AWAITED_STEP_NS (OH_NS_PER_MS / 2)
/* Texts are indexed apart from captures, so much in one transaction: nobody waits for them, and others may wait for
 * the transaction. Small ones are gathered, for each transaction makes a segment of the index. */
#define INDEX_AT_ONCE ((gsize) 128 << 10)
#define INDEX_ALL_AT_ONCE ((gsize) 1 << 20)
#define INDEX_GATHER_NS (100 * OH_NS_PER_MS)
#define INDEX_RETRY_NS (200 * OH_NS_PER_MS)
/* So many bytes of texts are paid for by merging segments once: two or three pages are merged for each one that is
 * written, which keeps some dozens of segments, however long texts come. It is paid for so many bytes together: the more
 * segments are merged at once, the less often each text is written again. What is left is merged this often. */
#define TIDY_PAYS ((gsize) 16 << 10)
#define TIDY_TOGETHER ((gsize) 128 << 10)
#define TIDY_TIMES 2
#define TIDY_EVERY_NS (500 * OH_NS_PER_MS)

struct _OhTexts
{
  OhDb *db;
  OhPacker *packer;
  const gint *awaited;
  GQueue queue;    /* OhOrder */
  gsize size;
  gint64 since;    /* when the first of them came (monotonic) */
  gboolean untidy; /* the index has segments to be merged */
  gsize owed;      /* bytes of texts that are not paid for yet */
  gboolean paying; /* until nothing is owed */
  gint64 tidy_at;  /* when the next segments are to be merged (monotonic) */
  gsize released;
};

gboolean
oh_step_is_over (gint64 begun_ns, gboolean awaited)
{
  return oh_clock_monotonic_ns () - begun_ns >= (awaited ? AWAITED_STEP_NS : STEP_NS);
}

OhTexts *
oh_texts_new (OhDb *db, OhPacker *packer, const gint *awaited)
{
  OhTexts *self = g_new0 (OhTexts, 1);

  self->db = db;
  self->packer = packer;
  self->awaited = awaited;
  return self;
}

void
oh_texts_free (OhTexts *self)
{
  g_queue_clear_full (&self->queue, (GDestroyNotify) oh_order_free);
  g_free (self);
}

void
oh_texts_add (OhTexts *self, OhOrder *order)
{
  if (self->queue.length == 0)
    self->since = oh_clock_monotonic_ns ();
  g_queue_push_tail (&self->queue, order);
  self->size += order->size;
}

gsize
oh_texts_take_released (OhTexts *self)
{
  gsize released = self->released;

  self->released = 0;
  return released;
}

static gboolean
is_over (const OhTexts *self, gint64 begun_ns)
{
  return oh_step_is_over (begun_ns, g_atomic_int_get (self->awaited));
}

gboolean
oh_texts_index (OhTexts *self, gboolean all)
{
  const gsize at_once = all ? INDEX_ALL_AT_ONCE : INDEX_AT_ONCE;
  const gint64 begun_ns = oh_clock_monotonic_ns ();
  GList *last = NULL;
  gsize size = 0;
  gint64 change;

  if (self->queue.length == 0)
    return FALSE;
  oh_db_begin (self->db);
  change = oh_db_get_int (self->db, "SELECT change FROM counter", 0, "");
  for (GList *l = self->queue.head; l != NULL && size < at_once && (all || last == NULL || !is_over (self, begun_ns)); l = l->next)
    {
      OhOrder *order = l->data;

      if (oh_search_index_write (self->db, self->packer, order->searchable, change + 1))
        change++;
      size += order->size;
      last = l;
    }
  oh_db_run (self->db, "UPDATE counter SET change = ?", "i", change);
  if (!oh_db_end (self->db))
    {
      oh_db_forget_error (self->db);
      self->since = oh_clock_monotonic_ns () + INDEX_RETRY_NS;
      return FALSE;
    }
  self->since = oh_clock_monotonic_ns ();
  self->untidy = TRUE;
  self->owed += size;
  self->paying = self->paying || self->owed >= TIDY_TOGETHER;
  for (gboolean more = TRUE; more;)
    {
      OhOrder *order = g_queue_peek_head (&self->queue);

      more = self->queue.head != last;
      self->size -= order->size;
      self->released += order->size;
      oh_order_free (g_queue_pop_head (&self->queue));
    }
  return TRUE;
}

gboolean
oh_texts_tidy (OhTexts *self, gboolean all)
{
  const gint64 begun_ns = oh_clock_monotonic_ns ();

  if (!self->untidy)
    return FALSE;
  oh_db_begin (self->db);
  for (guint i = 0; i < TIDY_TIMES && self->untidy && (all || !is_over (self, begun_ns)); i++)
    {
      self->untidy = oh_search_index_tidy (self->db);
      self->owed = self->untidy ? self->owed - MIN (self->owed, TIDY_PAYS) : 0;
    }
  self->paying = self->paying && self->owed > 0;
  oh_db_end (self->db);
  oh_db_forget_error (self->db);
  self->tidy_at = oh_clock_monotonic_ns () + TIDY_EVERY_NS;
  return self->untidy;
}

gint64
oh_texts_get_tidy_due (OhTexts *self)
{
  if (!self->untidy)
    return G_MAXINT64;
  return self->paying ? 0 : self->tidy_at;
}

gint64
oh_texts_get_index_due (OhTexts *self)
{
  if (self->queue.length == 0 || self->paying)
    return G_MAXINT64;
  return self->size >= INDEX_AT_ONCE ? self->since : self->since + INDEX_GATHER_NS;
}
