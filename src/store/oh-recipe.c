/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-recipe-private.h"
#include "oh-pack-private.h"

void
oh_recipe_init (OhRecipe *self)
{
  self->ops = g_byte_array_new ();
  self->last_id = 0;
}

void
oh_recipe_clear (OhRecipe *self)
{
  g_clear_pointer (&self->ops, g_byte_array_unref);
}

void
oh_recipe_add_part (OhRecipe *self, gint64 id)
{
  g_assert (id > 0);
  oh_varint_append (self->ops, OH_ZIGZAG (id - self->last_id - 1) << 1 | 1);
  self->last_id = id;
}

void
oh_recipe_add_literal (OhRecipe *self, const void *bytes, gsize length)
{
  oh_varint_append (self->ops, (guint64) length << 1);
  g_byte_array_append (self->ops, bytes, (guint) length);
}

void
oh_recipe_iter_init (OhRecipeIter *self, const void *ops, gsize length)
{
  self->cursor = length > 0 ? ops : (const guint8 *) "";
  self->end = self->cursor + length;
  self->last_id = 0;
}

gboolean
oh_recipe_iter_next (OhRecipeIter *self, gint64 *id, const guint8 **literal, gsize *length)
{
  guint64 op;

  if (self->cursor == NULL || self->cursor == self->end)
    return FALSE;
  if (!oh_varint_read (&self->cursor, self->end, &op))
    {
      self->cursor = NULL;
      return FALSE;
    }
  if (op & 1)
    {
      self->last_id += OH_UNZIGZAG (op >> 1) + 1;
      *id = self->last_id;
      *literal = NULL;
      *length = 0;
      if (self->last_id > 0)
        return TRUE;
    }
  else if (op >> 1 <= (guint64) (self->end - self->cursor))
    {
      *id = 0;
      *literal = self->cursor;
      *length = (gsize) (op >> 1);
      self->cursor += *length;
      return TRUE;
    }
  self->cursor = NULL;
  return FALSE;
}
