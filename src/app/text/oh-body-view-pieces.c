/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-body-view-pieces.h"

#include "oh-json-pretty.h"

#include <string.h>

/* A text view takes so much in less than a frame. */
#define PIECE (64 * 1024)
#define LINE_LIMIT 10000
/* After so many bytes a search looks whether it is still wanted; a match is at most so long. */
#define STEP ((gsize) 4 << 20)
#define OVERLAP 4096

typedef struct
{
  GBytes *body;
  gboolean json;
  OhSearchWords *words;
  OhSearchSide side;
} Job;

gboolean
oh_body_pieces_next (GBytes *body, gboolean json, const OhBodyPlace *place, OhBodyPlace *next)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);

  g_return_val_if_fail (place->offset <= length, FALSE);
  *next = *place;
  if (json)
    next->offset += oh_json_find_place (data + place->offset, length - place->offset, PIECE, &next->depth,
                                        &next->in_string);
  else if (length - place->offset <= PIECE)
    next->offset = length;
  else
    {
      const char *at = data + place->offset + PIECE;
      const char *line = memrchr (at - LINE_LIMIT, '\n', LINE_LIMIT);

      if (line)
        at = line + 1;
      while (at < data + length && (*at & 0xC0) == 0x80)
        at++;
      next->offset = (gsize) (at - data);
    }
  return next->offset < length;
}

/* Breaks lines that are very long, and shows a NUL as its sign. */
static char *
break_lines (const GString *text, gboolean *broken)
{
  g_autoptr (GString) out = g_string_sized_new (text->len + 64);
  gsize line = 0;

  *broken = FALSE;
  for (gsize i = 0; i < text->len; i++)
    {
      if (line >= LINE_LIMIT && (text->str[i] & 0xC0) != 0x80 && text->str[i] != '\n')
        {
          g_string_append_c (out, '\n');
          *broken = TRUE;
          line = 0;
        }
      line = text->str[i] == '\n' ? 0 : line + 1;
      if (text->str[i])
        g_string_append_c (out, text->str[i]);
      else
        g_string_append (out, "␀");
    }
  return g_utf8_make_valid (out->str, (gssize) out->len);
}

char *
oh_body_pieces_lay_out (GBytes *body, gboolean json, const OhBodyPlace *place, gsize until, gboolean *broken)
{
  g_autoptr (GString) out = g_string_new (NULL);
  gboolean some;
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  char *text;

  g_return_val_if_fail (place->offset <= until && until <= length, NULL);
  /* The white space before it is at the end of the piece before. */
  for (guint i = 0; json && !place->in_string && i < MIN (place->depth, 64); i++)
    g_string_append (out, "  ");
  if (json)
    oh_json_append_pretty_from (out, data + place->offset, until - place->offset, place->depth, place->in_string);
  else
    g_string_append_len (out, data + place->offset, (gssize) (until - place->offset));
  text = break_lines (out, &some);
  if (broken)
    *broken = some;
  return text;
}

guint
oh_body_pieces_find (GArray *places, gsize offset)
{
  guint low = 0, high = places->len;

  while (high - low > 1)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (places, OhBodyPlace, middle).offset <= offset)
        low = middle;
      else
        high = middle;
    }
  return low;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_bytes_unref (job->body);
  oh_search_words_unref (job->words);
  g_free (job);
}

/* Adds what is found from one step's beginning to the next one's. */
static void
search_step (const Job *job, const char *data, gsize from, gsize to, gsize length, GArray *matches)
{
  gsize stop = MIN (length, to + OVERLAP);
  gsize last = matches->len > 0 ? g_array_index (matches, OhSearchMatch, matches->len - 1).end : 0;
  g_autoptr (GArray) found = NULL;

  while (stop < length && (data[stop] & 0xC0) == 0x80)
    stop++;
  found = oh_search_words_find (job->words, job->side, data + from, (gssize) (stop - from));
  for (guint i = 0; i < found->len; i++)
    {
      OhSearchMatch match = g_array_index (found, OhSearchMatch, i);

      match.start += from;
      match.end += from;
      if (match.start >= to)
        break;
      if (match.start >= last)
        g_array_append_val (matches, match);
    }
}

static void
search_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;
  OhBodyFound *found = g_new0 (OhBodyFound, 1);
  OhBodyPlace place = { 0 };
  gsize length;
  const char *bytes = g_bytes_get_data (job->body, &length);

  found->matches = g_array_new (FALSE, FALSE, sizeof (OhSearchMatch));
  found->places = g_array_new (FALSE, FALSE, sizeof (OhBodyPlace));
  for (gsize from = 0; from < length && !g_cancellable_is_cancelled (cancellable);)
    {
      gsize to = MIN (length, from + STEP);

      while (to < length && (bytes[to] & 0xC0) == 0x80)
        to++;
      search_step (job, bytes, from, to, length, found->matches);
      from = to;
    }
  do
    g_array_append_val (found->places, place);
  while (!g_cancellable_is_cancelled (cancellable) && oh_body_pieces_next (job->body, job->json, &place, &place));
  g_task_return_pointer (task, found, (GDestroyNotify) oh_body_found_free);
}

void
oh_body_pieces_search_async (GBytes *body, gboolean json, OhSearchWords *words, OhSearchSide side,
                             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);
  Job *job = g_new0 (Job, 1);

  job->body = g_bytes_ref (body);
  job->json = json;
  job->words = oh_search_words_ref (words);
  job->side = side;
  g_task_set_source_tag (task, oh_body_pieces_search_async);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, search_in_thread);
}

OhBodyFound *
oh_body_pieces_search_finish (GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
oh_body_found_free (OhBodyFound *self)
{
  g_array_unref (self->matches);
  g_array_unref (self->places);
  g_free (self);
}
