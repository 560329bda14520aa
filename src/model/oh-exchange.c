/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-exchange.h"

#include "oh-value.h"

#include <string.h>

OhExchange *
oh_exchange_new (void)
{
  OhExchange *self = g_atomic_rc_box_new0 (OhExchange);

  self->timings = OH_TIMINGS_UNKNOWN;
  return self;
}

static void
exchange_clear (gpointer data)
{
  OhExchange *self = data;

  g_free (self->method);
  g_free (self->scheme);
  g_free (self->host);
  g_free (self->target);
  g_free (self->http_version);
  g_free (self->upstream);
  g_free (self->reason);
  g_free (self->error_code);
  g_free (self->error);
  g_clear_pointer (&self->request_headers, oh_headers_unref);
  g_clear_pointer (&self->response_headers, oh_headers_unref);
  g_clear_pointer (&self->program, oh_program_unref);
  g_clear_pointer (&self->facts, oh_facts_unref);
  g_clear_pointer (&self->place, oh_place_unref);
}

OH_DEFINE_VALUE (OhExchange, oh_exchange, exchange_clear)

OhExchange *
oh_exchange_copy (const OhExchange *self)
{
  OhExchange *copy = g_atomic_rc_box_new0 (OhExchange);

  g_return_val_if_fail (self != NULL, NULL);
  *copy = *self;
  copy->method = g_strdup (self->method);
  copy->scheme = g_strdup (self->scheme);
  copy->host = g_strdup (self->host);
  copy->target = g_strdup (self->target);
  copy->http_version = g_strdup (self->http_version);
  copy->upstream = g_strdup (self->upstream);
  copy->reason = g_strdup (self->reason);
  copy->error_code = g_strdup (self->error_code);
  copy->error = g_strdup (self->error);
  if (self->request_headers != NULL)
    oh_headers_ref (copy->request_headers);
  if (self->response_headers != NULL)
    oh_headers_ref (copy->response_headers);
  if (self->program != NULL)
    oh_program_ref (copy->program);
  if (self->facts != NULL)
    oh_facts_ref (copy->facts);
  if (self->place != NULL)
    oh_place_ref (copy->place);
  return copy;
}

char *
oh_exchange_get_url (const OhExchange *self)
{
  gboolean address;
  guint own_port;

  g_return_val_if_fail (self != NULL, NULL);
  address = self->host != NULL && strchr (self->host, ':') != NULL && *self->host != '[';
  own_port = g_strcmp0 (self->scheme, "https") == 0 ? 443 : 80;
  if (self->port == own_port || self->port == 0)
    return g_strdup_printf (address ? "%s://[%s]%s" : "%s://%s%s", self->scheme, self->host, self->target);
  return g_strdup_printf (address ? "%s://[%s]:%u%s" : "%s://%s:%u%s", self->scheme, self->host, self->port, self->target);
}

gboolean
oh_exchange_is_span (const OhExchange *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->route == OH_ROUTE_TOLD && g_strcmp0 (self->scheme, "otlp") == 0;
}

gboolean
oh_exchange_is_told_whole (const OhExchange *self)
{
  return self->route == OH_ROUTE_TOLD && self->scheme != NULL && g_str_has_prefix (self->scheme, "http");
}

gboolean
oh_exchange_is_refused (const OhExchange *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->outcome == OH_OUTCOME_FAILED && self->ended_by == OH_PARTY_US
         && g_strcmp0 (self->error_code, "budget") == 0;
}

const char *
oh_outcome_to_string (OhOutcome outcome)
{
  static const char *const names[] = { "pending", "finished", "failed", "cut" };

  g_return_val_if_fail ((guint) outcome < G_N_ELEMENTS (names), "pending");
  return names[outcome];
}

const char *
oh_party_to_string (OhParty party)
{
  static const char *const names[] = { "none", "client", "upstream", "us" };

  g_return_val_if_fail ((guint) party < G_N_ELEMENTS (names), "none");
  return names[party];
}

const char *
oh_route_to_string (OhRoute route)
{
  static const char *const names[] = { "tunnel", "blind", "plain", "via", "told" };

  g_return_val_if_fail ((guint) route < G_N_ELEMENTS (names), "tunnel");
  return names[route];
}
