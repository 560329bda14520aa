/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-thread.h"

#include "oh-canon.h"

#include <string.h>

typedef struct
{
  const OhThreadRow *row; /* of the call whose parent is looked for */
  guint64 next;           /* the gist of the message after the prefix; 0: none */
  guint shared;
  OhThreadRow *best;
  guint best_rank;
} Search;

void
oh_thread_row_free (OhThreadRow *self)
{
  g_return_if_fail (self != NULL);
  g_free (self->message_id);
  g_free (self);
}

static OhThreadRow *
row_copy (const OhThreadRow *self)
{
  OhThreadRow *copy = g_memdup2 (self, sizeof *self);

  copy->message_id = g_strdup (self->message_id);
  return copy;
}

static void
append_message (GString *canon, const OhMessage *message)
{
  g_string_append_printf (canon, "%s\xff", message->role);
  for (guint i = 0; i < message->blocks->len; i++)
    if (!oh_canon_is_thinking (g_ptr_array_index (message->blocks, i)))
      oh_canon_append_block (canon, g_ptr_array_index (message->blocks, i), OH_CANON_BLOCK);
}

/* What a chain begins with: what a program that no run is of said is not what another said. */
static guint64
get_seed (gint64 run_id)
{
  return run_id < 0 ? (guint64) run_id : 0;
}

/* @hash: what the chain begins with: get_seed (), or what stands for the messages that the server has */
static GArray *
hash_prefixes (GPtrArray *messages, guint64 hash)
{
  GArray *hashes = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GString) canon = g_string_new (NULL);

  for (guint i = 0; i < messages->len; i++)
    {
      g_string_truncate (canon, 0);
      g_string_append_len (canon, (const char *) &hash, sizeof hash);
      append_message (canon, g_ptr_array_index (messages, i));
      hash = oh_canon_hash (canon->str, canon->len);
      g_array_append_val (hashes, hash);
    }
  return hashes;
}

GArray *
oh_thread_hash_prefixes (GPtrArray *messages, gint64 run_id)
{
  g_return_val_if_fail (messages != NULL, NULL);
  return hash_prefixes (messages, get_seed (run_id));
}

guint64
oh_thread_hash_answer (const OhMessage *message)
{
  g_autoptr (GString) canon = g_string_new (NULL);

  if (message == NULL)
    return 0;
  for (guint i = 0; i < message->blocks->len; i++)
    oh_canon_append_gist (canon, g_ptr_array_index (message->blocks, i));
  return canon->len > 0 ? oh_canon_hash (canon->str, canon->len) : 0;
}

/* The last message is what the answer goes on from: it comes back with the answer grown onto it. */
static gboolean
ends_in_prefill (GPtrArray *messages)
{
  const OhMessage *last = messages->len > 1 ? g_ptr_array_index (messages, messages->len - 1) : NULL;

  return last != NULL && strcmp (last->role, "assistant") == 0;
}

OhThreadRow *
oh_thread_row_new (const OhReading *reading, gint64 exchange_id, gint64 run_id, gint64 started_ns)
{
  g_autoptr (GArray) hashes = NULL;
  const char *before;
  OhThreadRow *self;

  g_return_val_if_fail (reading != NULL, NULL);
  if (reading->messages->len == 0 || !oh_facts_is_turn (reading->facts))
    return NULL;
  before = reading->facts->continues_thread ? reading->facts->previous_message_id : NULL;
  hashes = hash_prefixes (reading->messages, before != NULL ? oh_canon_hash (before, strlen (before)) : get_seed (run_id));
  self = g_new0 (OhThreadRow, 1);
  self->hash = g_array_index (hashes, guint64, hashes->len - 1);
  if (ends_in_prefill (reading->messages))
    self->short_hash = g_array_index (hashes, guint64, hashes->len - 2);
  self->exchange_id = exchange_id;
  self->run_id = run_id;
  self->started_ns = started_ns;
  self->length = reading->messages->len;
  self->answer = oh_thread_hash_answer (reading->answer);
  self->message_id = g_strdup (reading->facts->message_id);
  return self;
}

/* How well a call of the same prefix fits, among others of it. */
static guint
rank (const Search *search, const OhThreadRow *row)
{
  guint voice = row->voice == 0 || search->row->voice == 0 ? 1 : row->voice == search->row->voice ? 2 : 0;

  return (row->run_id == search->row->run_id ? 12 : 0) + (row->answer != 0 && row->answer == search->next ? 6 : 0) +
         2 * voice + (row->trace != 0 && row->trace == search->row->trace ? 1 : 0);
}

static void
consider (const OhThreadRow *row, gpointer data)
{
  Search *search = data;
  guint rank_of_row = rank (search, row);

  /* A request as long as ours is no prefix of it, though it is one without its prefill. */
  if (row->exchange_id == search->row->exchange_id || row->started_ns > search->row->started_ns ||
      (search->shared > 0 && row->length >= search->row->length))
    return;
  if (search->best != NULL &&
      (rank_of_row < search->best_rank ||
       (rank_of_row == search->best_rank &&
        (row->started_ns < search->best->started_ns ||
         (row->started_ns == search->best->started_ns && row->exchange_id < search->best->exchange_id)))))
    return;
  g_clear_pointer (&search->best, oh_thread_row_free);
  search->best = row_copy (row);
  search->best_rank = rank_of_row;
}

static void
find_by_prefix (const OhReading *reading, Search *search, OhThreadLookup lookup, gpointer user_data)
{
  g_autoptr (GArray) hashes = hash_prefixes (reading->messages, get_seed (search->row->run_id));

  for (guint n = hashes->len - 1; n > 0 && search->best == NULL; n--)
    {
      search->shared = n;
      search->next = oh_thread_hash_answer (g_ptr_array_index (reading->messages, n));
      lookup (g_array_index (hashes, guint64, n - 1), consider, search, user_data);
    }
}

void
oh_thread_find (const OhReading *reading, const OhThreadRow *row, OhThreadLookup lookup, OhThreadLookupId lookup_id,
                gpointer user_data, OhThreadMatch *out)
{
  Search search = { .row = row };

  g_return_if_fail (reading != NULL && row != NULL && lookup != NULL && lookup_id != NULL && out != NULL);
  *out = (OhThreadMatch) { OH_THREAD_ROOT, 0, 0, FALSE };
  if (reading->facts->continues_thread && reading->facts->previous_message_id != NULL)
    {
      lookup_id (reading->facts->previous_message_id, consider, &search, user_data);
      if (search.best != NULL)
        *out = (OhThreadMatch) { OH_THREAD_SERVER, search.best->exchange_id, 0, TRUE };
    }
  else if (reading->messages->len > 1)
    {
      find_by_prefix (reading, &search, lookup, user_data);
      if (search.best != NULL)
        *out = (OhThreadMatch) { OH_THREAD_PREFIX, search.best->exchange_id, search.shared,
                                 search.best->answer != 0 && search.best->answer == search.next,
                                 search.best->voice != 0 && row->voice != 0 && search.best->voice != row->voice };
    }
  g_clear_pointer (&search.best, oh_thread_row_free);
}
