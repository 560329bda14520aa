/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A button that stands in the header bar only while a rate limit is nearly used up, and opens the pane about it. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_GAUGE (oh_gauge_get_type ())
G_DECLARE_FINAL_TYPE (OhGauge, oh_gauge, OH, GAUGE, AdwBin)

/* Signals: "changed": what oh_gauge_get_note() says. */

/* @engine: (nullable) */
void oh_gauge_set_engine (OhGauge *self, OhEngine *engine);
/* The store changed. */
void oh_gauge_update (OhGauge *self);
/* "62 %": how much is used of the limit that is nearest to its end; NULL: of none. (transfer none) */
const char *oh_gauge_get_note (OhGauge *self);

G_END_DECLS
