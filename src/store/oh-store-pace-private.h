/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast exchanges come to their ends, so that what can wait stands back meanwhile. No locks of its own. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* All zero at first. */
typedef struct
{
  gint64 since;
  guint count;
  guint rate;
} OhPace;

/* One more ended at @now_ns (monotonic). */
void oh_pace_count (OhPace *self, gint64 now_ns);
/* Returns: how many ended a second, of late. */
guint oh_pace_get (OhPace *self, gint64 now_ns);

G_END_DECLS
