/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-compare.h"

#include "oh-canon.h"
#include "oh-thread.h"

#include <string.h>

/* More edits than that make nobody the wiser, and the search's memory grows with their square. */
#define MAX_EDITS 1000

typedef struct
{
  const char *start;
  gsize length;
} Word;

static guint
get_class (gunichar c)
{
  if (g_unichar_isspace (c))
    return 0;
  return g_unichar_isalnum (c) || c == '_' ? 1 : 2;
}

/* Runs of letters and digits, runs of space, and single other characters. */
static GArray *
split_words (const char *text)
{
  GArray *words = g_array_new (FALSE, FALSE, sizeof (Word));

  while (*text != '\0')
    {
      guint class = get_class (g_utf8_get_char (text));
      const char *end = g_utf8_next_char (text);
      Word word;

      while (*end != '\0' && class != 2 && get_class (g_utf8_get_char (end)) == class)
        end = g_utf8_next_char (end);
      word.start = text;
      word.length = (gsize) (end - text);
      g_array_append_val (words, word);
      text = end;
    }
  return words;
}

static gboolean
same_word (const Word *a, const Word *b)
{
  return a->length == b->length && memcmp (a->start, b->start, a->length) == 0;
}

/* Neighbours of one kind become one piece. */
static void
add_words (OhTextDiff *self, OhDiffKind kind, const Word *words, guint n)
{
  OhDiffPiece *last = self->pieces->len > 0 ? g_ptr_array_index (self->pieces, self->pieces->len - 1) : NULL;
  g_autoptr (GString) text = NULL;

  if (n == 0)
    return;
  if (last == NULL || last->kind != kind)
    {
      oh_text_diff_add (self, kind, NULL);
      last = g_ptr_array_index (self->pieces, self->pieces->len - 1);
    }
  text = g_string_new (last->text);
  g_string_append_len (text, words[0].start, words[n - 1].start + words[n - 1].length - words[0].start);
  g_free (last->text);
  last->text = g_strndup (text->str, text->len);
}

/* The furthest points on each diagonal, for each number of edits (E. Myers, An O(ND) Difference Algorithm, 1986). */
static GPtrArray *
search_edits (const Word *a, int n, const Word *b, int m)
{
  GPtrArray *rounds = g_ptr_array_new_with_free_func (g_free);
  int limit = MIN (n + m, MAX_EDITS);
  g_autofree int *v = g_new0 (int, 2 * (gsize) limit + 3);
  int *at = v + limit + 1;

  for (int d = 0; d <= limit; d++)
    {
      for (int k = -d; k <= d; k += 2)
        {
          int x = k == -d || (k != d && at[k - 1] < at[k + 1]) ? at[k + 1] : at[k - 1] + 1;
          int y = x - k;

          while (x < n && y < m && y >= 0 && same_word (&a[x], &b[y]))
            {
              x++;
              y++;
            }
          at[k] = x;
          if (x >= n && y >= m)
            {
              g_ptr_array_add (rounds, g_memdup2 (at - d - 1, sizeof (int) * (2 * (gsize) d + 3)));
              return rounds;
            }
        }
      g_ptr_array_add (rounds, g_memdup2 (at - d - 1, sizeof (int) * (2 * (gsize) d + 3)));
    }
  g_ptr_array_unref (rounds);
  return NULL;
}

typedef struct
{
  OhDiffKind kind;
  int from; /* in the old words, or the new ones if ADDED */
  int length;
} Step;

