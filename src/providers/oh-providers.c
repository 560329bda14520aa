/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-interpreter.h"
#include "oh-provider.h"

#include <glib/gi18n.h>
#include <string.h>

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

const OhProvider *
oh_providers_get_nth (guint i)
{
  return i < G_N_ELEMENTS (providers) ? providers[i] : NULL;
}

const char *const *
oh_providers_get_list (OhProviderList list)
{
  static gsize once = 0;
  static GPtrArray *lists[OH_PROVIDER_N_LISTS];

  g_return_val_if_fail (list < OH_PROVIDER_N_LISTS, NULL);
  if (g_once_init_enter (&once))
    {
      for (guint i = 0; i < OH_PROVIDER_N_LISTS; i++)
        {
          lists[i] = g_ptr_array_new ();
          for (guint j = 0; j < G_N_ELEMENTS (providers); j++)
            {
              const char *const *const *all = providers[j]->lists;

              for (const char *const *text = all != NULL ? all[i] : NULL; text != NULL && *text != NULL; text++)
                g_ptr_array_add (lists[i], (gpointer) *text);
            }
          g_ptr_array_add (lists[i], NULL);
        }
      g_once_init_leave (&once, 1);
    }
  return (const char *const *) lists[list]->pdata;
}

const char *
oh_providers_find_start (OhProviderList list, const char *text)
{
  for (const char *const *start = oh_providers_get_list (list); *start != NULL; start++)
    if (g_ascii_strncasecmp (text, *start, strlen (*start)) == 0)
      return *start;
  return NULL;
}

const OhProviderKey *
oh_providers_next_key (const char *provider, const OhProviderKey *last)
{
  gboolean past = last == NULL;

  for (guint i = 0; i < G_N_ELEMENTS (providers); i++)
    for (const OhProviderKey *key = providers[i]->keys; key != NULL && key->header != NULL; key++)
      {
        if (past && (provider == NULL || strcmp (provider, providers[i]->id) == 0))
          return key;
        past = past || key == last;
      }
  return NULL;
}

const char *
oh_providers_get_words (const char *wire)
{
  for (guint i = 0; i < G_N_ELEMENTS (providers); i++)
    for (const OhProviderWord *word = providers[i]->words; word != NULL && word->wire != NULL; word++)
      if (strcmp (word->wire, wire) == 0)
        return _ (word->words);
  return NULL;
}

const OhProviderProgram *
oh_providers_next_program (const OhProviderProgram *last)
{
  gboolean past = last == NULL;

  for (guint i = 0; i < G_N_ELEMENTS (providers); i++)
    if (providers[i]->program != NULL)
      {
        if (past)
          return providers[i]->program;
        past = providers[i]->program == last;
      }
  return NULL;
}

const OhProviderProgram *
oh_providers_find_program (const OhHeaders *request)
{
  const char *agent = oh_headers_get_one (request, "user-agent");
  const OhProviderProgram *program = NULL;

  while ((program = oh_providers_next_program (program)) != NULL)
    if ((agent != NULL && g_str_has_prefix (agent, program->agent)) || oh_headers_get_one (request, program->session[0]) != NULL)
      return program;
  return NULL;
}
