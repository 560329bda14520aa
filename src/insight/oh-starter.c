/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-starter.h"

#include "oh-canon.h"
#include "oh-json-scan.h"

#include <string.h>

#define MAX_OPEN 1024
#define MAX_TEXTS 16     /* of one tool call's input */
#define SHORTEST 8       /* bytes: what is shorter is said by chance */

typedef struct
{
  gint64 exchange_id;
  gint64 run_id;
  gint64 claimer_id; /* 0: nobody claimed it */
  char *tool_id;
  guint n_texts;
  guint64 texts[MAX_TEXTS];
} Open;

struct _OhStarterIndex
{
  GQueue open; /* Open, the oldest first */
};

static void
open_free (gpointer data)
{
  Open *open = data;

  g_free (open->tool_id);
  g_free (open);
}

/* 0: too short. */
static guint64
hash_text (const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  gsize length = strlen (stripped);

  return length >= SHORTEST ? oh_canon_hash (stripped, length) : 0;
}

static void
add_text (Open *open, OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);
  guint64 hash = text != NULL ? hash_text (text) : 0;

  if (hash != 0 && open->n_texts < MAX_TEXTS)
    open->texts[open->n_texts++] = hash;
}

/* The texts of an input: its members, and what lists among them hold. */
static void
list_texts (Open *open, const char *input)
{
  OhJsonIter members, elements;
  OhJson json, value, element;

  if (!oh_json_parse (input, strlen (input), &json, NULL))
    return;
  oh_json_iter_init (&members, json);
  while (oh_json_iter_next (&members, NULL, &value))
    {
      add_text (open, value);
      if (oh_json_get_kind (value) != OH_JSON_ARRAY)
        continue;
      oh_json_iter_init (&elements, value);
      while (oh_json_iter_next (&elements, NULL, &element))
        add_text (open, element);
    }
}

OhStarterIndex *
oh_starter_index_new (void)
{
  return g_new0 (OhStarterIndex, 1);
}

void
oh_starter_index_free (OhStarterIndex *self)
{
  g_return_if_fail (self != NULL);
  g_queue_clear_full (&self->open, open_free);
  g_free (self);
}

void
oh_starter_index_ask (OhStarterIndex *self, gint64 exchange_id, gint64 run_id, const OhReading *reading)
{
  g_return_if_fail (self != NULL && reading != NULL);
  for (guint i = 0; reading->answer != NULL && i < reading->answer->blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (reading->answer->blocks, i);
      Open *open;

      if (strcmp (block->type, "tool_use") != 0 || block->id == NULL || block->input == NULL)
        continue;
      open = g_new0 (Open, 1);
      open->exchange_id = exchange_id;
      open->run_id = run_id;
      open->tool_id = g_strdup (block->id);
      list_texts (open, block->input);
      if (open->n_texts > 0)
        g_queue_push_tail (&self->open, open);
      else
        open_free (open);
    }
  while (self->open.length > MAX_OPEN)
    open_free (g_queue_pop_head (&self->open));
}

void
oh_starter_index_end (OhStarterIndex *self, gint64 exchange_id, const char *tool_id)
{
  g_return_if_fail (self != NULL && tool_id != NULL);
  for (GList *l = self->open.head, *next; l != NULL; l = next)
    {
      Open *open = l->data;

      next = l->next;
      if (open->exchange_id != exchange_id || strcmp (open->tool_id, tool_id) != 0)
        continue;
      g_queue_delete_link (&self->open, l);
      open_free (open);
    }
}

static gboolean
says (const Open *open, const OhMessage *message)
{
  for (guint i = 0; i < message->blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (message->blocks, i);
      guint64 hash = strcmp (block->type, "text") == 0 && block->text != NULL ? hash_text (block->text) : 0;

      for (guint j = 0; hash != 0 && j < open->n_texts; j++)
        if (open->texts[j] == hash)
          return TRUE;
    }
  return FALSE;
}

gint64
oh_starter_index_claim (OhStarterIndex *self, gint64 claimer_id, gint64 run_id, const OhReading *reading, char **tool_id)
{
  g_return_val_if_fail (self != NULL && reading != NULL && tool_id != NULL, 0);
  *tool_id = NULL;
  for (GList *l = self->open.head; reading->messages->len > 0 && l != NULL; l = l->next)
    {
      Open *open = l->data;

      if (open->claimer_id != 0 || open->run_id != run_id || !says (open, g_ptr_array_index (reading->messages, 0)))
        continue;
      open->claimer_id = claimer_id;
      *tool_id = g_strdup (open->tool_id);
      return open->exchange_id;
    }
  return 0;
}

void
oh_starter_index_release (OhStarterIndex *self, gint64 claimer_id)
{
  g_return_if_fail (self != NULL);
  for (GList *l = self->open.head; l != NULL; l = l->next)
    if (((Open *) l->data)->claimer_id == claimer_id)
      ((Open *) l->data)->claimer_id = 0;
}
