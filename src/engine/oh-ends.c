/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-ends.h"

#include "oh-trace.h"

typedef struct
{
  gint64 id;
  gint64 parent_id;
  gint64 call_id;
  guint attempt;
  guint boundaries;
  gboolean in_thread;
  gboolean aside;      /* nothing goes on from what was said aside */
  gboolean continued;  /* by what is not said aside */
  gboolean carried;
} Entry;

struct _OhEnds
{
  GHashTable *entries;  /* gint64 id → Entry */
  GHashTable *attempts; /* gint64 call → Entry of its last attempt */
  gboolean settled;
};

OhEnds *
oh_ends_new (void)
{
  OhEnds *self = g_new0 (OhEnds, 1);

  self->entries = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->attempts = g_hash_table_new (g_int64_hash, g_int64_equal);
  return self;
}

void
oh_ends_free (OhEnds *self)
{
  g_hash_table_unref (self->attempts);
  g_hash_table_unref (self->entries);
  g_free (self);
}

void
oh_ends_add (OhEnds *self, const OhExchange *row)
{
  Entry *entry, *last;

  g_return_if_fail (self != NULL && !self->settled);

  if (row == NULL || row->place == NULL || g_hash_table_contains (self->entries, &row->id))
    return;
  entry = g_new0 (Entry, 1);
  entry->id = row->id;
  entry->parent_id = row->place->parent_id;
  entry->call_id = row->place->call_id;
  entry->attempt = row->place->attempt;
  entry->boundaries = row->place->boundaries;
  entry->in_thread = row->place->thread_id != 0;
  g_hash_table_insert (self->entries, &entry->id, entry);
  last = g_hash_table_lookup (self->attempts, &entry->call_id);
  if (last == NULL || last->attempt < entry->attempt)
    g_hash_table_replace (self->attempts, &entry->call_id, entry);
}

static Entry *
get_parent (OhEnds *self, const Entry *entry)
{
  return entry->parent_id == 0 ? NULL : g_hash_table_lookup (self->entries, &entry->parent_id);
}

static void
settle (OhEnds *self)
{
  const guint lost = OH_BOUNDARY_COMPACTED | OH_BOUNDARY_EDITED;
  g_autoptr (GHashTable) any = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer value;

  if (self->settled)
    return;
  self->settled = TRUE;
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_hash_table_add (any, get_parent (self, value));
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Entry *entry = value;

      entry->aside = (entry->boundaries & OH_BOUNDARY_ASIDE) != 0 && !g_hash_table_contains (any, entry);
    }
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Entry *entry = value;
      Entry *parent = get_parent (self, entry);

      if (parent == NULL || entry->aside)
        continue;
      parent->continued = TRUE;
      parent->carried |= (entry->boundaries & lost) == 0;
    }
}

/* Whether a later attempt of the same call is there. */
static gboolean
is_tried_again (OhEnds *self, const Entry *entry)
{
  const Entry *last = g_hash_table_lookup (self->attempts, &entry->call_id);

  return last != NULL && last->attempt > entry->attempt;
}

gboolean
oh_ends_is_end (OhEnds *self, gint64 id)
{
  const Entry *entry;

  g_return_val_if_fail (self != NULL, FALSE);

  settle (self);
  entry = g_hash_table_lookup (self->entries, &id);
  return entry != NULL && entry->in_thread && !entry->continued && !entry->aside && !is_tried_again (self, entry);
}

gboolean
oh_ends_is_carried (OhEnds *self, gint64 id)
{
  const Entry *entry;

  g_return_val_if_fail (self != NULL, FALSE);

  settle (self);
  entry = g_hash_table_lookup (self->entries, &id);
  return entry != NULL && (entry->carried || is_tried_again (self, entry));
}
