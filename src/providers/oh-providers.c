/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-interpreter.h"
#include "oh-provider.h"

#include <string.h>

#define PROBLEMS_MAX 50

#define ADDRESS(name) &oh_provider_##name,
static const OhProvider *const providers[] = { OH_PROVIDERS (ADDRESS) };

const OhProvider *
oh_providers_find (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (providers); i++)
    if (g_strcmp0 (providers[i]->id, id) == 0)
      return providers[i];
  return NULL;
}

const OhProvider *
oh_providers_choose (const OhExchange *head)
{
  const OhProvider *best = &oh_provider_http;
  guint most = 0;

  for (guint i = 0; i < G_N_ELEMENTS (providers); i++)
    {
      guint claim = providers[i]->claims (head);

      if (claim > most)
        {
          most = claim;
          best = providers[i];
        }
    }
  return best;
}

const char *const *
oh_providers_get_hosts (void)
{
  static gsize once = 0;
  static GPtrArray *hosts;

  if (g_once_init_enter (&once))
    {
      hosts = g_ptr_array_new ();
      for (guint i = 0; i < G_N_ELEMENTS (providers); i++)
        for (guint j = 0; providers[i]->hosts != NULL && providers[i]->hosts[j] != NULL; j++)
          g_ptr_array_add (hosts, (gpointer) providers[i]->hosts[j]);
      g_ptr_array_add (hosts, NULL);
      g_once_init_leave (&once, 1);
    }
  return (const char *const *) hosts->pdata;
}

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
