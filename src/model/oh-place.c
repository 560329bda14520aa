/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-place.h"

#include "oh-value.h"

#include <math.h>

static void
oh_place_clear (gpointer data)
{
  OhPlace *self = data;

  g_free (self->span_id);
  g_free (self->price_as_of);
  g_free (self->cache_verdict);
  g_free (self->cache_reason);
  g_free (self->key_hash);
  g_free (self->organization);
  g_free (self->model_before);
  g_free (self->starter_id);
  g_free (self->own_span);
}

OhPlace *
oh_place_new (void)
{
  OhPlace *self = g_atomic_rc_box_new0 (OhPlace);

  self->attempt = 1;
  self->asked_wait_ns = self->waited_ns = -1;
  self->cost = self->cost_input = self->cost_cache_read = self->cost_cache_write = NAN;
  self->cost_output = self->cost_tools = self->saved = NAN;
  return self;
}

OH_DEFINE_VALUE (OhPlace, oh_place, oh_place_clear)

void
oh_place_copy_boundary (OhPlace *self, const OhPlace *from)
{
  g_return_if_fail (self != NULL && from != NULL && self->model_before == NULL && self->starter_id == NULL);
  self->boundaries = from->boundaries;
  self->messages_before = from->messages_before;
  self->messages_after = from->messages_after;
  self->model_before = g_strdup (from->model_before);
  self->dropped_id = from->dropped_id;
  self->starter_id = g_strdup (from->starter_id);
  self->starter_exchange = from->starter_exchange;
}

void
oh_place_scale_cost (OhPlace *self, double factor)
{
  g_return_if_fail (self != NULL);
  self->cost *= factor;
  self->cost_input *= factor;
  self->cost_cache_read *= factor;
  self->cost_cache_write *= factor;
  self->cost_output *= factor;
  self->cost_tools *= factor;
}
