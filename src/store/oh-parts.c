/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-parts-private.h"

#include <string.h>

/* Smaller pieces stand in the recipe itself. */
#define PART_MIN 64
/* A whole body up to this does so too, and is not looked at: a part and its place in the index would cost more. */
#define LITERAL_BODY_MAX 1024
/* From this size on a string or a content block is a part of its own. */
#define LARGE 1024
/* A body of very many small elements is cut more coarsely: its recipe would be larger than itself. */
#define COARSE_MIN 4096
#define COARSE_AFTER_PARTS 4096
#define COARSE_BELOW 256
#define LITERALS_MAX 16
/* Elements of arrays are cut off up to this depth, whatever their size; large ones up to BLOCK_DEPTH. */
#define ELEMENT_DEPTH 2
#define BLOCK_DEPTH 6
/* Content-defined chunks: OH_PART_MAX at most, 32 KiB beyond the minimum on average. */
#define CHUNK_MIN (8 * 1024)
#define CHUNK_MASK (G_GUINT64_CONSTANT (0x7fff) << 49)
#define CHUNK_WINDOW 64
#define LEADING_SPACE_MAX 4096

enum
{
  KIND_UNKNOWN = 0,
  KIND_JSON,
  KIND_BYTES,
};

typedef struct
{
  OhSplitter *splitter;
  const guint8 *buffer;
  gint64 base;
  OhPieceFunc func;
  gpointer data;
} Feed;

