/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-joint.h"

#include "oh-canon.h"
#include "oh-providers.h"

#include <string.h>

/* A conversation that is shorter is not worth a summary. */
#define MIN_COMPACTED 6
#define REMINDER "<system-reminder>"

/* @asides: else summaries */
static gboolean
begins_as (const char *text, gboolean asides)
{
  const OhProviderProgram *program = NULL;

  while (g_ascii_isspace (*text))
    text++;
  while ((program = oh_providers_next_program (program)) != NULL)
    for (const char *const *start = asides ? program->asides : program->summaries; *start != NULL; start++)
      if (g_str_has_prefix (text, *start))
        return TRUE;
  return FALSE;
}

static gboolean
is_text (const OhBlock *block)
{
  return strcmp (block->type, "text") == 0 && block->text != NULL && *block->text != '\0';
}

gboolean
oh_joint_is_aside (const OhReading *reading)
{
  const OhMessage *last;

  g_return_val_if_fail (reading != NULL, FALSE);
  if (reading->messages->len < 2)
    return FALSE;
  last = g_ptr_array_index (reading->messages, reading->messages->len - 1);
  for (guint i = 0; strcmp (last->role, "user") == 0 && i < last->blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (last->blocks, i);

      if (is_text (block) && begins_as (block->text, TRUE))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_summary (const OhBlock *block)
{
  return strcmp (block->type, "compaction") == 0 ||
         (is_text (block) && begins_as (block->text, FALSE));
}

/* How many summaries stand in the first @n messages. */
static guint
count_summaries (const OhReading *reading, guint n)
{
  guint count = 0;

  for (guint i = 0; i < MIN (n, reading->messages->len); i++)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, i);

      for (guint j = 0; j < message->blocks->len; j++)
        count += is_summary (g_ptr_array_index (message->blocks, j));
    }
  return count;
}

static guint64
hash_message (const OhMessage *message)
{
  return oh_thread_hash_answer (message);
}

static gboolean
has_message (const OhReading *reading, guint64 hash)
{
  for (guint i = 0; i < reading->messages->len; i++)
    if (hash_message (g_ptr_array_index (reading->messages, i)) == hash)
      return TRUE;
  return FALSE;
}

gboolean
oh_joint_is_compacted (const OhReading *before, const OhReading *now, const OhThreadMatch *match)
{
  const guint length = before->messages->len;
  const guint stand = match->link == OH_THREAD_SESSION ? now->messages->len : match->shared;
  guint64 first;

  g_return_val_if_fail (before != NULL && now != NULL && match != NULL, FALSE);
  if (now->messages->len == 0)
    return FALSE;
  /* The reply itself may bring the summary: the API made it. */
  if (count_summaries (now, stand + 1) > count_summaries (before, length))
    return TRUE;
  if (match->link == OH_THREAD_SESSION && oh_joint_is_aside (before))
    return TRUE;
  /* Something unknown stands where much was said. What only lost its beginning is a window that slides. */
  first = hash_message (g_ptr_array_index (now->messages, 0));
  return match->link != OH_THREAD_PREFIX && length >= MIN_COMPACTED && stand > 0 && stand <= length / 2 &&
         (match->link == OH_THREAD_ANSWER || now->messages->len > 1) && !has_message (before, first);
}

/* The text of a message, without its spaces. (transfer full) */
static char *
get_words (const OhMessage *message)
{
  GString *words = g_string_new (NULL);

  for (guint i = 0; i < message->blocks->len; i++)
    if (is_text (g_ptr_array_index (message->blocks, i)))
      oh_canon_append_gist (words, g_ptr_array_index (message->blocks, i));
  return g_string_free (words, FALSE);
}

