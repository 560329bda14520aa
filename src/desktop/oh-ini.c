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

/* How a line ends: "\r\n", "\n" or not at all. */
static const char *
get_ending (const Line *line)
{
  if (line->end == line->begin || line->end[-1] != '\n')
    return "";
  return line->end - line->begin > 1 && line->end[-2] == '\r' ? "\r\n" : "\n";
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

/* The line that counts: the last one. Returns: FALSE where there is none */
static gboolean
find_line (const char *text, const char *group, const char *key, Line *found)
{
  gboolean inside = FALSE;
  gboolean any = FALSE;
  Line line;

  while (text != NULL && next_line (&text, &line))
    if (is_header (&line))
      inside = opens (&line, group);
    else if (inside && names (&line, key))
      {
        *found = line;
        any = TRUE;
      }
  return any;
}

char *
oh_ini_get (const char *text, const char *group, const char *key)
{
  Line line;

  if (!find_line (text, group, key, &line))
    return NULL;
  return g_strndup (line.begin, (gsize) (line.end - line.begin) - strlen (get_ending (&line)));
}

/* As the lines of this text end. */
static const char *
find_ending (const char *text)
{
  Line line;

  return next_line (&text, &line) && strcmp (get_ending (&line), "\r\n") == 0 ? "\r\n" : "\n";
}

static void
append_line (GString *out, const char *line, const char *ending)
{
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append (out, ending);
  g_string_append_printf (out, "%s%s", line, ending);
}

/* Behind the last line of the group that is not blank, or 0. */
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
  GString *out;
  const char *ending;
  Line line;
  gsize end;

  if (find_line (text, group, key, &line))
    {
      out = g_string_new_len (text, line.begin - text);
      if (value != NULL)
        g_string_append_printf (out, "%s%s", value, get_ending (&line));
      g_string_append (out, line.end);
      return g_string_free (out, FALSE);
    }
  if (value == NULL || text == NULL)
    return value == NULL ? g_strdup (text != NULL ? text : "") : g_strdup_printf ("[%s]\n%s\n", group, value);
  end = find_end (text, group);
  ending = find_ending (text);
  out = g_string_new_len (text, end > 0 ? (gssize) end : (gssize) strlen (text));
  if (end == 0)
    {
      g_autofree char *header = g_strdup_printf ("[%s]", group);

      append_line (out, header, ending);
    }
  append_line (out, value, ending);
  if (end > 0)
    g_string_append (out, text + end);
  return g_string_free (out, FALSE);
}

char *
oh_ini_tidy (const char *text, const char *group, const char *before)
{
  g_autofree char *header = g_strdup_printf ("[%s]", group);
  const char *rest = text;
  Line line, found = { NULL, NULL };
  gboolean inside = FALSE;

  if (before != NULL && find_end (before, group) > 0)
    return g_strdup (text);
  while (next_line (&rest, &line))
    {
      g_autofree char *stripped = strip (&line);

      if (is_header (&line))
        inside = opens (&line, group);
      if (inside && is_header (&line) && found.begin == NULL)
        found = line;
      else if (inside && *stripped != '\0')
        return g_strdup (text);
    }
  if (found.begin == NULL)
    return g_strdup (text);
  return g_strdup_printf ("%.*s%s", (int) (found.begin - text), text, found.end);
}

/* "…[$i]…", alone or among other marks. */
static gboolean
is_marked (const char *text)
{
  for (const char *mark = strstr (text, "[$"); mark != NULL; mark = strstr (mark + 2, "[$"))
    if (memchr (mark, 'i', strcspn (mark, "]")) != NULL)
      return TRUE;
  return FALSE;
}

gboolean
oh_ini_is_locked (const char *text, const char *group, const char *key)
{
  g_autofree char *header = g_strdup_printf ("[%s][$", group);
  gboolean first = TRUE;
  gboolean inside = FALSE;
  Line line;

  while (next_line (&text, &line))
    {
      g_autofree char *stripped = strip (&line);
      const char *equals = strchr (stripped, '=');
      g_autofree char *name = equals != NULL ? g_strndup (stripped, equals - stripped) : NULL;

      if (*stripped == '\0' || *stripped == '#')
        continue;
      if ((first || g_str_has_prefix (stripped, header)) && *stripped == '['
          && (g_str_has_prefix (stripped, "[$") || g_str_has_prefix (stripped, header)) && is_marked (stripped))
        return TRUE;
      first = FALSE;
      if (is_header (&line))
        inside = opens (&line, group);
      else if (inside && name != NULL && names (&line, key) && is_marked (name))
        return TRUE;
    }
  return FALSE;
}
