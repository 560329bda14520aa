/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-change-private.h"

#include <string.h>

const OhBackend *const oh_backends[] = { &oh_backend_settings, &oh_backend_kde, &oh_backend_session, &oh_backend_claude,
                                         NULL };

GPtrArray *
oh_changes_of (GPtrArray *changes, const OhBackend *backend)
{
  GPtrArray *own = g_ptr_array_new ();

  for (guint i = 0; i < changes->len; i++)
    if (strcmp (((OhChange *) changes->pdata[i])->backend, backend->name) == 0)
      g_ptr_array_add (own, changes->pdata[i]);
  return own;
}

gboolean
oh_changes_apply (GPtrArray *changes, GError **error)
{
  for (guint i = 0; oh_backends[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) own = oh_changes_of (changes, oh_backends[i]);

      if (own->len > 0 && !oh_backends[i]->apply (own, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
oh_changes_restore (GPtrArray *changes, GPtrArray *kept, GError **error)
{
  gboolean fine = TRUE;

  for (guint i = 0; oh_backends[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) own = oh_changes_of (changes, oh_backends[i]);

      if (own->len > 0)
        fine = oh_backends[i]->restore (own, kept, fine ? error : NULL) && fine;
    }
  return fine;
}
