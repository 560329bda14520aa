/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-errand-private.h"
#include "oh-request-private.h"
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
  const gint64 place = gate->place != 0 ? gate->place : gate->run_id;

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
    self->hops = oh_admission_find_hops (admission, place, to->tls, to->host, to->port);
  self->trust = oh_admission_find_trust (admission, place);
  self->url = oh_chain_make_url (to->tls, to->host, to->port, self->target);
  to->hops = self->hops;
  to->url = self->url;
  to->trust = self->trust;
  to->login = gate->login;
  to->lane = gate->lane;
  to->agent = gate->agent;
  to->forwardable = !to->tls && !upgrade && *target == '/';
  return self;
}

GBytes *
oh_errand_compose (const OhErrand *self, const OhHttpHead *head, OhFraming framing, gboolean upgrade, const OhHop *forwarding)
{
  g_autofree char *whole = NULL;
  const char *login = NULL;

  if (forwarding != NULL)
    {
      whole = g_strconcat ("http://", self->authority != NULL ? self->authority : self->fallback_authority, self->target, NULL);
      login = self->destination.login != NULL ? self->destination.login : forwarding->credentials;
    }
  return oh_request_compose (head, framing, upgrade, whole != NULL ? whole : self->target, self->authority,
                             self->fallback_authority, login);
}

void
oh_errand_free (OhErrand *self)
{
  g_clear_pointer (&self->hops, oh_hops_unref);
  g_clear_object (&self->trust);
  g_free (self->url);
  g_free (self->target);
  g_free (self->authority);
  g_free (self->fallback_authority);
  g_free (self);
}
