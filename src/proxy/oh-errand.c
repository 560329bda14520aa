/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-errand-private.h"
#include "oh-target-private.h"

#include <string.h>

OhErrand *
oh_errand_new (OhGate *gate,
               const OhDetour *detour,
               OhRoute route,
               const char *scheme,
               const char *host,
               guint port,
               const char *target,
               gboolean upgrade)
{
  OhAdmission *admission = gate->core->admission;
  OhErrand *self = g_new0 (OhErrand, 1);
  OhDestination *to = &self->destination;

  *to = (OhDestination) { .tls = strcmp (scheme, "https") == 0, .host = host, .port = port };
  self->fallback_authority = oh_target_format_authority (host, port, to->tls ? 443 : 80);
  if (detour != NULL)
    {
      *to = (OhDestination) { .tls = detour->tls, .host = detour->host, .port = detour->port };
      self->authority = oh_target_format_authority (detour->host, detour->port, detour->tls ? 443 : 80);
      self->target = g_strconcat (detour->prefix, target, NULL);
    }
  else
    {
      self->authority = route == OH_ROUTE_VIA ? g_strdup (self->fallback_authority) : NULL;
      self->target = g_strdup (target);
    }
  if (!gate->direct)
    self->hop = oh_admission_find_hop (admission, gate->run_id, to->tls, to->host, to->port);
  self->trust = oh_admission_find_trust (admission, gate->run_id);
  to->hop = self->hop;
  to->trust = self->trust;
  to->forwarded = self->hop != NULL && self->hop->forwards && !to->tls && !upgrade && *target == '/';
  if (to->forwarded)
    {
      g_autofree char *path = g_steal_pointer (&self->target);

      self->target = g_strconcat ("http://", self->authority != NULL ? self->authority : self->fallback_authority, path,
                                  NULL);
    }
  return self;
}

void
oh_errand_free (OhErrand *self)
{
  g_clear_pointer (&self->hop, oh_hop_unref);
  g_clear_object (&self->trust);
  g_free (self->target);
  g_free (self->authority);
  g_free (self->fallback_authority);
  g_free (self);
}
