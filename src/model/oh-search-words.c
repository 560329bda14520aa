/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-search-words.h"

#include "oh-value.h"

#include <string.h>

typedef struct
{
  char *folded;
  gsize length;
  gboolean ascii;
  OhSearchSide side;
} Word;

struct _OhSearchWords
{
  GArray *words; /* Word */
  gsize longest; /* bytes, folded */
};

/* Longer lines are taken in pieces, which overlap. */
#define PIECE ((gsize) 1 << 16)

/* A line that is not all ASCII, folded character by character, with the way back. */
typedef struct
{
  GString *text;
  GArray *from; /* gsize: for each byte of the text the offset in the line that its character begins at; and the end */
} Folded;

static void
word_clear (gpointer data)
{
  g_free (((Word *) data)->folded);
}

static char *
fold (const char *text, gssize length)
{
  g_autofree char *cased = g_utf8_casefold (text, length);

  return g_utf8_normalize (cased, -1, G_NORMALIZE_DEFAULT_COMPOSE);
}

static void
add_words (OhSearchWords *self, const OhSearch *search, gboolean console)
{
  if (search->kind == OH_SEARCH_NOT || (search->kind == OH_SEARCH_TEXT && (search->side == OH_SEARCH_IN_CONSOLE) != console))
    return;
  if (search->kind == OH_SEARCH_TEXT && search->text != NULL && *search->text != '\0')
    {
      Word word = { .folded = fold (search->text, -1), .side = console ? OH_SEARCH_ANYWHERE : search->side };

      if (word.folded != NULL && *word.folded != '\0')
        {
          word.length = strlen (word.folded);
          word.ascii = g_str_is_ascii (word.folded);
          self->longest = MAX (self->longest, word.length);
          g_array_append_val (self->words, word);
        }
      else
        g_free (word.folded);
    }
  for (guint i = 0; search->children != NULL && i < search->children->len; i++)
    add_words (self, search->children->pdata[i], console);
}

static gboolean
looks_in (const Word *word, OhSearchSide side)
{
  return word->side == OH_SEARCH_ANYWHERE || side == OH_SEARCH_ANYWHERE || word->side == side;
}

/* The first place of an ASCII word in bytes, or NULL; without regard to case. */
static const char *
find_ascii (const char *text, gsize length, const Word *word)
{
  const char lower = word->folded[0], upper = g_ascii_toupper (lower);
  const char *end = text + length;

  if (length < word->length)
    return NULL;
  for (const char *p = text; p <= end - word->length; p++)
    {
      if (*p != lower && *p != upper)
        continue;
      if (g_ascii_strncasecmp (p, word->folded, word->length) == 0)
        return p;
    }
  return NULL;
}

static void
folded_append (Folded *self, const char *text, gsize length, gsize from)
{
  g_string_append_len (self->text, text, (gssize) length);
  for (gsize i = 0; i < length; i++)
    g_array_append_val (self->from, from);
}

/* Letters without cases that stand alone, as most of CJK: they fold to themselves. */
static gboolean
is_plain (gunichar c)
{
  return (c >= 0x2E80 && c < 0x3099) || (c >= 0x30A0 && c < 0xA000);
}

static void
fold_line (Folded *self, const char *line, gsize length)
{
  const char *end = line + length;
  const char *p = line;

  g_string_truncate (self->text, 0);
  g_array_set_size (self->from, 0);
  while (p < end)
    {
      const char *next = p;
      gunichar c = g_utf8_get_char_validated (p, end - p);
      g_autofree char *folded = NULL;

      if (c == (gunichar) -1 || c == (gunichar) -2)
        {
          folded_append (self, "\x1", 1, (gsize) (p - line));
          p++;
          continue;
        }
      /* A letter and what is put on it fold together. */
      do
        {
          next = g_utf8_next_char (next);
          if (next >= end)
            break;
          c = g_utf8_get_char_validated (next, end - next);
        }
      while (c != (gunichar) -1 && c != (gunichar) -2 && c >= 0x300 && g_unichar_combining_class (c) != 0);
      if (next - p == 1)
        {
          char lower = g_ascii_tolower (*p);

          folded_append (self, &lower, 1, (gsize) (p - line));
        }
      else if (is_plain (g_utf8_get_char (p)))
        folded_append (self, p, (gsize) (next - p), (gsize) (p - line));
      else
        {
          folded = fold (p, next - p);
          if (folded != NULL)
            folded_append (self, folded, strlen (folded), (gsize) (p - line));
        }
      p = next;
    }
  g_array_append_val (self->from, length);
}

