/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-truststore-private.h"

#include <glib/gi18n.h>
#include <string.h>

static const OhTruststoreBackend *const backends[] = {
  [OH_TRUSTSTORE_SYSTEM] = &oh_truststore_system,
  [OH_TRUSTSTORE_CHROMIUM] = &oh_truststore_chromium,
  [OH_TRUSTSTORE_FIREFOX] = &oh_truststore_firefox,
  [OH_TRUSTSTORE_JAVA] = &oh_truststore_java,
};

static OhTrusted
judge (OhTruststore *self)
{
  const gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  OhTrusted state = OH_TRUSTED_NONE;

  for (guint i = 0; i < self->anchors->len; i++)
    {
      const OhAnchor *anchor = g_ptr_array_index (self->anchors, i);

      if (anchor->current && anchor->trusted)
        return OH_TRUSTED_CURRENT;
      if (anchor->ours && anchor->expires_s > now)
        state = OH_TRUSTED_PAST;
      else if (anchor->ours && state != OH_TRUSTED_PAST)
        state = OH_TRUSTED_EXPIRED;
      else if (state == OH_TRUSTED_NONE)
        state = OH_TRUSTED_OTHER;
    }
  return state;
}

void
oh_truststore_look (OhTruststore *self, const OhTrustSubject *subject)
{
  g_autofree char *prefix = g_strdup_printf (" %s-", subject->mark);
  g_autoptr (OhAnchor) current = subject->pem != NULL ? oh_anchor_new_from_pem (subject->pem) : NULL;

  g_ptr_array_set_size (self->anchors, 0);
  g_clear_error (&self->error);
  if (!backends[self->kind]->read (self, &self->error))
    self->state = OH_TRUSTED_UNKNOWN;
  for (guint i = 0; i < self->anchors->len; i++)
    {
      OhAnchor *anchor = g_ptr_array_index (self->anchors, i);

      anchor->current = current != NULL && g_str_equal (anchor->fingerprint, current->fingerprint);
      anchor->ours = anchor->current || strstr (anchor->name, prefix) != NULL; /* the folder may have been moved */
    }
  if (self->error == NULL)
    self->state = judge (self);
}

static void
find (GPtrArray *stores, const OhTrustSubject *subject, OhTruststoreKind kind)
{
  const guint before = stores->len;

  backends[kind]->find (stores);
  for (guint i = before; i < stores->len; i++)
    oh_truststore_look (g_ptr_array_index (stores, i), subject);
}

GPtrArray *
oh_truststores_find (const OhTrustSubject *subject)
{
  GPtrArray *stores = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_truststore_free);

  g_return_val_if_fail (subject != NULL && subject->mark != NULL, stores);
  for (guint i = 0; i < OH_TRUSTSTORE_KINDS; i++)
    find (stores, subject, i);
  return stores;
}

GPtrArray *
oh_truststores_find_kind (const OhTrustSubject *subject, OhTruststoreKind kind)
{
  GPtrArray *stores = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_truststore_free);

  g_return_val_if_fail (subject != NULL && subject->mark != NULL && kind < OH_TRUSTSTORE_KINDS, stores);
  find (stores, subject, kind);
  return stores;
}

static GPtrArray *
select_anchors (OhTruststore *self, gboolean others, const OhAnchor *keep)
{
  GPtrArray *selected = g_ptr_array_new ();

  for (guint i = 0; i < self->anchors->len; i++)
    {
      OhAnchor *anchor = g_ptr_array_index (self->anchors, i);

      if ((anchor->ours || others) && (keep == NULL || !anchor->current || !anchor->trusted))
        g_ptr_array_add (selected, anchor);
    }
  return selected;
}

static GPtrArray *
plan (OhTruststore *self, const OhAnchor *add, const char *path, GPtrArray *remove, GError **error)
{
  g_autoptr (GPtrArray) steps = NULL;

  if (self->error != NULL)
    {
      g_propagate_error (error, g_error_copy (self->error));
      return NULL;
    }
  steps = oh_trust_steps_new ();
  if (add != NULL || remove->len > 0)
    backends[self->kind]->plan (self, add, path, remove, steps);
  return g_steal_pointer (&steps);
}

/* Half of it would be done: what is trusted so far would be gone. */
static void
refuse_locked (GPtrArray *steps, GError **error)
{
  g_autoptr (GString) commands = g_string_new (NULL);

  for (guint i = 0; i < steps->len; i++)
    {
      g_autofree char *command = oh_trust_step_get_command (g_ptr_array_index (steps, i));

      g_string_append_printf (commands, "%s%s", i > 0 ? " && " : "", command);
    }
  g_set_error (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_LOCKED,
               _("This store has a password of its own (in Firefox: the primary password), which only you can type. In a terminal, this "
                 "asks for it: %s"),
               commands->str);
}

GPtrArray *
oh_truststore_plan_add (OhTruststore *self, const OhTrustSubject *subject, GError **error)
{
  g_autoptr (GPtrArray) remove = NULL;
  g_autoptr (GPtrArray) steps = NULL;
  g_autoptr (OhAnchor) current = NULL;

  g_return_val_if_fail (self != NULL && subject != NULL && subject->pem != NULL && subject->path != NULL, NULL);
  current = oh_anchor_new_from_pem (subject->pem);
  remove = select_anchors (self, FALSE, current);
  steps = plan (self, self->state != OH_TRUSTED_CURRENT ? current : NULL, subject->path, remove, error);
  if (steps == NULL || !self->locked || self->state == OH_TRUSTED_CURRENT)
    return g_steal_pointer (&steps);
  refuse_locked (steps, error);
  return NULL;
}

GPtrArray *
oh_truststore_plan_remove (OhTruststore *self, gboolean others, GError **error)
{
  g_autoptr (GPtrArray) remove = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  remove = select_anchors (self, others, NULL);
  return plan (self, NULL, NULL, remove, error);
}
