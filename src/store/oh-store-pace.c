/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-pace-private.h"
#include "oh-clock.h"

/* Shorter ones make a burst of two answers look; longer ones are noticed late. */
#define WINDOW_NS (100 * OH_NS_PER_MS)

static void
look (OhPace *self, gint64 now_ns)
{
  gint64 elapsed = now_ns - self->since;

  if (elapsed < WINDOW_NS)
    return;
  self->rate = (guint) (self->count * OH_NS_PER_S / elapsed);
  self->count = 0;
  self->since = now_ns;
}

void
oh_pace_count (OhPace *self, gint64 now_ns)
{
  look (self, now_ns);
  self->count++;
}

guint
oh_pace_get (OhPace *self, gint64 now_ns)
{
  look (self, now_ns);
  return self->rate;
}