/* Walks the rounds back from the end; the steps come out last first. */
static GArray *
walk_back (GPtrArray *rounds, int n, int m)
{
  GArray *steps = g_array_new (FALSE, FALSE, sizeof (Step));
  int x = n, y = m;

  for (int d = (int) rounds->len - 1; d >= 0; d--)
    {
      Step same = { OH_DIFF_SAME, 0, 0 }, edit;
      const int *before;
      int k = x - y, previous, px, py;

      if (d == 0)
        {
          same.length = x;
          g_array_append_val (steps, same);
          break;
        }
      before = (const int *) g_ptr_array_index (rounds, d - 1) + d;
      previous = k == -d || (k != d && before[k - 1] < before[k + 1]) ? k + 1 : k - 1;
      px = before[previous];
      py = px - previous;
      same.length = MIN (x - (previous == k + 1 ? px : px + 1), x);
      same.from = x - same.length;
      g_array_append_val (steps, same);
      edit.kind = previous == k + 1 ? OH_DIFF_ADDED : OH_DIFF_REMOVED;
      edit.from = edit.kind == OH_DIFF_ADDED ? py : px;
      edit.length = 1;
      g_array_append_val (steps, edit);
      x = px;
      y = py;
    }
  return steps;
}

static void
add_middle (OhTextDiff *self, const Word *a, int n, const Word *b, int m)
{
  g_autoptr (GPtrArray) rounds = n > 0 && m > 0 ? search_edits (a, n, b, m) : NULL;
  g_autoptr (GArray) steps = NULL;

  if (rounds == NULL)
    {
      add_words (self, OH_DIFF_REMOVED, a, (guint) n);
      add_words (self, OH_DIFF_ADDED, b, (guint) m);
      return;
    }
  steps = walk_back (rounds, n, m);
  for (guint i = steps->len; i > 0; i--)
    {
      const Step *step = &g_array_index (steps, Step, i - 1);

      add_words (self, step->kind, (step->kind == OH_DIFF_ADDED ? b : a) + step->from, (guint) step->length);
    }
}

static gint64
find_first_character (const char *a, const char *b)
{
  gint64 n = 0;

  for (; *a != '\0' && *b != '\0' && g_utf8_get_char (a) == g_utf8_get_char (b); n++)
    {
      a = g_utf8_next_char (a);
      b = g_utf8_next_char (b);
    }
  return *a == *b && *a == '\0' ? -1 : n;
}

OhTextDiff *
oh_compare_texts (const char *before, const char *after)
{
  OhTextDiff *self;
  g_autoptr (GArray) a = NULL;
  g_autoptr (GArray) b = NULL;
  const Word *words_a, *words_b;
  guint head = 0, tail = 0, least;

  g_return_val_if_fail (before != NULL && after != NULL, NULL);
  self = oh_text_diff_new ();
  self->first_character = find_first_character (before, after);
  a = split_words (before);
  b = split_words (after);
  words_a = (const Word *) (gpointer) a->data;
  words_b = (const Word *) (gpointer) b->data;
  least = MIN (a->len, b->len);
  while (head < least && same_word (&words_a[head], &words_b[head]))
    head++;
  while (tail < least - head && same_word (&words_a[a->len - 1 - tail], &words_b[b->len - 1 - tail]))
    tail++;
  add_words (self, OH_DIFF_SAME, words_a, head);
  add_middle (self, words_a + head, (int) (a->len - head - tail), words_b + head, (int) (b->len - head - tail));
  add_words (self, OH_DIFF_SAME, words_a + a->len - tail, tail);
  return self;
}

/* The texts of a system prompt, one after another. (transfer full) */
static char *
dup_system_text (const OhReading *reading)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < reading->system->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (reading->system, i);
      const char *words = block->text != NULL ? block->text : block->json;

      if (i > 0)
        g_string_append (text, "\n\n");
      g_string_append (text, words != NULL ? words : "");
    }
  return g_string_free (text, FALSE);
}

static gboolean
same_json (const char *a, const char *b, OhCanonKind kind)
{
  return oh_canon_hash_json (a != NULL ? a : "null", kind) == oh_canon_hash_json (b != NULL ? b : "null", kind);
}

static OhTextDiff *
compare_json (const char *before, const char *after)
{
  return before != NULL && after != NULL ? oh_compare_texts (before, after) : NULL;
}

static const OhTool *
find_tool (GPtrArray *tools, const char *name, guint *index)
{
  for (guint i = 0; i < tools->len; i++)
    {
      const OhTool *tool = g_ptr_array_index (tools, i);

      if (g_strcmp0 (tool->name, name) == 0)
        {
          *index = i;
          return tool;
        }
    }
  return NULL;
}

