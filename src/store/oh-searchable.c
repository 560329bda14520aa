/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-searchable.h"

#include <string.h>

#define FOLD_PIECE 256

OhSearchable *
oh_searchable_new (gint64 exchange_id)
{
  OhSearchable *self = g_new0 (OhSearchable, 1);

  self->exchange_id = exchange_id;
  for (guint side = 0; side < 2; side++)
    self->sides[side] = g_string_new (NULL);
  self->tools = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
oh_searchable_free (OhSearchable *self)
{
  for (guint side = 0; side < 2; side++)
    g_string_free (self->sides[side], TRUE);
  g_ptr_array_unref (self->tools);
  g_free (self);
}

/* Whether a text can be cut before @c: it never joins what stands before it. */
static gboolean
begins (gunichar c)
{
  return c < 0x80 || (c >= 0x3041 && c <= 0x30ff && c != 0x3099 && c != 0x309a) || (c >= 0x3400 && c <= 0x9fff) ||
         (c >= 0xac00 && c <= 0xd7a3);
}

/* In pieces: for each character it composes, g_utf8_normalize() moves all that follows. */
char *
oh_searchable_fold (const char *text)
{
  GString *folded;

  g_return_val_if_fail (text != NULL, NULL);
  if (g_str_is_ascii (text))
    return g_ascii_strdown (text, -1);
  folded = g_string_sized_new (strlen (text) + 1);
  while (*text != '\0')
    {
      const char *end = text;
      g_autofree char *cased = NULL;
      g_autofree char *composed = NULL;

      do
        end = g_utf8_next_char (end);
      while (*end != '\0' && (end - text < FOLD_PIECE || !begins (g_utf8_get_char (end))));
      cased = g_utf8_casefold (text, end - text);
      composed = g_utf8_normalize (cased, -1, G_NORMALIZE_DEFAULT_COMPOSE);
      g_string_append (folded, composed);
      text = end;
    }
  return g_string_free (folded, FALSE);
}

void
oh_searchable_add (OhSearchable *self, guint side, const char *text)
{
  g_autofree char *folded = NULL;
  g_autofree char *beginning = NULL;
  gsize room, length;

  g_return_if_fail (self != NULL && side < 2);
  room = OH_SEARCHABLE_MAX - MIN (self->sides[side]->len, OH_SEARCHABLE_MAX);
  if (text == NULL || *text == '\0' || room == 0)
    return;
  length = strlen (text);
  if (length > room)
    {
      beginning = g_strndup (text, (gsize) (g_utf8_find_prev_char (text, text + room + 1) - text));
      text = beginning;
    }
  folded = oh_searchable_fold (text);
  if (folded == NULL)
    return;
  for (char *at = folded; (at = strpbrk (at, "\x1d\x1f")) != NULL; at++)
    *at = ' ';
  if (self->sides[side]->len > 0)
    g_string_append_c (self->sides[side], OH_SEARCHABLE_BETWEEN);
  g_string_append (self->sides[side], folded);
}

void
oh_searchable_add_tool (OhSearchable *self, const char *name)
{
  g_return_if_fail (self != NULL);
  if (name == NULL || *name == '\0' || g_ptr_array_find_with_equal_func (self->tools, name, g_str_equal, NULL))
    return;
  g_ptr_array_add (self->tools, g_strdup (name));
}
