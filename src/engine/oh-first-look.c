/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-first-look-private.h"

#include "oh-json-scan.h"
#include "oh-providers.h"

#include <string.h>

/* Where the last messages are in a tail. */
typedef struct
{
  const char *first; /* the opening brace of the first message that begins in it */
  const char *end;   /* the closing bracket of the list */
} Messages;

/* @at: before the closing quote. Returns: the opening one, or NULL if it is not there. Inside a string every quote has a
 * backslash before it that has none. */
static const char *
skip_string_back (const char *start, const char *at)
{
  while (at > start)
    {
      const char *quote = memrchr (start, '"', (gsize) (at - start));
      const char *before = quote;

      if (quote == NULL)
        return NULL;
      while (before > start && before[-1] == '\\')
        before--;
      /* More of them may stand before the start. */
      if (before == start && quote > start)
        return NULL;
      if ((quote - before) % 2 == 0)
        return quote;
      at = quote;
    }
  return NULL;
}

/* Reads from the end, where nothing is open, to the start, or to where a string is cut. */
static gboolean
find_messages (const char *start, const char *end, Messages *found)
{
  const char *at = end;
  guint depth = 0;

  *found = (Messages) { NULL, NULL };
  while (at > start)
    {
      const char *here = at - 1;

      switch (*here)
        {
        case '"':
          here = skip_string_back (start, here);
          if (here == NULL)
            return found->first != NULL;
          break;
        case '}':
        case ']':
          depth++;
          if (depth == 2)
            *found = (Messages) { NULL, *here == ']' ? here : NULL };
          break;
        case '{':
        case '[':
          if (depth < 2)
            return FALSE;
          depth--;
          if (depth == 2 && *here == '{' && found->end != NULL)
            found->first = here;
          else if (depth == 1)
            *found = (Messages) { NULL, NULL };
          break;
        default:
          break;
        }
      at = here;
    }
  return found->first != NULL;
}

static gboolean
is_conversation (OhJson key)
{
  for (const char *const *name = oh_providers_get_list (OH_PROVIDER_CONVERSATIONS); *name != NULL; name++)
    if (oh_json_is (key, *name))
      return TRUE;
  return FALSE;
}

/* Appends the members that are whole, but not the messages. Returns: FALSE if the messages are whole, too. */
static gboolean
append_members (GString *out, const char *head, gsize length)
{
  /* As if the bracket that closes it followed. */
  const OhJson object = { head, length + 1 };
  OhJson key, value;
  OhJsonIter iter;

  oh_json_iter_init (&iter, object);
  while (oh_json_iter_next (&iter, &key, &value) && value.text + value.length < head + length)
    {
      if (is_conversation (key))
        return FALSE;
      g_string_append_len (out, key.text, (gssize) key.length);
      g_string_append_c (out, ':');
      g_string_append_len (out, value.text, (gssize) value.length);
      g_string_append_c (out, ',');
    }
  return TRUE;
}

static gboolean
is_message (const char *text, const char *end)
{
  OhJsonIter iter = { text, end, FALSE };
  OhJson message;

  return oh_json_iter_next (&iter, NULL, &message)
         && oh_json_get_kind (oh_json_get (message, "role")) == OH_JSON_STRING;
}

GBytes *
oh_first_look_join (GBytes *head, GBytes *tail)
{
  gsize head_length, tail_length;
  const char *start, *end;
  const char *text;
  GString *out;
  Messages found;

  g_return_val_if_fail (head != NULL && tail != NULL, NULL);
  text = g_bytes_get_data (head, &head_length);
  start = g_bytes_get_data (tail, &tail_length);
  end = start + tail_length;
  while (head_length > 0 && g_ascii_isspace (*text))
    {
      text++;
      head_length--;
    }
  if (head_length == 0 || *text != '{' || start == NULL || tail_length == 0 || !find_messages (start, end, &found)
      || !is_message (found.first, found.end))
    return NULL;
  out = g_string_new ("{");
  if (!append_members (out, text, head_length))
    {
      g_string_free (out, TRUE);
      return NULL;
    }
  g_string_append_printf (out, "\"%s\":[", oh_providers_get_list (OH_PROVIDER_CONVERSATIONS)[0]);
  g_string_append_len (out, found.first, end - found.first);
  return g_string_free_to_bytes (out);
}