/* The gear of the rolling hash: 256 fixed numbers (splitmix64 of 1, 2, …). */
static guint64
gear (guint8 byte)
{
  guint64 z = ((guint64) byte + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static void
emit (Feed *feed, gint64 to, gboolean literal)
{
  OhSplitter *self = feed->splitter;
  gsize length = (gsize) (to - self->cut);

  feed->func (feed->buffer + (self->cut - feed->base), length, literal, feed->data);
  self->cut = to;
  if (literal)
    {
      self->literals++;
    }
  else
    {
      self->literals = 0;
      self->parts++;
      self->part_bytes += (gint64) length;
    }
}

static gboolean
is_coarse (const OhSplitter *self)
{
  return self->literals > LITERALS_MAX ||
         (self->parts > COARSE_AFTER_PARTS && self->part_bytes / self->parts < COARSE_BELOW);
}

/* Cuts at @at, unless that is behind the last cut already. */
static void
cut (Feed *feed, gint64 at)
{
  OhSplitter *self = feed->splitter;
  gint64 length = at - self->cut;

  if (length <= 0 || (length < COARSE_MIN && is_coarse (self)))
    return;
  emit (feed, at, length < PART_MIN);
}

static void
cut_large (Feed *feed, gint64 from, gint64 to)
{
  if (to - from < LARGE)
    return;
  cut (feed, from);
  cut (feed, to);
}

/* The piece that began at the last cut is longer than OH_PART_MAX: cuts it where its content says. */
static void
cut_chunk (Feed *feed)
{
  static guint64 gears[256];
  static gsize ready;
  OhSplitter *self = feed->splitter;
  const guint8 *bytes = feed->buffer + (self->cut - feed->base);
  guint64 hash = 0;
  gint64 n;

  if (g_once_init_enter (&ready))
    {
      for (guint i = 0; i < G_N_ELEMENTS (gears); i++)
        gears[i] = gear ((guint8) i);
      g_once_init_leave (&ready, 1);
    }
  for (n = CHUNK_MIN - CHUNK_WINDOW; n < CHUNK_MIN; n++)
    hash = (hash << 1) + gears[bytes[n]];
  for (; n < OH_PART_MAX; n++)
    {
      hash = (hash << 1) + gears[bytes[n]];
      if ((hash & CHUNK_MASK) == 0)
        break;
    }
  emit (feed, self->cut + MIN (n + 1, OH_PART_MAX), FALSE);
}

static gboolean
is_element (const OhSplitter *self)
{
  return self->depth > 0 && self->depth < OH_SPLITTER_LEVELS && (self->arrays & (1u << self->depth)) != 0;
}

static void
open_value (Feed *feed, gint64 at, gboolean is_array)
{
  OhSplitter *self = feed->splitter;

  if (self->depth <= ELEMENT_DEPTH && is_element (self))
    cut (feed, at);
  self->depth++;
  if (self->depth >= OH_SPLITTER_LEVELS)
    return;
  self->starts[self->depth] = at;
  if (is_array)
    self->arrays |= 1u << self->depth;
  else
    self->arrays &= ~(1u << self->depth);
}

static void
close_value (Feed *feed, gint64 end)
{
  OhSplitter *self = feed->splitter;

  if (self->depth == 0)
    return;
  self->depth--;
  if (self->depth == 0 || (self->depth <= ELEMENT_DEPTH && is_element (self)))
    cut (feed, end);
  else if (self->depth <= BLOCK_DEPTH && is_element (self))
    cut_large (feed, self->starts[self->depth + 1], end);
}

/* Looks at bytes of a string up to @limit. Returns: where to go on. */
static gint64
scan_string (Feed *feed, gint64 at, gint64 limit)
{
  OhSplitter *self = feed->splitter;
  gint64 quote = -1;

  if (self->escaped && at < limit)
    {
      self->escaped = FALSE;
      at++;
    }
  while (at < limit)
    {
      const guint8 *from = feed->buffer + (at - feed->base);
      const guint8 *hit;

      if (quote < at)
        {
          hit = memchr (from, '"', (gsize) (limit - at));
          quote = hit != NULL ? feed->base + (hit - feed->buffer) : limit;
        }
      hit = memchr (from, '\\', (gsize) (quote - at));
      if (hit != NULL)
        {
          at = feed->base + (hit - feed->buffer) + 2;
          if (at <= limit)
            continue;
          self->escaped = TRUE;
          return limit;
        }
      if (quote == limit)
        return limit;
      self->in_string = FALSE;
      cut_large (feed, self->string_start, quote + 1);
      return quote + 1;
    }
  return at;
}

static gint64
scan_structure (Feed *feed, gint64 at, gint64 limit)
{
  OhSplitter *self = feed->splitter;

  for (; at < limit; at++)
    switch (feed->buffer[at - feed->base])
      {
      case '"':
        self->in_string = TRUE;
        self->string_start = at;
        return at + 1;
      case '{':
        open_value (feed, at, FALSE);
        break;
      case '[':
        open_value (feed, at, TRUE);
        break;
      case '}':
      case ']':
        close_value (feed, at + 1);
        break;
      default:
        break;
      }
  return at;
}

static gint64
scan_kind (Feed *feed, gint64 at, gint64 limit)
{
  OhSplitter *self = feed->splitter;

  for (; at < limit; at++)
    {
      guint8 byte = feed->buffer[at - feed->base];

      if (byte == '{' || byte == '[')
        self->kind = KIND_JSON;
      else if (!g_ascii_isspace (byte) || at >= LEADING_SPACE_MAX)
        self->kind = KIND_BYTES;
      if (self->kind != KIND_UNKNOWN)
        break;
    }
  return at;
}

void
oh_splitter_feed (
    OhSplitter *self, const guint8 *buffer, gint64 base, gsize length, gboolean final, OhPieceFunc func, gpointer data)
{
  Feed feed = { self, buffer, base, func, data };
  const gint64 end = base + (gint64) length;

  g_assert (base <= self->cut && self->scanned <= end);
  if (end <= LITERAL_BODY_MAX)
    {
      if (final && end > 0)
        emit (&feed, end, TRUE);
      return;
    }
  while (self->scanned < end)
    {
      /* One byte beyond the longest part, so that it is known that the piece does not end there. */
      const gint64 limit = MIN (end, self->cut + OH_PART_MAX + 1);

      if (self->scanned < limit)
        switch (self->kind)
          {
          case KIND_UNKNOWN:
            self->scanned = scan_kind (&feed, self->scanned, limit);
            break;
          case KIND_JSON:
            if (self->in_string)
              self->scanned = scan_string (&feed, self->scanned, limit);
            else
              self->scanned = scan_structure (&feed, self->scanned, limit);
            break;
          default:
            self->scanned = limit;
            break;
          }
      if (self->scanned - self->cut > OH_PART_MAX)
        {
          if (self->in_string && self->scanned - self->string_start >= LARGE)
            cut (&feed, self->string_start);
          if (self->scanned - self->cut > OH_PART_MAX)
            cut_chunk (&feed);
        }
    }
  if (final && end > self->cut)
    {
      gint64 rest = end - self->cut;

      emit (&feed, end, rest < PART_MIN);
    }
}