static void
compare_tools (OhChanges *self, const OhReading *before, const OhReading *after)
{
  guint index = 0, last = 0;

  for (guint i = 0; i < before->tools->len; i++)
    {
      const OhTool *old = g_ptr_array_index (before->tools, i);
      const OhTool *tool = find_tool (after->tools, old->name, &index);

      if (tool == NULL)
        {
          oh_changes_add (self->tools, old->name, old->json, NULL, NULL);
          continue;
        }
      if (!same_json (old->json, tool->json, OH_CANON_BLOCK))
        oh_changes_add (self->tools, old->name, old->json, tool->json, compare_json (old->json, tool->json));
      self->tools_moved = self->tools_moved || index < last;
      last = index;
    }
  for (guint i = 0; i < after->tools->len; i++)
    {
      const OhTool *tool = g_ptr_array_index (after->tools, i);

      if (find_tool (before->tools, tool->name, &index) == NULL)
        oh_changes_add (self->tools, tool->name, NULL, tool->json, NULL);
    }
}

static const char *
find_parameter (GPtrArray *parameters, const char *name)
{
  for (guint i = 0; i < parameters->len; i++)
    {
      const OhParameter *parameter = g_ptr_array_index (parameters, i);

      if (strcmp (parameter->name, name) == 0)
        return parameter->value;
    }
  return NULL;
}

/* Which call one continues is no parameter that somebody changed. */
static gboolean
is_link (const char *name)
{
  return strcmp (name, "thread") == 0 || strcmp (name, "diagnostics") == 0;
}

static void
compare_parameters (OhChanges *self, const OhReading *before, const OhReading *after)
{
  for (guint i = 0; i < before->parameters->len; i++)
    {
      const OhParameter *old = g_ptr_array_index (before->parameters, i);
      const char *value = find_parameter (after->parameters, old->name);

      if (!is_link (old->name) && (value == NULL || !same_json (old->value, value, OH_CANON_VALUE)))
        oh_changes_add (self->parameters, old->name, old->value, value, NULL);
    }
  for (guint i = 0; i < after->parameters->len; i++)
    {
      const OhParameter *parameter = g_ptr_array_index (after->parameters, i);

      if (!is_link (parameter->name) && find_parameter (before->parameters, parameter->name) == NULL)
        oh_changes_add (self->parameters, parameter->name, NULL, parameter->value, NULL);
    }
}

static void
compare_messages (OhChanges *self, const OhReading *before, const OhReading *after)
{
  g_autoptr (GArray) old = oh_thread_hash_prefixes (before->messages, 0);
  g_autoptr (GArray) new = oh_thread_hash_prefixes (after->messages, 0);
  guint64 answer = oh_thread_hash_answer (before->answer);

  while (self->shared < MIN (old->len, new->len) &&
         g_array_index (old, guint64, self->shared) == g_array_index (new, guint64, self->shared))
    self->shared++;
  /* With its history on the server a call sends only what is new. */
  if (after->facts->continues_thread)
    {
      self->shared = 0;
      return;
    }
  self->dropped = old->len - self->shared;
  self->first_new = self->shared;
  if (self->dropped == 0 && answer != 0 && self->shared < after->messages->len &&
      oh_thread_hash_answer (g_ptr_array_index (after->messages, self->shared)) == answer)
    self->first_new++;
}

OhChanges *
oh_compare_readings (const OhReading *before, const OhReading *after)
{
  OhChanges *self;
  g_autofree char *old_system = NULL;
  g_autofree char *new_system = NULL;

  g_return_val_if_fail (before != NULL && after != NULL, NULL);
  self = oh_changes_new ();
  old_system = dup_system_text (before);
  new_system = dup_system_text (after);
  if (strcmp (old_system, new_system) != 0)
    self->system = oh_compare_texts (old_system, new_system);
  compare_tools (self, before, after);
  compare_parameters (self, before, after);
  compare_messages (self, before, after);
  return self;
}