static void
add_match (GArray *matches, gsize start, gsize end)
{
  OhSearchMatch match = { start, end };

  if (end > start)
    g_array_append_val (matches, match);
}

/* One character may fold to several: half of it found is all of it found. */
static gsize
get_end (const Folded *folded, gsize at)
{
  gsize last = g_array_index (folded->from, gsize, at - 1);

  while (at + 1 < folded->from->len && g_array_index (folded->from, gsize, at) == last)
    at++;
  return g_array_index (folded->from, gsize, at);
}

static void
find_in_line (const OhSearchWords *self, OhSearchSide side, const char *line, gsize length, gsize offset,
              Folded *folded, GArray *matches)
{
  gboolean ascii = TRUE;

  for (gsize i = 0; i < length && ascii; i++)
    ascii = !(line[i] & 0x80);
  if (!ascii)
    fold_line (folded, line, length);
  for (guint i = 0; i < self->words->len; i++)
    {
      const Word *word = &g_array_index (self->words, Word, i);
      const char *text = ascii ? line : folded->text->str;
      gsize left = ascii ? length : folded->text->len;
      const char *found;

      if (!looks_in (word, side) || (ascii && !word->ascii))
        continue;
      while (left > 0 && (found = word->ascii ? find_ascii (text, left, word)
                                              : memmem (text, left, word->folded, word->length)) != NULL)
        {
          if (ascii)
            add_match (matches, offset + (gsize) (found - line), offset + (gsize) (found - line) + word->length);
          else
            {
              gsize at = (gsize) (found - folded->text->str);

              add_match (matches, offset + g_array_index (folded->from, gsize, at),
                         offset + get_end (folded, at + word->length));
            }
          left -= (gsize) (found - text) + word->length;
          text = found + word->length;
        }
    }
}

/* A folded character takes at most twelve bytes for one. */
static void
find_in_pieces (const OhSearchWords *self, OhSearchSide side, const char *text, const char *line, const char *end,
                Folded *folded, GArray *matches)
{
  const gsize overlap = 12 * self->longest + 16;

  for (const char *piece = line; piece < end;)
    {
      const char *stop = (gsize) (end - piece) > PIECE + overlap ? piece + PIECE + overlap : end;
      const char *next = stop < end ? piece + PIECE : end;

      while (next < end && next > piece + 1 && (*next & 0xC0) == 0x80)
        next--;
      while (stop < end && stop > next && (*stop & 0xC0) == 0x80)
        stop--;
      find_in_line (self, side, piece, (gsize) (stop - piece), (gsize) (piece - text), folded, matches);
      piece = next;
    }
}

static int
compare_matches (gconstpointer a, gconstpointer b)
{
  const OhSearchMatch *x = a, *y = b;

  if (x->start != y->start)
    return x->start < y->start ? -1 : 1;
  return x->end > y->end ? -1 : x->end < y->end;
}

static void
drop_overlaps (GArray *matches, guint from)
{
  guint kept = from;

  for (guint i = from; i < matches->len; i++)
    {
      const OhSearchMatch match = g_array_index (matches, OhSearchMatch, i);

      if (kept > from && match.start < g_array_index (matches, OhSearchMatch, kept - 1).end)
        continue;
      g_array_index (matches, OhSearchMatch, kept++) = match;
    }
  g_array_set_size (matches, kept);
}

