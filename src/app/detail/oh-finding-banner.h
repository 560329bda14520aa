/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A quiet strip over an exchange that says what was found about it. "Show" goes through the exchanges that prove it, by
 * the action "exchange.select" (int64) of a widget around it; "Mute" never tells of it again. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_FINDING_BANNER (oh_finding_banner_get_type ())
G_DECLARE_FINAL_TYPE (OhFindingBanner, oh_finding_banner, OH, FINDING_BANNER, AdwBin)

/* @engine: (nullable) only with @exchange_id 0
 * @exchange_id: 0: none */
void oh_finding_banner_set_exchange (OhFindingBanner *self, OhEngine *engine, gint64 exchange_id);

G_END_DECLS
