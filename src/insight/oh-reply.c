/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-reply.h"

#include "oh-canon.h"

#include <string.h>

#define MAX_ENTRIES 16384 /* in each of the two tables */
#define MAX_NEAR 8
#define LONG_ID 16       /* characters from which on no id is given twice */
#define LONG_TEXT 64     /* bytes, without spaces, from which on nobody says the same by chance */

/* An answer, or a tool call of it. */
typedef struct
{
  guint64 key;
  gint64 exchange_id;
  guint64 near[MAX_NEAR]; /* hashes of what it answered; 0: no more */
} Entry;

/* Two generations: when the young ones are many, the old ones are forgotten. */
struct _OhReplyIndex
{
  GHashTable *young; /* key → Entry */
  GHashTable *old;
};

static GHashTable *
make_table (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
}

/* Text as far as it stays the same: no space, any number as good as another (a time of day, a count). */
static void
append_loose (GString *out, const char *text)
{
  for (; *text != '\0'; text++)
    if (g_ascii_isdigit (*text))
      {
        if (out->len == 0 || out->str[out->len - 1] != '#')
          g_string_append_c (out, '#');
      }
    else if (!g_ascii_isspace (*text))
      {
        g_string_append_c (out, *text);
      }
}

static guint64
hash_near (const OhBlock *block)
{
  g_autoptr (GString) canon = g_string_new (NULL);

  /* A result may have been cut or cleared since. */
  if (strcmp (block->type, "tool_result") == 0 && block->id != NULL && strlen (block->id) >= LONG_ID)
    g_string_append (canon, block->id);
  else if (strcmp (block->type, "text") != 0)
    oh_canon_append_block (canon, block, OH_CANON_BLOCK);
  else if (block->text != NULL && !g_str_has_prefix (block->text, "<system-reminder>"))
    append_loose (canon, block->text);
  return canon->len > 0 ? oh_canon_hash (canon->str, canon->len) : 0;
}

static void
list_near (const OhMessage *message, guint64 *near)
{
  for (guint i = message->blocks->len, n = 0; i > 0 && n < MAX_NEAR; i--)
    {
      guint64 hash = hash_near (g_ptr_array_index (message->blocks, i - 1));

      if (hash != 0)
        near[n++] = hash;
    }
}

static gboolean
is_near (const Entry *entry, const OhMessage *message)
{
  guint64 near[MAX_NEAR] = { 0 };

  list_near (message, near);
  for (guint i = 0; i < MAX_NEAR && near[i] != 0; i++)
    for (guint j = 0; j < MAX_NEAR && entry->near[j] != 0; j++)
      if (near[i] == entry->near[j])
        return TRUE;
  return FALSE;
}

/* What a tool call is known by; 0: it is none. An id that may be given again counts together with what was asked. */
static guint64
get_tool_key (const OhBlock *block, gint64 run_id, guint64 voice)
{
  g_autoptr (GString) canon = NULL;

  if (strcmp (block->type, "tool_use") != 0 || block->id == NULL)
    return 0;
  canon = g_string_new (NULL);
  g_string_append_printf (canon, "i%" G_GINT64_FORMAT "\xff%" G_GINT64_MODIFIER "x\xff%s\xff", run_id, voice, block->id);
  if (strlen (block->id) < LONG_ID)
    oh_canon_append_gist (canon, block);
  return oh_canon_hash (canon->str, canon->len);
}

/* What the text of an answer is known by; 0: it has none. @is_long: (out): whether that is enough */
static guint64
get_text_key (const OhMessage *message, gint64 run_id, guint64 voice, gboolean *is_long)
{
  g_autoptr (GString) canon = g_string_new (NULL);
  gsize start;

  g_string_append_printf (canon, "t%" G_GINT64_FORMAT "\xff%" G_GINT64_MODIFIER "x\xff", run_id, voice);
  start = canon->len;
  for (guint i = 0; i < message->blocks->len; i++)
    if (strcmp (((OhBlock *) g_ptr_array_index (message->blocks, i))->type, "text") == 0)
      oh_canon_append_gist (canon, g_ptr_array_index (message->blocks, i));
  *is_long = canon->len - start >= LONG_TEXT;
  return canon->len > start ? oh_canon_hash (canon->str, canon->len) : 0;
}

