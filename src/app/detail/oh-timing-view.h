/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the time of one exchange went, and how it ended. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_TIMING_VIEW (oh_timing_view_get_type ())
/* An OhDetailPage. */
G_DECLARE_FINAL_TYPE (OhTimingView, oh_timing_view, OH, TIMING_VIEW, AdwBin)

/* One stretch of the time. */
typedef struct
{
  const char *name; /* translated */
  const char *css_class;
  gint64 from; /* ns after the exchange's start */
  gint64 to;
} OhTimingPhase;

/* The phases that are known, in the order they happened.
 * @now: ns after the start, for what is still going on
 * @phases: (out caller-allocates): room for 6. Returns: how many */
guint oh_timing_view_get_phases (const OhExchange *exchange, gint64 first_token_ns, gint64 now, OhTimingPhase *phases);

/* One sentence: how it ended, or that it has not. (transfer full) */
char *oh_timing_view_describe (const OhExchange *exchange, const OhFacts *facts);

G_END_DECLS