static OhSearchWords *
make (const OhSearch *search, gboolean texts, gboolean console)
{
  OhSearchWords *self;

  if (search == NULL)
    return NULL;
  self = g_atomic_rc_box_new0 (OhSearchWords);
  self->words = g_array_new (FALSE, FALSE, sizeof (Word));
  g_array_set_clear_func (self->words, word_clear);
  if (texts)
    add_words (self, search, FALSE);
  if (console)
    add_words (self, search, TRUE);
  if (self->words->len == 0)
    g_clear_pointer (&self, oh_search_words_unref);
  return self;
}

OhSearchWords *
oh_search_words_new (const OhSearch *search)
{
  return make (search, TRUE, FALSE);
}

OhSearchWords *
oh_search_words_new_of_console (const OhSearch *search)
{
  return make (search, FALSE, TRUE);
}

OhSearchWords *
oh_search_words_new_of_all (const OhSearch *search)
{
  return make (search, TRUE, TRUE);
}

char *
oh_search_words_dup_pattern (const OhSearchWords *self)
{
  GString *pattern = g_string_new (NULL);

  g_return_val_if_fail (self != NULL, NULL);

  for (guint i = 0; i < self->words->len; i++)
    {
      g_autofree char *escaped = g_regex_escape_string (g_array_index (self->words, Word, i).folded, -1);

      g_string_append_printf (pattern, i > 0 ? "|%s" : "%s", escaped);
    }
  return g_string_free (pattern, FALSE);
}

OhSearchWords *
oh_search_words_new_phrase (const char *text)
{
  const OhSearch phrase = { .kind = OH_SEARCH_TEXT, .side = OH_SEARCH_ANYWHERE, .text = (char *) text };

  return oh_search_words_new (&phrase);
}

static void
words_clear (gpointer data)
{
  g_array_unref (((OhSearchWords *) data)->words);
}

OH_DEFINE_VALUE (OhSearchWords, oh_search_words, words_clear)

gboolean
oh_search_words_set (OhSearchWords **place, OhSearchWords *words)
{
  g_return_val_if_fail (place != NULL, FALSE);

  if (*place == words)
    return FALSE;
  if (words != NULL)
    oh_search_words_ref (words);
  g_clear_pointer (place, oh_search_words_unref);
  *place = words;
  return TRUE;
}

gboolean
oh_search_words_equal (const OhSearchWords *a, const OhSearchWords *b)
{
  if (a == b)
    return TRUE;
  if (a == NULL || b == NULL || a->words->len != b->words->len)
    return FALSE;
  for (guint i = 0; i < a->words->len; i++)
    {
      const Word *x = &g_array_index (a->words, Word, i), *y = &g_array_index (b->words, Word, i);

      if (x->side != y->side || strcmp (x->folded, y->folded) != 0)
        return FALSE;
    }
  return TRUE;
}

GArray *
oh_search_words_find (const OhSearchWords *self, OhSearchSide side, const char *text, gssize length)
{
  GArray *matches = g_array_new (FALSE, FALSE, sizeof (OhSearchMatch));
  Folded folded;
  const char *end;

  if (self == NULL || text == NULL)
    return matches;
  folded = (Folded) { g_string_new (NULL), g_array_new (FALSE, FALSE, sizeof (gsize)) };
  end = text + (length < 0 ? strlen (text) : (gsize) length);
  for (const char *line = text; line < end;)
    {
      const char *line_end = memchr (line, '\n', (gsize) (end - line));
      guint before = matches->len;

      if (line_end == NULL)
        line_end = end;
      find_in_pieces (self, side, text, line, line_end, &folded, matches);
      if (matches->len > before + 1)
        {
          qsort (&g_array_index (matches, OhSearchMatch, before), matches->len - before, sizeof (OhSearchMatch),
                 compare_matches);
          drop_overlaps (matches, before);
        }
      line = line_end + 1;
    }
  g_string_free (folded.text, TRUE);
  g_array_unref (folded.from);
  return matches;
}

guint
oh_search_words_count (const OhSearchWords *self, OhSearchSide side, const char *text, gssize length)
{
  g_autoptr (GArray) matches = oh_search_words_find (self, side, text, length);

  return matches->len;
}
