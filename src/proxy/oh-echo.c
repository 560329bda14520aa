/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-echo-private.h"
#include "oh-secret-name-private.h"
#include "oh-secret-patterns-private.h"

#include <string.h>

/* Fewer letters are the beginning of many words, and tell nothing of the secret. */
#define SAID_MIN 8
/* At the end of all, so much of a secret is marked like the whole. */
#define PART_MIN 12
#define WAITING_MAX (64 * 1024)
#define WORD_MAX 4096

void
oh_echo_init (OhEcho *self, OhSecrets *secrets)
{
  *self = (OhEcho) { .secrets = secrets };
}

void
oh_echo_clear (OhEcho *self)
{
  g_clear_pointer (&self->held, g_byte_array_unref);
  g_clear_pointer (&self->word, g_byte_array_unref);
  g_clear_pointer (&self->waiting, g_byte_array_unref);
  g_clear_pointer (&self->pieces, g_array_unref);
}

gboolean
oh_echo_is_open (const OhEcho *self)
{
  return self->held != NULL || self->waiting != NULL || self->word != NULL;
}

static GBytes *
join (GByteArray *before, GBytes *data)
{
  g_byte_array_append (before, g_bytes_get_data (data, NULL), (guint) g_bytes_get_size (data));
  g_bytes_unref (data);
  return g_byte_array_free_to_bytes (before);
}

/* --- what the user's patterns match --- */

/* Word after word, for a piece may end within one. @data: (transfer full) Returns: (transfer full) */
static GBytes *
replace_own (OhEcho *self, GBytes *data, gboolean ended)
{
  g_autoptr (GBytes) piece = NULL;
  const char *bytes;
  gsize length, done;
  GString *out;

  if (!oh_secret_patterns_any ())
    return data;
  piece = self->word != NULL ? join (g_steal_pointer (&self->word), data) : data;
  bytes = g_bytes_get_data (piece, &length);
  for (done = length; !ended && done > 0 && oh_secret_value_may_hold (bytes[done - 1]); done--)
    ;
  if (length - done > WORD_MAX)
    done = length;
  if (done < length)
    {
      self->word = g_byte_array_new ();
      g_byte_array_append (self->word, (const guint8 *) bytes + done, (guint) (length - done));
    }
  out = done > 0 ? oh_secrets_replace_own (self->secrets, bytes, done, 0) : NULL;
  self->replaced |= out != NULL;
  return out != NULL ? g_string_free_to_bytes (out) : g_bytes_new_from_bytes (piece, 0, done);
}

/* --- a secret in one piece --- */

/* @data: (transfer full) Returns: (transfer full) */
static GBytes *
replace_known (OhEcho *self, GBytes *data, gboolean ended)
{
  g_autoptr (GBytes) piece = self->held != NULL ? join (g_steal_pointer (&self->held), data) : data;
  GString *out = NULL;
  const char *bytes;
  gsize length, done;

  bytes = g_bytes_get_data (piece, &length);
  if (length == 0)
    return g_steal_pointer (&piece);
  done = oh_secrets_replace (self->secrets, bytes, length, ended, &out);
  if (done < length)
    {
      self->held = g_byte_array_new ();
      g_byte_array_append (self->held, (const guint8 *) bytes + done, (guint) (length - done));
    }
  if (out != NULL)
    {
      self->replaced = TRUE;
      return g_string_free_to_bytes (out);
    }
  return done < length ? g_bytes_new_from_bytes (piece, 0, done) : g_steal_pointer (&piece);
}

/* --- a secret that is said piece by piece --- */

/* @open: more of the value is to come, and may make this one piece */
static void
note_piece (OhEcho *self, gsize start, gsize length, gboolean open)
{
  OhSaid piece = { start, length, open };

  if (self->matched == 0 || (self->matched < SAID_MIN && !open))
    {
      g_clear_pointer (&self->pieces, g_array_unref);
      return;
    }
  if (self->pieces == NULL)
    self->pieces = g_array_new (FALSE, FALSE, sizeof (OhSaid));
  g_array_append_val (self->pieces, piece);
}

/* Puts the marker in place of the first piece that was held back, and nothing in place of the others. Places that come
 * later move by what is returned. */
static gssize
replace_pieces (OhEcho *self, GString *text)
{
  const gsize before = text->len;

  for (guint i = self->pieces->len; i-- > 0;)
    {
      const OhSaid *piece = &g_array_index (self->pieces, OhSaid, i);

      g_string_erase (text, (gssize) piece->start, (gssize) piece->length);
      if (i == 0)
        g_string_insert (text, (gssize) piece->start, self->known.marker);
    }
  g_clear_pointer (&self->pieces, g_array_unref);
  self->replaced = TRUE;
  return (gssize) text->len - (gssize) before;
}

