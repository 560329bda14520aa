/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-json-pretty.h"

#include <string.h>

static inline gboolean
is_space (char c)
{
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline const char *
skip_space (const char *p, const char *end)
{
  while (p < end && is_space (*p))
    p++;
  return p;
}

/* @p: after the opening quote. Returns: the closing quote, or NULL. */
static const char *
find_quote (const char *p, const char *end)
{
  const char *from = p;

  while (p < end)
    {
      const char *quote = memchr (p, '"', end - p);
      const char *back;

      if (!quote)
        return NULL;
      for (back = quote; back > from && back[-1] == '\\'; back--)
        ;
      if ((quote - back) % 2 == 0)
        return quote;
      p = quote + 1;
    }
  return NULL;
}

static void
append_line (GString *out, guint depth)
{
  g_string_append_c (out, '\n');
  for (guint i = 0; i < MIN (depth, 64); i++)
    g_string_append (out, "  ");
}

/* @in_string: @text begins inside a string */
static gsize
append (GString *out, const char *text, gsize length, gsize limit, guint depth, gboolean in_string)
{
  const char *end = text + length;
  const char *p = text;
  gsize from = out->len;

  if (in_string)
    {
      const char *quote = find_quote (p, end);

      p = quote ? quote + 1 : end;
      g_string_append_len (out, text, p - text);
    }
  while ((p = skip_space (p, end)) < end && (limit == 0 || out->len - from < limit))
    {
      const char *after;

      switch (*p)
        {
        case '"':
          after = find_quote (p + 1, end);
          after = after ? after + 1 : end;
          g_string_append_len (out, p, after - p);
          p = after;
          break;
        case '{':
        case '[':
          after = skip_space (p + 1, end);
          g_string_append_c (out, *p);
          if (after < end && *after == (*p == '{' ? '}' : ']'))
            {
              g_string_append_c (out, *after);
              p = after + 1;
              break;
            }
          append_line (out, ++depth);
          p++;
          break;
        case '}':
        case ']':
          depth -= depth > 0;
          append_line (out, depth);
          g_string_append_c (out, *p++);
          break;
        case ',':
          g_string_append_c (out, *p++);
          append_line (out, depth);
          break;
        case ':':
          g_string_append (out, ": ");
          p++;
          break;
        default:
          after = p;
          while (after < end && !is_space (*after) && !strchr ("\"{}[],:", *after))
            after++;
          /* A NUL is found by strchr() in every set. */
          if (after == p)
            after++;
          g_string_append_len (out, p, after - p);
          p = after;
        }
    }
  return p - text;
}

gsize
oh_json_append_pretty (GString *out, const char *text, gsize length, gsize limit)
{
  return append (out, text, length, limit, 0, FALSE);
}

void
oh_json_append_pretty_from (GString *out, const char *text, gsize length, guint depth, gboolean in_string)
{
  append (out, text, length, 0, depth, in_string);
}

/* A place in a string where neither a character nor an escape of two bytes is cut. */
static const char *
avoid_cut (const char *from, const char *p, const char *end)
{
  while (p < end && (*p & 0xC0) == 0x80)
    p++;
  for (const char *back = p; p < end; p++, back = p)
    {
      while (back > from && back[-1] == '\\')
        back--;
      if ((p - back) % 2 == 0)
        break;
    }
  return p;
}

gsize
oh_json_find_place (const char *text, gsize length, gsize size, guint *depth, gboolean *in_string)
{
  const char *end = text + length;
  const char *p = text;
  const char *far = length > 2 * size ? text + 2 * size : end;

  if (length <= size)
    return length;
  while (p < end)
    {
      if (*in_string || *p == '"')
        {
          const char *from = *in_string ? p : p + 1;
          const char *quote = find_quote (from, far);

          *in_string = !quote;
          if (*in_string)
            return avoid_cut (from, MAX (from, text + size), end) - text;
          p = quote + 1;
          continue;
        }
      *depth += *p == '{' || *p == '[';
      *depth -= (*p == '}' || *p == ']') && *depth > 0;
      p++;
      if (p >= far || (p - text >= (gssize) size && p[-1] == ','))
        return p - text;
    }
  return length;
}

char *
oh_json_pretty (const char *text, gssize length)
{
  GString *out = g_string_new (NULL);

  oh_json_append_pretty (out, text, length < 0 ? strlen (text) : (gsize) length, 0);
  return g_string_free (out, FALSE);
}
