/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-matchable.h"

G_DEFINE_INTERFACE (OhMatchable, oh_matchable, GTK_TYPE_WIDGET)

static void
oh_matchable_default_init (OhMatchableInterface *iface)
{
}

int
oh_matchable_get_matches (OhMatchable *self, int *current)
{
  g_return_val_if_fail (OH_IS_MATCHABLE (self), -1);
  g_return_val_if_fail (current != NULL, -1);

  return OH_MATCHABLE_GET_IFACE (self)->get_matches (self, current);
}

gboolean
oh_matchable_step (OhMatchable *self, int direction)
{
  g_return_val_if_fail (OH_IS_MATCHABLE (self), FALSE);
  g_return_val_if_fail (direction == 1 || direction == -1, FALSE);

  return OH_MATCHABLE_GET_IFACE (self)->step (self, direction);
}

void
oh_matchable_leave (OhMatchable *self)
{
  g_return_if_fail (OH_IS_MATCHABLE (self));

  OH_MATCHABLE_GET_IFACE (self)->leave (self);
}