/* Looks at what is said at @start in @text. Returns: by how much the rest of it has moved. */
static gssize
look_at_said (OhEcho *self, GString *text, gsize start, gsize length, gboolean open)
{
  gssize moved = 0;

  if (length == 0)
    {
      if (self->matched < SAID_MIN && !open)
        g_clear_pointer (&self->pieces, g_array_unref);
      return 0;
    }
  if (self->matched > 0)
    {
      if (oh_secrets_match_further (self->secrets, text->str + start, length, self->matched, &self->known))
        {
          const gsize rest = self->known.length - self->matched;

          self->matched += MIN (rest, length);
          note_piece (self, start, MIN (rest, length), open);
          if (length < rest)
            return 0;
          moved = replace_pieces (self, text);
          start = (gsize) ((gssize) (start + rest) + moved);
          length -= rest;
        }
      self->matched = 0;
      g_clear_pointer (&self->pieces, g_array_unref);
    }
  self->matched = oh_secrets_match_start (self->secrets, text->str + start, length, &self->known);
  note_piece (self, start + length - self->matched, self->matched, open);
  return moved;
}

/* Nearly always nothing of this is of a secret, and it need not be copied. Goes on behind it if so. */
static gboolean
is_harmless (OhEcho *self, const char *bytes, const GArray *said)
{
  gsize matched = self->matched;

  for (guint i = 0; i < said->len; i++)
    {
      const OhSaid *span = &g_array_index (said, OhSaid, i);

      if (span->length == 0)
        continue;
      if (matched > 0
          && oh_secrets_match_further (self->secrets, bytes + span->start, span->length, matched, &self->known))
        return FALSE;
      matched = oh_secrets_match_start (self->secrets, bytes + span->start, span->length, &self->known);
      if (matched >= SAID_MIN || (matched > 0 && (span->open || i + 1 < said->len)))
        return FALSE;
    }
  self->matched = matched;
  return TRUE;
}

/* @data: (transfer full) Returns: (transfer full) */
static GBytes *
replace_said (OhEcho *self, GBytes *data, const GArray *said)
{
  gssize moved = self->waiting != NULL ? (gssize) self->waiting->len : 0;
  g_autoptr (GBytes) piece = NULL;
  g_autoptr (GString) text = NULL;
  gsize length, done;

  if (self->waiting == NULL && (said == NULL || said->len == 0))
    return data;
  if (self->waiting == NULL && is_harmless (self, g_bytes_get_data (data, NULL), said))
    return data;
  piece = self->waiting != NULL ? join (g_steal_pointer (&self->waiting), data) : data;
  text = g_string_new_len (g_bytes_get_data (piece, NULL), (gssize) g_bytes_get_size (piece));
  for (guint i = 0; said != NULL && i < said->len; i++)
    {
      const OhSaid *span = &g_array_index (said, OhSaid, i);

      moved += look_at_said (self, text, (gsize) ((gssize) span->start + moved), span->length, span->open);
    }
  length = text->len;
  done = self->pieces != NULL ? g_array_index (self->pieces, OhSaid, 0).start : length;
  if (length - done > WAITING_MAX)
    {
      /* Too long for a secret, with whatever stands between. */
      self->matched = 0;
      g_clear_pointer (&self->pieces, g_array_unref);
      done = length;
    }
  if (done < length)
    {
      self->waiting = g_byte_array_new ();
      g_byte_array_append (self->waiting, (const guint8 *) text->str + done, (guint) (length - done));
      for (guint i = 0; i < self->pieces->len; i++)
        g_array_index (self->pieces, OhSaid, i).start -= done;
      g_string_truncate (text, done);
    }
  return g_string_free_to_bytes (g_steal_pointer (&text));
}

GBytes *
oh_echo_feed (OhEcho *self, GBytes *data, const GArray *said)
{
  return replace_known (self, replace_own (self, replace_said (self, data, said), FALSE), FALSE);
}

GBytes *
oh_echo_finish (OhEcho *self, GBytes *data)
{
  GBytes *rest = data;

  if (self->waiting != NULL)
    {
      g_autoptr (GString) text = NULL;

      rest = join (g_steal_pointer (&self->waiting), data);
      text = g_string_new_len (g_bytes_get_data (rest, NULL), (gssize) g_bytes_get_size (rest));
      if (self->matched >= PART_MIN)
        replace_pieces (self, text);
      g_bytes_unref (rest);
      rest = g_string_free_to_bytes (g_steal_pointer (&text));
    }
  return replace_known (self, replace_own (self, rest, TRUE), TRUE);
}
