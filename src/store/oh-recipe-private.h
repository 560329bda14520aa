/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recipe says what a body is made of: parts by id, and literal bytes between them.
 *   part:    varint (zigzag (id - the id before - 1) << 1 | 1)
 *   literal: varint (length << 1), then the bytes
 * History that is sent again costs two or three bytes a message, nearly nothing once packed. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  GByteArray *ops;
  gint64 last_id;
} OhRecipe;

typedef struct
{
  const guint8 *cursor;
  const guint8 *end;
  gint64 last_id;
} OhRecipeIter;

void oh_recipe_init (OhRecipe *self);
void oh_recipe_clear (OhRecipe *self);
void oh_recipe_add_part (OhRecipe *self, gint64 id);
void oh_recipe_add_literal (OhRecipe *self, const void *bytes, gsize length);

void oh_recipe_iter_init (OhRecipeIter *self, const void *ops, gsize length);
/* @id: the part's, or 0 for @literal of @length bytes
 * Returns: FALSE at the end; also where the recipe is damaged, then @self->cursor is NULL. */
gboolean oh_recipe_iter_next (OhRecipeIter *self, gint64 *id, const guint8 **literal, gsize *length);

G_END_DECLS
