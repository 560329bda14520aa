/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-json-path.h"

#include <string.h>

OhJson
oh_json_path_open (OhJson string, GPtrArray *buffers)
{
  g_autoptr (GString) text = g_string_new (NULL);
  OhJson value = { 0 };

  if (!oh_json_append_string (string, text) || !oh_json_parse (text->str, text->len, &value, NULL) ||
      (oh_json_get_kind (value) != OH_JSON_OBJECT && oh_json_get_kind (value) != OH_JSON_ARRAY))
    return (OhJson) { 0 };
  g_ptr_array_add (buffers, g_steal_pointer (&text));
  return value;
}

static OhJson
get_element (OhJson array, gint64 index)
{
  OhJsonIter iter;
  OhJson value;
  gint64 n = 0;

  if (index < 0)
    {
      oh_json_iter_init (&iter, array);
      while (oh_json_iter_next (&iter, NULL, &value))
        n++;
      index += n;
    }
  oh_json_iter_init (&iter, array);
  for (n = 0; index >= 0 && oh_json_iter_next (&iter, NULL, &value); n++)
    if (n == index)
      return value;
  return (OhJson) { 0 };
}

/* Takes the next step off @path. Returns: FALSE if it is none.
 * @name: (out) (transfer full): a member's, or NULL */
static gboolean
take_step (const char **path, char **name, gint64 *index)
{
  const char *at = *path;
  const char *end;
  OhJson key;

  *name = NULL;
  if (*at == '[' && at[1] == '"')
    {
      for (end = at + 2; *end != '\0' && *end != '"'; end++)
        if (*end == '\\' && end[1] != '\0')
          end++;
      if (*end == '\0' || end[1] != ']' || !oh_json_parse (at + 1, (gsize) (end - at), &key, NULL))
        return FALSE;
      *name = oh_json_dup_string (key);
      *path = end + 2;
      return *name != NULL;
    }
  if (*at == '[')
    {
      g_autofree char *digits = NULL;

      end = strchr (at, ']');
      digits = end != NULL ? g_strndup (at + 1, (gsize) (end - at - 1)) : NULL;
      if (digits == NULL || !g_ascii_string_to_signed (digits, 10, -G_MAXINT, G_MAXINT, index, NULL))
        return FALSE;
      *path = end + 1;
      return TRUE;
    }
  if (*at == '.')
    at++;
  end = at + strcspn (at, ".[");
  *name = g_strndup (at, (gsize) (end - at));
  *path = end;
  return end > at;
}

OhJson
oh_json_path_find (OhJson root, const char *path, GPtrArray *buffers, char **problem)
{
  const char *at = *path == '$' ? path + 1 : path;
  OhJson value = root;

  while (*at != '\0')
    {
      const char *const step = at;
      g_autofree char *name = NULL;
      gint64 index = 0;

      if (!take_step (&at, &name, &index))
        {
          *problem = g_strdup_printf ("“%.80s” is no step of a path. This is one: request.body.messages[0].content",
                                      step);
          return (OhJson) { 0 };
        }
      if (oh_json_get_kind (value) == OH_JSON_STRING)
        value = oh_json_path_open (value, buffers);
      if (name == NULL && oh_json_get_kind (value) == OH_JSON_ARRAY)
        value = get_element (value, index);
      else if (name != NULL && oh_json_get_kind (value) == OH_JSON_OBJECT)
        value = oh_json_get (value, name);
      else
        value = (OhJson) { 0 };
      if (oh_json_get_kind (value) == OH_JSON_NONE)
        {
          *problem = g_strdup_printf ("There is nothing at “%.*s”. Without a path the outline tells what there is.",
                                      (int) MIN (at - path, 200), path);
          return (OhJson) { 0 };
        }
    }
  return value;
}

void
oh_json_path_append (GString *path, OhJson key, guint index)
{
  g_autofree char *name = oh_json_dup_string (key);
  const char *at = name;

  if (name == NULL)
    {
      g_string_append_printf (path, "[%u]", index);
      return;
    }
  while (g_ascii_isalnum (*at) || *at == '_' || *at == '-')
    at++;
  if (at > name && *at == '\0')
    g_string_append_printf (path, "%s%s", path->len > 0 ? "." : "", name);
  else
    {
      g_string_append_c (path, '[');
      oh_json_quote (path, name, -1);
      g_string_append_c (path, ']');
    }
}
