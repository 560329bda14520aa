/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desktop-trust.h"
#include "oh-engine-private.h"
#include "oh-hosts.h"

#include <glib/gi18n.h>
#include <string.h>

/* Those of the whole desktop, and @more. (transfer full) */
static char **
collect_hosts (const char *const *more)
{
  g_auto (GStrv) hosts = oh_engine_find_desktop_hosts (NULL);
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();

  g_strv_builder_addv (all, (const char **) hosts);
  for (; more != NULL && *more != NULL; more++)
    {
      g_autofree char *host = oh_host_parse (*more, NULL);

      if (host != NULL && !g_strv_contains ((const char *const *) hosts, host))
        g_strv_builder_add (all, host);
    }
  return g_strv_builder_end (all);
}

/* (transfer full) */
static char **
find_missing (OhDesktopTrust *self)
{
  g_autoptr (GStrvBuilder) missing = g_strv_builder_new ();

  for (char **host = self->hosts; self->authority != NULL && *host != NULL; host++)
    if (!oh_standing_covers (self->standing, *host))
      g_strv_builder_add (missing, *host);
  return g_strv_builder_end (missing);
}

/* What is on the disk now. */
static void
take_authority (OhDesktopTrust *self)
{
  const char *pem = oh_standing_get_pem (self->standing);

  g_clear_pointer (&self->authority, oh_anchor_free);
  g_clear_pointer (&self->subject.pem, g_free);
  self->subject.pem = g_strdup (pem);
  if (pem != NULL)
    self->authority = oh_anchor_new_from_pem (pem);
  g_strfreev (self->names);
  self->names = oh_standing_get_names (self->standing, (const char *const *) self->hosts);
  g_strfreev (self->missing);
  self->missing = find_missing (self);
  self->good = oh_standing_is_good (self->standing, (const char *const *) self->hosts);
}

OhDesktopTrust *
oh_desktop_trust_new (const char *data_dir, const char *const *more, GError **error)
{
  g_autofree char *dir = data_dir != NULL ? g_strdup (data_dir) : oh_paths_get_data_dir (error);
  OhDesktopTrust *self;

  if (dir == NULL)
    return NULL;
  self = g_new0 (OhDesktopTrust, 1);
  self->data_dir = g_canonicalize_filename (dir, NULL);
  self->hosts = collect_hosts (more);
  self->standing = oh_standing_new (self->data_dir);
  self->subject.mark = oh_standing_get_mark (self->data_dir);
  self->subject.path = oh_standing_get_certificate_path (self->data_dir);
  take_authority (self);
  return self;
}

void
oh_desktop_trust_free (OhDesktopTrust *self)
{
  if (self == NULL)
    return;
  g_free (self->data_dir);
  g_strfreev (self->hosts);
  g_strfreev (self->names);
  g_strfreev (self->missing);
  oh_standing_free (self->standing);
  oh_trust_subject_clear (&self->subject);
  g_clear_pointer (&self->authority, oh_anchor_free);
  g_clear_pointer (&self->stores, g_ptr_array_unref);
  g_free (self);
}

void
oh_desktop_trust_look (OhDesktopTrust *self)
{
  g_return_if_fail (self != NULL);
  take_authority (self);
  g_clear_pointer (&self->stores, g_ptr_array_unref);
  self->stores = oh_truststores_find (&self->subject);
}

gboolean
oh_desktop_trust_ensure (OhDesktopTrust *self, gboolean anew, OhStandingNews *news, GError **error)
{
  gboolean done;

  g_return_val_if_fail (self != NULL && news != NULL, FALSE);
  done = oh_standing_ensure (self->standing, (const char *const *) self->hosts, anew, news, error);
  take_authority (self);
  for (guint i = 0; self->stores != NULL && i < self->stores->len; i++)
    oh_truststore_look (g_ptr_array_index (self->stores, i), &self->subject);
  return done;
}

gboolean
oh_desktop_trust_preview (OhDesktopTrust *self, OhStandingNews *news, GError **error)
{
  char *pem;

  g_return_val_if_fail (self != NULL && news != NULL, FALSE);
  pem = oh_standing_preview (self->standing, (const char *const *) self->hosts, news, error);
  if (pem == NULL)
    return FALSE;
  g_free (self->subject.pem);
  self->subject.pem = pem;
  for (guint i = 0; self->stores != NULL && i < self->stores->len; i++)
    oh_truststore_look (g_ptr_array_index (self->stores, i), &self->subject);
  return TRUE;
}

void
oh_desktop_trust_take_back (OhDesktopTrust *self)
{
  g_return_if_fail (self != NULL);
  oh_standing_take_back (self->standing);
  take_authority (self);
}

