/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page of the preferences: whether what ends is sent to a collector, to which, and what became of it. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_COLLECTOR_PAGE (oh_collector_page_get_type ())
G_DECLARE_FINAL_TYPE (OhCollectorPage, oh_collector_page, OH, COLLECTOR_PAGE, AdwPreferencesPage)

void oh_collector_page_set_engine (OhCollectorPage *self, OhEngine *engine);

G_END_DECLS
