/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every provider needs to tell what it reads. */
#include "config.h"
#include "oh-provider.h"

#include <string.h>

#define PROBLEMS_MAX 50
/* Characters of what one tool said, and of what all did. */
#define RESULT_MAX 80
#define RESULTS_MAX 160

void
oh_provider_task_add_problem (OhProviderTask *task, char *problem)
{
  task->facts->problems++;
  oh_provider_task_add_remark (task, problem);
}

void
oh_provider_task_add_remark (OhProviderTask *task, char *remark)
{
  if (task->problems->len < PROBLEMS_MAX)
    g_ptr_array_add (task->problems, remark);
  else
    g_free (remark);
}

gboolean
oh_media_type_is (const char *content_type, const char *first, ...)
{
  gboolean found = FALSE;
  gsize length;
  va_list types;

  if (content_type == NULL)
    return FALSE;
  while (*content_type == ' ')
    content_type++;
  length = strcspn (content_type, "; \t,");
  va_start (types, first);
  for (const char *type = first; type != NULL && !found; type = va_arg (types, const char *))
    {
      gsize type_length = strlen (type);

      if (*type == '+' || g_str_has_suffix (type, "/"))
        found = length >= type_length &&
                g_ascii_strncasecmp (*type == '+' ? content_type + length - type_length : content_type, type,
                                     type_length) == 0;
      else
        found = length == type_length && g_ascii_strncasecmp (content_type, type, length) == 0;
    }
  va_end (types);
  return found;
}

void
oh_facts_take (char **field, char *taken)
{
  if (taken == NULL)
    return;
  g_free (*field);
  *field = taken;
}

char *
oh_excerpt (const char *text, guint max)
{
  GString *out = g_string_new (NULL);
  gsize word = 0; /* length of out at the last word's end */
  guint count = 0;
  gboolean space = FALSE;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (g_unichar_isspace (c) || g_unichar_iscntrl (c))
        {
          space = count > 0;
          continue;
        }
      if (count + (space ? 1 : 0) >= max)
        {
          /* Cut inside a word only if it is a very long one, or of a script that has no spaces. */
          if (!space && word > out->len / 2)
            g_string_truncate (out, word);
          g_string_append (out, "…");
          break;
        }
      if (space)
        {
          word = out->len;
          g_string_append_c (out, ' ');
          count++;
          space = FALSE;
        }
      g_string_append_unichar (out, c);
      count++;
    }
  return g_string_free (out, FALSE);
}

void
oh_facts_add_result (OhFacts *facts, const char *name, const char *text)
{
  g_autofree char *first = NULL;
  g_autofree char *before = NULL;
  gboolean said;

  if (facts->tool_result != NULL && g_utf8_strlen (facts->tool_result, -1) >= RESULTS_MAX)
    return;
  first = text != NULL ? oh_excerpt (text, RESULT_MAX) : NULL;
  said = first != NULL && *first != '\0';
  before = g_steal_pointer (&facts->tool_result);
  facts->tool_result = g_strconcat (before != NULL ? before : "", before != NULL ? " · " : "", name != NULL ? name : "?",
                                    said ? ": " : "", said ? first : "", NULL);
}