/* Whether a tool is asked for with another input under the same id. */
static gboolean
asks_otherwise (const OhMessage *said, const OhBlock *block)
{
  for (guint i = 0; i < said->blocks->len; i++)
    {
      const OhBlock *other = g_ptr_array_index (said->blocks, i);
      g_autoptr (GString) one = g_string_new (NULL);
      g_autoptr (GString) two = g_string_new (NULL);

      if (strcmp (other->type, "tool_use") != 0 || g_strcmp0 (other->id, block->id) != 0 || !other->complete)
        continue;
      oh_canon_append_gist (one, other);
      oh_canon_append_gist (two, block);
      return !g_string_equal (one, two);
    }
  return FALSE;
}

/* Whether @message says something else than was @said. */
static gboolean
differs (const OhMessage *said, const OhMessage *message)
{
  g_autofree char *one = get_words (said);
  g_autofree char *two = get_words (message);

  if (*one != '\0' && *two != '\0' && strcmp (one, two) != 0)
    return TRUE;
  for (guint i = 0; i < message->blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (message->blocks, i);

      if (strcmp (block->type, "tool_use") == 0 && block->id != NULL && asks_otherwise (said, block))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_reply (const OhReading *reading, guint i)
{
  return i < reading->messages->len &&
         strcmp (((const OhMessage *) g_ptr_array_index (reading->messages, i))->role, "assistant") == 0;
}

gboolean
oh_joint_is_edited (const OhReading *before, const OhReading *now, const OhThreadMatch *match)
{
  const guint length = before->messages->len;

  g_return_val_if_fail (before != NULL && now != NULL && match != NULL, FALSE);
  if (match->follows && match->link == OH_THREAD_PREFIX)
    return FALSE;
  /* A reply that began with the program's own words, or was cut, comes back as another one by itself. */
  if (is_reply (now, match->shared) && before->answer != NULL && before->facts->stop_reason != NULL &&
      !is_reply (before, length - 1) && differs (before->answer, g_ptr_array_index (now->messages, match->shared)))
    return TRUE;
  for (guint i = 0; match->link == OH_THREAD_ANSWER && match->shared == length && i < length; i++)
    if (is_reply (before, i) && is_reply (now, i) &&
        differs (g_ptr_array_index (before->messages, i), g_ptr_array_index (now->messages, i)))
      return TRUE;
  return FALSE;
}

/* What the user says, without reminders and spaces. (transfer full) */
static char *
get_said (const OhMessage *message)
{
  GString *words = g_string_new (NULL);

  for (guint i = 0; i < message->blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (message->blocks, i);

      if (is_text (block) && !g_str_has_prefix (block->text, REMINDER))
        oh_canon_append_gist (words, block);
    }
  return g_string_free (words, FALSE);
}

static gboolean
answers_same_tool (const OhMessage *one, const OhMessage *two)
{
  for (guint i = 0; i < one->blocks->len; i++)
    for (guint j = 0; j < two->blocks->len; j++)
      {
        const OhBlock *a = g_ptr_array_index (one->blocks, i), *b = g_ptr_array_index (two->blocks, j);

        if (strcmp (a->type, "tool_result") == 0 && strcmp (b->type, "tool_result") == 0 && a->id != NULL &&
            g_strcmp0 (a->id, b->id) == 0)
          return TRUE;
      }
  return FALSE;
}

gboolean
oh_joint_is_rewound (const OhReading *dropped, const OhReading *now, guint from)
{
  const OhMessage *message, *other;
  g_autofree char *said = NULL;
  g_autofree char *said_before = NULL;

  g_return_val_if_fail (dropped != NULL && now != NULL, FALSE);
  if (from >= now->messages->len || from >= dropped->messages->len || oh_joint_is_aside (now))
    return FALSE;
  message = g_ptr_array_index (now->messages, from);
  other = g_ptr_array_index (dropped->messages, from);
  if (strcmp (message->role, "user") != 0 || answers_same_tool (message, other))
    return FALSE;
  said = get_said (message);
  said_before = get_said (other);
  return *said != '\0' && strcmp (said, said_before) != 0;
}
