/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-interpreter.h"
#include "oh-provider.h"

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
