/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-starter.h"

#include "oh-canon.h"
#include "oh-json-scan.h"

#include <string.h>

#define MAX_OPEN 1024
#define MAX_TEXTS 16     /* of one tool call's input */
#define SHORTEST 8       /* bytes: what is shorter is said by chance … */
#define LONG 32          /* … and so is what is shorter as a part of more */

typedef struct
{
  gint64 exchange_id;
  gint64 run_id;
  gint64 claimer_id; /* 0: nobody claimed it */
  guint64 speaker;   /* who asked: oh_canon_hash() of session and agent */
  gboolean ended;
  char *tool_id;
  guint n_texts;
  struct
  {
    guint64 hash;
    gsize length;
  } texts[MAX_TEXTS];
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

static void
add_text (Open *open, OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);
  gsize length;

  if (text == NULL || open->n_texts >= MAX_TEXTS)
    return;
  length = strlen (g_strstrip (text));
  if (length < SHORTEST)
    return;
  open->texts[open->n_texts].hash = oh_canon_hash (text, length);
  open->texts[open->n_texts++].length = length;
}

static guint64
hash_speaker (const char *session, const char *agent)
{
  g_autofree char *text = g_strconcat (session != NULL ? session : "", "\xff", agent, NULL);

  return oh_canon_hash (text, strlen (text));
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
      open->speaker = hash_speaker (reading->facts->session, reading->facts->agent);
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
      open->ended = TRUE;
      if (open->claimer_id == 0)
        continue;
      g_queue_delete_link (&self->open, l);
      open_free (open);
    }
}

/* The whole text, or what a client put reminders before or behind. */
static gboolean
has_text (const Open *open, const char *text, gsize length)
{
  for (guint i = 0; i < open->n_texts; i++)
    {
      gsize part = open->texts[i].length;
      guint64 hash = open->texts[i].hash;

      if (part != length && (part < LONG || part > length))
        continue;
      if (oh_canon_hash (text, part) == hash || oh_canon_hash (text + length - part, part) == hash)
        return TRUE;
    }
  return FALSE;
}

static gboolean
says (const Open *open, const OhMessage *message)
{
  for (guint i = 0; i < message->blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (message->blocks, i);
      g_autofree char *text =
        strcmp (block->type, "text") == 0 && block->text != NULL ? g_strstrip (g_strdup (block->text)) : NULL;

      if (text != NULL && has_text (open, text, strlen (text)))
        return TRUE;
    }
  return FALSE;
}

/* The best of those that fit: asked for by the agent's own parent, not ended; then the oldest. */
static GList *
find_open (OhStarterIndex *self, gint64 run_id, const OhReading *reading)
{
  const OhFacts *facts = reading->facts;
  const guint64 parent = hash_speaker (facts->session, facts->parent_agent);
  GList *best = NULL;
  guint best_rank = 0;

  for (GList *l = self->open.head; reading->messages->len > 0 && l != NULL; l = l->next)
    {
      const Open *open = l->data;
      guint rank = (open->speaker == parent ? 2 : 0) + (open->ended ? 0 : 1);

      if (open->claimer_id != 0 || open->run_id != run_id || (open->ended && (facts->agent == NULL || open->speaker != parent)) ||
          (best != NULL && rank <= best_rank) || !says (open, g_ptr_array_index (reading->messages, 0)))
        continue;
      best = l;
      best_rank = rank;
    }
  return best;
}

gint64
oh_starter_index_claim (OhStarterIndex *self, gint64 claimer_id, gint64 run_id, const OhReading *reading, char **tool_id)
{
  gint64 exchange_id = 0;
  GList *link;

  g_return_val_if_fail (self != NULL && reading != NULL && tool_id != NULL, 0);
  *tool_id = NULL;
  link = find_open (self, run_id, reading);
  if (link != NULL)
    {
      Open *open = link->data;

      exchange_id = open->exchange_id;
      open->claimer_id = claimer_id;
      *tool_id = g_strdup (open->tool_id);
    }
  return exchange_id;
}

void
oh_starter_index_release (OhStarterIndex *self, gint64 claimer_id)
{
  g_return_if_fail (self != NULL);
  for (GList *l = self->open.head; l != NULL; l = l->next)
    if (((Open *) l->data)->claimer_id == claimer_id)
      ((Open *) l->data)->claimer_id = 0;
}