char **
oh_desktop_trust_follow (OhDesktopTrust *self)
{
  g_autoptr (GStrvBuilder) left = g_strv_builder_new ();

  g_return_val_if_fail (self != NULL && self->subject.pem != NULL, NULL);
  if (self->stores == NULL)
    oh_desktop_trust_look (self);
  for (guint i = 0; i < self->stores->len; i++)
    {
      OhTruststore *store = g_ptr_array_index (self->stores, i);
      g_autoptr (GPtrArray) steps = NULL;
      g_autoptr (GError) error = NULL;

      if (store->state != OH_TRUSTED_PAST && store->state != OH_TRUSTED_EXPIRED)
        continue;
      steps = store->root ? NULL : oh_truststore_plan_add (store, &self->subject, NULL);
      if (steps != NULL && !oh_trust_steps_carry_out (steps, &error))
        g_warning ("%s: %s", store->place, error->message);
      oh_truststore_look (store, &self->subject);
      if (store->state == OH_TRUSTED_PAST || store->state == OH_TRUSTED_EXPIRED)
        g_strv_builder_add (left, store->name);
    }
  return g_strv_builder_end (left);
}

gboolean
oh_desktop_trust_may_forget (GError **error)
{
  oh_desktop_restore_abandoned ();
  if (!oh_desktop_is_on ())
    return TRUE;
  g_set_error_literal (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_OWNED,
                       _("The whole desktop is listened to, with this certificate: switch that off first."));
  return FALSE;
}

gboolean
oh_desktop_trust_forget (OhDesktopTrust *self, GError **error)
{
  gboolean done;

  g_return_val_if_fail (self != NULL, FALSE);
  if (!oh_desktop_trust_may_forget (error))
    return FALSE;
  done = oh_standing_forget (self->standing, error);
  take_authority (self);
  return done;
}

char *
oh_desktop_trust_show_names (const OhDesktopTrust *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return oh_hosts_show ((const char *const *) self->names);
}

char *
oh_desktop_trust_foretell (const OhDesktopTrust *self)
{
  g_autofree char *hosts = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  if (*self->missing == NULL)
    return NULL;
  hosts = oh_hosts_show ((const char *const *) self->missing);
  return g_strdup_printf (_("Overhear’s certificate is not for these hosts yet, and is made anew with them: %s. What trusts the old one "
                            "does so for the hosts it was for; for these it has to be given the new one."),
                          hosts);
}

static const char *
get_words (OhStandingNews news)
{
  switch (news)
    {
    case OH_STANDING_MADE:
      return _("Overhear has made a certificate authority of its own, for the hosts that are read; of a pattern such as "
               "bedrock-runtime.*.amazonaws.com, for all below amazonaws.com.");
    case OH_STANDING_RENEWED:
      return _("Overhear has renewed its certificate, which was about to expire. Stores that trust the old one do so until then.");
    case OH_STANDING_WIDENED:
      return _("Overhear has made its certificate anew, for more hosts. Stores that trust the old one do so for the old hosts.");
    case OH_STANDING_REPLACED:
      return _("Overhear has made a new certificate authority. The old one’s key is gone: stores that trust it have to be given the "
               "new certificate.");
    case OH_STANDING_KEPT:
    default:
      return NULL;
    }
}

char *
oh_desktop_trust_tell (OhStandingNews news, const char *const *left)
{
  const char *words = get_words (news);
  g_autofree char *stores = left != NULL ? g_strjoinv ("; ", (char **) left) : NULL;

  if (words == NULL || stores == NULL || *stores == '\0')
    return g_strdup (words);
  /* TRANSLATORS: a sentence, and the stores that still have the old certificate */
  return g_strdup_printf (_("%s The old one is still in: %s."), words, stores);
}

char *
oh_desktop_trust_describe (const OhTruststore *store)
{
  switch (store->state)
    {
    case OH_TRUSTED_CURRENT:
      return g_strdup (_("Trusts Overhear"));
    case OH_TRUSTED_PAST:
      return g_strdup (_("Trusts an older certificate of Overhear"));
    case OH_TRUSTED_EXPIRED:
      return g_strdup (_("Has a certificate of Overhear that has expired"));
    case OH_TRUSTED_OTHER:
      return g_strdup (_("Trusts another Overhear, of another data folder or user"));
    case OH_TRUSTED_UNKNOWN:
      return g_strdup (store->error->message);
    case OH_TRUSTED_NONE:
    default:
      return g_strdup (store->follows ? _("Does not trust Overhear; what is added to the system is added here")
                                      : _("Does not trust Overhear"));
    }
}
