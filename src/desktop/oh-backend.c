/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-change-private.h"

#include <glib/gi18n.h>
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

static gboolean
is_spare (const OhBackend *backend)
{
  return backend->is_spare != NULL && backend->is_spare ();
}

static void
note_left (GPtrArray *notes, const OhBackend *backend, const GError *problem)
{
  g_ptr_array_add (notes, g_strdup_printf (_ ("Left as it is: %s. %s"), _ (backend->words), problem->message));
}

gboolean
oh_changes_plan (const OhDesktopPlan *plan, const char *url, GPtrArray *changes, GPtrArray *notes, GError **error)
{
  for (guint i = 0; oh_backends[i] != NULL; i++)
    {
      g_autoptr (GError) problem = NULL;
      const guint before = changes->len;

      if (oh_backends[i]->plan (plan, url, changes, &problem))
        continue;
      if (!is_spare (oh_backends[i]))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
      note_left (notes, oh_backends[i], problem);
      g_ptr_array_set_size (changes, (int) before);
    }
  return TRUE;
}

gboolean
oh_changes_apply (GPtrArray *changes, GPtrArray *notes, GError **error)
{
  for (guint i = 0; oh_backends[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) own = oh_changes_of (changes, oh_backends[i]);
      g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
      g_autoptr (GError) problem = NULL;

      if (own->len == 0 || oh_backends[i]->apply (own, &problem))
        continue;
      /* What can be done without is given back at once, and what cannot be given back stays in the journal. */
      if (!is_spare (oh_backends[i]) || !oh_backends[i]->restore (own, kept, NULL))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
      note_left (notes, oh_backends[i], problem);
      for (guint j = 0; j < own->len; j++)
        g_ptr_array_remove (changes, own->pdata[j]);
    }
  return TRUE;
}

void
oh_changes_disarm (guint port)
{
  for (guint i = 0; oh_backends[i] != NULL; i++)
    if (oh_backends[i]->disarm != NULL)
      oh_backends[i]->disarm (port);
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
