/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-change-private.h"

#include <string.h>

/* A member of "env" in a JSON object, by its place in the text: what is not changed keeps its bytes. What is no JSON, or has
 * an "env" that is no object, is not understood, and stays alone. */

#define DEPTH_MAX 64

/* One member of an object: from its name to the end of its value. */
typedef struct
{
  const char *name;
  const char *value;
  const char *end;
} Member;

static const char *
skip_space (const char *p)
{
  return p + strspn (p, " \t\r\n");
}

/* Here and below: behind it, or NULL. */
static const char *
skip_string (const char *p)
{
  if (*p != '"')
    return NULL;
  for (p++; *p != '"'; p++)
    if (*p == '\0' || (*p == '\\' && *++p == '\0'))
      return NULL;
  return p + 1;
}

static const char *
skip_value (const char *p, guint depth)
{
  const char open = *p;
  const char close = open == '{' ? '}' : ']';
  gsize length;

  if (open == '"')
    return skip_string (p);
  if (open != '{' && open != '[')
    {
      length = strcspn (p, ",]} \t\r\n");
      return length > 0 ? p + length : NULL;
    }
  if (depth == 0)
    return NULL;
  p = skip_space (p + 1);
  if (*p == close)
    return p + 1;
  for (;;)
    {
      if (open == '{')
        {
          p = skip_string (p);
          p = p != NULL ? skip_space (p) : NULL;
          if (p == NULL || *p != ':')
            return NULL;
          p = skip_space (p + 1);
        }
      p = skip_value (p, depth - 1);
      if (p == NULL)
        return NULL;
      p = skip_space (p);
      if (*p == close)
        return p + 1;
      if (*p != ',')
        return NULL;
      p = skip_space (p + 1);
    }
}

/* The last member of that name, which is the one that counts. @object: at its "{", valid. Returns: FALSE if there is none. */
static gboolean
find_member (const char *object, const char *name, Member *found)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", name);
  const char *p = skip_space (object + 1);
  gboolean any = FALSE;

  while (*p == '"')
    {
      Member member = { .name = p };
      const char *behind = skip_string (p);

      member.value = skip_space (skip_space (behind) + 1);
      member.end = skip_value (member.value, DEPTH_MAX);
      if ((gsize) (behind - p) == strlen (quoted) && strncmp (p, quoted, strlen (quoted)) == 0)
        {
          *found = member;
          any = TRUE;
        }
      p = skip_space (member.end);
      if (*p == ',')
        p = skip_space (p + 1);
    }
  return any;
}

/* The object that is all of the text, or NULL. */
static const char *
find_root (const char *text)
{
  const char *root = skip_space (g_str_has_prefix (text, "\357\273\277") ? text + 3 : text);
  const char *end = *root == '{' ? skip_value (root, DEPTH_MAX) : NULL;

  return end != NULL && *skip_space (end) == '\0' ? root : NULL;
}

char *
oh_json_env_get (const char *text, const char *name)
{
  const char *root = text != NULL ? find_root (text) : NULL;
  Member env, member;

  if (root == NULL || !find_member (root, "env", &env) || *env.value != '{' || !find_member (env.value, name, &member))
    return NULL;
  return g_strndup (member.value, member.end - member.value);
}

/* (transfer full) */
static char *
splice (const char *text, const char *from, const char *to, const char *in)
{
  return g_strdup_printf ("%.*s%s%s", (int) (from - text), text, in, to);
}

/* With the comma that goes with it. */
static char *
take_away (const char *text, const Member *member)
{
  const char *behind = skip_space (member->end);
  const char *begin = member->name;

  if (*behind == ',')
    return splice (text, begin, skip_space (behind + 1), "");
  for (begin--; strchr (" \t\r\n", *begin) != NULL; begin--)
    ;
  return splice (text, *begin == ',' ? begin : begin + 1, member->end, "");
}

/* As the first member of @object, set in as the one that was first. */
static char *
put_first (const char *text, const char *object, const char *member)
{
  const char *first = skip_space (object + 1);
  g_autofree char *space = g_strndup (object + 1, first - (object + 1));
  g_autofree char *in = NULL;

  if (*first == '}')
    in = g_strdup (member);
  else
    in = g_strdup_printf ("%s%s,", space, member);
  return splice (text, object + 1, object + 1, in);
}

char *
oh_json_env_set (const char *text, const char *name, const char *value)
{
  g_autofree char *member_text = value != NULL ? g_strdup_printf ("\"%s\": %s", name, value) : NULL;
  g_autofree char *env_text = NULL;
  const char *root;
  Member env, member;

  if (text == NULL || *skip_space (text) == '\0')
    return value != NULL ? g_strdup_printf ("{\n  \"env\": {\n    %s\n  }\n}\n", member_text) : g_strdup ("");
  root = find_root (text);
  if (root == NULL)
    return NULL;
  if (!find_member (root, "env", &env))
    {
      if (value == NULL)
        return g_strdup (text);
      env_text = g_strdup_printf ("\"env\": { %s }", member_text);
      return put_first (text, root, env_text);
    }
  if (*env.value != '{')
    return NULL;
  if (!find_member (env.value, name, &member))
    return value != NULL ? put_first (text, env.value, member_text) : g_strdup (text);
  return value != NULL ? splice (text, member.value, member.end, value) : take_away (text, &member);
}

char *
oh_json_env_tidy (const char *text, const char *before)
{
  const char *had = before != NULL ? find_root (before) : NULL;
  const char *root = find_root (text);
  Member env;

  if ((had != NULL && find_member (had, "env", &env)) || root == NULL || !find_member (root, "env", &env) || *env.value != '{'
      || *skip_space (env.value + 1) != '}')
    return g_strdup (text);
  return take_away (text, &env);
}
