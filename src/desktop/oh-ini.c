/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-change-private.h"

#include <string.h>

/* KConfig's files, by lines: what is not changed keeps its bytes. */

typedef struct
{
  const char *begin;
  const char *end; /* behind its line feed, if it has one */
} Line;

static gboolean
next_line (const char **rest, Line *line)
{
  const char *feed;

  if (**rest == '\0')
    return FALSE;
  feed = strchr (*rest, '\n');
  line->begin = *rest;
  line->end = feed != NULL ? feed + 1 : *rest + strlen (*rest);
  *rest = line->end;
  return TRUE;
}

/* Without spaces around it and its line feed. (transfer full) */
static char *
strip (const Line *line)
{
  char *text = g_strndup (line->begin, line->end - line->begin);

  return g_strstrip (text);
}

static gboolean
is_header (const Line *line)
{
  return *line->begin == '[';
}

/* "[Group]", and "[Group][$i]", which says that it may not be changed. */
static gboolean
opens (const Line *line, const char *group)
{
  g_autofree char *text = strip (line);
  g_autofree char *header = g_strdup_printf ("[%s]", group);

  return strcmp (text, header) == 0;
}

/* "Key=…", "Key[$e]=…" */
static gboolean
names (const Line *line, const char *key)
{
  const gsize length = strlen (key);
  const char *equals = memchr (line->begin, '=', line->end - line->begin);
  g_autofree char *name = equals != NULL ? g_strndup (line->begin, equals - line->begin) : NULL;

  if (name == NULL)
    return FALSE;
  g_strstrip (name);
  return strncmp (name, key, length) == 0 && (name[length] == '\0' || strncmp (name + length, "[$", 2) == 0);
}

char *
oh_ini_get (const char *text, const char *group, const char *key)
{
  char *found = NULL;
  gboolean inside = FALSE;
  Line line;

  while (text != NULL && next_line (&text, &line))
    if (is_header (&line))
      inside = opens (&line, group);
    else if (inside && names (&line, key))
      {
        g_free (found);
        found = g_strndup (line.begin, line.end - line.begin);
        if (g_str_has_suffix (found, "\n"))
          found[strlen (found) - 1] = '\0';
      }
  return found;
}

static void
append_line (GString *out, const char *line)
{
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append_c (out, '\n');
  g_string_append_printf (out, "%s\n", line);
}

/* Where a new line of the group goes: behind its last one that is not empty. */
static gsize
find_end (const char *text, const char *group)
{
  const char *rest = text;
  gboolean inside = FALSE;
  gsize end = 0;
  Line line;

  while (next_line (&rest, &line))
    {
      g_autofree char *stripped = strip (&line);

      if (is_header (&line))
        inside = opens (&line, group);
      if (inside && *stripped != '\0')
        end = (gsize) (line.end - text);
    }
  return end;
}

char *
oh_ini_set (const char *text, const char *group, const char *key, const char *value)
{
  GString *out = g_string_new (NULL);
  const char *rest = text != NULL ? text : "";
  gboolean inside = FALSE;
  gboolean placed = value == NULL;
  Line line;
  gsize end;

  while (next_line (&rest, &line))
    {
      if (is_header (&line))
        inside = opens (&line, group);
      if (!inside || !names (&line, key))
        g_string_append_len (out, line.begin, line.end - line.begin);
      else if (!placed)
        {
          append_line (out, value);
          if (line.end[-1] != '\n')
            g_string_truncate (out, out->len - 1);
          placed = TRUE;
        }
    }
  if (placed)
    return g_string_free (out, FALSE);
  end = find_end (out->str, group);
  if (end > 0)
    {
      g_autofree char *tail = g_strdup (out->str + end);

      g_string_truncate (out, end);
      append_line (out, value);
      g_string_append (out, tail);
    }
  else
    {
      g_autofree char *header = g_strdup_printf ("[%s]", group);

      append_line (out, header);
      append_line (out, value);
    }
  return g_string_free (out, FALSE);
}
