/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-emitter-private.h"

#define ADDRESS(name) &oh_emitter_##name,
static const OhEmitter *const emitters[] = { OH_EMITTERS (ADDRESS) };

const OhEmitter *
oh_emitter_choose (const OhEmitted *span)
{
  const OhEmitter *best = NULL;
  guint most = 0;

  for (guint i = 0; i < G_N_ELEMENTS (emitters); i++)
    {
      const guint claim = emitters[i]->claims (span);

      if (claim > most)
        {
          most = claim;
          best = emitters[i];
        }
    }
  return best;
}
