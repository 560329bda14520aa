/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-changes.h"

static void
piece_free (gpointer data)
{
  OhDiffPiece *piece = data;

  g_free (piece->text);
  g_free (piece);
}

OhTextDiff *
oh_text_diff_new (void)
{
  OhTextDiff *self = g_new0 (OhTextDiff, 1);

  self->pieces = g_ptr_array_new_with_free_func (piece_free);
  self->first_character = -1;
  return self;
}

void
oh_text_diff_free (OhTextDiff *self)
{
  g_return_if_fail (self != NULL);
  g_ptr_array_unref (self->pieces);
  g_free (self);
}

void
oh_text_diff_add (OhTextDiff *self, OhDiffKind kind, char *text)
{
  OhDiffPiece *piece = g_new0 (OhDiffPiece, 1);

  g_return_if_fail (self != NULL);
  piece->kind = kind;
  piece->text = text;
  g_ptr_array_add (self->pieces, piece);
}

static void
named_change_free (gpointer data)
{
  OhNamedChange *change = data;

  g_free (change->name);
  g_free (change->before);
  g_free (change->after);
  g_clear_pointer (&change->diff, oh_text_diff_free);
  g_free (change);
}

OhChanges *
oh_changes_new (void)
{
  OhChanges *self = g_new0 (OhChanges, 1);

  self->tools = g_ptr_array_new_with_free_func (named_change_free);
  self->parameters = g_ptr_array_new_with_free_func (named_change_free);
  return self;
}

void
oh_changes_free (OhChanges *self)
{
  g_return_if_fail (self != NULL);
  g_clear_pointer (&self->system, oh_text_diff_free);
  g_ptr_array_unref (self->tools);
  g_ptr_array_unref (self->parameters);
  g_free (self);
}

void
oh_changes_add (GPtrArray *changes, const char *name, const char *before, const char *after, OhTextDiff *diff)
{
  OhNamedChange *change = g_new0 (OhNamedChange, 1);

  g_return_if_fail (changes != NULL);
  change->name = g_strdup (name);
  change->before = g_strdup (before);
  change->after = g_strdup (after);
  change->diff = diff;
  g_ptr_array_add (changes, change);
}
