/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-redact-skip-private.h"

#include <string.h>

const char *
oh_redact_find_special (const char *p, const char *end)
{
  while (p < end && *p != '"' && *p != '\\' && *p != '\n')
    p++;
  return p;
}

const char *
oh_redact_find_name_end (const char *p, const char *end)
{
  while (p < end && *p > 0x20 && *p < 0x7f && *p != '"' && *p != '\\' && *p != '/')
    p++;
  return p;
}

static gboolean
is_scheme (const char *from, const char *end)
{
  return (end - from == 5 && memcmp (from, "http:", 5) == 0) || (end - from == 6 && memcmp (from, "https:", 6) == 0);
}

const char *
oh_redact_find_url_special (const char *p, const char *end)
{
  while (p < end && *p > 0x20 && *p < 0x7f && *p != '"' && *p != '\\' && *p != '@' && *p != '?' && *p != '#' && *p != '&'
         && *p != ';')
    p++;
  return p;
}

const char *
oh_redact_find_string_end (guint *escape, const char *p, const char *end)
{
  const char *quote, *line, *back;

  /* An even number of backslashes before the quote escape each other. */
  for (quote = p; (quote = memchr (quote, '"', end - quote)) != NULL; quote++)
    {
      for (back = quote; back > p && back[-1] == '\\'; back--)
        ;
      if (((quote - back + (back == p && *escape == 1)) & 1) == 0)
        break;
    }
  if (quote == NULL)
    quote = end;
  line = memchr (p, '\n', quote - p);
  if (line != NULL || quote < end)
    {
      *escape = 0;
      return line != NULL ? line : quote;
    }
  for (back = end; back > p && back[-1] == '\\'; back--)
    ;
  *escape = (end - back + (back == p && *escape == 1)) & 1;
  return end;
}

gboolean
oh_redact_is_said (const char *name, gsize length)
{
#define NAME(name) { sizeof name - 1, name }
  static const struct
  {
    gsize length;
    char name[20];
  } names[] = {
    NAME ("text"), NAME ("delta"), NAME ("content"), NAME ("thinking"), NAME ("arguments"), NAME ("reasoning"),
    NAME ("completion"), NAME ("transcript"), NAME ("partial_json"), NAME ("reasoning_content"),
  };
#undef NAME

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i].length == length && memcmp (names[i].name, name, length) == 0)
      return TRUE;
  return FALSE;
}

#define IS_QUOTE(at) (end - (at) >= quote && (at)[quote - 1] == '"' && (!embedded || *(at) == '\\'))

/* The end of the string that follows a label, if that can be seen to be no secret's name; or NULL. */
static const char *
skip_labelled (const char *p, const char *end, gboolean embedded)
{
  const gssize quote = embedded ? 2 : 1;
  const char *stop;
  guint escape = 0;

  if (p < end && *p == ':')
    p++;
  if (p < end && *p == ' ')
    p++;
  if (!IS_QUOTE (p))
    return NULL;
  p += quote;
  stop = oh_redact_find_name_end (p, MIN (end, p + NAME_MAX_LENGTH));
  if (stop == p || stop == end || *p == '{' || *p == '[' || (IS_QUOTE (stop) && oh_secret_name_may_be (p, stop - p)))
    return NULL;
  /* No name goes on behind a space. */
  if (*stop == ' ')
    stop = embedded ? oh_redact_find_special (stop, end) : oh_redact_find_string_end (&escape, stop, end);
  return IS_QUOTE (stop) ? stop + quote : NULL;
}

const char *
oh_redact_skip_strings (const char *p, const char *end, gboolean embedded, gboolean events)
{
  const gssize quote = embedded ? 2 : 1;

  for (;;)
    {
      const char *from, *limit, *stop;
      guint escape = 0;

      p = embedded ? oh_redact_find_special (p, end) : memchr (p, '"', end - p);
      if (p == NULL)
        return end;
      from = p + quote;
      if (!IS_QUOTE (p) || from == end || *from == '{' || *from == '[' || (guchar) *from <= ' ')
        return p;
      limit = MIN (end, from + NAME_MAX_LENGTH);
      stop = oh_redact_find_name_end (from, limit);
      if (stop + 1 < limit && stop[0] == '/' && stop[1] == '/' && is_scheme (from, stop))
        {
          stop = oh_redact_find_url_special (stop, end);
          if (!IS_QUOTE (stop))
            return p;
          p = stop + quote;
          continue;
        }
      while (stop < limit && *stop == '/')
        stop = oh_redact_find_name_end (stop + 1, limit);
      if (stop == end)
        return p;
      if (IS_QUOTE (stop))
        {
          if (oh_secret_name_may_be (from, stop - from) || (events && oh_redact_is_said (from, stop - from)))
            return p;
          if (oh_secret_name_is_label (from, stop - from))
            {
              const char *labelled = skip_labelled (stop + quote, end, embedded);

              if (labelled == NULL)
                return p;
              p = labelled;
              continue;
            }
        }
      else
        {
          if (*stop == '\\')
            return p;
          stop = embedded ? oh_redact_find_special (stop, end) : oh_redact_find_string_end (&escape, stop, end);
          if (!IS_QUOTE (stop))
            return p;
        }
      p = stop + quote;
    }
}
#undef IS_QUOTE