static void
add_entry (OhReplyIndex *self, const Entry *entry)
{
  Entry *copy = g_memdup2 (entry, sizeof *entry);

  if (g_hash_table_size (self->young) >= MAX_ENTRIES)
    {
      g_hash_table_unref (self->old);
      self->old = self->young;
      self->young = make_table ();
    }
  g_hash_table_replace (self->young, &copy->key, copy);
}

static const Entry *
find_entry (const OhReplyIndex *self, guint64 key)
{
  const Entry *entry = g_hash_table_lookup (self->young, &key);

  return entry != NULL ? entry : g_hash_table_lookup (self->old, &key);
}

OhReplyIndex *
oh_reply_index_new (void)
{
  OhReplyIndex *self = g_new0 (OhReplyIndex, 1);

  self->young = make_table ();
  self->old = make_table ();
  return self;
}

void
oh_reply_index_free (OhReplyIndex *self)
{
  g_return_if_fail (self != NULL);
  g_hash_table_unref (self->young);
  g_hash_table_unref (self->old);
  g_free (self);
}

/* By anybody's voice, which is 0, and by that of who got it. */
static void
add_answer (OhReplyIndex *self, const OhMessage *answer, Entry *entry, gint64 run_id, guint64 voice)
{
  gboolean is_long;

  entry->key = get_text_key (answer, run_id, voice, &is_long);
  if (entry->key != 0)
    add_entry (self, entry);
  for (guint i = 0; i < answer->blocks->len; i++)
    {
      entry->key = get_tool_key (g_ptr_array_index (answer->blocks, i), run_id, voice);
      if (entry->key != 0)
        add_entry (self, entry);
    }
}

void
oh_reply_index_add (OhReplyIndex *self, gint64 exchange_id, gint64 run_id, guint64 voice, const OhReading *reading)
{
  Entry entry = { .exchange_id = exchange_id };

  g_return_if_fail (self != NULL && reading != NULL);
  if (reading->answer == NULL || reading->messages->len == 0)
    return;
  list_near (g_ptr_array_index (reading->messages, reading->messages->len - 1), entry.near);
  add_answer (self, reading->answer, &entry, run_id, 0);
  if (voice != 0)
    add_answer (self, reading->answer, &entry, run_id, voice);
}

static const Entry *
find_reply (const OhReplyIndex *self, const OhMessage *message, const OhMessage *before, gint64 run_id, guint64 voice)
{
  const Entry *entry = NULL;
  gboolean is_long;
  guint64 key;

  for (guint i = 0; entry == NULL && i < message->blocks->len; i++)
    {
      key = get_tool_key (g_ptr_array_index (message->blocks, i), run_id, voice);
      if (key != 0)
        entry = find_entry (self, key);
    }
  if (entry != NULL)
    return entry;
  key = get_text_key (message, run_id, voice, &is_long);
  entry = key != 0 ? find_entry (self, key) : NULL;
  return entry != NULL && (is_long || (before != NULL && is_near (entry, before))) ? entry : NULL;
}

gint64
oh_reply_index_find (OhReplyIndex *self, const OhReading *reading, gint64 run_id, guint64 voice, guint from, guint *index)
{
  g_return_val_if_fail (self != NULL && reading != NULL && index != NULL, 0);
  for (guint i = reading->messages->len; i > from; i--)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, i - 1);
      const OhMessage *before = i > 1 ? g_ptr_array_index (reading->messages, i - 2) : NULL;
      const Entry *entry =
        strcmp (message->role, "assistant") == 0 ? find_reply (self, message, before, run_id, voice) : NULL;
      if (entry == NULL)
        continue;
      *index = i - 1;
      return entry->exchange_id;
    }
  return 0;
}
