/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-block.h"

#include "oh-value.h"

OhBlock *
oh_block_new (const char *type)
{
  OhBlock *self = g_atomic_rc_box_new0 (OhBlock);

  g_return_val_if_fail (type != NULL, NULL);
  self->type = g_strdup (type);
  self->began_ns = self->ended_ns = -1;
  return self;
}

static void
block_clear (gpointer data)
{
  OhBlock *self = data;

  g_free (self->type);
  g_free (self->text);
  g_free (self->id);
  g_free (self->name);
  g_free (self->input);
  g_free (self->media_type);
  g_free (self->source);
  g_clear_pointer (&self->data, g_bytes_unref);
  g_free (self->signature);
  g_free (self->json);
  g_free (self->problem);
  g_free (self->cache_ttl);
  g_strfreev (self->places);
  g_clear_pointer (&self->children, g_ptr_array_unref);
}

OH_DEFINE_VALUE (OhBlock, oh_block, block_clear)

OhMessage *
oh_message_new (const char *role)
{
  OhMessage *self = g_atomic_rc_box_new0 (OhMessage);

  g_return_val_if_fail (role != NULL, NULL);
  self->role = g_strdup (role);
  self->blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
  return self;
}

static void
message_clear (gpointer data)
{
  OhMessage *self = data;

  g_free (self->role);
  g_ptr_array_unref (self->blocks);
}

OH_DEFINE_VALUE (OhMessage, oh_message, message_clear)
